"""Who travels where and why on a day: journeys by purpose and group before they choose how."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shaar.engine.city.model import City
from shaar.engine.demand.four_step import by_group
from shaar.engine.demand.gravity import calibrate, gravity
from shaar.engine.demand.mode_split import GroupChoice, split_trips
from shaar.engine.demand.nested_logit import Tree
from shaar.engine.demand.parameters import Parameters
from shaar.engine.demand.periods import Periods
from shaar.engine.demand.trip_rates import ATTRACTORS, PurposeEnds, purpose_ends
from shaar.engine.progress import Progress
from shaar.engine.study.model_results import Purpose

F64 = npt.NDArray[np.float64]
#: The period of the day that is assigned.
PEAK = "am_peak"


@dataclass(frozen=True, slots=True)
class Journeys:
    """Outward journeys of a day.

    Parameters
    ----------
    ends, matrices, purposes
        By purpose; matrices of shape (z, z).
    daily
        Group -> journeys of all purposes, shape (z, z).
    out, back
        Group -> those of them that go out (come home) in the busiest hour of the morning, shape (z, z), always from
        home to the activity.
    """

    ends: Mapping[str, PurposeEnds]
    matrices: Mapping[str, F64]
    purposes: Mapping[str, Purpose]
    daily: Mapping[str, F64]
    out: Mapping[str, F64]
    back: Mapping[str, F64]


def city_journeys(
    city: City, minutes: F64, tables: Mapping[str, Parameters], periods: Periods, progress: Progress
) -> Journeys:
    """Make trip ends and spread them by gravity on the minutes by car on empty streets, shape (z, z).

    The distribution does not follow congestion or lines: it describes who lives and works where, and has to be the
    same before and after a change; how destinations answer to a change, ``demand_at`` tells.
    """
    zones = {c: city.zones[c].fill_null(0.0).to_numpy().astype(float) for c in ATTRACTORS if c in city.zones.columns}
    ends = purpose_ends(zones, parameters=tables["trip_rates"])
    p, share = tables["demand"], tables["model"]["peak_hour_share"]
    matrices: dict[str, F64] = {}
    purposes: dict[str, Purpose] = {}
    for number, (name, e) in enumerate(ends.items()):
        progress("trip distribution", number, len(ends), name)
        free = gravity(e.productions, e.attractions, minutes, 0.0, power=p["deterrence_power"])
        target = p["mean_minutes"] * tables["model"].get(f"mean_factor_{name}", 1.0)
        target = min(target, p["mean_ratio"] * free.mean_minutes)
        found = calibrate(e.productions, e.attractions, minutes, target, power=p["deterrence_power"])
        matrices[name] = found.matrix
        purposes[name] = Purpose(float(found.matrix.sum()), found.mean_minutes, target)
    progress("trip distribution", len(ends), len(ends))
    groups = next(iter(ends.values())).groups
    parts = {name: by_group(matrices[name], ends[name]) for name in ends}
    at = periods.names.index(PEAK)

    def of(weights: Mapping[str, float]) -> dict[str, F64]:
        return {g: np.sum([weights[q] * parts[q][g] for q in parts], axis=0) for g in groups}

    return Journeys(
        ends, matrices, purposes, of(dict.fromkeys(parts, 1.0)),
        of({q: share * float(periods.out[q][at]) for q in parts}),
        of({q: share * float(periods.back[q][at]) for q in parts}),
    )  # fmt: skip


def peak_hour(journeys: Journeys, choices: Mapping[str, GroupChoice], tree: Tree) -> dict[str, F64]:
    """Persons by mode in the busiest hour, shape (z, z): who comes home does so by what she went out with."""
    out, back = (split_trips(trips, choices, tree) for trips in (journeys.out, journeys.back))
    return {m: out.trips[k] + back.trips[k].T for k, m in enumerate(tree.modes)}


def arrivals(journeys: Journeys, choices: Mapping[str, GroupChoice], tree: Tree, mode: str) -> dict[str, F64]:
    """Persons that arrive by a mode on a day, purpose -> by zone of the activity, shape (z,)."""
    at = tree.modes.index(mode)
    found: dict[str, F64] = {}
    for name, ends in journeys.ends.items():
        trips = by_group(journeys.matrices[name], ends)
        found[name] = split_trips(trips, choices, tree).trips[at].sum(axis=0)
    return found
