"""The transit network design problem as arrays: a benchmark instance or a real city reduced to stop groups."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

#: A route is a sequence of 0-based nodes without repetition, run in both directions; a route set is a tuple of them.
Route = tuple[int, ...]
RouteSet = tuple[Route, ...]


@dataclass(frozen=True, slots=True)
class Instance:
    """A transit network design problem (TNDP).

    Parameters
    ----------
    time
        Link run times in minutes, shape (n, n); ``inf`` where there is no link; may be asymmetric.
    demand
        Trips per unit of time, shape (n, n), zero diagonal.
    xy
        Node coordinates for drawing, shape (n, 2).
    n_routes, min_nodes, max_nodes
        Exactly this many routes, each with so many nodes.
    transfer_penalty
        Minutes added per transfer.
    terminal
        Where a route may end, shape (n,), bool.
    must_cover
        Nodes that some route has to serve, shape (n,), bool.
    max_minutes
        Longest one-direction run time of a route.
    unserved_minutes
        What a trip between nodes that no route connects, or only more slowly than this, counts in the mean; ``inf``
        (the classic problem): a route set must serve and connect every node in ``must_cover`` or with demand.
    max_detour
        Longest run time of a route from end to end, as a multiple of the least time between its ends over links
        drivable both ways; in each direction; at least 1.
    """

    name: str
    time: npt.NDArray[np.float64]
    demand: npt.NDArray[np.float64]
    xy: npt.NDArray[np.float64]
    n_routes: int
    min_nodes: int
    max_nodes: int
    transfer_penalty: float
    terminal: npt.NDArray[np.bool_]
    must_cover: npt.NDArray[np.bool_]
    max_minutes: float = float("inf")
    unserved_minutes: float = float("inf")
    max_detour: float = float("inf")

    @property
    def n(self) -> int:
        """Number of nodes."""
        return len(self.xy)
