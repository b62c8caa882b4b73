"""The front of mean travel time against total route time: what each further minute of service buys."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..errors import InputError, ShaarError
from ..progress import Progress, silent
from . import limits
from .construct import construct
from .construct_short import construct_short
from .evaluate import evaluate
from .feasible import violations
from .front_file import Sitting, read_front, write_front
from .instance import Instance, RouteSet
from .kernels_anneal import anneal, load
from .kernels_archive import Archive, is_new, keep, new_archive
from .network import check_routes_drivable
from .problem import Problem, pack
from .search import Schedule, SearchResult
from .state import ATT, BAD, CAP, EVALUATIONS, HAS_BEST, MU, STEPS, TRT, State, new_state

_GOLDEN = 0.6180339887498949
#: Most proposals of `construct_short` per route.
_SHORT_AT_MOST = 20_000
#: Most by which the cap of a visit from short routes lies above their total route time, as a share.
_SLACK = 0.1


def dominates(a: SearchResult, b: SearchResult) -> bool:
    """Whether a is no worse than b in mean travel time and in total route time, and better in one."""
    return a.att <= b.att and a.trt <= b.trt and (a.att < b.att or a.trt < b.trt)


def non_dominated(results: Sequence[SearchResult]) -> list[SearchResult]:
    """The results that no other dominates, from the longest total route time to the shortest; of equals the first."""
    kept: list[SearchResult] = []
    for one in sorted(results, key=lambda one: (one.trt, one.att)):
        if not kept or one.att < kept[-1].att:
            kept.append(one)
    return kept[::-1]


def front(
    instance: Instance,
    *,
    seconds: float | None = None,
    iterations: int | None = None,
    seed: int = 0,
    caps: Sequence[float] | int = 16,
    chains: int = 1,
    fixed: RouteSet = (),
    store: Path | None = None,
    progress: Progress = silent,
    schedule: Schedule | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> list[SearchResult]:
    """A front of route sets, by annealing under caps on the total route time (the epsilon-constraint method).

    Passes of visits, each visit one cooling cycle under one cap; the visits of a pass are twice as long as those of the
    pass before, and its caps lie between the earlier ones. A visit starts from the best routes known beside its cap,
    from above and from below in turn. Every route set that any visit judges is offered to one archive.

    Parameters
    ----------
    instance
        The problem.
    seconds, iterations
        Stop after so much time or so many proposals per chain, whichever comes first; one is needed. Visits
        are finished unless time is up, so that only proposals make the front reproducible.
    seed
        Makes the random numbers, with the number of the visit.
    caps
        Caps on the total route time in minutes, or how many per pass: then they lie where the front known so far is
        long, on logarithmic scales, from the least total found to that of the uncapped best.
    chains
        Visits made at once, on as many threads; what they find is the same on fewer.
    fixed
        As in `search.search`.
    store
        A CSV file to go on from, if it is there, and to write the front to: several sittings add up.
    progress
        As in `search.search`.
    schedule
        Temperatures, moves and the length of the first visit.
    clock
        As in `search.search`.

    Returns
    -------
    list of SearchResult
        Non-dominated, by falling total route time, each exactly evaluated. Interrupted: what was found until then.

    Raises
    ------
    InputError
        If the instance is impossible, ``caps`` is not understood, or ``store`` holds another problem's routes.
    ShaarError
        If no feasible routes were found at all.
    """
    if seconds is None and iterations is None:
        raise InputError("say how long to search: seconds, iterations or both")
    if chains < 1:
        raise InputError(f"at least one chain is needed, not {chains}", field="chains")
    given: tuple[float, ...] | None = None
    if isinstance(caps, int):
        if caps < 1:
            raise InputError(f"at least one point is needed, not {caps}", field="caps")
        count = caps
    else:
        given = tuple(sorted((float(cap) for cap in caps), reverse=True))
        if not given or not all(cap > 0 for cap in given):
            raise InputError("caps must be minutes above zero", field="caps")
        count = len(given)
    check_routes_drivable(instance, fixed)
    limits.check(instance, None, fixed)
    p = pack(instance, fixed)
    low = limits.least_total(instance, fixed)
    sweep = _Sweep(
        instance=instance, p=p, fixed=fixed, seed=seed, low=low, count=count, given=given,
        schedule=schedule or Schedule(), archive=_archive(instance, p, low), began=clock(),
        deadline=np.inf if seconds is None else clock() + seconds, clock=clock,
        sitting=Sitting() if store is None or not store.exists() else read_front(store, instance, fixed),
    )  # fmt: skip
    _take_up(sweep)
    states = [new_state(p, seed, c, np.inf, 0.0, _archive(instance, p, low)) for c in range(chains)]
    started, cpu = sweep.sitting.proposals, time.process_time()
    interrupted = False
    try:
        while iterations is None or sweep.sitting.proposals - started < iterations:
            _round(sweep, states)
            done = sweep.sitting.proposals - started
            if seconds is not None:
                progress("front", min(clock() - sweep.began, seconds), seconds, _note(sweep.archive))
            else:
                progress("front", float(done), iterations, _note(sweep.archive))
            if clock() >= sweep.deadline:
                break
    except KeyboardInterrupt:
        sweep.stop.set()
        interrupted = True
    spent = clock() - sweep.began
    found = _results(sweep, spent, interrupted)
    if not found:
        raise ShaarError(_why_not(sweep, states))
    if store is not None:
        sitting = sweep.sitting
        sitting.seconds += spent
        sitting.cpu_seconds += time.process_time() - cpu
        write_front(store, found, sitting, instance, fixed)
    return found


@dataclass(slots=True)
class _Sweep:
    instance: Instance
    p: Problem
    fixed: RouteSet
    seed: int
    low: float
    count: int
    given: tuple[float, ...] | None
    schedule: Schedule
    archive: Archive
    began: float
    deadline: float
    clock: Callable[[], float]
    sitting: Sitting
    stop: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True, slots=True)
class _Visit:
    """One cooling cycle: under ``cap``, starting from the archive's routes at ``step`` (-1: construct).

    ``price`` is what a minute over the cap costs at first. ``short``: from routes constructed as short as can be,
    under a cap just above them.
    """

    number: int
    cap: float
    step: int
    proposals: int
    price: float
    short: bool = False


def _archive(instance: Instance, p: Problem, low: float) -> Archive:
    links = np.isfinite(p.minutes)
    times = (instance.time + instance.time.T)[links]
    whole = bool(np.all(times == 2.0 * np.rint(times / 2.0)))
    longest = min(float(instance.max_minutes), 1.5 * (instance.max_nodes - 1) * float(times.mean()) / 2.0)
    return new_archive(p, low, max(low * 1.01, p.fixed_trt + instance.n_routes * longest), whole)


def _arrays(p: Problem, routes: RouteSet) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    nodes = np.zeros((p.n_routes, p.max_nodes + 2), np.int32)
    length = np.zeros(p.n_routes, np.int32)
    for r, route in enumerate(routes):
        nodes[r, : len(route)] = route
        length[r] = len(route)
    return nodes, length


def _take_up(sweep: _Sweep) -> None:
    """Put the routes of earlier sittings into the archive."""
    nothing = np.zeros(1, np.int32)
    for routes in sweep.sitting.routes:
        if violations(sweep.instance, routes, sweep.fixed):
            raise InputError("the stored front holds routes that break a rule of this problem", field="store")
        value = evaluate(sweep.instance, (*routes, *sweep.fixed))
        if is_new(sweep.archive, value.att, value.trt):
            keep(sweep.archive, value.att, value.trt, *_arrays(sweep.p, routes), -1, nothing, 0, -1, nothing, 0)


def _steps(archive: Archive) -> npt.NDArray[np.int64]:
    """Steps of the archive that hold non-dominated routes, by rising total route time."""
    held = np.flatnonzero(np.isfinite(archive.att))
    return held[archive.att[held] <= archive.least[held]]


def _round(sweep: _Sweep, states: list[State]) -> None:
    """Make as many visits as there are chains, from the same archive, and take in what they found."""
    visits = [_next_visit(sweep, sweep.sitting.visits + k) for k in range(len(states))]
    if not len(_steps(sweep.archive)):
        visits = visits[:1]
    with ThreadPoolExecutor(max_workers=min(len(states), os.cpu_count() or 1)) as pool:
        jobs = [pool.submit(_make, sweep, state, visit) for state, visit in zip(states, visits)]
        try:
            while wait(jobs, timeout=0.2).not_done:
                pass
        except KeyboardInterrupt:
            sweep.stop.set()
            wait(jobs)
            _gather(sweep, states[: len(jobs)])
            raise
    for job in jobs:
        job.result()
    _gather(sweep, states[: len(jobs)])
    sweep.sitting.visits += len(jobs)
    sweep.sitting.proposals += max(int(state.tally[STEPS]) for state in states[: len(jobs)])


def _gather(sweep: _Sweep, states: list[State]) -> None:
    whole = sweep.archive
    for state in states:
        own = state.archive
        sweep.sitting.evaluations += int(state.tally[EVALUATIONS])
        for step in _steps(own):
            if is_new(whole, own.att[step], own.trt[step]):
                nothing = np.zeros(1, np.int32)
                keep(
                    whole, own.att[step], own.trt[step], own.routes[step].astype(np.int32),
                    own.length[step].astype(np.int32), -1, nothing, 0, -1, nothing, 0,
                )  # fmt: skip


def _next_visit(sweep: _Sweep, number: int) -> _Visit:
    """What visit ``number`` does, given what is known; passes have ``count`` caps, one uncapped and one below all."""
    size = sweep.count + 2
    turn, place = divmod(number, size)
    proposals = int(sweep.schedule.first * sweep.p.n_routes * sweep.schedule.growth ** min(turn, 20))
    archive = sweep.archive
    known = _steps(archive)
    short = sweep.schedule.short > 0
    if not len(known):  # where the rules are hard to keep, the short construction may succeed, and the other way round
        return _Visit(number, np.inf, -1, proposals, 0.0, short=short and number % 2 == 1)
    trt, att = archive.trt[known], archive.att[known]
    if place == 0:
        return _Visit(number, np.inf, int(known[-1]), proposals, 0.0)
    if place == 1:  # as short as can be
        if turn % 2 or not short:
            return _Visit(number, float(trt[0]), int(known[0]), 2 * proposals, _price(trt, att, 0))
        return _Visit(number, np.inf, -1, max(2, sweep.count // 3) * proposals, 0.0, short=True)
    if sweep.given is not None:
        cap = sweep.given[place - 2]
    else:
        share = (place - 2 + (turn * _GOLDEN + 0.5) % 1.0) / sweep.count  # from the long end to the short
        if turn == 0:
            cap = float(np.exp(np.log(trt[-1]) + share * (np.log(max(sweep.low, 1e-3)) - np.log(trt[-1]))))
        else:
            along = _along(trt, att)
            cap = float(np.interp((1.0 - share) * along[-1], along, trt))
    beside = int(np.searchsorted(trt, cap + 1e-9, side="right"))
    if turn % 2 or beside == len(known):  # from below: they keep the cap
        chosen = max(0, beside - 1)
    else:  # from above: they have to shrink
        chosen = min(beside, len(known) - 1)
    return _Visit(number, cap, int(known[chosen]), proposals, _price(trt, att, chosen))


def _along(trt: npt.NDArray[np.float64], att: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Length of the front up to each point, on logarithmic scales."""
    steps = np.hypot(np.diff(np.log(np.maximum(trt, 1e-9))), np.diff(np.log(np.maximum(att, 1e-9))))
    return np.concatenate([[0.0], np.cumsum(steps)])


def _price(trt: npt.NDArray[np.float64], att: npt.NDArray[np.float64], k: int) -> float:
    """Minutes of mean travel time that a minute of total route time is worth around point k of the front."""
    a, b = max(0, k - 3), min(len(trt) - 1, k + 3)
    if trt[b] - trt[a] < 1e-9:
        return float(0.3 * att[k] / max(trt[k], 1e-9))
    return float(min(10.0, max(1e-4, 1.5 * (att[a] - att[b]) / (trt[b] - trt[a]))))


def _make(sweep: _Sweep, s: State, visit: _Visit) -> None:
    """Make a visit; only the deadline makes it depend on the clock."""
    p, plan = sweep.p, sweep.schedule
    s.archive.att.fill(np.inf)
    s.archive.least[:] = sweep.archive.least
    s.rng[:] = np.random.SeedSequence([sweep.seed, visit.number]).generate_state(1, np.uint64)
    s.tally[STEPS] = s.tally[EVALUATIONS] = s.tally[HAS_BEST] = 0
    fresh = new_state(p, 0, 0, visit.cap, 0.0, s.archive, plan.share, plan.learn)
    s.number[:] = fresh.number
    s.share[:] = fresh.share
    if visit.step < 0:
        if (drawn := construct(p, s)) < p.n_routes:
            raise ShaarError(
                f"no route number {drawn + 1} could be drawn with {p.min_nodes} to {p.max_nodes} nodes between "
                f"terminals within {sweep.instance.max_minutes:.2f} minutes"
            )
    else:
        nodes = np.zeros((p.n_routes, p.max_nodes + 2), np.int32)
        nodes[:, : p.max_nodes] = sweep.archive.routes[visit.step]
        load(p, s, nodes, sweep.archive.length[visit.step].astype(np.int32))
    vary = (visit.number * _GOLDEN) % 1.0
    price = visit.price
    if visit.short:
        steps = min(plan.short * visit.proposals, _SHORT_AT_MOST * p.n_routes)
        if construct_short(p, s, steps, lambda: not _over(sweep)):
            s.number[CAP] = s.number[TRT] * (1.0 + _SLACK * vary)
            price = float(s.number[ATT] / max(s.number[TRT], 1e-9))
    s.number[MU] = price if price > 0 else 0.3 * s.number[ATT] / max(s.number[TRT], 1e-9)
    scale = (s.number[ATT] if s.number[ATT] < 1e4 else 60.0) / p.n_routes
    # Where a minute of route time is dear, so is every move: the temperature must let minutes pass, not seconds.
    # How many depends on the landscape, so it varies from visit to visit, fourfold up and down.
    lift = plan.lift * 4.0 ** (2.0 * vary - 1.0)
    hot = max(plan.hot * scale * (1.0 if visit.step < 0 else plan.reheat * 4.0**vary), lift * price)
    cold = plan.cold * scale
    chunk = 512.0
    while s.tally[STEPS] < visit.proposals:
        before = sweep.clock()
        anneal(p, s, min(visit.proposals, int(s.tally[STEPS] + chunk)), 0, visit.proposals, hot, cold)
        if _over(sweep):
            return
        chunk = min(max(chunk * 0.05 / max(sweep.clock() - before, 1e-4), chunk / 2, 64), chunk * 2)


def _over(sweep: _Sweep) -> bool:
    return sweep.stop.is_set() or sweep.clock() >= sweep.deadline


def _results(sweep: _Sweep, spent: float, interrupted: bool) -> list[SearchResult]:
    found = []
    for step in _steps(sweep.archive):
        length = sweep.archive.length[step]
        routes = tuple(tuple(int(v) for v in sweep.archive.routes[step, r, : length[r]]) for r in range(len(length)))
        value = evaluate(sweep.instance, (*routes, *sweep.fixed))
        found.append(
            SearchResult(
                routes=routes,
                att=value.att,
                trt=value.trt,
                iterations=sweep.sitting.proposals,
                seconds=spent,
                trace=(),
                evaluations=sweep.sitting.evaluations,
                interrupted=interrupted,
            )
        )
    return non_dominated(found)


def _note(archive: Archive) -> str:
    known = _steps(archive)
    if not len(known):
        return "no feasible routes yet"
    first, last = known[0], known[-1]
    return (
        f"{len(known)} route sets: {archive.trt[first]:.0f} min for {archive.att[first]:.2f} min a trip "
        f"to {archive.trt[last]:.0f} for {archive.att[last]:.2f}"
    )


def _why_not(sweep: _Sweep, states: list[State]) -> str:
    s = min(states, key=lambda state: int(state.tally[BAD]))
    current = tuple(tuple(int(v) for v in s.routes[r, : s.length[r]]) for r in range(sweep.p.n_routes))
    wrong = violations(sweep.instance, current, sweep.fixed)
    return f"no routes that keep every rule were found; of the nearest: {' '.join(wrong[:3])}"
