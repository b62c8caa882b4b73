"""Route sets of several densities for one city, and the best headways of each for several fleets: a Pareto front."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from shaar.engine.design.city_cover import Need
from shaar.engine.design.city_instance import CityInstance
from shaar.engine.design.city_lines import link_route
from shaar.engine.design.headways import HeadwayPlan, allocate, assign
from shaar.engine.design.headways_model import HeadwayModel, HeadwayRules, headway_model
from shaar.engine.design.lines import StopBook, StreetLine, street_line
from shaar.engine.design.lines_straight import straighten
from shaar.engine.design.search import SearchResult, search
from shaar.engine.errors import ShaarError
from shaar.engine.progress import Progress, silent

F64 = npt.NDArray[np.float64]

#: Mean headways (min) at which the route sets that are tried would use the whole fleet: few lines that come often, to
#: many lines that come seldom and spare people the transfer. What is best depends on the city, so all are tried.
DENSITIES = (4.0, 6.5, 10.0, 15.0)
#: A line's usual one-direction run time (min), by which the number of lines follows from their total run time.
USUAL_RUN = 38.0
#: A line is dropped unless the mean journey gets longer by more than this (min): fewer lines are easier to know.
INDIFFERENT = 0.003
#: Weight of the total run time where no cap can be kept: a minute of run time against a minute of the mean journey.
SHORT_WEIGHT = 0.1


@dataclass(frozen=True, slots=True)
class Candidate:
    """One route set on the streets; ``cap`` is the total run time (min) it had to keep, ``result`` None for today's."""

    lines: tuple[StreetLine, ...]
    cap: float
    result: SearchResult | None = None


@dataclass(frozen=True, slots=True)
class Point:
    """Lines with headways for one fleet size; ``model`` and ``plan`` follow the order of ``lines``."""

    lines: tuple[StreetLine, ...]
    model: HeadwayModel
    plan: HeadwayPlan
    candidate: int

    def total(self) -> float:
        """Mean minutes, plus the wait for the next bus of those who do not fit on the busiest part of a line."""
        rules, assignment = self.model.rules, self.plan.assignment
        hourly = assignment.peak_load * rules.peak_hour
        left = np.maximum(hourly - rules.capacity * 60.0 / self.plan.headways, 0.0)
        waiting = float((left * self.plan.headways).sum())
        return assignment.mean_minutes + waiting / float(self.model.od.sum() * rules.peak_hour)


#: What is made small: minutes, see :meth:`Point.total`.
Score = Callable[[Point], float]


def densities(city: CityInstance, fleet: int, lines: int | None, rules: HeadwayRules) -> list[tuple[int, float]]:
    """Numbers of lines and caps on the total one-direction run time (min) to try for a fleet.

    A fleet F keeps a mean headway h on lines of total one-direction run time T when ``2 T (1 + layover) / h = F``.
    """
    tried = []
    most = max(1, city.instance.n // 2)
    for headway in DENSITIES:
        total = fleet * headway / (2.0 * (1.0 + rules.layover + 0.03))
        count = lines if lines is not None else round(total / USUAL_RUN)
        tried.append((int(np.clip(count, 1, most)), total))
    unique: dict[int, tuple[int, float]] = {}
    for count, total in tried:
        if lines is not None:
            # With the number of lines given, what varies is how long they are.
            if 4.0 * count <= total:
                unique[round(total)] = (count, total)
        else:
            unique[count] = (count, total)
    return list(unique.values()) or [tried[-1]]


def candidates(
    city: CityInstance,
    tries: Sequence[tuple[int, float]],
    book: StopBook,
    *,
    seconds: float | None,
    iterations: int | None,
    seed: int,
    stay: Sequence[StreetLine] = (),
    chains: int = 1,
    progress: Progress = silent,
) -> tuple[list[Candidate], list[str], bool]:
    """Search a route set for each (number of lines, cap), and lay it on the streets.

    A cap of ``inf`` asks for short lines instead: total run time is weighed against the mean journey. Lines of today in
    ``stay`` run beside those searched and stand first in every candidate; the cap is for the others.

    Returns
    -------
    candidates, failures, interrupted
        Failures are sentences of the tries that found nothing; after an interruption the tries left are not begun.
    """
    found: list[Candidate] = []
    failures: list[str] = []
    fixed = tuple(link_route(city, line) for line in stay)
    fixed = tuple(route for route in fixed if len(route) > 1)
    beside = sum(total_minutes(city, route) for route in fixed)
    for k, (count, cap) in enumerate(tries):
        instance = replace(city.instance, n_routes=count)

        def show(stage: str, done: float, total: float | None = None, note: str = "", k: int = k) -> None:
            part = 0.0 if not total else min(done / total, 1.0)
            progress("search", k + part, len(tries), note)

        try:
            result = search(
                instance, seconds=None if seconds is None else seconds / len(tries), iterations=iterations,
                seed=seed, total_cap=cap + beside if np.isfinite(cap) else None, chains=chains, progress=show,
                total_weight=0.0 if np.isfinite(cap) else SHORT_WEIGHT, fixed=fixed,
            )  # fmt: skip
        except ShaarError as e:
            within = f" within {cap:.0f} minutes" if np.isfinite(cap) else ""
            failures.append(f"{count} lines{within}: {e}")
            continue
        routes = straighten(instance, result.routes, ratio=city.rules.max_detour, shortest=city.shortest)
        lines = tuple(street_line(city, route, book) for route in routes)
        found.append(Candidate((*stay, *lines), cap, result))
        if result.interrupted:
            return found, failures, True
    progress("search", len(tries), len(tries))
    return found, failures, False


def model_of(city: CityInstance, lines: Sequence[StreetLine], rules: HeadwayRules) -> HeadwayModel:
    """Prepare lines on the streets for the assignment; held lines keep their headway, kept ones their longest."""
    legs = [line.legs() for line in lines]
    model = headway_model(
        city.instance.n, [line.route for line in lines], [a for a, _ in legs], [b for _, b in legs],
        access=(city.access_ptr, city.access_group, city.access_minutes), walk=city.walk, od=city.od, rules=rules,
        back=[line.way_back for line in lines],
    )  # fmt: skip
    today = [line.today for line in lines]
    if not any(today):
        return model
    # A line of today may run on beyond the stop groups at its ends: its vehicles make the whole way.
    whole = [[float(way.minutes[-1]) for way in (s.forward, s.backward) if way.stops] for s in lines]
    return replace(
        model,
        cycle=np.array([rules.cycle(*ways) for ways in whole]),
        runs=tuple(tuple(ways) for ways in whole),
        held_headway=np.array([t.headway if t and t.held else np.nan for t in today]),
        held_vehicles=np.array([t.vehicles if t and t.held else 0 for t in today], np.int64),
        longest=np.array([max(rules.longest, t.headway if t else 0.0) for t in today]),
    )


def total_minutes(city: CityInstance, route: Sequence[int]) -> float:
    """Run time of a route in the search model, minutes one way."""
    nodes = np.asarray(route)
    return float(city.instance.time[nodes[:-1], nodes[1:]].sum())


def points(
    need: Need,
    tried: Sequence[Candidate],
    fleets: Sequence[int],
    rules: HeadwayRules,
    progress: Progress = silent,
    *,
    most_lines: int | None = None,
    same_headway: bool = False,
    score: Score = Point.total,
) -> dict[int, Point]:
    """For each fleet the best candidate with its headways; weak lines are dropped while that helps.

    ``same_headway`` gives all lines that are free one headway, the shortest that the fleet keeps, and drops none.
    """
    city = need.city
    best: dict[int, Point] = {}
    for k, candidate in enumerate(tried):
        lines = candidate.lines
        if most_lines is not None and len(lines) > most_lines:
            lines = keep_most_used(need, lines, rules, most_lines)
        for fleet in sorted(fleets, reverse=True):
            # A smaller fleet may need fewer lines than a larger one: go downwards and drop what does not fit.
            lines = fit(need, lines, fleet, rules)
            if not lines:
                break
            model = model_of(city, lines, rules)
            plan = uniform(model, fleet) if same_headway else allocate(model, [fleet], rounds=5, swaps=0).get(fleet)
            if plan is None:
                break
            point = Point(lines, model, plan, k)
            if fleet not in best or score(point) < score(best[fleet]):
                best[fleet] = point
            progress("headways", k + 0.5, len(tried), _note(fleet, best[fleet]))
    progress("headways", len(tried), len(tried))
    for number, fleet in enumerate(sorted(best), start=1):
        if not same_headway:
            best[fleet] = prune(need, best[fleet], fleet, rules, score=score)
        progress("front", number, len(best), _note(fleet, best[fleet]))
    return best


def _note(fleet: int, point: Point) -> str:
    return f"{fleet} vehicles: {point.plan.assignment.mean_minutes:.2f} min"


def uniform(model: HeadwayModel, fleet: int) -> HeadwayPlan | None:
    """One headway for all free lines: the shortest (half minutes) that the fleet keeps; None where none does."""
    for step in range(round(2 * model.rules.least), round(2 * model.rules.longest) + 1):
        wanted = np.maximum(np.ceil(model.cycle / (step / 2) - 1e-9).astype(np.int64), 1)
        if model.held_headway is not None and model.held_vehicles is not None:
            wanted = np.where(np.isnan(model.held_headway), wanted, model.held_vehicles)
        if int(wanted.sum()) <= fleet:
            headways = np.full(model.lines, step / 2)
            if model.held_headway is not None:
                headways = np.where(np.isnan(model.held_headway), headways, model.held_headway)
            return plan_of(model, wanted, headways)
    return None


def plan_of(model: HeadwayModel, vehicles: npt.NDArray[np.int64], headways: F64) -> HeadwayPlan:
    """Headways that are given, with what people do."""
    what = assign(model, headways)
    over = what.peak_load * model.rules.peak_hour * headways / 60.0 > model.rules.capacity + 1e-9
    return HeadwayPlan(vehicles, headways, what, tuple(int(k) for k in np.flatnonzero(over)))


def fit(need: Need, lines: Sequence[StreetLine], fleet: int, rules: HeadwayRules) -> tuple[StreetLine, ...]:
    """Drop the lines least used per vehicle until the rest fits the fleet at the longest headway.

    Lines that stay, or without which the need is not met, stay; empty when even those do not fit.
    """
    lines = tuple(lines)
    if not lines:
        return ()
    least = model_of(need.city, lines, rules).least_vehicles()
    kept = _drop(need, lines, rules, lambda kept: int(least[kept].sum()) <= fleet)
    return tuple(lines[i] for i in kept) if int(least[kept].sum()) <= fleet else ()


def keep_most_used(need: Need, lines: Sequence[StreetLine], rules: HeadwayRules, most: int) -> tuple[StreetLine, ...]:
    """Drop the lines least used per vehicle until no more than ``most`` are left, where the need allows."""
    lines = tuple(lines)
    return tuple(lines[i] for i in _drop(need, lines, rules, lambda kept: len(kept) <= most))


def _drop(
    need: Need, lines: tuple[StreetLine, ...], rules: HeadwayRules, enough: Callable[[list[int]], bool]
) -> list[int]:
    kept = list(range(len(lines)))
    if enough(kept):
        return kept
    model = model_of(need.city, lines, rules)
    least = model.least_vehicles()
    use = assign(model, model.headways(least)).boardings / np.maximum(least, 1)
    for k in np.argsort(use, kind="stable"):
        if enough(kept):
            break
        if stays(lines[k]) or len(kept) == 1:
            continue
        if need.met([lines[i] for i in kept if i != k]):
            kept.remove(int(k))
    return kept


def stays(line: StreetLine) -> bool:
    """Say whether a line of today may not be taken away."""
    return line.today is not None and line.today.kept


def least_fleet(need: Need, tried: Sequence[Candidate], rules: HeadwayRules) -> int:
    """Smallest fleet found with which some candidate, cut to its necessary lines, reaches all that must be reached."""
    best = 0
    for candidate in tried:
        low, high = 1, int(model_of(need.city, candidate.lines, rules).least_vehicles().sum())
        while low < high:
            middle = (low + high) // 2
            if fit(need, candidate.lines, middle, rules):
                high = middle
            else:
                low = middle + 1
        best = min(best, low) if best else low
    return best


def prune(
    need: Need, point: Point, fleet: int, rules: HeadwayRules, trials: int = 2, score: Score = Point.total
) -> Point:
    """Drop lines whose vehicles save more time elsewhere, worst boardings per vehicle first, then polish headways."""
    best = point
    improved = True
    while improved and len(best.lines) > 1:
        improved = False
        use = best.plan.assignment.boardings / np.maximum(best.plan.vehicles, 1)
        free = [int(k) for k in np.argsort(use, kind="stable") if not stays(best.lines[k])]
        for k in free[:trials]:
            lines = tuple(line for i, line in enumerate(best.lines) if i != k)
            if not need.met(lines):
                continue
            model = model_of(need.city, lines, rules)
            plan = allocate(model, [fleet], rounds=2, swaps=0).get(fleet)
            trial = None if plan is None else Point(lines, model, plan, best.candidate)
            if trial is not None and score(trial) < score(best) + INDIFFERENT:
                best, improved = trial, True
                break
    final = allocate(best.model, [fleet], swaps=6)[fleet]
    polished = Point(best.lines, best.model, final, best.candidate)
    return polished if score(polished) <= score(best) else best
