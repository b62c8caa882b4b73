"""Votes on statements as points in a plane: people who vote alike stand near each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

F64 = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Space:
    """People and statements in the plane of the two strongest differences of opinion.

    Parameters
    ----------
    people
        Coordinates, shape (n, 2).
    statements
        Direction in which agreement with each statement points (loadings), shape (m, 2).
    explained
        Share of all variance along each axis, shape (2,).
    """

    people: F64
    statements: F64
    explained: F64


def opinion_space(votes: F64) -> Space:
    """Place people by principal components of their votes.

    Parameters
    ----------
    votes
        1 agree, -1 disagree, 0 pass, NaN not voted; shape (n, m).

    Notes
    -----
    A vote not cast counts as the statement's mean, so it pulls to the middle; a person's coordinates are therefore
    stretched by ``sqrt(m / votes cast)`` (Small et al., "Polis: scaling deliberation by mapping high dimensional
    opinion spaces", 2021). The sign of an axis is chosen so that its strongest statement points up.
    """
    m = votes.shape[1]
    cast = ~np.isnan(votes)
    count = cast.sum(axis=0)
    mean = np.where(count > 0, np.where(cast, votes, 0.0).sum(axis=0) / np.maximum(count, 1), 0.0)
    x = np.where(cast, votes - mean, 0.0)
    variance, axes = np.linalg.eigh(x.T @ x)
    keep = [i for i in (m - 1, m - 2) if i >= 0]
    loadings = np.zeros((m, 2))
    explained = np.zeros(2)
    total = max(float(variance.clip(min=0).sum()), 1e-300)
    for column, i in enumerate(keep):
        axis = axes[:, i]
        strongest = int(np.flatnonzero(np.abs(axis) >= np.abs(axis).max() * (1 - 1e-9))[0])
        loadings[:, column] = axis * np.sign(axis[strongest])
        explained[column] = max(float(variance[i]), 0.0) / total
    stretch = np.sqrt(m / np.maximum(cast.sum(axis=1), 1))
    return Space((x @ loadings) * stretch[:, None], loadings, explained)
