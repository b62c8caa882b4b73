"""Travel times of a timetable that is being edited: only what a change can touch is worked out again."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from threading import Lock

import numba
import numpy as np
import numpy.typing as npt

from shaar.engine.progress import Progress, silent
from shaar.engine.routing import event_kernels, event_matrix
from shaar.engine.routing import incremental_kernels as kernels
from shaar.engine.routing.event_lanes import LANES
from shaar.engine.routing.event_matrix import U8, Matrices, Question
from shaar.engine.routing.events import (
    I32,
    I64,
    Events,
    Laid,
    Layers,
    events_of,
    laid_out,
    transfer_edges,
    zone_arrivals,
)
from shaar.engine.routing.incremental_stops import Stops, edited_stops
from shaar.engine.routing.phases import has_headways, random_phases
from shaar.engine.routing.raptor import TravelTimes, travel_times
from shaar.engine.routing.walk import WalkLinks
from shaar.engine.timetable.arrays import DayTimetable

#: Room for rows of new trips, as a share of those of the base, and at least this many.
ROOM, LEAST_ROOM = 0.25, 4096


@dataclass(frozen=True, slots=True)
class Edited:
    """Travel times of an edited timetable.

    Parameters
    ----------
    times
        As :func:`shaar.engine.routing.raptor.travel_times` gives for the edited timetable.
    changed
        bool[z, z]: cells of which a percentile, the mean rides or the share on foot is another than in the base.
    removed, added
        Patterns of the base that are gone, and patterns that it did not have (a changed one counts in both).
    looked_at
        Cells worked out again.
    """

    times: TravelTimes
    changed: npt.NDArray[np.bool_]
    removed: int
    added: int
    looked_at: int


class Routed:
    """A timetable whose travel times are known, ready to be asked "what if".

    Keeps one byte for each origin, moment aboard a trip in the window and number of rides: ``n_bytes``. Every edit
    speaks of the base, not of the edit before, so a line may be redrawn again and again. Edits may come from many
    threads; they are worked out one after the other.

    Parameters
    ----------
    day, access, transfers, egress, walk, window, step_s, max_rides, max_minutes, percentiles, headway_draws, seed
        As for :func:`shaar.engine.routing.raptor.travel_times`.
    """

    def __init__(
        self,
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
        seed: int = 0,
        progress: Progress = silent,
    ) -> None:
        self._window, self._step, self._rides, self._minutes = window, step_s, max_rides, max_minutes
        self._percentiles, self._draws_wanted, self._seed = tuple(percentiles), headway_draws, seed
        self._lock = Lock()
        self._walk, self._n_zones = walk, access.n
        draws = self._draws(day)
        max_s = int(max_minutes * 60)
        self._question = Question(Layers.of(window, step_s, draws, max_s), max_rides, max_s, self._percentiles)
        self._stops = Stops.of(day, access, transfers, egress)
        layers = self._question.layers
        phases = random_phases(day, draws, seed)
        self._parts = laid_out(day, phases, layers)
        self._graph = event_matrix.graph_of(self._parts, day.n_stops, transfers, self._stops.near, layers)
        e = self._graph.events
        self._numbers: dict[tuple[int, bytes, bytes, bytes], list[int]] = defaultdict(list)
        for p, part in enumerate(self._parts):
            self._numbers[part.key].append(p)
        source = np.repeat(np.arange(e.n_rows, dtype=np.int32), np.diff(self._graph.in_ptr))
        self._out = event_kernels.by_row(self._graph.in_src, source, e.n_rows)
        self._row_stop = _row_stops(e)
        self._room = e.n_rows + max(int(ROOM * e.n_rows), LEAST_ROOM)
        self._labels: U8 = event_matrix.slots(self._room, self._question, -(-access.n // LANES))
        found = event_matrix.fill(self._graph, self._question, access, walk, labels=self._labels, progress=progress)
        self._found = found

    @property
    def times(self) -> TravelTimes:
        """Travel times of the base."""
        return self._times(self._found)

    @property
    def n_bytes(self) -> int:
        """Memory of the labels."""
        return int(self._labels.nbytes)

    def stops_of(
        self, day: DayTimetable, access: WalkLinks | None, transfers: WalkLinks | None, egress: WalkLinks | None
    ) -> Stops:
        """Stops of an edited timetable, for several edits of it (:meth:`edit`), of other bases of the same day too."""
        return edited_stops(self._stops, day, access, transfers, egress)

    def edit(
        self,
        day: DayTimetable,
        *,
        access: WalkLinks | None = None,
        transfers: WalkLinks | None = None,
        egress: WalkLinks | None = None,
        seed: int | None = None,
        stops: Stops | None = None,
    ) -> Edited:
        """Travel times of an edited timetable: exactly those of a full run, in a small part of its time.

        Patterns are compared by what they do (stops and times in the window), so any edit will do: lines added,
        removed, rerouted or given other times, stops added, moved or dropped. Whatever serves a stop whose walks are
        others counts as changed.

        Parameters
        ----------
        day
            The edited timetable; stops are recognised by their ids.
        access, transfers, egress
            Walks for the stops of ``day``, all three; None where its stops are among those of the base.
        seed
            Of the phases of lines with headways only; None: that of the base, whose lines then keep their phases.
        stops
            What :meth:`stops_of` says of ``day`` and these walks, where it has been asked already.

        Raises
        ------
        ValueError
            A trip calls at a stop that the base does not have and no walks are given, or the walks do not fit.
        """
        if self._draws(day) != len(np.unique(self._question.layers.draw)) or self._rides == 0:
            return self._whole(day, access, transfers, egress, self._seed if seed is None else seed)
        if stops is None:
            stops = edited_stops(self._stops, day, access, transfers, egress)
        layers = self._question.layers
        phases = random_phases(day, self._draws(day), self._seed if seed is None else seed)
        parts = laid_out(day, phases, layers, stops.number)
        dead, new = self._difference(parts)
        with self._lock:
            found, looked_at = self._changed(dead, new, stops)
        base = self._found
        changed = _differ(found.rides, base.rides) | _differ(found.walked, base.walked)
        for a, b in zip(found.minutes, base.minutes, strict=True):
            changed |= _differ(a, b)
        return Edited(self._times(found), changed, int(dead.sum()), len(new), looked_at)

    def _draws(self, day: DayTimetable) -> int:
        return self._draws_wanted if has_headways(day) else 1

    def _times(self, found: Matrices) -> TravelTimes:
        return TravelTimes(found.minutes, found.rides, found.walked, self._percentiles)

    def _difference(self, parts: list[Laid]) -> tuple[npt.NDArray[np.bool_], list[Laid]]:
        dead = np.ones(len(self._parts), bool)
        used: dict[tuple[int, bytes, bytes, bytes], int] = defaultdict(int)
        new = []
        for part in parts:
            key = part.key
            known = self._numbers.get(key, ())
            if used[key] < len(known):
                dead[known[used[key]]] = False
                used[key] += 1
            else:
                new.append(part)
        return dead, new

    def _whole(
        self,
        day: DayTimetable,
        access: WalkLinks | None,
        transfers: WalkLinks | None,
        egress: WalkLinks | None,
        seed: int,
    ) -> Edited:
        """All from the start: where lines with headways only come or go, other draws of phases are asked for."""
        own = self._stops
        times = travel_times(
            day,
            own.access if access is None else access,
            own.transfers if transfers is None else transfers,
            own.egress if egress is None else egress,
            self._walk,
            window=self._window,
            step_s=self._step,
            max_rides=self._rides,
            max_minutes=self._minutes,
            percentiles=self._percentiles,
            headway_draws=self._draws_wanted,
            seed=seed,
        )
        base = self._found
        changed = _differ(times.rides, base.rides) | _differ(times.walked, base.walked)
        for a, b in zip(times.minutes, base.minutes, strict=True):
            changed |= _differ(a, b)
        return Edited(times, changed, len(self._parts), day.n_patterns, self._n_zones**2)

    def _changed(self, dead: npt.NDArray[np.bool_], new: list[Laid], stops: Stops) -> tuple[Matrices, int]:
        base, question, layers = self._graph, self._question, self._question.layers
        out = self._found.copy()
        if not dead.any() and not new:
            return out, 0
        n_old, old_patterns, n_layers = base.events.n_rows, len(dead), len(layers.t0)
        e = _joined(base.events, events_of(new))
        if e.n_rows > self._room:
            self._grow(e.n_rows)
        gone = np.concatenate([dead, np.zeros(len(new), bool)])
        living = np.flatnonzero(~gone)
        kept, added = living[living < old_patterns], living[living >= old_patterns]
        boarding = e.serving(living, stops.n, n_layers, boarding=True)
        board_new = e.serving(added, stops.n, n_layers, boarding=True)
        edges = [transfer_edges(e, layers, added, boarding, stops.transfers)]
        if len(new):
            edges.append(transfer_edges(e, layers, kept, board_new, stops.transfers))
        src, dst = (np.concatenate([pair[side] for pair in edges]) for side in (0, 1))
        x_ptr, x_src = event_kernels.by_row(dst, src, e.n_rows)
        dead_rows = _rows_of(base.events, np.flatnonzero(dead))
        out_ptr, out_dst = self._out
        touched = np.zeros(e.n_rows, np.uint8)
        touched[dst] = 1
        touched[out_dst[_ranges(out_ptr, dead_rows)]] = 1
        row_stop = np.concatenate([self._row_stop, _row_stops(e, old_patterns)])
        zones = np.union1d(
            self._stops.zones_of(np.unique(row_stop[dead_rows])), stops.zones_of(np.unique(row_stop[n_old:]))
        )
        fresh = np.full(self._n_zones, -1, np.int64)
        fresh[zones] = np.arange(len(zones))
        alighting = e.serving(living, stops.n, n_layers, boarding=False)
        arrivals = zone_arrivals(e, layers, zones, alighting, stops.near)
        threads = numba.get_num_threads()
        cells = np.zeros(threads, np.int64)
        ranks, rank_of = question.ranks()
        kernels.edit(
            self._n_zones, stops.access.ptr, stops.access.to, stops.access.seconds, layers.t0, layers.n_dep,
            layers.step, question.max_rides, question.max_s, n_old, old_patterns, gone, dead_rows, e.stop_ptr,
            e.n_trips, e.time_ptr, e.dep, e.row_ptr, *board_new, base.in_ptr, base.in_src, out_ptr, out_dst, x_ptr,
            x_src, touched, row_stop, stops.egress.ptr, stops.egress.to, self._stops.egress.ptr, self._stops.egress.to,
            base.zone_ptr, base.zone_row, base.zone_at, fresh, *arrivals, self._walk.ptr, self._walk.to,
            self._walk.seconds, self._n_zones, ranks, rank_of, self._labels,
            self._labels.shape[1] // question.max_rides, out.minutes, out.rides, out.walked, cells, threads,
        )  # fmt: skip
        return out, int(cells.sum())

    def _grow(self, n_rows: int) -> None:
        """More room for new rows: lay the labels out again."""
        rides, n_old = self._question.max_rides, self._graph.events.n_rows
        room = n_rows + max(int(ROOM * n_rows), LEAST_ROOM)
        wide = event_matrix.slots(room, self._question, len(self._labels))
        wide.reshape(len(wide), rides, room, LANES)[:, :, :n_old] = self._labels.reshape(
            len(wide), rides, self._room, LANES
        )[:, :, :n_old]
        self._labels, self._room = wide, room


def _joined(a: Events, b: Events) -> Events:
    """Patterns of one after those of the other."""
    ends = {name: getattr(a, name)[-1] + getattr(b, name)[1:] for name in ("stop_ptr", "time_ptr", "row_ptr")}
    more = ends | {name: getattr(b, name) for name in ("layer", "stops", "n_trips", "dep", "arr")}
    return Events(**{name: np.concatenate([getattr(a, name), more[name]]) for name in more})


def _row_stops(e: Events, first: int = 0) -> I32:
    """Stop at which the ride of each row ends, for the patterns from ``first`` on."""
    out = [
        np.repeat(e.stops[e.stop_ptr[p] + 1 : e.stop_ptr[p + 1]], e.n_trips[p]) for p in range(first, len(e.n_trips))
    ]
    return np.concatenate(out).astype(np.int32) if out else np.zeros(0, np.int32)


def _rows_of(e: Events, patterns: I64) -> I64:
    return _ranges(e.row_ptr, patterns)


def _ranges(ptr: I64, rows: I64) -> I64:
    """Entries of some compressed rows."""
    count = ptr[rows + 1] - ptr[rows]
    start = np.concatenate([[0], np.cumsum(count)])
    return np.repeat(ptr[rows] - start[:-1], count) + np.arange(start[-1])


def _differ(a: npt.NDArray[np.float32], b: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
    return a.view(np.int32) != b.view(np.int32)
