"""Capacity against the people who can reach it: two-step floating catchment areas."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shaar.engine.access.deterrence import Deterrence, weights

F64 = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Catchment:
    """What a floating catchment says.

    Parameters
    ----------
    access
        float64[z]: capacity per person that the people of a zone can count on.
    ratio
        float64[f]: capacity per (weighted) person within reach of each place, nan where nobody reaches it.
    people
        float64[f]: weighted people within reach of each place.
    """

    access: F64
    ratio: F64
    people: F64


def floating_catchment(
    minutes: npt.ArrayLike, people: npt.ArrayLike, capacity: npt.ArrayLike, deterrence: Deterrence
) -> Catchment:
    """Two-step floating catchment area: A_i = sum_j w_ij R_j with R_j = S_j / sum_k w_kj P_k.

    With ``cumulative`` weights this is 2SFCA (Luo and Wang 2003, Environment and Planning B 30(6)), with time bands the
    enhanced one (Luo and Qi 2009, Health and Place 15(4)), with ``gaussian`` that of Dai (2010). What is handed out
    equals what is there: sum_i P_i A_i is the capacity of all places that somebody reaches.

    Parameters
    ----------
    minutes
        Shape (z, f): from zones to places, nan or inf where unreachable.
    people
        Shape (z,): persons who need the service.
    capacity
        Shape (f,): doctors, pupils' places, or 1 each.
    deterrence
        Weight of a travel time.

    Raises
    ------
    ValueError
        Shapes do not fit, or a number is negative or missing.
    """
    t, p, s = np.asarray(minutes), np.asarray(people, np.float64), np.asarray(capacity, np.float64)
    if t.ndim != 2 or t.shape != (len(p), len(s)):
        raise ValueError("minutes must have a row for each zone and a column for each place")
    if not (np.isfinite(p).all() and np.isfinite(s).all() and (p >= 0).all() and (s >= 0).all()):
        raise ValueError("people and capacity must be numbers that are not negative")
    w = weights(t, deterrence)
    reach = p @ w
    ratio = np.divide(s, reach, out=np.full(len(s), np.nan), where=reach > 0)
    return Catchment(access=w @ np.nan_to_num(ratio, nan=0.0), ratio=ratio, people=reach)
