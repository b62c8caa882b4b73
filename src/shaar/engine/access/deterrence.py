"""How much an opportunity counts by how long it takes to get there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

F64 = npt.NDArray[np.float64]
Shape = Literal["cumulative", "exponential", "power", "gaussian", "steps"]
#: Luo and Qi (2009), Health and Place 15(4): weights of 0-10, 10-20 and 20-30 minutes.
LUO_QI_EDGES, LUO_QI_WEIGHTS = (10.0, 20.0, 30.0), (1.0, 0.68, 0.22)


@dataclass(frozen=True, slots=True)
class Deterrence:
    """A weight f(t) that never rises with the minutes t.

    Parameters
    ----------
    shape
        ``cumulative`` [t <= T]; ``exponential`` exp(-b t); ``power`` max(t, 1)^-b (a journey under a minute counts as
        one, so that the weight stays finite); ``gaussian`` exp(-t^2 / (2 s^2)); ``steps`` weights of time bands.
    value
        T minutes, b per minute, the exponent b, or s minutes; not used by ``steps``.
    limit
        Minutes beyond which the weight is 0.
    edges, weights
        Of ``steps``: weights[k] holds up to edges[k] minutes, which rise; 0 beyond the last.
    """

    shape: Shape
    value: float = 0.0
    limit: float = np.inf
    edges: tuple[float, ...] = LUO_QI_EDGES
    weights: tuple[float, ...] = LUO_QI_WEIGHTS

    def __post_init__(self) -> None:
        """Refuse numbers with which the weight would rise or not exist."""
        if self.shape not in ("cumulative", "exponential", "power", "gaussian", "steps"):
            raise ValueError(f"the deterrence {self.shape!r} is not known")
        if not (np.isfinite(self.value) and self.value >= 0) or (self.shape == "gaussian" and self.value <= 0):
            raise ValueError("the parameter of the deterrence must be a number above 0")
        if self.shape == "steps":
            w, e = np.asarray(self.weights), np.asarray(self.edges)
            if len(w) != len(e) or not len(w) or (np.diff(e) <= 0).any() or (np.diff(w) > 0).any() or (w < 0).any():
                raise ValueError("the time bands must rise and their weights must not")


def weights(minutes: npt.ArrayLike, deterrence: Deterrence) -> F64:
    """Weight of each travel time, in the shape of ``minutes``; 0 where there is no way (nan or inf)."""
    t = np.asarray(minutes, np.float64)
    here = np.isfinite(t) & (t <= deterrence.limit)
    t = np.where(here, np.maximum(t, 0.0), 0.0)
    if deterrence.shape == "cumulative":
        w = (t <= deterrence.value).astype(np.float64)
    elif deterrence.shape == "exponential":
        w = np.exp(-deterrence.value * t)
    elif deterrence.shape == "power":
        w = np.maximum(t, 1.0) ** -deterrence.value
    elif deterrence.shape == "gaussian":
        w = np.exp(-0.5 * (t / deterrence.value) ** 2)
    else:
        band = np.searchsorted(np.asarray(deterrence.edges), t, side="left")
        w = np.append(deterrence.weights, 0.0)[band]
    out: F64 = np.where(here, w, 0.0)
    return out
