"""Loads of every vehicle of a chosen day: travellers follow the timetable, and stay behind where a vehicle is full."""

from __future__ import annotations

from dataclasses import dataclass, field

import numba
import numpy as np
import numpy.typing as npt

from shaar.engine.assignment import timetable_load_kernels as kernels
from shaar.engine.assignment.timetable_load_runs import Boardings, Runs, boardings_of
from shaar.engine.progress import Progress, silent
from shaar.engine.routing.walk import WalkLinks

F64 = npt.NDArray[np.float64]
#: Room for the ways on of zones that are kept between iterations, bytes.
ROOM = 1 << 30
#: Zones are served in so many fixed parts, so that sums are the same with any number of threads.
PARTS = 16


@dataclass(frozen=True, slots=True)
class DepartureChoice:
    """When people leave and what they take, by a logit over the journeys around the moment they wish to set out.

    Parameters
    ----------
    scale
        Utility of a minute.
    early, late
        How much a minute of leaving earlier (later) than wished counts beside one of travel.
    change_minutes
        What a change costs beside its time, minutes.
    most_minutes
        Furthest departure from the wished one.
    """

    scale: float = 0.2
    early: float = 0.6
    late: float = 0.6
    change_minutes: float = 5.0
    most_minutes: float = 30.0


@dataclass(frozen=True, slots=True)
class TimetableLoads:
    """What a day's vehicles carry, and how everybody fared.

    Parameters
    ----------
    runs
        The vehicles.
    load, boarded, behind
        Shape (sections,): persons aboard; persons who get in where the section begins; persons who wanted to and were
        left behind (once for every vehicle that left without them).
    left, changed
        Shape (sections,): persons who get out where the section ends for good, and to change.
    change_here
        Shape (stops,): changes that need no walk.
    change_walk
        Shape (w,): changes by row of the walks between stops.
    change_lines
        Shape (routes, routes): changes from route to route, as people plan them.
    stranded
        Shape (stops,): persons left behind for whom no later journey goes on.
    rode, walked, unserved, abandoned
        Shape (z, z): persons who ride and arrive, walk all the way, find no journey within the limit, and set out but
        are left behind for good; together they are the demand.
    seconds
        Shape (z, z): person-seconds from setting out to the door, of those who arrive.
    rides, walk_seconds, shift_seconds
        Shape (z, z): boardings and seconds on foot that riders plan, and seconds by which they leave earlier or later
        than wished.
    places
        Shape (runs,): most persons aboard, inf where not limited.
    iterations, gap
        Loadings made, and the share of boardings that the last one still changed.
    """

    runs: Runs
    load: F64
    boarded: F64
    behind: F64
    left: F64
    changed: F64
    change_here: F64
    change_walk: F64
    change_lines: F64
    stranded: F64
    rode: F64
    walked: F64
    unserved: F64
    abandoned: F64
    seconds: F64
    rides: F64
    walk_seconds: F64
    shift_seconds: F64
    places: F64
    iterations: int
    gap: float

    @property
    def overload(self) -> float:
        """Persons aboard over places where a vehicle is fullest, less 1; negative where all find a place."""
        if not len(self.load):
            return -1.0
        return float((self.load / self.places[self.runs.run_of]).max() - 1.0)


def load_timetable(
    runs: Runs,
    access: WalkLinks,
    transfers: WalkLinks,
    egress: WalkLinks,
    walk: WalkLinks,
    demand: npt.ArrayLike,
    *,
    step_s: int = 60,
    max_rides: int = 4,
    places: npt.ArrayLike | None = None,
    choice: DepartureChoice | None = None,
    gap: float = 1e-9,
    most: int = 200,
    room: int = ROOM,
    progress: Progress = silent,
) -> TimetableLoads:
    """Send the demand of a window through a day's timetable.

    For every zone the best way on from every section of every vehicle is found backwards (rounds of one ride each, as
    in RAPTOR; all travellers to the zone together, after Briem et al., Efficient Traffic Assignment for Public Transit
    Networks, SEA 2017), then its travellers follow it forwards. Each takes the journey that arrives first; of those the
    one with fewest rides, then with least walking; walking all the way where that is as quick. With ``choice`` they
    spread over journeys around their wish by a logit.

    Where ``places`` are short, who sits in a vehicle stays; those who wait for the same vehicle at the same stop get in
    by equal shares, and the others take the best journey that begins at their stop after it. How full a vehicle is
    depends only on what happened before, so repeating the loading with the shares of the last one ends in a
    finite number of steps, without averaging.

    Parameters
    ----------
    runs
        From :func:`shaar.engine.assignment.timetable_load_runs.runs_of`.
    access, transfers, egress, walk
        Walks zone -> stop, stop -> stop, stop -> zone and zone -> zone, as for ``travel_times``.
    demand
        Persons by pair of zones who set out in the window, evenly, shape (z, z); or by slices of it, of equal length,
        shape (slices, z, z).
    step_s
        Seconds between departures.
    max_rides
        Most vehicles boarded, 1 to 8.
    places
        Most persons aboard: a number, or by run; None: no limit.
    choice
        None: everybody leaves when they wish.
    gap, most
        Share of boardings that may still change from loading to loading, and most loadings.
    room
        Bytes for the ways on of zones that are kept between loadings; beyond that they are found again.

    Raises
    ------
    ValueError
        Arrays do not fit together, demand is negative or not finite, or a vehicle has no place.
    """
    task = _Task.of(runs, access, transfers, egress, walk, demand, step_s, max_rides, choice, room)
    limit = np.full(runs.n, np.inf) if places is None else np.broadcast_to(np.asarray(places, float), (runs.n,)).copy()
    if not (limit > 0).all():
        raise ValueError("every vehicle needs places")
    section = task.events.section
    here = limit[runs.run_of][section]
    accept = np.ones(len(section))
    done, change = 0, 0.0
    while True:
        progress("loading", done, None, "" if not done else f"{change:.1e} of the boardings still change")
        counts = task.load(accept, again=done > 0)
        done += 1
        inside = counts.load[section] - counts.aboard
        share = np.ones(len(section))
        full = (counts.wanted > 0) & (counts.wanted > here - inside)
        share[full] = np.maximum(here[full] - inside[full], 0.0) / counts.wanted[full]
        moved = float((counts.wanted * np.abs(share - accept)).sum())
        change = moved / max(float(counts.wanted.sum()), 1e-300)
        if change <= gap or done >= most:
            break
        accept = share
    if (accept < 1.0).any():
        task.fares(accept)
    progress("loading", done, done)
    return task.result(counts, limit, done, change)


@dataclass(slots=True)
class _Counts:
    load: F64
    left: F64
    changed: F64
    wanted: F64
    aboard: F64
    same: F64
    stranded: F64
    walked: F64
    lines: F64

    def parts(self) -> tuple[F64, ...]:
        return (
            self.load, self.wanted, self.aboard, self.left, self.changed, self.same, self.walked, self.lines,
            self.stranded,
        )  # fmt: skip


@dataclass(slots=True)
class _Task:
    """Arrays that do not change from loading to loading, and the ways on of zones that fit into the room."""

    runs: Runs
    events: Boardings
    access: WalkLinks
    near: WalkLinks
    direct: npt.NDArray[np.int32]
    n_walks: int
    demand: F64
    slice_of: npt.NDArray[np.int64]
    n_of: F64
    times: npt.NDArray[np.int64]
    firsts: npt.NDArray[np.int32]
    rides: int
    choice: DepartureChoice | None
    chunk: int
    out: F64
    kept: tuple[np.ndarray, np.ndarray, np.ndarray] | None = field(default=None)

    @staticmethod
    def of(
        runs: Runs, access: WalkLinks, transfers: WalkLinks, egress: WalkLinks, walk: WalkLinks, demand: npt.ArrayLike,
        step_s: int, max_rides: int, choice: DepartureChoice | None, room: int,
    ) -> _Task:  # fmt: skip
        n_z = access.n
        if walk.n != n_z or walk.n_to != n_z or egress.n_to != n_z:
            raise ValueError("access, egress and walk must speak of the same zones")
        if access.n_to != runs.n_stops or egress.n != runs.n_stops or transfers.n != runs.n_stops:
            raise ValueError("access, egress and transfers must speak of the timetable's stops")
        if not 1 <= max_rides <= 8:
            raise ValueError("people board 1 to 8 vehicles")
        persons = np.asarray(demand, np.float64)
        persons = persons[None] if persons.ndim == 2 else persons
        if persons.ndim != 3 or persons.shape[1:] != (n_z, n_z):
            raise ValueError(f"demand has shape {persons.shape}, there are {n_z} zones")
        if not (np.isfinite(persons).all() and (persons >= 0).all()):
            raise ValueError("demand is negative or not finite")
        times = np.arange(runs.window[0], runs.window[1], step_s, dtype=np.int64)
        n_slices = len(persons)
        if len(times) % n_slices:
            raise ValueError(f"{len(times)} departures do not make {n_slices} slices of equal length")
        per = len(times) // n_slices
        events = boardings_of(runs, transfers)
        firsts = kernels.first_boardings(
            access.ptr, access.to, access.seconds, events.ptr, runs.dep[events.section], times
        )
        levels = 1 if choice is None else max_rides
        each = 4 * max_rides * (len(runs.dep) + len(events.section)) + 8 * levels * len(events.section)
        return _Task(
            runs, events, access, egress.transposed(), walk.rows_dense_seconds(0, n_z, int(kernels.INF)),
            len(transfers.to), np.ascontiguousarray(persons), np.arange(len(times)) // per,
            np.full(n_slices, float(per)), times, firsts, max_rides, choice,
            int(np.clip(room // max(each, 1), min(n_z, 2), n_z)), np.zeros((8, n_z, n_z)),
        )  # fmt: skip

    def load(self, accept: F64, *, again: bool) -> _Counts:
        """Send everybody once; what becomes of pairs is worked out the first time only."""
        c, e, r = len(self.runs.dep), len(self.events.section), self.runs.n_routes
        c1, c2, c3 = (np.zeros((PARTS, c)) for _ in range(3))
        e1, e2, e3, e4 = (np.zeros((PARTS, e)) for _ in range(4))
        sums = _Counts(c1, c2, c3, e1, e2, e3, e4, np.zeros((PARTS, self.n_walks)), np.zeros((PARTS, r, r)))
        n_z = self.access.n
        for lo in range(0, n_z, self.chunk):
            n = min(self.chunk, n_z - lo)
            ways = self.kept
            if ways is None:
                ways = self._ways(n)
                out = np.zeros_like(self.out) if again else self.out
                self._decide(lo, n, ways, accept, limited=False, out=out)
                if self.chunk >= n_z:
                    self.kept = ways
            kernels.follow(
                n, PARTS, self.rides, self.runs.ptr, self.runs.route, self.events.ptr, self.events.section,
                self.events.edge_ptr, self.events.edge_to, self.events.edge_walk, *ways, accept, *sums.parts(),
            )  # fmt: skip
        return _Counts(
            sums.load.sum(axis=0), sums.left.sum(axis=0), sums.changed.sum(axis=0), sums.wanted.sum(axis=0),
            sums.aboard.sum(axis=0), sums.same.sum(axis=0), sums.stranded.sum(axis=0), sums.walked.sum(axis=0),
            sums.lines.sum(axis=0),
        )  # fmt: skip

    def fares(self, accept: F64) -> None:
        """Work out what becomes of the pairs when so many find a place."""
        self.out[:] = 0.0
        few = min(self.chunk, 32)
        for lo in range(0, self.access.n, few):
            n = min(few, self.access.n - lo)
            self._decide(lo, n, self._ways(n), accept, limited=True, out=self.out)

    def _ways(self, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        c, e = len(self.runs.dep), len(self.events.section)
        levels = 1 if self.choice is None else self.rides
        shape = (n, self.rides)
        return np.empty((*shape, c), np.int32), np.empty((*shape, e), np.int32), np.empty((n, levels, e))

    def _decide(
        self, lo: int, n: int, ways: tuple[np.ndarray, np.ndarray, np.ndarray], accept: F64, *, limited: bool, out: F64
    ) -> None:
        q = self.choice or DepartureChoice()
        kernels.decide(
            lo, n, numba.get_num_threads(), self.demand, self.slice_of, self.n_of, self.times,
            self.runs.max_s, self.direct, self.access.ptr, self.access.seconds, self.firsts, self.rides, self.runs.ptr,
            self.runs.to_stop, self.runs.arr, self.events.ptr, self.events.section, self.events.edge_ptr,
            self.events.edge_to, self.events.edge_s, self.near.ptr, self.near.to, self.near.seconds, accept, limited,
            self.choice is not None, q.scale / 60.0, q.early, q.late, q.change_minutes * 60.0,
            int(q.most_minutes * 60), *ways, out,
        )  # fmt: skip

    def result(self, counts: _Counts, places: F64, iterations: int, gap: float) -> TimetableLoads:
        section = self.events.section
        stop = self.runs.from_stop[section]
        boarded, behind = (np.zeros(len(self.runs.dep)) for _ in "bb")
        boarded[section] = counts.aboard
        behind[section] = counts.wanted - counts.aboard
        n = self.runs.n_stops
        here: F64 = np.bincount(stop, counts.same, minlength=n).astype(np.float64)
        stranded: F64 = np.bincount(stop, counts.stranded, minlength=n).astype(np.float64)
        rode, walked, unserved, abandoned, seconds, rides, on_foot, shift = self.out
        return TimetableLoads(
            self.runs, counts.load, boarded, behind, counts.left, counts.changed, here, counts.walked, counts.lines,
            stranded, rode, walked, unserved, abandoned, seconds, rides, on_foot, shift, places, iterations, gap,
        )  # fmt: skip
