"""How unequally something is spread over people: Gini, Palma, Theil, concentration, and the worst-off tenth."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

F64 = npt.NDArray[np.float64]


def gini(values: npt.ArrayLike, people: npt.ArrayLike) -> float:
    """Population-weighted Gini coefficient (Lorenz curve, trapezium rule), 0 equal to near 1.

    With values sorted upwards, weights w_i and W = sum w: G = 1 - sum_i (w_i / W) (L_i + L_{i-1}), where L is the
    cumulative share of the total (Lerman and Yitzhaki 1989). Equal values give 0; nobody having anything gives nan.

    Parameters
    ----------
    values
        Shape (z,), not negative: what each person of a zone has.
    people
        Shape (z,), persons.
    """
    x, w = _sorted(values, people)
    total = float((x * w).sum())
    if total <= 0:
        return float("nan")
    lorenz = np.concatenate([[0.0], np.cumsum(x * w) / total])
    return float(max(0.0, 1 - np.sum(w / w.sum() * (lorenz[1:] + lorenz[:-1]))))


def palma(values: npt.ArrayLike, people: npt.ArrayLike) -> float:
    """Palma ratio: mean of the best-off 10 % of people over the mean of the worst-off 40 % (1 when equal).

    The means form suits accessibility, where shares of a total mean little (Pereira, Schwanen and Banister 2017
    discuss the measures; Herszenhut et al. 2022 use this ratio). inf where the worst-off have nothing.
    """
    x, w = _sorted(values, people)
    if not len(x):
        return float("nan")
    low, high = _tail_mean(x, w, 0.4), _tail_mean(x[::-1], w[::-1], 0.1)
    if low > 0:
        return high / low
    return float("inf") if high > 0 else float("nan")


def worst_decile(values: npt.ArrayLike, people: npt.ArrayLike, *, high_is_bad: bool = False) -> float:
    """Mean over the worst-off 10 % of people; a zone on the border counts by the share of its people within."""
    x, w = _sorted(values, people)
    if not len(x):
        return float("nan")
    return _tail_mean(x[::-1], w[::-1], 0.1) if high_is_bad else _tail_mean(x, w, 0.1)


def theil(values: npt.ArrayLike, people: npt.ArrayLike) -> float:
    """Theil's T, weighted by people: T = sum_i (p_i / P) (x_i / m) ln(x_i / m), m the mean (Theil 1967).

    0 when equal, at most ln(P); those who have nothing add nothing (x ln x tends to 0); nan where nobody has anything.
    """
    x, w = _sorted(values, people)
    total = float((x * w).sum())
    if total <= 0:
        return float("nan")
    r = x * w.sum() / total
    return float(max(0.0, np.sum(w / w.sum() * np.where(r > 0, r * np.log(np.where(r > 0, r, 1.0)), 0.0))))


def theil_between(values: npt.ArrayLike, people: npt.ArrayLike, group: npt.ArrayLike) -> float:
    """Part of Theil's T that lies between groups: T_b = sum_g (P_g / P) (m_g / m) ln(m_g / m).

    T - T_b, never negative, is the inequality within the groups (Shorrocks 1980).

    Parameters
    ----------
    group
        Shape (z,): label of each zone (district, settlement).
    """
    x, w, g = np.asarray(values, np.float64), np.asarray(people, np.float64), np.asarray(group)
    keep = np.isfinite(x) & (w > 0)
    _, code = np.unique(g[keep], return_inverse=True)
    persons = np.bincount(code, weights=w[keep])
    return theil(np.bincount(code, weights=w[keep] * x[keep]) / persons, persons) if len(persons) else float("nan")


def concentration(values: npt.ArrayLike, people: npt.ArrayLike, rank_by: npt.ArrayLike) -> float:
    """Concentration index: the Gini of a good with people ranked by something else, from the worst-off upwards.

    By the trapezium rule C = 1 - sum_i (w_i / W) (L_i + L_{i-1}), zones in the order of
    ``rank_by`` (O'Donnell et al. 2008, Analyzing Health Equity Using Household Survey Data, World Bank, ch. 8).
    Negative: the good sits with the worst-off; positive: with the best-off; -1 to 1. Zones of equal rank share their
    good evenly, so that their order does not matter.

    Parameters
    ----------
    rank_by
        Shape (z,): income, or minus the share of people without a car; low is worse off.
    """
    x, w, r = np.asarray(values, np.float64), np.asarray(people, np.float64), np.asarray(rank_by, np.float64)
    if not x.shape == w.shape == r.shape:
        raise ValueError("values, people and ranks must have the same length")
    keep = np.isfinite(x) & np.isfinite(r) & (w > 0)
    _, code = np.unique(r[keep], return_inverse=True)
    persons, good = np.bincount(code, weights=w[keep]), np.bincount(code, weights=w[keep] * x[keep])
    if good.sum() <= 0:
        return float("nan")
    lorenz = np.concatenate([[0.0], np.cumsum(good) / good.sum()])
    return float(1 - np.sum(persons / persons.sum() * (lorenz[1:] + lorenz[:-1])))


def _sorted(values: npt.ArrayLike, people: npt.ArrayLike) -> tuple[F64, F64]:
    x, w = np.asarray(values, np.float64), np.asarray(people, np.float64)
    if x.shape != w.shape:
        raise ValueError("values and people must have the same length")
    keep = np.isfinite(x) & (w > 0)
    order = np.argsort(x[keep], kind="stable")
    return x[keep][order], w[keep][order]


def _tail_mean(x: F64, w: F64, share: float) -> float:
    """Weighted mean of the first ``share`` of the people in the order given."""
    quota = share * w.sum()
    before = np.cumsum(w) - w
    part = np.clip(quota - before, 0.0, w)
    return float((x * part).sum() / part.sum())
