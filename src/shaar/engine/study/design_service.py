"""From lines to a service: headways by period and a vehicle type for each line, under the limits of the fleet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from shaar.engine.design import city_front as front_of
from shaar.engine.design.city_front import Point
from shaar.engine.design.city_lines import BUS_MODES
from shaar.engine.design.headways import allocate
from shaar.engine.design.headways_fleet import allocate_fleet
from shaar.engine.design.headways_judge import service_of
from shaar.engine.design.headways_model import HeadwayModel
from shaar.engine.design.headways_room import suffices
from shaar.engine.design.headways_task import FleetPlan, FleetTask, PeriodService, ServicePeriod
from shaar.engine.design.lines import StreetLine
from shaar.engine.progress import Progress, silent
from shaar.engine.study.design_rules import DesignRules
from shaar.engine.study.design_vehicles import Vehicles

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]

#: A headway (min) that stands for a line that does not run, where the quick allocation needs a number.
CLOSED = 1e6
#: Effort of the allocation with crowding: renewals, failed moves that end it, failed changes of type, loadings.
ROUNDS, SWAPS, TYPE_TRIALS, LOADINGS = 2, 2, 2, 3
#: Most loadings and relative gap of the assignment from which figures are reported.
REPORT_LOADINGS, REPORT_GAP = 40, 1e-3
#: Share of the fleet by which more may run, where the longest headways of a period need it.
STEP = 0.05


@dataclass(frozen=True, slots=True)
class Schedule:
    """Headways (min; inf: does not run) and vehicles of each line by period, shape (l,), and the type of each line.

    ``boardings`` of each line a day are those of the assignment that the schedule was judged with.
    """

    headways: Mapping[str, F64]
    vehicles: Mapping[str, I64]
    types: tuple[str, ...]
    boardings: F64

    def busiest(self) -> str:
        """Period in which most vehicles run, the first of equals."""
        return max(self.vehicles, key=lambda name: int(self.vehicles[name].sum()))


@dataclass(frozen=True, slots=True)
class Service:
    """A schedule with the assignment of every period, from which figures are reported; ``raised`` are the periods in
    which more of the fleet runs than assumed, since the longest headways need it."""  # fmt: skip

    task: FleetTask
    kinds: I64
    periods: tuple[PeriodService, ...]
    schedule: Schedule
    raised: tuple[str, ...]


def fleet_task(
    lines: Sequence[StreetLine], model: HeadwayModel, fleet: int, vehicles: Vehicles, rules: DesignRules, *,
    names: Sequence[str] | None = None, hold: Mapping[str, F64] | None = None, peak: F64 | None = None,
    types: I64 | None = None,
) -> tuple[FleetTask, tuple[str, ...]]:  # fmt: skip
    """Ask for headways by period: lines of today that are held keep theirs, and run when they run today.

    A line of today that is free may come as seldom as it does now. Where the longest headways take more vehicles than
    the share of the fleet assumed for a period, more may run.

    Parameters
    ----------
    names
        Periods; default: all.
    hold
        Headways by period that free lines keep too, shape (l,); nan: free.
    peak
        Off the peak no line comes more often than this, shape (l,).
    types
        The type of each line, where it is settled, shape (l,).

    Returns
    -------
    task, raised
        The names of the periods in which more vehicles may run than assumed.
    """
    kinds, limits, allowed = vehicles.room_for(lines, fleet)
    km = np.array([(line.forward.metres + line.backward.metres) / 1000.0 for line in lines])
    total = sum(p.trips for p in rules.periods.values())
    periods = []
    for name, p in sorted(rules.periods.items(), key=lambda x: x[1].start):
        if names is not None and name not in names:
            continue
        held, longest = np.full(len(lines), np.nan), np.full(len(lines), p.longest)
        for k, line in enumerate(lines):
            if line.today is not None:
                now = line.today.headways[name]
                if line.today.held or not np.isfinite(now):
                    held[k] = now
                else:
                    longest[k] = max(p.longest, now)
            if hold is not None and np.isnan(held[k]):
                held[k] = hold[name][k]
        least = np.full(len(lines), p.least)
        if peak is not None and p.fleet < 1.0:
            least = np.minimum(np.maximum(least, peak), longest)
        periods.append(
            ServicePeriod(
                name, (p.end - p.start) / 3600.0, p.trips / total, p.run, least, longest, p.surge, p.fleet, held=held
            )
        )
    if types is not None:
        allowed = np.arange(len(kinds)) == types[:, None]
    task = FleetTask(model, kinds, limits, km, tuple(periods), allowed=allowed)
    raised = []
    for i, period in enumerate(periods):
        while period.fleet < 1.0 and not suffices(task, [i]):
            period = replace(period, fleet=min(1.0, period.fleet + STEP))
            periods[i] = period
            task = replace(task, periods=tuple(periods))
            if period.name not in raised:
                raised.append(period.name)
    return task, tuple(raised)


def quick_schedule(point: Point, fleet: int, vehicles: Vehicles, rules: DesignRules, *, same: bool = False) -> Schedule:
    """Headways by period without crowding or types: the peak as searched, the rest on the same route sections.

    Parameters
    ----------
    same
        All free lines have one headway.
    """
    plain = replace(vehicles, kinds=vehicles.kinds[:1], limits=(fleet,), wires=None, given=False)
    peak = point.plan.headways
    task, _ = fleet_task(point.lines, point.model, fleet, plain, rules, peak=peak)
    headways, counts = {}, {}
    for p, period in enumerate(task.periods):
        held, least = task.held(p), task.least(p)
        if rules.periods[period.name].fleet >= 1.0:
            found, used = point.plan.headways, point.plan.vehicles
        else:
            busy = replace(point.model.rules, peak_hour=period.share / period.hours * period.surge)
            model = replace(
                point.model, cycle=task.cycles(p), rules=busy, held_headway=np.where(np.isinf(held), CLOSED, held),
                held_vehicles=np.where(np.isnan(held), 0, least), longest=np.asarray(period.longest),
                least=np.asarray(period.least),
            )  # fmt: skip
            size = max(int(task.room(p).sum()), int(least.sum()))
            if same:
                limits = replace(busy, least=float(np.min(period.least)), longest=float(np.max(period.longest)))
                plan = front_of.uniform(replace(model, rules=limits, least=None, longest=None), size)
            else:
                plan = allocate(model, [size], rounds=2, swaps=0).get(size)
            assert plan is not None  # the size holds the least vehicles
            found, used = plan.headways, plan.vehicles
        headways[period.name] = np.where(np.isnan(held), found, held)
        counts[period.name] = np.where(np.isnan(held), used, least)
    keys = tuple(_mode(line, vehicles.kinds[0].key) for line in point.lines)
    return Schedule(headways, counts, keys, point.plan.assignment.boardings)


def allocated(
    point: Point, fleet: int, vehicles: Vehicles, rules: DesignRules, *, same: bool = False, hold_peaks: bool = False,
    progress: Progress = silent,
) -> Service:  # fmt: skip
    """Set headways by period and vehicle types with crowding in the loop, from the quick schedule on.

    Parameters
    ----------
    same
        All free lines have one headway; only types are chosen then.
    hold_peaks
        Peaks stay as searched.

    Raises
    ------
    InputError
        The vehicles of each type do not suffice; the sentence says which constraint binds and what would do.
    """
    quick = quick_schedule(point, fleet, vehicles, rules, same=same)
    peaks = tuple(name for name, p in rules.periods.items() if p.fleet >= 1.0)
    hold = None
    if same or hold_peaks:
        free = np.full(len(point.lines), np.nan)
        hold = {name: h if same or name in peaks else free for name, h in quick.headways.items()}

    def solve(
        names: Sequence[str] | None, peak: F64 | None, types: I64 | None
    ) -> tuple[FleetTask, FleetPlan, tuple[str, ...]]:
        task, raised = fleet_task(
            point.lines, point.model, fleet, vehicles, rules, names=names, hold=hold, peak=peak, types=types
        )
        start = [quick.vehicles[p.name] for p in task.periods]
        done = allocate_fleet(
            replace(task, loadings=LOADINGS), rounds=ROUNDS, swaps=SWAPS, type_trials=TYPE_TRIALS, start=start,
            progress=progress,
        )  # fmt: skip
        return task, done, raised

    # The peaks settle the types; off the peak no line then comes more often than in them.
    rest = tuple(name for name in rules.periods if name not in peaks)
    whole, raised = fleet_task(point.lines, point.model, fleet, vehicles, rules, hold=hold)
    if peaks and rest and suffices(whole):
        _, first, _ = solve(peaks, None, None)
        often = np.min([s.headways for s in first.periods], axis=0)
        fixed, raised = fleet_task(
            point.lines, point.model, fleet, vehicles, rules, hold=hold, peak=often, types=first.types
        )
        if suffices(fixed):
            _, second, _ = solve(rest, often, first.types)
            runs = {s.name: s for s in (*first.periods, *second.periods)}
            every = [runs[p.name] for p in fixed.periods]
            return _service(point.lines, fixed, first.types, [(s.vehicles, s.headways) for s in every], raised)
    task, plan, raised = solve(None, None, None)
    return _service(point.lines, task, plan.types, [(s.vehicles, s.headways) for s in plan.periods], raised)


def as_it_runs(point: Point, vehicles: Vehicles, rules: DesignRules) -> Service:
    """Assign today's network period by period, every bus counted as the first type of ``vehicles``."""
    held = [replace(line, today=replace(line.today, held=True)) for line in point.lines if line.today is not None]
    plain = replace(vehicles, kinds=vehicles.kinds[:1], limits=(10**6,), wires=None, given=False)
    task, _ = fleet_task(held, point.model, 10**6, plain, rules)
    buses = np.array([line.today is None or line.today.mode in BUS_MODES for line in held])
    types = np.where(buses, 0, len(task.types) - 1).astype(np.int64)
    every = range(len(task.periods))
    return _service(held, task, types, [(task.least(p), task.held(p)) for p in every], ())


def _service(
    lines: Sequence[StreetLine], task: FleetTask, types: I64, runs: Sequence[tuple[I64, F64]], raised: tuple[str, ...]
) -> Service:
    """Assign a schedule to the gap of the report."""
    fine = replace(task, loadings=REPORT_LOADINGS, gap=REPORT_GAP)
    done = tuple(service_of(fine, p, types, vehicles, headways) for p, (vehicles, headways) in enumerate(runs))
    keys = tuple(_mode(line, task.types[t].key) for line, t in zip(lines, types, strict=True))
    schedule = Schedule(
        {s.name: s.headways for s in done}, {s.name: s.vehicles for s in done}, keys, np.zeros(len(lines))
    )
    return Service(fine, types, done, schedule, raised)


def _mode(line: StreetLine, key: str) -> str:
    return key if line.today is None or line.today.mode in BUS_MODES else line.today.mode


def at_peak(point: Point, schedule: Schedule) -> Point:
    """Return the point with the peak headways of a schedule, judged on the same route sections as the front."""
    name = schedule.busiest()
    headways, vehicles = schedule.headways[name], schedule.vehicles[name]
    held = point.model.held_headway
    if held is not None:
        headways = np.where(np.isnan(held), headways, held)
    headways = np.where(np.isinf(headways), CLOSED, headways)
    return replace(point, plan=front_of.plan_of(point.model, vehicles, headways))
