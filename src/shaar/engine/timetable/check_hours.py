"""Check whether a feed covers the whole day or only some hours of it."""

from __future__ import annotations

import numpy as np
import polars as pl

from shaar.engine.errors import InputError
from shaar.engine.findings import Finding
from shaar.engine.timetable.calendar import active_services, typical_weekday
from shaar.engine.timetable.check_say import say
from shaar.engine.timetable.feed import Feed

#: This share of an ordinary day's trips within so many hours is odd: a city that runs 16 hours at the same pace has a
#: quarter of its trips in four hours, one with strong peaks about a third.
ODD_SHARE = 0.6
HOURS = 4
#: Fewer trips than this say nothing.
LEAST_TRIPS = 50


def check_hours(feed: Feed) -> list[Finding]:
    """Say where most trips of an ordinary weekday start within a few hours: such a feed is a sample, not a day.

    Each departure of ``frequencies`` counts; hours past 24 are hours of their own.
    """
    try:
        day = typical_weekday(feed)
    except InputError:  # no day has service; the check of the calendars says so
        return []
    starts = _starts(feed, active_services(feed, day))
    if len(starts) < LEAST_TRIPS:
        return []
    per_hour = np.bincount(starts // 3600, minlength=HOURS)
    within = np.convolve(per_hour, np.ones(HOURS, np.int64), mode="valid")
    first = int(within.argmax())
    n, share = int(within[first]), float(within[first] / len(starts))
    if share < ODD_SHARE:
        return []
    start, end = f"{first}:00", f"{first + HOURS}:00"
    percent = round(100 * share)
    return [
        say(
            "concentrated",
            f"{percent} % of the trips of {day} ({n} of {len(starts)}) start between {start} and {end}: the feed seems "
            "to hold a part of the day, so trips, vehicle-km and vehicle-hours a day cannot be compared with other "
            "feeds.",
            n,
            f"{day} {start}-{end}",
            percent=percent,
            trips=n,
            all=len(starts),
            day=str(day),
            start=start,
            end=end,
        )
    ]


def _starts(feed: Feed, services: frozenset[str]) -> np.ndarray:
    """Seconds after midnight at which the trips of some services start, shape (departures,)."""
    calls = feed.stop_times.group_by("trip_id").agg(pl.col("departure").min().alias("start"), pl.len().alias("calls"))
    trips = (
        feed.trips.filter(pl.col("service_id").is_in(list(services)))
        .join(calls.filter(pl.col("calls") > 1), on="trip_id")
        .select("trip_id", "start")
    )
    spans = feed.frequencies.join(trips.select("trip_id"), on="trip_id", how="semi")
    fixed = trips.filter(~pl.col("trip_id").is_in(feed.frequencies["trip_id"].implode()))["start"].drop_nulls()
    headway = [np.arange(a, b, step) for a, b, step in spans.select("start", "end", "headway").iter_rows()]
    return np.concatenate([fixed.to_numpy().astype(np.int64), *headway]).astype(np.int64)
