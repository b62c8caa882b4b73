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
Kind = Literal["track", "path", "crossing", "link"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something that could be built: a track along a street, a footway made fit for bicycles, a crossing, a new link.

    ``arcs`` become calm and rideable; ``metres`` is what it takes of the budget; ``nodes`` are all nodes it touches.
    """

    kind: Kind
    arcs: I32
    metres: float
    nodes: I32
    name: str = ""


class Growth:
    """Least costs between points, kept exact while one candidate after another is built.

    Costs are kept from the points to the nodes of the candidates, from those nodes to the points, and between points:
    enough to know the exact gain of any candidate without searching the whole network again.

    Parameters
    ----------
    net, points
        The network, and where trips begin and end.
    candidates
        What may be built.
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
        candidates: Sequence[Candidate],
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
        own = [np.unique(np.concatenate([net.tail[c.arcs], net.head[c.arcs]])) for c in candidates]
        empty = np.zeros(0, np.int32)
        self.nodes = np.concatenate([*own, empty]).astype(np.int32)
        self.node_of = np.concatenate([[0], np.cumsum([len(o) for o in own])]).astype(np.int64)
        self.arcs = np.concatenate([*(c.arcs for c in candidates), empty]).astype(np.int32)
        self.arc_of = np.concatenate([[0], np.cumsum([len(c.arcs) for c in candidates])]).astype(np.int64)
        self.a_tail = np.concatenate([*(np.searchsorted(o, net.tail[c.arcs]) for o, c in zip(own, candidates)), empty])
        self.a_head = np.concatenate([*(np.searchsorted(o, net.head[c.arcs]) for o, c in zip(own, candidates)), empty])
        self.a_tail, self.a_head = self.a_tail.astype(np.int32), self.a_head.astype(np.int32)
        self.kept = np.unique(self.nodes)
        self.place = np.searchsorted(self.kept, self.nodes).astype(np.int64)
        self._back = np.argsort(net.head, kind="stable")
        self._back_ptr = np.searchsorted(net.head[self._back], np.arange(net.n_nodes + 1)).astype(np.int32)
        self._back_head = net.tail[self._back]
        both = np.concatenate([self.kept, points.node])
        ways = self._ways(points.node, both)
        self.to, self.between = ways[:, : len(self.kept)].copy(), ways[:, len(self.kept) :].copy()
        self.back = self._ways(points.node, self.kept, backward=True)

    def gains(self, which: npt.ArrayLike) -> F64:
        """Return the exact gains of candidates, each built alone now, shape (k,); nothing changes."""
        n = self.net
        return kernels.piece_gains(
            np.atleast_1d(np.asarray(which, np.int64)), self.arc_of, self.arcs, self.a_tail, self.a_head, self.node_of,
            self.nodes, self.place, self.cost, self.after, n.ptr, n.head, self.to, self.back, self.between, self.weight,
            self.limit, self.counted, numba.get_num_threads(),
        )  # fmt: skip

    def build(self, k: int) -> None:
        """Build candidate k: its arcs cost what they cost once built, and all kept costs follow."""
        a = self.arcs[self.arc_of[k] : self.arc_of[k + 1]]
        own = slice(int(self.node_of[k]), int(self.node_of[k + 1]))
        self.cost[a] = np.minimum(self.cost[a], self.after[a])
        nodes, at = self.nodes[own], self.place[own]
        ahead = self._ways(nodes, np.concatenate([self.kept, self.points.node]))
        behind = self._ways(nodes, self.kept, backward=True)
        inside = np.ascontiguousarray(ahead[:, at])  # between the piece's own nodes, itself included
        first, last = self.to[:, at].copy(), self.back[:, at].copy()
        kernels.join_rows(first, self.to[:, at].copy(), inside, self.limit)
        kernels.join_rows(last, self.back[:, at].copy(), np.ascontiguousarray(inside.T), self.limit)
        first[first >= self.to[:, at] - 1e-9] = np.inf  # what the piece does not improve, nothing beyond it gains by
        last[last >= self.back[:, at] - 1e-9] = np.inf
        kernels.join_rows(self.between, first, np.ascontiguousarray(ahead[:, len(self.kept) :]), self.limit)
        kernels.join_rows(self.to, first, np.ascontiguousarray(ahead[:, : len(self.kept)]), self.limit)
        kernels.join_rows(self.back, last, behind, self.limit)

    def flows(self) -> F64:
        """Weights that travel over each arc on least-cost paths now, shape (m,)."""
        n, limit = self.net, self.limit
        return kernels.flow_rows(
            self.points.node, limit, n.ptr, n.head, n.tail, self.cost, self.node_ptr, self.node_point, self.weight,
            numba.get_num_threads(),
        )  # fmt: skip

    def _ways(self, source: I32, wanted: I32, *, backward: bool = False) -> F64:
        """Least costs now from (backward: to) source nodes to wanted nodes, shape (sources, wanted)."""
        out = np.empty((len(source), len(wanted)))
        ptr, head, cost = self.net.ptr, self.net.head, self.cost
        if backward:
            ptr, head, cost = self._back_ptr, self._back_head, self.cost[self._back]
        for lo in range(0, len(source), 128):
            part = source[lo : lo + 128]
            out[lo : lo + 128] = kernels.full_rows(part, self.limit, ptr, head, cost, numba.get_num_threads())[
                :, wanted
            ]
        return out


def total(growth: Growth) -> float:
    """Weighted sum of min(cost, limit), or weight within the limit: what gains are differences of (up to sign)."""
    m = growth.between
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
