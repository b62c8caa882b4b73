"""A timetable cut to an area: what runs inside stays, for a city whose data end where its lines do not."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import polars as pl

from shaar.engine.timetable.day import fill_times
from shaar.engine.timetable.distance import Distances, stated_metres
from shaar.engine.timetable.feed import Feed


def cut_feed(feed: Feed, stop_ids: Collection[str]) -> Feed:
    """Keep the calls at some stops.

    A trip keeps its times, blank ones interpolated (:func:`shaar.engine.timetable.day.fill_times`); one with
    fewer than two calls left goes, and so does a route without trips. A vehicle that leaves the area and comes back is
    taken to be on its way in between. Departures by headway begin as much later as the first call that is left is after
    the first of the trip.

    Parameters
    ----------
    stop_ids
        Stops inside the area; stations (parents) of these stay too.
    """
    kept = pl.Series("stop_id", sorted(stop_ids), pl.String)
    distances = Distances.of(feed)
    stated = stated_metres(feed, distances)
    blank = pl.Series([None] * feed.stop_times.height, dtype=pl.Float64)
    timed = feed.stop_times.with_columns((stated[0] if stated is not None else blank).alias("metres"))
    timed = fill_times(timed, feed.trips, distances).drop("metres")
    first = timed.group_by("trip_id").agg(pl.col("departure").first().alias("was"))
    calls = timed.filter(pl.col("stop_id").is_in(kept.implode()))
    left = calls.group_by("trip_id").agg(pl.len().alias("calls"), pl.col("departure").first().alias("now"))
    left = left.filter(pl.col("calls") > 1)
    trips = left["trip_id"].implode()
    routes = feed.trips.filter(pl.col("trip_id").is_in(trips))["route_id"].implode()
    parents = feed.stops.filter(pl.col("stop_id").is_in(kept.implode()))["parent_station"].drop_nulls()
    later = (
        feed.frequencies.filter(pl.col("trip_id").is_in(trips))
        .join(first, on="trip_id", how="left", maintain_order="left")
        .join(left, on="trip_id", how="left", maintain_order="left")
        .with_columns((pl.col(c) + pl.col("now") - pl.col("was")).cast(pl.Int32).alias(c) for c in ("start", "end"))
        .select(feed.frequencies.columns)
    )
    return replace(
        feed,
        stops=feed.stops.filter(pl.col("stop_id").is_in(pl.concat([kept, parents]).implode())),
        routes=feed.routes.filter(pl.col("route_id").is_in(routes)),
        trips=feed.trips.filter(pl.col("trip_id").is_in(trips)),
        stop_times=calls.filter(pl.col("trip_id").is_in(trips)),
        frequencies=later,
    )
