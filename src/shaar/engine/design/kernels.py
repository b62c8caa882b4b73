"""Shortest travel over a route set without one route, and what putting a route in (again) makes of it.

All times here are whole 16-bit units (`Problem.unit` of them a minute). ``D`` is the matrix of fastest times including
one penalty per ride, at most `Problem.far`; ``DT`` its transpose (the same array where times are symmetric).
Matrices come flattened with rows of ``P`` values.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from .kernels_simd import LANES, carry, gain, relax, shifted, weighted


@njit(cache=True, nogil=True)
def close_over_rides(D: np.ndarray, n: int, P: int, far: int) -> None:
    """All-pairs shortest paths in place (Floyd 1962, Warshall 1962): rides become ways with transfers."""
    blocks = P // LANES
    for k in range(n):
        for i in range(n):
            first = D[i * P + k]
            if first < far and i != k:
                relax(D, i * P, D, k * P, first, blocks)


@njit(cache=True, nogil=True)
def transpose(D: np.ndarray, DT: np.ndarray, n: int, P: int) -> None:
    """Write the transpose of ``D`` to ``DT``."""
    for i in range(n):
        for j in range(n):
            DT[j * P + i] = D[i * P + j]


@njit(cache=True, nogil=True)
def row_sums(D: np.ndarray, weight: np.ndarray, sums: np.ndarray, n: int, P: int, symmetric: bool) -> float:
    """Demand-weighted time per origin into ``sums``, and their total."""
    total = 0.0
    for i in range(n):
        skip = i // LANES * LANES if symmetric else 0
        sums[i] = weighted(weight, i * P + skip, D, i * P + skip, (P - skip) // LANES)
        total += sums[i]
    return total


@njit(cache=True, nogil=True)
def ride_times(
    route: np.ndarray, length: int, forth: np.ndarray, back: np.ndarray,
    DT: np.ndarray, M: np.ndarray, F: np.ndarray, G: np.ndarray, P: int, penalty: int, far: int,
) -> None:  # fmt: skip
    """Fastest times from everywhere to each stop of a route, having just ridden it, into ``M`` (length, P).

    ``forth[k]`` and ``back[k]`` are the times from stop k - 1 to k and from k to k - 1. One sweep per direction:
    who is aboard at a stop is who was aboard at the one before or boarded there. ``G`` receives the largest
    improvement per origin, below zero where the route helps at all.
    """
    blocks = P // LANES
    for i in range(P):
        F[i] = far
        G[i] = 0
    for k in range(1, length):
        carry(F, 0, DT, route[k - 1] * P, forth[k], blocks)
        shifted(M, k * P, F, 0, penalty, blocks)
    for i in range(P):
        F[i] = far
        M[i] = far
    for k in range(length - 2, -1, -1):
        carry(F, 0, DT, route[k + 1] * P, back[k + 1], blocks)
        relax(M, k * P, F, 0, penalty, blocks)
    for k in range(length):
        gain(G, 0, M, k * P, DT, route[k] * P, blocks)


@njit(cache=True, nogil=True)
def one_ride_is_enough(
    route: np.ndarray, length: int, forth: np.ndarray, back: np.ndarray, D: np.ndarray, P: int, penalty: int
) -> bool:
    """Whether nobody gains from riding the route twice with other rides in between.

    Staying aboard from b to c costs the ride; leaving costs ``D(b, c)`` and a second boarding.
    """
    for b in range(length):
        row = route[b] * P
        ride = 0
        for c in range(b + 1, length):
            ride += forth[c]
            if ride > D[row + route[c]] + penalty:
                return False
        ride = 0
        for c in range(b - 1, -1, -1):
            ride += back[c + 1]
            if ride > D[row + route[c]] + penalty:
                return False
    return True


@njit(cache=True, nogil=True)
def repeat_rides(
    route: np.ndarray, length: int, forth: np.ndarray, back: np.ndarray, D: np.ndarray, DT: np.ndarray,
    M: np.ndarray, X: np.ndarray, F: np.ndarray, G: np.ndarray, P: int, penalty: int, far: int,
) -> None:  # fmt: skip
    """Let ``M`` take in ways that ride the route more than once: repeat (other rides, ride) until nothing changes."""
    blocks = P // LANES
    for k in range(length):
        shifted(X, k * P, DT, route[k] * P, 0, blocks)
    for _ in range(length):
        for b in range(length):  # X[c]: fastest arrival at stop c when the route has been ridden some times
            for c in range(length):
                between = 0 if b == c else D[route[b] * P + route[c]]
                if between < far:
                    relax(X, c * P, M, b * P, between, blocks)
        changed = False
        for direction in range(2):
            for i in range(P):
                F[i] = far
            for step in range(1, length):
                k = step if direction == 0 else length - 1 - step
                before = k - 1 if direction == 0 else k + 1
                carry(F, 0, X, before * P, forth[k] if direction == 0 else back[before], blocks)
                for i in range(P):
                    if F[i] + penalty < M[k * P + i]:
                        M[k * P + i] = F[i] + penalty
                        changed = True
        if not changed:
            break
    for k in range(length):
        gain(G, 0, M, k * P, DT, route[k] * P, blocks)


@njit(cache=True, nogil=True)
def sum_with_route(
    route: np.ndarray, length: int, D: np.ndarray, DT: np.ndarray, M: np.ndarray, G: np.ndarray,
    weight: np.ndarray, sums: np.ndarray, total: float, row: np.ndarray, n: int, P: int, symmetric: bool,
) -> float:  # fmt: skip
    """Demand-weighted time when the route that ``M`` was made for is added to ``D``, whose sums are given.

    A way that got faster ends with other rides after its last ride on the route, so only stops where ``M`` beats
    ``D`` matter: ``D'(i, j) = min(D(i, j), min_b M(i, b) + D(b, j))``. Rows that no stop improves keep their sum.
    """
    for i in range(n):
        if G[i] >= 0:
            continue
        skip = i // LANES * LANES if symmetric else 0
        blocks = (P - skip) // LANES
        shifted(row, skip, D, i * P + skip, 0, blocks)
        for k in range(length):
            reach = M[k * P + i]
            if reach < DT[route[k] * P + i]:
                relax(row, skip, D, route[k] * P + skip, reach, blocks)
        total += weighted(weight, i * P + skip, row, skip, blocks) - sums[i]
    return total


@njit(cache=True, nogil=True)
def add_route(
    route: np.ndarray, length: int, D: np.ndarray, DT: np.ndarray, M: np.ndarray, G: np.ndarray,
    out: np.ndarray, n: int, P: int,
) -> None:  # fmt: skip
    """The matrix ``D`` with the route that ``M`` was made for, into ``out``."""
    blocks = P // LANES
    for i in range(n):
        shifted(out, i * P, D, i * P, 0, blocks)
        if G[i] < 0:
            for k in range(length):
                reach = M[k * P + i]
                if reach < DT[route[k] * P + i]:
                    relax(out, i * P, D, route[k] * P, reach, blocks)
