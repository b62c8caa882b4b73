"""Today's lines against designed ones in a real city: at the same fleet, and at the same passenger time.

    python benchmarks/design_cities.py CITY [CITY ...] [--seconds 20] [--window 14:00-16:00]

CITY is a folder made by `shaar city build` with a timetable. Both networks are judged twice: by the search model, and
by the timetable router on every stop (`shaar.engine.study.baseline`) with the same demand, over the window.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from shaar.engine.city import folder
from shaar.engine.fleet.service import line_fleets
from shaar.engine.study.baseline import baseline
from shaar.engine.study.demand import city_demand
from shaar.engine.study.design import Wishes, design
from shaar.engine.study.design_output import design_feed
from shaar.engine.study.results import Baseline, NetworkPlan, Options
from shaar.engine.timetable.calendar import typical_weekday
from shaar.engine.timetable.day import day_timetable
from shaar.engine.timetable.read import read_gtfs

ROW = "| {:<34} | {:>8} | {:>5} | {:>9} | {:>9} | {:>9} | {:>11} | {:>9} | {:>9} |"


def main() -> None:
    """Print one table a city."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("city", type=Path, nargs="+")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--budget", type=int, default=6)
    parser.add_argument("--window", default="7:00-9:00")
    asked = parser.parse_args()
    a, b = (sum(int(x) * y for x, y in zip(t.split(":"), (3600, 60), strict=True)) for t in asked.window.split("-"))
    for path in asked.city:
        compare(path, asked.seconds, asked.seed, asked.budget, replace(Options(seed=asked.seed), window=(a, b)))


def compare(path: Path, seconds: float, seed: int, budget: int, options: Options) -> None:
    """Design a city in three ways and print what each gives."""
    began = time.monotonic()
    city = folder.read(path)
    if city.gtfs is None:
        raise SystemExit(f"{path}: the city has no timetable to compare with")
    feed = read_gtfs(city.gtfs)
    od = city_demand(city)
    print(f"\n## {city.meta.name}, window {options.window[0] // 3600}:00-{options.window[1] // 3600}:00\n")
    print(ROW.format("network", "vehicles", "lines", "model min", "worst 10%", "near stop", "router min", "transfers",
                     "unreached"))  # fmt: skip
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    now = baseline(city, feed, options=options, od=od)
    size = sum(line_fleets(day_timetable(feed, typical_weekday(feed), previous_day=False)).values())
    same: dict[str, Any] = {"feed": feed, "seed": seed, "options": options}
    probe = design(city, od, **same, fleets=[size], iterations=200, wishes=Wishes(mode="headways"))
    today = probe.today
    assert today is not None
    show("today", today, now, size)
    plan = probe.front[probe.chosen]
    show(
        "today's lines, new headways", plan, baseline(city, design_feed(city, probe, feed=feed), options=options, od=od)
    )
    few = design(city, od, **same, seconds=seconds, wishes=Wishes(change_budget=budget))
    show(f"at most {budget} changes", few.front[few.chosen],
         baseline(city, design_feed(city, few, feed=feed), options=options, od=od))  # fmt: skip
    # Same fleet, and smaller ones: the smallest that still beats today's passenger time by the router.
    fleets = sorted({size, *(round(size * share) for share in (0.4, 0.5, 0.7))})
    new = design(city, od, **same, fleets=fleets, seconds=seconds)
    for k, plan in sorted(enumerate(new.front), key=lambda p: -p[1].fleet):
        then = baseline(city, design_feed(city, new, plan, feed=feed), options=options, od=od)
        equal = ", same fleet" if k == new.chosen else ""
        show(f"new lines{equal}", plan, then)
        if then.journeys.mean > now.journeys.mean:
            break
    print("\nWinners and losers at the same fleet (search model), those that lose most first:\n")
    print("| area | trips/day | today min | plan min | change % | trips that lose > 1 min |")
    print("|---|---:|---:|---:|---:|---:|")
    large = [r for r in new.front[new.chosen].areas if float(r["trips_day"]) >= 500]
    for r in large if len(large) <= 16 else [*large[:8], *large[-8:]]:
        print(f"| {r['area']} | {r['trips_day']:,.0f} | {r['before_minutes']:.1f} | {r['after_minutes']:.1f} | "
              f"{r['change_percent']:+.1f} | {r['lose_share']:.0%} |")  # fmt: skip
    print(f"\n{time.monotonic() - began:.0f} s in all, {seconds:.0f} s of them for each search.", flush=True)


def show(name: str, plan: NetworkPlan, judged: Baseline, vehicles: int | None = None) -> None:
    """Print one network."""
    j = judged.journeys
    print(ROW.format(
        name, vehicles or plan.fleet, judged.network.lines if judged.network else 0, f"{plan.mean_minutes:.1f}",
        f"{plan.worst_tenth_minutes:.1f}", f"{plan.coverage:.1%}", f"{j.mean:.1f}", f"{j.transfers:.2f}",
        f"{j.unreached:.2%}",
    ), flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
