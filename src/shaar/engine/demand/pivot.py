"""Elastic response: an existing matrix by mode, and its sum, move with changed costs (pivot-point nested logit)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shaar.engine.demand.nested_logit import Tree
from shaar.engine.errors import InputError

F64 = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Pivot:
    """The new matrix and what moved it.

    Parameters
    ----------
    trips
        By mode, shape (m, ...).
    logsum_change
        Change of the expected utility, shape (...); 0 where there were no trips.
    closed
        Trips that lost every mode they used and are in no cell any more.
    """

    trips: F64
    logsum_change: F64
    closed: float


def pivot(trips: F64, changes: F64, tree: Tree, *, elasticity: float = 0.0) -> Pivot:
    """Move trips between modes, and change how many there are, by changes of utility alone.

    With ``q_k`` the present share of ``k`` within its nest, the change of a nest's worth is
    ``dU_n = theta_n ln sum_k q_k exp(dU_k / theta_n)`` and its new shares ``q_k exp((dU_k - dU_n) / theta_n)``
    (incremental logit: Kumar 1980; Bates, Ashley and Hyman 1987; Ortuzar and Willumsen, *Modelling Transport*,
    ch. 7 and 12). Every cell then holds ``T exp(elasticity dL)`` trips. What the constants stand for is kept, and a
    mode without trips in a cell stays without: a new mode needs the absolute model.

    Parameters
    ----------
    trips
        As they are, by mode, shape (m, ...).
    changes
        Utility afterwards less before (minus scale times the change of generalised minutes), shape (m, ...);
        ``-inf`` closes a mode.
    elasticity
        Change of ln(trips) per unit of logsum, >= 0; 0 keeps the number of trips.

    Raises
    ------
    InputError
        A number of trips is negative or missing, a change is not a number, or the shapes differ.
    """
    trips = np.asarray(trips, dtype=np.float64)
    changes = np.broadcast_to(np.asarray(changes, dtype=np.float64), trips.shape)
    if trips.shape[0] != len(tree.modes):
        raise InputError(f"trips are given for {trips.shape[0]} modes, the tree has {len(tree.modes)}", field="trips")
    if not (np.isfinite(trips).all() and (trips >= 0).all()):
        raise InputError("a number of trips is negative or missing", field="trips")
    if not (changes[trips > 0] < np.inf).all():
        raise InputError("a change of utility is not a number or infinite", field="changes")
    if not (np.isfinite(elasticity) and elasticity >= 0):
        raise InputError("the elasticity is negative or not a number", field="elasticity")
    n = len(tree.theta)
    nests = np.zeros((n, *trips.shape[1:]))
    members: list[list[tuple[F64, F64]]] = [[] for _ in range(n)]
    worth = np.zeros_like(nests)
    for m, home in enumerate(tree.home):
        members[home].append((trips[m], changes[m]))
    for k in range(n - 1, -1, -1):
        nests[k] = sum(t for t, _ in members[k])
        worth[k] = _worth(members[k], nests[k], tree.theta[k])
        if k:
            members[tree.parent[k]].append((nests[k], worth[k]))
    open_cells = np.isfinite(worth[0])
    total = np.where(open_cells, nests[0] * np.exp(elasticity * np.where(open_cells, worth[0], 0.0)), 0.0)
    after = np.zeros_like(nests)
    after[0] = total
    for k in range(1, n):
        around = tree.parent[k]
        after[k] = after[around] * _share(nests[k], nests[around], worth[k], worth[around], tree.theta[around])
    out = np.array(
        [after[h] * _share(trips[m], nests[h], changes[m], worth[h], tree.theta[h]) for m, h in enumerate(tree.home)]
    )
    return Pivot(out, np.where(nests[0] > 0, worth[0], 0.0), float(nests[0][~open_cells].sum()))


def _worth(members: list[tuple[F64, F64]], total: F64, theta: float) -> F64:
    """Return the change of a nest's worth; 0 where it has no trips."""
    live = [np.where(t > 0, c, -np.inf) for t, c in members]
    best = np.max(live, axis=0)
    base = np.where(np.isfinite(best), best, 0.0)
    grown = sum(t * np.exp((c - base) / theta) for (t, _), c in zip(members, live))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(total > 0, base + theta * np.log(grown / total), 0.0)


def _share(part: F64, total: F64, change: F64, worth: F64, theta: float) -> F64:
    live = (part > 0) & np.isfinite(worth)
    grown = np.exp(np.where(live, change - np.where(np.isfinite(worth), worth, 0.0), -np.inf) / theta)
    return np.where(live, part * grown, 0.0) / np.where(total > 0, total, 1.0)
