"""Travel-time matrices from the event graph: labels of 64 origins travel together, for all departures at once."""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

from shaar.engine.progress import Progress, silent
from shaar.engine.routing import event_kernels as kernels
from shaar.engine.routing.event_lanes import LANES, aligned
from shaar.engine.routing.events import (
    I32,
    I64,
    Events,
    Laid,
    Layers,
    events_of,
    transfer_edges,
    zone_arrivals,
)
from shaar.engine.routing.walk import WalkLinks

F32 = npt.NDArray[np.float32]
U8 = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a timetable: departures, limits and percentiles.

    Parameters
    ----------
    layers
        Spans of departures (:class:`shaar.engine.routing.events.Layers`).
    max_rides, max_s
        Most vehicles boarded; longest journey counted, seconds.
    percentiles
        Of the travel times over all departures and draws, nearest rank.
    """

    layers: Layers
    max_rides: int
    max_s: int
    percentiles: tuple[float, ...]

    def ranks(self) -> tuple[npt.NDArray[np.int16], I64]:
        """Rank (from 0) of each percentile, rising, and which percentile each is."""
        n = int(self.layers.n_dep.sum())
        ranks = np.maximum(np.ceil(np.asarray(self.percentiles, float) / 100 * n) - 1, 0).astype(np.int64)
        order = np.argsort(ranks, kind="stable")
        return ranks[order].astype(np.int16), order


@dataclass(frozen=True, slots=True)
class Matrices:
    """float32[p, z, z] minutes, float32[z, z] mean rides, float32[z, z] share on foot; see ``TravelTimes``."""

    minutes: F32
    rides: F32
    walked: F32

    @staticmethod
    def empty(n_percentiles: int, n_zones: int) -> Matrices:
        """Room that is not filled yet."""
        shape = (n_zones, n_zones)
        return Matrices(np.empty((n_percentiles, *shape), np.float32), *(np.empty(shape, np.float32) for _ in "rw"))

    def copy(self) -> Matrices:
        """Another one with the same numbers."""
        return Matrices(self.minutes.copy(), self.rides.copy(), self.walked.copy())


@dataclass(frozen=True, slots=True)
class Graph:
    """Events with their edges, and the arrivals at every zone.

    Parameters
    ----------
    events
        Rows of the graph.
    boarding
        Positions at which patterns are boarded, by layer and stop (:meth:`Events.serving`).
    in_ptr, in_src
        Rows whose arrivals feed each row.
    zone_ptr, zone_row, zone_at
        Arrivals at each zone by layer (``kernels.arrivals``).
    """

    events: Events
    boarding: tuple[I64, I32, I32]
    in_ptr: I64
    in_src: I32
    zone_ptr: I64
    zone_row: I32
    zone_at: I32


def graph_of(parts: list[Laid], n_stops: int, transfers: WalkLinks, near: WalkLinks, layers: Layers) -> Graph:
    """Make the graph of laid-out patterns; ``near`` are walks zone -> stop timed as egress."""
    events = events_of(parts)
    every = np.arange(len(events.n_trips))
    n_layers = len(layers.t0)
    boarding = events.serving(every, n_stops, n_layers, boarding=True)
    alighting = events.serving(every, n_stops, n_layers, boarding=False)
    src, dst = transfer_edges(events, layers, every, boarding, transfers)
    in_ptr, in_src = kernels.by_row(dst, src, events.n_rows)
    arrivals = zone_arrivals(events, layers, np.arange(near.n), alighting, near)
    return Graph(events, boarding, in_ptr, in_src, *arrivals)


def slots(n_rows: int, question: Question, n: int) -> U8:
    """Room for the labels of ``n`` blocks of origins, uint8[n, rides * rows * 64]."""
    return aligned(n, max(question.max_rides, 1) * max(n_rows, 1) * LANES)


def fill(
    graph: Graph,
    question: Question,
    access: WalkLinks,
    walk: WalkLinks,
    *,
    labels: U8 | None = None,
    progress: Progress = silent,
) -> Matrices:
    """Work out all cells; the labels of every block stay in ``labels`` when it is given."""
    n_z = access.n
    out = Matrices.empty(len(question.percentiles), n_z)
    threads = numba.get_num_threads()
    room = slots(graph.events.n_rows, question, threads) if labels is None else labels
    ranks, rank_of = question.ranks()
    e, q = graph.events, question.layers
    chunk = 4 * threads * LANES
    progress("travel times", 0, n_z)
    for lo in range(0, n_z, chunk):
        hi = min(lo + chunk, n_z)
        kernels.matrix(
            lo, hi, access.ptr, access.to, access.seconds, q.t0, q.n_dep, q.step, question.max_rides, question.max_s,
            e.stop_ptr, e.n_trips, e.time_ptr, e.dep, e.row_ptr, *graph.boarding, graph.in_ptr, graph.in_src,
            graph.zone_ptr, graph.zone_row, graph.zone_at, walk.ptr, walk.to, walk.seconds, n_z, ranks, rank_of,
            room if labels is None else room[lo // LANES :], labels is not None,
            room.shape[1] // max(question.max_rides, 1), out.minutes, out.rides, out.walked, threads,
        )  # fmt: skip
        progress("travel times", hi, n_z)
    return out
