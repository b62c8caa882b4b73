"""Stop groups: facing stops and near clusters become one node of the search, with the street edges that serve them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
import shapely
from scipy.cluster.hierarchy import fcluster, linkage

from shaar.engine.design.candidates import stop_xy
from shaar.engine.design.city_streets import BusStreets

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]

#: A bus on an edge within so many metres of a stop of the group serves the group (a stop can stand on that edge).
PASS_METRES = 60.0
#: A stop farther than this from every edge of the core cannot be served.
STOP_METRES = 80.0


@dataclass(frozen=True, slots=True)
class Groups:
    """Stop groups of a city.

    Parameters
    ----------
    stop_group
        Group of each row of the stop table, -1 where no core street is near it, shape (s,).
    stop_edge, stop_at
        Directed edge that each stop serves (-1: none) and metres along it, shape (s,).
    xy
        Representative point (a member stop's place on its street), metres, shape (n, 2).
    radius
        Largest distance between two stops of one group that was allowed (m).
    edge_ptr, edge, edge_at
        Group g may be served on edges ``edge[edge_ptr[g]:edge_ptr[g+1]]``, ``edge_at`` metres along, shapes
        (n+1,), (k,), (k,).
    edge_owner
        Nearest group that may be served on an edge, -1 for none, shape (m,).
    """

    stop_group: I64
    stop_edge: I64
    stop_at: F64
    xy: F64
    radius: float
    edge_ptr: I64
    edge: I64
    edge_at: F64
    edge_owner: I64

    @property
    def n(self) -> int:
        """Number of groups."""
        return len(self.xy)

    def edges_of(self, group: int) -> tuple[I64, F64]:
        """Edges on which a group is served, and metres along them."""
        part = slice(self.edge_ptr[group], self.edge_ptr[group + 1])
        return self.edge[part], self.edge_at[part]


def stop_edges(stops: pl.DataFrame, streets: BusStreets, drive_side: str = "right") -> tuple[I64, F64]:
    """Return the directed edge each stop serves (-1: none) and the metres along it, shapes (s,).

    The side decides the direction; where that direction is not legal, or the side or link is unknown, the nearest
    edge within reach whose doors side the stop is on, else the nearest edge of all.
    """
    edge = np.full(len(stops), -1, np.int64)
    at = np.zeros(len(stops))
    if not len(stops):
        return edge, at
    xy = stop_xy(stops, streets)
    points = shapely.points(xy)
    where = {(int(k), bool(f)): e for e, (k, f) in enumerate(zip(streets.link, streets.forward, strict=True))}
    tree = shapely.STRtree(streets.lines)
    for s, (link, side) in enumerate(zip(stops["link_id"].to_list(), stops["side"].to_list(), strict=True)):
        if link is not None and side in ("right", "left"):
            edge[s] = where.get((int(link), side == drive_side), -1)
        if edge[s] < 0:
            near = tree.query(points[s], predicate="dwithin", distance=STOP_METRES)
            if not len(near):
                continue
            far = shapely.distance(streets.lines[near], points[s])
            wrong = np.array([_side(streets.lines[e], xy[s]) != drive_side for e in near])
            edge[s] = near[np.argmin(far + 20.0 * wrong)]
        at[s] = shapely.line_locate_point(streets.lines[edge[s]], points[s])
    return edge, at


def _side(line: object, point: F64) -> str:
    at = float(shapely.line_locate_point(line, shapely.Point(point)))
    total = float(shapely.length(line))
    a = shapely.get_coordinates(shapely.line_interpolate_point(line, max(at - 2.0, 0.0)))[0]
    b = shapely.get_coordinates(shapely.line_interpolate_point(line, min(at + 2.0, total)))[0]
    cross = (b[0] - a[0]) * (point[1] - a[1]) - (b[1] - a[1]) * (point[0] - a[0])
    return "left" if cross > 0 else "right"


def stop_groups(
    stops: pl.DataFrame,
    streets: BusStreets,
    *,
    target: int = 220,
    least_radius: float = 150.0,
    drive_side: str = "right",
) -> Groups:
    """Cluster stops (complete linkage) so that about ``target`` groups remain.

    The largest distance within a group is ``least_radius`` where that already gives few enough groups, and grows with
    the city otherwise: a bigger city is searched on a coarser net, its lines still stop at every stop on their way.
    """
    edge, at = stop_edges(stops, streets, drive_side)
    usable = np.flatnonzero(edge >= 0)
    xy = stop_xy(stops, streets)
    label = np.full(len(stops), -1, np.int64)
    radius = least_radius
    if len(usable) == 1:
        label[usable] = 0
    elif len(usable):
        tree = linkage(xy[usable], method="complete")
        heights = np.sort(tree[:, 2])
        merges = len(usable) - target
        radius = max(least_radius, float(heights[merges - 1]) if 0 < merges <= len(heights) else 0.0)
        label[usable] = fcluster(tree, radius + 1e-9, criterion="distance") - 1
    n = int(label.max()) + 1 if len(label) else 0
    return _describe(label, edge, at, xy, radius, n, streets)


def keep_groups(groups: Groups, keep: npt.NDArray[np.bool_], stops: pl.DataFrame, streets: BusStreets) -> Groups:
    """Return only the groups marked in ``keep``, shape (n,); the stops of the others belong to no group."""
    new = np.where(keep, np.cumsum(keep) - 1, -1)
    label = np.where(groups.stop_group >= 0, new[groups.stop_group], -1)
    xy = stop_xy(stops, streets)
    return _describe(label, groups.stop_edge, groups.stop_at, xy, groups.radius, int(keep.sum()), streets)


def _describe(label: I64, stop_edge: I64, stop_at: F64, xy: F64, radius: float, n: int, streets: BusStreets) -> Groups:
    tree = shapely.STRtree(streets.lines)
    points = np.empty((n, 2))
    ptr, edges, offsets = [0], [], []
    owner = np.full(streets.m, -1, np.int64)
    owner_distance = np.full(streets.m, np.inf)
    minor = np.array([h in ("service", "living_street", "track") for h in streets.highway], dtype=bool)
    for g in range(n):
        members = np.flatnonzero(label == g)
        centre = xy[members].mean(axis=0)
        middle = members[np.argmin(np.hypot(*(xy[members] - centre).T))]
        points[g] = shapely.get_coordinates(
            shapely.line_interpolate_point(streets.lines[stop_edge[middle]], stop_at[middle])
        )[0]
        found: dict[int, tuple[float, float]] = {}
        for s in members:
            found[int(stop_edge[s])] = (0.0, float(stop_at[s]))
        for s in members:
            point = shapely.Point(xy[s])
            near = tree.query(point, predicate="dwithin", distance=PASS_METRES)
            for e, far in zip(near, shapely.distance(streets.lines[near], point), strict=True):
                if not minor[e] and far < found.get(int(e), (np.inf, 0.0))[0]:
                    found[int(e)] = (float(far), float(shapely.line_locate_point(streets.lines[e], point)))
        for e, (far, offset) in sorted(found.items()):
            edges.append(e)
            offsets.append(offset)
            if far < owner_distance[e]:
                owner[e], owner_distance[e] = g, far
        ptr.append(len(edges))
    return Groups(
        stop_group=label, stop_edge=stop_edge, stop_at=stop_at, xy=points, radius=radius,
        edge_ptr=np.array(ptr, np.int64), edge=np.array(edges, np.int64), edge_at=np.array(offsets, np.float64),
        edge_owner=owner,
    )  # fmt: skip
