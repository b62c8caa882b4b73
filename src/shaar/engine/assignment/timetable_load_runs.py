"""One day's runs of vehicles as flat arrays of sections and boardings, and the changes between them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shaar.engine.assignment import timetable_load_kernels as kernels
from shaar.engine.routing.journey_tables import lay_out
from shaar.engine.routing.phases import random_phases
from shaar.engine.routing.walk import WalkLinks
from shaar.engine.timetable.arrays import DayTimetable
from shaar.engine.timetable.day import pattern_trip_source

I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Runs:
    """Vehicles that run in a span of the day. Run ``r`` has sections ``ptr[r]:ptr[r+1]``, each from a call to the next.

    Parameters
    ----------
    ptr
        Shape (r + 1,).
    pattern, route, headway
        Shape (r,): pattern and route of the timetable; seconds between vehicles where the run was laid out from a
        headway (one possible run of the day), 0 where it is scheduled.
    trip_ids
        Trip of the feed, by run.
    from_stop, to_stop, dep, arr
        Shape (k,): where a section begins and ends, and when (s).
    position
        Shape (k,): position in the pattern at which the section begins.
    n_stops, n_routes
        Of the timetable.
    window, until
        Departures of travellers lie in [from, to); vehicles are boarded from ``window[0]`` to ``until`` (s).
    max_s
        Longest journey, seconds.
    """

    ptr: I64
    pattern: I32
    route: I32
    headway: I32
    trip_ids: tuple[str, ...]
    from_stop: I32
    to_stop: I32
    dep: I32
    arr: I32
    position: I32
    n_stops: int
    n_routes: int
    window: tuple[int, int]
    until: int
    max_s: int

    @property
    def n(self) -> int:
        """Number of runs."""
        return len(self.ptr) - 1

    @property
    def run_of(self) -> I64:
        """Run of each section, shape (k,)."""
        return np.repeat(np.arange(self.n), np.diff(self.ptr))


@dataclass(frozen=True, slots=True)
class Boardings:
    """Sections that can be boarded, by stop and time, and the changes that lead to them.

    Parameters
    ----------
    ptr, section
        Boardings at stop ``s`` are ``section[ptr[s]:ptr[s+1]]``, the earliest first.
    edge_ptr, edge_to, edge_s, edge_walk
        Changes after section ``k`` are ``edge_ptr[k]:edge_ptr[k+1]``: the first boarding in reach, seconds on foot, and
        the row of the walks between stops (-1: at the same stop).
    """

    ptr: I64
    section: I32
    edge_ptr: I64
    edge_to: I32
    edge_s: I32
    edge_walk: I32


def runs_of(
    day: DayTimetable,
    *,
    window: tuple[int, int],
    max_minutes: float = 120.0,
    phases: F64 | None = None,
    seed: int = 0,
) -> Runs:
    """Lay out the runs that travellers of a window can use.

    Parameters
    ----------
    day
        Timetable of one day.
    window
        Departures of travellers, seconds of the service day.
    max_minutes
        Longest journey.
    phases
        float[patterns] in [0, 1): share of the headway by which the first vehicle of a line that has only headways
        leaves after its span begins; drawn from ``seed`` when None.
    """
    if window[1] <= window[0]:
        raise ValueError("the window holds no departure")
    tables = lay_out([(day, random_phases(day, 1, seed)[0] if phases is None else phases)])
    max_s = int(max_minutes * 60)
    until = window[1] + max_s
    counts, pattern, headway, names = [], [], [], []
    parts: list[list[np.ndarray]] = [[], [], [], [], []]
    for p in range(len(tables.n_trips)):
        stops = tables.stops[tables.stop_ptr[p] : tables.stop_ptr[p + 1]]
        n, k = len(stops), int(tables.n_trips[p])
        at = int(tables.time_ptr[p])
        dep, arr = (x[at : at + n * k].reshape(k, n) for x in (tables.dep, tables.arr))
        if n < 2 or not k:
            continue
        kept = np.flatnonzero((arr[:, -1] >= window[0]) & (dep[:, 0] <= until))
        m = len(kept)
        counts.append(np.full(m, n - 1))
        source = int(tables.source[p])
        pattern.append(np.full(m, source))
        rows = int(tables.trip_ptr[p]) + kept
        headway.append(tables.headway[rows])
        first = int(day.trip_ptr[source])
        names += [pattern_trip_source(day.trip_ids[first + int(t)]) for t in tables.trip[rows]]
        places = np.tile(np.arange(n - 1), m)
        found: list[np.ndarray] = [np.tile(stops[:-1], m), np.tile(stops[1:], m), dep[kept, :-1], arr[kept, 1:], places]
        for part, values in zip(parts, found, strict=True):
            part.append(values.ravel())
    of = _joined(pattern)
    from_stop, to_stop, leaves, comes, position = (_joined(part) for part in parts)
    return Runs(
        np.concatenate([[0], np.cumsum(_joined(counts))]).astype(np.int64), of, day.pattern_route[of].astype(np.int32),
        _joined(headway), tuple(names), from_stop, to_stop, leaves, comes, position, n_stops=day.n_stops,
        n_routes=len(day.route_ids), window=window, until=until, max_s=max_s,
    )  # fmt: skip


def boardings_of(runs: Runs, transfers: WalkLinks) -> Boardings:
    """Sort boardings by stop and time, and find the first one in reach after every section."""
    can = np.flatnonzero((runs.dep >= runs.window[0]) & (runs.dep <= runs.until))
    order = can[np.lexsort((can, runs.dep[can], runs.from_stop[can]))]
    ptr = np.searchsorted(runs.from_stop[order], np.arange(runs.n_stops + 1)).astype(np.int64)
    edges = kernels.changes(
        runs.to_stop, runs.arr, ptr, runs.dep[order].astype(np.int32), transfers.ptr, transfers.to, transfers.seconds
    )
    return Boardings(ptr, order.astype(np.int32), *edges)


def _joined(parts: list[np.ndarray]) -> I32:
    return np.concatenate(parts).astype(np.int32) if parts else np.zeros(0, np.int32)
