"""Paths along streets for the moves: random numbers, noisy walks, growth towards unserved demand.

A path is an int32 buffer and a length. ``mark[v] == stamp`` says that node v may not be visited (again).
"""

from __future__ import annotations

import numpy as np

from .kernel import kernel
from .problem import Problem


@kernel
def bits(rng: np.ndarray) -> np.uint64:
    """The next 64 random bits (splitmix64; Steele, Lea and Flood 2014); ``rng`` (1,) uint64 is the whole state."""
    rng[0] += np.uint64(0x9E3779B97F4A7C15)
    z = rng[0]
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@kernel
def below(rng: np.ndarray, k: int) -> int:
    """A random whole number from 0 to k - 1."""
    return np.int64(((bits(rng) >> np.uint64(32)) * np.uint64(k)) >> np.uint64(32))  # type: ignore[return-value]


@kernel
def uniform(rng: np.ndarray) -> float:
    """A random number in [0, 1)."""
    return np.float64(bits(rng) >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@kernel
def few(rng: np.ndarray, most: int) -> int:
    """1, 2, 3 ... with halving chances, at most ``most``."""
    k = 1
    while k < most and bits(rng) & np.uint64(1):
        k += 1
    return k


@kernel
def reverse(path: np.ndarray, length: int) -> None:
    """Turn a path round in place."""
    for k in range(length // 2):
        path[k], path[length - 1 - k] = path[length - 1 - k], path[k]


@kernel
def mark_path(path: np.ndarray, length: int, mark: np.ndarray, stamp: int) -> None:
    """Mark the nodes of a path as visited."""
    for k in range(length):
        mark[path[k]] = stamp


@kernel
def walk(
    p: Problem, rng: np.ndarray, path: np.ndarray, length: int, limit: int, target: int, noise: float,
    mark: np.ndarray, stamp: int,
) -> int:  # fmt: skip
    """Walk on from the end of a path to ``target`` over unmarked nodes, roughly the shortest way.

    Each step takes the neighbour with the least ``link x (1 + noise x random) + shortest way from there``. Stops at
    the target, at ``limit`` nodes or where every neighbour is marked; the last node of the path tells which.
    """
    while length < limit:
        here = path[length - 1]
        if here == target:
            break
        chosen = -1
        least = np.inf
        for e in range(p.degree[here]):
            there = p.neighbour[here, e]
            if mark[there] == stamp:
                continue
            if there == target:
                cost = p.minutes[here, there] * (1.0 + noise * uniform(rng))
            else:
                cost = p.minutes[here, there] * (1.0 + noise * uniform(rng)) + p.shortest[there, target]
            if cost < least:
                least = cost
                chosen = there
        if chosen < 0:
            break
        path[length] = chosen
        mark[chosen] = stamp
        length += 1
    return length


@kernel
def grow(
    p: Problem, rng: np.ndarray, path: np.ndarray, length: int, goal: int, D: np.ndarray, scored: bool,
    mark: np.ndarray, stamp: int,
) -> int:  # fmt: skip
    """Lengthen a path at its end to ``goal`` nodes, at random or (``scored``) where it spares passengers most.

    The score of a neighbour is the time that its trips to and from the stops on the path would spare by riding the
    path instead of what ``D`` offers, times a random factor. Where detours are limited the path grows only to nodes
    that it reaches from its first one within the limit.
    """
    strict = p.max_detour < np.inf
    ridden = 0.0
    if strict:
        for k in range(1, length):
            ridden += p.minutes[path[k - 1], path[k]]
    while length < goal:
        here = path[length - 1]
        chosen = -1
        most = -1.0
        for e in range(p.degree[here]):
            there = p.neighbour[here, e]
            if mark[there] == stamp:
                continue
            if strict and ridden + p.minutes[here, there] > p.longest[path[0], there]:
                continue
            score = uniform(rng) * 1e-9
            if scored:
                ride = p.minutes[here, there] * p.unit
                spared = 0.0
                for k in range(length - 1, -1, -1):
                    # A pair without a way spares no more than a long ride would take: far would drown all else.
                    now = min(D[path[k] * p.P + there] - p.penalty, 2 * p.shortest[path[k], there] * p.unit + p.penalty)
                    if now > ride:
                        spared += p.both[path[k], there] * (now - ride)
                    if k > 0:
                        ride += p.minutes[path[k - 1], path[k]] * p.unit
                score += spared * (0.25 + uniform(rng))
            if score > most:
                most = score
                chosen = there
        if chosen < 0:
            break
        ridden += p.minutes[here, chosen]
        path[length] = chosen
        mark[chosen] = stamp
        length += 1
    return length


@kernel
def end_at_terminal(p: Problem, rng: np.ndarray, path: np.ndarray, length: int, mark: np.ndarray, stamp: int) -> int:
    """Bring the end of a path to a terminal: on to the nearest or back to the last; 0 where neither can be."""
    if p.all_terminals or p.terminal[path[length - 1]]:
        return length
    if below(rng, 2) == 0:
        longer = length
        while longer < p.max_nodes and not p.terminal[path[longer - 1]]:
            there = p.homeward[path[longer - 1]]
            if there < 0 or mark[there] == stamp:
                break
            path[longer] = there
            longer += 1
        if p.terminal[path[longer - 1]]:
            mark_path(path, longer, mark, stamp)
            return longer
    while length > 0 and not p.terminal[path[length - 1]]:
        length -= 1
    return length if length >= 2 else 0


@kernel
def promising_node(p: Problem, rng: np.ndarray, path: np.ndarray, length: int, D: np.ndarray, tries: int) -> int:
    """Of ``tries`` random nodes the one whose trips with a random stop of the path lose most to detours today."""
    chosen = -1
    most = -1.0
    for _ in range(tries):
        node = below(rng, p.n)
        stop = path[below(rng, length)]
        if node == stop or not np.isfinite(p.shortest[stop, node]):
            continue
        now = min(D[stop * p.P + node] - p.penalty, 2 * p.shortest[stop, node] * p.unit + p.penalty)
        loss = p.both[stop, node] * (now - p.shortest[stop, node] * p.unit)
        if loss > most:
            most = loss
            chosen = node
    return chosen
