"""Trip ends: how many public-transport trips a day begin (productions) and end (attractions) in each zone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shaar.engine.errors import InputError

F64 = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class TripEnds:
    """Productions and attractions, trips a day, shape (z,); both sum to the same total."""

    productions: F64
    attractions: F64


def trip_ends(residents: F64, rate: float, opportunities: Mapping[str, F64], weights: Mapping[str, float]) -> TripEnds:
    """Compute trip ends from residents and weighted opportunities.

    ``P_i = rate * residents_i`` and ``A_j = sum_k w_k x_jk``, scaled so that both sum to the same total: how many
    trips there are is said by the people, how they divide over the city by what is there.

    Parameters
    ----------
    residents
        Persons by zone, shape (z,).
    rate
        Public-transport trips per resident per day (both directions counted).
    opportunities
        Name -> number by zone, shape (z,).
    weights
        Name -> trip ends per unit, on any common scale; the names are those of ``opportunities``.

    Raises
    ------
    InputError
        A number is negative or not finite, or nothing in the city attracts a trip while people live there.
    """
    if not (np.isfinite(rate) and rate >= 0):
        raise InputError("the trip rate is negative or not a number", field="trips_per_resident")
    _check("population", residents)
    attraction = np.zeros(len(residents))
    for name, amount in opportunities.items():
        _check(name, amount)
        weight = float(weights[name])
        if not (np.isfinite(weight) and weight >= 0):
            raise InputError("the weight is negative or not a number", field=name)
        attraction += weight * amount
    productions = rate * np.asarray(residents, dtype=np.float64)
    total, drawn = float(productions.sum()), float(attraction.sum())
    if total > 0 and drawn <= 0:
        raise InputError(
            "no zone has jobs, schools, clinics or shops, so trips have nowhere to go", field=", ".join(opportunities)
        )
    return TripEnds(productions, attraction * (total / drawn) if drawn > 0 else np.zeros(len(residents)))


def _check(name: str, amount: F64) -> None:
    bad = np.flatnonzero(~(np.isfinite(amount) & (amount >= 0)))
    if len(bad):
        raise InputError("the number is negative or missing", file="zones", row=int(bad[0]) + 2, field=name)
