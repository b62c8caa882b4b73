"""The exact quality of a route set: mean travel time, shares by transfers, total route time."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from numba import njit

from ..errors import InputError
from .instance import Instance, RouteSet
from .network import TICKS_PER_MINUTE, check_routes_drivable, flat

_LEG_BITS = 10  # a label is ticks << 10 | legs: one integer addition keeps (time, legs) in lexicographic order
_FAR = np.int64(1) << np.int64(61)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a route set offers.

    Parameters
    ----------
    att
        Mean travel time per trip in minutes: in-vehicle time plus the transfer penalties; no access and no waiting.
    d0, d1, d2
        Percent of the trips whose fastest way has 0, 1, 2 transfers (among equally fast ways the fewest).
    dun
        Percent of the trips with more than two transfers, with no way at all, or slower than ``unserved_minutes``.
    trt
        Total route time in minutes: the sum of the one-direction run times, the mean of the two directions each.
    """

    att: float
    d0: float
    d1: float
    d2: float
    dun: float
    trt: float


@njit(cache=True, nogil=True)
def _labels(
    n: int, nodes: np.ndarray, start: np.ndarray, ticks: np.ndarray, penalty: int, far: int
) -> npt.NDArray[np.int64]:
    label = np.full((n, n), far, dtype=np.int64)
    for r in range(len(start) - 1):
        for a in range(start[r], start[r + 1]):
            forth = np.int64(0)
            back = np.int64(0)
            for b in range(a + 1, start[r + 1]):
                forth += ticks[nodes[b - 1], nodes[b]]
                back += ticks[nodes[b], nodes[b - 1]]
                x, y = nodes[a], nodes[b]
                label[x, y] = min(label[x, y], ((forth + penalty) << _LEG_BITS) + 1)
                label[y, x] = min(label[y, x], ((back + penalty) << _LEG_BITS) + 1)
    for i in range(n):
        label[i, i] = 0
    for k in range(n):
        through = label[k]
        for i in range(n):
            first = label[i, k]
            if first >= far or i == k:
                continue
            row = label[i]
            for j in range(n):
                row[j] = min(row[j], first + through[j])
    return label


def fastest(instance: Instance, routes: RouteSet) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Fastest travel time and its number of transfers between all nodes.

    ``B(i, j)``, the least in-vehicle time on any one route, plus the penalty is the cost of one ride; the shortest
    paths over rides, less one penalty (the first boarding is free), are the fastest ways. The n by n matrix takes the
    place of the route graph of the literature, which has a node per route and stop.

    Returns
    -------
    minutes
        Shape (n, n), ``inf`` where no way leads.
    transfers
        Shape (n, n), -1 where no way leads or i = j.
    """
    check_routes_drivable(instance, routes)
    nodes, start = flat(routes)
    times = np.where(np.isfinite(instance.time), instance.time, 0.0)
    ticks = np.rint(times * TICKS_PER_MINUTE).astype(np.int64)
    penalty = round(instance.transfer_penalty * TICKS_PER_MINUTE)
    label = _labels(instance.n, nodes, start, ticks, penalty, _FAR)
    reached = label < _FAR
    minutes = np.where(reached, ((label >> _LEG_BITS) - penalty) / TICKS_PER_MINUTE, np.inf)
    transfers = np.where(reached, (label & ((1 << _LEG_BITS) - 1)) - 1, -1)
    np.fill_diagonal(minutes, 0.0)
    return minutes, transfers


def total_route_time(instance: Instance, routes: RouteSet) -> float:
    """Sum of one-direction run times in minutes; where the directions differ, their mean."""
    return float(sum((instance.time[a, b] + instance.time[b, a]) / 2.0 for route in routes for a, b in pairwise(route)))


def summarise(
    instance: Instance, minutes: npt.NDArray[np.float64], transfers: npt.NDArray[np.int64], trt: float
) -> Evaluation:
    """Weigh times and transfers between all nodes, shapes (n, n), with the demand.

    Raises
    ------
    InputError
        If the instance has no demand: then there is no mean.
    """
    total = float(instance.demand.sum())
    if not total > 0:
        raise InputError(f"{instance.name} has no demand, so there is no travel time to average")
    asked = instance.demand > 0
    weight = instance.demand[asked]
    time, change = minutes[asked], transfers[asked]
    served = np.isfinite(time) & (time <= instance.unserved_minutes)
    counted = np.where(served, time, instance.unserved_minutes)

    def share(of: npt.NDArray[np.bool_]) -> float:
        return float(100.0 * weight[of].sum() / total)

    return Evaluation(
        att=float((weight * counted).sum() / total),
        d0=share(served & (change == 0)),
        d1=share(served & (change == 1)),
        d2=share(served & (change == 2)),
        dun=share(~served | (change > 2)),
        trt=trt,
    )


def evaluate(instance: Instance, routes: RouteSet) -> Evaluation:
    """Exact quality of a route set.

    Parameters
    ----------
    instance
        The problem.
    routes
        Any routes over drivable links; the limits of the instance are not looked at (see ``feasible.violations``).

    Raises
    ------
    InputError
        If a route uses something that is no link drivable both ways, or the instance has no demand.

    Notes
    -----
    The passenger view of Mumford, "New heuristic and evolutionary operators for the multi-objective urban transit
    routing problem", CEC 2013. ``t(i, j)`` is the fastest way, a transfer costs ``transfer_penalty`` minutes,
    ``ATT = sum d t / sum d``. A trip that no way serves, or only one slower than ``unserved_minutes``, counts
    ``unserved_minutes``.
    """
    minutes, transfers = fastest(instance, routes)
    return summarise(instance, minutes, transfers, total_route_time(instance, routes))
