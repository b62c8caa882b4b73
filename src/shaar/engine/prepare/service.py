"""Stops and timetable of a new city: from GTFS feeds, or lines written out as GTFS with frequencies."""

from __future__ import annotations

import datetime as dt
import shutil
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from shaar.engine.city.extract import OsmExtract
from shaar.engine.city.model import Provenance
from shaar.engine.city.stops import match_stops, stops_from_osm
from shaar.engine.city.streets import Streets
from shaar.engine.errors import InputError
from shaar.engine.findings import Finding
from shaar.engine.prepare.lines_osm import lines_from_osm
from shaar.engine.prepare.sources import OSM_LICENCE
from shaar.engine.progress import Progress, silent
from shaar.engine.timetable.feed import Feed
from shaar.engine.timetable.lines import feed_from_lines
from shaar.engine.timetable.merge import merge_feeds
from shaar.engine.timetable.read import read_gtfs
from shaar.engine.timetable.write import write_gtfs

TRANSIT = frozenset(
    ["bus", "trolleybus", "minibus", "share_taxi", "tram", "light_rail", "subway", "train", "monorail", "ferry"]
)

#: Degrees around the streets within which a feed has to have a stop.
NEAR_LON, NEAR_LAT = 0.15, 0.1


@dataclass(frozen=True, slots=True)
class Service:
    """Stops matched to streets, how ``gtfs.zip`` is written (None: there is no timetable), and what to say about it."""

    stops: pl.DataFrame
    write: Callable[[Path], None] | None
    time_zone: str | None
    provenance: dict[str, Provenance]
    findings: tuple[Finding, ...]


def make_service(
    extract: OsmExtract,
    streets: Streets,
    gtfs: Sequence[Path],
    lines: Path | None,
    *,
    crs: str,
    name: str,
    time_zone: str,
    left: bool = False,
    progress: Progress = silent,
) -> Service:
    """Take stops and timetable from the best source there is: feeds, then a file of lines, then OSM route relations.

    With feeds, their stops are the stops of the city. Without, the stops are those tagged in OpenStreetMap and those
    that had to be synthesised along lines.
    """
    if gtfs:
        return _from_feeds(streets, gtfs, crs, progress)
    tagged = stops_from_osm(extract)
    stops = match_stops(tagged, streets.nodes, streets.links, crs)
    provenance = {
        "stops": Provenance("reported", f"OpenStreetMap ({extract.source})", extract.date, "tagged stops", OSM_LICENCE)
    }
    if lines is not None:
        from shaar.engine.prepare.lines_file import lines_from_file

        found, all_stops, findings = lines_from_file(
            lines, stops=stops, nodes=streets.nodes, links=streets.links, crs=crs, drive_on_left=left
        )
        source = Provenance("reported", lines.name, "", "headways as given; run times from street speeds")
    elif any(r.tags.get("type") == "route" and r.tags.get("route") in TRANSIT for r in extract.relations):
        found, all_stops, findings = lines_from_osm(
            extract,
            streets.nodes,
            streets.links,
            streets.way_links,
            stops,
            crs=crs,
            drive_on_left=left,
            progress=progress,
        )
        source = Provenance(
            "modelled",
            f"OpenStreetMap route relations ({extract.source})",
            extract.date,
            "headways and hours as tagged, else assumed; run times from street speeds",
            OSM_LICENCE,
        )
    else:
        found, all_stops, findings = (), stops, ()
    if not found:
        none = Finding(
            "build.no_timetable",
            "There is neither a GTFS feed nor a line in the data: the city has no timetable, and nothing stands in "
            "for it.",
            severity="assumed",
        )
        return Service(stops, None, None, provenance, (*findings, none))
    start, end = service_year(extract.date)
    feed = feed_from_lines(found, all_stops, agency_name=name, time_zone=time_zone, start=start, end=end)
    again = match_stops(all_stops.select("stop_id", "name", "lon", "lat", "source"), streets.nodes, streets.links, crs)
    provenance["gtfs"] = source
    return Service(again, lambda folder: write_gtfs(feed, folder / "gtfs.zip"), None, provenance, tuple(findings))


def service_year(date: str) -> tuple[dt.date, dt.date]:
    """Return the first and last day of the year of a date (ISO; this year where it is blank): when made lines run."""
    year = int(date[:4]) if date[:4].isdigit() else dt.datetime.now(dt.UTC).year
    return dt.date(year, 1, 1), dt.date(year, 12, 31)


def _from_feeds(streets: Streets, gtfs: Sequence[Path], crs: str, progress: Progress) -> Service:
    feeds = [read_gtfs(p, progress=progress) for p in gtfs]
    for path, one in zip(gtfs, feeds):
        _refuse_another_city(path, one, streets.nodes)
    feed = merge_feeds(feeds, _short_names(gtfs))
    used = feed.stop_times["stop_id"].unique()
    at = feed.stops.filter(
        (pl.col("location_type").fill_null(0) == 0)
        & pl.col("stop_lat").is_not_null()
        & pl.col("stop_lon").is_not_null()
        & pl.col("stop_id").is_in(used.implode())
    )
    raw = pl.DataFrame(
        {
            "stop_id": at["stop_id"],
            "name": at["stop_name"],
            "lon": at["stop_lon"],
            "lat": at["stop_lat"],
            "source": pl.Series(["gtfs"] * at.height, dtype=pl.String),
        }
    )
    stops = match_stops(raw, streets.nodes, streets.links, crs)
    findings = list(feed.findings)
    idle = feed.stops.filter(pl.col("location_type").fill_null(0) == 0).height - at.height
    if idle:
        findings.append(
            Finding(
                "build.stops_idle",
                f"{idle:,} stops of the feed are served by no trip and are left out of the stops of the city.",
                idle,
                severity="info",
                values={"stops": idle},
            )
        )
    names = ", ".join(p.name for p in gtfs)
    agencies = ", ".join(sorted({str(v) for v in feed.agency["agency_name"].drop_nulls().to_list()}))
    source = Provenance(
        "reported", f"GTFS {names}{f' of {agencies}' if agencies else ''}", _feed_dates(feed), "as published"
    )
    zones = [z for z in feed.agency["agency_timezone"].drop_nulls().to_list() if z]

    def put(folder: Path) -> None:
        if len(gtfs) == 1 and zipfile.is_zipfile(gtfs[0]):
            shutil.copyfile(gtfs[0], folder / "gtfs.zip")
        else:
            write_gtfs(feed, folder / "gtfs.zip")

    return Service(stops, put, zones[0] if zones else None, {"stops": source, "gtfs": source}, tuple(findings))


def _refuse_another_city(path: Path, feed: Feed, nodes: pl.DataFrame) -> None:
    """Refuse a feed none of whose stops lies within about 10 km of the streets."""
    placed = feed.stops.drop_nulls(["stop_lon", "stop_lat"])
    lons, lats = nodes["lon"].to_numpy(), nodes["lat"].to_numpy()
    west, east, south, north = lons.min(), lons.max(), lats.min(), lats.max()
    near = placed.filter(
        pl.col("stop_lon").is_between(west - NEAR_LON, east + NEAR_LON)
        & pl.col("stop_lat").is_between(south - NEAR_LAT, north + NEAR_LAT)
    )
    if placed.height and not near.height:
        lon, lat = placed["stop_lon"][0], placed["stop_lat"][0]
        raise InputError(
            f"none of the {placed.height:,} stops is near the city, which lies around {(south + north) / 2:.3f}, "
            f"{(west + east) / 2:.3f} (latitude, longitude); the first is at {lat:.3f}, {lon:.3f}. Is it the feed of "
            "another place?",
            file=path,
        )


def _short_names(paths: Sequence[Path]) -> list[str]:
    names = [p.stem for p in paths]
    return [n if names.count(n) == 1 else f"{n}{i + 1}" for i, n in enumerate(names)]


def _feed_dates(feed: Feed) -> str:
    days = pl.concat([feed.calendar["start_date"], feed.calendar["end_date"], feed.calendar_dates["date"]]).drop_nulls()
    return f"{days.min()!s}/{days.max()!s}" if len(days) else ""
