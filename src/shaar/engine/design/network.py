"""What every part of the design kernel asks of an instance: drivable links, terminals, times as whole ticks."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components, dijkstra

from ..errors import InputError
from .instance import Instance, RouteSet

#: Exact evaluation counts time in whole ticks of 1e-9 minute, so that equal times are equal.
TICKS_PER_MINUTE = 1_000_000_000


def drivable(instance: Instance) -> npt.NDArray[np.bool_]:
    """Which links a route may use: those with a run time in both directions; shape (n, n), symmetric."""
    both = np.isfinite(instance.time) & np.isfinite(instance.time.T)
    np.fill_diagonal(both, False)
    return np.asarray(both)


def drivable_shortest(instance: Instance) -> npt.NDArray[np.float64]:
    """Shortest in-vehicle minutes over drivable links, shape (n, n), ``inf`` where there is no way."""
    links = drivable(instance)
    rows, cols = np.nonzero(links)
    # csgraph reads an explicit zero as no link, so a free link gets the shortest time that still counts as one.
    minutes = np.maximum(instance.time[rows, cols], 1e-12)
    return np.asarray(dijkstra(csr_matrix((minutes, (rows, cols)), shape=links.shape)))


def components(instance: Instance) -> npt.NDArray[np.int64]:
    """Which connected piece of the drivable network each node lies in, shape (n,)."""
    return np.asarray(
        connected_components(csr_matrix(drivable(instance).astype(np.int8)), directed=False)[1], dtype=np.int64
    )


def is_symmetric(instance: Instance) -> bool:
    """Whether every drivable link takes the same time both ways."""
    links = drivable(instance)
    return bool(np.all(instance.time[links] == instance.time.T[links]))


def served_nodes(instance: Instance) -> npt.NDArray[np.bool_]:
    """Nodes that have to be served: ``must_cover``, and where unserved trips count ``inf`` every one with demand."""
    must = np.array(instance.must_cover, dtype=bool)
    if np.isinf(instance.unserved_minutes):
        must |= (instance.demand.sum(axis=0) + instance.demand.sum(axis=1)) > 0
    return must


def flat(routes: RouteSet) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """A route set as one array of nodes and the offsets of its routes, shapes (sum of lengths,) and (routes + 1,)."""
    start = np.zeros(len(routes) + 1, dtype=np.int64)
    np.cumsum([len(route) for route in routes], out=start[1:])
    nodes = np.fromiter((node for route in routes for node in route), dtype=np.int64, count=int(start[-1]))
    return nodes, start


def check_routes_drivable(instance: Instance, routes: RouteSet) -> None:
    """Refuse a route that names an unknown node or uses a link that is not there in both directions.

    Raises
    ------
    InputError
        Naming the route (1-based) and the two nodes (0-based).
    """
    links = drivable(instance)
    for number, route in enumerate(routes, start=1):
        for node in route:
            if not 0 <= node < instance.n:
                raise InputError(
                    f"route {number} names node {node}, but {instance.name} has nodes 0 to {instance.n - 1}"
                )
        for here, there in pairwise(route):
            if not links[here, there]:
                raise InputError(f"route {number} runs {here} - {there}, which is no link drivable in both directions")
