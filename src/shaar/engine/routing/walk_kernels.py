"""Numba kernel of bounded walks between many points hung on street links."""

# mypy: allow-untyped-defs
# (numba infers the types; the docstring and the caller state them)
from __future__ import annotations

import numpy as np
from numba import njit, prange

from shaar.engine.routing.street_kernels import search_nodes


@njit(cache=True, nogil=True, parallel=True)
def walk_links(
    s_ptr, s_node, s_cost, s_link, s_at, s_off, t_ptr, t_id, t_cost, l_ptr, l_id, l_at, l_off, n_targets, limit, ptr,
    head, cost, n_threads, cap,
):  # fmt: skip
    """Bounded walks from many points to many points, both hung on links.

    Targets at node v: t_id[t_ptr[v]:t_ptr[v+1]] with their cost from v; targets on link l: l_id[...] at l_at metres
    along it and l_off metres beside it (for pairs on one link). Returns per source count, ids, metres up to cap;
    a count above cap says that the caller must come again with more room.
    """
    n = len(ptr) - 1
    n_s = len(s_ptr) - 1
    count = np.zeros(n_s, np.int32)
    ids = np.empty((n_s, cap), np.int32)
    metres = np.empty((n_s, cap), np.float32)
    for th in prange(n_threads):
        dist = np.full(n, np.inf)
        pred = np.empty(n, np.int32)
        keys = np.empty(n)
        items = np.empty(n, np.int32)
        pos = np.full(n, -1, np.int32)
        touched = np.empty(n, np.int32)
        want = np.zeros(1, np.bool_)
        least = np.full(n_targets, np.inf)
        found = np.empty(n_targets, np.int32)
        for i in range(th, n_s, n_threads):
            b = s_ptr[i]
            e = s_ptr[i + 1]
            if b == e:
                continue
            nt = search_nodes(
                s_node[b:e], s_cost[b:e], limit, ptr, head, cost, want, 0, dist, pred, keys, items, pos, touched
            )
            nf = 0
            for q in range(nt):
                v = touched[q]
                for j in range(t_ptr[v], t_ptr[v + 1]):
                    d = dist[v] + t_cost[j]
                    t = t_id[j]
                    if d <= limit and d < least[t]:
                        if least[t] == np.inf:
                            found[nf] = t
                            nf += 1
                        least[t] = d
                dist[v] = np.inf
                pos[v] = -1
            w = s_link[i]
            for j in range(l_ptr[w], l_ptr[w + 1]):
                d = s_off[i] + abs(s_at[i] - l_at[j]) + l_off[j]
                t = l_id[j]
                if d <= limit and d < least[t]:
                    if least[t] == np.inf:
                        found[nf] = t
                        nf += 1
                    least[t] = d
            count[i] = nf
            for q in range(nf):
                if q < cap:
                    ids[i, q] = found[q]
                    metres[i, q] = least[found[q]]
                least[found[q]] = np.inf
    return count, ids, metres
