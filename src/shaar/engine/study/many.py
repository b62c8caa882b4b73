"""The same search over seeds, draws of the demand and caps on the total route time, on any number of workers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from ..design.evaluate import evaluate
from ..design.front import front, non_dominated
from ..design.instance import Instance
from ..design.search import SearchResult, search
from ..errors import InputError, ShaarError
from ..progress import Progress, silent
from .executor import Executor, Outcome, Serial, Task


@dataclass(frozen=True, slots=True)
class Found:
    """One route set and what was searched for it.

    Parameters
    ----------
    seed, draw, cap
        Seed, number of the demand draw (0: the demand as given) and cap on the total route time (None: no cap).
    result
        Routes with mean travel time (ATT) and total route time (TRT) on the demand as given, whatever was drawn.
    att_drawn
        ATT on the drawn demand, for which the routes were searched.
    """

    seed: int
    draw: int
    cap: float | None
    result: SearchResult
    att_drawn: float


@dataclass(frozen=True, slots=True)
class ManyResult:
    """What all searches found, merged.

    Parameters
    ----------
    front
        Route sets that no other dominates on the demand as given, by falling total route time.
    found
        All route sets in task order.
    errors
        Sentences of tasks that found nothing.
    interrupted
        Whether Ctrl-C cut the work short; the front is that of the finished tasks.
    """

    front: tuple[SearchResult, ...]
    found: tuple[Found, ...]
    errors: tuple[str, ...]
    interrupted: bool


def draw_demand(instance: Instance, draw: int, *, spread: float, seed: int = 0) -> Instance:
    """The instance with every cell of its demand multiplied by a random factor.

    Factors are lognormal with mean 1 and a coefficient of variation of ``spread``; both directions of a pair share one,
    so that symmetric demand stays so. Draw 0 is the demand as given. Draw k is the same however many are made.

    Raises
    ------
    InputError
        If the spread is negative or no number.
    """
    if not (np.isfinite(spread) and spread >= 0):
        raise InputError(f"a spread not below zero is needed, not {spread:g}", field="spread")
    if draw == 0 or spread == 0:
        return instance
    sigma = np.sqrt(np.log1p(spread**2))
    rng = np.random.default_rng(np.random.SeedSequence([seed, draw]))
    normal = np.triu(rng.standard_normal((instance.n, instance.n)), 1)
    factor = np.exp(sigma * (normal + normal.T) - sigma**2 / 2.0)
    return replace(instance, demand=instance.demand * factor)


def search_many(
    instance: Instance,
    *,
    seeds: Sequence[int] = (0,),
    draws: int = 0,
    spread: float = 0.2,
    caps: Sequence[float | None] = (None,),
    seconds: float | None = None,
    iterations: int | None = None,
    chains: int = 1,
    executor: Executor | None = None,
    progress: Progress = silent,
) -> ManyResult:
    """Search once for every demand draw, cap and seed.

    Parameters
    ----------
    instance
        The problem.
    seeds
        Of the searches; different.
    draws, spread
        How many draws of the demand besides the demand as given, and how far they spread (see `draw_demand`).
    caps
        On the total route time, minutes; None is no cap.
    seconds, iterations, chains
        For each search, as in `design.search.search`. With ``iterations`` alone the result is the same whatever the
        executor and the number of workers.
    executor
        Where the searches run; here and one after the other by default.
    progress
        Called with the number of finished searches.

    Raises
    ------
    InputError
        If there is nothing to do, or the instance is impossible.
    ShaarError
        If no search found anything: the sentence of the first.
    """
    seeds = _seeds(seeds)
    if not caps or not all(cap is None or cap > 0 for cap in caps):
        raise InputError("caps must be minutes above zero", field="caps")
    if draws < 0:
        raise InputError(f"a number of draws not below zero is needed, not {draws}", field="draws")
    problems = [draw_demand(instance, draw, spread=spread) for draw in range(draws + 1)]
    plan = list(product(range(draws + 1), caps, seeds))
    tasks = [
        Task(
            _name(seed, draw if draws else None, cap),
            search,
            {
                "instance": problems[draw], "seconds": seconds, "iterations": iterations, "seed": seed,
                "total_cap": cap, "chains": chains,
            },
        )
        for draw, cap, seed in plan
    ]  # fmt: skip
    outcome = (executor or Serial()).map(tasks, progress)
    found = []
    for number, result in outcome.results.items():
        draw, cap, seed = plan[number]
        drawn = result.att
        if draw:
            result = replace(result, att=evaluate(instance, result.routes).att)
        found.append(Found(seed, draw, cap, result, drawn))
    return _merge(outcome, found)


def front_many(
    instance: Instance,
    *,
    seeds: Sequence[int] = (0,),
    caps: Sequence[float] | int = 10,
    seconds: float | None = None,
    iterations: int | None = None,
    chains: int = 1,
    executor: Executor | None = None,
    progress: Progress = silent,
) -> ManyResult:
    """Sweep the cap once for every seed (`design.front.front`) and merge the fronts.

    Parameters are those of `search_many` and of ``front``; ``seconds`` is for each sweep, which runs from the highest
    cap to the lowest on one worker, each point starting from the one before.

    Raises
    ------
    InputError, ShaarError
        As `search_many`.
    """
    seeds = _seeds(seeds)
    tasks = [
        Task(
            _name(seed, None, None),
            front,
            {
                "instance": instance, "seconds": seconds, "iterations": iterations, "seed": seed, "caps": caps,
                "chains": chains,
            },
        )
        for seed in seeds
    ]  # fmt: skip
    outcome = (executor or Serial()).map(tasks, progress)
    found = [Found(seeds[k], 0, None, one, one.att) for k, results in outcome.results.items() for one in results]
    return _merge(outcome, found)


def _seeds(seeds: Sequence[int]) -> tuple[int, ...]:
    if not seeds or len(set(seeds)) < len(seeds):
        raise InputError("at least one seed is needed, and none twice", field="seeds")
    return tuple(int(seed) for seed in seeds)


def _name(seed: int, draw: int | None, cap: float | None) -> str:
    parts = [f"seed {seed}"]
    if draw is not None:
        parts.append(f"demand draw {draw}")
    if cap is not None:
        parts.append(f"at most {cap:g} min of routes")
    return ", ".join(parts)


def _merge(outcome: Outcome, found: list[Found]) -> ManyResult:
    if not found and outcome.errors:
        raise ShaarError(next(iter(outcome.errors.values())))
    if not found and outcome.interrupted:
        raise KeyboardInterrupt
    return ManyResult(
        front=tuple(non_dominated([one.result for one in found])), found=tuple(found),
        errors=tuple(outcome.errors.values()), interrupted=outcome.interrupted,
    )  # fmt: skip
