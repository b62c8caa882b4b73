"""Classes of a map: few, and cut at round numbers that people can remember."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt


def round_breaks(values: npt.ArrayLike, most: int = 5) -> tuple[float, ...]:
    """Return at most ``most`` cuts from the series 1, 2, 5, 10, ... that spread the values over the classes.

    Parameters
    ----------
    values
        Shape (n,); values that are not finite or not positive are left out.
    """
    v = np.asarray(values, dtype=np.float64)
    v = v[np.isfinite(v) & (v > 0)]
    if len(v) == 0:
        return ()
    low, high = np.percentile(v, [8, 97])
    series = [
        m * 10.0**e for e in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1) for m in (1, 2, 5)
    ]
    inside = [s for s in series if low <= s <= high]
    if len(inside) < 3:
        finer = [m * 10.0**e for e in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
                 for m in (1, 1.5, 2, 3, 4, 5, 6, 8)]  # fmt: skip
        inside = [s for s in finer if low <= s <= high]
    if not inside:
        inside = [max((s for s in series if s <= high), default=series[0])]
    if len(inside) > most:
        # The upper end tells cities apart; thin out from below, evenly in the logarithm.
        inside = [inside[round(i)] for i in np.linspace(0, len(inside) - 1, most)]
    return tuple(inside)


def classify(values: npt.ArrayLike, breaks: Sequence[float]) -> npt.NDArray[np.int64]:
    """Return the class of each value: 0 below the first cut, ``len(breaks)`` from the last on, -1 where not finite."""
    v = np.asarray(values, dtype=np.float64)
    return np.where(np.isfinite(v), np.searchsorted(np.asarray(breaks), v, side="right"), -1)


def ticks(low: float, high: float, about: int = 5) -> tuple[float, ...]:
    """Return round axis positions that cover [low, high], about so many."""
    if not high > low:
        high = low + 1.0
    raw = (high - low) / max(1, about)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= raw - 1e-12)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return tuple(round(i * step, 10) for i in range(first, last + 1))
