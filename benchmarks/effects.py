"""What one edit at the workbench costs: 100 random changes of one line of Las Palmas, appraised by `Workshop.quick`.

Timed from the scenario to the finished appraisal and its JSON text: carrying it out on the timetable, walks of new
stops, travel times of all pairs of zones for each draw, access, winners and losers, service, money and climate. Every
tenth is appraised whole as well, and must be the same to the last digit.

    python benchmarks/effects.py [--edits 100] [--folders out/cities] [--city astana]
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
import numpy as np
from design_cities import CASES, SHARED, build

from shaar.engine.city import folder
from shaar.engine.city.example import example_city_path
from shaar.engine.measures.scenario import Scenario, parse_scenario
from shaar.engine.study.effects import Workshop, appraisal_json
from shaar.engine.timetable.read import read_gtfs

HERE = Path(__file__).resolve().parent
Rng = np.random.Generator
Change = dict[str, Any]


class Lines:
    """Stops of today's lines, to draw changes from."""

    def __init__(self, workshop: Workshop) -> None:
        feed = workshop.state.feed
        assert feed is not None
        self.courses: dict[str, list[str]] = {}
        calls = feed.stop_times.join(feed.trips.select("trip_id", "route_id", "direction_id"), on="trip_id")
        running = set(workshop.baseline.lines["route_id"])
        for (trip, route), part in (
            calls.sort("stop_sequence").partition_by("trip_id", "route_id", as_dict=True).items()
        ):
            del trip
            if route in running and part["direction_id"][0] in (0, None) and route not in self.courses:
                self.courses[str(route)] = list(dict.fromkeys(part["stop_id"].to_list()))
        stops = feed.stops.select("stop_id", "stop_lon", "stop_lat").rows()
        self.where = {s: (lon, lat) for s, lon, lat in stops}

    def pick(self, rng: Rng) -> tuple[str, list[str]]:
        route = sorted(self.courses)[int(rng.integers(len(self.courses)))]
        return route, self.courses[route]


def minutes_of(lines: Lines, stops: list[str]) -> list[float]:
    """At 20 km/h on 1.3 times the straight line, and 20 s at each stop."""
    at = np.array([lines.where[s] for s in stops])
    x = np.diff(at[:, 0]) * np.cos(np.radians(at[:-1, 1]))
    km = np.hypot(x, np.diff(at[:, 1])) * 111.195 * 1.3
    return [0.0, *(round(float(v), 3) for v in np.cumsum(np.maximum(km * 3.0, 0.1) + 0.34))]


def set_headway(lines: Lines, rng: Rng) -> Change:
    """Another headway all day."""
    minutes = int(rng.choice([4, 5, 6, 8, 10, 12, 15, 20, 30]))
    return {"type": "set_headway", "route_id": lines.pick(rng)[0], "start": "06:00", "end": "22:00", "minutes": minutes}


def remove_line(lines: Lines, rng: Rng) -> Change:
    """A line that is given up."""
    return {"type": "remove_line", "route_id": lines.pick(rng)[0]}


def add_line(lines: Lines, rng: Rng) -> Change:
    """Half of one line and half of another, with two new stops, every 6 to 20 minutes."""
    a, b = lines.pick(rng)[1], lines.pick(rng)[1]
    stops = list(dict.fromkeys([*a[: len(a) // 2 + 1], *b[len(b) // 2 :]]))
    new = []
    for k in range(2):
        lon, lat = lines.where[stops[int(rng.integers(len(stops)))]]
        stop = {
            "stop_id": f"drawn {k}",
            "lon": lon + rng.uniform(-0.002, 0.002),
            "lat": lat + rng.uniform(-0.002, 0.002),
        }
        lines.where[stop["stop_id"]] = (stop["lon"], stop["lat"])
        stops.insert(int(rng.integers(1, len(stops))), stop["stop_id"])
        new.append(stop)
    back = stops[::-1]
    return {
        "type": "add_line", "line_id": "drawn", "name": "drawn", "stops_forward": stops, "stops_backward": back,
        "minutes_forward": minutes_of(lines, stops), "minutes_backward": minutes_of(lines, back), "new_stops": new,
        "headways": [{"start": "06:00", "end": "22:00", "minutes": int(rng.integers(6, 21))}],
    }  # fmt: skip


def move_stop(lines: Lines, rng: Rng) -> Change:
    """A stop of a line, by 50 to 150 m along the street that it stands on or another."""
    stop = lines.pick(rng)[1]
    name = stop[int(rng.integers(len(stop)))]
    lon, lat = lines.where[name]
    metres, angle = rng.uniform(50, 150), rng.uniform(0, 2 * np.pi)
    north = metres * np.sin(angle) / 111_195
    east = metres * np.cos(angle) / 111_195 / np.cos(np.radians(lat))
    return {"type": "move_stop", "stop_id": name, "point": [lon + east, lat + north]}


def set_span(lines: Lines, rng: Rng) -> Change:
    """A line that begins later and ends earlier."""
    first, last = int(rng.integers(6, 9)), int(rng.integers(18, 22))
    return {"type": "set_span", "route_id": lines.pick(rng)[0], "start": f"{first:02d}:00", "end": f"{last:02d}:00"}


KINDS: dict[str, Callable[[Lines, Rng], Change]] = {
    "set_headway": set_headway, "add_line": add_line, "remove_line": remove_line, "move_stop": move_stop,
    "set_span": set_span,
}  # fmt: skip


def scenario(lines: Lines, rng: Rng, kind: str, workshop: Workshop) -> Scenario:
    """A change of a kind that can be carried out."""
    from shaar.engine.errors import InputError
    from shaar.engine.measures.scenario import carry_out

    while True:
        try:
            found = parse_scenario({"name": kind, "changes": [KINDS[kind](lines, rng)]})
            carry_out(workshop.state, found)
        except InputError:
            continue
        return found


def clocked(work: Callable[[], Any]) -> tuple[Any, float, float]:
    """Result, wall seconds and processor seconds of all threads."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = work()
    return result, time.perf_counter() - wall, time.process_time() - cpu


def main() -> int:
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("--edits", type=int, default=100)
    ask.add_argument("--folders", type=Path, default=HERE.parent / "out" / "cities", help="where city folders are")
    ask.add_argument("--city", choices=("las_palmas", "astana"), default="las_palmas")
    asked = ask.parse_args()
    path = asked.folders / "las_palmas"
    if asked.city == "astana":
        path = example_city_path("astana")
    elif not (path / "city.toml").exists():
        if not SHARED.is_dir():
            print("the shared data folder is not here; set SHAAR_SHARED_DATA", file=sys.stderr)
            return 1
        build(CASES["las_palmas"], path)
    city = folder.read(path)
    feed = read_gtfs(city.gtfs) if city.gtfs else None
    Workshop.open(city, feed)  # compiles
    workshop, wall, cpu = clocked(lambda: Workshop.open(city, feed))
    z, lines = city.zones.height, Lines(workshop)
    rng, rows, bad, texts = np.random.default_rng(2026), defaultdict(list), 0, []
    for kind in KINDS:
        workshop.quick(scenario(lines, np.random.default_rng(1), kind, workshop))
    print(f"{city.meta.name}, {workshop.options.day}: {z} x {z} zones, {workshop.baseline.lines.height} lines; "
          f"{numba.get_num_threads()} threads; opened in {wall:.1f} s, {cpu:.1f} CPU seconds\n")  # fmt: skip
    whole = []
    for k in range(asked.edits):
        kind = list(KINDS)[k % len(KINDS)]
        wanted = scenario(lines, rng, kind, workshop)
        (found, text), wall, cpu = clocked(lambda s=wanted: _quick(workshop, s))
        rows[kind].append((wall, cpu))
        texts.append(len(text))
        if k % 10 == 0:
            full, *clock = clocked(lambda s=wanted: workshop.appraise(s))
            whole.append(clock)
            every = {(e.indicator, e.group, e.place): e for e in full.effects}
            bad += sum(every[e.indicator, e.group, e.place] != e for e in found.effects)
        print(f"{k + 1}/{asked.edits} {kind}: {wall:.3f} s, {cpu:.3f} CPU, {bad} differ", file=sys.stderr)
    rows["all"] = [r for own in rows.values() for r in own]
    head = f"{'':16s} {'edits':>5s} {'CPU p50':>8s} {'p95':>6s} {'max':>6s} {'wall p50':>9s} {'p95':>6s} {'max':>6s}"
    print(head)
    for kind, found in rows.items():
        w, c = np.array(found).T
        q = lambda x: " ".join(f"{v:6.3f}" for v in (*np.percentile(x, (50, 95)), x.max()))  # noqa: E731
        print(f"{kind:16s} {len(found):5d}   {q(c)}    {q(w)}")
    w, c = np.median(np.array(whole), axis=0)
    print(f"\nappraised whole: {w:.1f} s, {c:.1f} CPU seconds (median of {len(whole)}); effects that differ from quick "
          f"ones: {bad}; JSON of an appraisal {np.median(texts) / 1e3:.0f} kB; peak memory "
          f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB; processes that wanted the "
          f"{os.cpu_count()} cores: {os.getloadavg()[1]:.1f}")  # fmt: skip
    return int(bad > 0)


def _quick(workshop: Workshop, wanted: Scenario) -> tuple[Any, str]:
    found = workshop.quick(wanted)
    return found, json.dumps(appraisal_json(found), ensure_ascii=False)


if __name__ == "__main__":
    sys.exit(main())
