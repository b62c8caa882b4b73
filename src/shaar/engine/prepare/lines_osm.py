"""Lines from the route relations of OpenStreetMap, with everything that had to be guessed said aloud."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl
import shapely
from shapely import LineString

from shaar.engine.city.extract import OsmExtract, Relation
from shaar.engine.findings import Finding
from shaar.engine.prepare.lines_direction import Laid, direction_from_path, lay_members
from shaar.engine.prepare.lines_graph import LinkGraph, Router, graph_from_lines, graph_from_tables
from shaar.engine.prepare.lines_match import StopRouter
from shaar.engine.prepare.lines_report import Report
from shaar.engine.prepare.lines_stops import StopTable, stops_beside
from shaar.engine.prepare.lines_times import DEFAULT_HEADWAYS, SpeedRules, spans_of
from shaar.engine.prepare.lines_walk import LOOP_METRES
from shaar.engine.progress import Progress, silent
from shaar.engine.timetable.lines import ServiceDirection, ServiceLine
from shaar.engine.timetable.route_types import ROUTE_TYPE

MODES = ("bus", "trolleybus", "share_taxi", "tram")
#: The stop of the other direction stands within this distance (m) of its pair.
ACROSS = 90.0
_RAIL = {"tram": ("tram", "light_rail")}


@dataclass(slots=True)
class _Group:
    """Relations of one line: its directions and variants."""

    mode: str
    ref: str
    relations: list[Relation] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Net:
    """A graph with what it takes to lay lines on it."""

    graph: LinkGraph
    way_links: Mapping[int, tuple[int, ...]]
    router: Router
    by_stops: StopRouter


def lines_from_osm(
    extract: OsmExtract,
    nodes: pl.DataFrame,
    links: pl.DataFrame,
    way_links: Mapping[int, tuple[int, ...]],
    stops: pl.DataFrame,
    *,
    crs: str,
    default_headways: Mapping[str, int] = DEFAULT_HEADWAYS,
    speeds: SpeedRules | None = None,
    modes: Sequence[str] = MODES,
    drive_on_left: bool = False,
    progress: Progress = silent,
) -> tuple[tuple[ServiceLine, ...], pl.DataFrame, tuple[Finding, ...]]:
    """Make lines from ``type=route`` relations.

    Relations of one mode, ref and network (or operator) are one line. Members in order are followed in order; where
    that breaks too often the termini are looked for and both directions are laid over the members; relations with
    stops only are laid along the cheapest bus-legal way past them. A line known in one direction only gets the other
    one over the same streets. Details and limits: docs/timetable.md.

    Parameters
    ----------
    extract
        Its relations, points and (for trams) rail ways are read.
    nodes, links, way_links
        Street tables, and the links of each OSM way in the way's order.
    stops
        Known stops (stop_id, name, lon, lat, source).
    crs
        Projected CRS in metres.
    default_headways
        Headway (s) by mode for relations without ``interval``.
    speeds
        Running speeds by class and dwell.
    modes
        Values of ``route`` that are read.
    drive_on_left
        Stops are looked for on the left-hand side.

    Returns
    -------
    lines, stops, findings
        Lines ordered by mode and name; all stops given and those added (source "osm" from relations, "synthesised").
    """
    speeds = speeds or SpeedRules()
    groups = _groups(extract.relations, modes)
    table = StopTable.of(stops, crs)
    report = Report()
    lines: list[ServiceLine] = []
    if groups:
        nets = _nets(extract, nodes, links, way_links, crs, {g.mode for g in groups}, drive_on_left)
        places = _stop_places(
            extract, {r for g in groups for rel in g.relations for t, r, _ in rel.members if t != "r"}
        )
        used: set[str] = set()
        for i, group in enumerate(groups):
            progress("lines", i, len(groups), group.ref)
            lines += _line(
                group, nets[group.mode], table, places, default_headways, speeds, report, used, drive_on_left
            )
        progress("lines", len(groups), len(groups))
    report.stops(table, stops.height)
    return tuple(lines), table.frame(), report.findings(len(groups), len(lines))


def _groups(relations: Sequence[Relation], modes: Sequence[str]) -> list[_Group]:
    found: dict[tuple[str, str, str], _Group] = {}
    for r in sorted(relations, key=lambda r: r.osm_id):
        mode = r.tags.get("route", "")
        if mode == "minibus":
            mode = "share_taxi"
        if r.tags.get("type") != "route" or mode not in modes:
            continue
        name = r.tags.get("name", "")
        ref = r.tags.get("ref") or (m[1] if (m := re.match(r"^[^\d]{0,20}?(\d+[A-Za-zА-Яа-я]?)\b", name)) else name)
        ref = ref or f"r{r.osm_id}"
        group = found.setdefault((mode, ref, r.tags.get("network") or r.tags.get("operator") or ""), _Group(mode, ref))
        group.relations.append(r)
    return sorted(found.values(), key=lambda g: (g.mode, len(g.ref), g.ref, g.relations[0].osm_id))


def _nets(
    extract: OsmExtract,
    nodes: pl.DataFrame,
    links: pl.DataFrame,
    way_links: Mapping[int, tuple[int, ...]],
    crs: str,
    modes: set[str],
    drive_on_left: bool,
) -> dict[str, _Net]:
    """Make the graphs: streets for road modes, rails for trams."""

    def net(graph: LinkGraph, ways: Mapping[int, tuple[int, ...]]) -> _Net:
        router = Router(graph, np.where(graph.open, np.repeat(graph.length, 2), np.inf))
        return _Net(graph, ways, router, StopRouter(graph, router, drive_on_left=drive_on_left))

    out: dict[str, _Net] = {}
    road = net(graph_from_tables(nodes, links, crs), way_links) if modes - set(_RAIL) else None
    for mode in modes:
        if mode not in _RAIL:
            assert road is not None
            out[mode] = road
            continue
        ids, lines, oneway = [], [], []
        for k, tags in enumerate(extract.way_tags):
            if tags.get("railway") in _RAIL[mode]:
                at = extract.way_nodes[extract.way_ptr[k] : extract.way_ptr[k + 1]]
                ids.append(int(extract.way_id[k]))
                lines.append(np.column_stack([extract.node_lon[at], extract.node_lat[at]]))
                oneway.append({"yes": 1, "1": 1, "-1": -1}.get(tags.get("oneway", ""), 0))
        graph, own = graph_from_lines(lines, oneway, ["rail"] * len(lines), crs)
        out[mode] = net(graph, dict(zip(ids, own, strict=True)))
    return out


def _stop_places(extract: OsmExtract, wanted: set[int]) -> dict[tuple[str, int], tuple[float, float, str | None]]:
    """Place and name of the points and areas that relations refer to, by (type letter, id)."""
    out: dict[tuple[str, int], tuple[float, float, str | None]] = {}
    for f in (*extract.points, *extract.areas):
        if f.osm_id in wanted and isinstance(f.geometry, shapely.Geometry):
            c = f.geometry.centroid
            out[f.osm_type[0], f.osm_id] = (float(c.x), float(c.y), f.tags.get("name"))
    at = np.isin(extract.node_id, np.fromiter(wanted, np.int64, len(wanted)))
    for i in np.flatnonzero(at).tolist():
        key = ("n", int(extract.node_id[i]))
        name = extract.node_tags.get(i, {}).get("name")
        out.setdefault(key, (float(extract.node_lon[i]), float(extract.node_lat[i]), name))
    return out


def _line(
    group: _Group,
    net: _Net,
    table: StopTable,
    places: Mapping[tuple[str, int], tuple[float, float, str | None]],
    default_headways: Mapping[str, int],
    speeds: SpeedRules,
    report: Report,
    used: set[str],
    drive_on_left: bool,
) -> list[ServiceLine]:
    laid: list[Laid] = []
    for relation in group.relations:
        partners = len(group.relations) > 1
        laid += lay_members(relation, net.graph, net.way_links, net.router, net.by_stops, table, places, report,
                            alone=not partners)  # fmt: skip
    if not laid:
        return []
    _complete(group.ref, laid, net, table, report, drive_on_left)
    default = default_headways.get(group.mode, DEFAULT_HEADWAYS["bus"])
    by_part: dict[int, list[ServiceDirection]] = {}
    for d in laid:
        spans, no_headway, no_hours = spans_of(d.tags, default)
        report.assumed_times(group.ref, no_headway, no_hours)
        made = direction_from_path(d, net.graph, table, spans, speeds, report, group.ref, drive_on_left=drive_on_left)
        if made is not None and all(made.stop_ids != o.stop_ids for o in by_part.get(d.part, [])):
            by_part.setdefault(d.part, []).append(made)
    out = []
    tags = group.relations[0].tags
    color = tags.get("colour", "").lstrip("#").upper()
    for part in sorted(by_part):
        line_id = f"osm:r{min(r.osm_id for r in group.relations)}" + (f".{part + 1}" if part else "")
        assert line_id not in used
        used.add(line_id)
        name = group.ref + (f" ({part + 1})" if len(by_part) > 1 else "")
        color = color if re.fullmatch(r"[0-9A-F]{6}", color) else ""
        out.append(ServiceLine(line_id, name, ROUTE_TYPE[group.mode], tuple(by_part[part]), color))
    return out


def _complete(ref: str, laid: list[Laid], net: _Net, table: StopTable, report: Report, drive_on_left: bool) -> None:
    """Add the other direction of a line that is known in one only and is not a loop."""
    if len(laid) != 1:
        return
    one = laid[0]
    line = LineString(net.graph.path_line(one.arcs))
    if line.length < LOOP_METRES or one.tags.get("roundtrip") == "yes":
        return
    a, b = np.array(line.coords[0]), np.array(line.coords[-1])
    if float(np.hypot(*(a - b))) < LOOP_METRES:
        return
    back = return_path(one.arcs, net.graph)
    if back:
        opposite = _opposite(one, LineString(net.graph.path_line(back)), table, drive_on_left=drive_on_left)
        tags = {**one.tags, "to": one.tags.get("from", "")}
        laid.append(Laid(tuple(back), opposite, tags, one.part, one.name, ordered=one.ordered and len(opposite) > 1))
        report.return_assumed(ref)


def _opposite(one: Laid, back: LineString, table: StopTable, *, drive_on_left: bool) -> tuple[int, ...]:
    """Find for each stop of a direction the one across the street, else itself; in the order of the way back."""
    out: list[int] = []
    for i in reversed(one.stops):
        near = table.near(*table.xy[i], ACROSS)
        beside = stops_beside(table, back, near, drive_on_left=drive_on_left)
        best = next((j for j in near if j in beside), i)
        if best not in out:
            out.append(best)
    return tuple(out)


def return_path(arcs: Sequence[int], graph: LinkGraph) -> list[int] | None:
    """Lay the way back: the same streets the other way round where that is legal, the nearest legal ones elsewhere."""
    cost = np.where(graph.open, np.repeat(graph.length, 2) * 4.0, np.inf)
    for a in arcs:
        if graph.open[a ^ 1]:
            cost[a ^ 1] = graph.length[a >> 1]
    router = Router(graph, cost)
    return router.path(graph.ends(arcs[-1])[1], graph.ends(arcs[0])[0])
