"""Journeys, isochrones and profiles in Porto Alegre: how long they take, and how far cafein agrees.

The points, walks and rides are those of `porto_alegre.py`. cafein (MIT, Rust) runs in an interpreter of its own;
comparisons, each with one more thing in common, say what the differences come from: the rank taken for the
median, blank stop times, walks to and from stops, transfers, and a transfer and a walk to the door one after the other.

    python benchmarks/journeys.py [--peer-python PATH] [--origins 150]
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from shaar.engine.city import folder
from shaar.engine.city.model import City
from shaar.engine.demand.parameters import load_parameters
from shaar.engine.prepare.build import build_city
from shaar.engine.routing import journey_kernels
from shaar.engine.routing.isochrone import node_times, reach
from shaar.engine.routing.isochrone_areas import ground, isochrones
from shaar.engine.routing.journey_network import POINT_TO_STREET_M, network, points
from shaar.engine.routing.journeys import journeys
from shaar.engine.routing.mobility import PROFILES, level_points, profile
from shaar.engine.routing.raptor import travel_times
from shaar.engine.routing.snap import snap
from shaar.engine.routing.walk import WalkLinks, walk_links
from shaar.engine.timetable.day import day_timetable, fill_times
from shaar.engine.timetable.distance import Distances, stated_metres
from shaar.engine.timetable.feed import Feed
from shaar.engine.timetable.read import read_gtfs
from shaar.engine.timetable.write import write_gtfs

HERE = Path(__file__).resolve().parent
NOON = 14 * 3600
#: Departures compared: 14:00 to 14:09. The median of ten is the sixth for cafein and the fifth by nearest rank.
N_DEP = 10
SIXTH = 55.0
KMH, LIMIT_M = 3.6, 1000.0

#: Runs in the peer's interpreter: median seconds, walks to stops and transfers, as arrays.
RUNNER = """
import json, sys, time, warnings
warnings.simplefilter("ignore")
import cafein, geopandas, numpy as np, pandas as pd
ask = json.loads(sys.argv[1])
minutes = ask["limit_m"] / ask["kmh"] * 3.6 / 60
start = time.process_time()
net = cafein.TransportNetwork.from_gtfs(ask["gtfs"], osm_pbf=ask["osm"], walking_speed_kmph=ask["kmh"],
    max_walking_time=minutes, snap_distance=500, trip_distances=False, leg_geometries=False, street_modes=())
built = time.process_time() - start
p = pd.read_csv(ask["points"])
p = geopandas.GeoDataFrame({"id": p["id"]}, geometry=geopandas.points_from_xy(p["lon"], p["lat"]), crs=4326)
origins = p[p["id"].isin(ask["origins"])]
start = time.process_time()
m = cafein.TravelTimeMatrix(net, origins, p, ask["departure"], max_rides=3, departure_time_window=ask["n_dep"],
    percentiles=[50], walking_speed_kmph=ask["kmh"], max_walking_time=minutes, snap_distance=1600,
    output_time_units="seconds")
took = time.process_time() - start
index = {v: k for k, v in enumerate(p["id"])}
column = [c for c in m.columns if c.startswith("travel_time")][0]
rows = {v: k for k, v in enumerate(ask["origins"])}
seconds = np.full((len(rows), len(p)), np.nan)
seconds[m["from_id"].map(rows).to_numpy(), m["to_id"].map(index).to_numpy()] = m[column].to_numpy()
out = {"seconds": seconds, "cpu": np.array([built, took])}
if ask["walks"]:
    who, stop, s = [], [], []
    for k, g in enumerate(p.geometry):
        try:
            found = net.access_stops(g.y, g.x, walking_speed_kmph=ask["kmh"], max_walking_time=minutes)
        except ValueError:
            continue
        who += [k] * len(found); stop += list(found); s += list(found.values())
    out |= {"acc_point": np.array(who), "acc_stop": np.array(stop), "acc_s": np.array(s)}
    from cafein.streets import walking_footpaths
    f = list(walking_footpaths(ask["osm"], net.stops, walking_speed_kmph=ask["kmh"], max_walking_time=minutes,
             snap_distance=500))
    out |= {name: np.array([x[k] for x in f]) for k, name in enumerate(("foot_a", "foot_b", "foot_s"))}
np.savez(ask["out"], **out)
print(cafein.__version__)
"""


def sibling(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(f"{name}_benchmark", HERE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def filled(feed: Feed) -> Feed:
    """The feed without blank times."""
    distances = Distances.of(feed)
    metres = stated_metres(feed, distances)
    calls = feed.stop_times.select("trip_id", "stop_id", "arrival", "departure", "stop_sequence").with_columns(
        metres=metres if metres is not None else pl.lit(None, pl.Float64)
    )
    done = fill_times(calls, feed.trips.select("trip_id", "shape_id"), distances).sort("trip_id", "stop_sequence")
    times = done.select("arrival", "departure")
    return replace(feed, stop_times=feed.stop_times.with_columns(times["arrival"], times["departure"]))


def links(row: np.ndarray, to: np.ndarray, seconds: np.ndarray, n: int, n_to: int) -> WalkLinks:
    order = np.lexsort((to, row))
    ptr = np.searchsorted(row[order], np.arange(n + 1)).astype(np.int64)
    s = seconds[order].astype(np.int32)
    return WalkLinks(ptr, to[order].astype(np.int32), (s * KMH / 3.6).astype(np.float32), s, n_to)


def chained(transfers: WalkLinks, egress: WalkLinks) -> WalkLinks:
    """Walks from stops to points, straight or by way of a transfer."""
    n = transfers.n
    count = np.diff(egress.ptr)[transfers.to]
    a = np.repeat(np.repeat(np.arange(n), np.diff(transfers.ptr)), count)
    at = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count - egress.ptr[transfers.to], count)
    own = np.repeat(np.arange(n), np.diff(egress.ptr))
    key = np.concatenate([a, own]) * np.int64(egress.n_to) + np.concatenate([egress.to[at], egress.to])
    seconds = np.concatenate([np.repeat(transfers.seconds, count) + egress.seconds[at], egress.seconds])
    order = np.lexsort((seconds, key))
    first = order[np.r_[True, np.diff(key[order]) > 0]]
    return links(key[first] // egress.n_to, key[first] % egress.n_to, seconds[first], n, egress.n_to)


def cpu(work: Callable[[], Any], runs: int = 5) -> tuple[Any, float]:
    """Result and median processor milliseconds."""
    taken = []
    for _ in range(runs):
        start = time.process_time()
        result = work()
        taken.append((time.process_time() - start) * 1000)
    return result, float(np.median(taken))


def speed(city: City, feed: Feed, day: Any) -> None:
    """Time single questions."""
    table = load_parameters("mobility.csv")
    net = network(city, feed, day, profile("adult", table))
    around = reach(net)
    on = ground(around)
    z = city.zones.sort("population", descending=True)
    lon, lat = z["lon"].to_numpy()[:20], z["lat"].to_numpy()[:20]
    pts = points(net, lon, lat)
    rows: dict[str, list[float]] = {}
    stops = level_points(net.stops, net.graph)
    t = net.tables
    for k in range(-1, 19):
        one = points(net, lon[k : k + 1] if k >= 0 else lon[:1], lat[k : k + 1] if k >= 0 else lat[:1]).at
        access = walk_links(net.graph, level_points(one, net.graph), stops, limit=net.who.max_walk_m, kmh=net.who.kmh)
        on_foot = np.full(net.graph.n_nodes, journey_kernels.INF, np.int32)

        def kernel(access: WalkLinks = access, on_foot: np.ndarray = on_foot) -> Any:
            a = journey_kernels.stop_arrivals(
                np.array([NOON], np.int32), 4, 3600, access.to, access.seconds, t.stop_ptr, t.stops, t.n_trips,
                t.time_ptr, t.dep, t.arr, t.serve_ptr[0], t.serve_p, t.serve_i, net.transfers.ptr, net.transfers.to,
                net.transfers.seconds, net.day.n_stops,
            )  # fmt: skip
            w = around.from_stops
            return journey_kernels.spread(a, w.ptr, w.to, w.seconds, on_foot, 3600)

        ask = (net.day, pts.access, net.transfers, pts.egress, pts.walk)
        pair = {"origin": max(k, 0), "destination": max(k, 0) + 1, "tables": t}
        for name, work in (
            ("isochrone: kernel only (RAPTOR and all street nodes)", kernel),
            ("isochrone: with the walks from the point, one departure",
             lambda one=one: node_times(around, one, departure=NOON)),
            ("isochrone: 60 departures, 3 percentiles",
             lambda one=one: node_times(around, one, window=(NOON, NOON + 3600), percentiles=(5, 50, 95))),
            ("polygons of 15, 30, 45 and 60 minutes, people",
             lambda one=one: isochrones(on, node_times(around, one, departure=NOON), (15, 30, 45, 60))),
            ("journeys of a pair, one departure", lambda ask=ask, pair=pair: journeys(*ask, departure=NOON, **pair)),
            ("journeys of a pair, every departure of an hour",
             lambda ask=ask, pair=pair: journeys(*ask, window=(NOON, NOON + 3600), **pair)),
        ):  # fmt: skip
            _, ms = cpu(work, 1)
            if k >= 0:  # the first round compiles
                rows.setdefault(name, []).append(ms)
    print(f"{net.day.n_stops:,} stops, {net.graph.n_nodes:,} street nodes, {len(around.from_stops.to):,} walks from "
          f"stops to nodes; processor ms, all threads together, of 19 origins\n")  # fmt: skip
    print(f"{'':58s} {'median':>8s} {'worst':>8s}")
    for name, ms in rows.items():
        print(f"{name:58s} {np.median(ms):8.1f} {max(ms):8.1f}")
    print("\nprofiles: 200 points, 14:00 to 14:30")
    print(f"{'':12s} {'median min':>10s} {'pairs reached':>14s} {'stops':>6s} {'trips':>6s}")
    nets = {name: network(city, feed, day, profile(name, table)) for name in PROFILES}
    every = city.zones["lon"].to_numpy(), city.zones["lat"].to_numpy()
    near = [
        snap(*every, who.graph, city.links, crs=city.meta.crs, max_metres=POINT_TO_STREET_M).link >= 0
        for who in nets.values()
    ]
    pick = np.random.default_rng(2).choice(np.flatnonzero(np.all(near, axis=0)), 200, replace=False)
    for name, who in nets.items():
        p = points(who, city.zones["lon"].to_numpy()[pick], city.zones["lat"].to_numpy()[pick])
        found = travel_times(
            who.day, p.access, who.transfers, p.egress, p.walk, window=(NOON, NOON + 1800), step_s=300, method="raptor"
        ).minutes[0]
        assert who.usable is not None
        print(f"{name:12s} {np.nanmedian(found):10.1f} {np.isfinite(found).mean():14.1%} {who.day.n_stops:6d} "
              f"{who.usable.trips_left:6d}")  # fmt: skip


def compare(city: City, feed: Feed, day: Any, walks: Any, data: Path, python: str, n: int, scratch: Path) -> None:
    """Compare medians with the peer's, with more and more in common."""
    ids = city.zones["zone_id"].to_list()
    pick = np.sort(np.random.default_rng(7).choice(len(ids), n, replace=False))
    points_file = scratch / "points.csv"
    city.zones.select(pl.col("zone_id").alias("id"), "lon", "lat").write_csv(points_file)
    whole = filled(feed)
    write_gtfs(whole, scratch / "filled.zip")
    found: dict[str, Any] = {}
    for name, path in (("raw", city.gtfs), ("filled", scratch / "filled.zip")):
        ask = {
            "gtfs": str(path), "osm": str(data / "poa_osm.pbf"), "points": str(points_file), "limit_m": LIMIT_M,
            "kmh": KMH, "origins": [ids[k] for k in pick], "departure": f"{day.isoformat()} 14:00", "n_dep": N_DEP,
            "walks": name == "filled", "out": str(scratch / f"{name}.npz"),
        }  # fmt: skip
        run = subprocess.run([python, "-c", RUNNER, json.dumps(ask)], capture_output=True, text=True, check=False)
        if run.returncode:
            print(f"cafein failed: {run.stderr.strip().splitlines()[-1]}")
            return
        found[name] = dict(np.load(scratch / f"{name}.npz"))
        version = run.stdout.strip().splitlines()[-1]
    timetable = day_timetable(feed, day)
    access, transfers, egress, direct = walks
    number = {s: i for i, s in enumerate(timetable.stop_ids)}
    theirs = found["filled"]
    stop = np.array([number[s] for s in theirs["acc_stop"]])
    access2 = links(theirs["acc_point"], stop, theirs["acc_s"], len(ids), timetable.n_stops)
    foot = (np.array([number[s] for s in theirs[k]]) for k in ("foot_a", "foot_b"))
    transfers2 = links(*foot, theirs["foot_s"], timetable.n_stops, timetable.n_stops)
    took = time.process_time()
    rows = []
    near = direct.metres <= LIMIT_M  # cafein walks all the way only within the limit of a walk
    short = links(np.repeat(np.arange(direct.n), np.diff(direct.ptr))[near], direct.to[near], direct.seconds[near],
                  direct.n, direct.n_to)  # fmt: skip
    mine, egress2 = (access, transfers, egress, short), access2.transposed()
    for label, reference, parts, rank in (
        ("both as they are", "raw", mine, 50.0),
        ("+ the same of ten departures as median", "raw", mine, SIXTH),
        ("+ blank stop times filled once", "filled", mine, SIXTH),
        ("+ walks to and from stops of cafein", "filled", (access2, transfers, egress2, short), SIXTH),
        ("+ transfers of cafein", "filled", (access2, transfers2, egress2, short), SIXTH),
        (
            "+ transfer and walk to the door chained",
            "filled",
            (access2, transfers2, chained(transfers2, egress2), short),
            SIXTH,
        ),
    ):
        ours = (
            travel_times(
                timetable, *parts, window=(NOON, NOON + N_DEP * 60), max_rides=3, method="raptor", percentiles=(rank,)
            )
            .minutes[0][pick]
            .astype(float)
        )
        rows.append((label, ours, found[reference]["seconds"] / 60))
    took = time.process_time() - took
    print(f"\ncafein {version}: medians of {N_DEP} departures from 14:00, {n} origins x {len(ids)} points\n"
          f"processor s of cafein: build {theirs['cpu'][0]:.1f}, matrix {theirs['cpu'][1]:.1f}; "
          f"ours, {len(rows)} whole matrices: {took:.1f}\n")  # fmt: skip
    head = ("equal", "1 min", "3 min", "mean diff", "only ours", "only cafein")
    print(f"{'in common':38s}" + "".join(f"{h:>12s}" for h in head))
    for label, a, b in rows:
        both = np.isfinite(a) & np.isfinite(b)
        gap = (a - b)[both]
        off = ~np.eye(len(ids), dtype=bool)[pick][both]
        gap = gap[off]
        share = [(np.abs(gap) <= m).mean() for m in (1.5 / 60, 1.0, 3.0)]
        only = [(np.isfinite(x) & ~np.isfinite(y)).mean() for x, y in ((a, b), (b, a))]
        print(f"{label:38s}" + "".join(f"{v:12.1%}" for v in share) + f"{gap.mean():+10.2f}  "
              + "".join(f"{v:12.2%}" for v in only))  # fmt: skip
    rest(rows[-1], ids, pick)
    shared(access, access2, "walks point - stop")
    shared(transfers, transfers2, "walks stop - stop")


def shared(a: WalkLinks, b: WalkLinks, what: str) -> None:
    """Say how the walks of the two differ."""
    key = [np.repeat(np.arange(w.n), np.diff(w.ptr)) * np.int64(w.n_to) + w.to for w in (a, b)]
    _, i, j = np.intersect1d(*key, return_indices=True)
    gap = a.seconds[i].astype(float) - b.seconds[j]
    close = [(np.abs(gap) <= m).mean() for m in (2, 30)]
    print(f"{what}: ours {len(a.to):,}, cafein {len(b.to):,}, in both {len(i):,}; of those within 2 s {close[0]:.1%}, "
          f"30 s {close[1]:.1%}, mean {gap.mean():+.1f} s")  # fmt: skip


def rest(row: tuple[str, np.ndarray, np.ndarray], ids: list[str], pick: np.ndarray) -> None:
    """Show the pairs that differ most when all is in common."""
    _, a, b = row
    gap = np.where(np.isfinite(a) & np.isfinite(b), np.abs(a - b), 0)
    gap[np.arange(len(pick)), pick] = 0
    worst = np.argsort(-gap, axis=None)[:3]
    print("\nlargest differences left: " + "; ".join(
        f"{ids[pick[w // len(ids)]]} to {ids[w % len(ids)]} {a.flat[w]:.1f} and {b.flat[w]:.1f} min" for w in worst
    ))  # fmt: skip


def main() -> int:
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("--peer-python", default=os.environ.get("SHAAR_CAFEIN_PYTHON"), help="interpreter with cafein")
    ask.add_argument("--origins", type=int, default=150, help="origins compared")
    wish = ask.parse_args()
    poa = sibling("porto_alegre")
    data = poa.SHARED / "cities" / "porto_alegre"
    if not data.is_dir():
        print("the shared data folder is not here; set SHAAR_SHARED_DATA", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "porto_alegre"
        feeds = [data / "poa_eptc.zip", data / "poa_trensurb.zip"]
        build_city(
            path,
            osm=data / "poa_osm.pbf",
            gtfs=feeds,
            zones=data / "poa_hexgrid.csv",
            elevation=data / "poa_elevation.tif",
        )
        city = folder.read(path)
        assert city.gtfs is not None
        feed = read_gtfs(city.gtfs)
        speed(city, feed, poa.DAY)
        if wish.peer_python is None:
            print("\ncafein: skipped, no interpreter was given (--peer-python)")
            return 0
        walks = poa.settings(city, day_timetable(feed, poa.DAY))
        compare(city, feed, poa.DAY, walks, data, wish.peer_python, wish.origins, Path(scratch))
    return 0


if __name__ == "__main__":
    sys.exit(main())
