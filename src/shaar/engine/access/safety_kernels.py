"""Numba kernels of safety: kernel density along a street graph, and people flowing to the nearest door."""

# mypy: allow-untyped-defs
# (numba infers the types; the docstrings and the callers state them)
from __future__ import annotations

import numpy as np
from numba import njit

from shaar.engine.heap import push, sift

EPANECHNIKOV, QUARTIC = 0, 1


@njit(cache=True, nogil=True)
def kernel_value(d, h, kind):
    """One-dimensional kernel of bandwidth h at distance d; integrates to 1 over [-h, h]."""
    u = d / h
    if u >= 1.0:
        return 0.0
    if kind == EPANECHNIKOV:
        return 0.75 * (1.0 - u * u) / h
    v = 1.0 - u * u
    return 0.9375 * v * v / h


@njit(cache=True, nogil=True)
def network_density(
    e_link, e_at, e_weight, tail, head, length, ptr, inc, cell_ptr, h, kind, continuous, epsilon, out
):  # fmt: skip
    """Add the kernel of every event to the cells of the links (shape out: one a cell, per metre).

    Link k runs from tail[k] to head[k]; links at node v are inc[ptr[v]:ptr[v+1]] (a loop stands there twice). The cells
    of link k are cell_ptr[k]:cell_ptr[k+1], equally long, valued at their middle. Paths go from the event outwards; at
    a node of n links a path of amplitude a goes on with a / (n - 1) on each other link (discontinuous), or with 2a / n
    on each other and (2 - n) a / n back (continuous). Amplitudes below epsilon are dropped. Returns paths followed.
    """
    room = 1024
    s_link = np.empty(room, np.int32)
    s_from = np.empty(room, np.int32)  # 0: enters at the tail, 1: at the head
    s_dist = np.empty(room)
    s_amp = np.empty(room)
    paths = 0
    for e in range(len(e_link)):
        k = e_link[e]
        n_cells = cell_ptr[k + 1] - cell_ptr[k]
        step = length[k] / n_cells
        for c in range(n_cells):
            out[cell_ptr[k] + c] += e_weight[e] * kernel_value(abs((c + 0.5) * step - e_at[e]), h, kind)
        top = 0
        for side in range(2):
            d = e_at[e] if side == 0 else length[k] - e_at[e]
            if d >= h:
                continue
            top = _spread(
                k, side, d, 1.0, tail, head, ptr, inc, continuous, epsilon, s_link, s_from, s_dist, s_amp, top
            )
            while top > 0:
                top -= 1
                m = s_link[top]
                start = s_from[top]
                dist = s_dist[top]
                amp = s_amp[top]
                paths += 1
                n_cells = cell_ptr[m + 1] - cell_ptr[m]
                step = length[m] / n_cells
                for c in range(n_cells):
                    x = dist + (c + 0.5) * step
                    if x >= h:
                        break
                    at = cell_ptr[m] + (c if start == 0 else n_cells - 1 - c)
                    out[at] += e_weight[e] * amp * kernel_value(x, h, kind)
                far = dist + length[m]
                if far < h:
                    if top + 64 > len(s_link):
                        s_link = _longer(s_link)
                        s_from = _longer(s_from)
                        s_dist = _longer(s_dist)
                        s_amp = _longer(s_amp)
                    top = _spread(
                        m, 1 - start, far, amp, tail, head, ptr, inc, continuous, epsilon, s_link, s_from, s_dist,
                        s_amp, top,
                    )  # fmt: skip
    return paths


@njit(cache=True, nogil=True)
def _longer(a):
    out = np.empty(2 * len(a), a.dtype)
    out[: len(a)] = a
    return out


@njit(cache=True, nogil=True)
def _spread(k, side, d, amp, tail, head, ptr, inc, continuous, epsilon, s_link, s_from, s_dist, s_amp, top):
    """Put what leaves a node on the stack: the path came along link k to its tail (side 0) or head (1)."""
    v = tail[k] if side == 0 else head[k]
    n = ptr[v + 1] - ptr[v]
    own = False  # the end by which the path came is passed over once
    for j in range(ptr[v], ptr[v + 1]):
        m = inc[j]
        loop = tail[m] == head[m]
        start = 0 if tail[m] == v else 1
        if loop and j > ptr[v] and inc[j - 1] == m:
            start = 1
        back = m == k and start == side and not own
        if back:
            own = True
        if continuous:
            a = amp * (2.0 - n) / n if back else amp * 2.0 / n
        elif back:
            continue
        else:
            a = amp / (n - 1.0)
        if abs(a) < epsilon:
            continue
        s_link[top] = m
        s_from[top] = start
        s_dist[top] = d
        s_amp[top] = a
        top += 1
    return top


@njit(cache=True, nogil=True)
def nearest_tree(s_node, s_cost, s_label, limit, ptr, head, cost):
    """Search outwards from all seeds at once: cost, next node and label of the nearest seed for every node.

    Costs are the same both ways (walking). Returns (dist, label, following node or -1, arc from the node that follows
    to this one or -1, order in which nodes were settled).
    """
    n = len(ptr) - 1
    dist = np.full(n, np.inf)
    label = np.full(n, -1, np.int32)
    after = np.full(n, -1, np.int32)
    by = np.full(n, -1, np.int32)
    done = np.zeros(n, np.bool_)
    order = np.empty(n, np.int32)
    n_order = 0
    size = 0
    keys = np.empty(max(16, 2 * len(head) + len(s_node)))
    items = np.empty(len(keys), np.int32)
    for i in range(len(s_node)):
        v = s_node[i]
        if s_cost[i] <= limit and s_cost[i] < dist[v]:
            dist[v] = s_cost[i]
            label[v] = s_label[i]
            size = push(keys, items, size, s_cost[i], v)
    while size > 0:
        d = keys[0]
        v = items[0]
        size = sift(keys, items, size)
        if done[v] or d > dist[v]:
            continue
        done[v] = True
        order[n_order] = v
        n_order += 1
        for a in range(ptr[v], ptr[v + 1]):
            w = head[a]
            c = d + cost[a]
            if c <= limit and c < dist[w]:
                dist[w] = c
                label[w] = label[v]
                after[w] = v
                by[w] = a
                size = push(keys, items, size, c, w)
    return dist, label, after, by, order[:n_order]


@njit(cache=True, nogil=True)
def flow_to_doors(people, order, after, by, n_arcs):
    """Let the people of every node walk to their door along the tree; returns people through nodes and along arcs."""
    through = people.copy()
    along = np.zeros(n_arcs)
    for i in range(len(order) - 1, -1, -1):
        v = order[i]
        if after[v] >= 0:
            along[by[v]] += through[v]
            through[after[v]] += through[v]
    return through, along
