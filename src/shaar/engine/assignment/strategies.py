"""Optimal strategies (Spiess & Florian 1989): how people use lines of which they know the frequencies alone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

from shaar.engine.assignment import kernels
from shaar.engine.assignment.graph import TransitGraph
from shaar.engine.errors import InputError

F64 = npt.NDArray[np.float64]

#: Destinations are served in so many parts, whose sums are added up in one order: the result does not depend on the
#: number of threads.
PARTS = 16
#: Below so many links times destinations threads cost more than they save.
SMALL = 2_000_000


@dataclass(frozen=True, slots=True)
class Loading:
    """What people do.

    Parameters
    ----------
    minutes
        Expected minutes between zones, the better of lines and the direct way; inf where neither leads, shape (o, d).
    links
        Trips on each link, shape (m,).
    waiting
        Person-minutes of waiting at each node, shape (n,).
    slope
        Change of all person-minutes per vehicle a minute more on each boarding link, shape (m,); never positive.
    """

    minutes: F64
    links: F64
    waiting: F64
    slope: F64


def assign_strategies(
    graph: TransitGraph,
    trips: F64,
    *,
    direct: F64 | None = None,
    wait: float = 1.0,
    threads: int | None = None,
) -> Loading:
    """Send every trip along its optimal strategy.

    A strategy says at each stop which lines to take, whichever comes first. With lines A taken, waiting takes
    ``wait / sum f`` and line a is the first with probability ``f_a / sum f``; the labels are the least expected
    minutes and exact up to rounding (Spiess & Florian 1989, Transportation Research Part B 23(2), 83-102).

    Parameters
    ----------
    trips
        From every zone to every zone, shape (o, d).
    direct
        Minutes without lines, such as on foot; whoever is not slower that way is not on any link, shape (o, d).
    wait
        Expected wait times frequency: 1 for vehicles that come at random, 1/2 for an even service and one line.
    threads
        Default: those of numba. The result does not depend on it.

    Raises
    ------
    InputError
        A matrix of the wrong shape, or trips that are negative or undefined.
    """
    o, d = len(graph.origins), len(graph.destinations)
    if trips.shape != (o, d):
        raise InputError(f"trips have the shape {trips.shape}, the graph has {o} origins, {d} destinations", field="od")
    if not (np.isfinite(trips) & (trips >= 0)).all():
        raise InputError("trips have to be finite and not negative", field="od")
    if direct is not None and (direct.shape != (o, d) or np.isnan(direct).any()):
        raise InputError("direct minutes have another shape than trips, or are undefined", field="direct")
    if not wait > 0:
        raise InputError("the wait over headway has to be positive", field="wait")
    by_dest = np.ascontiguousarray(trips.T, float)
    walk = np.full((d, o), np.inf) if direct is None else np.ascontiguousarray(direct.T, float)
    in_link = np.argsort(graph.head, kind="stable")
    in_ptr = np.searchsorted(graph.head[in_link], np.arange(graph.n + 1))
    board = np.flatnonzero(np.isfinite(graph.freq) & (graph.freq > 0))
    out_link = board[np.argsort(graph.tail[board], kind="stable")]
    out_ptr = np.searchsorted(graph.tail[out_link], np.arange(graph.n + 1))
    waits = np.diff(out_ptr) > 0
    minutes = np.empty((d, o))
    links, slope = np.zeros((PARTS, len(graph.tail))), np.zeros((PARTS, len(graph.tail)))
    waiting = np.zeros((PARTS, graph.n))

    def part(p: int) -> None:
        kernels.block(
            p, PARTS, graph.destinations, graph.origins, by_dest, walk, in_ptr, in_link, out_ptr, out_link, graph.tail,
            graph.head, graph.cost, graph.freq, waits, wait, minutes, links[p], waiting[p], slope[p],
        )  # fmt: skip

    used = threads or numba.get_num_threads()
    if used == 1 or d * len(graph.tail) < SMALL:
        for p in range(PARTS):
            part(p)
    else:
        with ThreadPoolExecutor(max_workers=used) as pool:
            list(pool.map(part, range(PARTS)))
    return Loading(np.ascontiguousarray(minutes.T), links.sum(axis=0), waiting.sum(axis=0), slope.sum(axis=0))
