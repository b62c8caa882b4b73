"""Simulated annealing over route sets, in blocks that hold one or two routes out of the network.

A block takes two routes out, closes the ride matrix of all others once, and then proposes changes to the first, to
the second and to both; each proposal costs one insertion into that matrix instead of an all-pairs run.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from .kernels import (
    add_route,
    close_over_rides,
    one_ride_is_enough,
    repeat_rides,
    ride_times,
    row_sums,
    sum_with_route,
    transpose,
)
from .kernels_walk import below, uniform
from .moves import merge, single_move, tail_swap
from .problem import Problem
from .state import (
    ATT,
    BAD,
    BEST_ATT,
    BEST_COST,
    BEST_STEP,
    BEST_TRT,
    CAP,
    COST,
    EVALUATIONS,
    HAS_BEST,
    MU,
    STAMP,
    STEPS,
    TRT,
    TRT_WEIGHT,
    State,
)  # fmt: skip

SINGLES = 12  # proposals per route and block
PAIRS = 6  # proposals to both routes per block
N_SINGLE = 8
BROKEN = 1e5  # minutes per node unserved or unconnected: no temperature accepts that
TIE = 1e-7  # minutes of ATT per minute of TRT: of two equally good route sets the shorter

_SINGLE_SHARE = np.array([0.13, 0.21, 0.34, 0.47, 0.62, 0.78, 0.93, 1.0])


@njit(cache=True, nogil=True)
def measure(p: Problem, path: np.ndarray, length: int, forth: np.ndarray, back: np.ndarray) -> float:
    """Units between the stops of a path, both ways, and its run time in minutes (``inf``: longer than allowed)."""
    ahead = 0.0
    behind = 0.0
    at = 0
    ta = 0
    for k in range(1, length):
        ahead += p.minutes[path[k - 1], path[k]]
        behind += p.minutes[path[k], path[k - 1]]
        there = np.int64(np.rint(ahead * p.unit))
        ereht = np.int64(np.rint(behind * p.unit))
        forth[k] = there - at
        back[k] = ereht - ta
        at, ta = there, ereht
    if max(ahead, behind) > p.max_minutes or max(at, ta) >= p.far:
        return np.inf
    return 0.5 * (ahead + behind)


@njit(cache=True, nogil=True)
def set_route(p: Problem, s: State, r: int, path: np.ndarray, length: int) -> None:
    """Put a path in the place of route r (which is out of the ride matrix)."""
    for k in range(s.length[r]):
        s.position[s.routes[r, k], r] = -1
        s.cover[s.routes[r, k]] -= 1
    for k in range(length):
        s.routes[r, k] = path[k]
        s.position[path[k], r] = k
        s.cover[path[k]] += 1
    s.length[r] = length
    s.trt[r] = measure(p, s.routes[r], length, s.forth[r], s.back[r])


@njit(cache=True, nogil=True)
def take_out(p: Problem, s: State, r: int, q: int) -> None:
    """Ride times between the stops of route r, made anew from all routes but r and q."""
    others = np.empty(p.n_routes, np.int64)
    for a in range(s.length[r]):
        u = s.routes[r, a]
        size = 0
        for o in range(p.n_routes):
            if o not in {r, q} and s.position[u, o] >= 0:
                others[size] = o
                size += 1
        for b in range(a + 1, s.length[r]):
            v = s.routes[r, b]
            ahead = p.far
            behind = p.far
            for e in range(size):
                o = others[e]
                j = s.position[v, o]
                if j < 0:
                    continue
                i = s.position[u, o]
                there = p.penalty
                ereht = p.penalty
                for k in range(min(i, j) + 1, max(i, j) + 1):
                    there += s.forth[o, k]
                    ereht += s.back[o, k]
                if i > j:
                    there, ereht = ereht, there
                ahead = min(ahead, there)
                behind = min(behind, ereht)
            s.rides[u * p.P + v] = ahead
            s.rides[v * p.P + u] = behind


@njit(cache=True, nogil=True)
def put_in(p: Problem, s: State, r: int) -> None:
    """Let the ride times between the stops of route r know the route."""
    for a in range(s.length[r]):
        there = p.penalty
        ereht = p.penalty
        u = s.routes[r, a]
        for b in range(a + 1, s.length[r]):
            v = s.routes[r, b]
            there += s.forth[r, b]
            ereht += s.back[r, b]
            s.rides[u * p.P + v] = min(s.rides[u * p.P + v], there)
            s.rides[v * p.P + u] = min(s.rides[v * p.P + u], ereht)


@njit(cache=True, nogil=True)
def bring(p: Problem, s: State, path: np.ndarray, length: int, forth: np.ndarray, back: np.ndarray, base: int) -> None:
    """Make ``s.M`` and the gains for adding a path to matrix ``base``."""
    D, DT = s.D[base], s.D[base if p.symmetric else base + 1]
    ride_times(path, length, forth, back, DT, s.M, s.lines[0], s.lines[1], p.P, p.penalty, p.far)
    if not one_ride_is_enough(path, length, forth, back, D, p.P, p.penalty):
        repeat_rides(
            path, length, forth, back, D, DT, s.M, s.X, s.lines[0], s.lines[1], p.P, p.penalty, p.far
        )  # fmt: skip


@njit(cache=True, nogil=True)
def with_route(p: Problem, s: State, path: np.ndarray, length: int, forth: np.ndarray, back: np.ndarray) -> float:
    """Matrix 0 and a path make matrix 2; returns its demand-weighted sum, rows in ``s.sums``."""
    bring(p, s, path, length, forth, back, 0)
    add_route(path, length, s.D[0], s.D[0 if p.symmetric else 1], s.M, s.lines[1], s.D[2], p.n, p.P)
    if not p.symmetric:
        transpose(s.D[2], s.D[3], p.n, p.P)
    return row_sums(s.D[2], p.weight, s.sums, p.n, p.P, p.symmetric)


@njit(cache=True, nogil=True)
def count_uncovered(p: Problem, s: State) -> int:
    """Nodes that must be served and are not."""
    missing = 0
    for v in range(p.n):
        if p.must[v] and s.cover[v] <= 0:
            missing += 1
    return missing


@njit(cache=True, nogil=True)
def broken(p: Problem, s: State, path: np.ndarray, length: int, missing: int, base: int, apart: bool) -> int:
    """Nodes left unserved or unconnected when a path joins matrix ``base``; ``missing`` are unserved without it."""
    for k in range(length):
        if p.must[path[k]] and s.cover[path[k]] == 0:
            missing -= 1
    if not apart:
        return missing
    D = s.D[base]
    touches = False
    for k in range(length):
        if path[k] == p.root or D[p.root * p.P + path[k]] < p.far:
            touches = True
    for v in range(p.n):
        if not p.must[v] or v == p.root or D[p.root * p.P + v] < p.far:
            continue
        met = False
        if touches:
            for k in range(length):
                if path[k] == v or D[path[k] * p.P + v] < p.far:
                    met = True
                    break
        if not met:
            missing += 1
    return missing


@njit(cache=True, nogil=True)
def is_apart(p: Problem, s: State, base: int) -> bool:
    """Whether some node that must be connected is not, in matrix ``base``."""
    if not p.classic or p.root < 0:
        return False
    for v in range(p.n):
        if p.must[v] and v != p.root and s.D[base, p.root * p.P + v] >= p.far:
            return True
    return False


@njit(cache=True, nogil=True)
def att_of(p: Problem, total: float) -> float:
    """Minutes per trip from a demand-weighted sum of units."""
    return total / (p.unit * p.total_demand) - p.penalty_minutes


@njit(cache=True, nogil=True)
def cost_of(s: State, att: float, trt: float, bad: int) -> float:
    """What the annealing minimises."""
    excess = max(0.0, trt - s.number[CAP])
    return att + (TIE + s.number[TRT_WEIGHT]) * trt + s.number[MU] * excess + BROKEN * bad


@njit(cache=True, nogil=True)
def accept(p: Problem, s: State, att: float, trt: float, bad: int, heat: float) -> bool:
    """Metropolis: take over a candidate's figures if it is better, or worse by what the temperature lets pass."""
    s.count[EVALUATIONS] += 1
    cost = cost_of(s, att, trt, bad)
    if cost > s.number[COST] - heat * np.log(1.0 - uniform(s.rng)):
        return False
    s.number[COST], s.number[ATT], s.number[TRT] = cost, att, trt
    s.count[BAD] = bad
    return True


@njit(cache=True, nogil=True)
def keep_if_best(p: Problem, s: State) -> None:
    """Remember the routes if they are feasible and the best so far."""
    trt = s.number[TRT]
    if s.count[BAD] > 0 or trt > s.number[CAP] + 1e-9:
        return
    cost = s.number[ATT] + (TIE + s.number[TRT_WEIGHT]) * trt
    if cost >= s.number[BEST_COST] - 1e-9:
        return
    s.number[BEST_COST], s.number[BEST_ATT], s.number[BEST_TRT] = cost, s.number[ATT], trt
    s.count[HAS_BEST] = 1
    s.count[BEST_STEP] = s.count[STEPS]
    for r in range(p.n_routes):
        s.best_length[r] = s.length[r]
        for k in range(s.length[r]):
            s.best_routes[r, k] = s.routes[r, k]


@njit(cache=True, nogil=True)
def wanted(p: Problem, s: State) -> int:
    """A random node that must be served and is not, -1 where there is none."""
    chosen = -1
    seen = 0
    for v in range(p.n):
        if p.must[v] and s.cover[v] <= 0:
            seen += 1
            if below(s.rng, seen) == 0:
                chosen = v
    return chosen


@njit(cache=True, nogil=True)
def singles(p: Problem, s: State, r: int, total: float, proposals: int, heat: float) -> None:
    """Propose changes to route r, which is in no matrix; matrix 2 holds all others and ``total`` its sum."""
    path, spare = s.paths[0], s.paths[1]
    forth, back = s.steps[0], s.steps[1]
    DT = s.D[2 if p.symmetric else 3]
    for k in range(s.length[r]):
        s.cover[s.routes[r, k]] -= 1
    missing = count_uncovered(p, s)
    apart = is_apart(p, s, 2)
    for _ in range(proposals):
        s.count[STEPS] += 1
        s.count[STAMP] += 2
        pick = uniform(s.rng)
        move = 0
        while move < N_SINGLE - 1 and pick >= _SINGLE_SHARE[move]:
            move += 1
        s.tried[move, 0] += 1
        want = wanted(p, s) if s.count[BAD] > 0 and missing > 0 and below(s.rng, 2) else -1
        length = single_move(
            p, s.rng, move, s.routes[r], s.length[r], s.D[2], want, path, spare, s.mark, s.count[STAMP]
        )  # fmt: skip
        if length == 0:
            continue
        minutes = measure(p, path, length, forth, back)
        if not np.isfinite(minutes):
            continue
        bad = broken(p, s, path, length, missing, 2, apart)
        if bad > s.count[BAD]:
            continue
        s.tried[move, 1] += 1
        bring(p, s, path, length, forth, back, 2)
        reached = sum_with_route(
            path, length, s.D[2], DT, s.M, s.lines[1], p.weight, s.sums, total, s.lines[2], p.n, p.P, p.symmetric
        )  # fmt: skip
        trt = s.number[TRT] - s.trt[r] + minutes
        if accept(p, s, att_of(p, reached), trt, bad, heat):
            s.tried[move, 2] += 1
            for k in range(s.length[r]):
                s.cover[s.routes[r, k]] += 1
            set_route(p, s, r, path, length)
            keep_if_best(p, s)
            for k in range(length):
                s.cover[path[k]] -= 1
    for k in range(s.length[r]):
        s.cover[s.routes[r, k]] += 1


@njit(cache=True, nogil=True)
def pairs(p: Problem, s: State, r: int, q: int, proposals: int, heat: float) -> None:
    """Propose changes to routes r and q at once; matrix 0 holds all others."""
    x, y = s.paths[2], s.paths[3]
    for _ in range(proposals):
        s.count[STEPS] += 1
        s.count[STAMP] += 2
        move = N_SINGLE if below(s.rng, 8) else N_SINGLE + 1
        s.tried[move, 0] += 1
        if move == N_SINGLE:
            m, n = tail_swap(
                p, s.rng, s.routes[r], s.length[r], s.routes[q], s.length[q], x, y, s.mark, s.count[STAMP]
            )  # fmt: skip
        else:
            m, n = merge(
                p, s.rng, s.routes[r], s.length[r], s.routes[q], s.length[q], s.D[0], -1, x, y, s.mark, s.count[STAMP]
            )  # fmt: skip
        if m == 0:
            continue
        first = measure(p, x, m, s.steps[0], s.steps[1])
        second = measure(p, y, n, s.steps[2], s.steps[3])
        if not (np.isfinite(first) and np.isfinite(second)):
            continue
        for k in range(s.length[r]):
            s.cover[s.routes[r, k]] -= 1
        for k in range(s.length[q]):
            s.cover[s.routes[q, k]] -= 1
        for k in range(m):
            s.cover[x[k]] += 1
        missing = count_uncovered(p, s)
        total = with_route(p, s, x, m, s.steps[0], s.steps[1])
        bad = broken(p, s, y, n, missing, 2, is_apart(p, s, 2))
        for k in range(m):
            s.cover[x[k]] -= 1
        for k in range(s.length[r]):
            s.cover[s.routes[r, k]] += 1
        for k in range(s.length[q]):
            s.cover[s.routes[q, k]] += 1
        if bad > s.count[BAD]:
            continue
        s.tried[move, 1] += 1
        bring(p, s, y, n, s.steps[2], s.steps[3], 2)
        reached = sum_with_route(
            y, n, s.D[2], s.D[2 if p.symmetric else 3], s.M, s.lines[1], p.weight, s.sums, total, s.lines[2],
            p.n, p.P, p.symmetric,
        )  # fmt: skip
        trt = s.number[TRT] - s.trt[r] - s.trt[q] + first + second
        if accept(p, s, att_of(p, reached), trt, bad, heat):
            s.tried[move, 2] += 1
            set_route(p, s, r, x, m)
            set_route(p, s, q, y, n)
            keep_if_best(p, s)


@njit(cache=True, nogil=True)
def partner(p: Problem, s: State, r: int) -> int:
    """Another route, most often one that shares a stop with r."""
    if p.n_routes == 1:
        return -1
    q = r
    for _ in range(6):
        q = below(s.rng, p.n_routes - 1)
        q += q >= r
        for k in range(s.length[r]):
            if s.position[s.routes[r, k], q] >= 0:
                return q
    return q


@njit(cache=True, nogil=True)
def open_block(p: Problem, s: State, r: int, q: int) -> None:
    """Take routes r and q (-1: none) out of the ride matrix and close it over all others, into matrix 0."""
    take_out(p, s, r, q)
    if q >= 0:
        take_out(p, s, q, r)
    D = s.D[0]
    for k in range(p.n * p.P):
        D[k] = s.rides[k]
    close_over_rides(D, p.n, p.P, p.far)
    if not p.symmetric:
        transpose(D, s.D[1], p.n, p.P)


@njit(cache=True, nogil=True)
def block(p: Problem, s: State, heat: float) -> None:
    """Choose two routes and propose changes to them, alone and together."""
    r = below(s.rng, p.n_routes)
    q = partner(p, s, r)
    open_block(p, s, r, q)
    if q < 0:
        for k in range(p.n * p.P):
            s.D[2, k] = s.D[0, k]
            s.D[3, k] = s.D[1, k]
        total = row_sums(s.D[2], p.weight, s.sums, p.n, p.P, p.symmetric)
        singles(p, s, r, total, SINGLES, heat)
    else:
        total = with_route(p, s, s.routes[q], s.length[q], s.forth[q], s.back[q])
        singles(p, s, r, total, SINGLES, heat)
        total = with_route(p, s, s.routes[r], s.length[r], s.forth[r], s.back[r])
        singles(p, s, q, total, SINGLES, heat)
        pairs(p, s, r, q, PAIRS, heat)
        put_in(p, s, q)
    put_in(p, s, r)


@njit(cache=True, nogil=True)
def anneal(p: Problem, s: State, stop: int, start: int, length: int, hot: float, cold: float) -> None:
    """Run blocks until ``stop`` proposals; the temperature falls from ``hot`` to ``cold`` over ``length`` from ``start``."""
    while s.count[STEPS] < stop:
        done = min(1.0, (s.count[STEPS] - start) / length)
        if s.number[CAP] < np.inf:  # the price of a minute over the cap rises while it is exceeded, and falls while not
            over = s.number[TRT] > s.number[CAP]
            s.number[MU] = min(max(s.number[MU] * (1.02 if over else 0.99), 1e-4), 10.0)
            s.number[COST] = cost_of(s, s.number[ATT], s.number[TRT], s.count[BAD])
        block(p, s, hot * (cold / hot) ** done)


@njit(cache=True, nogil=True)
def load(p: Problem, s: State, routes: np.ndarray, length: np.ndarray) -> None:
    """Make a route set the current one and measure it from scratch."""
    for r in range(p.n_routes):
        set_route(p, s, r, routes[r], length[r])
    for k in range(p.n * p.P):
        s.rides[k] = p.far
    for i in range(p.n):
        s.rides[i * p.P + i] = 0
    trt = 0.0
    for r in range(p.n_routes):
        put_in(p, s, r)
        trt += s.trt[r]
    for k in range(p.n * p.P):
        s.D[2, k] = s.rides[k]
    close_over_rides(s.D[2], p.n, p.P, p.far)
    total = row_sums(s.D[2], p.weight, s.sums, p.n, p.P, p.symmetric)
    bad = count_uncovered(p, s)
    if p.classic and p.root >= 0:
        for v in range(p.n):
            if p.must[v] and v != p.root and s.cover[v] > 0 and s.D[2, p.root * p.P + v] >= p.far:
                bad += 1
    s.number[ATT], s.number[TRT] = att_of(p, total), trt
    s.count[BAD] = bad
    s.number[COST] = cost_of(s, s.number[ATT], trt, bad)
    keep_if_best(p, s)
