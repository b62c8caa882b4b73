"""Today's lines on the stop groups of the search: their main course in each direction, run times and headways."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl
import shapely
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from shaar.engine.design.candidates import stop_xy
from shaar.engine.design.city_instance import CityInstance
from shaar.engine.design.lines import Direction, Service, StreetLine
from shaar.engine.errors import InputError
from shaar.engine.findings import Finding
from shaar.engine.fleet.service import DayTrips, busiest_moment, day_trips
from shaar.engine.timetable.arrays import DayTimetable
from shaar.engine.timetable.day import pattern_trip_source
from shaar.engine.timetable.feed import Feed
from shaar.engine.timetable.pattern_length import pattern_km
from shaar.engine.timetable.route_types import mode_of

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]

#: A stop of a timetable that stands on no bus street (a railway station) is served by a group within so many metres.
NEAR_METRES = 300.0
#: Ends of two opposite courses that state no direction are this near (metres).
TURN_METRES = 1500.0
#: Modes whose vehicles are the fleet of a design; lines of others stay as they are.
BUS_MODES = frozenset({"bus", "trolleybus", "share_taxi", "coach"})


@dataclass(frozen=True, slots=True)
class TodayNetwork:
    """Today's lines as the search model sees them.

    Parameters
    ----------
    lines
        One a route that runs at the busiest time and calls at two stop groups at least.
    window
        The busiest two hours of the timetable (s), in which headways are measured.
    fleet
        Vehicles of the bus lines at the moment when most buses run, at least one a line.
    findings
        What could not be mapped.
    """

    lines: tuple[StreetLine, ...]
    window: tuple[int, int]
    fleet: int
    findings: tuple[Finding, ...] = ()


def busiest_window(trips: DayTrips, span: int = 2 * 3600) -> tuple[int, int]:
    """Two hours from a full quarter of an hour in which most trips start (the first of equals)."""
    start = np.sort(trips.start)
    begins = np.arange(0, max(int(start.max(initial=0)), 1), 900)
    counts = np.searchsorted(start, begins + span) - np.searchsorted(start, begins)
    first = int(begins[int(np.argmax(counts))])
    return first, first + span


def today_network(
    city: CityInstance, feed: Feed, day: DayTimetable, periods: Mapping[str, tuple[int, int]]
) -> TodayNetwork:
    """Map the lines of a service day onto stop groups.

    A line is its most frequent stop sequence in each direction; trips of its other sequences count towards the headway
    by the share of those stop groups that they serve. Run times are medians of the timetable.

    Parameters
    ----------
    feed, day
        The timetable and one service day of it, without trips of the day before.
    periods
        Name -> (start, end) of the parts of the day, seconds.
    """
    trips = day_trips(day)
    window = busiest_window(trips)
    names = {
        r: (n or r, int(t or 3))
        for r, n, t in feed.routes.select("route_id", "route_short_name", "route_type").iter_rows()
    }
    buses = {r: float(mode_of(names.get(i, (i, 3))[1]) in BUS_MODES) for r, i in enumerate(day.route_ids)}
    fleets = busiest_moment(day, weight=buses).lines
    group = _groups_of(city, day)
    km = pattern_km(feed, day)
    counts = np.bincount(trips.pattern, minlength=day.n_patterns)
    x, y = city.streets.to_metric.transform(day.stop_lon, day.stop_lat)
    xy = np.column_stack([x, y])
    shape = shapes_of(feed)
    lines: list[StreetLine] = []
    idle: list[str] = []
    short: list[str] = []
    for route in np.unique(day.pattern_route):
        patterns = np.flatnonzero(day.pattern_route == route)
        line_id = day.route_ids[int(route)]
        name, kind = names.get(line_id, (line_id, 3))
        mode = mode_of(kind)
        main, back = main_patterns(day, patterns, counts, xy)
        ways = [_direction(day, p, group, trips, window, km, shape, feed) for p in (main, back) if p >= 0]
        routes = [_visited(day, p, group) for p in (main, back) if p >= 0]
        # A course that one group holds whole is no way in the model; the other direction may still be.
        if len(routes) == 2 and len(routes[1]) < 2:
            ways, routes = ways[:1], routes[:1]
        if len(routes[0]) < 2:
            short.append(name)
            continue
        shares = _shares(day, patterns, (main, back)[: len(routes)], routes, group)
        headway = _headway(trips, shares, len(routes), *window)
        if not math.isfinite(headway):
            idle.append(name)
            continue
        bus = mode in BUS_MODES
        service = Service(
            line_id=line_id, name=name, mode=mode, headway=headway,
            headways={k: _headway(trips, shares, len(routes), a, b, least=2) for k, (a, b) in periods.items()},
            vehicles=max(fleets.get(int(route), 0), 1) if bus else 0, held=not bus, kept=not bus, fixed=not bus,
        )  # fmt: skip
        lines.append(
            StreetLine(
                route=routes[0], forward=ways[0], backward=ways[1] if len(ways) > 1 else _nothing(),
                back=routes[1] if len(routes) > 1 else (), today=service,
            )
        )  # fmt: skip
    findings = []
    if idle:
        findings.append(
            Finding(
                "design.lines_idle",
                f"{len(idle)} of today's lines do not run at the busiest time of the timetable, so the search model "
                f"leaves them out: {', '.join(idle[:5])}.",
                count=len(idle),
                where=idle[0],
                severity="info",
                values={"lines": ", ".join(idle[:5])},
            )
        )
    if short:
        findings.append(
            Finding(
                "design.lines_one_group",
                f"{len(short)} of today's lines have a single stop or stay within one group of stops, so the search "
                f"model leaves them out: {', '.join(short[:5])}.",
                count=len(short),
                where=short[0],
                severity="info",
                values={"lines": ", ".join(short[:5])},
            )
        )
    return TodayNetwork(tuple(lines), window, sum(s.today.vehicles for s in lines if s.today), tuple(findings))


def mark(lines: Sequence[StreetLine], keep: Sequence[str], protect: Sequence[str]) -> tuple[StreetLine, ...]:
    """Mark lines as held (``keep``) or kept with a headway that may change (``protect``), by id or short name.

    Raises
    ------
    InputError
        A line is not in today's network, or named in both.
    """
    if both := sorted(set(keep) & set(protect)):
        raise InputError(f"line {both[0]} is named as kept and as protected; one of them is meant", field="keep")
    known = {key: k for k, s in enumerate(lines) if s.today for key in (s.today.name, s.today.line_id)}
    marked = list(lines)
    for field, wanted in (("keep", keep), ("protect", protect)):
        for name in wanted:
            if name not in known:
                raise InputError(f"today's timetable has no line {name} that runs at its busiest time", field=field)
            line = marked[known[name]]
            assert line.today is not None
            fixed = field == "keep" or line.today.fixed
            service = replace(line.today, held=fixed, kept=True, fixed=fixed)
            marked[known[name]] = replace(line, today=service)
    return tuple(marked)


def link_route(city: CityInstance, line: StreetLine) -> tuple[int, ...]:
    """A line of today as a simple path over the links of the search: cut short where it would meet itself."""
    weights = np.where(np.isfinite(city.instance.time), city.instance.time, 0.0)
    route = [line.route[0]]
    for g in line.route[1:]:
        if g in route:
            continue
        _, before = dijkstra(weights, indices=route[-1], return_predecessors=True)
        way = [g]
        while way[-1] != route[-1] and before[way[-1]] >= 0:
            way.append(int(before[way[-1]]))
        if way[-1] != route[-1]:
            break
        # Groups met on the way a second time are passed, not called at.
        if set(way[:-1]) & set(route):
            continue
        route += way[-2::-1]
    return tuple(route)


def _groups_of(city: CityInstance, day: DayTimetable) -> I64:
    """Stop group of each stop of the timetable, -1 for none."""
    row = {s: k for k, s in enumerate(city.stops["stop_id"].to_list())}
    own = city.groups.stop_group
    group = np.array([own[row[s]] if s in row else -1 for s in day.stop_ids], np.int64)
    lost = np.flatnonzero((group < 0) & np.isfinite(day.stop_lon))
    members = np.flatnonzero(own >= 0)
    if len(lost) and len(members):
        x, y = city.streets.to_metric.transform(day.stop_lon[lost], day.stop_lat[lost])
        far, near = cKDTree(stop_xy(city.stops, city.streets)[members]).query(np.column_stack([x, y]))
        group[lost] = np.where(far <= NEAR_METRES, own[members[near]], -1)
    return group


def _stops(day: DayTimetable, p: int) -> I64:
    return day.pattern_stops[day.stop_ptr[p] : day.stop_ptr[p + 1]].astype(np.int64)


def main_patterns(day: DayTimetable, patterns: I64, counts: I64, xy: F64) -> tuple[int, int]:
    """The stop sequence most trips run, and the most run one of the other direction (-1: none)."""
    order = sorted(patterns.tolist(), key=lambda p: (-counts[p], -int(day.stop_ptr[p + 1] - day.stop_ptr[p]), p))
    main = order[0]
    ends = xy[_stops(day, main)[[0, -1]]]
    for p in order[1:]:
        if day.pattern_direction[p] >= 0 and day.pattern_direction[main] >= 0:
            if day.pattern_direction[p] != day.pattern_direction[main]:
                return main, p
            continue
        other = xy[_stops(day, p)[[0, -1]]]
        if np.hypot(*(other[0] - ends[1])) <= TURN_METRES and np.hypot(*(other[1] - ends[0])) <= TURN_METRES:
            return main, p
    return main, -1


def _visited(day: DayTimetable, p: int, group: I64) -> tuple[int, ...]:
    at = group[_stops(day, p)]
    at = at[at >= 0]
    return tuple(int(g) for k, g in enumerate(at) if k == 0 or g != at[k - 1])


def _shares(
    day: DayTimetable, patterns: I64, mains: Sequence[int], routes: Sequence[tuple[int, ...]], group: I64
) -> dict[int, tuple[int, float]]:
    """Of each stop sequence: which direction it belongs to, and the share of that course's groups it serves."""
    found: dict[int, tuple[int, float]] = {}
    coded = len({int(day.pattern_direction[p]) for p in mains}) == len(mains)
    for p in patterns:
        visited = _visited(day, int(p), group)
        best = (0, 0.0)
        for side, (main, route) in enumerate(zip(mains, routes, strict=True)):
            place = {g: k for k, g in reversed(list(enumerate(route)))}
            at = np.array([place[g] for g in visited if g in place])
            share = len(set(visited) & set(route)) / len(set(route))
            if len(at) < 2 or share <= best[1]:
                continue
            right = day.pattern_direction[p] == day.pattern_direction[main] if coded else (np.diff(at) > 0).mean() > 0.5
            if right:
                best = (side, share)
        found[int(p)] = best
    return found


def _headway(
    trips: DayTrips, shares: Mapping[int, tuple[int, float]], sides: int, a: int, b: int, *, least: int = 1
) -> float:
    """Minutes between buses in a part of the day, mean of the directions; inf where fewer than ``least`` run in one.

    A single trip (to school, or the last of the day) is no service with a headway.
    """
    run, count_of = np.zeros(sides), np.zeros(sides, np.int64)
    for p, count in zip(
        *np.unique(trips.pattern[(trips.start >= a) & (trips.start < b)], return_counts=True), strict=True
    ):
        if int(p) in shares:
            side, share = shares[int(p)]
            run[side] += share * count
            count_of[side] += count
    enough = (run > 0) & (count_of >= least)
    return float(np.mean([(b - a) / 60.0 / r if ok else math.inf for r, ok in zip(run, enough, strict=True)]))


def _direction(
    day: DayTimetable, p: int, group: I64, trips: DayTrips, window: tuple[int, int], km: F64,
    shape: Mapping[str, F64], feed: Feed,
) -> Direction:  # fmt: skip
    stops = _stops(day, p)
    m, at = len(stops), int(day.time_ptr[p])
    rows = int(day.n_trips[p])
    arrival = day.arrival[at : at + rows * m].reshape(rows, m).astype(np.float64)
    departure = day.departure[at : at + rows * m].reshape(rows, m)
    begins = departure[:, 0]
    busy = (begins >= window[0]) & (begins < window[1])
    run = np.median((arrival - begins[:, None])[busy if busy.any() else slice(None)], axis=0) / 60.0
    minutes = np.maximum.accumulate(np.maximum(run, 0.0) + 1e-3 * np.arange(m))
    minutes -= minutes[0]
    calls = group[stops]
    first = np.flatnonzero(calls >= 0)
    kept = [k for i, k in enumerate(first) if i == 0 or calls[k] != calls[first[i - 1]]]
    course = shape.get(shape_of(feed, day, p))
    points = (
        course
        if course is not None and len(course) > 1
        else np.column_stack([day.stop_lon[stops], day.stop_lat[stops]])
    )
    return Direction(
        edges=np.empty(0, np.int64), stops=tuple(day.stop_ids[s] for s in stops), minutes=minutes,
        at_group=np.array(kept, np.int64), metres=float(km[p]) * 1000.0, geometry=shapely.LineString(points),
    )  # fmt: skip


def _nothing() -> Direction:
    return Direction(
        edges=np.empty(0, np.int64), stops=(), minutes=np.zeros(1), at_group=np.empty(0, np.int64), metres=0.0,
        geometry=shapely.LineString(),
    )  # fmt: skip


def shapes_of(feed: Feed) -> dict[str, F64]:
    """Points (lon, lat) of each shape of a timetable, in order, shape (n, 2)."""
    if not feed.shapes.height:
        return {}
    return {
        str(key[0]): part.select("lon", "lat").to_numpy()
        for key, part in feed.shapes.sort("shape_id", "sequence").partition_by("shape_id", as_dict=True).items()
    }


def shape_of(feed: Feed, day: DayTimetable, p: int) -> str:
    """shape_id of a stop sequence's first trip, "" where it has none."""
    trip = day.trip_ids[int(day.trip_ptr[p])] if int(day.trip_ptr[p + 1]) > int(day.trip_ptr[p]) else ""
    at = feed.trips.filter(pl.col("trip_id") == pattern_trip_source(trip))["shape_id"]
    return str(at[0]) if len(at) and at[0] is not None else ""
