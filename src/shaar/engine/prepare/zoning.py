"""From an extract and population sources to zones, people, jobs and places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import shapely

from shaar.engine.city.attractions import (
    JOBS_PER_RESIDENT,
    Attraction,
    count_by_zone,
    find_attractions,
    find_jobs,
)
from shaar.engine.city.buildings import Buildings
from shaar.engine.city.components import components
from shaar.engine.city.extract import OsmExtract
from shaar.engine.city.model import Provenance
from shaar.engine.city.places import (
    Place,
    assign,
    find_districts,
    find_outline,
    find_settlements,
    names_of,
    place_table,
)
from shaar.engine.city.population import People, population_from_buildings, scale_to
from shaar.engine.city.projection import project_shapes
from shaar.engine.city.zones import ZoneSet, cell_shape, h3_zones, move_into, sum_by_zone, without_streets, zone_table
from shaar.engine.errors import InputError
from shaar.engine.findings import Finding
from shaar.engine.prepare.people import POPULATION_NAMES, Reading, read_population
from shaar.engine.prepare.tables import Table, coordinates, h3_cells, read_table

F64 = npt.NDArray[np.float64]

JOBS_NAMES = ("jobs", "employment", "workplaces", "workers", "employed")
COUNT_NAMES = {
    "schools": ("schools", "school", "edu"),
    "clinics": ("clinics", "healthcare", "health", "clinic", "hospitals"),
    "shops": ("shops", "shop", "retail"),
    "parks": ("parks", "park", "green"),
}
#: Gross floor area of homes per resident (m2) where no population is known at all (assumed).
FLOOR_PER_PERSON_M2 = 35.0
OSM_LICENCE = "ODbL 1.0, © OpenStreetMap contributors"


@dataclass(frozen=True, slots=True)
class Official:
    """Official numbers and outlines that the sources of a city do not carry themselves.

    ``population`` and ``employment`` are totals; ``districts`` are outlines with, where known, their persons by id;
    each with its provenance.
    """

    population: float | None = None
    population_source: Provenance | None = None
    district_population: Mapping[str, float] = field(default_factory=dict)
    employment: float | None = None
    employment_source: Provenance | None = None
    outline: Place | None = None
    districts: tuple[Place, ...] = ()
    district_source: Provenance | None = None
    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Zoning:
    """Zones and places tables with provenance and findings."""

    zones: pl.DataFrame
    places: pl.DataFrame
    provenance: dict[str, Provenance]
    findings: tuple[Finding, ...]
    method: str
    middle: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the user gave for zones and people: files, columns, resolution."""

    population: Path | None = None
    population_column: str | None = None
    zones: Path | None = None
    jobs_column: str | None = None
    districts: Path | None = None
    resolution: int | None = None


def make_zones(
    extract: OsmExtract,
    buildings: Buildings,
    nodes: pl.DataFrame,
    links: pl.DataFrame,
    wanted: Wanted,
    official: Official,
    *,
    name: str,
    crs: str,
    box: tuple[float, float, float, float],
) -> Zoning:
    """Make zones, people, jobs, attractions and places.

    Parameters
    ----------
    nodes, links
        Street tables; a zone of Shaar's own making needs a walkable street of the largest connected part.
    box
        West, south, east, north of the study area.
    """
    findings: list[Finding] = []
    middle = (float(np.median(nodes["lon"].to_numpy())), float(np.median(nodes["lat"].to_numpy())))
    given = read_table(wanted.zones) if wanted.zones is not None else None
    outline = official.outline or _outline(extract, name, middle)
    districts = list(official.districts) or _districts(wanted.districts, extract, outline)
    reading, source = _people(extract, buildings, wanted, official, given, outline, districts, middle, box, findings)
    people = reading.people
    walk_lon, walk_lat = _walkable(nodes, links)
    jobs, jobs_source = _jobs(extract, buildings, official, people.total, findings)
    attractions = find_attractions(extract, crs)
    if outline is not None and given is None and wanted.population is None:
        jobs = jobs.only(shapely.contains_xy(outline.shape, jobs.lon, jobs.lat))
        if official.employment is not None:
            jobs = scale_to(jobs, official.employment)
    if given is not None:
        zones = _given_zones(given)
    else:
        zones, people = _own_zones(people, jobs, wanted.resolution, walk_lon, walk_lat, findings)
        jobs, _ = move_into(zones, jobs)
    persons, lon, lat, outside = sum_by_zone(zones, people)
    if outside > 0:
        findings.append(
            Finding(
                "build.people_outside",
                f"{outside:,.0f} of {people.total:,.0f} people live in no zone and are left out.",
                round(outside),
                severity="warning",
                values={"persons": round(outside), "total": round(people.total)},
            )
        )
    work, work_lon, work_lat, _ = sum_by_zone(zones, jobs)
    lon, lat = np.where(np.isnan(lon), work_lon, lon), np.where(np.isnan(lat), work_lat, lat)
    at = zones.locate([a.lon for a in attractions], [a.lat for a in attractions])
    columns: dict[str, F64] = {"population": persons, "jobs": work, **count_by_zone(attractions, at, len(zones.ids))}
    provenance = {"zones.population": source, "zones.jobs": jobs_source}
    for c in ("schools", "clinics", "shops", "parks"):
        provenance[f"zones.{c}"] = Provenance(
            "reported",
            f"OpenStreetMap ({extract.source})",
            extract.date,
            "tagged points and areas, each place once",
            OSM_LICENCE,
        )
    if given is not None:
        _take_columns(given, wanted, columns, provenance)
    inhabited = (
        shapely.union_all(project_shapes(zones.shapes[persons >= 1.0], crs))
        if (persons >= 1).any()
        else shapely.Point()
    )
    settlements = find_settlements(extract, inhabited, people, crs)
    settlements = [replace(p, names={**official.names.get(p.place_id, {}), **p.names}) for p in settlements]
    if outline is None:
        shape = project_shapes([shapely.union_all(project_shapes(zones.shapes, crs))], crs, inverse=True)[0]
        outline = Place("city", "city", {"": name}, shape, approximate=True)
        findings.append(
            Finding(
                "build.outline",
                "No outline of the city is in the data; the union of its zones stands for it.",
                severity="assumed",
            )
        )
    if not districts:
        findings.append(
            Finding("build.districts", "No districts are in the data; figures are for the whole city.", severity="info")
        )
    frame = zone_table(zones, columns, lon, lat, [None] * len(zones.ids), [None] * len(zones.ids))
    frame = frame.with_columns(
        pl.Series("district", assign(districts, frame["lon"], frame["lat"]), dtype=pl.String),
        pl.Series(
            "settlement",
            assign([p for p in settlements if p.kind == "settlement"], frame["lon"], frame["lat"]),
            dtype=pl.String,
        ),
    )
    shown = [a for a in attractions if box[0] <= a.lon <= box[2] and box[1] <= a.lat <= box[3]]
    places = place_table([outline, *districts, *settlements], shown)
    provenance["places"] = official.district_source or Provenance(
        "reported",
        f"OpenStreetMap ({extract.source})",
        extract.date,
        "outlines as mapped; a settlement mapped as a point has an approximate outline (column approximate)",
        OSM_LICENCE,
    )
    if wanted.districts is not None:
        provenance["places.districts"] = Provenance("reported", wanted.districts.name, "", "outlines as given")
    return Zoning(frame, places, provenance, tuple(findings), zones.method, middle)


def _outline(extract: OsmExtract, name: str, middle: tuple[float, float]) -> Place | None:
    f = find_outline(extract, name, *middle)
    return Place("city", "city", names_of(f.tags), f.geometry) if f is not None else None


def _districts(path: Path | None, extract: OsmExtract, outline: Place | None) -> list[Place]:
    if path is None:
        return find_districts(extract, outline.shape if outline is not None else None)
    table = read_table(path)
    if table.shapes is None or not (shapely.get_dimensions(table.shapes) == 2).all():
        raise InputError("districts need polygons (GeoJSON, GeoPackage)", file=path)
    named = table.find(("name", "name_ru", "name_kk", "name_ky", "name_en", "district", "title", "id"))
    names = table.frame[named].cast(pl.String).to_list() if named else [None] * len(table.shapes)
    out = []
    for i, shape in enumerate(table.shapes):
        local = names[i] or f"District {i + 1}"
        other = {
            c: str(table.frame[k][i])
            for c in ("ru", "kk", "ky", "en")
            if (k := table.find((f"name_{c}", f"name:{c}"))) and table.frame[k][i]
        }
        out.append(Place(f"district-{i + 1}", "district", {"": local, **other}, shape))
    return out


def _people(
    extract: OsmExtract,
    buildings: Buildings,
    wanted: Wanted,
    official: Official,
    given: Table | None,
    outline: Place | None,
    districts: Sequence[Place],
    middle: tuple[float, float],
    box: tuple[float, float, float, float],
    findings: list[Finding],
) -> tuple[Reading, Provenance]:
    """Take people from the best source there is: a file, the zones file, an official total, the map's own, floor area."""
    if wanted.population is not None:
        reading = read_population(
            wanted.population, column=wanted.population_column, middle=middle, box=box, buildings=buildings
        )
        source = Provenance(reading.badge, wanted.population.name, "", reading.method)
        if official.population is not None:
            reading = replace(reading, people=scale_to(reading.people, official.population))
            source = replace(
                official.population_source or source, badge="modelled", method=f"{reading.method}, scaled to the total"
            )
        return reading, source
    if given is not None and (wanted.population_column or given.find(POPULATION_NAMES)):
        assert wanted.zones is not None
        reading = read_population(wanted.zones, column=wanted.population_column, middle=middle, buildings=None)
        zones = _given_zones(given)
        inner = shapely.point_on_surface(zones.shapes)
        lon, lat = shapely.get_x(inner), shapely.get_y(inner)
        persons = given.numbers(
            given.need((wanted.population_column,) if wanted.population_column else POPULATION_NAMES, "population")
        )
        return Reading(People(lon, lat, persons), "reported", reading.method), Provenance(
            "reported", wanted.zones.name, "", f"as given by zone: {reading.method}"
        )
    how = "spread over homes by floor area (footprint times storeys, single houses with at most 150 m2)"
    counted = (
        f"{int(buildings.home.sum()):,} of {len(buildings.lon):,} mapped buildings taken as homes; storeys tagged on "
        f"{int((buildings.levels_source[buildings.home] == 'tagged').sum()):,} of them, else the median of alike buildings"
    )
    inside = outline.shape if outline is not None else None
    if official.population is not None:
        parts = {
            p.place_id: (p.shape, official.district_population[p.place_id])
            for p in districts
            if p.place_id in official.district_population
        }
        people = population_from_buildings(buildings, official.population, parts or None, inside)
        base = official.population_source or Provenance("reported", "the total given on the command line")
        return Reading(people, "modelled", how), replace(
            base, badge="modelled", method=_join(base.method, how, counted)
        )
    tagged = _tagged_population(extract, outline, middle)
    if tagged is not None:
        number, what = tagged
        people = population_from_buildings(buildings, number, None, inside)
        findings.append(
            Finding(
                "build.population_osm",
                f"No population was given; the {number:,.0f} people tagged on {what} in "
                "OpenStreetMap are spread over homes by floor area.",
                severity="assumed",
                values={"persons": round(number), "place": what},
            )
        )
        return Reading(people, "modelled", how), Provenance(
            "modelled",
            f"OpenStreetMap, population={number:.0f} of {what}",
            extract.date,
            f"{how}; {counted}",
            OSM_LICENCE,
        )
    home = (
        buildings.home if inside is None else buildings.home & shapely.contains_xy(inside, buildings.lon, buildings.lat)
    )
    total = float(buildings.living_area[home].sum()) / FLOOR_PER_PERSON_M2
    if total <= 0:
        raise InputError(
            "no population was given and no homes are mapped; give --population or --zones with a population column"
        )
    people = population_from_buildings(buildings, total, None, inside)
    findings.append(
        Finding(
            "build.population_assumed",
            f"No population is known; {FLOOR_PER_PERSON_M2:.0f} m2 of gross floor area per "
            f"resident is assumed, which makes {total:,.0f} people.",
            severity="assumed",
            values={"m2": FLOOR_PER_PERSON_M2, "persons": round(total)},
        )
    )
    return Reading(people, "assumed", how), Provenance(
        "assumed", f"{FLOOR_PER_PERSON_M2:.0f} m2 of gross floor area per resident", extract.date, f"{how}; {counted}"
    )


def _join(*parts: str) -> str:
    return "; ".join(p for p in parts if p)


def _tagged_population(
    extract: OsmExtract, outline: Place | None, middle: tuple[float, float]
) -> tuple[float, str] | None:
    """Return the ``population`` tag of the city (place node or boundary) nearest to the middle."""
    best: tuple[float, float, str] | None = None
    wanted = set(outline.names.values()) if outline is not None else set()
    for f in (*extract.points, *extract.areas):
        if f.tags.get("place") not in {"city", "town"} and f.tags.get("name") not in wanted:
            continue
        text = f.tags.get("population", "").replace(" ", "").replace(",", "")
        if text.isdigit() and int(text) > 0:
            at = shapely.centroid(f.geometry)
            distance = float(np.hypot(at.x - middle[0], at.y - middle[1]))
            if best is None or distance < best[0]:
                best = (distance, float(text), f.tags.get("name", "the city"))
    return (best[1], best[2]) if best is not None and best[0] < 0.5 else None


def _jobs(
    extract: OsmExtract, buildings: Buildings, official: Official, residents: float, findings: list[Finding]
) -> tuple[People, Provenance]:
    how = "floor area of buildings by tagged use over m2 per job, plus tagged points outside those"
    total = official.employment
    if total is None:
        total = residents * JOBS_PER_RESIDENT
        findings.append(
            Finding(
                "build.jobs_total",
                f"No employment total was given; {JOBS_PER_RESIDENT:.2f} jobs per resident are "
                f"assumed, which makes {total:,.0f}.",
                severity="assumed",
                values={"jobs_per_resident": JOBS_PER_RESIDENT, "jobs": round(total)},
            )
        )
        source = Provenance(
            "modelled",
            f"OpenStreetMap ({extract.source}); {JOBS_PER_RESIDENT:.2f} jobs per resident assumed",
            extract.date,
            how,
            OSM_LICENCE,
        )
    else:
        base = official.employment_source or Provenance("reported", "the total given on the command line")
        source = replace(base, badge="modelled", method=_join(base.method, how))
    jobs = find_jobs(extract, buildings, total)
    if jobs.total <= 0:
        findings.append(
            Finding(
                "build.jobs_none",
                "No workplaces are mapped; the city has no jobs until they are given.",
                severity="assumed",
            )
        )
        source = Provenance("assumed", "no workplaces are mapped", extract.date, "zero")
    return jobs, source


def _walkable(nodes: pl.DataFrame, links: pl.DataFrame) -> tuple[F64, F64]:
    """Return lon and lat of the nodes of the largest connected walkable street network."""
    w = links.filter(pl.col("walk"))
    label = components(nodes.height, w["from_node"].to_numpy(), w["to_node"].to_numpy())
    ends = np.unique(np.concatenate([w["from_node"].to_numpy(), w["to_node"].to_numpy()]))
    if not len(ends):
        raise InputError("no street in the data may be walked")
    label = np.asarray(label)
    largest = np.bincount(label[ends]).argmax()
    keep = ends[label[ends] == largest]
    return nodes["lon"].to_numpy()[keep], nodes["lat"].to_numpy()[keep]


def _own_zones(
    people: People, jobs: People, resolution: int | None, walk_lon: F64, walk_lat: F64, findings: list[Finding]
) -> tuple[ZoneSet, People]:
    zones = h3_zones(people, jobs, resolution)
    bare = without_streets(zones, walk_lon, walk_lat)
    if bare.all():
        raise InputError("no zone has a walkable street; do the population and the map cover the same place?")
    if bare.any():
        kept = ZoneSet(tuple(z for z, b in zip(zones.ids, bare) if not b), zones.shapes[~bare], zones.method)
        people, moved = move_into(kept, people)
        findings.append(
            Finding(
                "build.zones_bare",
                f"{int(bare.sum())} cells have no walkable street that is joined to the rest; their "
                f"{moved:,.0f} people are counted in the nearest cell that has.",
                int(bare.sum()),
                severity="assumed",
                values={"zones": int(bare.sum()), "persons": round(moved)},
            )
        )
        zones = kept
    return zones, people


def _given_zones(table: Table) -> ZoneSet:
    """Make zones of a table: H3 cells by id, or polygons with their id column (else numbered)."""
    cells = h3_cells(table)
    if cells is not None:
        ids, shapes, method = cells, np.array([cell_shape(c) for c in cells], dtype=object), "H3 cells as given"
    elif table.shapes is not None and len(table.shapes) and (shapely.get_dimensions(table.shapes) == 2).all():
        name = table.find(("zone_id", "id", "code", "name"))
        ids = table.frame[name].cast(pl.String).to_list() if name else [str(i + 1) for i in range(len(table.shapes))]
        shapes, method = table.shapes, "outlines as given"
    else:
        coordinates(table)
        raise InputError("zones need polygons or a column of H3 cells, and there are only points", file=table.path)
    seen: set[str] = set()
    for i, z in enumerate(ids):
        if z is None or z in seen:
            raise InputError(f"zone {z!r} is there twice or blank", file=table.path, row=table.row(i), field="zone_id")
        seen.add(z)
    return ZoneSet(tuple(ids), shapes, method)


def _take_columns(given: Table, wanted: Wanted, columns: dict[str, F64], provenance: dict[str, Provenance]) -> None:
    """Replace jobs and counts by the columns of the zones file that have them."""
    assert wanted.zones is not None
    jobs = given.need((wanted.jobs_column.lower(),), "jobs") if wanted.jobs_column else given.find(JOBS_NAMES)
    for key, name in {"jobs": jobs, **{k: given.find(v) for k, v in COUNT_NAMES.items()}}.items():
        if name is not None:
            columns[key] = given.numbers(name)
            provenance[f"zones.{key}"] = Provenance("reported", wanted.zones.name, "", f"column {name}")


__all__ = ["Attraction", "Official", "Wanted", "Zoning", "make_zones"]
