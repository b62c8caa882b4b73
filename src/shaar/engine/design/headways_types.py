"""A vehicle type for each line: the roomiest vehicles to the fullest lines, as far as they go."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from shaar.engine.design.headways_judge import Judge
from shaar.engine.design.headways_network import line_peaks
from shaar.engine.design.headways_room import any_fit, too_few
from shaar.engine.design.headways_task import FleetTask
from shaar.engine.errors import InputError

I64 = npt.NDArray[np.int64]

#: So many ways to give types are all tried.
FEW = 32


def first_types(task: FleetTask, judge: Judge, start: Sequence[I64] | None = None) -> list[I64]:
    """Ways to give each line a type within the limits, every line at its longest headway; the search tries them all.

    Lines are taken by the load of their busiest link at the longest headways, fullest first, each gets the roomiest
    type with vehicles left; again with lines in the order of load times cycle, and of load over cycle; and all three
    with as many vehicles set aside for a line as its load times cycle asks of the fleet, so that every type is used.
    Where that leaves some line without, any types that fit are looked for exhaustively. Where at most :data:`FEW` ways
    exist, all are given. Vehicles to start with (``start``, of each line by period) are what is set aside where given.

    Raises
    ------
    InputError
        The vehicles do not suffice; the sentence names the period and the least relaxation that helps.
    """
    periods = range(len(task.periods))
    least = np.stack([task.least(p) for p in periods])
    room = np.stack([task.room(p) for p in periods])
    if (least.sum(axis=1) > room.sum(axis=1)).any():
        raise InputError(too_few(task), field="limits")
    may = task.may()
    widest = np.array([max(np.flatnonzero(m), key=lambda k: task.types[k].places) for m in may], np.int64)
    busiest = judge.busiest()
    peaks = _peaks(judge, busiest, widest, least[busiest])
    kinds = sorted(range(len(task.types)), key=lambda k: (-task.types[k].places, _dear(task, k), k))
    choices = [np.flatnonzero(m) for m in may]
    if np.prod([float(len(c)) for c in choices]) <= FEW:
        ways = [np.array(way, np.int64) for way in itertools.product(*choices)]
        ways = [way for way in ways if _fits(way, least, room)]
    else:
        cycles = task.cycles(busiest)
        orders = [np.argsort(-key, kind="stable") for key in (peaks, peaks * cycles, peaks / cycles)]
        asked = room.sum(axis=1, keepdims=True) * _shares(peaks * cycles if start is None else start[busiest])
        wanted = np.maximum(least, np.floor(asked).astype(np.int64))
        tried = [_in_order(order, kinds, may, least, room, need) for need in (least, wanted) for order in orders]
        ways = list({way.tobytes(): way for way in tried if way is not None}.values())
        if not ways:
            fit = any_fit(may, least, room)
            ways = [] if fit is None else [fit]
    if not ways:
        raise InputError(too_few(task), field="limits")
    return ways


def _fits(way: I64, least: I64, room: I64) -> bool:
    kinds = room.shape[1]
    return all((np.bincount(way, weights=n, minlength=kinds) <= r).all() for n, r in zip(least, room, strict=True))


def _shares(weight: npt.NDArray[np.float64] | I64) -> npt.NDArray[np.float64]:
    total = float(weight.sum())
    return weight / total if total > 0 else np.full(len(weight), 1.0 / len(weight))


def _in_order(order: I64, kinds: list[int], may: npt.NDArray[np.bool_], least: I64, room: I64, need: I64) -> I64 | None:
    """Roomiest type first as long as it has the vehicles a line will need, else the type with most left."""
    chosen = np.full(len(order), -1, np.int64)
    left, ahead = room.copy(), room.copy()
    for line in order:
        fit = [k for k in kinds if may[line, k] and (left[:, k] >= least[:, line]).all()]
        if not fit:
            return None
        ample = [k for k in fit if (ahead[:, k] >= need[:, line]).all()]
        k = ample[0] if ample else max(fit, key=lambda k: (int(ahead[:, k].min()), -k))
        chosen[line] = k
        left[:, k] -= least[:, line]
        ahead[:, k] -= need[:, line]
    return chosen


def _dear(task: FleetTask, k: int) -> float:
    kind, w = task.types[k], task.weights
    return w.cost * (kind.cost_hour + 15.0 * kind.cost_km) + w.kg * 0.015 * kind.gco2e_km


def _peaks(judge: Judge, p: int, types: I64, vehicles: I64) -> npt.NDArray[np.float64]:
    service = judge.serve(p, types, vehicles.astype(np.int64))
    return line_peaks(service.graph, service.crowded.loading.links, judge.lines)
