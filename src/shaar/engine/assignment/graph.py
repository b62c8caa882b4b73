"""The transit graph of an assignment: lines, stops and zones as one flat list of links."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from shaar.engine.errors import InputError

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]

#: Kinds of links. A transfer leads from where people got off back to where they wait; walks join stops and zones.
BOARD, RIDE, ALIGHT, TRANSFER, WALK = range(5)


@dataclass(frozen=True, slots=True)
class TransitGraph:
    """Links of a transit network.

    Parameters
    ----------
    n
        Number of nodes.
    tail, head
        Nodes each link leaves and enters, shape (m,).
    cost
        Minutes, not negative, shape (m,).
    freq
        Vehicles a minute of boarding links; inf for links without waiting; 0 for closed ones, shape (m,).
    kind, way, position
        Kind of link, directed line it belongs to (-1: none), and which stop of the line it leaves (boarding, riding)
        or enters (alighting), shape (m,).
    line_of_way
        Line of each directed line; frequencies are set by line.
    origins, destinations
        Nodes where trips of each zone begin and end.
    """

    n: int
    tail: I64
    head: I64
    cost: F64
    freq: F64
    kind: I64
    way: I64
    position: I64
    line_of_way: I64
    origins: I64
    destinations: I64

    @property
    def line(self) -> I64:
        """Line of each link, -1 for walks and transfers, shape (m,)."""
        return np.where(self.way >= 0, np.append(self.line_of_way, -1)[self.way], -1)

    def with_headways(self, headways: F64) -> TransitGraph:
        """Return the graph with other headways (min) by line, shape (l,); inf closes a line."""
        h = np.asarray(headways, float)
        if len(h) <= int(self.line_of_way.max(initial=-1)):
            raise InputError(f"{int(self.line_of_way.max()) + 1} lines need as many headways", field="headways")
        if not (h > 0).all():
            raise InputError("headways are positive minutes", field="headways")
        freq = self.freq.copy()
        board = self.kind == BOARD
        freq[board] = 1.0 / h[self.line[board]]
        return replace(self, freq=freq)

    def with_costs(self, cost: F64) -> TransitGraph:
        """Return the graph with other minutes on its links, shape (m,)."""
        return replace(self, cost=np.asarray(cost, float))


def plain_graph(
    n: int, tail: npt.ArrayLike, head: npt.ArrayLike, cost: npt.ArrayLike, freq: npt.ArrayLike,
    origins: npt.ArrayLike, destinations: npt.ArrayLike,
) -> TransitGraph:  # fmt: skip
    """Make a graph of any links; those with a finite frequency are boarding links of a line of their own.

    Raises
    ------
    InputError
        A link names an unknown node, has a negative or undefined cost or frequency, or lengths differ.
    """
    t, h = np.asarray(tail, np.int64), np.asarray(head, np.int64)
    c, f = np.asarray(cost, float), np.asarray(freq, float)
    if not len(t) == len(h) == len(c) == len(f):
        raise InputError("tail, head, cost and freq have to be of one length", field="links")
    for name, nodes in (
        ("tail", t),
        ("head", h),
        ("origins", np.asarray(origins)),
        ("dests", np.asarray(destinations)),
    ):
        bad = np.flatnonzero((nodes < 0) | (nodes >= n))
        if len(bad):
            raise InputError(f"node {nodes[bad[0]]} is not one of 0 to {n - 1}", row=int(bad[0]), field=name)
    for name, values in (("cost", c), ("freq", f)):
        bad = np.flatnonzero(~(values >= 0) | ((name == "cost") & np.isinf(values)))
        if len(bad):
            raise InputError(f"{values[bad[0]]} is no sensible value", row=int(bad[0]), field=name)
    board = np.isfinite(f)
    way = np.where(board, np.cumsum(board) - 1, -1)
    return TransitGraph(
        n=n, tail=t, head=h, cost=c, freq=f, kind=np.where(board, BOARD, WALK).astype(np.int64),
        way=way.astype(np.int64), position=np.zeros(len(t), np.int64), line_of_way=np.arange(int(board.sum())),
        origins=np.asarray(origins, np.int64), destinations=np.asarray(destinations, np.int64),
    )  # fmt: skip


def line_graph(
    stops: int,
    ways: Sequence[npt.ArrayLike],
    minutes: Sequence[npt.ArrayLike],
    lines: npt.ArrayLike,
    headways: npt.ArrayLike,
    *,
    access: tuple[npt.ArrayLike, npt.ArrayLike, npt.ArrayLike],
    transfer: float = 0.0,
    walks: tuple[npt.ArrayLike, npt.ArrayLike, npt.ArrayLike] | None = None,
) -> TransitGraph:
    """Make the graph of directed lines, stops and zones.

    Every stop is two nodes, where people wait and where they have got off, so that ``transfer`` is paid between two
    rides only: neither by the first boarding nor by the last alighting.

    Parameters
    ----------
    stops
        Number of stops (or stop groups).
    ways, minutes
        Stops of each directed line in order, and minutes between consecutive ones (one fewer).
    lines
        Line of each directed line.
    headways
        Minutes, by line; inf: does not run.
    access
        (ptr, stop, minutes): zone z walks to and from ``stop[ptr[z]:ptr[z+1]]``.
    transfer
        Minutes that a transfer costs beside its walk and wait.
    walks
        (from, to, minutes): walks between stops at a transfer.

    Raises
    ------
    InputError
        A directed line with fewer than two stops, minutes that do not fit, or an unknown stop.
    """
    ptr, near, walk = (np.asarray(x) for x in access)
    zones = len(ptr) - 1
    parts: list[tuple[npt.ArrayLike, npt.ArrayLike, npt.ArrayLike, int, int, npt.ArrayLike]] = []
    n = 2 * stops
    for w, (way, legs) in enumerate(zip(ways, minutes, strict=True)):
        s, t = np.asarray(way, np.int64), np.asarray(legs, float)
        k = len(s)
        if k < 2 or len(t) != k - 1:
            raise InputError(f"{k} stops need {max(k - 1, 1)} run times, not {len(t)}", row=w, field="minutes")
        if s.min() < 0 or s.max() >= stops:
            raise InputError(f"a directed line names a stop that is not one of 0 to {stops - 1}", row=w, field="ways")
        at = n + np.arange(k)
        parts.append((s[:-1], at[:-1], np.zeros(k - 1), BOARD, w, np.arange(k - 1)))
        parts.append((at[:-1], at[1:], t, RIDE, w, np.arange(k - 1)))
        parts.append((at[1:], stops + s[1:], np.zeros(k - 1), ALIGHT, w, np.arange(1, k)))
        n += k
    every = np.arange(stops)
    parts.append((stops + every, every, np.full(stops, transfer), TRANSFER, -1, every * 0))
    if walks is not None:
        a, b, m = (np.asarray(x) for x in walks)
        parts.append((stops + a, b, np.asarray(m, float) + transfer, TRANSFER, -1, np.zeros(len(a), int)))
    zone = np.repeat(np.arange(zones), np.diff(ptr))
    origins, destinations = n + np.arange(zones), n + zones + np.arange(zones)
    parts.append((origins[zone], near, walk, WALK, -1, zone * 0))
    parts.append((stops + near, destinations[zone], walk, WALK, -1, zone * 0))
    sizes = [len(np.asarray(p[0])) for p in parts]
    kind = np.repeat([p[3] for p in parts], sizes).astype(np.int64)
    graph = TransitGraph(
        n=n + 2 * zones,
        tail=np.concatenate([np.asarray(p[0], np.int64) for p in parts]),
        head=np.concatenate([np.asarray(p[1], np.int64) for p in parts]),
        cost=np.concatenate([np.asarray(p[2], float) for p in parts]),
        freq=np.where(kind == BOARD, 0.0, np.inf),
        kind=kind,
        way=np.repeat([p[4] for p in parts], sizes).astype(np.int64),
        position=np.concatenate([np.asarray(p[5], np.int64) for p in parts]),
        line_of_way=np.asarray(lines, np.int64),
        origins=origins,
        destinations=destinations,
    )
    if not (graph.cost >= 0).all():
        raise InputError("minutes must not be negative", row=int(np.argmin(graph.cost >= 0)), field="minutes")
    return graph.with_headways(np.asarray(headways, float))
