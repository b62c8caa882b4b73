"""Numba kernels of the event graph: which arrivals feed which departures, labels of 64 origins at a time, summaries."""

# mypy: allow-untyped-defs
# (numba infers the types; the docstrings and the callers state them)
from __future__ import annotations

import numpy as np
from numba import njit, prange

from shaar.engine.routing.event_lanes import LANES, above, copy, count_in, lowest, over, rise, rise_all

INF = np.int32(2**30)
ONE = np.uint64(1)


@njit(cache=True, nogil=True)
def _grown(values):
    out = np.empty(2 * len(values), values.dtype)
    out[: len(values)] = values
    return out


@njit(cache=True, nogil=True)
def transfers(
    sources, layer, end, stop_ptr, stops, n_trips, time_ptr, dep, arr, row_ptr, serve_ptr, serve_p, serve_i, foot_ptr,
    foot_to, foot_s,
):  # fmt: skip
    """Edges (row arrived by, row boarded) from the trips of some patterns to the patterns listed in ``serve``.

    An edge is left out where the recurrences along a trip and from a trip to the next one of its pattern imply it: when
    the same trip is caught from a later arrival of the feeding pattern, or the same or an earlier trip of the pattern
    is caught at the same or an earlier position from the same or a later position of the feeding trip.
    """
    best = np.zeros(len(stops), np.int32)
    stamp = np.full(len(stops), -1, np.int64)
    src = np.empty(4096, np.int32)
    dst = np.empty(4096, np.int32)
    m = 0
    trip = -1
    for x in range(len(sources)):
        q = sources[x]
        n = stop_ptr[q + 1] - stop_ptr[q]
        own = serve_ptr[layer[q]]
        last = end[layer[q]]
        for k in range(n_trips[q]):
            trip += 1
            at = time_ptr[q] + k * n
            more = k + 1 < n_trips[q]
            for i in range(n - 1, 0, -1):
                a = arr[at + i]
                wait = arr[at + n + i] - a if more else INF
                s = stops[stop_ptr[q] + i]
                for e in range(foot_ptr[s] - 1, foot_ptr[s + 1]):
                    u = s
                    ready = a
                    if e >= foot_ptr[s]:
                        u = foot_to[e]
                        ready = a + foot_s[e]
                    if ready > last:
                        continue
                    for g in range(own[u], own[u + 1]):
                        p = serve_p[g]
                        j = serve_i[g]
                        b = stop_ptr[p]
                        n_p = stop_ptr[p + 1] - b
                        first = time_ptr[p] + j
                        hi = n_trips[p]
                        if stamp[b + j] == trip:
                            hi = best[b + j]
                        if hi == 0 or dep[first + (hi - 1) * n_p] < ready:
                            continue
                        lo = 0
                        hi -= 1
                        while lo < hi:
                            mid = (lo + hi) >> 1
                            if dep[first + mid * n_p] < ready:
                                lo = mid + 1
                            else:
                                hi = mid
                        if dep[first + lo * n_p] - ready >= wait or (p == q and lo >= k and j >= i):
                            continue
                        for h in range(b + j, b + n_p - 1):
                            if stamp[h] == trip and best[h] <= lo:
                                break
                            stamp[h] = trip
                            best[h] = lo
                        if m == len(src):
                            src = _grown(src)
                            dst = _grown(dst)
                        src[m] = row_ptr[q] + (i - 1) * n_trips[q] + k
                        dst[m] = row_ptr[p] + j * n_trips[p] + lo
                        m += 1
    return src[:m].copy(), dst[:m].copy()


@njit(cache=True, nogil=True)
def by_row(rows, other, n):
    """Compressed rows: ``other`` grouped by ``rows`` (0..n-1)."""
    ptr = np.zeros(n + 1, np.int64)
    for e in range(len(rows)):
        ptr[rows[e] + 1] += 1
    for r in range(n):
        ptr[r + 1] += ptr[r]
    fill = ptr[:-1].copy()
    out = np.empty(len(rows), np.int32)
    for e in range(len(rows)):
        out[fill[rows[e]]] = other[e]
        fill[rows[e]] += 1
    return ptr, out


@njit(cache=True, nogil=True)
def arrivals(
    zones, t0, end, stop_ptr, n_trips, time_ptr, arr, row_ptr, alight_ptr, alight_p, alight_i, near_ptr, near_s, near_t,
):  # fmt: skip
    """Arrivals at zones by vehicle and the walk from the stop: (ptr, row, seconds after the layer's first departure).

    Zone ``zones[x]`` in layer ``d`` owns ``ptr[d * len(zones) + x]`` and on, by time. Of one trip only those positions
    count that are reached before every later one, since whoever is aboard earlier is aboard later.
    """
    n_x = len(zones)
    n_layers = len(t0)
    ptr = np.zeros(n_layers * n_x + 1, np.int64)
    keys = np.empty(4096, np.int64)
    m = 0
    for d in range(n_layers):
        for x in range(n_x):
            z = zones[x]
            room = 0
            for e in range(near_ptr[z], near_ptr[z + 1]):
                room += alight_ptr[d, near_s[e] + 1] - alight_ptr[d, near_s[e]]
            ways = np.empty(room, np.int64)
            walk = np.empty(room, np.int32)
            w = 0
            for e in range(near_ptr[z], near_ptr[z + 1]):
                s = near_s[e]
                for g in range(alight_ptr[d, s], alight_ptr[d, s + 1]):
                    ways[w] = (np.int64(alight_p[g]) << 32) - alight_i[g]  # later positions first
                    walk[w] = near_t[e]
                    w += 1
            order = np.argsort(ways)
            first = m
            lo = 0
            while lo < w:
                p = (ways[order[lo]] + (np.int64(1) << 31)) >> 32
                hi = lo
                while hi < w and (ways[order[hi]] + (np.int64(1) << 31)) >> 32 == p:
                    hi += 1
                n = stop_ptr[p + 1] - stop_ptr[p]
                for k in range(n_trips[p]):
                    least = end[d] + 1
                    for y in range(lo, hi):
                        i = (np.int64(p) << 32) - ways[order[y]]
                        a = arr[time_ptr[p] + k * n + i] + walk[order[y]]
                        if a < least:
                            least = a
                            if m == len(keys):
                                keys = _grown(keys)
                            keys[m] = (np.int64(a - t0[d]) << 32) | (row_ptr[p] + (i - 1) * n_trips[p] + k)
                            m += 1
                lo = hi
            keys[first:m].sort()
            ptr[d * n_x + x + 1] = m
    rows = np.empty(m, np.int32)
    when = np.empty(m, np.int32)
    for e in range(m):
        rows[e] = keys[e] & 0x7FFFFFFF
        when[e] = keys[e] >> 32
    return ptr, rows, when


@njit(cache=True, nogil=True)
def seed(
    lam, at, lane, acc_s, acc_t, t0, n_dep, step, stop_ptr, n_trips, time_ptr, dep, row_ptr, serve_ptr, serve_p,
    serve_i,
):  # fmt: skip
    """Raise the labels (departure number + 1) of one lane at the events that its origin can walk to."""
    for q in range(len(acc_s)):
        for d in range(len(t0)):
            start = t0[d] + acc_t[q]
            for g in range(serve_ptr[d, acc_s[q]], serve_ptr[d, acc_s[q] + 1]):
                p = serve_p[g]
                n = stop_ptr[p + 1] - stop_ptr[p]
                off = at + (row_ptr[p] + serve_i[g] * n_trips[p]) * LANES + lane
                e = time_ptr[p] + serve_i[g]
                for _ in range(n_trips[p]):
                    late = dep[e] - start
                    if late >= 0:
                        label = min(late // step + 1, n_dep[d])
                        lam[off] = max(lam[off], label)
                        if label == n_dep[d]:
                            break
                    e += n
                    off += LANES


@njit(cache=True, nogil=True)
def spread(lam, size, rides, stop_ptr, n_trips, row_ptr, in_ptr, in_src):
    """Labels of all rounds from the seeds in the first: round k holds those aboard with at most k + 1 rides."""
    for k in range(rides):
        here = k * size
        below = here - size
        for p in range(len(n_trips)):
            n = n_trips[p]
            r = row_ptr[p]
            for i in range(stop_ptr[p + 1] - stop_ptr[p] - 1):
                for t in range(n):
                    at = here + r * LANES
                    if k > 0:
                        copy(lam, at, lam, below + r * LANES)
                        rise_all(lam, at, lam, below, in_src, in_ptr[r], in_ptr[r + 1])
                    if t > 0:
                        rise(lam, at, lam, at - LANES)
                    if i > 0:
                        rise(lam, at, lam, at - n * LANES)
                    r += 1


@njit(cache=True, nogil=True)
def _first_arrivals(lam, size, rides, lanes, lo, hi, c_row, c_at, run, seen, masks, when):
    """Arrivals among lo..hi-1 that are the first for some departure: how many, labels of each round, lanes, times."""
    top = (rides - 1) * size
    wide = rides * LANES
    run[:] = 0
    m = 0
    c = lo
    while c < hi:
        now = c_at[c]
        at = m * wide
        if c + 1 < hi and c_at[c + 1] == now:
            first = c
            c += 2
            while c < hi and c_at[c] == now:
                c += 1
            seen[at : at + wide] = 0
            for k in range(rides):
                rise_all(seen, at + k * LANES, lam, k * size, c_row, first, c)
            mask = above(seen, at + wide - LANES, run, 0) & lanes
            if not mask:
                continue
        else:
            off = np.int64(c_row[c]) * LANES
            c += 1
            mask = above(lam, top + off, run, 0) & lanes
            if not mask:
                continue
            for k in range(rides):
                copy(seen, at + k * LANES, lam, k * size + off)
        rise(run, 0, seen, at + wide - LANES)
        masks[m] = mask
        when[m] = now
        m += 1
    return m


@njit(cache=True, nogil=True)
def profile(
    lam, size, rides, lanes, x, n_x, n_dep, step, c_ptr, c_row, c_at, run, seen, masks, when, most, within, rest, room,
    segments, n_seg, bins, got, rode,
):  # fmt: skip
    """Earliest arrivals at one zone (number ``x`` in the lists ``c_*``) for every departure of the lanes ``lanes``.

    Arrivals are looked at by time; the departures that one serves first make a segment: its travel times are
    ``r + b * step`` for the bins b from a to e. Segments are kept as ``r << 42 | e << 21 | a`` where a is at most
    ``most``, lane l from ``l * room`` to ``n_seg[l]``; ``bins[64 b + l]`` holds how many more travel times there are in
    bin b than in b - 1. ``got`` and ``rode`` count the departures whose travel time is at most
    ``within * step + rest`` and their rides (fewest of those that arrive first).
    """
    n_seg[:] = np.arange(0, LANES * room, room)
    got[:] = 0
    rode[:] = 0
    wide = rides * LANES
    for d in range(len(n_dep)):
        y = d * n_x + x
        m = _first_arrivals(lam, size, rides, lanes, c_ptr[y], c_ptr[y + 1], c_row, c_at, run, seen, masks, when)
        run[:] = 0
        for q in range(m):
            late = when[q] // step
            over_it = when[q] - late * step
            mask = masks[q]
            at = q * wide
            while mask:
                lane = np.int64(lowest(mask))
                mask &= mask - ONE
                # departures lo .. hi - 1 (numbers) arrive now
                lo = np.int64(run[lane])
                hi = np.int64(seen[at + wide - LANES + lane])
                run[lane] = hi
                a = late - hi + 1
                if a <= most:
                    b = min(late - lo, most)
                    segments[n_seg[lane]] = (over_it << 42) | (b << 21) | a
                    n_seg[lane] += 1
                    bins[a * LANES + lane] += 1
                    bins[(b + 1) * LANES + lane] -= 1
                first = late - within[lane]
                if over_it > rest[lane]:
                    first += 1
                lo = max(lo, first)
                n = max(hi - lo, np.int64(0))
                got[lane] += n
                n *= rides
                for k in range(rides - 1):  # those who could do with k + 1 rides, and fewer
                    n -= max(np.int64(seen[at + k * LANES + lane]) - lo, 0)
                rode[lane] += n


@njit(cache=True, nogil=True)
def summary(
    lanes, first, z, room, segments, n_seg, bins, total, now, most, direct, n_all, max_s, step, ranks, rank_of,
    todo, few, got, rode, minutes, mean_rides, walked,
):  # fmt: skip
    """Write the cells of one zone (column) for the lanes ``lanes``; lane 0 is origin ``first``. Clears the bins.

    A percentile is looked for bin by bin, for all lanes at once; within a bin each segment has one travel time.
    """
    n_p = len(ranks)
    todo[:] = lanes
    total[:] = 0
    now[:] = 0
    low = 0  # percentiles below are found in all lanes
    for b in range(most + 2):
        count_in(total, now, bins, b * LANES)
        for i in range(low, n_p):
            mask = over(total, ranks[i])
            if not mask:
                break
            mask &= todo[i]
            todo[i] &= ~mask
            if i == low and not todo[i]:
                low += 1
            while mask:
                lane = np.int64(lowest(mask))
                mask &= mask - ONE
                m = 0
                for s in range(lane * room, n_seg[lane]):
                    if segments[s] & 0x1FFFFF <= b <= (segments[s] >> 21) & 0x1FFFFF:
                        v = segments[s] >> 42
                        h = m
                        while h > 0 and few[h - 1] > v:
                            few[h] = few[h - 1]
                            h -= 1
                        few[h] = v
                        m += 1
                v = min(b * step + few[ranks[i] - (np.int64(total[lane]) - m)], direct[z, lane])
                minutes[rank_of[i], first + lane, z] = v / 60.0 if v <= max_s else np.nan
    for i in range(n_p):
        mask = todo[i]
        while mask:
            lane = np.int64(lowest(mask))
            mask &= mask - ONE
            v = direct[z, lane]
            minutes[rank_of[i], first + lane, z] = v / 60.0 if v <= max_s else np.nan
    while lanes:
        lane = np.int64(lowest(lanes))
        lanes &= lanes - ONE
        reached = n_all if direct[z, lane] <= max_s else got[lane]
        mean_rides[first + lane, z] = rode[lane] / reached if reached > 0 else np.nan
        walked[first + lane, z] = (reached - got[lane]) / reached if reached > 0 else np.nan


@njit(cache=True, nogil=True, parallel=True)
def matrix(
    o_lo, o_hi, acc_ptr, acc_s, acc_t, t0, n_dep, step, rides, max_s, stop_ptr, n_trips, time_ptr, dep, row_ptr,
    serve_ptr, serve_p, serve_i, in_ptr, in_src, c_ptr, c_row, c_at, walk_ptr, walk_to, walk_s, n_z, ranks, rank_of,
    labels, keep, size, minutes, mean_rides, walked, n_threads,
):  # fmt: skip
    """Fill the matrices for origins o_lo..o_hi-1, blocks of 64 origins in parallel; see events.py for the arrays.

    ``labels`` is uint8[slots, rides * size] (``size``: bytes for the rows), a slot a block where they are to be kept,
    else a slot a thread.
    """
    n_blocks = (o_hi - o_lo + LANES - 1) // LANES
    n_all = n_dep.sum()
    most = max_s // step
    longest = 1
    for y in range(len(c_ptr) - 1):
        longest = max(longest, c_ptr[y + 1] - c_ptr[y])
    for th in prange(n_threads):
        run = np.zeros(LANES, np.uint8)
        seen = np.empty(longest * rides * LANES, np.uint8)
        masks = np.empty(longest, np.uint64)
        when = np.empty(longest, np.int64)
        within = np.zeros(LANES, np.int64)
        rest = np.zeros(LANES, np.int64)
        segments = np.empty(LANES * n_all, np.int64)
        n_seg = np.zeros(LANES, np.int64)
        bins = np.zeros((most + 2) * LANES, np.int16)
        total = np.zeros(LANES, np.int16)
        now = np.zeros(LANES, np.int16)
        todo = np.zeros(len(ranks), np.uint64)
        few = np.empty(n_all, np.int64)
        got = np.zeros(LANES, np.int64)
        rode = np.zeros(LANES, np.int64)
        direct = np.empty((n_z, LANES), np.int32)
        for block in range(np.int64(th), n_blocks, n_threads):
            lo = o_lo + block * LANES
            n_l = min(LANES, o_hi - lo)
            lam = labels[block if keep else np.int64(th)]
            direct[:, :] = INF
            lam[:size] = 0
            for lane in range(n_l):
                o = lo + lane
                for e in range(walk_ptr[o], walk_ptr[o + 1]):
                    direct[walk_to[e], lane] = walk_s[e]
                a = acc_ptr[o]
                b = acc_ptr[o + 1]
                if rides > 0:
                    seed(
                        lam, 0, lane, acc_s[a:b], acc_t[a:b], t0, n_dep, step, stop_ptr, n_trips, time_ptr, dep,
                        row_ptr, serve_ptr, serve_p, serve_i,
                    )  # fmt: skip
            spread(lam, size, rides, stop_ptr, n_trips, row_ptr, in_ptr, in_src)
            lanes = ~np.uint64(0) if n_l == LANES else (ONE << np.uint64(n_l)) - ONE
            for z in range(n_z):
                limits(direct, z, max_s, step, within, rest)
                if rides > 0:
                    profile(
                        lam, size, rides, lanes, z, n_z, n_dep, step, c_ptr, c_row, c_at, run, seen, masks, when, most,
                        within, rest, n_all, segments, n_seg, bins, got, rode,
                    )  # fmt: skip
                summary(
                    lanes, lo, z, n_all, segments, n_seg, bins, total, now, most, direct, n_all, max_s, step,
                    ranks, rank_of, todo, few, got, rode, minutes, mean_rides, walked,
                )  # fmt: skip


@njit(cache=True, nogil=True)
def limits(direct, z, max_s, step, within, rest):
    """Travel times below this many steps and seconds beat the walk and the limit."""
    for lane in range(LANES):
        most = min(np.int64(direct[z, lane]) - 1, max_s)
        within[lane] = most // step
        rest[lane] = most - within[lane] * step
