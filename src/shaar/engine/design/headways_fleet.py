"""Headways by period and vehicle type under fleet limits, with crowded strategies in the loop."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from shaar.engine.design.headways_judge import Judge
from shaar.engine.design.headways_network import line_peaks
from shaar.engine.design.headways_task import FleetPlan, FleetTask, PeriodService
from shaar.engine.design.headways_types import first_types
from shaar.engine.progress import Progress, silent

I64 = npt.NDArray[np.int64]


#: With more lines the types that are tried are first judged in the busiest period alone, and the local searches end
#: after so many moves kept for each failure allowed.
MANY = 6
KEPT = 3


def allocate_fleet(
    task: FleetTask,
    *,
    rounds: int = 8,
    swaps: int = 12,
    type_trials: int = 12,
    start: Sequence[I64] | None = None,
    progress: Progress = silent,
) -> FleetPlan:
    """Set the headway of each line in each period, and its vehicle type.

    Every line starts at its longest headway with the roomiest vehicles going to the fullest lines. Then, period by
    period, the next vehicle of each type goes where it lowers the objective most per vehicle, lines over their places
    first; the assignment is renewed ``rounds`` times on the way (Fox 1966: exact for separable convex costs at fixed
    flows). Last, a vehicle is moved between two lines of a type, added or taken away, and types are exchanged or
    changed, each judged by the whole assignment with crowding, best estimate first; after ``swaps`` (``type_trials``)
    failures in a row that ends. A plan with less overload is always better; the objective decides between equals.

    Parameters
    ----------
    task
        See :class:`FleetTask`.
    rounds, swaps, type_trials
        Renewals of the assignment while vehicles are handed out, and failures that end the two local searches.
    start
        Vehicles of each line in each period to begin with, each of shape (l,), as a quicker method found them; what
        the limits do not hold is taken away from the lines with most. Default: those of the longest headways.

    Returns
    -------
    FleetPlan
        Within the limits by type in every period, and within the headways allowed. Lines that cannot carry everybody
        are in ``shortages`` with the least vehicles more that could.

    Raises
    ------
    InputError
        The vehicles do not suffice for the longest headways allowed.
    """
    judge = Judge(task)
    types, services = _begun(judge, rounds, start, progress)
    history = [judge.worth(services)]
    for p in range(len(task.periods)):
        services[p] = _polished(judge, p, types, services[p], swaps)
        history.append(judge.worth(services))
        progress("headways by period", len(task.periods) + p + 1, 2 * len(task.periods) + 1, task.periods[p].name)
    if len(task.types) > 1 and type_trials > 0:
        before = types
        types, services = _retyped(judge, types, services, type_trials, swaps, history)
        if judge.lines > MANY and (types != before).any():
            services = [_polished(judge, p, types, service, swaps) for p, service in enumerate(services)]
            history.append(judge.worth(services))
    progress("headways by period", 1, 1)
    return judge.plan(types, _tight(judge, types, services), history)


def _begun(
    judge: Judge, rounds: int, start: Sequence[I64] | None, progress: Progress
) -> tuple[I64, list[PeriodService]]:
    """Hand out the vehicles with each of the first types, and keep the best."""
    task = judge.task
    ways = first_types(task, judge, start)
    every = range(len(task.periods))
    # On many lines a round or two in the busiest period tell which types are worth the whole work.
    some: Iterable[int] = every
    few = rounds
    if judge.lines > MANY:
        some, few = [judge.busiest()], min(rounds, 2 if start is None else 1)

    def filled(types: I64, periods: Iterable[int], rounds: int) -> list[PeriodService]:
        return [_filled(judge, p, types, _first(judge, p, types, start), rounds) for p in periods]

    best: tuple[tuple[float, float], I64] | None = None
    for number, types in enumerate(ways, start=1):
        if len(ways) == 1:
            break
        worth = judge.worth(filled(types, some, few))
        if best is None or _better(worth, best[0]):
            best = worth, types
        progress("vehicle types", number, len(ways))
    chosen = ways[0] if best is None else best[1]
    services = []
    for p in every:
        services += filled(chosen, [p], rounds)
        progress("headways by period", p + 1, 2 * len(task.periods) + 1, task.periods[p].name)
    return chosen, services


def _first(judge: Judge, p: int, types: I64, start: Sequence[I64] | None) -> I64:
    """Vehicles to begin with, within the limits: lines with most over their least give way."""
    least = judge.task.least(p)
    if start is None:
        return least
    vehicles = np.where(judge.free(p), np.maximum(start[p], least), least).astype(np.int64)
    # A headway that is not allowed to be shorter needs no more vehicles.
    for k in np.flatnonzero(judge.free(p)):
        row = judge.table[p][k]
        vehicles[k] = min(int(vehicles[k]), len(row) - 1)
        while vehicles[k] > least[k] and row[vehicles[k] - 1] <= row[vehicles[k]] + 1e-9:
            vehicles[k] -= 1
    while (spare := _spare(judge, p, types, vehicles)).min() < 0:
        of_type = (types == int(np.argmin(spare))) & (vehicles > least)
        k = max(np.flatnonzero(of_type), key=lambda k: (vehicles[k] / max(int(least[k]), 1), -k))
        vehicles[k] = max(_fewer(judge, p, int(k), int(vehicles[k]), int(least[k])), int(least[k]))
    return vehicles


def _spare(judge: Judge, p: int, types: I64, vehicles: I64) -> I64:
    kinds = len(judge.task.types)
    return judge.task.room(p) - np.bincount(types, weights=vehicles, minlength=kinds).astype(np.int64)


def _filled(judge: Judge, p: int, types: I64, start: I64, rounds: int) -> PeriodService:
    """Hand out what is left, renewing the assignment on the way; stop where no vehicle is worth its cost."""
    vehicles = start.astype(np.int64).copy()
    service = judge.serve(p, types, vehicles)
    batch = max(1, math.ceil(int(np.maximum(_spare(judge, p, types, vehicles), 0).sum()) / max(rounds, 1)))
    while True:
        more = _handed(judge, p, types, service, batch)
        if (more == vehicles).all():
            return service
        vehicles = more
        service = judge.serve(p, types, vehicles)


def _handed(judge: Judge, p: int, types: I64, service: PeriodService, batch: int) -> I64:
    """Give up to ``batch`` vehicles at the flows of one assignment."""
    vehicles = service.vehicles.copy()
    spare = _spare(judge, p, types, vehicles)
    free = judge.free(p)
    peaks = line_peaks(service.graph, service.crowded.loading.links, judge.lines)
    rate: dict[int, tuple[float, int]] = {}

    def price(k: int) -> None:
        rate.pop(k, None)
        v = judge.next_step(p, k, int(vehicles[k])) if free[k] else 0
        if v and v - vehicles[k] <= spare[types[k]]:
            rate[k] = judge.gain(p, service, types, k, int(vehicles[k]), v) / (v - vehicles[k]), v

    for k in range(judge.lines):
        price(k)
    given = 0
    while given < batch and rate:
        fill = np.divide(peaks, judge.hourly_places(p, types, vehicles), out=np.zeros(judge.lines), where=peaks > 0)
        full = [k for k in rate if fill[k] > 1.0 + 1e-9]
        k = max(full, key=lambda k: (fill[k], -k)) if full else max(rate, key=lambda k: (rate[k][0], -k))
        if not full and rate[k][0] <= 0.0:
            break
        given += rate[k][1] - int(vehicles[k])
        spare[types[k]] -= rate[k][1] - vehicles[k]
        vehicles[k] = rate[k][1]
        for j in range(judge.lines):
            if j == k or (types[j] == types[k] and j in rate and rate[j][1] - vehicles[j] > spare[types[k]]):
                price(j)
    return vehicles


def _fewer(judge: Judge, p: int, line: int, vehicles: int, least: int) -> int:
    """Most vehicles with which the line comes less often, -1 where that is not allowed."""
    row = judge.table[p][line]
    for v in range(vehicles - 1, least - 1, -1):
        if row[v] > row[vehicles] + 1e-9:
            return v
    return -1


def _polished(judge: Judge, p: int, types: I64, service: PeriodService, swaps: int) -> PeriodService:
    """Move single vehicles while the assignment gets better."""
    least, free = judge.task.least(p), judge.free(p)
    failed: set[tuple[int, int]] = set()
    misses = kept = 0
    while misses < swaps and (judge.lines <= MANY or kept < KEPT * swaps):
        now = service.vehicles
        spare = _spare(judge, p, types, now)
        up, down = {}, {}
        for k in np.flatnonzero(free):
            more = judge.next_step(p, int(k), int(now[k]))
            if more:
                up[int(k)] = more, judge.gain(p, service, types, int(k), int(now[k]), more)
            fewer = _fewer(judge, p, int(k), int(now[k]), int(least[k]))
            if fewer >= 0:
                down[int(k)] = fewer, judge.gain(p, service, types, int(k), int(now[k]), fewer)
        moves = [(g, -1, b) for b, (v, g) in up.items() if v - now[b] <= spare[types[b]]]
        # Without a price on vehicles none is taken away for nothing.
        if judge.task.weights.cost > 0 or judge.task.weights.kg > 0:
            moves += [(g, a, -1) for a, (_, g) in down.items()]
        moves += [
            (down[a][1] + up[b][1], a, b)
            for a in down
            for b in up
            if a != b and types[a] == types[b] and up[b][0] - now[b] <= spare[types[b]] + now[a] - down[a][0]
        ]
        moves = [m for m in moves if m[1:] not in failed]
        if not moves:
            break
        _, a, b = max(moves, key=lambda m: (m[0], -m[1], -m[2]))
        trial = now.copy()
        if a >= 0:
            trial[a] = down[a][0]
        if b >= 0:
            trial[b] = up[b][0]
        found = judge.serve(p, types, trial)
        if _better(judge.worth([found]), judge.worth([service])):
            service = found
            failed.clear()
            misses = 0
            kept += 1
        else:
            failed.add((a, b))
            misses += 1
    return service


def _better(a: tuple[float, float], b: tuple[float, float]) -> bool:
    """Whether a is clearly better than b; less overload first."""
    return a[0] < b[0] - 1e-6 or (a[0] <= b[0] + 1e-6 and a[1] < b[1] - 1e-9 * max(abs(b[1]), 1.0))


def _retyped(
    judge: Judge, types: I64, services: list[PeriodService], trials: int, swaps: int,
    history: list[tuple[float, float]],
) -> tuple[I64, list[PeriodService]]:  # fmt: skip
    """Change or exchange types while the whole day gets better."""
    failed: set[bytes] = set()
    misses = kept = 0
    while misses < trials and (judge.lines <= MANY or kept < KEPT * trials):
        candidates = [c for c in _type_moves(judge, types, services) if c[1].tobytes() not in failed]
        if not candidates:
            break
        _, changed = max(candidates, key=lambda c: c[0])
        found = _with_types(judge, types, changed, services, swaps)
        if found is not None and _better(judge.worth(found), judge.worth(services)):
            types, services = changed, found
            history.append(judge.worth(services))
            failed.clear()
            misses = 0
            kept += 1
        else:
            failed.add(changed.tobytes())
            misses += 1
    return types, services


def _type_moves(judge: Judge, types: I64, services: list[PeriodService]) -> list[tuple[float, I64]]:
    """Other types of one line or two exchanged, with the estimated fall of the objective at the loads of the day."""
    may, free = judge.task.may(), np.arange(judge.lines)
    value = np.stack([_type_value(judge, services, k) for k in range(len(judge.task.types))], axis=1)
    moves: list[tuple[float, I64]] = []
    for a in free:
        for k in np.flatnonzero(may[a]):
            if k != types[a]:
                one = types.copy()
                one[a] = k
                moves.append((float(value[a, types[a]] - value[a, k]), one))
        for b in range(int(a) + 1, judge.lines):
            if types[a] != types[b] and may[a, types[b]] and may[b, types[a]]:
                two = types.copy()
                two[a], two[b] = types[b], types[a]
                saved = value[a, types[a]] + value[b, types[b]] - value[a, types[b]] - value[b, types[a]]
                moves.append((float(saved), two))
    return moves


def _type_value(judge: Judge, services: list[PeriodService], kind: int) -> npt.NDArray[np.float64]:
    """Objective of each line at the loads and vehicles of a plan if it had this type, shape (l,)."""
    task, w = judge.task, judge.task.weights
    every = np.full(judge.lines, kind)
    total = np.zeros(judge.lines)
    for p, service in enumerate(services):
        period, vehicle = task.periods[p], task.types[kind]
        graph, load = service.graph, service.crowded.loading.links
        rides = np.flatnonzero(graph.kind == 1)
        line = graph.line[rides]
        per_hour = 60.0 / service.headways[line]
        if task.discomfort is not None:
            m = task.discomfort.multiplier(load[rides], per_hour * vehicle.seats, per_hour * vehicle.places)
            felt = np.bincount(line, weights=load[rides] * graph.cost[rides] * m, minlength=judge.lines)
            total += w.minute * felt * period.hours / period.surge
        peaks = line_peaks(graph, load, judge.lines)
        # Overload comes before everything else.
        total += 1e6 * np.maximum(peaks - judge.hourly_places(p, every, service.vehicles), 0.0)
        cost, kg = judge.supply(p, every, service.vehicles)
        total += w.cost * cost + w.kg * kg
    return total


def _with_types(
    judge: Judge, types: I64, changed: I64, services: list[PeriodService], swaps: int
) -> list[PeriodService] | None:
    """Fit the vehicles to other types: cut the changed lines to what is there, then hand out what became free.

    None where they do not fit, or, on many lines, where the busiest period gets no better.
    """
    found: dict[int, PeriodService] = {}
    moved = np.flatnonzero(types != changed)
    first = judge.busiest()
    for p in sorted(range(len(services)), key=lambda p: (p != first, p)):
        service = services[p]
        vehicles, least = service.vehicles.copy(), judge.task.least(p)
        vehicles[moved] = np.maximum(np.minimum(vehicles[moved], service.vehicles[moved]), least[moved])
        for k in moved:
            while _spare(judge, p, changed, vehicles)[changed[k]] < 0:
                fewer = _fewer(judge, p, int(k), int(vehicles[k]), int(least[k]))
                if fewer < 0:
                    break
                vehicles[k] = fewer
        # Where the changed lines at their least do not fit, other lines of the type give way, most vehicles first.
        while (spare := _spare(judge, p, changed, vehicles)).min() < 0:
            lines = [int(k) for k in np.flatnonzero((changed == int(np.argmin(spare))) & judge.free(p))]
            steps = {k: _fewer(judge, p, k, int(vehicles[k]), int(least[k])) for k in lines}
            extra = {k: int(vehicles[k] - least[k]) for k, v in steps.items() if v >= 0}
            if not extra:
                return None
            longest = max(extra, key=lambda k: (extra[k], -k))
            vehicles[longest] = steps[longest]
        filled = _filled(judge, p, changed, vehicles, 1)
        found[p] = filled if judge.lines > MANY else _polished(judge, p, changed, filled, min(swaps, 3))
        if judge.lines > MANY and p == first and not _better(judge.worth([found[p]]), judge.worth([service])):
            return None
    return [found[p] for p in range(len(services))]


def _tight(judge: Judge, types: I64, services: list[PeriodService]) -> list[PeriodService]:
    """Give back vehicles that no headway needs."""
    tight = []
    for p, service in enumerate(services):
        vehicles = service.vehicles.copy()
        for k in np.flatnonzero(judge.free(p)):
            row = judge.table[p][k]
            while vehicles[k] > judge.task.least(p)[k] and row[vehicles[k] - 1] <= row[vehicles[k]] + 1e-9:
                vehicles[k] -= 1
        tight.append(judge.serve(p, types, vehicles))
    return tight
