"""Design lines and headways for a city under a fleet limit: the Pareto front of journey time against vehicles."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import polars as pl

from shaar.engine.city.model import City
from shaar.engine.design import city_front as front_of
from shaar.engine.design.city_cover import Need
from shaar.engine.design.city_front import Point
from shaar.engine.design.city_instance import city_instance
from shaar.engine.design.city_lines import BUS_MODES
from shaar.engine.design.city_measures import Weights, area_means, areas_of, excess, scorer, zone_means
from shaar.engine.design.lines import StopBook
from shaar.engine.errors import InputError
from shaar.engine.fleet.service import busiest_moment
from shaar.engine.progress import Progress, silent
from shaar.engine.study import design_say as say
from shaar.engine.study.design_draws import with_draws
from shaar.engine.study.design_fleet import TRIES, within, written_vehicles
from shaar.engine.study.design_networks import Asked, Networks, networks
from shaar.engine.study.design_plan import Frame, line_labels, network_plan
from shaar.engine.study.design_report import line_boardings, service_plan
from shaar.engine.study.design_rules import FLEET_STEPS, PERIODS, DesignRules, Mode, Period, Wishes
from shaar.engine.study.design_service import Service, allocated, as_it_runs, at_peak, quick_schedule
from shaar.engine.study.design_today import Today, today_of
from shaar.engine.study.design_vehicles import vehicles_of
from shaar.engine.study.results import DesignResult, NetworkPlan, Options
from shaar.engine.timetable.calendar import typical_weekday
from shaar.engine.timetable.day import day_timetable
from shaar.engine.timetable.feed import Feed

F64 = npt.NDArray[np.float64]

__all__ = ["PERIODS", "DesignRules", "Mode", "Period", "Wishes", "design"]


def design(
    city: City,
    od: F64,
    *,
    feed: Feed | None = None,
    fleet: int | None = None,
    seconds: float = 60.0,
    seed: int = 0,
    lines: int | None = None,
    fleets: Sequence[int] | None = None,
    options: Options | None = None,
    iterations: int | None = None,
    rules: DesignRules | None = None,
    wishes: Wishes | None = None,
    progress: Progress = silent,
) -> DesignResult:
    """Design a network.

    Stops are grouped, routes are searched over the groups for several densities of network
    (:mod:`shaar.engine.design.city_front`), laid on the streets, and given headways by marginal allocation for every
    fleet size of the front.

    Parameters
    ----------
    od
        Daily trips by public transport between the zones, shape (z, z).
    feed
        The timetable as it stands: its fleet is the default of ``fleet``.
    fleet
        Vehicles in service at the peak. Default: today's, else ``rules.buses_per_1000``.
    seconds
        Wall clock for all route searching together; reading the streets and setting headways come on top.
    seed, iterations
        The random numbers, and proposals per search instead of seconds: with both a design can be repeated exactly
        (``search["iterations"]`` of a result tells how many were made).
    lines
        Number of lines; default: several are tried.
    fleets
        Fleet sizes of the front; default: 0.5 to 1.5 times ``fleet``.
    options
        ``walk_kmh`` is used.
    rules
        Assumptions of the model.
    wishes
        Mode, lines that stay, change budget, coverage, what counts how much; see
        :class:`shaar.engine.study.design_rules.Wishes`.

    Returns
    -------
    DesignResult
        ``chosen`` is the plan with ``fleet`` vehicles when that was given or is today's; otherwise the knee of the
        front: the point farthest below the chord between its ends, both axes scaled to their range.

    Raises
    ------
    InputError
        No bus-legal streets, no demand, a wish that makes no sense, or one that cannot be kept (the sentence says
        which constraint binds and the least relaxation that helps).
    """
    began = time.monotonic()
    options = options or Options()
    rules = rules or DesignRules()
    wishes = wishes or Wishes()
    rules = replace(rules, city=replace(rules.city, walk_kmh=options.walk_kmh))
    for name, value in (("fleet", fleet), ("lines", lines)):
        if value is not None and value < 1:
            raise InputError(f"at least one is needed, not {value}", field=name)
    if fleets is not None and (not fleets or min(fleets) < 1):
        raise InputError("fleet sizes have to be whole numbers of at least one vehicle", field="fleets")
    wishes.check(timetable=feed is not None)
    rules = rules.with_policy(wishes)
    fleet = _of_types(fleet, wishes)
    size, why_size = _fleet(city, fleet, feed, fleets, rules)
    sizes = sorted({int(f) for f in fleets} | ({size} if fleet is not None else set())) if fleets else _sizes(size)
    progress("streets and stops", 0, 1)
    instance = city_instance(city, od, rules.city, terminals=wishes.terminals)
    today: Today | None = None
    if feed is not None:
        today, rules = today_of(instance, feed, rules, wishes)
        instance = today.with_termini(instance)
        if fleet is None and wishes.change_budget is not None:
            # Lines that stay count a vehicle at least, also those that do not run at the busiest moment.
            size = max(size, today.fleet)
    vehicles = vehicles_of(city, wishes, today, size)
    if vehicles.given:
        rules = replace(rules, headways=replace(rules.headways, capacity=vehicles.mean("places")))
    progress("streets and stops", 1, 1)
    need = Need(instance, StopBook(instance), metres=wishes.coverage_m)
    need.share = _coverage(need, today, wishes)
    areas = areas_of(city, instance)
    before = None
    if today is not None:
        before = zone_means(today.point.model, today.point.plan.headways)
        if wishes.max_loss is not None:
            was = area_means(areas, today.point.model, before)
            areas = replace(areas, allowed=np.where(np.isnan(was), np.inf, was * (1.0 + wishes.max_loss / 100.0)))
    kg = vehicles.mean("gco2e_km") / 1000.0
    score = scorer(instance, wishes.weights, rules.peak_minutes, kg, None if wishes.max_loss is None else areas)
    asked = Asked(
        size=size, sizes=tuple(sizes), given=fleet is not None, lines=lines, seconds=seconds, seed=seed,
        iterations=iterations, wishes=wishes, rules=rules, score=score, areas=areas,
    )  # fmt: skip
    made = networks(need, today, asked, progress)
    names = _settlement_names(city)
    frame = Frame(
        instance=instance, need=made.need, names=names, rules=rules, vehicles=vehicles, areas=areas,
        before=before, go=made.go, reserved=frozenset() if feed is None else _ids(feed),
    )  # fmt: skip
    fixed = fleet is not None or (feed is not None and size in made.points)
    kept = _non_dominated(made, score, must={size} if fixed else set())
    if fixed:
        chosen = kept.index(size)
    else:
        chosen = _knee(made, kept) if wishes.weights == Weights() else _least(made, kept, score)
    best = made.points[kept[chosen]]
    same = wishes.mode == "construct"
    periods = {name: (p.start, p.end) for name, p in rules.periods.items()}

    def served(fleet: int) -> Service:
        found = allocated(best, fleet, vehicles, rules, same=same, progress=progress)
        if wishes.max_loss is not None and excess(areas, at_peak(best, found.schedule))[0] > 1e-6:
            return allocated(best, fleet, vehicles, rules, same=same, hold_peaks=True, progress=progress)
        return found

    def counted(service: Service) -> int:
        plan = _with_service(frame, best, service)[2]
        return written_vehicles(city, plan, _used_stops(made.need.book.table(), [plan]), periods, feed)

    # A limit by type leaves nothing to take vehicles from.
    service, runs = within(kept[chosen], served, counted, tries=0 if vehicles.given else TRIES)
    plans = []
    order: Sequence[int] = ()
    for number, f in enumerate(kept, start=1):
        if f == kept[chosen]:
            best, order, plan = _with_service(frame, best, service)
            plans.append(plan)
        else:
            plans.append(
                network_plan(frame, made.points[f], quick_schedule(made.points[f], f, vehicles, rules, same=same))
            )
        progress("reasons", number, len(kept))
    if wishes.draws:
        plans[chosen] = with_draws(city, instance, plans[chosen], best, order, made, asked, need.book, progress)
    result = made.tried[best.candidate].result if made.tried else None
    searched = [c.result for c in made.tried if c.result is not None]
    return DesignResult(
        front=tuple(plans),
        chosen=chosen,
        stops=_used_stops(need.book.table(), plans),
        periods=periods,
        settings=say.settings(
            size, why_size, fixed, lines, seed, seconds, iterations, options, rules, wishes, made.need.share
        ),
        search={
            "seed": seed,
            "iterations": max((r.iterations for r in searched), default=0),
            "evaluations": sum(r.evaluations for r in searched),
            "search_seconds": round(sum(r.seconds for r in searched), 1),
            "seconds": round(time.monotonic() - began, 1),
            "tries": len(made.tried),
            "lines_tried": ", ".join(str(len(c.lines)) for c in made.tried),
            "start_minutes": round(result.trace[0][2], 3) if result and result.trace else math.nan,
            "end_minutes": round(result.att, 3) if result else math.nan,
            "stop_groups": instance.instance.n,
            "interrupted": int(made.interrupted),
        },
        findings=(
            *instance.findings,
            *(today.findings if today is not None else ()),
            *made.findings,
            *say.findings(plans[chosen], need.book, made.failures, why_size, size, made.interrupted, service.raised),
            *say.exceeded(runs, kept[chosen]),
        ),
        today=None
        if today is None
        else _with_service(replace(frame, before=None), today.point, as_it_runs(today.point, vehicles, rules))[2],
    )


def _with_service(frame: Frame, point: Point, service: Service) -> tuple[Point, list[int], NetworkPlan]:
    """Describe a point with its service: the point at these peak headways, the order of its lines, and the plan."""
    point = at_peak(point, service.schedule)
    schedule = replace(service.schedule, boardings=line_boardings(service))
    order, labels = line_labels(frame, point, schedule.boardings)
    said = service_plan(service, point.lines, labels, order, frame.vehicles, frame.rules)
    return point, order, network_plan(frame, point, schedule, said)


def _of_types(fleet: int | None, wishes: Wishes) -> int | None:
    """Fleet by the types, where those are given."""
    if not wishes.fleet_types:
        return fleet
    total = sum(wishes.fleet_types.values())
    if fleet is not None and fleet != total:
        raise InputError(f"{fleet} vehicles are given, but the types are {total} in sum", field="fleet")
    return total


def _coverage(need: Need, today: Today | None, wishes: Wishes) -> float:
    """Share of people that must be near a stop: as asked, else today's."""
    if wishes.coverage is None:
        return 0.0 if today is None else min(need.reached(today.lines), need.most())
    most = need.most()
    if wishes.coverage > most:
        raise InputError(
            f"no network can bring {wishes.coverage:.1%} of people within {need.metres:.0f} m of a stop: all stops, "
            f"known and proposed, reach {math.floor(1000 * most) / 10:.1f}%",
            field="coverage",
        )
    return wishes.coverage


def _fleet(
    city: City, fleet: int | None, feed: Feed | None, fleets: Sequence[int] | None, rules: DesignRules
) -> tuple[int, str]:
    if fleet is not None:
        return int(fleet), "given"
    if feed is not None:
        today = day_timetable(feed, typical_weekday(feed), previous_day=False, modes=BUS_MODES)
        running = busiest_moment(today).vehicles
        if running:
            return running, "today's timetable"
    if fleets:
        return int(np.median(np.asarray(fleets))), "middle of the sizes given"
    persons = float(city.zones["population"].fill_null(0.0).sum())
    return max(2, round(persons / 1000.0 * rules.buses_per_1000)), f"{rules.buses_per_1000} buses per 1,000 residents"


def _sizes(size: int) -> list[int]:
    return sorted({max(1, round(size * step)) for step in FLEET_STEPS})


def _non_dominated(made: Networks, score: front_of.Score, must: set[int]) -> list[int]:
    """Fleet sizes, ascending, whose score no smaller fleet reaches; those in ``must`` stay in any case."""
    kept, best = [], math.inf
    for f in sorted(made.points):
        minutes = made.points[f].plan.assignment.mean_minutes
        if minutes < best - 1e-6 or f in must:
            kept.append(f)
        best = min(best, minutes)
    return kept


def _knee(made: Networks, kept: Sequence[int]) -> int:
    """Point farthest below the chord from the smallest to the largest fleet, axes scaled to their range."""
    if len(kept) < 3:
        return len(kept) - 1
    x = np.array([made.points[f].plan.fleet for f in kept], float)
    y = np.array([made.points[f].plan.assignment.mean_minutes for f in kept])
    x, y = (x - x[0]) / max(x[-1] - x[0], 1e-9), (y - y[-1]) / max(y[0] - y[-1], 1e-9)
    return int(np.argmax(1.0 - x - y))


def _least(made: Networks, kept: Sequence[int], score: front_of.Score) -> int:
    """Point with the least weighted score: with weights given, they say what a vehicle is worth."""
    return int(np.argmin([score(made.points[f]) for f in kept]))


def _ids(feed: Feed) -> frozenset[str]:
    routes = feed.routes
    return frozenset(routes["route_id"].to_list()) | frozenset(routes["route_short_name"].drop_nulls().to_list())


def _settlement_names(city: City) -> dict[str, str]:
    at = city.places.select("place_id", "name")
    return {str(k): str(n or k) for k, n in at.iter_rows()}


def _used_stops(table: pl.DataFrame, plans: Sequence[NetworkPlan]) -> pl.DataFrame:
    """Every known stop, and the proposed ones that some plan of the front uses."""
    used = {s for p in plans for line in p.lines for s in (*line.stops_forward, *line.stops_backward)}
    return table.filter((pl.col("source") != "proposed") | pl.col("stop_id").is_in(sorted(used)))
