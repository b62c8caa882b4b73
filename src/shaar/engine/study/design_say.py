"""What a design says about itself: its settings, and findings in whole sentences."""

from __future__ import annotations

import math
from collections.abc import Sequence

import polars as pl

from shaar.engine.design.city_cover import Need
from shaar.engine.design.city_front import Candidate, fit, least_fleet
from shaar.engine.design.lines import StopBook
from shaar.engine.design.vehicles import vehicle_key
from shaar.engine.findings import Finding
from shaar.engine.study.design_rules import VEHICLE_TYPE, DesignRules, Wishes
from shaar.engine.study.results import NetworkPlan, Options


def too_small(need: Need, tried: Sequence[Candidate], fleet: int, rules: DesignRules) -> str:
    """Say which constraint needs more vehicles than there are, and how many would do."""
    # Which constraint binds: the fleet that would do without the share of people near a stop.
    plain = need.less(0.0)
    alone = least_fleet(plain, tried, rules.headways)
    stay = sum(1 for line in tried[0].lines if line.today and line.today.kept)
    if need.share > 0 and alone <= fleet:
        least = least_fleet(need, tried, rules.headways)
        binding = f"bringing {need.share:.1%} of people within {need.metres:.0f} m of a stop"
        return (
            f"{fleet} vehicles are too few: {binding} at least every {rules.headways.longest:.0f} minutes takes "
            f"{least} with the best lines found; the best that {fleet} reach is {widest(need, tried, fleet, rules):.1%}"
        )
    if stay == len(tried[0].lines):
        binding = f"running today's {stay} lines"
    elif need.city.settlements:
        binding = f"reaching all {len(need.city.settlements)} outlying settlements"
    elif stay:
        binding = f"running the {stay} lines that stay"
    else:
        binding = "running even the most used line"
    return (
        f"{fleet} vehicles are too few: {binding} at least every {rules.headways.longest:.0f} minutes takes "
        f"{alone} with the best lines found"
    )


def widest(need: Need, tried: Sequence[Candidate], fleet: int, rules: DesignRules) -> float:
    """Largest share of people near a stop that some candidate keeps with a fleet, to a thousandth (rounded down)."""
    low, high = 0.0, need.share
    for _ in range(10):
        middle = (low + high) / 2.0
        part = need.less(middle)
        if any(part.met(lines) and fit(part, lines, fleet, rules.headways) for lines in (c.lines for c in tried)):
            low = middle
        else:
            high = middle
    return math.floor(low * 1000.0) / 1000.0


def settings(
    size: int, why: str, fixed: bool, lines: int | None, seed: int, seconds: float, iterations: int | None,
    options: Options, rules: DesignRules, wishes: Wishes, coverage: float,
) -> dict[str, float | int | str]:  # fmt: skip
    """Everything that was asked and assumed, for reproduction."""
    c, h = rules.city, rules.headways
    return {
        "fleet": size, "fleet_from": why, "chosen_by": "fleet" if fixed else "knee of the front",
        "lines": lines if lines is not None else "several tried", "seed": seed, "seconds": seconds,
        "iterations": iterations if iterations is not None else "as many as the seconds allow",
        "walk_kmh": options.walk_kmh, "walk_detour": c.walk_detour, "reach_m": c.reach,
        "transfer_minutes": h.transfer, "wait_share_of_headway": h.wait, "least_headway": h.least,
        "longest_headway": h.longest,
        **{f"headways_{name}": f"{p.least:g} to {p.longest:g} min" for name, p in rules.periods.items()},
        "capacity": round(h.capacity, 1),
        "peak_hour_share": h.peak_hour, "layover_share": h.layover, "layover_minutes": h.layover_minutes,
        "dwell_minutes": c.run.dwell_minutes, "peak_run_factor": c.run.peak, "max_run_minutes": c.max_minutes,
        "fleet_types": ", ".join(f"{vehicle_key(k)}={n}" for k, n in wishes.fleet_types.items()) or VEHICLE_TYPE,
        "wires": ", ".join(wishes.wires), "max_detour": c.max_detour, "mode": wishes.mode,
        "keep": ", ".join(wishes.keep), "protect": ", ".join(wishes.protect),
        "change_budget": "none" if wishes.change_budget is None else wishes.change_budget,
        "coverage": round(coverage, 4), "coverage_m": wishes.coverage_m,
        "max_loss_percent": "any" if wishes.max_loss is None else wishes.max_loss, "draws": wishes.draws,
        **{f"weight_{name}": getattr(wishes.weights, name) for name in wishes.weights.__dataclass_fields__},
    }  # fmt: skip


def findings(
    plan: NetworkPlan, book: StopBook, failures: Sequence[str], why_size: str, size: int, interrupted: bool,
    raised: Sequence[str],
) -> list[Finding]:  # fmt: skip
    """Findings on the chosen plan."""
    used = {s for line in plan.lines for s in (*line.stops_forward, *line.stops_backward)}
    proposed = book.table().filter((pl.col("source") == "proposed") & pl.col("stop_id").is_in(sorted(used)))
    designed = sum(line.status == "designed" for line in plan.lines)
    found = []
    if designed:
        found.append(
            Finding(
                "design.lines_designed",
                f"The {designed} new lines are designed by a model from modelled demand; they do not run today.",
                count=designed,
                severity="info",
            )
        )
    if designed < len(plan.lines):
        found.append(
            Finding(
                "design.lines_today",
                f"{len(plan.lines) - designed} lines of today are part of the plan, "
                f"{sum(line.status == 'kept' for line in plan.lines)} of them as they are.",
                count=len(plan.lines) - designed,
                severity="info",
                values={"kept": sum(line.status == "kept" for line in plan.lines)},
            )
        )
    found.append(
        Finding(
            "design.stops_used",
            f"The chosen plan uses {len(used)} stops, of which {len(proposed)} are proposals, not yet built.",
            count=len(used),
            severity="assumed",
            values={"proposed": len(proposed)},
            points=tuple(zip(proposed["lon"].to_list()[:200], proposed["lat"].to_list()[:200], strict=True)),
        )
    )
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
    if raised:
        found.append(
            Finding(
                "design.off_peak_fleet",
                f"The longest headways allowed take more vehicles than the share of the fleet assumed in: "
                f"{', '.join(raised)}; more run there.",
                severity="assumed",
                values={"periods": ", ".join(raised)},
            )
        )
    short = [] if plan.service is None else list(plan.service.shortages)
    if short:
        lines = len({s["line_id"] for s in short})
        worst = max(short, key=lambda s: float(s["load"] or 0.0) / max(float(s["places"] or 0.0), 1e-9))
        more = (
            "no number of vehicles would carry them at the shortest headway allowed"
            if worst["extra"] is None
            else f"vehicles more of its type that would carry them: {worst['extra']}"
        )
        found.append(
            Finding(
                "design.crowded",
                f"{lines} lines carry more people than places on their busiest part in the busiest hour of a period; "
                f"the fullest is line {worst['name']} ({worst['period']}): {worst['load']:.0f} persons an hour on "
                f"{worst['places']:.0f} places; {more}.",
                count=lines,
                values={
                    "line": str(worst["name"]),
                    "load": round(float(worst["load"] or 0.0)),
                    "places": round(float(worst["places"] or 0.0)),
                    "extra": "–" if worst["extra"] is None else str(worst["extra"]),
                },
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


def exceeded(counted: int, limit: int) -> list[Finding]:
    """Say that the written timetable needs more vehicles than there are, where it does."""
    if counted <= limit:
        return []
    return [
        Finding(
            "design.fleet_exceeded",
            f"The written timetable needs {counted} vehicles at its busiest moment, {limit} are given: the longest "
            "headways allowed, or today's trips that stay as they are, take them.",
            count=counted - limit,
            values={"counted": counted, "limit": limit},
        )
    ]
