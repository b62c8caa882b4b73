"""All assumptions moved at once, many times: how likely a result is, and between which bounds it lies."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from shaar.engine.appraisal.tornado import Range, Result
from shaar.engine.errors import InputError

F64 = npt.NDArray[np.float64]
Shape = Literal["triangular", "pert", "uniform"]


@dataclass(frozen=True, slots=True)
class Simulation:
    """Results of many draws, in the order in which they were drawn.

    Parameters
    ----------
    values
        Shape (n,).
    seed, shape
        With which they can be drawn again.
    """

    values: F64
    seed: int
    shape: Shape

    @property
    def mean(self) -> float:
        """Mean of the draws."""
        return float(self.values.mean())

    @property
    def error(self) -> float:
        """Standard error of the mean: it falls with the square root of the draws."""
        return float(self.values.std(ddof=1) / np.sqrt(len(self.values)))

    @property
    def positive(self) -> float:
        """Share of draws above 0: for net present values, how likely it is that the measure is worth its costs."""
        return float((self.values > 0).mean())

    def percentile(self, *percent: float) -> tuple[float, ...]:
        """Values below which so many percent of the draws lie (linear between draws)."""
        return tuple(float(v) for v in np.percentile(self.values, percent))

    def histogram(self, bins: int = 20) -> tuple[tuple[float, float, int], ...]:
        """(from, to, draws) of bins of equal width."""
        counts, edges = np.histogram(self.values, bins)
        return tuple((float(a), float(b), int(n)) for a, b, n in zip(edges[:-1], edges[1:], counts, strict=True))


def draws(ranges: Mapping[str, Range], n: int, seed: int, shape: Shape = "triangular") -> dict[str, F64]:
    """Draw assumptions n times, each on its own and independent of the others, shape (n,) each.

    An assumption's draws hang on its name and the seed alone, so that a further assumption changes no other's.

    Raises
    ------
    InputError
        Fewer than two draws, or a shape that is not known.
    """
    if n < 2:
        raise InputError(f"a simulation needs two draws at least, not {n}", field="draws")
    found = {}
    for name, r in ranges.items():
        rng = np.random.default_rng([seed, zlib.crc32(name.encode("utf-8"))])
        found[name] = _draw(rng, r, n, shape)
    return found


def _draw(rng: np.random.Generator, r: Range, n: int, shape: Shape) -> F64:
    width = r.high - r.low
    if shape not in ("triangular", "pert", "uniform"):
        raise InputError(f"a distribution is triangular, pert or uniform, not {shape!r}", field="shape")
    if width <= 0:
        return np.full(n, r.central)
    if shape == "triangular":
        return rng.triangular(r.low, r.central, r.high, n)
    if shape == "uniform":
        return rng.uniform(r.low, r.high, n)
    # PERT: a beta with mean (low + 4 central + high) / 6 (Malcolm et al. 1959, Operations Research 7(5)).
    a = 1.0 + 4.0 * (r.central - r.low) / width
    b = 1.0 + 4.0 * (r.high - r.central) / width
    return r.low + width * rng.beta(a, b, n)


def mean_of(r: Range, shape: Shape = "triangular") -> float:
    """Mean of a range's distribution in closed form."""
    if shape == "uniform":
        return (r.low + r.high) / 2.0
    weight = 1.0 if shape == "triangular" else 4.0
    return (r.low + weight * r.central + r.high) / (2.0 + weight)


def simulate(
    result: Result, ranges: Mapping[str, Range], *, n: int = 2000, seed: int = 0, shape: Shape = "triangular"
) -> Simulation:
    """Work out a result for n draws of its assumptions.

    Parameters
    ----------
    result
        The figure for one set of assumptions.
    ranges
        Range of each assumption.
    """
    drawn = draws(ranges, n, seed, shape)
    values = np.array([result({name: float(v[k]) for name, v in drawn.items()}) for k in range(n)])
    return Simulation(values, seed, shape)
