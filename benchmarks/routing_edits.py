"""What one change to one line costs: 200 random edits of Las Palmas, each worked out anew for all pairs of zones.

The city, its day, walks, window and limits are those of `shaar baseline`. Every edit is timed from the edited timetable
to the finished matrices (walks of moved stops included) and compared cell by cell with a run from the start: fewest
minutes, rides and share on foot of every pair of zones.

    python benchmarks/routing_edits.py [--edits 200] [--folders out/cities]
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numba
import numpy as np
from design_cities import CASES, SHARED, build

from shaar.engine.city import folder
from shaar.engine.city.model import City
from shaar.engine.progress import silent
from shaar.engine.routing.graph import street_graph
from shaar.engine.routing.incremental import Routed
from shaar.engine.routing.incremental_walks import Reach, StopWalks
from shaar.engine.routing.raptor import TravelTimes, travel_times
from shaar.engine.routing.walk import WalkLinks
from shaar.engine.study.baseline_walks import STOP_TO_STREET_M, TRANSFER_M, ZONE_TO_STREET_M, walks
from shaar.engine.study.results import Options
from shaar.engine.timetable.arrays import DayTimetable
from shaar.engine.timetable.calendar import typical_weekday
from shaar.engine.timetable.day import day_timetable
from shaar.engine.timetable.read import read_gtfs

HERE = Path(__file__).resolve().parent
Rng = np.random.Generator


@dataclass
class Pattern:
    """A scheduled pattern that can be edited: times int[trips, stops]."""

    route: int
    direction: int
    stops: list[int]
    arr: np.ndarray
    dep: np.ndarray


@dataclass
class Draft:
    """A timetable taken apart."""

    day: DayTimetable
    patterns: list[Pattern]
    ids: list[str]
    lon: list[float]
    lat: list[float]
    routes: list[str]

    @staticmethod
    def of(day: DayTimetable) -> Draft:
        patterns = []
        for p in range(day.n_patterns):
            stops = day.pattern_stops[day.stop_ptr[p] : day.stop_ptr[p + 1]].tolist()
            part = slice(int(day.time_ptr[p]), int(day.time_ptr[p + 1]))
            times = [t[part].reshape(-1, len(stops)).astype(np.int64) for t in (day.arrival, day.departure)]
            patterns.append(Pattern(int(day.pattern_route[p]), int(day.pattern_direction[p]), stops, *times))
        return Draft(
            day, patterns, list(day.stop_ids), day.stop_lon.tolist(), day.stop_lat.tolist(), list(day.route_ids)
        )

    def line(self, rng: Rng) -> list[Pattern]:
        """All patterns of a random line."""
        route = rng.choice(np.unique([p.route for p in self.patterns]))
        return [p for p in self.patterns if p.route == route]

    def crow(self, a: int, b: int) -> float:
        """Metres between two stops."""
        x = (self.lon[a] - self.lon[b]) * np.cos(np.radians(self.lat[a]))
        return float(np.hypot(x, self.lat[a] - self.lat[b]) * 111_195)

    def new_stop(self, lon: float, lat: float) -> int:
        self.ids.append(f"new {len(self.ids)}")
        self.lon.append(lon)
        self.lat.append(lat)
        return len(self.ids) - 1

    def put_together(self) -> DayTimetable:
        """The timetable; trips of a pattern that have got out of order are left out."""
        patterns = [p for p in self.patterns if len(p.stops) > 1 and len(p.arr)]
        n, trips = np.array([len(p.stops) for p in patterns]), np.array([len(p.arr) for p in patterns])
        ptr = lambda c: np.concatenate([[0], np.cumsum(c)])  # noqa: E731
        return replace(
            self.day,
            stop_ids=tuple(self.ids), stop_lon=np.array(self.lon), stop_lat=np.array(self.lat),
            route_ids=tuple(self.routes),
            pattern_route=np.array([p.route for p in patterns], np.int32),
            pattern_direction=np.array([p.direction for p in patterns], np.int32),
            stop_ptr=ptr(n).astype(np.int32),
            pattern_stops=np.concatenate([p.stops for p in patterns]).astype(np.int32),
            n_trips=trips.astype(np.int32), time_ptr=ptr(n * trips).astype(np.int64),
            arrival=np.concatenate([p.arr.ravel() for p in patterns]).astype(np.int32),
            departure=np.concatenate([p.dep.ravel() for p in patterns]).astype(np.int32),
            trip_ids=tuple(f"{k}" for k in range(int(trips.sum()))), trip_ptr=ptr(trips).astype(np.int32),
            span_ptr=np.zeros(len(patterns) + 1, np.int32),
        )  # fmt: skip


def regular(run_arr: np.ndarray, run_dep: np.ndarray, starts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Trips that leave at ``starts`` and run alike."""
    return starts[:, None] + run_arr[None, :], starts[:, None] + run_dep[None, :]


def add_line(d: Draft, rng: Rng) -> None:
    """The first half of one line and the second half of another, both ways, every 6 to 20 minutes."""
    route, headway = len(d.routes), int(rng.integers(6, 21)) * 60
    d.routes.append("new line")
    a, b = (d.patterns[k] for k in rng.choice(len(d.patterns), 2, replace=False))
    stops = a.stops[: len(a.stops) // 2 + 1] + b.stops[len(b.stops) // 2 :]
    stops = [s for k, s in enumerate(stops) if k == 0 or s != stops[k - 1]]
    for direction, way in enumerate((stops, stops[::-1])):
        run = np.cumsum([0] + [20 + round(d.crow(x, y) * 1.3 / 5.0) for x, y in pairwise(way)])
        times = regular(run, run, np.arange(6 * 3600 + int(rng.integers(0, headway)), 22 * 3600, headway))
        d.patterns.append(Pattern(route, direction, way, *times))


def remove_line(d: Draft, rng: Rng) -> None:
    """All patterns of a line."""
    route = d.line(rng)[0].route
    d.patterns = [p for p in d.patterns if p.route != route]


def reroute(d: Draft, rng: Rng) -> None:
    """A third of each pattern of a line goes by stops of other lines nearby instead."""
    for p in d.line(rng):
        n = len(p.stops)
        i, j = (n // 3, 2 * n // 3) if n > 5 else (0, n - 1)
        served = np.unique(np.concatenate([q.stops for q in d.patterns if q.route != p.route]))
        far = np.array([d.crow(p.stops[i], s) + d.crow(s, p.stops[j]) for s in served])
        via = served[np.argsort(far)[:40]]
        via = rng.choice(via, 2, replace=False)
        via = sorted((int(s) for s in via), key=lambda s: d.crow(p.stops[i], s))
        way = [p.stops[i], *via, p.stops[j]]
        legs = [d.crow(x, y) for x, y in pairwise(way)]
        share = np.cumsum(legs)[:-1] / max(sum(legs), 1.0)
        gap = p.arr[:, j] - p.dep[:, i]
        between = p.dep[:, i, None] + np.floor(gap[:, None] * share[None, :]).astype(np.int64)
        p.arr = np.concatenate([p.arr[:, : i + 1], between, p.arr[:, j:]], axis=1)
        p.dep = np.concatenate([p.dep[:, : i + 1], between, p.dep[:, j:]], axis=1)
        p.stops = p.stops[: i + 1] + via + p.stops[j:]


def move_stop(d: Draft, rng: Rng) -> None:
    """A stop of a line, by 50 to 200 m, for all who call there."""
    s = int(rng.choice(d.line(rng)[0].stops))
    metres, angle = rng.uniform(50, 200), rng.uniform(0, 2 * np.pi)
    d.lat[s] += metres * np.sin(angle) / 111_195
    d.lon[s] += metres * np.cos(angle) / 111_195 / np.cos(np.radians(d.lat[s]))


def add_stop(d: Draft, rng: Rng) -> None:
    """A new stop half way between two stops of a line, half a minute."""
    line = d.line(rng)
    k = int(rng.integers(len(line[0].stops) - 1))
    a, b = line[0].stops[k : k + 2]
    new = d.new_stop((d.lon[a] + d.lon[b]) / 2, (d.lat[a] + d.lat[b]) / 2)
    for p in line:
        for i in reversed(range(len(p.stops) - 1)):
            if p.stops[i : i + 2] == [a, b]:
                at = (p.dep[:, i] + p.arr[:, i + 1]) // 2
                p.arr = np.concatenate([p.arr[:, : i + 1], at[:, None], p.arr[:, i + 1 :] + 30], axis=1)
                p.dep = np.concatenate([p.dep[:, : i + 1], at[:, None] + 30, p.dep[:, i + 1 :] + 30], axis=1)
                p.stops = [*p.stops[: i + 1], new, *p.stops[i + 1 :]]


def drop_stop(d: Draft, rng: Rng) -> None:
    """A line no longer calls at one of its stops."""
    line = d.line(rng)
    s = int(rng.choice(line[0].stops))
    for p in line:
        keep = [i for i, x in enumerate(p.stops) if x != s]
        p.arr, p.dep, p.stops = p.arr[:, keep], p.dep[:, keep], [p.stops[i] for i in keep]


def new_headway(d: Draft, rng: Rng) -> None:
    """A line every 5 to 30 minutes between its first and last trip, as fast as its middle trip."""
    headway = int(rng.choice([5, 6, 8, 10, 12, 15, 20, 30])) * 60
    for p in d.line(rng):
        mid = len(p.dep) // 2
        first, last = int(p.dep[0, 0]), int(p.dep[-1, 0])
        starts = np.arange(first, last + 1, headway)
        p.arr, p.dep = regular(p.arr[mid] - p.dep[mid, 0], p.dep[mid] - p.dep[mid, 0], starts)


def new_times(d: Draft, rng: Rng) -> None:
    """A line that leaves up to 10 minutes earlier or later and is up to 15 % faster."""
    late, factor = int(rng.integers(-600, 601)), rng.uniform(0.85, 1.0)
    for p in d.line(rng):
        first = p.dep[:, :1]
        p.arr = np.floor((p.arr - first) * factor).astype(np.int64) + first + late
        p.dep = np.floor((p.dep - first) * factor).astype(np.int64) + first + late


KINDS: dict[str, Callable[[Draft, Rng], None]] = {
    "add a line": add_line,
    "remove a line": remove_line,
    "reroute a line": reroute,
    "move a stop": move_stop,
    "add a stop": add_stop,
    "drop a stop": drop_stop,
    "new headway": new_headway,
    "new times": new_times,
}


def differing(a: TravelTimes, b: TravelTimes) -> int:
    """Cells in which two results are not the same to the last bit."""
    out = np.zeros(a.rides.shape, bool)
    for x, y in zip((*a.minutes, a.rides, a.walked), (*b.minutes, b.rides, b.walked), strict=True):
        out |= x.view(np.int32) != y.view(np.int32)
    return int(out.sum())


def clocked(work: Callable[[], Any]) -> tuple[Any, float, float]:
    """Result, wall seconds and processor seconds of all threads."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = work()
    return result, time.perf_counter() - wall, time.process_time() - cpu


class Study:
    """Las Palmas as `shaar baseline` sees it."""

    def __init__(self, path: Path) -> None:
        self.city: City = folder.read(path)
        assert self.city.gtfs is not None
        feed = read_gtfs(self.city.gtfs)
        self.options = o = Options()
        self.date = typical_weekday(feed)
        self.day = day_timetable(feed, self.date)
        on_foot = walks(self.city, self.day, o, silent)
        self.direct = on_foot.direct
        graph = street_graph(self.city.nodes, self.city.links, mode="walk", cost="metres")
        zones = self.city.zones
        reach = Reach(o.walk_kmh, o.max_walk_m, min(TRANSFER_M, o.max_walk_m), ZONE_TO_STREET_M, STOP_TO_STREET_M)
        self.walks = lambda day: StopWalks(
            graph, self.city.links, zones["lon"].to_numpy(), zones["lat"].to_numpy(), day, reach, crs=self.city.meta.crs
        )
        self.base = self.walks(self.day)
        for own, theirs in (
            (self.base.access, on_foot.access), (self.base.transfers, on_foot.transfers),
            (self.base.egress, on_foot.egress),
        ):  # fmt: skip
            assert all(np.array_equal(getattr(own, f), getattr(theirs, f)) for f in ("ptr", "to", "seconds"))
        self.asked = {"window": o.window, "max_rides": o.max_rides, "max_minutes": o.max_minutes, "seed": o.seed}

    def full(self, day: DayTimetable) -> TravelTimes:
        """From the start; walks too where stops have moved."""
        same = day.stop_ids == self.day.stop_ids and np.array_equal(day.stop_lon, self.day.stop_lon)
        w = self.base if same else self.walks(day)
        return travel_times(day, w.access, w.transfers, w.egress, self.direct, **self.asked)


def edits(study: Study, n: int) -> int:
    """Print the table of latencies; returns the cells that differ."""
    first = study.base
    own = (first.access, first.transfers, first.egress, study.direct)
    travel_times(study.day, *own, **study.asked)
    _, full_wall, full_cpu = clocked(lambda: travel_times(study.day, *own, **study.asked))
    routed, base_wall, base_cpu = clocked(lambda: Routed(study.day, *own, **study.asked))
    z, d = study.city.zones.height, study.day
    print(f"Las Palmas, {study.date.isoformat()}, departures 7:00 to 9:00 every minute, at most "
          f"{study.options.max_rides} rides: {z} x {z} zones, {d.n_stops} stops, {d.n_patterns} patterns, "
          f"{int(d.n_trips.sum()):,} trips; {numba.get_num_threads()} threads\n")  # fmt: skip
    print(f"run from the start, without walks: {full_wall:.2f} s, {full_cpu:.2f} CPU seconds; base of the edits: "
          f"{base_wall:.2f} s, {base_cpu:.2f} CPU seconds, {routed.n_bytes / 1e6:.0f} MB of labels\n")  # fmt: skip
    rng, rows, bad = np.random.default_rng(2023), defaultdict(list), 0
    names = list(KINDS)
    _edited(study, routed, KINDS["move a stop"], np.random.default_rng(0))  # compiles
    for k in range(n):
        kind = names[k % len(names)]
        day, (edited, wall, cpu) = _edited(study, routed, KINDS[kind], rng)
        bad += differing(edited.times, study.full(day))
        size = edited.changed.size
        rows[kind].append((wall, cpu, edited.looked_at / size, edited.changed.mean()))
        print(f"{k + 1}/{n} {kind}: {wall:.3f} s, {cpu:.3f} CPU, {bad} differ", file=sys.stderr)
    rows["all"] = [r for own in rows.values() for r in own]
    print(f"{'':16s} {'edits':>5s} {'CPU p50':>8s} {'p95':>6s} {'max':>6s} {'wall p50':>9s} {'p95':>6s} {'max':>6s} "
          f"{'cells looked at':>16s} {'changed':>8s}")  # fmt: skip
    for kind, found in rows.items():
        wall, cpu, looked, changed = np.array(found).T
        q = lambda x: " ".join(f"{v:6.3f}" for v in (*np.percentile(x, (50, 95)), x.max()))  # noqa: E731
        print(f"{kind:16s} {len(found):5d}   {q(cpu)}    {q(wall)} {looked.mean():16.1%} {changed.mean():8.1%}")
    print(f"\ncells that differ from the run from the start: {bad} of {n * z * z:,}; peak memory "
          f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB; "
          f"processes that wanted the {os.cpu_count()} cores: {os.getloadavg()[2]:.1f}")  # fmt: skip
    return bad


def _edited(study: Study, routed: Routed, change: Callable[[Draft, Rng], None], rng: Rng) -> Any:
    draft = Draft.of(study.day)
    change(draft, rng)
    day = draft.put_together()

    def work() -> Any:
        access, transfers, egress = study.base.edited(day)
        return routed.edit(day, access=access, transfers=transfers, egress=egress)

    return day, clocked(work)


def growth(study: Study) -> None:
    """Print how the cost grows with zones, trips and departures."""
    first = study.base
    order = np.random.default_rng(1).permutation(study.city.zones.height)

    def some(n: int) -> tuple[WalkLinks, WalkLinks, WalkLinks, WalkLinks]:
        pick = np.sort(order[:n])
        access = _rows(first.access, pick)
        return (
            access,
            first.transfers,
            access.transposed(),
            _rows(_rows(study.direct, pick).transposed(), pick).transposed(),
        )

    start = study.asked["window"][0]
    every = study.city.zones.height
    cases = [(n, 1, 120) for n in (every // 4, every // 2, every)]
    cases += [(every, k, 120) for k in (2, 4)] + [(every, 1, n) for n in (30, 60, 240)]
    heads = ("zones", "trips", "departures", "full run", "edit p50", "labels MB")
    print("\nCPU seconds as the city grows\n{:>6s} {:>7s} {:>10s} {:>9s} {:>9s} {:>9s}".format(*heads))
    for n, times, departures in cases:
        draft = Draft.of(study.day)
        for p in draft.patterns:
            shift = np.arange(times) * (240 // times)
            rise = np.argsort(np.add.outer(p.dep[:, 0], shift).ravel(), kind="stable")
            p.arr, p.dep = (
                np.concatenate([t + s for s in shift])[_interleaved(len(t), times)[rise]] for t in (p.arr, p.dep)
            )
        draft.patterns = [q for p in draft.patterns for q in _in_order(p)]
        day, ways = draft.put_together(), some(n)
        asked = study.asked | {"window": (start, start + 60 * departures)}
        full, cost, n_bytes = _cost(day, ways, asked)
        print(f"{n:6d} {int(day.n_trips.sum()):7,d} {departures:10d} {full:9.2f} {cost:9.3f} "
              f"{n_bytes / 1e6:9.0f}")  # fmt: skip


def _cost(day: DayTimetable, ways: tuple[WalkLinks, ...], asked: dict[str, Any]) -> tuple[float, float, int]:
    """Processor seconds of a full run and (median of 9) of new times for a line, and the memory of the labels."""
    _, _, full = clocked(lambda: travel_times(day, *ways, **asked))
    routed, rng, cost = Routed(day, *ways, **asked), np.random.default_rng(3), []
    for _ in range(9):
        other = Draft.of(day)
        new_times(other, rng)
        changed = other.put_together()
        cost.append(clocked(partial(routed.edit, changed))[2])
    return full, float(np.median(cost)), routed.n_bytes


def _interleaved(n: int, times: int) -> np.ndarray:
    """Rows of ``times`` copies one after another, in the order trip by trip."""
    return np.arange(n * times).reshape(times, n).T.ravel()


def _in_order(p: Pattern) -> list[Pattern]:
    """Split a pattern so that no trip overtakes another."""
    lanes: list[list[int]] = []
    for k in range(len(p.dep)):
        for lane in lanes:
            if (p.dep[lane[-1]] <= p.dep[k]).all() and (p.arr[lane[-1]] <= p.arr[k]).all():
                lane.append(k)
                break
        else:
            lanes.append([k])
    return [replace(p, arr=p.arr[lane], dep=p.dep[lane]) for lane in lanes]


def _rows(walks: WalkLinks, pick: np.ndarray) -> WalkLinks:
    """Some rows of walks."""
    count = np.diff(walks.ptr)[pick]
    start = np.concatenate([[0], np.cumsum(count)])
    at = np.repeat(walks.ptr[pick] - start[:-1], count) + np.arange(start[-1])
    return WalkLinks(start.astype(np.int64), walks.to[at], walks.metres[at], walks.seconds[at], walks.n_to)


def main() -> int:
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("--edits", type=int, default=200)
    ask.add_argument("--folders", type=Path, default=HERE.parent / "out" / "cities", help="where city folders are")
    asked = ask.parse_args()
    if not SHARED.is_dir():
        print("the shared data folder is not here; set SHAAR_SHARED_DATA", file=sys.stderr)
        return 1
    path = asked.folders / "las_palmas"
    if not (path / "city.toml").exists():
        build(CASES["las_palmas"], path)
    study = Study(path)
    bad = edits(study, asked.edits)
    growth(study)
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
