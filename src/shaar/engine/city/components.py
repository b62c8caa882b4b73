"""Connected components of a graph given as arrays."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

I32 = npt.NDArray[np.int32]


def components(n: int, tails: npt.NDArray[np.integer], heads: npt.NDArray[np.integer], *, strong: bool = False) -> I32:
    """Label the components of a graph, the largest first.

    Parameters
    ----------
    n
        Number of nodes.
    tails, heads
        Ends of the edges, each of shape (m,), values in [0, n).
    strong
        Follow the direction: nodes share a label where each can be reached from the other.

    Returns
    -------
    Labels, shape (n,): 0 for the largest component, then by falling size (ties by the lowest node).
    """
    if n == 0:
        return np.empty(0, np.int32)
    edges = coo_matrix((np.ones(len(tails), np.int8), (tails, heads)), shape=(n, n))
    count, raw = connected_components(edges, directed=strong, connection="strong")
    first = np.full(count, n, np.int64)
    np.minimum.at(first, raw, np.arange(n))
    rank = np.empty(count, np.int32)
    rank[np.lexsort((first, -np.bincount(raw, minlength=count)))] = np.arange(count, dtype=np.int32)
    return rank[raw]
