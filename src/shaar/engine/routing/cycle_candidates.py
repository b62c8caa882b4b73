"""What could be built for cycling: tracks along stressful streets, safe crossings, and short new links."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt
import polars as pl
import shapely
from scipy.spatial import cKDTree

from shaar.engine.city import geoparquet
from shaar.engine.city.projection import project_shapes
from shaar.engine.routing import cycle_kernels as kernels
from shaar.engine.routing.cycle_growth import Candidate, Kind, union
from shaar.engine.routing.cycle_network import LOW_STRESS, CycleNet

F64 = npt.NDArray[np.float64]
I32 = npt.NDArray[np.int32]
#: Streets that a new link crosses by lights.
MAIN = ("tertiary", "secondary", "primary", "tertiary_link", "secondary_link", "primary_link")
#: What a new link overcomes by a bridge, an underpass or a ramp.
BRIDGED = ("water", "rail", "road", "stairs")
#: Streets on which no track is proposed.
NEVER = ("motorway", "motorway_link", "steps")


def tracks(net: CycleNet, links: pl.DataFrame, p: Mapping[str, float]) -> list[Candidate]:
    """Cut the stressful streets and the ways on which one pushes into pieces of some hundred metres, each a candidate.

    From a link, the piece grows at both ends by the stressful link that goes on most straight (within 45 degrees) and
    bears the same name, until it is ``segment_m`` long. Every such link is in exactly one piece. A street with two
    carriageways makes pieces for each. Kinds are "track" beside cars and "path" where one pushes today.
    """
    m = links.height
    stressful = np.zeros(m, bool)
    on_link = net.link >= 0
    stressful[net.link[on_link & (net.stress > LOW_STRESS)]] = True
    stressful &= ~links["highway"].is_in(NEVER).to_numpy()
    pushed = np.zeros(m, bool)
    pushed[net.link[on_link & net.push]] = True
    pushed &= ~stressful
    a, b = links["from_node"].to_numpy(), links["to_node"].to_numpy()
    length = links["length"].to_numpy().astype(np.float64)
    names = links["name"].fill_null("").to_list()
    ids = np.flatnonzero(stressful | pushed)
    at: dict[int, list[int]] = {}
    for k in ids.tolist():
        at.setdefault(int(a[k]), []).append(k)
        at.setdefault(int(b[k]), []).append(k)
    used = np.zeros(m, bool)
    arcs_of = _arcs_of_links(net, m)
    out = []
    for k in ids.tolist():
        if used[k]:
            continue
        used[k] = True
        piece, long = [k], length[k]
        ends = [(int(b[k]), int(a[k])), (int(a[k]), int(b[k]))]  # (node, node before) at both ends
        growing = True
        while growing and long < p["segment_m"]:
            growing = False
            for side in (0, 1):
                node, before = ends[side]
                found = _straight_on(net, node, before, k, at, used, names, pushed, a, b)
                if found >= 0 and long + length[found] <= 1.5 * p["segment_m"]:
                    used[found] = True
                    piece.append(found)
                    long += length[found]
                    ends[side] = (int(a[found] if b[found] == node else b[found]), node)
                    growing = True
        arcs = np.concatenate([arcs_of[q] for q in piece]).astype(np.int32)
        touched = np.unique(np.concatenate([a[piece], b[piece]])).astype(np.int32)
        kind: Kind = "path" if pushed[k] else "track"
        out.append(Candidate(kind, np.sort(arcs), float(long), touched, names[k]))
    return out


def _straight_on(
    net: CycleNet, node: int, before: int, link: int, at: dict[int, list[int]], used: npt.NDArray[np.bool_],
    names: list[str], pushed: npt.NDArray[np.bool_], a: I32, b: I32,
) -> int:  # fmt: skip
    dx, dy = net.x[node] - net.x[before], net.y[node] - net.y[before]
    best, found = 0.7071, -1
    for q in at.get(node, ()):
        if used[q] or names[q] != names[link] or pushed[q] != pushed[link]:
            continue
        far = int(b[q] if a[q] == node else a[q])
        ex, ey = net.x[far] - net.x[node], net.y[far] - net.y[node]
        scale = np.hypot(dx, dy) * np.hypot(ex, ey)
        cosine = (dx * ex + dy * ey) / scale if scale > 0 else -1.0
        if cosine > best:
            best, found = cosine, q
    return found


def _arcs_of_links(net: CycleNet, n_links: int) -> list[I32]:
    of = np.flatnonzero(net.link >= 0)
    order = of[np.argsort(net.link[of], kind="stable")]
    ptr = np.searchsorted(net.link[order], np.arange(n_links + 1))
    return [order[ptr[k] : ptr[k + 1]].astype(np.int32) for k in range(n_links)]


def safe_crossings(net: CycleNet, p: Mapping[str, float]) -> list[Candidate]:
    """Places where calm streets end at a street that is stressful to cross: one candidate each.

    Nodes within ``signal_reach`` metres of each other are one place (both carriageways of a street).
    """
    bad = np.flatnonzero((net.cross > LOW_STRESS) & (net.stress <= LOW_STRESS))
    nodes = np.unique(net.head[bad])
    if not len(nodes):
        return []
    xy = np.column_stack([net.x[nodes], net.y[nodes]])
    pairs = cKDTree(xy).query_pairs(p["signal_reach"], output_type="ndarray")
    place = union(len(nodes), [pairs[:, 0], pairs[:, 1]])
    of_arc = place[np.searchsorted(nodes, net.head[bad])]
    out = []
    for k in range(int(place.max()) + 1):
        arcs = bad[of_arc == k].astype(np.int32)
        touched = np.unique(np.concatenate([net.head[arcs], net.tail[arcs]])).astype(np.int32)
        out.append(Candidate("crossing", arcs, p["crossing_m"], touched))
    return out


@dataclass(frozen=True, slots=True)
class NewLinks:
    """Short links that do not exist.

    Parameters
    ----------
    pairs
        Shape (k, 2): nodes.
    metres, way
        Shape (k,): straight, and along the calm network today (inf: more than was looked for).
    obstacle
        Per link "", "water", "rail" or "road" (motorway, trunk road, bridge, tunnel) that it would have to cross at
        another level, "stairs" where stairs lie within 25 m, a sign of a step in the ground, or "street" where it
        crosses a main street on the level and needs lights.
    """

    pairs: I32
    metres: F64
    way: F64
    obstacle: tuple[str, ...]


def new_links(
    net: CycleNet,
    p: Mapping[str, float],
    *,
    base: pl.DataFrame | None = None,
    links: pl.DataFrame | None = None,
    crs: str = "",
    cell: float = 150.0,
) -> NewLinks:
    """Find near places that are far apart along the calm network.

    All pairs of nodes of the calm network within ``near_m`` metres whose way along it is more than ``far_ratio`` times
    the straight line and 400 m longer. Of the pairs between the same two squares of ``cell`` metres the shortest stays.
    Pushing counts as the longer way that one could ride in its time.

    Parameters
    ----------
    base, links
        The city's background and link tables: new links over water, rails and roads at another level are marked.
    """
    calm = net.low_stress() & np.isfinite(net.ride)
    tail, head, metres = net.tail[calm], net.head[calm], net.metres[calm] * (net.ride / net.built)[calm]
    # gaps are about where one can get at all, so one-way streets count both ways here
    tail, head, metres = np.r_[tail, head], np.r_[head, tail], np.r_[metres, metres]
    order = np.argsort(tail, kind="stable")
    tail, head, metres = tail[order], head[order].astype(np.int32), metres[order]
    ptr = np.searchsorted(tail, np.arange(net.n_nodes + 1)).astype(np.int32)
    usable = np.flatnonzero((np.diff(ptr) > 0) & (net.component == 0))
    xy = np.column_stack([net.x[usable], net.y[usable]])
    pairs = cKDTree(xy).query_pairs(p["near_m"], output_type="ndarray") if len(usable) else np.zeros((0, 2), int)
    far = np.hypot(*(xy[pairs[:, 0]] - xy[pairs[:, 1]]).T) if len(pairs) else np.zeros(0)
    pairs, far = pairs[far > 5.0], far[far > 5.0]
    pairs = usable[pairs]
    pairs = np.column_stack([pairs.min(axis=1), pairs.max(axis=1)]) if len(pairs) else pairs
    order = np.argsort(pairs[:, 0], kind="stable")
    pairs, far = pairs[order].astype(np.int32), far[order]
    a_ptr = np.searchsorted(pairs[:, 0], np.arange(net.n_nodes + 1)).astype(np.int64)
    way = kernels.far_pairs(
        a_ptr, pairs[:, 1].copy(), far, p["far_ratio"], 400.0, ptr, head, metres, numba.get_num_threads()
    )
    gap = ~np.isfinite(way)
    pairs, far, way = pairs[gap], far[gap], way[gap]
    keep = _shortest_by_squares(net, pairs, far, cell)
    pairs, far, way = pairs[keep], far[keep], way[keep]
    return NewLinks(pairs, far, way, _obstacles(net, pairs, base, links, crs))


def _shortest_by_squares(net: CycleNet, pairs: I32, far: F64, cell: float) -> npt.NDArray[np.int64]:
    if not len(pairs):
        return np.zeros(0, np.int64)
    cx, cy = ((v - v.min()) // cell for v in (net.x, net.y))
    square = (cx * (cy.max() + 1) + cy).astype(np.int64)
    ends = np.sort(square[pairs], axis=1)
    order = np.lexsort((pairs[:, 1], pairs[:, 0], far, ends[:, 1], ends[:, 0]))
    first = np.ones(len(order), bool)
    first[1:] = (np.diff(ends[order], axis=0) != 0).any(axis=1)
    return np.sort(order[first])


def _obstacles(
    net: CycleNet, pairs: I32, base: pl.DataFrame | None, links: pl.DataFrame | None, crs: str
) -> tuple[str, ...]:
    out = [""] * len(pairs)
    if not len(pairs):
        return ()
    ends = np.stack([np.column_stack([net.x[pairs[:, k]], net.y[pairs[:, k]]]) for k in (0, 1)], axis=1)
    lines = shapely.linestrings(ends)
    over: list[tuple[str, pl.DataFrame]] = []
    if links is not None:
        inner = np.stack([ends[:, 0] + share * (ends[:, 1] - ends[:, 0]) for share in (0.02, 0.98)], axis=1)
        short = shapely.linestrings(inner)  # a link that begins at a corner of the street does not cross it
        main = links.filter(pl.col("highway").is_in(MAIN) & (pl.col("car_forward") | pl.col("car_backward")))
        if main.height:
            streets = project_shapes(geoparquet.geometries(main), crs)
            for k in np.unique(shapely.STRtree(streets).query(short, predicate="intersects")[0]):
                out[k] = "street"
        fast = pl.col("highway").str.strip_suffix("_link").is_in(["motorway", "trunk"])
        steps = links.filter(pl.col("highway") == "steps")
        if steps.height:
            stairs = project_shapes(geoparquet.geometries(steps), crs)
            for k in np.unique(shapely.STRtree(stairs).query(lines, predicate="dwithin", distance=25.0)[0]):
                out[k] = "stairs"
        over.append(("road", links.filter(fast | pl.col("structure").is_not_null())))
    if base is not None:
        over += [(kind, base.filter(pl.col("kind") == kind)) for kind in ("rail", "water")]
    for name, part in over:
        if part.height:
            shapes = project_shapes(geoparquet.geometries(part), crs)
            for k in np.unique(shapely.STRtree(shapes).query(lines, predicate="intersects")[0]):
                out[k] = name
    return tuple(out)
