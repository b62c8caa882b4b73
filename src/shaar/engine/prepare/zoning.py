"""From an extract and population sources to zones, people, jobs and places."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import shapely

from shaar.engine.city.attractions import (
    JOBS_PER_RESIDENT,
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
    beyond,
    find_districts,
    find_outline,
    find_settlements,
    names_of,
    place_table,
)
from shaar.engine.city.population import People, scale_to
from shaar.engine.city.projection import project_shapes
from shaar.engine.city.zones import ZoneSet, h3_zones, locate_near, move_into, sum_by_zone, without_streets, zone_table
from shaar.engine.errors import InputError
from shaar.engine.findings import Finding
from shaar.engine.prepare.residents import given_zones, joined, residents
from shaar.engine.prepare.sources import OSM_LICENCE, Official, Wanted
from shaar.engine.prepare.tables import Table, read_table

F64 = npt.NDArray[np.float64]

JOBS_NAMES = ("jobs", "employment", "workplaces", "workers", "employed")
COUNT_NAMES = {
    "schools": ("schools", "school", "edu"),
    "clinics": ("clinics", "healthcare", "health", "clinic", "hospitals"),
    "shops": ("shops", "shop", "retail"),
    "parks": ("parks", "park", "green"),
}


@dataclass(frozen=True, slots=True)
class Zoning:
    """Zones and places tables with provenance and findings."""

    zones: pl.DataFrame
    places: pl.DataFrame
    provenance: dict[str, Provenance]
    findings: tuple[Finding, ...]
    method: str
    middle: tuple[float, float]


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
    reading, source = residents(extract, buildings, wanted, official, given, outline, districts, middle, box, findings)
    people = reading.people
    walk_lon, walk_lat = _walkable(nodes, links)
    counted = outline.shape if outline is not None and given is None and wanted.population is None else None
    jobs, jobs_source = _jobs(
        extract,
        buildings,
        official,
        people.total,
        counted,
        findings,
        asked=given is None or not (wanted.jobs_column or given.find(JOBS_NAMES)),
    )
    attractions = find_attractions(extract, crs)
    if given is not None:
        zones = given_zones(given)
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
    where = [a.lon for a in attractions], [a.lat for a in attractions]
    at = zones.locate(*where) if given is not None else locate_near(zones, *where)
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
        _take_columns(given, wanted, columns, provenance, findings)
    inhabited = (
        shapely.union_all(project_shapes(zones.shapes[persons >= 1.0], crs))
        if (persons >= 1).any()
        else shapely.Point()
    )
    settlements = find_settlements(extract, inhabited, people, crs)
    settlements = [replace(p, names={**official.names.get(p.place_id, {}), **p.names}) for p in settlements]
    if outline is not None:
        settlements = beyond(settlements, outline.shape, people)
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


def _jobs(
    extract: OsmExtract,
    buildings: Buildings,
    official: Official,
    residents: float,
    within: object | None,
    findings: list[Finding],
    asked: bool,
) -> tuple[People, Provenance]:
    how = "floor area of buildings by tagged use over m2 per job, plus tagged points outside those"
    total = official.employment
    if total is None:
        total = residents * JOBS_PER_RESIDENT
        if asked:
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
        source = replace(base, badge="modelled", method=joined(base.method, how))
    jobs = find_jobs(extract, buildings)
    if within is not None:
        jobs = jobs.only(shapely.contains_xy(within, jobs.lon, jobs.lat))
    jobs = scale_to(jobs, total) if jobs.total > 0 else jobs
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
        hint = "do the population and the map cover the same place?"
        if resolution is not None:
            hint = f"zones of resolution {resolution} may be smaller than the blocks between streets"
        raise InputError(f"no zone has a walkable street; {hint}")
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


def _take_columns(
    given: Table,
    wanted: Wanted,
    columns: dict[str, F64],
    provenance: dict[str, Provenance],
    findings: list[Finding],
) -> None:
    """Replace jobs and counts by the columns of the zones file that have them."""
    assert wanted.zones is not None
    jobs = given.need((wanted.jobs_column.lower(),), "jobs") if wanted.jobs_column else given.find(JOBS_NAMES)
    for key, name in {"jobs": jobs, **{k: given.find(v) for k, v in COUNT_NAMES.items()}}.items():
        if name is not None:
            columns[key] = given.numbers(name, blank=0.0)
            if empty := given.blanks(name):
                findings.append(
                    Finding(
                        "build.blank",
                        f"{empty} cells of column {name} in {wanted.zones.name} are empty and count as 0.",
                        empty,
                        severity="assumed",
                        values={"cells": empty, "column": name, "file": wanted.zones.name},
                    )
                )
            provenance[f"zones.{key}"] = Provenance("reported", wanted.zones.name, "", f"column {name}")
