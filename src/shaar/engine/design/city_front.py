"""Route sets of several densities for one city, and the best headways of each for several fleets: a Pareto front."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from shaar.engine.design.city_instance import CityInstance
from shaar.engine.design.headways import HeadwayModel, HeadwayPlan, HeadwayRules, allocate, assign, headway_model
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
    """One searched route set on the streets; ``cap`` is the total run time (min) it had to keep."""

    lines: tuple[StreetLine, ...]
    cap: float
    result: SearchResult


@dataclass(frozen=True, slots=True)
class Point:
    """Lines with headways for one fleet size; ``model`` and ``plan`` follow the order of ``lines``."""

    lines: tuple[StreetLine, ...]
    model: HeadwayModel
    plan: HeadwayPlan
    candidate: int

    @property
    def score(self) -> float:
        """Mean minutes, plus the wait for the next bus of those who do not fit on the busiest part of a line."""
        rules, assignment = self.model.rules, self.plan.assignment
        hourly = assignment.peak_load * rules.peak_hour
        left = np.maximum(hourly - rules.capacity * 60.0 / self.plan.headways, 0.0)
        waiting = float((left * self.plan.headways).sum())
        return assignment.mean_minutes + waiting / float(self.model.od.sum() * rules.peak_hour)


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
    chains: int = 1,
    progress: Progress = silent,
) -> tuple[list[Candidate], list[str], bool]:
    """Search a route set for each (number of lines, cap), and lay it on the streets.

    A cap of ``inf`` asks for short lines instead: total run time is weighed against the mean journey.

    Returns
    -------
    candidates, failures, interrupted
        Failures are sentences of the tries that found nothing; after an interruption the tries left are not begun.
    """
    found: list[Candidate] = []
    failures: list[str] = []
    for k, (count, cap) in enumerate(tries):
        instance = replace(city.instance, n_routes=count)

        def show(stage: str, done: float, total: float | None = None, note: str = "", k: int = k) -> None:
            part = 0.0 if not total else min(done / total, 1.0)
            progress("search", k + part, len(tries), note)

        try:
            result = search(
                instance, seconds=None if seconds is None else seconds / len(tries), iterations=iterations,
                seed=seed, total_cap=cap if np.isfinite(cap) else None, chains=chains, progress=show,
                total_weight=0.0 if np.isfinite(cap) else SHORT_WEIGHT,
            )  # fmt: skip
        except ShaarError as e:
            within = f" within {cap:.0f} minutes" if np.isfinite(cap) else ""
            failures.append(f"{count} lines{within}: {e}")
            continue
        routes = straighten(instance, result.routes, ratio=city.rules.max_detour, shortest=city.shortest)
        lines = tuple(street_line(city, route, book) for route in routes)
        found.append(Candidate(lines, cap, result))
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
    return replace(
        model,
        held_headway=np.array([t.headway if t and t.held else np.nan for t in today]),
        held_vehicles=np.array([t.vehicles if t and t.held else 0 for t in today], np.int64),
        longest=np.array([max(rules.longest, t.headway if t else 0.0) for t in today]),
    )


def points(
    city: CityInstance,
    tried: Sequence[Candidate],
    fleets: Sequence[int],
    rules: HeadwayRules,
    progress: Progress = silent,
    most_lines: int | None = None,
) -> dict[int, Point]:
    """For each fleet the best candidate with its headways; weak lines are dropped while that helps."""
    best: dict[int, Point] = {}
    for k, candidate in enumerate(tried):
        lines = candidate.lines
        if most_lines is not None and len(lines) > most_lines:
            lines = keep_most_used(city, lines, rules, most_lines)
        for fleet in sorted(fleets, reverse=True):
            # A smaller fleet may need fewer lines than a larger one: go downwards and drop what does not fit.
            lines = fit(city, lines, fleet, rules)
            if not lines:
                break
            model = model_of(city, lines, rules)
            plan = allocate(model, [fleet], rounds=5, swaps=0)[fleet]
            point = Point(lines, model, plan, k)
            if fleet not in best or point.score < best[fleet].score:
                best[fleet] = point
            progress("headways", k + 0.5, len(tried), _note(fleet, best[fleet]))
    progress("headways", len(tried), len(tried))
    for number, fleet in enumerate(sorted(best), start=1):
        best[fleet] = prune(city, best[fleet], fleet, rules)
        progress("front", number, len(best), _note(fleet, best[fleet]))
    return best


def _note(fleet: int, point: Point) -> str:
    return f"{fleet} vehicles: {point.plan.assignment.mean_minutes:.2f} min"


def fit(city: CityInstance, lines: Sequence[StreetLine], fleet: int, rules: HeadwayRules) -> tuple[StreetLine, ...]:
    """Drop the lines least used per vehicle until the rest fits the fleet at the longest headway.

    Lines that alone reach a group that must be covered stay; empty when even those do not fit.
    """
    lines = tuple(lines)
    least = model_of(city, lines, rules).least_vehicles()
    kept = _drop(city, lines, rules, lambda kept: int(least[kept].sum()) <= fleet)
    return tuple(lines[i] for i in kept) if int(least[kept].sum()) <= fleet else ()


def keep_most_used(
    city: CityInstance, lines: Sequence[StreetLine], rules: HeadwayRules, most: int
) -> tuple[StreetLine, ...]:
    """Drop the lines least used per vehicle until no more than ``most`` are left, where what must be covered allows."""
    lines = tuple(lines)
    return tuple(lines[i] for i in _drop(city, lines, rules, lambda kept: len(kept) <= most))


def _drop(
    city: CityInstance, lines: tuple[StreetLine, ...], rules: HeadwayRules, enough: Callable[[list[int]], bool]
) -> list[int]:
    kept = list(range(len(lines)))
    if enough(kept):
        return kept
    model = model_of(city, lines, rules)
    least = model.least_vehicles()
    use = assign(model, model.headways(least)).boardings / least
    for k in np.argsort(use, kind="stable"):
        if enough(kept):
            break
        if len(kept) > 1 and covers(city, [lines[i] for i in kept if i != k]):
            kept.remove(int(k))
    return kept


def covers(city: CityInstance, lines: Sequence[StreetLine]) -> bool:
    """Say whether every group that must be covered is on some line."""
    served = {g for line in lines for g in line.route}
    return all(int(g) in served for g in np.flatnonzero(city.instance.must_cover))


def least_fleet(city: CityInstance, tried: Sequence[Candidate], rules: HeadwayRules) -> int:
    """Smallest fleet found with which some candidate, cut to its necessary lines, reaches all that must be reached."""
    best = 0
    for candidate in tried:
        low, high = 1, int(model_of(city, candidate.lines, rules).least_vehicles().sum())
        while low < high:
            middle = (low + high) // 2
            if fit(city, candidate.lines, middle, rules):
                high = middle
            else:
                low = middle + 1
        best = min(best, low) if best else low
    return best


def prune(city: CityInstance, point: Point, fleet: int, rules: HeadwayRules, trials: int = 2) -> Point:
    """Drop lines whose vehicles save more time elsewhere, worst boardings per vehicle first, then polish headways."""
    best = point
    improved = True
    while improved and len(best.lines) > 1:
        improved = False
        use = best.plan.assignment.boardings / np.maximum(best.plan.vehicles, 1)
        for k in np.argsort(use, kind="stable")[:trials]:
            lines = tuple(line for i, line in enumerate(best.lines) if i != k)
            if not covers(city, lines):
                continue
            model = model_of(city, lines, rules)
            plan = allocate(model, [fleet], rounds=2, swaps=0).get(fleet)
            trial = None if plan is None else Point(lines, model, plan, best.candidate)
            if trial is not None and trial.score < best.score + INDIFFERENT:
                best, improved = trial, True
                break
    final = allocate(best.model, [fleet], swaps=6)[fleet]
    polished = Point(best.lines, best.model, final, best.candidate)
    return polished if polished.score <= best.score else best
