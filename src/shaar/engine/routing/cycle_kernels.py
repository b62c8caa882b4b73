"""Numba kernels of network growth: rows of least costs, and what cheaper arcs change in them, exactly."""

# mypy: allow-untyped-defs
# (numba infers the types; the docstrings and the callers state them)
from __future__ import annotations

import numpy as np
from numba import njit, prange

from shaar.engine.routing.street_kernels import pop, push, search_nodes


@njit(cache=True, nogil=True, parallel=True)
def full_rows(source, limit, ptr, head, cost, n_threads):
    """Least costs from source nodes to all nodes, float64[p, n], inf beyond the limit."""
    n = len(ptr) - 1
    p = len(source)
    out = np.full((p, n), np.inf)
    for th in prange(n_threads):
        pred = np.empty(n, np.int32)
        keys = np.empty(n)
        items = np.empty(n, np.int32)
        pos = np.full(n, -1, np.int32)
        touched = np.empty(n, np.int32)
        want = np.zeros(1, np.bool_)
        zero = np.zeros(1)
        for i in range(th, p, n_threads):
            nt = search_nodes(
                source[i : i + 1], zero, limit, ptr, head, cost, want, 0, out[i], pred, keys, items, pos, touched
            )
            for q in range(nt):
                pos[touched[q]] = -1
    return out


@njit(cache=True, nogil=True, parallel=True)
def cheaper_rows(dist, arcs, limit, ptr, head, tail, cost, commit, node_ptr, node_point, weight, counted, n_threads):
    """What rows of least costs gain when some arcs have become cheaper; ``cost`` holds the new costs already.

    Only improved nodes are visited: Dijkstra's search from the heads of the cheaper arcs (decreases of Ramalingam and
    Reps 1996). Rows are changed for good with ``commit``, else put back.

    Parameters
    ----------
    dist
        float64[p, n], exact for the costs before.
    arcs
        The arcs that became cheaper.
    node_ptr, node_point
        Points at each node: ``node_point[node_ptr[v]:node_ptr[v+1]]``.
    weight
        float64[p, p]: weight of row i and point j.
    counted
        0: the gain is the fall of min(cost, limit); 1: it is 1 where the cost comes within the limit.

    Returns
    -------
    float64[p]
        Weighted gain by row.
    """
    p, n = dist.shape
    gain = np.zeros(p)
    for th in prange(n_threads):
        keys = np.empty(n)
        items = np.empty(n, np.int32)
        pos = np.full(n, -1, np.int32)
        touched = np.empty(n, np.int32)
        old = np.empty(n)
        for i in range(th, p, n_threads):
            m = 0
            nt = 0
            row = dist[i]
            for q in range(len(arcs)):
                a = arcs[q]
                d = row[tail[a]] + cost[a]
                v = head[a]
                if d < row[v] and d <= limit:
                    if pos[v] == -1:
                        touched[nt] = v
                        old[nt] = row[v]
                        nt += 1
                    row[v] = d
                    m = push(keys, items, pos, m, v, d)
            while m > 0:
                u = items[0]
                du = keys[0]
                m = pop(keys, items, pos, m)
                for e in range(ptr[u], ptr[u + 1]):
                    v = head[e]
                    d = du + cost[e]
                    if d < row[v] and d <= limit:
                        if pos[v] == -1:
                            touched[nt] = v
                            old[nt] = row[v]
                            nt += 1
                        row[v] = d
                        m = push(keys, items, pos, m, v, d)
            total = 0.0
            for q in range(nt):
                v = touched[q]
                pos[v] = -1
                fall = 0.0
                if counted == 1:
                    fall = 1.0 if old[q] > limit else 0.0
                else:
                    fall = min(old[q], limit) - row[v]
                if fall > 0.0:
                    for k in range(node_ptr[v], node_ptr[v + 1]):
                        total += weight[i, node_point[k]] * fall
                if not commit:
                    row[v] = old[q]
            gain[i] = total
    return gain


@njit(cache=True, nogil=True, parallel=True)
def flow_rows(source, limit, ptr, head, tail, cost, node_ptr, node_point, weight, n_threads):
    """All-or-nothing flows on arcs, float64[m]: weight[i, j] trips along a least-cost path from source i to point j."""
    n = len(ptr) - 1
    p = len(source)
    part = np.zeros((n_threads, len(head)))
    for th in prange(n_threads):
        pred = np.empty(n, np.int32)
        keys = np.empty(n)
        items = np.empty(n, np.int32)
        pos = np.full(n, -1, np.int32)
        touched = np.empty(n, np.int32)
        want = np.zeros(1, np.bool_)
        zero = np.zeros(1)
        row = np.full(n, np.inf)
        load = np.zeros(n)
        for i in range(th, p, n_threads):
            nt = search_nodes(
                source[i : i + 1], zero, limit, ptr, head, cost, want, 0, row, pred, keys, items, pos, touched
            )
            reach = touched[:nt]
            order = np.argsort(row[reach])
            for q in range(nt - 1, -1, -1):
                v = reach[order[q]]
                f = load[v]
                for k in range(node_ptr[v], node_ptr[v + 1]):
                    f += weight[i, node_point[k]]
                load[v] = 0.0
                a = pred[v]
                if a >= 0 and f > 0.0:
                    part[th, a] += f
                    load[tail[a]] += f
            for q in range(nt):
                v = reach[q]
                row[v] = np.inf
                pos[v] = -1
                load[v] = 0.0
    return part.sum(axis=0)


@njit(cache=True, nogil=True, parallel=True)
def far_pairs(a_ptr, a_node, a_metres, ratio, extra, ptr, head, metres, n_threads):
    """Mark near pairs that are far along the network.

    For each node u and its near nodes ``a_node[a_ptr[u]:a_ptr[u+1]]`` (straight distance ``a_metres``): the way along
    the network, inf where it is longer than ``ratio`` times the straight line and ``extra`` metres more than it.
    """
    n = len(ptr) - 1
    out = np.empty(len(a_node))
    for th in prange(n_threads):
        dist = np.full(n, np.inf)
        pred = np.empty(n, np.int32)
        keys = np.empty(n)
        items = np.empty(n, np.int32)
        pos = np.full(n, -1, np.int32)
        touched = np.empty(n, np.int32)
        want = np.zeros(1, np.bool_)
        zero = np.zeros(1)
        one = np.zeros(1, np.int32)
        for u in range(th, n, n_threads):
            b = a_ptr[u]
            e = a_ptr[u + 1]
            if b == e:
                continue
            limit = 0.0
            for k in range(b, e):
                limit = max(limit, ratio * a_metres[k], a_metres[k] + extra)
            one[0] = u
            nt = search_nodes(one, zero, limit, ptr, head, metres, want, 0, dist, pred, keys, items, pos, touched)
            for k in range(b, e):
                d = dist[a_node[k]]
                out[k] = d if d <= max(ratio * a_metres[k], a_metres[k] + extra) else np.inf
            for q in range(nt):
                dist[touched[q]] = np.inf
                pos[touched[q]] = -1
    return out
