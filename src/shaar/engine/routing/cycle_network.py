"""The cycling network: legal arcs with seconds by slope, waits at crossings and level of traffic stress."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numba
import numpy as np
import numpy.typing as npt
import polars as pl
import shapely

from shaar.engine.city import geoparquet
from shaar.engine.city.projection import project, project_shapes
from shaar.engine.routing import cycle_kernels as kernels
from shaar.engine.routing.cycle_crossing import RANK, Crossings, arrival, crossings
from shaar.engine.routing.cycle_speed import cycling_kmh
from shaar.engine.routing.graph import street_graph

F64 = npt.NDArray[np.float64]
I32 = npt.NDArray[np.int32]
I8 = npt.NDArray[np.int8]
#: Highest level that most adults ride at (Mekuria, Furth and Nixon 2012).
LOW_STRESS = 2


@dataclass(frozen=True, slots=True)
class CycleNet:
    """A directed network for bicycles; arcs ``ptr[v]:ptr[v+1]`` leave node ``v``.

    Parameters
    ----------
    ptr, tail, head
        Shapes (n + 1,), (m,), (m,).
    link
        Shape (m,): link_id, -1 for arcs of new links.
    metres, ride, wait
        Shape (m,): length, seconds of riding, mean seconds of waiting at the node where the arc ends.
    built
        Shape (m,): seconds of riding once a track or path is there; differs from ``ride`` where one pushes today.
    push
        Shape (m,): whether one gets off and pushes: on footways, and against the traffic of quiet one-way streets.
    stress, cross
        Shape (m,): level 1 to 4 of the link, and of the crossing where the arc ends.
    x, y
        Shape (n,), metres.
    component
        Shape (n,): strongly connected component; 0 is the largest.
    """

    ptr: I32
    tail: I32
    head: I32
    link: I32
    metres: F64
    ride: F64
    wait: F64
    built: F64
    push: npt.NDArray[np.bool_]
    stress: I8
    cross: I8
    x: F64
    y: F64
    component: I32

    @property
    def n_nodes(self) -> int:
        """Number of nodes."""
        return len(self.ptr) - 1

    def seconds(self) -> F64:
        """Riding and waiting, shape (m,)."""
        return self.ride + self.wait

    def low_stress(self) -> npt.NDArray[np.bool_]:
        """Whether an arc can be ridden at low stress, crossing included, shape (m,)."""
        return np.maximum(self.stress, self.cross) <= LOW_STRESS

    def perceived(self, p: Mapping[str, float]) -> F64:
        """Seconds as they feel: riding times the factor of its stress, waiting, and a penalty for bad crossings."""
        factor = np.array([0.0] + [p[f"stress_factor.{k}"] for k in (1, 2, 3, 4)])
        penalty = np.array([0.0, 0.0, 0.0, p["cross_penalty.3"], p["cross_penalty.4"]])
        return self.ride * factor[self.stress] + self.wait + penalty[self.cross]


def cycle_net(
    nodes: pl.DataFrame,
    links: pl.DataFrame,
    p: Mapping[str, float],
    *,
    crs: str,
    electric: bool = False,
    at: Crossings | None = None,
) -> CycleNet:
    """Make the network of a city for bicycles.

    Parameters
    ----------
    nodes, links
        Tables of the city folder; slope null counts as level, stress null as 4.
    p
        ``data/parameters/walking_cycling.csv``.
    crs
        Metric CRS of the city.
    electric
        Riders have electric bicycles.
    at
        Crossings, where they are known already.
    """
    rank = links["highway"].str.strip_suffix("_link").replace_strict(RANK, default=-1, return_dtype=pl.Int8).to_numpy()
    g = street_graph(nodes, with_pushing(links), mode="cycle", cost="metres")
    at = crossings(nodes, links, p, crs=crs) if at is None else at
    legal = [links[f"cycle_{way}"].fill_null(False).to_numpy() for way in ("forward", "backward")]
    push = ~np.where(g.forward, legal[0][g.link], legal[1][g.link])
    slope = np.nan_to_num(links["slope"].cast(pl.Float64).fill_null(0.0).to_numpy(), nan=0.0)[g.link]
    speed = cycling_kmh(np.where(g.forward, slope, -slope), p, electric=electric)
    wait, cross = arrival(at, g.head, rank[g.link])
    cross = np.where(push & at.marked[g.head], 1, cross).astype(np.int8)
    x, y = project(g.lon, g.lat, crs)
    metres = np.maximum(g.cost, 0.1)
    stress = links["cycle_stress"].fill_null(4).to_numpy().astype(np.int8)[g.link]
    built = metres * 3.6 / speed
    ride = np.where(push, metres * 3.6 / p["push_kmh"], built)
    return CycleNet(
        g.ptr, g.tail, g.head, g.link, metres, ride, wait, built, push, np.where(push, 1, stress).astype(np.int8),
        cross, x, y, g.component,
    )  # fmt: skip


def with_pushing(links: pl.DataFrame) -> pl.DataFrame:
    """Open for bicycles what one may push them along: car-free ways for walking, and quiet one-way streets backwards.

    Stairs stay closed.
    """
    quiet = pl.col("highway").is_in(["residential", "living_street", "service"]) & (
        pl.col("cycle_stress") <= LOW_STRESS
    )
    cars = pl.col("car_forward") | pl.col("car_backward")
    may = pl.col("walk") & (pl.col("highway") != "steps") & (~cars | quiet)
    return links.with_columns(
        cycle_forward=pl.col("cycle_forward") | may, cycle_backward=pl.col("cycle_backward") | may
    )


def rows(net: CycleNet, source: npt.ArrayLike, cost: F64, limit: float) -> F64:
    """Least costs from nodes to all nodes, float64[p, n]; inf beyond the limit."""
    s = np.asarray(source, np.int32)
    return kernels.full_rows(s, limit, net.ptr, net.head, cost, numba.get_num_threads())


def with_new_links(net: CycleNet, pairs: npt.ArrayLike, metres: npt.ArrayLike, ride: npt.ArrayLike) -> CycleNet:
    """Add calm arcs both ways between node pairs; their ``link`` is -1 - the pair's number.

    Parameters
    ----------
    pairs
        Node pairs, shape (k, 2).
    metres, ride
        Shape (k,): length, and seconds of riding either way.
    """
    uv = np.asarray(pairs, np.int32).reshape(-1, 2)
    k = len(uv)
    if not k:
        return net
    ids = -1 - np.arange(k, dtype=np.int32)
    added = {
        "tail": np.concatenate([uv[:, 0], uv[:, 1]]),
        "head": np.concatenate([uv[:, 1], uv[:, 0]]),
        "link": np.concatenate([ids, ids]),
        "metres": np.tile(np.asarray(metres, np.float64), 2),
        "ride": np.tile(np.asarray(ride, np.float64), 2),
        "wait": np.zeros(2 * k),
        "built": np.tile(np.asarray(ride, np.float64), 2),
        "push": np.zeros(2 * k, bool),
        "stress": np.ones(2 * k, np.int8),
        "cross": np.ones(2 * k, np.int8),
    }
    joined = {n: np.concatenate([getattr(net, n), v]) for n, v in added.items()}
    order = np.argsort(joined["tail"], kind="stable")
    joined = {n: v[order] for n, v in joined.items()}
    ptr = np.searchsorted(joined["tail"], np.arange(net.n_nodes + 1)).astype(np.int32)
    return replace(net, ptr=ptr, **joined)


@dataclass(frozen=True, slots=True)
class Points:
    """Where trips begin and end: nodes of the network that stand for parts of zones.

    Parameters
    ----------
    node, zone
        Shape (p,): node, row of the zone table.
    share
        Shape (p,): share of the zone that the point stands for.
    """

    node: I32
    zone: I32
    share: F64

    def at_nodes(self, n_nodes: int) -> tuple[npt.NDArray[np.int64], I32]:
        """Points at each node as compressed rows."""
        order = np.argsort(self.node, kind="stable").astype(np.int32)
        return np.searchsorted(self.node[order], np.arange(n_nodes + 1)).astype(np.int64), order

    def spread(self, values: npt.ArrayLike) -> F64:
        """Values by zone, shape (z,), shared out over the points, shape (p,)."""
        return np.asarray(values, np.float64)[self.zone] * self.share

    def spread_matrix(self, trips: npt.ArrayLike) -> F64:
        """Trips between zones, shape (z, z), shared out over pairs of points, shape (p, p)."""
        m = np.asarray(trips, np.float64)[np.ix_(self.zone, self.zone)]
        return m * self.share[:, None] * self.share[None, :]


def zone_points(net: CycleNet, zones: pl.DataFrame, *, crs: str, each: int = 1, reach: float = 1500.0) -> Points:
    """Choose nodes that stand for zones.

    Nodes of the largest component from which calm streets lead away, inside the zone's outline, are taken at even
    steps along a space-filling order (Morton), so that the choice is spread and always the same; one node only is the
    nearest to where the zone's people are. A zone without such nodes takes the nearest one within ``reach`` metres, and
    has no point where there is none.
    """
    calm = np.zeros(net.n_nodes, bool)
    calm[net.tail[net.low_stress() & ~net.push]] = True
    usable = np.flatnonzero(calm & (net.component == 0))
    if not len(usable):
        usable = np.flatnonzero((net.component == 0) & (np.diff(net.ptr) > 0))
    if not len(usable) or not zones.height:
        return Points(np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0))
    shapes = geoparquet.geometries(zones)
    metric = project_shapes(shapes, crs)
    px, py = net.x[usable], net.y[usable]
    zx, zy = project(zones["lon"].to_numpy(), zones["lat"].to_numpy(), crs)
    inside_zone, inside_node = shapely.STRtree(shapely.points(px, py)).query(metric, predicate="intersects")
    code = _morton(px, py)
    node, zone, share = [], [], []
    for z in range(zones.height):
        mine = inside_node[inside_zone == z]
        if not len(mine) or each == 1:
            pool = mine if len(mine) else np.arange(len(usable))
            far = np.hypot(px[pool] - zx[z], py[pool] - zy[z])
            best = int(np.argmin(far))
            if len(mine) or far[best] <= reach:
                node.append(int(usable[pool[best]]))
                zone.append(z)
                share.append(1.0)
            continue
        order = mine[np.lexsort((mine, code[mine]))]
        chosen = np.unique(order[((np.arange(each) + 0.5) / each * len(order)).astype(int)])
        node += usable[chosen].tolist()
        zone += [z] * len(chosen)
        share += [1.0 / len(chosen)] * len(chosen)
    return Points(np.array(node, np.int32), np.array(zone, np.int32), np.array(share, np.float64))


def _morton(x: F64, y: F64) -> npt.NDArray[np.int64]:
    out = np.zeros(len(x), np.int64)
    for values, shift in ((x, 0), (y, 1)):
        v = ((values - values.min()) / 10.0).astype(np.int64)
        for bit in range(16):
            out |= ((v >> bit) & 1) << (2 * bit + shift)
    return out
