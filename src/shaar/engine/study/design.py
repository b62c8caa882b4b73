"""Design lines and headways for a city under a fleet limit: the Pareto front of journey time against vehicles."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import polars as pl
import shapely

from shaar.engine.city.model import City
from shaar.engine.design import city_front as front_of
from shaar.engine.design.city_instance import CityInstance, city_instance
from shaar.engine.design.city_rules import CityRules
from shaar.engine.design.headways import HeadwayRules
from shaar.engine.design.lines import StopBook
from shaar.engine.design.lines_why import reasons
from shaar.engine.errors import InputError
from shaar.engine.findings import Finding
from shaar.engine.fleet.service import line_fleets
from shaar.engine.progress import Progress, silent
from shaar.engine.study.results import DesignResult, Line, NetworkPlan, Options
from shaar.engine.timetable.calendar import typical_weekday
from shaar.engine.timetable.day import day_timetable
from shaar.engine.timetable.feed import Feed

F64 = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Period:
    """A part of the day: seconds after midnight, share of the peak fleet running, run time over that of the peak."""

    start: int
    end: int
    fleet: float
    run: float


#: The service day. Fleet shares follow the usual shape of a day with two peaks; run times off the peak are those
#: of the free network (the peak ones carry a factor 1.15). Both assumed.
PERIODS: dict[str, Period] = {
    "early": Period(6 * 3600, 7 * 3600, 0.6, 0.9),
    "morning_peak": Period(7 * 3600, 10 * 3600, 1.0, 1.0),
    "midday": Period(10 * 3600, 16 * 3600, 0.7, 0.93),
    "evening_peak": Period(16 * 3600, 20 * 3600, 1.0, 1.0),
    "evening": Period(20 * 3600, 23 * 3600, 0.45, 0.9),
}
#: Longest headway off the peak (min).
LONGEST_OFF_PEAK = 30.0
#: Buses per 1,000 residents where neither a fleet nor a timetable is given: the upper mark (0.6) of the service level
#: benchmarks of India's Ministry of Urban Development (2009) for city bus supply.
BUSES_PER_1000 = 0.6
#: Fleets of the front over the given or default one.
FLEET_STEPS = (0.5, 0.7, 0.85, 1.0, 1.2, 1.5)
VEHICLE_TYPE = "bus_12m"


@dataclass(frozen=True, slots=True)
class DesignRules:
    """Everything a design assumes; see the parts for meaning and units."""

    city: CityRules = field(default_factory=CityRules)
    headways: HeadwayRules = field(default_factory=HeadwayRules)
    periods: Mapping[str, Period] = field(default_factory=lambda: dict(PERIODS))
    buses_per_1000: float = BUSES_PER_1000


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

    Returns
    -------
    DesignResult
        ``chosen`` is the plan with ``fleet`` vehicles when that was given or is today's; otherwise the knee of the
        front: the point farthest below the chord between its ends, both axes scaled to their range.

    Raises
    ------
    InputError
        No bus-legal streets, no demand, or a fleet too small to reach every outlying settlement (the sentence says
        the least that suffices).
    """
    began = time.monotonic()
    options = options or Options()
    rules = rules or DesignRules()
    rules = replace(rules, city=replace(rules.city, walk_kmh=options.walk_kmh))
    for name, value in (("fleet", fleet), ("lines", lines)):
        if value is not None and value < 1:
            raise InputError(f"at least one is needed, not {value}", field=name)
    if fleets is not None and (not fleets or min(fleets) < 1):
        raise InputError("fleet sizes have to be whole numbers of at least one vehicle", field="fleets")
    size, why_size = _fleet(city, fleet, feed, fleets, rules)
    sizes = sorted({int(f) for f in fleets} | ({size} if fleet is not None else set())) if fleets else _sizes(size)
    progress("streets and stops", 0, 1)
    instance = city_instance(city, od, rules.city)
    progress("streets and stops", 1, 1)
    book = StopBook(instance)
    tries = front_of.densities(instance, size, lines, rules.headways)
    for attempt in (tries, _sparse(instance, lines)):
        tried, failures, interrupted = front_of.candidates(
            instance, attempt, book, seconds=None if iterations else seconds, iterations=iterations, seed=seed,
            chains=2, progress=progress,
        )  # fmt: skip
        # Where no lines keep the caps of the fleet, short lines show what the least fleet is.
        if tried or interrupted:
            break
    if not tried:
        raise InputError(_nothing(instance, failures))
    points = front_of.points(instance, tried, sizes, rules.headways, progress, most_lines=lines)
    if not points or (fleet is not None and fleet not in points):
        raise InputError(_too_small(instance, tried, fleet or max(sizes), rules), field="fleet")
    names = _settlement_names(city)
    places = dict(zip(book.ids, book.xy, strict=True))
    kept = _non_dominated(points, must={size} if fleet is not None or feed is not None else set())
    plans = []
    for number, f in enumerate(kept, start=1):
        plans.append(_plan(instance, points[f], f, places, names, rules))
        progress("reasons", number, len(kept))
    fixed = fleet is not None or (feed is not None and size in kept)
    chosen = kept.index(size) if fixed else _knee(plans)
    best = points[kept[chosen]]
    start_att = tried[best.candidate].result.trace[0][2] if tried[best.candidate].result.trace else math.nan
    return DesignResult(
        front=tuple(plans),
        chosen=chosen,
        stops=_used_stops(book.table(), plans),
        periods={name: (p.start, p.end) for name, p in rules.periods.items()},
        settings=_settings(size, why_size, fixed, lines, seed, seconds, iterations, options, rules),
        search={
            "seed": seed,
            "iterations": max(c.result.iterations for c in tried),
            "evaluations": sum(c.result.evaluations for c in tried),
            "search_seconds": round(sum(c.result.seconds for c in tried), 1),
            "seconds": round(time.monotonic() - began, 1),
            "tries": len(tried),
            "lines_tried": ", ".join(str(len(c.lines)) for c in tried),
            "start_minutes": round(start_att, 3),
            "end_minutes": round(tried[best.candidate].result.att, 3),
            "stop_groups": instance.instance.n,
            "interrupted": int(interrupted),
        },
        findings=(*instance.findings, *_findings(plans[chosen], best, book, failures, why_size, size, interrupted)),
    )


def _fleet(
    city: City, fleet: int | None, feed: Feed | None, fleets: Sequence[int] | None, rules: DesignRules
) -> tuple[int, str]:
    if fleet is not None:
        return int(fleet), "given"
    if feed is not None:
        today = day_timetable(feed, typical_weekday(feed), previous_day=False)
        running = sum(line_fleets(today).values())
        if running:
            return int(running), "today's timetable"
    if fleets:
        return int(np.median(np.asarray(fleets))), "middle of the sizes given"
    persons = float(city.zones["population"].fill_null(0.0).sum())
    return max(2, round(persons / 1000.0 * rules.buses_per_1000)), f"{rules.buses_per_1000} buses per 1,000 residents"


def _sizes(size: int) -> list[int]:
    return sorted({max(1, round(size * step)) for step in FLEET_STEPS})


def _sparse(instance: CityInstance, lines: int | None) -> list[tuple[int, float]]:
    counts = [lines] if lines is not None else [1, max(2, len(instance.settlements)), 2 + 2 * len(instance.settlements)]
    return [(min(c, instance.instance.n), math.inf) for c in sorted(set(counts))]


def _nothing(instance: CityInstance, failures: Sequence[str]) -> str:
    reached = f" that reach {len(instance.settlements)} outlying settlements" if instance.settlements else ""
    return f"no lines{reached} were found: {failures[-1] if failures else 'there was no time to search'}"


def _too_small(instance: CityInstance, tried: Sequence[front_of.Candidate], fleet: int, rules: DesignRules) -> str:
    least = front_of.least_fleet(instance, tried, rules.headways)
    binding = (
        f"reaching all {len(instance.settlements)} outlying settlements"
        if instance.settlements
        else "running even the most used line"
    )
    return (
        f"{fleet} vehicles are too few: {binding} at least every {rules.headways.longest:.0f} minutes takes "
        f"{least} with the best lines found"
    )


def _non_dominated(points: Mapping[int, front_of.Point], must: set[int]) -> list[int]:
    """Fleet sizes, ascending, whose minutes no smaller fleet reaches; those in ``must`` stay in any case."""
    kept, best = [], math.inf
    for f in sorted(points):
        minutes = points[f].plan.assignment.mean_minutes
        if minutes < best - 1e-6 or f in must:
            kept.append(f)
        best = min(best, minutes)
    return kept


def _knee(plans: Sequence[NetworkPlan]) -> int:
    """Point farthest below the chord from the smallest to the largest fleet, axes scaled to their range."""
    if len(plans) < 3:
        return len(plans) - 1
    x = np.array([p.fleet for p in plans], float)
    y = np.array([p.mean_minutes for p in plans])
    x, y = (x - x[0]) / max(x[-1] - x[0], 1e-9), (y - y[-1]) / max(y[0] - y[-1], 1e-9)
    return int(np.argmax(1.0 - x - y))


def _plan(
    instance: CityInstance, point: front_of.Point, fleet: int, places: Mapping[str, F64], names: Mapping[str, str],
    rules: DesignRules,
) -> NetworkPlan:  # fmt: skip
    assignment = point.plan.assignment
    why = reasons(instance, point, places, names)
    order = np.argsort(-assignment.boardings, kind="stable")
    lines = []
    vehicle_km = 0.0
    for number, k in enumerate(order, start=1):
        street = point.lines[k]
        headways = _headways(street.forward.minutes[-1], street.backward.minutes[-1], point, int(k), rules)
        km = (street.forward.metres / 1000.0, street.backward.metres / 1000.0)
        vehicle_km += sum(
            math.ceil((p.end - p.start) / 60.0 / headways[name]) * sum(km) for name, p in rules.periods.items()
        )
        lines.append(
            Line(
                line_id=f"D{number}",
                name=str(number),
                stops_forward=street.forward.stops,
                stops_backward=street.backward.stops,
                geometry_forward=shapely.to_wkb(street.forward.geometry),
                geometry_backward=shapely.to_wkb(street.backward.geometry),
                minutes_forward=float(street.forward.minutes[-1]),
                minutes_backward=float(street.backward.minutes[-1]),
                km_forward=km[0],
                km_backward=km[1],
                headways=headways,
                vehicles=int(point.plan.vehicles[k]),
                vehicle_type=VEHICLE_TYPE,
                why=why[k],
                seconds_forward=_seconds(street.forward.minutes),
                seconds_backward=_seconds(street.backward.minutes),
            )
        )
    return NetworkPlan(
        lines=tuple(lines),
        fleet=point.plan.fleet,
        mean_minutes=assignment.mean_minutes,
        unserved=assignment.unserved,
        vehicle_km_day=vehicle_km,
    )


def _headways(forward: float, backward: float, point: front_of.Point, k: int, rules: DesignRules) -> dict[str, float]:
    """Peak headway as allocated; in another period the line keeps that period's share of its vehicles."""
    vehicles = int(point.plan.vehicles[k])
    off_peak = replace(rules.headways, longest=LONGEST_OFF_PEAK)
    found = {}
    for name, p in rules.periods.items():
        if p.fleet >= 1.0:
            found[name] = float(point.plan.headways[k])
            continue
        cycle = off_peak.cycle(float(forward) * p.run, float(backward) * p.run)
        share = max(round(vehicles * p.fleet), math.ceil(cycle / off_peak.longest - 1e-9), 1)
        found[name] = off_peak.headway(cycle, min(share, vehicles))
    return found


def _seconds(minutes: F64) -> tuple[int, ...]:
    """Whole seconds that grow by at least five from stop to stop."""
    whole: list[int] = []
    for m in minutes:
        s = round(float(m) * 60.0)
        whole.append(s if not whole else max(s, whole[-1] + 5))
    return tuple(whole)


def _settlement_names(city: City) -> dict[str, str]:
    at = city.places.select("place_id", "name")
    return {str(k): str(n or k) for k, n in at.iter_rows()}


def _used_stops(table: pl.DataFrame, plans: Sequence[NetworkPlan]) -> pl.DataFrame:
    """Every known stop, and the proposed ones that some plan of the front uses."""
    used = {s for p in plans for line in p.lines for s in (*line.stops_forward, *line.stops_backward)}
    return table.filter((pl.col("source") != "proposed") | pl.col("stop_id").is_in(sorted(used)))


def _settings(
    size: int, why: str, fixed: bool, lines: int | None, seed: int, seconds: float, iterations: int | None,
    options: Options, rules: DesignRules,
) -> dict[str, float | int | str]:  # fmt: skip
    c, h = rules.city, rules.headways
    return {
        "fleet": size, "fleet_from": why, "chosen_by": "fleet" if fixed else "knee of the front",
        "lines": lines if lines is not None else "several tried", "seed": seed, "seconds": seconds,
        "iterations": iterations if iterations is not None else "as many as the seconds allow",
        "walk_kmh": options.walk_kmh, "walk_detour": c.walk_detour, "reach_m": c.reach,
        "transfer_minutes": h.transfer, "wait_share_of_headway": h.wait, "least_headway": h.least,
        "longest_headway": h.longest, "longest_headway_off_peak": LONGEST_OFF_PEAK, "capacity": h.capacity,
        "peak_hour_share": h.peak_hour, "layover_share": h.layover, "layover_minutes": h.layover_minutes,
        "dwell_minutes": c.run.dwell_minutes, "peak_run_factor": c.run.peak, "max_run_minutes": c.max_minutes,
        "vehicle_type": VEHICLE_TYPE,
    }  # fmt: skip


def _findings(
    plan: NetworkPlan, point: front_of.Point, book: StopBook, failures: Sequence[str], why_size: str, size: int,
    interrupted: bool,
) -> list[Finding]:  # fmt: skip
    used = {s for line in plan.lines for s in (*line.stops_forward, *line.stops_backward)}
    proposed = book.table().filter((pl.col("source") == "proposed") & pl.col("stop_id").is_in(sorted(used)))
    found = [
        Finding(
            "design.lines_designed",
            f"The {len(plan.lines)} lines are designed by a model from modelled demand; they are not lines that run "
            "today.",
            count=len(plan.lines),
            severity="info",
        ),
        Finding(
            "design.stops_used",
            f"The chosen plan uses {len(used)} stops, of which {len(proposed)} are proposals, not yet built.",
            count=len(used),
            severity="assumed",
            values={"proposed": len(proposed)},
            points=tuple(zip(proposed["lon"].to_list()[:200], proposed["lat"].to_list()[:200], strict=True)),
        ),
    ]
    if why_size not in ("given", "today's timetable"):
        found.append(
            Finding(
                "design.fleet_assumed",
                f"No fleet was given and no timetable is known, so fleets around {size} were tried ({why_size}).",
                count=size,
                severity="assumed",
                values={"fleet": size},
            )
        )
    if point.plan.crowded:
        found.append(
            Finding(
                "design.crowded",
                f"{len(point.plan.crowded)} lines carry more than {point.model.rules.capacity:.0f} persons a bus on "
                "their busiest part in the peak hour: the fleet is too small for the demand on them.",
                count=len(point.plan.crowded),
                values={"capacity": point.model.rules.capacity},
            )
        )
    if failures:
        found.append(
            Finding(
                "design.tries_failed",
                f"{len(failures)} of the densities tried gave no network: {failures[0]}",
                count=len(failures),
                severity="info",
            )
        )
    if interrupted:
        found.append(Finding("design.interrupted", "The search was stopped early; this is the best found until then."))
    return found
