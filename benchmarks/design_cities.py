"""Today's buses against designed lines in two real cities, judged by the timetable router on every stop.

    python benchmarks/design_cities.py [NAME ...] [--iterations 40000] [--images docs/img]

Las Palmas and Porto Alegre, each with today's lines and new headways, new lines at the same fleet, at the same
vehicle-hours, and with the fewest vehicles found that keep today's passenger time. City folders are built from the
shared data once. The search is bounded by proposals and not by time, so that a busy machine gives the same plan.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
from pyproj import Transformer
from scipy.spatial import cKDTree

from shaar.engine.access.equity import worst_decile
from shaar.engine.city import folder
from shaar.engine.city.model import City
from shaar.engine.demand.parameters import Parameters
from shaar.engine.design.city_lines import BUS_MODES
from shaar.engine.design.city_measures import area_names
from shaar.engine.design.city_rules import CityRules
from shaar.engine.fleet.service import busiest_moment, day_trips
from shaar.engine.routing.street_times import street_minutes
from shaar.engine.study.demand import demand_parameters, model_demand
from shaar.engine.study.design import Wishes, design
from shaar.engine.study.design_output import design_feed
from shaar.engine.study.design_plan import kg_per_km
from shaar.engine.study.results import DesignResult, NetworkPlan, Options
from shaar.engine.study.verdict import Comparison, Verdict, area_table, at_day_of, compare, judge, work_of
from shaar.engine.timetable.calendar import typical_weekday
from shaar.engine.timetable.cut import cut_feed
from shaar.engine.timetable.day import day_timetable
from shaar.engine.timetable.feed import Feed
from shaar.engine.timetable.read import read_gtfs
from shaar.report.maps.minutes_map import Words, minutes_map

HERE = Path(__file__).resolve().parent
SHARED = Path(os.environ.get("SHAAR_SHARED_DATA", HERE.parents[1] / "shared" / "data"))
F64 = npt.NDArray[np.float64]

#: Fleets of the front over today's: what the smallest fleet with the same passenger time is looked for among.
STEPS = (0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
#: Other demand matrices, drawn from the ranges of the demand parameters, on which gains are checked.
DEMAND_DRAWS = 10
#: Draws of the phases of headway services, and seconds between departures: seven minutes meet usual headways (5, 10,
#: 15, 20 minutes) at every point of their cycle.
PHASES = 2
STEP_S = 420
ROW = "{:<33} {:>4} {:>5} {:>5} {:>6} {:>5} {:>6} {:>6} {:>6} {:>6} {:>5} {:>6} {:>6} {:>6}"
HEADS = ("veh.", "lines", "min", "worst", "trans", "unserv", "fast>2", "fast>5", "slow>2", "slow>5",
         "v-h/h", "v-km/h", "kgCO2e/h")  # fmt: skip


@dataclass(frozen=True)
class Case:
    """A city: its sources in the shared data, and the hours in which journeys are looked at."""

    name: str
    sources: tuple[str, ...]
    window: tuple[float, float]


CASES = {
    "las_palmas": Case(
        "Las Palmas",
        ("--osm", "las_palmas/las_palmas_osm_20230221.osm.pbf", "--gtfs", "las_palmas/gtfs_guaguas_20230222.zip",
         "--country", "ES"),
        (7, 9),
    ),
    "porto_alegre": Case(
        "Porto Alegre",
        ("--osm", "porto_alegre/poa_osm.pbf", "--gtfs", "porto_alegre/poa_eptc.zip", "--gtfs",
         "porto_alegre/poa_trensurb.zip", "--zones", "porto_alegre/poa_hexgrid.csv", "--country", "BR"),
        # The feed is a sample of trips that start from 12:00 to 16:00: from 13:00 on all buses run, and most journeys
        # that begin by 14:30 end before the sample does.
        (13, 14.5),
    ),
}  # fmt: skip


def main() -> int:
    """Print the tables of each city and draw its map."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", nargs="*", choices=[*CASES, []], help="cities [all]")
    parser.add_argument("--iterations", type=int, default=40_000, help="proposals of each search")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folders", type=Path, default=HERE.parent / "out" / "cities", help="where city folders are")
    parser.add_argument("--images", type=Path, help="folder in which the maps are written")
    asked = parser.parse_args()
    if not SHARED.is_dir():
        print("the shared data folder is not here; set SHAAR_SHARED_DATA", file=sys.stderr)
        return 1
    for name in asked.name or CASES:
        case = CASES[name]
        path = asked.folders / name
        if not (path / "city.toml").exists():
            build(case, path)
        study = Study(case, path, asked.seed, asked.iterations)
        study.tell()
        if asked.images:
            asked.images.mkdir(parents=True, exist_ok=True)
            (asked.images / f"minutes-{name.replace('_', '-')}.svg").write_text(study.picture(), encoding="utf-8")
    return 0


def build(case: Case, path: Path) -> None:
    """Make the city folder from the shared data."""
    sources = [str(SHARED / "cities" / s) if "/" in s else s for s in case.sources]
    path.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "shaar", "city", "build", str(path), *sources, "--name", case.name]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


class Study:
    """One city: today's network, the designed ones, and the router's verdict on each."""

    def __init__(self, case: Case, path: Path, seed: int, iterations: int) -> None:
        began = time.process_time()
        self.case, self.seed, self.iterations = case, seed, iterations
        self.city: City = folder.read(path)
        assert self.city.gtfs is not None
        whole = read_gtfs(self.city.gtfs)
        self.feed: Feed = cut_feed(whole, inside(self.city, whole))
        a, b = case.window
        self.options = at_day_of(Options(seed=seed, window=(round(a * 3600), round(b * 3600))), self.feed)
        minutes = street_minutes(self.city, mode="car")
        self.od = model_demand(self.city, minutes=minutes).daily
        self.others = [self._drawn(demand_parameters(), k, minutes) for k in range(DEMAND_DRAWS)]
        self.all, self.share, self.size = fleet_inside(whole, self.feed)
        self.kg = kg_per_km(self.city)
        self.area = area_names(self.city)
        self.today = judge(self.city, self.feed, self.od, options=self.options, step_s=STEP_S)
        self.rows: list[tuple[str, Verdict, Comparison]] = []
        self.known: dict[int, Verdict] = {}
        self.new = self._design(sorted({round(self.size * s) for s in STEPS}), Wishes())
        front = sorted(self.new.front, key=lambda p: p.fleet)
        self.plan = self.new.front[self.new.chosen]
        self.same = self._row("new lines, same fleet", self._verdict(self.plan))
        feeds = [design_feed(self.city, self.new, p, feed=self.feed) for p in front]
        hours = [work_of(f, self.options).hours for f in feeds]
        k = max((k for k, h in enumerate(hours) if h <= self.today.work.hours), default=0)
        self._row("new lines, same vehicle-hours", self._verdict(front[k]))
        least = self._least(front)
        if least is not None:
            self._row("new lines, same passenger time", self._verdict(least))
        old = self._design([self.size], Wishes(mode="headways"))
        self._row("today's lines, new headways", self._judged(old, old.front[old.chosen]))
        self.seconds = time.process_time() - began

    def _drawn(self, table: Parameters, k: int, minutes: F64) -> F64:
        drawn = model_demand(self.city, parameters=table.draw(self.seed + 1 + k), minutes=minutes).daily
        return drawn * (self.od.sum() / drawn.sum())

    def _design(self, fleets: list[int], wishes: Wishes) -> DesignResult:
        return design(
            self.city, self.od, feed=self.feed, fleet=self.size, fleets=fleets, seed=self.seed,
            iterations=self.iterations, options=self.options, wishes=wishes,
        )  # fmt: skip

    def _judged(self, result: DesignResult, plan: NetworkPlan) -> Verdict:
        feed = design_feed(self.city, result, plan, feed=self.feed)
        return judge(self.city, feed, self.od, options=self.options, draws=PHASES, step_s=STEP_S)

    def _verdict(self, plan: NetworkPlan) -> Verdict:
        if plan.fleet not in self.known:
            self.known[plan.fleet] = self._judged(self.new, plan)
        return self.known[plan.fleet]

    def _least(self, front: list[NetworkPlan]) -> NetworkPlan | None:
        """Bisect the front for the fewest vehicles whose mean journey is not longer than today's."""
        low, high, best = 0, len(front) - 1, None
        while low <= high:
            k = (low + high) // 2
            if self._verdict(front[k]).mean <= self.today.mean:
                best, high = front[k], k - 1
            else:
                low = k + 1
        return best

    def _row(self, name: str, verdict: Verdict) -> Comparison:
        compared = compare(self.today, verdict, self.od, self.others)
        self.rows.append((name, verdict, compared))
        return compared

    def tell(self) -> None:
        """Print the tables."""
        a, b = self.case.window
        day = self.options.day
        print(f"{self.case.name}, {day.isoformat() if day else ''}, departures {clock(a)} to {clock(b)}, "
              f"{self.od.sum():,.0f} modelled trips a day, {self.city.zones.height} zones;\n"
              f"{self.size} buses at the busiest moment, each counted by the share of its line's hours near the zones "
              f"({self.all} buses, {self.share:.0%} of their hours)\n"
              "veh.: counted in the timetable of each row as written, at its busiest moment, layovers included\n"
              )  # fmt: skip
        print(ROW.format("", *HEADS))
        self._print("today", replace(self.today, work=replace(self.today.work, vehicles=self.size)), None)
        for name, verdict, compared in self.rows:
            self._print(name, verdict, compared)
        print()
        for name, _, c in self.rows:
            print(f"{name}: {c.gain:.1f} min shorter ({c.gain_low:.1f} to {c.gain_high:.1f} over {DEMAND_DRAWS + 1} "
                  "matrices of demand and the phases of headway services)")  # fmt: skip
        print(f"\n{'same fleet, by area':<20} {'trips/day':>9} {'today':>6} {'plan':>6} {'min':>6} {'%':>6} "
              f"{'gain':>5} {'lose':>5}")  # fmt: skip
        table = area_table(self.area, self.today, self.rows[0][1], self.same, self.od)
        rows = [r for r in table.iter_rows(named=True) if r["trips_day"] >= 0.005 * self.od.sum()]
        for r in rows if len(rows) <= 16 else [*rows[:8], *rows[-8:]]:
            print(f"{r['area'][:20]:<20} {r['trips_day']:>9,.0f} {r['before_minutes']:>6.1f} {r['after_minutes']:>6.1f}"
                  f" {r['change_minutes']:>+6.1f} {r['change_percent']:>+6.1f} {r['gain_share']:>5.0%} "
                  f"{r['lose_share']:>5.0%}")  # fmt: skip
        people = self.city.zones["population"].fill_null(0.0).to_numpy()
        part = [float(people[self.same.clear == s].sum() / people.sum()) for s in (1, 0, -1)]
        print(f"\nresidents of zones that clearly gain {part[0]:.1%}, no clear change {part[1]:.1%}, clearly lose "
              f"{part[2]:.1%}; {self.seconds:.0f} CPU seconds\n", flush=True)  # fmt: skip

    def _print(self, name: str, v: Verdict, c: Comparison | None) -> None:
        shares = ["" for _ in range(4)] if c is None else [f"{s:.1%}" for s in (*c.faster, *c.slower)]
        print(ROW.format(
            name, v.work.vehicles, v.work.lines, f"{v.mean:.1f}", f"{self._worst(v):.1f}", f"{v.transfers:.2f}",
            f"{v.unreached:.2%}", *shares, f"{v.work.hours:.0f}", f"{v.work.km:,.0f}",
            f"{v.work.km * self.kg:,.0f}",
        ))  # fmt: skip

    def _worst(self, v: Verdict) -> float:
        """Mean journey of the tenth of residents whose zone's journeys are longest."""
        people = self.city.zones["population"].fill_null(0.0).to_numpy()
        return worst(v.minutes.mean(axis=0, dtype=np.float64), self.od, people)

    def picture(self) -> str:
        """The map of winners and losers at the same fleet."""
        ways: tuple[Callable[[str], str], ...] = (lambda s: f"{s} min shorter", lambda s: f"{s} min longer")
        sizes = ("6 or more", "3 to 6", "1 to 3")
        words = Words(
            title=f"{self.case.name}: journeys with new lines and the same {self.size} buses",
            legend="Mean journey of the trips from and to a zone, against today (timetable router, modelled demand)",
            classes=(*map(ways[0], sizes), "no clear change", *map(ways[1], reversed(sizes))),
            credit="© OpenStreetMap contributors",
        )
        return minutes_map(self.city, self.same.change, self.same.clear, words)


def inside(city: City, feed: Feed) -> set[str]:
    """Stops that people of the city can walk to (straight metres to a zone's point): the rest of the lines is cut."""
    to_metric = Transformer.from_crs("OGC:CRS84", city.meta.crs, always_xy=True)
    zones = city.zones.filter(pl.col("population").fill_null(0.0) + pl.col("jobs").fill_null(0.0) > 0)
    stops = feed.stops.drop_nulls(["stop_lon", "stop_lat"])
    there = np.column_stack(to_metric.transform(zones["lon"].to_numpy(), zones["lat"].to_numpy()))
    here = np.column_stack(to_metric.transform(stops["stop_lon"].to_numpy(), stops["stop_lat"].to_numpy()))
    return set(stops["stop_id"].filter(pl.Series(cKDTree(there).query(here)[0] <= CityRules().reach)))


def fleet_inside(whole: Feed, cut: Feed) -> tuple[int, float, int]:
    """Today's buses at the moment when most are busy, the share of their hours in the area, and the area's buses.

    A bus counts in the area by the share of its line's hours that is there.
    """
    date = typical_weekday(whole)
    days = [day_timetable(feed, date, previous_day=False, modes=BUS_MODES) for feed in (whole, cut)]
    hours = []
    for day in days:
        trips = day_trips(day)
        took = np.bincount(trips.route, weights=trips.end - trips.start, minlength=len(day.route_ids))
        hours.append(dict(zip(day.route_ids, took.tolist(), strict=True)))
    weight = {k: hours[1].get(r, 0.0) / hours[0][r] for k, r in enumerate(days[0].route_ids) if hours[0][r] > 0}
    part = busiest_moment(days[0], weight=weight).vehicles
    return busiest_moment(days[0]).vehicles, sum(hours[1].values()) / sum(hours[0].values()), part


def clock(hour: float) -> str:
    """Write an hour as 7:00."""
    return f"{int(hour)}:{round(hour * 60) % 60:02d}"


def worst(minutes: F64, od: F64, people: F64) -> float:
    """Mean over the tenth of residents with the longest journeys."""
    trips = od.sum(axis=1) + od.sum(axis=0)
    total = (minutes * od).sum(axis=1) + (minutes * od).sum(axis=0)
    known = (trips > 0) & (people > 0)
    return worst_decile(total[known] / trips[known], people[known], high_is_bad=True)


if __name__ == "__main__":
    sys.exit(main())
