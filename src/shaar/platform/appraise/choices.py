"""What the form of a change may name, near a place: lines, stops, streets and places of the city, with their words."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import cos, radians
from typing import Any

import numpy as np
import polars as pl
from django.utils.translation import gettext as _

from shaar.platform.kernel.saying import language

from .scenarios import base_state, city_stamp

Point = tuple[float, float]
#: How many of a kind a form offers, the nearest first.
STOPS, STREETS, LINES = 12, 12, 400
#: Beyond so many metres nothing is near any more.
REACH = 3000.0
_METRES = 111_320.0
#: Kinds of places that lines run to, most wanted first.
_GOALS = ("settlement", "village", "station", "market", "hospital", "university", "clinic")
#: Types of changes that a proposal of a kind may mean, the likeliest first.
TYPES = {
    "add_line": ("add_line", "extend_line", "reroute_line", "set_headway"),
    "remove_line": ("remove_line",),
    "set_headway": ("set_headway", "set_span", "set_vehicle_type"),
    "stop": ("add_stop", "move_stop", "extend_line"),
    "bus_lane": ("bus_lane", "signal_priority"),
    "road": ("add_road", "rebuild_road", "close_road"),
    "crossing": ("crossing", "footway", "speed_limit"),
    "cycle": ("cycle_lane",),
    "parking": ("parking_supply", "parking_price"),
    "park": ("facility",),
    "facility": ("facility",),
    "building": ("green_standard",),
    "safety": ("crossing", "speed_limit", "footway"),
    "lighting": ("footway",),
    "service": ("launch_service",),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing that a form offers: its value, its words, and how far it is, m (None: not known)."""

    value: str
    words: str
    metres: float | None = None


def metres(lon: Any, lat: Any, point: Point) -> Any:
    """Distances of points from one point, m, on the flat; good within a city."""
    across = (lon - point[0]) * cos(radians(point[1]))
    return np.hypot(across, lat - point[1]) * _METRES


def lines(point: Point | None) -> list[Choice]:
    """Lines of the network as it stands; those that call near the point first."""
    feed = base_state().feed
    if feed is None:
        return []
    near = _metres_of_lines(point) if point else {}
    rows = [
        Choice(str(row["route_id"]), _line(row), near.get(str(row["route_id"])))
        for row in feed.routes.iter_rows(named=True)
    ]
    rows.sort(key=lambda one: (one.metres if one.metres is not None else REACH, len(one.words), one.words))
    return rows[:LINES]


def _line(row: dict[str, Any]) -> str:
    short, long = row.get("route_short_name") or "", row.get("route_long_name") or ""
    return " · ".join(dict.fromkeys(part for part in (short, long) if part)) or str(row["route_id"])


def _metres_of_lines(point: Point) -> dict[str, float]:
    table = _stops_of_lines(city_stamp())
    far = metres(table["stop_lon"].to_numpy(), table["stop_lat"].to_numpy(), point)
    best = table.select("route_id", pl.Series("far", far)).group_by("route_id").agg(pl.col("far").min())
    return {str(route): float(m) for route, m in best.iter_rows()}


@lru_cache(maxsize=1)
def _stops_of_lines(stamp: str) -> pl.DataFrame:
    feed = base_state().feed
    calls = feed.stop_times.select("trip_id", "stop_id").join(feed.trips.select("trip_id", "route_id"), on="trip_id")
    stops = feed.stops.select("stop_id", "stop_lon", "stop_lat")
    found: pl.DataFrame = calls.select("route_id", "stop_id").unique().join(stops, on="stop_id")
    return found


def stops(point: Point | None) -> list[Choice]:
    """Stops of the city, the nearest to the point."""
    table = base_state().city.stops
    if point is None or not table.height:
        return []
    far = metres(table["lon"].to_numpy(), table["lat"].to_numpy(), point)
    found = []
    for place in np.argsort(far, kind="stable")[:STOPS]:
        row = table.row(int(place), named=True)
        if far[place] > REACH:
            break
        found.append(Choice(str(row["stop_id"]), row.get("name") or str(row["stop_id"]), float(far[place])))
    return found


def streets(point: Point | None) -> list[Choice]:
    """Sections of streets near the point: links of one name that hang together, as ids joined with commas."""
    import shapely

    if point is None:
        return []
    table = base_state().city.links
    shapes = _link_shapes(city_stamp()) if table.height else np.array([])
    squeeze = cos(radians(point[1]))
    far = shapely.distance(shapes, shapely.Point(point[0] * squeeze, point[1])) * _METRES
    near = np.flatnonzero(far <= 400)
    if not len(near):
        return []
    names, classes, ids = table["name"], table["highway"], table["link_id"]
    found: dict[str, list[int]] = {}
    for place in near[np.argsort(far[near], kind="stable")]:
        name = names[int(place)] or _("street without a name (%(kind)s)") % {"kind": classes[int(place)]}
        found.setdefault(str(name), []).append(int(place))
    return [
        Choice(",".join(str(ids[place]) for place in rows), name, float(far[rows[0]]))
        for name, rows in list(found.items())[:STREETS]
    ]


@lru_cache(maxsize=1)
def _link_shapes(stamp: str) -> Any:
    """Links with longitudes squeezed to the scale of latitudes, so that distances in degrees compare."""
    import shapely

    from shaar.engine.city.geoparquet import geometries

    shapes = geometries(base_state().city.links)
    middle = float(np.mean(shapely.get_y(shapely.centroid(shapes[:200]))))
    return shapely.transform(shapes, lambda c: c * [cos(radians(middle)), 1.0])


def goals(point: Point | None) -> list[Choice]:
    """Places that a line may run to: districts, settlements, stations, markets, hospitals; value "lon,lat"."""
    import shapely

    from shaar.engine.city.geoparquet import geometries

    table = base_state().city.places
    middle = shapely.point_on_surface(geometries(table))
    lon, lat = shapely.get_x(middle), shapely.get_y(middle)
    far = metres(lon, lat, point) if point else np.full(table.height, np.nan)
    rank = {kind: number for number, kind in enumerate(_GOALS)}
    said = f"name_{language()}"
    found = []
    for number, row in enumerate(table.iter_rows(named=True)):
        name = row.get(said) or row["name"]
        if row["kind"] in rank and name:
            where = f"{lon[number]:.5f},{lat[number]:.5f}"
            words = name if row["kind"] in _GOALS[:2] else f"{name} ({_KINDS[row['kind']]()})"
            found.append((rank[row["kind"]], words, Choice(where, words, float(far[number]) if point else None)))
    found.sort(key=lambda one: one[:2])
    return [choice for _rank, _words, choice in found][:LINES]


_KINDS = {
    "station": lambda: _("station"), "market": lambda: _("market"), "hospital": lambda: _("hospital"),
    "university": lambda: _("university"), "clinic": lambda: _("clinic"),
}  # fmt: skip
