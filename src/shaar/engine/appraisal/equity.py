"""Who gains and who pays, before any total: benefits by group, and totals in which a poor person's counts more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shaar.engine.errors import InputError

F64 = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class GroupShare:
    """What a group of people gets.

    Parameters
    ----------
    group
        Its name.
    people
        How many live there or belong to it.
    benefit
        Sum over them, losses taken off.
    gain, loss
        Sums over places that gain and that lose (both 0 or above).
    per_person
        ``benefit / people``; nan where nobody belongs to it.
    people_share, benefit_share
        Its part of all people and of the whole benefit; nan where the whole is not above 0.
    """

    group: str
    people: float
    benefit: float
    gain: float
    loss: float
    per_person: float
    people_share: float
    benefit_share: float


def by_group(benefit: npt.ArrayLike, people: npt.ArrayLike, group: Sequence[str | None]) -> tuple[GroupShare, ...]:
    """Sum benefits of places by group, those with the least benefit a person first.

    Parameters
    ----------
    benefit
        Shape (z,): of all people of a place, in any unit (person-minutes, money).
    people
        Shape (z,).
    group
        Group of each place (a settlement, a tenth of incomes); None belongs to no group and counts in totals only.

    Raises
    ------
    InputError
        Shapes differ, or a number is missing.
    """
    b, p = np.asarray(benefit, np.float64), np.asarray(people, np.float64)
    if not (b.shape == p.shape == (len(group),)):
        raise InputError("benefits, people and groups have an entry for each place", field="group")
    if not (np.isfinite(b).all() and np.isfinite(p).all() and (p >= 0).all()):
        raise InputError("benefits and people are numbers, and people from 0 up", field="people")
    everybody, everything = float(p.sum()), float(b.sum())
    rows = []
    for name in dict.fromkeys(g for g in group if g is not None):
        at = np.array([g == name for g in group])
        n, total = float(p[at].sum()), float(b[at].sum())
        rows.append(
            GroupShare(
                group=str(name), people=n, benefit=total, gain=float(b[at & (b > 0)].sum()),
                loss=float(-b[at & (b < 0)].sum()), per_person=total / n if n > 0 else float("nan"),
                people_share=n / everybody if everybody > 0 else float("nan"),
                benefit_share=total / everything if everything > 0 else float("nan"),
            )
        )  # fmt: skip
    return tuple(sorted(rows, key=lambda r: (np.inf if np.isnan(r.per_person) else r.per_person, r.group)))


def welfare_weights(income: npt.ArrayLike, eta: float = 1.3, *, mean: float | None = None) -> F64:
    """What a unit of money counts for people of an income, against those of mean income: (mean / income)^eta.

    HM Treasury, The Green Book (2022), annex 3, takes 1.3 for the elasticity of the marginal utility of income; 0
    counts everybody's money alike.

    Parameters
    ----------
    income
        Shape (g,), above 0.
    mean
        Income that counts 1; default: the plain mean of ``income``.
    """
    y = np.asarray(income, np.float64)
    if not (np.isfinite(y).all() and (y > 0).all()):
        raise InputError("incomes are numbers above 0", field="income")
    if eta < 0:
        raise InputError("the elasticity of marginal utility is 0 or above", field="eta")
    return ((float(y.mean()) if mean is None else mean) / y) ** eta
