"""Routes in and out of the network of one chain: ride matrix, coverage, connectivity."""

from __future__ import annotations

import numpy as np

from .kernel import kernel
from .kernels import (
    add_route,
    close_over_rides,
    repeat_rides,
    ride_times,
    riding_twice_pays,
    row_sums,
    shortcuts,
    transpose,
)
from .kernels_walk import below
from .problem import Problem
from .state import State


@kernel
def measure(p: Problem, path: np.ndarray, length: int, forth: np.ndarray, back: np.ndarray) -> float:
    """Units between the stops of a path, both ways, and its run time in minutes (``inf``: longer than allowed)."""
    ahead = 0.0
    behind = 0.0
    at = 0
    ta = 0
    for k in range(1, length):
        ahead += p.minutes[path[k - 1], path[k]]
        behind += p.minutes[path[k], path[k - 1]]
        there = int(np.rint(ahead * p.unit))
        ereht = int(np.rint(behind * p.unit))
        forth[k] = min(there - at, p.far)
        back[k] = min(ereht - ta, p.far)
        at, ta = there, ereht
    last = path[length - 1]
    if ahead > p.longest[path[0], last] or behind > p.longest[last, path[0]]:
        return np.inf
    return 0.5 * (ahead + behind)


@kernel
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
    s.ahead[r, 0] = s.behind[r, 0] = 0
    for k in range(1, length):
        s.ahead[r, k] = s.ahead[r, k - 1] + s.forth[r, k]
        s.behind[r, k] = s.behind[r, k - 1] + s.back[r, k]


@kernel
def take_out(p: Problem, s: State, r: int, q: int) -> None:
    """Ride times between the stops of route r, made anew from all routes but r and q."""
    others = np.empty(p.n_routes, np.int64)
    for a in range(s.length[r]):
        u = s.routes[r, a]
        size = 0
        for o in range(p.n_routes):
            if o == r or o == q:  # noqa: PLR1714, SIM109 (a set would be built here)
                continue
            if s.position[u, o] >= 0:
                others[size] = o
                size += 1
        for b in range(a + 1, s.length[r]):
            v = s.routes[r, b]
            ahead = int(p.standing[u * p.P + v])
            behind = int(p.standing[v * p.P + u])
            for e in range(size):
                o = others[e]
                j = s.position[v, o]
                if j < 0:
                    continue
                i = s.position[u, o]
                if i < j:
                    ahead = min(ahead, s.ahead[o, j] - s.ahead[o, i] + p.penalty)
                    behind = min(behind, s.behind[o, j] - s.behind[o, i] + p.penalty)
                else:
                    ahead = min(ahead, s.behind[o, i] - s.behind[o, j] + p.penalty)
                    behind = min(behind, s.ahead[o, i] - s.ahead[o, j] + p.penalty)
            s.rides[u * p.P + v] = ahead
            s.rides[v * p.P + u] = behind


@kernel
def put_in(p: Problem, s: State, r: int) -> None:
    """Let the ride times between the stops of route r know the route."""
    for a in range(s.length[r]):
        u = s.routes[r, a]
        for b in range(a + 1, s.length[r]):
            v = s.routes[r, b]
            there = s.ahead[r, b] - s.ahead[r, a] + p.penalty
            ereht = s.behind[r, b] - s.behind[r, a] + p.penalty
            s.rides[u * p.P + v] = min(s.rides[u * p.P + v], there)
            s.rides[v * p.P + u] = min(s.rides[v * p.P + u], ereht)


@kernel
def bring(p: Problem, s: State, path: np.ndarray, length: int, forth: np.ndarray, back: np.ndarray, base: int) -> None:
    """Make ``s.M`` and the gains for adding a path to matrix ``base``."""
    D, DT = s.D[base], s.D[base if p.symmetric else base + 1]
    ride_times(path, length, forth, back, DT, s.M, s.lines, p.P, p.penalty)
    if riding_twice_pays(path, length, forth, back, D, p.P, p.penalty, s.small, s.lines):
        found = shortcuts(path, length, forth, back, D, p.P, p.penalty, s.legs)
        repeat_rides(path, length, forth, back, D, DT, s.M, s.X, s.lines, p.P, p.penalty, s.legs, found)


@kernel
def with_route(p: Problem, s: State, path: np.ndarray, length: int, forth: np.ndarray, back: np.ndarray) -> float:
    """Matrix 0 and a path make matrix 2; returns its demand-weighted sum, rows in ``s.sums``."""
    bring(p, s, path, length, forth, back, 0)
    add_route(path, length, s.D[0], s.D[0 if p.symmetric else 1], s.M, s.lines[1], s.D[2], p.n, p.P)
    if not p.symmetric:
        transpose(s.D[2], s.D[3], p.n, p.P)
    return row_sums(s.D[2], p.weight, s.sums, p.n, p.P, p.symmetric)


@kernel
def count_uncovered(p: Problem, s: State) -> int:
    """Nodes that must be served and are not."""
    missing = 0
    for v in range(p.n):
        if p.must[v] and s.cover[v] <= 0:
            missing += 1
    return missing


@kernel
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


@kernel
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


@kernel
def is_apart(p: Problem, s: State, base: int) -> bool:
    """Whether some node that must be connected is not, in matrix ``base``."""
    if not p.classic or p.root < 0:
        return False
    away = 0
    for v in range(p.n):
        if p.must[v] and v != p.root and s.D[base, p.root * p.P + v] >= p.far:
            away += 1
    return away > 0


@kernel
def att_of(p: Problem, total: float) -> float:
    """Minutes per trip from a demand-weighted sum of units."""
    return total / (p.unit * p.total_demand) - p.penalty_minutes


@kernel
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


@kernel
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
