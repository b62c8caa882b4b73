"""Crashes per kilometre of street, smoothed along the street graph rather than across blocks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from shaar.engine.access import safety_kernels as kernels

F64 = npt.NDArray[np.float64]
I32 = npt.NDArray[np.int32]
Shape = Literal["epanechnikov", "quartic"]
#: Paths whose share of an event has fallen below this are not followed further.
EPSILON = 1e-3


@dataclass(frozen=True, slots=True)
class Density:
    """Density on the cells of links, per metre.

    Parameters
    ----------
    cell_ptr
        Shape (l + 1,): the cells of link k are ``cell_ptr[k]:cell_ptr[k+1]``, equally long, from its from_node on.
    value
        Shape (c,): weight per metre at the middle of each cell.
    metres
        Shape (c,): length of each cell.
    """

    cell_ptr: npt.NDArray[np.int64]
    value: F64
    metres: F64

    @property
    def by_link(self) -> F64:
        """Mean over each link, per metre, float64[l]."""
        total = np.add.reduceat(np.append(self.value * self.metres, 0.0), self.cell_ptr[:-1])
        length = np.add.reduceat(np.append(self.metres, 0.0), self.cell_ptr[:-1])
        out: F64 = total / length
        return out

    @property
    def peak(self) -> F64:
        """Highest cell of each link, per metre, float64[l]."""
        out: F64 = np.maximum.reduceat(self.value, self.cell_ptr[:-1])
        return out


def network_density(
    from_node: npt.ArrayLike,
    to_node: npt.ArrayLike,
    length: npt.ArrayLike,
    event_link: npt.ArrayLike,
    event_along: npt.ArrayLike,
    *,
    weight: npt.ArrayLike | None = None,
    bandwidth: float = 200.0,
    cell: float = 25.0,
    shape: Shape = "quartic",
    continuous: bool = True,
    epsilon: float = EPSILON,
) -> Density:
    """Kernel density estimate on a network, equal-split (Okabe and Sugihara 2012, Spatial Analysis along Networks,
    ch. 9).

    An event spreads a one-dimensional kernel k along every path of the streets that leaves it. The discontinuous rule
    divides it evenly among the links that go on, K = k(d) / prod (n_i - 1); nothing comes back, and what reaches a dead
    end is lost. The continuous rule sends 2/n on to each other link and (2 - n)/n back, so that the density has no
    jumps at junctions, an event always adds up to its weight, and the density at x of an event at y is that at y of
    one at x; it is the default.

    Parameters
    ----------
    from_node, to_node, length
        Shape (l,): street links, walked both ways here; lengths in metres, above 0.
    event_link, event_along
        Shape (e,): link and metres from its from_node of each event.
    weight
        Shape (e,), 1 each when None (a severity weight).
    bandwidth
        Metres at which the kernel ends. 100 to 300 m are usual for crashes.
    cell
        Longest cell, metres.
    epsilon
        Paths with a smaller share of the event are cut; 0 follows all.
    """
    a, b = np.asarray(from_node, np.int32), np.asarray(to_node, np.int32)
    size = np.asarray(length, np.float64)
    link, at = np.asarray(event_link, np.int32), np.asarray(event_along, np.float64)
    w = np.ones(len(link)) if weight is None else np.asarray(weight, np.float64)
    if not (bandwidth > 0 and cell > 0):
        raise ValueError("the bandwidth and the cell must be above 0")
    if not (len(a) == len(b) == len(size)) or (size <= 0).any():
        raise ValueError("every link needs two nodes and a length above 0")
    if not (len(link) == len(at) == len(w)):
        raise ValueError("every event needs a link, a place on it and a weight")
    if len(link) and (link.min() < 0 or link.max() >= len(a)):
        raise ValueError("an event lies on a link that does not exist")
    cells = np.maximum(1, np.ceil(size / cell)).astype(np.int64)
    cell_ptr = np.concatenate([[0], np.cumsum(cells)])
    ptr, inc = incidence(a, b)
    value = np.zeros(int(cell_ptr[-1]))
    kind = kernels.QUARTIC if shape == "quartic" else kernels.EPANECHNIKOV
    kernels.network_density(
        link, np.clip(at, 0.0, size[link]) if len(link) else at, w, a, b, size, ptr, inc, cell_ptr, float(bandwidth),
        kind, continuous, float(epsilon), value,
    )  # fmt: skip
    return Density(cell_ptr, value, np.repeat(size / cells, cells))


def incidence(from_node: I32, to_node: I32) -> tuple[npt.NDArray[np.int64], I32]:
    """Links at every node as compressed rows (ptr, link); a loop stands at its node twice, one after the other."""
    n = int(max(from_node.max(initial=-1), to_node.max(initial=-1))) + 1
    node = np.concatenate([from_node, to_node])
    link = np.tile(np.arange(len(from_node), dtype=np.int32), 2)
    order = np.lexsort((link, node))
    return np.searchsorted(node[order], np.arange(n + 1)).astype(np.int64), link[order]
