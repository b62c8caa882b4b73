"""The network that scenarios are compared with, as GeoJSON layers of a map: lines, stops, zones, streets, flows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import shapely
from shapely.ops import substring

from shaar.engine.city import geoparquet
from shaar.engine.city.model import City
from shaar.engine.fleet.service import day_trips
from shaar.engine.study.appraise import finite
from shaar.engine.study.effects import Standing, Workshop
from shaar.engine.timetable.arrays import DayTimetable
from shaar.engine.timetable.day import day_timetable, pattern_trip_source
from shaar.engine.timetable.feed import Feed

#: Decimals of degrees: about half a metre.
DECIMALS = 5
#: Colours that lines take in turn.
COLOURS = 8
Feature = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Pattern:
    """What most trips of a line do in one direction: its stops, its way, and how many trips run all in all."""

    route_id: str
    direction: int
    stops: tuple[str, ...]
    way: shapely.LineString
    trips: int


def layer(workshop: Workshop, name: str) -> dict[str, Any]:
    """Return a layer by its name as a GeoJSON FeatureCollection.

    Raises
    ------
    KeyError
        There is no such layer.
    """
    features = LAYERS[name](workshop)
    found: dict[str, Any] = finite({"type": "FeatureCollection", "features": features})
    return found


def main_patterns(feed: Feed | None, day: DayTimetable) -> list[Pattern]:
    """Return the main pattern of each line and direction that runs on the day, in the order of lines."""
    if feed is None or not day.n_patterns:
        return []
    trips = day_trips(day)
    runs = np.bincount(trips.pattern, minlength=day.n_patterns)
    best: dict[tuple[int, int], int] = {}
    total: dict[tuple[int, int], int] = defaultdict(int)
    for p in range(day.n_patterns):
        key = int(day.pattern_route[p]), int(day.pattern_direction[p])
        total[key] += int(runs[p])
        length = int(day.stop_ptr[p + 1] - day.stop_ptr[p])
        if key not in best or (runs[p], length) > (
            runs[best[key]],
            day.stop_ptr[best[key] + 1] - day.stop_ptr[best[key]],
        ):
            best[key] = p
    shapes = _shapes(feed)
    shape_of = dict(feed.trips.select("trip_id", "shape_id").iter_rows())
    out = []
    for key in sorted(best, key=lambda k: (day.route_ids[k[0]], k[1])):
        p = best[key]
        at = day.pattern_stops[day.stop_ptr[p] : day.stop_ptr[p + 1]]
        trip = pattern_trip_source(day.trip_ids[int(day.trip_ptr[p])])
        way = shapes.get(shape_of.get(trip) or "")
        if way is None:
            way = shapely.LineString(np.column_stack([day.stop_lon[at], day.stop_lat[at]]))
        out.append(Pattern(day.route_ids[key[0]], key[1], tuple(day.stop_ids[s] for s in at), way, total[key]))
    return out


def _shapes(feed: Feed) -> dict[str, shapely.LineString]:
    out = {}
    for (shape,), part in feed.shapes.sort("shape_id", "sequence").group_by("shape_id", maintain_order=True):
        xy = part.select("lon", "lat").to_numpy()
        if len(xy) >= 2:
            out[str(shape)] = shapely.LineString(xy)
    return out


def _day(workshop: Workshop) -> tuple[Feed | None, DayTimetable | None]:
    feed, date = workshop.state.feed, workshop.options.day
    if feed is None or date is None:
        return feed, None
    return feed, day_timetable(feed, date, previous_day=False)


def _lines(workshop: Workshop) -> list[Feature]:
    feed, day = _day(workshop)
    if feed is None or day is None:
        return []
    standing: Standing = workshop.baseline
    facts = {row["route_id"]: row for row in standing.lines.to_dicts()}
    order = {route: k for k, route in enumerate(facts)}
    out = []
    for p in main_patterns(feed, day):
        own = facts.get(p.route_id)
        if own is None:
            continue
        headways = {k.removeprefix("headway_"): v for k, v in own.items() if k.startswith("headway_")}
        rest = {k: v for k, v in own.items() if not k.startswith("headway_")}
        out.append(
            feature(
                p.way, {**rest, "direction": p.direction, "colour": order[p.route_id] % COLOURS, "trips": p.trips,
                        "headways": headways, "stops": list(p.stops)},
            )
        )  # fmt: skip
    return out


def _stops(workshop: Workshop) -> list[Feature]:
    feed, day = _day(workshop)
    calls: dict[str, int] = defaultdict(int)
    lines: dict[str, set[str]] = defaultdict(set)
    if feed is not None and day is not None and day.n_patterns:
        names = line_names(feed)
        runs = np.bincount(day_trips(day).pattern, minlength=day.n_patterns)
        for p in range(day.n_patterns):
            line = names[day.route_ids[int(day.pattern_route[p])]]
            for s in day.pattern_stops[day.stop_ptr[p] : day.stop_ptr[p + 1]]:
                calls[day.stop_ids[s]] += int(runs[p])
                lines[day.stop_ids[s]].add(line)
    at = {r["stop_id"]: (r["lon"], r["lat"], r["name"], r["source"]) for r in workshop.state.city.stops.to_dicts()}
    if feed is not None:
        for stop, name, lat, lon in feed.stops.select("stop_id", "stop_name", "stop_lat", "stop_lon").iter_rows():
            if stop in calls and stop not in at:
                at[stop] = (lon, lat, name, "gtfs")
    return [
        feature(
            shapely.Point(lon, lat),
            {"stop_id": stop, "name": name, "source": source, "departures": calls[stop], "lines": sorted(lines[stop])},
        )
        for stop, (lon, lat, name, source) in at.items()
    ]


def _zones(workshop: Workshop) -> list[Feature]:
    city, rows = workshop.state.city, workshop.baseline.zones
    shapes = dict(zip(city.zones["zone_id"], geoparquet.geometries(city.zones), strict=True))
    return [feature(shapes[row["zone_id"]], row) for row in rows.to_dicts()]


def _streets_stress(workshop: Workshop) -> list[Feature]:
    """Links that people may cycle on, with the level of traffic stress (1 calm to 4 heavy)."""
    city: City = workshop.state.city
    links = city.links.filter(
        pl.col("cycle_stress").is_not_null() & (pl.col("cycle_forward") | pl.col("cycle_backward"))
    )
    facts = links.select("link_id", "cycle_stress", "highway", "name").rename(
        {"cycle_stress": "stress", "highway": "class"}
    )
    ways = geoparquet.geometries(links)
    return [feature(way, fact) for way, fact in zip(ways, facts.to_dicts(), strict=True)]


def _links_flow(workshop: Workshop) -> list[Feature]:
    """Ways between stops that follow each other, with the buses a day, and an hour in each period."""
    feed, day = _day(workshop)
    if feed is None or day is None or not day.n_patterns:
        return []
    trips = day_trips(day)
    periods = workshop.baseline.periods
    runs = np.bincount(trips.pattern, minlength=day.n_patterns)
    hourly = {
        name: np.bincount(trips.pattern[(trips.start >= a) & (trips.start < b)], minlength=day.n_patterns)
        * 3600
        / (b - a)
        for name, (a, b) in periods.items()
    }
    names = line_names(feed)
    ways = {(p.route_id, p.direction): p.way for p in main_patterns(feed, day)}
    held: dict[tuple[int, int], dict[str, Any]] = {}
    for p in range(day.n_patterns):
        route = day.route_ids[int(day.pattern_route[p])]
        stops = day.pattern_stops[day.stop_ptr[p] : day.stop_ptr[p + 1]]
        for a, b in zip(stops[:-1].tolist(), stops[1:].tolist(), strict=True):
            if a == b:
                continue
            own = held.setdefault((a, b), {"day": 0, "lines": set(), "hour": dict.fromkeys(periods, 0.0),
                                           "way": ways.get((route, int(day.pattern_direction[p])))})  # fmt: skip
            own["day"] += int(runs[p])
            own["lines"].add(names[route])
            for name in periods:
                own["hour"][name] += float(hourly[name][p])
    out = []
    for (a, b), own in held.items():
        if own["day"]:
            ends = [(float(day.stop_lon[s]), float(day.stop_lat[s])) for s in (a, b)]
            facts = {
                "from": day.stop_ids[a], "to": day.stop_ids[b], "buses_day": own["day"],
                "buses_hour": {k: round(v, 2) for k, v in own["hour"].items()},
                "buses_peak": round(max(own["hour"].values(), default=0.0), 2), "lines": sorted(own["lines"]),
            }  # fmt: skip
            out.append(feature(_between(own["way"], *ends), facts))
    return out


def _between(way: shapely.LineString | None, a: tuple[float, float], b: tuple[float, float]) -> shapely.LineString:
    """The part of a way between two stops; the straight line where they do not lie along it in this order."""
    straight = shapely.LineString([a, b])
    if way is None:
        return straight
    begin, end = (float(shapely.line_locate_point(way, shapely.Point(p))) for p in (a, b))
    if end <= begin:
        return straight
    part = substring(way, begin, end)
    # A way that passes a stop twice would give a piece that runs around: shorter and straight is nearer to the truth.
    return part if part.length <= 4 * straight.length + 1e-3 else straight


def line_names(feed: Feed | None) -> dict[str, str]:
    """Names of lines by route_id, as people know them."""
    if feed is None:
        return {}
    rows = feed.routes.select("route_id", "route_short_name", "route_long_name").iter_rows()
    return {route: short or long or route for route, short, long in rows}


def feature(shape: Any, facts: dict[str, Any]) -> Feature:
    """A GeoJSON feature with coordinates to about half a metre."""
    rounded = shapely.transform(shape, lambda c: np.round(c, DECIMALS))
    return {"type": "Feature", "geometry": shapely.geometry.mapping(rounded), "properties": facts}


LAYERS: dict[str, Callable[[Workshop], list[Feature]]] = {
    "lines": _lines,
    "stops": _stops,
    "zones": _zones,
    "streets_stress": _streets_stress,
    "links_flow": _links_flow,
}
