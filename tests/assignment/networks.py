"""Small transit networks for tests."""

from __future__ import annotations

import numpy as np

from shaar.engine.assignment.graph import TransitGraph, line_graph, plain_graph


def paper_network() -> tuple[TransitGraph, np.ndarray]:
    """The example of Spiess & Florian (1989): stops A, X, Y, B and lines 1 to 4; also the published shares of A to B.

    Mean waits 6, 6, 15 and 3 minutes; line 1 A-B 25, line 2 A-X 7 and X-Y 6, line 3 X-Y 4 and Y-B 4, line 4 Y-B 10.
    Shares as in ``create_sf_network`` of the MIT-licensed package edsger.
    """
    links = [
        # tail, head, minutes, mean wait (0: none), share
        ("A", "1A", 0, 6, 1 / 2), ("A", "2A", 0, 6, 1 / 2), ("1A", "B", 25, 0, 1 / 2), ("2A", "2X", 7, 0, 1 / 2),
        ("2X", "X", 0, 0, 0), ("X", "2X", 0, 6, 0), ("2X", "2Y", 6, 0, 1 / 2), ("2Y", "Y", 0, 0, 1 / 2),
        ("X", "3X", 0, 15, 0), ("3X", "3Y", 4, 0, 0), ("3Y", "Y", 0, 0, 0), ("Y", "3Y", 0, 15, 1 / 12),
        ("3Y", "B", 4, 0, 1 / 12), ("Y", "4Y", 0, 3, 5 / 12), ("4Y", "B", 10, 0, 5 / 12),
    ]  # fmt: skip
    names = sorted({a for a, *_ in links} | {b for _, b, *_ in links})
    node = {name: k for k, name in enumerate(names)}
    graph = plain_graph(
        len(names), [node[a] for a, *_ in links], [node[link[1]] for link in links], [link[2] for link in links],
        [1.0 / link[3] if link[3] else np.inf for link in links], [node["A"], node["X"], node["Y"]], [node["B"]],
    )  # fmt: skip
    return graph, np.array([link[4] for link in links])


def random_graph(seed: int, n: int = 12, m: int = 40) -> TransitGraph:
    """Any links, half of them with waiting; some cost nothing, some nodes have both kinds."""
    rng = np.random.default_rng(seed)
    tail = rng.integers(0, n, m)
    head = (tail + rng.integers(1, n, m)) % n
    cost = rng.uniform(0.1, 10.0, m) * (rng.random(m) > 0.2)
    freq = np.where(rng.random(m) < 0.5, rng.uniform(0.05, 0.5, m), np.inf)
    # A free link without waiting could close a circle of no length, and equal costs make ties, which anybody may break.
    cost = np.where(np.isinf(freq) & (cost == 0.0), rng.uniform(0.1, 1.0, m), cost)
    return plain_graph(n, tail, head, cost, freq, np.arange(n), np.arange(n))


def random_lines(seed: int, stops: int = 10, lines: int = 4, *, transfer: float = 5.0) -> TransitGraph:
    """Lines that run both ways over random stops, one zone a stop, a minute from it."""
    rng = np.random.default_rng(seed)
    ways, minutes, of = [], [], []
    for k in range(lines):
        way, legs = rng.permutation(stops)[:5], rng.uniform(2.0, 9.0, 4)
        ways += [way, way[::-1]]
        minutes += [legs, legs[::-1]]
        of += [k, k]
    access = (np.arange(stops + 1), np.arange(stops), np.ones(stops))
    return line_graph(stops, ways, minutes, of, rng.uniform(4.0, 15.0, lines), access=access, transfer=transfer)


def random_trips(seed: int, zones: int, most: float = 20.0) -> np.ndarray:
    trips = np.random.default_rng(seed + 1000).uniform(0.0, most, (zones, zones))
    np.fill_diagonal(trips, 0.0)
    return trips
