"""The moves of the search: each turns one or two routes into others that are still simple paths along streets.

A move writes candidate routes and returns their lengths, 0 where it found none. Every candidate has ``min_nodes`` to
``max_nodes`` nodes, no node twice, drivable links and terminals at both ends. Run times and coverage are judged by the
caller. `SINGLE_MOVES` and `PAIR_MOVES` name them in the order of their numbers.
"""

from __future__ import annotations

import numpy as np

from .kernel import kernel
from .kernels_walk import below, end_at_terminal, few, grow, mark_path, promising_node, reverse, uniform, walk
from .problem import Problem

SINGLE_MOVES = ("extend", "trim", "shift", "re-route tail", "re-route and fill", "re-route middle", "stop", "new")
PAIR_MOVES = ("tail swap", "merge", "hand over")
#: How often each is proposed.
SINGLE_SHARE = (0.13, 0.08, 0.13, 0.13, 0.15, 0.16, 0.15, 0.07)
PAIR_SHARE = (0.60, 0.10, 0.30)


@kernel
def _random_end(rng: np.ndarray, path: np.ndarray, length: int) -> None:
    if below(rng, 2):
        reverse(path, length)


@kernel
def _trim(p: Problem, path: np.ndarray, length: int, cut: int) -> int:
    """Cut nodes off the end, and more until it is a terminal."""
    length -= cut
    while length > 1 and not p.terminal[path[length - 1]]:
        length -= 1
    return length


@kernel
def _lengthen(
    p: Problem, rng: np.ndarray, path: np.ndarray, length: int, D: np.ndarray, mark: np.ndarray, stamp: int
) -> int:
    goal = min(p.max_nodes, length + few(rng, 4))
    length = grow(p, rng, path, length, goal, D, below(rng, 2) == 0, mark, stamp)
    return end_at_terminal(p, rng, path, length, mark, stamp)


@kernel
def _fill_goal(p: Problem, rng: np.ndarray, length: int) -> int:
    low = max(length, p.min_nodes)
    return p.max_nodes if below(rng, 2) else low + below(rng, p.max_nodes - low + 1)


@kernel
def _middle(
    p: Problem, rng: np.ndarray, path: np.ndarray, length: int, spare: np.ndarray, want: int,
    mark: np.ndarray, stamp: int,
) -> int:  # fmt: skip
    """Another way between two stops of the path, through ``want`` if that is a node."""
    a = below(rng, length - 1)
    b = a + 1 + below(rng, min(length - 1 - a, 10))
    mark_path(path, length, mark, stamp)
    for k in range(a + 1, b + 1):
        mark[path[k]] = 0
    for k in range(a + 1):
        spare[k] = path[k]
    rest = length - 1 - b
    limit = p.max_nodes - rest
    size = a + 1
    if want >= 0 and mark[want] != stamp:
        mark[path[b]] = stamp
        size = walk(p, rng, spare, size, limit, want, 0.3, mark, stamp)
        mark[path[b]] = 0
    size = walk(p, rng, spare, size, limit, path[b], 2.0 * uniform(rng), mark, stamp)
    if spare[size - 1] != path[b]:
        return 0
    for k in range(rest):
        spare[size + k] = path[b + 1 + k]
    size += rest
    for k in range(size):
        path[k] = spare[k]
    return size


@kernel
def _stop(p: Problem, rng: np.ndarray, path: np.ndarray, length: int, mark: np.ndarray, stamp: int) -> int:
    """Leave out, put in or exchange one inner stop where the links allow it."""
    kind = below(rng, 3)
    if kind == 0:
        if length < 3 or length <= p.min_nodes:
            return 0
        k = 1 + below(rng, length - 2)
        if not np.isfinite(p.minutes[path[k - 1], path[k + 1]]):
            return 0
        for q in range(k, length - 1):
            path[q] = path[q + 1]
        return length - 1
    if (kind == 1 and length >= p.max_nodes) or (kind == 2 and length < 3):
        return 0
    mark_path(path, length, mark, stamp)
    k = below(rng, length - kind)
    chosen = -1
    seen = 0
    for e in range(p.degree[path[k]]):
        node = p.neighbour[path[k], e]
        if mark[node] != stamp and np.isfinite(p.minutes[node, path[k + kind]]):
            seen += 1
            if below(rng, seen) == 0:
                chosen = node
    if chosen < 0:
        return 0
    if kind == 1:
        for q in range(length, k + 1, -1):
            path[q] = path[q - 1]
        length += 1
    path[k + 1] = chosen
    return length


@kernel
def new_route(
    p: Problem, rng: np.ndarray, path: np.ndarray, D: np.ndarray, want: int, mark: np.ndarray, stamp: int
) -> int:
    """A route between two nodes whose trips lose most to detours today, lengthened at both ends."""
    most = -1.0
    a = b = -1
    for _ in range(12):
        i = want if want >= 0 else below(rng, p.n)
        j = below(rng, p.n)
        if i == j or not np.isfinite(p.shortest[i, j]):
            continue
        now = min(D[i * p.P + j] - p.penalty, 2 * p.shortest[i, j] * p.unit + p.penalty)
        loss = p.both[i, j] * (now - p.shortest[i, j] * p.unit) * (0.25 + uniform(rng))
        if loss > most:
            most = loss
            a, b = i, j
    if a < 0:
        return 0
    path[0] = a
    mark[a] = stamp
    length = walk(p, rng, path, 1, p.max_nodes, b, 0.5 * uniform(rng), mark, stamp)
    goal = _fill_goal(p, rng, length)
    scored = below(rng, 4) > 0
    length = grow(p, rng, path, length, length + (goal - length + 1) // 2, D, scored, mark, stamp)
    length = end_at_terminal(p, rng, path, length, mark, stamp)
    if length == 0:
        return 0
    reverse(path, length)
    length = grow(p, rng, path, length, goal, D, scored, mark, stamp)
    return end_at_terminal(p, rng, path, length, mark, stamp)


@kernel
def single_move(
    p: Problem, rng: np.ndarray, move: int, old: np.ndarray, old_length: int, D: np.ndarray, want: int,
    path: np.ndarray, spare: np.ndarray, mark: np.ndarray, stamp: int,
) -> int:  # fmt: skip
    """Try move number ``move`` on a route; the candidate is in ``path``.

    ``want`` is a node that some route ought to serve, -1 if there is none. ``D`` holds the fastest times without
    the route.
    """
    length = old_length
    for k in range(length):
        path[k] = old[k]
    _random_end(rng, path, length)
    if move == 0:
        if length >= p.max_nodes:
            return 0
        mark_path(path, length, mark, stamp)
        length = _lengthen(p, rng, path, length, D, mark, stamp)
    elif move == 1:
        if length <= p.min_nodes:
            return 0
        length = _trim(p, path, length, few(rng, length - p.min_nodes))
    elif move == 2:
        length = _trim(p, path, length, few(rng, max(1, length - 2)))
        if length < 2:
            return 0
        reverse(path, length)
        mark_path(path, length, mark, stamp)
        length = _lengthen(p, rng, path, length, D, mark, stamp)
    elif move < 5:
        length = 1 + below(rng, length - 1)
        mark_path(path, length, mark, stamp)
        target = want
        if want < 0 or mark[want] == stamp:
            target = promising_node(p, rng, path, length, D, 1 if below(rng, 2) else 6)
        if target < 0 or mark[target] == stamp:
            return 0
        length = walk(p, rng, path, length, p.max_nodes, target, 0.7 * uniform(rng), mark, stamp)
        if move == 4 or length < p.min_nodes:
            goal = _fill_goal(p, rng, length) if move == 4 else p.min_nodes
            length = grow(p, rng, path, length, goal, D, below(rng, 2) == 0, mark, stamp)
        length = end_at_terminal(p, rng, path, length, mark, stamp)
    elif move == 5:
        if length < 3:
            return 0
        length = _middle(p, rng, path, length, spare, want, mark, stamp)
    elif move == 6:
        length = _stop(p, rng, path, length, mark, stamp)
    else:
        length = new_route(p, rng, path, D, want, mark, stamp)
    if length < p.min_nodes or length > p.max_nodes or length < 2:
        return 0
    if not p.all_terminals and not (p.terminal[path[0]] and p.terminal[path[length - 1]]):
        return 0
    return length


@kernel
def tail_swap(
    p: Problem, rng: np.ndarray, first: np.ndarray, m: int, second: np.ndarray, n: int,
    x: np.ndarray, y: np.ndarray, mark: np.ndarray, stamp: int,
) -> tuple[int, int]:  # fmt: skip
    """Exchange what follows a stop that two routes share; both are turned at random before."""
    for k in range(m):
        x[k] = first[k]
    for k in range(n):
        y[k] = second[k]
    _random_end(rng, x, m)
    _random_end(rng, y, n)
    seen = 0
    a = b = -1
    for i in range(m):
        for j in range(n):
            if x[i] == y[j]:
                seen += 1
                if below(rng, seen) == 0:
                    a, b = i, j
    if a < 0 or (a == 0 and b == 0) or (a == m - 1 and b == n - 1):
        return 0, 0
    tail = n - b  # x[:a] + y[b:], y[:b] + x[a:]
    size_x, size_y = a + tail, b + m - a
    if min(size_x, size_y) < max(2, p.min_nodes) or max(size_x, size_y) > p.max_nodes:
        return 0, 0
    for k in range(max(tail, m - a)):
        kept = x[a + k] if k < m - a else -1
        if k < tail:
            x[a + k] = y[b + k]
        if k < m - a:
            y[b + k] = kept
    for k in range(size_x):
        if mark[x[k]] == stamp:
            return 0, 0
        mark[x[k]] = stamp
    for k in range(size_y):
        if mark[y[k]] == stamp + 1:
            return 0, 0
        mark[y[k]] = stamp + 1
    return size_x, size_y


@kernel
def merge(
    p: Problem, rng: np.ndarray, first: np.ndarray, m: int, second: np.ndarray, n: int, D: np.ndarray, want: int,
    x: np.ndarray, y: np.ndarray, mark: np.ndarray, stamp: int,
) -> tuple[int, int]:  # fmt: skip
    """Join two routes that end at the same stop into one, and design the other anew."""
    size = m + n - 1
    if size > p.max_nodes:
        return 0, 0
    for k in range(m):
        x[k] = first[k]
    for k in range(n):
        y[k] = second[k]
    _random_end(rng, x, m)
    if x[m - 1] != y[0]:
        reverse(y, n)
    if x[m - 1] != y[0]:
        return 0, 0
    for k in range(1, n):
        x[m - 1 + k] = y[k]
    for k in range(size):
        if mark[x[k]] == stamp:
            return 0, 0
        mark[x[k]] = stamp
    fresh = new_route(p, rng, y, D, want, mark, stamp + 1)
    if fresh < max(2, p.min_nodes) or fresh > p.max_nodes:
        return 0, 0
    if not p.all_terminals and not (p.terminal[y[0]] and p.terminal[y[fresh - 1]]):
        return 0, 0
    return size, fresh


@kernel
def hand_over(
    p: Problem, rng: np.ndarray, first: np.ndarray, m: int, second: np.ndarray, n: int,
    x: np.ndarray, y: np.ndarray, mark: np.ndarray, stamp: int,
) -> tuple[int, int]:  # fmt: skip
    """Let the second route serve a stop that the first leaves out; a first route too short then grows elsewhere."""
    if n >= p.max_nodes or m < 2:
        return 0, 0
    for k in range(m):
        x[k] = first[k]
    for k in range(n):
        y[k] = second[k]
        mark[y[k]] = stamp
    _random_end(rng, x, m)
    k = m - 1 if below(rng, 2) else below(rng, m)
    node = x[k]
    if mark[node] == stamp or (0 < k < m - 1 and not np.isfinite(p.minutes[x[k - 1], x[k + 1]])):
        return 0, 0
    least = np.inf
    place = -1
    for g in range(n + 1):
        more = 0.0
        if g > 0:
            more += p.minutes[y[g - 1], node]
        if g < n:
            more += p.minutes[node, y[g]]
        if 0 < g < n:
            more -= p.minutes[y[g - 1], y[g]]
        more *= 0.5 + uniform(rng)
        if more < least:
            least = more
            place = g
    if place < 0:
        return 0, 0
    for g in range(n, place, -1):
        y[g] = y[g - 1]
    y[place] = node
    for g in range(k, m - 1):
        x[g] = x[g + 1]
    m -= 1
    while m < max(2, p.min_nodes):
        if m == 0:
            return 0, 0
        if below(rng, 2):
            reverse(x, m)
        mark_path(x, m, mark, stamp + 1)
        chosen = -1
        least = np.inf
        for e in range(p.degree[x[m - 1]]):
            there = p.neighbour[x[m - 1], e]
            more = p.minutes[x[m - 1], there] * (0.5 + uniform(rng))
            if mark[there] != stamp + 1 and there != node and more < least:
                least = more
                chosen = there
        if chosen < 0:
            return 0, 0
        x[m] = chosen
        m += 1
    ends = p.terminal[x[0]] and p.terminal[x[m - 1]] and p.terminal[y[0]] and p.terminal[y[n]]
    if not (p.all_terminals or ends):
        return 0, 0
    return m, n + 1
