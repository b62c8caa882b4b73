"""Who gets on where on a working day: the trips of its five periods sent to the lines by their frequencies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shaar.engine.assignment.graph import BOARD
from shaar.engine.assignment.strategies import assign_strategies
from shaar.engine.design.headways_task import SERVICE_DAY
from shaar.engine.errors import InputError
from shaar.engine.progress import Progress, silent
from shaar.engine.study.baseline_walks import Walks
from shaar.engine.study.model_transit import EVEN, Weights, peak_lines, weighted
from shaar.engine.study.timetable_loads import FIRST_PERIOD, NOON, TURN
from shaar.engine.timetable.arrays import DayTimetable

F64 = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Period:
    """A period of the working day: name, seconds after midnight, and persons who set out in it, float64[z, z]."""

    name: str
    start: int
    end: int
    trips: F64


def periods_of(daily: F64, outward: F64 | None) -> tuple[Period, ...]:
    """Spread the trips of a day over the periods of ``SERVICE_DAY``.

    Before 10:00 people go from home to their activity, from 16:00 home again, between as many each way; where the
    direction is not known (``outward`` None) trips go as in ``daily`` all day.
    """
    out, start = [], FIRST_PERIOD
    for period in SERVICE_DAY:
        end = start + period.hours
        if outward is None:
            matrix = daily
        elif end <= NOON:
            matrix = outward
        else:
            matrix = np.ascontiguousarray(outward.T) if start >= TURN else daily
        out.append(Period(period.name, round(start * 3600), round(end * 3600), matrix * period.share))
        start = end
    return tuple(out)


def boardings(
    day: DayTimetable, on_foot: Walks, periods: tuple[Period, ...], *, progress: Progress = silent
) -> dict[str, float]:
    """Persons who board each line (route_id) on the day, by optimal strategies without crowding."""
    out: dict[str, float] = {}
    weights = Weights()
    walk = _dense(on_foot) * weights.walk
    for k, period in enumerate(periods):
        progress("boardings", k, len(periods))
        try:
            lines = peak_lines(day, on_foot, (period.start, period.end))
        except InputError:  # nothing runs in this period
            continue
        graph = weighted(lines.graph, weights)
        load = assign_strategies(graph, period.trips, direct=walk, wait=EVEN * weights.wait)
        board = graph.kind == BOARD
        by_line = np.bincount(graph.line[board], load.links[board], minlength=len(lines.route))
        for route, persons in zip(lines.route, by_line, strict=True):
            name = day.route_ids[int(route)]
            out[name] = out.get(name, 0.0) + float(persons)
    progress("boardings", len(periods), len(periods))
    return out


def _dense(on_foot: Walks) -> F64:
    """Minutes on foot between zones, inf beyond the limit."""
    w = on_foot.direct
    out = np.full((w.n, w.n_to), np.inf)
    out[np.repeat(np.arange(w.n), np.diff(w.ptr)), w.to] = w.seconds / 60.0
    return out


def headways(day: DayTimetable, first: int, last: int) -> Mapping[str, float]:
    """Mean minutes between departures of each line in its busier direction from ``first`` to before ``last``."""
    from shaar.engine.fleet.service import day_trips

    trips = day_trips(day)
    inside = (trips.start >= first) & (trips.start < last)
    direction = day.pattern_direction[trips.pattern]
    out = {}
    for r in np.unique(trips.route[inside]):
        mine = inside & (trips.route == r)
        most = max(int((mine & (direction == d)).sum()) for d in np.unique(direction[mine]))
        out[day.route_ids[int(r)]] = (last - first) / 60.0 / most
    return out
