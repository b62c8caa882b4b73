"""What of a variable the trip ends leave free: its residual after the best row and column effects."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

F64 = npt.NDArray[np.float64]


def free_of_ends(trips: F64, variables: Sequence[F64]) -> list[F64]:
    """Return each variable less its trip-weighted best row and column effects.

    In a balanced matrix ``T_ij = a_i b_j exp(sum_k x_k v_k)`` the mean of ``v_k`` answers to ``x_l`` with the
    covariance of these residuals: what row and column factors cannot take back.

    Parameters
    ----------
    trips
        Balanced matrix, shape (n, m).
    variables
        Each of shape (n, m), finite.

    Returns
    -------
    list of arrays, shape (n, m)
        Zero in rows and columns without trips.
    """
    rows, columns = trips.sum(axis=1), trips.sum(axis=0)
    live = np.ix_(rows > 0, columns > 0)
    t, r, c = trips[live], rows[rows > 0], columns[columns > 0]
    core = np.diag(c) - t.T @ (t / r[:, None])
    core += c.mean() / len(c)  # lifts the constant, which rows and columns share
    core[np.diag_indices_from(core)] += 1e-13 * c.mean()  # and those of parts that no trip joins
    values = [np.asarray(full, dtype=np.float64)[live] for full in variables]
    by_row = np.array([(t * v).sum(axis=1) for v in values])
    by_column = np.array([(t * v).sum(axis=0) for v in values])
    effects = np.linalg.solve(core, (by_column - (by_row / r) @ t).T).T
    rest: list[F64] = []
    for v, row, effect in zip(values, by_row, effects):
        out = np.zeros_like(trips)
        out[live] = v - ((row - t @ effect) / r)[:, None] - effect[None, :]
        rest.append(out)
    return rest
