"""Counts of the city folder beside the model's flows on the same links in the same hour."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shaar.engine.assignment.graph import BOARD
from shaar.engine.demand.counts import mean_counts, read_counts
from shaar.engine.demand.periods import read_periods
from shaar.engine.study.model_demand import PEAK
from shaar.engine.study.model_results import CityModel

F64 = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Counted:
    """Vehicles in the busiest hour of the morning on counted links, modelled and counted, shape (n,).

    ``links``: those of the street network that make each count, one for each direction counted.
    """

    stations: tuple[str, ...]
    links: tuple[tuple[int, ...], ...]
    modelled: F64
    counted: F64


@dataclass(frozen=True, slots=True)
class Boarded:
    """Boardings in the busiest hour of the morning where they were counted, modelled and counted, shape (n,)."""

    stations: tuple[str, ...]
    modelled: F64
    counted: F64


def counted_boardings(model: CityModel) -> Boarded | None:
    """Read boardings of ``counts.csv``, at a stop, on a line or of a line at a stop; None without any in the morning.

    A line or stop that does not run in the morning of the timetable has no modelled boardings: it counts as nought.

    Raises
    ------
    InputError
        The file cannot be read; the sentence names row and column.
    """
    transit = model.transit
    if transit is None:
        return None
    graph, lines = transit.lines.graph, transit.lines
    board = np.flatnonzero(graph.kind == BOARD)
    on = transit.loads.loading.links[board]
    line = graph.line[board]
    stop = np.array([lines.calls[k][p] for k, p in zip(graph.way[board], graph.position[board], strict=True)], np.int64)
    stops = np.array(transit.stops)[stop] if len(stop) else np.zeros(0, str)
    routes = np.array(transit.routes)[lines.route[line]]
    stations, modelled, counted = [], [], []
    for (place, route, direction, period, what, station), value in _counts(model).items():
        kind, _colon, name = place.partition(":")
        if kind != "stop" or what != "boardings" or period != PEAK:
            continue
        here = np.ones(len(on), bool)
        if name:
            here &= stops == name
        if route:
            here &= routes == route
        if direction in ("0", "1"):
            here &= lines.direction[line] == int(direction)
        stations.append(station)
        modelled.append(float(on[here].sum()))
        counted.append(value * model.tables["model"]["peak_hour_share"])
    return Boarded(tuple(stations), np.array(modelled), np.array(counted)) if stations else None


def _counts(model: CityModel) -> dict[tuple[str, str, str, str, str, str], float]:
    """Mean counts of the city folder by place, line, direction, period, thing and station; none without a file."""
    file = model.city.path / "counts.csv"
    if not file.exists():
        return {}
    periods = read_periods(model.tables["periods"])
    hours = dict(zip(periods.names, map(float, periods.hours), strict=True))
    found = mean_counts(read_counts(file, hours, links=model.city.links.height))
    return {key: value for key, (value, _times) in found.items()}


def counted_links(model: CityModel) -> Counted | None:
    """Read ``counts.csv`` of the city folder; None where there is none, or none of vehicles in the morning.

    Counts for the whole morning peak are brought to its busiest hour by ``peak_hour_share``.

    Raises
    ------
    InputError
        The file cannot be read; the sentence names row and column.
    """
    counts = _counts(model)
    roads = {"forward": model.roads.forward, "backward": model.roads.backward}
    stations, links, modelled, counted = [], [], [], []
    for (place, _route, direction, period, what, station), value in counts.items():
        kind, _colon, name = place.partition(":")
        if kind != "link" or what != "vehicles" or period != PEAK:
            continue
        ways = ("forward", "backward") if direction == "both" else (direction,)
        stations.append(station)
        on = tuple(int(roads[w][int(name)]) for w in ways if roads[w][int(name)] >= 0)
        links.append(on)
        modelled.append(float(model.flows.flow[list(on)].sum()))
        counted.append(value * model.tables["model"]["peak_hour_share"])
    if not stations:
        return None
    return Counted(tuple(stations), tuple(links), np.array(modelled), np.array(counted))
