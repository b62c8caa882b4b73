"""Balancing a matrix to its row and column totals (Furness 1965; iterative proportional fitting)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shaar.engine.errors import InputError

F64 = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Balanced:
    """The balanced matrix and how it converged: largest relative error of any row or column total."""

    matrix: F64
    iterations: int
    error: float


def furness(seed: F64, rows: F64, columns: F64, *, tolerance: float = 1e-10, max_iterations: int = 20_000) -> Balanced:
    """Scale rows and columns of a non-negative matrix until they sum to the given totals.

    ``T_ij = a_i s_ij b_j`` with ``a_i = R_i / sum_j s_ij b_j`` and ``b_j = C_j / sum_i s_ij a_i`` in turn. A row or
    column whose total is zero becomes zero. The result is the matrix nearest to the seed in relative entropy.

    Parameters
    ----------
    seed
        Non-negative, shape (n, m).
    rows, columns
        Totals, shapes (n,) and (m,), of equal sum.
    tolerance
        Stop when every total is met to this relative error.

    Raises
    ------
    InputError
        Sums differ, a value is negative, or zeros in the seed make the totals impossible.
    """
    seed = np.asarray(seed, dtype=np.float64)
    if seed.shape != (len(rows), len(columns)):
        raise InputError(f"the matrix is {seed.shape}, the totals are ({len(rows)}, {len(columns)})")
    for name, values in (("seed", seed), ("rows", rows), ("columns", columns)):
        if not (np.isfinite(values).all() and (np.asarray(values) >= 0).all()):
            raise InputError("a value is negative or not a number", field=name)
    total = float(rows.sum())
    if abs(total - float(columns.sum())) > 1e-9 * max(total, 1.0):
        raise InputError(f"rows sum to {total:.6g} and columns to {float(columns.sum()):.6g}; they must be equal")
    live_rows, live_columns = rows > 0, columns > 0
    part = np.ascontiguousarray(seed[np.ix_(live_rows, live_columns)])
    matrix = np.zeros(seed.shape)
    if not part.size:
        return Balanced(matrix, 0, 0.0)
    target_rows, target_columns = rows[live_rows], columns[live_columns] * (total / columns.sum())
    if (part.sum(axis=1) <= 0).any() or (part.sum(axis=0) <= 0).any():
        raise InputError("a row or column has a total to meet but no cell that may hold a trip")
    transposed = np.ascontiguousarray(part.T)
    b = np.ones(len(target_columns))
    error, iteration = np.inf, 0
    while iteration < max_iterations:
        iteration += 1
        a = target_rows / (part @ b)
        b = target_columns / (transposed @ a)
        # Columns are exact after the second step, so the rows alone say how far the balance is.
        error = float(np.abs(a * (part @ b) / target_rows - 1).max())
        if not np.isfinite(error):
            break
        if error <= tolerance:
            matrix[np.ix_(live_rows, live_columns)] = a[:, None] * part * b[None, :]
            return Balanced(matrix, iteration, error)
    raise InputError(
        f"row and column totals cannot be met together with the cells that may hold trips "
        f"(relative error {error:.2g} after {iteration} rounds)"
    )
