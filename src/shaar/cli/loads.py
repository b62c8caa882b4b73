"""`shaar loads`: what every vehicle of a chosen day carries, and who is left behind."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click
import polars as pl

from shaar.cli import console
from shaar.cli.baseline import _table, number
from shaar.cli.files import write_text
from shaar.cli.options import DayType, WindowType, open_city
from shaar.engine.errors import ShaarError

if TYPE_CHECKING:
    from shaar.engine.study.timetable_loads import CityLoads

#: Most rows of a table on the console.
SHOWN = 10


@click.command()
@click.argument("city")
@click.option("--day", type=DayType(), help="Service day; default: a typical weekday of the timetable.")
@click.option("--window", type=WindowType(), help="People set out in it, 7:00-9:00 unless given.")
@click.option("--places", type=click.FloatRange(min=1), default=85, show_default=True, help="Persons in a vehicle.")
@click.option("--no-limit", is_flag=True, help="Room for everybody, however many.")
@click.option(
    "--od",
    type=click.Path(path_type=Path),
    help="Persons of the window: CSV (from,to,trips), or a folder of `shaar model` [modelled trips by bus].",
)
@click.option("--choose", is_flag=True, help="People shift their departure within half an hour (logit).")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the phases of lines with headways only.")
@click.option("--csv", "csv_folder", type=click.Path(path_type=Path), help="Write all tables to this folder.")
def loads(
    city: str,
    day: dt.date | None,
    window: tuple[int, int] | None,
    places: float,
    no_limit: bool,
    od: Path | None,
    choose: bool,
    seed: int,
    csv_folder: Path | None,
) -> None:
    """Say what every vehicle in CITY carries on a day: lines, stops, changes, and who is left behind.

    CITY is a city folder (see `shaar city build`) or "astana", the example that comes with Shaar. Loads are modelled.
    """
    from shaar.engine.assignment.timetable_load import DepartureChoice
    from shaar.engine.study.timetable_load_tables import tables
    from shaar.engine.study.timetable_loads import LoadOptions, read_demand, timetable_loads

    if csv_folder is not None and csv_folder.exists() and not csv_folder.is_dir():
        raise ShaarError(f"{csv_folder}: is a file; --csv needs a folder")
    folder, feed = open_city(city)
    options = LoadOptions(
        day=day, places=None if no_limit else places, choice=DepartureChoice() if choose else None, seed=seed
    )
    if window is not None:
        options = replace(options, window=window)
    demand, source = (None, "modelled") if od is None else read_demand(od, folder, options.window)
    with console.progress() as progress:
        found = timetable_loads(folder, feed, demand, source=source, options=options, progress=progress)
    made = tables(found)
    show(found, made)
    if csv_folder is not None:
        for name, table in made.items():
            write_text(csv_folder / f"{name}.csv", table.write_csv(float_precision=3))
        console.out.print(f"tables: {csv_folder} ({', '.join(f'{n}.csv' for n in made)})", soft_wrap=True)


def show(found: CityLoads, made: dict[str, pl.DataFrame]) -> None:
    """Print how people fared, the busiest lines and stops, changes, and where vehicles are full."""
    from shaar.engine.study.timetable_load_tables import clock, figures

    o, f = found.options, figures(found)
    limited = o.places is not None
    room = f"{o.places:.0f} places in each vehicle" if limited else "no limit to places"
    console.out.print(
        f"\n[bold]{found.city.meta.name}[/], {found.day:%a %d %b %Y}, people who set out from {clock(o.window[0])} to "
        f"{clock(o.window[1])} ({found.source}); {room}\n",
        soft_wrap=True,
    )
    rows = [
        ("want to travel", f["persons"]),
        ("ride and arrive", f["rode"]),
        ("walk all the way, as quick", f["walked"]),
    ]
    rows.append((f"no journey within {o.max_minutes:.0f} minutes", f["unserved"]))
    if limited:
        rows.append(("left behind for good", f["abandoned"]))
    total = max(f["persons"], 1e-9)
    console.table("", ("people", "persons", "%"), [(n, number(v, 0), number(100 * v / total, 1)) for n, v in rows])
    console.out.print(
        f"\nThose who arrive need {number(f['mean_minutes'], 1)} minutes from setting out; riders plan "
        f"{number(f['rides'], 2)} rides.",
        soft_wrap=True,
    )
    if limited:
        console.out.print(
            f"Vehicles left {f['behind']:,.0f} times without somebody who wanted to get in. {f['iterations']:.0f} "
            f"loadings; the last changed {100 * f['gap']:.2g} % of the boardings.",
            soft_wrap=True,
        )
    console.out.print()
    _lines(made["lines"], limited)
    _stops(made["stops"], limited)
    rows_of = made["changes"].head(SHOWN).select("from_line", "to_line", "persons").iter_rows()
    changes = [(f"{a} to {b}", number(p, 0)) for a, b, p in rows_of]
    if changes:
        _table("Changes, persons", ("from line to line", "persons"), changes)
    full = made["trips"].filter(pl.col("left_behind") >= 0.5).head(SHOWN)
    if limited and full.height:
        shown = [
            (
                r["line"],
                r["departure"],
                number(r["boardings"], 0),
                number(r["peak_load"], 0),
                number(r["left_behind"], 0),
            )
            for r in full.iter_rows(named=True)
        ]
        _table(
            "Vehicles that leave most behind",
            ("line", "starts", "boardings", "most aboard", "times left behind"),
            shown,
        )
    _places(made)
    for finding in found.findings:
        console.out.print(f"[cyan]assumed[/]: {finding.message}", soft_wrap=True)


def _lines(table: pl.DataFrame, limited: bool) -> None:
    head = ["line", "vehicles", "boardings", "most aboard", "person-km"]
    if limited:
        head += ["full in the window, %", "times left behind"]
    rows = []
    for r in table.head(SHOWN).iter_rows(named=True):
        row = [r["line"], str(r["vehicles"]), *(number(r[k], 0) for k in ("boardings", "peak_load", "passenger_km"))]
        if limited:
            row += [number(100 * r["load_factor"], 0), number(r["left_behind"], 0)]
        rows.append(row)
    _table(f"Lines with most boardings, of {table.height}", head, rows)


def _stops(table: pl.DataFrame, limited: bool) -> None:
    head = ["stop", "boardings", "alightings", "of them changing"] + (["times left behind"] if limited else [])
    keys = ["boardings", "alightings", "changes"] + (["left_behind"] if limited else [])
    rows = [[r["name"], *(number(r[k], 0) for k in keys)] for r in table.head(SHOWN).iter_rows(named=True)]
    _table(f"Stops with most boardings, of {table.height}", head, rows)


def _places(made: dict[str, pl.DataFrame]) -> None:
    kind = next((k for k in ("settlements", "districts") if k in made), None)
    if kind is None:
        return
    table = made[kind].filter(pl.col("persons") > 0).head(SHOWN)
    rows = [
        (
            r["name"], number(r["persons"], 0), number(r["unserved"], 0), number(r["abandoned"], 0),
            number(r["mean_minutes"], 1),
        )
        for r in table.iter_rows(named=True)
    ]  # fmt: skip
    _table(
        f"{kind.capitalize()} by persons without a journey",
        (kind[:-1], "persons", "no journey", "left for good", "mean minutes"),
        rows,
    )
