"""Kernel that fits bushes to the costs of the moment: links leave or join, flows are conserved, the gap is found."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from shaar.engine.assignment.road_kernels import INF, labels


@njit(cache=True, nogil=True)
def _conserve(k: Any, first: Any, order: Any, demand: Any, back: Any, flow: Any, pl: Any, load: Any) -> None:
    """Send the demand over the bush again in the proportions of its flows: exact conservation, or a new demand.

    Where nothing came in so far, the cheapest link takes all.
    """
    z = len(demand)
    for q in range(k):
        load[q] = demand[order[q]] if order[q] < z and q > 0 else 0.0
    for q in range(k - 1, 0, -1):
        s = 0.0
        for p in range(first[q], first[q + 1]):
            s += flow[p]
        if s <= 0.0 and load[q] > 0.0:
            flow[pl[q]] = load[q]
            s = load[q]
        share = load[q] / s if s > 0.0 else 0.0
        for p in range(first[q], first[q + 1]):
            if flow[p] > 0.0:
                flow[p] *= share
                w = back[p]
                load[~w if w < 0 else w] += flow[p]


@njit(cache=True, nogil=True)
def update_bushes(lo: Any, hi: Any, change: Any, origin: Any, cls: Any, demand: Any, fs: Any, head: Any, tail: Any,
                  blocked: Any, start: Any, room: Any, size: Any, link: Any, back: Any, flow: Any,
                  cost: Any, least: Any, need: Any) -> None:  # fmt: skip
    """Fit the bushes lo to hi to the costs of the moment: drop unused links, add links that shorten, order anew.

    ``least[i]`` becomes the cost of the bush's demand by true shortest routes: the bush's own labels, corrected where
    any link of the network would lower them. ``need[i]`` > 0 says that a bush of so many links has no room in its
    slot; it then stays as it was. Without ``change`` only ``least`` is found.
    """
    nn = len(blocked)
    nl = len(head)
    zones = demand.shape[1]
    low = np.empty(nn)
    high = np.empty(nn)
    load = np.empty(nn)
    pl = np.empty(nn, np.int64)
    pu = np.empty(nn, np.int64)
    order = np.empty(nn, np.int64)
    first = np.empty(nn + 1, np.int64)
    rank = np.empty(nn, np.int64)
    inn = np.empty(nn, np.int64)
    near = np.empty(nn)
    far = np.empty(nn)
    dist = np.empty(nn)
    ring = np.empty(nn, np.int64)
    queued = np.zeros(nn, np.bool_)
    held = np.full(nl, -1.0)
    last = np.empty(nn, np.int64)
    chain = np.empty(nl, np.int64)
    for u in range(nn):
        dist[u] = INF
    for i in range(lo, hi):
        need[i] = 0
        least[i] = 0.0
        if size[i] == 0:
            continue
        r = origin[i]
        ce = cost[cls[i]]
        s = start[i]
        end = s + size[i]
        order[0] = r
        first[0] = s
        k = 1
        for p in range(s, end):
            if back[p] < 0:
                order[k] = head[link[p]]
                first[k] = p
                k += 1
        first[k] = end
        labels(s, end, link, back, flow, ce, False, low, high, pl, pu)
        if change:
            _conserve(k, first, order, demand[i], back, flow, pl, load)
        for u in range(nn):
            near[u] = INF
            far[u] = -INF
        near[r] = 0.0
        far[r] = 0.0
        for q in range(1, k):
            near[order[q]] = low[q]
        # Links without flow that are not on a shortest route leave; the greatest costs are then found anew.
        m = 0
        for q in range(1, k):
            bu = -INF
            d = 0
            for p in range(first[q], first[q + 1]):
                if flow[p] > 0.0 or pl[q] == p:
                    e = link[p]
                    held[e] = flow[p]
                    d += 1
                    w = back[p]
                    w = ~w if w < 0 else w
                    bu = max(bu, high[w] + ce[e])
            high[q] = bu
            far[order[q]] = bu
            inn[order[q]] = d
            m += d
        dropped = size[i] - m
        # One look at all links: those that lower a label of the bush, for the true distances, and those to add. far
        # rises along every link of the bush and strictly along every new one, so no circle can close.
        n = 0
        at = 0
        added = 0
        for q in range(k):
            u = order[q]
            dist[u] = low[q]
        for q in range(k):
            u = order[q]
            if blocked[u] and u != r:
                continue
            fu = high[q]
            du = dist[u]
            for e in range(fs[u], fs[u + 1]):
                w = head[e]
                if du + ce[e] < dist[w]:
                    dist[w] = du + ce[e]
                    if not queued[w]:
                        queued[w] = True
                        ring[(at + n) % nn] = w
                        n += 1
                if fu + ce[e] < far[w] and held[e] < 0.0 and w != r:
                    held[e] = 0.0
                    inn[w] += 1
                    added += 1
        # The rest of the corrections, first in, first out.
        while n > 0:
            u = ring[at]
            at += 1
            if at == nn:
                at = 0
            n -= 1
            queued[u] = False
            if blocked[u] and u != r:
                continue
            for e in range(fs[u], fs[u + 1]):
                w = head[e]
                if dist[u] + ce[e] < dist[w]:
                    dist[w] = dist[u] + ce[e]
                    if not queued[w]:
                        queued[w] = True
                        ring[(at + n) % nn] = w
                        n += 1
        t = 0.0
        for z in range(zones):
            if demand[i, z] > 0.0:
                t += demand[i, z] * dist[z]
        least[i] = t
        for q in range(k):
            dist[order[q]] = INF
        if change and added == 0:
            for q in range(k):
                u = order[q]
                if blocked[u] and u != r:
                    continue
                for e in range(fs[u], fs[u + 1]):
                    w = head[e]
                    if far[u] < far[w] and near[u] + ce[e] < near[w] and held[e] < 0.0 and w != r:
                        held[e] = 0.0
                        inn[w] += 1
                        added += 1
        m += added
        if not change or m > room[i] or (added == 0 and dropped == 0):
            if change and m > room[i]:
                need[i] = m
            for q in range(k):
                u = order[q]
                for e in range(fs[u], fs[u + 1]):
                    held[e] = -1.0
            continue
        # Topological order (Kahn); links wait in a chain at the node they enter.
        for q in range(k):
            last[order[q]] = -1
        order[0] = r
        rank[r] = 0
        n = 1
        q = 0
        while q < n:
            u = order[q]
            q += 1
            for e in range(fs[u], fs[u + 1]):
                if held[e] >= 0.0:
                    w = head[e]
                    chain[e] = last[w]
                    last[w] = e
                    inn[w] -= 1
                    if inn[w] == 0:
                        order[n] = w
                        rank[w] = n
                        n += 1
        p = s
        for q in range(1, n):
            e = last[order[q]]
            begin = p
            while e >= 0:
                link[p] = e
                flow[p] = held[e]
                back[p] = rank[tail[e]]
                held[e] = -1.0
                p += 1
                e = chain[e]
            back[begin] = ~back[begin]
        size[i] = p - s
