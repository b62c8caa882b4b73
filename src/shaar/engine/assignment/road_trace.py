"""Kernels that follow trips through stored bushes: who uses a link, where a part of the demand drives, route means.

Trips that arrive at a node came in over its links in proportion to the bush's flows. That is one of many ways to
split equal routes, and the same for everybody with the same origin and class.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def _unfold(lo: Any, hi: Any, origin: Any, link: Any, back: Any, flow: Any, head: Any, order: Any, first: Any,
            into: Any) -> Any:  # fmt: skip
    """Nodes of a bush in order, where their links begin, and what flows into them; returns their number."""
    order[0] = origin
    first[0] = lo
    into[0] = 0.0
    k = 1
    for p in range(lo, hi):
        if back[p] < 0:
            order[k] = head[link[p]]
            first[k] = p
            into[k] = 0.0
            k += 1
        into[k - 1] += flow[p]
    first[k] = hi
    return k


@njit(cache=True, nogil=True)
def select(lo: Any, hi: Any, origin: Any, ptr: Any, link: Any, back: Any, flow: Any, head: Any, nodes: Any,
           demand: Any, marked: Any, trips: Any, load: Any) -> None:  # fmt: skip
    """Of the trips of the bushes lo to hi, those that use any marked link: by zone, and what they load on all links."""
    zones = demand.shape[1]
    order = np.empty(nodes, np.int64)
    first = np.empty(nodes + 1, np.int64)
    into = np.empty(nodes)
    share = np.empty(nodes)
    after = np.empty(nodes)
    before = np.empty(nodes)
    for i in range(lo, hi):
        k = _unfold(ptr[i], ptr[i + 1], origin[i], link, back, flow, head, order, first, into)
        for q in range(k):
            share[q] = 0.0
            after[q] = 0.0
            before[q] = 0.0
        for q in range(1, k):
            if into[q] <= 0.0:
                continue
            for p in range(first[q], first[q + 1]):
                w = ~back[p] if back[p] < 0 else back[p]
                share[q] += flow[p] / into[q] * (1.0 if marked[link[p]] else share[w])
            share[q] = min(share[q], 1.0)
            if order[q] < zones:
                trips[i, order[q]] = demand[i, order[q]] * share[q]
                after[q] = trips[i, order[q]]
        # Back from the zones: ``after`` have met a marked link on the way to the node, ``before`` meet it later.
        for q in range(k - 1, 0, -1):
            if after[q] <= 0.0 and before[q] <= 0.0:
                continue
            for p in range(first[q], first[q + 1]):
                part = flow[p] / into[q]
                if part <= 0.0:
                    continue
                w = ~back[p] if back[p] < 0 else back[p]
                if marked[link[p]]:
                    x = after[q] * part / share[q] if share[q] > 0.0 else 0.0
                    after[w] += x * share[w]
                    before[w] += x * (1.0 - share[w])
                    load[link[p]] += x
                else:
                    x = after[q] * part * share[w] / share[q] if share[q] > 0.0 else 0.0
                    y = before[q] * part * (1.0 - share[w]) / (1.0 - share[q]) if share[q] < 1.0 else 0.0
                    after[w] += x
                    before[w] += y
                    load[link[p]] += x + y


@njit(cache=True, nogil=True)
def load_part(lo: Any, hi: Any, origin: Any, ptr: Any, link: Any, back: Any, flow: Any, head: Any, nodes: Any,
              part: Any, load: Any) -> Any:  # fmt: skip
    """Load a part of the demand in the proportions of the bushes; return the bush and zone it cannot, or (-1, -1)."""
    zones = part.shape[1]
    order = np.empty(nodes, np.int64)
    first = np.empty(nodes + 1, np.int64)
    into = np.empty(nodes)
    leave = np.empty(nodes)
    for i in range(lo, hi):
        k = _unfold(ptr[i], ptr[i + 1], origin[i], link, back, flow, head, order, first, into)
        for q in range(k):
            leave[q] = part[i, order[q]] if order[q] < zones and q > 0 else 0.0
        for q in range(k - 1, 0, -1):
            if leave[q] <= 0.0:
                continue
            if into[q] <= 0.0:
                return i, order[q]
            for p in range(first[q], first[q + 1]):
                x = leave[q] * flow[p] / into[q]
                if x > 0.0:
                    load[link[p]] += x
                    leave[~back[p] if back[p] < 0 else back[p]] += x
    return -1, -1


@njit(cache=True, nogil=True)
def route_means(lo: Any, hi: Any, origin: Any, ptr: Any, link: Any, back: Any, flow: Any, head: Any, nodes: Any,
                values: Any, out: Any) -> None:  # fmt: skip
    """Means of link values, shape (k, links), over the routes in use, into out (k, bushes, zones)."""
    zones = out.shape[2]
    order = np.empty(nodes, np.int64)
    first = np.empty(nodes + 1, np.int64)
    into = np.empty(nodes)
    mean = np.empty(nodes)
    for i in range(lo, hi):
        k = _unfold(ptr[i], ptr[i + 1], origin[i], link, back, flow, head, order, first, into)
        for j in range(values.shape[0]):
            mean[0] = 0.0
            for q in range(1, k):
                mean[q] = 0.0
                if into[q] > 0.0:
                    for p in range(first[q], first[q + 1]):
                        if flow[p] > 0.0:
                            w = ~back[p] if back[p] < 0 else back[p]
                            mean[q] += flow[p] / into[q] * (mean[w] + values[j, link[p]])
                    if order[q] < zones:
                        out[j, i, order[q]] = mean[q]
