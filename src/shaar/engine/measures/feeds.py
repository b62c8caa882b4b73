"""Editing a timetable on copies: an empty feed, dropping trips, appending rows of the known columns."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import polars as pl

from shaar.engine.city.model import City
from shaar.engine.errors import InputError
from shaar.engine.timetable.feed import SCHEMA, Feed

#: Agency and service that added lines belong to.
AGENCY = "shaar"
EVERY_DAY = "shaar-every-day"
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
#: Used only where neither feed nor city says when its data is from.
_NO_DATE = dt.date(2000, 1, 1)


def empty_feed() -> Feed:
    """Return a feed with every table and no rows."""
    tables: dict[str, Any] = {name: pl.DataFrame(schema=columns) for name, columns in SCHEMA.items()}
    return Feed(**tables)


def need(feed: Feed | None, what: str) -> Feed:
    """Return the feed, or say that the change cannot be made without one."""
    if feed is None:
        raise InputError(f"the city has no timetable, so there is no line to change ({what})")
    return feed


def need_route(feed: Feed, route_id: str, field: str = "route_id") -> int | None:
    """Return the GTFS route_type of a line; raise when no line has this id, naming it."""
    found = feed.routes.filter(pl.col("route_id") == route_id)["route_type"]
    if not found.len():
        raise InputError(f"the timetable has no line {route_id}", field=field)
    kind: int | None = found[0]
    return kind


def append(feed: Feed, table: str, rows: Sequence[Mapping[str, Any]]) -> Feed:
    """Return a feed with rows added to a table; columns that a row does not name are null."""
    old: pl.DataFrame = getattr(feed, table)
    if not rows:
        return feed
    new = pl.DataFrame(
        {name: [r.get(name) for r in rows] for name in SCHEMA[table]}, schema=dict(SCHEMA[table]), strict=False
    )
    longer: dict[str, Any] = {table: pl.concat([old, new], how="diagonal")}
    return replace(feed, **longer)


def with_column(feed: Feed, table: str, column: str, key: str, value: str, entry: str) -> Feed:
    """Return a feed with a text column of a table set where ``key`` is ``value``; the column is begun where absent."""
    old: pl.DataFrame = getattr(feed, table)
    now = pl.col(column) if column in old.columns else pl.lit(None, pl.String)
    new = old.with_columns(pl.when(pl.col(key) == value).then(pl.lit(entry)).otherwise(now).alias(column))
    longer: dict[str, Any] = {table: new}
    return replace(feed, **longer)


def drop_trips(feed: Feed, trip_ids: pl.Series) -> Feed:
    """Return a feed without these trips, their stop times and frequencies; unused shapes go too."""
    gone = trip_ids.unique().implode()
    trips = feed.trips.filter(~pl.col("trip_id").is_in(gone))
    return replace(
        feed,
        trips=trips,
        stop_times=feed.stop_times.filter(~pl.col("trip_id").is_in(gone)),
        frequencies=feed.frequencies.filter(~pl.col("trip_id").is_in(gone)),
        shapes=feed.shapes.filter(pl.col("shape_id").is_in(trips["shape_id"].drop_nulls().unique().implode())),
    )


def with_every_day(feed: Feed, city: City) -> Feed:
    """Return a feed that has the agency and the every-day service of added lines.

    The service is valid on all days on which the feed has any service, so that an added line runs on whatever day a
    study chooses; a feed without dates gets one year from the date of the city's data.
    """
    if not feed.agency.filter(pl.col("agency_id") == AGENCY).height:
        row: dict[str, Any] = {
            "agency_id": AGENCY,
            "agency_name": "Shaar",
            "agency_url": "https://example.org",
            "agency_timezone": city.meta.time_zone,
        }
        feed = append(feed, "agency", [row])
    if not feed.calendar.filter(pl.col("service_id") == EVERY_DAY).height:
        dates = pl.concat([feed.calendar["start_date"], feed.calendar["end_date"], feed.calendar_dates["date"]])
        dates = dates.drop_nulls()
        first: Any = dates.min() if dates.len() else _parse_date(city.meta.data_date)
        last: Any = dates.max() if dates.len() else first + dt.timedelta(days=364)
        row = {"service_id": EVERY_DAY, "start_date": first, "end_date": last, **dict.fromkeys(_DAYS, 1)}
        feed = append(feed, "calendar", [row])
    return feed


def _parse_date(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text[:10])
    except ValueError:
        return _NO_DATE
