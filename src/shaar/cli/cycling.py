"""`shaar cycling`: missing links and a cycle network within a budget, as tables, CSV and GeoJSON."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import polars as pl

from shaar.cli import console
from shaar.cli.baseline import number
from shaar.cli.files import write_text
from shaar.cli.options import city_path
from shaar.engine.errors import ShaarError

#: Rows of each table on the console.
SHOWN = 12


@click.command()
@click.argument("city")
@click.option("--budget-km", type=click.FloatRange(min=0), default=30.0, show_default=True, help="Kilometres to build.")
@click.option("--electric", is_flag=True, help="Riders have electric bicycles.")
@click.option("--points", type=click.IntRange(1, 8), default=1, show_default=True, help="Starting points per zone.")
@click.option("--walking", is_flag=True, help="Also crossings and footways missing near stops and schools.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for GeoJSON and CSV.")
def cycling(city: str, budget_km: float, electric: bool, points: int, walking: bool, out: Path | None) -> None:
    """Find links that cycling in CITY misses, and propose a network along demand.

    CITY is a city folder or "astana". How many trips bicycles could carry is assumed; it scales the figures of trips
    and people, not the order of what to build.
    """
    from shaar.engine.city.folder import read
    from shaar.engine.study.cycling import cycling as run
    from shaar.engine.study.cycling import figures
    from shaar.engine.study.cycling_output import curve_rows, geojson, missing_rows, plan_rows
    from shaar.engine.study.walking import walking_gaps

    if out is not None and out.exists() and not out.is_dir():
        raise ShaarError(f"{out}: is a file; --out needs a folder")
    folder = read(city_path(city))
    with console.progress() as progress:
        study = run(folder, budget_km=budget_km, electric=electric, points_per_zone=points, progress=progress)
        crossings, footways = walking_gaps(folder, progress=progress) if walking else ([], [])
    plan, missing = plan_rows(study, folder), missing_rows(study, folder)
    console.out.print(f"\n[bold]{folder.meta.name}[/]: cycling (modelled; stress from tags)\n")
    console.table("", ("", "number"), [(k, number(v, 1 if abs(v) < 100 else 0)) for k, v in figures(study).items()])
    console.out.print("\n[bold]What to build first along demand[/]")
    head = ("where", "what", "m", "trips/day", "min saved/day", "million EUR")
    console.table("", head, [
        (r["place"] or "(no name)", r["kind"], number(r["metres"], 0), number(r["trips_a_day"], 0),
         number(r["perceived_minutes_saved_a_day"], 0), f"{r['million_eur_low']:.2f}-{r['million_eur_high']:.2f}")
        for r in plan[:SHOWN]
    ])  # fmt: skip
    console.out.print("\n[bold]Missing links: most access per metre[/]")
    console.table("", ("where", "m", "people x places", "why"), [
        (r["place"] or "(no name)", number(r["metres"], 0), f"{r['gain_people_places'] / 1e6:,.0f} M", r["reason"])
        for r in missing[:SHOWN]
    ])  # fmt: skip
    console.out.print("\n[bold]Benefit by kilometre[/]")
    console.table("", ("km", "perceived hours saved a day", "trips with a calm way, %"), [
        (number(r["km"], 1), number(r["perceived_hours_saved_a_day"], 0),
         number(100 * r["share_of_trips_with_a_calm_way"], 1)) for r in curve_rows(study)
    ])  # fmt: skip
    if walking:
        _walking(crossings, footways)
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        for name, rows in (("network", plan), ("missing_links", missing)):
            write_text(out / f"{name}.geojson", geojson(study, folder, rows))
            write_text(out / f"{name}.csv", pl.DataFrame(rows, infer_schema_length=None).write_csv())
        write_text(out / "curve.csv", pl.DataFrame(curve_rows(study)).write_csv())
        for name, found in (("missing_crossings", crossings), ("missing_footways", footways)):
            if found:
                write_text(out / f"{name}.csv", pl.DataFrame(found, infer_schema_length=None).write_csv())
        console.out.print(f"\nmaps and tables: {out}", soft_wrap=True)


def _walking(crossings: list[dict[str, Any]], footways: list[dict[str, Any]]) -> None:
    console.out.print("\n[bold]Main streets without a crossing near stops and schools[/]")
    console.table("", ("where", "at", "wait, s", "lanes"), [
        (r["street"] or "(no name)", f"{r['kind']} {r['place']}", number(r["wait_s"], 0), number(r["lanes"], 0))
        for r in crossings[:SHOWN]
    ])  # fmt: skip
    console.out.print("\n[bold]Short footways that bring most people near stops and schools, per metre[/]")
    console.table("", ("where", "for", "m", "people x places"), [
        (r["street"] or "(no name)", f"{r['kind']} {r['place']}", number(r["metres"], 0),
         number(r["people_times_places_gained"], 0)) for r in footways[:SHOWN]
    ])  # fmt: skip
