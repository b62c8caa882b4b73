"""Least-cost travel over a street graph: one to all, many to many, and paths as link sequences."""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

from shaar.engine.progress import Progress, silent
from shaar.engine.routing import street_kernels as kernels
from shaar.engine.routing.graph import StreetGraph

F32 = npt.NDArray[np.float32]
CHUNK = 256


@dataclass(frozen=True, slots=True)
class Paths:
    """Paths of k pairs. Path ``i`` runs over arcs ``arcs[ptr[i]:ptr[i+1]]`` of the graph.

    Parameters
    ----------
    ptr
        Shape (k + 1,).
    arcs, links, forward
        Arc, link_id and direction (along the link or against it) of every step, in order.
    cost
        Shape (k,): in the graph's unit, inf where there is no path (which then has no steps).
    """

    ptr: npt.NDArray[np.int64]
    arcs: npt.NDArray[np.int32]
    links: npt.NDArray[np.int32]
    forward: npt.NDArray[np.bool_]
    cost: npt.NDArray[np.float64]

    def links_of(self, i: int) -> npt.NDArray[np.int32]:
        """Links of path ``i`` in order."""
        return self.links[self.ptr[i] : self.ptr[i + 1]]


def times(
    graph: StreetGraph,
    origins: npt.ArrayLike,
    destinations: npt.ArrayLike | None = None,
    *,
    limit: float = np.inf,
    progress: Progress = silent,
) -> F32:
    """Least cost from origin nodes to destination nodes (Dijkstra 1959, indexed binary heap, origins in parallel).

    Banned turns count when the graph was made with ``turns``.

    Parameters
    ----------
    origins, destinations
        Node ids, shapes (o,) and (d,); None: every node.
    limit
        Costs above it are not looked for.

    Returns
    -------
    float32[o, d]
        In the graph's unit; inf where unreachable or beyond the limit.
    """
    o = np.atleast_1d(np.asarray(origins, np.int32))
    d = np.arange(graph.n_nodes, dtype=np.int32) if destinations is None else np.asarray(destinations, np.int32)
    out = np.empty((len(o), len(d)), np.float32)
    for lo in range(0, len(o), CHUNK):
        part = o[lo : lo + CHUNK]
        if graph.turn_aware:
            ptr, arc, cost = _start_arcs(graph, part)
            out[lo : lo + CHUNK] = _arc_rows(graph, ptr, arc, cost, part, limit)[:, d]
        else:
            ones = np.arange(len(part) + 1, dtype=np.int64)
            out[lo : lo + CHUNK] = kernels.seeds_to_seeds(
                ones, part, np.zeros(len(part)), np.arange(len(d) + 1), d, np.zeros(len(d)), limit,
                graph.ptr, graph.head, graph.cost, numba.get_num_threads(),
            )  # fmt: skip
        progress("street times", min(lo + CHUNK, len(o)), len(o))
    return out


def times_from_arcs(graph: StreetGraph, arcs: npt.ArrayLike, *, limit: float = np.inf) -> F32:
    """Least cost from the end of each given arc to every node, turns respected: float32[k, n].

    A vehicle that stands on an arc cannot leave it by a banned turn or by turning round; stops on a street are
    described so.
    """
    a = np.atleast_1d(np.asarray(arcs, np.int32))
    ptr = np.arange(len(a) + 1, dtype=np.int64)
    return _arc_rows(graph, ptr, a, np.zeros(len(a)), np.full(len(a), -1, np.int32), limit)


def paths(graph: StreetGraph, origins: npt.ArrayLike, destinations: npt.ArrayLike, *, limit: float = np.inf) -> Paths:
    """Least-cost paths of node pairs (origins[i], destinations[i]), turns respected when the graph has them.

    Pairs with one origin share a search, so sorting by origin is not needed.
    """
    o, d = np.asarray(origins, np.int32), np.asarray(destinations, np.int32)
    if o.shape != d.shape or o.ndim != 1:
        raise ValueError("origins and destinations must be one-dimensional and of equal length")
    order = np.argsort(o, kind="stable")
    unique, first = np.unique(o[order], return_index=True)
    o_ptr = np.append(first, len(o)).astype(np.int64)
    if graph.turn_aware:
        s_ptr, s_arc, s_cost = _start_arcs(graph, unique)
        found = kernels.trace_arcs(
            o_ptr, s_ptr, s_arc, s_cost, unique, d[order], limit, graph.ptr, graph.head, graph.cost, graph.reverse,
            graph.ban_ptr, graph.ban_arc,
        )  # fmt: skip
    else:
        found = kernels.trace_nodes(o_ptr, unique, d[order], limit, graph.ptr, graph.tail, graph.head, graph.cost)
    return _in_order(graph, order, *found)


def _start_arcs(
    graph: StreetGraph, nodes: npt.NDArray[np.int32]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32], npt.NDArray[np.float64]]:
    degree = graph.ptr[nodes + 1] - graph.ptr[nodes]
    ptr = np.concatenate([[0], np.cumsum(degree)]).astype(np.int64)
    arc = (np.arange(ptr[-1]) - np.repeat(ptr[:-1] - graph.ptr[nodes], degree)).astype(np.int32)
    return ptr, arc, graph.cost[arc]


def _arc_rows(
    graph: StreetGraph,
    ptr: npt.NDArray[np.int64],
    arc: npt.NDArray[np.int32],
    cost: npt.NDArray[np.float64],
    origin: npt.NDArray[np.int32],
    limit: float,
) -> F32:
    return kernels.arcs_to_all(
        ptr, arc, cost, origin, limit, graph.ptr, graph.head, graph.cost, graph.reverse, graph.ban_ptr, graph.ban_arc,
        numba.get_num_threads(),
    )  # fmt: skip


def _in_order(
    graph: StreetGraph,
    order: npt.NDArray[np.int64],
    ptr: npt.NDArray[np.int64],
    arcs: npt.NDArray[np.int32],
    cost: npt.NDArray[np.float64],
) -> Paths:
    back = np.argsort(order)
    length = np.diff(ptr)[back]
    new_ptr = np.concatenate([[0], np.cumsum(length)]).astype(np.int64)
    take = np.arange(new_ptr[-1]) - np.repeat(new_ptr[:-1] - ptr[:-1][back], length)
    arcs = arcs[take]
    return Paths(new_ptr, arcs, graph.link[arcs], graph.forward[arcs], cost[back])
