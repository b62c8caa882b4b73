"""Public transport of one part of the day as lines with frequencies: what journeys cost, and what lines carry."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shaar.engine.assignment.crowding import Crowded, assign_crowded
from shaar.engine.assignment.graph import BOARD, RIDE, TRANSFER, WALK, TransitGraph, line_graph
from shaar.engine.assignment.skims import Skims, skim_strategies
from shaar.engine.assignment.strategies import Loading, assign_strategies
from shaar.engine.errors import InputError
from shaar.engine.routing.raptor import travel_times
from shaar.engine.study.baseline_walks import Walks
from shaar.engine.timetable.arrays import DayTimetable

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]
#: Wait over headway of vehicles that come evenly.
EVEN = 0.5


@dataclass(frozen=True, slots=True)
class Weights:
    """How much a minute counts beside one in the vehicle, and what a change costs beside its walk and wait, minutes."""

    walk: float = 2.0
    wait: float = 2.0
    transfer: float = 8.0


@dataclass(frozen=True, slots=True)
class PeakLines:
    """The patterns of a timetable that run in a span, as the lines of a transit graph.

    Parameters
    ----------
    graph
        Minutes as they are, without weights; every pattern is a line of its own.
    pattern
        Pattern of the timetable of each line, shape (l,).
    route
        Route of each line (index of the timetable), shape (l,).
    hourly
        Vehicles an hour of each line, shape (l,).
    calls
        Stops of each line in order (numbers of the timetable).
    direction
        GTFS direction of each line, shape (l,).
    """

    graph: TransitGraph
    pattern: I64
    route: I64
    hourly: F64
    calls: tuple[I64, ...]
    direction: I64


@dataclass(frozen=True, slots=True)
class BusCosts:
    """An expected journey by public transport between zones, shape (z, z): minutes, and changes; inf where none."""

    ride: F64
    walk: F64
    wait: F64
    transfers: F64

    @property
    def minutes(self) -> F64:
        """Door to door."""
        return self.ride + self.walk + self.wait


def peak_lines(day: DayTimetable, on_foot: Walks, window: tuple[int, int]) -> PeakLines:
    """Take the lines of a span of the day: their departures an hour, and mean run times.

    A trip belongs to the span in which its middle lies, so that long lines are not counted twice or lost.

    Raises
    ------
    InputError
        Nothing runs in the span.
    """
    ways, minutes, pattern, hourly = [], [], [], []
    hours = (window[1] - window[0]) / 3600.0
    for p in range(day.n_patterns):
        found = _in_span(day, p, window)
        if found is None:
            continue
        departures, legs = found
        ways.append(day.pattern_stops[day.stop_ptr[p] : day.stop_ptr[p + 1]])
        minutes.append(legs)
        pattern.append(p)
        hourly.append(departures / hours)
    if not ways:
        raise InputError("nothing runs in this part of the day", file="gtfs.zip", field="window")
    access, change = on_foot.access, on_foot.transfers
    rows = np.repeat(np.arange(change.n), np.diff(change.ptr))
    graph = line_graph(
        day.n_stops, ways, minutes, np.arange(len(ways)), 60.0 / np.array(hourly),
        access=(access.ptr, access.to, access.seconds / 60.0), walks=(rows, change.to, change.seconds / 60.0),
    )  # fmt: skip
    of = np.array(pattern, np.int64)
    calls = tuple(np.asarray(way, np.int64) for way in ways)
    route, direction = (x[of].astype(np.int64) for x in (day.pattern_route, day.pattern_direction))
    return PeakLines(graph, of, route, np.array(hourly), calls, direction)


def bus_costs(lines: PeakLines, weights: Weights, *, felt: F64 | None = None) -> BusCosts:
    """Take apart the journeys by the strategies that are best when walking, waiting and changing count as they do.

    ``felt``: minutes of links as they feel in full vehicles, shape (m,); riding is then counted as it feels.
    """
    graph = lines.graph if felt is None else lines.graph.with_costs(felt)
    parts = {
        "ride": np.where(graph.kind == RIDE, graph.cost, 0.0),
        "walk": np.where((graph.kind == WALK) | (graph.kind == TRANSFER), graph.cost, 0.0),
        "boardings": np.where(graph.kind == BOARD, 1.0, 0.0),
    }
    found: Skims = skim_strategies(weighted(graph, weights), parts, wait=EVEN * weights.wait)
    none = ~np.isfinite(found.minutes)

    def part(name: str, less: float = 0.0, times: float = 1.0) -> F64:
        values = np.where(none, np.inf, np.maximum(np.nan_to_num(found.parts[name]) - less, 0.0) * times)
        np.fill_diagonal(values, np.inf)  # nobody takes a line within a zone
        return values

    return BusCosts(part("ride"), part("walk"), part("wait", times=1.0 / weights.wait), part("boardings", less=1.0))


def against_router(
    lines: PeakLines, day: DayTimetable, on_foot: Walks, window: tuple[int, int], weights: Weights
) -> tuple[float, float]:
    """Compare minutes door to door with the timetable router's: median difference over pairs of zones, and its median.

    Strategies know frequencies and take what comes; the router knows the clock times and misses nothing. Pairs that are
    quicker on foot, or that one of them does not join, are left out.
    """
    mine = bus_costs(lines, weights).minutes
    found = travel_times(day, on_foot.access, on_foot.transfers, on_foot.egress, on_foot.direct, window=window)
    theirs = found.minutes[0].astype(np.float64)
    both = np.isfinite(mine) & np.isfinite(theirs) & (found.walked < 0.5)
    if not both.any():
        return float("nan"), float("nan")
    return float(np.median((mine - theirs)[both])), float(np.median(theirs[both]))


def load_lines(
    lines: PeakLines, trips: F64, weights: Weights, seats: F64, places: F64, *, gap: float = 1e-3, most: int = 60,
    start: Loading | None = None,
) -> Crowded:  # fmt: skip
    """Send the trips of an hour to the lines, by crowding, to a gap; matrices shape (z, z), seats and places (l,).

    ``start``: loads of exactly these trips to begin with, as :func:`moved` gives them.
    """
    graph = weighted(lines.graph, weights)
    wait = EVEN * weights.wait
    return assign_crowded(
        graph, trips, seats, places, wait=wait, gap=gap, most=most, step="search", start=start
    )  # fmt: skip


def moved(lines: PeakLines, loads: Crowded, before: F64, wanted: F64, now: F64, weights: Weights) -> Loading | None:
    """Move loads as far as trips moved from ``before`` towards ``wanted``: then they are loads of the trips ``now``.

    The trips wanted take the strategies that are best in the vehicles as full as they are. None where the trips did not
    move on that line.
    """
    way = wanted - before
    length = float((way * way).sum())
    share = float(((now - before) * way).sum()) / length if length > 0 else 0.0
    if not 0.0 <= share <= 1.0 or np.abs(before + share * way - now).sum() > 1e-9 * max(float(now.sum()), 1.0):
        return None
    felt = lines.graph.cost * loads.multiplier
    graph = weighted(lines.graph.with_costs(felt), weights)
    there = assign_strategies(graph, wanted, wait=EVEN * weights.wait)
    old = loads.loading
    return Loading(
        there.minutes, old.links + share * (there.links - old.links),
        old.waiting + share * (there.waiting - old.waiting), there.slope,
    )  # fmt: skip


def weighted(graph: TransitGraph, weights: Weights) -> TransitGraph:
    """Count walking and changing as people do; waiting is weighed where strategies are found."""
    cost = graph.cost.copy()
    on_foot = (graph.kind == WALK) | (graph.kind == TRANSFER)
    cost[on_foot] *= weights.walk
    cost[graph.kind == TRANSFER] += weights.transfer
    return graph.with_costs(cost)


def _in_span(day: DayTimetable, p: int, window: tuple[int, int]) -> tuple[float, F64] | None:
    """Departures in the span and mean minutes from stop to stop (dwelling is in the leg after it); None: none."""
    stops = int(day.stop_ptr[p + 1] - day.stop_ptr[p])
    if stops < 2:
        return None
    at, rows = int(day.time_ptr[p]), int(day.n_trips[p])
    arrival = day.arrival[at : at + rows * stops].reshape(rows, stops).astype(np.int64)
    departure = day.departure[at : at + rows * stops].reshape(rows, stops).astype(np.int64)
    first, last = int(day.span_ptr[p]), int(day.span_ptr[p + 1])
    half = (arrival[:, -1] - departure[:, 0]) / 2
    if first == last:
        middle = departure[:, 0] + half
        weight = ((middle >= window[0]) & (middle < window[1])).astype(np.float64)
    else:
        start, end = day.span_start[first:last] + half, day.span_end[first:last] + half
        shared = np.minimum(end, window[1]) - np.maximum(start, window[0])
        weight = np.maximum(shared, 0.0) / day.span_headway[first:last]
    if weight.sum() <= 0:
        return None
    begins = np.concatenate([departure[:, :1], arrival[:, 1:-1]], axis=1)
    legs = (arrival[:, 1:] - begins).astype(np.float64)
    return float(weight.sum()), np.maximum(weight @ legs / weight.sum(), 0.0) / 60.0
