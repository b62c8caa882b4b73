"""Cars parked over the day from arrivals and how long they stay."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shaar.engine.errors import InputError

F64 = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Stays:
    """Who parks where and for how long.

    Parameters
    ----------
    names
        One name a class ("overnight", "work", "errand", "home").
    arrivals
        Shape (z, c, t): cars of a class that arrive for zone z during step t.
    staying
        Shape (c, t + 1): share of a class still parked k steps after the step of arrival; ``staying[:, 0]`` is 1.
    step_hours
        Length of a step.
    """

    names: tuple[str, ...]
    arrivals: F64
    staying: F64
    step_hours: float

    def __post_init__(self) -> None:
        z_c_t = self.arrivals.shape
        if len(z_c_t) != 3 or z_c_t[1] != len(self.names) or self.staying.shape != (z_c_t[1], z_c_t[2] + 1):
            raise InputError("arrivals and stays do not fit each other", field="arrivals")
        if not (np.isfinite(self.arrivals).all() and (self.arrivals >= 0).all()):
            raise InputError("a number of arriving cars is negative or missing", field="arrivals")
        s = self.staying
        if not ((s[:, 0] == 1.0).all() and (np.diff(s, axis=1) <= 0).all() and (s >= 0).all()):
            raise InputError("the share still parked starts at 1 and never grows", field="staying")

    @property
    def steps(self) -> int:
        """Number of steps of the day."""
        return self.arrivals.shape[2]

    def hours(self) -> F64:
        """Mean hours parked within the day, by class and step of arrival, shape (c, t)."""
        total: F64 = np.cumsum(self.staying[:, :-1], axis=1) * self.step_hours
        return total[:, ::-1].copy()  # who arrives at step t is counted for the t_max - t steps that are left


def mixed_stay(hours: float, steps: int, step_hours: float) -> F64:
    """Share still parked k steps after arriving where stays are of all lengths, shape (steps + 1,).

    Geometric, the exponential's counterpart in steps: ``S_k = (1 - h / H)^k`` has the mean H exactly (h the step).
    Stays shorter than a step count as one.
    """
    share: F64 = np.power(max(0.0, 1.0 - step_hours / hours), np.arange(steps + 1, dtype=np.float64))
    return share


def fixed_stay(hours: float, steps: int, step_hours: float) -> F64:
    """Share still parked k steps after arriving where all stay equally long, shape (steps + 1,).

    A stay of a broken number of steps is shared out over the two whole numbers around it; none is below one step.
    """
    share = np.clip(hours / step_hours - np.arange(steps + 1), 0.0, 1.0)
    share[0] = 1.0
    return share


def parked(arrivals: F64, staying: F64) -> F64:
    """Cars parked in each step: ``N_t = sum_{k <= t} a_{t-k} S_k``.

    Parameters
    ----------
    arrivals
        Shape (..., c, t).
    staying
        Shape (c, t + 1), as in :class:`Stays`.

    Returns
    -------
    float64[..., t]
        Sum over the classes; those who arrive in a step are parked in it.
    """
    steps = arrivals.shape[-1]
    out = np.zeros((*arrivals.shape[:-2], steps))
    for k in range(steps):
        out[..., k:] += np.einsum("...ct,c->...t", arrivals[..., : steps - k], staying[:, k])
    return out


def departures(arrivals: F64, staying: F64) -> F64:
    """Cars that leave between the step before and each step, shape (..., t): arrivals less the growth of the parked."""
    n = parked(arrivals, staying)
    before = np.concatenate([np.zeros((*n.shape[:-1], 1)), n[..., :-1]], axis=-1)
    return arrivals.sum(axis=-2) - (n - before)
