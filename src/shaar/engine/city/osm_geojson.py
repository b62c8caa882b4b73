"""Read OpenStreetMap objects from GeoJSON: a collection, or one feature a line, plain or gzipped."""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from shaar.engine.city import osm_tags
from shaar.engine.city.extract import Feature, Tags
from shaar.engine.city.osm_collect import Bounds, Collector, coordinate_ids
from shaar.engine.city.osm_join import join_areas, join_lines
from shaar.engine.errors import InputError
from shaar.engine.progress import Progress, silent

SUFFIXES = (".geojson", ".geojsonl", ".geojsonl.gz", ".geojson.gz", ".geojsonseq")
_TYPES = {"n": "node", "w": "way", "r": "relation", "a": "way"}
_ID = re.compile(r"^(?:(node|way|relation|n|w|r|a)[/ ]?)?(-?\d+)$")


def read_geojson(path: Path, *, bounds: Bounds | None = None, progress: Progress = silent) -> tuple[Collector, str]:
    """Read features with OSM tags as properties, ``@type`` and ``@id`` (or an id like "way/123").

    Returns
    -------
    The collected objects, and the date of the latest edit among them (empty where features carry no ``@timestamp``).

    Raises
    ------
    InputError
        The file is not GeoJSON, is cut short, or a feature has no usable geometry; names the line.
    """
    return collect(_features(path), bounds=bounds, progress=progress, source=path)


def collect(
    features: Iterable[tuple[int, dict[str, Any]]],
    *,
    bounds: Bounds | None = None,
    progress: Progress = silent,
    source: Path | str = "",
) -> tuple[Collector, str]:
    """Collect (line, GeoJSON feature) pairs; parts of one object (same type and id) are joined again.

    Ids are made up (negative, in file order) where a feature has none.
    """
    box = shapely.box(*bounds) if bounds is not None else None
    lines: dict[int, tuple[Tags, list[np.ndarray]]] = {}
    areas: dict[tuple[str, int], tuple[Tags, list[object]]] = {}
    out, latest, made, points = Collector(), 0, 0, set()
    for row, feature in features:
        if row % 20_000 == 0:
            progress("osm", row, None, "features read")
        if isinstance(feature, dict) and feature.get("geometry", 0) is None:
            continue  # GeoJSON allows features without a place
        try:
            shape = shapely.geometry.shape(feature["geometry"])
            properties = feature["properties"] or {}
        except (KeyError, TypeError, ValueError, AttributeError, IndexError, shapely.errors.ShapelyError) as e:
            message = f"feature {row} has no readable geometry and properties"
            raise InputError(message, file=source, row=row if "geojsonl" in str(source) else None) from e
        if shape.is_empty or (box is not None and not shape.intersects(box)):
            continue
        kind, osm_id = _identity(feature, properties, shape.geom_type)
        if osm_id == 0:
            made -= 1
            osm_id = made
        stamp = properties.get("@timestamp")
        if isinstance(stamp, int | float):
            latest = max(latest, int(stamp))
        tags = {k: str(v) for k, v in properties.items() if v is not None and not k.startswith("@")}
        if shape.geom_type == "Point":
            if osm_id in points:
                continue
            points.add(osm_id)
            if osm_tags.is_street_node(tags):
                key = coordinate_ids(np.round([shape.x], 7), np.round([shape.y], 7))
                out.street_nodes[int(key[0])] = tags
            if osm_tags.is_feature(tags):
                out.points.append(Feature("node", osm_id, tags, shape))
        elif "Line" in shape.geom_type:
            if osm_tags.is_way(tags):
                parts = lines.setdefault(osm_id, (tags, []))[1]
                parts += [shapely.get_coordinates(g) for g in getattr(shape, "geoms", [shape])]
        elif "Polygon" in shape.geom_type and (osm_tags.is_area(tags) or osm_tags.is_way(tags)):
            areas.setdefault((kind, osm_id), (tags, []))[1].append(shape)
    for osm_id, (tags, parts) in lines.items():
        for line in join_lines(parts):
            out.add_line(osm_id, tags, line)
    for (kind, osm_id), (tags, shapes) in areas.items():
        _area(out, kind, osm_id, tags, join_areas(shapes))
    return out, datetime.fromtimestamp(latest, UTC).date().isoformat() if latest else ""


def _area(out: Collector, kind: str, osm_id: int, tags: Tags, shape: Any) -> None:
    """Exports write closed streets (roundabouts) as polygons: their outline is the street."""
    if osm_tags.is_way(tags) and osm_tags.has_street_outline(tags) and "highway" in tags:
        for polygon in getattr(shape, "geoms", [shape]):
            ring = shapely.get_coordinates(polygon.exterior)
            if tags.get("junction") in ("roundabout", "circular"):
                ring = _as_driven(ring, tags)
            out.add_line(osm_id, tags, ring)
    if osm_tags.is_area_tagged(tags) or ("highway" not in tags and osm_tags.is_area(tags)):
        out.areas.append(Feature(kind, osm_id, tags, shape))


def _as_driven(ring: np.ndarray, tags: Tags) -> np.ndarray:
    """Polygon rings lose the way's direction; a roundabout is driven counter-clockwise in right-hand traffic."""
    clockwise = not shapely.is_ccw(shapely.linearrings(ring))
    return ring[::-1] if clockwise and tags.get("direction") != "clockwise" else ring


def _identity(feature: dict[str, Any], properties: dict[str, Any], geometry: str) -> tuple[str, int]:
    kind = str(properties.get("@type", ""))
    found = _ID.match(str(properties.get("@id", feature.get("id", ""))))
    if found is None:
        return kind or ("node" if geometry == "Point" else "way"), 0
    kind = kind or found[1] or ("node" if geometry == "Point" else "way")
    number = int(found[2])
    if kind == "a":  # an export's area id: twice the way's id, plus one for relations
        return ("relation" if number % 2 else "way"), number // 2
    return _TYPES.get(kind, kind), number


def _features(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    opened = gzip.open if path.name.endswith(".gz") else open
    row = 0
    try:
        with opened(path, "rt", encoding="utf-8") as f:
            if ".geojsonl" in path.name or ".geojsonseq" in path.name:
                for row, line in enumerate(f, start=1):
                    text = line.strip("\x1e \r\n\t")
                    if text:
                        yield row, json.loads(text)
            else:
                whole = json.load(f)
                if not isinstance(whole, dict) or not isinstance(whole.get("features"), list):
                    raise InputError("not a GeoJSON feature collection", file=path)
                yield from enumerate(whole["features"], start=1)
    except json.JSONDecodeError as e:
        raise InputError(f"not valid JSON ({e.msg})", file=path, row=row or e.lineno) from e
    except (UnicodeDecodeError, EOFError, OSError, zlib.error) as e:
        raise InputError(f"the file cannot be read; it may be cut short or damaged ({e})", file=path) from e
