"""From the member ways of a route relation, in whatever order, to the ways that its buses drive."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from shaar.engine.prepare.lines_graph import LinkGraph, Router

#: A gap between members is closed along bus-legal streets when it is not longer than this (m).
GAP_METRES = 1500.0
#: Streets that are not members cost this many times their length, so that members are followed where they lead on.
STRAY = 8.0
#: Members driven against traffic rules or role cost this many times their length: only where nothing else leads on.
AGAINST = 20.0
#: Ends of a line nearer than this (m) to each other: it is a loop, and there is no other direction to look for.
LOOP_METRES = 250.0


@dataclass(frozen=True, slots=True)
class Member:
    """A member way as arcs that its role allows; ``links`` all its links in the order of the way's nodes."""

    links: tuple[int, ...]
    arcs: frozenset[int]


@dataclass(frozen=True, slots=True)
class Walk:
    """What was made of the members.

    ``pieces`` holds the unbroken runs of arcs of one direction in order, one where no gap is left; ``bridged`` metres
    of streets that were not members; ``against`` metres driven against the traffic rules of the data; ``skipped``
    member ways that the walk does not touch.
    """

    pieces: tuple[tuple[int, ...], ...]
    bridged: float = 0.0
    against: float = 0.0
    skipped: int = 0


def member(graph: LinkGraph, links: Sequence[int], role: str) -> Member:
    """Read a member's role: ``forward`` or ``backward`` allow one direction of the way, others what traffic rules do.

    A way that buses may run in neither direction is taken as the role says all the same: the relation is the better
    witness that buses do run there.
    """
    allowed: set[int] = set()
    word = role.lower().split(":")[0].strip()
    for k in links:
        arcs = {2 * k, 2 * k + 1}
        if word.startswith("forward"):
            arcs = {2 * k}
        elif word.startswith("backward"):
            arcs = {2 * k + 1}
        legal = {a for a in arcs if graph.open[a]}
        if not legal and not (graph.open[2 * k] or graph.open[2 * k + 1]):
            legal = arcs
        allowed |= legal
    return Member(tuple(links), frozenset(allowed))


def _local(graph: LinkGraph, arcs: frozenset[int], start: int, goals: set[int]) -> tuple[list[int], float] | None:
    """Shortest way from a node to the nearest goal over a few arcs (a member way): arcs and metres."""
    out: dict[int, list[tuple[int, int]]] = {}
    for a in sorted(arcs):
        u, v = graph.ends(a)
        out.setdefault(u, []).append((a, v))
    heap: list[tuple[float, int]] = [(0.0, start)]
    best, came = {start: 0.0}, dict[int, int]()
    while heap:
        d, u = heapq.heappop(heap)
        if d > best[u]:
            continue
        if u in goals:
            path: list[int] = []
            node = u
            while node in came:
                path.append(came[node])
                node = graph.ends(came[node])[0]
            return path[::-1], d
        for a, v in out.get(u, ()):
            nd = d + float(graph.length[a >> 1])
            if nd < best.get(v, np.inf):
                best[v], came[v] = nd, a
                heapq.heappush(heap, (nd, v))
    return None


def _nodes(graph: LinkGraph, m: Member) -> set[int]:
    return {int(n) for k in m.links for n in (graph.tail[k], graph.head[k])}


def _node_xy(graph: LinkGraph, m: Member) -> dict[int, npt.NDArray[np.float64]]:
    out = {}
    for k in m.links:
        c = shapely.get_coordinates(graph.lines[k])
        out[int(graph.tail[k])], out[int(graph.head[k])] = c[0], c[-1]
    return out


def walk_in_order(graph: LinkGraph, members: Sequence[Member], router: Router) -> Walk:
    """Follow the members in their order.

    From each member the walk goes to the nearest node shared with the next one; roundabouts are left where the next
    member starts. A gap is bridged by the shortest bus-legal path up to ``GAP_METRES``, else the walk is split.
    """
    pieces: list[list[int]] = [[]]
    bridged = against = 0.0
    skipped = 0
    nodes = [_nodes(graph, m) for m in members]
    at: int | None = None
    for i, m in enumerate(members):
        later = next((j for j in range(i + 1, len(members)) if nodes[j]), None)
        shared = nodes[i] & nodes[later] if later is not None else set()
        xy = _node_xy(graph, m)
        if at is None or at not in nodes[i]:
            start = _entrance(graph, m, shared, xy, at)
            if at is not None:
                bridge = router.path(at, start, GAP_METRES)
                if bridge is None:
                    pieces.append([])
                else:
                    bridged += sum(float(graph.length[a >> 1]) for a in bridge)
                    pieces[-1] += bridge
            at = start
        if shared:
            goals = shared
        elif later is not None:
            there = np.array(list(_node_xy(graph, members[later]).values()))
            goals = {min(sorted(xy), key=lambda n: float(np.hypot(*(there - xy[n]).T).min()))}
        else:
            a, b = _way_ends(graph, m)
            goals = {b if at == a else a} if at in (a, b) else {a, b}
            if a == b:
                goals = {a}
        if at in goals and later is not None:
            skipped += 1
            continue
        found = _local(graph, m.arcs, at, goals)
        if found is None or (not found[0] and at not in goals):
            found = _local(graph, frozenset(x for k in m.links for x in (2 * k, 2 * k + 1)), at, goals)
            if found is None:
                skipped += 1
                continue
            against += sum(float(graph.length[a >> 1]) for a in found[0] if a not in m.arcs)
        pieces[-1] += found[0]
        if found[0]:
            at = graph.ends(found[0][-1])[1]
    kept = tuple(tuple(p) for p in pieces if p)
    return Walk(kept, bridged, against, skipped)


def _way_ends(graph: LinkGraph, m: Member) -> tuple[int, int]:
    """First and last node of a member way."""
    return int(graph.tail[m.links[0]]), int(graph.head[m.links[-1]])


def _entrance(
    graph: LinkGraph, m: Member, shared: set[int], xy: dict[int, npt.NDArray[np.float64]], at: int | None
) -> int:
    """Where to enter a member that the walk does not touch: the end away from the next member."""
    a, b = _way_ends(graph, m)
    ends = [n for n in (a, b) if n not in shared] or [a, b]
    if len(ends) == 2 and at is None:
        for n in ends:  # the end from which the arcs lead out
            if any(graph.ends(arc)[0] == n for arc in m.arcs):
                return n
    return ends[0]


def walk_unordered(graph: LinkGraph, members: Sequence[Member]) -> tuple[Walk, ...]:
    """Find the two termini of a heap of ways and the ways between them, one walk for each direction.

    The termini are the two member nodes farthest apart by the way (double sweep); each direction is the shortest path
    over the arcs that roles and traffic rules allow, where streets that are not members cost ``STRAY`` times more and
    members against the rules ``AGAINST`` times.
    Runs of more than ``GAP_METRES`` off the members split the walk.
    """
    arcs = frozenset().union(*(m.arcs for m in members))
    both = frozenset(x for m in members for k in m.links for x in (2 * k, 2 * k + 1))
    if not both:
        return ()
    length2 = np.repeat(graph.length, 2)
    everywhere = np.where(graph.open, length2 * STRAY, np.inf)
    chosen, legal = (np.fromiter(sorted(v), dtype=np.int64, count=len(v)) for v in (both, arcs))
    either_way = everywhere.copy()
    either_way[chosen] = length2[chosen]
    sweep = Router(graph, either_way)
    candidates = sorted({n for a in both for n in graph.ends(a)})
    a = _farthest(sweep, candidates[0], candidates)
    b = _farthest(sweep, a, candidates)
    cost = everywhere
    cost[chosen] = length2[chosen] * AGAINST
    cost[legal] = length2[legal]
    router = Router(graph, cost)
    walks = []
    for source, target in ((a, b), (b, a)):
        path = router.path(source, target)
        if path:
            walks.append(_cut(graph, path, arcs, both))
    return tuple(w for w in walks if w.pieces)


def _farthest(router: Router, source: int, candidates: Sequence[int]) -> int:
    d, _ = router.from_nodes([source])
    reach = d[0][list(candidates)]
    return candidates[int(np.argmax(np.where(np.isfinite(reach), reach, -1.0)))]


def _cut(graph: LinkGraph, path: Sequence[int], arcs: frozenset[int], both: frozenset[int]) -> Walk:
    """Split a path where it leaves the members for too long; measure what is off them and against the rules."""
    pieces: list[list[int]] = [[]]
    stray: list[int] = []
    bridged = against = 0.0
    for a in path:
        if a not in both:
            stray.append(a)
            continue
        length = length_of(graph, stray)
        if length > GAP_METRES:
            pieces.append([])
        else:
            pieces[-1] += stray
            bridged += length
        stray = []
        pieces[-1].append(a)
        against += 0.0 if a in arcs else float(graph.length[a >> 1])
    return Walk(tuple(tuple(p) for p in pieces if p), bridged, against)


def length_of(graph: LinkGraph, arcs: Sequence[int]) -> float:
    """Metres of a run of arcs."""
    return float(sum(graph.length[a >> 1] for a in arcs))


def coverage(graph: LinkGraph, members: Sequence[Member], walks: Sequence[Walk]) -> float:
    """Share of the member ways' length that the walks drive, in either direction."""
    links = {k for m in members for k in m.links}
    driven = {a >> 1 for w in walks for p in w.pieces for a in p}
    whole = float(sum(graph.length[k] for k in sorted(links)))
    return float(sum(graph.length[k] for k in sorted(links & driven))) / whole if whole else 0.0
