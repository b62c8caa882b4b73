"""Negative binomial regression of counts by maximum likelihood: the safety performance function."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import digamma, gammaln, polygamma

from shaar.engine.errors import InputError

F64 = npt.NDArray[np.float64]
#: Below this dispersion the counts are as good as Poisson.
_POISSON = 1e-5


@dataclass(frozen=True, slots=True)
class CountModel:
    """A fitted count model: y_i has mean mu_i = exp(x_i b + o_i) and variance mu_i (1 + a_i mu_i), a_i = alpha s_i.

    Parameters
    ----------
    names
        Of the k coefficients.
    coefficients, errors
        float64[k]: estimates and standard errors (observed information).
    alpha, alpha_error
        Dispersion and its standard error; 0 and nan where the counts vary no more than Poisson counts do.
    log_likelihood
        Of the fit.
    mean
        float64[n]: mu_i.
    dispersion
        float64[n]: a_i.
    """

    names: tuple[str, ...]
    coefficients: F64
    errors: F64
    alpha: float
    alpha_error: float
    log_likelihood: float
    mean: F64
    dispersion: F64

    @property
    def n(self) -> int:
        """Number of observations."""
        return len(self.mean)

    @property
    def aic(self) -> float:
        """Akaike's criterion; the dispersion counts as a parameter where it was estimated."""
        return 2.0 * (len(self.coefficients) + (self.alpha > 0)) - 2.0 * self.log_likelihood


def negative_binomial(
    counts: npt.ArrayLike,
    design: npt.ArrayLike,
    *,
    offset: npt.ArrayLike | None = None,
    scale: npt.ArrayLike | None = None,
    names: tuple[str, ...] | None = None,
) -> CountModel:
    """Fit the NB2 model by maximum likelihood (Lawless 1987, Canadian Journal of Statistics 15(3)).

    Newton steps within a trust region on (b, ln alpha) with exact first and second derivatives, from the Poisson fit
    and the moment estimate of alpha. Where the likelihood keeps rising towards alpha = 0 the Poisson fit is returned.

    Parameters
    ----------
    counts
        Shape (n,), whole numbers from 0: crashes.
    design
        Shape (n, k), of full rank; put a column of ones for the constant.
    offset
        Shape (n,): log of exposure, coefficient 1.
    scale
        Shape (n,), above 0: dispersion of each place relative to alpha; 1 / length gives Hauer's (2001) model in which
        the dispersion belongs to a unit of length (Accident Analysis and Prevention 33(6)). All 1 when None.
    names
        Of the columns.

    Raises
    ------
    InputError
        There are too few observations, no crash at all, or columns say the same.
    """
    y, x = np.asarray(counts, np.float64), np.asarray(design, np.float64)
    n, k = x.shape
    o = np.zeros(n) if offset is None else np.asarray(offset, np.float64)
    s = np.ones(n) if scale is None else np.asarray(scale, np.float64)
    if not (len(y) == len(o) == len(s) == n):
        raise ValueError("counts, design, offset and scale must have the same length")
    if not (np.isfinite(x).all() and np.isfinite(o).all() and (s > 0).all()):
        raise ValueError("the design and the offset must be finite and the scale above 0")
    if (y < 0).any() or (y != np.floor(y)).any():
        raise ValueError("counts must be whole numbers from 0")
    if n <= k + 1:
        raise InputError(f"{n} places are too few for a model with {k} coefficients")
    if y.sum() == 0:
        raise InputError("there is no crash at any place, so there is nothing to explain")
    if np.linalg.matrix_rank(x) < k:
        raise InputError("two columns of the model say the same, so their effects cannot be told apart")
    beta = _poisson(y, x, o)
    mu = np.exp(x @ beta + o)
    poisson = float(np.sum(y * np.log(mu) - mu - gammaln(y + 1)))
    start = float(np.sum(s * ((y - mu) ** 2 - mu)) / max(np.sum((s * mu) ** 2), 1e-300))
    best = None
    for a0 in (min(max(start, 0.05), 10.0), 1.0):
        found = minimize(
            lambda p: -_value(p, y, x, o, s),
            np.append(beta, np.log(a0)),
            jac=lambda p: -_slope(p, y, x, o, s),
            hess=lambda p: -_curve(p, y, x, o, s),
            method="trust-exact",
            options={"gtol": 1e-9, "maxiter": 500},
        )
        if best is None or found.fun < best.fun - 1e-9:
            best = found
    assert best is not None
    labels = names or tuple(f"x{j}" for j in range(k))
    alpha = float(np.exp(best.x[-1]))
    if alpha < _POISSON or -best.fun < poisson:
        errors = np.sqrt(np.diag(np.linalg.inv((x * mu[:, None]).T @ x)))
        return CountModel(labels, beta, errors, 0.0, float("nan"), poisson, mu, np.zeros(n))
    covariance = np.linalg.inv(-_curve(best.x, y, x, o, s))
    deviation = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    return CountModel(
        names=labels,
        coefficients=best.x[:-1],
        errors=deviation[:-1],
        alpha=alpha,
        alpha_error=float(alpha * deviation[-1]),
        log_likelihood=float(-best.fun),
        mean=np.exp(x @ best.x[:-1] + o),
        dispersion=alpha * s,
    )


def _poisson(y: F64, x: F64, o: F64) -> F64:
    """Poisson fit by iterated weighted least squares, from the counts themselves."""
    eta = np.log(y + 0.5)
    beta: F64 = np.zeros(x.shape[1])
    for _ in range(100):
        mu = np.exp(eta)
        root = np.sqrt(mu)
        fresh = np.linalg.lstsq(x * root[:, None], root * (eta - o + (y - mu) / mu), rcond=None)[0].astype(np.float64)
        eta = np.clip(x @ fresh + o, -30.0, 30.0)
        if np.max(np.abs(fresh - beta)) < 1e-11:
            return fresh
        beta = fresh
    return beta


def _parts(p: F64, x: F64, o: F64, s: F64) -> tuple[F64, F64]:
    eta = np.clip(x @ p[:-1] + o, -40.0, 40.0)
    return np.exp(eta), np.exp(np.clip(p[-1], -30.0, 20.0)) * s


def _value(p: F64, y: F64, x: F64, o: F64, s: F64) -> float:
    mu, a = _parts(p, x, o, s)
    r = 1.0 / a
    return float(np.sum(gammaln(y + r) - gammaln(r) - gammaln(y + 1) + y * np.log(a * mu) - (y + r) * np.log1p(a * mu)))


def _slope(p: F64, y: F64, x: F64, o: F64, s: F64) -> F64:
    mu, a = _parts(p, x, o, s)
    by_a = _score(y, mu, a) / a**2 + (y - mu) / (a * (1 + a * mu))
    out: F64 = np.append(x.T @ ((y - mu) / (1 + a * mu)), np.sum(a * by_a))
    return out


def _score(y: F64, mu: F64, a: F64) -> F64:
    r = 1.0 / a
    out: F64 = np.log1p(a * mu) - digamma(y + r) + digamma(r)
    return out


def _curve(p: F64, y: F64, x: F64, o: F64, s: F64) -> F64:
    mu, a = _parts(p, x, o, s)
    r, q = 1.0 / a, 1 + a * mu
    score = _score(y, mu, a)
    by_a = score / a**2 + (y - mu) / (a * q)
    twice = -2 * score / a**3 + (mu / q + r**2 * (polygamma(1, y + r) - polygamma(1, r))) / a**2
    twice -= (y - mu) * (1 + 2 * a * mu) / (a * q) ** 2
    k = x.shape[1]
    out = np.empty((k + 1, k + 1))
    out[:k, :k] = -(x * (mu * (1 + a * y) / q**2)[:, None]).T @ x
    out[:k, k] = out[k, :k] = -x.T @ (a * mu * (y - mu) / q**2)
    out[k, k] = np.sum(a**2 * twice + a * by_a)
    return out
