"""The four-step loop: costs make demand, demand makes costs, until neither moves the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from shaar.engine.errors import InputError
from shaar.engine.progress import Progress, silent

F64 = npt.NDArray[np.float64]
Matrices = Mapping[str, F64]


@dataclass(frozen=True, slots=True)
class Round:
    """One round: share of the trips that demand would move, the same weighted by cost, and the step taken."""

    number: int
    change: float
    gap: float
    step: float


@dataclass(frozen=True, slots=True)
class Feedback:
    """Where the loop ended: trips by mode, the costs they cause, every round, and whether the target was met."""

    trips: dict[str, F64]
    costs: Matrices
    rounds: tuple[Round, ...]
    converged: bool


def feedback(
    supply: Callable[[Matrices], Matrices],
    demand: Callable[[Matrices], Matrices],
    start: Matrices,
    *,
    target: float = 1e-3,
    max_rounds: int = 100,
    steps: Literal["msa", "self-regulating"] | float | Callable[[int], float] = "msa",
    progress: Progress = silent,
) -> Feedback:
    """Iterate ``X <- X + s_k (D(C(X)) - X)`` until demand and supply agree.

    The change is ``sum |D(C(X)) - X| / sum X`` and the gap ``sum C |D(C(X)) - X| / sum C X`` over the modes whose
    cost has the shape of their trips (Department for Transport, *TAG unit M2.1*, which asks for 0.1 % where it can be
    had). Both must fall below the target. Steps: ``msa`` is ``1/k``; ``self-regulating`` grows the divisor by 1.8
    where the change rose and by 0.3 where it fell (Liu, He and He 2009), which mostly needs fewer rounds; a number
    keeps it, a function gives it by the number of the round. Nothing is random and nothing is kept between calls.

    Parameters
    ----------
    supply
        Trips by mode -> cost by mode (minutes; ``inf`` where there is no way).
    demand
        Costs by mode -> trips by mode, the same keys and shapes as ``start``.
    start
        Trips by mode to begin with.
    target
        Largest change and gap at the end, 0.001 = 0.1 %.

    Returns
    -------
    Feedback
        ``trips`` and ``costs`` belong to each other: costs are those of these trips. A ``KeyboardInterrupt`` from
        ``progress`` ends the loop with what there is.

    Raises
    ------
    InputError
        Demand returns other modes, shapes or impossible numbers, or an argument is out of range.
    """
    if not (target > 0 and max_rounds >= 1):
        raise InputError("the target must be positive and at least one round allowed", field="target")
    if isinstance(steps, int | float) and not 0 < steps <= 1:
        raise InputError("a constant step lies between 0 and 1", field="steps")
    trips = {k: np.array(v, dtype=np.float64) for k, v in start.items()}
    rounds: list[Round] = []
    divisor, before, converged = 1.0, np.inf, False
    costs = supply(trips)
    for number in range(1, max_rounds + 1):
        wanted = _same(demand(costs), trips)
        change, gap = _distance(trips, wanted, costs)
        if isinstance(steps, str):
            if steps == "msa":
                divisor = float(number)
            elif number > 1:
                divisor += 1.8 if change >= before else 0.3
            step = 1.0 / divisor
        else:
            step = steps(number) if callable(steps) else float(steps)
        before, converged = change, max(change, gap) < target
        rounds.append(Round(number, change, gap, 0.0 if converged else step))
        try:
            progress("feedback", number, None, f"change {change:.3%}, gap {gap:.3%}")
        except KeyboardInterrupt:
            break
        if converged or number == max_rounds:
            break
        trips = {k: x + step * (wanted[k] - x) for k, x in trips.items()}
        costs = supply(trips)
    return Feedback(trips, costs, tuple(rounds), converged)


def _same(wanted: Matrices, trips: Matrices) -> Matrices:
    if set(wanted) != set(trips):
        raise InputError(f"demand speaks of {', '.join(sorted(wanted))}, the start of {', '.join(sorted(trips))}")
    for k, x in wanted.items():
        if np.shape(x) != trips[k].shape:
            raise InputError(f"demand has shape {np.shape(x)}, the start {trips[k].shape}", field=k)
        if not (np.isfinite(x).all() and (np.asarray(x) >= 0).all()):
            raise InputError("demand is negative or not a number", field=k)
    return wanted


def _distance(trips: Matrices, wanted: Matrices, costs: Matrices) -> tuple[float, float]:
    moved = sum(float(np.abs(wanted[k] - x).sum()) for k, x in trips.items())
    total = sum(float(x.sum()) for x in trips.values())
    heavy, base = 0.0, 0.0
    for k, x in trips.items():
        cost = np.asarray(costs.get(k, np.nan), dtype=np.float64)
        if cost.shape == x.shape:
            usable = np.where(np.isfinite(cost), cost, 0.0)
            heavy += float((usable * np.abs(wanted[k] - x)).sum())
            base += float((usable * x).sum())
    change = moved / total if total > 0 else (0.0 if moved == 0 else np.inf)
    return change, heavy / base if base > 0 else change
