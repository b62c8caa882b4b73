"""How many people live within a street distance of a served stop."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

F64 = npt.NDArray[np.float64]


def people_within(near: npt.ArrayLike, population: npt.ArrayLike) -> F64:
    """People of each zone who live within a distance of a served stop: C_i = P_i n_i.

    Parameters
    ----------
    near
        Shape (z,): share of the zone's dwellings (or of the length of its streets) within the distance, 0 to 1; a
        bool array says that all or nobody of a zone lives so near.
    population
        Shape (z,), persons.

    Returns
    -------
    float64[z]
        Persons. The usual distances are 400 m for buses and 800 m for rapid transit (TCRP Report 165, Transit
        Capacity and Quality of Service Manual, 3rd ed.), along the streets rather than as the crow flies.

    Raises
    ------
    ValueError
        A share is outside 0 to 1.
    """
    n, p = np.asarray(near, np.float64), np.asarray(population, np.float64)
    if ((n < 0) | (n > 1 + 1e-9)).any():
        raise ValueError("a share of people is outside 0 to 1")
    return np.nan_to_num(n, nan=0.0) * p
