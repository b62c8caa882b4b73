"""What running a day's timetable takes: trips, kilometres, hours and vehicles at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shaar.engine.errors import InputError
from shaar.engine.timetable.arrays import DayTimetable

I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]

#: Rest and buffer at the end of every trip: a share of the run time, but not less than some minutes.
#: Planning values of our own; operators' rules differ, so both can be set.
LAYOVER_SHARE = 0.10
LAYOVER_MIN_S = 300


@dataclass(frozen=True, slots=True)
class DayTrips:
    """Every vehicle trip of a day, headway services written out, sorted by departure; all arrays shape (n,).

    ``pattern`` and ``route`` are indices of the timetable; times are seconds after midnight; ``first_stop`` and
    ``last_stop`` index its stops; ``scheduled`` is False for trips laid out from a headway.
    """

    pattern: npt.NDArray[np.int32]
    route: npt.NDArray[np.int32]
    start: I64
    end: I64
    first_stop: npt.NDArray[np.int32]
    last_stop: npt.NDArray[np.int32]
    scheduled: npt.NDArray[np.bool_]

    @property
    def n(self) -> int:
        """Number of trips."""
        return len(self.start)


@dataclass(frozen=True, slots=True)
class ServiceStats:
    """The service on one day: the fields of ``study.results.NetworkStats`` (km, hours, seconds after midnight)."""

    lines: int
    patterns: int
    trips: int
    stops_served: int
    route_km: float
    vehicle_km: float
    vehicle_hours: float
    fleet: int
    first_departure: int
    last_arrival: int


def day_trips(day: DayTimetable) -> DayTrips:
    """Write out every trip of a day.

    A headway span departs at ``start, start + h, ...`` strictly before ``end`` (GTFS ``frequencies.txt``), so a span
    of 06:00 to 07:00 every 10 minutes has 6 trips.

    Raises
    ------
    InputError
        A headway is not positive or a trip ends before it starts.
    """
    pattern, start, end, scheduled = [], [], [], []
    for p in range(day.n_patterns):
        stops = int(day.stop_ptr[p + 1] - day.stop_ptr[p])
        at, rows = int(day.time_ptr[p]), int(day.n_trips[p])
        arrival = day.arrival[at : at + rows * stops].reshape(rows, stops)
        departure = day.departure[at : at + rows * stops].reshape(rows, stops)
        first, last = int(day.span_ptr[p]), int(day.span_ptr[p + 1])
        if first == last:
            begins, ends = departure[:, 0].astype(np.int64), arrival[:, -1].astype(np.int64)
        else:
            laid = [
                _lay_out(day, p, s, int(arrival[k, -1] - departure[k, 0])) for k, s in enumerate(range(first, last))
            ]
            begins = np.concatenate([b for b, _ in laid])
            ends = np.concatenate([e for _, e in laid])
        if (ends < begins).any():
            route = day.route_ids[int(day.pattern_route[p])]
            raise InputError("a trip arrives before it departs", file="stop_times.txt", field=f"route {route}")
        pattern.append(np.full(len(begins), p, dtype=np.int32))
        start.append(begins)
        end.append(ends)
        scheduled.append(np.full(len(begins), first == last))
    if not pattern:
        none = np.zeros(0, dtype=np.int32)
        none64 = np.zeros(0, dtype=np.int64)
        return DayTrips(none, none, none64, none64, none, none, np.zeros(0, dtype=np.bool_))
    p_all, s_all, e_all, k_all = (np.concatenate(x) for x in (pattern, start, end, scheduled))
    order = np.lexsort((p_all, e_all, s_all))
    p_all, s_all, e_all, k_all = p_all[order], s_all[order], e_all[order], k_all[order]
    return DayTrips(
        pattern=p_all,
        route=day.pattern_route[p_all].astype(np.int32),
        start=s_all,
        end=e_all,
        first_stop=day.pattern_stops[day.stop_ptr[p_all]].astype(np.int32),
        last_stop=day.pattern_stops[day.stop_ptr[p_all + 1] - 1].astype(np.int32),
        scheduled=k_all,
    )


def _lay_out(day: DayTimetable, pattern: int, span: int, run: int) -> tuple[I64, I64]:
    headway = int(day.span_headway[span])
    if headway <= 0:
        route = day.route_ids[int(day.pattern_route[pattern])]
        raise InputError("a headway is not positive", file="frequencies.txt", field=f"route {route}")
    begins = np.arange(int(day.span_start[span]), int(day.span_end[span]), headway, dtype=np.int64)
    return begins, begins + run


def layover(run: I64, share: float = LAYOVER_SHARE, least: int = LAYOVER_MIN_S) -> I64:
    """Return the seconds a vehicle stands after a trip of ``run`` seconds: a share of it, but not below a least."""
    return np.maximum(np.ceil(share * run).astype(np.int64), least)


def at_once(start: I64, end: I64) -> int:
    """Count the most intervals ``[start, end)`` open at one moment; touching ones do not overlap."""
    if not len(start):
        return 0
    times = np.concatenate([start, end])
    steps = np.concatenate([np.ones(len(start), dtype=np.int64), -np.ones(len(end), dtype=np.int64)])
    order = np.lexsort((steps, times))
    return int(max(0, np.cumsum(steps[order]).max()))


def line_fleets(day: DayTimetable, *, share: float = LAYOVER_SHARE, least: int = LAYOVER_MIN_S) -> dict[int, int]:
    """Return the vehicles each line (route index) has busy at its own busiest moment, layovers included.

    A vehicle is busy from the departure of a trip to the end of the layover after it; vehicles keep to their line and
    turn round within it at no further cost in time. Scheduled trips are counted one by one. Departures every ``h``
    seconds have no known phase, so they are counted as a stream: at time ``t`` the trips still busy are those that
    left in the last ``B`` seconds (run and layover), ``|span and (t - B, t]| / h`` of them. The line needs the ceiling
    of the sum: with one headway all day that is ``ceil(cycle time / headway)``, the textbook figure.
    """
    lines: dict[int, int] = {}
    for route in np.unique(day.pattern_route):
        fixed, streams = _fixed_and_streams(day, int(route), share, least)
        if len(fixed) or len(streams):
            lines[int(route)] = _busiest(fixed, streams)
    return lines


def _fixed_and_streams(day: DayTimetable, route: int, share: float, least: int) -> tuple[I64, I64]:
    """Return when a line's vehicles are busy: (begin, end) of trips, (begin, last, busy, headway) of streams.

    Spans of a course that follow each other with the same headway are one stream.
    """
    fixed: list[I64] = [np.zeros((0, 2), dtype=np.int64)]
    streams: list[tuple[int, int, int, int, int]] = []
    for p in (int(k) for k in np.flatnonzero(day.pattern_route == route)):
        begin, end = _trips(day, p)
        run = end - begin
        busy = run + layover(run, share, least)
        spans = slice(int(day.span_ptr[p]), int(day.span_ptr[p + 1]))
        if spans.start == spans.stop:
            fixed.append(np.column_stack([begin, begin + busy]))
            continue
        rows = zip(day.span_start[spans], day.span_end[spans], busy, day.span_headway[spans], strict=True)
        for first, last, time, headway in sorted(tuple(int(v) for v in row) for row in rows):
            if streams and streams[-1][1:] == (first, time, headway, p):
                streams[-1] = (streams[-1][0], last, time, headway, p)
            else:
                streams.append((first, last, time, headway, p))
    return np.concatenate(fixed), np.array(streams, dtype=np.int64).reshape(-1, 5)[:, :4]


def _trips(day: DayTimetable, pattern: int) -> tuple[I64, I64]:
    """Return when each trip (or the one of each headway span) of a pattern departs and arrives, seconds."""
    stops, rows = int(day.stop_ptr[pattern + 1] - day.stop_ptr[pattern]), int(day.n_trips[pattern])
    times = slice(int(day.time_ptr[pattern]), int(day.time_ptr[pattern]) + rows * stops)
    begin = day.departure[times].reshape(rows, stops)[:, 0].astype(np.int64)
    return begin, day.arrival[times].reshape(rows, stops)[:, -1].astype(np.int64)


def _busiest(fixed: I64, streams: I64) -> int:
    if not len(streams):
        return at_once(fixed[:, 0], fixed[:, 1])
    begin, last, busy, headway = streams.T
    # The stream's count is piecewise linear in time and the trips' piecewise constant: the peak is at a corner.
    corners = np.unique(np.concatenate([begin, last, begin + busy, last + busy, fixed[:, 0], fixed[:, 1] - 1]))
    overlap = np.minimum(last[None], corners[:, None]) - np.maximum(begin[None], corners[:, None] - busy[None])
    flow = (np.maximum(overlap, 0) / headway[None]).sum(axis=1)
    trips = ((fixed[None, :, 0] <= corners[:, None]) & (corners[:, None] < fixed[None, :, 1])).sum(axis=1)
    return int(np.ceil((flow + trips).max() - 1e-9))


@dataclass(frozen=True, slots=True)
class BusiestMoment:
    """When most vehicles run at once: the second, how many, and how many of each line (route index)."""

    second: int
    vehicles: int
    lines: dict[int, int]


def busiest_moment(
    day: DayTimetable, *, weight: Mapping[int, float] | None = None, share: float = LAYOVER_SHARE,
    least: int = LAYOVER_MIN_S,
) -> BusiestMoment:  # fmt: skip
    """Find the moment at which the network has most vehicles busy, layovers included: the fleet that it takes.

    Vehicles are busy as in :func:`line_fleets`, but the lines are counted at one moment, so that a vehicle may run one
    line in the morning and another in the evening. Departures every ``h`` seconds need whole vehicles: a line's stream
    is rounded up while it is steady. While it changes (a headway of it began or ended less than a run and its layover
    ago, or trips of a fixed time run beside it) vehicles pass from one to the other, and its stream counts as it is;
    the sum is rounded up.

    Parameters
    ----------
    weight
        Counts each vehicle of a line (route index) as so many; default: one. A line that is not named counts nothing.
    """
    parts = {int(r): _fixed_and_streams(day, int(r), share, least) for r in np.unique(day.pattern_route)}
    parts = {r: p for r, p in parts.items() if len(p[0]) + len(p[1])}
    if not parts:
        return BusiestMoment(0, 0, {})
    corners = [fixed[:, 0] for fixed, _ in parts.values()]
    if any(len(streams) for _, streams in parts.values()):
        # Streams grow and fall between the corners: the peak is at one, or just before a trip ends.
        corners += [fixed[:, 1] - 1 for fixed, _ in parts.values()]
        for _, streams in parts.values():
            begin, last, busy, _ = streams.T
            corners += [begin, last, begin + busy, last + busy]
    moments = np.unique(np.concatenate(corners))
    total = np.zeros(len(moments))
    for r, (fixed, streams) in parts.items():
        total += (1.0 if weight is None else weight.get(r, 0.0)) * _busy(fixed, streams, moments)
    k = int(np.argmax(total))
    at = moments[k : k + 1]
    lines = {r: int(np.ceil(_busy(*p, at)[0] - 1e-9)) for r, p in parts.items()}
    return BusiestMoment(int(at[0]), int(np.ceil(total[k] - 1e-9)), lines)


def _busy(fixed: I64, streams: I64, moments: I64) -> F64:
    """Vehicles of a line at each moment, shape (moments,)."""
    count = np.searchsorted(np.sort(fixed[:, 0]), moments, side="right").astype(np.float64)
    count -= np.searchsorted(np.sort(fixed[:, 1]), moments, side="right")
    if len(streams):
        begin, last, busy, headway = (x[None] for x in streams.T)
        at = moments[:, None]
        flow = (np.maximum(np.minimum(last, at) - np.maximum(begin, at - busy), 0) / headway).sum(axis=1)
        changing = ((begin < at) & (at < begin + busy)) | ((last <= at) & (at < last + busy))
        count += np.where(changing.any(axis=1) | (count > 0), flow, np.ceil(flow - 1e-9))
    return count


def service_stats(
    day: DayTimetable, pattern_km: F64, *, layover_share: float = LAYOVER_SHARE, layover_min_s: int = LAYOVER_MIN_S
) -> ServiceStats:
    """Describe the service of one day.

    Parameters
    ----------
    day
        The day's timetable; only patterns with at least one trip count.
    pattern_km
        Length of each pattern from its first to its last stop, km, shape (n_patterns,).
    layover_share, layover_min_s
        Layover after each trip; see :func:`layover`.

    Returns
    -------
    ServiceStats
        ``route_km`` is the sum over lines of the longest pattern in each direction (variants of a line are not counted
        twice); ``vehicle_km`` and ``vehicle_hours`` are in service, without layover and without runs to the depot;
        ``fleet`` is the most vehicles busy at one moment, layovers included (see :func:`busiest_moment`).

    Raises
    ------
    InputError
        ``pattern_km`` has the wrong shape or a length that is negative or missing.
    """
    if len(pattern_km) != day.n_patterns:
        raise InputError(f"{len(pattern_km)} pattern lengths were given for {day.n_patterns} patterns")
    if not (np.isfinite(pattern_km).all() and (pattern_km >= 0).all()):
        raise InputError("the length of a pattern is negative or missing", field="pattern_km")
    trips = day_trips(day)
    if not trips.n:
        return ServiceStats(0, 0, 0, 0, 0.0, 0.0, 0.0, 0, 0, 0)
    used = np.unique(trips.pattern)
    stops = np.unique(np.concatenate([day.pattern_stops[day.stop_ptr[p] : day.stop_ptr[p + 1]] for p in used]))
    longest: dict[tuple[int, int], float] = {}
    for p in used:
        key = (int(day.pattern_route[p]), int(day.pattern_direction[p]))
        longest[key] = max(longest.get(key, 0.0), float(pattern_km[p]))
    return ServiceStats(
        lines=len(np.unique(trips.route)),
        patterns=len(used),
        trips=trips.n,
        stops_served=len(stops),
        route_km=float(sum(longest.values())),
        vehicle_km=float(pattern_km[trips.pattern].sum()),
        vehicle_hours=float((trips.end - trips.start).sum() / 3600.0),
        fleet=busiest_moment(day, share=layover_share, least=layover_min_s).vehicles,
        first_departure=int(trips.start.min()),
        last_arrival=int(trips.end.max()),
    )
