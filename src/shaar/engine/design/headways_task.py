"""What headways by period and vehicle type are asked for, and what they are worth."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from shaar.engine.assignment.crowding import Crowded, Discomfort
from shaar.engine.assignment.graph import TransitGraph
from shaar.engine.design.headways_model import HeadwayModel, HeadwayRules
from shaar.engine.design.headways_network import runs_of
from shaar.engine.design.vehicles import VehicleType
from shaar.engine.errors import InputError

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ServicePeriod:
    """A part of the day.

    Parameters
    ----------
    name, hours
        Its name and length.
    share
        Of the day's trips.
    run
        Run times over those of the model.
    least, longest
        Shortest and longest headway allowed (min), one for all lines or one for each, shape (l,).
    surge
        Trips of its busiest hour, in the heavier direction, over those of its mean hour; loads are judged by it.
    fleet
        Share of the fleet that may run.
    od
        Its own trips between zones, shape (z, z); None: ``share`` of the day's.
    held
        Headways that nothing may change in this period, shape (l,): nan where a line is free, inf where it does not
        run; None: those of the model, in every period the same.
    """

    name: str
    hours: float
    share: float
    run: float = 1.0
    least: float | F64 = 3.0
    longest: float | F64 = 20.0
    surge: float = 1.0
    fleet: float = 1.0
    od: F64 | None = None
    held: F64 | None = None

    def __post_init__(self) -> None:
        if not (self.hours > 0 and self.share >= 0 and self.run > 0 and self.surge >= 1 and 0 < self.fleet <= 1):
            raise InputError("hours, share, run, surge or fleet of a period is not sensible", field=self.name)
        if not (np.asarray(self.least) > 0).all() or (np.asarray(self.least) > np.asarray(self.longest)).any():
            raise InputError("the shortest headway has to be positive and not above the longest", field=self.name)


#: A usual day with two peaks. Shares of trips and surges are assumed; with them the busiest hour has 12 % of the day's
#: trips in the heavier direction, as :class:`HeadwayRules` assumes. Hours, run times and fleets are those of the study.
SERVICE_DAY = (
    ServicePeriod("early", 1.0, 0.04, 0.9, 3.0, 30.0, 1.2, 0.6),
    ServicePeriod("morning_peak", 3.0, 0.27, 1.0, 3.0, 20.0, 1.33),
    ServicePeriod("midday", 6.0, 0.31, 0.93, 3.0, 30.0, 1.2, 0.7),
    ServicePeriod("evening_peak", 4.0, 0.29, 1.0, 3.0, 20.0, 1.33),
    ServicePeriod("evening", 3.0, 0.09, 0.9, 3.0, 30.0, 1.2, 0.45),
)


@dataclass(frozen=True, slots=True)
class Weights:
    """What counts: a passenger-minute as felt, a unit of money, a kilogram of CO2e."""

    minute: float = 1.0
    cost: float = 0.0
    kg: float = 0.0

    def __post_init__(self) -> None:
        if not (self.minute >= 0 and self.cost >= 0 and self.kg >= 0 and self.minute + self.cost + self.kg > 0):
            raise InputError("weights must not be negative, and not all be zero", field="weights")


@dataclass(frozen=True, slots=True)
class FleetTask:
    """Headways to set.

    Parameters
    ----------
    model
        Lines, zones and demand of a day.
    types, limits
        Vehicle types and how many of each may be in service at once, shape (k,).
    km
        Kilometres of a round trip of each line, shape (l,).
    periods, weights
        Parts of the day; what counts.
    allowed
        Which line may be run by which type, shape (l, k); None: all by all.
    discomfort
        How crowding is felt; None: nobody minds it, and loads only bind the capacity.
    loadings, gap
        Most loadings of one assignment in the search, and the relative gap at which it ends.
    """

    model: HeadwayModel
    types: tuple[VehicleType, ...]
    limits: I64
    km: F64
    periods: tuple[ServicePeriod, ...] = SERVICE_DAY
    weights: Weights = field(default_factory=Weights)
    allowed: npt.NDArray[np.bool_] | None = None
    discomfort: Discomfort | None = field(default_factory=Discomfort)
    loadings: int = 8
    gap: float = 1e-3

    def __post_init__(self) -> None:
        lines, kinds = self.model.lines, len(self.types)
        if not kinds or len(self.limits) != kinds or (np.asarray(self.limits) < 0).any():
            raise InputError(f"{kinds} vehicle types need as many limits, none negative", field="limits")
        if len(self.km) != lines or not (np.asarray(self.km) >= 0).all():
            raise InputError(f"{lines} lines need as many kilometres, none negative", field="km")
        if not self.periods or len({p.name for p in self.periods}) != len(self.periods):
            raise InputError("at least one period is needed, and no name twice", field="periods")
        if self.allowed is not None:
            if self.allowed.shape != (lines, kinds):
                raise InputError(f"allowed has the shape {self.allowed.shape}, not {(lines, kinds)}", field="allowed")
            none = np.flatnonzero(~self.allowed.any(axis=1))
            if len(none):
                raise InputError("no vehicle type is allowed on this line", row=int(none[0]), field="allowed")

    def rules(self, p: int) -> list[HeadwayRules]:
        """Rules of each line in a period."""
        period, base = self.periods[p], self.model.rules
        least = np.broadcast_to(period.least, self.model.lines)
        longest = np.broadcast_to(period.longest, self.model.lines)
        return [replace(base, least=float(a), longest=float(b)) for a, b in zip(least, longest, strict=True)]

    def cycles(self, p: int) -> F64:
        """Round trip minutes of each line in a period, with layover, shape (l,)."""
        run, rules = self.periods[p].run, self.model.rules
        return np.array([rules.cycle(*(run * way for way in ways)) for ways in runs_of(self.model)])

    def held(self, p: int) -> F64:
        """Headways that stay as they are in a period, shape (l,): nan for free lines, inf for those that do not run."""
        own = self.periods[p].held
        if own is None:
            own = self.model.held_headway
        return np.full(self.model.lines, np.nan) if own is None else np.asarray(own, float)

    def least(self, p: int) -> I64:
        """Vehicles of each line for its longest headway in a period (held lines: theirs), shape (l,).

        A line that the model holds at another headway than the period does takes vehicles in proportion, at most those
        of the model: today's count holds what an irregular timetable needs beside the mean headway.
        """
        held, cycles = self.held(p), self.cycles(p)
        longest = np.where(np.isnan(held), np.broadcast_to(self.periods[p].longest, self.model.lines), held)
        needed = np.maximum(np.ceil(cycles / longest - 1e-9), np.isfinite(longest)).astype(np.int64)
        known, vehicles = self.model.held_headway, self.model.held_vehicles
        if known is None or vehicles is None:
            return needed
        if self.periods[p].held is None:
            return np.where(np.isnan(known), needed, vehicles)
        part = np.ceil(vehicles * np.minimum(self.periods[p].run * np.nan_to_num(known) / longest, 1.0) - 1e-9)
        return np.where(np.isnan(known) | np.isnan(held), needed, part).astype(np.int64)

    def room(self, p: int) -> I64:
        """Vehicles of each type that may run in a period, shape (k,)."""
        return np.floor(np.asarray(self.limits) * self.periods[p].fleet + 1e-9).astype(np.int64)

    def may(self) -> npt.NDArray[np.bool_]:
        """Which line may be run by which type, shape (l, k)."""
        if self.allowed is not None:
            return self.allowed
        return np.ones((self.model.lines, len(self.types)), bool)


@dataclass(frozen=True, slots=True)
class Shortage:
    """A line whose busiest link carries more than its places in the busiest hour of a period.

    ``extra`` is the least number of vehicles of its type more that would carry the load of the plan; None where the
    shortest headway allowed cannot.
    """

    period: str
    line: int
    vehicle: str
    load: float
    places: float
    extra: int | None

    def sentence(self, name: str) -> str:
        """Say it, calling the line ``name``."""
        more = (
            f"{self.extra} more vehicles ({self.vehicle}) would carry them"
            if self.extra is not None
            else f"no number of vehicles ({self.vehicle}) would, at the shortest headway allowed"
        )
        load, places = f"{self.load:.0f} persons an hour ({self.period})", f"{self.places:.0f} places"
        return f"line {name} carries {load} on {places}: {more}"


@dataclass(frozen=True, slots=True)
class PeriodService:
    """Service of a period.

    Parameters
    ----------
    name
        Of the period.
    vehicles, headways
        Of each line, shape (l,).
    person_minutes
        Of the whole period as felt, walked trips included.
    cost, kg
        Of running it: money; kgCO2e.
    overload
        Persons over the places on the busiest link of each line in the busiest hour, summed.
    graph, crowded
        The assignment of its busiest hour.
    """

    name: str
    vehicles: I64
    headways: F64
    person_minutes: float
    cost: float
    kg: float
    overload: float
    graph: TransitGraph
    crowded: Crowded


@dataclass(frozen=True, slots=True)
class FleetPlan:
    """Headways by period and a vehicle type for each line.

    Parameters
    ----------
    types
        Index of the type of each line, shape (l,).
    periods
        Service of each.
    objective
        ``minute x person-minutes + cost x money + kg x kgCO2e`` of the day.
    shortages
        Lines that cannot carry everybody.
    history
        (overload, objective) after the first allocation and after each step of the search that was kept.
    trials
        Plans that were assigned in the search.
    """

    types: I64
    periods: tuple[PeriodService, ...]
    objective: float
    shortages: tuple[Shortage, ...]
    history: tuple[tuple[float, float], ...]
    trials: int

    @property
    def overload(self) -> float:
        """Persons an hour over the places, all lines and periods together."""
        return round(sum(p.overload for p in self.periods), 3)

    def vehicles_in_use(self, kinds: int) -> I64:
        """Most vehicles of each type in service at once, shape (k,)."""
        per = [np.bincount(self.types, weights=p.vehicles, minlength=kinds) for p in self.periods]
        return np.max(per, axis=0).astype(np.int64)


def headways_of(task: FleetTask, p: int, vehicles: npt.ArrayLike) -> F64:
    """Headway of each line with so many vehicles in a period, shape (l,); with a table (l, v), shape (l, v)."""
    count = np.asarray(vehicles, float)
    shape = (-1, *(1,) * (count.ndim - 1))
    least = np.broadcast_to(task.periods[p].least, task.model.lines).astype(float).reshape(shape)
    with np.errstate(divide="ignore"):
        exact = np.maximum(task.cycles(p).reshape(shape) / np.maximum(count, 0.0), least)
        rounded = np.where(exact <= 10.0, np.ceil(exact * 2.0 - 1e-9) / 2.0, np.ceil(exact - 1e-9))
    held = np.broadcast_to(task.held(p).reshape(shape), rounded.shape)
    return np.where(np.isnan(held), rounded, held)
