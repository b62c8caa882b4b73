"""The slow and obvious evaluator: the route graph of the literature, one node per route and stop, by Dijkstra."""

from __future__ import annotations

import heapq

import numpy as np

from .evaluate import Evaluation, summarise, total_route_time
from .instance import Instance, RouteSet
from .network import TICKS_PER_MINUTE, check_routes_drivable


def evaluate_by_route_graph(instance: Instance, routes: RouteSet) -> Evaluation:
    """Exact quality of a route set by the definition of Mumford (2013); for tests, not for searching.

    One graph node per (route, stop); edges along each route in both directions with the link's run time; edges of
    ``transfer_penalty`` minutes between the copies of a stop. A trip starts and ends at any copy free of charge.
    Labels are (time, transfers), so that among equally fast ways the one with fewest transfers counts.

    Raises
    ------
    InputError
        As `shaar.engine.design.evaluate.evaluate`.
    """
    check_routes_drivable(instance, routes)
    penalty = round(instance.transfer_penalty * TICKS_PER_MINUTE)
    ride: dict[tuple[int, int], list[tuple[tuple[int, int], int]]] = {}
    copies: dict[int, list[tuple[int, int]]] = {}
    for r, route in enumerate(routes):
        for position, node in enumerate(route):
            copies.setdefault(node, []).append((r, position))
            ride[r, position] = [
                ((r, other), round(float(instance.time[node, route[other]]) * TICKS_PER_MINUTE))
                for other in (position - 1, position + 1)
                if 0 <= other < len(route)
            ]

    minutes = np.full((instance.n, instance.n), np.inf)
    transfers = np.full((instance.n, instance.n), -1, dtype=np.int64)
    for origin in range(instance.n):
        minutes[origin, origin] = 0.0
        done: set[tuple[int, int]] = set()
        queue = [((0, 0), copy) for copy in copies.get(origin, [])]
        heapq.heapify(queue)
        reached: set[int] = set()
        while queue:
            (ticks, changes), copy = heapq.heappop(queue)
            if copy in done:
                continue
            done.add(copy)
            r, position = copy
            node = routes[r][position]
            if node not in reached:
                reached.add(node)
                if node != origin:
                    minutes[origin, node] = ticks / TICKS_PER_MINUTE
                    transfers[origin, node] = changes
            for other, duration in ride[copy]:
                heapq.heappush(queue, ((ticks + duration, changes), other))
            for other in copies[node]:
                if other != copy:
                    heapq.heappush(queue, ((ticks + penalty, changes + 1), other))
    return summarise(instance, minutes, transfers, total_route_time(instance, routes))
