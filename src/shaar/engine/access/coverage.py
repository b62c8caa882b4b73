"""How many people live within a street distance of a served stop."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def people_within(
    stop_metres: npt.ArrayLike, population: npt.ArrayLike, metres: float, groups: npt.ArrayLike | None = None
) -> float:
    """People whose way along the streets to the nearest served stop is at most ``metres`` long.

    C(d) = sum_i P_i [m_i <= d], with m_i the street distance from the point where zone i's people are. People of one
    zone are not told apart, so zones should be small against d.

    Parameters
    ----------
    stop_metres
        Shape (z,), nan where no served stop is within reach.
    population
        Shape (z,), persons.
    metres
        d, usually 400 (bus) or 800 (rapid transit); TCRP Report 165, Transit Capacity and Quality of Service Manual,
        3rd ed., chapter 4.
    groups
        Shape (z,), bool: the zones that count; all when None.

    Returns
    -------
    float
        Persons.
    """
    m, p = np.asarray(stop_metres, np.float64), np.asarray(population, np.float64)
    near = m <= metres
    if groups is not None:
        near = near & np.asarray(groups, bool)
    return float(p[near].sum())
