"""What people reach: the cumulative and the gravity measure, and the minutes to the k-th nearest (dual access)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from shaar.engine.access.deterrence import Deterrence, weights

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


def gravity(minutes: npt.ArrayLike, opportunities: npt.ArrayLike, deterrence: Deterrence) -> F64:
    """Opportunities weighted by how near they are: A_i = sum_j O_j f(t_ij) (Hansen 1959).

    Parameters
    ----------
    minutes
        Shape (z, d), from zones to destinations, nan or inf where unreachable.
    opportunities
        Shape (d,), not negative; missing ones count as none.
    deterrence
        The weight f.

    Returns
    -------
    float64[z]
        In the unit of ``opportunities``: the number that, at no distance at all, would be worth as much.
    """
    t = np.asarray(minutes)
    amount = np.nan_to_num(np.asarray(opportunities, np.float64), nan=0.0)
    out = np.empty(t.shape[0])
    block = max(1, int(4e6 // max(1, t.shape[1])))
    for lo in range(0, len(out), block):
        out[lo : lo + block] = weights(t[lo : lo + block], deterrence) @ amount
    return out


def minutes_to(minutes: npt.ArrayLike, opportunities: npt.ArrayLike, wanted: float = 1.0) -> F64:
    """Minutes within which ``wanted`` opportunities are reached: min {T : sum_j O_j [t_ij <= T] >= k}.

    The dual of the cumulative measure (Cui and Levinson 2020, Primal and dual access, Geographical Analysis 52(3)).
    With places that count 1 each, k = 1 is the nearest and k = 3 the third nearest.

    Parameters
    ----------
    minutes
        Shape (z, d), nan or inf where unreachable.
    opportunities
        Shape (d,).
    wanted
        k, above 0.

    Returns
    -------
    float64[z]
        nan where fewer than k are within reach.
    """
    if not wanted > 0:
        raise ValueError("the number of opportunities wanted must be above 0")
    amount = np.nan_to_num(np.asarray(opportunities, np.float64), nan=0.0)
    has = amount > 0
    t = np.asarray(minutes)[:, has].astype(np.float64)
    if not has.any():
        return np.full(t.shape[0], np.nan)
    t = np.where(np.isfinite(t), t, np.inf)
    order = np.argsort(t, axis=1, kind="stable")
    t = np.take_along_axis(t, order, axis=1)
    total = np.cumsum(amount[has][order], axis=1)
    enough = total >= wanted * (1 - 1e-12)
    first = np.argmax(enough, axis=1)
    out = np.where(enough.any(axis=1), t[np.arange(len(t)), first], np.inf)
    return np.where(np.isinf(out), np.nan, out)
