"""Numba kernels that load a timetable: the best way on from every vehicle to one zone, and the people who follow it.

A key packs what a way on costs, compared in this order: arrival (s), rides still to come, seconds still to walk.
Level k is for those who may board at most k more vehicles after the one they sit in.
"""

# mypy: allow-untyped-defs
# (numba infers the types; the docstrings and the callers state them)
from __future__ import annotations

import numpy as np
from numba import njit, prange

#: Bits of the walk, and of the walk with the rides.
WALK_BITS, BOTH_BITS = 24, 28
RIDE = np.int64(1) << WALK_BITS
NEVER = np.int64(2**62)
INF = np.int32(2**30)
#: What people aboard do after a section.
STAY, GO, LOST = np.int32(-1), np.int32(-2), np.int32(-3)


@njit(cache=True, nogil=True)
def first_at(dep, lo, hi, ready):
    """First boarding in [lo, hi) that leaves at or after ``ready`` (hi: none)."""
    while lo < hi:
        mid = (lo + hi) >> 1
        if dep[mid] < ready:
            lo = mid + 1
        else:
            hi = mid
    return lo


@njit(cache=True, nogil=True)
def changes(to_stop, arr, ev_ptr, ev_dep, foot_ptr, foot_to, foot_s):
    """Changes after every section: (edge_ptr, first boarding in reach, seconds on foot, row of the walk or -1)."""
    n = len(to_stop)
    ptr = np.zeros(n + 1, np.int64)
    for turn in range(2):
        if turn == 1:
            to = np.empty(ptr[n], np.int32)
            seconds = np.empty(ptr[n], np.int32)
            walk = np.empty(ptr[n], np.int32)
        m = 0
        for k in range(n):
            s = to_stop[k]
            j = first_at(ev_dep, ev_ptr[s], ev_ptr[s + 1], arr[k])
            if j < ev_ptr[s + 1]:
                if turn == 1:
                    to[m] = j
                    seconds[m] = 0
                    walk[m] = -1
                m += 1
            for e in range(foot_ptr[s], foot_ptr[s + 1]):
                u = foot_to[e]
                j = first_at(ev_dep, ev_ptr[u], ev_ptr[u + 1], arr[k] + foot_s[e])
                if j < ev_ptr[u + 1]:
                    if turn == 1:
                        to[m] = j
                        seconds[m] = foot_s[e]
                        walk[m] = e
                    m += 1
            ptr[k + 1] = m
    return ptr, to, seconds, walk


@njit(cache=True, nogil=True, parallel=True)
def first_boardings(acc_ptr, acc_s, acc_t, ev_ptr, ev_dep, times):
    """First boarding after every walk from a zone to a stop, by departure: int32[walks, departures], -1: none."""
    n = len(acc_s)
    out = np.empty((n, len(times)), np.int32)
    for q in prange(n):
        lo = ev_ptr[acc_s[q]]
        hi = ev_ptr[acc_s[q] + 1]
        for i in range(len(times)):
            j = first_at(ev_dep, lo, hi, times[i] + acc_t[q])
            out[q, i] = j if j < hi else -1
    return out


@njit(cache=True, nogil=True)
def ways_on(
    rides, run_ptr, to_stop, arr, ev_ptr, ev_section, edge_ptr, edge_to, edge_s, egress, aboard, act, best, pick
):  # fmt: skip
    """Best way on to one zone, by level: aboard[k, section] with act, and at stops best[k, boarding] with pick.

    act: STAY, GO (leave and walk to the zone), LOST (no way on), else the change taken. pick: the boarding waited for.
    Of equal ways people stay seated, and at a stop take the vehicle that leaves first.
    """
    for k in range(rides):
        for r in range(len(run_ptr) - 1):
            ahead = NEVER
            for c in range(run_ptr[r + 1] - 1, run_ptr[r] - 1, -1):
                v = ahead
                a = STAY if v < NEVER else LOST
                w = egress[to_stop[c]]
                if w < INF:
                    x = (np.int64(arr[c] + w) << BOTH_BITS) + w
                    if x < v:
                        v = x
                        a = GO
                if k > 0:
                    for e in range(edge_ptr[c], edge_ptr[c + 1]):
                        x = best[k - 1, edge_to[e]]
                        if x < NEVER:
                            x += edge_s[e]
                            if x < v:
                                v = x
                                a = np.int32(e)
                aboard[k, c] = v
                act[k, c] = a
                ahead = v
        for s in range(len(ev_ptr) - 1):
            least = NEVER
            who = np.int32(-1)
            for j in range(ev_ptr[s + 1] - 1, ev_ptr[s] - 1, -1):
                x = aboard[k, ev_section[j]]
                if x < NEVER and x + RIDE <= least:
                    least = x + RIDE
                    who = np.int32(j)
                best[k, j] = least
                pick[k, j] = who


@njit(cache=True, nogil=True)
def chances(
    rides, run_ptr, to_stop, arr, ev_ptr, ev_section, edge_to, edge_ptr, egress, act, pick, accept, on_p, on_t, at_p,
    at_t,
):  # fmt: skip
    """Chance to arrive, and mean arrival times that chance, aboard (on_) and waiting for a boarding (at_)."""
    for k in range(rides):
        for r in range(len(run_ptr) - 1):
            for c in range(run_ptr[r + 1] - 1, run_ptr[r] - 1, -1):
                a = act[k, c]
                if a == STAY:
                    on_p[k, c] = on_p[k, c + 1]
                    on_t[k, c] = on_t[k, c + 1]
                elif a == GO:
                    on_p[k, c] = 1.0
                    on_t[k, c] = arr[c] + egress[to_stop[c]]
                elif a == LOST:
                    on_p[k, c] = 0.0
                    on_t[k, c] = 0.0
                else:
                    on_p[k, c] = at_p[k - 1, edge_to[a]]
                    on_t[k, c] = at_t[k - 1, edge_to[a]]
        for s in range(len(ev_ptr) - 1):
            for j in range(ev_ptr[s + 1] - 1, ev_ptr[s] - 1, -1):
                e = pick[k, j]
                if e < 0:
                    at_p[k, j] = 0.0
                    at_t[k, j] = 0.0
                elif e > j:
                    at_p[k, j] = at_p[k, e]
                    at_t[k, j] = at_t[k, e]
                else:
                    x = accept[e]
                    c = ev_section[e]
                    p = x * on_p[k, c]
                    t = x * on_t[k, c]
                    if x < 1.0 and e + 1 < ev_ptr[s + 1]:
                        p += (1.0 - x) * at_p[k, e + 1]
                        t += (1.0 - x) * at_t[k, e + 1]
                    at_p[k, j] = p
                    at_t[k, j] = t


@njit(cache=True, nogil=True)
def journeys_of(rides, a, e, acc_t, firsts, best, n_dep, keys, entry, levels):
    """Best journey of one pair by departure and level: keys int64[levels, n_dep] and the boarding waited for."""
    for k in range(rides - levels, rides):
        row = k - rides + levels
        for i in range(n_dep):
            least = NEVER
            who = np.int32(-1)
            for q in range(a, e):
                j = firsts[q, i]
                if j >= 0:
                    x = best[k, j]
                    if x < NEVER and x + acc_t[q] < least:
                        least = x + acc_t[q]
                        who = j
            keys[row, i] = least
            entry[row, i] = who


@njit(cache=True, nogil=True)
def front(keys, times, max_s, direct, change_s, alt_k, alt_i, alt_c):
    """Write the journeys of a pair that no other beats: level, departure and cost (s); returns how many.

    None leaves later or boards fewer vehicles and arrives no later; all are quicker than walking.
    """
    n_k, n_dep = keys.shape
    n = 0
    for i in range(n_dep):
        for k in range(n_k):
            arrival = keys[k, i] >> BOTH_BITS
            if keys[k, i] >= NEVER or arrival - times[i] > max_s or arrival - times[i] >= direct:
                continue
            if k > 0 and (keys[k - 1, i] >> BOTH_BITS) <= arrival:
                continue
            if i + 1 < n_dep and (keys[k, i + 1] >> BOTH_BITS) <= arrival:
                continue
            used = (keys[k, i] >> WALK_BITS) & 15
            alt_k[n] = k
            alt_i[n] = i
            alt_c[n] = np.float64(arrival - times[i]) + change_s * (used - 1)
            n += 1
    return n


@njit(cache=True, nogil=True)
def choose(n, alt_i, alt_c, now, times, max_s, direct, theta, early, late, most, share):
    """Logit shares of n journeys around the wish to set out at ``now``; returns that on foot, -1 where nothing is."""
    least = np.inf
    for a in range(n):
        shift = times[alt_i[a]] - now
        share[a] = np.inf
        if -most <= shift <= most:
            share[a] = alt_c[a] + (late * shift if shift > 0 else -early * shift)
            least = min(least, share[a])
    on_foot = direct <= max_s
    if on_foot:
        least = min(least, np.float64(direct))
    if least == np.inf:
        return -1.0
    foot = np.exp(-theta * (direct - least)) if on_foot else 0.0
    total = foot
    for a in range(n):
        share[a] = np.exp(-theta * (share[a] - least)) if share[a] < np.inf else 0.0
        total += share[a]
    for a in range(n):
        share[a] /= total
    return foot / total


@njit(cache=True, nogil=True)
def set_out(
    d, demand, slice_of, n_of, times, max_s, direct, acc_ptr, acc_t, firsts, rides, best, limited, at_p, at_t,
    logit, theta, early, late, change_s, most, start, out,
):  # fmt: skip
    """Let the travellers of all zones to zone d choose: start[level, boarding] persons, and what becomes of them.

    ``start`` has a row a level that choices know: all with a logit, else the highest.

    out[:, o, d]: persons who ride and arrive, walk, have no journey, are left behind for good; their seconds, rides
    boarded as planned, seconds walked of those who ride, seconds by which they leave early or late.
    """
    n_z = demand.shape[1]
    n_dep = len(times)
    levels = rides if logit else 1
    keys = np.empty((levels, n_dep), np.int64)
    entry = np.empty((levels, n_dep), np.int32)
    alt_k = np.empty(levels * n_dep + 1, np.int32)
    alt_i = np.empty(levels * n_dep + 1, np.int32)
    alt_c = np.empty(levels * n_dep + 1)
    share = np.empty(levels * n_dep + 1)
    for o in range(n_z):
        some = False
        for h in range(demand.shape[0]):
            if demand[h, o, d] > 0.0:
                some = True
        if not some:
            continue
        journeys_of(rides, acc_ptr[o], acc_ptr[o + 1], acc_t, firsts, best, n_dep, keys, entry, levels)
        foot = direct[o, d]
        n_alt = front(keys, times, max_s, foot, change_s, alt_k, alt_i, alt_c) if logit else 0
        for i in range(n_dep):
            mass = demand[slice_of[i], o, d] / n_of[slice_of[i]]
            if mass <= 0.0:
                continue
            lo, hi = 0, n_alt
            walk = -1.0
            if logit:
                walk = choose(n_alt, alt_i, alt_c, times[i], times, max_s, foot, theta, early, late, most, share)
            if walk < 0.0:  # the first to arrive
                top = keys[levels - 1, i]
                took = (top >> BOTH_BITS) - times[i] if top < NEVER else np.int64(INF)
                lo, hi = n_alt, n_alt
                walk = 0.0
                if foot <= max_s and foot <= took:
                    walk = 1.0
                elif took <= max_s:
                    hi = n_alt + 1
                    alt_k[n_alt], alt_i[n_alt], share[n_alt] = levels - 1, i, 1.0
                else:
                    out[2, o, d] += mass
            if walk > 0.0:
                out[1, o, d] += mass * walk
                out[4, o, d] += mass * walk * foot
            for a in range(lo, hi):
                w = share[a] * mass
                if w <= 0.0:
                    continue
                k, m = alt_k[a], alt_i[a]
                key = keys[k, m]
                j = entry[k, m]
                at = rides - levels + k
                start[k, j] += w
                if limited:
                    out[0, o, d] += w * at_p[at, j]
                    out[3, o, d] += w * (1.0 - at_p[at, j])
                    out[4, o, d] += w * (at_t[at, j] - at_p[at, j] * times[m])
                else:
                    out[0, o, d] += w
                    out[4, o, d] += w * ((key >> BOTH_BITS) - times[m])
                out[5, o, d] += w * ((key >> WALK_BITS) & 15)
                out[6, o, d] += w * (key & (RIDE - 1))
                out[7, o, d] += w * abs(times[m] - times[i])


@njit(cache=True, nogil=True, parallel=True)
def decide(
    first, n, n_threads, demand, slice_of, n_of, times, max_s, direct, acc_ptr, acc_t, firsts, rides, run_ptr,
    to_stop, arr, ev_ptr, ev_section, edge_ptr, edge_to, edge_s, eg_ptr, eg_s, eg_t, accept, limited, logit, theta,
    early, late, change_s, most, act, pick, start, out,
):  # fmt: skip
    """Find ways on to zones first..first+n-1 and let travellers set out; fills act, pick and start by zone, and out."""
    n_c = len(to_stop)
    n_ev = len(ev_section)
    n_stops = len(ev_ptr) - 1
    for th in prange(n_threads):
        aboard = np.empty((rides, n_c), np.int64)
        best = np.empty((rides, n_ev), np.int64)
        egress = np.empty(n_stops, np.int32)
        rows = rides if limited else 0
        on_p = np.empty((rows, n_c))
        on_t = np.empty((rows, n_c))
        at_p = np.empty((rows, n_ev))
        at_t = np.empty((rows, n_ev))
        for b in range(th, n, n_threads):
            d = first + b
            egress[:] = INF
            for q in range(eg_ptr[d], eg_ptr[d + 1]):
                egress[eg_s[q]] = eg_t[q]
            ways_on(
                rides, run_ptr, to_stop, arr, ev_ptr, ev_section, edge_ptr, edge_to, edge_s, egress, aboard, act[b],
                best, pick[b],
            )  # fmt: skip
            if limited:
                chances(
                    rides, run_ptr, to_stop, arr, ev_ptr, ev_section, edge_to, edge_ptr, egress, act[b], pick[b],
                    accept, on_p, on_t, at_p, at_t,
                )  # fmt: skip
            start[b] = 0.0
            set_out(
                d, demand, slice_of, n_of, times, max_s, direct, acc_ptr, acc_t, firsts, rides, best, limited,
                at_p, at_t, logit, theta, early, late, change_s, most, start[b], out,
            )  # fmt: skip


@njit(cache=True, nogil=True, parallel=True)
def follow(
    n, n_threads, rides, run_ptr, run_route, ev_ptr, ev_section, edge_ptr, edge_to, edge_walk, act, pick, start, accept,
    load, wanted, aboard, left, changed, same, walked, lines, stranded,
):  # fmt: skip
    """Send those who set out along the ways on of their zones; all counts are added to, a row a thread.

    load[section] persons aboard; at boardings wanted and got in (aboard); left[section] leave after it for good;
    changed[section] leave it to change; changes at the same stop by section's stop are in ``same`` (by boarding),
    over walks in ``walked``; lines[from, to] changes by route; stranded[boarding] last place where people were left.
    """
    n_ev = len(ev_section)
    n_c = len(load[0])
    route_of = np.empty(n_c, np.int32)
    for r in range(len(run_ptr) - 1):
        for c in range(run_ptr[r], run_ptr[r + 1]):
            route_of[c] = run_route[r]
    for th in prange(n_threads):
        ready = np.empty((rides, n_ev))
        enter = np.empty(n_c)
        for b in range(th, n, n_threads):
            ready[:, :] = 0.0
            ready[rides - start.shape[1] :] = start[b]
            for k in range(rides - 1, -1, -1):
                enter[:] = 0.0
                for s in range(len(ev_ptr) - 1):
                    for j in range(ev_ptr[s], ev_ptr[s + 1]):
                        m = ready[k, j]
                        if m <= 0.0:
                            continue
                        e = pick[b, k, j]
                        if e < 0:
                            stranded[th, j] += m
                        elif e > j:
                            ready[k, e] += m
                        else:
                            x = m * accept[e]
                            wanted[th, e] += m
                            aboard[th, e] += x
                            enter[ev_section[e]] += x
                            m -= x
                            if m > 0.0:
                                if e + 1 < ev_ptr[s + 1]:
                                    ready[k, e + 1] += m
                                else:
                                    stranded[th, e] += m
                for r in range(len(run_ptr) - 1):
                    on = 0.0
                    for c in range(run_ptr[r], run_ptr[r + 1]):
                        on += enter[c]
                        if on <= 0.0:
                            continue
                        load[th, c] += on
                        a = act[b, k, c]
                        if a == STAY:
                            continue
                        if a == GO:
                            left[th, c] += on
                        else:
                            changed[th, c] += on
                            j = edge_to[a]
                            ready[k - 1, j] += on
                            if edge_walk[a] < 0:
                                same[th, j] += on
                            else:
                                walked[th, edge_walk[a]] += on
                            wants = ev_section[pick[b, k - 1, j]]
                            lines[th, run_route[r], route_of[wants]] += on
                        on = 0.0
