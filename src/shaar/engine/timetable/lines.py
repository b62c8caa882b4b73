"""Lines known by their headways (designed, from OpenStreetMap, from a file) and the GTFS feed that they make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import polars as pl
from shapely import LineString

from shaar.engine.errors import InputError
from shaar.engine.timetable.calendar import WEEKDAYS
from shaar.engine.timetable.feed import SCHEMA, Feed

#: A time of day with one headway: start and end (s after midnight, end excluded, may pass 86,400) and headway (s).
Span = tuple[int, int, int]
Row = tuple[Any, ...]

DAYS: dict[str, tuple[int, ...]] = {
    "daily": (1, 1, 1, 1, 1, 1, 1),
    "weekdays": (1, 1, 1, 1, 1, 0, 0),
    "weekend": (0, 0, 0, 0, 0, 1, 1),
    "saturday": (0, 0, 0, 0, 0, 1, 0),
    "sunday": (0, 0, 0, 0, 0, 0, 1),
}


@dataclass(frozen=True, slots=True)
class ServiceDirection:
    """One direction of a line.

    Parameters
    ----------
    stop_ids
        Stops in order, at least two; the first may stand again at the end (a loop).
    seconds
        Run time from the first stop to the arrival at each stop (s), ``seconds[0] = 0``, never falling.
    geometry
        The way it takes, WGS84, or None where unknown.
    spans
        Times of day with their headways; they do not overlap.
    headsign
        What the bus says it goes to.
    """

    stop_ids: tuple[str, ...]
    seconds: tuple[int, ...]
    geometry: LineString | None
    spans: tuple[Span, ...]
    headsign: str = ""


@dataclass(frozen=True, slots=True)
class ServiceLine:
    """A line with its directions; ``route_type`` as in GTFS, ``color`` six hex digits or empty."""

    line_id: str
    name: str
    route_type: int
    directions: tuple[ServiceDirection, ...]
    color: str = ""


def check_line(line: ServiceLine, stops: frozenset[str]) -> None:
    """Refuse a line that makes no sense.

    Raises
    ------
    InputError
        No direction, fewer than two stops, an unknown stop, run times that fall or do not fit the stops, no span, a
        span that ends before it starts or overlaps another, a headway that is not positive.
    """
    if not line.directions:
        raise InputError(f'line "{line.line_id}" has no direction', field="directions")
    for i, d in enumerate(line.directions):
        who = f'line "{line.line_id}", direction {i}'
        if len(d.stop_ids) < 2:
            raise InputError(f"{who}: it has {len(d.stop_ids)} stops; two are the least", field="stop_ids")
        unknown = [s for s in d.stop_ids if s not in stops]
        if unknown:
            raise InputError(f'{who}: stop "{unknown[0]}" is not in the table of stops', field="stop_ids")
        if len(d.seconds) != len(d.stop_ids):
            raise InputError(f"{who}: {len(d.seconds)} run times for {len(d.stop_ids)} stops", field="seconds")
        if d.seconds[0] != 0 or any(b < a for a, b in zip(d.seconds[:-1], d.seconds[1:], strict=True)):
            raise InputError(f"{who}: run times have to start at 0 and never fall", field="seconds")
        if not d.spans:
            raise InputError(f"{who}: it has no time span, so nothing runs", field="spans")
        last = -1
        for start, end, headway in sorted(d.spans):
            if headway <= 0:
                raise InputError(f"{who}: the headway {headway} s is not positive", field="spans")
            if end <= start or start < 0:
                raise InputError(f"{who}: the span {start} to {end} s is empty or negative", field="spans")
            if start < last:
                raise InputError(f"{who}: its time spans overlap at {start} s", field="spans")
            last = end


def feed_from_lines(
    lines: Sequence[ServiceLine],
    stops: pl.DataFrame,
    *,
    agency_name: str,
    time_zone: str,
    start: date,
    end: date,
    days: str = "daily",
    agency_url: str = "https://example.org/",
) -> Feed:
    """Make a GTFS feed of headway services from lines.

    Parameters
    ----------
    lines
        Lines with unique ids. Each direction becomes a trip of ``frequencies`` (exact_times 0) with a shape where its
        geometry is known; directions 0, 1, 2, ... get direction_id 0, 1, 0, ...
    stops
        (stop_id, name, lon, lat); those that no line serves are left out.
    agency_name, agency_url, time_zone
        Of the one agency.
    start, end, days
        Calendar: "daily", "weekdays", "weekend", "saturday" or "sunday" between the dates.

    Raises
    ------
    InputError
        A line makes no sense (see :func:`check_line`), a line id stands twice, unknown ``days``, end before start.
    """
    if days not in DAYS:
        raise InputError(f'"{days}" is none of {", ".join(DAYS)}', field="days")
    if end < start:
        raise InputError(f"the calendar ends ({end}) before it starts ({start})", field="end")
    known = frozenset(stops["stop_id"])
    seen: set[str] = set()
    for line in lines:
        if line.line_id in seen:
            raise InputError(f'line id "{line.line_id}" stands twice', field="line_id")
        seen.add(line.line_id)
        check_line(line, known)
    routes: list[Row] = []
    trips: list[Row] = []
    calls: list[Row] = []
    frequencies: list[Row] = []
    shapes: list[Row] = []
    used: set[str] = set()
    for line in lines:
        routes.append((line.line_id, "0", line.name, None, line.route_type, line.color or None))
        for k, d in enumerate(line.directions):
            trip = f"{line.line_id}.{k}"
            shape = trip if d.geometry is not None else None
            trips.append((trip, line.line_id, days, k % 2, d.headsign or None, shape, None))
            for i, (stop, s) in enumerate(zip(d.stop_ids, d.seconds, strict=True)):
                calls.append((trip, i, stop, int(s), int(s)))
            used.update(d.stop_ids)
            frequencies.extend((trip, int(a), int(b), int(h), 0) for a, b, h in sorted(d.spans))
            if d.geometry is not None:
                xy = np.round(np.asarray(d.geometry.coords)[:, :2], 7)
                shapes.extend((trip, i, y, x) for i, (x, y) in enumerate(xy.tolist()))
    at = stops.filter(pl.col("stop_id").is_in(sorted(used))).unique("stop_id", keep="first", maintain_order=True)
    stop_rows = at.select(
        "stop_id",
        pl.col("name").alias("stop_name"),
        pl.col("lat").alias("stop_lat"),
        pl.col("lon").alias("stop_lon"),
        pl.lit(None, pl.String).alias("parent_station"),
        pl.lit(0, pl.Int32).alias("location_type"),
        pl.lit(None, pl.Int32).alias("wheelchair_boarding"),
    )
    week = dict(zip(WEEKDAYS, DAYS[days], strict=True))

    def table(name: str, rows: list[Row]) -> pl.DataFrame:
        return pl.DataFrame(rows, schema=SCHEMA[name], orient="row")

    return Feed(
        agency=table("agency", [("0", agency_name, agency_url, time_zone)]),
        stops=stop_rows.select(pl.col(n).cast(t) for n, t in SCHEMA["stops"].items()),
        routes=table("routes", routes),
        trips=table("trips", trips),
        stop_times=table("stop_times", calls).sort("trip_id", "stop_sequence"),
        calendar=table("calendar", [(days, *week.values(), start, end)]),
        calendar_dates=table("calendar_dates", []),
        frequencies=table("frequencies", frequencies),
        shapes=table("shapes", shapes).sort("shape_id", "sequence"),
    )
