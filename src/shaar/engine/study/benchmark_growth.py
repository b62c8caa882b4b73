"""How the speed of the route search grows with the network: generated street networks, rates per CPU second, a fit."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.spatial import Delaunay, cKDTree

from ..design.construct import construct
from ..design.evaluate import evaluate
from ..design.instance import Instance, RouteSet
from ..design.kernel import kernel
from ..design.kernels import row_sums, sum_with_route
from ..design.kernels_anneal import anneal, load
from ..design.kernels_network import att_of, bring, open_block, put_in
from ..design.problem import Problem, pack
from ..design.search import Schedule
from ..design.state import ATT, EVALUATIONS, STEPS, State, new_state
from ..errors import InputError, ShaarError
from ..progress import Progress, silent

#: Nodes of the generated networks: those of Mandl, Mumford0 and Mumford3 among them.
SIZES = (15, 30, 60, 127, 250, 400, 600)
_SPACING = 0.4  # km between neighbouring nodes, about
_SPEED = 20.0  # km/h
_BATCH, _MANY = 8, 256  # evaluations, and insertions, between two looks at the clock


@dataclass(frozen=True, slots=True)
class Speeds:
    """What one thread does in a CPU second on one instance.

    Parameters
    ----------
    full
        Exact evaluations of a whole route set (`evaluate.evaluate`).
    loaded
        Whole route sets measured by the search's 16-bit kernels: ride matrix, all-pairs closure, weighing.
    opened
        Blocks opened: two routes taken out and the closure of all others made, once per 42 proposals of the search.
    inserted
        Insertion evaluations: one route put into the closed matrix of all others and weighed.
    proposed, evaluated
        Proposals of the running search, and those of them that reach an evaluation, everything included.
    drawn
        CPU seconds to construct the first route set.
    memory
        Arrays of one chain and its problem, megabytes.
    rounding
        By how much the 16-bit ATT of the routes differs from the exact one, minutes.
    """

    full: float
    loaded: float
    opened: float
    inserted: float
    proposed: float
    evaluated: float
    drawn: float
    memory: float
    rounding: float


def street_network(n: int, seed: int = 0) -> Instance:
    """A planar network like streets, with demand everywhere and rules that grow with it.

    Nodes lie at random in a square of constant density, neighbours are those of the Gabriel graph (Gabriel and Sokal
    1969: no third node in the circle between two; connected, planar, some four links per node). Run times are link
    lengths at 20 km/h in tenths of a minute, alike both ways. Trips follow a gravity model on random weights. There are
    ``2 sqrt(n)`` routes of at most as many nodes, four places on routes per node in every size (Mandl's network with 8
    routes of 8 nodes has as many).

    Raises
    ------
    InputError
        If there are fewer than 4 nodes.
    """
    if n < 4:
        raise InputError(f"a network needs at least 4 nodes, not {n}", field="n")
    rng = np.random.default_rng([n, seed])
    xy = rng.uniform(0.0, _SPACING * math.sqrt(n), (n, 2))
    corners = Delaunay(xy).simplices
    links = np.unique(np.sort(np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [0, 2]]]), 1), axis=0)
    a, b = links.T
    length = np.hypot(*(xy[a] - xy[b]).T)
    nearest, _ = cKDTree(xy).query((xy[a] + xy[b]) / 2.0)
    kept = nearest >= length / 2.0 - 1e-12
    minutes = np.maximum(np.rint(length / _SPEED * 600.0) / 10.0, 0.1)
    run = np.full((n, n), np.inf)
    run[a[kept], b[kept]] = run[b[kept], a[kept]] = minutes[kept]
    weight = rng.lognormal(0.0, 1.0, n)
    away = np.hypot(*(xy[:, None, :] - xy[None, :, :]).transpose(2, 0, 1))
    demand = np.rint(100.0 * np.outer(weight, weight) / (1.0 + away / 2.0) ** 2)
    np.fill_diagonal(demand, 0.0)
    size = round(2.0 * math.sqrt(n))
    return Instance(
        name=f"streets-{n}", time=run, demand=demand, xy=xy, n_routes=size, min_nodes=2, max_nodes=size,
        transfer_penalty=5.0, terminal=np.ones(n, dtype=bool), must_cover=np.ones(n, dtype=bool),
    )  # fmt: skip


def speeds(instance: Instance, seconds: float = 2.0, seed: int = 0) -> Speeds:
    """Measure one instance, each rate for about so many CPU seconds, after the search's first cooling cycle.

    Raises
    ------
    ShaarError
        If no first route set can be drawn.
    """
    p = pack(instance)
    state = new_state(p, seed, 0, np.inf, 0.0)
    construct(p, new_state(p, seed + 1, 0, np.inf, 0.0))  # compile outside the clock
    began = time.process_time()
    if construct(p, state) < p.n_routes:
        raise ShaarError(f"no route set could be drawn for {instance.name}")
    drawn = time.process_time() - began
    plan = Schedule()
    hot, cold = (share * state.number[ATT] / p.n_routes for share in (plan.hot, plan.cold))
    first = plan.first * p.n_routes
    anneal(p, state, first, 0, first, hot, cold)
    routes: RouteSet = tuple(tuple(int(node) for node in state.routes[r, : state.length[r]]) for r in range(p.n_routes))
    nodes, length = state.routes.copy(), state.length.copy()
    before = np.array([state.tally[STEPS], state.tally[EVALUATIONS]])
    began = time.process_time()
    while (spent := time.process_time() - began) < seconds:
        steps = int(state.tally[STEPS])
        anneal(p, state, steps + 256, steps, 10 * first, hot * plan.reheat, cold)
    proposed, evaluated = (np.array([state.tally[STEPS], state.tally[EVALUATIONS]]) - before) / spent
    loaded = _BATCH * _rate(lambda turn: _loads(p, state, nodes, length, _BATCH), seconds)
    rounding = abs(float(state.number[ATT]) - evaluate(instance, routes).att)
    opened = _BATCH * _rate(lambda turn: _opens(p, state, turn, _BATCH), seconds)
    # A turn of insertions opens a block first: that time, measured alone, is taken off.
    turns = _rate(lambda turn: _inserts(p, state, turn, _MANY), seconds)
    empty = _rate(lambda turn: _inserts(p, state, turn, 0), seconds)
    return Speeds(
        full=_rate(lambda turn: evaluate(instance, routes), seconds),
        loaded=loaded,
        opened=opened,
        inserted=_MANY / max(1.0 / turns - 1.0 / empty, 1e-12),
        proposed=float(proposed),
        evaluated=float(evaluated),
        drawn=drawn,
        memory=sum(array.nbytes for part in (p, state) for array in part if isinstance(array, np.ndarray)) / 1e6,
        rounding=rounding,
    )


def _rate(work: Callable[[int], Any], seconds: float) -> float:
    """Calls per CPU second; the first call compiles and does not count."""
    work(0)
    turns = 0
    began = time.process_time()
    while True:
        turns += 1
        work(turns)
        spent = time.process_time() - began
        if spent >= seconds:
            return turns / spent


@kernel
def _loads(p: Problem, s: State, nodes: np.ndarray, length: np.ndarray, times: int) -> None:
    """Measure a route set from scratch, so often."""
    for _ in range(times):
        load(p, s, nodes, length)


@kernel
def _opens(p: Problem, s: State, first: int, times: int) -> None:
    """Open so many blocks, as the search does, and put the routes back."""
    for k in range(times):
        r = (first + k) % p.n_routes
        q = (r + 1) % p.n_routes if p.n_routes > 1 else -1
        open_block(p, s, r, q)
        put_in(p, s, r)
        if q >= 0:
            put_in(p, s, q)


@kernel
def _inserts(p: Problem, s: State, turn: int, times: int) -> float:
    """Open a block with one route out and judge so often what putting it in would make; returns the last ATT."""
    r = turn % p.n_routes
    open_block(p, s, r, -1)
    for k in range(p.n * p.P):
        s.D[2, k] = s.D[0, k]
        s.D[3, k] = s.D[1, k]
    total = row_sums(s.D[2], p.weight, s.sums, p.n, p.P, p.symmetric)
    reached = total
    for _ in range(times):
        bring(p, s, s.routes[r], s.length[r], s.forth[r], s.back[r], 2)
        reached = sum_with_route(
            s.routes[r], s.length[r], s.D[2], s.D[2 if p.symmetric else 3], s.M, s.lines[1], p.weight, s.sums, total,
            s.lines[2], p.n, p.P, p.symmetric,
        )  # fmt: skip
    put_in(p, s, r)
    return att_of(p, reached)


def exponent(nodes: npt.ArrayLike, rates: npt.ArrayLike) -> float:
    """The power of the number of nodes that the time of one evaluation grows with (least squares on logarithms)."""
    return -float(np.polyfit(np.log(np.asarray(nodes, float)), np.log(np.asarray(rates, float)), 1)[0])


def table(instances: Sequence[Instance], seconds: float = 2.0, progress: Progress = silent) -> list[str]:
    """Measure instances, and fit how the time of one evaluation grows with their nodes; lines of a table."""
    lines = [
        f"{'instance':13}{'nodes':>6}{'routes':>7}{'per':>5}{'exact/s':>10}{'16-bit/s':>10}{'blocks/s':>10}"
        f"{'inserted/s':>11}{'proposals/s':>12}{'evaluated/s':>12}{'first s':>9}{'MB':>7}{'rounding':>10}"
    ]
    found: list[Speeds] = []
    for number, instance in enumerate(instances):
        one = speeds(instance, seconds)
        found.append(one)
        lines.append(
            f"{instance.name:13}{instance.n:>6}{instance.n_routes:>7}{instance.max_nodes:>5}{one.full:>10,.0f}"
            f"{one.loaded:>10,.0f}{one.opened:>10,.0f}{one.inserted:>11,.0f}{one.proposed:>12,.0f}"
            f"{one.evaluated:>12,.0f}{one.drawn:>9.3f}{one.memory:>7.1f}{one.rounding:>10.1e}"
        )
        progress("growth", number + 1, len(instances), instance.name)
    sizes = [instance.n for instance in instances]
    if len(set(sizes)) > 1:
        rates = np.array([astuple(one)[:6] for one in found])
        counted = rates[:, 5] > 0  # a search that is still repairing its first routes evaluates none
        powers = [exponent(np.array(sizes)[counted], rates[counted, k]) for k in range(6)]
        lines.append(
            f"{'time ~ n^':31}{powers[0]:>10.2f}{powers[1]:>10.2f}{powers[2]:>10.2f}{powers[3]:>11.2f}"
            f"{powers[4]:>12.2f}{powers[5]:>12.2f}"
        )
    return lines
