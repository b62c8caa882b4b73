"""`shaar baseline`: how a city stands today, as tables, JSON or CSV."""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
import polars as pl

from shaar.cli import console
from shaar.cli.files import write_text
from shaar.cli.options import DayType, WindowType, open_city
from shaar.engine.errors import ShaarError
from shaar.engine.study.results import Baseline, Options

KINDS = {"city": "city", "district": "district", "settlement": "settlement"}
DEFAULTS = Options()
#: Most settlements in a table on the console.
SETTLEMENTS = 15


@click.command()
@click.argument("city")
@click.option("--day", type=DayType(), help="Service day; default: a typical weekday of the timetable.")
@click.option("--window", type=WindowType(), help="Departures considered, 7:00-9:00 unless given.")
@click.option(
    "--walk",
    "walk_kmh",
    type=click.FloatRange(1, 8),
    default=DEFAULTS.walk_kmh,
    show_default=True,
    help="Walking speed, km/h.",
)
@click.option(
    "--max-walk",
    "max_walk_m",
    type=click.FloatRange(100, 5000),
    default=DEFAULTS.max_walk_m,
    show_default=True,
    help="Longest walk to or from a stop, metres.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of the phases of lines with headways only.")
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="Write everything to this file.")
@click.option("--csv", "csv_folder", type=click.Path(path_type=Path), help="Write zones.csv and places.csv here.")
def baseline(
    city: str,
    day: dt.date | None,
    window: tuple[int, int] | None,
    walk_kmh: float,
    max_walk_m: float,
    seed: int,
    json_file: Path | None,
    csv_folder: Path | None,
) -> None:
    """Say how CITY stands: who lives near service, what people reach, how long journeys take, what runs.

    CITY is a city folder (see `shaar city build`) or "astana", the example that comes with Shaar.
    """
    from shaar.engine.study.baseline import baseline as run

    if csv_folder is not None and csv_folder.exists() and not csv_folder.is_dir():
        raise ShaarError(f"{csv_folder}: is a file; --csv needs a folder")
    folder, feed = open_city(city)
    options = Options(
        day=day, window=window or DEFAULTS.window, walk_kmh=walk_kmh, max_walk_m=max_walk_m, seed=seed
    )  # fmt: skip
    with console.progress() as progress:
        result = run(folder, feed, options=options, progress=progress)
    show(folder.meta.name, result, options)
    if json_file is not None:
        write_text(json_file, json.dumps(as_data(folder.meta.name, result), ensure_ascii=False, indent=1))
        console.out.print(f"all figures: {json_file}", soft_wrap=True)
    if csv_folder is not None:
        csv_folder.mkdir(parents=True, exist_ok=True)
        write_text(csv_folder / "zones.csv", result.zones.write_csv())
        write_text(csv_folder / "places.csv", result.places.write_csv())
        console.out.print(f"tables: {csv_folder / 'zones.csv'}, {csv_folder / 'places.csv'}", soft_wrap=True)


def as_data(city: str, b: Baseline) -> dict[str, Any]:
    """Everything a baseline holds as plain data; figures that do not exist are null."""
    data = {
        "city": city,
        "badge": "modelled",
        "label": b.label,
        "day": b.day.isoformat() if b.day else None,
        "window_s": list(b.window),
        "network": asdict(b.network) if b.network else None,
        "journeys": asdict(b.journeys),
        "equity": dict(b.equity),
        "places": b.places.to_dicts(),
        "zones": b.zones.to_dicts(),
        "assumptions": [{"code": f.code, "message": f.message, "count": f.count} for f in b.assumptions],
    }
    cleaned = finite(data)
    assert isinstance(cleaned, dict)
    return cleaned


def finite(value: Any) -> Any:
    """Replace numbers that do not exist by null, since JSON has no NaN."""
    if isinstance(value, dict):
        return {k: finite(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [finite(v) for v in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def show(city: str, b: Baseline, options: Options) -> None:
    """Print a baseline so that a stranger can read it: units in every row, and where figures come from."""
    day = b.day.strftime("%A %d %B %Y") if b.day else "any day"
    console.out.print(f"\n[bold]{city}[/], {b.label}: {day}, departures {_clock(b.window[0])}-{_clock(b.window[1])}\n")
    _service(b)
    _journeys(b, options)
    _places(b)
    _reach(b, options)
    _equity(b)
    console.out.print("[bold]What this rests on[/]")
    for f in b.assumptions:
        mark = "[cyan]assumed[/]" if f.severity == "assumed" else "[yellow]odd[/]"
        console.out.print(f"{mark}: {f.message}")


def _service(b: Baseline) -> None:
    if b.network is None:
        console.out.print("The data of this city holds no lines; all figures below are for people on foot.\n")
        return
    n = b.network
    rows = [
        ("lines (with their variants by direction and course)", f"{n.lines:,} ({n.patterns:,})"),
        ("trips", f"{n.trips:,}"),
        ("stops served", f"{n.stops_served:,}"),
        ("length of lines, both directions, km", f"{n.route_km:,.0f}"),
        ("vehicle-km in service", f"{n.vehicle_km:,.0f}"),
        ("vehicle-hours in service", f"{n.vehicle_hours:,.0f}"),
        ("vehicles needed at the busiest moment", f"{n.fleet:,}"),
        ("first departure, last arrival", f"{_clock(n.first_departure)}, {_clock(n.last_arrival)}"),
    ]
    _table("Service on the day (reported timetable; vehicles modelled)", ("", "number"), rows)


def _journeys(b: Baseline, options: Options) -> None:
    j = b.journeys
    rows = [
        ("mean of those possible, min", number(j.mean, 1)),
        (f"mean, those not possible counted as {options.max_minutes:.0f} min", number(j.mean_all, 1)),
        ("a tenth takes at most, min", number(j.p10, 0)),
        ("half takes at most, min", number(j.p50, 0)),
        ("nine tenths take at most, min", number(j.p90, 0)),
        (f"not possible within {options.max_minutes:.0f} min, % of trips", number(100 * j.unreached, 1)),
    ]
    if b.network is not None:
        rows.append(("quickest on foot all the way, % of trips", number(100 * j.walked, 1)))
        rows.append(("transfers of those who ride, mean", number(j.transfers, 2)))
    _table("Journeys from door to door, waiting included (modelled)", ("", "number"), rows)


def _places(b: Baseline) -> None:
    served = b.network is not None  # without lines in the data, nobody's distance to them is known
    rows = []
    shown = _shown(b)
    for p in shown:
        shares = [number(100 * p[f"within_{m}"] / p["population"] if p["population"] else None, 0) for m in (400, 800)]
        rows.append((_name(p), number(p["population"], 0), *(shares if served else ()), number(p["mean_minutes"], 0)))
    head = ("place", "residents", *(("in 400 m, %", "in 800 m, %") if served else ()), "mean, min")
    title = "Residents near a served stop along streets, and mean journeys" if served else "Mean journeys on foot"
    _table(f"{title}, by place (modelled)", head, rows)
    if len(shown) < b.places.height:
        rest = b.places.height - len(shown)
        console.out.print(f"... and {rest} smaller settlements; --json and --csv write all of them.\n")


def _reach(b: Baseline, options: Options) -> None:
    for what in ("jobs", "schools", "clinics"):
        rows = [
            (_name(p), *(number(p[f"{what}_{t}"], 0 if what == "jobs" else 1) for t in options.thresholds))
            for p in _shown(b)
        ]
        head = ("place", *(f"within {t} min" for t in options.thresholds))
        _table(f"{what.capitalize()} that the average resident reaches (modelled)", head, rows)


def _equity(b: Baseline) -> None:
    rows = []
    for key, value in b.equity.items():
        measure, _, rest = key.partition("_")
        if key == "worst_decile_minutes":
            rows.append(("mean journey of the tenth of people who travel longest, min", number(value, 0)))
        elif measure in ("gini", "palma"):
            what, t = rest.split("_")
            title = {"gini": "Gini, 0 is equal", "palma": "best-off tenth over worst-off 40 %"}[measure]
            rows.append((f"{what} within {t} min: {title}", number(value, 2)))
        else:
            what, t = key.removeprefix("worst_decile_").split("_")
            rows.append(
                (f"{what} within {t} min: worst-off tenth reaches, mean", number(value, 0 if what == "jobs" else 1))
            )
    _table("How unequal it is among residents (modelled)", ("", "number"), sorted(rows))


def _table(title: str, head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table under a title that may be wider than it, and a blank line."""
    console.out.print(f"[bold]{title}[/]")
    console.table("", head, rows)
    console.out.print()


def _shown(b: Baseline) -> list[dict[str, Any]]:
    """Return the rows of places for the console: the city, all districts, and the settlements with most residents."""
    settlements = b.places.filter(pl.col("kind") == "settlement").sort("population", descending=True)
    kept = set(settlements["place_id"].head(SETTLEMENTS))
    return [p for p in b.places.iter_rows(named=True) if p["kind"] != "settlement" or p["place_id"] in kept]


def _name(p: dict[str, Any]) -> str:
    return str(p["name"]) if p["kind"] == "city" else f"{p['name']} ({KINDS[p['kind']]})"


def number(value: float | None, digits: int) -> str:
    """Return a figure as text, a dash where it does not exist."""
    return "-" if value is None or not math.isfinite(value) else f"{value:,.{digits}f}"


def _clock(seconds: int) -> str:
    return f"{seconds // 3600}:{seconds // 60 % 60:02d}"
