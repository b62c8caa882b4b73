"""The built core of a city, and which settlements lie away from it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
import shapely
from scipy.sparse.csgraph import connected_components

F64 = npt.NDArray[np.float64]

#: Side (m) of the squares in which people are counted, and persons from which a square counts as inhabited.
CELL_M, CELL_PERSONS = 250.0, 25.0
#: Inhabited squares with at most this gap (m) between them belong together.
GAP_M = 500.0
#: A place farther from the middle than this share of the people lies at the edge.
FAR_SHARE = 0.95


def core_cells(x: F64, y: F64, persons: F64) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Return inhabited squares (column, row), shape (k, 2), and which of them are the core, shape (k,).

    Squares of 250 m with 25 persons or more are joined where the gap between them is at most 500 m; the group with the
    most people is the core (the idea of the degree of urbanisation: contiguous cells above a density threshold,
    European Union et al., "Applying the Degree of Urbanisation", 2021).

    Parameters
    ----------
    x, y, persons
        People, metric, shape (n,).
    """
    cell = np.column_stack([np.floor(x / CELL_M), np.floor(y / CELL_M)]).astype(np.int64)
    keys, inverse = np.unique(cell, axis=0, return_inverse=True)
    weight = np.bincount(inverse.ravel(), persons, len(keys))
    keep = weight >= CELL_PERSONS
    keys, weight = keys[keep], weight[keep]
    if not len(keys):
        return keys, np.zeros(0, bool)
    reach = int(GAP_M // CELL_M) + 1
    points = shapely.points(keys.astype(float))
    a, b = shapely.STRtree(points).query(
        shapely.box(*(keys - reach - 0.1).T, *(keys + reach + 0.1).T), predicate="intersects"
    )
    graph = sp.coo_array((np.ones(len(a), np.int8), (a, b)), shape=(len(keys), len(keys)))
    _, label = connected_components(graph, directed=False)
    return keys, label == np.argmax(np.bincount(label, weight))


def is_outlying(shapes: Sequence[object], x: F64, y: F64, persons: F64) -> npt.NDArray[np.bool_]:
    """Tell which places (metric outlines or points) lie away from the built core.

    An outline lies away if less than half of its people live in core squares; an outline without people, or a point,
    if its middle is more than 500 m from the nearest core square. Either lies away also if its middle is farther from
    the middle of the city (medians of the people's coordinates) than 95 % of the people live: a ribbon of dachas along
    the road does not make a far village part of the core.
    """
    out = np.zeros(len(shapes), bool)
    keys, core = core_cells(x, y, persons)
    if not len(keys) or not len(shapes):
        return out
    core_set = {(int(a), int(b)) for a, b in keys[core]}
    in_core = np.array([(int(a // CELL_M), int(b // CELL_M)) in core_set for a, b in zip(x, y)], dtype=bool)
    middle = shapely.Point(_median(x, persons), _median(y, persons))
    radius = _quantile(shapely.distance(shapely.points(x, y), middle), persons, FAR_SHARE)
    squares = shapely.union_all(shapely.box(*(keys[core] * CELL_M).T, *((keys[core] + 1) * CELL_M).T))
    for i, shape in enumerate(shapes):
        inside = shapely.contains_xy(shape, x, y) if shapely.area(shape) > 0 else np.zeros(len(x), bool)
        total = float(persons[inside].sum())
        if total > 0:
            out[i] = float(persons[inside & in_core].sum()) < 0.5 * total
        else:
            out[i] = shapely.distance(shapely.centroid(shape), squares) > GAP_M
        out[i] |= shapely.distance(shapely.centroid(shape), middle) > radius
    return out


def _median(values: F64, weight: F64) -> float:
    return _quantile(values, weight, 0.5)


def _quantile(values: F64, weight: F64, share: float) -> float:
    order = np.argsort(values, kind="stable")
    cumulated = np.cumsum(weight[order])
    return float(values[order][np.searchsorted(cumulated, share * cumulated[-1])])
