"""Lay a line on the streets when only its stops are known: the cheapest bus-legal way past all of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import shapely

from shaar.engine.prepare.lines_graph import LinkGraph, Router

F64 = npt.NDArray[np.float64]

#: Streets farther than this (m) from a stop are not tried for it.
REACH = 60.0
#: Streets tried for each stop.
CANDIDATES = 6
#: A metre off the street counts like this many metres of way, so that the nearest street wins unless it is a long way
#: round.
OFF_WEIGHT = 4.0
#: Metres added where the stop would be on the wrong side of the street.
WRONG_SIDE = 120.0


class StopRouter:
    """Finds ways past stops; keeps a spatial index of the open links."""

    def __init__(self, graph: LinkGraph, router: Router, *, drive_on_left: bool = False) -> None:
        """Take a graph and shortest paths over it."""
        self.graph, self.router = graph, router
        self._sign = -1.0 if drive_on_left else 1.0
        self._links = np.flatnonzero(graph.open[0::2] | graph.open[1::2])
        self._index = shapely.STRtree(graph.lines[self._links])

    def _candidates(self, x: float, y: float) -> list[tuple[int, float, float]]:
        """(arc, metres along the arc, cost) of the streets at a stop."""
        point = shapely.Point(x, y)
        near = self._links[self._index.query(point, predicate="dwithin", distance=REACH)]
        out = []
        for k in near.tolist():
            line = self.graph.lines[k]
            s = float(line.project(point))
            scale = float(self.graph.length[k]) / max(line.length, 1e-9)
            p, q = (np.array(line.interpolate(v).coords[0]) for v in (max(0.0, s - 1), min(line.length, s + 1)))
            foot = np.array(line.interpolate(s).coords[0])
            cross = (q - p)[0] * (y - foot[1]) - (q - p)[1] * (x - foot[0])
            off = float(np.hypot(x - foot[0], y - foot[1]))
            for arc in (2 * k, 2 * k + 1):
                if self.graph.open[arc]:
                    right = -cross * self._sign * (-1 if arc & 1 else 1)
                    along = (line.length - s if arc & 1 else s) * scale
                    wrong = WRONG_SIDE if right < 0 and off > 3.0 else 0.0
                    out.append((arc, along, OFF_WEIGHT * off + wrong))
        return sorted(out, key=lambda c: (c[2], c[0]))[:CANDIDATES]

    def route(self, xy: F64) -> list[list[int]]:
        """Arcs past points in order, shape (n, 2) metres; broken where no way of reasonable length leads on.

        The choice of street for each stop minimises way length plus distance to the stop (dynamic programme over the
        candidates of consecutive stops, as in hidden Markov map matching, Newson and Krumm 2009).
        """
        runs: list[list[int]] = []
        options = [self._candidates(float(x), float(y)) for x, y in xy]
        start = 0
        while start < len(options):
            end = start
            while end + 1 < len(options) and options[end + 1] and options[end]:
                end += 1
            if end > start:
                runs += self._run(xy[start : end + 1], options[start : end + 1])
            start = end + 1
        return [r for r in runs if r]

    def _run(self, xy: F64, options: Sequence[list[tuple[int, float, float]]]) -> list[list[int]]:
        g = self.graph
        cost = [c[2] for c in options[0]]
        back: list[list[int]] = []
        legs: list[dict[tuple[int, int], list[int]]] = []
        for i in range(1, len(options)):
            crow = float(np.hypot(*(xy[i] - xy[i - 1])))
            limit = 4 * crow + 1500.0
            heads = sorted({g.ends(c[0])[1] for c in options[i - 1]})
            d, p = self.router.from_nodes(heads, limit)
            row = {n: j for j, n in enumerate(heads)}
            new, came, leg = [], [], dict[tuple[int, int], list[int]]()
            for b, (arc, along, off) in enumerate(options[i]):
                best, best_a = np.inf, -1
                tail = g.ends(arc)[0]
                for a, (arc0, along0, _) in enumerate(options[i - 1]):
                    if arc == arc0 and along >= along0:
                        way = along - along0
                    else:
                        j = row[g.ends(arc0)[1]]
                        way = float(g.length[arc0 >> 1]) - along0 + float(d[j, tail]) + along
                        if arc == arc0 ^ 1:
                            way += 300.0  # turning round on the spot
                    if cost[a] + way < best:
                        best, best_a = cost[a] + way, a
                new.append(best + off)
                came.append(best_a)
                if best_a >= 0:
                    arc0, along0, _ = options[i - 1][best_a]
                    if not (arc == arc0 and along >= along0):
                        leg[best_a, b] = self.router.arcs(p[row[g.ends(arc0)[1]]], tail)
            if not np.isfinite(new).any():  # no way on: end the run here and start another
                return [self._trace(options[:i], cost, back, legs), *self._run(xy[i:], options[i:])]
            cost = new
            back.append(came)
            legs.append(leg)
        return [self._trace(options, cost, back, legs)]

    def _trace(
        self,
        options: Sequence[list[tuple[int, float, float]]],
        cost: list[float],
        back: list[list[int]],
        legs: list[dict[tuple[int, int], list[int]]],
    ) -> list[int]:
        if len(options) < 2:
            return []
        b = int(np.argmin(cost))
        out = [options[-1][b][0]]
        for i in range(len(options) - 1, 0, -1):
            a = back[i - 1][b]
            if (a, b) in legs[i - 1]:
                out = [options[i - 1][a][0], *legs[i - 1][a, b], *out]
            b = a
        return out
