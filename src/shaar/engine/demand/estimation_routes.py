"""Matrix estimation where routes answer to the matrix: assign and estimate in turn, against one and the same prior."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shaar.engine.demand.estimation import Estimate, Proportions, estimate
from shaar.engine.errors import InputError
from shaar.engine.progress import Progress, silent

F64 = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RoutesRound:
    """One round: share of the trips that moved, and percent RMSE at the counts used with the routes of the round."""

    number: int
    moved: float
    percent_rmse: float


@dataclass(frozen=True, slots=True)
class RoutesEstimate:
    """The last estimate, with the routes it was made with, every round, and whether the matrix had settled."""

    estimate: Estimate
    rounds: tuple[RoutesRound, ...]
    settled: bool


def estimate_with_routes(
    prior: F64,
    routes: Callable[[F64], Proportions],
    counts: F64,
    *,
    target: float = 1e-3,
    max_rounds: int = 20,
    errors: F64 | float = 0.1,
    prior_weight: float = 0.01,
    limit: float = 10.0,
    holdout: float = 0.0,
    seed: int = 0,
    hours: float = 1.0,
    costs: F64 | None = None,
    progress: Progress = silent,
) -> RoutesEstimate:
    """Alternate between assignment and estimation until the matrix stands still.

    Each round assigns ``X``, estimates ``E(P(X))`` from the prior with these proportions and moves
    ``X <- X + (E - X) / d``; ``d`` starts at 1 and grows by 1.8 where the move grew, else by 0.1 (the bilevel problem
    by averages: Yang et al. 1992, with the steps of Liu, He and He 2009; Lundgren and Peterson 2008 say why it is a
    heuristic). The prior never drifts: each estimate starts from it.

    Parameters
    ----------
    routes
        Matrix -> proportions, for example from the bushes of an equilibrium; called once a round.
    target
        Settled when less than this share of the trips would move.
    prior, counts, errors, prior_weight, limit, holdout, seed, hours, costs
        See :func:`estimation.estimate`.

    Raises
    ------
    InputError
        As :func:`estimation.estimate`.
    """
    if not (target > 0 and max_rounds >= 1):
        raise InputError("the target must be positive and at least one round allowed", field="target")
    matrix = np.asarray(prior, dtype=np.float64)
    rounds: list[RoutesRound] = []
    divisor, before = 1.0, np.inf
    for number in range(1, max_rounds + 1):
        found = estimate(
            prior,
            routes(matrix),
            counts,
            errors=errors,
            prior_weight=prior_weight,
            limit=limit,
            holdout=holdout,
            seed=seed,
            hours=hours,
            costs=costs,
        )
        moved = float(np.abs(found.matrix - matrix).sum() / max(matrix.sum(), 1e-300))
        rounds.append(RoutesRound(number, moved, found.after.percent_rmse))
        progress("matrix estimation with routes", number, None, f"moved {moved:.3%}")
        if moved < target:
            return RoutesEstimate(found, tuple(rounds), True)
        divisor, before = divisor + (1.8 if moved >= before else 0.1 if number > 1 else 0.0), moved
        matrix = matrix + (found.matrix - matrix) / divisor
    return RoutesEstimate(found, tuple(rounds), False)
