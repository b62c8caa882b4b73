"""From what is asked to networks: search, today's lines, coverage, change budget and areas that must not lose."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from shaar.engine.design import city_front as front_of
from shaar.engine.design.city_budget import Change, improve
from shaar.engine.design.city_cover import Need, complete
from shaar.engine.design.city_instance import CityInstance
from shaar.engine.design.city_measures import Areas, excess
from shaar.engine.design.city_relief import relieve
from shaar.engine.design.lines import StreetLine
from shaar.engine.errors import InputError
from shaar.engine.findings import Finding
from shaar.engine.progress import Progress
from shaar.engine.study import design_say as say
from shaar.engine.study.design_rules import DesignRules, Wishes
from shaar.engine.study.design_today import Today


@dataclass(frozen=True, slots=True)
class Asked:
    """What a design is asked for, worked out."""

    size: int
    sizes: tuple[int, ...]
    given: bool
    lines: int | None
    seconds: float
    seed: int
    iterations: int | None
    wishes: Wishes
    rules: DesignRules
    score: front_of.Score
    areas: Areas


@dataclass(frozen=True, slots=True)
class Networks:
    """Networks by fleet size, and how they came to be; ``go`` are route_ids of today's lines that may be gone."""

    points: dict[int, front_of.Point]
    tried: tuple[front_of.Candidate, ...]
    need: Need
    go: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()
    interrupted: bool = False
    findings: tuple[Finding, ...] = ()


def networks(need: Need, today: Today | None, asked: Asked, progress: Progress) -> Networks:
    """Make networks for every fleet size, or for one where the number of changes is limited.

    Raises
    ------
    InputError
        A constraint cannot be kept; the sentence says which and what would help.
    """
    wishes = asked.wishes
    if wishes.change_budget is not None:
        assert today is not None
        return _few_changes(need, today, asked, progress)
    if wishes.mode == "headways" and today is not None:
        need = need.as_today(today.lines, share=wishes.coverage is None)
    tried, failures, interrupted = _candidates(need, today, asked, progress)
    in_model = () if today is None else tuple(line.today.line_id for line in today.lines if line.today)
    go = () if today is None else (in_model if wishes.mode == "headways" else today.buses)
    made = Networks({}, tuple(tried), need, go, tuple(failures), interrupted)
    points = _points(need, tried, asked, progress)
    findings: list[Finding] = []
    wanted = asked.size if asked.given or today is not None else None
    if wishes.coverage is None and need.share > 0 and (not points or (wanted is not None and wanted not in points)):
        share = say.widest(need, tried, wanted or max(asked.sizes), asked.rules)
        loose = need.less(share)
        findings.append(
            Finding(
                "design.coverage_relaxed",
                f"Today {need.share:.1%} of people live within {need.metres:.0f} m of a stop; with this fleet the "
                f"lines found can keep {share:.1%}.",
                values={"today": round(100 * need.share, 1), "kept": round(100 * share, 1), "metres": need.metres},
            )
        )
        made = replace(made, need=loose)
        points = _points(loose, tried, asked, progress)
    if not points or (asked.given and asked.size not in points):
        raise InputError(say.too_small(made.need, tried, asked.size if asked.given else max(asked.sizes), asked.rules),
                         field="fleet")  # fmt: skip
    if wishes.max_loss is not None and today is not None:
        points = _relieved(made.need, points, today, asked)
    return replace(made, points=points, findings=tuple(findings))


def _points(
    need: Need, tried: Sequence[front_of.Candidate], asked: Asked, progress: Progress
) -> dict[int, front_of.Point]:
    able = [c for c in tried if need.met(c.lines)]
    return front_of.points(
        need, able, asked.sizes, asked.rules.headways, progress, most_lines=asked.lines,
        same_headway=asked.wishes.mode == "construct", score=asked.score,
    )  # fmt: skip


def _candidates(
    need: Need, today: Today | None, asked: Asked, progress: Progress
) -> tuple[list[front_of.Candidate], list[str], bool]:
    """Route sets to give headways to, each completed until enough people are near a stop."""
    if asked.wishes.mode == "headways":
        assert today is not None
        lines = tuple(
            replace(line, today=replace(line.today, kept=True)) for line in today.lines if line.today is not None
        )
        return [front_of.Candidate(lines, math.inf)], [], False
    stay = () if today is None else today.stay
    city = need.city
    rules = asked.rules.headways
    used = int(front_of.model_of(city, stay, rules).least_vehicles().sum()) if stay else 0
    tries = front_of.densities(city, max(asked.size - used, 1), asked.lines, rules)
    tried: list[front_of.Candidate] = []
    failures: list[str] = []
    interrupted = False
    for attempt in (tries, _sparse(city, asked.lines)):
        tried, failures, interrupted = front_of.candidates(
            city, attempt, need.book, seconds=None if asked.iterations else asked.seconds,
            iterations=asked.iterations, seed=asked.seed, stay=stay, chains=2, progress=progress,
        )  # fmt: skip
        # Where no lines keep the caps of the fleet, short lines show what the least fleet is.
        if tried or interrupted:
            break
    if not tried:
        raise InputError(_nothing(city, failures))
    if need.share <= 0:
        return tried, failures, interrupted
    other = [line for line in (today.lines if today is not None else ()) if not front_of.stays(line)]
    pool = [*other, *(line for c in tried for line in c.lines if line.today is None)]
    done = [replace(c, lines=complete(need, c.lines, [p for p in pool if p not in c.lines], rules)) for c in tried]
    return done, failures, interrupted


def _sparse(city: CityInstance, lines: int | None) -> list[tuple[int, float]]:
    counts = [lines] if lines is not None else [1, max(2, len(city.settlements)), 2 + 2 * len(city.settlements)]
    return [(min(c, city.instance.n), math.inf) for c in sorted(set(counts))]


def _nothing(city: CityInstance, failures: Sequence[str]) -> str:
    reached = f" that reach {len(city.settlements)} outlying settlements" if city.settlements else ""
    return f"no lines{reached} were found: {failures[-1] if failures else 'there was no time to search'}"


def _few_changes(need: Need, today: Today, asked: Asked, progress: Progress) -> Networks:
    """Start from today's network and make the changes that help most."""
    wishes = asked.wishes
    assert wishes.change_budget is not None
    rules = asked.rules.headways
    pool: list[StreetLine] = []
    tried: list[front_of.Candidate] = []
    failures: list[str] = []
    interrupted = False
    if wishes.mode != "headways":
        # New lines are searched beside those of today, and by themselves: either kind may be worth a change.
        count = max(2, min(wishes.change_budget, 12))
        cap = asked.size * 10.0 / (2.0 * (1.0 + rules.layover + 0.03))
        beside = (count, count * front_of.USUAL_RUN)
        for stay, one in ((today.lines, beside), ((), (max(count, len(today.lines) // 3), cap))):
            some, failed, interrupted = front_of.candidates(
                need.city, [one], need.book, seconds=None if asked.iterations else asked.seconds / 2.0,
                iterations=asked.iterations, seed=asked.seed, stay=stay, chains=2, progress=progress,
            )  # fmt: skip
            tried += some
            failures += failed
            pool += [line for c in some for line in c.lines if line.today is None]
            if interrupted:
                break
    # What today's network does not keep today (coverage, settlements) is not asked of a few changes to it.
    goal = need.as_today(today.lines, share=wishes.coverage is None)
    point, changes = improve(
        goal, today.lines, pool, asked.size, wishes.change_budget, rules, score=asked.score, progress=progress
    )
    if not goal.met(point.lines):
        raise InputError(
            f"{wishes.change_budget} changes to today's network do not keep every constraint: "
            f"{goal.reached(point.lines):.1%} of people are within {goal.metres:.0f} m of a stop and "
            f"{'every' if goal.settled(point.lines) else 'not every'} outlying settlement is reached; allow more "
            "changes or ask for less coverage",
            field="change_budget",
        )
    in_model = tuple(line.today.line_id for line in today.lines if line.today)
    made = Networks({asked.size: point}, tuple(tried), goal, in_model, tuple(failures), interrupted)
    return replace(made, findings=(_told(changes, wishes.change_budget),))


def _told(changes: Sequence[Change], budget: int) -> Finding:
    verbs = {"add": "a new line", "remove": "without line", "headway": "line"}
    said = [
        f"{verbs[c.kind]}{' ' + c.line.today.name if c.line.today else ''}"
        f"{' at another headway' if c.kind == 'headway' else ''} (-{c.saved:.2f} min)"
        for c in changes
    ]
    text = "; ".join(said[:8]) if said else "none helped"
    return Finding(
        "design.changes",
        f"{len(changes)} of {budget} changes to today's network were made, each the one that helped most: {text}.",
        count=len(changes),
        severity="info",
        values={"budget": budget, "changes": text},
    )


def _relieved(need: Need, points: dict[int, front_of.Point], today: Today, asked: Asked) -> dict[int, front_of.Point]:
    """Give areas that lose too much some of their lines back, and leave out the fleets with which that fails."""
    kept: dict[int, front_of.Point] = {}
    least = (math.inf, "")
    for fleet, point in points.items():
        other = [line for line in today.lines if line not in point.lines]
        better = relieve(need, point, other, asked.areas, fleet, asked.rules.headways, asked.score)
        over, area = excess(asked.areas, better)
        if over <= 1e-6:
            kept[fleet] = better
        elif fleet == asked.size or fleet == max(points):
            least = min(least, (over, area))
    if not kept or (asked.given and asked.size not in kept):
        over, area = least
        at = asked.areas.names.index(area)
        was = asked.areas.allowed[at] / (1.0 + (asked.wishes.max_loss or 0.0) / 100.0)
        percent = math.ceil(10.0 * 100.0 * ((asked.areas.allowed[at] + over) / was - 1.0)) / 10.0
        raise InputError(
            f"no network found keeps every area's mean journey within {asked.wishes.max_loss:g} % of today's: {area} "
            f"binds; allow {percent:g} %, more vehicles or more time",
            field="max_loss",
        )
    return kept
