"""Carrying out ``remove_line``: the line and all its trips leave the timetable; its stops stay."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from shaar.engine.city.model import City
from shaar.engine.measures.feeds import drop_trips, need, need_route
from shaar.engine.measures.models import RemoveLine
from shaar.engine.timetable.feed import Feed


def apply(change: RemoveLine, city: City, feed: Feed | None) -> tuple[City, Feed]:
    """Return the timetable without the line.

    Raises
    ------
    InputError
        There is no timetable, or no such line in it.
    """
    feed = need(feed, change.type)
    need_route(feed, change.route_id)
    trips = feed.trips.filter(pl.col("route_id") == change.route_id)["trip_id"]
    feed = drop_trips(feed, trips)
    return city, replace(feed, routes=feed.routes.filter(pl.col("route_id") != change.route_id))
