"""An instance packed for the search kernels: whole 16-bit times, padded rows, neighbour lists, weights."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from .evaluate import total_route_time
from .instance import Instance, RouteSet
from .kernels_simd import aligned, padded
from .network import drivable, drivable_shortest, is_symmetric, served_nodes

#: Time of a way that does not exist, in units; twice this and a penalty still fit 16 bits.
FAR = 12_000


class Problem(NamedTuple):
    """What the kernels read and never change.

    Times in ``minutes`` and ``shortest`` are minutes; those of the matrices ``D`` are units, ``unit`` of them a minute.
    """

    n: int
    P: int  # padded row length
    n_routes: int
    min_nodes: int
    max_nodes: int
    penalty: int  # units
    far: int  # units: what no way counts, penalty included
    unit: float
    symmetric: bool
    classic: bool  # unserved trips count inf: everything must be connected
    all_terminals: bool
    max_minutes: float
    max_detour: float
    penalty_minutes: float
    total_demand: float
    root: int  # a node that must be served (or -1): all others must be connected to it
    minutes: npt.NDArray[np.float64]  # (n, n) link run times, inf where a route may not run
    shortest: npt.NDArray[np.float32]  # (n, n) shortest in-vehicle minutes, mean of both directions
    longest: npt.NDArray[np.float64]  # (n, n) most minutes that a route between two ends may take
    both: npt.NDArray[np.float32]  # (n, n) demand of both directions
    weight: npt.NDArray[np.float32]  # (n * P) demand; symmetric times: folded onto the upper triangle
    degree: npt.NDArray[np.int32]
    neighbour: npt.NDArray[np.int32]  # (n, largest degree)
    must: npt.NDArray[np.bool_]
    terminal: npt.NDArray[np.bool_]
    standing: npt.NDArray[np.int16]  # (n * P) best single ride by fixed routes, penalty included
    stood: npt.NDArray[np.int32]  # (n,) how many fixed routes serve a node
    fixed_trt: float  # minutes
    homeward: npt.NDArray[np.int32]  # next node on the fastest way to a terminal, itself at one, -1 where none


def pack(instance: Instance, fixed: RouteSet = ()) -> Problem:
    """Pack an instance whose rules can be kept (`limits.check` has been asked before), and routes that stay."""
    n = instance.n
    links = drivable(instance)
    minutes = np.where(links, instance.time, np.inf)
    least = drivable_shortest(instance)
    shortest = (least + least.T) / 2.0
    unit = _unit(instance, shortest)
    penalty = round(instance.transfer_penalty * unit)
    classic = bool(np.isinf(instance.unserved_minutes))
    far = FAR if classic else min(FAR, round(instance.unserved_minutes * unit) + penalty)
    symmetric = is_symmetric(instance)
    weight = aligned(n, padded(n), np.float32)
    weight[:, :n] = np.triu(instance.demand + instance.demand.T, 1) if symmetric else instance.demand
    degree = links.sum(axis=1).astype(np.int32)
    neighbour = np.full((n, max(1, int(degree.max()))), -1, dtype=np.int32)
    for node in range(n):
        neighbour[node, : degree[node]] = np.flatnonzero(links[node])
    must = served_nodes(instance)
    terminal = np.array(instance.terminal, dtype=bool)
    return Problem(
        n=n, P=padded(n), n_routes=instance.n_routes, min_nodes=instance.min_nodes, max_nodes=instance.max_nodes,
        penalty=penalty, far=far, unit=unit, symmetric=symmetric, classic=classic,
        all_terminals=bool(terminal.all()), max_minutes=float(instance.max_minutes) + 1e-9,
        max_detour=float(instance.max_detour),
        penalty_minutes=float(instance.transfer_penalty), total_demand=float(instance.demand.sum()),
        root=int(np.flatnonzero(must)[0]) if must.any() else -1, minutes=np.ascontiguousarray(minutes),
        shortest=shortest.astype(np.float32), longest=_longest(instance, least),
        both=(instance.demand + instance.demand.T).astype(np.float32),
        weight=weight.reshape(-1), degree=degree, neighbour=neighbour, must=must, terminal=terminal,
        standing=_standing(instance, fixed, unit, penalty, far),
        stood=np.bincount([v for route in fixed for v in set(route)], minlength=n).astype(np.int32),
        fixed_trt=total_route_time(instance, fixed), homeward=_homeward(minutes, terminal),
    )  # fmt: skip


def _longest(instance: Instance, least: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Most minutes that a route between two ends may take, by run time and by detour, shape (n, n)."""
    if np.isinf(instance.max_detour):
        return np.full(least.shape, float(instance.max_minutes) + 1e-9)
    return np.minimum(instance.max_minutes, instance.max_detour * least) + 1e-9


def _unit(instance: Instance, shortest: npt.NDArray[np.float64]) -> float:
    """Units per minute: one where all times are whole minutes, else as fine as 16 bits allow."""
    reach = float(shortest[np.isfinite(shortest)].max())
    # Slow ways count too: room for a fastest network way of four times the longest shortest path with ten transfers,
    # or for the cut where unserved trips stop counting. Rides stay below it because paths are simple.
    room = 4.0 * reach + 10.0 * instance.transfer_penalty
    if np.isfinite(instance.unserved_minutes):
        room = max(instance.unserved_minutes + instance.transfer_penalty, 2.0 * instance.transfer_penalty)
    times = instance.time[np.isfinite(instance.time)]
    whole = np.append(times, [instance.transfer_penalty])
    if np.isfinite(instance.unserved_minutes):
        whole = np.append(whole, instance.unserved_minutes)
    if room <= FAR and np.all(whole == np.rint(whole)):
        return 1.0
    unit = FAR / room
    return float(np.floor(unit)) if unit >= 1 else unit


def _standing(instance: Instance, fixed: RouteSet, unit: float, penalty: int, far: int) -> npt.NDArray[np.int16]:
    """Best single ride by routes that stay, penalty included, in units, ``far`` where there is none; (n * P)."""
    rides = aligned(instance.n, padded(instance.n), np.int16)
    rides[:] = far
    for route in fixed:
        for ends in (route, route[::-1]):
            minutes = np.concatenate([[0.0], np.cumsum([instance.time[a, b] for a, b in pairwise(ends)])])
            units = np.rint(minutes * unit)
            for k, start in enumerate(ends):
                for m in range(k + 1, len(ends)):
                    there = min(far, int(units[m] - units[k]) + penalty)
                    rides[start, ends[m]] = min(rides[start, ends[m]], there)
    np.fill_diagonal(rides[:, : instance.n], 0)
    return rides.reshape(-1)


def _homeward(minutes: npt.NDArray[np.float64], terminal: npt.NDArray[np.bool_]) -> npt.NDArray[np.int32]:
    rows, cols = np.nonzero(np.isfinite(minutes))
    graph = csr_matrix((np.maximum(minutes[rows, cols], 1e-12), (cols, rows)), shape=minutes.shape)
    home = np.full(len(terminal), -1, dtype=np.int32)
    ends = np.flatnonzero(terminal)
    if len(ends):
        # On the reversed graph the predecessor of a node on the way from the nearest terminal is its next node home.
        _, previous, _ = dijkstra(graph, indices=ends, min_only=True, return_predecessors=True)
        home[previous >= 0] = previous[previous >= 0]
        home[ends] = ends
    return home
