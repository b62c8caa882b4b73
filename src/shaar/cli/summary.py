"""A plan as figures: the summary on the console and ``figures.json``, from the same numbers as the report."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import polars as pl

from shaar import __version__
from shaar.cli import console
from shaar.engine.study.results import Baseline, PlanResult


def figures(result: PlanResult) -> dict[str, Any]:
    """Return every headline figure of a plan as plain data, with units in the names."""
    d = result.design
    return {
        "shaar": __version__,
        "city": result.city.meta.name,
        "made": result.made.isoformat(timespec="seconds"),
        "badge": "modelled",
        "options": {k: str(v) for k, v in asdict(result.options).items()},
        "settings": dict(d.settings),
        "search": dict(d.search),
        "seconds": {k: round(v, 1) for k, v in result.seconds.items()},
        "before": _baseline(result.before),
        "after": _baseline(result.after),
        "front": [
            {
                "vehicles": p.fleet,
                "lines": len(p.lines),
                "mean_minutes": p.mean_minutes,
                "unserved_share": p.unserved,
                "vehicle_km_day": p.vehicle_km_day,
                "chosen": k == d.chosen,
            }
            for k, p in enumerate(d.front)
        ],
        "climate": result.climate.rows.to_dicts(),
        "findings": [
            {"code": f.code, "severity": f.severity, "count": f.count, "message": f.message} for f in result.findings
        ],
    }


def _baseline(b: Baseline) -> dict[str, Any]:
    return {
        "label": b.label,
        "day": b.day.isoformat() if b.day else None,
        "window_s": list(b.window),
        "network": asdict(b.network) if b.network else None,
        "journeys": asdict(b.journeys),
        "equity": dict(b.equity),
        "places": b.places.to_dicts(),
    }


def print_plan(result: PlanResult) -> None:
    """Print what changed, in one table that a stranger can read."""
    before, after = result.before, result.after
    b, a = _city_row(before), _city_row(after)
    rows: list[tuple[str, str, str]] = [
        ("mean journey, door to door (min)", f"{before.journeys.mean:.1f}", f"{after.journeys.mean:.1f}"),
        (
            "journeys not possible within the limit",
            f"{before.journeys.unreached:.1%}",
            f"{after.journeys.unreached:.1%}",
        ),
        ("people within 400 m of a served stop", _share(before, b["within_400"]), _share(after, a["within_400"])),
        ("people within 800 m", _share(before, b["within_800"]), _share(after, a["within_800"])),
        ("jobs within 45 min, mean resident", f"{b['jobs_45']:,.0f}", f"{a['jobs_45']:,.0f}"),
    ]
    for name, label in (("lines", "lines"), ("fleet", "vehicles at the busiest moment")):
        rows.append((label, _network(before, name), _network(after, name)))
    rows.append(("vehicle-km a day", _network(before, "vehicle_km"), _network(after, "vehicle_km")))
    first = "on foot only" if before.network is None else "today"
    console.out.print()
    console.table(
        f"{result.city.meta.names.get('en') or result.city.meta.name}: what the plan changes (modelled)",
        ("", first, "plan"),
        rows,
    )
    if before.network is None:
        console.out.print("The data of this city holds no lines, so the first column is journeys on foot.")


def _city_row(b: Baseline) -> dict[str, Any]:
    return b.places.filter(pl.col("kind") == "city").row(0, named=True)


def _share(b: Baseline, people: float) -> str:
    return "unknown" if b.network is None else f"{people / _city_row(b)['population']:.1%}"


def _network(b: Baseline, name: str) -> str:
    return "unknown" if b.network is None else f"{getattr(b.network, name):,.0f}"
