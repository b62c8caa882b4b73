"""A first route set: routes drawn one after the other where the demand is served worst so far."""

from __future__ import annotations

import numpy as np

from .kernel import kernel
from .kernels import close_over_rides, row_sums, sum_with_route, transpose
from .kernels_anneal import load
from .kernels_network import att_of, bring, broken, count_uncovered, is_apart, measure, set_route, wanted, with_route
from .kernels_walk import below
from .moves import new_route
from .problem import Problem
from .state import STAMP, State

_CANDIDATES = 12
_PATIENCE = 4_000


@kernel
def construct(p: Problem, s: State) -> int:
    """Draw all routes and make them current; returns how many could be drawn.

    Each is the best of some candidates of `moves.new_route`, scored against the matrix of the routes drawn before
    (the greedy pair-scored growth of John, Mumford and Lewis 2014, with passengers' real losses as scores). Nodes
    still unserved are wished for; what remains unserved or unconnected the annealing repairs.
    """
    size = p.n * p.P
    for k in range(size):
        s.D[0, k] = p.standing[k]
    close_over_rides(s.D[0], p.n, p.P, p.far)
    transpose(s.D[0], s.D[1], p.n, p.P)
    for k in range(size):
        s.D[2, k] = s.D[0, k]
        s.D[3, k] = s.D[1, k]
    path, best = s.paths[0], s.paths[2]
    for r in range(p.n_routes):
        total = row_sums(s.D[2], p.weight, s.sums, p.n, p.P, p.symmetric)
        apart = is_apart(p, s, 2)
        missing = count_uncovered(p, s)
        least = np.inf
        best_length = 0
        found = 0
        for _ in range(_PATIENCE):
            s.tally[STAMP] += 2
            want = wanted(p, s) if below(s.rng, 2) else -1
            length = new_route(p, s.rng, path, s.D[2], want, s.mark, s.tally[STAMP])
            if length < p.min_nodes or length > p.max_nodes or length < 2:
                continue
            if not (p.terminal[path[0]] and p.terminal[path[length - 1]]):
                continue
            if not np.isfinite(measure(p, path, length, s.steps[0], s.steps[1])):
                continue
            bad = broken(p, s, path, length, missing, 2, apart)
            bring(p, s, path, length, s.steps[0], s.steps[1], 2)
            reached = sum_with_route(
                path, length, s.D[2], s.D[2 if p.symmetric else 3], s.M, s.lines[1], p.weight, s.sums, total,
                s.lines[2], p.n, p.P, p.symmetric,
            )  # fmt: skip
            cost = att_of(p, reached) + bad * p.far / p.unit / p.n
            if cost < least:
                least = cost
                best_length = length
                for k in range(length):
                    best[k] = path[k]
            found += 1
            if found >= _CANDIDATES:
                break
        if best_length == 0:
            return r
        set_route(p, s, r, best, best_length)
        for k in range(size):
            s.D[0, k] = s.D[2, k]
            s.D[1, k] = s.D[3, k]
        with_route(p, s, s.routes[r], s.length[r], s.forth[r], s.back[r])
    load(p, s, s.routes.copy(), s.length.copy())
    return p.n_routes
