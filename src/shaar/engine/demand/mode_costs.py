"""Generalised cost: minutes in the vehicle, walking, waiting, changing, a parking place, and money, as one number."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from shaar.engine.demand.parameters import Parameters, load_parameters
from shaar.engine.errors import InputError

F64 = npt.NDArray[np.float64]
#: Parts of a journey -> unit. Money is in the currency of the city, per person and journey.
PARTS = {
    "in_vehicle": "min",
    "walk": "min",
    "wait": "min",
    "transfers": "changes",
    "active": "min",
    "search": "min",
    "fare": "money",
    "parking": "money",
    "running": "money",
}
#: What a journey by one mode is made of: part -> number, shape (...); absent parts are zero.
Parts = Mapping[str, F64 | float]


def mode_parameters(parameters: Parameters | Mapping[str, float] | None = None) -> Parameters:
    """Return the table of mode choice: a whole one as it is, or the shipped one with single values replaced."""
    return (
        parameters
        if isinstance(parameters, Parameters)
        else load_parameters("mode_choice.csv").with_values(parameters or {})
    )


def part_weights(parameters: Parameters, group: str) -> dict[str, float]:
    """Return generalised minutes per unit of each part for a group of persons.

    A minute of a group is worth ``vot_<group> income_hour / 60``; money is divided by it.

    Raises
    ------
    InputError
        The group has no value of time, or it is not positive.
    """
    name = f"vot_{group}"
    if name not in parameters:
        raise InputError("the group has no value of time in the table of mode choice", field=name)
    minute = parameters[name] * parameters["income_hour"] / 60.0
    if minute <= 0:
        raise InputError("the value of time must be positive", field=name)
    weights = {k: 1.0 / minute for k, unit in PARTS.items() if unit == "money"}
    return weights | {
        "in_vehicle": 1.0,
        "walk": parameters["weight_walk"],
        "wait": parameters["weight_wait"],
        "transfers": parameters["transfer_minutes"],
        "active": parameters["weight_active"],
        "search": parameters["weight_search"],
    }


def generalised_minutes(parts: Parts, weights: Mapping[str, float]) -> F64:
    """Add up a journey: ``sum of weight x amount`` over its parts, generalised minutes, shape (...).

    Raises
    ------
    InputError
        A part is unknown, negative or not a number; ``inf`` means that the journey cannot be made.
    """
    total: F64 = np.zeros(())
    for name, amount in parts.items():
        if name not in PARTS:
            raise InputError(f"a journey has no such part; known are {', '.join(PARTS)}", field=name)
        values = np.asarray(amount, dtype=np.float64)
        if not (values >= 0).all():
            raise InputError("a number is negative or missing", field=name)
        # Nought times infinity is not a number, but what cannot be done cannot be done at any weight.
        total = total + (weights[name] * values if weights[name] > 0 else np.where(np.isinf(values), np.inf, 0.0))
    return total


def car_parts(
    minutes: F64,
    km: F64,
    parameters: Parameters,
    *,
    walk: F64 | float = 0.0,
    search: F64 | float = 0.0,
    parking: F64 | float = 0.0,
) -> dict[str, F64 | float]:
    """Return the parts of a journey by car; running and parking cost is shared by those in it.

    Parameters
    ----------
    minutes, km
        Drive, shape (z, z).
    walk, search
        Minutes between the car and the doors, and minutes of looking for a place; broadcast over destinations.
    parking
        Money paid per parking.
    """
    each = 1.0 / parameters["car_occupancy"]
    return {
        "in_vehicle": minutes,
        "walk": walk,
        "search": search,
        "running": np.where(np.isfinite(km), km, 0.0) * parameters["running_cost"] * each,
        "parking": np.asarray(parking, dtype=np.float64) * each,
    }


def taxi_parts(minutes: F64, km: F64, parameters: Parameters) -> dict[str, F64 | float]:
    """Return the parts of a journey by taxi; the fare is shared by those in it."""
    fare = parameters["taxi_start"] + np.where(np.isfinite(km), km, 0.0) * parameters["taxi_km"]
    return {"in_vehicle": minutes, "wait": parameters["taxi_wait"], "fare": fare / parameters["taxi_occupancy"]}


def active_parts(minutes: F64, limit: float) -> dict[str, F64 | float]:
    """Return the parts of a journey on foot or by bicycle; longer ones than the limit (min) are not made."""
    return {"active": np.where(minutes <= limit, minutes, np.inf)}
