"""Few changes in this phase: start from today's network and make the changes that help most, one after another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from shaar.engine.design.city_cover import Need, line_least
from shaar.engine.design.city_front import Point, Score, model_of, plan_of, stays
from shaar.engine.design.headways import allocate, assign
from shaar.engine.design.headways_model import HeadwayRules
from shaar.engine.design.lines import StreetLine
from shaar.engine.errors import InputError
from shaar.engine.progress import Progress, silent

#: So many of each kind of change are tried at every step: the rest promises less.
SHORTLIST = 5
#: A change has to save more than this (minutes of the score), or the budget is left unspent.
LEAST_GAIN = 0.002


@dataclass(frozen=True, slots=True)
class Change:
    """One change: "add", "remove" or "headway" of a line, and the minutes of the score that it saved when made."""

    kind: str
    line: StreetLine
    saved: float


def improve(
    need: Need,
    today: Sequence[StreetLine],
    pool: Sequence[StreetLine],
    fleet: int,
    budget: int,
    rules: HeadwayRules,
    *,
    score: Score = Point.total,
    progress: Progress = silent,
) -> tuple[Point, list[Change]]:
    """Make at most ``budget`` changes to today's network under a fleet limit.

    A change frees the headway of a line of today, removes one or adds one of ``pool``. At each step the most promising
    single changes, and pairs that move vehicles from one line to another, are tried with new headways for all lines
    that are free by then, everything else held; the best saving per change is made. Greedy, so not the best set of
    changes, but each is judged in the network that the ones before left.

    Returns
    -------
    point, changes
        The network (lines of today that nobody touched keep today's headway), and what was changed.

    Raises
    ------
    InputError
        Today's lines take more vehicles than there are.
    """
    lines = [_held(line) for line in today]
    start = _point(need, lines, fleet, rules)
    if start is None:
        used = sum(line_least(line, rules) for line in lines)
        raise InputError(
            f"today's lines take {used} vehicles, but {fleet} are given: a change budget starts from today's network",
            field="fleet",
        )
    best = start
    changes: list[Change] = []
    pool = list(pool)
    while len(changes) < budget:
        top: tuple[float, Point, list[tuple[str, StreetLine]]] | None = None
        for moves in _options(need, best, pool, rules, budget - len(changes)):
            trial = _point(need, _changed(best.lines, moves), fleet, rules)
            if trial is None or not need.met(trial.lines):
                continue
            gain = (score(best) - score(trial)) / len(moves)
            if gain > LEAST_GAIN and (top is None or gain > top[0]):
                top = (gain, trial, moves)
        if top is None:
            break
        gain, best, moves = top
        changes += [Change(kind, line, gain) for kind, line in moves]
        pool = [p for p in pool if all(p is not line for _, line in moves)]
        progress("changes", len(changes), budget, f"mean {best.plan.assignment.mean_minutes:.2f} min")
    return best, changes


def _held(line: StreetLine) -> StreetLine:
    return line if line.today is None else replace(line, today=replace(line.today, held=True))


def _changed(lines: Sequence[StreetLine], moves: Sequence[tuple[str, StreetLine]]) -> list[StreetLine]:
    out = list(lines)
    for kind, line in moves:
        if kind == "add":
            out.append(line)
            continue
        at = next(k for k, other in enumerate(out) if other is line)
        if kind == "remove":
            del out[at]
        else:
            assert line.today is not None
            out[at] = replace(line, today=replace(line.today, held=False))
    return out


def _point(need: Need, lines: Sequence[StreetLine], fleet: int, rules: HeadwayRules) -> Point | None:
    model = model_of(need.city, lines, rules)
    least = model.least_vehicles()
    if int(least.sum()) > fleet:
        return None
    if model.held_headway is not None and not np.isnan(model.held_headway).any():
        plan = plan_of(model, least, model.held_headway)
    else:
        plan = allocate(model, [fleet], rounds=3, swaps=0)[fleet]
    return Point(tuple(lines), model, plan, 0)


def _options(
    need: Need, best: Point, pool: Sequence[StreetLine], rules: HeadwayRules, left: int
) -> list[list[tuple[str, StreetLine]]]:
    """Changes worth trying: cheap estimates choose them, the assignment judges them."""
    plan, model = best.plan, best.model
    boardings, headways = plan.assignment.boardings, plan.headways
    vehicles = np.maximum(plan.vehicles, 1)
    held = [k for k, line in enumerate(best.lines) if line.today and line.today.held and not line.today.fixed]
    more = np.array([rules.headway(c, int(v) + 1) for c, v in zip(model.cycle, vehicles, strict=True)])
    promise = boardings * np.maximum(headways - more, 0.0)
    receive = sorted(held, key=lambda k: (-promise[k], k))[:SHORTLIST]
    give = sorted(held, key=lambda k: (boardings[k] * headways[k] / vehicles[k], k))[:SHORTLIST]
    remove = [k for k in sorted(held, key=lambda k: (boardings[k] / vehicles[k], k)) if not stays(best.lines[k])]
    remove = remove[:SHORTLIST]
    add = _useful(need, best, pool, rules)
    lines = best.lines
    options: list[list[tuple[str, StreetLine]]] = []
    options += [[("headway", lines[k])] for k in dict.fromkeys((*receive, *give))]
    options += [[("remove", lines[k])] for k in remove]
    options += [[("add", line)] for line in add]
    if left > 1:
        takers: list[tuple[str, StreetLine]] = [("headway", lines[k]) for k in receive[:3]]
        takers += [("add", line) for line in add[:3]]
        givers: list[tuple[str, StreetLine]] = [("headway", lines[k]) for k in give[:3]]
        givers += [("remove", lines[k]) for k in remove[:3]]
        options += [[g, t] for g in givers for t in takers if g[1] is not t[1]]
    return options


def _useful(need: Need, best: Point, pool: Sequence[StreetLine], rules: HeadwayRules) -> list[StreetLine]:
    """Lines of the pool with most boardings per vehicle, were all of them there every ten minutes."""
    if not pool:
        return []
    model = model_of(need.city, [*best.lines, *pool], rules)
    headways = np.concatenate([best.plan.headways, np.full(len(pool), 10.0)])
    use = assign(model, headways).boardings[len(best.lines) :]
    vehicles = np.ceil(model.cycle[len(best.lines) :] / 10.0)
    order = np.argsort(-use / vehicles, kind="stable")[:SHORTLIST]
    return [pool[int(k)] for k in order]
