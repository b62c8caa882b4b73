"""``shaar city build`` and ``shaar city check``."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import click

from shaar.cli import console
from shaar.engine.findings import Finding

FILE = click.Path(path_type=Path)
#: Most findings of a severity shown by ``build``; ``check`` shows all.
SHOWN = 12
MARK = {"error": "[red]error[/]", "warning": "[yellow]odd[/]", "assumed": "[cyan]assumed[/]", "info": "[dim]note[/]"}


@click.group()
def city() -> None:
    """Make a city folder from raw files, and check one."""


class Bbox(click.ParamType):  # type: ignore[type-arg]
    """West,south,east,north in degrees."""

    name = "w,s,e,n"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> object:
        """Turn text into four numbers in order."""
        try:
            west, south, east, north = (float(v) for v in str(value).split(","))
        except ValueError:
            self.fail(f"{value!r} is not four numbers: west,south,east,north", param, ctx)
        if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
            self.fail(f"{value!r}: west must be less than east and south less than north, in degrees", param, ctx)
        return west, south, east, north


@city.command()
@click.argument("out", type=FILE)
@click.option("--osm", type=FILE, required=True, help="OpenStreetMap extract: .osm.pbf, .geojson, .geojsonl.gz")
@click.option("--gtfs", type=FILE, multiple=True, help="GTFS zip; give it again for further feeds")
@click.option(
    "--population", type=FILE, help="points, areas or H3 cells (CSV, GeoJSON, GeoPackage), or a GeoTIFF of counts"
)
@click.option("--population-column", help="column with persons, if it is not called population")
@click.option(
    "--population-total", type=click.FloatRange(min=1), help="official total; people are scaled or spread to it"
)
@click.option(
    "--zones", type=FILE, help="zones to use: polygons or H3 ids, with population, jobs, schools ... if known"
)
@click.option("--jobs-column", help="column of --zones with jobs, if it is not called jobs")
@click.option("--jobs-total", type=click.FloatRange(min=1), help="official employment; jobs are scaled to it")
@click.option("--districts", type=FILE, help="districts as polygons with names")
@click.option("--lines", type=FILE, help="lines with headways (CSV, GeoJSON) where there is no GTFS")
@click.option("--elevation", type=FILE, help="raster of heights (m)")
@click.option(
    "--resolution", type=click.IntRange(5, 11), help="H3 resolution of the zones [chosen for 300-600 inhabited]"
)
@click.option("--name", default="", help="name of the city [as in the data]")
@click.option("--country", default="", help="two letters, as KG [as in the data]")
@click.option("--time-zone", default="", help="as Asia/Bishkek [of the feed, else of the country]")
@click.option("--bbox", type=Bbox(), help="west,south,east,north: what lies outside is left out")
def build(
    out: Path,
    osm: Path,
    gtfs: tuple[Path, ...],
    population: Path | None,
    population_column: str | None,
    population_total: float | None,
    zones: Path | None,
    jobs_column: str | None,
    jobs_total: float | None,
    districts: Path | None,
    lines: Path | None,
    elevation: Path | None,
    resolution: int | None,
    name: str,
    country: str,
    time_zone: str,
    bbox: tuple[float, float, float, float] | None,
) -> None:
    """Make the city folder OUT from raw files.

    A city that stands there is replaced only when all went well; its scenarios are kept.
    """
    from shaar.engine.city.folder import read
    from shaar.engine.prepare.build import Naming, build_city
    from shaar.engine.prepare.sources import Official

    start = time.monotonic()
    with console.progress() as progress:
        findings = build_city(
            out,
            osm=osm,
            gtfs=gtfs,
            population=population,
            population_column=population_column,
            zones=zones,
            jobs_column=jobs_column,
            districts=districts,
            lines=lines,
            elevation=elevation,
            resolution=resolution,
            bounds=bbox,
            naming=Naming(name=name, country=country, time_zone=time_zone),
            official=Official(population=population_total, employment=jobs_total),
            progress=progress,
        )
    made = read(out)
    z, links = made.zones, made.links
    places = made.places["kind"].value_counts().rows()
    number = dict(places)
    rows: list[tuple[str, str, str]] = [
        ("zones", f"{z.height:,}", f"{int((z['population'] >= 1).sum()):,} inhabited; {made.meta.build['zones']}"),
        ("people", f"{z['population'].sum():,.0f}", _badge(made.meta.provenance, "zones.population")),
        ("jobs", f"{z['jobs'].sum():,.0f}", _badge(made.meta.provenance, "zones.jobs")),
        ("schools, clinics", f"{z['schools'].sum():,.0f}, {z['clinics'].sum():,.0f}", "places counted once"),
        ("streets", f"{links['length'].sum() / 1000:,.0f} km", f"{links.height:,} links, {made.nodes.height:,} nodes"),
        ("stops", f"{made.stops.height:,}", f"{int(made.stops['link_id'].is_not_null().sum()):,} at a street"),
        ("districts, settlements", f"{number.get('district', 0)}, {number.get('settlement', 0)}", ""),
        ("timetable", "yes" if made.gtfs else "none", _badge(made.meta.provenance, "gtfs") if made.gtfs else ""),
    ]
    console.out.print(f"[bold]{_escape(made.meta.name)} -> {_escape(str(out))}[/]", soft_wrap=True)
    console.table("", ("", "number", "source"), rows)
    show_findings(findings, SHOWN)
    console.out.print(f"built in {time.monotonic() - start:.1f} s; look closer with: shaar city check {out}")


@city.command()
@click.argument("folder", type=FILE)
def check(folder: Path) -> None:
    """Say what is missing, odd or assumed in a city.

    FOLDER is a city folder or "astana", the example that comes with Shaar. Exits with 1 if something would make results
    wrong.
    """
    from shaar.cli.options import open_city
    from shaar.engine.study.check import check_city

    made, feed = open_city(folder)
    findings = tuple(check_city(made, feed))
    show_findings(findings, None)
    if any(f.severity == "error" for f in findings):
        raise SystemExit(1)


@city.command()
@click.argument("folder", type=FILE)
@click.option("--out", type=FILE, help="file to write [FOLDER/city.pmtiles; the example: NAME.pmtiles here]")
def tiles(folder: Path, out: Path | None) -> None:
    """Write the map of a city as vector tiles in one PMTiles file.

    FOLDER is a city folder or "astana", the example that comes with Shaar. Streets, buildings, water, green and names
    come from the folder; nothing is fetched.
    """
    from shaar.cli.options import city_path
    from shaar.engine.city.folder import read
    from shaar.engine.prepare.tiles import build_tiles

    path = city_path(folder)
    target = out or (path / "city.pmtiles" if path == folder else Path(f"{path.name}.pmtiles"))
    start = time.monotonic()
    with console.progress() as progress:
        made = build_tiles(read(path), target, progress=progress)
    zooms = ", ".join(f"{zoom}: {n}" for zoom, n in sorted(made.tiles.items()))
    console.out.print(
        f"{_escape(str(made.path))}: {made.size / 1e6:.2f} MB, {sum(made.tiles.values()):,} tiles "
        f"(by zoom: {zooms}) in {time.monotonic() - start:.1f} s"
    )


def show_findings(findings: Sequence[Finding], most: int | None) -> None:
    """Print findings, gravest first, a sentence a line with an example of where."""
    for severity in ("error", "warning", "assumed", "info"):
        some = [f for f in findings if f.severity == severity]
        for f in some[:most]:
            where = f" [dim]({_escape(f.where)})[/]" if f.where and f.where not in f.message else ""
            console.out.print(f"{MARK[severity]}: {_escape(f.message)}{where}")
        if most is not None and len(some) > most:
            console.out.print(f"{MARK[severity]}: ... and {len(some) - most} more")
    if not findings:
        console.out.print("nothing is missing, odd or assumed")


def _badge(provenance: dict, key: str) -> str:  # type: ignore[type-arg]
    p = provenance.get(key)
    return f"{p.badge}: {p.source}" if p else ""


def _escape(text: str) -> str:
    return text.replace("[", "\\[")
