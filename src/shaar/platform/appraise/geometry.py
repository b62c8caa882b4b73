"""Where a change is: its lines, points and streets as GeoJSON, for the maps of proposals and studies."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

#: At most so many shapes of one alternative are drawn: a whole network is a picture of its own.
MOST = 60


def shapes_of(changes: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """GeoJSON geometries of changes, in their order; a change without a place gives none."""
    found: list[dict[str, Any]] = []
    for change in changes:
        found += _of(change)
        if len(found) >= MOST:
            break
    return found[:MOST]


def _of(change: dict[str, Any]) -> list[dict[str, Any]]:
    found = [
        {"type": "LineString", "coordinates": change[name]}
        for name in ("geometry_forward", "geometry_backward", "path", "geometry")
        if isinstance(change.get(name), list) and len(change[name]) >= 2
    ]
    if len(found) == 2 and {"geometry_forward", "geometry_backward"} <= set(change):
        found = found[:1]  # there and back along one street would hide each other
    if isinstance(change.get("point"), list) and len(change["point"]) == 2:
        found.append({"type": "Point", "coordinates": change["point"]})
    elif "lon" in change and "lat" in change:
        found.append({"type": "Point", "coordinates": [change["lon"], change["lat"]]})
    if isinstance(change.get("links"), list):
        found += _links(change["links"])
    if not found:
        found += _named(change)
    return found


def _links(numbers: list[int]) -> list[dict[str, Any]]:
    """Street links as one shape."""
    import shapely
    from shapely.geometry import mapping

    from shaar.engine.city.geoparquet import geometries

    from .scenarios import base_state

    table = base_state().city.links
    known = [n for n in numbers if isinstance(n, int) and 0 <= n < table.height]
    if not known:
        return []
    lines = geometries(table[known])
    merged = shapely.line_merge(shapely.union_all(lines))
    parts = [merged] if merged.geom_type == "LineString" else list(merged.geoms)
    return [dict(mapping(one)) for one in parts[:MOST]]


def _named(change: dict[str, Any]) -> list[dict[str, Any]]:
    """Lines and stops that a change only names."""
    from .scenarios import base_state

    state = base_state()
    if change.get("stop_id"):
        rows = state.city.stops.filter(state.city.stops["stop_id"] == change["stop_id"])
        return [{"type": "Point", "coordinates": [row["lon"], row["lat"]]} for row in rows.iter_rows(named=True)]
    if change.get("route_id") and state.feed is not None:
        return _course(state.feed, str(change["route_id"]))
    return []


def _course(feed: Any, route: str) -> list[dict[str, Any]]:
    """The way of a line through its stops, of its trip with most of them."""
    import polars as pl

    trips = feed.trips.filter(pl.col("route_id") == route)["trip_id"]
    calls = feed.stop_times.filter(pl.col("trip_id").is_in(trips.to_list()))
    if not calls.height:
        return []
    longest = calls.group_by("trip_id").len().sort("len", "trip_id", descending=[True, False])["trip_id"][0]
    way = calls.filter(pl.col("trip_id") == longest).sort("stop_sequence").join(feed.stops, on="stop_id", how="left")
    points = [[lon, lat] for lon, lat in way.select("stop_lon", "stop_lat").iter_rows() if lon is not None]
    return [{"type": "LineString", "coordinates": points}] if len(points) >= 2 else []
