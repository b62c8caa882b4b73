"""What a share of vehicles is worth: the assignment in the loop, and what one vehicle more would change."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from shaar.engine.assignment.crowding import Crowded, Discomfort, assign_crowded, minutes_on_foot
from shaar.engine.assignment.graph import BOARD, RIDE, TransitGraph
from shaar.engine.assignment.strategies import assign_strategies
from shaar.engine.design.headways_network import line_peaks, network_of
from shaar.engine.design.headways_task import FleetPlan, FleetTask, PeriodService, Shortage, headways_of

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]


class Judge:
    """Assigns shares of vehicles and remembers them; one for each search."""

    def __init__(self, task: FleetTask) -> None:
        self.task = task
        self.trials = 0
        self.lines = task.model.lines
        top = int(np.asarray(task.limits).sum()) + 1
        count = len(task.periods)
        self.table = [self._table(p, top) for p in range(count)]
        closed = np.full(self.lines, math.inf)
        self._graphs = [network_of(task.model, closed, run=p.run) for p in task.periods]
        self._known: dict[tuple[int, bytes, bytes], PeriodService] = {}
        self.seats = np.array([t.seats for t in task.types])
        self.places = np.array([t.places for t in task.types])

    def _table(self, p: int, top: int) -> F64:
        """Headway of each line with 0 to ``top`` vehicles, shape (l, top + 1)."""
        return headways_of(self.task, p, np.tile(np.arange(top + 1), (self.lines, 1)))

    def free(self, p: int) -> npt.NDArray[np.bool_]:
        """Which lines may come more or less often in a period, shape (l,)."""
        return np.isnan(self.task.held(p))

    def hourly(self, p: int) -> F64:
        """Trips of the busiest hour of a period, shape (z, z)."""
        return hourly_trips(self.task, p)

    def busiest(self) -> int:
        """Period whose busiest hour has most trips, the first of equals."""
        return max(range(len(self.task.periods)), key=lambda p: (float(self.hourly(p).sum()), -p))

    def serve(self, p: int, types: I64, vehicles: I64) -> PeriodService:
        """Assign a period."""
        key = (p, types.tobytes(), vehicles.tobytes())
        if key not in self._known:
            self._known[key] = self._serve(p, types, vehicles)
            self.trials += 1
        return self._known[key]

    def _serve(self, p: int, types: I64, vehicles: I64) -> PeriodService:
        headways = self.table[p][np.arange(self.lines), vehicles]
        return service_of(self.task, p, types, vehicles, headways, self._graphs[p], self.hourly(p))

    def hourly_places(self, p: int, types: I64, vehicles: I64) -> F64:
        """Places that pass in an hour on each line, shape (l,)."""
        return self.places[types] * 60.0 / self.table[p][np.arange(self.lines), vehicles]

    def supply(self, p: int, types: I64, vehicles: I64) -> tuple[F64, F64]:
        """Money and kgCO2e of each line in a period, shape (l,) each."""
        return supply_of(self.task, p, types, vehicles, self.table[p][np.arange(self.lines), vehicles])

    def worth(self, services: list[PeriodService]) -> tuple[float, float]:
        """(overload, objective): less is better, in this order."""
        w = self.task.weights
        value = sum(w.minute * s.person_minutes + w.cost * s.cost + w.kg * s.kg for s in services)
        return round(sum(s.overload for s in services), 3), float(value)

    def next_step(self, p: int, line: int, vehicles: int) -> int:
        """Vehicles with which the line comes more often, 0 for none."""
        row = self.table[p][line]
        for v in range(vehicles + 1, len(row)):
            if row[v] < row[vehicles] - 1e-9:
                return v
        return 0

    def gain(self, p: int, service: PeriodService, types: I64, line: int, now: int, then: int) -> float:
        """Fall of the objective when a line has ``then`` vehicles, at the flows of an assignment.

        Waiting follows ``dU/df`` of the assignment, scaled as for a line of its own (``1/f``); minutes on board follow
        the multiplier at the loads of the assignment; cost and emissions are exact.
        """
        task, period = self.task, self.task.periods[p]
        f0, f1, f2 = (1.0 / h for h in (service.headways[line], self.table[p][line, now], self.table[p][line, then]))
        graph, crowded = service.graph, service.crowded
        board = (graph.kind == BOARD) & (graph.line == line)
        saved = -float(crowded.loading.slope[board].sum()) * f0 * f0 * (1.0 / f1 - 1.0 / f2)
        if task.discomfort is not None:
            rides = (graph.kind == RIDE) & (graph.line == line)
            kind = task.types[types[line]]
            load = crowded.loading.links[rides]

            def felt(f: float) -> float:
                m = _multiplier(task.discomfort, load, 60.0 * f * kind.seats, 60.0 * f * kind.places)
                return float((load * graph.cost[rides]) @ m)

            saved += felt(f1) - felt(f2)
        vehicles = np.asarray(service.vehicles).copy()
        vehicles[line] = now
        cost1, kg1 = self.supply(p, types, vehicles)
        vehicles[line] = then
        cost2, kg2 = self.supply(p, types, vehicles)
        w = task.weights
        return (
            w.minute * saved * period.hours / period.surge
            - w.cost * float((cost2 - cost1)[line])
            - w.kg * float((kg2 - kg1)[line])
        )

    def plan(self, types: I64, services: list[PeriodService], history: list[tuple[float, float]]) -> FleetPlan:
        """Finish a plan; vehicles that no headway needs are given back."""
        return FleetPlan(
            types.copy(), tuple(services), self.worth(services)[1], shortages_of(self.task, services, types),
            tuple(history), self.trials,
        )  # fmt: skip


def hourly_trips(task: FleetTask, p: int) -> F64:
    """Trips of the busiest hour of a period, shape (z, z)."""
    period = task.periods[p]
    day = task.model.od * period.share if period.od is None else period.od
    return np.asarray(day / period.hours * period.surge)


def supply_of(task: FleetTask, p: int, types: I64, vehicles: I64, headways: F64) -> tuple[F64, F64]:
    """Money and kgCO2e of each line in a period, shape (l,) each."""
    kinds, hours = task.types, task.periods[p].hours
    km = hours * 60.0 / headways * task.km
    hour = np.array([t.cost_hour for t in kinds])[types]
    per_km = np.array([t.cost_km for t in kinds])[types]
    grams = np.array([t.gco2e_km for t in kinds])[types]
    return vehicles * hours * hour + km * per_km, km * grams / 1000.0


def service_of(
    task: FleetTask, p: int, types: I64, vehicles: I64, headways: F64, graph: TransitGraph | None = None,
    trips: F64 | None = None,
) -> PeriodService:  # fmt: skip
    """Assign the busiest hour of a period with given types and headways; the rest of the period is scaled to it."""
    period = task.periods[p]
    bare = graph if graph is not None else network_of(task.model, headways, run=period.run)
    running = bare.with_headways(headways)
    seats = np.array([t.seats for t in task.types])[types]
    places = np.array([t.places for t in task.types])[types]
    crowded = _assigned(task, running, hourly_trips(task, p) if trips is None else trips, seats, places)
    peaks = line_peaks(running, crowded.loading.links, task.model.lines)
    over = np.maximum(peaks - places * 60.0 / headways, 0.0)
    cost, kg = supply_of(task, p, types, vehicles, headways)
    return PeriodService(
        period.name, np.asarray(vehicles).copy(), headways,
        (crowded.felt + crowded.on_foot) * period.hours / period.surge,
        float(cost.sum()), float(kg.sum()), round(float(over.sum()), 3), running, crowded,
    )  # fmt: skip


def shortages_of(task: FleetTask, services: list[PeriodService], types: I64) -> tuple[Shortage, ...]:
    """Name the lines over their places, and the least vehicles more at these loads."""
    found = []
    for p, service in enumerate(services):
        peaks = line_peaks(service.graph, service.crowded.loading.links, task.model.lines)
        places = np.array([t.places for t in task.types])[types] * 60.0 / service.headways
        for k in np.flatnonzero(peaks > places * (1 + 1e-9) + 1e-6):
            kind = task.types[types[k]]
            extra = _extra(task, p, int(k), int(service.vehicles[k]), float(peaks[k]), kind.places)
            found.append(Shortage(service.name, int(k), kind.key, float(peaks[k]), float(places[k]), extra))
    return tuple(found)


def _extra(task: FleetTask, p: int, line: int, vehicles: int, load: float, places: float) -> int | None:
    if not np.isnan(task.held(p)[line]):
        return None
    rules, cycle = task.rules(p)[line], float(task.cycles(p)[line])
    n = vehicles
    while places * 60.0 / rules.headway(cycle, n) < load - 1e-9:
        if rules.headway(cycle, n) <= rules.headway(cycle, 10**9) + 1e-9:
            return None
        n += 1
    return n - vehicles


def _assigned(task: FleetTask, graph: TransitGraph, trips: F64, seats: F64, places: F64) -> Crowded:
    walk, wait = task.model.walk, task.model.rules.wait
    if task.discomfort is not None:
        return assign_crowded(
            graph, trips, seats, places, direct=walk, wait=wait, discomfort=task.discomfort, gap=task.gap,
            most=task.loadings, step="search",
        )  # fmt: skip
    found = assign_strategies(graph, trips, direct=walk, wait=wait)
    felt = float(graph.cost @ found.links + found.waiting.sum())
    return Crowded(
        found, np.ones(len(graph.tail)), felt, minutes_on_foot(found, trips, walk), (0.0,), True, graph.freq
    )  # fmt: skip


def _multiplier(discomfort: Discomfort | None, load: F64, seats: float, places: float) -> F64:
    assert discomfort is not None
    return discomfort.multiplier(load, np.full(len(load), seats), np.full(len(load), places))
