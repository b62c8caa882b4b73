"""The best route set of a small classic problem at the least total route time there is, by looking at all of them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .evaluate import evaluate
from .instance import Instance, Route, RouteSet
from .network import drivable

Link = tuple[int, int]


def tree_optimum(instance: Instance) -> tuple[float, int]:
    """Least mean travel time of all route sets whose total route time is that of a minimum spanning tree.

    Routes that cover and connect all nodes use every link of some spanning tree. If their total is the least there is,
    they use no link twice and no other link, so they are a minimum spanning tree cut into paths: every way of joining
    the links of every such tree at its nodes is tried. For networks of some fifteen nodes with symmetric times; tells
    whether a published operator result can be true.

    Returns
    -------
    att
        Minutes; ``inf`` where no such route set keeps the limits on nodes per route.
    count
        Number of route sets looked at.
    """
    least = np.inf
    count = 0
    for tree in _trees(instance):
        for routes in _cuts(instance, tree):
            count += 1
            least = min(least, evaluate(instance, routes).att)
    return float(least), count


def _trees(instance: Instance) -> list[tuple[Link, ...]]:
    n = instance.n
    links = [(int(a), int(b)) for a, b in zip(*np.nonzero(np.triu(drivable(instance))))]
    links.sort(key=lambda link: instance.time[link])
    found: list[tuple[Link, ...]] = []
    best = np.inf

    def choose(at: int, chosen: tuple[Link, ...], piece: tuple[int, ...], total: float) -> None:
        nonlocal best, found
        missing = n - 1 - len(chosen)
        if not missing:
            if total < best - 1e-9:
                best, found = total, []
            found.append(chosen)
            return
        # links come by rising time, so the missing ones take at least as long as the next
        if at == len(links) or total + missing * instance.time[links[at]] > best + 1e-9:
            return
        a, b = links[at]
        if piece[a] != piece[b]:
            joined = tuple(piece[a] if part == piece[b] else part for part in piece)
            choose(at + 1, (*chosen, (a, b)), joined, total + float(instance.time[a, b]))
        choose(at + 1, chosen, piece, total)

    choose(0, (), tuple(range(n)), 0.0)
    return found


def _pairings(links: tuple[Link, ...]) -> Iterator[tuple[tuple[Link, Link], ...]]:
    """Every way to join some of the links at a node two by two."""
    if not links:
        yield ()
        return
    first, rest = links[0], links[1:]
    yield from _pairings(rest)
    for k, other in enumerate(rest):
        for more in _pairings(rest[:k] + rest[k + 1 :]):
            yield ((first, other), *more)


def _cuts(instance: Instance, tree: tuple[Link, ...]) -> Iterator[RouteSet]:
    joins = len(tree) - instance.n_routes
    ways = [tuple(_pairings(tuple(link for link in tree if node in link))) for node in range(instance.n)]

    def join(node: int, onward: dict[tuple[Link, int], Link], left: int) -> Iterator[RouteSet]:
        if node == instance.n:
            if left == 0:
                routes = _paths(tree, onward)
                if all(instance.min_nodes <= len(route) <= instance.max_nodes for route in routes):
                    yield routes
            return
        for pairs in ways[node]:
            if len(pairs) <= left:
                more = {(a, node): b for a, b in pairs} | {(b, node): a for a, b in pairs}
                yield from join(node + 1, onward | more, left - len(pairs))

    if joins >= 0:
        yield from join(0, {}, joins)


def _paths(tree: tuple[Link, ...], onward: dict[tuple[Link, int], Link]) -> RouteSet:
    routes: list[Route] = []
    seen: set[Link] = set()
    for link in tree:
        for start, then in (link, link[::-1]):
            if link in seen or (link, start) in onward:
                continue
            route, at, here = [start, then], link, then
            seen.add(at)
            while (at, here) in onward:
                at = onward[at, here]
                here = at[0] if at[1] == here else at[1]
                route.append(here)
                seen.add(at)
            routes.append(tuple(route))
    return tuple(routes)
