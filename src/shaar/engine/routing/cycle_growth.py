"""What building something would bring: candidates, their exact gains, and rows of costs that follow what is built."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numba
import numpy as np
import numpy.typing as npt

from shaar.engine.routing import cycle_kernels as kernels
from shaar.engine.routing.cycle_network import CycleNet, Points

F64 = npt.NDArray[np.float64]
I32 = npt.NDArray[np.int32]
Kind = Literal["track", "crossing", "link"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something that could be built: a track along a street, a safe crossing, or a new link.

    ``arcs`` become calm; ``metres`` is what it takes of the budget; ``nodes`` are all nodes that it touches.
    """

    kind: Kind
    arcs: I32
    metres: float
    nodes: I32
    name: str = ""


class Growth:
    """Least costs between points, kept exact while arcs become cheaper one group after another.

    Parameters
    ----------
    net, points
        The network, and where trips begin and end.
    before, after
        Cost of every arc today and once it is built, shape (m,), ``after <= before``; inf: not usable.
    weight
        Shape (p, p): what pairs of points count.
    limit
        Costs above it are not looked for.
    counted
        "fall": the gain is the weighted fall of min(cost, limit); "within": the weight of pairs that come within it.
    """

    def __init__(
        self,
        net: CycleNet,
        points: Points,
        before: F64,
        after: F64,
        weight: F64,
        limit: float,
        counted: Literal["fall", "within"] = "fall",
    ) -> None:
        self.net, self.points, self.limit = net, points, float(limit)
        self.cost, self.after = before.astype(np.float64).copy(), np.minimum(after, before).astype(np.float64)
        self.weight = np.ascontiguousarray(weight, dtype=np.float64)
        self.counted = 1 if counted == "within" else 0
        self.node_ptr, self.node_point = points.at_nodes(net.n_nodes)
        self.dist = kernels.full_rows(points.node, self.limit, net.ptr, net.head, self.cost, numba.get_num_threads())

    def gain(self, arcs: I32) -> float:
        """Return the exact gain if these arcs were built now; nothing changes."""
        return self._change(arcs, commit=False)

    def build(self, arcs: I32) -> float:
        """Build these arcs and return their gain."""
        return self._change(arcs, commit=True)

    def flows(self) -> F64:
        """Weights that travel over each arc on least-cost paths now, shape (m,)."""
        n, limit = self.net, self.limit
        return kernels.flow_rows(
            self.points.node, limit, n.ptr, n.head, n.tail, self.cost, self.node_ptr, self.node_point, self.weight,
            numba.get_num_threads(),
        )  # fmt: skip

    def between(self) -> F64:
        """Costs from point to point, shape (p, p), inf beyond the limit."""
        return self.dist[:, self.points.node]

    def _change(self, arcs: I32, *, commit: bool) -> float:
        a = np.asarray(arcs, np.int32)
        a = a[self.after[a] < self.cost[a]]
        if not len(a):
            return 0.0
        old = self.cost[a].copy()
        self.cost[a] = self.after[a]
        n = self.net
        gains = kernels.cheaper_rows(
            self.dist, a, self.limit, n.ptr, n.head, n.tail, self.cost, commit, self.node_ptr, self.node_point,
            self.weight, self.counted, numba.get_num_threads(),
        )  # fmt: skip
        if not commit:
            self.cost[a] = old
        return float(gains.sum())


def total(growth: Growth) -> float:
    """Weighted sum of min(cost, limit), or weight within the limit: what gains are differences of (up to sign)."""
    m = growth.between()
    if growth.counted:
        return float(growth.weight[m <= growth.limit].sum())
    return float((growth.weight * np.minimum(m, growth.limit)).sum())


def union(n: int, pairs: Sequence[npt.NDArray[np.integer]]) -> I32:
    """Label the connected parts of a graph of n nodes after its arcs, given as arrays (tail, head); labels by size."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    tail, head = pairs
    matrix = coo_array((np.ones(len(tail), np.int8), (tail, head)), shape=(n, n))
    _, label = connected_components(matrix, directed=False)
    size = np.bincount(label, minlength=1)
    rank = np.empty(len(size), np.int32)
    rank[np.argsort(-size, kind="stable")] = np.arange(len(size), dtype=np.int32)
    return rank[label]
