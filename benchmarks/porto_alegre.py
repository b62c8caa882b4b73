"""Door-to-door travel times in Porto Alegre (r5r's sample): how long the matrix takes, and whether it is right.

The settings are those of the published run of R5 in r5r's paper (Pereira et al. 2021, Findings, "r5r: Rapid Realistic
Routing on Multimodal Transport Networks with R5 in R"): 1227 x 1227 points, 120 departures from 14:00, five
percentiles, walks up to 1000 m at 3.6 km/h, at most 3 rides, at most 120 minutes. Correctness is checked against an
independent Connection Scan (Dibbelt, Pajor, Strasser and Wagner 2013), written here, against range-RAPTOR, and against
runs of single departures.

    python benchmarks/porto_alegre.py [--runs 3]
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
import numpy as np

from shaar.engine.city import folder
from shaar.engine.city.model import City
from shaar.engine.prepare.build import build_city
from shaar.engine.routing.graph import street_graph
from shaar.engine.routing.raptor import travel_times
from shaar.engine.routing.snap import snap
from shaar.engine.routing.walk import walk_links, without_self
from shaar.engine.timetable.arrays import DayTimetable
from shaar.engine.timetable.day import day_timetable
from shaar.engine.timetable.read import read_gtfs

SHARED = Path(os.environ.get("SHAAR_SHARED_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
DAY = dt.date(2019, 5, 13)
PERCENTILES = (5, 25, 50, 75, 95)
#: Others' figures for the same data, window and percentiles, seconds.
OTHERS = (
    ("  the same by R5 (published; other machine)", 37.9),
    ("  the same by cafein 0.29.0 (2 cores, EPYC 2.4 GHz, 2026-11)", 88.2),
)
NEVER = np.int32(2**30)


def connections(day: DayTimetable) -> np.ndarray:
    """All hops of a scheduled day as rows (departure, arrival, from, to, trip, position), by departure."""
    rows, trip = [], 0
    for p in range(day.n_patterns):
        stops = day.pattern_stops[day.stop_ptr[p] : day.stop_ptr[p + 1]]
        n = len(stops)
        for k in range(day.n_trips[p]):
            at = day.time_ptr[p] + k * n
            d, a = day.departure[at : at + n], day.arrival[at : at + n]
            rows.append(np.c_[d[:-1], a[1:], stops[:-1], stops[1:], np.full(n - 1, trip), np.arange(n - 1)])
            trip += 1
    c = np.concatenate(rows).astype(np.int32)
    return c[np.lexsort((c[:, 5], c[:, 4], c[:, 0]))]


@numba.njit  # not cached: a cache would remember the name under which this file was loaded
def connection_scan(c, n_trips, acc_s, acc_t, t, n_stops, f_ptr, f_to, f_s, limit):
    """Earliest arrival by a vehicle at every stop (any number of rides)."""
    best = np.full(n_stops, NEVER, np.int32)
    ride = np.full(n_stops, NEVER, np.int32)
    on = np.zeros(n_trips, np.bool_)
    for q in range(len(acc_s)):
        best[acc_s[q]] = min(best[acc_s[q]], t + acc_t[q])
    for i in range(len(c)):
        if c[i, 0] < t:
            continue
        if c[i, 0] > t + limit:
            break
        if on[c[i, 4]] or best[c[i, 2]] <= c[i, 0]:
            on[c[i, 4]] = True
            v = c[i, 1]
            s = c[i, 3]
            if v < ride[s] and v <= t + limit:
                ride[s] = v
                best[s] = min(best[s], v)
                for j in range(f_ptr[s], f_ptr[s + 1]):
                    best[f_to[j]] = min(best[f_to[j]], v + f_s[j])
    return ride


def settings(city: City, day: DayTimetable, kmh: float = 3.6, limit: float = 1000.0, change: float = 1000.0):
    """Walks of the published run."""
    graph = street_graph(city.nodes, city.links, mode="walk", cost="metres")
    zones = snap(city.zones["lon"].to_numpy(), city.zones["lat"].to_numpy(), graph, city.links, crs=city.meta.crs)
    stops = snap(day.stop_lon, day.stop_lat, graph, city.links, crs=city.meta.crs, max_metres=500)
    access = walk_links(graph, zones, stops, limit=limit, kmh=kmh)
    transfers = without_self(walk_links(graph, stops, stops, limit=change, kmh=kmh))
    direct = walk_links(graph, zones, zones, limit=3600, kmh=kmh)
    return access, transfers, access.transposed(), direct


def compare(
    day: DayTimetable, walks, runs: int = 20, times: tuple[int, ...] = (7 * 3600, 14 * 3600, 18 * 3600 + 1500)
) -> tuple[int, int]:
    """Cells of the matrix that differ from Connection Scan, and cells compared (single departures, many rides).

    ``runs`` origins are drawn for each of the departure times.
    """
    access, transfers, egress, direct = walks
    c, n_trips = connections(day), int(day.n_trips.sum())
    pick = np.random.default_rng(1)
    bad = cells = 0
    for t in times:
        got = travel_times(day, *walks, window=(t, t + 60), max_rides=12).minutes[0]
        for o in pick.choice(access.n, runs, replace=False):
            a, e = access.ptr[o], access.ptr[o + 1]
            ride = connection_scan(
                c, n_trips, access.to[a:e], access.seconds[a:e], t, day.n_stops, transfers.ptr, transfers.to,
                transfers.seconds, 7200,
            )  # fmt: skip
            best = direct.rows_dense_seconds(o, o + 1, int(NEVER))[0].astype(np.int64)
            for s in np.flatnonzero(ride < NEVER):
                part = slice(egress.ptr[s], egress.ptr[s + 1])
                np.minimum.at(best, egress.to[part], ride[s] - t + egress.seconds[part])
            seconds = np.where(np.isnan(got[o]), NEVER, np.rint(got[o].astype(float) * 60))
            bad += int((np.where(best <= 7200, best, NEVER) != seconds).sum())
            cells += len(best)
    return bad, cells


def single_departures(day: DayTimetable, walks, start: int, n: int, max_rides: int) -> tuple[int, int]:
    """Cells in which some percentile of a window differs from the sorted times of its departures, and all cells."""
    each = [
        travel_times(day, *walks, window=(start + 60 * k, start + 60 * (k + 1)), max_rides=max_rides).minutes[0]
        for k in range(n)
    ]
    every = tuple(100 * (k + 1) / n for k in range(n))
    whole = travel_times(day, *walks, window=(start, start + 60 * n), max_rides=max_rides, percentiles=every).minutes
    return int((~same(np.sort(np.stack(each), axis=0), whole)).any(axis=0).sum()), whole[0].size


def same(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Whether numbers are the same, missing ones included."""
    return (a == b) | (np.isnan(a) & np.isnan(b))


def main() -> int:
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("--runs", type=int, default=3, help="timed runs of the matrix; the median is shown")
    runs = ask.parse_args().runs
    data = SHARED / "cities" / "porto_alegre"
    if not data.is_dir():
        print("the shared data folder is not here; set SHAAR_SHARED_DATA", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "porto_alegre"
        feeds = [data / "poa_eptc.zip", data / "poa_trensurb.zip"]
        build_city(path, osm=data / "poa_osm.pbf", gtfs=feeds, zones=data / "poa_hexgrid.csv")
        city = folder.read(path)
        feed, read_s = timed(lambda: read_gtfs(city.gtfs))
    day, day_s = timed(lambda: day_timetable(feed, DAY))
    settings(city, day)  # compiles
    walks, walk_s = timed(lambda: settings(city, day))
    noon = 14 * 3600
    window = (noon, noon + 7200)
    travel_times(day, *walks, window=(noon, noon + 120), percentiles=PERCENTILES, max_rides=3)
    taken, cpu = [], time.process_time()
    for _ in range(runs):
        result, seconds = timed(lambda: travel_times(day, *walks, window=window, max_rides=3, percentiles=PERCENTILES))
        taken.append(seconds)
    cpu = (time.process_time() - cpu) / runs
    one = [timed(lambda: travel_times(day, *walks, window=(noon, noon + 60), max_rides=3))[1] for _ in range(runs)]
    began = time.process_time()
    peer = travel_times(day, *walks, window=window, max_rides=3, percentiles=PERCENTILES, method="raptor")
    old_cpu = time.process_time() - began
    unlike = (~same(peer.minutes, result.minutes)).any(axis=0) | ~same(peer.rides, result.rides)
    unlike |= ~same(peer.walked, result.walked)
    alone, _ = single_departures(day, walks, noon, 5, 3)
    bad, cells = compare(day, walks, runs=walks[0].n, times=(noon,))
    wall, z = statistics.median(taken), city.zones.height
    reached = np.isfinite(result.minutes[2])
    print(f"{z} x {z} points, {day.n_stops:,} stops, {day.n_patterns} patterns, {int(day.n_trips.sum()):,} trips; "
          f"{numba.get_num_threads()} threads; median of {runs} runs\n")  # fmt: skip
    print(f"{'':58s} {'seconds':>8s}")
    for name, s in (
        ("read the merged GTFS feed", read_s),
        ("flatten the day", day_s),
        (f"walks ({len(walks[0].to):,} to stops, {len(walks[1].to):,} between stops)", walk_s),
        ("matrix, one departure", statistics.median(one)),
        ("matrix, 120 departures, 5 percentiles", wall),
        ("  its processor time, all threads together", cpu),
        ("  processor time of range-RAPTOR, origin by origin", old_cpu),
        *OTHERS,
    ):
        print(f"{name:58s} {s:8.2f}")
    print(f"\n{z / wall:.0f} origins/s, {z * 120 / wall:,.0f} departures/s; "
          f"median reach {reached.mean():.1%} of pairs, median journey {np.nanmedian(result.minutes[2]):.1f} min; "
          f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")  # fmt: skip
    print(f"cells that differ: {bad} of {cells:,} from Connection Scan (one departure, any number of rides); "
          f"{int(unlike.sum())} of {z * z:,} from range-RAPTOR (all percentiles, rides, share on foot); "
          f"{alone} of {z * z:,} from runs of five single departures; "
          f"processes that wanted the {os.cpu_count()} cores: {os.getloadavg()[2]:.1f}")  # fmt: skip
    return int(bad > 0 or unlike.any() or alone > 0)


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    start = time.perf_counter()
    result = work()
    return result, time.perf_counter() - start


if __name__ == "__main__":
    sys.exit(main())
