"""Read OpenStreetMap's own formats (``.osm.pbf``, ``.osm``, ``.osm.gz``, ``.osm.bz2``) with libosmium."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import osmium
import shapely

from shaar.engine.city import osm_tags
from shaar.engine.city.extract import Feature, Relation, Tags
from shaar.engine.city.osm_collect import Bounds, Collector
from shaar.engine.errors import InputError
from shaar.engine.progress import Progress, silent

SUFFIXES = (".osm.pbf", ".pbf", ".osm", ".osm.gz", ".osm.bz2")
_BATCH = 20_000
#: No closed way reaches this far, degrees: at most 2,000 nodes, and what is larger is mapped as a relation.
_FAR = 0.5


def read_pbf(path: Path, *, bounds: Bounds | None = None, progress: Progress = silent) -> tuple[Collector, str]:
    """Read a file of OpenStreetMap objects in two passes: relations first, then everything in file order.

    Node locations are kept in libosmium's sparse index (16 bytes a node of the file); Python sees tagged objects only.

    Parameters
    ----------
    bounds
        West, south, east, north in degrees; objects that do not touch the box are left out.

    Returns
    -------
    The collected objects, and the date the file states (empty where it states none).

    Raises
    ------
    InputError
        The file is no OpenStreetMap file, or is cut short.
    """
    out = Collector()
    try:
        with osmium.io.Reader(str(path)) as reader:
            date = reader.header().get("osmosis_replication_timestamp", "")[:10]
        keys = osmium.filter.KeyFilter(*osm_tags.ALL_KEYS)
        objects = osmium.FileProcessor(str(path)).with_locations().with_areas(keys).with_filter(keys)
        _collect(objects, out, bounds, progress)
    except (RuntimeError, ValueError, OSError) as e:
        raise InputError(
            f"the file cannot be read as OpenStreetMap data; it may be cut short or damaged ({e})", file=path
        ) from e
    return out, date


def _collect(objects: Any, out: Collector, bounds: Bounds | None, progress: Progress) -> None:
    pending: list[tuple[str, int, Tags, str]] = []
    shapes = osmium.geom.WKBFactory()
    seen = 0
    for o in objects:
        seen += 1
        if seen % 50_000 == 0:
            progress("osm", seen, None, "objects read")
        if o.is_node():
            _node(o, out, bounds)
        elif o.is_way():
            _way(o, out, bounds)
        elif o.is_area():
            if bounds is not None and not _near(o, bounds):
                continue
            tags = dict(o.tags)
            if not osm_tags.is_area(tags) or (o.from_way() and osm_tags.is_way(tags) and not _area_way(tags)):
                continue
            try:
                wkb = shapes.create_multipolygon(o)
            except (RuntimeError, osmium.InvalidLocationError):
                continue  # rings that do not close or lie partly outside the extract
            pending.append(("way" if o.from_way() else "relation", o.orig_id(), tags, wkb))
            if len(pending) >= _BATCH:
                _flush(pending, out, bounds)
        elif o.is_relation():
            tags = dict(o.tags)
            if osm_tags.is_relation(tags):
                members = tuple((m.type, m.ref, m.role) for m in o.members)
                out.relations.append(Relation(o.id, tags, members))
    _flush(pending, out, bounds)
    if bounds is not None:
        _drop_far_relations(out)


def _area_way(tags: Tags) -> bool:
    """A closed way that is a line by one tag and an area by another: a wall round a building is not our case."""
    return osm_tags.is_area_tagged(tags) or ("highway" not in tags and osm_tags.is_feature(tags))


def _node(o: Any, out: Collector, bounds: Bounds | None) -> None:
    if not o.location.valid():
        return
    lon, lat = o.lon, o.lat
    if bounds is not None and not (bounds[0] <= lon <= bounds[2] and bounds[1] <= lat <= bounds[3]):
        return
    tags = dict(o.tags)
    if osm_tags.is_street_node(tags):
        out.street_nodes[o.id] = tags
    if osm_tags.is_feature(tags):
        out.points.append(Feature("node", o.id, tags, shapely.Point(lon, lat)))


def _way(o: Any, out: Collector, bounds: Bounds | None) -> None:
    if not any(key in o.tags for key in osm_tags.WAY_KEYS):
        return  # most are buildings, which come again as areas
    tags = dict(o.tags)
    if not osm_tags.is_way(tags) or (o.is_closed() and not osm_tags.has_street_outline(tags)):
        return
    refs, lon, lat = [], [], []
    for n in o.nodes:
        at = n.location
        if at.valid():  # an extract may lack the nodes beyond its edge
            refs.append(n.ref)
            lon.append(at.lon_without_check())
            lat.append(at.lat_without_check())
    if len(refs) < 2:
        return
    if bounds is not None and (
        max(lon) < bounds[0] or min(lon) > bounds[2] or max(lat) < bounds[1] or min(lat) > bounds[3]
    ):
        return
    out.add_way(o.id, tags, refs, lon, lat)


def _near(o: Any, bounds: Bounds) -> bool:
    """Sort out closed ways far from the bounds by their first node; what is kept is tested by its geometry later."""
    if not o.from_way():
        return True
    for ring in o.outer_rings():
        for n in ring:
            west, south, east, north = bounds
            return bool(west - _FAR <= n.lon <= east + _FAR and south - _FAR <= n.lat <= north + _FAR)
    return False


def _flush(pending: list[tuple[str, int, Tags, str]], out: Collector, bounds: Bounds | None) -> None:
    if not pending:
        return
    shapes = shapely.from_wkb([p[3] for p in pending])
    near = shapely.intersects(shapes, shapely.box(*bounds)) if bounds is not None else [True] * len(pending)
    for (kind, osm_id, tags, _), shape, keep in zip(pending, shapes, near):
        if keep:
            one = shape.geoms[0] if len(shape.geoms) == 1 else shape
            out.areas.append(Feature(kind, osm_id, tags, one))
    pending.clear()


def _drop_far_relations(out: Collector) -> None:
    ways, nodes = set(out.way_ids), {p.osm_id for p in out.points}
    areas = {a.osm_id for a in out.areas if a.osm_type == "relation"}
    out.relations = [
        r
        for r in out.relations
        if r.osm_id in areas
        or any((kind == "w" and ref in ways) or (kind == "n" and ref in nodes) for kind, ref, _ in r.members)
    ]
