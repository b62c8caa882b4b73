"""Matrix estimation: the matrix nearest to the prior that agrees with counts as far as these are sure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import optimize, sparse

from shaar.engine.demand.estimation_report import Change, Fit, describe_change, describe_fit
from shaar.engine.errors import InputError
from shaar.engine.progress import Progress, silent

F64 = npt.NDArray[np.float64]
#: What one trip of each cell adds to each count, shape (counts, cells): a SciPy sparse matrix, or its CSR arrays
#: (indptr, indices, data). Cells are numbered as the matrix is flattened.
Proportions: TypeAlias = sparse.csr_matrix | tuple[npt.NDArray[np.integer], npt.NDArray[np.integer], F64]

#: No count is surer than this share of it: nothing in traffic is, and nearly exact counts that contradict each other
#: leave no digits to compute with.
SUREST = 1e-3


@dataclass(frozen=True, slots=True)
class Estimate:
    """An estimated matrix, how it fits and what it cost.

    Parameters
    ----------
    matrix
        Of the prior's shape; cells that were zero are zero.
    modelled
        What the matrix gives at every count, shape (c,).
    used
        Counts the estimate has seen, shape (c,); the others were held out or cannot be reached.
    unreached
        Counts that no trip of the prior passes (their numbers): no factor can make them.
    before, after
        Fit of prior and estimate at the counts used.
    held_before, held_after
        The same at those held out; None without any.
    change
        Estimate against prior.
    gap
        Objective less its proven lower bound, relative; nan where the method gives no bound.
    converged
        False where the rounds ran out first.
    """

    matrix: F64
    modelled: F64
    used: npt.NDArray[np.bool_]
    unreached: tuple[int, ...]
    before: Fit
    after: Fit
    held_before: Fit | None
    held_after: Fit | None
    change: Change
    objective: tuple[float, ...]
    iterations: int
    gap: float
    converged: bool


def estimate(
    prior: F64,
    proportions: Proportions,
    counts: F64,
    *,
    errors: F64 | float = 0.1,
    prior_weight: float = 0.01,
    limit: float = 10.0,
    holdout: float = 0.0,
    seed: int = 0,
    hours: float = 1.0,
    costs: F64 | None = None,
    tolerance: float = 1e-9,
    max_iterations: int = 200,
    progress: Progress = silent,
) -> Estimate:
    """Estimate a matrix by weighing counts against the prior.

    Minimises ``1/2 sum_a ((v_a - c_a) / s_a)^2 + w sum_i (T_i ln(T_i / T0_i) - T_i + T0_i)`` with ``v = P T`` and
    ``T0_i / limit <= T_i <= limit T0_i`` (entropy prior: Van Zuylen and Willumsen 1980; counts with errors: Cascetta
    1984). It is convex; at its minimum ``T_i = T0_i exp(-sum_a P_ai l_a / w)``, so only one number ``l_a`` per count
    is unknown. These maximise the concave dual by Newton's method, and the dual value bounds how far the result can
    be from the best. Where the climb sticks, L-BFGS-B on the log-multipliers goes on.

    Parameters
    ----------
    prior
        Trips, non-negative, any shape; a cell of zero stays zero.
    proportions
        See :data:`Proportions`; for several classes flatten (class, from, to).
    counts
        In the unit of the prior times the proportions, shape (c,).
    errors
        Standard error of each count, shape (c,), or one number: the share of the count (at least one vehicle). None
        counts as less than :data:`SUREST` of the count.
    prior_weight
        Trust in the prior; 1 takes each cell for a Poisson count of its trips, 0.01 lets a thousand trips be wrong by
        about a third.
    limit
        No cell grows or shrinks by more than this factor.
    holdout
        Share of the counts that is set aside, chosen by ``seed``, to see how the estimate does where it did not look.
    hours
        Hours that counts cover: the GEH statistic speaks of hourly flows.
    costs
        Minutes or km of each cell, to report whether mean length moved.

    Raises
    ------
    InputError
        Shapes differ, a number is negative or missing, or no trip of the prior passes any count.
    """
    t0 = np.asarray(prior, dtype=np.float64)
    p, c, s, used = checked(t0, proportions, counts, errors, holdout, seed)
    if not (np.isfinite(prior_weight) and prior_weight > 0):
        raise InputError("the weight of the prior must be positive", field="prior_weight")
    if not limit > 1:
        raise InputError("the limit must be above one", field="limit")
    base = t0.ravel()
    mine = p[used]
    cells = np.flatnonzero((base > 0) & (np.asarray(np.abs(mine).sum(axis=0)).ravel() > 0))
    a = sparse.csr_matrix(mine[:, cells])
    start, wanted, variance = base[cells], c[used], s[used] ** 2
    bound = float(np.log(limit))
    problem = _Problem(a, start, wanted, variance, prior_weight, bound)
    state, bound_value, history, rounds = _climb(problem, tolerance, max_iterations, progress)
    if problem.gap(state.primal, bound_value) > tolerance:
        # Counts that contradict each other and are said to be nearly exact: descend where the climb stuck.
        state, taken = _descend(problem, state, max_iterations)
        history, rounds = [*history, state.primal], rounds + taken
        # At the minimum the counts' multipliers are their misses over their variances: another bound.
        bound_value = max(bound_value, problem.dual((state.volume - wanted) / variance)[0])
    trips, gap = state.trips, problem.gap(state.primal, bound_value)
    flat = base.copy()
    flat[cells] = trips
    return finish(t0, flat.reshape(t0.shape), p, c, used, history, rounds, gap, gap <= tolerance, hours, costs)


@dataclass(frozen=True, slots=True)
class _State:
    """Log-multipliers with their trips, volumes and objective."""

    x: F64
    trips: F64
    volume: F64
    primal: float


@dataclass(frozen=True, slots=True)
class _Problem:
    """Cells that counts can see, with their proportions, and the counts used."""

    a: sparse.csr_matrix
    start: F64
    wanted: F64
    variance: F64
    weight: float
    bound: float

    def at(self, x: F64) -> _State:
        """Evaluate the objective."""
        trips = self.start * np.exp(x)
        volume = self.a @ trips
        prior = self.weight * float((trips * x - trips + self.start).sum())
        return _State(x, trips, volume, prior + 0.5 * float((((volume - self.wanted) ** 2) / self.variance).sum()))

    def dual(self, dual: F64) -> tuple[float, _State]:
        """Return the dual value where the counts have these multipliers, and the trips that belong to it."""
        pull = self.a.T @ dual
        state = self.at(np.clip(-pull / self.weight, -self.bound, self.bound))
        prior = self.weight * float((state.trips * state.x - state.trips + self.start).sum())
        loss = float(self.variance @ dual**2) / 2 + float(dual @ self.wanted)
        return prior + float(state.trips @ pull) - loss, state

    def gap(self, primal: float, bound: float) -> float:
        """Return how far the objective is above its bound, relative."""
        return (primal - bound) / max(abs(primal), 1e-12 * float(self.start.sum()), 1e-300)


def _climb(
    problem: _Problem, tolerance: float, most: int, progress: Progress
) -> tuple[_State, float, list[float], int]:
    """Climb the dual by Newton's method; return the best trips seen, the bound, the objectives, and the rounds."""
    dual = np.zeros(len(problem.wanted))
    value, state = problem.dual(dual)
    best, history, rounds = state, [], 0
    for rounds in range(1, most + 1):
        best = state if state.primal < best.primal else best
        history.append(state.primal)
        gap = problem.gap(best.primal, value)
        progress("matrix estimation", rounds, None, f"gap {gap:.1e}")
        if gap <= tolerance:
            break
        gradient = state.volume - problem.wanted - problem.variance * dual
        free = (np.abs(state.x) < problem.bound) * state.trips
        hessian = (problem.a.multiply(free[None, :]) @ problem.a.T).toarray() / problem.weight
        try:
            step = np.linalg.solve(hessian + np.diag(problem.variance), gradient)
        except np.linalg.LinAlgError:
            break
        slope, damping = float(gradient @ step), 1.0
        while damping > 1e-12:
            new_value, new_state = problem.dual(dual + damping * step)
            if new_value >= value + 1e-4 * damping * slope:
                break
            damping /= 2
        else:
            break
        dual, value, state = dual + damping * step, new_value, new_state
    return best, value, history, rounds


def _descend(problem: _Problem, state: _State, most: int) -> tuple[_State, int]:
    """Lower the objective itself by projected quasi-Newton steps on the log-multipliers (L-BFGS-B)."""

    def objective(x: F64) -> tuple[float, F64]:
        here = problem.at(x)
        pull = problem.a.T @ ((here.volume - problem.wanted) / problem.variance)
        return here.primal, here.trips * (pull + problem.weight * x)

    found = optimize.minimize(
        objective,
        state.x,
        jac=True,
        method="L-BFGS-B",
        bounds=[(-problem.bound, problem.bound)] * len(state.x),
        options={"maxiter": 10 * most, "maxfun": 20 * most, "ftol": 1e-15, "gtol": 0.0, "maxcor": 30},
    )
    new = problem.at(np.clip(found.x, -problem.bound, problem.bound))
    return (new, int(found.nit)) if new.primal < state.primal else (state, int(found.nit))


def checked(
    prior: F64, proportions: Proportions, counts: F64, errors: F64 | float, holdout: float, seed: int
) -> tuple[sparse.csr_matrix, F64, F64, npt.NDArray[np.bool_]]:
    """Check the data of an estimation; return proportions, counts, standard errors and which counts are used."""
    if not (np.isfinite(prior).all() and (prior >= 0).all()):
        raise InputError("a cell is negative or not a number", field="prior")
    c = np.asarray(counts, dtype=np.float64)
    bad = np.flatnonzero(~(np.isfinite(c) & (c >= 0)))
    if len(bad):
        raise InputError(f"count {int(bad[0])} is negative or not a number", field="counts")
    if not len(c):
        raise InputError("there are no counts", field="counts")
    if isinstance(proportions, tuple):
        indptr, indices, data = proportions
        if len(indptr) != len(c) + 1 or (len(indices) and int(np.max(indices)) >= prior.size):
            raise InputError("the arrays do not fit the counts and the cells of the prior", field="proportions")
        proportions = sparse.csr_matrix((data, indices, indptr), shape=(len(c), prior.size))
    p = sparse.csr_matrix(proportions, dtype=np.float64)
    if p.shape != (len(c), prior.size):
        raise InputError(f"their shape is {p.shape}, not {(len(c), prior.size)}", field="proportions")
    if not (np.isfinite(p.data).all() and (p.data >= 0).all()):
        raise InputError("a proportion is negative or not a number", field="proportions")
    reached = p @ prior.ravel() > 0
    if not reached.any():
        raise InputError("no trip of the prior passes any of the counts", field="counts")
    s = np.maximum(np.float64(errors) * c, 1.0) if np.ndim(errors) == 0 else np.asarray(errors, dtype=np.float64)
    if s.shape != c.shape or not (np.isfinite(s).all() and (s > 0).all()):
        raise InputError("standard errors must be positive, one for each count", field="errors")
    s = np.maximum(s, SUREST * c)
    if not 0 <= holdout < 1:
        raise InputError("the share held out must be at least 0 and below 1", field="holdout")
    used = reached.copy()
    out = round(holdout * int(reached.sum()))
    if out >= reached.sum():
        raise InputError("all counts would be held out", field="holdout")
    used[np.random.default_rng(seed).permutation(np.flatnonzero(reached))[:out]] = False
    return p, c, s, used


def finish(
    prior: F64,
    matrix: F64,
    p: sparse.csr_matrix,
    counts: F64,
    used: npt.NDArray[np.bool_],
    history: list[float],
    rounds: int,
    gap: float,
    converged: bool,
    hours: float,
    costs: F64 | None,
) -> Estimate:
    """Describe an estimate against counts and prior."""
    before, after = p @ prior.ravel(), p @ matrix.ravel()
    reached = p @ prior.ravel() > 0
    held = reached & ~used
    return Estimate(
        matrix=matrix,
        modelled=after,
        used=used,
        unreached=tuple(int(k) for k in np.flatnonzero(~reached)),
        before=describe_fit(before[used], counts[used], hours),
        after=describe_fit(after[used], counts[used], hours),
        held_before=describe_fit(before[held], counts[held], hours) if held.any() else None,
        held_after=describe_fit(after[held], counts[held], hours) if held.any() else None,
        change=describe_change(prior, matrix, costs),
        objective=tuple(history),
        iterations=rounds,
        gap=float(gap),
        converged=bool(converged),
    )
