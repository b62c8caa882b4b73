"""Optimal strategies in Porto Alegre (r5r's sample): seconds for 400 destinations, and edsger on the same graph.

One line of the graph is a pattern of the timetable between 13:00 and 15:00 with its mean run times and its headway;
zones are 400 of the 1227 hexagons, drawn by seed, each within 1200 m of up to six stops; trips are drawn by seed.

    python benchmarks/strategies.py [--runs 3] [--compared 20]
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import os
import sys
import time
from pathlib import Path

import numba
import numpy as np
from pyproj import Transformer
from scipy.spatial import cKDTree

from shaar.engine.assignment.crowding import assign_crowded
from shaar.engine.assignment.graph import BOARD, TransitGraph, line_graph
from shaar.engine.assignment.strategies import assign_strategies
from shaar.engine.timetable.arrays import DayTimetable
from shaar.engine.timetable.day import day_timetable
from shaar.engine.timetable.merge import merge_feeds
from shaar.engine.timetable.read import read_gtfs

SHARED = Path(os.environ.get("SHAAR_SHARED_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
DAY = dt.date(2019, 5, 13)
WINDOW = (13 * 3600, 15 * 3600)
ZONES = 400
METRES_PER_MINUTE = 72.0
DETOUR = 1.3


def city_graph(day: DayTimetable, lon: np.ndarray, lat: np.ndarray) -> TransitGraph:
    """Patterns that run in the window as directed lines with headways, stops within 150 m joined by walks."""
    metric = Transformer.from_crs("OGC:CRS84", "EPSG:32722", always_xy=True)
    stops = np.column_stack(metric.transform(day.stop_lon, day.stop_lat))
    zones = np.column_stack(metric.transform(lon, lat))
    ways, minutes, headways = [], [], []
    for p in range(day.n_patterns):
        s = day.pattern_stops[day.stop_ptr[p] : day.stop_ptr[p + 1]]
        n, at = len(s), int(day.time_ptr[p])
        times = slice(at, at + n * int(day.n_trips[p]))
        arrival, departure = day.arrival[times].reshape(-1, n), day.departure[times].reshape(-1, n)
        runs = (departure[:, 0] >= WINDOW[0]) & (departure[:, 0] < WINDOW[1])
        if n < 2 or not runs.any():
            continue
        ways.append(s)
        minutes.append(np.maximum((arrival[runs, 1:] - departure[runs, :-1]).mean(axis=0), 1.0) / 60.0)
        headways.append((WINDOW[1] - WINDOW[0]) / 60.0 / runs.sum())
    tree = cKDTree(stops)
    metres, near = tree.query(zones, k=6, distance_upper_bound=1200.0)
    found = np.isfinite(metres)
    ptr = np.concatenate([[0], np.cumsum(found.sum(axis=1))])
    pairs = tree.query_pairs(150.0, output_type="ndarray")
    apart = np.hypot(*(stops[pairs[:, 0]] - stops[pairs[:, 1]]).T) * DETOUR / METRES_PER_MINUTE
    walks = (np.concatenate([pairs[:, 0], pairs[:, 1]]), np.concatenate([pairs[:, 1], pairs[:, 0]]), np.tile(apart, 2))
    return line_graph(
        len(stops), ways, minutes, np.arange(len(ways)), headways,
        access=(ptr, near[found], metres[found] * DETOUR / METRES_PER_MINUTE), transfer=5.0, walks=walks,
    )  # fmt: skip


def edsger_seconds(graph: TransitGraph, trips: np.ndarray, count: int) -> tuple[float, float, float] | None:
    """Seconds of edsger for so many destinations, and its largest differences in minutes and link volumes from ours."""
    try:
        import pandas as pd
        from edsger.commons import DTYPE_INF_PY
        from edsger.path import HyperpathGenerating
        from edsger.spiess_florian import compute_SF_in
    except ImportError:
        return None
    edges = pd.DataFrame({
        "tail": graph.tail.astype(np.uint32), "head": graph.head.astype(np.uint32), "trav_time": graph.cost,
        "freq": graph.freq,
    })  # fmt: skip
    paths = HyperpathGenerating(edges)
    # Its own `run` fails with pandas 3, which hands out read-only columns; this is what it calls.
    parts = [
        paths._HyperpathGenerating__indptr,
        paths._edge_idx,
        paths._trav_time,
        paths._freq,
        paths._tail,
        paths._head,
    ]
    volumes = np.zeros(len(edges))
    labels = np.zeros((len(graph.origins), count))
    began = time.perf_counter()
    for d in range(count):
        one, u = np.zeros(len(edges)), np.full(paths.vertex_count, DTYPE_INF_PY)
        compute_SF_in(
            *parts, graph.origins.astype(np.uint32), np.ascontiguousarray(trips[:, d]), one, u, paths.vertex_count,
            int(graph.destinations[d]),
        )  # fmt: skip
        volumes += one
        labels[:, d] = u[graph.origins]
    seconds = time.perf_counter() - began
    some = np.zeros_like(trips)
    some[:, :count] = trips[:, :count]
    ours = assign_strategies(graph, some)
    both = np.isfinite(ours.minutes[:, :count]) & (labels < 1e300)
    return (
        seconds,
        float(np.abs(ours.minutes[:, :count] - labels)[both].max()),
        float(np.abs(ours.links - volumes)[graph.kind == BOARD].max()),
    )


def main() -> int:
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("--runs", type=int, default=3, help="timed runs; the least is shown")
    ask.add_argument("--compared", type=int, default=20, help="destinations given to edsger")
    options = ask.parse_args()
    data = SHARED / "cities" / "porto_alegre"
    if not data.is_dir():
        print("the shared data folder is not here; set SHAAR_SHARED_DATA", file=sys.stderr)
        return 1
    feed = merge_feeds([read_gtfs(data / "poa_eptc.zip"), read_gtfs(data / "poa_trensurb.zip")], ["eptc", "trensurb"])
    day = day_timetable(feed, DAY)
    with (data / "poa_hexgrid.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    rng = np.random.default_rng(0)
    pick = rng.choice(len(rows), ZONES, replace=False)
    graph = city_graph(
        day, np.array([float(rows[i]["lon"]) for i in pick]), np.array([float(rows[i]["lat"]) for i in pick])
    )
    trips = rng.uniform(0.0, 3.0, (ZONES, ZONES))
    np.fill_diagonal(trips, 0.0)
    assign_strategies(graph, trips, threads=1)  # compiles
    print(f"{graph.n:,} nodes, {len(graph.tail):,} links, {len(graph.line_of_way)} directed lines, "
          f"{ZONES} destinations, {trips.sum():,.0f} trips\n")  # fmt: skip
    print(f"{'':58s} {'seconds':>8s} {'dest./s':>8s}")
    results = []
    for threads in (1, numba.get_num_threads()):
        taken = []
        for _ in range(options.runs):
            began = time.perf_counter()
            results.append(assign_strategies(graph, trips, threads=threads))
            taken.append(time.perf_counter() - began)
        print(f"{f'strategies and loading, threads: {threads}':58s} {min(taken):8.2f} {ZONES / min(taken):8.0f}")
    same = all(np.array_equal(results[0].links, r.links) for r in results)
    peer = edsger_seconds(graph, trips, options.compared)
    if peer is None:
        print("edsger is not installed, so it was not compared")
    else:
        each = peer[0] / options.compared
        print(f"{f'edsger, 1 thread, {options.compared} destinations':58s} {peer[0]:8.2f} {1 / each:8.0f}")
    lines = len(graph.line_of_way)
    began = time.perf_counter()
    crowded = assign_crowded(
        graph, trips / 10.0, np.full(lines, 28.0), np.full(lines, 75.0), step="search", gap=1e-3, most=20
    )
    print(f"{f'with crowding, {len(crowded.gaps) + 1} loadings to a gap of {crowded.gap:.1e}':58s} "
          f"{time.perf_counter() - began:8.2f}")  # fmt: skip
    ride = results[0]
    reach = np.isfinite(ride.minutes)
    boardings = ride.links[graph.kind == BOARD].sum() / trips[reach].sum()
    print(f"\n{reach.mean():.1%} of pairs joined, {boardings:.2f} boardings a trip, mean "
          f"{np.average(ride.minutes[reach], weights=trips[reach]):.1f} min; same volumes to the last bit with any "
          f"number of threads: {'yes' if same else 'NO'}")  # fmt: skip
    if peer is not None:
        print(f"against edsger: labels differ by at most {peer[1]:.1e} min, boardings on a link by {peer[2]:.1e}")
    return int(not same)


if __name__ == "__main__":
    sys.exit(main())
