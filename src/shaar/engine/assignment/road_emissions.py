"""Emissions of road traffic by link: kilometres of each class times grams a kilometre at the link's speed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shaar.engine.assignment.road_equilibrium import RoadFlows
from shaar.engine.errors import InputError

F64 = npt.NDArray[np.float64]
#: Grams a kilometre by speed (km/h): a function of an array, or a table of speeds and grams that is interpolated.
Factor = Callable[[F64], F64] | tuple[npt.ArrayLike, npt.ArrayLike]


@dataclass(frozen=True, slots=True)
class RoadEmissions:
    """What traffic emits in the period of the assignment.

    Parameters
    ----------
    grams
        By class and pollutant, on each link, shape (m,).
    kg
        Sum by class and pollutant.
    km, speed
        Vehicle-kilometres by class and link, shape (c, m); km/h of each link, shape (m,).
    """

    grams: dict[str, dict[str, F64]]
    kg: dict[str, dict[str, float]]
    km: F64
    speed: F64


def road_emissions(flows: RoadFlows, factors: Mapping[str, Mapping[str, Factor]]) -> RoadEmissions:
    """Emissions of an assignment.

    Parameters
    ----------
    flows
        Its network's lengths have to be kilometres.
    factors
        By name of the class, then by pollutant.

    Raises
    ------
    InputError
        A class is unknown, or a factor gives negative or undefined grams.
    """
    names = [c.name for c in flows.classes]
    net = flows.network
    with np.errstate(divide="ignore", invalid="ignore"):
        speed = np.where(flows.minutes > 0, net.length_km / flows.minutes * 60.0, 0.0)
    km = flows.vehicles * net.length_km
    driven = (km > 0).any(axis=0) & (speed > 0)
    grams: dict[str, dict[str, F64]] = {}
    for name, by_pollutant in factors.items():
        if name not in names:
            raise InputError(f"there is no class of this name; there are {', '.join(names)}", field=name)
        grams[name] = {}
        for pollutant, factor in by_pollutant.items():
            each = np.zeros(net.links)
            if callable(factor):
                each[driven] = factor(speed[driven])
            else:
                each[driven] = np.interp(speed[driven], np.asarray(factor[0], float), np.asarray(factor[1], float))
            if not (np.isfinite(each) & (each >= 0)).all():
                k = int(np.argmin(np.isfinite(each) & (each >= 0)))
                raise InputError(f"{each[k]} g/km at {speed[k]:.1f} km/h is no factor", file=name, field=pollutant)
            grams[name][pollutant] = each * km[names.index(name)]
    kg = {n: {k: float(g.sum()) / 1000.0 for k, g in by.items()} for n, by in grams.items()}
    return RoadEmissions(grams, kg, km, speed)
