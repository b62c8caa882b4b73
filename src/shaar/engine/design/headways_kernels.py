"""Compiled assignment on route sections: common lines by frequency, all-pairs least minutes, zone journeys, loads."""

from __future__ import annotations

import numpy as np
from numba import njit

#: Wait over headway for people who arrive at random at a regular service.
HALF = 0.5


@njit(cache=True, nogil=True)
def bundle(ride, line, count, freq, offset, alpha):  # type: ignore[no-untyped-def]
    """Expected minutes of one route section and the frequency used, by the common-lines rule.

    Lines are taken in order of ride time while the next one rides faster than waiting for those taken (Chriqui &
    Robillard 1975); the wait is ``alpha`` over their joint frequency (per minute).

    Returns
    -------
    minutes, frequency, taken
    """
    total = 0.0
    weighted = 0.0
    best = np.inf
    taken = 0
    for k in range(count):
        f = freq[line[offset + k]]
        if f <= 0.0:
            continue
        t = ride[offset + k]
        if t >= best:
            break
        total += f
        weighted += f * t
        best = (alpha + weighted) / total
        taken = k + 1
    return best, total, taken


@njit(cache=True, nogil=True)
def sections(n, start, line, ride, freq, alpha, first, second, out):  # type: ignore[no-untyped-def]
    """Fill ``out`` (n, n) with the minutes of every route section; inf where no line runs. Section k joins
    ``first[k]`` to ``second[k]`` by lines ``line[start[k]:start[k+1]]``, sorted by ``ride`` minutes.
    """
    out[:] = np.inf
    for k in range(len(first)):
        cost, _, _ = bundle(ride, line, start[k + 1] - start[k], freq, start[k], alpha)
        out[first[k], second[k]] = cost


@njit(cache=True, nogil=True)
def all_pairs(cost):  # type: ignore[no-untyped-def]
    """Floyd-Warshall in place on float32 minutes, shape (n, n)."""
    n = cost.shape[0]
    for k in range(n):
        row = cost[k]
        for i in range(n):
            through = cost[i, k]
            if through < np.inf and i != k:
                mine = cost[i]
                for j in range(n):
                    mine[j] = min(mine[j], through + row[j])


@njit(cache=True, nogil=True)
def zone_minutes(d, ptr, group, minutes, walk, od, best, from_group, to_group):  # type: ignore[no-untyped-def]
    """Door-to-door minutes of every zone pair, the better of riding and walking all the way.

    Parameters
    ----------
    d
        Minutes between groups, shape (n, n), inf where no service.
    ptr, group, minutes
        Groups that zone z can walk to.
    walk, od
        Minutes on foot and trips, shape (z, z).
    best, from_group, to_group
        Filled, shape (z, z): minutes, and groups of boarding and alighting (-1: on foot).
    """
    z = len(ptr) - 1
    n = d.shape[0]
    reach = np.empty(n)
    by = np.empty(n, np.int32)
    for a in range(z):
        reach[:] = np.inf
        for k in range(ptr[a], ptr[a + 1]):
            g = group[k]
            for h in range(n):
                t = minutes[k] + d[g, h]
                if h != g and t < reach[h]:
                    reach[h] = t
                    by[h] = g
        for b in range(z):
            if od[a, b] <= 0.0:
                best[a, b] = 0.0
                from_group[a, b] = -1
                to_group[a, b] = -1
                continue
            t_best = walk[a, b]
            i_best = -1
            j_best = -1
            for k in range(ptr[b], ptr[b + 1]):
                h = group[k]
                t = reach[h] + minutes[k]
                if t < t_best:
                    t_best = t
                    i_best = by[h]
                    j_best = h
            best[a, b] = t_best
            from_group[a, b] = i_best
            to_group[a, b] = j_best


@njit(cache=True, nogil=True)
def section_flows(cost, d, penalty, trips, flow):  # type: ignore[no-untyped-def]
    """Trips on every route section, following the least minutes; returns boardings.

    ``cost`` are section minutes, ``d`` least minutes between groups (a transfer costs ``penalty``), ``trips`` and
    ``flow`` have shape (n, n). The least path is read back from the last section.
    """
    n = cost.shape[0]
    boardings = 0.0
    for i in range(n):
        left = trips[i].copy()
        order = np.argsort(-d[i])
        for q in range(n):
            j = order[q]
            if left[j] <= 0.0 or d[i, j] == np.inf or j == i:
                continue
            best = cost[i, j]
            via = i
            for k in range(n):
                if k != i and k != j:  # noqa: PLR1714 (numba would build a tuple here)
                    t = d[i, k] + penalty + cost[k, j]
                    if t < best - 1e-3:
                        best = t
                        via = k
            flow[via, j] += left[j]
            boardings += left[j]
            if via != i:
                left[via] += left[j]
            left[j] = 0.0
    return boardings


@njit(cache=True, nogil=True)
def gains(start, line, ride, freq, more, flow, alpha, gain, loss, less):  # type: ignore[no-untyped-def]
    """Minutes saved by one more vehicle on each line, and lost by one fewer, on fixed section flows.

    Parameters
    ----------
    freq, more, less
        Frequency (per minute) of each line now, with one vehicle more, and with one fewer, shape (l,).
    flow
        Trips on each section, shape (k,).
    gain, loss
        Filled, shape (l,).
    """
    gain[:] = 0.0
    loss[:] = 0.0
    for k in range(len(flow)):
        if flow[k] <= 0.0:
            continue
        count = start[k + 1] - start[k]
        now, _, _ = bundle(ride, line, count, freq, start[k], alpha)
        for q in range(start[k], start[k + 1]):
            r = line[q]
            keep = freq[r]
            if more[r] > keep:
                freq[r] = more[r]
                then, _, _ = bundle(ride, line, count, freq, start[k], alpha)
                gain[r] += flow[k] * (now - then)
            if less[r] < keep:
                freq[r] = less[r]
                then, _, _ = bundle(ride, line, count, freq, start[k], alpha)
                loss[r] += flow[k] * min(then - now, 1e6)
            freq[r] = keep


@njit(cache=True, nogil=True)
def line_loads(start, line, ride, freq, alpha, flow, seg_from, seg_to, seg_line, ptr, load, boardings):  # type: ignore[no-untyped-def]
    """Spread section trips over their lines by frequency and add them to the line segments they ride over.

    ``seg_from``, ``seg_to`` (k entries, aligned with ``line``): first and last+1 segment position of the ride in the
    line's directed segment list ``ptr[seg_line[q]] + ...``. Fills ``load`` (segments) and ``boardings`` (l,).
    """
    load[:] = 0.0
    boardings[:] = 0.0
    for k in range(len(flow)):
        if flow[k] <= 0.0:
            continue
        _, total, taken = bundle(ride, line, start[k + 1] - start[k], freq, start[k], alpha)
        for q in range(start[k], start[k] + taken):
            part = flow[k] * freq[line[q]] / total
            if part <= 0.0:
                continue
            boardings[line[q]] += part
            base = ptr[seg_line[q]]
            for s in range(seg_from[q], seg_to[q]):
                load[base + s] += part


@njit(cache=True, nogil=True)
def _gain_of(k, ptr, of_line, start, line, ride, freq, then, flow, alpha):  # type: ignore[no-untyped-def]
    """Minutes saved on fixed flows when line k runs at frequency ``then``; ``of_line`` lists each line's sections."""
    keep = freq[k]
    saved = 0.0
    for q in range(ptr[k], ptr[k + 1]):
        s = of_line[q]
        if flow[s] > 0.0:
            count = start[s + 1] - start[s]
            now, _, _ = bundle(ride, line, count, freq, start[s], alpha)
            freq[k] = then
            new, _, _ = bundle(ride, line, count, freq, start[s], alpha)
            freq[k] = keep
            saved += flow[s] * (now - new)
    return saved


@njit(cache=True, nogil=True)
def grow(ptr, of_line, start, line, ride, flow, alpha, table, vehicles, need, budget):  # type: ignore[no-untyped-def]
    """Hand out ``budget`` vehicles one step after another on fixed flows; changes ``vehicles``, returns those given.

    Parameters
    ----------
    ptr, of_line
        Sections of line k: ``of_line[ptr[k]:ptr[k+1]]``.
    table
        Headway of each line with v vehicles, shape (l, v_max + 1), inf for none; never rises with v.
    need
        Frequency (per minute) that carries the peak load of each line: lines below it come first, worst first.

    Notes
    -----
    Gains are kept and taken again for the line on top only, until the top stays (they almost only fall).
    """
    lines = len(vehicles)
    most = table.shape[1] - 1
    freq = np.empty(lines)
    step = np.zeros(lines, np.int64)
    rate = np.full(lines, -1.0)
    fresh = np.zeros(lines, np.bool_)
    for k in range(lines):
        freq[k] = 1.0 / table[k, vehicles[k]]
    given = 0
    for k in range(lines):
        rate[k] = np.inf
    while given < budget:
        chosen = -1
        worst = 1.0 + 1e-9
        for k in range(lines):
            if need[k] / freq[k] > worst and rate[k] >= 0.0:
                worst = need[k] / freq[k]
                chosen = k
        forced = chosen >= 0
        while True:
            if not forced:
                chosen = -1
                top = -1.0
                for k in range(lines):
                    if rate[k] > top:
                        top = rate[k]
                        chosen = k
                if chosen < 0:
                    return given
            k = chosen
            if fresh[k]:
                break
            v = vehicles[k] + 1
            while v <= most and table[k, v] >= table[k, vehicles[k]]:
                v += 1
            if v > most or v - vehicles[k] > budget - given:
                rate[k] = -1.0
                if forced:
                    break
                continue
            step[k] = v - vehicles[k]
            rate[k] = _gain_of(k, ptr, of_line, start, line, ride, freq, 1.0 / table[k, v], flow, alpha) / step[k]
            fresh[k] = True
            if forced:
                break
        if rate[chosen] < 0.0:
            continue
        if step[chosen] > budget - given:
            rate[chosen] = -1.0
            continue
        vehicles[chosen] += step[chosen]
        given += step[chosen]
        freq[chosen] = 1.0 / table[chosen, vehicles[chosen]]
        for k in range(lines):
            fresh[k] = False
    return given
