"""Numba kernels of the event graph: which arrivals feed which departures, labels of 64 origins at a time, summaries."""

# mypy: allow-untyped-defs
# (numba infers the types; the docstrings and the callers state them)
from __future__ import annotations

import numpy as np
from numba import njit, prange

from shaar.engine.routing.event_lanes import LANES, above, lowest, rise, rise_all

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
                        src[m] = row_ptr[q] + k * (n - 1) + i - 1
                        dst[m] = row_ptr[p] + lo * (n_p - 1) + j
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
                            keys[m] = (np.int64(a - t0[d]) << 32) | (row_ptr[p] + k * (n - 1) + i - 1)
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
                off = at + (row_ptr[p] + serve_i[g]) * LANES + lane
                e = time_ptr[p] + serve_i[g]
                for _ in range(n_trips[p]):
                    late = dep[e] - start
                    if late >= 0:
                        label = min(late // step + 1, n_dep[d])
                        lam[off] = max(lam[off], label)
                        if label == n_dep[d]:
                            break
                    e += n
                    off += (n - 1) * LANES


@njit(cache=True, nogil=True)
def spread(lam, size, rides, stop_ptr, n_trips, row_ptr, in_ptr, in_src):
    """Labels of all rounds from the seeds in the first: round k holds those aboard with at most k + 1 rides."""
    for k in range(rides):
        here = k * size
        below = here - size
        for p in range(len(n_trips)):
            n = stop_ptr[p + 1] - stop_ptr[p] - 1
            r = row_ptr[p]
            for t in range(n_trips[p]):
                for i in range(n):
                    at = here + r * LANES
                    if k > 0:
                        lam[at : at + LANES] = lam[below + r * LANES : below + r * LANES + LANES]
                        if in_ptr[r] < in_ptr[r + 1]:
                            rise_all(lam, at, lam, below, in_src, in_ptr[r], in_ptr[r + 1])
                    if i > 0:
                        rise(lam, at, lam, at - LANES)
                    if t > 0:
                        rise(lam, at, lam, at - n * LANES)
                    r += 1


@njit(cache=True, nogil=True)
def profile(
    lam, size, rides, lanes, z, n_x, t0, n_dep, step, c_ptr, c_row, c_at, run, within, rest, seg_lo, seg_hi, seg_r,
    n_seg, got, rode,
):  # fmt: skip
    """Earliest arrivals at one zone for every departure of the lanes in the mask ``lanes``.

    Arrivals are looked at by time; the departures that one serves first make a segment: its travel times are
    ``seg_r + b * step`` for the bins ``b`` from ``seg_lo`` to ``seg_hi``. ``got`` and ``rode`` count the departures
    whose travel time is at most ``within * step + rest`` and their rides (fewest of those that arrive first).
    Row ``size / 64 - 1`` of each round is scratch.
    """
    for lane in range(LANES):
        n_seg[lane] = 0
        got[lane] = 0
        rode[lane] = 0
    top = (rides - 1) * size
    spare = size - LANES
    for d in range(len(t0)):
        run[:] = 0
        left = lanes
        c = c_ptr[d * n_x + z]
        stop = c_ptr[d * n_x + z + 1]
        while c < stop and left:
            same = c + 1
            while same < stop and c_at[same] == c_at[c]:
                same += 1
            off = np.int64(c_row[c]) * np.int64(LANES)
            if same > c + 1:
                for k in range(rides):
                    at = k * size + spare
                    lam[at : at + LANES] = 0
                    rise_all(lam, at, lam, k * size, c_row, c, same)
                off = np.int64(spare)
            mask = above(lam, top + off, run, 0) & left
            if mask:
                late = c_at[c] // step
                over = c_at[c] - late * step
                while mask:
                    lane = np.int64(lowest(mask))
                    mask &= mask - ONE
                    lo = np.int64(run[lane])
                    hi = np.int64(lam[top + off + lane])
                    run[lane] = hi
                    if hi == n_dep[d]:
                        left &= ~(ONE << np.uint64(lane))
                    # departures lo .. hi - 1 (numbers) arrive now
                    m = n_seg[lane]
                    seg_lo[lane, m] = late - hi + 1
                    seg_hi[lane, m] = late - lo
                    seg_r[lane, m] = over
                    n_seg[lane] = m + 1
                    first = late - within[lane]
                    if over > rest[lane]:
                        first += 1
                    lo = max(lo, first)
                    if lo < hi:
                        got[lane] += hi - lo
                        for k in range(rides - 1):
                            have = np.int64(lam[k * size + off + lane])
                            if have > lo:
                                rode[lane] += (k + 1) * (have - lo)
                                lo = have
                                if lo >= hi:
                                    break
                        if lo < hi:
                            rode[lane] += rides * (hi - lo)
            c = same


@njit(cache=True, nogil=True)
def percentiles(n, seg_lo, seg_hi, seg_r, ranks, step, max_s, direct, bins, few, minutes):
    """Travel times of rank ``ranks`` (rising) among the segments, at most the direct walk, in minutes or nan."""
    n_p = len(ranks)
    i = 0
    if n > 0:
        most = len(bins) - 2
        low = most
        high = -1
        for s in range(n):
            a = seg_lo[s]
            if a <= most:
                b = min(seg_hi[s], most)
                bins[a] += 1
                bins[b + 1] -= 1
                low = min(low, a)
                high = max(high, b)
        before = 0
        now = 0
        for b in range(low, high + 2):
            now += bins[b]
            bins[b] = 0
            while i < n_p and ranks[i] < before + now:
                want = ranks[i] - before
                m = 0
                for s in range(n):
                    if seg_lo[s] <= b <= seg_hi[s]:
                        v = seg_r[s]
                        h = m
                        while h > 0 and few[h - 1] > v:
                            few[h] = few[h - 1]
                            h -= 1
                        few[h] = v
                        m += 1
                v = min(b * step + few[want], direct)
                minutes[i] = v / 60.0 if v <= max_s else np.nan
                i += 1
            before += now
    while i < n_p:
        minutes[i] = direct / 60.0 if direct <= max_s else np.nan
        i += 1


@njit(cache=True, nogil=True, parallel=True)
def matrix(
    o_lo, o_hi, acc_ptr, acc_s, acc_t, t0, n_dep, step, rides, max_s, stop_ptr, n_trips, time_ptr, dep, row_ptr,
    serve_ptr, serve_p, serve_i, in_ptr, in_src, c_ptr, c_row, c_at, walk_ptr, walk_to, walk_s, n_z, ranks, rank_of,
    labels, keep, size, minutes, mean_rides, walked, n_threads,
):  # fmt: skip
    """Fill the matrices for origins o_lo..o_hi-1, blocks of 64 origins in parallel; see events.py for the arrays.

    ``labels`` is uint8[slots, rides * size] (``size``: bytes for the rows and one more), a slot a block where they are
    to be kept, else a slot a thread.
    """
    n_blocks = (o_hi - o_lo + LANES - 1) // LANES
    n_all = 0
    for d in range(len(t0)):
        n_all += n_dep[d]
    for th in prange(n_threads):
        run = np.zeros(LANES, np.uint8)
        within = np.zeros(LANES, np.int64)
        rest = np.zeros(LANES, np.int64)
        seg_lo = np.empty((LANES, n_all + 1), np.int32)
        seg_hi = np.empty((LANES, n_all + 1), np.int32)
        seg_r = np.empty((LANES, n_all + 1), np.int32)
        n_seg = np.zeros(LANES, np.int64)
        got = np.zeros(LANES, np.int64)
        rode = np.zeros(LANES, np.int64)
        bins = np.zeros(max_s // step + 3, np.int32)
        few = np.empty(n_all + 1, np.int32)
        out = np.empty(len(ranks))
        direct = np.empty((LANES, n_z), np.int32)
        for block in range(np.int64(th), n_blocks, n_threads):
            lo = o_lo + block * LANES
            n_l = min(LANES, o_hi - lo)
            lam = labels[block if keep else np.int64(th)]
            direct[:, :] = INF
            lam[:size] = 0
            for lane in range(n_l):
                o = lo + lane
                for e in range(walk_ptr[o], walk_ptr[o + 1]):
                    direct[lane, walk_to[e]] = walk_s[e]
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
                for lane in range(n_l):
                    most = min(np.int64(direct[lane, z]) - 1, max_s)
                    within[lane] = most // step
                    rest[lane] = most - within[lane] * step
                if rides > 0:
                    profile(
                        lam, size, rides, lanes, z, n_z, t0, n_dep, step, c_ptr, c_row, c_at, run, within, rest,
                        seg_lo, seg_hi, seg_r, n_seg, got, rode,
                    )  # fmt: skip
                for lane in range(n_l):
                    cell(
                        lo + lane, z, direct[lane, z], n_all, max_s, step, n_seg[lane], seg_lo[lane], seg_hi[lane],
                        seg_r[lane], got[lane], rode[lane], ranks, rank_of, bins, few, out, minutes, mean_rides, walked,
                    )  # fmt: skip


@njit(cache=True, nogil=True)
def cell(
    o, z, direct, n_all, max_s, step, n, seg_lo, seg_hi, seg_r, got, rode, ranks, rank_of, bins, few, out, minutes,
    mean_rides, walked,
):  # fmt: skip
    """Write one cell of the matrices."""
    percentiles(n, seg_lo, seg_hi, seg_r, ranks, step, max_s, direct, bins, few, out)
    for i in range(len(ranks)):
        minutes[rank_of[i], o, z] = out[i]
    reached = n_all if direct <= max_s else got
    mean_rides[o, z] = rode / reached if reached > 0 else np.nan
    walked[o, z] = (reached - got) / reached if reached > 0 else np.nan
