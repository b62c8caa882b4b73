"""What a design assumes, and what a planner may ask of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, get_args

import numpy as np

from shaar.engine.design.city_measures import Weights
from shaar.engine.design.city_rules import CityRules
from shaar.engine.design.headways_model import HeadwayRules
from shaar.engine.design.headways_task import SERVICE_DAY
from shaar.engine.design.vehicles import WIRED, vehicle_key
from shaar.engine.errors import InputError

Mode = Literal["construct", "headways", "both"]


@dataclass(frozen=True, slots=True)
class Period:
    """A part of the day.

    Parameters
    ----------
    start, end
        Seconds after midnight.
    fleet
        Share of the fleet that may run.
    run
        Run time over that of the peak.
    trips, surge
        Share of the day's trips, and trips of its busiest hour in the heavier direction over those of its mean hour.
    least, longest
        Policy: shortest and longest headway (min).
    """

    start: int
    end: int
    fleet: float
    run: float
    trips: float
    surge: float = 1.2
    least: float = 3.0
    longest: float = 30.0


_HOURS = {"early": (6, 7), "morning_peak": (7, 10), "midday": (10, 16), "evening_peak": (16, 20), "evening": (20, 23)}
#: The service day: shares and surges of :data:`SERVICE_DAY` at their hours. Fleet shares follow the usual shape of a
#: day with two peaks; run times off the peak are those of the free network (the peak ones carry a factor 1.15).
#: Assumed.
PERIODS: dict[str, Period] = {
    p.name: Period(
        _HOURS[p.name][0] * 3600, _HOURS[p.name][1] * 3600, p.fleet, p.run, p.share, p.surge, float(np.max(p.least)),
        float(np.max(p.longest)),
    )
    for p in SERVICE_DAY
}  # fmt: skip
#: Buses per 1,000 residents where neither a fleet nor a timetable is given: the upper mark (0.6) of the service level
#: benchmarks of India's Ministry of Urban Development (2009) for city bus supply.
BUSES_PER_1000 = 0.6
#: Fleets of the front over the given or default one.
FLEET_STEPS = (0.5, 0.7, 0.85, 1.0, 1.2, 1.5)
#: Vehicle where no types are given, a row of ``vehicles.csv``.
VEHICLE_TYPE = "bus_12m"


@dataclass(frozen=True, slots=True)
class DesignRules:
    """Everything a design assumes; see the parts for meaning and units."""

    city: CityRules = field(default_factory=CityRules)
    headways: HeadwayRules = field(default_factory=HeadwayRules)
    periods: Mapping[str, Period] = field(default_factory=lambda: dict(PERIODS))
    buses_per_1000: float = BUSES_PER_1000

    def with_policy(self, wishes: Wishes) -> DesignRules:
        """Return the rules with the headways by period that a planner asks for.

        The search of lines knows one peak: it keeps the strictest of the peaks' shortest and longest headways.

        Raises
        ------
        InputError
            An unknown period, or a shortest headway above the longest.
        """
        base = self.headways
        periods = {
            name: p if p.fleet < 1.0 else replace(p, least=base.least, longest=base.longest)
            for name, p in self.periods.items()
        }
        for which, asked in (("shortest", wishes.shortest), ("longest", wishes.longest)):
            for name, minutes in asked.items():
                option = f"{which}_headway"
                if name not in periods:
                    raise InputError(f"there is no period {name!r}; known are {', '.join(periods)}", field=option)
                if not 1.0 <= minutes <= 120.0:
                    raise InputError(f"a headway is between 1 and 120 minutes, not {minutes:g}", field=option)
                p = periods[name]
                changed = (
                    replace(p, least=float(minutes)) if which == "shortest" else replace(p, longest=float(minutes))
                )
                periods[name] = changed
        for name, p in periods.items():
            if p.least > p.longest:
                raise InputError(
                    f"in the period {name} the shortest headway ({p.least:g} min) is above the longest "
                    f"({p.longest:g} min)",
                    field="shortest_headway" if name in wishes.shortest else "longest_headway",
                )
        peaks = [p for p in periods.values() if p.fleet >= 1.0]
        if not peaks:
            return replace(self, periods=periods)
        least, longest = max(p.least for p in peaks), min(p.longest for p in peaks)
        return replace(self, periods=periods, headways=replace(base, least=min(least, longest), longest=longest))

    @property
    def peak_minutes(self) -> float:
        """Length of the service day in minutes of peak service."""
        return sum((p.end - p.start) / 60.0 * p.fleet for p in self.periods.values())


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a planner asks of a design.

    Parameters
    ----------
    mode
        ``construct``: new lines, one headway for all; ``headways``: today's lines with new headways; ``both``: new
        lines, each with its own headway (the modes of line planning in PTV Visum).
    keep, protect
        Lines of today (short name or route_id) that stay as they are, and that stay but may come more or less often.
    change_budget
        At most so many lines added, removed or given another headway; the network starts as today's. None: no limit.
    coverage, coverage_m
        Least share of residents within so many metres of a stop on foot. None: today's share where a timetable is
        known (kept if it can be); 0: any.
    max_loss
        No settlement's, district's or part's mean journey may grow by more than so many percent; None: any.
    weights
        What counts how much.
    draws
        Draws of the demand parameters on which each line is searched and judged again.
    terminals
        place_ids near which lines may also end.
    fleet_types
        Vehicles of each type (:data:`shaar.engine.design.vehicles.NAMES`, or a row of ``vehicles.csv``); empty: all
        are 12 m buses. Their sum is the fleet.
    shortest, longest
        Policy: shortest and longest headway (min) by name of the period, where they differ from the rules.
    wires
        Lines of today (short name or route_id) under whose course trolleybuses have wires; "all": everywhere. Lines
        that the timetable calls trolleybus have them.
    """

    mode: Mode = "both"
    keep: tuple[str, ...] = ()
    protect: tuple[str, ...] = ()
    change_budget: int | None = None
    coverage: float | None = None
    coverage_m: float = 400.0
    max_loss: float | None = None
    weights: Weights = field(default_factory=Weights)
    draws: int = 0
    terminals: tuple[str, ...] = ()
    fleet_types: Mapping[str, int] = field(default_factory=dict)
    shortest: Mapping[str, float] = field(default_factory=dict)
    longest: Mapping[str, float] = field(default_factory=dict)
    wires: tuple[str, ...] = ()

    def check(self, *, timetable: bool) -> None:
        """Refuse wishes that make no sense, or that need a timetable where there is none.

        Raises
        ------
        InputError
            Naming the wish.
        """
        if self.mode not in get_args(Mode):
            raise InputError(f"the mode is one of {', '.join(get_args(Mode))}, not {self.mode}", field="mode")
        if self.change_budget is not None and self.change_budget < 1:
            raise InputError(f"at least one change is needed, not {self.change_budget}", field="change_budget")
        if self.coverage is not None and not 0.0 <= self.coverage <= 1.0:
            raise InputError(f"a share of people is between 0 and 1, not {self.coverage:g}", field="coverage")
        if not self.coverage_m > 0:
            raise InputError(f"a distance above zero is needed, not {self.coverage_m:g} m", field="coverage_m")
        if self.max_loss is not None and not self.max_loss >= 0:
            raise InputError(f"a loss is a percentage not below zero, not {self.max_loss:g}", field="max_loss")
        for name, count in self.fleet_types.items():
            vehicle_key(name)
            if count < 0:
                raise InputError(f"the number of vehicles ({name}) is not below zero, not {count}", field="fleet_types")
        if self.fleet_types and not sum(self.fleet_types.values()):
            raise InputError("at least one vehicle is needed", field="fleet_types")
        if self.wires and not any(vehicle_key(n) in WIRED for n in self.fleet_types):
            raise InputError("wires are given, but no trolleybuses among the vehicle types", field="wires")
        if self.draws < 0:
            raise InputError(f"the number of draws is not below zero, not {self.draws}", field="draws")
        needs = {
            "mode": self.mode == "headways",
            "keep": bool(self.keep),
            "protect": bool(self.protect),
            "change_budget": self.change_budget is not None,
            "max_loss": self.max_loss is not None,
            "wires": any(name != "all" for name in self.wires),
        }
        if not timetable and any(needs.values()):
            field_ = next(name for name, asked in needs.items() if asked)
            raise InputError("the city has no timetable, so there are no lines of today to start from", field=field_)
