"""A day's departures and arrivals as a graph that is the same for every origin: the tables of the event kernels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from shaar.engine.routing import event_kernels as kernels
from shaar.engine.routing.walk import WalkLinks
from shaar.engine.timetable.arrays import DayTimetable

I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]
#: Departures that one-byte labels can tell apart.
MOST_DEPARTURES = 254


@dataclass(frozen=True, slots=True)
class Layers:
    """Spans of departures that are worked out by themselves: a draw of phases and at most 254 departures.

    Parameters
    ----------
    draw, t0, n_dep, end
        Shape (l,): row of the phases, first departure (s), departures, and the last second that matters.
    step
        Seconds between departures.
    """

    draw: I64
    t0: I64
    n_dep: I64
    end: I64
    step: int

    @staticmethod
    def of(window: tuple[int, int], step_s: int, draws: int, max_s: int) -> Layers:
        """Cut a window into spans, for each draw."""
        n = len(range(window[0], window[1], step_s))
        first = np.arange(0, n, MOST_DEPARTURES)
        count = np.minimum(n - first, MOST_DEPARTURES)
        t0 = window[0] + first * step_s
        end = t0 + (count - 1) * step_s + max_s
        draw = np.repeat(np.arange(draws), len(first))
        return Layers(draw, np.tile(t0, draws), np.tile(count, draws), np.tile(end, draws), step_s)


@dataclass(frozen=True, slots=True)
class Laid:
    """Trips of one stop sequence in one layer that do not overtake each other; times are int32[trips, stops]."""

    layer: int
    stops: I32
    dep: I32
    arr: I32

    @property
    def key(self) -> tuple[int, bytes, bytes, bytes]:
        """What makes two of them the same."""
        return self.layer, self.stops.tobytes(), self.dep.tobytes(), self.arr.tobytes()


@dataclass(frozen=True, slots=True)
class Events:
    """Patterns one after another, flat. Row ``row_ptr[p] + i * n_trips[p] + k`` stands for being aboard trip ``k`` of
    pattern ``p`` between its positions ``i`` and ``i + 1``; times of that trip (n stops) stand at
    ``time_ptr[p] + k * n``."""

    layer: I64
    stop_ptr: I64
    stops: I32
    n_trips: I64
    time_ptr: I64
    row_ptr: I64
    dep: I32
    arr: I32

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return int(self.row_ptr[-1])

    def serving(self, patterns: I64, n_stops: int, n_layers: int, *, boarding: bool) -> tuple[I64, I32, I32]:
        """Positions at which patterns can be boarded (all but the last) or left (all but the first), by layer and stop.

        Returns
        -------
        ptr int64[layers, stops + 1], pattern int32[m], position int32[m]
        """
        n = np.diff(self.stop_ptr)[patterns]
        pattern = np.repeat(patterns, n - 1)
        start = np.concatenate([[0], np.cumsum(n - 1)])
        position = np.arange(start[-1]) - np.repeat(start[:-1], n - 1) + (0 if boarding else 1)
        at = self.layer[pattern] * n_stops + self.stops[self.stop_ptr[pattern] + position]
        order = np.argsort(at, kind="stable")
        ends = np.searchsorted(at[order], np.arange(n_layers * n_stops + 1))
        rows = np.arange(n_layers)[:, None] * n_stops + np.arange(n_stops + 1)[None, :]
        return ends[rows], pattern[order].astype(np.int32), position[order].astype(np.int32)


def laid_out(day: DayTimetable, phases: F64, layers: Layers, stop_of: I32 | None = None) -> list[Laid]:
    """Trips of a day that can matter to a layer's departures, pattern by pattern.

    Parameters
    ----------
    phases
        float[draws, patterns].
    stop_of
        Number to use for each stop of the day; its own when None.
    """
    out = []
    for q in range(len(layers.t0)):
        t0, end = int(layers.t0[q]), int(layers.end[q])
        for p in range(day.n_patterns):
            stops = day.pattern_stops[day.stop_ptr[p] : day.stop_ptr[p + 1]]
            if len(stops) < 2:
                continue
            stops = stops.astype(np.int32) if stop_of is None else stop_of[stops]
            for dep, arr in pattern_trips(day, p, float(phases[layers.draw[q], p])):
                use = np.flatnonzero((dep[:, :-1].max(axis=1) >= t0) & (arr[:, 1:].min(axis=1) <= end))
                if len(use):
                    part = slice(use[0], use[-1] + 1)
                    out.append(Laid(q, stops, dep[part].astype(np.int32), arr[part].astype(np.int32)))
    return out


def pattern_trips(day: DayTimetable, p: int, phase: float) -> list[tuple[I32, I32]]:
    """Trips of a pattern as (departures, arrivals) int[trips, stops], split where overtaking could be."""
    n = int(day.stop_ptr[p + 1] - day.stop_ptr[p])
    at, rows = int(day.time_ptr[p]), int(day.n_trips[p])
    departure = day.departure[at : at + rows * n].reshape(rows, n)
    arrival = day.arrival[at : at + rows * n].reshape(rows, n)
    if day.span_ptr[p] == day.span_ptr[p + 1]:
        return [(departure, arrival)] if rows else []
    groups: dict[bytes, tuple[int, list[np.ndarray]]] = {}
    for k in range(rows):
        s = int(day.span_ptr[p]) + k
        headway = int(day.span_headway[s])
        first = int(day.span_start[s]) + int(phase * headway)
        starts = np.arange(first, int(day.span_end[s]), headway)
        key = departure[k].tobytes() + arrival[k].tobytes()
        groups.setdefault(key, (k, []))[1].append(starts)
    out = []
    for k, laid in groups.values():
        t = np.sort(np.concatenate(laid))[:, None]
        if len(t):
            out.append((t + departure[k], t + arrival[k]))
    return out


def events_of(parts: Sequence[Laid]) -> Events:
    """Put laid-out patterns one after another."""
    n = np.array([len(a.stops) for a in parts], np.int64)
    trips = np.array([len(a.dep) for a in parts], np.int64)
    return Events(
        layer=np.array([a.layer for a in parts], np.int64),
        stop_ptr=_ptr(n),
        stops=_flat([a.stops for a in parts]),
        n_trips=trips,
        time_ptr=_ptr(trips * n),
        row_ptr=_ptr(trips * (n - 1)),
        dep=_flat([a.dep for a in parts]),
        arr=_flat([a.arr for a in parts]),
    )


def transfer_edges(
    events: Events, layers: Layers, sources: I64, serving: tuple[I64, I32, I32], foot: WalkLinks
) -> tuple[I32, I32]:
    """Rows arrived by and rows boarded, from the patterns ``sources`` to those of ``serving``."""
    e = events
    parts = in_threads(
        lambda some: kernels.transfers(
            some, e.layer, layers.end, e.stop_ptr, e.stops, e.n_trips, e.time_ptr, e.dep, e.arr, e.row_ptr, *serving,
            foot.ptr, foot.to, foot.seconds,
        ),
        sources,
    )  # fmt: skip
    return np.concatenate([a for a, _ in parts]), np.concatenate([b for _, b in parts])


def zone_arrivals(
    events: Events, layers: Layers, zones: I64, alighting: tuple[I64, I32, I32], near: WalkLinks
) -> tuple[I64, I32, I32]:
    """Arrivals at some zones by time (kernels.arrivals); ``near`` are the walks zone -> stop, timed as egress."""
    e = events
    parts = in_threads(
        lambda some: kernels.arrivals(
            some, layers.t0, layers.end, e.stop_ptr, e.n_trips, e.time_ptr, e.arr, e.row_ptr, *alighting, near.ptr,
            near.to, near.seconds,
        ),
        zones,
    )  # fmt: skip
    if len(parts) == 1:
        return parts[0]
    n_layers = len(layers.t0)
    # each part has all layers of its zones; the whole has all zones of a layer together
    rows, when, counts = [], [], []
    for d in range(n_layers):
        for (ptr, row, at), some in zip(parts, _split(zones, len(parts)), strict=True):
            own = ptr[d * len(some) : (d + 1) * len(some) + 1]
            rows.append(row[own[0] : own[-1]])
            when.append(at[own[0] : own[-1]])
            counts.append(np.diff(own))
    return _ptr(np.concatenate(counts)), np.concatenate(rows), np.concatenate(when)


def in_threads(work: Callable[[I64], Any], items: I64) -> list[Any]:
    """Results of ``work`` on as many parts of the items as there are threads, in order."""
    n = min(numba.get_num_threads(), max(len(items) // 16, 1))
    if n == 1:
        return [work(items)]
    with ThreadPoolExecutor(n) as pool:
        return list(pool.map(work, _split(items, n)))


def _split(items: I64, n: int) -> list[I64]:
    return np.array_split(items, n)


def _ptr(counts: I64) -> I64:
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def _flat(parts: list[I32]) -> I32:
    return np.concatenate([a.ravel() for a in parts]).astype(np.int32) if parts else np.zeros(0, np.int32)
