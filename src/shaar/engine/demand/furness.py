"""Balancing a matrix to its row and column totals (Furness 1965; iterative proportional fitting)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shaar.engine.errors import InputError

F64 = npt.NDArray[np.float64]
#: Plain rounds after which Newton's method is tried (ordinary matrices are done before), and its most steps.
NEWTON_AFTER = frozenset({200, 1000})
NEWTON_STEPS = 60


@dataclass(frozen=True, slots=True)
class Balanced:
    """The balanced matrix and how it converged: largest relative error of any row or column total."""

    matrix: F64
    iterations: int
    error: float


def furness(seed: F64, rows: F64, columns: F64, *, tolerance: float = 1e-10, max_iterations: int = 2_000) -> Balanced:
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
    a, b, iterations, error = _balance(part, target_rows, target_columns, tolerance, max_iterations)
    if not error <= tolerance:
        raise InputError(
            "row and column totals cannot be met together with the cells that may hold trips "
            f"(relative error {error:.2g} after {iterations} rounds)"
        )
    matrix[np.ix_(live_rows, live_columns)] = a[:, None] * part * b[None, :]
    return Balanced(matrix, iterations, error)


def _balance(part: F64, rows: F64, columns: F64, tolerance: float, most: int) -> tuple[F64, F64, int, float]:
    """Alternate row and column steps; where these crawl, go on by Newton's method on the row factors."""
    transposed = np.ascontiguousarray(part.T)
    b = np.ones(len(columns))
    error, iteration = np.inf, 0
    a = rows / (part @ b)
    while iteration < most:
        iteration += 1
        a = rows / (part @ b)
        b = columns / (transposed @ a)
        # Columns are exact after the second step, so the rows alone say how far the balance is.
        error = float(np.abs(a * (part @ b) / rows - 1).max())
        if error <= tolerance or not np.isfinite(error):
            break
        if iteration in NEWTON_AFTER:
            a, b, error = _newton(part, a, b, rows, columns, tolerance)
            if error <= tolerance:
                break
    return a, b, iteration, error


def _newton(part: F64, a: F64, b: F64, rows: F64, columns: F64, tolerance: float) -> tuple[F64, F64, float]:
    """Balance by damped Newton steps; returns factors that are no worse than those given.

    With the columns always balanced, the row factors ``u = log a`` minimise the convex
    ``D = sum_j C_j log(sum_i s_ij e^u_i) - sum_i R_i u_i``, whose gradient is the rows' error and whose Hessian is
    ``diag(T 1) - T diag(1/C) T'`` (singular along the constant, which the added constant matrix lifts).
    """
    error = float(np.abs(a * (part @ b) / rows - 1).max())
    for _ in range(NEWTON_STEPS):
        trips = a[:, None] * part * b[None, :]
        sums = trips.sum(axis=1)
        gradient = sums - rows
        hessian = np.diag(sums) - (trips / columns) @ trips.T + sums.mean() / len(sums)
        try:
            step = np.linalg.solve(hessian, -gradient)
        except np.linalg.LinAlgError:
            break
        slope, damping, taken = float(gradient @ step), 1.0, False
        while damping > 1e-5 and not taken:
            with np.errstate(all="ignore"):
                new_a = a * np.exp(damping * step)
                new_b = columns / (part.T @ new_a)
                new_error = float(np.abs(new_a * (part @ new_b) / rows - 1).max())
                change = float(columns @ np.log(b / new_b)) - damping * float(rows @ step)
            taken = np.isfinite(new_error) and (change <= 1e-4 * damping * slope or new_error < error)
            damping /= 4
        if not taken:
            break
        a, b, error = new_a, new_b, new_error
        if error <= tolerance:
            break
    return a, b, error
