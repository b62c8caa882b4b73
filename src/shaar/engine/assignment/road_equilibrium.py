"""Static user equilibrium by Algorithm B (Dial 2006; Nie 2010): routes of which nobody can do better alone."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shaar.engine.assignment.road_bushes import Bushes
from shaar.engine.assignment.road_graph import RoadGraph, road_graph
from shaar.engine.assignment.road_network import RoadNetwork, VehicleClass, check_network, delay_integral
from shaar.engine.assignment.road_solver import Solver
from shaar.engine.errors import InputError
from shaar.engine.progress import Progress, silent

F64 = npt.NDArray[np.float64]

#: Sweeps over the bushes between two updates of their links: at first, and at most, as the links settle.
SWEEPS = (7, 48)
#: Sweeps double where an update has not brought the gap below this share of the last one.
SLOW = 0.2
#: Bushes whose largest difference was below this share of the mean difference wait for the next update.
WAIT = 0.1
#: Links times bushes of one kernel call, so that an interrupt is heard within a fraction of a second.
CHUNK = 20_000_000


@dataclass(frozen=True, slots=True)
class Step:
    """One update of the bushes: seconds of wall clock since the start, relative gap and objective found there."""

    seconds: float
    gap: float
    objective: float


@dataclass(frozen=True, slots=True)
class RoadFlows:
    """An assignment: every trip is on the road whenever the run ended, ``gap`` says how near equilibrium it is.

    Parameters
    ----------
    network, classes
        What was assigned on.
    graph
        The solver's graph, whose links the bushes name.
    demand
        Vehicles from zone to zone by class, zero diagonal, shape (c, z, z).
    vehicles
        Vehicles of each class on each link, shape (c, m).
    flow
        Passenger-car units on each link, shape (m,).
    minutes
        Time on each link, shape (m,).
    costs
        Minutes with what toll and distance are worth to each class, inf where closed, shape (c, m).
    turn_minutes_paid
        Vehicle-minutes of turn penalties by class, shape (c,).
    tstt
        Total system travel time: vehicle-minutes, turn penalties included, tolls not.
    total_cost
        Passenger-car-unit minutes with toll and distance; the gap refers to it.
    objective
        Beckmann's, toll and distance included: what the equilibrium minimises.
    gap
        Relative: (total cost - cost of all trips by shortest routes at the same costs) / total cost.
    steps
        History of gap and objective.
    interrupted
        Whether progress asked to stop.
    bushes
        Routes of every origin and class; ``start`` of the next run.
    """

    network: RoadNetwork
    classes: tuple[VehicleClass, ...]
    graph: RoadGraph
    demand: F64
    vehicles: F64
    flow: F64
    minutes: F64
    costs: F64
    turn_minutes_paid: F64
    tstt: float
    total_cost: float
    objective: float
    gap: float
    steps: tuple[Step, ...]
    interrupted: bool
    bushes: Bushes


def equilibrium(
    network: RoadNetwork,
    demand: npt.ArrayLike,
    *,
    classes: Sequence[VehicleClass] | None = None,
    gap: float = 1e-6,
    start: Bushes | RoadFlows | None = None,
    most: int = 500,
    threads: int = 2,
    progress: Progress = silent,
) -> RoadFlows:
    """Assign car trips so that no used route costs more than another of the same origin, destination and class.

    Each origin and class keeps a bush, an acyclic set of links. In turn every bush is evened out: at each node, the
    last one first, flow moves from the dearest used route to the cheapest by a Newton step on the two segments in which
    they differ. Now and then links without flow leave the bushes and links that shorten a route join, if the greatest
    cost in the bush rises along them, which keeps it acyclic.

    Parameters
    ----------
    network
        Roads.
    demand
        Vehicles in the period of the capacities (as a rule an hour), shape (z, z), or (c, z, z) with classes. Trips
        within a zone do not touch the roads.
    classes
        Classes of vehicles; None: cars that count minutes alone.
    gap
        Relative gap to reach.
    start
        An earlier result or its bushes; network, demand and classes may have changed. None: from an empty network.
    most
        Updates of the bushes at most.
    threads
        For updates; the result does not depend on it.
    progress
        Told the gap after each update; on ``KeyboardInterrupt`` the flows of the moment are returned.

    Returns
    -------
    RoadFlows
        Link flows are unique; flows by class, by route and by turn need not be.

    Raises
    ------
    InputError
        The network is not sensible, trips are negative or no number, or a zone cannot be reached.

    References
    ----------
    R. B. Dial, "A path-based user-equilibrium traffic assignment algorithm that obviates path storage and enumeration",
    Transportation Research Part B 40 (2006); Y. Nie, "A class of bush-based algorithms for the traffic assignment
    problem", Transportation Research Part B 44 (2010).
    """
    began = time.perf_counter()
    kinds = (VehicleClass(),) if classes is None else tuple(classes)
    check_network(network)
    trips = check_demand(network, demand, kinds)
    if not gap >= 0:
        raise InputError("the relative gap to reach is not negative", field="gap")
    graph = road_graph(network)
    state = Solver(network, graph, kinds, trips, threads)
    if isinstance(start, RoadFlows):
        start = start.bushes
    if start is None:
        state.cold()
    else:
        state.warm(start)
    steps: list[Step] = []
    stopped = False
    reached, sweeps = np.inf, SWEEPS[0]
    per_call = max(1, CHUNK // max(1, len(graph.tail)))
    try:
        for number in range(most):
            state.count()
            before, reached = reached, state.update()
            steps.append(Step(time.perf_counter() - began, reached, _objective(state)))
            progress("road equilibrium", number + 1, None, f"relative gap {reached:.1e}")
            if reached <= gap:
                break
            if reached > SLOW * before and number > 2:
                sweeps = min(2 * sweeps, SWEEPS[1])
            mean_trip = state.total_cost() / max(float(state.supply.sum()), 1e-300)
            wait = max(gap, reached * WAIT) * mean_trip
            for k in range(sweeps):
                done = 0
                for lo in range(0, state.bushes, per_call):
                    done += state.sweep(wait if k else -1.0, 1e-14, lo, min(lo + per_call, state.bushes))
                if done == 0:
                    break
    except KeyboardInterrupt:
        stopped = True
    if stopped or reached > gap:
        state.count()
        reached = state.update(change=False)
        steps.append(Step(time.perf_counter() - began, reached, _objective(state)))
    return _result(state, trips, reached, tuple(steps), stopped)


def check_demand(network: RoadNetwork, demand: npt.ArrayLike, classes: Sequence[VehicleClass]) -> F64:
    """Return the demand as (c, z, z) with a zero diagonal, or say which number is wrong."""
    trips = np.array(demand, float, ndmin=3)
    z, c = network.zones, len(classes)
    if not c:
        raise InputError("there is no class of vehicles", field="classes")
    if trips.shape != (c, z, z):
        raise InputError(
            f"{c} classes and {z} zones need an array of {(c, z, z)}, not {trips.shape}", file=network.name,
            field="demand",
        )  # fmt: skip
    bad = np.argwhere(~(trips >= 0) | np.isinf(trips))
    if len(bad):
        k, a, b = bad[0].tolist()
        raise InputError(
            f"{trips[k, a, b]} trips of class {classes[k].name} from zone {network.zone(a)} to zone {network.zone(b)} "
            "are not possible",
            file=network.name, field="demand",
        )  # fmt: skip
    trips[:, np.arange(z), np.arange(z)] = 0.0
    return trips


def _objective(state: Solver) -> float:
    g = state.graph
    flows = state.class_flows()
    fixed = float(np.where(flows > 0, state.fixed, 0.0).ravel() @ flows.ravel())
    moves = g.outer < 0
    return float(delay_integral(state.network, state.v[g.inner]).sum()) + fixed + float(state.v[moves] @ g.free[moves])


def _result(state: Solver, trips: F64, gap: float, steps: tuple[Step, ...], stopped: bool) -> RoadFlows:
    g, net = state.graph, state.network
    pce = np.array([c.pce for c in state.classes])[:, None]
    by_class = state.class_flows() / pce
    costs = g.outward(state.cost)
    minutes = g.outward(state.minutes())
    moves = g.outer < 0
    paid = by_class[:, moves] @ g.free[moves]
    vehicles = g.outward(by_class)
    return RoadFlows(
        network=net, classes=state.classes, graph=g, demand=trips, vehicles=vehicles, flow=g.outward(state.v),
        minutes=minutes, costs=np.where(costs >= 1e299, np.inf, costs), turn_minutes_paid=paid,
        tstt=float((vehicles @ minutes).sum() + paid.sum()), total_cost=state.total_cost(),
        objective=_objective(state), gap=gap, steps=steps, interrupted=stopped, bushes=state.stored(),
    )  # fmt: skip
