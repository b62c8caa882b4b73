"""The background of maps: water, green, built-up land and railways, simplified and small."""

from __future__ import annotations

import numpy as np
import polars as pl
import shapely

from shaar.engine.city.buildings import Buildings
from shaar.engine.city.extract import Feature, OsmExtract, Tags
from shaar.engine.city.geoparquet import with_geometries
from shaar.engine.city.projection import project_shapes

#: Smallest area kept (m2) and how far an outline may stray from the mapped one (m), by kind.
KEEP_M2 = {"water": 8_000.0, "green": 10_000.0, "built": 20_000.0}
STRAY_M = {"water": 8.0, "green": 12.0, "built": 20.0, "rail": 10.0}
#: Buildings are grown by this (m) and joined into built-up land.
GROW_M = 45.0
GREEN_LANDUSE = frozenset(
    [
        "grass",
        "forest",
        "village_green",
        "recreation_ground",
        "meadow",
        "orchard",
        "allotments",
        "cemetery",
        "greenery",
        "flowerbed",
    ]
)
GREEN_LEISURE = frozenset(["park", "garden", "nature_reserve", "golf_course", "pitch", "common"])
BUILT_LANDUSE = frozenset(["residential", "industrial", "commercial", "retail"])
RAILS = frozenset({"rail", "light_rail", "subway", "tram"})


def base_kind(tags: Tags) -> str:
    """Return water, green, built, or "" for what is not drawn."""
    if tags.get("natural") in {"water", "bay"} or tags.get("waterway") in {"riverbank", "dock", "river", "canal"}:
        return "water"
    if tags.get("landuse") in {"reservoir", "basin"}:
        return "water"
    if (
        tags.get("leisure") in GREEN_LEISURE
        or tags.get("landuse") in GREEN_LANDUSE
        or tags.get("natural") in {"wood", "scrub"}
    ):
        return "green"
    return "built" if tags.get("landuse") in BUILT_LANDUSE else ""


def base_map(extract: OsmExtract, buildings: Buildings, crs: str) -> pl.DataFrame:
    """Return the base table of an extract.

    Water keeps its names; green and built-up land are each joined into few shapes. Built-up land is mapped land use
    together with all buildings grown by 45 m.
    """
    held: dict[str, list[Feature]] = {"water": [], "green": [], "built": []}
    for f in extract.areas:
        if f.tags.get("building", "no") == "no" and (kind := base_kind(f.tags)):
            held[kind].append(f)
    rows: list[tuple[str, str | None, object]] = []
    for f, shape in zip(held["water"], _metric(held["water"], crs)):
        if shapely.area(shape) >= KEEP_M2["water"]:
            rows.append(("water", f.tags.get("name"), shapely.simplify(shape, STRAY_M["water"])))
    rows += [("green", None, s) for s in _joined(_metric(held["green"], crs), "green", 15.0)]
    grown = (
        shapely.buffer(shapely.envelope(buildings.shapes), GROW_M, quad_segs=1)
        if len(buildings.shapes)
        else buildings.shapes
    )
    rows += [("built", None, s) for s in _joined(np.concatenate([_metric(held["built"], crs), grown]), "built", 0.0)]
    lines = way_lines(
        extract, lambda t: t.get("railway") in RAILS and t.get("service") not in {"spur", "yard", "siding"}
    )
    if len(lines):
        joined = shapely.line_merge(shapely.union_all(project_shapes(lines, crs)))
        rows += [("rail", None, shapely.simplify(p, STRAY_M["rail"])) for p in shapely.get_parts(joined)]
    rivers = way_lines(extract, lambda t: t.get("waterway") == "river" and t.get("tunnel", "no") == "no")
    if len(rivers):
        merged = shapely.line_merge(shapely.union_all(project_shapes(rivers, crs)))
        rows += [("water", None, shapely.simplify(p, STRAY_M["water"])) for p in shapely.get_parts(merged)]
    rows = [r for r in rows if not shapely.is_empty(r[2])]
    frame = pl.DataFrame(
        {
            "kind": [r[0] for r in rows],
            "name": pl.Series([r[1] for r in rows], dtype=pl.String),
            "geometry": pl.Series([b""] * len(rows), dtype=pl.Binary),
        }
    )
    return with_geometries(frame, project_shapes([r[2] for r in rows], crs, inverse=True)) if rows else frame


def way_lines(extract: OsmExtract, wanted: object) -> np.ndarray:
    """Return the lines (WGS84) of the ways whose tags ``wanted`` accepts."""
    assert callable(wanted)
    out = []
    for k, tags in enumerate(extract.way_tags):
        if wanted(tags):
            n = extract.way_nodes[extract.way_ptr[k] : extract.way_ptr[k + 1]]
            if len(n) >= 2:
                out.append(shapely.LineString(np.column_stack([extract.node_lon[n], extract.node_lat[n]])))
    return np.array(out, dtype=object)


def _metric(features: list[Feature], crs: str) -> np.ndarray:
    if not features:
        return np.empty(0, dtype=object)
    return shapely.make_valid(project_shapes([f.geometry for f in features], crs))


def _joined(shapes: np.ndarray, kind: str, close: float) -> list[object]:
    if not len(shapes):
        return []
    union = shapely.union_all(shapely.buffer(shapes, close, quad_segs=1) if close else shapes)
    if close:
        union = shapely.buffer(union, -close, quad_segs=1)
    parts = shapely.get_parts(union)
    big = parts[(shapely.get_dimensions(parts) == 2) & (shapely.area(parts) >= KEEP_M2[kind])]
    filled = []
    for p in big:
        holes = [h for h in p.interiors if shapely.Polygon(h).area >= KEEP_M2[kind]]
        filled.append(shapely.simplify(shapely.Polygon(p.exterior, holes), STRAY_M[kind]))
    return filled
