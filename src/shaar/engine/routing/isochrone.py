"""How far one gets from a point in a given time: every street node reached, at one departure or over a window."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shaar.engine.progress import Progress, silent
from shaar.engine.routing import journey_kernels as kernels
from shaar.engine.routing.journey_network import Network
from shaar.engine.routing.mobility import level_points
from shaar.engine.routing.snap import Snapped
from shaar.engine.routing.walk import WalkLinks, walk_links

F64 = npt.NDArray[np.float64]
I32 = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Reach:
    """A network with the walks from every stop to every street node around it; made once, asked often.

    Parameters
    ----------
    net
        The network.
    nodes
        Street nodes as points on a link each (unattached where nobody walks).
    from_stops
        Walks stop -> node, within the profile's longest walk.
    """

    net: Network
    nodes: Snapped
    from_stops: WalkLinks


@dataclass(frozen=True, slots=True)
class NodeTimes:
    """Minutes to street nodes.

    Parameters
    ----------
    seconds
        int32[p, n]: seconds from the departure to each node, ``kernels.INF`` where not reached: one row for a single
        departure, a row per percentile for a window.
    percentiles
        The p percentiles, empty for a single departure.
    stops
        int32[p, s]: the same to each stop by vehicle, for the streets between the ends of a stop's own link.
    origin
        The point on its link.
    """

    seconds: I32
    stops: I32
    percentiles: tuple[float, ...]
    origin: Snapped


def reach(net: Network, *, progress: Progress = silent) -> Reach:
    """Find the walks from every stop to the street nodes around it."""
    nodes = node_points(net)
    stops = level_points(net.stops, net.graph)
    who = net.who
    return Reach(
        net,
        nodes,
        walk_links(
            net.graph, stops, level_points(nodes, net.graph), limit=who.max_walk_m, kmh=who.kmh, progress=progress,
            stage="walks from stops",
        ),
    )  # fmt: skip


def node_points(net: Network) -> Snapped:
    """Street nodes as points at an end of a link that they touch."""
    n = net.graph.n_nodes
    arc = np.minimum(net.graph.ptr[:-1], max(net.graph.n_arcs - 1, 0))
    has = np.diff(net.graph.ptr) > 0
    link = np.where(has, net.graph.link[arc], -1).astype(np.int32)
    length = net.city.links["length"].to_numpy().astype(np.float64)[np.maximum(link, 0)]
    along = np.where(net.graph.forward[arc], 0.0, length)
    return Snapped(link, along, length, np.where(has, 0.0, np.inf) * np.ones(n))


def node_times(
    around: Reach,
    at: Snapped,
    *,
    departure: int | None = None,
    window: tuple[int, int] | None = None,
    step_s: int = 60,
    percentiles: tuple[float, ...] = (50,),
    max_minutes: float = 60.0,
    max_rides: int = 4,
) -> NodeTimes:
    """Seconds from one point to every street node: walking all the way, or by vehicle and then on foot.

    The walk from a stop keeps to the profile's longest walk; walking all the way has no limit but the time. A node's
    time is exactly what :func:`shaar.engine.routing.raptor.travel_times` gives to a zone at that node, if its walk
    table is as wide.

    Parameters
    ----------
    at
        One point on a link (``Points.at`` of one point).
    departure, window, step_s
        One departure, or one every ``step_s`` seconds in [from, to).
    percentiles
        Of the times over the window, nearest rank; what is not reached counts as longest.

    Raises
    ------
    ValueError
        Neither or both of departure and window are given.
    """
    if (departure is None) == (window is None):
        raise ValueError("give either a departure or a window")
    net = around.net
    who, tables = net.who, net.tables
    here = level_points(at, net.graph)
    max_s = int(max_minutes * 60)
    far = max_minutes / 60 * who.kmh * 1000
    access = walk_links(net.graph, here, level_points(net.stops, net.graph), limit=who.max_walk_m, kmh=who.kmh)
    foot = walk_links(net.graph, here, level_points(around.nodes, net.graph), limit=far, kmh=who.kmh)
    on_foot = foot.rows_dense_seconds(0, 1, int(kernels.INF))[0]
    times = [departure] if departure is not None else list(range(window[0], window[1], step_s))[::-1]  # type: ignore[index]
    arrivals = kernels.stop_arrivals(
        np.array(times, np.int32), max_rides, max_s, access.to, access.seconds, tables.stop_ptr, tables.stops,
        tables.n_trips, tables.time_ptr, tables.dep, tables.arr, tables.serve_ptr[0], tables.serve_p, tables.serve_i,
        net.transfers.ptr, net.transfers.to, net.transfers.seconds, net.day.n_stops,
    )  # fmt: skip
    walks = around.from_stops
    found = kernels.spread(arrivals, walks.ptr, walks.to, walks.seconds, on_foot, max_s)
    if departure is not None:
        return NodeTimes(found, arrivals, (), at)
    ranks = np.maximum(np.ceil(np.asarray(percentiles, float) / 100 * len(times)) - 1, 0).astype(np.int64)
    return NodeTimes(np.sort(found, axis=0)[ranks], np.sort(arrivals, axis=0)[ranks], tuple(percentiles), at)
