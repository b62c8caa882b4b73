"""The fewest vehicles that can run all trips of a day when any vehicle may run any line (exact, by maximum flow)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import maximum_flow

from shaar.engine.errors import InputError
from shaar.engine.fleet.service import LAYOVER_MIN_S, LAYOVER_SHARE, DayTrips, at_once, layover

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class MinimumFleet:
    """The least number of vehicles, and how far no plan can go below: the most vehicles busy at one moment."""

    vehicles: int
    at_once: int
    trips: int


def deadhead_seconds(lon: F64, lat: F64, *, detour: float = 1.3, kmh: float = 22.0) -> I64:
    """Estimate empty runs between terminals from straight lines, seconds, shape (n, n), zero diagonal.

    Planning values: streets are 1.3 times the straight line, and a bus averages 22 km/h without stops in a city.
    """
    x, y = np.radians(lon), np.radians(lat)
    dx = (x[:, None] - x[None, :]) * np.cos((y[:, None] + y[None, :]) / 2)
    km = 6371.0088 * np.hypot(dx, y[:, None] - y[None, :])
    return np.ceil(km * detour / kmh * 3600.0).astype(np.int64)


def minimum_fleet(
    trips: DayTrips,
    deadhead: I64,
    *,
    max_deadhead_s: int = 1500,
    layover_share: float = LAYOVER_SHARE,
    layover_min_s: int = LAYOVER_MIN_S,
) -> MinimumFleet:
    """Chain trips so that the fewest vehicles run them all (minimum path cover).

    Trip ``j`` may follow ``i`` when ``end_i + layover_i + deadhead(last_i, first_j) <= start_j``. Every chain is one
    vehicle, so the fleet is trips minus links, and most links are a maximum flow (Dilworth's theorem and its
    bipartite form; Ford and Fulkerson). Instead of one arc per pair of trips, every terminal has a time line of
    waiting arcs and an arrival has one arc per terminal, to the first departure it can reach: the same links with
    few arcs (time-space network, Kliewer, Mellouli and Suhl 2006). Trips laid out from a headway keep that layout.

    Parameters
    ----------
    trips
        From :func:`shaar.engine.fleet.service.day_trips`.
    deadhead
        Seconds of an empty run between any two stops of the timetable, shape (n_stops, n_stops); zero diagonal.
    max_deadhead_s
        Longest empty run allowed. A small limit can only raise the figure.

    Raises
    ------
    InputError
        A deadhead is negative or the matrix does not hold the trips' stops.
    """
    n = trips.n
    if not n:
        return MinimumFleet(0, 0, 0)
    top = int(max(trips.first_stop.max(), trips.last_stop.max()))
    if deadhead.ndim != 2 or min(deadhead.shape) <= top:
        raise InputError(f"the empty-run matrix is {deadhead.shape}, the trips need {top + 1} stops", field="deadhead")
    if (deadhead < 0).any():
        raise InputError("an empty run takes negative time", field="deadhead")
    ready = trips.end + layover(trips.end - trips.start, layover_share, layover_min_s)
    # Nodes: arrivals 0..n-1, time-line departures n..2n-1, departures 2n..3n-1, source 3n, sink 3n+1.
    tails, heads, capacity = [], [], []

    def add(tail: I64, head: I64, most: int) -> None:
        tails.append(tail)
        heads.append(head)
        capacity.append(np.full(len(tail), most, dtype=np.int32))

    every = np.arange(n, dtype=np.int64)
    add(np.full(n, 3 * n), every, 1)
    add(n + every, 2 * n + every, 1)
    add(2 * n + every, np.full(n, 3 * n + 1), 1)
    for terminal in np.unique(trips.first_stop):
        line = np.flatnonzero(trips.first_stop == terminal)  # trips are sorted by departure, so the line is too
        add(n + line[:-1], n + line[1:], n)
        empty = deadhead[trips.last_stop, terminal]
        place = np.searchsorted(trips.start[line], ready + empty)
        can = np.flatnonzero((empty <= max_deadhead_s) & (place < len(line)))
        add(can, n + line[place[can]], 1)
    size = 3 * n + 2
    graph = coo_array(
        (np.concatenate(capacity), (np.concatenate(tails), np.concatenate(heads))), shape=(size, size)
    ).tocsr()
    links = int(maximum_flow(graph, 3 * n, 3 * n + 1).flow_value)
    return MinimumFleet(vehicles=n - links, at_once=at_once(trips.start, ready), trips=n)
