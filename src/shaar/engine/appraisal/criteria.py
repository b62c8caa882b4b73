"""Several criteria side by side: public weights, who beats whom outright, and how often each ranks where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from shaar.engine.errors import InputError

F64 = npt.NDArray[np.float64]
Bool = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Criterion:
    """What alternatives are compared by; weights are public and count relative to each other."""

    key: str
    better: Literal["more", "less"]
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Scores:
    """Alternatives by the weighted sum of their scores.

    Parameters
    ----------
    score
        Shape (a, c): 0 for the worst of the alternatives on a criterion, 1 for the best.
    weight
        Shape (c,), sums to 1.
    total
        Shape (a,): weighted sums.
    rank
        Shape (a,): 1 is the best; equals share a rank.
    """

    score: F64
    weight: F64
    total: F64
    rank: npt.NDArray[np.int64]

    @property
    def parts(self) -> F64:
        """What each criterion gives to each total, shape (a, c)."""
        return self.score * self.weight


@dataclass(frozen=True, slots=True)
class Acceptability:
    """What can be said without agreed weights (SMAA-2).

    Parameters
    ----------
    rank
        Shape (a, a): share of weights and values for which alternative i takes rank j + 1.
    central
        Shape (a, c): mean of the weights that put alternative i first; nan where none do.
    confidence
        Shape (a,): how often alternative i is first at its central weights; nan where none are.
    pairwise
        Shape (a, a): how often alternative i is above alternative k.
    """

    rank: F64
    central: F64
    confidence: F64
    pairwise: F64


def weighted(table: npt.ArrayLike, criteria: Sequence[Criterion]) -> Scores:
    """Score alternatives on each criterion between the worst and the best of them, and add up by public weights.

    Parameters
    ----------
    table
        Shape (a, c): alternatives by criteria, in any units.

    Raises
    ------
    InputError
        A value is missing, a weight is negative, or all weights are 0.
    """
    values, weight = _checked(table, criteria)
    score = _scaled(values, values.min(axis=0), values.max(axis=0), criteria)
    total = score @ weight
    order = np.sort(total)[::-1]
    rank = 1 + np.array([int((order > t + 1e-12).sum()) for t in total], np.int64)
    return Scores(score, weight, total, rank)


def dominance(table: npt.ArrayLike, criteria: Sequence[Criterion]) -> Bool:
    """Say whether alternative i is at least as good as k on every criterion and better on one, shape (a, a).

    Weights play no part: what is dominated loses at any weights.
    """
    values, _ = _checked(table, criteria)
    good = values * _signs(criteria)
    at_least = (good[:, None, :] >= good[None, :, :]).all(axis=2)
    above = (good[:, None, :] > good[None, :, :]).any(axis=2)
    return np.asarray(at_least & above)


def acceptability(
    low: npt.ArrayLike,
    central: npt.ArrayLike,
    high: npt.ArrayLike,
    criteria: Sequence[Criterion],
    *,
    n: int = 10_000,
    seed: int = 0,
    order: Sequence[str] = (),
) -> Acceptability:
    """How often each alternative takes each rank over all weights and all values within their ranges.

    SMAA-2 (Lahdelma & Salminen 2001, Operations Research 49(3)) by simulation (Tervonen & Lahdelma 2007, European
    Journal of Operational Research 178(2)): weights uniform over all that sum to 1, values triangular and independent.
    The criteria's own weights play no part.

    Parameters
    ----------
    low, central, high
        Shape (a, c): range of each alternative on each criterion.
    order
        Criteria by importance, where that much is agreed: weights then fall in this order.

    Raises
    ------
    InputError
        A range is the wrong way round, or ``order`` does not name the criteria.
    """
    mid, _ = _checked(central, criteria)
    lo, _ = _checked(low, criteria)
    hi, _ = _checked(high, criteria)
    if not (lo.shape == mid.shape == hi.shape):
        raise InputError("low, central and high have the same alternatives and criteria", field="table")
    if not ((lo <= mid).all() and (mid <= hi).all()):
        raise InputError("a value lies outside its own range", field="table")
    rng = np.random.default_rng([seed, 0])
    weights = _weights(rng, criteria, n, order)
    values = _values(np.random.default_rng([seed, 1]), lo, mid, hi, n)
    ends = lo.min(axis=0), hi.max(axis=0)
    total = np.einsum("nac,nc->na", _scaled(values, *ends, criteria), weights)
    a = mid.shape[0]
    place = np.argsort(np.argsort(-total, axis=1, kind="stable"), axis=1, kind="stable")
    rank = np.array([[float((place[:, i] == j).mean()) for j in range(a)] for i in range(a)])
    pairwise = np.array([[float((total[:, i] > total[:, k]).mean()) for k in range(a)] for i in range(a)])
    favoured = np.full((a, len(criteria)), np.nan)
    confidence = np.full(a, np.nan)
    for i in range(a):
        first = place[:, i] == 0
        if not first.any():
            continue
        favoured[i] = weights[first].mean(axis=0)
        at = _scaled(values, *ends, criteria) @ favoured[i]
        confidence[i] = float((at.argmax(axis=1) == i).mean())
    return Acceptability(rank, favoured, confidence, pairwise)


def _checked(table: npt.ArrayLike, criteria: Sequence[Criterion]) -> tuple[F64, F64]:
    values = np.asarray(table, np.float64)
    if values.ndim != 2 or values.shape[1] != len(criteria) or not len(values):
        raise InputError("a table has a row for each alternative and a column for each criterion", field="table")
    if not np.isfinite(values).all():
        missing = criteria[int(np.flatnonzero(~np.isfinite(values).all(axis=0))[0])].key
        raise InputError(f"the criterion {missing} is not known for every alternative", field=missing)
    weight = np.array([c.weight for c in criteria], np.float64)
    if not ((weight >= 0).all() and np.isfinite(weight).all() and weight.sum() > 0):
        raise InputError("weights are numbers from 0 up, and one at least is above 0", field="weight")
    return values, weight / weight.sum()


def _signs(criteria: Sequence[Criterion]) -> F64:
    return np.array([1.0 if c.better == "more" else -1.0 for c in criteria])


def _scaled(values: F64, least: F64, most: F64, criteria: Sequence[Criterion]) -> F64:
    """0 for the worse end of a criterion, 1 for the better; where all are equal it tells nothing apart, and gives 0."""
    width = np.where(most > least, most - least, 1.0)
    share = (values - least) / width
    better = np.array([c.better == "more" for c in criteria])
    return np.where(most > least, np.where(better, share, 1.0 - share), 0.0)


def _weights(rng: np.random.Generator, criteria: Sequence[Criterion], n: int, order: Sequence[str]) -> F64:
    weights = rng.dirichlet(np.ones(len(criteria)), n)
    if not order:
        return weights
    keys = [c.key for c in criteria]
    if sorted(order) != sorted(keys):
        raise InputError(f"an order of importance names every criterion once: {', '.join(keys)}", field="order")
    falling = np.sort(weights, axis=1)[:, ::-1]
    return falling[:, [list(order).index(k) for k in keys]]


def _values(rng: np.random.Generator, lo: F64, mid: F64, hi: F64, n: int) -> F64:
    moving = hi > lo
    out = np.broadcast_to(mid, (n, *mid.shape)).copy()
    if moving.any():
        out[:, moving] = rng.triangular(lo[moving], mid[moving], hi[moving], (n, int(moving.sum())))
    return out
