"""Today's network as a design sees it: lines on stop groups, termini, and the part of the day that is busiest."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from shaar.engine.design.city_front import Point, model_of, plan_of
from shaar.engine.design.city_instance import CityInstance
from shaar.engine.design.city_lines import BUS_MODES, mark, today_network
from shaar.engine.design.lines import StreetLine
from shaar.engine.errors import InputError
from shaar.engine.findings import Finding
from shaar.engine.fleet.service import day_trips
from shaar.engine.study.design_rules import DesignRules, Period, Wishes
from shaar.engine.timetable.calendar import typical_weekday
from shaar.engine.timetable.day import day_timetable
from shaar.engine.timetable.feed import Feed
from shaar.engine.timetable.route_types import mode_of

#: Where the assumed peaks hold less than this share of the trips an hour of the busiest two hours, this timetable has
#: its peak elsewhere.
PEAK_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Today:
    """Today's lines (those that a plan has to keep are marked), and the network they make in the search model.

    ``buses`` are the route_ids of all bus lines of the timetable, ``fleet`` their vehicles.
    """

    lines: tuple[StreetLine, ...]
    point: Point
    buses: tuple[str, ...]
    fleet: int
    findings: tuple[Finding, ...]

    @property
    def stay(self) -> tuple[StreetLine, ...]:
        """Lines that no plan may take away."""
        return tuple(line for line in self.lines if line.today is not None and line.today.kept)

    def with_termini(self, city: CityInstance) -> CityInstance:
        """Let lines also end where lines end today: buses can turn there."""
        terminal = city.instance.terminal.copy()
        for line in self.lines:
            for way in (line.route, line.way_back):
                if way:
                    terminal[[way[0], way[-1]]] = True
        return replace(city, instance=replace(city.instance, terminal=terminal))


def _as_peak(period: Period, rules: DesignRules) -> Period:
    longest = min(period.longest, rules.headways.longest)
    return replace(period, fleet=1.0, run=1.0, least=min(period.least, longest), longest=longest)


def today_of(city: CityInstance, feed: Feed, rules: DesignRules, wishes: Wishes) -> tuple[Today, DesignRules]:
    """Read a typical weekday; the rules come back with the busiest part of this timetable as a peak.

    Raises
    ------
    InputError
        A line to keep is not in the timetable, or no line can be placed on the stop groups.
    """
    day = day_timetable(feed, typical_weekday(feed), previous_day=False)
    network = today_network(city, feed, day, {k: (p.start, p.end) for k, p in rules.periods.items()})
    if not network.lines:
        raise InputError("none of today's lines calls at two stop groups near bus-legal streets", file="gtfs.zip")
    found = list(network.findings)
    starts = np.sort(day_trips(day).start)

    def an_hour(a: int, b: int) -> float:
        return float(np.searchsorted(starts, b) - np.searchsorted(starts, a)) * 3600.0 / (b - a)

    most = an_hour(*network.window)
    peaks = [p for p in rules.periods.values() if p.fleet >= 1.0]
    if peaks and max(an_hour(p.start, p.end) for p in peaks) < PEAK_SHARE * most:
        a, b = network.window
        name = max(rules.periods, key=lambda k: min(rules.periods[k].end, b) - max(rules.periods[k].start, a))
        rules = replace(rules, periods={**rules.periods, name: _as_peak(rules.periods[name], rules)})
        said = f"{a // 3600}:{a // 60 % 60:02d} to {b // 3600}:{b // 60 % 60:02d}"
        found.append(
            Finding(
                "design.peak_elsewhere",
                f"The timetable is busiest from {said}, outside the usual peaks; the whole fleet is planned for that "
                "time too.",
                severity="assumed",
                values={"span": said},
            )
        )
    lines = mark(network.lines, wishes.keep, wishes.protect)
    headways = np.array([line.today.headway for line in lines if line.today])
    vehicles = np.array([line.today.vehicles for line in lines if line.today], np.int64)
    held = [replace(line, today=replace(line.today, held=True)) for line in lines if line.today]
    model = model_of(city, held, rules.headways)
    point = Point(tuple(held), model, plan_of(model, vehicles, headways), 0)
    kinds = feed.routes.select("route_id", "route_type").iter_rows()
    buses = tuple(str(r) for r, t in kinds if mode_of(int(t if t is not None else 3)) in BUS_MODES)
    return Today(lines, point, buses, network.fleet, tuple(found)), rules
