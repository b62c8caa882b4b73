"""Which services run on which day, how many trips that makes, and which day stands for an ordinary one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import polars as pl

from shaar.engine.errors import InputError
from shaar.engine.findings import Finding
from shaar.engine.timetable.feed import Feed

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def active_services(feed: Feed, day: date) -> frozenset[str]:
    """Name the services that run on a day.

    Returns
    -------
    frozenset of str
        Those of ``calendar`` for the weekday within their dates, plus those added and minus those removed by
        ``calendar_dates``. Empty where nothing runs.
    """
    running = feed.calendar.filter(
        (pl.col(WEEKDAYS[day.weekday()]) == 1) & (pl.col("start_date") <= day) & (pl.col("end_date") >= day)
    )
    today = feed.calendar_dates.filter(pl.col("date") == day)
    added = set(today.filter(pl.col("exception_type") == 1)["service_id"])
    removed = set(today.filter(pl.col("exception_type") == 2)["service_id"])
    return frozenset((set(running["service_id"]) | added) - removed)


def span(feed: Feed) -> tuple[date, date]:
    """First and last date that the calendars name (not of ``feed_info``).

    Raises
    ------
    InputError
        The calendars are empty.
    """
    days = pl.concat([feed.calendar["start_date"], feed.calendar["end_date"], feed.calendar_dates["date"]])
    first, last = days.min(), days.max()
    if not isinstance(first, date) or not isinstance(last, date):
        raise InputError("the calendars of the feed are empty, so no day has service", field="calendar")
    return first, last


def service_days(feed: Feed) -> tuple[date, tuple[str, ...], npt.NDArray[np.bool_]]:
    """Spread the calendars over the days of the feed.

    Returns
    -------
    first, services, active
        First date, service ids, and whether service ``j`` runs on the ``i``-th day, shape (days, services).
    """
    first, last = span(feed)
    n = (last - first).days + 1
    services = tuple(sorted(set(feed.calendar["service_id"]) | set(feed.calendar_dates["service_id"])))
    column = {s: j for j, s in enumerate(services)}
    active = np.zeros((n, len(services)), dtype=np.bool_)
    weekday = (np.arange(n) + first.weekday()) % 7
    for r in feed.calendar.iter_rows(named=True):
        a, b = (r["start_date"] - first).days, (r["end_date"] - first).days + 1
        if b > a:
            runs = np.array([r[w] == 1 for w in WEEKDAYS])
            active[a:b, column[r["service_id"]]] = runs[weekday[a:b]]
    for service, day, kind in feed.calendar_dates.select("service_id", "date", "exception_type").iter_rows():
        active[(day - first).days, column[service]] = kind == 1
    return first, services, active


def runs_per_trip(feed: Feed) -> pl.DataFrame:
    """Count how often each trip runs on a day of its service: (trip_id, service_id, route_id, runs).

    A trip of ``frequencies`` runs at start, start + headway, ... before the end of each span (GTFS reference); another
    trip runs once. Trips with fewer than two calls do not run.
    """
    f = feed.frequencies.group_by("trip_id").agg(
        ((pl.col("end") - pl.col("start") + pl.col("headway") - 1) // pl.col("headway")).sum().alias("runs")
    )
    calls = feed.stop_times.group_by("trip_id").len("calls").filter(pl.col("calls") > 1)
    return (
        feed.trips.select("trip_id", "service_id", "route_id")
        .join(calls.select("trip_id"), on="trip_id", how="semi", maintain_order="left")
        .join(f, on="trip_id", how="left", maintain_order="left")
        .with_columns(pl.col("runs").fill_null(1).cast(pl.Int64))
    )


def trips_per_day(feed: Feed) -> pl.DataFrame:
    """Count the trips that start on each service day of the feed.

    Returns
    -------
    polars.DataFrame
        (date, trips), a row for every day between the first and the last date of the calendars, zeros included.
        Trips of ``frequencies`` count once a departure.
    """
    first, services, active = service_days(feed)
    per = dict(runs_per_trip(feed).group_by("service_id").agg(pl.col("runs").sum()).iter_rows())
    counts = active @ np.array([per.get(s, 0) for s in services], dtype=np.int64)
    days = pl.date_range(first, first + timedelta(days=len(counts) - 1), eager=True).alias("date")
    return pl.DataFrame({"date": days, "trips": pl.Series(counts, dtype=pl.Int64)})


def typical_weekday(feed: Feed) -> date:
    """Choose a Tuesday, Wednesday or Thursday that stands for an ordinary working day.

    Candidates are the Tuesdays to Thursdays with service that lie a week or more inside the feed (services are often
    cut off at its edges), outside 20 December to 10 January, and that ``calendar_dates`` does not touch (holidays);
    where these leave none, the last two rules and then the edge are dropped. Of the candidates the one with the median
    number of trips is taken; of several equally busy ones the middle one, so that the answer does not depend on
    today's date. Where no Tuesday to Thursday has service, all days are candidates.

    Raises
    ------
    InputError
        No day of the feed has a trip.
    """
    table = trips_per_day(feed).filter(pl.col("trips") > 0)
    if not table.height:
        raise InputError("no day of the feed has a trip", field="calendar")
    first, last = span(feed)
    midweek = table.filter(pl.col("date").dt.weekday().is_between(2, 4))
    if midweek.height:
        table = midweek
    week = timedelta(days=7)
    inner = pl.col("date").is_between(first + week, last - week)
    plain = pl.lit(True)
    if feed.calendar.height:  # a feed of calendar_dates only names every day there
        plain = ~pl.col("date").is_in(feed.calendar_dates["date"].unique().implode())
    turn = pl.col("date").dt.month() * 100 + pl.col("date").dt.day()
    ordinary = turn.is_between(111, 1219)
    for rule in (inner & plain & ordinary, inner & plain, inner, plain):
        if table.filter(rule).height:
            table = table.filter(rule)
            break
    counts = np.sort(table["trips"].to_numpy())
    alike = table.filter(pl.col("trips") == counts[(len(counts) - 1) // 2])["date"].sort()
    chosen = alike[(len(alike) - 1) // 2]
    assert isinstance(chosen, date)
    return chosen


def day_findings(feed: Feed, day: date) -> tuple[Finding, ...]:
    """Say what is odd about a wished day: no service, outside the feed, far from an ordinary day, clock change."""
    out: list[Finding] = []
    first, last = span(feed)
    counts = trips_per_day(feed)
    today = counts.filter(pl.col("date") == day)
    n = int(today["trips"][0]) if today.height else 0
    if n == 0:
        where = "outside the feed's dates" if not first <= day <= last else "within the feed's dates"
        out.append(
            Finding(
                "timetable.no_service",
                f"On {day} no trip runs; the day lies {where} ({first} to {last}).",
                where=str(day),
                severity="error",
                values={"day": str(day), "first": str(first), "last": str(last)},
            )
        )
    else:
        usual = counts.filter((pl.col("trips") > 0) & (pl.col("date").dt.weekday() == day.isoweekday()))[
            "trips"
        ].median()
        assert isinstance(usual, float)
        if n < 0.7 * usual or n > 1.3 * usual:
            out.append(
                Finding(
                    "timetable.unusual_day",
                    f"On {day} {n} trips run; on such a weekday it is usually {usual:.0f}.",
                    where=str(day),
                    values={"day": str(day), "trips": n, "usual": round(usual)},
                )
            )
    for zone in feed.agency["agency_timezone"].unique().sort():
        a, b = (datetime(d.year, d.month, d.day, tzinfo=ZoneInfo(zone)) for d in (day, day + timedelta(days=1)))
        if a.utcoffset() != b.utcoffset():
            out.append(
                Finding(
                    "timetable.clock_change",
                    f"On {day} the clocks change in {zone}; timetable times count from noon "
                    "minus 12 hours, so before the change they differ from the clock.",
                    where=str(day),
                    severity="info",
                    values={"day": str(day), "zone": zone},
                )
            )
    return tuple(out)


def gaps(feed: Feed, *, shortest: int = 3) -> tuple[tuple[date, date], ...]:
    """Find runs of ``shortest`` or more days without any trip between the first and the last day with service."""
    table = trips_per_day(feed)
    busy = np.flatnonzero(table["trips"].to_numpy() > 0)
    days: Sequence[date] = table["date"].to_list()
    return tuple((days[a + 1], days[b - 1]) for a, b in pairwise(busy.tolist()) if b - a - 1 >= shortest)
