"""Mode choice of a city: groups with their values of time and what is available to them, over all pairs of zones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shaar.engine.demand.kernels import nested_shares
from shaar.engine.demand.mode_constants import Constants, Segment, calibrate_constants
from shaar.engine.demand.mode_costs import Parts, mode_parameters
from shaar.engine.demand.mode_groups import MODES, default_tree, kinds_of, utilities_of
from shaar.engine.demand.nested_logit import Tree
from shaar.engine.demand.parameters import Parameters
from shaar.engine.errors import InputError

__all__ = [
    "MODES",
    "GroupChoice",
    "ModeSplit",
    "calibrate_split",
    "default_tree",
    "group_choices",
    "mode_split",
    "split_trips",
    "target_shares",
]

F64 = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ModeSplit:
    """Trips by mode.

    Parameters
    ----------
    modes
        Names, in the order of the first axis of ``trips``.
    trips
        Of all groups, shape (m, z, z).
    by_group
        Group -> trips by mode, shape (m,).
    logsum
        Group -> expected utility, shape (z, z), the mean over those with and without what not all have;
        ``-inf`` where some of the group cannot get there.
    stranded
        Trips without any mode; they are in none of the matrices.
    """

    modes: tuple[str, ...]
    trips: F64
    by_group: Mapping[str, F64]
    logsum: Mapping[str, F64]
    stranded: float

    @property
    def shares(self) -> dict[str, float]:
        """Share of each mode in all trips made."""
        sums = self.trips.sum(axis=tuple(range(1, self.trips.ndim)))
        return {m: float(s / max(sums.sum(), 1e-300)) for m, s in zip(self.modes, sums)}


@dataclass(frozen=True, slots=True)
class GroupChoice:
    """How a group chooses: shares of the modes, shape (m, ...), logsum, and the share that has no mode at all."""

    shares: F64
    logsum: F64
    closed: F64


def mode_split(
    trips: Mapping[str, F64],
    costs: Mapping[str, Parts],
    *,
    constants: F64 | None = None,
    tree: Tree | None = None,
    parameters: Parameters | Mapping[str, float] | None = None,
) -> ModeSplit:
    """Divide the trips of each group over the modes by nested logit on generalised cost.

    ``V_m = constant_m - scale * (generalised minutes)``. Where only a share of a group has a mode
    (``has_<mode>_<group>``), the group is divided into those who have it and those who do not, and each chooses.

    Parameters
    ----------
    trips
        Group -> trips, shape (z, z).
    costs
        Mode -> parts of a journey by it, each of shape (z, z) or a number; see :data:`mode_costs.PARTS`.
    constants
        In the order of the tree's modes, utility units; None takes zeros.
    tree
        Nests; None takes :func:`default_tree` over the modes of ``costs``.

    Raises
    ------
    InputError
        A part, a share or a value of time is impossible, or costs and tree speak of different modes.
    """
    p = mode_parameters(parameters)
    tree = tree or default_tree(p, tuple(costs))
    found = group_choices(tuple(trips), costs, constants=constants, tree=tree, parameters=p)
    return split_trips(trips, found, tree)


def group_choices(
    groups: tuple[str, ...],
    costs: Mapping[str, Parts],
    *,
    constants: F64 | None = None,
    tree: Tree | None = None,
    parameters: Parameters | Mapping[str, float] | None = None,
) -> dict[str, GroupChoice]:
    """Compute how each group chooses between all zones, whatever the number of its trips; see :func:`mode_split`."""
    p = mode_parameters(parameters)
    tree = tree or default_tree(p, tuple(costs))
    found: dict[str, GroupChoice] = {}
    for group in groups:
        utilities = utilities_of(group, costs, tree, p, constants)
        lacking, kinds = kinds_of(tree.modes, group, p)
        cells = np.ascontiguousarray(utilities.reshape(len(tree.modes), -1).T)
        n = len(cells)
        shares, logsum, closed = np.empty((len(tree.modes), n)), np.empty(n), np.empty(n)
        nested_shares(cells, lacking, kinds, *tree.arrays, shares, logsum, closed)
        shape = utilities.shape[1:]
        found[group] = GroupChoice(shares.reshape(-1, *shape), logsum.reshape(shape), closed.reshape(shape))
    return found


def split_trips(trips: Mapping[str, F64], choices: Mapping[str, GroupChoice], tree: Tree) -> ModeSplit:
    """Divide the trips of each group, shape (z, z), as the group chooses."""
    total: F64 | None = None
    by_group: dict[str, F64] = {}
    stranded = 0.0
    for group, matrix in trips.items():
        amount, choice = np.asarray(matrix, dtype=np.float64), choices[group]
        if not (np.isfinite(amount).all() and (amount >= 0).all()):
            raise InputError("a number of trips is negative or missing", field=group)
        if amount.shape != choice.closed.shape:
            raise InputError(f"trips have shape {amount.shape}, costs {choice.closed.shape}", field=group)
        made = choice.shares * amount
        by_group[group] = made.reshape(len(tree.modes), -1).sum(axis=1)
        stranded += float((amount * choice.closed).sum())
        total = made if total is None else total + made
    if total is None:
        raise InputError("there are no groups of travellers", field="trips")
    return ModeSplit(tree.modes, total, by_group, {g: choices[g].logsum for g in trips}, stranded)


def calibrate_split(
    trips: Mapping[str, F64],
    costs: Mapping[str, Parts],
    shares: Mapping[str, float],
    *,
    tree: Tree | None = None,
    parameters: Parameters | Mapping[str, float] | None = None,
    tolerance: float = 1e-9,
) -> Constants:
    """Find the constants with which :func:`mode_split` gives these shares of all trips.

    Trips between zones that no mode joins are left out of the shares. See :func:`calibrate_constants`.
    """
    p = mode_parameters(parameters)
    tree = tree or default_tree(p, tuple(costs))
    segments: list[Segment] = []
    for group, matrix in trips.items():
        amount = np.asarray(matrix, dtype=np.float64)
        if not (np.isfinite(amount).all() and (amount >= 0).all()):
            raise InputError("a number of trips is negative or missing", field=group)
        utilities = utilities_of(group, costs, tree, p, None)
        lacking, kinds = kinds_of(tree.modes, group, p)
        reach = [np.isfinite(utilities[~lack]).any(axis=0) for lack in lacking]
        if all((amount[~r] == 0).all() for r in reach):
            segments.append(Segment(amount, utilities, lacking, kinds))
            continue
        # Where some kind cannot get to, the kinds are taken apart and each is left out where it has no mode.
        for lack, share, r in zip(lacking, kinds, reach):
            segments.append(Segment(amount[r] * share, utilities[:, r], lack[None, :]))
    return calibrate_constants(segments, tree, shares, tolerance=tolerance)


def target_shares(parameters: Parameters | Mapping[str, float] | None = None) -> dict[str, float]:
    """Return the mode shares of the table, scaled to one."""
    p = mode_parameters(parameters)
    raw = {n.removeprefix("share_"): p[n] for n in p if n.startswith("share_")}
    return {m: s / sum(raw.values()) for m, s in raw.items()}
