"""What each line carries: boardings, the busiest link, passenger-kilometres, and how crowding is felt."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shaar.engine.assignment.crowding import Crowded
from shaar.engine.assignment.graph import BOARD, RIDE, TransitGraph

F64 = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LineLoad:
    """A line in the hour (or whatever the trips were) of an assignment.

    Parameters
    ----------
    boardings
        People who get on.
    peak
        People on the busiest link.
    peak_way, peak_position
        Directed line of that link, and the position of the stop it leaves; -1 for an empty line.
    passenger_km, passenger_minutes
        Ridden; minutes as they are, not as felt.
    felt
        Mean multiplier of these minutes by crowding, 1 for an empty line.
    """

    boardings: float
    peak: float
    peak_way: int
    peak_position: int
    passenger_km: float
    passenger_minutes: float
    felt: float


def line_loads(graph: TransitGraph, crowded: Crowded, km: F64 | None = None) -> list[LineLoad]:
    """Sum up an assignment by line.

    Parameters
    ----------
    graph
        That was assigned, with its own minutes.
    km
        Length of each link, shape (m,); None: not known, passenger-kilometres are 0.
    """
    links, line = crowded.loading.links, graph.line
    rides = graph.kind == RIDE
    lengths = np.zeros(len(links)) if km is None else km
    found = []
    for k in range(int(graph.line_of_way.max(initial=-1)) + 1):
        mine = np.flatnonzero(rides & (line == k))
        load, minutes = links[mine], links[mine] * graph.cost[mine]
        top = int(mine[np.argmax(load)]) if len(mine) and load.max() > 0 else -1
        ridden = float(minutes.sum())
        found.append(
            LineLoad(
                boardings=float(links[(graph.kind == BOARD) & (line == k)].sum()),
                peak=float(load.max(initial=0.0)),
                peak_way=int(graph.way[top]) if top >= 0 else -1,
                peak_position=int(graph.position[top]) if top >= 0 else -1,
                passenger_km=float(load @ lengths[mine]),
                passenger_minutes=ridden,
                felt=float(minutes @ crowded.multiplier[mine]) / ridden if ridden > 0 else 1.0,
            )
        )
    return found
