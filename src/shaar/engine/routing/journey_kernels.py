"""Numba kernels of single journeys: RAPTOR rounds that remember how each stop was reached, for one origin."""

# mypy: allow-untyped-defs
# (numba infers the types; the docstrings and the callers state them)
from __future__ import annotations

import numpy as np
from numba import njit, prange

from shaar.engine.routing import kernels
from shaar.engine.routing.kernels import first_trip

INF = kernels.INF
#: How a stop's best label came about: on foot from the origin, by the vehicle itself, else the stop walked from.
BY_ACCESS = np.int32(-1)
BY_RIDE = np.int32(-2)


@njit(cache=True, nogil=True)
def rounds(
    t, rides, max_s, acc_s, acc_t, stop_ptr, stops, n_trips, time_ptr, dep, arr, serve_ptr, serve_p, serve_i,
    foot_ptr, foot_to, foot_s, tau, tau_k, tau_from, ride, ride_k, leg, mark, rode, q_pos, list_a, list_b, rode_list,
    q_list,
):  # fmt: skip
    """Lower the labels of all stops by a departure at t (Delling, Pajor and Werneck 2015); older labels stay.

    tau[k, s]: earliest arrival by any means with at most k rides, tau_k the round that set it and tau_from how.
    ride[k, s]: the same by a vehicle, ride_k the round, leg[k, s] = (pattern, trip, boarded at, left at).
    """
    lim = t + max_s
    n_mark = 0
    for q in range(len(acc_s)):
        s = acc_s[q]
        v = t + acc_t[q]
        if v < tau[0, s] and v <= lim:
            for k in range(rides + 1):
                if v < tau[k, s]:
                    tau[k, s] = v
                    tau_k[k, s] = 0
                    tau_from[k, s] = BY_ACCESS
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
            at = i0
            off = base
            for i in range(i0, n):
                s = stops[b + i]
                if trip < nt:
                    v = arr[off + i]
                    if v < ride[k, s] and v <= lim:
                        for kk in range(k, rides + 1):
                            if v < ride[kk, s]:
                                ride[kk, s] = v
                                ride_k[kk, s] = k
                                leg[kk, s, 0] = p
                                leg[kk, s, 1] = trip
                                leg[kk, s, 2] = at
                                leg[kk, s, 3] = i
                        if not rode[s]:
                            rode[s] = True
                            rode_list[n_rode] = s
                            n_rode += 1
                        if v < tau[k, s]:
                            for kk in range(k, rides + 1):
                                if v < tau[kk, s]:
                                    tau[kk, s] = v
                                    tau_k[kk, s] = k
                                    tau_from[kk, s] = BY_RIDE
                            if not mark[s]:
                                mark[s] = True
                                list_b[n_mark] = s
                                n_mark += 1
                ready = tau[k - 1, s]
                if ready < INF:
                    if trip == nt:
                        trip = first_trip(dep, base, n, nt, i, ready)
                        off = base + trip * n
                        at = i
                    else:
                        while trip > 0 and dep[off - n + i] >= ready:
                            trip -= 1
                            off -= n
                            at = i
        for q in range(n_rode):
            s = rode_list[q]
            v0 = ride[k, s]
            rode[s] = False
            for e in range(foot_ptr[s], foot_ptr[s + 1]):
                u = foot_to[e]
                v = v0 + foot_s[e]
                if v < tau[k, u] and v <= lim:
                    for kk in range(k, rides + 1):
                        if v < tau[kk, u]:
                            tau[kk, u] = v
                            tau_k[kk, u] = k
                            tau_from[kk, u] = s
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


@njit(cache=True, nogil=True)
def trace(k, s, stop_ptr, stops, tau_from, ride_k, leg, out):
    """Write the rides that bring one to stop s by vehicle with at most k rides into out[ride] = leg; returns rides.

    A label is lowered only by a boarding whose own label was set in the round before and by the same departure (an
    older label would have been used then), so rounds count down one by one.
    """
    n = ride_k[k, s]
    for m in range(n - 1, -1, -1):
        for c in range(4):
            out[m, c] = leg[m + 1, s, c]
        b = stops[stop_ptr[leg[m + 1, s, 0]] + leg[m + 1, s, 2]]
        u = tau_from[m, b]
        s = b if u == BY_RIDE else u
    return n


@njit(cache=True, nogil=True)
def departures(acc_s, acc_t, t_lo, t_hi, stop_ptr, n_trips, time_ptr, dep, serve_ptr, serve_p, serve_i):
    """Moments in [t_lo, t_hi) at which one has to leave to just catch a vehicle at a stop within reach (unsorted)."""
    total = 0
    out = np.empty(1024, np.int32)
    for q in range(len(acc_s)):
        s = acc_s[q]
        for e in range(serve_ptr[s], serve_ptr[s + 1]):
            p = serve_p[e]
            i = serve_i[e]
            n = stop_ptr[p + 1] - stop_ptr[p]
            base = time_ptr[p]
            k = first_trip(dep, base, n, n_trips[p], i, t_lo + acc_t[q])
            while k < n_trips[p] and dep[base + k * n + i] - acc_t[q] < t_hi:
                if total == len(out):
                    wider = np.empty(2 * total, np.int32)
                    wider[:total] = out
                    out = wider
                out[total] = dep[base + k * n + i] - acc_t[q]
                total += 1
                k += 1
    return out[:total]


@njit(cache=True, nogil=True)
def labels(rides, n_stops, n_pat):
    """Empty labels and lists for :func:`rounds`."""
    shape = (rides + 1, n_stops)
    tau = np.full(shape, INF, np.int32)
    tau_k = np.zeros(shape, np.int32)
    tau_from = np.zeros(shape, np.int32)
    ride = np.full(shape, INF, np.int32)
    ride_k = np.zeros(shape, np.int32)
    leg = np.zeros((rides + 1, n_stops, 4), np.int32)
    mark = np.zeros(n_stops, np.bool_)
    rode = np.zeros(n_stops, np.bool_)
    q_pos = np.full(max(n_pat, 1), -1, np.int32)
    list_a = np.empty(n_stops, np.int32)
    list_b = np.empty(n_stops, np.int32)
    rode_list = np.empty(n_stops, np.int32)
    q_list = np.empty(max(n_pat, 1), np.int32)
    return tau, tau_k, tau_from, ride, ride_k, leg, mark, rode, q_pos, list_a, list_b, rode_list, q_list


@njit(cache=True, nogil=True)
def best_journeys(
    times, last_hidden, rides, max_s, acc_s, acc_t, eg_s, eg_t, on_foot, stop_ptr, stops, n_trips, time_ptr, dep, arr,
    serve_ptr, serve_p, serve_i, foot_ptr, foot_to, foot_s, n_stops,
):  # fmt: skip
    """Journeys to one place that no other beats in departure, arrival and rides; times fall.

    The first ``last_hidden`` departures only lower labels. Returns (departure, arrival, rides) int32[j, 3], the stop
    left for the place int32[j] and rides int32[j, rides, 4].
    """
    tau, tau_k, tau_from, ride, ride_k, leg, mark, rode, q_pos, list_a, list_b, rode_list, q_list = labels(
        rides, n_stops, len(n_trips)
    )
    best = np.full(rides + 1, INF, np.int32)
    room = 16
    n = 0
    head = np.empty((room, 3), np.int32)
    last = np.empty(room, np.int32)
    legs = np.zeros((room, rides, 4), np.int32)
    for j in range(len(times)):
        t = times[j]
        rounds(
            t, rides, max_s, acc_s, acc_t, stop_ptr, stops, n_trips, time_ptr, dep, arr, serve_ptr, serve_p, serve_i,
            foot_ptr, foot_to, foot_s, tau, tau_k, tau_from, ride, ride_k, leg, mark, rode, q_pos, list_a, list_b,
            rode_list, q_list,
        )  # fmt: skip
        for k in range(1, rides + 1):
            v = INF
            via = -1
            for q in range(len(eg_s)):
                w = ride[k, eg_s[q]] + eg_t[q]
                if w < v:
                    v = w
                    via = eg_s[q]
            if via < 0 or v >= best[k] or v - t > max_s or v - t >= on_foot:
                continue
            for kk in range(k, rides + 1):
                best[kk] = min(best[kk], v)
            if j < last_hidden:
                continue
            if n == room:
                head2 = np.empty((2 * room, 3), np.int32)
                last2 = np.empty(2 * room, np.int32)
                legs2 = np.zeros((2 * room, rides, 4), np.int32)
                head2[:n] = head
                last2[:n] = last
                legs2[:n] = legs
                head = head2
                last = last2
                legs = legs2
                room = 2 * room
            head[n, 0] = t
            head[n, 1] = v
            head[n, 2] = trace(k, via, stop_ptr, stops, tau_from, ride_k, leg, legs[n])
            last[n] = via
            n += 1
    return head[:n], last[:n], legs[:n]


@njit(cache=True, nogil=True)
def stop_arrivals(
    times, rides, max_s, acc_s, acc_t, stop_ptr, stops, n_trips, time_ptr, dep, arr, serve_ptr, serve_p, serve_i,
    foot_ptr, foot_to, foot_s, n_stops,
):  # fmt: skip
    """Seconds from each departure (falling) to the earliest arrival by a vehicle: int32[departures, stops]."""
    tau, tau_k, tau_from, ride, ride_k, leg, mark, rode, q_pos, list_a, list_b, rode_list, q_list = labels(
        rides, n_stops, len(n_trips)
    )
    out = np.full((len(times), n_stops), INF, np.int32)
    for j in range(len(times)):
        t = times[j]
        rounds(
            t, rides, max_s, acc_s, acc_t, stop_ptr, stops, n_trips, time_ptr, dep, arr, serve_ptr, serve_p, serve_i,
            foot_ptr, foot_to, foot_s, tau, tau_k, tau_from, ride, ride_k, leg, mark, rode, q_pos, list_a, list_b,
            rode_list, q_list,
        )  # fmt: skip
        for s in range(n_stops):
            v = ride[rides, s] - t
            if v <= max_s:
                out[j, s] = v
    return out


@njit(cache=True, nogil=True)
def spread(arrivals, eg_ptr, eg_to, eg_t, on_foot, max_s):
    """Seconds to every place of which stops have walks: the least of walking all the way and stop + walk.

    arrivals int32[departures, stops], on_foot int32[places] -> int32[departures, places], INF beyond max_s.
    """
    n_d, n_s = arrivals.shape
    n_p = len(on_foot)
    out = np.empty((n_d, n_p), np.int32)
    for j in range(n_d):
        row = out[j]
        for p in range(n_p):
            row[p] = on_foot[p] if on_foot[p] <= max_s else INF
        for s in range(n_s):
            v0 = arrivals[j, s]
            if v0 < max_s:
                for e in range(eg_ptr[s], eg_ptr[s + 1]):
                    v = v0 + eg_t[e]
                    p = eg_to[e]
                    if v < row[p] and v <= max_s:
                        row[p] = v
    return out


@njit(cache=True, nogil=True, parallel=True)
def to_all(
    acc_ptr, acc_s, acc_t, t, rides, max_s, stop_ptr, stops, n_trips, time_ptr, dep, arr, serve_ptr, serve_p, serve_i,
    foot_ptr, foot_to, foot_s, eg_ptr, eg_z, eg_t, direct, n_stops, n_threads,
):  # fmt: skip
    """Quickest journey of every origin to every zone at one departure, of equally quick ones that with fewest rides.

    Returns seconds int32[o, z] (INF: none), rides int32[o, z] and legs int32[o, z, rides, 4].
    """
    n_o, n_z = direct.shape
    seconds = np.full((n_o, n_z), INF, np.int32)
    count = np.zeros((n_o, n_z), np.int32)
    legs = np.full((n_o, n_z, rides, 4), -1, np.int32)
    for th in prange(n_threads):
        for o in range(th, n_o, n_threads):
            tau, tau_k, tau_from, ride, ride_k, leg, mark, rode, q_pos, list_a, list_b, rode_list, q_list = labels(
                rides, n_stops, len(n_trips)
            )
            a = acc_ptr[o]
            e = acc_ptr[o + 1]
            rounds(
                t, rides, max_s, acc_s[a:e], acc_t[a:e], stop_ptr, stops, n_trips, time_ptr, dep, arr, serve_ptr,
                serve_p, serve_i, foot_ptr, foot_to, foot_s, tau, tau_k, tau_from, ride, ride_k, leg, mark, rode,
                q_pos, list_a, list_b, rode_list, q_list,
            )  # fmt: skip
            via = np.full(n_z, -1, np.int32)
            for z in range(n_z):
                if direct[o, z] <= max_s:
                    seconds[o, z] = direct[o, z]
            for s in range(n_stops):
                if ride[rides, s] < INF:
                    for q in range(eg_ptr[s], eg_ptr[s + 1]):
                        z = eg_z[q]
                        v = ride[rides, s] + eg_t[q] - t
                        k = ride_k[rides, s]
                        if v <= max_s and (v < seconds[o, z] or (v == seconds[o, z] and k < count[o, z])):
                            seconds[o, z] = v
                            count[o, z] = k
                            via[z] = s
            for z in range(n_z):
                if via[z] >= 0:
                    trace(rides, via[z], stop_ptr, stops, tau_from, ride_k, leg, legs[o, z])
    return seconds, count, legs
