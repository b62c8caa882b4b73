"""The streets a bus may drive as a graph of arcs (a link in one direction) for laying lines on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import polars as pl
import shapely
from pyproj import Transformer
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.spatial import cKDTree

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class LinkGraph:
    """Links with their metric geometry; arc ``2k`` runs link ``k`` forward, ``2k + 1`` backward.

    Parameters
    ----------
    tail, head
        Nodes of link ``k`` in its forward direction, shape (links,).
    length
        Metres, shape (links,).
    open
        Whether a bus may run an arc, shape (2 * links,).
    lines
        Projected LineStrings, forward direction.
    highway
        OSM class of each link.
    crs
        Projected CRS of ``lines``.
    """

    n_nodes: int
    tail: I64
    head: I64
    length: F64
    open: npt.NDArray[np.bool_]
    lines: npt.NDArray[np.object_]
    highway: tuple[str, ...]
    crs: str

    def ends(self, arc: int) -> tuple[int, int]:
        """Nodes where an arc starts and ends."""
        k = arc >> 1
        a, b = int(self.tail[k]), int(self.head[k])
        return (b, a) if arc & 1 else (a, b)

    def line(self, arc: int) -> F64:
        """Coordinates of an arc in its direction, metres, shape (vertices, 2)."""
        c = shapely.get_coordinates(self.lines[arc >> 1])
        return c[::-1] if arc & 1 else c

    def path_line(self, arcs: Sequence[int]) -> F64:
        """Coordinates of consecutive arcs, joints once, shape (vertices, 2)."""
        parts = [self.line(a) for a in arcs]
        c = np.concatenate([parts[0], *[p[1:] for p in parts[1:]]])
        keep = np.concatenate([[True], np.hypot(*np.diff(c, axis=0).T) > 1e-6])
        return c[keep]


def graph_from_tables(nodes: pl.DataFrame, links: pl.DataFrame, crs: str) -> LinkGraph:
    """Make the graph from a city's street tables (see :mod:`shaar.engine.city.schema`)."""
    wgs = shapely.from_wkb(links["geometry"].to_numpy())
    way = Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    lines = shapely.transform(wgs, lambda c: np.column_stack(way.transform(c[:, 0], c[:, 1])))
    open_ = np.empty(2 * links.height, dtype=np.bool_)
    open_[0::2], open_[1::2] = links["bus_forward"].to_numpy(), links["bus_backward"].to_numpy()
    return LinkGraph(
        nodes.height,
        links["from_node"].to_numpy().astype(np.int64),
        links["to_node"].to_numpy().astype(np.int64),
        links["length"].to_numpy().astype(np.float64),
        open_,
        np.asarray(lines, dtype=object),
        tuple(links["highway"].fill_null("").to_list()),
        crs,
    )


def to_degrees(xy: F64, crs: str) -> F64:
    """Projected metres to lon, lat, shape (n, 2) both."""
    lon, lat = Transformer.from_crs(crs, "EPSG:4326", always_xy=True).transform(xy[:, 0], xy[:, 1])
    return np.column_stack([lon, lat])


def to_metres(lon: Sequence[float] | F64, lat: Sequence[float] | F64, crs: str) -> F64:
    """Degrees to projected metres, shape (n, 2)."""
    x, y = Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform(np.asarray(lon), np.asarray(lat))
    return np.column_stack([x, y])


class Router:
    """Shortest paths over arcs with given costs; parallel arcs keep the cheapest."""

    def __init__(self, graph: LinkGraph, cost: F64) -> None:
        """Take a cost per arc, shape (2 * links,); infinite closes an arc."""
        self.graph = graph
        n = len(graph.tail)
        tail = np.empty(2 * n, dtype=np.int64)
        head = np.empty(2 * n, dtype=np.int64)
        tail[0::2], tail[1::2], head[0::2], head[1::2] = graph.tail, graph.head, graph.head, graph.tail
        ok = np.flatnonzero(np.isfinite(cost) & (tail != head))
        order = ok[np.lexsort((cost[ok], head[ok], tail[ok]))]
        first = np.ones(len(order), dtype=np.bool_)
        first[1:] = (tail[order][1:] != tail[order][:-1]) | (head[order][1:] != head[order][:-1])
        keep = order[first]  # a sparse matrix would add parallel arcs up
        self.cost = cost
        self._arc = {(int(tail[a]), int(head[a])): int(a) for a in keep}
        # a zero would be "no arc" to the sparse matrix
        w = np.maximum(cost[keep], 1e-6)
        self._matrix = csr_matrix((w, (tail[keep], head[keep])), shape=(graph.n_nodes, graph.n_nodes))

    def from_nodes(self, sources: Sequence[int], limit: float = np.inf) -> tuple[F64, npt.NDArray[np.int32]]:
        """Costs and predecessors from each source to every node, shape (sources, nodes)."""
        d, p = dijkstra(self._matrix, indices=list(sources), return_predecessors=True, limit=limit)
        return d, p

    def arcs(self, predecessors: npt.NDArray[np.int32], target: int) -> list[int]:
        """Read the arcs of the path to a target from one source's predecessors; empty at the source itself."""
        out: list[int] = []
        node = target
        while predecessors[node] >= 0:
            before = int(predecessors[node])
            out.append(self._arc[before, node])
            node = before
        return out[::-1]

    def path(self, source: int, target: int, limit: float = np.inf) -> list[int] | None:
        """Arcs of the shortest path, or None where there is none within the limit."""
        if source == target:
            return []
        d, p = self.from_nodes([source], limit)
        return self.arcs(p[0], target) if np.isfinite(d[0, target]) else None


def graph_from_lines(
    lines: Sequence[F64], oneway: Sequence[int], highway: Sequence[str], crs: str, *, join: float = 0.0
) -> tuple[LinkGraph, tuple[tuple[int, ...], ...]]:
    """Make a graph from bare lines, cut where they share vertices (1e-7 degree) and where they end.

    Parameters
    ----------
    lines
        Longitude and latitude, shape (vertices, 2) each.
    oneway
        0 both directions, 1 along the line, -1 against it.
    join
        Parts that do not hang together are joined by straight links, class "gap", between their nearest nodes where
        those lie within this distance (m), shortest first.
    highway
        Street class of each line.

    Returns
    -------
    graph, links
        The graph, and the links of each line in its order.
    """
    keys = [[(round(float(x) * 1e7), round(float(y) * 1e7)) for x, y in c] for c in lines]
    seen: dict[tuple[int, int], int] = {}
    for ks in keys:
        for i, k in enumerate(ks):
            seen[k] = seen.get(k, 0) + (2 if i in (0, len(ks) - 1) else 1)
    number: dict[tuple[int, int], int] = {}
    tail: list[int] = []
    head: list[int] = []
    shapes: list[shapely.LineString] = []
    classes: list[str] = []
    open_: list[bool] = []
    of_line: list[tuple[int, ...]] = []
    for c, ks, one, cls in zip(lines, keys, oneway, highway, strict=True):
        xy = to_metres(c[:, 0], c[:, 1], crs)
        cuts = [i for i, k in enumerate(ks) if seen[k] >= 2]
        own = []
        for i, j in pairwise(cuts):
            own.append(len(tail))
            tail.append(number.setdefault(ks[i], len(number)))
            head.append(number.setdefault(ks[j], len(number)))
            shapes.append(shapely.LineString(xy[i : j + 1]))
            classes.append(cls)
            open_ += [one >= 0, one <= 0]
        of_line.append(tuple(own))
    if join > 0 and shapes:
        for u, v, line in _joints(len(number), tail, head, shapes, join):
            tail.append(u)
            head.append(v)
            shapes.append(line)
            classes.append("gap")
            open_ += [True, True]
    lengths = shapely.length(np.array(shapes, dtype=object)) if shapes else np.zeros(0)
    graph = LinkGraph(
        len(number), np.array(tail, np.int64), np.array(head, np.int64), np.asarray(lengths, np.float64),
        np.array(open_, np.bool_), np.array(shapes, dtype=object), tuple(classes), crs,
    )  # fmt: skip
    return graph, tuple(of_line)


def _joints(
    n: int, tail: Sequence[int], head: Sequence[int], shapes: Sequence[shapely.LineString], reach: float
) -> list[tuple[int, int, shapely.LineString]]:
    """Straight links that join unconnected parts, shortest first, none where two parts hang together already."""
    xy = np.zeros((n, 2))
    for u, v, line in zip(tail, head, shapes, strict=True):
        xy[u], xy[v] = line.coords[0], line.coords[-1]
    part = connected_components(csr_matrix((np.ones(len(tail)), (tail, head)), shape=(n, n)), directed=False)[1]
    pairs = cKDTree(xy).query_pairs(reach, output_type="ndarray")
    pairs = pairs[part[pairs[:, 0]] != part[pairs[:, 1]]]
    d = np.hypot(*(xy[pairs[:, 0]] - xy[pairs[:, 1]]).T)
    out = []
    for u, v in pairs[np.lexsort((pairs[:, 1], pairs[:, 0], d))].tolist():
        if part[u] != part[v]:
            part[part == part[v]] = part[u]
            out.append((u, v, shapely.LineString([xy[u], xy[v]])))
    return out
