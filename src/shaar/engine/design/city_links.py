"""Links between neighbouring stop groups: street paths that meet no third group, with run times both ways."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely
from scipy.sparse.csgraph import dijkstra

from shaar.engine.design import city_kernels as kernels
from shaar.engine.design.city_groups import Groups
from shaar.engine.design.city_streets import BusStreets, RunTimes

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]

#: Speed at which a wide stop group is crossed (km/h) and usual distance between stops (m); both assumed.
ASIDE_KMH = 25.0
STOP_SPACING = 420.0


def city_links(streets: BusStreets, groups: Groups, run: RunTimes) -> tuple[F64, dict[tuple[int, int], I64]]:
    """Minutes (dwell included) and street paths between groups whose least path meets no third group."""
    n = groups.n
    lengths = np.maximum(streets.metres, 1e-9)
    full = np.full((n, n), np.inf)
    near = np.zeros((n, n), bool)
    best = np.full((n, n), -1, np.int64)
    nothing = np.zeros(streets.m, bool)
    trees = []
    owner = np.repeat(np.arange(n), np.diff(groups.edge_ptr))
    # Where a group is wide, a line that calls at one end of it and goes on from the other has that way to run as well:
    # times count half the way from and to the group's representative point, since lines seldom cross all of it.
    place = shapely.get_coordinates(shapely.line_interpolate_point(streets.lines[groups.edge], groups.edge_at))
    aside = 0.5 * np.hypot(*(place - groups.xy[owner]).T) / (ASIDE_KMH * 1000.0 / 60.0)
    remain = streets.minutes[groups.edge] * (1.0 - np.minimum(groups.edge_at / lengths[groups.edge], 1.0))
    for g in range(n):
        mine = slice(groups.edge_ptr[g], groups.edge_ptr[g + 1])
        edges, rest = groups.edge[mine], (remain + aside)[mine]
        label, pred = kernels.edge_tree(
            streets.ptr, streets.succ, streets.turn, streets.minutes, edges, rest, nothing, np.inf
        )
        through = kernels.pass_through(label, pred, groups.edge_owner, g)
        trees.append(pred)
        arrive = label[groups.edge] - remain + aside
        # On an edge that the way starts on, a place behind the start is not reached by standing still.
        begun = np.full(streets.m, -np.inf)
        begun[edges] = groups.edge_at[mine]
        arrive[(pred[groups.edge] < 0) & (groups.edge_at < begun[groups.edge])] = np.inf
        for h in range(n):
            if h == g:
                continue
            part = slice(groups.edge_ptr[h], groups.edge_ptr[h + 1])
            k = int(np.argmin(arrive[part])) + int(groups.edge_ptr[h])
            full[g, h], best[g, h] = arrive[k], groups.edge[k]
            near[g, h] = not through[groups.edge[k]]
    near |= near.T
    near &= np.isfinite(full) & np.isfinite(full.T)
    time = np.full((n, n), np.inf)
    # A long link between far groups (over open country) has no stops on its way.
    stops_near = np.hypot(*(groups.xy[:, None] - groups.xy[None]).transpose(2, 0, 1)) < 2500.0
    paths: dict[tuple[int, int], I64] = {}
    for g, h in zip(*np.nonzero(near), strict=True):
        path = [int(best[g, h])]
        while trees[g][path[-1]] >= 0:
            path.append(int(trees[g][path[-1]]))
        edges = np.array(path[::-1], np.int64)
        paths[int(g), int(h)] = edges
        # Lines also stop between the groups, about every 400 m.
        calls = max(1.0, float(streets.metres[edges].sum()) / STOP_SPACING) if stops_near[g, h] else 1.0
        time[g, h] = max(float(full[g, h]), 0.2) + run.dwell_minutes * calls
    return time, paths


def farthest(time: F64, must: npt.NDArray[np.bool_], demand: F64) -> float:
    """Minutes between the busiest group and the farthest group that has to be served."""
    if not must.any():
        return 0.0
    hub = int(np.argmax(demand.sum(axis=0) + demand.sum(axis=1)))
    weights = np.where(np.isfinite(time), time, 0.0)
    there, back = dijkstra(weights)[hub], dijkstra(weights.T)[hub]
    reach = np.maximum(there, back)[must]
    return float(reach[np.isfinite(reach)].max(initial=0.0))
