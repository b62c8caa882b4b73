"""Low-stress connectivity: which share of trips can be ridden at a level of stress, and by what detour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shaar.engine.routing.cycle_network import CycleNet, Points, rows
from shaar.engine.routing.cycle_plan import accepted

F64 = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Connectivity:
    """What one level of stress allows.

    Parameters
    ----------
    level
        Highest level ridden, 1 to 4.
    joined, served
        Share of trips whose ends ways of this level join, and of those whose way is no longer than people accept.
    detour
        Trip-weighted mean of the way over the quickest legal way, of the joined trips; nan where there are none.
    by_point
        Shape (p,): share of the trips from each point that are served; nan where it has none.
    """

    level: int
    joined: float
    served: float
    detour: float
    by_point: F64


def connectivity(net: CycleNet, points: Points, trips: F64, p: Mapping[str, float]) -> tuple[Connectivity, ...]:
    """Measure connectivity at the levels 1 to 4 (Mekuria, Furth and Nixon 2012, MTI report 11-19).

    Trips that the network joins within ``longest_minutes`` on any street count; a way may be a quarter or 530 m longer
    than the quickest legal one. Crossings count with the level of the arc that arrives at them.

    Parameters
    ----------
    trips
        Shape (p, p), between points.
    """
    exists = net.link >= 0
    seconds = np.where(exists, net.seconds(), np.inf)
    limit = 60.0 * p["longest_minutes"]
    direct = rows(net, points.node, seconds, limit)[:, points.node]
    counted = np.where(np.isfinite(direct), trips, 0.0)
    whole = float(counted.sum())
    bound = accepted(direct, p)
    worst = np.maximum(net.stress, net.cross)
    out = []
    for level in (1, 2, 3, 4):
        calm = rows(net, points.node, np.where(worst <= level, seconds, np.inf), 2.0 * limit)[:, points.node]
        joined = np.where(np.isfinite(calm), counted, 0.0)
        served = np.where(calm <= bound, counted, 0.0)
        moved = joined * (direct > 0)
        ratio = np.divide(calm, direct, out=np.ones_like(calm), where=(direct > 0) & np.isfinite(calm))
        mine = counted.sum(axis=1)
        out.append(
            Connectivity(
                level,
                float(joined.sum()) / whole if whole > 0 else 0.0,
                float(served.sum()) / whole if whole > 0 else 0.0,
                float((moved * ratio).sum() / moved.sum()) if moved.sum() > 0 else float("nan"),
                np.divide(served.sum(axis=1), mine, out=np.full(len(mine), np.nan), where=mine > 0),
            )
        )
    return tuple(out)
