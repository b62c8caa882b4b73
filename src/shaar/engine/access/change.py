"""Before and after: who gains, who loses, and how many people that is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

F64 = npt.NDArray[np.float64]


def moved(
    before: npt.ArrayLike, after: npt.ArrayLike, *, tolerance: float, high_is_bad: bool = False
) -> npt.NDArray[np.int8]:
    """Say for each zone whether it gains (1), loses (-1) or stays (0), int8[z].

    Parameters
    ----------
    before, after
        Shape (z,). nan says that there is no way at all: coming to exist is a gain for minutes, ceasing a loss.
    tolerance
        A change of at most so much counts as none, in the unit of the values.
    high_is_bad
        True for minutes.
    """
    b, a = np.asarray(before, np.float64), np.asarray(after, np.float64)
    if b.shape != a.shape:
        raise ValueError("before and after must speak of the same zones")
    none = np.inf if high_is_bad else 0.0
    b, a = np.where(np.isnan(b), none, b), np.where(np.isnan(a), none, a)
    exist = np.isfinite(a) & np.isfinite(b)
    same = (b == a) | (exist & (np.abs(np.where(exist, a, 0.0) - np.where(exist, b, 0.0)) <= tolerance))
    better = (a < b) if high_is_bad else (a > b)
    out: npt.NDArray[np.int8] = np.where(same, 0, np.where(better, 1, -1)).astype(np.int8)
    return out


def winners_and_losers(
    before: npt.ArrayLike,
    after: npt.ArrayLike,
    people: Mapping[str, F64],
    places: Mapping[str, npt.NDArray[np.bool_]],
    *,
    tolerance: float,
    high_is_bad: bool = False,
) -> pl.DataFrame:
    """Count who gains and who loses, by place and group.

    Parameters
    ----------
    before, after
        Shape (z,): one measure in the two states.
    people
        Group -> persons by zone, shape (z,).
    places
        Place -> bool[z], which zones it holds.
    tolerance, high_is_bad
        As for :func:`moved`.

    Returns
    -------
    One row a place and group: ``place``, ``group``, ``people``, ``gain``, ``lose``, ``same`` (persons, adding up to
    ``people``), ``before``, ``after`` (means over the people for whom the measure exists in both states, null where
    nobody).
    """
    sign = moved(before, after, tolerance=tolerance, high_is_bad=high_is_bad)
    b, a = np.asarray(before, np.float64), np.asarray(after, np.float64)
    both = np.isfinite(b) & np.isfinite(a)
    rows: list[dict[str, object]] = []
    for place, inside in places.items():
        for group, persons in people.items():
            w = np.where(inside, persons, 0.0)
            seen = float(w[both].sum())
            rows.append(
                {
                    "place": place,
                    "group": group,
                    "people": float(w.sum()),
                    "gain": float(w[sign > 0].sum()),
                    "lose": float(w[sign < 0].sum()),
                    "same": float(w[sign == 0].sum()),
                    "before": float((w * np.where(both, b, 0)).sum()) / seen if seen > 0 else None,
                    "after": float((w * np.where(both, a, 0)).sum()) / seen if seen > 0 else None,
                }
            )
    names: Sequence[str] = ("people", "gain", "lose", "same", "before", "after")
    schema = {"place": pl.String, "group": pl.String} | dict.fromkeys(names, pl.Float64)
    return pl.DataFrame(rows, schema=schema)
