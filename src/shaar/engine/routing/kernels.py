"""Numba kernels of range-RAPTOR: door-to-door times from one origin for every departure of a window."""

# mypy: allow-untyped-defs
# (numba infers the types; the docstrings and the callers state them)
from __future__ import annotations

import numpy as np
from numba import njit, prange

INF = np.int32(2**30)


@njit(cache=True, nogil=True)
def first_trip(dep, base, n, n_trips, i, ready):
    """Earliest trip of a pattern that leaves position i at or after ``ready`` (binary search; n_trips: none)."""
    lo = 0
    hi = n_trips
    while lo < hi:
        mid = (lo + hi) >> 1
        if dep[base + mid * n + i] < ready:
            lo = mid + 1
        else:
            hi = mid
    return lo


@njit(cache=True, nogil=True)
def _origin(
    acc_s, acc_t, t_lo, step, n_dep, rides, max_s, stop_ptr, stops, n_trips, time_ptr, dep, arr, serve_ptr, serve_p,
    serve_i, foot_ptr, foot_to, foot_s, eg_ptr, eg_z, eg_s, direct, out, out_k, col, tau, ride, at_z, k_z, mark,
    list_a, list_b, q_pos, q_list, improved, improved_list, rode, rode_list,
):  # fmt: skip
    """Fill out[z, col:col+n_dep] (seconds, INF: not within max_s) and out_k (rides of the quickest journey).

    Departures run from the latest to the earliest and keep their labels (Delling, Pajor and Werneck 2015, section
    4.1). ``tau[k, s]`` is the earliest arrival at stop s with at most k rides by any means, ``ride[k, s]`` the
    earliest arrival there by a vehicle: footpaths are not transitive, so walks may start only from the latter.
    """
    n_pat = len(n_trips)
    n_z = len(direct)
    tau[:, :] = INF
    ride[:, :] = INF
    at_z[:] = INF
    k_z[:] = 0
    mark[:] = False
    improved[:] = False
    rode[:] = False
    q_pos[:n_pat] = -1
    for j in range(n_dep - 1, -1, -1):
        t = t_lo + j * step
        lim = t + max_s
        n_mark = 0
        n_imp = 0
        for q in range(len(acc_s)):
            s = acc_s[q]
            v = t + acc_t[q]
            if v < tau[0, s]:
                for k in range(rides + 1):
                    tau[k, s] = min(tau[k, s], v)
                if not mark[s]:
                    mark[s] = True
                    list_a[n_mark] = s
                    n_mark += 1
        for k in range(1, rides + 1):
            n_q = 0
            for q in range(n_mark):
                s = list_a[q]
                mark[s] = False
                for e in range(serve_ptr[s], serve_ptr[s + 1]):
                    p = serve_p[e]
                    i = serve_i[e]
                    if q_pos[p] < 0:
                        q_pos[p] = i
                        q_list[n_q] = p
                        n_q += 1
                    elif i < q_pos[p]:
                        q_pos[p] = i
            n_mark = 0
            n_rode = 0
            for q in range(n_q):
                p = q_list[q]
                i0 = q_pos[p]
                q_pos[p] = -1
                b = stop_ptr[p]
                n = stop_ptr[p + 1] - b
                base = time_ptr[p]
                nt = n_trips[p]
                trip = nt
                off = base
                for i in range(i0, n):
                    s = stops[b + i]
                    if trip < nt:
                        v = arr[off + i]
                        if v < ride[k, s] and v <= lim:
                            for kk in range(k, rides + 1):
                                ride[kk, s] = min(ride[kk, s], v)
                            if not rode[s]:
                                rode[s] = True
                                rode_list[n_rode] = s
                                n_rode += 1
                            if not improved[s]:
                                improved[s] = True
                                improved_list[n_imp] = s
                                n_imp += 1
                            if v < tau[k, s]:
                                for kk in range(k, rides + 1):
                                    tau[kk, s] = min(tau[kk, s], v)
                                if not mark[s]:
                                    mark[s] = True
                                    list_b[n_mark] = s
                                    n_mark += 1
                    ready = tau[k - 1, s]
                    if ready < INF:
                        if trip == nt:
                            trip = first_trip(dep, base, n, nt, i, ready)
                            off = base + trip * n
                        else:
                            while trip > 0 and dep[off - n + i] >= ready:
                                trip -= 1
                                off -= n
            for q in range(n_rode):
                s = rode_list[q]
                v0 = ride[k, s]
                rode[s] = False
                for e in range(foot_ptr[s], foot_ptr[s + 1]):
                    u = foot_to[e]
                    v = v0 + foot_s[e]
                    if v < tau[k, u] and v <= lim:
                        for kk in range(k, rides + 1):
                            tau[kk, u] = min(tau[kk, u], v)
                        if not mark[u]:
                            mark[u] = True
                            list_b[n_mark] = u
                            n_mark += 1
            for q in range(n_mark):
                list_a[q] = list_b[q]
            if n_mark == 0:
                break
        for q in range(n_mark):
            mark[list_a[q]] = False
        for q in range(n_imp):
            s = improved_list[q]
            improved[s] = False
            v0 = ride[rides, s]
            fewest = 1
            while ride[fewest, s] > v0:
                fewest += 1
            for e in range(eg_ptr[s], eg_ptr[s + 1]):
                v = v0 + eg_s[e]
                z = eg_z[e]
                if v < at_z[z]:
                    at_z[z] = v
                    k_z[z] = fewest
                elif v == at_z[z] and fewest < k_z[z]:
                    k_z[z] = fewest
        for z in range(n_z):
            d = at_z[z] - t
            r = k_z[z]
            if direct[z] <= d:
                d = direct[z]
                r = 0
            out[z, col + j] = d if d <= max_s else INF
            out_k[z, col + j] = r


@njit(cache=True, nogil=True)
def _kth(values, n, k):
    """k-th smallest (0-based) of values[:n] by quickselect; values are reordered."""
    lo = 0
    hi = n - 1
    while lo < hi:
        pivot = values[(lo + hi) >> 1]
        i = lo
        j = hi
        while i <= j:
            while values[i] < pivot:
                i += 1
            while values[j] > pivot:
                j -= 1
            if i <= j:
                values[i], values[j] = values[j], values[i]
                i += 1
                j -= 1
        if k <= j:
            hi = j
        elif k >= i:
            lo = i
        else:
            break
    return values[k]


@njit(cache=True, nogil=True)
def _summary(row, row_k, n, ranks, minutes, pct_stride, rides, walked, z):
    """Percentiles (nearest rank, unreached counted last), mean rides and share on foot of one origin-zone pair."""
    reached = 0
    total = 0.0
    foot = 0
    least = INF
    most = np.int32(0)
    for j in range(n):
        v = row[j]
        least = min(least, v)
        most = max(most, v)
        if v < INF:
            reached += 1
            total += row_k[j]
            if row_k[j] == 0:
                foot += 1
    if reached == 0:
        return
    rides[z] = total / reached
    walked[z] = foot / reached
    for i in range(len(ranks)):
        v = least if least == most else _kth(row, n, ranks[i])
        if v < INF:
            minutes[i * pct_stride + z] = v / 60.0


@njit(cache=True, nogil=True, parallel=True)
def matrix(
    acc_ptr, acc_s, acc_t, t_lo, step, n_dep, rides, max_s, draw_pat, stop_ptr, stops, n_trips, time_ptr, dep, arr,
    serve_ptr, serve_p, serve_i, foot_ptr, foot_to, foot_s, eg_ptr, eg_z, eg_s, direct, ranks, n_threads,
):  # fmt: skip
    """Percentile minutes, mean rides and share on foot from each origin to every zone, origins in parallel.

    Timetable draw d owns patterns draw_pat[d]:draw_pat[d+1]; serve_ptr[d] lists the patterns (numbered within the
    draw) and positions that serve each stop. Returns float32 (origins, percentiles * zones), (origins, zones) twice.
    """
    n_o = len(acc_ptr) - 1
    n_z = direct.shape[1]
    n_draw = len(draw_pat) - 1
    n_stops = serve_ptr.shape[1] - 1
    n_all = n_dep * n_draw
    minutes = np.full((n_o, len(ranks) * n_z), np.nan, np.float32)
    mean_rides = np.full((n_o, n_z), np.nan, np.float32)
    walked = np.full((n_o, n_z), np.nan, np.float32)
    most_pat = 1
    for d in range(n_draw):
        most_pat = max(most_pat, draw_pat[d + 1] - draw_pat[d])
    for th in prange(n_threads):
        tau = np.empty((rides + 1, n_stops), np.int32)
        ride = np.empty((rides + 1, n_stops), np.int32)
        at_z = np.empty(n_z, np.int32)
        k_z = np.empty(n_z, np.uint8)
        mark = np.zeros(n_stops, np.bool_)
        improved = np.zeros(n_stops, np.bool_)
        rode = np.zeros(n_stops, np.bool_)
        list_a = np.empty(n_stops, np.int32)
        list_b = np.empty(n_stops, np.int32)
        improved_list = np.empty(n_stops, np.int32)
        rode_list = np.empty(n_stops, np.int32)
        q_pos = np.empty(most_pat, np.int32)
        q_list = np.empty(most_pat, np.int32)
        out = np.empty((n_z, n_all), np.int32)
        out_k = np.empty((n_z, n_all), np.uint8)
        for o in range(th, n_o, n_threads):
            a = acc_ptr[o]
            e = acc_ptr[o + 1]
            for d in range(n_draw):
                b = draw_pat[d]
                c = draw_pat[d + 1]
                _origin(
                    acc_s[a:e], acc_t[a:e], t_lo, step, n_dep, rides, max_s, stop_ptr[b : c + 1], stops,
                    n_trips[b:c], time_ptr[b:c], dep, arr, serve_ptr[d], serve_p, serve_i, foot_ptr, foot_to, foot_s,
                    eg_ptr, eg_z, eg_s, direct[o], out, out_k, d * n_dep, tau, ride, at_z, k_z, mark, list_a, list_b,
                    q_pos, q_list, improved, improved_list, rode, rode_list,
                )  # fmt: skip
            for z in range(n_z):
                _summary(out[z], out_k[z], n_all, ranks, minutes[o], n_z, mean_rides[o], walked[o], z)
    return minutes, mean_rides, walked
