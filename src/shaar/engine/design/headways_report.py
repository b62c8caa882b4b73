"""Each line of a finished plan as a planner reads it: who rides, how full, what it costs and emits."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

from shaar.engine.assignment.crowding import Discomfort
from shaar.engine.assignment.graph import RIDE
from shaar.engine.assignment.lines import line_loads
from shaar.engine.design.headways import HeadwayRules, headway_model
from shaar.engine.design.headways_judge import hourly_trips, service_of, shortages_of, supply_of
from shaar.engine.design.headways_network import runs_of
from shaar.engine.design.headways_task import FleetTask, PeriodService, ServicePeriod, Shortage
from shaar.engine.design.vehicles import VehicleType
from shaar.engine.errors import InputError

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]


class PlannedLine(Protocol):
    """A line of a plan, as far as it is read here (``study.results.Line`` is one)."""

    @property
    def line_id(self) -> str: ...  # noqa: D102
    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def stops_forward(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def stops_backward(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def minutes_forward(self) -> float: ...  # noqa: D102
    @property
    def minutes_backward(self) -> float: ...  # noqa: D102
    @property
    def seconds_forward(self) -> tuple[int, ...]: ...  # noqa: D102
    @property
    def seconds_backward(self) -> tuple[int, ...]: ...  # noqa: D102
    @property
    def km_forward(self) -> float: ...  # noqa: D102
    @property
    def km_backward(self) -> float: ...  # noqa: D102
    @property
    def headways(self) -> Mapping[str, float]: ...  # noqa: D102
    @property
    def vehicle_type(self) -> str: ...  # noqa: D102


class PlannedNetwork(Protocol):
    """A plan: its lines (``study.results.NetworkPlan`` is one)."""

    @property
    def lines(self) -> Sequence[PlannedLine]: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class LineReport:
    """A line on one working day, modelled.

    Parameters
    ----------
    line_id, name, vehicle
        Of the line, and the key of its vehicle type.
    headways, vehicles, crowding
        By period: minutes; vehicles; persons on the busiest link in the busiest hour over the places that pass there.
    boardings, passenger_km, passenger_minutes
        A day.
    peak_load, peak_period, peak_from, peak_to
        Persons in the busiest hour on the busiest link; period and the nodes (stop groups) of it; -1 for an empty line.
    felt
        Mean multiplier of the minutes on board by crowding.
    vehicle_km, vehicle_hours
        A day; hours with layover, without the way to the depot.
    cost
        A day, in the currency of the vehicle table.
    kgco2e
        A day.
    """

    line_id: str
    name: str
    vehicle: str
    headways: Mapping[str, float]
    vehicles: Mapping[str, int]
    crowding: Mapping[str, float]
    boardings: float
    passenger_km: float
    passenger_minutes: float
    peak_load: float
    peak_period: str
    peak_from: int
    peak_to: int
    felt: float
    vehicle_km: float
    vehicle_hours: float
    cost: float
    kgco2e: float

    @property
    def gco2e_passenger_km(self) -> float:
        """Greenhouse gases of a passenger-kilometre, gCO2e; nan where nobody rides."""
        return self.kgco2e * 1000.0 / self.passenger_km if self.passenger_km > 0 else math.nan

    @property
    def cost_boarding(self) -> float:
        """Cost of a boarding; nan where nobody boards."""
        return self.cost / self.boardings if self.boardings > 0 else math.nan


@dataclass(frozen=True, slots=True)
class NetworkReport:
    """All lines, with the sums of the day.

    Parameters
    ----------
    lines
        In the order of the plan.
    mean_minutes, mean_felt
        Door to door of all trips, walked ones too: as they are, and with minutes on board as felt. A transfer counts
        the minutes of the rules beside its wait.
    walked
        Share of trips on foot.
    cost, kgco2e
        A day.
    shortages
        Lines over their places, with the least vehicles more that would carry everybody.
    gaps
        Relative gap of the assignment of each period.
    """

    lines: tuple[LineReport, ...]
    mean_minutes: float
    mean_felt: float
    walked: float
    cost: float
    kgco2e: float
    shortages: tuple[Shortage, ...]
    gaps: Mapping[str, float] = field(default_factory=dict)

    @property
    def gco2e_passenger_km(self) -> float:
        """Greenhouse gases of a passenger-kilometre of the whole network, gCO2e; nan where nobody rides."""
        ridden = sum(line.passenger_km for line in self.lines)
        return self.kgco2e * 1000.0 / ridden if ridden > 0 else math.nan


def service_report(
    task: FleetTask, types: I64, services: Sequence[PeriodService], names: Sequence[tuple[str, str]] | None = None
) -> NetworkReport:
    """Report the service of a :class:`FleetPlan` (``plan.types``, ``plan.periods``).

    Kilometres between nodes follow the run times of each direction.

    Parameters
    ----------
    names
        (line_id, name) of each line; default: numbers.
    """
    count = task.model.lines
    labels = names or [(str(k), str(k)) for k in range(count)]
    sums = np.zeros((count, 5))
    peak: list[tuple[float, str, int, int]] = [(0.0, "", -1, -1)] * count
    cost, kg = np.zeros(count), np.zeros(count)
    km, hours = np.zeros(count), np.zeros(count)
    crowding: list[dict[str, float]] = [{} for _ in range(count)]
    trips = walked = minutes = felt = 0.0
    ways = [w for w in range(2 * count) if task.model.way_ptr[w + 1] - task.model.way_ptr[w] >= 2]
    runs = np.array([sum(r) for r in runs_of(task.model)])
    for p, service in enumerate(services):
        period, graph, crowded = task.periods[p], service.graph, service.crowded
        scale = period.hours / period.surge
        rides = graph.kind == RIDE
        per_minute = np.where(runs > 0, task.km / np.maximum(runs * period.run, 1e-9), 0.0)
        length = np.where(rides, graph.cost * np.append(per_minute, 0.0)[graph.line], 0.0)
        for k, load in enumerate(line_loads(graph, crowded, length)):
            sums[k] += scale * np.array([
                load.boardings, load.passenger_km, load.passenger_minutes, load.passenger_minutes * load.felt, 0.0
            ])  # fmt: skip
            places = task.types[types[k]].places * 60.0 / service.headways[k]
            crowding[k][service.name] = load.peak / places if places > 0 else 0.0
            if load.peak > peak[k][0]:
                at = int(task.model.way_ptr[ways[load.peak_way]]) + load.peak_position
                a, b = task.model.way_nodes[at : at + 2]
                peak[k] = (load.peak, service.name, int(a), int(b))
        money, grams = supply_of(task, p, types, service.vehicles, service.headways)
        cost, kg = cost + money, kg + grams
        km += period.hours * 60.0 / service.headways * task.km
        hours += service.vehicles * period.hours
        hourly = hourly_trips(task, p)
        on_foot = float(hourly[(crowded.loading.minutes >= task.model.walk)].sum())
        plain = float(graph.cost @ crowded.loading.links + crowded.loading.waiting.sum()) + crowded.on_foot
        trips, walked = trips + scale * float(hourly.sum()), walked + scale * on_foot
        minutes, felt = minutes + scale * plain, felt + scale * (crowded.felt + crowded.on_foot)
    lines = tuple(
        LineReport(
            line_id=labels[k][0], name=labels[k][1], vehicle=task.types[types[k]].key,
            headways={s.name: float(s.headways[k]) for s in services},
            vehicles={s.name: int(s.vehicles[k]) for s in services},
            crowding=crowding[k], boardings=float(sums[k, 0]), passenger_km=float(sums[k, 1]),
            passenger_minutes=float(sums[k, 2]), peak_load=peak[k][0], peak_period=peak[k][1], peak_from=peak[k][2],
            peak_to=peak[k][3], felt=float(sums[k, 3] / sums[k, 2]) if sums[k, 2] > 0 else 1.0,
            vehicle_km=float(km[k]), vehicle_hours=float(hours[k]), cost=float(cost[k]), kgco2e=float(kg[k]),
        )
        for k in range(count)
    )  # fmt: skip
    return NetworkReport(
        lines, minutes / trips if trips else 0.0, felt / trips if trips else 0.0, walked / trips if trips else 0.0,
        float(cost.sum()), float(kg.sum()), shortages_of(task, list(services), types),
        {s.name: s.crowded.gap for s in services},
    )  # fmt: skip


def assign_plan(
    plan: PlannedNetwork,
    group_of: Mapping[str, int],
    nodes: int,
    *,
    access: tuple[I64, I64, F64],
    walk: F64,
    od: F64,
    periods: Sequence[ServicePeriod],
    types: Mapping[str, VehicleType],
    rules: HeadwayRules | None = None,
    discomfort: Discomfort | None = None,
    most: int = 40,
    gap: float = 1e-3,
) -> NetworkReport:
    """Assign a finished plan over stop groups, period by period, and report its lines.

    Parameters
    ----------
    plan
        Its lines have stops, run times, lengths, headways by period name and a vehicle type.
    group_of
        Stop group (node) of each stop; stops without one are passed.
    nodes
        Number of stop groups.
    access, walk, od
        Zones as in :func:`shaar.engine.design.headways.headway_model`; ``od`` trips a day.
    periods
        Parts of the day; lines have a headway for each by name, and do not run in one that they lack.
    types
        Vehicle types by key.
    discomfort
        How crowding is felt; default: the usual figures.
    most, gap
        Most loadings of a period and relative gap.

    Raises
    ------
    InputError
        A line has an unknown vehicle type, or serves fewer than two stop groups.
    """
    lines = list(plan.lines)
    routes, back, forward, backward = [], [], [], []
    for line in lines:
        if line.vehicle_type not in types:
            raise InputError(f"line {line.name} has an unknown vehicle type, {line.vehicle_type}", field="vehicle_type")
        out, ahead = _course(line.stops_forward, line.seconds_forward, line.minutes_forward, group_of)
        home, behind = _course(line.stops_backward, line.seconds_backward, line.minutes_backward, group_of)
        if len(out) < 2:
            raise InputError(f"line {line.name} serves fewer than two stop groups", field="stops_forward")
        routes.append(out)
        forward.append(ahead)
        back.append(home if len(home) > 1 else [])
        backward.append(behind if len(home) > 1 else np.empty(0))
    model = headway_model(
        nodes, routes, forward, backward, access=access, walk=walk, od=od, rules=rules or HeadwayRules(), back=back
    )
    kinds = tuple(types.values())
    index = {key: k for k, key in enumerate(types)}
    chosen = np.array([index[line.vehicle_type] for line in lines], np.int64)
    task = FleetTask(
        model, kinds, np.full(len(kinds), 10**6), np.array([line.km_forward + line.km_backward for line in lines]),
        tuple(periods), discomfort=discomfort or Discomfort(), loadings=most, gap=gap,
    )  # fmt: skip
    services = []
    for p, period in enumerate(task.periods):
        headways = np.array([float(line.headways.get(period.name, math.inf)) for line in lines])
        vehicles = np.ceil(task.cycles(p) / headways - 1e-9).astype(np.int64)
        services.append(service_of(task, p, chosen, vehicles, headways))
    return service_report(task, chosen, services, [(line.line_id, line.name) for line in lines])


def _course(
    stops: Sequence[str], seconds: Sequence[int], minutes: float, group_of: Mapping[str, int]
) -> tuple[list[int], F64]:
    """Groups in order, none twice running, and minutes between the arrivals at the first stop of each."""
    even = np.linspace(0.0, minutes, len(stops)) if len(stops) else np.empty(0)
    at = np.asarray(seconds, float) / 60.0 if len(seconds) == len(stops) else even
    nodes: list[int] = []
    times: list[float] = []
    for stop, t in zip(stops, at, strict=True):
        group = group_of.get(stop)
        if group is not None and (not nodes or nodes[-1] != group):
            nodes.append(group)
            times.append(float(t))
    return nodes, np.diff(np.array(times)) if len(times) > 1 else np.empty(0)
