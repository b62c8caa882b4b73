"""Who uses a link, and where the traffic of a zone drives: read off the bushes of an assignment."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from shaar.engine.assignment import road_trace
from shaar.engine.assignment.road_equilibrium import RoadFlows
from shaar.engine.errors import InputError

F64 = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Selected:
    """A part of the traffic.

    Parameters
    ----------
    trips
        Vehicles from zone to zone by class, shape (c, z, z).
    vehicles
        What they are on every link, by class, shape (c, m).
    """

    trips: F64
    vehicles: F64


def select_links(flows: RoadFlows, links: npt.ArrayLike) -> Selected:
    """Trips that drive over any of these links, and where else they drive.

    Who arrives at a node came over its links in proportion to the flows of the bush. Link flows of an equilibrium are
    unique, this split is a convention (each origin's users share routes alike at every node).

    Raises
    ------
    InputError
        A link does not exist.
    """
    graph, net = flows.graph, flows.network
    asked = np.atleast_1d(np.asarray(links, np.int64))
    bad = asked[(asked < 0) | (asked >= net.links)]
    if len(bad):
        raise InputError(f"{bad[0]} is not a link: there are 0 to {net.links - 1}", file=net.name, field="links")
    marked = np.zeros(len(graph.tail), np.bool_)
    marked[graph.inner[asked]] = True
    b = flows.bushes
    demand = _rows(flows, flows.demand)
    found = np.zeros_like(demand)
    load = np.zeros((len(flows.classes), len(graph.tail)))
    for c, (lo, hi) in enumerate(_ranges(flows)):
        road_trace.select(
            lo, hi, b.origin, b.ptr, b.link, b.back, b.flow, graph.head, graph.nodes, demand, marked, found, load[c]
        )
    trips = np.zeros_like(flows.demand)
    trips[b.cls, b.origin] = found
    return Selected(trips, graph.outward(load))


def load_trips(flows: RoadFlows, part: npt.ArrayLike) -> Selected:
    """Where a part of the demand drives, in the proportions of the bushes.

    Parameters
    ----------
    part
        Vehicles by class, shape (c, z, z); trips of origins and destinations without any demand have no route.

    Raises
    ------
    InputError
        The shape differs, or trips are asked for that no bush carries.
    """
    graph, net = flows.graph, flows.network
    asked = np.array(part, float, ndmin=3)
    if asked.shape != flows.demand.shape:
        raise InputError(f"the demand has the shape {flows.demand.shape}, not {asked.shape}", field="part")
    if not (asked >= 0).all():
        raise InputError("trips are not negative", field="part")
    alone = np.argwhere((asked > 0) & (flows.demand <= 0))
    alone = alone[alone[:, 1] != alone[:, 2]]
    if len(alone):
        _, r, z = alone[0].tolist()
        raise InputError(
            f"no trips from zone {net.zone(r)} to zone {net.zone(z)} were assigned, so none can be followed",
            field="part",
        )
    b = flows.bushes
    rows = _rows(flows, asked)
    rows[np.arange(len(rows)), b.origin] = 0.0
    load = np.zeros((len(flows.classes), len(graph.tail)))
    for c, (lo, hi) in enumerate(_ranges(flows)):
        road_trace.load_part(
            lo, hi, b.origin, b.ptr, b.link, b.back, b.flow, graph.head, graph.nodes, rows, load[c]
        )  # fmt: skip
    return Selected(asked, graph.outward(load))


def select_zone(flows: RoadFlows, zone: int, direction: Literal["from", "to", "both"] = "both") -> Selected:
    """Traffic that begins in a zone, ends there, or both.

    Raises
    ------
    InputError
        The zone does not exist.
    """
    if not 0 <= zone < flows.network.zones:
        raise InputError(f"{zone} is not a zone: there are 0 to {flows.network.zones - 1}", field="zone")
    part = np.zeros_like(flows.demand)
    if direction in ("from", "both"):
        part[:, zone, :] = flows.demand[:, zone, :]
    if direction in ("to", "both"):
        part[:, :, zone] = flows.demand[:, :, zone]
    return load_trips(flows, part)


def _rows(flows: RoadFlows, trips: F64) -> F64:
    return np.ascontiguousarray(trips[flows.bushes.cls, flows.bushes.origin])


def _ranges(flows: RoadFlows) -> list[tuple[int, int]]:
    ends = np.searchsorted(flows.bushes.cls, np.arange(len(flows.classes) + 1)).tolist()
    return list(itertools.pairwise(ends))
