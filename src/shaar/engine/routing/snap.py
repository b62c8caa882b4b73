"""Attach points to the nearest street link that their mode may use."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
import shapely

from shaar.engine.city.projection import project_shapes
from shaar.engine.routing.graph import StreetGraph

F64 = npt.NDArray[np.float64]
#: Components with fewer than this share of the largest one's nodes are islands (a mapped courtyard, a stub): nobody
#: is attached to them.
ISLAND_SHARE = 0.02


@dataclass(frozen=True, slots=True)
class Snapped:
    """Points on links.

    Parameters
    ----------
    link
        Shape (k,): link_id, -1 where no link is within reach.
    along
        Shape (k,), metres from the link's from_node to the foot of the perpendicular.
    length
        Shape (k,), metres: the link's length.
    beside
        Shape (k,), metres from the point to the link as the crow flies; inf where not attached.
    """

    link: npt.NDArray[np.int32]
    along: F64
    length: F64
    beside: F64


def snap(
    lon: npt.ArrayLike,
    lat: npt.ArrayLike,
    graph: StreetGraph,
    links: pl.DataFrame,
    *,
    crs: str,
    max_metres: float = np.inf,
    largest_only: bool = False,
) -> Snapped:
    """Attach points to the nearest usable link of a graph, measured in a metric CRS.

    Links of islands (strongly connected components far smaller than the largest) are passed over, so that a point
    beside a cut-off stub still reaches the city.

    Parameters
    ----------
    lon, lat
        Degrees WGS84, shape (k,).
    graph
        Graph of the mode made from ``links``.
    links
        The city's link table.
    crs
        Metric projected CRS of the city ("EPSG:32642").
    max_metres
        Points further than this from any link stay unattached.
    largest_only
        Attach to the largest component alone, so that every attached pair is joined.
    """
    return Snapper(graph, links, crs=crs, largest_only=largest_only).snap(lon, lat, max_metres=max_metres)


class Snapper:
    """The links of a graph, ready to attach points to again and again; parameters as for :func:`snap`."""

    def __init__(self, graph: StreetGraph, links: pl.DataFrame, *, crs: str, largest_only: bool = False) -> None:
        self._crs = crs
        self._usable = _usable(graph, links.height, largest_only)
        self._length = links["length"].gather(self._usable).to_numpy().astype(np.float64)
        self._lines = project_shapes(shapely.from_wkb(links["geometry"].gather(self._usable).to_numpy()), crs)
        self._tree = shapely.STRtree(self._lines)

    def snap(self, lon: npt.ArrayLike, lat: npt.ArrayLike, *, max_metres: float = np.inf) -> Snapped:
        """Attach points to the nearest link."""
        lon, lat = np.atleast_1d(np.asarray(lon, np.float64)), np.atleast_1d(np.asarray(lat, np.float64))
        k = len(lon)
        out = Snapped(np.full(k, -1, np.int32), np.zeros(k), np.ones(k), np.full(k, np.inf))
        good = np.flatnonzero(np.isfinite(lon) & np.isfinite(lat))
        if not len(self._usable) or not len(good):
            return out
        points = project_shapes(shapely.points(lon[good], lat[good]), self._crs)
        reach = None if np.isinf(max_metres) else max_metres
        (which, line), metres = self._tree.query_nearest(
            points, max_distance=reach, return_distance=True, all_matches=False
        )
        at = good[which]
        length = self._length[line]
        out.link[at] = self._usable[line]
        out.length[at] = length
        out.along[at] = (
            np.clip(shapely.line_locate_point(self._lines[line], points[which], normalized=True), 0, 1) * length
        )
        out.beside[at] = metres
        return out


def _usable(graph: StreetGraph, n_links: int, largest_only: bool) -> npt.NDArray[np.int64]:
    if not graph.n_arcs:
        return np.zeros(0, np.int64)
    size = np.bincount(graph.component)
    main = size >= max(2, ISLAND_SHARE * size.max())
    if largest_only:
        main[1:] = False
    inside = main[graph.component[graph.tail]] & (graph.component[graph.tail] == graph.component[graph.head])
    mask = np.zeros(n_links, bool)
    mask[graph.link[inside]] = True
    return np.flatnonzero(mask)


def seeds(
    graph: StreetGraph, at: Snapped, *, outward: bool, beside_cost: float = 1.0
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32], F64]:
    """Where a search from (or to) snapped points starts: CSR of (node, cost), up to two nodes a point.

    Parameters
    ----------
    outward
        True: cost from the point to the link's ends along legal arcs; False: from the ends to the point.
    beside_cost
        Cost of a metre between the point and its link, in the graph's unit.
    """
    link = np.maximum(at.link, 0)
    share = at.along / np.maximum(at.length, 1e-9)
    rows, nodes, costs = [], [], []
    for arcs, part in ((graph.arc_forward, 1 - share), (graph.arc_backward, share)):
        arc = arcs[link] if len(arcs) else np.full(len(link), -1, np.int32)
        ok = (at.link >= 0) & (arc >= 0)
        a = arc[ok]
        rows.append(np.flatnonzero(ok))
        nodes.append(graph.head[a] if outward else graph.tail[a])
        costs.append(graph.cost[a] * (part if outward else 1 - part)[ok] + at.beside[ok] * beside_cost)
    row, node, cost = np.concatenate(rows), np.concatenate(nodes), np.concatenate(costs)
    order = np.lexsort((node, row))
    ptr = np.searchsorted(row[order], np.arange(len(link) + 1)).astype(np.int64)
    return ptr, node[order].astype(np.int32), cost[order]
