"""What a design assumes, and what a planner may ask of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from shaar.engine.design.city_measures import Weights
from shaar.engine.design.city_rules import CityRules
from shaar.engine.design.headways import HeadwayRules
from shaar.engine.errors import InputError

Mode = Literal["construct", "headways", "both"]


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
#: Vehicle of the CO2e of a plan, a key of :data:`shaar.engine.climate.bus_fleet.VEHICLES`.
CO2E_VEHICLE = "diesel_euro_v"


@dataclass(frozen=True, slots=True)
class DesignRules:
    """Everything a design assumes; see the parts for meaning and units."""

    city: CityRules = field(default_factory=CityRules)
    headways: HeadwayRules = field(default_factory=HeadwayRules)
    periods: Mapping[str, Period] = field(default_factory=lambda: dict(PERIODS))
    buses_per_1000: float = BUSES_PER_1000

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
        if self.draws < 0:
            raise InputError(f"the number of draws is not below zero, not {self.draws}", field="draws")
        needs = {
            "mode": self.mode == "headways",
            "keep": bool(self.keep),
            "protect": bool(self.protect),
            "change_budget": self.change_budget is not None,
            "max_loss": self.max_loss is not None,
        }
        if not timetable and any(needs.values()):
            field_ = next(name for name, asked in needs.items() if asked)
            raise InputError("the city has no timetable, so there are no lines of today to start from", field=field_)
