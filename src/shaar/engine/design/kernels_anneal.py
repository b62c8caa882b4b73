"""Simulated annealing over route sets, in blocks that hold one or two routes out of the network.

A block takes two routes out, closes the ride matrix of all others once, and then proposes changes to the first, to
the second and to both; each proposal costs one insertion into that matrix instead of an all-pairs run.
"""

from __future__ import annotations

import numpy as np

from .kernel import kernel
from .kernels import close_over_rides, row_sums, sum_with_route
from .kernels_archive import is_new, keep
from .kernels_network import (
    att_of,
    bring,
    broken,
    count_uncovered,
    is_apart,
    measure,
    open_block,
    partner,
    put_in,
    set_route,
    wanted,
    with_route,
)
from .kernels_walk import below, uniform
from .moves import hand_over, merge, single_move, tail_swap
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
    LEARN,
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

LEARN_EVERY = 2048  # proposals between two looks at how moves fare
LEAST_SHARE = 0.02  # no move is given up
FAILED = 0.15  # work of a proposal that comes to nothing, in evaluations


@kernel
def cost_of(s: State, att: float, trt: float, bad: int) -> float:
    """What the annealing minimises."""
    excess = max(0.0, trt - s.number[CAP])
    return att + (TIE + s.number[TRT_WEIGHT]) * trt + s.number[MU] * excess + BROKEN * bad


@kernel
def accept(p: Problem, s: State, att: float, trt: float, bad: int, heat: float) -> bool:
    """Metropolis: take over a candidate's figures if it is better, or worse by what the temperature lets pass."""
    s.tally[EVALUATIONS] += 1
    cost = cost_of(s, att, trt, bad)
    if cost > s.number[COST] - heat * np.log(1.0 - uniform(s.rng)):
        return False
    s.number[COST], s.number[ATT], s.number[TRT] = cost, att, trt
    s.tally[BAD] = bad
    return True


@kernel
def keep_if_best(p: Problem, s: State) -> None:
    """Remember the routes if they are feasible and the best so far."""
    trt = s.number[TRT]
    if s.tally[BAD] > 0 or trt > s.number[CAP] + 1e-9:
        return
    cost = s.number[ATT] + (TIE + s.number[TRT_WEIGHT]) * trt
    if cost >= s.number[BEST_COST] - 1e-9:
        return
    s.number[BEST_COST], s.number[BEST_ATT], s.number[BEST_TRT] = cost, s.number[ATT], trt
    s.tally[HAS_BEST] = 1
    s.tally[BEST_STEP] = s.tally[STEPS]
    for r in range(p.n_routes):
        s.best_length[r] = s.length[r]
        for k in range(s.length[r]):
            s.best_routes[r, k] = s.routes[r, k]


@kernel
def pick(s: State, first: int, last: int) -> int:
    """A move from ``first`` to ``last`` - 1, drawn by its share."""
    draw = uniform(s.rng)
    move = first
    while move < last - 1 and draw >= s.share[move]:
        draw -= s.share[move]
        move += 1
    return move


@kernel
def learn(s: State, first: int, last: int) -> None:
    """Shift the shares of the moves from ``first`` to ``last`` - 1 towards what they improved per work done."""
    total = 0.0
    for move in range(first, last):
        if s.credit[move, 1] > 0:
            total += s.credit[move, 0] / s.credit[move, 1]
    if total > 0:
        size = last - first
        for move in range(first, last):
            merit = s.credit[move, 0] / s.credit[move, 1] / total if s.credit[move, 1] > 0 else 0.0
            aim = LEAST_SHARE + (1.0 - size * LEAST_SHARE) * merit
            s.share[move] += s.number[LEARN] * (aim - s.share[move])
    for move in range(first, last):
        s.credit[move, 0] = s.credit[move, 1] = 0.0


@kernel
def same_path(a: np.ndarray, m: int, b: np.ndarray, n: int) -> bool:
    """Whether two paths are the same route, in either direction."""
    if m != n:
        return False
    along = True
    against = True
    for k in range(n):
        along &= a[k] == b[k]
        against &= a[k] == b[n - 1 - k]
    return along or against


@kernel
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
        s.tally[STEPS] += 1
        s.tally[STAMP] += 2
        move = pick(s, 0, N_SINGLE)
        s.tried[move, 0] += 1
        s.credit[move, 1] += FAILED
        want = wanted(p, s) if s.tally[BAD] > 0 and missing > 0 and below(s.rng, 2) else -1
        length = single_move(
            p, s.rng, move, s.routes[r], s.length[r], s.D[2], want, path, spare, s.mark, s.tally[STAMP]
        )  # fmt: skip
        if length == 0:
            continue
        if same_path(path, length, s.routes[r], s.length[r]):
            continue
        minutes = measure(p, path, length, forth, back)
        if not np.isfinite(minutes):
            continue
        bad = broken(p, s, path, length, missing, 2, apart)
        if bad > s.tally[BAD]:
            continue
        s.tried[move, 1] += 1
        bring(p, s, path, length, forth, back, 2)
        reached = sum_with_route(
            path, length, s.D[2], DT, s.M, s.lines[1], p.weight, s.sums, total, s.lines[2], p.n, p.P, p.symmetric
        )  # fmt: skip
        trt = s.number[TRT] - s.trt[r] + minutes
        att = att_of(p, reached)
        if bad == 0 and is_new(s.archive, att, trt):
            keep(s.archive, att, trt, s.routes, s.length, r, path, length, -1, path, 0)
        before = s.number[COST]
        s.credit[move, 1] += 1.0 - FAILED
        if accept(p, s, att, trt, bad, heat):
            s.tried[move, 2] += 1
            s.credit[move, 0] += max(0.0, before - s.number[COST])
            for k in range(s.length[r]):
                s.cover[s.routes[r, k]] += 1
            set_route(p, s, r, path, length)
            keep_if_best(p, s)
            for k in range(length):
                s.cover[path[k]] -= 1
    for k in range(s.length[r]):
        s.cover[s.routes[r, k]] += 1


@kernel
def pairs(p: Problem, s: State, r: int, q: int, proposals: int, heat: float) -> None:
    """Propose changes to routes r and q at once; matrix 0 holds all others."""
    x, y = s.paths[2], s.paths[3]
    for _ in range(proposals):
        s.tally[STEPS] += 1
        s.tally[STAMP] += 2
        move = pick(s, N_SINGLE, len(s.share))
        s.tried[move, 0] += 1
        s.credit[move, 1] += FAILED
        if move == N_SINGLE:
            m, n = tail_swap(
                p, s.rng, s.routes[r], s.length[r], s.routes[q], s.length[q], x, y, s.mark, s.tally[STAMP]
            )  # fmt: skip
        elif move == N_SINGLE + 2:
            m, n = hand_over(
                p, s.rng, s.routes[r], s.length[r], s.routes[q], s.length[q], x, y, s.mark, s.tally[STAMP]
            )  # fmt: skip
        else:
            m, n = merge(
                p, s.rng, s.routes[r], s.length[r], s.routes[q], s.length[q], s.D[0], -1, x, y, s.mark, s.tally[STAMP]
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
        if bad > s.tally[BAD]:
            continue
        s.tried[move, 1] += 1
        bring(p, s, y, n, s.steps[2], s.steps[3], 2)
        reached = sum_with_route(
            y, n, s.D[2], s.D[2 if p.symmetric else 3], s.M, s.lines[1], p.weight, s.sums, total, s.lines[2],
            p.n, p.P, p.symmetric,
        )  # fmt: skip
        trt = s.number[TRT] - s.trt[r] - s.trt[q] + first + second
        att = att_of(p, reached)
        if bad == 0 and is_new(s.archive, att, trt):
            keep(s.archive, att, trt, s.routes, s.length, r, x, m, q, y, n)
        before = s.number[COST]
        s.credit[move, 1] += 1.0 - FAILED
        if accept(p, s, att, trt, bad, heat):
            s.tried[move, 2] += 1
            s.credit[move, 0] += max(0.0, before - s.number[COST])
            set_route(p, s, r, x, m)
            set_route(p, s, q, y, n)
            keep_if_best(p, s)


@kernel
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


@kernel
def anneal(p: Problem, s: State, stop: int, start: int, length: int, hot: float, cold: float) -> None:
    """Run blocks until ``stop`` proposals; heat falls from ``hot`` to ``cold`` over ``length`` from ``start``."""
    while s.tally[STEPS] < stop:
        done = min(1.0, (s.tally[STEPS] - start) / length)
        if s.number[CAP] < np.inf:  # the price of a minute over the cap rises while it is exceeded, and falls while not
            over = s.number[TRT] > s.number[CAP]
            s.number[MU] = min(max(s.number[MU] * (1.02 if over else 0.99), 1e-4), 10.0)
            s.number[COST] = cost_of(s, s.number[ATT], s.number[TRT], s.tally[BAD])
        epoch = s.tally[STEPS] // LEARN_EVERY
        block(p, s, hot * (cold / hot) ** done)
        if s.number[LEARN] > 0 and s.tally[STEPS] // LEARN_EVERY > epoch:
            learn(s, 0, N_SINGLE)
            learn(s, N_SINGLE, len(s.share))


@kernel
def load(p: Problem, s: State, routes: np.ndarray, length: np.ndarray) -> None:
    """Make a route set the current one and measure it from scratch."""
    for r in range(p.n_routes):
        set_route(p, s, r, routes[r], length[r])
    for k in range(p.n * p.P):
        s.rides[k] = p.standing[k]
    trt = p.fixed_trt
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
    s.tally[BAD] = bad
    s.number[COST] = cost_of(s, s.number[ATT], trt, bad)
    keep_if_best(p, s)
