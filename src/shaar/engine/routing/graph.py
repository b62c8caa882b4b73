"""Streets as a directed graph in flat arrays: one arc a legal direction of a link, for one mode of travel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from shaar.engine.routing.speeds import MODE_KMH, bus_kmh, car_kmh

Mode = Literal["walk", "bus", "car", "cycle"]
Cost = Literal["seconds", "metres"]
I32 = npt.NDArray[np.int32]
F64 = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class StreetGraph:
    """A street network for one mode.

    Nodes are the rows of the city's node table, links the rows of its link table, arcs are numbered 0..m-1 and
    grouped by the node that they leave: arcs ``ptr[v]:ptr[v+1]`` leave node ``v``. Parallel arcs stay apart.

    Parameters
    ----------
    mode, unit
        What moves, and what ``cost`` counts ("seconds" or "metres").
    ptr
        Shape (n + 1,).
    tail, head, cost, link, forward
        Shape (m,): the arc's nodes, its cost, the link it runs on and whether along the link's direction.
    reverse
        Shape (m,): the arc in the other direction of the same link, -1 where that is not legal.
    arc_forward, arc_backward
        Shape (l,): the arc of each link along and against its direction, -1 where not legal.
    ban_ptr, ban_arc
        After arc ``a`` the arcs ``ban_arc[ban_ptr[a]:ban_ptr[a+1]]`` may not follow.
    turn_aware
        Whether bans and the rule against turning round apply (searches then run on arcs).
    lon, lat
        Shape (n,), degrees.
    component
        Shape (n,): strongly connected component of each node; 0 is the largest.
    """

    mode: Mode
    unit: Cost
    ptr: I32
    tail: I32
    head: I32
    cost: F64
    link: I32
    forward: npt.NDArray[np.bool_]
    reverse: I32
    arc_forward: I32
    arc_backward: I32
    ban_ptr: I32
    ban_arc: I32
    turn_aware: bool
    lon: F64
    lat: F64
    component: I32

    @property
    def n_nodes(self) -> int:
        """Number of nodes."""
        return len(self.ptr) - 1

    @property
    def n_arcs(self) -> int:
        """Number of arcs."""
        return len(self.head)


def street_graph(
    nodes: pl.DataFrame,
    links: pl.DataFrame,
    *,
    mode: Mode,
    kmh: float | None = None,
    cost: Cost = "seconds",
    turns: pl.DataFrame | None = None,
) -> StreetGraph:
    """Make the graph of one mode from the street tables of a city folder.

    Parameters
    ----------
    nodes, links
        Tables ``nodes`` and ``links`` (:mod:`shaar.engine.city.schema`); ``node_id`` and ``link_id`` are row numbers.
    mode
        Who travels: decides which directions are legal and the speed (see :mod:`shaar.engine.routing.speeds`).
    kmh
        One speed for all links instead of the mode's own.
    cost
        Count seconds or metres.
    turns
        Table ``turns``; when given, banned turns are kept and vehicles do not turn round except at dead ends.

    Returns
    -------
    StreetGraph
        Arrays as documented there.
    """
    n, m_links = nodes.height, links.height
    a = links["from_node"].to_numpy().astype(np.int32)
    b = links["to_node"].to_numpy().astype(np.int32)
    length = links["length"].to_numpy().astype(np.float64)
    legal_f, legal_b = _legal(links, mode)
    per_link = length if cost == "metres" else length * 3.6 / _speed(links, mode, kmh)
    ids = np.arange(m_links, dtype=np.int32)
    tail = np.concatenate([a[legal_f], b[legal_b]])
    head = np.concatenate([b[legal_f], a[legal_b]])
    link = np.concatenate([ids[legal_f], ids[legal_b]])
    forward = np.concatenate([np.ones(legal_f.sum(), bool), np.zeros(legal_b.sum(), bool)])
    order = np.lexsort((link, head, tail))
    tail, head, link, forward = tail[order], head[order], link[order], forward[order]
    arcs = np.arange(len(tail), dtype=np.int32)
    arc_forward, arc_backward = np.full(m_links, -1, np.int32), np.full(m_links, -1, np.int32)
    arc_forward[link[forward]] = arcs[forward]
    arc_backward[link[~forward]] = arcs[~forward]
    reverse = np.where(forward, arc_backward[link], arc_forward[link]).astype(np.int32)
    ban_ptr, ban_arc = _bans(turns, mode, tail, head, arc_forward, arc_backward)
    return StreetGraph(
        mode=mode,
        unit=cost,
        ptr=np.searchsorted(tail, np.arange(n + 1)).astype(np.int32),
        tail=tail,
        head=head,
        cost=per_link[link],
        link=link,
        forward=forward,
        reverse=reverse,
        arc_forward=arc_forward,
        arc_backward=arc_backward,
        ban_ptr=ban_ptr,
        ban_arc=ban_arc,
        turn_aware=turns is not None,
        lon=nodes["lon"].to_numpy().astype(np.float64),
        lat=nodes["lat"].to_numpy().astype(np.float64),
        component=_components(n, tail, head),
    )


def _legal(links: pl.DataFrame, mode: Mode) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    if mode == "walk":
        walk = links["walk"].fill_null(False).to_numpy()
        return walk, walk
    forward = links[f"{mode}_forward"].fill_null(False).to_numpy()
    return forward, links[f"{mode}_backward"].fill_null(False).to_numpy()


def _speed(links: pl.DataFrame, mode: Mode, kmh: float | None) -> F64:
    if kmh is not None:
        return np.full(links.height, kmh)
    if mode in MODE_KMH:
        return np.full(links.height, MODE_KMH[mode])
    return car_kmh(links) if mode == "car" else bus_kmh(links)


def _bans(
    turns: pl.DataFrame | None, mode: Mode, tail: I32, head: I32, arc_forward: I32, arc_backward: I32
) -> tuple[I32, I32]:
    m = len(tail)
    pairs: list[tuple[int, int]] = []
    if turns is not None:
        rows: Any = turns.filter(~pl.col("bus_exempt").fill_null(False)) if mode == "bus" else turns
        for f, v, t in rows.select("from_link", "via_node", "to_link").iter_rows():
            into = [x for x in (arc_forward[f], arc_backward[f]) if x >= 0 and head[x] == v]
            out = [y for y in (arc_forward[t], arc_backward[t]) if y >= 0 and tail[y] == v]
            pairs += [(int(x), int(y)) for x in into for y in out]
    if not pairs:
        return np.zeros(m + 1, np.int32), np.zeros(0, np.int32)
    sorted_pairs = np.array(sorted(set(pairs)), np.int32)
    return np.searchsorted(sorted_pairs[:, 0], np.arange(m + 1)).astype(np.int32), sorted_pairs[:, 1].copy()


def _components(n: int, tail: I32, head: I32) -> I32:
    matrix = coo_array((np.ones(len(tail), np.int8), (tail, head)), shape=(n, n))
    _, label = connected_components(matrix, directed=True, connection="strong")
    size = np.bincount(label, minlength=1)
    rank = np.empty(len(size), np.int32)
    rank[np.argsort(-size, kind="stable")] = np.arange(len(size), dtype=np.int32)
    return rank[label]
