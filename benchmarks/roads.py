"""Road equilibrium on published networks: seconds to a gap, after a small change, beside AequilibraE, and growth.

AequilibraE runs with its own interpreter (``--peer``), since it is no part of this environment; time alone is the cost
in that comparison. CPU seconds are what the process took on all cores; on a busy machine wall seconds are longer.

    python benchmarks/roads.py [--runs 3] [--peer PYTHON] [--peer-tight]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from shaar.engine.assignment.road_equilibrium import RoadFlows, equilibrium
from shaar.engine.assignment.road_kernels import BPR
from shaar.engine.assignment.road_network import RoadNetwork, VehicleClass
from shaar.engine.assignment.road_tntp import read_tntp_flow, read_tntp_network, read_tntp_trips

SHARED = Path(os.environ.get("SHAAR_SHARED_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
CASES = ("SiouxFalls", "Anaheim", "Winnipeg", "ChicagoSketch")
CHICAGO = VehicleClass(value_of_time=3000.0, money_per_km=2.0)  # 0.02 min a cent of toll, 0.04 min a mile.
FIRST = """
import sys, time
began = time.perf_counter(), time.process_time()
from pathlib import Path
from shaar.engine.assignment.road_equilibrium import equilibrium
from shaar.engine.assignment.road_tntp import read_tntp_network, read_tntp_trips
folder = Path(sys.argv[1])
ready = time.perf_counter(), time.process_time()
net = read_tntp_network(folder / "SiouxFalls_net.tntp")
equilibrium(net, read_tntp_trips(folder / "SiouxFalls_trips.tntp"), gap=1e-6)
print(ready[1] - began[1], time.process_time() - ready[1])
"""


def case(name: str) -> tuple[RoadNetwork, np.ndarray]:
    folder = SHARED / "tntp" / name
    net = read_tntp_network(folder / f"{name}_net.tntp")
    return net, read_tntp_trips(folder / f"{name}_trips.tntp", net.zones)


def timed(runs: int, *args: object, **options: object) -> tuple[float, float, RoadFlows]:
    """Median CPU and wall seconds of some runs, and the last result."""
    cpu, wall = [], []
    for _ in range(runs):
        c, w = time.process_time(), time.perf_counter()
        found = equilibrium(*args, **options)
        cpu.append(time.process_time() - c)
        wall.append(time.perf_counter() - w)
    return statistics.median(cpu), statistics.median(wall), found


def apart(name: str, found: RoadFlows) -> float:
    """Largest difference from the published flow of a link whose minutes depend on it."""
    net = found.network
    best = read_tntp_flow(SHARED / "tntp" / name / f"{name}_flow.tntp")
    at = {pair: e for e, pair in enumerate(zip(net.tail.tolist(), net.head.tolist()))}
    link = np.array([at[pair] for pair in zip(best.tail.tolist(), best.head.tolist())])
    return float(np.abs(found.flow[link] - best.flow)[net.alpha[link] > 0].max())


def grid(side: int, zones: int, trips: float) -> tuple[RoadNetwork, np.ndarray]:
    """A square grid with random times and capacities; zones hang on random corners."""
    rng = np.random.default_rng(side * 1000 + zones)
    k = np.arange(side * side)
    east, north = k[k % side < side - 1], k[k < side * (side - 1)]
    a = np.concatenate([east, east + 1, north, north + side]) + zones
    b = np.concatenate([east + 1, east, north + side, north]) + zones
    at = rng.choice(side * side, zones, replace=False) + zones
    zone, m = np.arange(zones), len(a)
    none = np.zeros(2 * zones)
    net = RoadNetwork(
        zones=zones, nodes=zones + side * side, tail=np.concatenate([a, zone, at]),
        head=np.concatenate([b, at, zone]), length_km=np.ones(m + 2 * zones),
        free_minutes=np.concatenate([rng.uniform(0.5, 1.5, m), none + 0.2]),
        capacity=np.concatenate([rng.choice([600.0, 1200.0, 1800.0], m), none]),
        alpha=np.concatenate([np.full(m, 0.15), none]), beta=np.full(m + 2 * zones, 4.0),
        delay=np.full(m + 2 * zones, BPR), toll=np.zeros(m + 2 * zones), first_through=zones,
    )  # fmt: skip
    od = rng.uniform(0.0, 1.0, (zones, zones))
    np.fill_diagonal(od, 0.0)
    return net, od * trips / od.sum()


def first_calls() -> None:
    print("first call (Sioux Falls to 1e-6)              import   first call   CPU s")
    with tempfile.TemporaryDirectory() as cache:
        for what in ("kernels compiled and cached", "kernels read from the cache"):
            run = subprocess.run(
                [sys.executable, "-c", FIRST, str(SHARED / "tntp" / "SiouxFalls")], capture_output=True, text=True,
                check=True, env={**os.environ, "NUMBA_CACHE_DIR": cache},
            )  # fmt: skip
            loaded, took = map(float, run.stdout.split())
            print(f"{what:44s} {loaded:7.1f} {took:12.2f}")


def peer(python: str, name: str, gap: float, runs: int) -> None:
    net, trips = case(name)
    cpu, wall, ours = timed(max(runs, 3), net, trips, gap=gap)
    command = [python, str(Path(__file__).with_name("roads_peer.py")), str(SHARED / "tntp" / name), str(gap)]
    theirs = [
        json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip().splitlines()[-1])
        for _ in range(runs)
    ]
    t_cpu, t_wall = (statistics.median(t[k] for t in theirs) for k in ("cpu", "wall"))
    label = f"{name} to {gap:.0e}"
    print(f"{label:24s} {cpu:7.2f} {wall:7.2f} {t_cpu:9.2f} {t_wall:8.2f} {theirs[0]['iterations']:6d}"
          f" {t_cpu / cpu:7.0f}x {ours.gap:9.1e} {theirs[0]['gap']:8.1e}"
          f" {theirs[0]['tstt'] / ours.tstt - 1:+10.1e} {runs:5d}", flush=True)  # fmt: skip


def growth() -> None:
    print("\ngrowth on square grids (180 trips a zone and hour), to 1e-6")
    print(f"{'zones':>6s} {'links':>7s} {'CPU s':>7s} {'updates':>8s} {'bushes MB':>9s} {'us a zone and link':>19s}")
    for side, zones in ((30, 50), (30, 100), (30, 200), (30, 400), (15, 100), (60, 100), (90, 100)):
        net, trips = grid(side, zones, 180.0 * zones)
        cpu, _, found = timed(1, net, trips)
        print(f"{zones:6d} {net.links:7d} {cpu:7.2f} {len(found.steps):8d} {found.bushes.bytes / 1e6:9.1f}"
              f" {1e6 * cpu / zones / net.links:19.2f}", flush=True)  # fmt: skip


def main() -> int:
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("--runs", type=int, default=3, help="timed runs; medians are shown")
    ask.add_argument(
        "--peer", default=os.environ.get("SHAAR_PEER_PYTHON"),
        help="interpreter of an environment with aequilibrae (or SHAAR_PEER_PYTHON)",
    )  # fmt: skip
    ask.add_argument("--peer-tight", action="store_true", help="let it go to 1e-6 on ChicagoSketch once (minutes)")
    options = ask.parse_args()
    if not (SHARED / "tntp").is_dir():
        print("the shared data folder is not here; set SHAAR_SHARED_DATA", file=sys.stderr)
        return 1
    equilibrium(*case("SiouxFalls"))
    warm_net, warm_trips = case("SiouxFalls")
    equilibrium(warm_net, warm_trips, start=equilibrium(warm_net, warm_trips))
    first_calls()
    print("\nfrom an empty network, CPU s (wall s)")
    print(f"{'':16s} {'zones':>5s} {'links':>6s} {'to 1e-4':>14s} {'to 1e-6':>14s} {'to 1e-10':>14s} {'to 1e-12':>14s}"
          f" {'flow apart':>11s} {'bushes MB':>9s}")  # fmt: skip
    for name in CASES:
        net, trips = case(name)
        classes = [CHICAGO] if name == "ChicagoSketch" else None
        shown = []
        for gap in (1e-4, 1e-6, 1e-10, 1e-12):
            cpu, wall, found = timed(options.runs, net, trips, classes=classes, gap=gap)
            shown.append(f"{cpu:6.3f} ({wall:5.2f})")
        print(f"{name:16s} {net.zones:5d} {net.links:6d} {' '.join(f'{s:>14s}' for s in shown)}"
              f" {apart(name, found):11.1e} {found.bushes.bytes / 1e6:9.1f}", flush=True)  # fmt: skip
    print("\nflow apart: largest difference from the published link flows at 1e-12, links with delay\n")
    print("20 % more capacity on the 5 fullest links, to 1e-6, CPU s (wall s)")
    for name in CASES[2:]:
        net, trips = case(name)
        classes = [CHICAGO] if name == "ChicagoSketch" else None
        base = equilibrium(net, trips, classes=classes)
        full = np.argsort(-np.where(net.alpha > 0, base.flow / np.where(net.alpha > 0, net.capacity, 1.0), 0.0))[:5]
        other = net.with_capacity(full, net.capacity[full] * 1.2)
        for what, start in (("cold", None), ("warm", base)):
            cpu, wall, found = timed(options.runs, other, trips, classes=classes, start=start)
            print(f"{name:16s} {what} {cpu:6.3f} ({wall:5.2f})  objective {found.objective:.2f}", flush=True)
    growth()
    if options.peer:
        print("\nbeside AequilibraE (bi-conjugate Frank-Wolfe, 2 cores), time alone as cost")
        print(f"{'':24s} {'CPU s':>7s} {'wall s':>7s} {'its CPU':>9s} {'its wall':>8s} {'iter.':>6s} {'CPU':>8s}"
              f" {'gap':>9s} {'its gap':>8s} {'TSTT':>10s} {'runs':>5s}")  # fmt: skip
        peer(options.peer, "Anaheim", 1e-4, options.runs)
        peer(options.peer, "Winnipeg", 1e-4, options.runs)
        peer(options.peer, "ChicagoSketch", 1e-4, options.runs)
        if options.peer_tight:
            peer(options.peer, "ChicagoSketch", 1e-6, 1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
