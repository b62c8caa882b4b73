"""Stops that a change brings along or calls at: into the city's table and into the timetable's, each once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
from scipy.spatial import cKDTree

from shaar.engine.city import schema
from shaar.engine.city.model import City
from shaar.engine.city.stops import match_stops
from shaar.engine.errors import InputError
from shaar.engine.measures.feeds import append
from shaar.engine.measures.fields import NewStop
from shaar.engine.measures.ground import REACH_DEGREES, need_inside
from shaar.engine.timetable.feed import Feed

#: A stop within this many degrees (about 10 m) of one with the same id is the same stop.
SAME_DEGREES = 1e-4


def with_stops(city: City, stops: Sequence[NewStop], field: str = "new_stops") -> City:
    """Return the city with stops that are not in it yet, put on the nearest street that buses may use.

    Raises
    ------
    InputError
        A stop lies outside the city, or has the id of another stop.
    """
    known = dict(city.stops.select("stop_id", pl.struct("lon", "lat")).iter_rows())
    rows: list[dict[str, Any]] = []
    for stop in stops:
        if stop.stop_id in known:
            place = known[stop.stop_id]
            apart = np.hypot(place["lon"] - stop.lon, place["lat"] - stop.lat)
            if apart > SAME_DEGREES:  # a stop that an earlier line of the same plan has brought is the same stop
                raise InputError(f"a new stop has the id of another stop, {stop.stop_id}", field=field)
            continue
        need_inside(city, stop.lon, stop.lat, field, f"stop {stop.stop_id}")
        rows.append(
            {"stop_id": stop.stop_id, "name": stop.name or None, "lon": stop.lon, "lat": stop.lat, "source": "proposed"}
        )
    if not rows:
        return city
    columns = {c.name: c.dtype for c in schema.STOPS if c.name in ("stop_id", "name", "lon", "lat", "source")}
    fresh = on_streets(city, pl.DataFrame(rows, schema=columns))
    return replace(city, stops=pl.concat([city.stops, fresh], how="diagonal"))


def on_streets(city: City, stops: pl.DataFrame) -> pl.DataFrame:
    """Put stops (stop_id, name, lon, lat, source) on the nearest street that buses may use."""
    at = np.column_stack([stops["lon"].to_numpy(), stops["lat"].to_numpy()])
    wide = np.array([np.cos(np.radians(at[:, 1].mean())), 1.0])
    nodes = city.nodes.select("lon", "lat").to_numpy()
    near = np.zeros(len(nodes), bool)
    for hits in cKDTree(nodes * wide).query_ball_point(at * wide, REACH_DEGREES):
        near[hits] = True
    ends = [city.links[c].to_numpy() for c in ("from_node", "to_node")]
    return match_stops(stops, city.nodes, city.links.filter(pl.Series(near[ends[0]] | near[ends[1]])), city.meta.crs)


def with_feed_stops(city: City, feed: Feed, wanted: Sequence[str], field: str = "stops") -> Feed:
    """Return the timetable with these stops of the city.

    Raises
    ------
    InputError
        A stop is in neither.
    """
    have = set(feed.stops["stop_id"])
    lacking = [s for s in dict.fromkeys(wanted) if s not in have]
    if not lacking:
        return feed
    table = city.stops.filter(pl.col("stop_id").is_in(lacking)).select("stop_id", "name", "lon", "lat")
    places = {row["stop_id"]: row for row in table.iter_rows(named=True)}
    rows = []
    for stop_id in lacking:
        if stop_id not in places:
            raise InputError(f"stop {stop_id} is neither in the city nor among new_stops", field=field)
        place = places[stop_id]
        rows.append(
            {
                "stop_id": stop_id, "stop_name": place["name"], "stop_lat": place["lat"], "stop_lon": place["lon"],
                "location_type": 0,
            }
        )  # fmt: skip
    return append(feed, "stops", rows)
