"""One direction of a line: from a relation's members to a path, and from a path to stops and run times."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely import LineString
from shapely.ops import substring

from shaar.engine.city.extract import Relation, Tags
from shaar.engine.prepare.lines_graph import LinkGraph, Router, to_degrees
from shaar.engine.prepare.lines_match import StopRouter
from shaar.engine.prepare.lines_report import Report
from shaar.engine.prepare.lines_stops import (
    REACH,
    StopTable,
    candidates_along,
    fill_gaps,
    in_order_along,
    stops_beside,
)
from shaar.engine.prepare.lines_times import SpeedRules, run_times
from shaar.engine.prepare.lines_walk import Member, Walk, coverage, length_of, member, walk_in_order, walk_unordered
from shaar.engine.timetable.lines import ServiceDirection, Span

Places = Mapping[tuple[str, int], tuple[float, float, str | None]]

#: Pieces of a broken line shorter than this (m) are left out.
SHORTEST_PIECE = 500.0
#: Stops of a relation farther apart than this (m) on average are taken to be incomplete.
SPARSE = 2500.0


@dataclass(frozen=True, slots=True)
class Laid:
    """A path of a line.

    ``stops`` indexes the table of stops: in the order of service where ``ordered``, else a choice of stops whose side
    and order follow from the path. ``part`` numbers the parts of a line that a gap divides.
    """

    arcs: tuple[int, ...]
    stops: tuple[int, ...]
    tags: Tags
    part: int
    name: str
    ordered: bool = False


def lay_members(
    relation: Relation,
    graph: LinkGraph,
    way_links: Mapping[int, tuple[int, ...]],
    router: Router,
    by_stops: StopRouter,
    table: StopTable,
    places: Places,
    report: Report,
    *,
    alone: bool,
) -> list[Laid]:
    """Lay one relation: a path for each direction and part that its members show."""
    ref = relation.tags.get("ref") or relation.tags.get("name") or f"r{relation.osm_id}"
    members: list[Member] = []
    outside = 0
    stop_refs: list[tuple[str, int, str]] = []
    for kind, number, role in relation.members:
        if kind == "n" or (kind == "w" and re.match(r"platform|stop", role)):
            stop_refs.append((kind, number, role))
        elif kind == "w" and number in way_links and way_links[number]:
            members.append(member(graph, way_links[number], role))
        elif kind == "w" and (kind, number) in places:
            stop_refs.append((kind, number, role))
        elif kind == "w":
            outside += 1
    members = [m for m in members if m.arcs]
    if outside and members:
        report.note("outside", ref, items=outside)
    if not members:
        return _lay_stops(relation, ref, stop_refs, by_stops, table, places, report)
    in_order = _best_in_order(graph, members, router)
    walks: Sequence[Walk] = (in_order,)
    if _quality(graph, members, walks) < 0.85:
        heap = walk_unordered(graph, members)
        if heap and _quality(graph, members, heap) > _quality(graph, members, walks):
            walks = heap
            report.note("unordered", ref)
    given = _member_stops(stop_refs, table, places)
    missed = (1 - coverage(graph, members, walks)) * sum(
        float(graph.length[k]) for k in {k for m in members for k in m.links}
    )
    if missed > 500:
        report.note("uncovered", ref, metres=missed)
    out = []
    for n, walk in enumerate(walks):
        if walk.bridged > 30:
            report.note("bridged", ref, metres=walk.bridged)
        if walk.against > 30:
            report.note("against", ref, metres=walk.against)
        pieces = [p for p in walk.pieces if length_of(graph, p) >= SHORTEST_PIECE] or list(walk.pieces[:1])
        if len(pieces) > 1:
            report.note("split", ref)
        for i, piece in enumerate(pieces):
            part = i if n == 0 else len(pieces) - 1 - i
            tags = relation.tags if n == 0 else {**relation.tags, "to": relation.tags.get("from", "")}
            ordered = len(walks) == 1 and len(pieces) == 1 and not alone
            out.append(Laid(piece, given, tags, part, ref, ordered))
    return out


def _best_in_order(graph: LinkGraph, members: Sequence[Member], router: Router) -> Walk:
    """Walk the members as listed, or from the last to the first where that breaks fewer rules."""
    walk = walk_in_order(graph, members, router)
    if walk.against or len(walk.pieces) > 1 or walk.bridged or walk.skipped:
        back = walk_in_order(graph, members[::-1], router)
        if _quality(graph, members, (back,)) > _quality(graph, members, (walk,)) + 1e-9:
            return back
    return walk


def _quality(graph: LinkGraph, members: Sequence[Member], walks: Sequence[Walk]) -> float:
    """Share of the members driven, less what is driven off them or against the rules, less 0.1 a break."""
    total = sum(length_of(graph, p) for w in walks for p in w.pieces)
    if not total:
        return -1.0
    off = sum(w.bridged + w.against for w in walks) / total
    return coverage(graph, members, walks) - off - 0.1 * sum(len(w.pieces) - 1 for w in walks)


def _member_stops(refs: Sequence[tuple[str, int, str]], table: StopTable, places: Places) -> tuple[int, ...]:
    """Stops of the members in their order: platforms before the stopping positions beside them, each once."""
    out: list[int] = []
    for kind, number, role in refs:
        if (kind, number) not in places:
            continue
        lon, lat, name = places[kind, number]
        before = len(table.ids)
        i = table.member(kind, number, name, lon, lat)
        if i == before and not role.startswith("platform"):
            # a stopping position on the roadway: the poles at the kerb stand for it where they are known
            poles = [j for j in table.near(*table.xy[i], 35.0) if j != i and table.source[j] != "synthesised"]
            if poles:
                for column in (table.ids, table.names, table.lon, table.lat, table.source, table.xy):
                    column.pop()
                out += [j for j in poles if j not in out]
                continue
        if i not in out:
            out.append(i)
    return tuple(out)


def _lay_stops(
    relation: Relation,
    ref: str,
    refs: Sequence[tuple[str, int, str]],
    by_stops: StopRouter,
    table: StopTable,
    places: Places,
    report: Report,
) -> list[Laid]:
    """Lay a relation without ways past its stops; words such as "(northbound)" in roles make directions."""
    labels = {_label(role) for _, _, role in refs} - {""}
    out: list[Laid] = []
    for label in sorted(labels) or [""]:
        chosen = [r for r in refs if _label(r[2]) in ("", label) and (r[0], r[1]) in places]
        at: list[int] = []
        for kind, number, _ in chosen:
            lon, lat, name = places[kind, number]
            i = table.member(kind, number, name, lon, lat)
            if i not in at:
                at.append(i)
        if len(at) < 2:
            continue
        at, changed = sensible_order(at, table)
        if changed:
            report.note("reordered", ref)
        runs = by_stops.route(np.array([table.xy[i] for i in at]))
        runs = [r for r in runs if length_of(by_stops.graph, r) >= SHORTEST_PIECE]
        if len(runs) > 1:
            report.note("split", ref)
        tags = {**relation.tags, "to": relation.tags.get("to", label)}
        out += [Laid(tuple(r), tuple(at), tags, i, ref, ordered=len(runs) == 1) for i, r in enumerate(runs)]
    if out:
        report.note("from_stops", ref)
    else:
        report.note("dropped", ref)
    return out


def _label(role: str) -> str:
    found = re.search(r"\(([^)]+)\)|^(forward|backward)\b", role)
    return (found[1] or found[2]).strip().lower() if found else ""


def sensible_order(stops: Sequence[int], table: StopTable) -> tuple[list[int], bool]:
    """Keep the given order unless going through the stops from one end to the other is much (1.5 times) shorter.

    The other order is that along the axis between the two stops farthest apart, from the end that stands first in the
    list.
    """
    xy = np.array([table.xy[i] for i in stops])
    d = np.hypot(*(xy[:, None, :] - xy[None, :, :]).transpose(2, 0, 1))
    a, b = (int(v) for v in np.unravel_index(int(np.argmax(d)), d.shape))
    a, b = min(a, b), max(a, b)
    order = np.argsort((xy - xy[a]) @ (xy[b] - xy[a]), kind="stable")
    given = float(d[np.arange(len(xy) - 1), np.arange(1, len(xy))].sum())
    other = float(d[order[:-1], order[1:]].sum())
    if given > 1.5 * other:
        return [stops[int(i)] for i in order], True
    return list(stops), False


def direction_from_path(
    laid: Laid,
    graph: LinkGraph,
    table: StopTable,
    spans: tuple[Span, ...],
    speeds: SpeedRules,
    report: Report,
    ref: str,
    *,
    drive_on_left: bool = False,
) -> ServiceDirection | None:
    """Put stops and run times on a path; None where fewer than two stops come out."""
    line = LineString(graph.path_line(laid.arcs))
    chosen = list(laid.stops)
    if chosen:
        off = shapely.distance(shapely.points(np.array([table.xy[i] for i in chosen])), line)
        chosen = [i for i, o in zip(chosen, off, strict=True) if o <= REACH]
    if chosen and not laid.ordered:
        chosen = stops_beside(table, line, chosen, drive_on_left=drive_on_left)
    enough = len(chosen) >= 2 and line.length / (len(chosen) - 1) <= SPARSE
    if not enough and not (laid.ordered and laid.stops and len(chosen) >= 2):
        known = stops_beside(table, line, candidates_along(table, line), drive_on_left=drive_on_left)
        chosen, _ = fill_gaps(table, graph, laid.arcs, line, known, prefix="synth:", drive_on_left=drive_on_left)
    if len(chosen) < 2:
        report.note("dropped", ref)
        return None
    at = in_order_along(table, line, chosen)
    if at[-1] - at[0] < 100.0:
        report.note("dropped", ref)
        return None
    report.laid(ref)
    sections = [(float(shapely.length(graph.lines[a >> 1])), graph.highway[a >> 1]) for a in laid.arcs]
    inside = substring(line, float(at[0]), float(at[-1]))
    way = LineString(np.round(to_degrees(shapely.get_coordinates(inside), graph.crs), 7))
    return ServiceDirection(
        tuple(table.ids[i] for i in chosen),
        run_times(speeds, sections, at),
        way,
        spans,
        laid.tags.get("to", "") or (table.names[chosen[-1]] or ""),
    )
