"""One-way streets: what a link in one direction only costs on the way back, so that every stop can be served."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components, dijkstra

from .instance import Instance


@dataclass(frozen=True, slots=True)
class Returned:
    """An instance whose links can all be driven in both directions.

    Parameters
    ----------
    instance
        The instance with return drives; the nodes and their numbers are those of the first.
    one_way
        How many links had one direction only.
    left_out
        Nodes that no bus can both reach and leave, ascending: they have no links and no demand and need not be served.
    lost
        Share of all trips from or to nodes left out.
    """

    instance: Instance
    one_way: int
    left_out: tuple[int, ...]
    lost: float


def with_return_drives(instance: Instance) -> Returned:
    """Give each one-way link the fastest drive back over all streets as its time in the other direction.

    A route that goes from a to b over a one-way link comes back from b to a by the fastest streets, without serving
    what lies on the way. So every route set can be driven in exactly the times of the model; a plan that also serves
    stops it passes on the way back can only be better. Only the largest strongly connected part (by number of nodes)
    has such drives; what lies outside is left out.
    """
    out = np.isfinite(instance.time)
    np.fill_diagonal(out, False)
    part = connected_components(csr_matrix(out), connection="strong")[1]
    kept = part == int(np.argmax(np.bincount(part)))
    time = np.where(out & kept[:, None] & kept[None, :], instance.time, np.inf)
    links = np.isfinite(time)
    one_way = links & ~links.T
    rows, cols = np.nonzero(links)
    # csgraph reads an explicit zero as no link, so a free link gets the shortest time that still counts as one.
    fastest = dijkstra(csr_matrix((np.maximum(time[rows, cols], 1e-12), (rows, cols)), shape=time.shape))
    time[one_way.T] = fastest[one_way.T]
    demand = np.where(kept[:, None] & kept[None, :], instance.demand, 0.0)
    total = float(instance.demand.sum())
    return Returned(
        instance=replace(
            instance, time=time, demand=demand, terminal=instance.terminal & kept, must_cover=instance.must_cover & kept
        ),
        one_way=int(one_way.sum()),
        left_out=tuple(int(node) for node in np.flatnonzero(~kept)),
        lost=1.0 - float(demand.sum()) / total if total > 0 else 0.0,
    )  # fmt: skip
