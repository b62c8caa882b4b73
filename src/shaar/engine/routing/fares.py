"""What journeys cost: GTFS Fares v1, flat city fares, and the cheapest way to cover rides with tickets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from shaar.engine.errors import InputError
from shaar.engine.routing.journeys import Journey
from shaar.engine.timetable.arrays import DayTimetable

F64 = npt.NDArray[np.float64]
I32 = npt.NDArray[np.int32]
B = npt.NDArray[np.bool_]
#: A ticket without a limit of changes.
UNLIMITED = 99


@dataclass(frozen=True, slots=True)
class Fares:
    """Tickets of a timetable, indexed by its routes and stops.

    Parameters
    ----------
    names, price, currency
        Ticket ids, prices, and the one currency of all.
    transfers, duration
        Changes that a ticket allows (``UNLIMITED``) and seconds within which the last of them has to be boarded (a
        large number where there is no limit), shape (f,).
    route
        bool[f, routes]: whether a ticket is good on a route.
    zone_pair
        bool[f, zones, zones]: whether it is good from a fare zone to another.
    contains
        Per ticket None, or the fare zones that the rides it covers must pass through, all of them and no others.
    stop_zone
        Fare zone of each stop of the timetable, shape (stops,); the last zone stands for stops without one.
    """

    names: tuple[str, ...]
    price: F64
    currency: str
    transfers: I32
    duration: F64
    route: B
    zone_pair: npt.NDArray[np.bool_]
    contains: tuple[frozenset[int] | None, ...]
    stop_zone: I32


def flat_fares(
    day: DayTimetable, price: float, currency: str, *, transfers: int = 0, minutes: float = float("inf")
) -> Fares:
    """One price for every boarding, with so many free changes within so many minutes.

    Raises
    ------
    InputError
        The price or the number of changes is negative.
    """
    if not price >= 0 or transfers < 0 or not minutes > 0:
        raise InputError("a fare needs a price and changes that are not negative, and a time that is positive")
    return Fares(
        names=("flat",),
        price=np.array([price]),
        currency=currency,
        transfers=np.array([transfers], np.int32),
        duration=np.array([minutes * 60]),
        route=np.ones((1, len(day.route_ids)), bool),
        zone_pair=np.ones((1, 1, 1), bool),
        contains=(None,),
        stop_zone=np.zeros(day.n_stops, np.int32),
    )


@dataclass(frozen=True, slots=True)
class Rides:
    """Rides of m journeys, up to k each; columns beyond a journey's rides hold -1 in ``route``.

    Parameters
    ----------
    route, boarded, left, start
        int32[m, k]: route, stops of boarding and leaving, and seconds at which the vehicle leaves.
    pattern, from_position, to_position
        int32[m, k]: where in the timetable the ride runs, for the fare zones passed.
    """

    route: I32
    boarded: I32
    left: I32
    start: I32
    pattern: I32
    from_position: I32
    to_position: I32


def prices(fares: Fares, rides: Rides, day: DayTimetable) -> F64:
    """Least price of each journey, shape (m,): its rides cut into runs of consecutive ones, each under one ticket.

    A ticket covers a run if it is good on all its routes, allows that many changes, the last vehicle leaves within its
    time after the first, and its zones fit. No rides cost nothing; nan where no tickets cover a journey.
    """
    m, k = rides.route.shape
    count = (rides.route >= 0).sum(axis=1)
    route = np.maximum(rides.route, 0)
    zones = fares.stop_zone
    best = np.full((m, k + 1), np.inf)
    best[:, 0] = 0.0
    passed = _zones_passed(fares, rides, day) if any(c is not None for c in fares.contains) else None
    for j in range(k):
        for i in range(j + 1):
            here = rides.route[:, j] >= 0
            if not here.any():
                continue
            least = np.full(m, np.inf)
            for f in range(len(fares.names)):
                if j - i > fares.transfers[f]:
                    continue
                good = here & (rides.start[:, j] - rides.start[:, i] <= fares.duration[f])
                for r in range(i, j + 1):
                    good &= fares.route[f, route[:, r]]
                good &= fares.zone_pair[f, zones[rides.boarded[:, i]], zones[rides.left[:, j]]]
                want = fares.contains[f]
                if want is not None and passed is not None:
                    for row in np.flatnonzero(good):
                        good[row] = frozenset().union(*passed[row][i : j + 1]) == want
                least = np.where(good, np.minimum(least, fares.price[f]), least)
            best[:, j + 1] = np.minimum(best[:, j + 1], best[:, i] + least)
    total = best[np.arange(m), count]
    return np.where(np.isfinite(total), total, np.nan)


def _zones_passed(fares: Fares, rides: Rides, day: DayTimetable) -> list[list[frozenset[int]]]:
    out = []
    for row in range(len(rides.route)):
        one = []
        for c in range(int((rides.route[row] >= 0).sum())):
            base = int(day.stop_ptr[rides.pattern[row, c]])
            calls = day.pattern_stops[base + rides.from_position[row, c] : base + rides.to_position[row, c] + 1]
            one.append(frozenset(fares.stop_zone[calls].tolist()))
        out.append(one)
    return out


def rides_of(journeys: Sequence[Journey]) -> Rides:
    """Put the rides of journeys into arrays."""
    k = max((j.rides for j in journeys), default=0)
    shape = (len(journeys), k)
    out = Rides(*(np.full(shape, v, np.int32) for v in (-1, 0, 0, 0, 0, 0, 0)))
    for row, j in enumerate(journeys):
        for c, leg in enumerate(leg for leg in j.legs if leg.kind == "ride"):
            values = (leg.route, leg.from_stop, leg.to_stop, leg.start, leg.pattern, leg.boarded, leg.left)
            for field, v in zip(Rides.__slots__, values, strict=True):
                getattr(out, field)[row, c] = v
    return out


def with_fares(journeys: Sequence[Journey], fares: Fares, day: DayTimetable) -> list[Journey]:
    """Give every journey its price."""
    if not journeys:
        return []
    return [replace(j, fare=float(p)) for j, p in zip(journeys, prices(fares, rides_of(journeys), day), strict=True)]


def cheapest(journeys: Sequence[Journey]) -> Journey | None:
    """Return the cheapest journey by vehicle of known price, the soonest of equally cheap ones."""
    known = [j for j in journeys if j.rides and not np.isnan(j.fare)]
    return min(known, key=lambda j: (j.fare, j.arrival, j.rides)) if known else None


def fare_groups(fares: Fares) -> I32:
    """Number the routes by the tickets that are good on them, shape (routes,)."""
    _, group = np.unique(fares.route, axis=1, return_inverse=True)
    return np.asarray(group, np.int32).reshape(-1)
