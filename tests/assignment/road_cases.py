"""Small road networks, an independent shortest path, and slow reference solvers for tests of road assignment."""

from __future__ import annotations

import heapq
from pathlib import Path

import numpy as np

from shaar.engine.assignment.road_kernels import BPR, CONICAL
from shaar.engine.assignment.road_network import RoadNetwork, check_network, delay_integral, delay_minutes
from shaar.engine.assignment.road_tntp import read_tntp_flow, read_tntp_network, read_tntp_trips


def roads(zones: int, rows: list[tuple], *, nodes: int | None = None, first_through: int | None = None) -> RoadNetwork:
    """Links as (tail, head, free minutes, alpha, beta, capacity[, length, toll])."""
    full = [(*r, *(1.0, 0.0)[len(r) - 6 :]) for r in rows]
    t = np.array(full, float)
    return check_network(
        RoadNetwork(
            zones=zones, nodes=nodes or int(t[:, :2].max()) + 1, tail=t[:, 0].astype(np.int64),
            head=t[:, 1].astype(np.int64), length_km=t[:, 6], free_minutes=t[:, 2], capacity=t[:, 5], alpha=t[:, 3],
            beta=t[:, 4], delay=np.full(len(t), BPR), toll=t[:, 7],
            first_through=zones if first_through is None else first_through,
        )
    )  # fmt: skip


def random_roads(seed: int, *, zones: int = 4, inner: int = 8, conical: bool = False) -> tuple[RoadNetwork, np.ndarray]:
    """A ring with random chords between inner nodes, so that all is joined; each zone hangs on two of them."""
    rng = np.random.default_rng(seed)
    ring = np.arange(inner)
    a = np.concatenate([ring, rng.integers(0, inner, 3 * inner)])
    b = np.concatenate([(ring + 1) % inner, rng.integers(0, inner, 3 * inner)])
    a, b = a[a != b] + zones, b[a != b] + zones
    hang = np.concatenate([rng.permutation(inner)[:2] + zones for _ in range(zones)])
    zone = np.repeat(np.arange(zones), 2)
    m, c = len(a), len(zone)
    none = np.zeros(2 * c)
    network = RoadNetwork(
        zones=zones, nodes=zones + inner, tail=np.concatenate([a, zone, hang]), head=np.concatenate([b, hang, zone]),
        length_km=rng.uniform(0.1, 3.0, m + 2 * c),
        free_minutes=np.concatenate([rng.uniform(0.5, 5.0, m), rng.uniform(0.0, 1.0, 2 * c)]),
        capacity=np.concatenate([rng.uniform(5.0, 30.0, m), none]),
        alpha=np.concatenate([rng.uniform(1.5, 6.0, m) if conical else rng.uniform(0.1, 1.0, m), none]),
        beta=np.concatenate([rng.choice([1.0, 2.5, 4.0], m), none]),
        delay=np.full(m + 2 * c, CONICAL if conical else BPR), toll=rng.uniform(0.0, 2.0, m + 2 * c),
        first_through=zones,
    )  # fmt: skip
    trips = rng.uniform(0.0, 15.0, (zones, zones)) * (rng.random((zones, zones)) > 0.2)
    np.fill_diagonal(trips, 0.0)
    return check_network(network), trips


def cheapest(network: RoadNetwork, cost: np.ndarray, origin: int) -> np.ndarray:
    """Cost to each node by a search over links, with turns: the state is the link one has come by."""
    out: dict[int, list[int]] = {}
    for e, u in enumerate(network.tail.tolist()):
        out.setdefault(u, []).append(e)
    turn: dict[tuple[int, int], float] = {}
    for a, b, minutes in zip(network.turn_from.tolist(), network.turn_to.tolist(), network.turn_minutes.tolist()):
        turn[a, b] = turn.get((a, b), 0.0) + minutes
    best = np.full(network.nodes, np.inf)
    best[origin] = 0.0
    seen: set[int] = set()
    heap = [(float(cost[e]), e) for e in out.get(origin, [])]
    heapq.heapify(heap)
    while heap:
        d, e = heapq.heappop(heap)
        if e in seen or not np.isfinite(d):
            continue
        seen.add(e)
        v = int(network.head[e])
        best[v] = min(best[v], d)
        if v >= network.first_through:
            for f in out.get(v, []):
                heapq.heappush(heap, (d + float(cost[f]) + turn.get((e, f), 0.0), f))
    return best


def frank_wolfe(network: RoadNetwork, trips: np.ndarray, rounds: int) -> tuple[float, float]:
    """Upper and lower bound of Beckmann's optimum by plain Frank-Wolfe with its own shortest paths (no turns)."""
    out: dict[int, list[int]] = {}
    for e, u in enumerate(network.tail.tolist()):
        out.setdefault(u, []).append(e)

    def all_or_nothing(cost: np.ndarray) -> np.ndarray:
        flow = np.zeros(network.links)
        for r in range(network.zones):
            dist, pred = {r: 0.0}, {}
            heap = [(0.0, r)]
            while heap:
                d, u = heapq.heappop(heap)
                if d > dist[u] or (u < network.first_through and u != r):
                    continue
                for e in out.get(u, []):
                    v = int(network.head[e])
                    if d + cost[e] < dist.get(v, np.inf):
                        dist[v] = d + float(cost[e])
                        pred[v] = e
                        heapq.heappush(heap, (dist[v], v))
            for z in range(network.zones):
                v = z
                while trips[r, z] > 0 and v != r:
                    flow[pred[v]] += trips[r, z]
                    v = int(network.tail[pred[v]])
        return flow

    x = all_or_nothing(network.free_minutes)
    lower = -np.inf
    for _ in range(rounds):
        minutes = delay_minutes(network, x)
        d = all_or_nothing(minutes) - x
        lower = max(lower, float(delay_integral(network, x).sum() + minutes @ d))
        a, b = 0.0, 1.0
        for _ in range(40):
            mid = (a + b) / 2
            a, b = (mid, b) if float(delay_minutes(network, x + mid * d) @ d) < 0 else (a, mid)
        x = x + a * d
    return float(delay_integral(network, x).sum()), lower


def published(shared: Path, name: str) -> tuple[RoadNetwork, np.ndarray, np.ndarray]:
    """A TNTP case: network, trips, and the published flow of each link."""
    folder = shared / "tntp" / name
    network = read_tntp_network(folder / f"{name}_net.tntp")
    flow = read_tntp_flow(folder / f"{name}_flow.tntp")
    at = {pair: e for e, pair in enumerate(zip(network.tail.tolist(), network.head.tolist()))}
    best = np.full(network.links, np.nan)
    best[[at[pair] for pair in zip(flow.tail.tolist(), flow.head.tolist())]] = flow.flow
    return network, read_tntp_trips(folder / f"{name}_trips.tntp", network.zones), best
