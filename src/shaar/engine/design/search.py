"""Find routes: simulated annealing that can be stopped at any time and repeated exactly."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass

import numpy as np

from ..errors import InputError, ShaarError
from ..progress import Progress, silent
from . import limits
from .construct import construct
from .evaluate import evaluate
from .feasible import violations
from .instance import Instance, RouteSet
from .kernels_anneal import anneal, load
from .moves import PAIR_SHARE, SINGLE_SHARE
from .network import check_routes_drivable
from .problem import Problem, pack
from .state import (
    ATT,
    BAD,
    BEST_ATT,
    BEST_COST,
    BEST_STEP,
    CAP,
    COST,
    EVALUATIONS,
    HAS_BEST,
    MU,
    STEPS,
    TRT,
    State,
    best_of,
    new_state,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The best route set of a search.

    Parameters
    ----------
    routes
        The designed routes, feasible; within ``total_cap`` if one was given. Fixed routes are not among them.
    att, trt
        Mean travel time and total route time in minutes, by `evaluate.evaluate`, of the designed and fixed routes.
    iterations
        Proposals of the longest chain; giving them back as ``iterations`` repeats the search.
    seconds
        Time spent, by the clock asked for.
    trace
        How the chain that won got there: (proposals, seconds, best mean travel time) at every improvement seen.
    evaluations
        Route sets evaluated by all chains together.
    interrupted
        Whether the search was stopped by Ctrl-C (or by its progress callback).
    """

    routes: RouteSet
    att: float
    trt: float
    iterations: int
    seconds: float
    trace: tuple[tuple[int, float, float], ...]
    evaluations: int = 0
    interrupted: bool = False


@dataclass(frozen=True, slots=True)
class Schedule:
    """How the temperature falls (cooling cycles, each longer than the one before) and which moves are proposed.

    A cycle starts from the best routes so far. Temperatures are shares of ``ATT / n_routes``, about what one route
    matters; under a cap on the total route time (TRT) at least ``lift`` times ``ATT / TRT``. Cycles grow so that
    whenever a deadline falls, a good part of the time went into a cycle that finished. ``share`` says how often each
    single and each pair move is proposed, ``learn`` how fast that follows their success (0: not at all). ``short`` is
    for fronts: proposals spent on the shortest routes (`construct_short`) per proposal of a visit that starts from them
    (0: no such visits).
    """

    first: int = 250
    growth: float = 2.0
    hot: float = 0.02
    reheat: float = 0.5
    cold: float = 0.0002
    lift: float = 1.0
    share: tuple[float, ...] = SINGLE_SHARE + PAIR_SHARE
    learn: float = 0.0
    short: int = 10


def search(
    instance: Instance,
    *,
    seconds: float | None = None,
    iterations: int | None = None,
    seed: int = 0,
    total_cap: float | None = None,
    total_weight: float = 0.0,
    start: RouteSet | None = None,
    fixed: RouteSet = (),
    chains: int = 1,
    progress: Progress = silent,
    schedule: Schedule | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> SearchResult:
    """Find routes with the least mean travel time (ATT).

    Parameters
    ----------
    instance
        The problem: benchmark or city.
    seconds, iterations
        Stop after so much time or so many proposals per chain, whichever comes first; one is needed. Given
        only proposals, everything about the result but its times is the same on every machine run; a deadline cuts
        the same trajectory short, and more of either never gives a worse result.
    seed
        Makes the random numbers.
    total_cap
        Largest total route time (TRT) allowed, minutes.
    total_weight
        Minimise ``ATT + total_weight * TRT`` instead.
    start
        Feasible routes to improve; without them a first route set is constructed.
    fixed
        Routes that stay as they are, beside the ``n_routes`` to design: people ride them, they count in ATT, TRT, the
        cap and the coverage, and are no part of the result. They must run over drivable links but need not keep the
        rules for new routes.
    chains
        Independent searches with own random numbers, run on as many threads as there are processors; the best wins.
    progress
        Called about five times a second with the seconds or proposals done.
    schedule
        Cooling; the default suits.
    clock
        What counts the seconds: wall clock time, or ``time.process_time`` for measurements on a busy machine.

    Raises
    ------
    InputError
        If the rules of the instance contradict each other or its network; the sentence says which.
    ShaarError
        If no feasible routes were found; the sentence says what is still broken.
    """
    if seconds is None and iterations is None:
        raise InputError("say how long to search: seconds, iterations or both")
    if chains < 1:
        raise InputError(f"at least one chain is needed, not {chains}", field="chains")
    if total_weight < 0:
        raise InputError(f"a weight not below zero is needed, not {total_weight:g}", field="total_weight")
    check_routes_drivable(instance, fixed)
    limits.check(instance, total_cap, fixed)
    if start is not None and (wrong := violations(instance, start, fixed)):
        raise InputError(f"the routes to start from break a rule: {wrong[0]}", field="start")
    began = clock()
    plan = schedule or Schedule()
    run = _Run(
        p=pack(instance, fixed),
        began=began,
        deadline=np.inf if seconds is None else began + seconds,
        iterations=iterations,
        schedule=plan,
        stop=threading.Event(),
        clock=clock,
    )
    cap = np.inf if total_cap is None else float(total_cap)
    states = [
        new_state(run.p, seed, chain, cap, total_weight, share=plan.share, learn=plan.learn) for chain in range(chains)
    ]
    traces: list[list[tuple[int, float, float]]] = [[] for _ in states]
    interrupted = False
    with ThreadPoolExecutor(max_workers=min(chains, os.cpu_count() or 1)) as pool:
        jobs = [pool.submit(_chain, run, state, trace, start) for state, trace in zip(states, traces)]
        try:
            while wait(jobs, timeout=0.2).not_done:
                _tell(progress, states, run, seconds)
        except KeyboardInterrupt:
            interrupted = True
        finally:
            run.stop.set()
    for job in jobs:
        job.result()
    winner = min(range(chains), key=lambda chain: (states[chain].number[BEST_COST], chain))
    state = states[winner]
    if not state.tally[HAS_BEST]:
        raise ShaarError(_why_not(instance, run.p, states, total_cap, fixed))
    routes = best_of(state)
    found = evaluate(instance, (*routes, *fixed))
    return SearchResult(
        routes=routes, att=found.att, trt=found.trt, iterations=int(max(s.tally[STEPS] for s in states)),
        seconds=clock() - began, trace=tuple(traces[winner]),
        evaluations=int(sum(s.tally[EVALUATIONS] for s in states)), interrupted=interrupted,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Run:
    p: Problem
    began: float
    deadline: float
    iterations: int | None
    schedule: Schedule
    stop: threading.Event
    clock: Callable[[], float]


def _arrays(p: Problem, routes: RouteSet) -> tuple[np.ndarray, np.ndarray]:
    nodes = np.zeros((p.n_routes, p.max_nodes + 2), np.int32)
    length = np.zeros(p.n_routes, np.int32)
    for r, route in enumerate(routes):
        nodes[r, : len(route)] = route
        length[r] = len(route)
    return nodes, length


def _chain(run: _Run, s: State, trace: list[tuple[int, float, float]], start: RouteSet | None) -> None:
    """Run one chain to the end; what it does depends on the clock only in when it stops."""
    p, plan = run.p, run.schedule
    if start is not None:
        load(p, s, *_arrays(p, start))
    elif (drawn := construct(p, s)) < p.n_routes:
        raise ShaarError(
            f"no route number {drawn + 1} could be drawn with {p.min_nodes} to {p.max_nodes} nodes between terminals "
            f"within {p.max_minutes:.2f} minutes"
        )
    s.number[MU] = 0.3 * s.number[ATT] / max(s.number[TRT], 1e-9)
    last = np.inf
    cycle_start, cycle = 0, 0
    chunk = 512.0
    limit = np.inf if run.iterations is None else run.iterations
    while True:
        cycle_length = int(plan.first * p.n_routes * plan.growth**cycle)
        warm = cycle > 0 or start is not None
        if warm and s.tally[HAS_BEST]:
            load(p, s, s.best_routes.copy(), s.best_length.copy())
        reference = s.number[ATT] if s.number[ATT] < 1e4 else 60.0
        scale = reference / p.n_routes
        hot = plan.hot * scale * (plan.reheat if warm else 1.0)
        if s.number[CAP] < np.inf:  # under a cap a move must be able to pay for minutes of route time
            hot = max(hot, plan.lift * reference / max(float(s.number[TRT]), 1e-9))
        cycle_end = cycle_start + cycle_length
        while s.tally[STEPS] < min(cycle_end, limit):
            before = run.clock()
            stop = min(cycle_end, limit, s.tally[STEPS] + int(chunk))
            anneal(p, s, int(stop), cycle_start, cycle_length, hot, plan.cold * scale)
            now = run.clock()
            if s.number[BEST_ATT] < last and s.tally[HAS_BEST]:
                last = s.number[BEST_ATT]
                trace.append((int(s.tally[BEST_STEP]), now - run.began, float(last)))
            if now >= run.deadline or run.stop.is_set():
                return
            chunk = min(max(chunk * 0.05 / max(now - before, 1e-4), chunk / 2, 64), chunk * 2)
        if s.tally[STEPS] >= limit:
            return
        cycle_start = cycle_end
        cycle += 1


def _tell(progress: Progress, states: list[State], run: _Run, seconds: float | None) -> None:
    best = min((float(s.number[BEST_ATT]) for s in states if s.tally[HAS_BEST]), default=None)
    note = "no feasible routes yet" if best is None else f"mean travel time {best:.3f} min"
    if seconds is not None:
        progress("search", min(run.clock() - run.began, seconds), seconds, note)
    else:
        progress("search", float(min(s.tally[STEPS] for s in states)), run.iterations, note)


def _why_not(instance: Instance, p: Problem, states: list[State], total_cap: float | None, fixed: RouteSet) -> str:
    s = min(states, key=lambda state: (state.tally[BAD], state.number[COST]))
    current = tuple(tuple(int(v) for v in s.routes[r, : s.length[r]]) for r in range(p.n_routes))
    wrong = violations(instance, current, fixed)
    if not wrong and total_cap is not None:
        return (
            f"no routes within a total route time of {total_cap:g} minutes were found; "
            f"the nearest need {s.number[TRT]:.2f}"
        )
    return f"no routes that keep every rule were found; of the nearest: {' '.join(wrong[:3])}"
