"""Small service days made by hand."""

from __future__ import annotations

import numpy as np

from shaar.engine.timetable.arrays import DayTimetable


def day(patterns: list[dict], n_stops: int = 4) -> DayTimetable:
    """Make a day of patterns: route, direction, stops, and trips [[times]] or spans [(start, end, headway, run)]."""
    stop_ptr, stops, n_trips, time_ptr, arrival, ids, trip_ptr = [0], [], [], [], [], [], [0]
    span_ptr, start, end, headway = [0], [], [], []
    for k, p in enumerate(patterns):
        stops += p["stops"]
        stop_ptr.append(len(stops))
        time_ptr.append(len(arrival))
        if "trips" in p:
            rows = sorted(p["trips"])
        else:
            rows = [list(np.linspace(0, s[3], len(p["stops"])).astype(int)) for s in p["spans"]]
            for a, b, h, _ in p["spans"]:
                start.append(a), end.append(b), headway.append(h)
        for r in rows:
            arrival += list(r)
            ids.append(f"{k}-{len(ids)}")
        n_trips.append(len(rows))
        trip_ptr.append(len(ids))
        span_ptr.append(len(start))
    routes = sorted({p["route"] for p in patterns})
    i32 = lambda x: np.asarray(x, dtype=np.int32)  # noqa: E731
    return DayTimetable(
        stop_ids=tuple(f"s{i}" for i in range(n_stops)),
        stop_lon=np.linspace(71.4, 71.5, n_stops),
        stop_lat=np.full(n_stops, 51.1),
        route_ids=tuple(routes),
        pattern_route=i32([routes.index(p["route"]) for p in patterns]),
        pattern_direction=i32([p.get("direction", 0) for p in patterns]),
        stop_ptr=i32(stop_ptr),
        pattern_stops=i32(stops),
        n_trips=i32(n_trips),
        time_ptr=np.asarray(time_ptr, dtype=np.int64),
        arrival=i32(arrival),
        departure=i32(arrival),
        trip_ids=tuple(ids),
        trip_ptr=i32(trip_ptr),
        span_ptr=i32(span_ptr),
        span_start=i32(start),
        span_end=i32(end),
        span_headway=i32(headway),
    )
