"""A plan as figures: the summary on the console and ``figures.json``, from the same numbers as the report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import polars as pl

from shaar import __version__
from shaar.cli import console
from shaar.cli.baseline import finite, number
from shaar.engine.study.baseline_tables import EQUITY_MINUTES
from shaar.engine.study.results import Baseline, NetworkPlan, PeriodTotals, PlanResult


def figures(result: PlanResult) -> dict[str, Any]:
    """Return every headline figure of a plan as plain data, with units in the names; what does not exist is null."""
    d, people = result.design, result.city.meta.provenance.get("zones.population")
    data = {
        "shaar": __version__,
        "city": result.city.meta.name,
        "population": {
            "residents": float(result.city.zones["population"].fill_null(0.0).sum()),
            **({k: v for k, v in asdict(people).items() if v} if people else {}),
        },
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
        "service": {"plan": _service(d.front[d.chosen]), "today": None if d.today is None else _service(d.today)},
        "climate": result.climate.rows.to_dicts(),
        "findings": [
            {"code": f.code, "severity": f.severity, "count": f.count, "message": f.message} for f in result.findings
        ],
    }
    cleaned = finite(data)
    assert isinstance(cleaned, dict)
    return cleaned


def _service(plan: NetworkPlan) -> dict[str, Any] | None:
    """Service figures by line and period, totals, vehicles and what they rest on."""
    if plan.service is None:
        return None
    each = plan.service
    return {
        "lines": [{**asdict(x), "gco2e_passenger_km": x.gco2e_passenger_km} for x in each.lines],
        "periods": [{**asdict(x), "gco2e_passenger_km": x.gco2e_passenger_km} for x in each.periods],
        "vehicle_types": [asdict(x) for x in each.types],
        "shortages": [dict(x) for x in each.shortages],
        "assumptions": [asdict(x) for x in each.assumptions],
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
    limit, reach = result.options.max_minutes, [t for t in result.options.thresholds if t == EQUITY_MINUTES]
    rows: list[tuple[str, str, str]] = [
        (
            f"mean journey, impossible ones as {limit:.0f} min (min)",
            number(before.journeys.mean_all, 1),
            number(after.journeys.mean_all, 1),
        ),
        (
            "mean of the journeys possible there (min)",
            number(before.journeys.mean, 1),
            number(after.journeys.mean, 1),
        ),
        (
            f"journeys not possible within {limit:.0f} min",
            _percent(before.journeys.unreached),
            _percent(after.journeys.unreached),
        ),
        ("people within 400 m of a served stop", _share(before, b["within_400"]), _share(after, a["within_400"])),
        ("people within 800 m", _share(before, b["within_800"]), _share(after, a["within_800"])),
        *((f"jobs within {t} min, mean resident", number(b[f"jobs_{t}"], 0), number(a[f"jobs_{t}"], 0)) for t in reach),
    ]
    for name, label in (("lines", "lines"), ("fleet", "vehicles at the busiest moment")):
        rows.append((label, _network(before, name), _network(after, name)))
    rows.append(("vehicle-km a day", _network(before, "vehicle_km"), _network(after, "vehicle_km")))
    first = "on foot only" if before.network is None else "today"
    rows += _service_rows(result)
    name = result.city.meta.names.get("en") or result.city.meta.name
    console.out.print(f"\n[bold]{name}: what the plan changes (modelled)[/]")
    console.table(
        "",
        ("", first, "plan"),
        rows,
    )
    console.out.print(
        "Impossible journeys count as long as the limit in the first row, so that both columns speak of the same trips."
    )
    if before.network is None:
        console.out.print("The data of this city holds no lines, so the first column is journeys on foot.")


def _service_rows(result: PlanResult) -> list[tuple[str, str, str]]:
    """What the assignment with crowding says of a day: boardings, fullest line, cost, greenhouse gases."""
    d = result.design
    after = d.front[d.chosen].service
    before = None if d.today is None else d.today.service
    if after is None:
        return []
    days = [None if x is None else x.day for x in (before, after)]

    def row(label: str, say: Callable[[PeriodTotals], str]) -> tuple[str, str, str]:
        was, now = ("unknown" if day is None else say(day) for day in days)
        return label, was, now

    return [
        row("boardings a day", lambda p: number(p.boardings, 0)),
        row("fullest line, busiest hour, of places", lambda p: _percent(p.load_factor)),
        row("cost a day (EUR, planning values)", lambda p: number(p.cost, 0)),
        row("gCO2e a passenger-km", lambda p: number(p.gco2e_passenger_km, 0)),
    ]


def _city_row(b: Baseline) -> dict[str, Any]:
    return b.places.filter(pl.col("kind") == "city").row(0, named=True)


def _share(b: Baseline, people: float) -> str:
    everybody = _city_row(b)["population"]
    return "unknown" if b.network is None else _percent(people / everybody if everybody else None)


def _percent(share: float | None) -> str:
    return number(None if share is None else 100 * share, 1) + ("" if share is None else " %")


def _network(b: Baseline, name: str) -> str:
    return "unknown" if b.network is None else f"{getattr(b.network, name):,.0f}"
