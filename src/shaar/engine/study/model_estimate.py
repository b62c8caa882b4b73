"""The cars of the busiest hour brought towards counts on streets, with the modelled matrix kept in view."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from shaar.engine.assignment.road_equilibrium import RoadFlows, equilibrium
from shaar.engine.assignment.road_select import select_links
from shaar.engine.demand.estimation_routes import RoutesEstimate, estimate_with_routes
from shaar.engine.progress import Progress, silent
from shaar.engine.study.model_counts import Counted, counted_links
from shaar.engine.study.model_results import CityModel

F64 = npt.NDArray[np.float64]
#: Fewer counts than this say something about their streets and nothing about a matrix.
LEAST = 5
#: Share of the counts set aside, which say whether the matrix became better where nobody looked.
HELD = 0.2
#: Relative gap of the roads while routes and matrix answer each other.
GAP = 1e-6


@dataclass(frozen=True, slots=True)
class ToCounts:
    """A matrix of vehicles estimated from counts.

    Parameters
    ----------
    counted
        The counts, with what the model gave before.
    found
        Prior, estimate, fit where counts were used and where they were held out, and what changed.
    """

    counted: Counted
    found: RoutesEstimate


def to_counts(model: CityModel, *, held: float = HELD, seed: int = 0, progress: Progress = silent) -> ToCounts | None:
    """Estimate the vehicles of the busiest hour from the counts of the city folder.

    The matrix nearest to the modelled one (entropy) that meets the counts as far as these are sure, with routes that
    answer to it: :func:`shaar.engine.demand.estimation_routes.estimate_with_routes`. Proportions are those of the
    bushes of each equilibrium, begun from the one before.

    Returns
    -------
    ToCounts or None
        None with fewer than five counts of vehicles in the morning.

    Raises
    ------
    InputError
        ``counts.csv`` cannot be read, or no modelled car passes any counted street.
    """
    counted = counted_links(model)
    if counted is None or len(counted.counted) < LEAST:
        return None
    prior = model.vehicles
    flows = model.flows

    def routes(matrix: F64) -> sparse.csr_matrix:
        nonlocal flows
        flows = equilibrium(model.roads.network, matrix, gap=GAP, start=flows.bushes)
        return proportions(flows, counted.links)

    found = estimate_with_routes(
        prior, routes, counted.counted, holdout=held, seed=seed, costs=model.skims.minutes, progress=progress
    )
    return ToCounts(counted, found)


def proportions(flows: RoadFlows, counts: tuple[tuple[int, ...], ...], cls: int = 0) -> sparse.csr_matrix:
    """Share of the trips of each pair of zones that passes each count, shape (counts, z * z).

    A count is a set of links; a trip that passes two of them counts twice, as it does on the street.
    """
    demand = flows.demand[cls].ravel()
    some = np.flatnonzero(demand > 0)
    rows = []
    for links in counts:
        row = np.zeros(len(some))
        for link in links:
            row += select_links(flows, link).trips[cls].ravel()[some] / demand[some]
        at = np.flatnonzero(row)
        rows.append(sparse.csr_matrix((row[at], (np.zeros(len(at), int), some[at])), shape=(1, len(demand))))
    return sparse.csr_matrix(sparse.vstack(rows))
