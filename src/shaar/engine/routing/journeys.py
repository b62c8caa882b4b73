"""Whole journeys between two places: which vehicles, where to change, how long to wait, and which are worth taking."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from shaar.engine.routing import journey_kernels as kernels
from shaar.engine.routing.journey_tables import Tables, lay_out
from shaar.engine.routing.phases import random_phases
from shaar.engine.routing.walk import WalkLinks
from shaar.engine.timetable.arrays import DayTimetable
from shaar.engine.timetable.day import pattern_trip_source

F64 = npt.NDArray[np.float64]
Kind = Literal["walk", "ride"]


@dataclass(frozen=True, slots=True)
class Leg:
    """One walk or one ride.

    Parameters
    ----------
    kind
        "walk" or "ride".
    start, end
        Seconds of the service day at which the leg moves off and ends; a ride's wait lies before ``start``.
    wait
        Seconds at the stop before a ride leaves; 0 of walks.
    from_stop, to_stop
        Stops of the timetable, -1 for the origin or destination itself.
    metres
        Of a walk: street distance (level metres of effort for profiles that slopes slow down); nan of a ride.
    links
        Of a walk put on streets (:func:`shaar.engine.routing.journey_walks.on_streets`): link ids in order.
    route, trip, pattern
        Of a ride: route number in ``route_ids``, trip of the feed, pattern of the timetable; -1, "" and -1 of a walk.
    boarded, left
        Of a ride: positions in the pattern.
    headway
        Of a ride on a line without clock times: seconds between vehicles (``start`` is then one possible time); else 0.
    """

    kind: Kind
    start: int
    end: int
    wait: int
    from_stop: int
    to_stop: int
    metres: float = float("nan")
    links: tuple[int, ...] = ()
    route: int = -1
    trip: str = ""
    pattern: int = -1
    boarded: int = -1
    left: int = -1
    headway: int = 0


@dataclass(frozen=True, slots=True)
class Journey:
    """A way from origin to destination.

    Parameters
    ----------
    departure, arrival
        Seconds of the service day: the moment asked for (or the latest that catches the first vehicle, in a window)
        and the arrival at the door.
    leave
        Latest moment to set out that still catches the first vehicle; ``departure`` on foot.
    rides
        Vehicles boarded.
    legs
        In order; walks of no length are left out.
    fare
        Price where fares are known, else nan.
    """

    departure: int
    arrival: int
    leave: int
    rides: int
    legs: tuple[Leg, ...]
    fare: float = float("nan")

    @property
    def seconds(self) -> int:
        """From the departure to the door, waiting included."""
        return self.arrival - self.departure

    @property
    def walk_metres(self) -> float:
        """Metres walked in all."""
        return sum(leg.metres for leg in self.legs if leg.kind == "walk")

    @property
    def wait_seconds(self) -> int:
        """Waiting at stops, setting out at ``leave``."""
        return sum(leg.wait for leg in self.legs)


def journeys(
    day: DayTimetable,
    access: WalkLinks,
    transfers: WalkLinks,
    egress: WalkLinks,
    walk: WalkLinks,
    *,
    origin: int,
    destination: int,
    departure: int | None = None,
    window: tuple[int, int] | None = None,
    max_rides: int = 4,
    max_minutes: float = 120.0,
    phases: F64 | None = None,
    seed: int = 0,
    tables: Tables | None = None,
) -> list[Journey]:
    """Journeys that no other beats: earlier arrival, fewer rides and, in a window, later departure.

    RAPTOR with parents (Delling, Pajor and Werneck 2015); in a window the departures are exactly the moments at which
    a vehicle is just caught at a stop within reach, from the latest to the earliest, so none is missed. The earliest
    arrival for a single departure equals that of :func:`shaar.engine.routing.raptor.travel_times` for the same walks.

    Parameters
    ----------
    day, access, transfers, egress, walk
        As for ``travel_times``.
    origin, destination
        Row of ``access`` and column of ``egress``.
    departure, window
        One of them: setting out at this second of the service day, or all departures in [from, to).
    max_rides, max_minutes
        Most vehicles, longest journey.
    phases
        float[patterns] in [0, 1) of lines with headways only; drawn from ``seed`` when None.
    tables
        Made by :func:`shaar.engine.routing.journey_tables.lay_out` before, to ask often; ``phases`` then play no part.

    Returns
    -------
    list of Journey
        By departure, then rides. Walking all the way stands first where it is within ``max_minutes``; journeys by
        vehicle that are no quicker are left out. A journey in a window that a later departure beats (even one just
        after the window) is left out.

    Raises
    ------
    ValueError
        Neither or both of departure and window are given, or arrays do not fit together.
    """
    if (departure is None) == (window is None):
        raise ValueError("give either a departure or a window")
    if access.n_to != day.n_stops or egress.n != day.n_stops or transfers.n != day.n_stops:
        raise ValueError("access, egress and transfers must speak of the timetable's stops")
    if tables is None:
        tables = lay_out([(day, random_phases(day, 1, seed)[0] if phases is None else phases)])
    a, e = int(access.ptr[origin]), int(access.ptr[origin + 1])
    acc_s, acc_t = access.to[a:e], access.seconds[a:e]
    here = np.flatnonzero(egress.to == destination)
    eg_s = (np.searchsorted(egress.ptr, here, side="right") - 1).astype(np.int32)
    eg_t = egress.seconds[here]
    max_s = int(max_minutes * 60)
    straight, metres = _straight(walk, origin, destination)
    served = (tables.serve_ptr[0], tables.serve_p, tables.serve_i)
    times = tables.stop_ptr, tables.stops, tables.n_trips, tables.time_ptr, tables.dep, tables.arr
    if departure is not None:
        when, hidden = np.array([departure], np.int32), 0
        start = departure
    else:
        assert window is not None
        start = window[0]
        found = kernels.departures(
            acc_s, acc_t, window[0], window[1], tables.stop_ptr, tables.n_trips, tables.time_ptr, tables.dep, *served
        )
        when = np.concatenate([[window[1]], np.unique(found)[::-1]]).astype(np.int32)
        hidden = 1
    head, last, legs = kernels.best_journeys(
        when, hidden, max_rides, max_s, acc_s, acc_t, eg_s, eg_t, min(straight, int(kernels.INF)), *times, *served,
        transfers.ptr, transfers.to, transfers.seconds, day.n_stops,
    )  # fmt: skip
    out = []
    if straight <= max_s:
        leg = Leg("walk", start, start + straight, 0, -1, -1, metres=metres)
        out.append(Journey(start, start + straight, start, 0, (leg,)))
    pieces = _Pieces(day, tables, access, transfers, egress, origin, destination)
    rows = [pieces.journey(h, int(s), legs[i]) for i, (h, s) in enumerate(zip(head.tolist(), last))]
    return out + sorted(rows, key=lambda j: (j.departure, j.rides, j.arrival))


def _straight(walk: WalkLinks, origin: int, destination: int) -> tuple[int, float]:
    part = slice(int(walk.ptr[origin]), int(walk.ptr[origin + 1]))
    at = np.flatnonzero(walk.to[part] == destination)
    if not len(at):
        return int(kernels.INF), float("nan")
    return int(walk.seconds[part][at[0]]), float(walk.metres[part][at[0]])


@dataclass(frozen=True, slots=True)
class _Pieces:
    """Turns what the kernel found into legs."""

    day: DayTimetable
    tables: Tables
    access: WalkLinks
    transfers: WalkLinks
    egress: WalkLinks
    origin: int
    destination: int

    def journey(self, head: list[int], last: int, rows: np.ndarray) -> Journey:
        departure, arrival, rides = head
        legs: list[Leg] = []
        here, now, leave = -1, departure, departure
        for m in range(rides):
            ride = self._ride(rows[m])
            ready = now
            if here < 0:
                seconds, metres = _walk(self.access, self.origin, ride.from_stop)
                leave = ride.start - seconds
                legs.append(Leg("walk", leave, ride.start, 0, -1, ride.from_stop, metres=metres))
                ready = ride.start
            elif here != ride.from_stop:
                seconds, metres = _walk(self.transfers, here, ride.from_stop)
                legs.append(Leg("walk", now, now + seconds, 0, here, ride.from_stop, metres=metres))
                ready = now + seconds
            legs.append(_waited(ride, ride.start - ready))
            here, now = ride.to_stop, ride.end
        seconds, metres = _walk(self.egress, last, self.destination)
        legs.append(Leg("walk", now, now + seconds, 0, last, -1, metres=metres))
        assert now + seconds == arrival and here == last
        return Journey(
            departure, arrival, leave, rides, tuple(leg for leg in legs if leg.kind == "ride" or leg.metres > 0)
        )

    def _ride(self, row: np.ndarray) -> Leg:
        p, k, b, i = (int(v) for v in row)
        t, day = self.tables, self.day
        base = int(t.stop_ptr[p])
        at = int(t.time_ptr[p]) + k * int(t.stop_ptr[p + 1] - base)
        source, which = int(t.source[p]), int(t.trip_ptr[p]) + k
        name = day.trip_ids[int(day.trip_ptr[source]) + int(t.trip[which])]
        return Leg(
            "ride", int(t.dep[at + b]), int(t.arr[at + i]), 0, int(t.stops[base + b]), int(t.stops[base + i]),
            route=int(day.pattern_route[source]), trip=pattern_trip_source(name), pattern=source, boarded=b, left=i,
            headway=int(t.headway[which]),
        )  # fmt: skip


def _waited(ride: Leg, seconds: int) -> Leg:
    return replace(ride, wait=seconds)


def _walk(walks: WalkLinks, row: int, to: int) -> tuple[int, float]:
    a, e = int(walks.ptr[row]), int(walks.ptr[row + 1])
    at = a + int(np.searchsorted(walks.to[a:e], to))
    return int(walks.seconds[at]), float(walks.metres[at])
