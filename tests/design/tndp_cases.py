"""Instances for the design tests: Mandl's Swiss network, and random ones with every option of an instance."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

from shaar.engine.design.instance import Instance, RouteSet

# Mandl (1979, 1980): links as (from, to, minutes), 1-based, both ways; trips per day, rows are origins.
_LINKS = (
    (1, 2, 8), (2, 3, 2), (2, 4, 3), (2, 5, 6), (3, 6, 3), (4, 5, 4), (4, 6, 4), (4, 12, 10), (6, 8, 2), (6, 15, 3),
    (7, 10, 7), (7, 15, 2), (8, 10, 8), (8, 15, 2), (9, 15, 8), (10, 11, 5), (10, 13, 10), (10, 14, 8), (11, 12, 10),
    (11, 13, 5), (13, 14, 2),
)  # fmt: skip
_TRIPS = """
0 400 200 60 80 150 75 75 30 160 30 25 35 0 0
400 0 50 120 20 180 90 90 15 130 20 10 10 5 0
200 50 0 40 60 180 90 90 15 45 20 10 10 5 0
60 120 40 0 50 100 50 50 15 240 40 25 10 5 0
80 20 60 50 0 50 25 25 10 120 20 15 5 0 0
150 180 180 100 50 0 100 100 30 880 60 15 15 10 0
75 90 90 50 25 100 0 50 15 440 35 10 10 5 0
75 90 90 50 25 100 50 0 15 440 35 10 10 5 0
30 15 15 15 10 30 15 15 0 140 20 5 0 0 0
160 130 45 240 120 880 440 440 140 0 600 250 500 200 0
30 20 20 40 20 60 35 35 20 600 0 75 95 15 0
25 10 10 25 15 15 10 10 5 250 75 0 70 0 0
35 10 10 10 5 15 10 10 0 500 95 70 0 45 0
0 5 5 5 0 10 5 5 0 200 15 0 45 0 0
0 0 0 0 0 0 0 0 0 0 0 0 0 0 0
"""


def mandl(n_routes: int, **changes: object) -> Instance:
    """Mandl's network with routes of 2 to 8 nodes; other fields of the instance as given."""
    time = np.full((15, 15), np.inf)
    for a, b, minutes in _LINKS:
        time[a - 1, b - 1] = time[b - 1, a - 1] = minutes
    demand = np.array([[float(trips) for trips in line.split()] for line in _TRIPS.strip().splitlines()])
    plain = Instance(
        name="mandl", time=time, demand=demand, xy=np.zeros((15, 2)), n_routes=n_routes, min_nodes=2, max_nodes=8,
        transfer_penalty=5.0, terminal=np.ones(15, dtype=bool), must_cover=np.ones(15, dtype=bool),
    )  # fmt: skip
    return replace(plain, **changes)


@st.composite
def networks(draw: st.DrawFn) -> Instance:
    """A small connected network: whole or broken minutes, same or different both ways, with one-way links."""
    n = draw(st.integers(3, 12))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    whole, same = draw(st.booleans()), draw(st.booleans())
    minutes = rng.integers(1, 12, (n, n)).astype(float) if whole else rng.uniform(0.2, 12.0, (n, n))
    if same:
        minutes = np.triu(minutes) + np.triu(minutes, 1).T
    linked = rng.random((n, n)) < draw(st.sampled_from([0.0, 0.15, 0.4]))
    linked |= linked.T
    for node in range(1, n):  # a random tree keeps it connected
        other = int(rng.integers(0, node))
        linked[node, other] = linked[other, node] = True
    one_way = rng.random((n, n)) < 0.05
    time = np.where(linked | one_way, minutes, np.inf)
    np.fill_diagonal(time, np.inf)
    demand = rng.integers(0, 50, (n, n)) * (rng.random((n, n)) < 0.7)
    np.fill_diagonal(demand, 0)
    demand[0, n - 1] += 1
    return Instance(
        name="random", time=time, demand=demand.astype(float), xy=np.zeros((n, 2)),
        n_routes=draw(st.integers(1, 4)), min_nodes=2, max_nodes=draw(st.integers(2, n)),
        transfer_penalty=float(draw(st.sampled_from([0.0, 0.5, 5.0]))),
        terminal=np.ones(n, dtype=bool), must_cover=np.zeros(n, dtype=bool),
        unserved_minutes=draw(st.sampled_from([float("inf"), 30.0, 90.0])),
    )  # fmt: skip


@st.composite
def instances_with_routes(draw: st.DrawFn) -> tuple[Instance, RouteSet]:
    """A network and random simple paths on it, which need not serve or connect anything."""
    instance = draw(networks())
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    linked = np.isfinite(instance.time) & np.isfinite(instance.time.T)
    routes = []
    while len(routes) < instance.n_routes:
        path = [int(rng.integers(0, instance.n))]
        while len(path) < instance.max_nodes:
            onward = [int(v) for v in np.flatnonzero(linked[path[-1]]) if int(v) not in path]
            if not onward or (len(path) > 1 and rng.random() < 0.1):
                break
            path.append(onward[int(rng.integers(0, len(onward)))])
        if len(path) > 1:
            routes.append(tuple(path))
    return instance, tuple(routes)
