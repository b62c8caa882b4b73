"""Refuse a feed whose tables contradict each other: duplicates, dangling references, times running backwards."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

import polars as pl

from shaar.engine.errors import InputError
from shaar.engine.findings import Finding
from shaar.engine.timetable.source import Source
from shaar.engine.timetable.tables import FIELDS, ROW, complain

Tables = dict[str, pl.DataFrame]


def refuse(source: Source, table: str, bad: pl.DataFrame, message: str, field: str) -> None:
    """Raise for the first bad row, if any; ``{column}`` in the message takes that row's value."""
    if bad.height:
        row = bad.sort(ROW).row(0, named=True)
        names = {f.name: f.source for f in FIELDS[table]}
        raise complain(
            source.tables[table], source.file(table), row[ROW], message.format(**row), names.get(field, field)
        )


def check_keys(source: Source, t: Tables) -> None:
    """Refuse ids that stand twice."""
    for table, keys in {
        "stops": ["stop_id"], "routes": ["route_id"], "trips": ["trip_id"], "calendar": ["service_id"],
        "calendar_dates": ["service_id", "date"], "stop_times": ["trip_id", "stop_sequence"],
        "shapes": ["shape_id", "sequence"],
    }.items():  # fmt: skip
        if t[table].height:
            bad = t[table].filter(~pl.struct(keys).is_first_distinct()) if len(keys) > 1 else t[table].filter(
                ~pl.col(keys[0]).is_first_distinct()
            )  # fmt: skip
            what = " ".join(f'{k} "{{{k}}}"' for k in keys)
            refuse(source, table, bad, f"{what} stands twice", keys[-1])


def check_references(source: Source, t: Tables) -> list[Finding]:
    """Refuse rows that point at nothing and would change results; report those that do not."""
    for table, column, other in (
        ("trips", "route_id", "routes"),
        ("stop_times", "trip_id", "trips"),
        ("stop_times", "stop_id", "stops"),
        ("frequencies", "trip_id", "trips"),
    ):
        bad = t[table].filter(~pl.col(column).is_in(t[other][column].implode()))
        what = column.removesuffix("_id")
        refuse(source, table, bad, f'{what} "{{{column}}}" is not in {other}.txt', column)
    findings = []
    services = pl.concat([t["calendar"]["service_id"], t["calendar_dates"]["service_id"]])
    lost = t["trips"].filter(~pl.col("service_id").is_in(services.implode()))
    if lost.height:
        sid = lost["service_id"][0]
        findings.append(
            Finding(
                "feed.unknown_service",
                f'{lost.height} trips belong to services without a calendar (such as "{sid}") and never run.',
                lost.height,
                sid,
                "error",
                {"trips": lost.height, "service": sid},
            )
        )
    lost = t["trips"].filter(
        pl.col("shape_id").is_not_null() & ~pl.col("shape_id").is_in(t["shapes"]["shape_id"].implode())
    )
    if lost.height:
        sid = lost["shape_id"][0]
        findings.append(
            Finding(
                "feed.unknown_shape",
                f'{lost.height} trips name a shape that is not in shapes.txt (such as "{sid}"); '
                "their lines are drawn from stop to stop.",
                lost.height,
                sid,
                "warning",
                {"trips": lost.height, "shape": sid},
            )
        )
    return findings


def check_coordinates(source: Source, t: Tables) -> None:
    """Fill the places of entrances from their station, then refuse coordinates that cannot be right.

    Latitude and longitude count as swapped where the latitude is beyond the pole and the two changed over would be
    possible, where a stop lies far from the others and would not if changed over, and where the whole feed would lie
    beyond 60 degrees though its time zone (15 degrees of longitude an hour) says otherwise.
    """
    stops = t["stops"]
    child = pl.col("location_type").is_in([3, 4]) & pl.col("stop_lat").is_null()
    if stops.filter(child).height:
        at = stops.select(pl.col("stop_id").alias("parent_station"), pl.col("stop_lat", "stop_lon").name.prefix("up_"))
        stops = stops.join(at, on="parent_station", how="left", maintain_order="left").with_columns(
            pl.coalesce("stop_lat", "up_stop_lat").alias("stop_lat"),
            pl.coalesce("stop_lon", "up_stop_lon").alias("stop_lon"),
        ).drop("up_stop_lat", "up_stop_lon")  # fmt: skip
        t["stops"] = stops = stops.select(t["stops"].columns)
    lat, lon = pl.col("stop_lat"), pl.col("stop_lon")
    refuse(source, "stops", stops.filter(lat.is_null()), 'stop "{stop_id}" has no latitude', "stop_lat")
    refuse(source, "stops", stops.filter(lon.is_null()), 'stop "{stop_id}" has no longitude', "stop_lon")
    swapped = 'stop "{stop_id}" ({stop_lat}, {stop_lon}): latitude and longitude look swapped'
    refuse(
        source, "stops", stops.filter((lat.abs() > 90) & (lat.abs() <= 180) & (lon.abs() <= 90)), swapped, "stop_lat"
    )
    outside = 'stop "{stop_id}": {%s} is outside %s degrees'
    refuse(source, "stops", stops.filter(lat.abs() > 90), outside % ("stop_lat", "-90..90"), "stop_lat")
    refuse(source, "stops", stops.filter(lon.abs() > 180), outside % ("stop_lon", "-180..180"), "stop_lon")
    zero = (lat.abs() < 0.01) & (lon.abs() < 0.01)
    refuse(source, "stops", stops.filter(zero), 'stop "{stop_id}" stands at 0, 0: its place is unknown', "stop_lat")
    if stops.height > 2:
        my, mx = stops["stop_lat"].median(), stops["stop_lon"].median()
        assert isinstance(my, float) and isinstance(mx, float)
        off = ((lat - my).abs() + (lon - mx).abs() > 5) & ((lon - my).abs() + (lat - mx).abs() < 2)
        refuse(source, "stops", stops.filter(off), swapped, "stop_lat")
        meridian = _meridian(t["agency"]["agency_timezone"][0]) if t["agency"].height else None
        if meridian is not None and abs(my) > 60 and abs(my - meridian) + 15 < abs(mx - meridian):
            refuse(source, "stops", stops.head(1), swapped, "stop_lat")


def _meridian(zone: str) -> float | None:
    """Longitude where the zone's winter time is mean solar time; None for an unknown zone."""
    from datetime import datetime

    try:
        offset = datetime(2024, 1, 1, tzinfo=ZoneInfo(zone)).utcoffset()
    except (KeyError, ValueError, OSError):
        return None
    return offset.total_seconds() / 3600 * 15 if offset is not None else None


def check_times(source: Source, t: Tables) -> None:
    """Refuse trips without a first or last time, times running backwards, and headways that are not positive."""
    st = t["stop_times"]
    seq, dep, arr = pl.col("stop_sequence"), pl.col("departure"), pl.col("arrival")
    refuse(source, "stop_times", st.filter(seq < 0), "{stop_sequence} is negative", "stop_sequence")
    st = st.with_columns(pl.coalesce(arr, dep).alias("a"), pl.coalesce(dep, arr).alias("d"))
    first = pl.col("trip_id") != pl.col("trip_id").shift(1)
    ends = (first | (pl.col("trip_id") != pl.col("trip_id").shift(-1))).fill_null(True)
    refuse(source, "stop_times", st.filter(ends & pl.col("a").is_null()),
           'trip "{trip_id}" has no time at its first or last stop', "arrival")  # fmt: skip
    refuse(source, "stop_times", st.filter(pl.col("d") < pl.col("a")),
           'trip "{trip_id}" departs before it arrives at stop "{stop_id}"', "departure")  # fmt: skip
    before = pl.col("d").forward_fill().shift(1)
    refuse(source, "stop_times", st.filter(~first.fill_null(True) & (pl.col("a") < before)),
           'trip "{trip_id}" arrives at stop "{stop_id}" before it left the stop before', "arrival")  # fmt: skip
    fr = t["frequencies"]
    refuse(
        source, "frequencies", fr.filter(pl.col("headway") <= 0), "the headway {headway} s is not positive", "headway"
    )
    refuse(source, "frequencies", fr.filter(pl.col("end") <= pl.col("start")),
           'the span of trip "{trip_id}" ends before it starts', "end")  # fmt: skip
    refuse(source, "frequencies", fr.filter(~pl.col("exact_times").is_in([0, 1])),
           "{exact_times} is neither 0 nor 1", "exact_times")  # fmt: skip
    cd = t["calendar_dates"]
    refuse(source, "calendar_dates", cd.filter(~pl.col("exception_type").is_in([1, 2])),
           "{exception_type} is neither 1 (added) nor 2 (removed)", "exception_type")  # fmt: skip


def drop_flexible(source: Source, t: Tables) -> list[Finding]:
    """Leave out calls in areas instead of at stops (GTFS-Flex); refuse calls without a stop otherwise."""
    st = t["stop_times"]
    nowhere = st.filter(pl.col("stop_id").is_null())
    if not nowhere.height:
        return []
    flex = [c for c in ("location_id", "location_group_id") if c in st.columns]
    if not flex:
        refuse(source, "stop_times", nowhere, "the stop is missing", "stop_id")
    t["stop_times"] = st.filter(pl.col("stop_id").is_not_null())
    trips = nowhere["trip_id"].n_unique()
    return [
        Finding(
            "feed.flexible",
            f"{trips} trips call on request in areas instead of at stops; those calls are left out.",
            trips,
            nowhere["trip_id"][0],
            "warning",
            {"trips": trips},
        )
    ]


def check_agency(source: Source, agency: pl.DataFrame) -> None:
    """Refuse a feed without an agency or time zone that the clock can be set by."""
    if not agency.height:
        raise InputError("there is no agency in it, so the time zone is unknown", file=source.file("agency"))
    bad = agency.filter(~pl.col("agency_timezone").map_elements(_zone_exists, return_dtype=pl.Boolean))
    refuse(source, "agency", bad, '"{agency_timezone}" is not a time zone (such as Asia/Almaty)', "agency_timezone")


def _zone_exists(zone: str) -> bool:
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        return False
    return True


def fold(findings: list[Finding], limit: int = 5) -> tuple[Finding, ...]:
    """Keep at most ``limit`` example points on each finding."""
    return tuple(replace(f, points=f.points[:limit]) for f in findings)
