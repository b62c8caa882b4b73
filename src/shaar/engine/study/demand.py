"""How many people would ride between any two zones on a day: trip ends, gravity, both directions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shaar.engine.city.model import City
from shaar.engine.demand.gravity import Distribution, calibrate, gravity
from shaar.engine.demand.parameters import Parameters, load_parameters
from shaar.engine.demand.trip_ends import TripEnds, trip_ends
from shaar.engine.errors import InputError
from shaar.engine.progress import Progress, silent
from shaar.engine.routing.street_times import street_minutes

F64 = npt.NDArray[np.float64]
#: Zone column -> the parameter that weighs it.
_WEIGHTS = {
    "jobs": "weight_job",
    "schools": "weight_school",
    "clinics": "weight_clinic",
    "shops": "weight_shop",
    "population": "weight_resident",
}


@dataclass(frozen=True, slots=True)
class CityDemand:
    """Modelled public-transport demand of a city.

    Parameters
    ----------
    daily
        Trips a day from zone to zone, shape (z, z), zero diagonal, symmetric: everybody comes home again.
    outward
        Trips a day between home (row) and activity (column), both ways together, shape (z, z): the direction of the
        morning.
    ends
        Productions and attractions the matrix was balanced to.
    distribution
        Beta, mean minutes and convergence of the gravity model.
    bridged
        Ordered pairs of zones that the street network does not join, given straight-line times.
    """

    daily: F64
    outward: F64
    ends: TripEnds
    distribution: Distribution
    bridged: int


def city_demand(
    city: City, *, parameters: Parameters | Mapping[str, float] | None = None, progress: Progress = silent
) -> F64:
    """Model the daily public-transport trips between zones.

    Parameters
    ----------
    city
        Read from its folder; rows follow ``city.zones``.
    parameters
        A whole table, or single values replacing those of ``data/parameters/demand.csv``; None takes that table.

    Returns
    -------
    array, shape (z, z)
        Trips a day, zero diagonal, symmetric (see :class:`CityDemand`).

    Raises
    ------
    InputError
        The city has no zones, a number in them is missing or negative, or nothing in it attracts trips.
    """
    return model_demand(city, parameters=parameters, progress=progress).daily


def model_demand(
    city: City,
    *,
    parameters: Parameters | Mapping[str, float] | None = None,
    minutes: npt.NDArray[np.floating] | None = None,
    progress: Progress = silent,
) -> CityDemand:
    """Model demand and keep what it was made of; see :func:`city_demand`.

    Parameters
    ----------
    minutes
        Impedance between zones, shape (z, z), ``inf`` where the streets do not join; None asks the street router for
        car times on the free network.
    """
    p = demand_parameters(parameters)
    zones = city.zones
    if not zones.height:
        raise InputError("the city has no zones, so nobody travels", file=city.path, field="zones")
    amounts = {
        name: zones[name].fill_null(0.0).to_numpy().astype(np.float64) for name in _WEIGHTS if name in zones.columns
    }
    ends = trip_ends(
        amounts["population"], p["trips_per_resident"], amounts, {k: p[v] for k, v in _WEIGHTS.items() if k in amounts}
    )
    if minutes is None:
        minutes = street_minutes(city, mode="car", progress=progress)
    times, bridged = _complete(np.asarray(minutes, dtype=np.float64), city, p)
    progress("trip distribution", 0, 1)
    distribution = _distribute(ends, times, p)
    outward = distribution.matrix.copy()
    np.fill_diagonal(outward, 0.0)
    progress("trip distribution", 1, 1)
    return CityDemand(
        daily=(outward + outward.T) / 2, outward=outward, ends=ends, distribution=distribution, bridged=bridged
    )


def demand_parameters(parameters: Parameters | Mapping[str, float] | None = None) -> Parameters:
    """Return the demand parameters: a whole table as it is, or the shipped one with single values replaced."""
    if isinstance(parameters, Parameters):
        return parameters
    return load_parameters("demand.csv").with_values(parameters or {})


def _distribute(ends: TripEnds, times: F64, p: Parameters) -> Distribution:
    """Balance without trips inside a zone, which are walked, unless one zone is so large that it must keep some."""
    total = float(ends.productions.sum())
    target_times = times.copy()
    largest = float((ends.productions + ends.attractions).max())
    if largest < total * (1 - 1e-6):
        np.fill_diagonal(target_times, np.inf)
    free = gravity(ends.productions, ends.attractions, target_times, 0.0, power=p["deterrence_power"])
    if free.mean_minutes <= 0:
        return free
    target = min(p["mean_minutes"], p["mean_ratio"] * free.mean_minutes)
    return calibrate(ends.productions, ends.attractions, target_times, target, power=p["deterrence_power"])


def _complete(minutes: F64, city: City, p: Parameters) -> tuple[F64, int]:
    """Fill pairs that the streets do not join with straight-line times, a missing diagonal with half the nearest."""
    z = city.zones.height
    if minutes.shape != (z, z):
        raise InputError(f"travel times have shape {minutes.shape}, the city has {z} zones", field="minutes")
    times = minutes.copy()
    gap = ~np.isfinite(times)
    np.fill_diagonal(gap, False)
    if gap.any():
        km = _straight_km(city.zones["lon"].to_numpy(), city.zones["lat"].to_numpy())
        times[gap] = (km * p["gap_detour"] / p["gap_speed"] * 60.0)[gap]
    inside = np.diagonal(minutes).copy()
    if not np.isfinite(inside).all():
        np.fill_diagonal(times, np.inf)
        nearest = np.where(np.isfinite(times.min(axis=1)), times.min(axis=1) / 2, 0.0)
        inside = np.where(np.isfinite(inside), inside, nearest)
    np.fill_diagonal(times, inside)
    return times, int(gap.sum())


def _straight_km(lon: F64, lat: F64) -> F64:
    """Great-circle distances (haversine, mean radius 6371.0088 km), shape (z, z)."""
    x, y = np.radians(lon), np.radians(lat)
    h = (
        np.sin((y[:, None] - y[None, :]) / 2) ** 2
        + np.cos(y)[:, None] * np.cos(y)[None, :] * np.sin((x[:, None] - x[None, :]) / 2) ** 2
    )
    return 2 * 6371.0088 * np.arcsin(np.sqrt(np.clip(h, 0.0, 1.0)))
