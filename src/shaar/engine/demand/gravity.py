"""Doubly-constrained gravity model with combined deterrence, calibrated to a mean trip time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shaar.engine.demand.furness import furness
from shaar.engine.errors import InputError

F64 = npt.NDArray[np.float64]
#: Deterrence below exp(-600) would vanish in double precision; trips there are nil in any case.
_MAX_EXPONENT = 600.0


@dataclass(frozen=True, slots=True)
class Distribution:
    """A trip matrix and the deterrence that made it.

    ``matrix`` trips, shape (n, n); ``beta`` per minute; ``mean_minutes`` the trip-weighted mean; ``reached`` is False
    where the mean asked for lies outside what ``beta >= 0`` can give, and the nearest possible was taken.
    """

    matrix: F64
    beta: float
    mean_minutes: float
    reached: bool
    iterations: int
    error: float


def deterrence(minutes: F64, beta: float, power: float = 0.0) -> F64:
    """Combined deterrence ``f(t) = t^power exp(-beta t)``; zero where ``t`` is infinite.

    Each row and column may be multiplied by any factor without changing a doubly-constrained matrix, so minutes are
    counted from the least of the row, then of the column: no cell underflows that matters.

    Parameters
    ----------
    minutes
        Impedance, shape (n, m), non-negative; ``inf`` forbids the pair.
    beta
        Per minute, >= 0.
    power
        Exponent of ``t``; positive values make very short trips rare (they are walked).
    """
    finite = np.isfinite(minutes)
    exponent = np.where(finite, beta * np.where(finite, minutes, 0.0), np.inf)
    if power:
        exponent -= power * np.log(np.maximum(np.where(finite, minutes, 1.0), 1e-3))
    with np.errstate(invalid="ignore"):
        for axis in (1, 0):
            least = exponent.min(axis=axis, keepdims=True)
            exponent = exponent - np.where(np.isfinite(least), least, 0.0)
    return np.where(finite, np.exp(-np.clip(exponent, 0.0, _MAX_EXPONENT)), 0.0)


def gravity(
    productions: F64, attractions: F64, minutes: F64, beta: float, *, power: float = 0.0, tolerance: float = 1e-10
) -> Distribution:
    """Distribute trips: ``T_ij = A_i O_i B_j D_j f(t_ij)`` (Wilson 1967), balanced by Furness.

    Parameters
    ----------
    productions, attractions
        Trip ends, shape (n,), of equal sum; zero rows and columns stay zero.
    minutes
        Impedance, shape (n, n); ``inf`` forbids a pair.
    beta, power
        See :func:`deterrence`.
    tolerance
        Largest relative error of any marginal.

    Raises
    ------
    InputError
        Minutes are negative or not numbers, or the totals cannot be met with the pairs allowed.
    """
    if np.isnan(minutes).any() or (minutes < 0).any():
        raise InputError("a travel time is negative or not a number", field="minutes")
    if not (np.isfinite(beta) and beta >= 0):
        raise InputError("beta is negative or not a number", field="beta")
    balanced = furness(deterrence(minutes, beta, power), productions, attractions, tolerance=tolerance)
    total = balanced.matrix.sum()
    used = balanced.matrix > 0
    mean = float((balanced.matrix[used] * minutes[used]).sum() / total) if total > 0 else 0.0
    return Distribution(balanced.matrix, float(beta), mean, True, balanced.iterations, balanced.error)


def calibrate(
    productions: F64,
    attractions: F64,
    minutes: F64,
    mean_minutes: float,
    *,
    power: float = 0.0,
    accuracy: float = 1e-4,
    tolerance: float = 1e-10,
) -> Distribution:
    """Find the ``beta`` whose trip matrix has the given mean time (Hyman 1969, here by safeguarded false position).

    The mean falls strictly as beta grows (its derivative is minus the variance that the marginals leave free), so the
    root is unique; the bracket grows from zero by doubling and closes by the Illinois rule, without a random start.

    Parameters
    ----------
    mean_minutes
        Wanted trip-weighted mean, minutes.
    accuracy
        Stop when the mean is met to this many minutes.

    Returns
    -------
    Distribution
        With ``reached=False`` and ``beta=0`` if even no deterrence gives a mean below the one wanted, or with the
        largest beta tried if the marginals keep the mean above it.
    """
    if not (np.isfinite(mean_minutes) and mean_minutes > 0):
        raise InputError("the mean trip time must be a positive number of minutes", field="mean_minutes")

    def at(beta: float) -> Distribution:
        return gravity(productions, attractions, minutes, beta, power=power, tolerance=tolerance)

    low = at(0.0)
    if low.mean_minutes <= mean_minutes + accuracy:
        reached = abs(low.mean_minutes - mean_minutes) <= accuracy
        return Distribution(low.matrix, 0.0, low.mean_minutes, reached, low.iterations, low.error)
    high, step = low, 1.0 / mean_minutes
    while high.mean_minutes > mean_minutes:
        if step > 64.0 / mean_minutes:
            return Distribution(high.matrix, high.beta, high.mean_minutes, False, high.iterations, high.error)
        low = high
        try:
            high = at(step)
        except InputError:
            # So steep a deterrence cannot be balanced any more: the last one that could is the nearest possible.
            return Distribution(low.matrix, low.beta, low.mean_minutes, False, low.iterations, low.error)
        step *= 2.0
    f_low, f_high, side = low.mean_minutes - mean_minutes, high.mean_minutes - mean_minutes, 0
    best = high if abs(f_high) < abs(f_low) else low
    b_low, b_high = low.beta, high.beta
    for _ in range(80):
        if abs(best.mean_minutes - mean_minutes) <= accuracy or f_low == f_high:
            break
        middle = at((b_low * f_high - b_high * f_low) / (f_high - f_low))
        f = middle.mean_minutes - mean_minutes
        if f > 0:
            b_low, f_low = middle.beta, f
            f_high = f_high / 2 if side == 1 else f_high
            side = 1
        else:
            b_high, f_high = middle.beta, f
            f_low = f_low / 2 if side == -1 else f_low
            side = -1
        best = middle if abs(f) < abs(best.mean_minutes - mean_minutes) else best
    return Distribution(
        best.matrix,
        best.beta,
        best.mean_minutes,
        abs(best.mean_minutes - mean_minutes) <= accuracy,
        best.iterations,
        best.error,
    )
