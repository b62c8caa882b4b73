"""Optimal strategies as the paper states them, slowly: the measure of the compiled ones."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from shaar.engine.assignment.graph import TransitGraph

F64 = npt.NDArray[np.float64]


def plain_strategy(graph: TransitGraph, destination: int, trips: F64, wait: float = 1.0) -> tuple[F64, F64, F64]:
    """Solve one destination node by the published steps, looking for the least link every time.

    Parameters
    ----------
    destination
        A node.
    trips
        Trips that begin at each node, shape (n,).

    Returns
    -------
    labels, links, waiting
        Expected minutes of nodes (n,), trips on links (m,), person-minutes of waiting at nodes (n,).
    """
    u = np.full(graph.n, np.inf)
    f = np.zeros(graph.n)
    u[destination] = 0.0
    left = {int(a) for a in np.flatnonzero(graph.freq > 0)}
    taken: list[int] = []
    basket: dict[int, list[int]] = {}
    while left:
        a = min(left, key=lambda k: (u[graph.head[k]] + graph.cost[k], k))
        key = u[graph.head[a]] + graph.cost[a]
        if not np.isfinite(key):
            break
        left.discard(a)
        i = int(graph.tail[a])
        if i == destination or u[i] <= key:
            continue
        if np.isinf(graph.freq[a]):
            u[i], f[i], basket[i] = key, np.inf, [a]
        elif np.isinf(f[i]):
            continue
        else:
            u[i] = (
                (wait + graph.freq[a] * key) / graph.freq[a]
                if f[i] == 0
                else ((f[i] * u[i] + graph.freq[a] * key) / (f[i] + graph.freq[a]))
            )
            f[i] += graph.freq[a]
            basket.setdefault(i, []).append(a)
        taken.append(a)
    volume = np.asarray(trips, float).copy()
    links, waiting = np.zeros(len(graph.tail)), np.zeros(graph.n)
    # Nodes, farthest first; ties (links of no length) in the reverse of the order in which links were taken.
    last = {int(graph.tail[a]): q for q, a in enumerate(taken)}
    for i in sorted(basket, key=lambda k: (-u[k], -last[k])):
        v = volume[i]
        if v <= 0:
            continue
        volume[i] = 0.0
        if np.isinf(f[i]):
            shares = [1.0]
        else:
            waiting[i] = v * wait / f[i]
            shares = [graph.freq[a] / f[i] for a in basket[i]]
        for a, share in zip(basket[i], shares, strict=True):
            links[a] += v * share
            volume[graph.head[a]] += v * share
    return u, links, waiting
