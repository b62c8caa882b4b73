"""The state of a running equilibrium: slots of bushes, link flows and costs, and the steps that change them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from shaar.engine.assignment import road_kernels as kernels
from shaar.engine.assignment.road_bushes import Bushes, links_in
from shaar.engine.assignment.road_graph import RoadGraph
from shaar.engine.assignment.road_network import RoadNetwork, VehicleClass
from shaar.engine.assignment.road_update import update_bushes
from shaar.engine.assignment.road_warm import fit_bush
from shaar.engine.errors import InputError

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]

#: Below so many links times bushes threads cost more than they save.
SMALL = 200_000
#: Links of room that a bush has beyond its tree, as a share of the tree, before it moves to a roomier slot.
SLACK = 0.35


class Solver:
    """Bushes of every origin and class with trips, and what they do to the links.

    Parameters
    ----------
    network, graph
        The network and its graph.
    classes
        Vehicle classes.
    demand
        Vehicles from zone to zone by class, shape (c, z, z); the diagonal is left out.
    """

    def __init__(
        self, network: RoadNetwork, graph: RoadGraph, classes: Sequence[VehicleClass], demand: F64, threads: int
    ) -> None:
        self.network, self.graph, self.classes, self.threads = network, graph, tuple(classes), max(1, threads)
        zones = network.zones
        cars = demand * np.array([c.pce for c in classes])[:, None, None]
        cars[:, np.arange(zones), np.arange(zones)] = 0.0
        some = cars.sum(axis=2) > 0
        cls, origin = np.nonzero(some)
        self.cls, self.origin = cls.astype(np.int64), origin.astype(np.int64)
        self.demand: F64 = np.ascontiguousarray(cars[cls, origin])
        self.supply: F64 = self.demand.sum(axis=1)
        fixed = np.array([c.fixed_minutes(network) for c in classes])
        self.fixed: F64 = np.ascontiguousarray(np.stack([graph.fixed(f) for f in fixed]))
        links = len(graph.tail)
        self.v, self.slope, self.cost = np.zeros(links), np.zeros(links), np.zeros((len(classes), links))
        self.size = np.zeros(self.bushes, np.int64)
        room = np.full(self.bushes, min(links, int((graph.nodes - 1) * (1 + SLACK)) + 16), np.int64)
        self._slots(room)
        self.worst = np.full(self.bushes, np.inf)
        self.least, self.need = np.zeros(self.bushes), np.zeros(self.bushes, np.int64)
        self.refresh()

    @property
    def bushes(self) -> int:
        """How many bushes there are."""
        return len(self.origin)

    def _slots(self, room: I64) -> None:
        start = np.concatenate([[0], np.cumsum(room)]).astype(np.int64)
        total = int(start[-1])
        self.start, self.room = start, room
        self.link, self.back, self.flow = np.empty(total, np.int32), np.empty(total, np.int32), np.empty(total)

    def _grow(self, need: I64) -> None:
        """Give bushes that have outgrown their slots roomier ones."""
        most = len(self.graph.tail)
        room = np.where(need > self.room, np.minimum(most, (need * 1.2).astype(np.int64) + 16), self.room)
        start = np.concatenate([[0], np.cumsum(room)]).astype(np.int64)
        total = int(start[-1])
        link, back, flow = np.empty(total, np.int32), np.empty(total, np.int32), np.empty(total)
        for i in range(self.bushes):
            a, b, n = int(self.start[i]), int(start[i]), int(self.size[i])
            link[b : b + n] = self.link[a : a + n]
            back[b : b + n] = self.back[a : a + n]
            flow[b : b + n] = self.flow[a : a + n]
        # At once, so that an interrupt finds whole bushes.
        self.start, self.room, self.link, self.back, self.flow = start, room, link, back, flow

    @property
    def _function(self) -> tuple[npt.NDArray, ...]:
        g = self.graph
        return g.kind, g.free, g.alpha, g.beta, g.capacity, self.fixed, self.cost, self.slope

    def refresh(self) -> None:
        """Set costs by the link flows of the moment."""
        kind, t0, a, b, cap, fixed, cost, slope = self._function
        kernels.refresh(self.v, kind, t0, a, b, cap, fixed, cost, slope)

    def count(self) -> None:
        """Add up link flows from the bushes, so that no rounding gathers, and set the costs."""
        self.v[:] = 0.0
        kernels.total_flow(0, self.bushes, self.start, self.size, self.link, self.flow, self.v)
        self.refresh()

    def cold(self, which: I64 | None = None) -> None:
        """Start (some) bushes as shortest trees; each meets the flow of those before it."""
        g = self.graph
        todo = np.arange(self.bushes) if which is None else which
        at, zone = kernels.first_bushes(
            todo, self.origin, self.cls, self.demand, g.fs, g.head, g.tail, g.blocked, self.start, self.room,
            self.size, self.link, self.back, self.flow, self.v, *self._function, True,
        )  # fmt: skip
        if at >= 0:
            self._cut_off(int(at), int(zone))

    def _cut_off(self, bush: int, zone: int) -> None:
        c, r = self.classes[int(self.cls[bush])], int(self.origin[bush])
        trips = self.demand[bush, zone] / c.pce
        raise InputError(
            f"no way for class {c.name} leads from zone {self.network.zone(r)} to zone {self.network.zone(zone)}, "
            f"but {trips:g} vehicles want to go there",
            file=self.network.name, field="demand",
        )  # fmt: skip

    def warm(self, stored: Bushes) -> int:
        """Take over stored bushes, fitted to this network and demand; return how many had to start cold."""
        g = self.graph
        now = links_in(stored, g)
        at = {(int(c), int(r)): k for k, (c, r) in enumerate(zip(stored.cls, stored.origin))}
        spare = int(np.diff(stored.ptr).max(initial=0)) + g.nodes
        self._slots(np.full(self.bushes, min(len(g.tail), max(spare, int(self.room.max(initial=0)))), np.int64))
        fresh = []
        for i in range(self.bushes):
            k = at.get((int(self.cls[i]), int(self.origin[i])))
            if k is None:
                fresh.append(i)
                continue
            a, b = int(stored.ptr[k]), int(stored.ptr[k + 1])
            zone = fit_bush(
                i, stored.link[a:b], stored.back[a:b], stored.flow[a:b], now, int(self.origin[i]),
                self.cost[self.cls[i]], self.demand[i], g.fs, g.head, g.tail, g.blocked, self.start, self.size,
                self.link, self.back, self.flow,
            )  # fmt: skip
            if zone == -2:
                fresh.append(i)
            elif zone >= 0:
                self._cut_off(i, int(zone))
        some = np.array(fresh, np.int64)
        self.size[some] = 0
        self.count()
        if fresh:
            self.cold(some)
        return len(fresh)

    def each_part(self, step: Callable[[int, int], None]) -> None:
        """Call a step that writes into its own bushes alone for all of them, on threads where that pays."""
        n = self.bushes
        if self.threads == 1 or n * len(self.graph.tail) < SMALL:
            step(0, n)
            return
        cuts = np.linspace(0, n, 4 * self.threads + 1).astype(int)
        with ThreadPoolExecutor(self.threads) as pool:
            list(pool.map(step, cuts[:-1].tolist(), cuts[1:].tolist()))

    def update(self, *, change: bool = True) -> float:
        """Fit all bushes to the costs of the moment and return the relative gap at these costs."""
        g = self.graph

        def step(lo: int, hi: int) -> None:
            update_bushes(
                lo, hi, change, self.origin, self.cls, self.demand, g.fs, g.head, g.tail, g.blocked,
                self.start, self.room, self.size, self.link, self.back, self.flow, self.cost, self.least, self.need,
            )  # fmt: skip

        total = self.total_cost()
        self.each_part(step)
        if change and (self.need > 0).any():
            self._grow(self.need)
            self.each_part(step)
        return (total - float(self.least.sum())) / total if total > 0 else 0.0

    def sweep(self, least: float, eps: float, lo: int, hi: int) -> int:
        """Even out the bushes lo to hi whose last difference was not below ``least``."""
        return kernels.sweep(
            lo, hi, self.cls, self.supply, self.worst, least, self.start, self.size, self.link, self.back, self.flow,
            self.v, *self._function, self.graph.nodes, eps,
        )  # fmt: skip

    def class_flows(self) -> F64:
        """Passenger-car units of each class on each link of the graph, shape (c, links)."""
        flows = np.zeros_like(self.cost)
        ends = np.searchsorted(self.cls, np.arange(len(self.classes) + 1))
        for c in range(len(self.classes)):
            kernels.total_flow(int(ends[c]), int(ends[c + 1]), self.start, self.size, self.link, self.flow, flows[c])
        return flows

    def minutes(self) -> F64:
        """Minutes of each link of the graph at the flows of the moment, without fixed ones, shape (links,)."""
        g = self.graph
        cost, slope = np.zeros((1, len(g.tail))), np.zeros(len(g.tail))
        kernels.refresh(self.v, g.kind, g.free, g.alpha, g.beta, g.capacity, np.zeros_like(cost), cost, slope)
        return cost[0]

    def total_cost(self) -> float:
        """Cost of all passenger-car units at the costs of the moment."""
        flows = self.class_flows()
        return float(np.where(flows > 0, self.cost, 0.0).ravel() @ flows.ravel())

    def stored(self) -> Bushes:
        """Copy the bushes out of their slots."""
        ptr = np.concatenate([[0], np.cumsum(self.size)]).astype(np.int64)
        pick = np.arange(int(ptr[-1])) + np.repeat(self.start[:-1] - ptr[:-1], self.size)
        g = self.graph
        return Bushes(self.origin, self.cls, ptr, self.link[pick], self.back[pick], self.flow[pick], g.tail_key,
                      g.head_key)  # fmt: skip
