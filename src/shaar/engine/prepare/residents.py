"""Who lives where: the best source of residents a build has, with its provenance; and zones given as a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import polars as pl
import shapely

from shaar.engine.city.buildings import Buildings
from shaar.engine.city.extract import OsmExtract
from shaar.engine.city.model import Provenance
from shaar.engine.city.places import Place
from shaar.engine.city.population import People, population_from_buildings, scale_to
from shaar.engine.city.zones import ZoneSet, cell_shape
from shaar.engine.errors import InputError
from shaar.engine.findings import Finding
from shaar.engine.prepare.people import POPULATION_NAMES, Reading, read_population
from shaar.engine.prepare.sources import OSM_LICENCE, Official, Wanted
from shaar.engine.prepare.tables import Table, coordinates, h3_cells

#: Gross floor area of homes per resident (m2) where no population is known at all (assumed).
FLOOR_PER_PERSON_M2 = 35.0


def residents(
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
    """Take people from the best source there is: a file, zones, an official total, the map, floor area."""
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
        zones = given_zones(given)
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
        f"{int((buildings.levels_source[buildings.home] == 'tagged').sum()):,} of them, else "
        "the median of alike buildings"
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
            base, badge="modelled", method=joined(base.method, how, counted)
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


def joined(*parts: str) -> str:
    """Return the parts that are not blank as one sentence."""
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


def given_zones(table: Table) -> ZoneSet:
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
