"""Points in clusters: weighted k-means that does not depend on the order of the points, and silhouettes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]

#: Coordinates closer than this share of the spread count as equal when points are put in order.
_GRAIN = 1e-9


def canonical_order(points: F64) -> I64:
    """Order points by their coordinates, so that the order in which people came decides nothing; shape (n,)."""
    spread = float(np.abs(points).max()) if points.size else 0.0
    grid = np.round(points / (spread * _GRAIN)) if spread > 0 else np.zeros_like(points)
    return np.lexsort(grid.T[::-1])


def distances(a: F64, b: F64) -> F64:
    """Euclidean distances between two sets of points, shape (len(a), len(b))."""
    return np.sqrt(((a[:, None, :] - b[None, :, :]) ** 2).sum(axis=2))


def kmeans(points: F64, weights: F64, k: int, *, seed: int, starts: int = 5, rounds: int = 100) -> I64:
    """Cluster points by k-means (Lloyd) from several k-means++ starts; the least weighted inertia wins.

    Parameters
    ----------
    points, weights
        Shape (n, d) and (n,); weights above zero.
    k
        Clusters wanted, at most the number of different points (else fewer come out).
    seed, starts, rounds
        Of the random starts; the result depends on the set of points and the seed, not on their order.

    Returns
    -------
    Labels 0 ... k-1, shape (n,), numbered by the clusters' least place in the canonical order.

    Notes
    -----
    Lloyd 1982; Arthur and Vassilvitskii 2007.
    """
    order = canonical_order(points)
    x, w = points[order], weights[order]
    rng = np.random.default_rng(seed)
    best: I64 = np.zeros(len(x), dtype=np.int64)
    least = np.inf
    for _ in range(starts):
        centres = _start(x, w, k, rng)
        label = _nearest(x, centres)
        for _ in range(rounds):
            centres = _centres(x, w, label, centres)
            now = _nearest(x, centres)
            if np.array_equal(now, label):
                break
            label = now
        inertia = float((w * ((x - centres[label]) ** 2).sum(axis=1)).sum())
        if inertia < least * (1 - 1e-12):
            best, least = label, inertia
    _, first = np.unique(best, return_index=True)
    number = {int(best[i]): j for j, i in enumerate(np.sort(first))}
    out = np.empty(len(x), dtype=np.int64)
    out[order] = [number[int(c)] for c in best]
    return out


def _start(x: F64, w: F64, k: int, rng: np.random.Generator) -> F64:
    """Choose the first centres far from each other (k-means++)."""
    chosen = [int(np.searchsorted(np.cumsum(w), rng.random() * w.sum()))]
    gap = ((x - x[chosen[0]]) ** 2).sum(axis=1)
    for _ in range(k - 1):
        mass = w * gap
        total = mass.sum()
        if total <= 0:
            break
        chosen.append(min(int(np.searchsorted(np.cumsum(mass), rng.random() * total)), len(x) - 1))
        gap = np.minimum(gap, ((x - x[chosen[-1]]) ** 2).sum(axis=1))
    return x[chosen]


def _nearest(x: F64, centres: F64) -> I64:
    best = np.zeros(len(x), dtype=np.int64)
    least = ((x - centres[0]) ** 2).sum(axis=1)
    for c in range(1, len(centres)):  # one centre at a time keeps memory at the size of the points
        gap = ((x - centres[c]) ** 2).sum(axis=1)
        closer = gap < least
        best[closer], least[closer] = c, gap[closer]
    return best


def _centres(x: F64, w: F64, label: I64, old: F64) -> F64:
    k = len(old)
    mass = np.bincount(label, weights=w, minlength=k)
    sums = np.column_stack([np.bincount(label, weights=w * x[:, d], minlength=k) for d in range(x.shape[1])])
    full = mass > 0
    new = old.copy()
    new[full] = sums[full] / mass[full, None]
    return new


def silhouettes(points: F64, labels: I64, weights: F64 | None = None) -> F64:
    """Silhouette of each point, -1 to 1, shape (n,): how much closer its own cluster is than the next one.

    ``s = (b - a) / max(a, b)`` with ``a`` the mean distance to the others of its cluster and ``b`` the least mean
    distance to another cluster (Rousseeuw 1987). A point alone in its cluster has 0. A point of weight w stands for w
    points at one place, whose mutual distance is 0.
    """
    w = np.ones(len(points)) if weights is None else weights
    gap = distances(points, points)
    names, own = np.unique(labels, return_inverse=True)
    if len(names) < 2:
        return np.zeros(len(points))
    member = np.zeros((len(points), len(names)))
    member[np.arange(len(points)), own] = w
    sums, mass = gap @ member, member.sum(axis=0)
    row = np.arange(len(points))
    others = mass[own] - 1.0
    with np.errstate(invalid="ignore", divide="ignore"):
        a = np.where(others > 0, sums[row, own] / others, 0.0)
        mean = sums / mass
        mean[row, own] = np.inf
        b = mean.min(axis=1)
        s = np.where(np.maximum(a, b) > 0, (b - a) / np.maximum(a, b), 0.0)
    return np.where(others > 0, s, 0.0)
