"""One service day of a feed as flat arrays: patterns without overtaking, headway services kept as such."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

from shaar.engine.errors import InputError
from shaar.engine.timetable.arrays import F64, I32, DayTimetable
from shaar.engine.timetable.calendar import active_services
from shaar.engine.timetable.distance import Distances, stated_metres
from shaar.engine.timetable.feed import Feed
from shaar.engine.timetable.kernels import interpolate_blank
from shaar.engine.timetable.route_types import mode_of
from shaar.engine.timetable.service_day import day_length, feed_zone

#: Runs of the day after that start before this hour are added when asked for, seconds.
NEXT_MORNING = 6 * 3600


@dataclass(slots=True)
class _Rows:
    """Runs of one key (route, direction, stops): times as rows, before they are split into patterns."""

    trips: list[str] = field(default_factory=list)
    arrival: list[npt.NDArray[np.int64]] = field(default_factory=list)
    departure: list[npt.NDArray[np.int64]] = field(default_factory=list)
    spans: list[tuple[int, int, int]] = field(default_factory=list)


_Key = tuple[int, int, bytes]


def day_timetable(
    feed: Feed,
    day: date,
    *,
    stop_ids: Sequence[str] | None = None,
    modes: Collection[str] | None = None,
    previous_day: bool = True,
    next_day: bool = False,
) -> DayTimetable:
    """Flatten one service day.

    Blank times are interpolated between the timed calls by distance along the way (shape, stated distance, crow).
    Trips of one route, direction and stop sequence make a pattern; where one overtakes another they go to separate
    patterns, so that within a pattern all times rise from trip to trip. Trips of ``frequencies`` with
    ``exact_times = 1`` become scheduled trips at start, start + headway, ... before the end; the others stay headway
    services, and the spans of one pattern do not overlap.

    Parameters
    ----------
    feed, day
        Feed and service day; seconds count from noon minus 12 hours, which is midnight but on days of clock change.
    stop_ids
        Order of the stops in the result; calls at other stops are left out, stops that the feed does not know get NaN
        for coordinates. Default: all stops of the feed that are
        not stations or entrances, in its order.
    modes
        Only routes of these modes (names of :func:`shaar.engine.timetable.route_types.mode_of`).
    previous_day
        Add the runs of the day before that are still under way after midnight, 86,400 s earlier (their first times
        may be negative); 82,800 or 90,000 s where the clocks changed in between. Leave them out to count the trips of
        a day.
    next_day
        Add the runs of the day after that start before 6:00, as much later: for journeys past midnight.

    Raises
    ------
    InputError
        A stop stands twice in ``stop_ids``.
    """
    routes = feed.routes
    if modes is not None:
        routes = routes.filter(pl.Series([mode_of(t) in modes for t in routes["route_type"]], dtype=pl.Boolean))
    zone = feed_zone(feed)
    days = [(day, 0)]
    if previous_day:
        before = day - timedelta(days=1)
        days.append((before, day_length(before, zone)))
    if next_day:
        days.append((day + timedelta(days=1), -day_length(day, zone)))
    return _flattened(feed, _stop_table(feed, stop_ids), tuple(routes["route_id"]), days, last=True)[-1]


def day_timetables(feed: Feed, day: date) -> tuple[DayTimetable, DayTimetable]:
    """The runs of a day by themselves, and with those of the day before: two of :func:`day_timetable` at once."""
    before = day - timedelta(days=1)
    days = [(day, 0), (before, day_length(before, feed_zone(feed)))]
    own, whole = _flattened(feed, _stop_table(feed, None), tuple(feed.routes["route_id"]), days)
    return own, whole


def _flattened(
    feed: Feed, stops: pl.DataFrame, route_ids: tuple[str, ...], days: Sequence[tuple[date, int]], *, last: bool = False
) -> list[DayTimetable]:
    """Flatten the first of these days (with the seconds by which it is earlier), the first two, and so on.

    ``last``: only all of them together.
    """
    rows: dict[_Key, _Rows] = {}
    headways: dict[_Key, _Rows] = {}
    distances = Distances.of(feed)
    out = []
    for number, (which, shift) in enumerate(days, start=1):
        services = active_services(feed, which)
        _collect(feed, services, shift, stops, route_ids, distances, rows, headways)
        if number == len(days) or not last:
            out.append(_pack(stops, route_ids, rows, headways))
    return out


def _stop_table(feed: Feed, stop_ids: Sequence[str] | None) -> pl.DataFrame:
    if stop_ids is None:
        used = feed.stop_times["stop_id"].unique()
        plain = feed.stops["location_type"].fill_null(0) == 0
        stops = feed.stops.filter(plain | feed.stops["stop_id"].is_in(used.implode()))
    else:
        wanted = pl.DataFrame({"stop_id": list(stop_ids)}, schema={"stop_id": pl.String})
        twice = wanted.filter(~pl.col("stop_id").is_first_distinct())["stop_id"]
        if twice.len():
            raise InputError(f'stop "{twice[0]}" is asked for twice', field="stop_ids")
        stops = wanted.join(feed.stops, on="stop_id", how="left", maintain_order="left")
    return stops.select("stop_id", "stop_lon", "stop_lat").with_row_index("stop")


def _collect(
    feed: Feed,
    services: frozenset[str],
    shift: int,
    stops: pl.DataFrame,
    route_ids: tuple[str, ...],
    distances: Distances,
    rows: dict[_Key, _Rows],
    headways: dict[_Key, _Rows],
) -> None:
    """Add the runs of some services to the rows, ``shift`` seconds earlier.

    Of a day before (positive shift) only what is still under way, of a day after (negative) only its early morning.
    """
    number = {r: i for i, r in enumerate(route_ids)}
    trips = feed.trips.filter(
        pl.col("service_id").is_in(sorted(services)) & pl.col("route_id").is_in(list(route_ids))
    ).select("trip_id", "route_id", "direction_id", "shape_id")
    calls = feed.stop_times.select(pl.col("trip_id", "stop_id", "arrival", "departure"))
    stated = stated_metres(feed, distances)
    calls = calls.with_columns(
        (stated[0] if stated is not None else pl.Series([None] * calls.height, dtype=pl.Float64)).alias("metres")
    )
    if shift:  # only what can be under way; the runs of frequencies are judged one by one below
        ends = calls.group_by("trip_id").agg(pl.col("departure").min(), pl.col("arrival").max())
        near = (pl.col("arrival") >= shift) if shift > 0 else (pl.col("departure") < NEXT_MORNING)
        often = pl.col("trip_id").is_in(feed.frequencies["trip_id"].unique().implode())
        trips = trips.join(ends.filter(near | often).select("trip_id"), on="trip_id", how="semi")
    calls = calls.join(trips.select("trip_id"), on="trip_id", how="semi", maintain_order="left")
    if not calls.height:
        return
    calls = fill_times(calls, trips, distances)
    calls = calls.join(stops.select("stop_id", "stop"), on="stop_id", how="inner", maintain_order="left")
    ids = calls["trip_id"].rle_id().to_numpy()
    ptr = np.flatnonzero(np.diff(ids, prepend=-1, append=ids[-1] + 1 if len(ids) else 0))
    stop = calls["stop"].to_numpy().astype(np.int32)
    arrival = calls["arrival"].to_numpy().astype(np.int64) - shift
    departure = calls["departure"].to_numpy().astype(np.int64) - shift
    names = calls["trip_id"].gather(ptr[:-1]).to_list() if len(ids) else []
    info = {t: (number[r], -1 if d is None else d) for t, r, d, _ in trips.iter_rows()}
    frequent: dict[str, list[tuple[int, int, int, int]]] = {}
    for t, a, b, h, exact in feed.frequencies.select("trip_id", "start", "end", "headway", "exact_times").iter_rows():
        frequent.setdefault(t, []).append((a - shift, b - shift, h, exact or 0))
    for name, i, j in zip(names, ptr[:-1], ptr[1:], strict=True):
        if j - i < 2:
            continue
        key = (*info[name], stop[i:j].tobytes())
        if name not in frequent:
            if shift <= 0 or arrival[j - 1] >= 0:
                _add(rows, key, name, arrival[i:j], departure[i:j])
            continue
        run_a, run_d = arrival[i:j] - departure[i], departure[i:j] - departure[i]
        run_a[0] = 0
        for a, b, h, exact in sorted(frequent[name]):
            last = a + (b - a - 1) // h * h  # the last departure of the span
            if shift > 0 and last + run_a[-1] < 0:
                continue
            if shift < 0:
                b = min(b, NEXT_MORNING - shift)
                if a >= b:
                    continue
            if exact:
                for s in range(a, b, h):
                    if shift <= 0 or s + run_a[-1] >= 0:
                        _add(rows, key, f"{name}@{_clock(s + shift)}", run_a + s, run_d + s)
            else:
                _add(headways, key, name, run_a, run_d)
                headways[key].spans.append((a, b, h))


def _add(
    rows: dict[_Key, _Rows], key: _Key, name: str, arrival: npt.NDArray[np.int64], departure: npt.NDArray[np.int64]
) -> None:
    r = rows.setdefault(key, _Rows())
    r.trips.append(name)
    r.arrival.append(arrival)
    r.departure.append(departure)


def _clock(s: int) -> str:
    return f"{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}"


def fill_times(calls: pl.DataFrame, trips: pl.DataFrame, distances: Distances) -> pl.DataFrame:
    """Interpolate the blank times of calls (trip_id, stop_id, arrival, departure, metres), sorted by trip.

    Blank calls get the same arrival and departure; arrivals are interpolated from the departure at the timed call
    before to the arrival at the timed call after.
    """
    blank = calls.filter(pl.col("arrival").is_null())["trip_id"].unique()
    if not blank.len():
        return calls
    todo = calls.filter(pl.col("trip_id").is_in(blank.implode()))
    rest = calls.filter(~pl.col("trip_id").is_in(blank.implode()))
    shape = dict(trips.select("trip_id", "shape_id").iter_rows())
    grouped = todo.group_by("trip_id", maintain_order=True).agg("stop_id", "metres")
    along, ptr = [], [0]
    for trip, seq, metres in grouped.iter_rows():
        stated = None
        if metres[0] is not None and None not in metres and metres == sorted(metres):
            stated = np.array(metres)
        along.append(distances.along(shape.get(trip), tuple(seq), stated))
        ptr.append(ptr[-1] + len(seq))
    # each timed call gives two knots: its arrival ends the stretch before it, its departure starts the one after
    n = todo.height
    arrival = todo["arrival"].cast(pl.Int64).fill_null(-1).to_numpy()
    departure = todo["departure"].cast(pl.Int64).fill_null(-1).to_numpy()
    knots = np.empty(2 * n, dtype=np.int64)
    knots[0::2], knots[1::2] = arrival, departure
    filled = interpolate_blank(knots, np.repeat(np.concatenate(along), 2), np.asarray(ptr, dtype=np.int64) * 2)
    done = todo.with_columns(
        pl.Series("arrival", filled[0::2], dtype=pl.Int32), pl.Series("departure", filled[1::2], dtype=pl.Int32)
    )
    return pl.concat([rest, done]).sort("trip_id", maintain_order=True)


def _lanes(r: _Rows) -> list[list[int]]:
    """Split runs into lanes in which no run overtakes another: first fit in order of departure."""
    departure, arrival = np.stack(r.departure), np.stack(r.arrival)
    keys = list(zip(departure.tolist(), arrival.tolist(), r.trips, strict=True))
    order = sorted(range(len(keys)), key=keys.__getitem__)
    if (np.diff(departure[order], axis=0) >= 0).all() and (np.diff(arrival[order], axis=0) >= 0).all():
        return [order]
    lanes: list[list[int]] = []
    for i in order:
        for lane in lanes:
            k = lane[-1]
            if (r.departure[k] <= r.departure[i]).all() and (r.arrival[k] <= r.arrival[i]).all():
                lane.append(i)
                break
        else:
            lanes.append([i])
    return lanes


def _span_lanes(r: _Rows) -> list[list[int]]:
    """Split headway spans into lanes in which no span overlaps another."""
    order = sorted(range(len(r.trips)), key=lambda i: (r.spans[i], r.trips[i]))
    lanes: list[list[int]] = []
    for i in order:
        for lane in lanes:
            if r.spans[lane[-1]][1] <= r.spans[i][0]:
                lane.append(i)
                break
        else:
            lanes.append([i])
    return lanes


def pack_runs(
    stops: pl.DataFrame,
    route_ids: tuple[str, ...],
    runs: Sequence[tuple[int, int, I32, str, npt.NDArray[np.int64], npt.NDArray[np.int64]]],
) -> DayTimetable:
    """Make a day of single runs: (route, direction or -1, stops, name, arrivals, departures) each.

    ``stops`` has ``stop_id``, ``stop_lon``, ``stop_lat``; runs name them by row.
    """
    rows: dict[_Key, _Rows] = {}
    for route, direction, sequence, name, arrival, departure in runs:
        _add(rows, (route, direction, sequence.astype(np.int32).tobytes()), name, arrival, departure)
    return _pack(stops, route_ids, rows, {})


def _pack(
    stops: pl.DataFrame, route_ids: tuple[str, ...], rows: dict[_Key, _Rows], headways: dict[_Key, _Rows]
) -> DayTimetable:
    patterns: list[tuple[_Key, _Rows, list[int], bool]] = []
    for table, frequent in ((rows, False), (headways, True)):
        for key in sorted(table):
            lanes = _span_lanes(table[key]) if frequent else _lanes(table[key])
            patterns.extend((key, table[key], lane, frequent) for lane in lanes)
    seqs = [np.frombuffer(key[2], dtype=np.int32) for key, *_ in patterns]
    arrival = [r.arrival[i] for _, r, lane, _ in patterns for i in lane]
    departure = [r.departure[i] for _, r, lane, _ in patterns for i in lane]
    spans = [r.spans[i] for _, r, lane, frequent in patterns if frequent for i in lane]
    n_trips = np.array([len(lane) for _, _, lane, _ in patterns], dtype=np.int32)
    sizes = np.array([len(s) for s in seqs], dtype=np.int64)
    span_counts = np.array([len(lane) if frequent else 0 for _, _, lane, frequent in patterns], dtype=np.int32)
    return DayTimetable(
        stop_ids=tuple(stops["stop_id"]),
        stop_lon=stops["stop_lon"].to_numpy().astype(np.float64),
        stop_lat=stops["stop_lat"].to_numpy().astype(np.float64),
        route_ids=route_ids,
        pattern_route=np.array([key[0] for key, *_ in patterns], dtype=np.int32),
        pattern_direction=np.array([key[1] for key, *_ in patterns], dtype=np.int32),
        stop_ptr=_ptr(sizes).astype(np.int32),
        pattern_stops=_join(seqs),
        n_trips=n_trips,
        time_ptr=_ptr(sizes * n_trips),
        arrival=_join(arrival),
        departure=_join(departure),
        trip_ids=tuple(r.trips[i] for _, r, lane, _ in patterns for i in lane),
        trip_ptr=_ptr(n_trips).astype(np.int32),
        span_ptr=_ptr(span_counts).astype(np.int32),
        span_start=np.array([s[0] for s in spans], dtype=np.int32),
        span_end=np.array([s[1] for s in spans], dtype=np.int32),
        span_headway=np.array([s[2] for s in spans], dtype=np.int32),
    )


def _ptr(counts: npt.NDArray[np.int64] | I32) -> npt.NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(counts, dtype=np.int64)])


def _join(parts: Sequence[npt.NDArray[np.int64] | I32]) -> I32:
    return np.concatenate(parts).astype(np.int32) if parts else np.zeros(0, dtype=np.int32)


def pattern_trip_source(trip: str) -> str:
    """Name the trip of the feed behind a run of a DayTimetable (``T@06:10:00`` was made from trip ``T``)."""
    head, sep, tail = trip.rpartition("@")
    return head if sep and len(tail) >= 8 and tail[-3] == ":" == tail[-6] else trip


__all__ = ["F64", "day_timetable", "day_timetables", "fill_times", "pattern_trip_source"]
