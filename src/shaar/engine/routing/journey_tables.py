"""Timetables laid flat for the journey kernels, with the way back from a row to the trip or headway it came from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from shaar.engine.timetable.arrays import DayTimetable

I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Tables:
    """Patterns of several draws one after another; draw ``d`` owns patterns ``draw_pat[d]:draw_pat[d+1]``.

    Parameters
    ----------
    draw_pat
        Shape (draws + 1,).
    stop_ptr, stops
        Stops of pattern ``p``: ``stops[stop_ptr[p]:stop_ptr[p+1]]``.
    n_trips, time_ptr, dep, arr
        Times of trip ``k`` at position ``i`` of pattern ``p``: ``time_ptr[p] + k * n_stops(p) + i``.
    serve_ptr, serve_p, serve_i
        Per draw and stop the patterns (numbered within the draw) and positions that serve it.
    source
        Pattern of the timetable behind each pattern here.
    trip_ptr, trip
        Row of the timetable's pattern behind trip ``k`` of pattern ``p``: ``trip[trip_ptr[p] + k]``.
    headway
        Beside ``trip``: seconds between vehicles where the trip was laid out from a headway, 0 where it is scheduled.
    """

    draw_pat: I64
    stop_ptr: I64
    stops: I32
    n_trips: I32
    time_ptr: I64
    dep: I32
    arr: I32
    serve_ptr: I64
    serve_p: I32
    serve_i: I32
    source: I32
    trip_ptr: I64
    trip: I32
    headway: I32


def lay_out(draws: Sequence[tuple[DayTimetable, F64]]) -> Tables:
    """Lay out draws, each a timetable and the phase of each of its patterns in [0, 1).

    All timetables must have the same stops in the same order.
    """
    sequences: list[I32] = []
    dep: list[np.ndarray] = []
    arr: list[np.ndarray] = []
    rows: list[np.ndarray] = []
    headways: list[np.ndarray] = []
    source: list[int] = []
    draw_pat = [0]
    for day, phases in draws:
        for p in range(day.n_patterns):
            sequence = day.pattern_stops[day.stop_ptr[p] : day.stop_ptr[p + 1]]
            for d, a, row, headway in pattern_trips(day, p, float(phases[p])):
                sequences.append(sequence)
                dep.append(d.ravel())
                arr.append(a.ravel())
                rows.append(row)
                headways.append(headway)
                source.append(p)
        draw_pat.append(len(sequences))
    n_stops = draws[0][0].n_stops
    stop_ptr = _ptr([len(s) for s in sequences])
    serve_ptr, serve_p, serve_i = [], [], []
    for b, e in pairwise(draw_pat):
        flat = _joined(sequences[b:e])
        count = np.diff(stop_ptr[b : e + 1])
        order = np.argsort(flat, kind="stable")
        serve_ptr.append(np.searchsorted(flat[order], np.arange(n_stops + 1)) + stop_ptr[b])
        serve_p.append(np.repeat(np.arange(e - b), count)[order])
        serve_i.append((np.arange(len(flat)) - np.repeat(np.cumsum(count) - count, count))[order])
    return Tables(
        draw_pat=np.array(draw_pat, np.int64),
        stop_ptr=stop_ptr,
        stops=_joined(sequences),
        n_trips=np.array([len(r) for r in rows], np.int32),
        time_ptr=_ptr([len(d) for d in dep]),
        dep=_joined(dep),
        arr=_joined(arr),
        serve_ptr=np.array(serve_ptr, np.int64).reshape(len(draws), n_stops + 1),
        serve_p=_joined(serve_p),
        serve_i=_joined(serve_i),
        source=np.array(source, np.int32),
        trip_ptr=_ptr([len(r) for r in rows]),
        trip=_joined(rows),
        headway=_joined(headways),
    )


def pattern_trips(
    day: DayTimetable, p: int, phase: float
) -> list[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]:
    """Trips of a pattern as (departures, arrivals) int[trips, stops], timetable rows and headways int[trips].

    Headway spans with other run times come apart, so that no trip overtakes another within a table.
    """
    n = int(day.stop_ptr[p + 1] - day.stop_ptr[p])
    at, rows = int(day.time_ptr[p]), int(day.n_trips[p])
    departure = day.departure[at : at + rows * n].reshape(rows, n)
    arrival = day.arrival[at : at + rows * n].reshape(rows, n)
    if day.span_ptr[p] == day.span_ptr[p + 1]:
        return [(departure, arrival, np.arange(rows), np.zeros(rows, int))] if rows else []
    groups: dict[bytes, list[tuple[int, np.ndarray, int]]] = {}
    for k in range(rows):
        s = int(day.span_ptr[p]) + k
        headway = int(day.span_headway[s])
        first = int(day.span_start[s]) + int(phase * headway)
        starts = np.arange(first, int(day.span_end[s]), headway)
        groups.setdefault(departure[k].tobytes() + arrival[k].tobytes(), []).append((k, starts, headway))
    out = []
    for laid in groups.values():
        k = laid[0][0]
        t = np.concatenate([starts for _, starts, _ in laid])
        if len(t):
            order = np.argsort(t, kind="stable")
            row = np.concatenate([np.full(len(starts), r) for r, starts, _ in laid])[order]
            gap = np.concatenate([np.full(len(starts), h) for _, starts, h in laid])[order]
            t = t[order][:, None]
            out.append((t + departure[k], t + arrival[k], row, gap))
    return out


def _ptr(counts: Sequence[int]) -> I64:
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def _joined(parts: Sequence[np.ndarray]) -> I32:
    return np.concatenate(parts).astype(np.int32) if parts else np.zeros(0, np.int32)
