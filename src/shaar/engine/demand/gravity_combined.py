"""Gravity with combined deterrence, both parameters calibrated: to two means, or to a whole distribution of times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shaar.engine.demand.furness import furness
from shaar.engine.demand.gravity import calibrate
from shaar.engine.demand.gravity_bins import bin_of, calibrate_bins, checked_bins, name_bin
from shaar.engine.demand.gravity_free import free_of_ends
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


def observed_target(matrix: F64, minutes: F64, edges: F64, *, combined: bool = False) -> Target:
    """Make a target of observed trips (a survey): their shares in bins of time; trips without a bin are left out."""
    edges = np.asarray(edges, dtype=np.float64)
    bins = bin_of(minutes, edges)
    sums = np.bincount(bins[bins >= 0], weights=matrix[bins >= 0], minlength=len(edges) - 1)
    if sums.sum() <= 0:
        raise InputError("no observed trip lies in the bins", field="edges")
    return Target(edges=tuple(edges.tolist()), shares=tuple((sums / sums.sum()).tolist()), combined=combined)


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
    model = _Model(productions, attractions, minutes)
    wanted = np.array([mean_minutes, mean_log])
    scale = np.array([mean_minutes, 1.0])

    def at(x: F64) -> tuple[F64, F64]:
        trips = model.trips(x)
        return trips, model.means(trips) - wanted

    x = np.zeros(2)
    trips, gap = at(x)
    error, rounds = float(np.abs(gap / scale).max()), 0
    while error > accuracy and rounds < max_iterations:
        rounds += 1
        slope = model.slope(trips)
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


def fit_combined(
    productions: F64, attractions: F64, minutes: F64, edges: F64, shares: F64, *, max_iterations: int = 60
) -> Combined:
    """Fit combined deterrence to a whole distribution of times: the likeliest two parameters for the shares in bins.

    Fisher scoring on ``sum_k S_k ln s_k(beta, power)`` with the shares ``s_k`` of the balanced matrix. Two parameters
    do not meet every distribution: ``misfit`` says how far it is from the one asked for, :func:`calibrate_bins` meets
    it.

    Raises
    ------
    InputError
        Edges or shares are not such, or a bin with a share has no pair of zones.
    """
    edges, target = checked_bins(edges, shares)
    kept = np.where(bin_of(minutes, edges) >= 0, minutes, np.inf)
    bins, k = bin_of(kept, edges), len(target)
    index = np.where(bins < 0, k, bins).ravel()
    empty = np.flatnonzero((target > 0) & (np.bincount(index, minlength=k + 1)[:k] == 0))
    if len(empty):
        raise InputError(f"no pair of zones lies {name_bin(edges, int(empty[0]))}", field="shares")
    model = _Model(productions, attractions, kept)

    def at(x: F64) -> tuple[F64, F64, float]:
        trips = model.trips(x)
        got = np.bincount(index, weights=trips.ravel(), minlength=k + 1)[:k] / trips.sum()
        with np.errstate(divide="ignore"):
            return trips, got, float(target[target > 0] @ np.log(got[target > 0]))

    inner = np.where(np.isfinite(edges[1:]), edges[1:], edges[:-1])
    x = np.array([-1.0 / max(float(target @ (edges[:-1] + inner) / 2), LEAST_MINUTES), 0.0])
    trips, got, likely = at(x)
    rounds, error, ridge = 0, np.inf, 0.0
    while rounds < max_iterations and error > 1e-10:
        rounds += 1
        slope = np.array(
            [np.bincount(index, weights=(trips * r).ravel(), minlength=k + 1)[:k] for r in model.free(trips)]
        ) / float(trips.sum())
        weight = np.where(got > 0, 1.0 / np.maximum(got, 1e-300), 0.0)
        score, information = slope @ (target * weight), (slope * weight) @ slope.T
        took = False
        for _ in range(40):
            step = np.linalg.lstsq(information + ridge * np.diag(np.diag(information)), score, rcond=1e-14)[0]
            try:
                new = at(x + step)
                took = new[2] >= likely
            except InputError:  # so steep a deterrence cannot be balanced: a shorter step can
                took = False
            if took:
                error = float(np.abs(step * np.array([model.mean, 1.0])).max())
                x, (trips, got, likely), ridge = x + step, new, ridge / 10 if ridge > 1e-6 else 0.0
                break
            ridge = max(10 * ridge, 1e-3)
        if not took:
            break
    mean, log = model.means(trips).tolist()
    misfit = float(np.abs(got - target).sum() / 2)
    return Combined(trips, -float(x[0]), float(x[1]), mean, log, rounds, min(error, 1.0), misfit)


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


class _Model:
    """The matrix of combined deterrence as a function of its two parameters, and how it answers to them."""

    def __init__(self, productions: F64, attractions: F64, minutes: F64) -> None:
        self.ends = productions, attractions
        self.finite = np.isfinite(minutes)
        self.times = np.where(self.finite, minutes, 0.0)
        self.logs = np.where(self.finite, np.log(np.maximum(self.times, LEAST_MINUTES)), 0.0)
        self.mean = float(self.times[self.finite].mean()) if self.finite.any() else 1.0

    def trips(self, x: F64) -> F64:
        """Balance ``exp(x0 t + x1 ln t)``."""
        exponent = np.where(self.finite, x[0] * self.times + x[1] * self.logs, -np.inf)
        for axis in (1, 0):
            most = exponent.max(axis=axis, keepdims=True)
            exponent = exponent - np.where(np.isfinite(most), most, 0.0)
        return furness(np.exp(np.clip(exponent, -600.0, 0.0)) * self.finite, *self.ends).matrix

    def means(self, trips: F64) -> F64:
        """Return the trip-weighted means of time and of its logarithm."""
        return np.array([(trips * self.times).sum(), (trips * self.logs).sum()]) / trips.sum()

    def free(self, trips: F64) -> list[F64]:
        """Return what the trip ends leave free of time and of its logarithm."""
        return free_of_ends(trips, (self.times, self.logs))

    def slope(self, trips: F64) -> F64:
        """Return the derivatives of the two means by the two parameters: the covariances that trip ends leave free."""
        rest = self.free(trips)
        return np.array([[float((trips * x * y).sum()) for y in rest] for x in rest]) / float(trips.sum())
