"""When a line departs, and how departures of a part of the day give way to a headway."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from shaar.engine.measures.feeds import append, drop_trips
from shaar.engine.measures.fields import clock
from shaar.engine.timetable.feed import Feed


def departures(feed: Feed, route_id: str, start: int, end: int, direction: int | None = None) -> pl.DataFrame:
    """Return a line's trips that depart in ``[start, end)``, with their stops and when they do, seconds.

    Of a trip by headways only the spans that meet the window count: between two spans it does not run.

    Returns
    -------
    trip_id, service_id, direction_id, stops (joined), begin and until (of the departures), span_start and span_end
    (null for trips that are not by headways), headway (of the first span).
    """
    chosen = feed.trips.filter(pl.col("route_id") == route_id)
    if direction is not None:
        chosen = chosen.filter(pl.col("direction_id").fill_null(0) == direction)
    own = pl.col("trip_id").is_in(chosen["trip_id"].implode())
    calls = (
        feed.stop_times.filter(own)
        .sort("trip_id", "stop_sequence")
        .group_by("trip_id")
        .agg(pl.col("stop_id").str.join("\x1f").alias("stops"), pl.col("departure").first().alias("begin"))
    )
    meets = (pl.col("start") < end) & (pl.col("end") > start)
    idle = feed.frequencies.filter(own).group_by("trip_id").agg(meets.any()).filter(~pl.col("start"))["trip_id"]
    chosen = chosen.filter(~pl.col("trip_id").is_in(idle.implode()))
    spans = (
        feed.frequencies.filter(own & meets)
        .sort("trip_id", "start")
        .group_by("trip_id")
        .agg(
            pl.col("start").min().alias("span_start"),
            pl.col("end").max().alias("span_end"),
            pl.col("headway").first(),
        )
    )
    trips = (
        chosen.select("trip_id", "service_id", "direction_id")
        .join(calls, on="trip_id", maintain_order="left")
        .join(spans, on="trip_id", how="left", maintain_order="left")
        .with_columns(
            pl.coalesce("span_start", "begin").alias("begin"),
            pl.coalesce("span_end", pl.col("begin") + 1).alias("until"),
        )
    )
    return trips.filter((pl.col("begin") < end) & (pl.col("until") > start))


def usual_trip(group: pl.DataFrame) -> str:
    """Return the median departure of the most frequent stop sequence among some trips of one line."""
    top = group.group_by("stops").agg(pl.len()).sort(["len", "stops"], descending=[True, False])["stops"][0]
    same = group.filter(pl.col("stops") == top).sort("begin", "trip_id")
    return str(same["trip_id"][(same.height - 1) // 2])


def clear(feed: Feed, inside: pl.DataFrame, start: int, end: int) -> Feed:
    """Return the feed without the departures of these trips in ``[start, end)``; headways keep their parts outside."""
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


def add_run(template: Feed, feed: Feed, model: str, start: int, end: int, headway: int) -> Feed:
    """Return the feed with departures every ``headway`` seconds in ``[start, end)``, run as a trip of ``template``."""
    trip_id = f"{model}@{clock(start)}"
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
    row = {"trip_id": trip_id, "start": start, "end": end, "headway": headway, "exact_times": 0}
    return append(feed, "frequencies", [row])
