"""Carrying out ``set_headway``: departures in a part of the day give way to one every so many minutes."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from shaar.engine.city.model import City
from shaar.engine.errors import InputError
from shaar.engine.measures.feeds import append, drop_trips, need, need_route
from shaar.engine.measures.models import SetHeadway, seconds
from shaar.engine.timetable.feed import Feed


def apply(change: SetHeadway, city: City, feed: Feed | None) -> tuple[City, Feed]:
    """Return the timetable with the new headway.

    On every service day type (service_id) and in each direction in which the line departs between ``start`` and
    ``end``, those departures are removed and the most frequent stop sequence among them is run every ``minutes``, with
    the run times of its median departure. Headway spans that reach beyond the window keep their parts outside it.

    Raises
    ------
    InputError
        There is no timetable, no such line, or the line does not run in that part of the day.
    """
    feed = need(feed, change.type)
    need_route(feed, change.route_id)
    start, end = seconds(change.start), seconds(change.end)
    trips = _trips(feed, change)
    inside = trips.filter((pl.col("begin") < end) & (pl.col("until") > start))
    if not inside.height:
        raise InputError(
            f"line {change.route_id} does not depart between {change.start} and {change.end}; add_line makes a new one",
            field="start",
        )
    models = []
    for _, group in inside.group_by("service_id", "direction_id", maintain_order=True):
        top = group.group_by("stops").agg(pl.len()).sort(["len", "stops"], descending=[True, False])["stops"][0]
        same = group.filter(pl.col("stops") == top).sort("begin", "trip_id")
        models.append(same["trip_id"][(same.height - 1) // 2])
    template = feed
    feed = _clear(feed, inside, start, end)
    for model in models:
        feed = _add(template, feed, model, change)
    return city, replace(feed, stop_times=feed.stop_times.sort("trip_id", "stop_sequence"))


def _trips(feed: Feed, change: SetHeadway) -> pl.DataFrame:
    """Return the line's trips with their stop sequence and the part of the day in which they depart, seconds.

    Of a trip by headways only the spans that meet the window of the change count: between two spans it does not run.
    """
    chosen = feed.trips.filter(pl.col("route_id") == change.route_id)
    if change.direction is not None:
        chosen = chosen.filter(pl.col("direction_id").fill_null(0) == change.direction)
    calls = (
        feed.stop_times.sort("trip_id", "stop_sequence")
        .group_by("trip_id")
        .agg(pl.col("stop_id").str.join("\x1f").alias("stops"), pl.col("departure").first().alias("begin"))
    )
    meets = (pl.col("start") < seconds(change.end)) & (pl.col("end") > seconds(change.start))
    idle = feed.frequencies.group_by("trip_id").agg(meets.any()).filter(~pl.col("start"))["trip_id"]
    chosen = chosen.filter(~pl.col("trip_id").is_in(idle.implode()))
    spans = (
        feed.frequencies.filter(meets)
        .group_by("trip_id")
        .agg(pl.col("start").min().alias("span_start"), pl.col("end").max().alias("span_end"))
    )
    return (
        chosen.select("trip_id", "service_id", "direction_id")
        .join(calls, on="trip_id")
        .join(spans, on="trip_id", how="left")
        .with_columns(
            pl.coalesce("span_start", "begin").alias("begin"),
            pl.coalesce("span_end", pl.col("begin") + 1).alias("until"),
        )
    )


def _clear(feed: Feed, inside: pl.DataFrame, start: int, end: int) -> Feed:
    spanned = inside.filter(pl.col("span_start").is_not_null())["trip_id"].implode()
    hit = pl.col("trip_id").is_in(spanned) & (pl.col("start") < end) & (pl.col("end") > start)
    # The part before keeps its departures; the part after goes on from the first one at or after `end`.
    skipped = ((end - pl.col("start") + pl.col("headway") - 1) // pl.col("headway")) * pl.col("headway")
    before = feed.frequencies.filter(hit & (pl.col("start") < start)).with_columns(pl.lit(start, pl.Int32).alias("end"))
    after = feed.frequencies.filter(hit & (pl.col("end") > end)).with_columns(
        (pl.col("start") + skipped).cast(pl.Int32).alias("start")
    )
    after = after.filter(pl.col("start") < pl.col("end"))
    frequencies = pl.concat([feed.frequencies.filter(~hit), before, after]).sort("trip_id", "start")
    emptied = inside.filter(~pl.col("trip_id").is_in(frequencies["trip_id"].implode()))["trip_id"]
    return drop_trips(replace(feed, frequencies=frequencies), emptied)


def _add(template: Feed, feed: Feed, model: str, change: SetHeadway) -> Feed:
    start, end = seconds(change.start), seconds(change.end)
    trip_id = f"{model}@{change.start}"
    taken = set(feed.trips["trip_id"])
    while trip_id in taken:
        trip_id += "+"
    calls = template.stop_times.filter(pl.col("trip_id") == model).sort("stop_sequence")
    shift = start - int(calls["departure"][0])
    calls = calls.with_columns(pl.lit(trip_id).alias("trip_id"), pl.col("arrival") + shift, pl.col("departure") + shift)
    trip = template.trips.filter(pl.col("trip_id") == model).with_columns(
        pl.lit(trip_id).alias("trip_id"), pl.lit(None, pl.String).alias("block_id")
    )
    shape_id = trip["shape_id"][0]
    shapes = feed.shapes
    if shape_id is not None and not shapes.filter(pl.col("shape_id") == shape_id).height:
        shapes = pl.concat([shapes, template.shapes.filter(pl.col("shape_id") == shape_id)])
    feed = replace(
        feed,
        trips=pl.concat([feed.trips, trip]),
        stop_times=pl.concat([feed.stop_times, calls]),
        shapes=shapes,
    )
    row = {"trip_id": trip_id, "start": start, "end": end, "headway": round(change.minutes * 60), "exact_times": 0}
    return append(feed, "frequencies", [row])
