"""Lines that a city enters itself: GeoJSON lines, a CSV of stops, or OSM route segments as GeoJSON files in a zip."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import polars as pl
from shapely import LineString

from shaar.engine.errors import InputError
from shaar.engine.findings import Finding
from shaar.engine.prepare.lines_direction import Laid, direction_from_path
from shaar.engine.prepare.lines_file_read import Drawn, Listed, Segments, read_lines_file
from shaar.engine.prepare.lines_graph import LinkGraph, Router, graph_from_lines, graph_from_tables, to_metres
from shaar.engine.prepare.lines_match import StopRouter
from shaar.engine.prepare.lines_report import Report, Topic
from shaar.engine.prepare.lines_stops import StopTable
from shaar.engine.prepare.lines_times import DEFAULT_HEADWAYS, SpeedRules, spans_of
from shaar.engine.prepare.lines_walk import GAP_METRES, LOOP_METRES, Member, Walk, coverage, length_of, walk_unordered
from shaar.engine.timetable.distance import CROW_FACTOR
from shaar.engine.timetable.lines import ServiceDirection, ServiceLine
from shaar.engine.timetable.route_types import ROUTE_TYPE

F64 = npt.NDArray[np.float64]
T = TypeVar("T", Drawn, Listed)


@dataclass(slots=True)
class _Work:
    """What all lines of a file share."""

    file: str
    crs: str
    table: StopTable
    report: Report
    speeds: SpeedRules
    default_headways: Mapping[str, int]
    drive_on_left: bool
    streets: tuple[LinkGraph, StopRouter] | None
    tags: dict[str, dict[str, str]] = field(default_factory=dict)


def lines_from_file(
    path: Path,
    *,
    stops: pl.DataFrame | None = None,
    nodes: pl.DataFrame | None = None,
    links: pl.DataFrame | None = None,
    crs: str | None = None,
    default_headways: Mapping[str, int] = DEFAULT_HEADWAYS,
    speeds: SpeedRules | None = None,
    drive_on_left: bool = False,
) -> tuple[tuple[ServiceLine, ...], pl.DataFrame, tuple[Finding, ...]]:
    """Read lines with headways.

    Parameters
    ----------
    path
        ``.geojson``/``.json`` (LineString features, one a direction), ``.csv`` (a row a stop, or a row a line with
        ``wkt``), or a ``.zip``/folder of ``<name>_segments.json`` with ``<name>_stations.json`` (OSM ways and stops).
        Properties and columns: docs/timetable.md.
    stops
        Known stops, used where a line gives none; the result has them too.
    nodes, links
        Street tables: stop sequences without a drawn way are laid on them. Without, they stay without geometry and run
        times come from crow distances times ``CROW_FACTOR``.
    crs
        Projected CRS; default: the UTM zone of the first coordinate.

    Returns
    -------
    lines, stops, findings
        As :func:`shaar.engine.prepare.lines_osm.lines_from_osm`.

    Raises
    ------
    InputError
        The file cannot be read, or a line, stop or headway in it makes no sense; file, row and field are named.
    """
    path = Path(path)
    drawn, listed, segments, points = read_lines_file(path)
    lon, lat = _first(drawn, listed, segments)
    crs = crs or f"EPSG:{(32600 if lat >= 0 else 32700) + min(60, max(1, int((lon + 180) // 6) + 1))}"
    table = StopTable.of(stops if stops is not None else _no_stops(), crs)
    given = len(table.ids)
    streets = None
    if nodes is not None and links is not None:
        graph = graph_from_tables(nodes, links, crs)
        router = Router(graph, np.where(graph.open, np.repeat(graph.length, 2), np.inf))
        streets = (graph, StopRouter(graph, router, drive_on_left=drive_on_left))
    work = _Work(str(path), crs, table, Report(), speeds or SpeedRules(), default_headways, drive_on_left, streets)
    for p in points:
        table.member("line:", p.number, p.name, p.lon, p.lat)
    found: dict[str, list[ServiceDirection]] = {}
    tags: dict[str, Mapping[str, str]] = {}
    for ref, directions in _by_line(drawn).items():
        tags[ref] = directions[0].tags
        found.setdefault(ref, []).extend(_drawn(work, ref, directions))
    for ref, sequences in _by_line(listed).items():
        tags.setdefault(ref, sequences[0].tags)
        found.setdefault(ref, []).extend(d for s in sequences if (d := _listed(work, ref, s)) is not None)
    for heap in segments:
        tags.setdefault(heap.line, heap.tags)
        found.setdefault(heap.line, []).extend(_segments(work, heap))
    lines = []
    for ref, made in found.items():
        if made:
            mode = _mode(work, ref, tags[ref])
            color = tags[ref].get("colour", tags[ref].get("color", "")).lstrip("#").upper()
            color = color if re.fullmatch(r"[0-9A-F]{6}", color) else ""
            lines.append(ServiceLine(f"line:{ref}", ref, ROUTE_TYPE[mode], tuple(made), color))
    lines.sort(key=lambda line: (len(line.name), line.name))
    work.report.stops(table, given)
    return tuple(lines), table.frame(), work.report.findings(len(found), len(lines))


def _no_stops() -> pl.DataFrame:
    text = dict.fromkeys(("stop_id", "name", "source"), pl.String)
    return pl.DataFrame(schema={**text, "lon": pl.Float64, "lat": pl.Float64})


def _first(drawn: Sequence[Drawn], listed: Sequence[Listed], segments: Sequence[Segments]) -> tuple[float, float]:
    if drawn:
        return float(drawn[0].lonlat[0, 0]), float(drawn[0].lonlat[0, 1])
    if listed:
        return listed[0].stops[0].lon, listed[0].stops[0].lat
    return float(segments[0].ways[0][0, 0]), float(segments[0].ways[0][0, 1])


def _by_line(rows: Sequence[T]) -> dict[str, list[T]]:
    out: dict[str, list[T]] = {}
    for r in rows:
        out.setdefault(r.line, []).append(r)
    return out


def _mode(work: _Work, ref: str, tags: Mapping[str, str]) -> str:
    mode = (tags.get("mode") or tags.get("route") or "bus").lower()
    mode = {"marshrutka": "share_taxi", "minibus": "share_taxi"}.get(mode, mode)
    if mode not in ROUTE_TYPE:
        raise InputError(
            f'line "{ref}": the mode "{mode}" is none of {", ".join(ROUTE_TYPE)}', file=work.file, field="mode"
        )
    return mode


def _spans(work: _Work, ref: str, tags: Mapping[str, str]) -> tuple[tuple[int, int, int], ...]:
    default = work.default_headways.get(_mode(work, ref, tags), DEFAULT_HEADWAYS["bus"])
    spans, no_headway, no_hours = spans_of(tags, default)
    if no_headway and any(tags.get(k) for k in ("headway", "interval", "frequency")):
        said = tags.get("headway") or tags.get("interval") or tags.get("frequency")
        raise InputError(
            f'line "{ref}": the headway "{said}" is not minutes above zero', file=work.file, field="headway"
        )
    work.report.assumed_times(ref, no_headway, no_hours)
    return spans


def _drawn(work: _Work, ref: str, directions: Sequence[Drawn]) -> list[ServiceDirection]:
    """Directions drawn as lines; one alone that is no loop gets its way back."""
    out = []
    ways = [(d.lonlat, d.tags) for d in directions]
    if len(ways) == 1 and ways[0][1].get("oneway", ways[0][1].get("roundtrip", "")) not in ("yes", "true", "1"):
        xy = to_metres(ways[0][0][:, 0], ways[0][0][:, 1], work.crs)
        if float(np.hypot(*(xy[0] - xy[-1]))) >= LOOP_METRES:
            ways.append((ways[0][0][::-1], {**ways[0][1], "to": ways[0][1].get("from", "")}))
            work.report.return_assumed(ref)
    for lonlat, tags in ways:
        graph, own = _chain(lonlat, work.crs)
        laid = Laid(own, (), dict(tags), 0, ref)
        made = direction_from_path(laid, graph, work.table, _spans(work, ref, tags), work.speeds, work.report, ref,
                                   drive_on_left=work.drive_on_left)  # fmt: skip
        if made is not None:
            out.append(made)
    return out


def _chain(lonlat: F64, crs: str) -> tuple[LinkGraph, tuple[int, ...]]:
    """Make a graph of one link from a drawn line."""
    line = LineString(to_metres(lonlat[:, 0], lonlat[:, 1], crs))
    graph = LinkGraph(
        2, np.array([0]), np.array([1]), np.array([line.length]), np.array([True, False]),
        np.array([line], dtype=object), ("",), crs,
    )  # fmt: skip
    return graph, (0,)


def _listed(work: _Work, ref: str, listed: Listed) -> ServiceDirection | None:
    """A direction given as a sequence of stops."""
    at = [work.table.member("line:", p.number, p.name, p.lon, p.lat) for p in listed.stops]
    spans = _spans(work, ref, listed.tags)
    if listed.lonlat is None and work.streets is not None:
        graph, router = work.streets
        runs = router.route(np.array([work.table.xy[i] for i in at]))
        if len(runs) == 1:
            laid = Laid(tuple(runs[0]), tuple(at), dict(listed.tags), 0, ref, ordered=True)
            made = direction_from_path(laid, graph, work.table, spans, work.speeds, work.report, ref,
                                       drive_on_left=work.drive_on_left)  # fmt: skip
            if made is not None and len(made.stop_ids) == len(at):
                work.report.note("from_stops", ref)
                return _timed(made, listed)
    way = None
    if listed.lonlat is not None:
        way = LineString(np.round(listed.lonlat, 7))
    xy = np.array([work.table.xy[i] for i in at])
    steps = np.hypot(*np.diff(xy, axis=0).T) * CROW_FACTOR
    seconds = np.concatenate([[0.0], np.cumsum(steps / (work.speeds.other / 3.6))])
    seconds[1:] += work.speeds.dwell * np.arange(len(at) - 1)
    whole = tuple(int(v) for v in np.floor(seconds + 0.5))
    name = work.table.names[at[-1]] or ""
    made = ServiceDirection(tuple(work.table.ids[i] for i in at), whole, way, spans, listed.tags.get("to", name))
    if way is None:
        work.report.note("undrawn", ref)
    return _timed(made, listed)


def _timed(made: ServiceDirection, listed: Listed) -> ServiceDirection:
    """Put the run times of the file in place of the modelled ones."""
    if listed.seconds is None:
        return made
    return ServiceDirection(made.stop_ids, listed.seconds, made.geometry, made.spans, made.headsign)


def _segments(work: _Work, heap: Segments) -> list[ServiceDirection]:
    """A line given as a heap of OSM ways: both directions are worked out."""
    graph, own = graph_from_lines(heap.ways, heap.oneway, heap.highway, work.crs, join=GAP_METRES)
    members = [
        Member(links, frozenset(a for k in links for a in (2 * k, 2 * k + 1) if graph.open[a]))
        for links in own
        if links
    ]
    walks = walk_unordered(graph, members)
    work.report.note("unordered", heap.line)
    if not walks:
        work.report.note("dropped", heap.line)
        return []
    for topic, metres in _gaps(walks):
        if metres > 30:
            work.report.note(topic, heap.line, metres=metres)
    missed = (1 - coverage(graph, members, walks)) * float(graph.length.sum())
    if missed > 500:
        work.report.note("uncovered", heap.line, metres=missed)
    chosen = tuple(dict.fromkeys(work.table.member("n", p.number, p.name, p.lon, p.lat) for p in heap.points))
    out = []
    for walk in walks:
        piece = max(walk.pieces, key=lambda p: length_of(graph, p))
        laid = Laid(piece, chosen, dict(heap.tags), 0, heap.line)
        spans = _spans(work, heap.line, heap.tags)
        made = direction_from_path(laid, graph, work.table, spans, work.speeds, work.report,
                                   heap.line, drive_on_left=work.drive_on_left)  # fmt: skip
        if made is not None:
            out.append(made)
    return out


def _gaps(walks: Sequence[Walk]) -> tuple[tuple[Topic, float], ...]:
    return ("bridged", sum(w.bridged for w in walks)), ("against", sum(w.against for w in walks))
