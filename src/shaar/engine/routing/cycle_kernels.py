"""Numba kernels of network growth: rows of least costs, and what cheaper arcs change in them, exactly."""

# mypy: allow-untyped-defs
# (numba infers the types; the docstrings and the callers state them)
from __future__ import annotations

import numpy as np
from numba import njit, prange

from shaar.engine.routing.street_kernels import search_nodes


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


@njit(cache=True, nogil=True)
def piece_ways(nodes, tails, heads, costs, ptr, head, cost, limit, want, dist, pred, keys, items, pos, touched):
    """Least costs between the nodes of a piece when it is built, float64[k, k]: its own arcs, and ways around it.

    ``tails`` and ``heads`` number the nodes of the piece's arcs within ``nodes``; ``costs`` are those once built.
    """
    k = len(nodes)
    d = np.full((k, k), np.inf)
    one = np.zeros(1, np.int32)
    zero = np.zeros(1)
    for q in range(k):
        want[nodes[q]] = True
    for q in range(k):
        one[0] = nodes[q]
        nt = search_nodes(one, zero, limit, ptr, head, cost, want, k, dist, pred, keys, items, pos, touched)
        for r in range(k):
            d[q, r] = dist[nodes[r]]
        for r in range(nt):
            dist[touched[r]] = np.inf
            pos[touched[r]] = -1
    for q in range(k):
        want[nodes[q]] = False
    for a in range(len(tails)):
        d[tails[a], heads[a]] = min(d[tails[a], heads[a]], costs[a])
    for via in range(k):
        for q in range(k):
            for r in range(k):
                through = d[q, via] + d[via, r]
                d[q, r] = min(d[q, r], through)
    return d


@njit(cache=True, nogil=True, parallel=True)
def piece_gains(
    which, arc_ptr, arcs, a_tail, a_head, node_ptr, nodes, place, cost, after, ptr, head, to, back, between, weight,
    limit, counted, n_threads,
):  # fmt: skip
    """Exact gains of pieces, each built alone, float64[len(which)].

    A least-cost path that uses a piece comes to one of its nodes by ways of today, moves among its nodes as
    :func:`piece_ways` says, and leaves it for good by ways of today: ``min_xy to[i, x] + d[x, y] + back[j, y]``.

    Parameters
    ----------
    which
        Numbers of the pieces to try.
    arc_ptr, arcs, a_tail, a_head
        Arcs of the pieces as compressed rows, with their ends' numbers among the piece's nodes.
    node_ptr, nodes, place
        Nodes of the pieces, and their columns in ``to`` and ``back``.
    to, back
        float64[p, r]: costs from points to such nodes, and from the nodes to points.
    between
        float64[p, p]: costs between points.
    counted
        0: the gain is the fall of min(cost, limit); 1: it is 1 where the cost comes within the limit.
    """
    n = len(ptr) - 1
    p = len(between)
    gain = np.zeros(len(which))
    for th in prange(n_threads):
        pred = np.empty(n, np.int32)
        keys = np.empty(n)
        items = np.empty(n, np.int32)
        pos = np.full(n, -1, np.int32)
        touched = np.empty(n, np.int32)
        want = np.zeros(n, np.bool_)
        dist = np.full(n, np.inf)
        line = np.empty(p)
        for q in range(th, len(which), n_threads):
            c = which[q]
            mine = arcs[arc_ptr[c] : arc_ptr[c + 1]]
            own = nodes[node_ptr[c] : node_ptr[c + 1]]
            at = place[node_ptr[c] : node_ptr[c + 1]]
            k = len(own)
            d = piece_ways(
                own, a_tail[arc_ptr[c] : arc_ptr[c + 1]], a_head[arc_ptr[c] : arc_ptr[c + 1]], after[mine], ptr, head,
                cost, limit, want, dist, pred, keys, items, pos, touched,
            )  # fmt: skip
            onward = np.empty((k, p))
            for y in range(k):
                for j in range(p):
                    onward[y, j] = back[j, at[y]]
            total = 0.0
            for i in range(p):
                better = False
                line[:] = np.inf
                for y in range(k):
                    best = np.inf
                    for x in range(k):
                        best = min(best, to[i, at[x]] + d[x, y])
                    if best < to[i, at[y]] - 1e-9 and best <= limit:
                        better = True
                        for j in range(p):
                            line[j] = min(line[j], best + onward[y, j])
                if better:
                    for j in range(p):
                        if line[j] <= limit and line[j] < between[i, j] - 1e-9:
                            if counted == 1:
                                if between[i, j] > limit:
                                    total += weight[i, j]
                            else:
                                total += weight[i, j] * (min(between[i, j], limit) - line[j])
            gain[q] = total
    return gain


@njit(cache=True, nogil=True, parallel=True)
def join_rows(rows, first, onward, limit):
    """Lower rows[i, r] to min_y first[i, y] + onward[y, r] where that is less and within the limit, in place."""
    p, k = first.shape
    for i in prange(p):
        for y in range(k):
            start = first[i, y]
            if start <= limit:
                for r in range(rows.shape[1]):
                    d = start + onward[y, r]
                    if d < rows[i, r] and d <= limit:
                        rows[i, r] = d


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
