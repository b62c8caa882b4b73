"""Numba kernels on street graphs: Dijkstra with an indexed binary heap, on nodes and (turn-aware) on arcs."""

# mypy: allow-untyped-defs
# (numba infers the types; the docstrings and the callers state them)
from __future__ import annotations

import numpy as np
from numba import njit, prange

INF = np.inf


@njit(cache=True, nogil=True)
def push(keys, items, pos, m, v, d):
    """Insert item v with key d, or lower its key; pos[v] is its heap place (-1 new). Returns the heap size."""
    i = pos[v]
    if i < 0:
        i = m
        m += 1
    while i > 0:
        p = (i - 1) >> 1
        if keys[p] > d:
            keys[i] = keys[p]
            items[i] = items[p]
            pos[items[i]] = i
            i = p
        else:
            break
    keys[i] = d
    items[i] = v
    pos[v] = i
    return m


@njit(cache=True, nogil=True)
def pop(keys, items, pos, m):
    """Take the least item out (caller has read items[0], keys[0]). Returns the heap size."""
    pos[items[0]] = -2
    m -= 1
    if m > 0:
        v = items[m]
        k = keys[m]
        i = 0
        while True:
            c = 2 * i + 1
            if c >= m:
                break
            if c + 1 < m and keys[c + 1] < keys[c]:
                c += 1
            if keys[c] < k:
                keys[i] = keys[c]
                items[i] = items[c]
                pos[items[i]] = i
                i = c
            else:
                break
        keys[i] = k
        items[i] = v
        pos[v] = i
    return m


@njit(cache=True, nogil=True)
def search_nodes(s_node, s_cost, limit, ptr, head, cost, want, n_want, dist, pred, keys, items, pos, touched):
    """Dijkstra from seeds (node, cost) up to limit; stops when n_want nodes marked in want are settled (0: never).

    dist must be inf and pos -1 on entry; pred[v] is the last arc (-1 at a seed). Returns how many nodes of
    ``touched`` were reached; the caller clears dist and pos there.
    """
    m = 0
    nt = 0
    for q in range(len(s_node)):
        v = s_node[q]
        d = s_cost[q]
        if d <= limit and d < dist[v]:
            if dist[v] == INF:
                touched[nt] = v
                nt += 1
            dist[v] = d
            pred[v] = -1
            m = push(keys, items, pos, m, v, d)
    left = n_want
    while m > 0:
        u = items[0]
        du = keys[0]
        m = pop(keys, items, pos, m)
        if n_want > 0 and want[u]:
            left -= 1
            if left == 0:
                break
        for e in range(ptr[u], ptr[u + 1]):
            v = head[e]
            d = du + cost[e]
            if d < dist[v] and d <= limit:
                if dist[v] == INF:
                    touched[nt] = v
                    nt += 1
                dist[v] = d
                pred[v] = e
                m = push(keys, items, pos, m, v, d)
    return nt


@njit(cache=True, nogil=True)
def search_arcs(
    s_arc, s_cost, limit, ptr, head, cost, reverse, ban_ptr, ban_arc, want, n_want, dist, pred, best, keys, items, pos,
    touched,
):  # fmt: skip
    """Dijkstra on arcs: dist[a] is the cost up to the end of arc a; banned turns and turning round are left out.

    ``best[v]`` becomes the arc by which node v is reached soonest (-1 on entry). Turning round is allowed only at a
    dead end. ``want`` marks nodes. Returns the number of arcs touched.
    """
    m = 0
    nt = 0
    for q in range(len(s_arc)):
        a = s_arc[q]
        d = s_cost[q]
        if d <= limit and d < dist[a]:
            if dist[a] == INF:
                touched[nt] = a
                nt += 1
            dist[a] = d
            pred[a] = -1
            m = push(keys, items, pos, m, a, d)
    left = n_want
    while m > 0:
        a = items[0]
        da = keys[0]
        m = pop(keys, items, pos, m)
        v = head[a]
        if best[v] < 0:
            best[v] = a
            if n_want > 0 and want[v]:
                left -= 1
                if left == 0:
                    break
        dead_end = ptr[v + 1] - ptr[v] == 1
        for b in range(ptr[v], ptr[v + 1]):
            if b == reverse[a] and not dead_end:
                continue
            banned = False
            for j in range(ban_ptr[a], ban_ptr[a + 1]):
                if ban_arc[j] == b:
                    banned = True
                    break
            if banned:
                continue
            d = da + cost[b]
            if d < dist[b] and d <= limit:
                if dist[b] == INF:
                    touched[nt] = b
                    nt += 1
                dist[b] = d
                pred[b] = a
                m = push(keys, items, pos, m, b, d)
    return nt


@njit(cache=True, nogil=True, parallel=True)
def seeds_to_seeds(s_ptr, s_node, s_cost, t_ptr, t_node, t_cost, limit, ptr, head, cost, n_threads):
    """Least cost from each origin's seeds to each target's seeds; float32[o, d], inf beyond the limit."""
    n = len(ptr) - 1
    n_o = len(s_ptr) - 1
    n_t = len(t_ptr) - 1
    out = np.full((n_o, n_t), np.inf, np.float32)
    for th in prange(n_threads):
        dist = np.full(n, np.inf)
        pred = np.empty(n, np.int32)
        keys = np.empty(n)
        items = np.empty(n, np.int32)
        pos = np.full(n, -1, np.int32)
        touched = np.empty(n, np.int32)
        want = np.zeros(1, np.bool_)
        for o in range(th, n_o, n_threads):
            b = s_ptr[o]
            e = s_ptr[o + 1]
            nt = search_nodes(
                s_node[b:e], s_cost[b:e], limit, ptr, head, cost, want, 0, dist, pred, keys, items, pos, touched
            )
            for t in range(n_t):
                least = np.inf
                for j in range(t_ptr[t], t_ptr[t + 1]):
                    d = dist[t_node[j]] + t_cost[j]
                    least = min(least, d)
                if least <= limit:
                    out[o, t] = least
            for q in range(nt):
                dist[touched[q]] = np.inf
                pos[touched[q]] = -1
    return out


@njit(cache=True, nogil=True, parallel=True)
def arcs_to_all(o_ptr, o_arc, o_cost, origin, limit, ptr, head, cost, reverse, ban_ptr, ban_arc, n_threads):
    """Turn-aware least cost from each origin (seed arcs with costs) to every node; float32[o, n]."""
    n = len(ptr) - 1
    m = len(head)
    n_o = len(o_ptr) - 1
    out = np.full((n_o, n), np.inf, np.float32)
    for th in prange(n_threads):
        dist = np.full(m, np.inf)
        pred = np.empty(m, np.int32)
        best = np.full(n, -1, np.int32)
        keys = np.empty(m)
        items = np.empty(m, np.int32)
        pos = np.full(m, -1, np.int32)
        touched = np.empty(m, np.int32)
        want = np.zeros(1, np.bool_)
        for o in range(th, n_o, n_threads):
            b = o_ptr[o]
            e = o_ptr[o + 1]
            nt = search_arcs(
                o_arc[b:e], o_cost[b:e], limit, ptr, head, cost, reverse, ban_ptr, ban_arc, want, 0, dist, pred, best,
                keys, items, pos, touched,
            )  # fmt: skip
            for q in range(nt):
                v = head[touched[q]]
                if best[v] >= 0:
                    out[o, v] = dist[best[v]]
                    best[v] = -1
            if origin[o] >= 0:
                out[o, origin[o]] = 0.0
            for q in range(nt):
                dist[touched[q]] = np.inf
                pos[touched[q]] = -1
    return out


@njit(cache=True, nogil=True)
def grow(a, need):
    """Return a copy of the array at least ``need`` long (doubling)."""
    size = len(a)
    while size < need:
        size *= 2
    out = np.empty(size, a.dtype)
    out[: len(a)] = a
    return out


@njit(cache=True, nogil=True)
def trace_nodes(o_ptr, o_node, d_node, limit, ptr, tail, head, cost):
    """Paths from origin o to d_node[o_ptr[o]:o_ptr[o+1]] as arcs; returns (path ptr, arcs, cost)."""
    n = len(ptr) - 1
    dist = np.full(n, np.inf)
    pred = np.empty(n, np.int32)
    keys = np.empty(n)
    items = np.empty(n, np.int32)
    pos = np.full(n, -1, np.int32)
    touched = np.empty(n, np.int32)
    want = np.zeros(n, np.bool_)
    total = np.full(len(d_node), np.inf)
    path_ptr = np.zeros(len(d_node) + 1, np.int64)
    arcs = np.empty(1024, np.int32)
    k = 0
    zero = np.zeros(1)
    seed = np.empty(1, np.int32)
    for o in range(len(o_node)):
        n_want = 0
        for q in range(o_ptr[o], o_ptr[o + 1]):
            if not want[d_node[q]]:
                want[d_node[q]] = True
                n_want += 1
        seed[0] = o_node[o]
        nt = search_nodes(seed, zero, limit, ptr, head, cost, want, n_want, dist, pred, keys, items, pos, touched)
        for q in range(o_ptr[o], o_ptr[o + 1]):
            v = d_node[q]
            want[v] = False
            start = k
            if dist[v] < np.inf and pos[v] == -2:
                total[q] = dist[v]
                while pred[v] >= 0:
                    if k == len(arcs):
                        arcs = grow(arcs, k + 1)
                    arcs[k] = pred[v]
                    k += 1
                    v = tail[pred[v]]
                arcs[start:k] = arcs[start:k][::-1].copy()
            path_ptr[q + 1] = k
        for q in range(nt):
            dist[touched[q]] = np.inf
            pos[touched[q]] = -1
    return path_ptr, arcs[:k].copy(), total


@njit(cache=True, nogil=True)
def trace_arcs(o_ptr, s_ptr, s_arc, s_cost, o_node, d_node, limit, ptr, head, cost, reverse, ban_ptr, ban_arc):
    """Turn-aware twin of trace_nodes; origin o starts with seed arcs s_arc[s_ptr[o]:s_ptr[o+1]]."""
    n = len(ptr) - 1
    m = len(head)
    dist = np.full(m, np.inf)
    pred = np.empty(m, np.int32)
    best = np.full(n, -1, np.int32)
    keys = np.empty(m)
    items = np.empty(m, np.int32)
    pos = np.full(m, -1, np.int32)
    touched = np.empty(m, np.int32)
    want = np.zeros(n, np.bool_)
    total = np.full(len(d_node), np.inf)
    path_ptr = np.zeros(len(d_node) + 1, np.int64)
    arcs = np.empty(1024, np.int32)
    k = 0
    for o in range(len(o_ptr) - 1):
        n_want = 0
        for q in range(o_ptr[o], o_ptr[o + 1]):
            if not want[d_node[q]] and d_node[q] != o_node[o]:
                want[d_node[q]] = True
                n_want += 1
        b = s_ptr[o]
        e = s_ptr[o + 1]
        nt = 0
        if n_want > 0:
            nt = search_arcs(
                s_arc[b:e], s_cost[b:e], limit, ptr, head, cost, reverse, ban_ptr, ban_arc, want, n_want, dist, pred,
                best, keys, items, pos, touched,
            )  # fmt: skip
        for q in range(o_ptr[o], o_ptr[o + 1]):
            v = d_node[q]
            want[v] = False
            start = k
            if v == o_node[o]:
                total[q] = 0.0
            elif best[v] >= 0:
                a = best[v]
                total[q] = dist[a]
                while a >= 0:
                    if k == len(arcs):
                        arcs = grow(arcs, k + 1)
                    arcs[k] = a
                    k += 1
                    a = pred[a]
                arcs[start:k] = arcs[start:k][::-1].copy()
            path_ptr[q + 1] = k
        for q in range(nt):
            a = touched[q]
            dist[a] = np.inf
            pos[a] = -1
            best[head[a]] = -1
    return path_ptr, arcs[:k].copy(), total
