"""Numba kernel of an edit: what the new and the missing trips change, and nothing else, block by block of origins."""

# mypy: allow-untyped-defs
# (numba infers the types; the docstrings and the callers state them)
from __future__ import annotations

import numpy as np
from numba import njit, prange

from shaar.engine.routing.event_kernels import INF, ONE, limits, profile, seed, summary
from shaar.engine.routing.event_lanes import LANES, above, differs, rise, rise_all


@njit(cache=True, nogil=True)
def _save(lam, at, row_at, undo_at, undo, m):
    undo_at[m] = row_at
    undo[m * LANES : m * LANES + LANES] = lam[at : at + LANES]
    return m + 1


@njit(cache=True, nogil=True)
def _respread(
    lam, size, rides, n_old, old_patterns, dead, dead_rows, n_trips, row_ptr, in_ptr, in_src, out_ptr, out_dst, x_ptr,
    x_src, touched, need, tmp, undo_at, undo, lanes_of, changed,
):  # fmt: skip
    """Bring the labels up to date where they can differ; returns rows saved for the way back and rows that changed.

    Rows are worked out again when a row that they take from has changed. ``changed`` lists old rows with other labels,
    ``lanes_of`` says in which lanes.
    """
    m = 0
    n_changed = 0
    for k in range(rides):
        for q in range(len(dead_rows)):
            at = k * size + dead_rows[q] * LANES
            m = _save(lam, at, at, undo_at, undo, m)
            lam[at : at + LANES] = 0
    for k in range(rides):
        here = k * size
        below = here - size
        need[k, :] = 0
        if k > 0:
            need[k, : len(touched)] = touched
    for k in range(rides):
        here = k * size
        below = here - size
        for p in range(old_patterns if k == 0 else 0, len(dead)):
            if dead[p]:
                continue
            n = n_trips[p]
            first = row_ptr[p]
            new = p >= old_patterns
            for r in range(first, row_ptr[p + 1]):
                if not new and not need[k, r]:
                    continue
                at = here + r * LANES
                if k == 0:
                    tmp[:] = lam[at : at + LANES]
                else:
                    tmp[:] = lam[below + r * LANES : below + r * LANES + LANES]
                    if not new:
                        rise_all(tmp, 0, lam, below, in_src, in_ptr[r], in_ptr[r + 1])
                    rise_all(tmp, 0, lam, below, x_src, x_ptr[r], x_ptr[r + 1])
                if r - first >= n:
                    rise(tmp, 0, lam, at - n * LANES)
                inner = (r - first) % n
                if inner > 0:
                    rise(tmp, 0, lam, at - LANES)
                mask = differs(tmp, 0, lam, at)
                if not mask:
                    continue
                if not new:
                    m = _save(lam, at, at, undo_at, undo, m)
                    if lanes_of[r] == 0:
                        changed[n_changed] = r
                        n_changed += 1
                    lanes_of[r] |= mask
                    if inner < n - 1:
                        need[k, r + 1] = 1
                    if r + n < row_ptr[p + 1]:
                        need[k, r + n] = 1
                    if k + 1 < rides:
                        need[k + 1, r] = 1
                        for e in range(out_ptr[r], out_ptr[r + 1]):
                            need[k + 1, out_dst[e]] = 1
                lam[at : at + LANES] = tmp
    return m, n_changed


@njit(cache=True, nogil=True, parallel=True)
def edit(
    n_o, acc_ptr, acc_s, acc_t, t0, n_dep, step, rides, max_s, n_old, old_patterns, dead, dead_rows, stop_ptr, n_trips,
    time_ptr, dep, row_ptr, new_ptr, new_p, new_i, in_ptr, in_src, out_ptr, out_dst, x_ptr, x_src, touched, row_stop,
    eg_ptr, eg_z, old_ptr, old_z, c_ptr, c_row, c_at, fresh, f_ptr, f_row, f_at, walk_ptr, walk_to, walk_s, n_z, ranks,
    rank_of, labels, size, minutes, mean_rides, walked, cells, n_threads,
):  # fmt: skip
    """Rewrite the cells of the matrices that a change of patterns can touch; ``labels`` are as before afterwards.

    Rows below ``n_old`` and patterns below ``old_patterns`` are those of the base; ``dead`` ones are gone, the rest is
    new. ``new_ptr, new_p, new_i`` board new patterns, ``x_ptr, x_src`` are feeders of which either side is new.
    ``fresh[z]`` is the number of zone z in the arrival lists ``f_*``, or -1 where those of the base (``c_*``) hold.
    ``eg_*`` are walks stop -> zone, ``old_*`` the same for stops of patterns that are gone. ``cells[th]`` counts.
    """
    n_rows = row_ptr[-1]
    n_blocks = (n_o + LANES - 1) // LANES
    n_fresh = 0
    for z in range(n_z):
        n_fresh = max(n_fresh, fresh[z] + 1)
    n_all = n_dep.sum()
    most = max_s // step
    longest = 1
    for y in range(len(c_ptr) - 1):
        longest = max(longest, c_ptr[y + 1] - c_ptr[y])
    for y in range(len(f_ptr) - 1):
        longest = max(longest, f_ptr[y + 1] - f_ptr[y])
    for th in prange(n_threads):
        run = np.zeros(LANES, np.uint8)
        zero = np.zeros(LANES, np.uint8)
        tmp = np.zeros(LANES, np.uint8)
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
        need = np.zeros((rides, n_rows), np.uint8)
        undo_at = np.empty(rides * n_old, np.int64)
        undo = np.empty(rides * n_old * LANES, np.uint8)
        lanes_of = np.zeros(n_old, np.uint64)
        changed = np.empty(n_old, np.int64)
        lanes_z = np.zeros(n_z, np.uint64)
        for block in range(np.int64(th), n_blocks, n_threads):
            lo = block * LANES
            n_l = min(LANES, n_o - lo)
            lanes = ~np.uint64(0) if n_l == LANES else (ONE << np.uint64(n_l)) - ONE
            lam = labels[block]
            for k in range(rides):
                lam[k * size + n_old * LANES : k * size + n_rows * LANES] = 0
            for lane in range(n_l):
                a = acc_ptr[lo + lane]
                b = acc_ptr[lo + lane + 1]
                seed(
                    lam, 0, lane, acc_s[a:b], acc_t[a:b], t0, n_dep, step, stop_ptr, n_trips, time_ptr, dep, row_ptr,
                    new_ptr, new_p, new_i,
                )  # fmt: skip
            m, n_changed = _respread(
                lam, size, rides, n_old, old_patterns, dead, dead_rows, n_trips, row_ptr, in_ptr, in_src, out_ptr,
                out_dst, x_ptr, x_src, touched, need, tmp, undo_at, undo, lanes_of, changed,
            )  # fmt: skip
            lanes_z[:] = 0
            top = rides - 1
            for q in range(len(dead_rows)):  # saved first, round by round
                mask = above(undo, (top * len(dead_rows) + q) * LANES, zero, 0)
                s = row_stop[dead_rows[q]]
                for e in range(old_ptr[s], old_ptr[s + 1]):
                    lanes_z[old_z[e]] |= mask
            for r in range(n_old, n_rows):
                mask = above(lam, top * size + r * LANES, zero, 0)
                s = row_stop[r]
                for e in range(eg_ptr[s], eg_ptr[s + 1]):
                    lanes_z[eg_z[e]] |= mask
            for q in range(n_changed):
                mask = lanes_of[changed[q]]
                lanes_of[changed[q]] = 0
                s = row_stop[changed[q]]
                for e in range(eg_ptr[s], eg_ptr[s + 1]):
                    lanes_z[eg_z[e]] |= mask
            direct[:, :] = INF
            for lane in range(n_l):
                for e in range(walk_ptr[lo + lane], walk_ptr[lo + lane + 1]):
                    direct[walk_to[e], lane] = walk_s[e]
            for z in range(n_z):
                mask = lanes_z[z] & lanes
                if not mask:
                    continue
                limits(direct, z, max_s, step, within, rest)
                if fresh[z] >= 0:
                    profile(
                        lam, size, rides, mask, fresh[z], n_fresh, n_dep, step, f_ptr, f_row, f_at, run, seen, masks,
                        when, most, within, rest, n_all, segments, n_seg, bins, got, rode,
                    )  # fmt: skip
                else:
                    profile(
                        lam, size, rides, mask, z, n_z, n_dep, step, c_ptr, c_row, c_at, run, seen, masks, when, most,
                        within, rest, n_all, segments, n_seg, bins, got, rode,
                    )  # fmt: skip
                summary(
                    mask, lo, z, n_all, segments, n_seg, bins, total, now, most, direct, n_all, max_s, step, ranks,
                    rank_of, todo, few, got, rode, minutes, mean_rides, walked,
                )  # fmt: skip
                while mask:
                    mask &= mask - ONE
                    cells[th] += 1
            for q in range(m):
                at = undo_at[q]
                lam[at : at + LANES] = undo[q * LANES : q * LANES + LANES]
