"""How many opportunities people reach within a time: the cumulative measure."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

F64 = npt.NDArray[np.float64]


def within(minutes: npt.NDArray[np.float32], opportunities: npt.ArrayLike, threshold: float) -> F64:
    """Opportunities within a time: A_i = sum_j O_j [t_ij <= T] (Hansen 1959 with a rectangular deterrence).

    Parameters
    ----------
    minutes
        float32[z, z] from zone i (row) to zone j, nan or inf where unreachable.
    opportunities
        Shape (z,): jobs, places in schools, ...
    threshold
        T, minutes; a journey of exactly T counts.

    Returns
    -------
    float64[z]
        In the unit of ``opportunities``.
    """
    amount = np.nan_to_num(np.asarray(opportunities, np.float64), nan=0.0)
    out = np.empty(minutes.shape[0])
    block = max(1, int(2e7 // max(1, minutes.shape[1])))  # the mask of a block stays near 20 MB
    for lo in range(0, len(out), block):
        out[lo : lo + block] = (minutes[lo : lo + block] <= threshold) @ amount
    return out


def nearest(minutes: npt.NDArray[np.float32], opportunities: npt.ArrayLike) -> F64:
    """Minutes to the nearest zone that has any of the opportunities, float64[z], nan where none is reachable."""
    has = np.nan_to_num(np.asarray(opportunities, np.float64), nan=0.0) > 0
    if not has.any():
        return np.full(minutes.shape[0], np.nan)
    part = np.where(np.isnan(minutes[:, has]), np.inf, minutes[:, has]).min(axis=1).astype(np.float64)
    return np.where(np.isinf(part), np.nan, part)
