"""Lines that do not wind: cut routes where they turn back on themselves, and join ends where the way goes on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.sparse.csgraph import dijkstra

from shaar.engine.design.instance import Instance, Route, RouteSet

F64 = npt.NDArray[np.float64]

#: A route may take this many minutes more than the ratio allows: on short lines a ratio says little.
SLACK_MINUTES = 4.0
#: A line shorter than this (min) is lengthened, or left out where others serve its groups.
SHORT_MINUTES = 15.0


def shortest_minutes(instance: Instance) -> F64:
    """Least run time between any two nodes along links, shape (n, n), minutes."""
    return dijkstra(np.where(np.isfinite(instance.time), instance.time, 0.0))


def winds(minutes: float, shortest: float, ratio: float) -> bool:
    """Say whether a way is longer than ``ratio`` times the shortest plus a few minutes."""
    return minutes > ratio * shortest + SLACK_MINUTES


def straighten(instance: Instance, routes: RouteSet, *, ratio: float = 1.4, shortest: F64 | None = None) -> RouteSet:
    """Cut winding routes into pieces that do not wind, then join pieces and routes end to end where that is straight.

    A route between two groups may take ``ratio`` times the shortest run time between its ends, plus 4 minutes. The cut
    of a route keeps as many direct trips as possible (dynamic programme over cut places, each new line costs 2 % of
    the route's direct trips). Joining takes the pair that wins most direct trips first and keeps to ``ratio``,
    ``max_minutes`` and ``max_nodes``; cut places may become termini. A line left with less than 15 minutes is dropped
    where other lines serve all its groups, and lengthened to where most direct trips per minute are otherwise.

    Returns
    -------
    RouteSet
        Every node served before is served still; the number of routes may differ.
    """
    shortest = shortest_minutes(instance) if shortest is None else shortest
    both = instance.demand + instance.demand.T
    pieces: list[Route] = []
    for route in routes:
        pieces += _cut(instance, route, both, shortest, ratio)
    lines = _join(instance, _without_parts(pieces), both, shortest, ratio)
    return tuple(_without_parts(_lengthen(instance, lines, both, shortest, ratio)))


def _cut(instance: Instance, route: Route, both: F64, shortest: F64, ratio: float) -> list[Route]:
    nodes = np.asarray(route)
    m = len(nodes)
    at = np.concatenate([[0.0], np.cumsum(instance.time[nodes[:-1], nodes[1:]])])
    if not winds(at[-1], shortest[nodes[0], nodes[-1]], ratio):
        return [route]
    trips = both[np.ix_(nodes, nodes)]
    # within[i, j]: direct trips between the nodes i..j of the route.
    within = np.zeros((m, m))
    for j in range(1, m):
        column = np.cumsum(trips[:j, j][::-1])[::-1]
        within[:j, j] = within[:j, j - 1] + column
    fee = 0.02 * within[0, -1]
    value, back = np.full(m, -np.inf), np.zeros(m, np.int64)
    value[0] = 0.0
    for j in range(1, m):
        for i in range(j):
            if j - i > 1 and winds(at[j] - at[i], shortest[nodes[i], nodes[j]], ratio):
                continue
            worth = value[i] + within[i, j] - fee * (1.0 if instance.terminal[nodes[j]] or j == m - 1 else 2.0)
            if worth > value[j]:
                value[j], back[j] = worth, i
    pieces = []
    j = m - 1
    while j > 0:
        pieces.append(tuple(int(v) for v in nodes[back[j] : j + 1]))
        j = int(back[j])
    return pieces[::-1]


def _without_parts(pieces: Sequence[Route]) -> list[Route]:
    """Drop pieces that another piece contains as a stretch, either way round."""
    text = [f",{','.join(map(str, p))}," for p in pieces]
    turned = [f",{','.join(map(str, p[::-1]))}," for p in pieces]
    kept = []
    for k, piece in enumerate(pieces):
        inside = any(
            text[k] in whole or turned[k] in whole
            for q, whole in enumerate(text)
            if q != k and (len(pieces[q]) > len(piece) or (len(pieces[q]) == len(piece) and q < k))
        )
        if not inside:
            kept.append(piece)
    return kept


def _join(instance: Instance, pieces: list[Route], both: F64, shortest: F64, ratio: float) -> list[Route]:
    lines = list(pieces)
    while True:
        best, pair = 0.0, None
        for a in range(len(lines)):
            for b in range(a + 1, len(lines)):
                joined = _joined(instance, lines[a], lines[b], shortest, ratio)
                if joined is None:
                    continue
                gain = float(both[np.ix_(lines[a], lines[b])].sum())
                if gain > best:
                    best, pair = gain, (a, b, joined)
        if pair is None:
            return lines
        a, b, joined = pair
        lines[a] = joined
        del lines[b]


def _joined(instance: Instance, a: Route, b: Route, shortest: F64, ratio: float) -> Route | None:
    for x in (a, a[::-1]):
        for y in (b, b[::-1]):
            if x[-1] != y[0]:
                continue
            whole = (*x, *y[1:])
            if len(whole) > instance.max_nodes or len(set(whole)) < len(whole):
                continue
            nodes = np.asarray(whole)
            minutes = float(instance.time[nodes[:-1], nodes[1:]].sum())
            if minutes > instance.max_minutes or winds(minutes, shortest[whole[0], whole[-1]], ratio):
                continue
            return whole
    return None


def _lengthen(instance: Instance, lines: list[Route], both: F64, shortest: F64, ratio: float) -> list[Route]:
    """Drop short lines that nobody needs and run the others on to a terminal that many of their people want."""

    def minutes(route: Route) -> float:
        nodes = np.asarray(route)
        return float(instance.time[nodes[:-1], nodes[1:]].sum())

    count = np.zeros(instance.n, np.int64)
    for line in lines:
        count[list(line)] += 1
    _, before = dijkstra(np.where(np.isfinite(instance.time), instance.time, 0.0), return_predecessors=True)
    kept = []
    for line in sorted(lines, key=lambda x: (minutes(x), x)):
        if minutes(line) >= SHORT_MINUTES or len(lines) == 1:
            kept.append(line)
            continue
        if (count[list(line)] > 1).all():
            count[list(line)] -= 1
            continue
        best, longest = 0.0, line
        for start in (line, line[::-1]):
            for goal in np.flatnonzero(instance.terminal):
                if goal in line or not np.isfinite(shortest[start[-1], goal]):
                    continue
                way = [int(goal)]
                while way[-1] != start[-1]:
                    way.append(int(before[start[-1], way[-1]]))
                whole = (*start, *way[-2::-1])
                run = minutes(whole)
                if (
                    len(whole) > instance.max_nodes or len(set(whole)) < len(whole) or run > instance.max_minutes
                    or run < SHORT_MINUTES or winds(run, shortest[whole[0], whole[-1]], ratio)
                ):  # fmt: skip
                    continue
                gain = float(both[np.ix_(start, way[:-1])].sum()) / run
                if gain > best:
                    best, longest = gain, whole
        count[list(set(longest) - set(line))] += 1
        kept.append(longest)
    return kept
