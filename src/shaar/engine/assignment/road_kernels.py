"""Kernels of the road equilibrium: delays, shortest trees, and the bushes of Algorithm B on flat arrays.

A bush is the acyclic set of links by which one origin (of one class) reaches every node. Its links stand in a slot of
three flat arrays, grouped by the node they enter, nodes in topological order: ``link``, ``flow``, and ``back``, the
rank of the node the link leaves, stored as its complement (negative) where a new node begins. So one pass over the
slot is one pass over the bush, and nothing but the slot has to be read to move flow. Rank 0 is the origin.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

INF = 1e300
BPR, CONICAL = 0, 1


@njit(cache=True, nogil=True, inline="always")
def delay(kind: Any, v: Any, t0: Any, a: Any, b: Any, cap: Any) -> Any:
    """Return minutes of a link and their slope at the flow ``v``."""
    if a == 0.0:
        return t0, 0.0
    r = v / cap
    if kind == CONICAL:
        w = 1.0 - r
        s = math.sqrt(a * a * w * w + b * b)
        return t0 * (2.0 + s - a * w - b), t0 / cap * (a - a * a * w / s)
    if b == 4.0:
        r3 = r * r * r
        return t0 * (1.0 + a * r3 * r), t0 * a * 4.0 * r3 / cap
    if b == 1.0:
        return t0 * (1.0 + a * r), t0 * a / cap
    p = r ** (b - 1.0)
    return t0 * (1.0 + a * p * r), t0 * a * b * p / cap


@njit(cache=True, nogil=True)
def refresh(v: Any, kind: Any, t0: Any, a: Any, b: Any, cap: Any, fixed: Any, cost: Any, slope: Any) -> None:
    """Set the cost of every link to every class, and the slope of its minutes."""
    for e in range(len(v)):
        t, d = delay(kind[e], v[e], t0[e], a[e], b[e], cap[e])
        slope[e] = d
        for c in range(fixed.shape[0]):
            cost[c, e] = t + fixed[c, e]


@njit(cache=True, nogil=True)
def tree(source: Any, fs: Any, head: Any, cost: Any, blocked: Any, dist: Any, pred: Any, seq: Any,
         keys: Any, heap: Any, place: Any) -> Any:  # fmt: skip
    """Shortest tree from a node (Dijkstra, binary heap with decrease-key); nodes in order of settling in ``seq``.

    Blocked nodes are entered but not driven through. Returns the number of nodes reached.
    """
    for i in range(len(dist)):
        dist[i] = INF
        pred[i] = -1
        place[i] = -1
    dist[source] = 0.0
    keys[0] = 0.0
    heap[0] = source
    place[source] = 0
    n = 1
    k = 0
    while n > 0:
        u = heap[0]
        du = keys[0]
        place[u] = -2
        seq[k] = u
        k += 1
        n -= 1
        if n > 0:
            w = heap[n]
            key = keys[n]
            i = 0
            while True:
                j = 2 * i + 1
                if j >= n:
                    break
                if j + 1 < n and keys[j + 1] < keys[j]:
                    j += 1
                if keys[j] >= key:
                    break
                keys[i] = keys[j]
                heap[i] = heap[j]
                place[heap[i]] = i
                i = j
            keys[i] = key
            heap[i] = w
            place[w] = i
        if blocked[u] and u != source:
            continue
        for e in range(fs[u], fs[u + 1]):
            w = head[e]
            d = du + cost[e]
            if d < dist[w]:
                dist[w] = d
                pred[w] = e
                i = place[w]
                if i < 0:
                    i = n
                    n += 1
                while i > 0:
                    j = (i - 1) >> 1
                    if keys[j] <= d:
                        break
                    keys[i] = keys[j]
                    heap[i] = heap[j]
                    place[heap[i]] = i
                    i = j
                keys[i] = d
                heap[i] = w
                place[w] = i
    return k


@njit(cache=True, nogil=True)
def first_bushes(todo: Any, origin: Any, cls: Any, demand: Any, fs: Any, head: Any, tail: Any, blocked: Any,
                 start: Any, room: Any, size: Any, link: Any, back: Any, flow: Any, v: Any, kind: Any, t0: Any,
                 a: Any, b: Any, cap: Any, fixed: Any, cost: Any, slope: Any, update: Any) -> Any:  # fmt: skip
    """Give each listed bush its shortest tree and send its demand over it, one bush after the other.

    With ``update`` each bush meets the minutes that those before it have caused. Returns the bush and the zone that
    cannot be reached though there is demand, or (-1, -1).
    """
    nn = len(blocked)
    dist = np.empty(nn)
    pred = np.empty(nn, np.int64)
    seq = np.empty(nn, np.int64)
    keys = np.empty(nn)
    heap = np.empty(nn, np.int64)
    place = np.empty(nn, np.int64)
    load = np.zeros(nn)
    for i in todo:
        k = tree(origin[i], fs, head, cost[cls[i]], blocked, dist, pred, seq, keys, heap, place)
        for z in range(demand.shape[1]):
            if demand[i, z] > 0.0 and dist[z] >= INF:
                return i, z
        s = start[i]
        for q in range(k):
            place[seq[q]] = q
            load[seq[q]] = demand[i, seq[q]] if seq[q] < demand.shape[1] else 0.0
        for q in range(k - 1, 0, -1):
            u = seq[q]
            e = pred[u]
            p = s + q - 1
            link[p] = e
            back[p] = ~place[tail[e]]
            flow[p] = load[u]
            load[tail[e]] += load[u]
            if load[u] > 0.0:
                v[e] += load[u]
                if update:
                    t, d = delay(kind[e], v[e], t0[e], a[e], b[e], cap[e])
                    slope[e] = d
                    for c in range(fixed.shape[0]):
                        cost[c, e] = t + fixed[c, e]
        size[i] = k - 1
    return -1, -1


@njit(cache=True, nogil=True)
def total_flow(lo: Any, hi: Any, start: Any, size: Any, link: Any, flow: Any, v: Any) -> None:
    """Add up the flow of the bushes lo to hi on every link into ``v``."""
    for i in range(lo, hi):
        for p in range(start[i], start[i] + size[i]):
            v[link[p]] += flow[p]


@njit(cache=True, nogil=True)
def labels(lo: Any, hi: Any, link: Any, back: Any, flow: Any, cost: Any, used: Any, low: Any, high: Any, pl: Any,
            pu: Any) -> Any:  # fmt: skip
    """Least and greatest cost from the origin by rank, and the slot positions of the last links of both routes.

    With ``used`` the greatest is over links with flow alone. Positions with back = -2**31 (dropped) are passed over.
    """
    low[0] = 0.0
    high[0] = 0.0
    q = 0
    p = lo
    while p < hi:
        q += 1
        bl = INF
        bu = -INF
        el = -1
        eu = -1
        w = ~back[p]
        while True:
            ce = cost[link[p]]
            d = low[w] + ce
            if d < bl:
                bl = d
                el = p
            if not used or flow[p] > 0.0:
                d = high[w] + ce
                if d > bu:
                    bu = d
                    eu = p
            p += 1
            if p >= hi or back[p] < 0:
                break
            w = back[p]
        low[q] = bl
        high[q] = bu
        pl[q] = el
        pu[q] = eu
    return q + 1


@njit(cache=True, nogil=True)
def _even_out(i: Any, start: Any, size: Any, link: Any, back: Any, flow: Any, c: Any, v: Any, kind: Any, t0: Any,
              a: Any, b: Any, cap: Any, fixed: Any, cost: Any, slope: Any, low: Any, high: Any, pl: Any, pu: Any,
              eps: Any, dust: Any) -> Any:  # fmt: skip
    """Move flow from the dearest used route to the cheapest at every node of a bush, last node first (Newton steps).

    Returns the largest difference in cost that was met.
    """
    lo = start[i]
    k = labels(lo, lo + size[i], link, back, flow, cost[c], True, low, high, pl, pu)
    worst = 0.0
    classes = fixed.shape[0]
    for q in range(k - 1, 0, -1):
        # A difference between the two last segments is never larger than the one of the whole routes.
        if pu[q] == pl[q] or high[q] - low[q] <= eps:
            continue
        p1 = pl[q]
        p2 = pu[q]
        m = flow[p2]
        e1 = link[p1]
        e2 = link[p2]
        gap = cost[c, e2] - cost[c, e1]
        bend = slope[e1] + slope[e2]
        i1 = back[p1]
        i2 = back[p2]
        i1 = ~i1 if i1 < 0 else i1
        i2 = ~i2 if i2 < 0 else i2
        while i1 != i2:
            if i1 > i2:
                p = pl[i1]
                gap -= cost[c, link[p]]
                bend += slope[link[p]]
                i1 = back[p]
                i1 = ~i1 if i1 < 0 else i1
            else:
                p = pu[i2]
                gap += cost[c, link[p]]
                bend += slope[link[p]]
                m = min(m, flow[p])
                i2 = back[p]
                i2 = ~i2 if i2 < 0 else i2
        if gap <= eps or m <= 0.0:
            continue
        worst = max(worst, gap)
        step = m
        if bend > 0.0 and gap < m * bend:
            step = gap / bend
        for side in range(2):
            n = q
            while n != i1:
                p = pl[n] if side == 0 else pu[n]
                e = link[p]
                if side == 0:
                    flow[p] += step
                    v[e] += step
                else:
                    flow[p] -= step
                    v[e] -= step
                    if flow[p] < dust:
                        v[e] -= flow[p]
                        flow[p] = 0.0
                    v[e] = max(v[e], 0.0)
                t, d = delay(kind[e], v[e], t0[e], a[e], b[e], cap[e])
                slope[e] = d
                for cc in range(classes):
                    cost[cc, e] = t + fixed[cc, e]
                n = back[p]
                n = ~n if n < 0 else n
    return worst


@njit(cache=True, nogil=True)
def sweep(lo: Any, hi: Any, cls: Any, supply: Any, worst: Any, least: Any, start: Any, size: Any, link: Any, back: Any,
          flow: Any, v: Any, kind: Any, t0: Any, a: Any, b: Any, cap: Any, fixed: Any, cost: Any, slope: Any,
          nodes: Any, eps: Any) -> Any:  # fmt: skip
    """Even out the bushes lo to hi, those whose last difference was not below ``least``; return how many."""
    low = np.empty(nodes)
    high = np.empty(nodes)
    pl = np.empty(nodes, np.int64)
    pu = np.empty(nodes, np.int64)
    done = 0
    for i in range(lo, hi):
        if size[i] == 0 or worst[i] < least:
            continue
        worst[i] = _even_out(i, start, size, link, back, flow, cls[i], v, kind, t0, a, b, cap, fixed, cost, slope, low,
                             high, pl, pu, eps, 1e-14 * supply[i])  # fmt: skip
        done += 1
    return done
