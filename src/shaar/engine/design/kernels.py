"""Shortest travel over a route set without one route, and what putting a route in (again) makes of it.

All times here are whole 16-bit units (`Problem.unit` of them a minute). ``D`` is the matrix of fastest times including
one penalty per ride, at most `Problem.far`; ``DT`` its transpose (the same array where times are symmetric).
Matrices come flattened with rows of ``P`` values.
"""

from __future__ import annotations

import numpy as np

from .kernel import kernel
from .kernels_simd import LANES, carry, gain, relax, shifted, weighted


@kernel
def close_over_rides(D: np.ndarray, n: int, P: int, far: int) -> None:
    """All-pairs shortest paths in place (Floyd 1962, Warshall 1962): rides become ways with transfers."""
    blocks = P // LANES
    for k in range(n):
        for i in range(n):
            first = D[i * P + k]
            if first < far and i != k:
                relax(D, i * P, D, k * P, first, blocks)


@kernel
def transpose(D: np.ndarray, DT: np.ndarray, n: int, P: int) -> None:
    """Write the transpose of ``D`` to ``DT``."""
    for i in range(n):
        for j in range(n):
            DT[j * P + i] = D[i * P + j]


@kernel
def row_sums(D: np.ndarray, weight: np.ndarray, sums: np.ndarray, n: int, P: int, symmetric: bool) -> float:
    """Demand-weighted time per origin into ``sums``, and their total."""
    total = 0.0
    for i in range(n):
        skip = i // LANES * LANES if symmetric else 0
        sums[i] = weighted(weight, i * P + skip, D, i * P + skip, (P - skip) // LANES)
        total += sums[i]
    return total


@kernel
def ride_times(
    route: np.ndarray, length: int, forth: np.ndarray, back: np.ndarray,
    DT: np.ndarray, M: np.ndarray, lines: np.ndarray, P: int, penalty: int,
) -> None:  # fmt: skip
    """Fastest times from everywhere to each stop of a route, having just ridden it, into ``M`` (length, P).

    ``forth[k]`` and ``back[k]`` are the times from stop k - 1 to k and from k to k - 1. One sweep per direction:
    who is aboard at a stop is who was aboard at the one before or boarded there. ``lines[1]`` receives the largest
    improvement per origin, below zero where the route helps at all; ``lines[3]`` is full of ``far``.
    """
    blocks = P // LANES
    aboard, best, limit = lines[0], lines[1], lines[3]
    shifted(aboard, 0, limit, 0, 0, blocks)
    for k in range(1, length):
        carry(aboard, 0, DT, route[k - 1] * P, forth[k], blocks)
        shifted(M, k * P, aboard, 0, penalty, blocks)
    shifted(aboard, 0, limit, 0, 0, blocks)
    shifted(M, 0, limit, 0, 0, blocks)
    for k in range(length - 2, -1, -1):
        carry(aboard, 0, DT, route[k + 1] * P, back[k + 1], blocks)
        relax(M, k * P, aboard, 0, penalty, blocks)
    for i in range(P):
        best[i] = 0
    for k in range(length):
        relax(M, k * P, limit, 0, 0, blocks)
        gain(best, 0, M, k * P, DT, route[k] * P, blocks)


@kernel
def _sweep(
    length: int, forth: np.ndarray, back: np.ndarray, X: np.ndarray, M: np.ndarray, width: int, penalty: int,
    aboard: np.ndarray, limit: np.ndarray,
) -> None:  # fmt: skip
    """Let ``M`` know the rides of a route by passengers who reach its stops as in ``X``; rows of ``width``."""
    blocks = width // LANES
    shifted(aboard, 0, limit, 0, 0, blocks)
    for k in range(1, length):
        carry(aboard, 0, X, (k - 1) * width, forth[k], blocks)
        relax(M, k * width, aboard, 0, penalty, blocks)
    shifted(aboard, 0, limit, 0, 0, blocks)
    for k in range(length - 2, -1, -1):
        carry(aboard, 0, X, (k + 1) * width, back[k + 1], blocks)
        relax(M, k * width, aboard, 0, penalty, blocks)


@kernel
def riding_twice_pays(
    route: np.ndarray, length: int, forth: np.ndarray, back: np.ndarray, D: np.ndarray, P: int, penalty: int,
    small: np.ndarray, lines: np.ndarray,
) -> bool:  # fmt: skip
    """Whether a trip between two stops of a route gains from riding it, something else and it again.

    If none does, no trip at all does: it reaches the route at a stop and leaves it for good at another. Works on the
    stops of the route only, in ``small`` (3, length times the padded length), and so costs far less than going
    through all origins.
    """
    width = (length + LANES - 1) // LANES * LANES
    blocks = width // LANES
    arrive, ridden, again = small[0], small[1], small[2]
    limit = lines[3]
    for k in range(length):
        for a in range(length):
            arrive[k * width + a] = D[route[a] * P + route[k]]
        shifted(ridden, k * width, limit, 0, 0, blocks)
    _sweep(length, forth, back, arrive, ridden, width, penalty, lines[0], limit)
    for c in range(length):
        shifted(again, c * width, arrive, c * width, 0, blocks)
        for b in range(length):
            relax(again, c * width, ridden, b * width, D[route[b] * P + route[c]], blocks)
    for k in range(length):
        relax(ridden, k * width, arrive, k * width, 0, blocks)
        shifted(arrive, k * width, ridden, k * width, 0, blocks)
    _sweep(length, forth, back, again, ridden, width, penalty, lines[0], limit)
    shifted(lines[2], 0, limit, 0, 0, blocks)
    for k in range(length):
        gain(lines[2], 0, ridden, k * width, arrive, k * width, blocks)
    lowest = 0
    for a in range(length):
        lowest = min(lowest, lines[2][a])
    return lowest < 0


@kernel
def shortcuts(
    route: np.ndarray, length: int, forth: np.ndarray, back: np.ndarray, D: np.ndarray, P: int, penalty: int,
    legs: np.ndarray,
) -> int:  # fmt: skip
    """Pairs of stops of a route between which getting off and on again is faster than staying aboard.

    Staying aboard from b to c costs the ride; leaving costs ``D(b, c)`` and a second boarding. Only over such pairs
    can it pay to ride the route twice on one trip. Writes (b, c) into ``legs`` and returns their number.
    """
    found = 0
    for b in range(length):
        row = route[b] * P
        ride = 0
        for c in range(b + 1, length):
            ride += forth[c]
            if ride > D[row + route[c]] + penalty:
                legs[found, 0], legs[found, 1] = b, c
                found += 1
        ride = 0
        for c in range(b - 1, -1, -1):
            ride += back[c + 1]
            if ride > D[row + route[c]] + penalty:
                legs[found, 0], legs[found, 1] = b, c
                found += 1
    return found


@kernel
def repeat_rides(
    route: np.ndarray, length: int, forth: np.ndarray, back: np.ndarray, D: np.ndarray, DT: np.ndarray,
    M: np.ndarray, X: np.ndarray, lines: np.ndarray, P: int, penalty: int, legs: np.ndarray, found: int,
) -> None:  # fmt: skip
    """Let ``M`` take in ways that ride the route more than once, over the shortcuts given, until nothing changes.

    ``lines`` holds work rows (aboard, gains, a row) and one full of ``far``.
    """
    blocks = P // LANES
    aboard, better, limit = lines[0], lines[2], lines[3]
    for k in range(length):
        shifted(X, k * P, DT, route[k] * P, 0, blocks)
    for _ in range(length):
        for i in range(P):
            better[i] = 0
        for e in range(found):  # X[c]: fastest arrival at stop c, having ridden the route before or not
            b, c = legs[e, 0], legs[e, 1]
            between = D[route[b] * P + route[c]]
            shifted(aboard, 0, M, b * P, between, blocks)
            gain(better, 0, aboard, 0, X, c * P, blocks)
            relax(X, c * P, aboard, 0, 0, blocks)
        lowest = 0
        for i in range(P):
            lowest = min(lowest, better[i])
        if lowest == 0:
            break
        _sweep(length, forth, back, X, M, P, penalty, aboard, limit)
    for k in range(length):
        gain(lines[1], 0, M, k * P, DT, route[k] * P, blocks)


@kernel
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


@kernel
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
