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
from shaar.engine.design.headways_judge import hourly_trips, service_of, shortages_of, supply_of
from shaar.engine.design.headways_model import HeadwayRules, headway_model
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
class LinePeriod:
    """A line in one period, modelled.

    Parameters
    ----------
    headway, vehicles
        Minutes, inf where the line does not run; vehicles in service.
    boardings, passenger_km
        In the period.
    peak_load, load_factor
        Persons in the busiest hour on the busiest link; over the places that pass there (nan where none do).
    way, peak_from, peak_to
        Direction (0 forward, 1 backward) and nodes of that link; -1 where nobody rides.
    vehicle_km, vehicle_hours, cost, kgco2e
        In the period; hours with layover, without the way to the depot.
    """

    headway: float
    vehicles: int
    boardings: float
    passenger_km: float
    peak_load: float
    load_factor: float
    way: int
    peak_from: int
    peak_to: int
    vehicle_km: float
    vehicle_hours: float
    cost: float
    kgco2e: float


@dataclass(frozen=True, slots=True)
class PeriodReport:
    """The network in one period: trips, mean minutes as they are and as felt, share on foot, and the relative gap."""

    trips: float
    mean_minutes: float
    mean_felt: float
    walked: float
    gap: float


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
    periods
        The same by period, with where the line is fullest.
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
    periods: Mapping[str, LinePeriod] = field(default_factory=dict)

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
    periods
        The network in each period.
    """

    lines: tuple[LineReport, ...]
    mean_minutes: float
    mean_felt: float
    walked: float
    cost: float
    kgco2e: float
    shortages: tuple[Shortage, ...]
    gaps: Mapping[str, float] = field(default_factory=dict)
    periods: Mapping[str, PeriodReport] = field(default_factory=dict)

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
    found: list[dict[str, LinePeriod]] = [{} for _ in range(count)]
    ridden, felt_minutes = np.zeros(count), np.zeros(count)
    network: dict[str, PeriodReport] = {}
    ways = [w for w in range(2 * count) if task.model.way_ptr[w + 1] - task.model.way_ptr[w] >= 2]
    runs = np.array([sum(r) for r in runs_of(task.model)])
    for p, service in enumerate(services):
        period, graph, crowded = task.periods[p], service.graph, service.crowded
        scale = period.hours / period.surge
        rides = graph.kind == RIDE
        per_minute = np.where(runs > 0, task.km / np.maximum(runs * period.run, 1e-9), 0.0)
        length = np.where(rides, graph.cost * np.append(per_minute, 0.0)[graph.line], 0.0)
        money, grams = supply_of(task, p, types, service.vehicles, service.headways)
        km = period.hours * 60.0 / service.headways * task.km
        for k, load in enumerate(line_loads(graph, crowded, length)):
            ridden[k] += scale * load.passenger_minutes
            felt_minutes[k] += scale * load.passenger_minutes * load.felt
            places = task.types[types[k]].places * 60.0 / service.headways[k]
            way, a, b = -1, -1, -1
            if load.peak > 0.0:
                way = ways[load.peak_way]
                at = int(task.model.way_ptr[way]) + load.peak_position
                a, b = (int(n) for n in task.model.way_nodes[at : at + 2])
            found[k][service.name] = LinePeriod(
                float(service.headways[k]), int(service.vehicles[k]), scale * load.boardings,
                scale * load.passenger_km, load.peak, float(load.peak / places) if places > 0 else math.nan,
                way % 2 if way >= 0 else -1, a, b, float(km[k]), float(service.vehicles[k] * period.hours),
                float(money[k]), float(grams[k]),
            )  # fmt: skip
        network[service.name] = _period(task, p, service)
    lines = tuple(
        _line(labels[k], task.types[types[k]].key, found[k], float(ridden[k]), float(felt_minutes[k]))
        for k in range(count)
    )
    trips = sum(n.trips for n in network.values())

    def mean(figure: str) -> float:
        return sum(getattr(n, figure) * n.trips for n in network.values()) / trips if trips else 0.0

    return NetworkReport(
        lines, mean("mean_minutes"), mean("mean_felt"), mean("walked"), sum(x.cost for x in lines),
        sum(x.kgco2e for x in lines), shortages_of(task, list(services), types),
        {name: n.gap for name, n in network.items()}, network,
    )  # fmt: skip


def _period(task: FleetTask, p: int, service: PeriodService) -> PeriodReport:
    period, graph, crowded = task.periods[p], service.graph, service.crowded
    hourly = hourly_trips(task, p)
    trips = float(hourly.sum())
    on_foot = float(hourly[(crowded.loading.minutes >= task.model.walk)].sum())
    plain = float(graph.cost @ crowded.loading.links + crowded.loading.waiting.sum()) + crowded.on_foot
    felt = crowded.felt + crowded.on_foot
    part = (plain / trips, felt / trips, on_foot / trips) if trips else (0.0, 0.0, 0.0)
    return PeriodReport(trips * period.hours / period.surge, *part, crowded.gap)


def _line(
    label: tuple[str, str], vehicle: str, periods: Mapping[str, LinePeriod], ridden: float, felt: float
) -> LineReport:
    """Sum a line over its periods."""
    each = list(periods.values())
    name, top = max(periods.items(), key=lambda x: x[1].peak_load)
    return LineReport(
        line_id=label[0], name=label[1], vehicle=vehicle,
        headways={p: x.headway for p, x in periods.items()}, vehicles={p: x.vehicles for p, x in periods.items()},
        crowding={p: 0.0 if math.isnan(x.load_factor) else x.load_factor for p, x in periods.items()},
        boardings=sum(x.boardings for x in each), passenger_km=sum(x.passenger_km for x in each),
        passenger_minutes=ridden, peak_load=top.peak_load, peak_period=name if top.way >= 0 else "",
        peak_from=top.peak_from, peak_to=top.peak_to, felt=felt / ridden if ridden > 0 else 1.0,
        vehicle_km=sum(x.vehicle_km for x in each), vehicle_hours=sum(x.vehicle_hours for x in each),
        cost=sum(x.cost for x in each), kgco2e=sum(x.kgco2e for x in each), periods=periods,
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
