"""Small timetables, streets and slow, plain reference methods that the tests compare with."""

from __future__ import annotations

import heapq
from collections import defaultdict

import numpy as np
import polars as pl
import shapely

from shaar.engine.city import schema
from shaar.engine.routing.walk import WalkLinks
from shaar.engine.timetable.arrays import DayTimetable

NEVER = 10**9


def timetable(n_stops, patterns):
    """DayTimetable from ``(stops, trips, spans)``: trips are lists of (arr, dep); spans (start, end, headway) or []."""
    stops, n_trips, arr, dep, trip_ids, span = [], [], [], [], [], []
    stop_ptr, time_ptr, trip_ptr, span_ptr = [0], [0], [0], [0]
    for sequence, trips, spans in patterns:
        stops += sequence
        n_trips.append(len(trips))
        for k, trip in enumerate(trips):
            arr += [a for a, _ in trip]
            dep += [d for _, d in trip]
            trip_ids.append(f"{len(stop_ptr)}.{k}")
        span += spans
        stop_ptr.append(len(stops))
        time_ptr.append(len(arr))
        trip_ptr.append(len(trip_ids))
        span_ptr.append(len(span))
    i32 = lambda x: np.array(x, np.int32)  # noqa: E731
    return DayTimetable(
        stop_ids=tuple(f"s{k}" for k in range(n_stops)),
        stop_lon=np.zeros(n_stops),
        stop_lat=np.zeros(n_stops),
        route_ids=tuple(f"r{k}" for k in range(len(patterns))),
        pattern_route=i32(range(len(patterns))),
        pattern_direction=i32([0] * len(patterns)),
        stop_ptr=i32(stop_ptr),
        pattern_stops=i32(stops),
        n_trips=i32(n_trips),
        time_ptr=np.array(time_ptr, np.int64),
        arrival=i32(arr),
        departure=i32(dep),
        trip_ids=tuple(trip_ids),
        trip_ptr=i32(trip_ptr),
        span_ptr=i32(span_ptr),
        span_start=i32([s[0] for s in span]),
        span_end=i32([s[1] for s in span]),
        span_headway=i32([s[2] for s in span]),
    )


def walks(n, n_to, triples):
    """WalkLinks from (from, to, seconds); the shortest of repeated pairs counts. One metre a second."""
    best = {}
    for a, b, s in triples:
        best[a, b] = min(s, best.get((a, b), NEVER))
    keys = sorted(best)
    ptr = np.searchsorted(np.array([a for a, _ in keys], int), np.arange(n + 1)).astype(np.int64)
    seconds = np.array([best[k] for k in keys], np.int32)
    return WalkLinks(ptr, np.array([b for _, b in keys], np.int32), seconds.astype(np.float32), seconds, n_to)


def rows(w):
    out = defaultdict(list)
    for i in range(w.n):
        out[i] = list(zip(w.to[w.ptr[i] : w.ptr[i + 1]].tolist(), w.seconds[w.ptr[i] : w.ptr[i + 1]].tolist()))
    return out


def explicit_trips(day, phases):
    """All trips of a day as lists of (stop, arrival, departure); headway patterns leave at start + phase * headway."""
    out = []
    for p in range(day.n_patterns):
        stops = day.pattern_stops[day.stop_ptr[p] : day.stop_ptr[p + 1]].tolist()
        n = len(stops)
        for k in range(day.n_trips[p]):
            at = day.time_ptr[p] + k * n
            a, d = day.arrival[at : at + n].tolist(), day.departure[at : at + n].tolist()
            starts = [0]
            if day.span_ptr[p] < day.span_ptr[p + 1]:
                s = day.span_ptr[p] + k
                h = int(day.span_headway[s])
                starts = list(range(int(day.span_start[s]) + int(phases[p] * h), int(day.span_end[s]), h))
            out += [[(s, x + t, y + t) for s, x, y in zip(stops, a, d)] for t in starts]
    return out


def brute_force(trips, access, transfers, egress, walk, origin, t, max_rides, limit):
    """Seconds and fewest rides of the quickest journeys from one origin at t; plain search over (stop, rides) states.

    A state is (time, rides, stop, arrived by vehicle or not); only those who alighted there may walk on.
    """
    acc, foot, eg, direct = rows(access), rows(transfers), rows(egress), rows(walk)
    best = {z: (s, 0) for z, s in direct[origin] if s <= limit}
    boards = defaultdict(list)
    for trip in trips:
        for i, (s, _, dep) in enumerate(trip):
            boards[s].append((dep, trip, i))
    seen = set()
    queue = [(t + s, 0, stop, False) for stop, s in acc[origin]]
    heapq.heapify(queue)
    while queue:
        now, rides, stop, by_vehicle = heapq.heappop(queue)
        if (stop, rides, by_vehicle, now) in seen:
            continue
        seen.add((stop, rides, by_vehicle, now))
        if by_vehicle:
            for z, s in eg[stop]:
                if now + s - t <= limit:
                    best[z] = min(best.get(z, (NEVER, 0)), (now + s - t, rides))
            for u, s in foot[stop]:
                if now + s - t <= limit:
                    heapq.heappush(queue, (now + s, rides, u, False))
        if rides < max_rides:
            for dep, trip, i in boards[stop]:
                if dep >= now:
                    for s, a, _ in trip[i + 1 :]:
                        if a - t <= limit:
                            heapq.heappush(queue, (a, rides + 1, s, True))
    return best


def street_tables(nodes, links):
    """Node and link frames from [(lon, lat)] and [(from, to, dict of overrides)]; everything open both ways."""
    n = pl.DataFrame(
        {
            "node_id": range(len(nodes)),
            "lon": [float(x) for x, _ in nodes],
            "lat": [float(y) for _, y in nodes],
            "signal": [False] * len(nodes),
            "crossing": [False] * len(nodes),
        }
    )
    out = []
    for k, (a, b, more) in enumerate(links):
        row = {
            "link_id": k, "from_node": a, "to_node": b, "length": 100.0, "highway": "residential", "name": None,
            "lanes": None, "free_speed": 40.0, "car_forward": True, "car_backward": True, "bus_forward": True,
            "bus_backward": True, "cycle_forward": True, "cycle_backward": True, "walk": True, "cycle_stress": 1,
            "slope": None, "geometry": shapely.to_wkb(shapely.LineString([nodes[a], nodes[b]])),
        }  # fmt: skip
        out.append(row | more)
    return schema.conform("nodes", n), schema.conform("links", pl.DataFrame(out, infer_schema_length=None))
