"""Gravity with combined deterrence, both parameters calibrated: to two means, or to a whole distribution of times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shaar.engine.demand.furness import furness
from shaar.engine.demand.gravity import calibrate
from shaar.engine.demand.gravity_bins import bin_of, calibrate_bins
from shaar.engine.errors import InputError

F64 = npt.NDArray[np.float64]
#: Times below this many minutes count as this: the logarithm of nought is not a time.
LEAST_MINUTES = 1e-3


@dataclass(frozen=True, slots=True)
class Combined:
    """A trip matrix with deterrence ``t^power exp(-beta t)``.

    Parameters
    ----------
    matrix
        Trips, shape (n, n).
    beta
        Per minute.
    mean_minutes, mean_log
        Trip-weighted means of time and of its logarithm.
    misfit
        Share of the trips that lies in other bins than asked for (half the sum of absolute differences); 0 where no
        distribution was given.
    """

    matrix: F64
    beta: float
    power: float
    mean_minutes: float
    mean_log: float
    iterations: int
    error: float
    misfit: float = 0.0


@dataclass(frozen=True, slots=True)
class Target:
    """What the times of one purpose are to look like: a mean, or shares in bins.

    Shares are met exactly by deterrence by bins or, with ``combined``, fitted by two parameters.
    """

    mean_minutes: float | None = None
    edges: tuple[float, ...] = ()
    shares: tuple[float, ...] = ()
    combined: bool = False
    power: float = 0.0


def moments(matrix: F64, minutes: F64) -> tuple[float, float]:
    """Return the trip-weighted means of the time and of its logarithm: all that combined deterrence asks of data."""
    used = matrix > 0
    trips, times = matrix[used], minutes[used]
    total = trips.sum()
    return float(trips @ times / total), float(trips @ np.log(np.maximum(times, LEAST_MINUTES)) / total)


def calibrate_combined(
    productions: F64,
    attractions: F64,
    minutes: F64,
    mean_minutes: float,
    mean_log: float,
    *,
    accuracy: float = 1e-6,
    max_iterations: int = 60,
) -> Combined:
    """Find ``beta`` and ``power`` whose matrix has these means of time and of its logarithm.

    These are the equations of the maximum likelihood estimate for combined deterrence (Tanner function; Hyman 1969,
    Evans 1971; Ortuzar and Willumsen, *Modelling Transport*, ch. 5). Newton's method; the derivatives are the
    covariances that the fixed trip ends leave free: those of ``t`` and ``ln t`` after taking out the best effects of
    row and column.

    Raises
    ------
    InputError
        The means contradict each other, or no matrix with these trip ends has them.
    """
    if not (np.isfinite(mean_minutes) and mean_minutes > 0 and np.isfinite(mean_log)):
        raise InputError("the mean time must be a positive number of minutes", field="mean_minutes")
    if mean_log > np.log(mean_minutes) + 1e-12:
        raise InputError("the mean logarithm exceeds the logarithm of the mean, which no times do", field="mean_log")
    finite = np.isfinite(minutes)
    times = np.where(finite, minutes, 0.0)
    logs = np.where(finite, np.log(np.maximum(times, LEAST_MINUTES)), 0.0)
    wanted = np.array([mean_minutes, mean_log])
    scale = np.array([mean_minutes, 1.0])

    def at(x: F64) -> tuple[F64, F64]:
        exponent = np.where(finite, x[0] * times + x[1] * logs, -np.inf)
        for axis in (1, 0):
            most = exponent.max(axis=axis, keepdims=True)
            exponent = exponent - np.where(np.isfinite(most), most, 0.0)
        trips = furness(np.exp(np.clip(exponent, -600.0, 0.0)) * finite, productions, attractions).matrix
        total = trips.sum()
        return trips, np.array([(trips * times).sum(), (trips * logs).sum()]) / total - wanted

    x = np.zeros(2)
    trips, gap = at(x)
    error, rounds = float(np.abs(gap / scale).max()), 0
    while error > accuracy and rounds < max_iterations:
        rounds += 1
        slope = _free_covariance(trips, (times, logs))
        step = np.linalg.lstsq(slope, -gap, rcond=1e-12)[0]
        damping, took = 1.0, False
        while damping > 1e-6 and not took:
            try:
                new_trips, new_gap = at(x + damping * step)
                new_error = float(np.abs(new_gap / scale).max())
                took = float(((new_gap / scale) ** 2).sum()) < (1 - 1e-4 * damping) * float(((gap / scale) ** 2).sum())
            except InputError:  # so steep a deterrence cannot be balanced: a shorter step can
                took = False
            if took:
                x, trips, gap, error = x + damping * step, new_trips, new_gap, new_error
            damping /= 2
        if not took:
            break
    if error > max(accuracy, 1e-5):
        mean, log = gap + wanted
        raise InputError(
            f"no matrix with these trip ends has a mean of {mean_minutes:.4g} and a mean logarithm of {mean_log:.4g}; "
            f"the nearest found has {mean:.4g} and {log:.4g}",
            field="mean_minutes",
        )
    mean, log = (gap + wanted).tolist()
    return Combined(trips, -float(x[0]), float(x[1]), mean, log, rounds, error)


def fit_combined(productions: F64, attractions: F64, minutes: F64, edges: F64, shares: F64) -> Combined:
    """Fit combined deterrence to a whole distribution of times.

    The matrix of largest entropy with exactly these shares (:func:`calibrate_bins`) stands for the observation; the
    two parameters take its mean and mean logarithm, which makes them the likeliest. ``misfit`` says what is lost.
    """
    edges = np.asarray(edges, dtype=np.float64)
    exact = calibrate_bins(productions, attractions, minutes, edges, shares)
    kept = np.where(bin_of(minutes, edges) >= 0, minutes, np.inf)
    fit = calibrate_combined(productions, attractions, kept, *moments(exact.matrix, kept))
    bins = bin_of(kept, edges)
    got = np.bincount(bins[bins >= 0], weights=fit.matrix[bins >= 0], minlength=len(edges) - 1) / fit.matrix.sum()
    misfit = float(np.abs(got - exact.shares).sum() / 2)
    return Combined(fit.matrix, fit.beta, fit.power, fit.mean_minutes, fit.mean_log, fit.iterations, fit.error, misfit)


def distribute(
    ends: Mapping[str, tuple[F64, F64]], minutes: F64 | Mapping[str, F64], targets: Mapping[str, Target]
) -> dict[str, F64]:
    """Distribute several purposes, each to its own target; returns purpose -> matrix, shape (n, n).

    Parameters
    ----------
    ends
        Purpose -> productions and attractions, shape (n,) each.
    minutes
        Times for all purposes, or by purpose.
    targets
        Purpose -> what its times are to look like.

    Raises
    ------
    InputError
        A purpose has no target, or its target cannot be met; the sentence names the purpose.
    """
    found: dict[str, F64] = {}
    for purpose, (p, a) in ends.items():
        if purpose not in targets:
            raise InputError("the purpose has no target for its times", field=purpose)
        target, times = targets[purpose], minutes[purpose] if isinstance(minutes, Mapping) else minutes
        try:
            if target.edges:
                fit = fit_combined if target.combined else calibrate_bins
                found[purpose] = fit(p, a, times, np.array(target.edges), np.array(target.shares)).matrix
            elif target.mean_minutes is not None:
                result = calibrate(p, a, times, target.mean_minutes, power=target.power)
                if not result.reached:
                    raise InputError(
                        f"no deterrence gives a mean of {target.mean_minutes:g}; "
                        f"the nearest is {result.mean_minutes:.4g}"
                    )
                found[purpose] = result.matrix
            else:
                raise InputError("the target has neither a mean nor a distribution")
        except InputError as e:
            raise InputError(e.message, field=purpose) from e
    return found


def _free_covariance(trips: F64, variables: tuple[F64, ...]) -> F64:
    """Return the covariances of variables over trips after the best row and column effects are taken out."""
    total = trips.sum()
    rows, columns = trips.sum(axis=1), trips.sum(axis=0)
    live_rows, live_columns = rows > 0, columns > 0
    t = trips[np.ix_(live_rows, live_columns)]
    r, c = rows[live_rows], columns[live_columns]
    core = np.diag(c) - t.T @ (t / r[:, None])
    core += c.mean() / len(c)  # lifts the constant, which rows and columns share
    rest: list[F64] = []
    for full in variables:
        v = full[np.ix_(live_rows, live_columns)]
        by_row, by_column = (t * v).sum(axis=1), (t * v).sum(axis=0)
        effect = np.linalg.solve(core, by_column - t.T @ (by_row / r))
        rest.append(v - ((by_row - t @ effect) / r)[:, None] - effect[None, :])
    return np.array([[float((t * x * y).sum()) / float(total) for y in rest] for x in rest])
