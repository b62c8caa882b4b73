"""Buses among cars: how long they take in traffic, and what lanes and green of their own take from others."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from shaar.engine.assignment.road_city import road_parameters
from shaar.engine.assignment.road_network import RoadNetwork
from shaar.engine.demand.parameters import Parameters
from shaar.engine.errors import InputError

F64 = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


def bus_minutes(
    minutes: F64,
    free_minutes: F64,
    *,
    bus_lane: Flags | None = None,
    signals: F64 | None = None,
    priority: Flags | None = None,
    parameters: Parameters | Mapping[str, float] | None = None,
) -> F64:
    """Minutes of a bus on each link between its stops; time at stops is counted where the stops are.

    ``t = k * (free minutes on a bus lane, else minutes of the cars) - signals * saved``, with ``k`` the ratio of bus to
    car minutes (``bus_over_car``) and ``saved`` the minutes that priority saves at a light (``priority_seconds``), and
    never less than half of the ``k`` times free minutes.

    Parameters
    ----------
    minutes
        Of cars at equilibrium, shape (m,).
    free_minutes
        Of cars without traffic, shape (m,).
    bus_lane
        Links with a lane for buses, shape (m,).
    signals, priority
        Traffic lights passed on each link, and links whose lights let buses go first, shape (m,).

    Raises
    ------
    InputError
        Arrays differ in length, or priority is asked for without ``signals``.
    """
    p = road_parameters(parameters)
    t, free = np.asarray(minutes, float), np.asarray(free_minutes, float)
    for key, array in (
        ("free_minutes", free),
        ("bus_lane", bus_lane),
        ("signals", signals),
        ("priority", priority),
    ):
        if array is not None and np.shape(array) != t.shape:
            raise InputError(f"{len(t)} links need as many values, not {np.shape(array)}", field=key)
    if priority is not None and signals is None:
        raise InputError("priority needs the number of lights on each link", field="signals")
    lane = np.zeros(len(t), np.bool_) if bus_lane is None else np.asarray(bus_lane, np.bool_)
    found = p["bus_over_car"] * np.where(lane, np.minimum(free, t), t)
    if priority is not None and signals is not None:
        saved = np.where(priority, np.asarray(signals, float) * p["priority_seconds"] / 60.0, 0.0)
        found = np.maximum(found - saved, np.minimum(found, 0.5 * p["bus_over_car"] * free))
    return found


def with_bus_lanes(network: RoadNetwork, links: npt.ArrayLike, lanes: F64) -> RoadNetwork:
    """Return the network with one lane of these links given to buses: capacity shrinks by that lane's share.

    Parameters
    ----------
    links
        Links that get a bus lane.
    lanes
        Lanes of every link today, shape (m,).

    Raises
    ------
    InputError
        A link has no second lane that cars could keep.
    """
    chosen = np.unique(np.atleast_1d(np.asarray(links, np.int64)))
    if np.shape(lanes) != (network.links,):
        raise InputError(f"{network.links} links need as many lanes", file=network.name, field="lanes")
    narrow = chosen[~(lanes[chosen] > 1)]
    if len(narrow):
        raise InputError(
            f"link {narrow[0]} has {lanes[narrow[0]]:g} lane, so a bus lane would close it to cars: close it instead",
            file=network.name, field="lanes",
        )  # fmt: skip
    return network.with_capacity(chosen, network.capacity[chosen] * (1.0 - 1.0 / lanes[chosen]))


def with_signal_priority(
    network: RoadNetwork,
    crossing: npt.ArrayLike,
    buses: npt.ArrayLike,
    *,
    parameters: Parameters | Mapping[str, float] | None = None,
) -> RoadNetwork:
    """Return the network with green taken from crossing streets: each bus takes ``priority_extension`` seconds.

    Parameters
    ----------
    crossing
        Links that end at the light across the buses' way.
    buses
        Buses an hour with priority there, one number or one by link.

    Raises
    ------
    InputError
        So many buses would leave the crossing street less than a tenth of its capacity.
    """
    p = road_parameters(parameters)
    links = np.atleast_1d(np.asarray(crossing, np.int64))
    left = 1.0 - np.broadcast_to(np.asarray(buses, float), links.shape) * p["priority_extension"] / 3600.0
    short = np.flatnonzero(~(left >= 0.1) | (left > 1.0))
    if len(short):
        raise InputError(
            f"priority would leave link {links[short[0]]} {100 * left[short[0]]:.0f} % of its capacity",
            file=network.name, field="buses",
        )  # fmt: skip
    return network.with_capacity(links, network.capacity[links] * left)
