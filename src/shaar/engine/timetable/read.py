"""Read a GTFS feed into memory: tolerant where that is harmless, strict where results would be wrong."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from shaar.engine.errors import InputError
from shaar.engine.findings import Finding
from shaar.engine.progress import Progress, silent
from shaar.engine.timetable.feed import SCHEMA, Feed
from shaar.engine.timetable.references import (
    Tables,
    check_agency,
    check_coordinates,
    check_keys,
    check_references,
    check_times,
    drop_flexible,
    refuse,
)
from shaar.engine.timetable.route_types import mode_of
from shaar.engine.timetable.source import Source, open_source
from shaar.engine.timetable.tables import REQUIRED, ROW, read_strings, read_table


def read_gtfs(path: Path, *, progress: Progress = silent) -> Feed:
    """Read a GTFS feed (https://gtfs.org/documentation/schedule/reference/).

    Parameters
    ----------
    path
        Zip file or folder.
    progress
        Told after each table.

    Returns
    -------
    Feed
        Tables as in :data:`shaar.engine.timetable.feed.SCHEMA`; ``stop_times`` sorted by trip and sequence, ``shapes``
        by shape and sequence; blank times null; ``findings`` with everything odd that does not change results.

    Raises
    ------
    InputError
        The feed cannot be read or contradicts itself; file, line and field are named.
    """
    path = Path(path)
    source = open_source(path)
    findings = list(source.findings)
    for table in REQUIRED:
        if table not in source.tables:
            raise InputError("the required table is missing", file=source.file(table))
    if "calendar" not in source.tables and "calendar_dates" not in source.tables:
        raise InputError("neither calendar.txt nor calendar_dates.txt is there, so no day has service", file=path)
    t: Tables = {}
    for i, table in enumerate(SCHEMA):
        progress("read timetable", i, len(SCHEMA), table)
        if table in source.tables and (table in REQUIRED or source.tables[table].strip()):
            t[table] = read_table(source.tables[table], table, source.file(table))
        else:
            t[table] = pl.DataFrame(schema={**SCHEMA[table], ROW: pl.UInt32})
    check_agency(source, t["agency"])
    check_keys(source, t)
    findings += drop_flexible(source, t)
    t["stop_times"] = t["stop_times"].sort("trip_id", "stop_sequence")
    t["shapes"] = t["shapes"].sort("shape_id", "sequence")
    findings += check_references(source, t)
    check_coordinates(source, t)
    check_times(source, t)
    findings += _repair(source, t)
    others = {
        name: read_strings(raw, source.file(name)).drop(ROW)
        for name, raw in source.tables.items()
        if name not in SCHEMA and raw.strip()
    }
    progress("read timetable", len(SCHEMA), len(SCHEMA))
    tables = {name: frame.drop(ROW) for name, frame in t.items()}
    return Feed(**tables, findings=tuple(findings), others=others)


def _repair(source: Source, t: Tables) -> list[Finding]:
    """Set right what is harmless, and say so."""
    refuse(
        source,
        "shapes",
        t["shapes"].filter(pl.col("lat").abs() > 90),
        "the latitude {lat} is outside -90..90 degrees",
        "lat",
    )
    refuse(
        source,
        "shapes",
        t["shapes"].filter(pl.col("lon").abs() > 180),
        "the longitude {lon} is outside -180..180 degrees",
        "lon",
    )
    findings = []
    odd = [r for r in t["routes"].iter_rows(named=True) if mode_of(r["route_type"]) == "unknown"]
    if odd:
        types = ", ".join(str(v) for v in sorted({r["route_type"] for r in odd}))
        findings.append(
            Finding(
                "feed.route_type",
                f"{len(odd)} routes have a type that GTFS does not know ({types}); they are kept.",
                len(odd),
                odd[0]["route_id"],
                "warning",
                {"routes": len(odd), "types": types},
            )
        )
    bad = t["trips"].filter(~pl.col("direction_id").is_in([0, 1]))
    if bad.height:
        t["trips"] = t["trips"].with_columns(
            pl.when(pl.col("direction_id").is_in([0, 1])).then("direction_id").alias("direction_id")
        )
        findings.append(
            Finding(
                "feed.direction",
                f"{bad.height} trips have a direction that is neither 0 nor 1; it is left blank.",
                bad.height,
                bad["trip_id"][0],
                "warning",
                {"trips": bad.height},
            )
        )
    # a blank arrival beside a given departure (or the other way round) is the same moment
    st = t["stop_times"]
    half = st.filter(pl.col("arrival").is_null() != pl.col("departure").is_null())
    if half.height:
        t["stop_times"] = st.with_columns(
            pl.coalesce("arrival", "departure").alias("arrival"), pl.coalesce("departure", "arrival").alias("departure")
        )
        findings.append(
            Finding(
                "feed.half_times",
                f"{half.height} calls state only arrival or departure; the other is taken as equal.",
                half.height,
                half["trip_id"][0],
                "info",
                {"calls": half.height},
            )
        )
    blank = t["stop_times"]["arrival"].null_count()
    if blank:
        n = t["stop_times"].height
        findings.append(
            Finding(
                "feed.blank_times",
                f"{blank} of {n} calls have no time; it is interpolated between the timed stops.",
                blank,
                "",
                "assumed",
                {"blank": blank, "calls": n},
            )
        )
    return findings
