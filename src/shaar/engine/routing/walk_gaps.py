"""Walking around stops and schools: crossings that are missing, and short footways that would bring people nearer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.spatial import cKDTree

from shaar.engine.city.projection import project
from shaar.engine.routing import cycle_kernels as kernels
from shaar.engine.routing.cycle_crossing import RANK, Crossings, crossings
from shaar.engine.routing.graph import StreetGraph, street_graph

F64 = npt.NDArray[np.float64]
I32 = npt.NDArray[np.int32]
#: A crossing further along the street than this from a stop or school is no help to those who come there, m.
CROSSING_REACH = 120.0
#: A node belongs to a place within this distance, m.
PLACE_REACH = 60.0


@dataclass(frozen=True, slots=True)
class MissingCrossing:
    """A street that people have to cross beside a place without lights or marks: its node and the mean wait there."""

    node: int
    place: int
    metres: float
    delay: float
    lanes: float
    speed: float


@dataclass(frozen=True, slots=True)
class MissingFootway:
    """A short footway that does not exist: ends, length, the way today, and people who come within reach by it.

    ``gain`` sums over places the people who come within the limit; ``place`` is the one that gains most.
    """

    ends: tuple[int, int]
    metres: float
    way: float
    gain: float
    place: int


def missing_crossings(
    nodes: pl.DataFrame,
    links: pl.DataFrame,
    lon: npt.ArrayLike,
    lat: npt.ArrayLike,
    p: Mapping[str, float],
    *,
    crs: str,
) -> list[MissingCrossing]:
    """Find places beside a main street where no marked crossing and no lights are near.

    A place is beside a main street (tertiary and above) if a junction of it lies within 60 m; crossings within 120 m
    of the place count. The worst first, by the mean wait for a gap in traffic (Adams 1936).

    Parameters
    ----------
    lon, lat
        Shape (k,): stops or schools.
    """
    at = crossings(nodes, links, p, crs=crs, walking=True)
    xy = np.column_stack(project(nodes["lon"].to_numpy(), nodes["lat"].to_numpy(), crs))
    here = np.column_stack(project(np.asarray(lon, np.float64), np.asarray(lat, np.float64), crs))
    main = np.flatnonzero((at.rank >= RANK["tertiary"]) & (at.rank <= RANK["primary"]))
    helped = np.flatnonzero((at.marked | at.signal) & (at.rank >= RANK["tertiary"]))
    if not len(main) or not len(here):
        return []
    far, which = cKDTree(xy[main]).query(here, distance_upper_bound=PLACE_REACH)
    near = np.isfinite(far)
    if len(helped):
        near &= ~np.isfinite(cKDTree(xy[helped]).query(here, distance_upper_bound=CROSSING_REACH)[0])
    found = [_missing(at, int(main[which[k]]), int(k), float(far[k])) for k in np.flatnonzero(near)]
    return sorted(found, key=lambda f: (-f.delay, f.metres, f.place))


def _missing(at: Crossings, node: int, place: int, metres: float) -> MissingCrossing:
    return MissingCrossing(node, place, metres, float(at.delay[node]), float(at.lanes[node]), float(at.speed[node]))


def node_people(graph: StreetGraph, links: pl.DataFrame, zones: pl.DataFrame, *, crs: str) -> F64:
    """Spread the residents of zones over the street nodes of the zone, shape (n,), by length of homely streets.

    Weights are half the length of the residential, living and service streets and footways at a node; a zone without
    any gives its people to the nearest node. Assumed, since the city folder knows people by zone.
    """
    x, y = project(graph.lon, graph.lat, crs)
    zx, zy = project(zones["lon"].to_numpy(), zones["lat"].to_numpy(), crs)
    weight = np.zeros(graph.n_nodes)
    homely = links["highway"].is_in(["residential", "living_street", "service", "footway", "path", "unclassified"])
    np.add.at(weight, graph.tail, np.where(homely.to_numpy()[graph.link], graph.cost / 2, 0.0))
    usable = np.flatnonzero((weight > 0) & (graph.component == 0))
    out = np.zeros(graph.n_nodes)
    if not len(usable):
        return out
    # the nearest zone centre stands for the zone: cells of one grid are the Voronoi cells of their centres
    zone = cKDTree(np.column_stack([zx, zy])).query(np.column_stack([x[usable], y[usable]]))[1]
    people = zones["population"].cast(pl.Float64).fill_null(0.0).to_numpy()
    total = np.bincount(zone, weight[usable], minlength=zones.height)
    out[usable] = weight[usable] / total[zone] * people[zone]
    for z in np.flatnonzero((total == 0) & (people > 0)):
        out[usable[np.argmin(np.hypot(x[usable] - zx[z], y[usable] - zy[z]))]] += people[z]
    return out


def missing_footways(
    nodes: pl.DataFrame,
    links: pl.DataFrame,
    people: npt.ArrayLike,
    lon: npt.ArrayLike,
    lat: npt.ArrayLike,
    p: Mapping[str, float],
    *,
    crs: str,
    longest: float = 150.0,
    top: int = 100,
) -> list[MissingFootway]:
    """Find short footways by which most people come within reach of a stop or school, per metre.

    Candidates join nodes at most ``longest`` metres apart whose way on foot is over ``far_ratio`` times and 200 m
    longer, one of which lies within reach of a place. The gain is exact for each built alone:
    ``sum_places sum_nodes people [min(t, t_iu + l + t_v) <= limit] - [t <= limit]``, both ways round.

    Parameters
    ----------
    people
        Shape (n,): people at the street nodes (:func:`node_people`).
    lon, lat
        Shape (k,): the places.
    p
        ``walk_minutes``, ``walk_flat``, ``far_ratio`` of ``walking_cycling.csv``.
    """
    g = street_graph(nodes, links, mode="walk", cost="metres")
    x, y = project(g.lon, g.lat, crs)
    xy = np.column_stack([x, y])
    limit = p["walk_minutes"] * p["walk_flat"] * 1000.0 / 60.0
    at = np.nan_to_num(np.asarray(people, np.float64), nan=0.0)
    usable = np.flatnonzero(g.component == 0)
    here = np.column_stack(project(np.asarray(lon, np.float64), np.asarray(lat, np.float64), crs))
    if not len(here) or not len(usable):
        return []
    _, node = cKDTree(xy[usable]).query(here)
    source = usable[node].astype(np.int32)
    dist = np.empty((len(source), g.n_nodes), np.float32)
    for lo in range(0, len(source), 128):
        part = source[lo : lo + 128]
        dist[lo : lo + 128] = kernels.full_rows(part, limit, g.ptr, g.head, g.cost, numba.get_num_threads())
    reached = np.flatnonzero(np.isfinite(dist.min(axis=0)) & (g.component == 0))
    pairs, far = _near_pairs(xy, reached, usable, longest)
    order = np.argsort(pairs[:, 0], kind="stable")
    pairs, far = pairs[order].astype(np.int32), far[order]
    a_ptr = np.searchsorted(pairs[:, 0], np.arange(g.n_nodes + 1)).astype(np.int64)
    way = kernels.far_pairs(
        a_ptr, pairs[:, 1].copy(), far, p["far_ratio"], 200.0, g.ptr, g.head, g.cost, numba.get_num_threads()
    )
    gap = np.flatnonzero(~np.isfinite(way))
    found = [_footway(g, pairs[k], float(far[k]), dist, at, limit) for k in _one_per_square(xy, pairs, far, gap)]
    found = [f for f in found if f.gain > 0]
    return sorted(found, key=lambda f: (-f.gain / max(f.metres, 20.0), f.ends))[:top]


def _near_pairs(
    xy: F64, reached: npt.NDArray[np.int64], usable: npt.NDArray[np.int64], longest: float
) -> tuple[I32, F64]:
    near = cKDTree(xy[usable]).query_ball_point(xy[reached], longest)
    a = np.repeat(reached, [len(v) for v in near])
    b = usable[np.concatenate([np.asarray(v, np.int64) for v in near])] if len(near) else np.zeros(0, np.int64)
    pairs = np.unique(np.column_stack([np.minimum(a, b), np.maximum(a, b)]), axis=0)
    far = np.hypot(*(xy[pairs[:, 0]] - xy[pairs[:, 1]]).T)
    return pairs[far > 5.0].astype(np.int32), far[far > 5.0]


def _one_per_square(xy: F64, pairs: I32, far: F64, gap: npt.NDArray[np.int64], cell: float = 75.0) -> list[int]:
    """Keep the shortest of the gaps between the same two squares."""
    square = np.floor(xy / cell).astype(np.int64)
    best: dict[tuple[int, ...], int] = {}
    for k in gap[np.lexsort((gap, far[gap]))].tolist():
        a, b = (tuple(square[v].tolist()) for v in pairs[k])
        best.setdefault((*min(a, b), *max(a, b)), k)
    return sorted(best.values())


def _footway(
    g: StreetGraph, ends: I32, metres: float, dist: npt.NDArray[np.float32], people: F64, limit: float
) -> MissingFootway:
    """Gain of one footway, exact: from places by one end to the nodes behind the other."""
    onward = kernels.full_rows(ends, limit, g.ptr, g.head, g.cost, 1)
    gain = np.zeros(len(dist))
    for here, there in ((0, 1), (1, 0)):
        start = dist[:, ends[here]] + metres
        for q in np.flatnonzero((start < dist[:, ends[there]]) & (start <= limit)):
            behind = np.flatnonzero(onward[there] <= limit - start[q])
            gain[q] += people[behind[~(dist[q, behind] <= limit)]].sum()
    way = float(onward[0, ends[1]])
    return MissingFootway((int(ends[0]), int(ends[1])), metres, way, float(gain.sum()), int(np.argmax(gain)))
