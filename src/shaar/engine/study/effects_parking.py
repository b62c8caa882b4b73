"""What a change of parking does to the search for a place."""

from __future__ import annotations

import numpy as np

from shaar.engine.demand.parameters import load_parameters
from shaar.engine.measures.effects import Effect
from shaar.engine.measures.parking import parking_lots
from shaar.engine.measures.state import State
from shaar.engine.study.effects_figures import missing, ranged
from shaar.engine.study.parking import parking, supply

SOURCE = "parking.csv"


def parking_effects(before: State, after: State) -> list[Effect]:
    """Mean minutes of search over all cars that arrive in a day; the range is over how many cars there are.

    Arrivals stay as they are: nobody leaves the car at home because of a price or for want of a place.
    """
    p = load_parameters("parking.csv")
    if f"value_of_time.{before.city.meta.currency}" not in p:
        return [missing("parking.search", "no_parking")]
    row = p.row("cars_per_resident")
    found = []
    for cars in (row.value, row.low, row.high):
        table = p if cars == row.value else p.with_values({"cars_per_resident": cars})
        lots, _ = supply(before.city, table)
        found.append(
            [
                _minutes(parking(s.city, lots_=parking_lots(s.city, lots, s.levers), parameters=table))
                for s in (before, after)
            ]
        )
    more = [b - a for a, b in found[1:]]
    return [ranged("parking.search", [found[0][0]], [found[0][1]], more=more, source=SOURCE)]


def _minutes(study: object) -> float:
    day = study.day  # type: ignore[attr-defined]
    stays = day.stays
    visiting = [k for k, n in enumerate(stays.names) if n not in ("overnight", "home")]
    arrivals = stays.arrivals[:, visiting, :].sum(axis=1)
    known = np.isfinite(day.search)
    return float((np.where(known, day.search, 0.0) * arrivals)[known].sum() / max(float(arrivals[known].sum()), 1e-9))
