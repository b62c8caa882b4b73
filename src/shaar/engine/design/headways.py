"""How often each line runs: vehicles under a fleet limit, given to the line where one more saves people most time."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from shaar.engine.design import headways_kernels as kernels
from shaar.engine.design.headways_model import HeadwayModel, HeadwayRules, headway_model

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]

__all__ = ["Assignment", "HeadwayModel", "HeadwayPlan", "HeadwayRules", "allocate", "assign", "headway_model"]


@dataclass(frozen=True, slots=True)
class Assignment:
    """What people do with a network.

    Parameters
    ----------
    mean_minutes
        Mean door-to-door minutes of all trips, walked ones included; a transfer counts ``rules.transfer`` beside
        its wait.
    unserved, walked
        Share of trips on foot longer than ``rules.unserved_walk``, and on foot at all.
    transfers
        Mean transfers of those who ride.
    boardings
        Boardings a day of each line, shape (l,).
    peak_load
        Trips a day over the busiest segment and direction of each line, shape (l,).
    """

    mean_minutes: float
    unserved: float
    walked: float
    transfers: float
    boardings: F64
    peak_load: F64


@dataclass(frozen=True, slots=True)
class HeadwayPlan:
    """Vehicles and headways of each line, shape (l,), with what people do; ``crowded`` lines exceed their capacity."""

    vehicles: I64
    headways: F64
    assignment: Assignment
    crowded: tuple[int, ...]

    @property
    def fleet(self) -> int:
        """Vehicles in use."""
        return int(self.vehicles.sum())


def assign(model: HeadwayModel, headways: F64, *, loads: bool = True) -> Assignment:
    """Send every trip by its quickest way, riding or on foot, and say what results.

    Between two nodes that lines join directly people take the first bus of the lines worth taking (common lines);
    transfers join sections. Ties and paths do not react to crowding.
    """
    return _assign(model, headways, loads)[0]


def _assign(model: HeadwayModel, headways: F64, loads: bool) -> tuple[Assignment, F64]:
    rules, n, z = model.rules, model.n, len(model.ptr) - 1
    freq = np.where(np.isfinite(headways), 1.0 / headways, 0.0)
    cost = np.empty((n, n), np.float32)
    kernels.sections(n, model.start, model.line, model.ride, freq, rules.wait, model.first, model.second, cost)
    d = cost + np.float32(rules.transfer)
    kernels.all_pairs(d)
    d -= np.float32(rules.transfer)
    best, i, j = np.empty((z, z)), np.empty((z, z), np.int32), np.empty((z, z), np.int32)
    kernels.zone_minutes(d, model.ptr, model.group, model.minutes, model.walk, model.od, best, i, j)
    total = float(model.od.sum())
    rides = (i >= 0) & (model.od > 0)
    far = ~rides & (model.walk > rules.unserved_walk)
    riding = float(model.od[rides].sum())
    boardings, peak = np.zeros(model.lines), np.zeros(model.lines)
    section = np.zeros(len(model.first))
    all_boardings = 0.0
    if loads and riding > 0:
        trips = np.zeros((n, n))
        pair = i[rides].astype(np.int64) * n + j[rides]
        trips[:] = np.bincount(pair, weights=model.od[rides], minlength=n * n).reshape(n, n)
        flow = np.zeros((n, n))
        all_boardings = kernels.section_flows(cost, d, np.float32(rules.transfer), trips, flow)
        section = flow[model.first, model.second]
        load = np.zeros(int(model.seg_ptr[-1]))
        kernels.line_loads(
            model.start, model.line, model.ride, freq, rules.wait, section, model.seg_from, model.seg_to,
            model.seg_line, model.seg_ptr, load, boardings,
        )  # fmt: skip
        ends = model.seg_ptr[::2]
        peak = np.array([load[a:b].max(initial=0.0) for a, b in itertools.pairwise(ends)])
    result = Assignment(
        mean_minutes=float((best * model.od).sum() / total),
        unserved=float(model.od[far].sum() / total),
        walked=float(model.od[~rides].sum() / total),
        transfers=max(0.0, all_boardings / riding - 1.0) if loads and riding > 0 else 0.0,
        boardings=boardings,
        peak_load=peak,
    )
    return result, section


def allocate(
    model: HeadwayModel, fleets: Sequence[int], *, rounds: int = 12, swaps: int = 12, least: F64 | None = None,
    longest: F64 | None = None, capacity: F64 | None = None,
) -> dict[int, HeadwayPlan]:  # fmt: skip
    """Share vehicles among lines for several fleet sizes.

    Every line starts at the longest headway allowed. Then each next vehicle goes to the line where it saves people
    most minutes at the flows of the moment, lines over capacity first; flows are renewed ``rounds`` times on the way.
    For separable convex costs and fixed flows this greedy rule is exact (Fox 1966). Last, single vehicles are moved
    between lines while the whole assignment gets better, at most ``swaps`` trials without success a fleet.

    Parameters
    ----------
    fleets
        Vehicles available; sizes below :meth:`HeadwayModel.least_vehicles` in sum are left out of the answer.
    least, longest, capacity
        Shortest and longest headway (min) and persons a vehicle of each line, shape (l,); default: those of the model.
        By period and vehicle type: :func:`shaar.engine.design.headways_fleet.allocate_fleet`.

    Returns
    -------
    dict
        Fleet size -> plan.
    """
    given_rules = {"least": least, "longest": longest, "capacity": capacity}
    model = replace(model, **{k: np.asarray(v, float) for k, v in given_rules.items() if v is not None})  # type: ignore[arg-type]
    vehicles = model.least_vehicles()
    used = int(vehicles.sum())
    wanted = sorted({int(f) for f in fleets if f >= used})
    plans: dict[int, HeadwayPlan] = {}
    if not wanted or not model.lines:
        return plans
    every = max(1, math.ceil((wanted[-1] - used) / rounds))
    table = model.headway_table(int(vehicles.max()) + wanted[-1] - used)
    ptr, of_line = model.sections_of_lines()
    for fleet in wanted:
        while used < fleet:
            result, section = _assign(model, model.headways(vehicles), True)
            need = result.peak_load * model.rules.peak_hour / model.persons() / 60.0
            given = kernels.grow(
                ptr, of_line, model.start, model.line, model.ride, section, model.rules.wait, table, vehicles, need,
                min(every, fleet - used),
            )  # fmt: skip
            if not given and every < fleet - used:
                given = kernels.grow(
                    ptr, of_line, model.start, model.line, model.ride, section, model.rules.wait, table, vehicles,
                    need, fleet - used,
                )  # fmt: skip
            if not given:
                break
            used += given
        plans[fleet] = _improve(model, vehicles.copy(), fleet, swaps)
    return plans


def _improve(model: HeadwayModel, vehicles: I64, fleet: int, swaps: int) -> HeadwayPlan:
    """Move vehicles between lines while the assignment gets better; pairs with the best expected change first."""
    least = model.least_vehicles()
    best, section = _assign(model, model.headways(vehicles), True)
    crowding = _overload(model, vehicles, best)
    failed: set[tuple[int, int]] = set()
    misses = 0
    while misses < swaps and model.lines > 1:
        pair = _best_swap(model, vehicles, section, least, failed)
        if pair is None:
            break
        trial = vehicles.copy()
        trial[pair[0]] -= 1
        trial[pair[1]] += 1
        result, flows = _assign(model, model.headways(trial), True)
        overload = _overload(model, trial, result)
        if (overload, result.mean_minutes) < (crowding, best.mean_minutes - 1e-9):
            vehicles, best, section, crowding = trial, result, flows, overload
            failed.clear()
            misses = 0
        else:
            failed.add(pair)
            misses += 1
    headways = model.headways(vehicles)
    tight = np.array([math.ceil(c / h - 1e-9) for c, h in zip(model.cycle, headways, strict=True)], np.int64)
    if model.held_headway is not None and model.held_vehicles is not None:
        tight = np.where(np.isnan(model.held_headway), tight, model.held_vehicles)
    over = best.peak_load * model.rules.peak_hour * headways / 60.0 > model.persons() + 1e-9
    return HeadwayPlan(tight, headways, best, tuple(int(k) for k in np.flatnonzero(over)))


def _overload(model: HeadwayModel, vehicles: I64, result: Assignment) -> float:
    """Passengers over capacity on the busiest segment of each line in the peak hour, summed and rounded."""
    headways = model.headways(vehicles)
    hourly = result.peak_load * model.rules.peak_hour
    return round(float(np.maximum(hourly - model.persons() * 60.0 / headways, 0.0).sum()), 3)


def _best_swap(
    model: HeadwayModel, vehicles: I64, section: F64, least: I64, failed: set[tuple[int, int]]
) -> tuple[int, int] | None:
    freq = 1.0 / model.headways(vehicles)
    more, less = 1.0 / model.headways(vehicles + 1), 1.0 / model.headways(np.maximum(vehicles - 1, 1))
    less = np.where(vehicles > least, less, freq)
    gain, loss = np.zeros(model.lines), np.zeros(model.lines)
    kernels.gains(model.start, model.line, model.ride, freq, more, section, model.rules.wait, gain, loss, less)
    best, chosen = -math.inf, None
    for a in np.flatnonzero(vehicles > least):
        for b in np.flatnonzero(more > freq):
            value = gain[b] - loss[a]
            if a != b and value > best and (int(a), int(b)) not in failed:
                best, chosen = value, (int(a), int(b))
    return chosen
