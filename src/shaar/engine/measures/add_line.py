"""Carrying out ``add_line``: stops into the city and the timetable, one frequency trip per direction and headway."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from shaar.engine.city import schema
from shaar.engine.city.model import City
from shaar.engine.errors import InputError
from shaar.engine.measures.feeds import AGENCY, EVERY_DAY, append, empty_feed, with_every_day
from shaar.engine.measures.models import AddLine, seconds
from shaar.engine.timetable.feed import Feed


def apply(change: AddLine, city: City, feed: Feed | None) -> tuple[City, Feed]:
    """Return the city with the line's new stops and the timetable with the line.

    Raises
    ------
    InputError
        The line's id is taken, a stop is not known, or a new stop has the id of another one.
    """
    feed = with_every_day(feed if feed is not None else empty_feed(), city)
    if feed.routes.filter(pl.col("route_id") == change.line_id).height:
        raise InputError(f"a line {change.line_id} already runs", field="line_id")
    city = _with_stops(change, city)
    feed = _with_feed_stops(change, city, feed)
    feed = append(
        feed,
        "routes",
        [
            {
                "route_id": change.line_id,
                "agency_id": AGENCY,
                "route_short_name": change.name,
                "route_type": change.route_type,
            }
        ],
    )
    for direction in (0, 1):
        feed = _with_direction(change, feed, direction)
    return city, replace(feed, stop_times=feed.stop_times.sort("trip_id", "stop_sequence"))


def _with_stops(change: AddLine, city: City) -> City:
    known = set(city.stops["stop_id"])
    rows: list[dict[str, Any]] = []
    for stop in change.new_stops:
        if stop.stop_id in known:
            place = city.stops.filter(pl.col("stop_id") == stop.stop_id)
            apart = np.hypot(place["lon"][0] - stop.lon, place["lat"][0] - stop.lat)
            if apart > 1e-4:  # about 10 m: a stop that an earlier line of the same plan has brought is the same stop
                raise InputError(f"a new stop has the id of another stop, {stop.stop_id}", field="new_stops")
            continue
        rows.append(
            {
                "stop_id": stop.stop_id,
                "name": stop.name or None,
                "lon": stop.lon,
                "lat": stop.lat,
                "source": "proposed",
                "link_id": None,
                "offset": None,
                "side": "unknown",
                "link_distance": None,
            }
        )
    if not rows:
        return city
    fresh = schema.conform("stops", pl.DataFrame(rows, infer_schema_length=None))
    return replace(city, stops=pl.concat([city.stops, fresh], how="diagonal"))


def _with_feed_stops(change: AddLine, city: City, feed: Feed) -> Feed:
    wanted = list(dict.fromkeys((*change.stops_forward, *change.stops_backward)))
    have = set(feed.stops["stop_id"])
    places = {row["stop_id"]: row for row in city.stops.select("stop_id", "name", "lon", "lat").iter_rows(named=True)}
    rows = []
    for stop_id in wanted:
        if stop_id in have:
            continue
        if stop_id not in places:
            raise InputError(f"stop {stop_id} is neither in the city nor among new_stops", field="stops")
        place = places[stop_id]
        rows.append(
            {
                "stop_id": stop_id,
                "stop_name": place["name"],
                "stop_lat": place["lat"],
                "stop_lon": place["lon"],
                "location_type": 0,
            }
        )
    return append(feed, "stops", rows)


def _with_direction(change: AddLine, feed: Feed, direction: int) -> Feed:
    stops = change.stops_backward if direction else change.stops_forward
    minutes = change.minutes_backward if direction else change.minutes_forward
    course = change.geometry_backward if direction else change.geometry_forward
    if not stops:
        return feed
    headsign = dict(feed.stops.select("stop_id", "stop_name").iter_rows()).get(stops[-1])
    trip = f"{change.line_id}:{direction}"
    shape = trip if course else None
    start = seconds(change.headways[0].start)
    times = [start + round(m * 60) for m in minutes]
    feed = append(
        feed,
        "trips",
        [
            {
                "trip_id": trip,
                "route_id": change.line_id,
                "service_id": EVERY_DAY,
                "direction_id": direction,
                "trip_headsign": headsign,
                "shape_id": shape,
            }
        ],
    )
    feed = append(
        feed,
        "stop_times",
        [
            {"trip_id": trip, "stop_sequence": k + 1, "stop_id": s, "arrival": t, "departure": t}
            for k, (s, t) in enumerate(zip(stops, times))
        ],
    )
    feed = append(
        feed,
        "frequencies",
        [
            {
                "trip_id": trip,
                "start": seconds(h.start),
                "end": seconds(h.end),
                "headway": round(h.minutes * 60),
                "exact_times": 0,
            }
            for h in change.headways
        ],
    )
    points = [{"shape_id": shape, "sequence": k, "lat": lat, "lon": lon} for k, (lon, lat) in enumerate(course)]
    return append(feed, "shapes", points)
