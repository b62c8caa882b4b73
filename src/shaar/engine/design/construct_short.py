"""Short route sets: annealing on the total route time alone, over quick links.

The moves of the search go where passengers lose time; none looks for quick links, and every proposal pays for travel
times. Here routes grow over quick links and travel times are not asked for, so a proposal costs about a microsecond.
Unserved and unconnected nodes cost minutes, by a price that rises while rules are broken and falls while they are kept;
so the start need not be feasible.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .kernel import kernel
from .kernels_anneal import load
from .kernels_archive import is_new, keep
from .kernels_network import count_uncovered, measure, set_route, wanted
from .kernels_walk import below, end_at_terminal, few, mark_path, reverse, uniform, walk
from .moves import hand_over, single_move, tail_swap
from .problem import Problem
from .state import ATT, BAD, BEST_COST, HAS_BEST, STAMP, TRT, State

# Temperatures in mean link times: from where a route changes links freely to where ties are all that is left.
_HOT, _COLD = 0.5, 0.015
_CHUNK = 1 << 15

MET = 1 << 40  # more than any group has nodes


@kernel
def sprout(
    p: Problem, rng: np.ndarray, path: np.ndarray, length: int, goal: int, fresh: float, mark: np.ndarray, stamp: int,
    cover: np.ndarray,
) -> int:  # fmt: skip
    """Lengthen a path at its end to ``goal`` nodes over quick links; an unserved node counts ``fresh`` minutes less."""
    while length < goal:
        here = path[length - 1]
        chosen = -1
        least = np.inf
        for e in range(p.degree[here]):
            there = p.neighbour[here, e]
            if mark[there] == stamp:
                continue
            cost = p.minutes[here, there] * (0.3 + uniform(rng))
            if p.must[there] and cover[there] <= 0:
                cost -= fresh
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
def find(group: np.ndarray, v: int) -> int:
    """The root of a node's group (union-find with path halving; Tarjan and van Leeuwen 1984)."""
    while group[v] >= 0:
        up = group[v]
        if group[up] >= 0:
            group[v] = group[up]
        v = up
    return v


@kernel
def unite(group: np.ndarray, a: int, b: int) -> int:
    """Join the groups with roots a and b; a root holds minus the size of its group."""
    if a == b:
        return a
    if group[b] < group[a]:
        a, b = b, a
    group[a] += group[b]
    group[b] = a
    return a


@kernel
def standing_groups(p: Problem, group: np.ndarray) -> None:
    """Groups of nodes that the fixed routes connect."""
    for v in range(p.n):
        group[v] = -1
    for u in range(p.n):
        for v in range(p.n):
            if u != v and p.standing[u * p.P + v] < p.far:
                unite(group, find(group, u), find(group, v))


@kernel
def pieces(
    p: Problem, s: State, base: np.ndarray, group: np.ndarray, r: int, x: np.ndarray, m: int, q: int, y: np.ndarray,
    n: int,
) -> int:  # fmt: skip
    """Pieces, less one, that the served nodes fall into with x in the place of route r and y of route q (-1: none)."""
    for v in range(p.n):
        group[v] = base[v]
    for o in range(p.n_routes):
        path = s.routes[o]
        size = s.length[o]
        if o == r:
            path, size = x, m
        elif o == q:
            path, size = y, n
        root = find(group, path[0])
        for k in range(1, size):
            root = unite(group, root, find(group, path[k]))
    count = 0
    for v in range(p.n):
        if p.must[v] and s.cover[v] > 0:
            root = find(group, v)
            if group[root] > -MET:
                group[root] -= MET
                count += 1
    return max(0, count - 1)


@kernel
def shorten(p: Problem, s: State, start: int, stop: int, steps: int, hot: float, cold: float, price: float) -> float:
    """Anneal the total route time, proposals ``start`` to ``stop`` of ``steps``; returns the price of a broken rule.

    Heat falls from ``hot`` to ``cold`` minutes. The price starts at ``price``, rises while rules are broken and falls
    while they are kept. The shortest feasible routes become the best ones of ``s``.
    """
    path, spare, y = s.paths[0], s.paths[1], s.paths[2]
    forth, back = s.steps[0], s.steps[1]
    base = np.empty(p.n, np.int64)
    group = np.empty(p.n, np.int64)
    standing_groups(p, base)
    D = s.D[0]
    trt = p.fixed_trt
    for r in range(p.n_routes):
        trt += s.trt[r]
    missing = count_uncovered(p, s)
    apart = pieces(p, s, base, group, -1, path, 0, -1, path, 0) if p.classic else 0
    for step in range(start, stop):
        heat = hot * (cold / hot) ** (step / steps)
        s.tally[STAMP] += 2
        stamp = s.tally[STAMP]
        r = below(s.rng, p.n_routes)
        q = -1
        n = 0
        kind = below(s.rng, 16)
        want = wanted(p, s) if missing > 0 and below(s.rng, 2) else -1
        size_r = s.length[r]
        for k in range(size_r):
            s.cover[s.routes[r, k]] -= 1
        fresh = price * (below(s.rng, 4) > 0)
        m = 0
        if kind < 11:
            for k in range(size_r):
                path[k] = s.routes[r, k]
            if below(s.rng, 2):
                reverse(path, size_r)
            goal = size_r
            draw = below(s.rng, 8)
            if draw == 0:
                goal = min(p.max_nodes, size_r + few(s.rng, 4))
            elif draw < 4:
                goal = max(p.min_nodes, size_r - few(s.rng, 4))
            if kind < 4:  # shift
                m = size_r - few(s.rng, max(1, size_r - 1))
                reverse(path, m)
            elif kind < 9:  # another tail
                m = 1 + below(s.rng, size_r - 1)
            elif kind < 10:  # new
                m = 1
                path[0] = below(s.rng, p.n) if want < 0 else want
                reverse(path, m)
            else:  # trim
                m = min(size_r, goal)
            mark_path(path, m, s.mark, stamp)
            if want >= 0 and s.mark[want] != stamp and kind < 9:
                m = walk(p, s.rng, path, m, p.max_nodes, want, uniform(s.rng), s.mark, stamp)
            m = sprout(p, s.rng, path, m, goal, fresh, s.mark, stamp, s.cover)
            m = end_at_terminal(p, s.rng, path, m, s.mark, stamp)
            if kind == 9 and m > 0:
                reverse(path, m)
                m = end_at_terminal(p, s.rng, path, m, s.mark, stamp)
            if m < p.min_nodes or m < 2 or not (p.terminal[path[0]] and p.terminal[path[m - 1]]):
                m = 0
        elif kind < 13:
            m = single_move(p, s.rng, 5 if kind == 11 else 6, s.routes[r], size_r, D, want, path, spare, s.mark, stamp)
        elif p.n_routes > 1:
            q = below(s.rng, p.n_routes - 1)
            q += q >= r
            if kind < 15:
                m, n = tail_swap(p, s.rng, s.routes[r], size_r, s.routes[q], s.length[q], path, y, s.mark, stamp)
            else:
                m, n = hand_over(p, s.rng, s.routes[r], size_r, s.routes[q], s.length[q], path, y, s.mark, stamp)
        taken = False
        if m > 0:
            minutes = measure(p, path, m, forth, back)
            other = 0.0
            if q >= 0:
                other = measure(p, y, n, s.steps[2], s.steps[3])
                for k in range(s.length[q]):
                    s.cover[s.routes[q, k]] -= 1
                for k in range(n):
                    s.cover[y[k]] += 1
                other -= s.trt[q]
            change = minutes + other - s.trt[r]
            if np.isfinite(change):
                for k in range(m):
                    s.cover[path[k]] += 1
                lost = count_uncovered(p, s)
                limit = trt + price * (missing + apart) - heat * np.log(1.0 - uniform(s.rng))
                if trt + change + price * lost <= limit:
                    parts = pieces(p, s, base, group, r, path, m, q, y, n) if p.classic else 0
                    taken = trt + change + price * (lost + parts) <= limit
                for k in range(m):
                    s.cover[path[k]] -= 1
            if q >= 0:
                for k in range(s.length[q]):
                    s.cover[s.routes[q, k]] += 1
                for k in range(n):
                    s.cover[y[k]] -= 1
        for k in range(size_r):
            s.cover[s.routes[r, k]] += 1
        if taken:
            set_route(p, s, r, path, m)
            if q >= 0:
                set_route(p, s, q, y, n)
            trt += change
            missing, apart = lost, parts
            if missing + apart == 0 and trt < s.number[BEST_COST] - 1e-9:
                s.number[BEST_COST] = trt
                s.tally[HAS_BEST] = 1
                for o in range(p.n_routes):
                    s.best_length[o] = s.length[o]
                    for k in range(s.length[o]):
                        s.best_routes[o, k] = s.routes[o, k]
        price = price * (1.0001 if missing + apart > 0 else 0.9999)
    return price


def construct_short(p: Problem, s: State, steps: int, running: Callable[[], bool]) -> bool:
    """Shorten the current routes and make the shortest feasible ones current; they are offered to the archive, too.

    Parameters
    ----------
    p, s
        The problem and a chain with routes; its random numbers alone decide what is found.
    steps
        Proposals.
    running
        Asked every some hundredths of a second whether to go on.

    Returns
    -------
    bool
        Whether feasible routes were met; else the last ones are current.
    """
    link = float(p.minutes[np.isfinite(p.minutes)].mean())
    hot, cold = _HOT * link, _COLD * link
    price = hot
    s.tally[HAS_BEST], s.number[BEST_COST] = 0, np.inf
    for start in range(0, steps, _CHUNK):
        price = shorten(p, s, start, min(steps, start + _CHUNK), steps, hot, cold, price)
        if not running():
            break
    found = bool(s.tally[HAS_BEST])
    routes, length = (s.best_routes, s.best_length) if found else (s.routes, s.length)
    s.tally[HAS_BEST], s.number[BEST_COST] = 0, np.inf
    load(p, s, routes.copy(), length.copy())
    att, trt = s.number[ATT], s.number[TRT]
    if s.tally[BAD] == 0 and is_new(s.archive, att, trt):
        keep(s.archive, att, trt, s.routes, s.length, -1, s.paths[0], 0, -1, s.paths[0], 0)
    return found
