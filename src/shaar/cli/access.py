"""`shaar access`: what every group of people reaches, how unequal it is, and who gains by another network."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import polars as pl

from shaar.cli import console
from shaar.cli.baseline import _clock, _table, finite, number
from shaar.cli.files import write_text
from shaar.cli.options import DayType, NumbersType, WindowType, open_city, scenario_file
from shaar.engine.errors import ShaarError

if TYPE_CHECKING:
    from shaar.engine.city.model import City
    from shaar.engine.study.access import AccessResult
    from shaar.engine.study.results import Options
    from shaar.engine.timetable.feed import Feed

#: Most settlements in a table on the console.
SETTLEMENTS = 15
SHORT = {"schools": "school", "clinics": "clinic", "parks": "park", "shops": "shop", "one_stop": "one-stop"}


@click.command()
@click.argument("city")
@click.option("--day", type=DayType(), help="Service day; default: a typical weekday of the timetable.")
@click.option("--window", type=WindowType(), help="Departures considered, 7:00-9:00 unless given.")
@click.option("--against", metavar="SCENARIO|GTFS", help="Compare with a scenario of the city or another GTFS feed.")
@click.option(
    "--places",
    "places_file",
    type=click.Path(path_type=Path),
    help="CSV of places of services (kind,lon,lat[,name,capacity,wheelchair]) instead of those of the city.",
)
@click.option(
    "--set", "values", type=NumbersType("share_elderly=0.2"), help="Other values of access.csv or mobility.csv."
)
@click.option("--rank", metavar="COLUMN", help="Column of the zones, low is worse off, for the concentration index.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the phases of lines with headways only.")
@click.option("--csv", "csv_folder", type=click.Path(path_type=Path), help="Write all tables to this folder.")
@click.option("--geojson", "geojson_file", type=click.Path(path_type=Path), help="Write the zones with their figures.")
def access(
    city: str,
    day: dt.date | None,
    window: tuple[int, int] | None,
    against: str | None,
    places_file: Path | None,
    values: dict[str, float] | None,
    rank: str | None,
    seed: int,
    csv_folder: Path | None,
    geojson_file: Path | None,
) -> None:
    """Say what people in CITY reach: jobs, schools, clinics, parks, shops; by group and place, and who is worst off.

    CITY is a city folder (see `shaar city build`) or "astana", the example that comes with Shaar.
    """
    from shaar.engine.access.facilities import read_facilities
    from shaar.engine.demand.parameters import load_parameters
    from shaar.engine.study.access import MAX_MINUTES
    from shaar.engine.study.access import access as run
    from shaar.engine.study.access_measures import compare
    from shaar.engine.study.results import Options

    if csv_folder is not None and csv_folder.exists() and not csv_folder.is_dir():
        raise ShaarError(f"{csv_folder}: is a file; --csv needs a folder")
    parameters, mobility = load_parameters("access.csv"), load_parameters("mobility.csv")
    known = {k: v for k, v in (values or {}).items() if k in mobility}
    mobility = mobility.with_values(known)
    parameters = parameters.with_values({k: v for k, v in (values or {}).items() if k not in known})
    facilities = None if places_file is None else read_facilities(places_file)
    folder, feed = open_city(city)
    other = None if against is None else _other(folder, feed, against)
    options = replace(Options(day=day, seed=seed), max_minutes=MAX_MINUTES)
    if window is not None:
        options = replace(options, window=window)
    change = None
    with console.progress() as progress:
        result = run(
            folder,
            feed,
            options=options,
            parameters=parameters,
            mobility=mobility,
            facilities=facilities,
            rank_by=rank,
            progress=progress,
        )
        if other is not None:
            fresh, other_feed, label = other
            after = run(
                fresh, other_feed, options=options, parameters=parameters, mobility=mobility, facilities=facilities,
                rank_by=rank, label=label, progress=progress,
            )  # fmt: skip
            change = compare(folder, result.groups, result.zones, after.zones, options)
    show(folder.meta.name, result, parameters, options)
    if change is not None and other is not None:
        _change(change, other[2])
    tables: dict[str, pl.DataFrame] = {
        "zones": result.zones,
        "places": result.places,
        "equity": result.equity,
        "services": result.services,
        "worst": result.worst,
    }
    if change is not None:
        tables["change"] = change
    if csv_folder is not None:
        csv_folder.mkdir(parents=True, exist_ok=True)
        for name, table in tables.items():
            write_text(csv_folder / f"{name}.csv", table.write_csv(float_precision=4))
        console.out.print(f"tables: {csv_folder} ({', '.join(f'{n}.csv' for n in tables)})", soft_wrap=True)
    if geojson_file is not None:
        write_text(geojson_file, zones_geojson(folder, result.zones))
        console.out.print(f"zones: {geojson_file}", soft_wrap=True)


def _other(city: City, feed: Feed | None, against: str) -> tuple[City, Feed | None, str]:
    """Read what to compare with: a GTFS file or folder, else a scenario."""
    from shaar.engine.measures import apply, read_scenario
    from shaar.engine.timetable.read import read_gtfs

    path = Path(against)
    if path.suffix.lower() == ".zip" or path.is_dir():
        return city, read_gtfs(path), "/".join(path.parts[-2:])
    scenario = read_scenario(scenario_file(city, against))
    fresh, other = apply(city, feed, scenario)
    if fresh.zones["zone_id"].to_list() != city.zones["zone_id"].to_list():
        raise ShaarError(f"{against}: the scenario changes the zones, so its people cannot be compared one by one")
    return fresh, other, scenario.name


def show(city: str, r: AccessResult, parameters: Mapping[str, float], options: Options) -> None:
    """Print an access study so that a stranger can read it."""
    from shaar.engine.access.groups import GROUPS, NAMES

    day = r.day.strftime("%A %d %B %Y") if r.day else "any day"
    how = "by public transport and on foot" if r.day else "on foot only"
    console.out.print(
        f"\n[bold]{city}[/], {r.label}: {how}, {day}, departures {_clock(r.window[0])}-{_clock(r.window[1])}\n"
    )
    purposes = [p for p in ("schools", "clinics", "parks", "shops", "one_stop") if f"{p}_share" in r.places.columns]
    t = round(parameters["jobs_minutes"])
    t = t if f"jobs_{t}" in r.places.columns else options.thresholds[len(options.thresholds) // 2]
    head = ("people", "jobs", "to jobs", *(SHORT[p] for p in purposes))
    whole = {row["group"]: row for row in r.places.filter(pl.col("kind") == "city").iter_rows(named=True)}
    rows = [(NAMES[g], *_figures(whole[g], purposes, t)) for g in GROUPS if g in whole]
    _table("What each group reaches (modelled; sizes of groups may be assumed)", ("group", *head), rows)
    rows = [(_place(p), *_figures(p, purposes, t)) for p in _shown(r.places)]
    _table("What everyone reaches, by place (modelled)", ("place", *head), rows)
    hidden = r.places.filter((pl.col("kind") == "settlement") & (pl.col("group") == "everyone")).height - SETTLEMENTS
    if hidden > 0:
        console.out.print(f"... and {hidden} smaller settlements; --csv writes all of them.\n")
    near = ", ".join(f"{SHORT[p]} {parameters[f'{p}_minutes']:g}" for p in purposes)
    console.out.print(
        f"jobs: mean number within {t} min; to jobs: mean minutes until {100 * parameters['jobs_share']:g} % of the "
        f"city's jobs are within reach, no way counted as {options.max_minutes:.0f}."
        + (f" The others are % of the people whose nearest one is within, minutes: {near}." if purposes else "")
        + "\n"
    )
    _equity(r)
    _worst(r)
    console.out.print("[bold]What this rests on[/]")
    for f in r.findings:
        mark = {"assumed": "[cyan]assumed[/]", "info": "[cyan]note[/]"}.get(f.severity, "[yellow]odd[/]")
        console.out.print(f"{mark}: {f.message}")


def _figures(row: dict[str, Any], purposes: list[str], t: int) -> tuple[str, ...]:
    return (
        number(row["people"], 0),
        number(row[f"jobs_{t}"], 0),
        number(row.get("jobs_minutes"), 0),
        *(number(100 * row[f"{p}_share"], 0) for p in purposes),
    )


def _shown(places: pl.DataFrame) -> list[dict[str, Any]]:
    """Return the city, all districts, and the settlements with most residents, for everyone."""
    all_ = places.filter(pl.col("group") == "everyone")
    most = all_.filter(pl.col("kind") == "settlement").sort("people", descending=True).head(SETTLEMENTS)
    return list(pl.concat([all_.filter(pl.col("kind") != "settlement"), most]).iter_rows(named=True))


def _place(p: dict[str, Any]) -> str:
    return str(p["name"]) if p["kind"] == "city" else f"{p['name']} ({p['kind']})"


def _measure(name: str) -> tuple[str, int]:
    """Title of a measure and the digits of its values."""
    from shaar.engine.access.facilities import TITLES

    what, _, rest = name.partition("_")
    if name.startswith("one_stop"):
        what, rest = "one_stop", name.removeprefix("one_stop_")
    if name == "jobs_gravity":
        return "jobs, near ones more", 0
    if name == "jobs_minutes":
        return "the wanted share of jobs", 0
    if what == "jobs":
        return f"jobs within {rest} min", 0
    if rest == "minutes":
        return f"the nearest {TITLES[what]}", 0
    if rest == "2sfca":
        return f"{what} per 10,000 people", 1
    return f"{what}, near ones more", 1


def _equity(r: AccessResult) -> None:
    ratios = r.equity.filter(pl.col("gini").is_not_null())
    ranked = bool(r.equity["concentration"].is_not_null().any())
    rows = []
    for e in ratios.iter_rows(named=True):
        title, digits = _measure(e["measure"])
        row = [title, number(e["gini"], 2), number(e["palma"], 1), number(e["theil"], 2)]
        row.append(number(None if e["theil_between"] is None else 100 * e["theil_between"], 0))
        if ranked:
            row.append(number(e["concentration"], 2))
        rows.append((*row, number(e["worst_decile"], digits)))
    head = ["", "Gini", "Palma", "Theil", "between, %"]
    head += ["concentration"] if ranked else []
    _table(
        "How unequal it is among residents (modelled)",
        (*head, "worst tenth has"),
        rows,
    )
    console.out.print(
        "Gini and Theil: 0 is equal; Palma: best-off tenth over worst-off 40 %, 1 is equal; between: the part of Theil "
        "that lies between districts and settlements.\n"
    )
    rows = [
        (_measure(e["measure"])[0], number(e["worst_decile"], 0))
        for e in r.equity.filter(pl.col("gini").is_null() & pl.col("worst_decile").is_not_null()).iter_rows(named=True)
    ]
    _table("The tenth of residents farthest from each: mean minutes",
           ("", "minutes"), rows)  # fmt: skip


def _worst(r: AccessResult) -> None:
    names = {row["place_id"]: row["name"] for row in r.places.iter_rows(named=True)}
    columns = {
        "jobs_minutes": "jobs",
        "schools_minutes": "school",
        "clinics_minutes": "clinic",
        "shops_minutes": "shop",
    }
    shown = [c for c in columns if c in r.worst.columns]
    rows = [
        (
            names.get(w["settlement"]) or names.get(w["district"]) or w["zone_id"],
            f"{w['lat']:.4f}, {w['lon']:.4f}",
            number(w["population"], 0),
            *(number(w[c], 0) for c in shown),
            number(w["minutes"], 0),
        )
        for w in r.worst.iter_rows(named=True)
    ]
    head = ("zone in", "lat, lon", "people", *(columns[c] for c in shown), "mean")
    _table("The ten zones farthest from jobs, school, clinic and shop: minutes, - is no way",
           head, rows)  # fmt: skip


def _change(change: pl.DataFrame, label: str) -> None:
    from shaar.engine.access.groups import NAMES

    for measure in change["measure"].unique(maintain_order=True):
        part = change.filter(pl.col("measure") == measure)
        title, digits = _measure(measure)
        if not (part["gain"].sum() or part["lose"].sum()):
            console.out.print(f"[bold]{title}[/]: nobody gains or loses.\n")
            continue
        city = part.filter(pl.col("kind") == "city")
        rows = [(NAMES[x["group"]], *_moved(x, digits)) for x in city.iter_rows(named=True)]
        most = (
            part.filter((pl.col("kind") != "city") & (pl.col("group") == "everyone"))
            .with_columns(moved=pl.col("gain") + pl.col("lose"))
            .filter(pl.col("moved") > 0)
            .sort("moved", descending=True)
            .head(SETTLEMENTS)
        )
        rows += [(_place(x), *_moved(x, digits)) for x in most.iter_rows(named=True)]
        _table(f"{label}: {title}, who gains and who loses (modelled)",
               ("", "people", "gain", "lose", "same", "before", "after"), rows)  # fmt: skip


def _moved(x: dict[str, Any], digits: int) -> tuple[str, ...]:
    people = (number(x[c], 0) for c in ("people", "gain", "lose", "same"))
    return (*people, *(number(x[c], max(digits, 1)) for c in ("before", "after")))


def zones_geojson(city: City, zones: pl.DataFrame) -> str:
    """Return the zones with their figures as GeoJSON (WGS84); figures that do not exist are null."""
    import shapely

    from shaar.engine.city.geoparquet import geometries

    shapes = shapely.to_geojson(geometries(city.zones))
    features = [
        {"type": "Feature", "geometry": json.loads(g), "properties": finite(row)}
        for g, row in zip(shapes.tolist(), zones.iter_rows(named=True))
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False, allow_nan=False)
