"""Door-to-door travel times over every minute of a window, from one day's timetable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numba
import numpy as np
import numpy.typing as npt

from shaar.engine.progress import Progress, silent
from shaar.engine.routing import event_matrix, kernels
from shaar.engine.routing.event_lanes import MOST_COUNT
from shaar.engine.routing.events import Layers, laid_out, pattern_trips
from shaar.engine.routing.phases import has_headways, random_phases
from shaar.engine.routing.walk import WalkLinks
from shaar.engine.timetable.arrays import DayTimetable

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]
CHUNK = 48


@dataclass(frozen=True, slots=True)
class TravelTimes:
    """Door-to-door journeys between zones over all departures of a window (and draws of unknown phases).

    Parameters
    ----------
    minutes
        float32[p, z, z]: percentile ``percentiles[p]`` of the travel time from zone (row) to zone (column), waiting
        included; nan where fewer than so many per cent of the departures arrive within the limit.
    rides
        float32[z, z]: mean number of vehicles boarded (transfers + 1; 0 on foot) over the departures that arrive,
        fewest among the quickest journeys; nan where none does.
    walked
        float32[z, z]: share of those departures for which walking all the way is at least as quick.
    percentiles
        The p percentiles, 0 to 100.
    """

    minutes: F32
    rides: F32
    walked: F32
    percentiles: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class _Tables:
    """Patterns of all draws one after another; draw ``d`` owns ``draw_pat[d]:draw_pat[d+1]`` (see kernels.matrix)."""

    draw_pat: npt.NDArray[np.int64]
    stop_ptr: npt.NDArray[np.int64]
    stops: npt.NDArray[np.int32]
    n_trips: npt.NDArray[np.int32]
    time_ptr: npt.NDArray[np.int64]
    dep: npt.NDArray[np.int32]
    arr: npt.NDArray[np.int32]
    serve_ptr: npt.NDArray[np.int64]
    serve_p: npt.NDArray[np.int32]
    serve_i: npt.NDArray[np.int32]


def travel_times(
    day: DayTimetable,
    access: WalkLinks,
    transfers: WalkLinks,
    egress: WalkLinks,
    walk: WalkLinks,
    *,
    window: tuple[int, int],
    step_s: int = 60,
    max_rides: int = 4,
    max_minutes: float = 120.0,
    percentiles: tuple[float, ...] = (50,),
    headway_draws: int = 5,
    phases: F64 | None = None,
    seed: int = 0,
    method: Literal["events", "raptor"] = "events",
    progress: Progress = silent,
) -> TravelTimes:
    """Travel times between all zones for every departure of a window.

    Two methods give the same numbers. "events" gives each moment aboard a trip one label, the latest departure from
    the origin that gets there in so many rides (trip-based routing after Witt, Trip-Based Public Transit Routing,
    ESA 2015), and moves the labels of 64 origins together. "raptor" is range-RAPTOR (Delling, Pajor and Werneck,
    Round-Based Public Transit Routing, Transportation Science 49(3), 2015), origin by origin: slower, less memory.
    A line that has only headways gets one random phase a draw, kept over the whole window: redrawing it every minute,
    as some tools do, would let travellers catch vehicles that do not exist and breaks the sharing of labels. Samples
    of all draws and departures are pooled.

    Parameters
    ----------
    day
        Timetable of one day; changing at one stop takes no time.
    access, egress, transfers, walk
        Walks zone -> stop, stop -> zone, stop -> stop (a walk is one leg: they are not chained) and zone -> zone.
    window
        First departure and the end (exclusive), seconds after midnight; a departure every ``step_s`` seconds.
    max_rides
        Most vehicles boarded.
    max_minutes
        Longest journey counted.
    percentiles
        Of the travel times; nearest rank, departures that do not arrive count as longer than all others.
    headway_draws
        Draws of phases; 1 is enough, and used, where every trip is scheduled.
    phases
        float[draws, patterns] in [0, 1): share of the headway by which each pattern's first vehicle leaves after its
        span begins; replaces the random ones.
    seed
        Of the random phases (:func:`shaar.engine.routing.phases.random_phases`).
    method
        See above; with more than 32,767 departures times draws it is "raptor".

    Returns
    -------
    TravelTimes
        See there.
    """
    n_zones = access.n
    if walk.n != n_zones or walk.n_to != n_zones or egress.n_to != n_zones:
        raise ValueError("access, egress and walk must speak of the same zones")
    if access.n_to != day.n_stops or egress.n != day.n_stops or transfers.n != day.n_stops:
        raise ValueError("access, egress and transfers must speak of the timetable's stops")
    n_dep = len(range(window[0], window[1], step_s))
    if n_dep == 0:
        raise ValueError("the window holds no departure")
    if phases is None:
        phases = random_phases(day, headway_draws if has_headways(day) else 1, seed)
    max_s = int(max_minutes * 60)
    if method == "events" and n_dep * len(phases) <= MOST_COUNT:
        layers = Layers.of(window, step_s, len(phases), max_s)
        question = event_matrix.Question(layers, max_rides, max_s, tuple(percentiles))
        parts = laid_out(day, phases, layers)
        graph = event_matrix.graph_of(parts, day.n_stops, transfers, egress.transposed(), layers)
        found = event_matrix.fill(graph, question, access, walk, progress=progress)
        return TravelTimes(found.minutes, found.rides, found.walked, tuple(percentiles))
    tables = _tables(day, phases)
    ranks = np.maximum(np.ceil(np.asarray(percentiles, float) / 100 * n_dep * len(phases)) - 1, 0).astype(np.int64)
    missing = int(kernels.INF)
    out = TravelTimes(
        np.empty((len(percentiles), n_zones, n_zones), np.float32),
        np.empty((n_zones, n_zones), np.float32),
        np.empty((n_zones, n_zones), np.float32),
        tuple(percentiles),
    )
    progress("travel times", 0, n_zones)
    for lo in range(0, n_zones, CHUNK):
        hi = min(lo + CHUNK, n_zones)
        a, e = access.ptr[lo], access.ptr[hi]
        minutes, out.rides[lo:hi], out.walked[lo:hi] = kernels.matrix(
            access.ptr[lo : hi + 1] - a, access.to[a:e], access.seconds[a:e], window[0], step_s, n_dep, max_rides,
            max_s, tables.draw_pat, tables.stop_ptr, tables.stops, tables.n_trips, tables.time_ptr, tables.dep,
            tables.arr, tables.serve_ptr, tables.serve_p, tables.serve_i, transfers.ptr, transfers.to,
            transfers.seconds, egress.ptr, egress.to, egress.seconds, walk.rows_dense_seconds(lo, hi, missing), ranks,
            numba.get_num_threads(),
        )  # fmt: skip
        out.minutes[:, lo:hi] = minutes.reshape(hi - lo, len(percentiles), n_zones).transpose(1, 0, 2)
        progress("travel times", hi, n_zones)
    return out


def _tables(day: DayTimetable, phases: F64) -> _Tables:
    draw_pat, stop_count, stops, n_trips, dep, arr = [0], [], [], [], [], []
    serve_ptr, serve_p, serve_i = [], [], []
    served = 0
    for u in phases:
        own_stops = []
        for p in range(day.n_patterns):
            sequence = day.pattern_stops[day.stop_ptr[p] : day.stop_ptr[p + 1]]
            for d, a in pattern_trips(day, p, float(u[p])):
                own_stops.append(sequence)
                n_trips.append(len(d))
                dep.append(d.ravel())
                arr.append(a.ravel())
        stop_count += [len(s) for s in own_stops]
        stops += own_stops
        draw_pat.append(len(n_trips))
        flat = np.concatenate(own_stops) if own_stops else np.zeros(0, np.int32)
        count = np.array([len(s) for s in own_stops], np.int64)
        position = np.arange(len(flat)) - np.repeat(np.cumsum(count) - count, count)
        order = np.argsort(flat, kind="stable")
        serve_ptr.append(np.searchsorted(flat[order], np.arange(day.n_stops + 1)) + served)
        serve_p.append(np.repeat(np.arange(len(own_stops)), count)[order])
        serve_i.append(position[order])
        served += len(flat)
    sizes = [len(d) for d in dep]
    return _Tables(
        draw_pat=np.array(draw_pat, np.int64),
        stop_ptr=np.concatenate([[0], np.cumsum(stop_count)]).astype(np.int64),
        stops=_joined(stops),
        n_trips=np.array(n_trips, np.int32),
        time_ptr=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        dep=_joined(dep),
        arr=_joined(arr),
        serve_ptr=np.array(serve_ptr, np.int64).reshape(len(phases), day.n_stops + 1),
        serve_p=_joined(serve_p),
        serve_i=_joined(serve_i),
    )


def _joined(parts: list[np.ndarray]) -> npt.NDArray[np.int32]:
    return np.concatenate(parts).astype(np.int32) if parts else np.zeros(0, np.int32)
