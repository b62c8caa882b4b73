"""Look over a feed for what is odd, missing or old: every finding with a count, an example and places."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np
import polars as pl

from shaar.engine.findings import Finding
from shaar.engine.timetable.check_calendar import check_calendar
from shaar.engine.timetable.check_hours import check_hours
from shaar.engine.timetable.check_say import say
from shaar.engine.timetable.distance import crow_metres
from shaar.engine.timetable.feed import Feed
from shaar.engine.timetable.route_types import mode_of

#: Faster than this (km/h) between two stops at least ``LEAST_METRES`` apart is odd for a city; rail may go faster.
TOP_SPEED = 100.0
TOP_SPEED_RAIL = 300.0
LEAST_METRES = 200.0
#: A stop farther than this (km) from the middle of all stops, and ten times farther than most, is far away.
FAR_KM = 30.0


def check_feed(feed: Feed, *, today: date | None = None) -> tuple[Finding, ...]:
    """Check a feed.

    Parameters
    ----------
    feed
        As read; findings of reading are repeated first.
    today
        Day against which the calendar is checked for having run out; without, it is not.

    Returns
    -------
    tuple of Finding
        Codes are listed in docs/timetable.md.
    """
    checks: tuple[Callable[[Feed], list[Finding]], ...] = (
        _speed,
        _stops,
        _trips,
        _frequencies,
        _routes,
        _names,
        _directions,
        _shapes,
        _restrictions,
        _zones,
        check_hours,
    )
    out = list(feed.findings)
    for check in checks:
        out += check(feed)
    return tuple(out + check_calendar(feed, today))


def _hops(feed: Feed) -> pl.DataFrame:
    """Legs between timed neighbouring calls: trip, both stops, metres, seconds, route type."""
    at = feed.stops.select("stop_id", "stop_name", "stop_lat", "stop_lon")
    st = feed.stop_times.filter(pl.col("arrival").is_not_null()).join(at, on="stop_id", maintain_order="left")
    same = pl.col("trip_id") == pl.col("trip_id").shift(1)
    before = pl.col("departure", "stop_lat", "stop_lon", "stop_id", "stop_name").shift(1).name.prefix("from_")
    hops = st.with_columns(before, same.alias("same")).filter(pl.col("same"))
    lon1, lat1, lon2, lat2 = (hops[c].to_numpy() for c in ("from_stop_lon", "from_stop_lat", "stop_lon", "stop_lat"))
    types = feed.trips.select("trip_id", "route_id").join(feed.routes.select("route_id", "route_type"), on="route_id")
    return hops.with_columns(
        pl.Series("metres", crow_metres(lon1, lat1, lon2, lat2), dtype=pl.Float64),
        (pl.col("arrival") - pl.col("from_departure")).alias("seconds"),
    ).join(types, on="trip_id", maintain_order="left")


def _speed(feed: Feed) -> list[Finding]:
    hops = _hops(feed)
    out = []
    rail = [t for t in hops["route_type"].unique() if mode_of(t) in ("rail", "metro", "coach", "ferry", "air")]
    limit = pl.when(pl.col("route_type").is_in(rail)).then(TOP_SPEED_RAIL).otherwise(TOP_SPEED)
    # times are often whole minutes: half a minute of rounding at each end is given for free
    fast = hops.filter((pl.col("metres") >= LEAST_METRES) & (pl.col("metres") / (pl.col("seconds") + 60) * 3.6 > limit))
    if fast.height:
        worst = fast.sort(pl.col("metres") / (pl.col("seconds") + 60), descending=True).row(0, named=True)
        pairs = fast.select("from_stop_id", "stop_id").n_unique()
        trips = fast["trip_id"].n_unique()
        pair = f"{worst['from_stop_name'] or worst['from_stop_id']} - {worst['stop_name'] or worst['stop_id']}"
        out.append(
            say(
                "too_fast",
                f"{trips} trips are faster than {TOP_SPEED:.0f} km/h between {pairs} pairs of stops, such as "
                f"{pair} ({worst['metres'] / 1000:.1f} km in {worst['seconds']} s).",
                trips,
                pair,
                points=fast,
                pairs=pairs,
                pair=pair,
                km=round(worst["metres"] / 1000, 1),
                seconds=worst["seconds"],
            )
        )
    zero = hops.filter((pl.col("seconds") == 0) & (pl.col("metres") >= LEAST_METRES))
    if zero.height:
        share = round(100 * zero.height / hops.height, 1)
        out.append(
            say(
                "zero_time",
                f"{zero.height} legs ({share:g} %) of {LEAST_METRES:.0f} m or more take no time; the times are "
                "probably rounded to minutes.",
                zero.height,
                zero["trip_id"][0],
                points=zero,
                share=share,
            )
        )
    return out


def _stops(feed: Feed) -> list[Finding]:
    out = []
    plain = feed.stops.filter(pl.col("location_type").fill_null(0) == 0)
    unused = plain.filter(~pl.col("stop_id").is_in(feed.stop_times["stop_id"].unique().implode()))
    if unused.height:
        out.append(
            say(
                "stop_unused",
                f"{unused.height} of {plain.height} stops are served by no trip.",
                unused.height,
                unused["stop_id"][0],
                "info",
                unused,
                all=plain.height,
            )
        )
    used = plain.filter(pl.col("stop_id").is_in(feed.stop_times["stop_id"].unique().implode()))
    if used.height > 10:
        lon, lat = used["stop_lon"].to_numpy(), used["stop_lat"].to_numpy()
        middle = np.full(len(lon), np.median(lon)), np.full(len(lat), np.median(lat))
        km = crow_metres(lon, lat, *middle) / 1000
        far = used.filter(pl.Series((km > FAR_KM) & (km > 10 * np.median(km))))
        if far.height:
            name = far["stop_name"][0] or far["stop_id"][0]
            out.append(
                say(
                    "stop_far",
                    f"{far.height} stops lie more than {FAR_KM:.0f} km from the others, such as {name}.",
                    far.height,
                    name,
                    "warning",
                    far,
                    name=name,
                )
            )
    return out


def _trips(feed: Feed) -> list[Finding]:
    out = []
    calls = feed.stop_times.group_by("trip_id").len("calls")
    short = feed.trips.join(calls, on="trip_id", how="left").filter(pl.col("calls").fill_null(0) < 2)
    if short.height:
        out.append(
            say(
                "trip_short",
                f"{short.height} trips have fewer than two calls and do not run.",
                short.height,
                short["trip_id"][0],
            )
        )
    same = (
        feed.stop_times.group_by("trip_id", maintain_order=True)
        .agg("stop_id", "departure", "arrival")
        .join(feed.trips.select("trip_id", "route_id", "service_id"), on="trip_id")
        .filter(~pl.col("trip_id").is_in(feed.frequencies["trip_id"].implode()))
        .with_columns(
            pl.col("stop_id").list.join("\x1f").alias("stops"),
            pl.col("departure").cast(pl.List(pl.String)).list.join(",", ignore_nulls=True).alias("times"),
        )
    )
    twice = same.filter(~pl.struct("route_id", "service_id", "stops", "times").is_first_distinct())
    if twice.height:
        out.append(
            say(
                "trip_twice",
                f"{twice.height} trips are the same as another of their route and service: same stops, "
                f"same times (such as {twice['trip_id'][0]}).",
                twice.height,
                twice["trip_id"][0],
                trip=twice["trip_id"][0],
            )
        )
    block = _block_overlaps(feed)
    if block.height:
        out.append(
            say(
                "block_overlap",
                f"{block.height} trips start before the trip of the same block and service has ended "
                f"(such as {block['trip_id'][0]}).",
                block.height,
                block["trip_id"][0],
                trip=block["trip_id"][0],
            )
        )
    return out


def _block_overlaps(feed: Feed) -> pl.DataFrame:
    ends = feed.stop_times.group_by("trip_id").agg(
        pl.col("departure").min().alias("start"), pl.col("arrival").max().alias("end")
    )
    blocks = (
        feed.trips.filter(pl.col("block_id").is_not_null())
        .join(ends, on="trip_id")
        .sort("service_id", "block_id", "start", "trip_id")
    )
    before = pl.col("end").shift(1).over("service_id", "block_id")
    return blocks.filter(pl.col("start") < before)


def _frequencies(feed: Feed) -> list[Finding]:
    f = feed.frequencies.sort("trip_id", "start")
    over = f.filter(pl.col("start") < pl.col("end").shift(1).over("trip_id"))
    if not over.height:
        return []
    trips = over["trip_id"].n_unique()
    return [
        say(
            "headway_overlap",
            f"{trips} trips have headways whose hours overlap (such as {over['trip_id'][0]}); both count.",
            trips,
            over["trip_id"][0],
            trip=over["trip_id"][0],
        )
    ]


def _routes(feed: Feed) -> list[Finding]:
    idle = feed.routes.filter(~pl.col("route_id").is_in(feed.trips["route_id"].unique().implode()))
    if not idle.height:
        return []
    name = idle["route_short_name"][0] or idle["route_id"][0]
    return [
        say(
            "route_idle",
            f"{idle.height} of {feed.routes.height} routes have no trip (such as {name}).",
            idle.height,
            name,
            "info",
            all=feed.routes.height,
            name=name,
        )
    ]


def _names(feed: Feed) -> list[Finding]:
    out = []
    blank = feed.stops.filter(pl.col("stop_name").is_null() & pl.col("location_type").fill_null(0).is_in([0, 1, 2]))
    if blank.height:
        out.append(
            say(
                "stop_nameless",
                f"{blank.height} of {feed.stops.height} stops have no name.",
                blank.height,
                blank["stop_id"][0],
                "warning",
                blank,
                all=feed.stops.height,
            )
        )
    bare = feed.routes.filter(pl.col("route_short_name").is_null() & pl.col("route_long_name").is_null())
    if bare.height:
        out.append(
            say(
                "route_nameless",
                f"{bare.height} routes have neither a number nor a name.",
                bare.height,
                bare["route_id"][0],
            )
        )
    return out


def _directions(feed: Feed) -> list[Finding]:
    per = feed.trips.group_by("route_id").agg(
        pl.col("direction_id").n_unique().alias("kinds"),
        pl.col("direction_id").null_count().alias("blank"),
        pl.len().alias("trips"),
    )
    mixed = per.filter((pl.col("blank") > 0) & (pl.col("blank") < pl.col("trips"))).sort("route_id")
    out = []
    if mixed.height:
        out.append(
            say(
                "direction_mixed",
                f"{mixed.height} routes give a direction for some of their trips only (such as "
                f"{mixed['route_id'][0]}).",
                mixed.height,
                mixed["route_id"][0],
                route=mixed["route_id"][0],
            )
        )
    ends = feed.stop_times.group_by("trip_id").agg(
        pl.col("stop_id").first().alias("first"), pl.col("stop_id").last().alias("last")
    )
    trips = (
        feed.trips.filter(pl.col("direction_id").is_not_null())
        .join(ends, on="trip_id")
        .filter(pl.col("first") != pl.col("last"))
    )
    pairs = trips.select("route_id", "direction_id", "first", "last").unique()
    turned = pairs.join(
        pairs,
        left_on=["route_id", "direction_id", "first", "last"],
        right_on=["route_id", "direction_id", "last", "first"],
    )
    routes = turned["route_id"].unique().sort()
    if routes.len():
        out.append(
            say(
                "direction_both",
                f"{routes.len()} routes have trips both ways under one direction (such as {routes[0]}).",
                routes.len(),
                routes[0],
                route=routes[0],
            )
        )
    return out


def _shapes(feed: Feed) -> list[Finding]:
    out = []
    known = feed.trips["shape_id"].is_in(feed.shapes["shape_id"].unique().implode()).fill_null(False)
    bare = feed.trips.filter(~known)
    if bare.height:
        out.append(
            say(
                "shape_missing",
                f"{bare.height} of {feed.trips.height} trips have no shape: they are drawn from stop to "
                "stop and their length is estimated.",
                bare.height,
                bare["trip_id"][0],
                "assumed",
                all=feed.trips.height,
            )
        )
    idle = set(feed.shapes["shape_id"].unique()) - set(feed.trips["shape_id"].drop_nulls())
    if idle:
        out.append(say("shape_unused", f"{len(idle)} shapes belong to no trip.", len(idle), min(idle), "info"))
    return out


def _restrictions(feed: Feed) -> list[Finding]:
    kinds = [c for c in ("pickup_type", "drop_off_type") if c in feed.stop_times.columns]
    if not kinds:
        return []
    st = feed.stop_times.filter(pl.any_horizontal(pl.col(kinds).is_in(["1", "2", "3"])))
    inner = st.filter(pl.col("trip_id").is_duplicated() | (pl.col("stop_sequence") > 1))
    if not inner.height:
        return []
    return [
        say(
            "boarding_limited",
            f"{inner.height} calls do not let everybody on or off; that is not modelled.",
            inner.height,
            inner["trip_id"][0],
            "info",
        )
    ]


def _zones(feed: Feed) -> list[Finding]:
    zones = feed.agency["agency_timezone"].unique().sort().to_list()
    if len(zones) < 2:
        return []
    return [
        say(
            "time_zones",
            f"The agencies use {len(zones)} time zones ({', '.join(zones)}); times are taken as they stand.",
            len(zones),
            zones[0],
            zones=", ".join(zones),
        )
    ]
