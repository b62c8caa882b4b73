"""Empirical-Bayes estimate of how many crashes a place has, and its rank among all places."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import gamma, poisson

F64 = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Estimate:
    """Expected crashes of n places over the whole period.

    Parameters
    ----------
    predicted
        mu_i of the safety performance function: what places like it have.
    weight
        w_i = 1 / (1 + a_i mu_i): trust in the model against the place's own count.
    expected
        w_i mu_i + (1 - w_i) y_i: the long-run mean of this place.
    error
        Standard error of it, sqrt((1 - w_i) expected_i).
    excess
        expected - predicted: potential for safety improvement.
    low, high
        The range that holds the mean with the probability asked for.
    probability
        Probability that the place's mean is above that of places like it.
    """

    predicted: F64
    weight: F64
    expected: F64
    error: F64
    excess: F64
    low: F64
    high: F64
    probability: F64


def empirical_bayes(
    counts: npt.ArrayLike, predicted: npt.ArrayLike, dispersion: npt.ArrayLike, *, level: float = 0.9
) -> Estimate:
    """Combine what places like it have with what this place had (Hauer 1997, Observational Before-After Studies).

    If the means of like places are spread as a gamma with shape 1/a and mean mu, then given y crashes the mean of this
    place is a gamma with shape 1/a + y and rate 1/(a mu) + 1. Its mean and variance are the usual w mu + (1 - w) y and
    (1 - w) times that (Hauer, Harwood, Council and Griffith 2002, Transportation Research Record 1784). A place with
    many crashes is drawn towards its likes, because part of its bad luck will not come again (regression to the mean).

    Parameters
    ----------
    counts
        Shape (n,): crashes y over the period.
    predicted
        Shape (n,): mu over the same period, above 0.
    dispersion
        Shape (n,): a, with variance mu (1 + a mu); 0 says that like places are all alike.
    level
        Probability of the range.
    """
    y, mu = np.asarray(counts, np.float64), np.asarray(predicted, np.float64)
    a = np.broadcast_to(np.asarray(dispersion, np.float64), mu.shape)
    if (mu <= 0).any() or (a < 0).any() or (y < 0).any():
        raise ValueError("predicted crashes must be above 0, counts and dispersion not negative")
    w = 1.0 / (1.0 + a * mu)
    expected = w * mu + (1 - w) * y
    some = a > 0
    safe = np.where(some, a, 1.0)
    shape, unit = 1.0 / safe + y, safe * mu / (1.0 + safe * mu)
    tail = (1 - level) / 2
    low = np.where(some, gamma.ppf(tail, shape, scale=unit), mu)
    high = np.where(some, gamma.ppf(1 - tail, shape, scale=unit), mu)
    above = np.where(some, gamma.sf(mu, shape, scale=unit), 0.5)
    return Estimate(mu, w, expected, np.sqrt((1 - w) * expected), expected - mu, low, high, above)


def rank(estimate: Estimate, *, by: str = "excess") -> npt.NDArray[np.int64]:
    """Order of the places from the worst: by ``excess`` (crashes that a change may save) or ``probability``; stable."""
    value = {"excess": estimate.excess, "expected": estimate.expected, "probability": estimate.probability}[by]
    out: npt.NDArray[np.int64] = np.argsort(-value, kind="stable")
    return out


def excess_by_chance(counts: npt.ArrayLike, predicted: npt.ArrayLike) -> F64:
    """Probability of at least so many crashes if the place were exactly like the others (Poisson), float64[n]."""
    y = np.asarray(counts, np.float64)
    out: F64 = poisson.sf(y - 1, np.asarray(predicted, np.float64))
    return out
