"""From lines to the timetable of a city: one call for OpenStreetMap, one for a file of lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from shaar.engine.city.extract import OsmExtract
from shaar.engine.city.streets import Streets
from shaar.engine.findings import Finding
from shaar.engine.prepare.lines_file import lines_from_file
from shaar.engine.prepare.lines_osm import lines_from_osm
from shaar.engine.progress import Progress, silent
from shaar.engine.timetable.feed import Feed
from shaar.engine.timetable.lines import ServiceLine, feed_from_lines

#: Lines known by headways run every day of a calendar this many years long from the date of the data.
CALENDAR_YEARS = 1


@dataclass(frozen=True, slots=True)
class LinesFeed:
    """Lines, the feed that they make, all stops (stop_id, name, lon, lat, source), and what was guessed."""

    lines: tuple[ServiceLine, ...]
    feed: Feed
    stops: pl.DataFrame
    findings: tuple[Finding, ...]


def feed_from_osm(
    extract: OsmExtract,
    streets: Streets,
    stops: pl.DataFrame,
    *,
    crs: str,
    time_zone: str,
    drive_on_left: bool = False,
    progress: Progress = silent,
) -> LinesFeed | None:
    """Make a feed from the route relations of an extract; None where no line comes out.

    The calendar starts on the date of the extract (2000-01-01 where it states none).
    """
    lines, table, findings = lines_from_osm(
        extract, streets.nodes, streets.links, streets.way_links, stops, crs=crs, drive_on_left=drive_on_left,
        progress=progress,
    )  # fmt: skip
    return _made(lines, table, findings, extract.source or "OpenStreetMap", time_zone, extract.date)


def feed_from_file(
    path: Path,
    streets: Streets,
    stops: pl.DataFrame,
    *,
    crs: str,
    time_zone: str,
    data_date: str = "",
    drive_on_left: bool = False,
) -> LinesFeed | None:
    """Make a feed from a file of lines (:func:`shaar.engine.prepare.lines_file.lines_from_file`)."""
    lines, table, findings = lines_from_file(
        path, stops=stops, nodes=streets.nodes, links=streets.links, crs=crs, drive_on_left=drive_on_left
    )
    return _made(lines, table, findings, Path(path).name, time_zone, data_date)


def _made(
    lines: tuple[ServiceLine, ...],
    stops: pl.DataFrame,
    findings: Sequence[Finding],
    source: str,
    time_zone: str,
    data_date: str,
) -> LinesFeed | None:
    if not lines:
        return None
    try:
        start = date.fromisoformat(data_date[:10])
    except ValueError:
        start = date(2000, 1, 1)
    end = start.replace(year=start.year + CALENDAR_YEARS, day=min(start.day, 28))
    feed = feed_from_lines(lines, stops, agency_name=source, time_zone=time_zone, start=start, end=end)
    return LinesFeed(lines, feed, stops, tuple(findings))
