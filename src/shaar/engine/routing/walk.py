"""Walking between zones and stops over the streets, as compressed rows."""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

from shaar.engine.progress import Progress, silent
from shaar.engine.routing import walk_kernels as kernels
from shaar.engine.routing.graph import StreetGraph
from shaar.engine.routing.snap import Snapped, seeds

CHUNK = 512


@dataclass(frozen=True, slots=True)
class WalkLinks:
    """Walks from n things to ``n_to`` things within a limit: row ``i`` is ``ptr[i]:ptr[i+1]``.

    Parameters
    ----------
    ptr
        Shape (n + 1,).
    to
        Shape (k,): index of the thing reached; ascending within a row.
    metres
        Shape (k,), street distance door to door.
    seconds
        Shape (k,), whole seconds rounded up.
    n_to
        Number of things that could be reached.
    """

    ptr: npt.NDArray[np.int64]
    to: npt.NDArray[np.int32]
    metres: npt.NDArray[np.float32]
    seconds: npt.NDArray[np.int32]
    n_to: int

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.ptr) - 1

    def transposed(self) -> WalkLinks:
        """The same walks the other way round (walking is equally long both ways)."""
        row = np.repeat(np.arange(self.n, dtype=np.int32), np.diff(self.ptr))
        order = np.lexsort((row, self.to))
        ptr = np.searchsorted(self.to[order], np.arange(self.n_to + 1)).astype(np.int64)
        return WalkLinks(ptr, row[order], self.metres[order], self.seconds[order], self.n)

    def rows_dense_seconds(self, lo: int, hi: int, missing: int) -> npt.NDArray[np.int32]:
        """Seconds of rows lo..hi-1 as an array int32[hi - lo, n_to] with ``missing`` where there is no walk."""
        out = np.full((hi - lo, self.n_to), missing, np.int32)
        part = slice(int(self.ptr[lo]), int(self.ptr[hi]))
        out[np.repeat(np.arange(hi - lo), np.diff(self.ptr[lo : hi + 1])), self.to[part]] = self.seconds[part]
        return out

    def nearest_metres(self) -> npt.NDArray[np.float64]:
        """Distance to the nearest thing of each row, shape (n,), nan where none is within the limit."""
        out = np.full(self.n, np.inf)
        np.minimum.at(out, np.repeat(np.arange(self.n), np.diff(self.ptr)), self.metres.astype(np.float64))
        return np.where(np.isinf(out), np.nan, out)


def walk_links(
    graph: StreetGraph,
    sources: Snapped,
    targets: Snapped,
    *,
    limit: float,
    kmh: float,
    progress: Progress = silent,
    stage: str = "walks",
) -> WalkLinks:
    """Street distances from every source to every target within a limit (bounded Dijkstra from each source).

    A walk leaves the source straight to its link, follows links to the target's link and leaves it straight. The
    way between a thing and itself is not special: its length counts twice the distance beside the link, so callers
    that pass the same points twice drop or keep the diagonal as they need.

    Parameters
    ----------
    graph
        Walking graph made with ``cost="metres"``.
    limit
        Metres.
    kmh
        Walking speed that turns metres into seconds.
    """
    if graph.unit != "metres":
        raise ValueError("the walking graph must count metres")
    n_s, n_t = len(sources.link), len(targets.link)
    s_ptr, s_node, s_cost = seeds(graph, sources, outward=True)
    t_ptr, t_node, t_cost = seeds(graph, targets, outward=False)
    t_id = np.repeat(np.arange(n_t, dtype=np.int32), np.diff(t_ptr))
    by_node = np.argsort(t_node, kind="stable")
    node_ptr = np.searchsorted(t_node[by_node], np.arange(graph.n_nodes + 1)).astype(np.int64)
    n_links = len(graph.arc_forward)
    on = np.flatnonzero(targets.link >= 0)
    by_link = on[np.argsort(targets.link[on], kind="stable")].astype(np.int32)
    link_ptr = np.searchsorted(targets.link[by_link], np.arange(n_links + 1)).astype(np.int64)
    parts, cap = [], 64
    for lo in range(0, n_s, CHUNK):
        hi = min(lo + CHUNK, n_s)
        b, e = s_ptr[lo], s_ptr[hi]
        while True:
            count, ids, metres = kernels.walk_links(
                s_ptr[lo : hi + 1] - b, s_node[b:e], s_cost[b:e], np.maximum(sources.link[lo:hi], 0),
                sources.along[lo:hi], sources.beside[lo:hi], node_ptr, t_id[by_node], t_cost[by_node], link_ptr,
                by_link, targets.along[by_link], targets.beside[by_link], n_t, float(limit), graph.ptr, graph.head,
                graph.cost, numba.get_num_threads(), cap,
            )  # fmt: skip
            if not len(count) or count.max() <= cap:
                break
            cap = int(count.max()) + 16
        keep = np.arange(cap)[None, :] < count[:, None]
        to, way = ids[keep], metres[keep]
        order = np.lexsort((to, np.repeat(np.arange(hi - lo), count)))
        parts.append((count, to[order], way[order]))
        progress(stage, hi, n_s)
    return _rows(parts, n_t, kmh)


def _rows(parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]], n_to: int, kmh: float) -> WalkLinks:
    count = np.concatenate([p[0] for p in parts]) if parts else np.zeros(0, np.int32)
    to = np.concatenate([p[1] for p in parts]) if parts else np.zeros(0, np.int32)
    metres = np.concatenate([p[2] for p in parts]) if parts else np.zeros(0, np.float32)
    ptr = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
    # a millisecond is forgiven, so that rounding errors of the projection do not cost whole seconds
    seconds = np.ceil(metres.astype(np.float64) * 3.6 / kmh - 1e-3).astype(np.int32)
    return WalkLinks(ptr, to, metres, seconds, n_to)


def without_self(walks: WalkLinks) -> WalkLinks:
    """Drop the walks from a thing to itself (transfers between stops need none)."""
    row = np.repeat(np.arange(walks.n), np.diff(walks.ptr))
    keep = row != walks.to
    ptr = np.searchsorted(row[keep], np.arange(walks.n + 1)).astype(np.int64)
    return WalkLinks(ptr, walks.to[keep], walks.metres[keep], walks.seconds[keep], walks.n_to)
