"""Compiled optimal strategies: label setting for one destination after another, and loading in reverse."""

from __future__ import annotations

import numpy as np
from numba import njit

from shaar.engine.heap import push, sift

#: Frequency of links that are there whenever one comes (riding, alighting, walking).
ALWAYS = np.inf


@njit(cache=True, nogil=True)
def labels(  # type: ignore[no-untyped-def]
    dest, stamp, in_ptr, in_link, tail, cost, freq, waits, wait, u, f, via, chosen, settled, order, keys, items,
):  # fmt: skip
    """Least expected minutes from every node to ``dest``, and the strategy that has them.

    Nodes are settled in order of their labels. A link without waiting relaxes its tail like Dijkstra; a boarding link
    joins the strategy of its tail while its own label is below the tail's (Spiess & Florian 1989, part 1). Links whose
    turn comes later than the settling of their head wait in the same heap as items ``n + link``.

    Parameters
    ----------
    dest, stamp
        Destination node; a number that no earlier call used with the same work arrays.
    in_ptr, in_link
        Links entering node i: ``in_link[in_ptr[i]:in_ptr[i+1]]``.
    tail, cost, freq
        Of each link: node it leaves, minutes, frequency (per minute; inf: no waiting; 0: closed).
    waits
        Whether boarding links leave a node.
    wait
        Expected wait times frequency: 1 for vehicles at random, 1/2 for an even service.
    u, f, via, chosen, settled, order, keys, items
        Work arrays filled here: labels (inf: no way), joint frequency, link taken without waiting (-1: none), stamp of
        boarding links in the strategy, stamp of settled nodes, settled nodes in order, heap.

    Returns
    -------
    int
        Number of nodes settled.
    """
    n = len(u)
    u[:] = np.inf
    f[:] = 0.0
    via[:] = -1
    u[dest] = 0.0
    count = 0
    size = push(keys, items, 0, 0.0, dest)
    while size > 0:
        key = keys[0]
        item = items[0]
        size = sift(keys, items, size)
        if item >= n:
            first = item - n
            last = first + 1
            late = True
        else:
            if settled[item] == stamp or key > u[item]:
                continue
            settled[item] = stamp
            order[count] = item
            count += 1
            first = in_ptr[item]
            last = in_ptr[item + 1]
            late = False
        for e in range(first, last):
            a = e if late else in_link[e]
            t = tail[a]
            if settled[t] == stamp:
                continue
            k = key if late else key + cost[a]
            if k >= u[t]:
                continue
            fa = freq[a]
            if fa <= 0.0:
                continue
            if not late and cost[a] > 0.0 and waits[t]:
                size = push(keys, items, size, k, n + a)
                continue
            if fa == ALWAYS:
                u[t] = k
                via[t] = a
            else:
                if f[t] == 0.0:
                    u[t] = (wait + fa * k) / fa
                else:
                    u[t] = (f[t] * u[t] + fa * k) / (f[t] + fa)
                f[t] += fa
                chosen[a] = stamp
            size = push(keys, items, size, u[t], t)
    return count


@njit(cache=True, nogil=True)
def load(  # type: ignore[no-untyped-def]
    count, order, stamp, out_ptr, out_link, head, cost, freq, wait, u, f, via, chosen, volume, links, waiting,
    slope,
):  # fmt: skip
    """Send the trips at every node along the strategy, farthest nodes first (Spiess & Florian 1989, part 2).

    Parameters
    ----------
    count, order, stamp, u, f, via, chosen
        As :func:`labels` left them.
    out_ptr, out_link
        Boarding links leaving node i.
    volume
        Trips that begin at each node; used up.
    links, waiting, slope
        Added to: trips on each link; person-minutes of waiting at each node; change of all person-minutes per unit of
        frequency of each boarding link. The last is exact where no strategy changes: for one who waits at i,
        ``d u_i / d f_a = (t_a - u_i) / F_i``.
    """
    for q in range(count - 1, -1, -1):
        i = order[q]
        v = volume[i]
        if v <= 0.0:
            continue
        volume[i] = 0.0
        a = via[i]
        if a >= 0:
            links[a] += v
            volume[head[a]] += v
        elif f[i] > 0.0:
            waiting[i] += v * wait / f[i]
            for e in range(out_ptr[i], out_ptr[i + 1]):
                a = out_link[e]
                if chosen[a] == stamp:
                    part = v * freq[a] / f[i]
                    links[a] += part
                    volume[head[a]] += part
                    slope[a] += v * (u[head[a]] + cost[a] - u[i]) / f[i]


@njit(cache=True, nogil=True)
def block(  # type: ignore[no-untyped-def]
    first, step, dests, origins, trips, direct, in_ptr, in_link, out_ptr, out_link, tail, head, cost, freq, waits,
    wait, minutes, links, waiting, slope,
):  # fmt: skip
    """Serve destinations ``first, first + step, ...``: labels, then loading of those who ride.

    Parameters
    ----------
    dests, origins
        Nodes, shape (d,), (o,).
    trips, direct
        Trips and minutes without any line (inf: none), shape (d, o).
    minutes
        Filled, shape (d, o): expected minutes, the better of the strategy and the direct way.
    links, waiting, slope
        Added to, of this block alone; see :func:`load`.
    """
    n = len(in_ptr) - 1
    m = len(tail)
    u = np.empty(n)
    f = np.empty(n)
    via = np.empty(n, np.int64)
    chosen = np.full(m, -1, np.int64)
    settled = np.full(n, -1, np.int64)
    order = np.empty(n, np.int64)
    keys = np.empty(2 * m + n + 2)
    items = np.empty(2 * m + n + 2, np.int64)
    volume = np.zeros(n)
    for k in range(first, len(dests), step):
        count = labels(
            dests[k], k, in_ptr, in_link, tail, cost, freq, waits, wait, u, f, via, chosen, settled, order, keys, items
        )
        ride = False
        for j in range(len(origins)):
            o = origins[j]
            if u[o] < direct[k, j]:
                minutes[k, j] = u[o]
                if trips[k, j] > 0.0 and o != dests[k]:
                    volume[o] += trips[k, j]
                    ride = True
            else:
                minutes[k, j] = direct[k, j]
        if ride:
            load(
                count, order, k, out_ptr, out_link, head, cost, freq, wait, u, f, via, chosen, volume, links, waiting,
                slope,
            )  # fmt: skip
            volume[dests[k]] = 0.0
