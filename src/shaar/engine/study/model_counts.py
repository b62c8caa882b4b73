"""Counts of the city folder beside the model's flows on the same links in the same hour."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

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


def counted_links(model: CityModel) -> Counted | None:
    """Read ``counts.csv`` of the city folder; None where there is none, or none of vehicles in the morning.

    Counts for the whole morning peak are brought to its busiest hour by ``peak_hour_share``.

    Raises
    ------
    InputError
        The file cannot be read; the sentence names row and column.
    """
    file = model.city.path / "counts.csv"
    if not file.exists():
        return None
    periods = read_periods(model.tables["periods"])
    hours = dict(zip(periods.names, map(float, periods.hours), strict=True))
    counts = mean_counts(read_counts(file, hours, links=model.city.links.height))
    roads = {"forward": model.roads.forward, "backward": model.roads.backward}
    stations, links, modelled, counted = [], [], [], []
    for (place, _route, direction, period, what, station), (value, _times) in counts.items():
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
