"""The streets a bus may use, as directed edges with run times, legal turns and the largest connected core."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import Transformer
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from shaar.engine.city import geoparquet
from shaar.engine.city.model import City
from shaar.engine.errors import InputError
from shaar.engine.routing.graph import StreetGraph, street_graph
from shaar.engine.routing.speeds import car_kmh

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]

#: A city bus is not driven faster than this, whatever the limit (km/h, assumed).
BUS_TOP_KMH = 50.0


@dataclass(frozen=True, slots=True)
class RunTimes:
    """What run times assume (all assumed unless a city measured them; change them by name).

    Parameters
    ----------
    peak
        Peak run time over the ordinary one of :func:`shaar.engine.routing.speeds.car_kmh`, which includes signals.
    dwell_minutes
        Time lost at a stop: doors, braking and pulling out.
    left_minutes, right_minutes
        Time lost by turning across or with the side of the road that is driven on.
    drive_side
        "right" or "left".
    """

    peak: float = 1.15
    dwell_minutes: float = 0.4
    left_minutes: float = 0.25
    right_minutes: float = 0.1
    drive_side: str = "right"


@dataclass(frozen=True, slots=True)
class BusStreets:
    """Directed bus edges of the largest strongly connected part of the network.

    Parameters
    ----------
    link, forward, tail, head
        Street link and the direction it is driven in, and its nodes, shape (m,).
    metres, minutes
        Length and peak run time without stops, shape (m,).
    ptr, succ, turn
        After edge e a bus may go on to ``succ[ptr[e]:ptr[e+1]]`` with turning cost ``turn`` (minutes).
    lines
        Directed geometry in the city's metric CRS, shape (m,) of shapely LineStrings.
    highway, walkable
        OSM class and whether people may walk there, shape (m,).
    opposite
        The same link driven the other way, -1 where that is not legal, shape (m,).
    outside
        How many legal directed edges are not in the core.
    to_metric, to_lonlat
        Coordinate transformers (lon, lat) <-> metres.
    """

    link: I64
    forward: Bool
    tail: I64
    head: I64
    metres: F64
    minutes: F64
    ptr: I64
    succ: I64
    turn: F64
    lines: npt.NDArray[np.object_]
    highway: npt.NDArray[np.object_]
    walkable: Bool
    opposite: I64
    outside: int
    to_metric: Transformer
    to_lonlat: Transformer

    @property
    def m(self) -> int:
        """Number of directed edges."""
        return len(self.link)


def bus_streets(city: City, times: RunTimes | None = None) -> BusStreets:
    """Make the directed bus network of a city.

    Turning back on the same link is legal only where nothing else follows (a dead end). The core is the largest set of
    edges that all reach each other over legal turns, so that every line can run both ways.

    Raises
    ------
    InputError
        The city has no street a bus may use.
    """
    times = times or RunTimes()
    links = city.links
    to_metric = Transformer.from_crs("OGC:CRS84", city.meta.crs, always_xy=True)
    to_lonlat = Transformer.from_crs(city.meta.crs, "OGC:CRS84", always_xy=True)
    graph = street_graph(city.nodes, links, mode="bus", cost="metres", turns=city.turns)
    if not graph.n_arcs:
        raise InputError("no street in this city may be used by a bus, so no line can be designed", file=city.path)
    row, forward = graph.link.astype(np.int64), graph.forward
    shapes = shapely.transform(geoparquet.geometries(links)[row], _projector(to_metric))
    shapes[~forward] = shapely.reverse(shapes[~forward])
    kmh = np.minimum(car_kmh(links)[row], BUS_TOP_KMH)
    ptr, succ, turn = _turns(graph, shapes, times)
    core = _largest_core(ptr, succ)
    keep = np.flatnonzero(core)
    new_id = np.append(np.where(core, np.cumsum(core) - 1, -1), -1)
    ptr, succ, turn = _restrict(ptr, succ, turn, core)
    return BusStreets(
        link=row[keep], forward=forward[keep], tail=graph.tail[keep].astype(np.int64),
        head=graph.head[keep].astype(np.int64), metres=graph.cost[keep],
        minutes=graph.cost[keep] / (kmh[keep] * 1000.0 / 60.0) * times.peak, ptr=ptr, succ=succ, turn=turn,
        lines=shapes[keep], highway=links["highway"].fill_null("").to_numpy()[row[keep]].astype(object),
        walkable=links["walk"].fill_null(False).to_numpy()[row[keep]], opposite=new_id[graph.reverse[keep]],
        outside=int(graph.n_arcs - len(keep)), to_metric=to_metric, to_lonlat=to_lonlat,
    )  # fmt: skip


def _projector(transformer: Transformer):  # type: ignore[no-untyped-def]
    def project(xy: F64) -> F64:
        x, y = transformer.transform(xy[:, 0], xy[:, 1])
        return np.column_stack([x, y])

    return project


def project(geometry: object, transformer: Transformer) -> object:
    """Return a shapely geometry with every coordinate passed through the transformer."""
    return shapely.transform(geometry, _projector(transformer))


def _headings(shapes: npt.NDArray[np.object_]) -> tuple[F64, F64]:
    first = shapely.get_coordinates(shapely.get_point(shapes, 0))
    second = shapely.get_coordinates(shapely.get_point(shapes, 1))
    last = shapely.get_coordinates(shapely.get_point(shapes, -1))
    before = shapely.get_coordinates(shapely.get_point(shapes, -2))
    start, end = second - first, last - before
    return np.arctan2(start[:, 1], start[:, 0]), np.arctan2(end[:, 1], end[:, 0])


def _turns(graph: StreetGraph, shapes: npt.NDArray[np.object_], times: RunTimes) -> tuple[I64, I64, F64]:
    m = graph.n_arcs
    lo, hi = graph.ptr[graph.head].astype(np.int64), graph.ptr[graph.head + 1].astype(np.int64)
    count = hi - lo
    before = np.repeat(np.arange(m), count)
    after = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + np.repeat(lo, count)
    # Turning round is legal only where there is no other way on.
    allowed = (graph.reverse[before] != after) | (count[before] == 1)
    banned = np.repeat(np.arange(m, dtype=np.int64), np.diff(graph.ban_ptr)) * m + graph.ban_arc
    allowed &= ~np.isin(before * m + after, banned)
    before, after = before[allowed], after[allowed]
    start, end = _headings(shapes)
    angle = np.angle(np.exp(1j * (start[after] - end[before])))
    left, right = angle > np.pi / 4, angle < -np.pi / 4
    if times.drive_side == "left":
        left, right = right, left
    turn = left * times.left_minutes + right * times.right_minutes + (np.abs(angle) > 0.9 * np.pi) * 1.0
    ptr = np.concatenate([[0], np.cumsum(np.bincount(before, minlength=m))]).astype(np.int64)
    return ptr, after.astype(np.int64), turn


def _largest_core(ptr: I64, succ: I64) -> Bool:
    m = len(ptr) - 1
    graph = csr_matrix((np.ones(len(succ), np.int8), succ, ptr), shape=(m, m))
    _, part = connected_components(graph, directed=True, connection="strong")
    return part == np.bincount(part).argmax()


def _restrict(ptr: I64, succ: I64, turn: F64, core: Bool) -> tuple[I64, I64, F64]:
    new_id = np.cumsum(core) - 1
    before = np.repeat(np.arange(len(ptr) - 1), np.diff(ptr))
    keep = core[before] & core[succ]
    count = np.bincount(new_id[before[keep]], minlength=int(core.sum()))
    return np.concatenate([[0], np.cumsum(count)]).astype(np.int64), new_id[succ[keep]], turn[keep]
