"""One service day as flat arrays, the form every routing kernel reads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

I32 = npt.NDArray[np.int32]
F64 = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class DayTimetable:
    """Trips of one service day grouped into patterns (same stop sequence, no trip overtaking another).

    Pattern ``p`` serves stops ``pattern_stops[stop_ptr[p]:stop_ptr[p+1]]`` (indices into ``stop_ids``).
    Scheduled patterns: trips sorted by time; ``arrival``/``departure`` (s) of trip ``k`` at position ``i`` stand at
    ``time_ptr[p] + k * n_stops(p) + i``; ``n_trips[p]`` trips.
    Headway patterns: ``n_trips[p]`` is the number of headway spans; a span's row holds run times from its first stop
    (``departure[first] = 0``), and ``span_start``, ``span_end`` (s), ``span_headway`` (s) at ``span_ptr[p] + k``.
    Scheduled patterns have no spans (``span_ptr[p] == span_ptr[p+1]``).
    """

    stop_ids: tuple[str, ...]
    stop_lon: F64
    stop_lat: F64
    route_ids: tuple[str, ...]
    pattern_route: I32
    pattern_direction: I32
    stop_ptr: I32
    pattern_stops: I32
    n_trips: I32
    time_ptr: npt.NDArray[np.int64]
    arrival: I32
    departure: I32
    trip_ids: tuple[str, ...]
    trip_ptr: I32
    span_ptr: I32
    span_start: I32
    span_end: I32
    span_headway: I32

    @property
    def n_stops(self) -> int:
        """Number of stops."""
        return len(self.stop_ids)

    @property
    def n_patterns(self) -> int:
        """Number of patterns."""
        return len(self.n_trips)


def no_service() -> DayTimetable:
    """A day on which nothing runs: no stops, lines or trips."""
    none, start = np.zeros(0, np.int32), np.zeros(1, np.int32)
    where = np.zeros(0)
    return DayTimetable(
        stop_ids=(),
        stop_lon=where,
        stop_lat=where,
        route_ids=(),
        pattern_route=none,
        pattern_direction=none,
        stop_ptr=start,
        pattern_stops=none,
        n_trips=none,
        time_ptr=start.astype(np.int64),
        arrival=none,
        departure=none,
        trip_ids=(),
        trip_ptr=start,
        span_ptr=start,
        span_start=none,
        span_end=none,
        span_headway=none,
    )
