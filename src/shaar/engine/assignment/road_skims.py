"""Skims: time, distance, toll and cost from zone to zone on an assigned road network."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from numba import njit

from shaar.engine.assignment import road_trace
from shaar.engine.assignment.road_equilibrium import RoadFlows
from shaar.engine.assignment.road_kernels import INF, tree
from shaar.engine.errors import InputError

F64 = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RoadSkims:
    """Matrices from zone to zone, shape (z, z); inf where no way leads, 0 within a zone.

    Parameters
    ----------
    cost
        Minutes with what toll and distance are worth.
    minutes
        Time, turn penalties included.
    km
        Distance.
    toll
        Money.
    """

    cost: F64
    minutes: F64
    km: F64
    toll: F64


@njit(cache=True, nogil=True)
def _skim(lo: Any, hi: Any, fs: Any, head: Any, tail: Any, blocked: Any, cost: Any, values: Any, out: Any) -> None:
    """Shortest trees from the zones lo to hi; sums of link values along them into out (k + 1, z, z), cost first."""
    nn = len(blocked)
    zones = out.shape[1]
    dist = np.empty(nn)
    pred = np.empty(nn, np.int64)
    seq = np.empty(nn, np.int64)
    keys = np.empty(nn)
    heap = np.empty(nn, np.int64)
    place = np.empty(nn, np.int64)
    total = np.empty(nn)
    for r in range(lo, hi):
        k = tree(r, fs, head, cost, blocked, dist, pred, seq, keys, heap, place)
        for z in range(zones):
            if dist[z] < INF:
                out[0, r, z] = dist[z]
        for j in range(values.shape[0]):
            total[r] = 0.0
            for q in range(1, k):
                u = seq[q]
                total[u] = total[tail[pred[u]]] + values[j, pred[u]]
                if u < zones:
                    out[j + 1, r, u] = total[u]
            out[j + 1, r, r] = 0.0


def skims(
    flows: RoadFlows, cls: int = 0, *, over: Literal["cheapest", "used"] = "cheapest", threads: int = 2
) -> RoadSkims:
    """Skim an assignment for one class.

    Parameters
    ----------
    cls
        Number of the class.
    over
        ``cheapest``: along one cheapest route at the costs found, for every pair of zones. ``used``: mean over the
        routes in use (bush proportions) of pairs with trips, the cheapest route for others. Costs of both agree to
        the gap; times, distances and tolls may differ where routes of equal cost differ in them.

    Raises
    ------
    InputError
        There is no such class.
    """
    if not 0 <= cls < len(flows.classes):
        raise InputError(f"there are {len(flows.classes)} classes, counted from 0", field="cls")
    graph, net = flows.graph, flows.network
    z = net.zones
    kind = flows.classes[cls]
    toll = net.toll if kind.toll is None else kind.toll
    moves = np.where(graph.outer < 0, graph.free, 0.0)

    def spread(values: F64) -> F64:
        return np.where(graph.outer >= 0, values[graph.outer], 0.0)

    minutes = spread(flows.minutes) + moves
    values = np.stack([minutes, spread(net.length_km), spread(toll)])
    cost = np.minimum(spread(flows.costs[cls]), INF) + moves
    out = np.full((4, z, z), np.inf)

    def step(part: tuple[int, int]) -> None:
        _skim(*part, graph.fs, graph.head, graph.tail, graph.blocked, cost, values, out)

    cuts = np.linspace(0, z, 4 * max(1, threads) + 1).astype(int).tolist()
    with ThreadPoolExecutor(max(1, threads)) as pool:
        list(pool.map(step, itertools.pairwise(cuts)))
    if over == "used":
        b = flows.bushes
        means = np.full((4, len(b.origin), z), np.nan)
        all_values = np.concatenate([cost[None], values])
        lo, hi = np.searchsorted(b.cls, [cls, cls + 1]).tolist()
        road_trace.route_means(
            lo, hi, b.origin, b.ptr, b.link, b.back, b.flow, graph.head, graph.nodes, all_values, means
        )
        some = flows.demand[cls, b.origin[lo:hi]] > 0
        for j in range(4):
            mine = out[j, b.origin[lo:hi]]
            mine[some] = means[j, lo:hi][some]
            out[j, b.origin[lo:hi]] = mine
    return RoadSkims(*out)
