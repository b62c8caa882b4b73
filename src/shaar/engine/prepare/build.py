"""``shaar city build``: raw files in, a city folder out, and every assumption said."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import available_timezones

import numpy as np
import polars as pl
import shapely

from shaar import __version__
from shaar.engine.city import folder
from shaar.engine.city.base import base_map
from shaar.engine.city.buildings import classify_buildings
from shaar.engine.city.extract import OsmExtract
from shaar.engine.city.model import Meta, Provenance
from shaar.engine.city.osm import read_osm
from shaar.engine.city.places import find_outline
from shaar.engine.city.projection import utm_crs
from shaar.engine.city.slope import with_slope
from shaar.engine.city.streets import Streets, build_streets
from shaar.engine.errors import InputError
from shaar.engine.findings import Finding
from shaar.engine.prepare.buildings_table import write_buildings
from shaar.engine.prepare.countries import COUNTRIES, DRIVE_LEFT, by_longitude
from shaar.engine.prepare.service import make_service
from shaar.engine.prepare.sources import OSM_LICENCE, Official, Wanted
from shaar.engine.prepare.zoning import make_zones
from shaar.engine.progress import Progress, silent

Box = tuple[float, float, float, float]

#: An extract wider than this (km) is a region; the city's own outline then says what to keep.
REGION_KM = 120.0
#: Kept around the city's outline (km) in a region extract.
MARGIN_KM = 3.0


@dataclass(frozen=True, slots=True)
class Naming:
    """What the city is called and where it is; blanks are found in the data or the country's defaults."""

    name: str = ""
    names: Mapping[str, str] | None = None
    country: str = ""
    languages: tuple[str, ...] = ()
    time_zone: str = ""
    currency: str = ""
    notes: tuple[str, ...] = ()


def build_city(
    out: Path | str,
    *,
    osm: Path | OsmExtract,
    gtfs: Sequence[Path] = (),
    population: Path | None = None,
    population_column: str | None = None,
    zones: Path | None = None,
    jobs_column: str | None = None,
    districts: Path | None = None,
    lines: Path | None = None,
    elevation: Path | None = None,
    resolution: int | None = None,
    bounds: Box | None = None,
    naming: Naming | None = None,
    official: Official | None = None,
    finish: Callable[[Path], None] | None = None,
    progress: Progress = silent,
) -> tuple[Finding, ...]:
    """Build a city folder.

    Nothing is written before everything is read and made; then the folder is written beside ``out`` and renamed, so
    that a city that stood there stays whole if anything fails or is interrupted.

    Parameters
    ----------
    out
        The city folder to make or replace.
    osm
        An extract (``.osm.pbf``, GeoJSON) or one already read.
    gtfs
        Feeds; several are merged.
    population
        Points, areas, H3 cells or a raster; see :func:`shaar.engine.prepare.people.read_population`.
    zones
        Zones to use instead of H3 cells of our choosing: polygons or H3 ids, with population and jobs if known.
    lines
        Lines with headways (CSV or GeoJSON), for cities without GTFS.
    elevation
        A raster of heights in metres, for slopes.
    bounds
        West, south, east, north: what lies outside is left out.
    official
        Totals, districts and their sources.
    finish
        Called with the unfinished folder, to add files.

    Returns
    -------
    tuple of Finding
        What was odd, missing or assumed.

    Raises
    ------
    InputError
        An input cannot be used; the sentence names file, line and field.
    ShaarError
        The folder cannot be written.
    """
    out, naming, official = Path(out), naming or Naming(), official or Official()
    _refuse_early(out)
    _check_naming(naming)
    for path in (population, zones, districts, lines, elevation, *gtfs):
        if path is not None and not Path(path).exists():
            raise InputError("no such file", file=path)
    extract = osm if isinstance(osm, OsmExtract) else _read(Path(osm), bounds, naming.name, progress)
    found: list[Finding] = []
    country = naming.country.upper() or _country(extract)
    streets = build_streets(extract, country=country, progress=progress)
    box = bounds or _box(streets.nodes)
    middle = (float(np.median(streets.nodes["lon"].to_numpy())), float(np.median(streets.nodes["lat"].to_numpy())))
    crs = utm_crs(*middle)
    links, slope_source = _slope(streets, elevation, found, progress)
    progress("buildings", 0, 1)
    buildings = classify_buildings(extract, crs)
    progress("buildings", 1, 1, f"{int(buildings.home.sum()):,} homes of {len(buildings.lon):,}")
    name = naming.name or _name(extract, middle) or out.name
    wanted = Wanted(population, population_column, zones, jobs_column, districts, resolution)
    progress("zones and people", 0, 1)
    zoning = make_zones(extract, buildings, streets.nodes, links, wanted, official, name=name, crs=crs, box=box)
    progress("zones and people", 1, 1, f"{zoning.zones.height} zones, {zoning.zones['population'].sum():,.0f} people")
    assumed_zone = naming.time_zone or _time_zone(country, middle[0])
    service = make_service(
        extract,
        streets,
        gtfs,
        lines,
        crs=crs,
        name=name,
        time_zone=assumed_zone,
        left=country in DRIVE_LEFT,
        progress=progress,
    )
    progress("base map", 0, 1)
    base = base_map(extract, buildings, crs)
    progress("base map", 1, 1)
    time_zone = naming.time_zone or service.time_zone or assumed_zone
    if not naming.time_zone and service.time_zone is None:
        found.append(
            Finding(
                "build.time_zone",
                f"No feed states a time zone; {time_zone} is taken by the country or longitude.",
                severity="assumed",
                values={"time_zone": time_zone},
            )
        )
    known = COUNTRIES.get(country)
    osm_source = f"OpenStreetMap ({extract.source})"
    provenance = {
        **zoning.provenance,
        **service.provenance,
        "links": Provenance(
            "reported", osm_source, extract.date, "ways split at junctions; lengths on the ellipsoid", OSM_LICENCE
        ),
        "links.free_speed": Provenance(
            "assumed", osm_source, extract.date, "maxspeed as tagged, else the default of the class", OSM_LICENCE
        ),
        "links.cycle_stress": Provenance(
            "modelled", osm_source, extract.date, "level of traffic stress from tags", OSM_LICENCE
        ),
        "links.slope": slope_source,
        "turns": Provenance("reported", osm_source, extract.date, "restriction relations", OSM_LICENCE),
        "base": Provenance("reported", osm_source, extract.date, "simplified", OSM_LICENCE),
    }
    inputs = {
        Path(p).name: _hash(Path(p))
        for p in (osm, *gtfs, population, zones, districts, lines, elevation)
        if isinstance(p, Path)
    }
    findings = (*streets.findings, *zoning.findings, *service.findings, *found)
    meta = Meta(
        name=name,
        names=dict(naming.names or _names(zoning.places)),
        country=country,
        languages=naming.languages or (known.languages if known else ("en",)),
        time_zone=time_zone,
        crs=crs,
        currency=naming.currency or (known.currency if known else ""),
        data_date=extract.date,
        provenance=provenance,
        build={
            "shaar": __version__,
            "zones": zoning.method,
            **({"population_total": official.population} if official.population is not None else {}),
            "homes": {k: int(v) for k, v in sorted(buildings.reasons.items())},
            "inputs": inputs,
            "assumptions": [f.message for f in findings if f.severity == "assumed"],
        },
        notes=naming.notes,
    )
    tables = {
        "zones": zoning.zones,
        "places": zoning.places,
        "nodes": streets.nodes,
        "links": links,
        "turns": streets.turns,
        "stops": service.stops,
        "base": base,
    }

    def add(fresh: Path) -> None:
        if service.write is not None:
            service.write(fresh)
        write_buildings(buildings, crs, fresh)
        if finish is not None:
            finish(fresh)

    progress("write", 0, 1)
    folder.write(out, meta, tables, add)
    progress("write", 1, 1, str(out))
    return findings


def _refuse_early(out: Path) -> None:
    """Say before minutes of work, not after, that the folder cannot be replaced."""
    if out.exists() and not (out / "city.toml").exists():
        raise InputError(
            "is there already and is not a city folder, so it is left as it is; choose another name", file=out
        )


def _check_naming(naming: Naming) -> None:
    """Refuse a country or time zone that later steps would not know."""
    if naming.country and not (len(naming.country) == 2 and naming.country.isascii() and naming.country.isalpha()):
        raise InputError(f"a country is given as two letters such as KG, not {naming.country!r}", field="country")
    if naming.time_zone and naming.time_zone not in available_timezones():
        raise InputError(f"{naming.time_zone!r} is not a time zone such as Asia/Bishkek", field="time zone")


def _read(path: Path, bounds: Box | None, name: str, progress: Progress) -> OsmExtract:
    """Read an extract; of a whole region keep what lies around the city of that name."""
    extract = read_osm(path, bounds=bounds, progress=progress)
    if bounds is not None:
        return extract
    west, south, east, north = _extent(extract.node_lon, extract.node_lat)
    lat = (south + north) / 2
    if max((east - west) * 111.3 * math.cos(math.radians(lat)), (north - south) * 110.6) <= REGION_KM:
        return extract
    city = _named_outline(extract, name)
    if city is None:
        raise InputError(
            "the extract is wider than a city; say which part with --bbox west,south,east,north, or name the city with "
            "--name as its boundary is named in OpenStreetMap",
            file=path,
        )
    w, s, e, n = shapely.bounds(city)
    dy, dx = MARGIN_KM / 110.6, MARGIN_KM / (111.3 * math.cos(math.radians((s + n) / 2)))
    return read_osm(path, bounds=(w - dx, s - dy, e + dx, n + dy), progress=progress)


def _named_outline(extract: OsmExtract, name: str) -> object | None:
    if not name:
        return None
    for f in extract.areas:
        if name in {v for k, v in f.tags.items() if k.startswith("name")} and (
            f.tags.get("boundary") == "administrative" or "place" in f.tags
        ):
            at = shapely.point_on_surface(f.geometry)
            best = find_outline(extract, name, float(shapely.get_x(at)), float(shapely.get_y(at)))
            return best.geometry if best is not None else f.geometry
    return None


def _extent(lon: np.ndarray, lat: np.ndarray) -> Box:
    return (*(float(np.percentile(a, 0.5)) for a in (lon, lat)), *(float(np.percentile(a, 99.5)) for a in (lon, lat)))  # type: ignore[return-value]


def _box(nodes: pl.DataFrame) -> Box:
    lon, lat = nodes["lon"].to_numpy(), nodes["lat"].to_numpy()
    return float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max())


def _slope(
    streets: Streets, elevation: Path | None, found: list[Finding], progress: Progress
) -> tuple[pl.DataFrame, Provenance]:
    if elevation is None:
        found.append(
            Finding(
                "build.slope",
                "No elevation was given; slopes are unknown and streets count as flat.",
                severity="assumed",
            )
        )
        return streets.links, Provenance("assumed", "no elevation was given", "", "unknown; treated as flat")
    progress("slope", 0, 1)
    links = with_slope(streets.links, elevation)
    progress("slope", 1, 1)
    return links, Provenance("measured", elevation.name, "", "height difference of the ends over length")


def _country(extract: OsmExtract) -> str:
    """Return the most frequent ``addr:country`` or the country a boundary names; blank where the data do not say."""
    counts: dict[str, int] = {}
    for f in (*extract.areas, *extract.points):
        code = f.tags.get("addr:country", "") or (f.tags.get("ISO3166-1", "") or f.tags.get("is_in:country_code", ""))
        if len(code) == 2 and code.isalpha():
            counts[code.upper()] = counts.get(code.upper(), 0) + 1
    return max(counts, key=lambda k: (counts[k], k)) if counts else ""


def _time_zone(country: str, lon: float) -> str:
    known = COUNTRIES.get(country)
    return known.time_zone if known else by_longitude(lon)


def _name(extract: OsmExtract, middle: tuple[float, float]) -> str:
    f = find_outline(extract, "", *middle)
    if f is not None:
        return f.tags.get("name", "")
    cities = [p for p in extract.points if p.tags.get("place") in {"city", "town"} and p.tags.get("name")]
    here = shapely.Point(middle)
    rank = {"city": 0, "town": 1}
    return (
        min(cities, key=lambda p: (rank[p.tags["place"]], shapely.distance(p.geometry, here))).tags["name"]
        if cities
        else ""
    )


def _names(places: pl.DataFrame) -> dict[str, str]:
    row = places.filter(pl.col("kind") == "city").head(1)
    return {c: row[f"name_{c}"][0] for c in ("ru", "kk", "ky", "en") if row.height and row[f"name_{c}"][0]}


def _hash(path: Path) -> str:
    files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as f:
            for block in iter(lambda: f.read(1 << 20), b""):
                digest.update(block)
    return f"sha256:{digest.hexdigest()}"
