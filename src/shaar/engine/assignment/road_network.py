"""A road network as flat arrays, and the classes of vehicles that share it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from shaar.engine.assignment.road_kernels import BPR, CONICAL
from shaar.engine.errors import InputError

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class RoadNetwork:
    """Directed road links between nodes; nodes 0 to ``zones`` - 1 are the zones.

    Minutes of a link at the flow v (passenger-car units an hour, or whatever unit capacity is in): BPR
    ``t0 (1 + alpha (v / capacity)^beta)``; conical ``t0 (2 + sqrt(a^2 (1-x)^2 + b^2) - a (1-x) - b)`` with
    ``x = v / capacity``, ``a = alpha`` and ``b = (2a - 1) / (2a - 2)`` (Spiess 1990).

    Parameters
    ----------
    zones
        Number of zones.
    nodes
        Number of nodes, zones included.
    tail, head
        Nodes each link leaves and enters, shape (m,).
    length_km, free_minutes
        Length and minutes without other traffic, shape (m,).
    capacity
        Flow that the delay function refers to, shape (m,); not read where ``alpha`` is 0.
    alpha, beta
        Parameters of the delay function, shape (m,); ``beta`` is not read by conical links.
    delay
        ``BPR`` or ``CONICAL``, shape (m,).
    toll
        Money by link, shape (m,).
    first_through
        Nodes below this may not be driven through: trips begin and end there.
    turn_from, turn_to, turn_minutes
        Links, one after the other, and the minutes this movement costs more; inf: banned. Shape (t,).
    name
        What it is called in messages: a file, a city.
    zone_names
        What the zones are called in messages; empty: by number from 0.
    """

    zones: int
    nodes: int
    tail: I64
    head: I64
    length_km: F64
    free_minutes: F64
    capacity: F64
    alpha: F64
    beta: F64
    delay: I64
    toll: F64
    first_through: int
    turn_from: I64 = field(default_factory=lambda: np.empty(0, np.int64))
    turn_to: I64 = field(default_factory=lambda: np.empty(0, np.int64))
    turn_minutes: F64 = field(default_factory=lambda: np.empty(0))
    name: str = "road network"
    zone_names: tuple[str, ...] = ()

    @property
    def links(self) -> int:
        """Number of links."""
        return len(self.tail)

    def zone(self, number: int) -> str:
        """Return what a zone is called."""
        return self.zone_names[number] if self.zone_names else str(number)

    def with_capacity(self, links: npt.ArrayLike, capacity: npt.ArrayLike) -> RoadNetwork:
        """Return the network with other capacities on some links."""
        new = self.capacity.copy()
        new[np.asarray(links)] = capacity
        return check_network(replace(self, capacity=new))

    def with_free_minutes(self, links: npt.ArrayLike, minutes: npt.ArrayLike) -> RoadNetwork:
        """Return the network with other free minutes on some links."""
        new = self.free_minutes.copy()
        new[np.asarray(links)] = minutes
        return check_network(replace(self, free_minutes=new))

    def with_turns(self, turns: Sequence[tuple[int, int, float]]) -> RoadNetwork:
        """Return the network with these turns (from link, to link, minutes; inf: banned) beside its own."""
        return check_network(
            replace(
                self,
                turn_from=np.concatenate([self.turn_from, np.array([t[0] for t in turns], np.int64)]),
                turn_to=np.concatenate([self.turn_to, np.array([t[1] for t in turns], np.int64)]),
                turn_minutes=np.concatenate([self.turn_minutes, np.array([t[2] for t in turns], float)]),
            )
        )


@dataclass(frozen=True, slots=True)
class VehicleClass:
    """Vehicles that pay, fill the road and may drive alike.

    Parameters
    ----------
    name
        "car", "truck", ...
    pce
        Passenger-car equivalents of a vehicle.
    value_of_time
        Money an hour; inf: tolls and distance do not count in the choice of route.
    money_per_km
        What driving a kilometre costs.
    toll
        Money by link in place of the network's, shape (m,).
    closed
        Links this class may not use, shape (m,) of booleans.
    """

    name: str = "car"
    pce: float = 1.0
    value_of_time: float = np.inf
    money_per_km: float = 0.0
    toll: F64 | None = None
    closed: npt.NDArray[np.bool_] | None = None

    def fixed_minutes(self, network: RoadNetwork) -> F64:
        """Minutes that toll and distance are worth on each link, inf on closed ones, shape (m,).

        Raises
        ------
        InputError
            A number is not sensible, or an array does not fit the network.
        """
        at = f"class {self.name}"
        if not (np.isfinite(self.pce) and self.pce > 0):
            raise InputError("passenger-car equivalents are a positive number", file=at, field="pce")
        if not self.value_of_time > 0:
            raise InputError(
                "the value of time is positive (inf: money does not count)", file=at, field="value_of_time"
            )
        money = np.asarray(network.toll if self.toll is None else self.toll, float)
        for key, array in (("toll", money), ("closed", self.closed)):
            if array is not None and np.shape(array) != (network.links,):
                raise InputError(f"the network has {network.links} links, not {np.shape(array)}", file=at, field=key)
        fixed = 60.0 / self.value_of_time * (money + self.money_per_km * network.length_km)
        bad = np.flatnonzero(~(fixed >= 0) | np.isinf(fixed))
        if len(bad):
            raise InputError(f"{money[bad[0]]} is no sensible toll", file=at, row=int(bad[0]), field="toll")
        return fixed if self.closed is None else np.where(self.closed, np.inf, fixed)


def check_network(network: RoadNetwork) -> RoadNetwork:
    """Return the network if every number in it is sensible.

    Raises
    ------
    InputError
        Lengths differ; a node, length, time, capacity, delay parameter, toll or turn is not possible. Rows of links
        and turns count from 0.
    """
    n, m, at = network.nodes, network.links, network.name
    if network.zones < 1 or n < network.zones:
        raise InputError(f"{network.zones} zones do not fit {n} nodes", file=at, field="zones")
    for key in ("head", "length_km", "free_minutes", "capacity", "alpha", "beta", "delay", "toll"):
        if len(getattr(network, key)) != m:
            raise InputError(f"{m} links need as many values, not {len(getattr(network, key))}", file=at, field=key)

    def no(bad: npt.NDArray[np.bool_], key: str, why: str, values: npt.NDArray | None = None) -> None:
        if bad.any():
            k = int(np.argmax(bad))
            shown = getattr(network, key) if values is None else values
            link = f" (link from node {network.tail[k]} to node {network.head[k]})" if len(bad) == m else ""
            raise InputError(f"{shown[k]} {why}{link}", file=at, row=k, field=key)

    no((network.tail < 0) | (network.tail >= n), "tail", f"is not a node: there are 0 to {n - 1}")
    no((network.head < 0) | (network.head >= n), "head", f"is not a node: there are 0 to {n - 1}")
    no(network.tail == network.head, "head", "is the node the link leaves: a link joins two nodes")
    no(~np.isfinite(network.length_km) | (network.length_km < 0), "length_km", "is no length")
    no(~np.isfinite(network.free_minutes) | (network.free_minutes < 0), "free_minutes", "is no time")
    no(~np.isfinite(network.alpha) | (network.alpha < 0), "alpha", "is no parameter of a delay function")
    delayed = network.alpha > 0
    no(
        delayed & ~(np.isfinite(network.capacity) & (network.capacity > 0)),
        "capacity",
        "is no positive capacity",
    )
    no((network.delay != BPR) & (network.delay != CONICAL), "delay", "is neither BPR (0) nor conical (1)")
    power = (network.delay == BPR) & delayed
    no(power & ~(np.isfinite(network.beta) & (network.beta >= 1)), "beta", "is no power: a BPR power is at least 1")
    no(
        (network.delay == CONICAL) & delayed & (network.alpha <= 1),
        "alpha",
        "is too small: conical delay needs more than 1",
    )
    no(~np.isfinite(network.toll), "toll", "is no toll")
    t = len(network.turn_from)
    if not t == len(network.turn_to) == len(network.turn_minutes):
        raise InputError("turn_from, turn_to and turn_minutes are of one length", file=at, field="turn_from")
    for key in ("turn_from", "turn_to"):
        ids = getattr(network, key)
        no((ids < 0) | (ids >= m), key, f"is not a link: there are 0 to {m - 1}", ids)
    if t:
        apart = network.head[network.turn_from] != network.tail[network.turn_to]
        no(apart, "turn_to", "does not leave the node that the first link enters", network.turn_to)
        no(~(network.turn_minutes >= 0), "turn_minutes", "is no time: it is not negative, inf for a ban")
    return network


def conical_b(alpha: F64) -> F64:
    """Return the second parameter of Spiess's conical function, which makes it t0 at no flow and 2 t0 at capacity."""
    return (2 * alpha - 1) / np.where(alpha > 1, 2 * alpha - 2, 1.0)


def delay_minutes(network: RoadNetwork, flow: F64) -> F64:
    """Minutes of each link at the flow (passenger-car units), shape (m,)."""
    a, t0 = network.alpha, network.free_minutes
    cap = np.where(a > 0, network.capacity, 1.0)
    x = np.asarray(flow, float) / cap
    b = conical_b(a)
    bent = 2.0 + np.sqrt(a**2 * (1 - x) ** 2 + b**2) - a * (1 - x) - b
    power = 1.0 + a * x ** np.where(a > 0, network.beta, 1.0)
    return np.where(a == 0, t0, t0 * np.where(network.delay == CONICAL, bent, power))


def delay_integral(network: RoadNetwork, flow: F64) -> F64:
    """Integral of the minutes from no flow to the flow: each link's part of Beckmann's objective, shape (m,)."""
    a, t0, v = network.alpha, network.free_minutes, np.asarray(flow, float)
    cap = np.where(a > 0, network.capacity, 1.0)
    beta = np.where(a > 0, network.beta, 1.0)
    power = v + a * v / (beta + 1.0) * (v / cap) ** beta
    b = conical_b(a)
    slope = np.where(a > 0, a, 1.0)

    def area(y: F64) -> F64:
        return 0.5 * (y * np.sqrt(y**2 + b**2) + b**2 * np.arcsinh(y / b))

    bent = (2.0 - b - a) * v + a * v**2 / (2.0 * cap) + cap / slope * (area(a) - area(a * (1.0 - v / cap)))
    return t0 * np.where(a == 0, v, np.where(network.delay == CONICAL, bent, power))
