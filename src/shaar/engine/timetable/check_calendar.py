"""Check the calendars of a feed: empty, run out, with holes, overlapping services."""

from __future__ import annotations

from datetime import date

import polars as pl

from shaar.engine.findings import Finding
from shaar.engine.timetable.calendar import gaps, span, trips_per_day
from shaar.engine.timetable.check_say import say
from shaar.engine.timetable.feed import Feed


def check_calendar(feed: Feed, today: date | None) -> list[Finding]:
    """Check the calendars; ``today`` tells whether they have run out."""
    out = []
    if not (feed.calendar.height or feed.calendar_dates.height):
        return [say("calendar_empty", "The calendars are empty: no day has service.", 1, severity="error")]
    days = trips_per_day(feed).filter(pl.col("trips") > 0)["date"]
    if not days.len():
        return [say("calendar_idle", "No day of the calendars has a trip.", 1, severity="error")]
    last = days.max()
    assert isinstance(last, date)
    if today is not None and last < today:
        out.append(
            say(
                "calendar_expired",
                f"The last day with service was {last}; the feed has run out.",
                1,
                last,
                last=str(last),
            )
        )
    first, end = span(feed)
    years = (end - first).days / 365.25
    if years > 3:
        out.append(
            say(
                "calendar_long",
                f"The calendar runs for {years:.0f} years ({first} to {end}): probably a placeholder.",
                1,
                str(first),
                "info",
                years=round(years),
                first=str(first),
                last=str(end),
            )
        )
    holes = gaps(feed)
    if holes:
        out.append(
            say(
                "calendar_gap",
                f"{len(holes)} times no trip runs for three days or more, first from {holes[0][0]} to {holes[0][1]}.",
                len(holes),
                holes[0][0],
                first=str(holes[0][0]),
                last=str(holes[0][1]),
            )
        )
    backwards = feed.calendar.filter(pl.col("end_date") < pl.col("start_date"))
    if backwards.height:
        out.append(
            say(
                "calendar_backwards",
                f"{backwards.height} services end before they start and never run.",
                backwards.height,
                backwards["service_id"][0],
                "error",
            )
        )
    unused = set(feed.calendar["service_id"]) - set(feed.trips["service_id"])
    if unused:
        out.append(say("service_unused", f"{len(unused)} services have no trip.", len(unused), min(unused), "info"))
    return out + _overlaps(feed)


def _overlaps(feed: Feed) -> list[Finding]:
    """Find routes with identical departures (same stops, same minute) in two services that run on one weekday."""
    heads = feed.stop_times.group_by("trip_id", maintain_order=True).agg(
        pl.col("departure").first().alias("start"),
        pl.col("stop_id").first().alias("first"),
        pl.col("stop_id").last().alias("last"),
        pl.len().alias("calls"),
    )
    frequent = feed.frequencies["trip_id"].implode()
    trips = feed.trips.filter(~pl.col("trip_id").is_in(frequent)).join(heads, on="trip_id")
    key = ["route_id", "start", "first", "last", "calls"]
    shared = (
        trips.unique([*key, "service_id"])
        .join(trips.select(*key, "service_id"), on=key, suffix="_2")
        .filter(pl.col("service_id") < pl.col("service_id_2"))
    )
    if not shared.height:
        return []
    cal = feed.calendar
    week = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    runs = {r["service_id"]: r for r in cal.iter_rows(named=True)}
    pairs = set()
    for a, b in shared.select("service_id", "service_id_2").unique().iter_rows():
        if a in runs and b in runs:
            x, y = runs[a], runs[b]
            dates = x["start_date"] <= y["end_date"] and y["start_date"] <= x["end_date"]
            if dates and any(x[d] == 1 == y[d] for d in week):
                pairs.add((a, b))
    if not pairs:
        return []
    a, b = min(pairs)
    n = shared.filter(
        pl.struct("service_id", "service_id_2").is_in([{"service_id": x, "service_id_2": y} for x, y in sorted(pairs)])
    )["trip_id"].n_unique()
    return [
        say(
            "service_overlap",
            f"{n} trips run in two services on the same days (such as {a} and {b}): they may be counted twice.",
            n,
            f"{a} / {b}",
            first=a,
            second=b,
        )
    ]
