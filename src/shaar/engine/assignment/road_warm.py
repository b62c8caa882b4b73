"""Kernel of the warm start: stored bushes fitted to a network with other links and to another demand."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from shaar.engine.assignment.road_kernels import INF, tree


@njit(cache=True, nogil=True)
def fit_bush(i: Any, old_link: Any, old_back: Any, old_flow: Any, now: Any, origin: Any, cost: Any, demand: Any,
             fs: Any, head: Any, tail: Any, blocked: Any, start: Any, size: Any, link: Any, back: Any,
             flow: Any) -> Any:  # fmt: skip
    """Write a stored bush into slot i: links that are gone or closed left out, nodes that are cut off joined anew.

    Nodes without any link left, and those that only they led to, hang on shortest routes at the end of the order, so
    no circle can close. The demand is sent over the bush in the proportions of the old flows. Returns the zone that
    cannot be reached though there is demand, or -1; -2: the bush has no room in its slot.
    """
    nn = len(blocked)
    room = start[i + 1] - start[i]
    rank = np.full(nn, -1, np.int64)
    order = np.empty(nn, np.int64)
    first = np.empty(nn + 1, np.int64)
    dist = np.empty(nn)
    pred = np.empty(nn, np.int64)
    seq = np.empty(nn, np.int64)
    keys = np.empty(nn)
    heap = np.empty(nn, np.int64)
    place = np.empty(nn, np.int64)
    rank[origin] = 0
    order[0] = origin
    first[0] = start[i]
    k = 1
    out = start[i]
    for p in range(len(old_link)):
        e = now[old_link[p]]
        if e < 0 or cost[e] >= INF or rank[tail[e]] < 0:
            continue
        if blocked[tail[e]] and tail[e] != origin:
            continue
        w = head[e]
        if out - start[i] >= room:
            return -2
        fresh = rank[w] < 0
        if fresh:
            rank[w] = k
            order[k] = w
            first[k] = out
            k += 1
        link[out] = e
        flow[out] = old_flow[p]
        back[out] = ~rank[tail[e]] if fresh else rank[tail[e]]
        out += 1
    reached = tree(origin, fs, head, cost, blocked, dist, pred, seq, keys, heap, place)
    for z in range(len(demand)):
        if demand[z] > 0.0 and dist[z] >= INF:
            return z
    for q in range(1, reached):
        w = seq[q]
        if rank[w] < 0:
            if out - start[i] >= room:
                return -2
            e = pred[w]
            rank[w] = k
            order[k] = w
            first[k] = out
            k += 1
            link[out] = e
            flow[out] = 0.0
            back[out] = ~rank[tail[e]]
            out += 1
    first[k] = out
    size[i] = out - start[i]
    load = np.zeros(nn)
    low = np.zeros(nn)
    for q in range(1, k):
        low[q] = INF
        u = order[q]
        load[q] = demand[u] if u < len(demand) else 0.0
        for p in range(first[q], first[q + 1]):
            w = back[p]
            w = ~w if w < 0 else w
            low[q] = min(low[q], low[w] + cost[link[p]])
    for q in range(k - 1, 0, -1):
        s = 0.0
        best = first[q]
        least = INF
        for p in range(first[q], first[q + 1]):
            s += flow[p]
            w = back[p]
            w = ~w if w < 0 else w
            if low[w] + cost[link[p]] < least:
                least = low[w] + cost[link[p]]
                best = p
        if s <= 0.0:
            flow[best] = load[q]
            s = load[q]
        share = load[q] / s if s > 0.0 else 0.0
        for p in range(first[q], first[q + 1]):
            flow[p] *= share
            w = back[p]
            load[~w if w < 0 else w] += flow[p]
    return -1
