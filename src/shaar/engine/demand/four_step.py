"""Trips by purpose, mode and period as a function of costs: what the four-step loop asks of demand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from shaar.engine.demand.furness import furness
from shaar.engine.demand.mode_constants import Constants
from shaar.engine.demand.mode_costs import Parts, mode_parameters
from shaar.engine.demand.mode_split import ModeSplit, calibrate_split, default_tree, group_choices, split_trips
from shaar.engine.demand.nested_logit import Tree
from shaar.engine.demand.parameters import Parameters
from shaar.engine.demand.periods import Periods, split_periods
from shaar.engine.demand.trip_rates import PurposeEnds
from shaar.engine.errors import InputError

F64 = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class DemandModel:
    """Demand calibrated to the present: the matrix of each purpose, who makes it, and the modes' constants.

    Parameters
    ----------
    matrices
        Purpose -> outward journeys of a day, shape (z, z), at the costs of today.
    group_shares
        Purpose -> share of each group in the journeys from each zone, shape (g, z).
    groups
        Names of the g groups.
    constants
        Of the modes, with how they were found.
    logsums
        Group -> logsum at the costs of today, shape (z, z): later costs are compared with these.
    """

    matrices: Mapping[str, F64]
    group_shares: Mapping[str, F64]
    groups: tuple[str, ...]
    constants: Constants
    tree: Tree
    parameters: Parameters = field(repr=False)
    logsums: Mapping[str, F64] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Demand:
    """Outward journeys of a day at given costs.

    Parameters
    ----------
    matrices
        Purpose -> journeys by all modes, shape (z, z).
    splits
        Purpose -> its division over modes.
    """

    matrices: Mapping[str, F64]
    splits: Mapping[str, ModeSplit]

    @property
    def by_mode(self) -> dict[str, F64]:
        """Journeys of all purposes by mode, shape (z, z)."""
        first = next(iter(self.splits.values()))
        return {m: np.sum([s.trips[k] for s in self.splits.values()], axis=0) for k, m in enumerate(first.modes)}


def by_group(matrix: F64, ends: PurposeEnds) -> dict[str, F64]:
    """Divide a matrix of journeys over the groups in proportion to their productions in the zone of home."""
    shares = _group_shares(ends)
    return {g: matrix * s[:, None] for g, s in zip(ends.groups, shares)}


def calibrate_demand(
    matrices: Mapping[str, F64],
    ends: Mapping[str, PurposeEnds],
    costs: Mapping[str, Parts],
    shares: Mapping[str, float],
    *,
    tree: Tree | None = None,
    parameters: Parameters | Mapping[str, float] | None = None,
) -> DemandModel:
    """Calibrate the modes to their shares and remember the present.

    Constants are common to all purposes, since shares by purpose are seldom known.

    Parameters
    ----------
    matrices
        Purpose -> outward journeys of a day, shape (z, z), made by gravity or observed.
    ends
        Purpose -> trip ends by group; only the proportions between groups are used.
    costs
        Mode -> parts of a journey, at present; see :func:`mode_split.mode_split`.
    shares
        Mode -> share of all journeys, at present.

    Raises
    ------
    InputError
        Purposes or groups differ, or the shares cannot be met.
    """
    if set(matrices) != set(ends) or not matrices:
        raise InputError("matrices and trip ends must be of the same purposes", field=", ".join(ends))
    groups = next(iter(ends.values())).groups
    if any(e.groups != groups for e in ends.values()):
        raise InputError("all purposes must have the same groups", field=", ".join(groups))
    p = mode_parameters(parameters)
    tree = tree or default_tree(p, tuple(costs))
    # The utilities are those of the group whatever the purpose, so its purposes can be added up.
    parts = [by_group(matrices[q], ends[q]) for q in matrices]
    trips = {g: np.sum([d[g] for d in parts], axis=0) for g in groups}
    constants = calibrate_split(trips, costs, shares, tree=tree, parameters=p)
    present = group_choices(groups, costs, constants=constants.values, tree=tree, parameters=p)
    return DemandModel(
        matrices={q: np.asarray(m, dtype=np.float64) for q, m in matrices.items()},
        group_shares={q: _group_shares(e) for q, e in ends.items()},
        groups=groups,
        constants=constants,
        tree=tree,
        parameters=p,
        logsums={g: c.logsum for g, c in present.items()},
    )


def demand_at(model: DemandModel, costs: Mapping[str, Parts]) -> Demand:
    """Tell who travels where by what when journeys cost this.

    Destinations pivot on the present matrix: ``T'_ij = a_i b_j T_ij exp(theta_distribution dL_ij)`` with the change of
    the logsum ``dL`` (mean over the groups of the zone) and factors that keep the trip ends; modes follow the nested
    logit with the calibrated constants. At the costs of today it returns the present.

    Raises
    ------
    InputError
        As :func:`mode_split.mode_split`, or trip ends cannot be met because whole zones are cut off.
    """
    p, response = model.parameters, model.parameters["theta_distribution"]
    if not 0 <= response <= 1:
        raise InputError("the share must be between 0 and 1", field="theta_distribution")
    shift = model.constants.values
    change: dict[str, F64] = {}
    # How a group chooses does not depend on the purpose, so it is computed once.
    choices = group_choices(model.groups, costs, constants=shift, tree=model.tree, parameters=p)
    for g, before in model.logsums.items():
        now = choices[g].logsum
        both = np.isfinite(before) & np.isfinite(now)
        change[g] = np.where(both, np.where(both, now, 0.0) - np.where(both, before, 0.0), 0.0)
    matrices: dict[str, F64] = {}
    splits: dict[str, ModeSplit] = {}
    for purpose, present in model.matrices.items():
        shares = model.group_shares[purpose]
        mean = np.sum([s[:, None] * change[g] for g, s in zip(model.groups, shares)], axis=0)
        seed = present * np.exp(response * mean)
        if response > 0 and np.abs(mean[present > 0]).max(initial=0.0) > 0:
            matrix = furness(seed, present.sum(axis=1), present.sum(axis=0)).matrix
        else:
            matrix = present
        matrices[purpose] = matrix
        trips = {g: matrix * s[:, None] for g, s in zip(model.groups, shares)}
        splits[purpose] = split_trips(trips, choices, model.tree)
    return Demand(matrices, splits)


def period_trips(demand: Demand, periods: Periods, *, homeward: float = 1.0) -> dict[str, dict[str, F64]]:
    """Divide journeys by mode over the periods of the day: period -> mode -> persons in the period, shape (z, z)."""
    found: dict[str, dict[str, F64]] = {n: {} for n in periods.names}
    for purpose, split in demand.splits.items():
        for k, mode in enumerate(split.modes):
            for name, trips in split_periods(split.trips[k], purpose, periods, homeward=homeward).items():
                found[name][mode] = found[name].get(mode, 0.0) + trips
    return found


def vehicles(persons: Mapping[str, F64], parameters: Parameters | Mapping[str, float] | None = None) -> F64:
    """Return the cars and taxis that carry these persons, shape (z, z); runs of empty taxis are not in it."""
    p = mode_parameters(parameters)
    parts = [persons[m] / p[f"{m}_occupancy"] for m in ("car", "taxi") if m in persons]
    if not parts:
        raise InputError("neither car nor taxi is among the modes", field=", ".join(persons))
    return np.sum(parts, axis=0)


def _group_shares(ends: PurposeEnds) -> F64:
    total = ends.productions
    even = np.full_like(ends.by_group, 1.0 / len(ends.groups))
    return np.where(total > 0, ends.by_group / np.where(total > 0, total, 1.0), even)
