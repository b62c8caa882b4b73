"""Matrix estimation by Spiess' gradient: counts alone, the prior as the place to start from."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from shaar.engine.demand.estimation import Estimate, Proportions, checked, finish
from shaar.engine.errors import InputError
from shaar.engine.progress import Progress, silent

F64 = npt.NDArray[np.float64]


def estimate_spiess(
    prior: F64,
    proportions: Proportions,
    counts: F64,
    *,
    iterations: int = 50,
    tolerance: float = 1e-12,
    holdout: float = 0.0,
    seed: int = 0,
    hours: float = 1.0,
    costs: F64 | None = None,
    progress: Progress = silent,
) -> Estimate:
    """Follow the relative gradient from the prior.

    With ``Z = 1/2 sum_a (v_a - c_a)^2`` and ``g_i = dZ/dT_i = sum_a P_ai (v_a - c_a)``, each round takes
    ``T_i <- T_i (1 - l g_i)``; along it volumes change by ``v'_a = -sum_i T_i g_i P_ai``, the best step is
    ``l = sum_a v'_a (c_a - v_a) / sum_a v'_a^2``, and no cell may turn negative (``l g_i <= 1``; here a round stops
    short of emptying a cell). Source: Spiess, *A gradient approach for the O-D matrix adjustment problem*, 1990.
    Large flows change before small ones, zero cells stay zero, and *where it stops is a choice*: the longer, the
    nearer to the counts and the farther from the prior.

    Parameters
    ----------
    prior, proportions, counts, holdout, seed, hours, costs
        See :func:`estimation.estimate`.
    iterations
        Rounds at most.
    tolerance
        Stop when a round lowers ``Z`` by less than this share of its first value.

    Raises
    ------
    InputError
        As :func:`estimation.estimate`.
    """
    t0 = np.asarray(prior, dtype=np.float64)
    p, c, _, used = checked(t0, proportions, counts, 1.0, holdout, seed)
    if iterations < 1:
        raise InputError("at least one round is needed", field="iterations")
    a, wanted = p[used], c[used]
    trips = t0.ravel().copy()
    volume = a @ trips
    history = [0.5 * float(((volume - wanted) ** 2).sum())]
    rounds, converged = 0, history[0] == 0.0
    while rounds < iterations and not converged:
        rounds += 1
        gradient = a.T @ (volume - wanted)
        change = -(a @ (trips * gradient))
        length = float(change @ change)
        if length <= 0:
            converged = True
            break
        steepest = float(gradient[trips > 0].max(initial=0.0))
        step = float(change @ (wanted - volume)) / length
        if steepest > 0:
            step = min(step, (1 - 1e-9) / steepest)
        trips = trips * (1.0 - step * gradient)
        volume = a @ trips
        history.append(0.5 * float(((volume - wanted) ** 2).sum()))
        progress("matrix estimation", rounds, iterations, f"Z {history[-1]:.4g}")
        converged = history[-2] - history[-1] <= tolerance * history[0]
    return finish(t0, trips.reshape(t0.shape), p, c, used, history, rounds, float("nan"), converged, hours, costs)
