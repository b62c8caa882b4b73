"""A GTFS feed in memory: one polars frame a table, read-only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from shaar.engine.findings import Finding

#: Columns every feed in memory has, with their types; other columns of a source are kept as strings.
#: Times are seconds after midnight of the service day (noon minus 12 h) and may pass 86,400.
SCHEMA: dict[str, dict[str, pl.DataType | type[pl.DataType]]] = {
    "agency": {"agency_id": pl.String, "agency_name": pl.String, "agency_url": pl.String, "agency_timezone": pl.String},
    "stops": {
        "stop_id": pl.String,
        "stop_name": pl.String,
        "stop_lat": pl.Float64,
        "stop_lon": pl.Float64,
        "parent_station": pl.String,
        "location_type": pl.Int32,
        "wheelchair_boarding": pl.Int32,
    },
    "routes": {
        "route_id": pl.String,
        "agency_id": pl.String,
        "route_short_name": pl.String,
        "route_long_name": pl.String,
        "route_type": pl.Int32,
        "route_color": pl.String,
    },
    "trips": {
        "trip_id": pl.String,
        "route_id": pl.String,
        "service_id": pl.String,
        "direction_id": pl.Int32,
        "trip_headsign": pl.String,
        "shape_id": pl.String,
        "block_id": pl.String,
    },
    "stop_times": {
        "trip_id": pl.String,
        "stop_sequence": pl.Int32,
        "stop_id": pl.String,
        "arrival": pl.Int32,
        "departure": pl.Int32,
    },
    "calendar": {
        "service_id": pl.String,
        "monday": pl.Int32,
        "tuesday": pl.Int32,
        "wednesday": pl.Int32,
        "thursday": pl.Int32,
        "friday": pl.Int32,
        "saturday": pl.Int32,
        "sunday": pl.Int32,
        "start_date": pl.Date,
        "end_date": pl.Date,
    },
    "calendar_dates": {"service_id": pl.String, "date": pl.Date, "exception_type": pl.Int32},
    "frequencies": {
        "trip_id": pl.String,
        "start": pl.Int32,
        "end": pl.Int32,
        "headway": pl.Int32,
        "exact_times": pl.Int32,
    },
    "shapes": {"shape_id": pl.String, "sequence": pl.Int32, "lat": pl.Float64, "lon": pl.Float64},
}


@dataclass(frozen=True, slots=True)
class Feed:
    """A GTFS feed. ``stop_times`` is sorted by trip and sequence; blank times are null until interpolated.

    ``others`` holds the tables that are not modelled (fares, feed_info, transfers, ...) by name, all columns strings,
    so that a feed written again loses nothing.
    """

    agency: pl.DataFrame
    stops: pl.DataFrame
    routes: pl.DataFrame
    trips: pl.DataFrame
    stop_times: pl.DataFrame
    calendar: pl.DataFrame
    calendar_dates: pl.DataFrame
    frequencies: pl.DataFrame
    shapes: pl.DataFrame
    findings: tuple[Finding, ...] = field(default=())
    others: Mapping[str, pl.DataFrame] = field(default_factory=dict)
