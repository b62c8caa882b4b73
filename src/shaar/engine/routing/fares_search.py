"""Journeys that are worth their price, and what the quickest journeys between all zones cost."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from shaar.engine.progress import Progress, silent
from shaar.engine.routing import journey_kernels as kernels
from shaar.engine.routing.fares import Fares, Rides, fare_groups, prices, with_fares
from shaar.engine.routing.journey_tables import lay_out
from shaar.engine.routing.journeys import Journey, journeys
from shaar.engine.routing.phases import random_phases
from shaar.engine.routing.walk import WalkLinks
from shaar.engine.timetable.arrays import DayTimetable

F64 = npt.NDArray[np.float64]
I32 = npt.NDArray[np.int32]
#: Most groups of routes with the same tickets of which every selection is searched.
MOST_GROUPS = 5
CHUNK = 32


@dataclass(frozen=True, slots=True)
class FareMatrix:
    """Quickest journeys between zones at one departure.

    Parameters
    ----------
    seconds
        int32[z, z], ``kernels.INF`` where there is none.
    rides
        int32[z, z]: vehicles boarded, the fewest of equally quick journeys.
    price
        float64[z, z]: 0 on foot, nan where there is no journey or no ticket for it.
    """

    seconds: I32
    rides: I32
    price: F64


def priced_journeys(
    fares: Fares, day: DayTimetable, *walks: WalkLinks, phases: F64 | None = None, seed: int = 0, **ask: Any
) -> list[Journey]:
    """Journeys that no other beats in departure, arrival, rides and price.

    Routes fall into groups with the same tickets; the search of :func:`journeys` is made once for every selection of
    groups (all of them together only, where there are more than ``MOST_GROUPS``). That finds every such journey where
    the price follows from the number of rides and from which groups are used, and never falls when a group is added
    (flat fares, a ticket an operator, a zone); with limited changes or times it may miss one.

    Parameters
    ----------
    walks, ask
        As for :func:`journeys`, without ``tables``.
    """
    if phases is None:
        phases = random_phases(day, 1, seed)[0]
    group = fare_groups(fares)
    n = int(group.max(initial=-1)) + 1
    selections = range(1, 2**n) if n <= MOST_GROUPS else [2**n - 1]
    found: dict[tuple[Any, ...], Journey] = {}
    for selection in selections:
        keep = (selection >> group & 1).astype(bool)[day.pattern_route] if len(group) else np.zeros(0, bool)
        part = replace(day, n_trips=np.where(keep, day.n_trips, 0).astype(np.int32))
        tables = lay_out([(part, phases)])
        for j in with_fares(journeys(day, *walks, tables=tables, **ask), fares, day):
            found.setdefault((j.departure, j.arrival, j.rides, j.fare), j)
    rows = list(found.values())
    return sorted(
        (j for j in rows if not any(_beats(o, j) for o in rows)), key=lambda j: (j.departure, j.rides, j.arrival)
    )


def _beats(o: Journey, j: Journey) -> bool:
    """Whether a journey is at least as good in everything and better in something; an unknown price beats none."""
    a, b = (np.inf if np.isnan(x.fare) else x.fare for x in (o, j))
    if o.rides == 0 and j.rides:  # walking can start whenever the other does
        return o.seconds <= j.seconds and a <= b
    if j.rides == 0:
        return False
    at_least = o.departure >= j.departure and o.arrival <= j.arrival and o.rides <= j.rides and a <= b
    return at_least and (o.departure, o.arrival, o.rides, a) != (j.departure, j.arrival, j.rides, b)


def fare_matrix(
    fares: Fares,
    day: DayTimetable,
    access: WalkLinks,
    transfers: WalkLinks,
    egress: WalkLinks,
    walk: WalkLinks,
    *,
    departure: int,
    max_rides: int = 4,
    max_minutes: float = 120.0,
    phases: F64 | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> FareMatrix:
    """Price of the quickest journey between all zones at one departure; seconds are those of ``travel_times``."""
    tables = lay_out([(day, random_phases(day, 1, seed)[0] if phases is None else phases)])
    z, max_s = access.n, int(max_minutes * 60)
    out = FareMatrix(np.empty((z, z), np.int32), np.empty((z, z), np.int32), np.full((z, z), np.nan))
    for lo in range(0, z, CHUNK):
        hi = min(lo + CHUNK, z)
        a, e = access.ptr[lo], access.ptr[hi]
        seconds, rides, legs = kernels.to_all(
            access.ptr[lo : hi + 1] - a, access.to[a:e], access.seconds[a:e], departure, max_rides, max_s,
            tables.stop_ptr, tables.stops, tables.n_trips, tables.time_ptr, tables.dep, tables.arr,
            tables.serve_ptr[0], tables.serve_p, tables.serve_i, transfers.ptr, transfers.to, transfers.seconds,
            egress.ptr, egress.to, egress.seconds, walk.rows_dense_seconds(lo, hi, int(kernels.INF)), day.n_stops,
            numba.get_num_threads(),
        )  # fmt: skip
        out.seconds[lo:hi], out.rides[lo:hi] = seconds, rides
        reached = np.flatnonzero(seconds.ravel() < kernels.INF)
        flat = legs.reshape(-1, max_rides, 4)[reached]
        price = prices(fares, _rides(flat, rides.ravel()[reached], tables, day), day)
        part = np.full((hi - lo) * z, np.nan)
        part[reached] = price
        out.price[lo:hi] = part.reshape(hi - lo, z)
        progress("fares", hi, z)
    return out


def _rides(legs: I32, count: I32, tables: Any, day: DayTimetable) -> Rides:
    has = np.arange(legs.shape[1])[None, :] < count[:, None]
    p, k, b, i = (np.where(has, legs[:, :, c], 0) for c in range(4))
    base = tables.stop_ptr[p]
    source = tables.source[p]
    start = tables.dep[tables.time_ptr[p] + k * (tables.stop_ptr[p + 1] - base) + b]
    return Rides(
        np.where(has, day.pattern_route[source], -1),
        tables.stops[base + b],
        tables.stops[base + i],
        start,
        source,
        b,
        i,
    )
