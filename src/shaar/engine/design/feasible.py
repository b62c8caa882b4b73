"""An independent judge: does a route set keep every rule of its instance?"""

from __future__ import annotations

import heapq
from itertools import pairwise

import numpy as np

from .instance import Instance, RouteSet


def violations(instance: Instance, routes: RouteSet, fixed: RouteSet = ()) -> list[str]:
    """Every broken rule in a plain sentence; empty when the route set is feasible.

    The rules: exactly ``n_routes`` routes; each a simple path over links drivable both ways with ``min_nodes`` to
    ``max_nodes`` nodes, in either direction at most ``max_minutes`` and ``max_detour`` times the least time between its
    ends, ending at terminals; every ``must_cover`` node
    served; and where unserved trips count ``inf``, every node with demand served too and all served nodes connected.
    ``fixed`` routes run beside them: they cover and connect, and no other rule holds for them. Routes are numbered
    from 1, nodes from 0. Shares no code with the search.
    """
    found: list[str] = []
    if len(routes) != instance.n_routes:
        found.append(f"There are {len(routes)} routes instead of {instance.n_routes}.")
    covered: set[int] = set()
    group = list(range(instance.n))

    def root(node: int) -> int:
        while group[node] != node:
            node = group[node]
        return node

    for number, route in enumerate(routes, start=1):
        unknown = [node for node in route if not 0 <= node < instance.n]
        if unknown:
            found.append(f"Route {number} names node {unknown[0]}, which does not exist.")
            continue
        covered.update(route)
        if not instance.min_nodes <= len(route) <= instance.max_nodes:
            found.append(
                f"Route {number} has {len(route)} nodes instead of {instance.min_nodes} to {instance.max_nodes}."
            )
        if len(set(route)) < len(route):
            twice = next(node for node in route if route.count(node) > 1)
            found.append(f"Route {number} visits node {twice} more than once.")
        for end in {route[0], route[-1]} if route else set():
            if not instance.terminal[end]:
                found.append(f"Route {number} ends at node {end}, which is no terminal.")
        forth = back = 0.0
        for here, there in pairwise(route):
            if not (np.isfinite(instance.time[here, there]) and np.isfinite(instance.time[there, here])):
                found.append(f"Route {number} runs {here} - {there}, which is no link drivable in both directions.")
            forth += float(instance.time[here, there])
            back += float(instance.time[there, here])
            group[root(here)] = root(there)
        if max(forth, back) > instance.max_minutes + 1e-9 and np.isfinite(max(forth, back)):
            found.append(
                f"Route {number} takes {max(forth, back):.2f} minutes, more than {instance.max_minutes:.2f} allowed."
            )
        if np.isfinite(instance.max_detour) and len(route) > 1 and np.isfinite(max(forth, back)):
            for a, b, taken in ((route[0], route[-1], forth), (route[-1], route[0], back)):
                least = _least(instance, a, b)
                if taken > instance.max_detour * least + 1e-9:
                    found.append(
                        f"Route {number} takes {taken:.2f} minutes from node {a} to node {b}, more than "
                        f"{instance.max_detour:g} times the {least:.2f} of the fastest way."
                    )
    for route in fixed:
        covered.update(route)
        for here, there in pairwise(route):
            group[root(here)] = root(there)
    classic = np.isinf(instance.unserved_minutes)
    needed = [
        node
        for node in range(instance.n)
        if instance.must_cover[node] or (classic and (instance.demand[node].any() or instance.demand[:, node].any()))
    ]
    missing = [node for node in needed if node not in covered]
    if missing:
        shown = ", ".join(str(node) for node in missing[:5])
        more = ", ..." if len(missing) > 5 else ""
        found.append(f"{len(missing)} nodes that must be served are not: {shown}{more}.")
    if classic:
        pieces = {root(node) for node in needed if node in covered}
        if len(pieces) > 1:
            found.append(f"The routes fall into {len(pieces)} pieces that no transfer connects.")
    return found


def _least(instance: Instance, start: int, end: int) -> float:
    """Least minutes from one node to another over links drivable both ways (Dijkstra 1959)."""
    settled: set[int] = set()
    queue = [(0.0, start)]
    while queue:
        minutes, here = heapq.heappop(queue)
        if here == end:
            return minutes
        if here in settled:
            continue
        settled.add(here)
        for there in np.flatnonzero(np.isfinite(instance.time[here]) & np.isfinite(instance.time[:, here])):
            if int(there) not in settled:
                heapq.heappush(queue, (minutes + float(instance.time[here, there]), int(there)))
    return float("inf")
