"""What the studies return: plain frozen records that the command line prints and the report draws."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import groupby

import polars as pl

from shaar.engine.city.model import City
from shaar.engine.findings import Finding


@dataclass(frozen=True, slots=True)
class Options:
    """What a study assumes unless told otherwise. Times are seconds after midnight.

    ``walk_kmh`` is slower than a healthy adult's pace (4.8) so that children and the elderly are not forgotten.
    """

    day: dt.date | None = None
    window: tuple[int, int] = (7 * 3600, 9 * 3600)
    walk_kmh: float = 4.0
    max_walk_m: float = 1000.0
    max_minutes: float = 120.0
    max_rides: int = 4
    thresholds: tuple[int, ...] = (30, 45, 60)
    seed: int = 0


@dataclass(frozen=True, slots=True)
class NetworkStats:
    """The service on one day. Lengths km, times hours; ``fleet`` is vehicles running at once at the busiest moment."""

    lines: int
    patterns: int
    trips: int
    stops_served: int
    route_km: float
    vehicle_km: float
    vehicle_hours: float
    fleet: int
    first_departure: int
    last_arrival: int


@dataclass(frozen=True, slots=True)
class JourneyStats:
    """Demand-weighted door-to-door journeys, minutes, over the pairs that can be reached.

    ``unreached`` is the share of demand whose journey takes longer than the limit or is impossible, ``walked`` the
    share that is quickest on foot all the way, ``transfers`` the mean transfers of those who ride.

    The pairs that can be reached are others in another network: one that reaches more places may have the longer
    ``mean``. ``mean_all`` is the mean over all demand, a journey that is not possible within the limit counted as long
    as the limit: it is over the same pairs in every network, so two of them may be compared. It is a lower bound.
    """

    mean: float
    p10: float
    p25: float
    p50: float
    p75: float
    p90: float
    unreached: float
    walked: float
    transfers: float
    mean_all: float = float("nan")


@dataclass(frozen=True, slots=True)
class Baseline:
    """How a city stands with one network.

    zones
        One row a zone: zone_id, population, stop_m (street walking distance to the nearest served stop, null beyond
        reach), within_400, within_800 (persons), trips, trips_reached (a day, from the zone; those that arrive within
        the limit), mean_minutes (demand-weighted journey from the zone), and for each opportunity (jobs, schools,
        clinics) and threshold t: ``jobs_30`` ... the number reached within t minutes.
    places
        One row a place (the city, each district, each settlement): place_id, kind, name, population,
        within_400, within_800 (persons), mean_minutes, and population-weighted means ``jobs_30`` ...
    equity
        name -> value: gini_jobs_45, palma_jobs_45, worst_decile_jobs_45, worst_decile_minutes ...
    """

    label: str
    day: dt.date | None
    window: tuple[int, int]
    network: NetworkStats | None
    journeys: JourneyStats
    zones: pl.DataFrame
    places: pl.DataFrame
    equity: Mapping[str, float]
    assumptions: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """A designed line. Stops are stop_ids of the plan's stop table; geometries are WKB LineStrings (WGS84).

    ``headways`` maps period name -> minutes; ``why`` holds the figures of the reason shown to people: demand served
    (trips a day), people within 400 m, jobs within 400 m, settlements reached, what is lost without it.
    ``seconds_*`` are run times from the first stop to each stop. ``status`` is "designed", or for a line of today
    "kept" (nothing changes) or "headway" (its course stays, it comes more or less often); its ``line_id`` is then the
    route_id of the timetable, periods in which it does not run have no headway, and a line that runs one way has no
    backward stops.
    """

    line_id: str
    name: str
    stops_forward: tuple[str, ...]
    stops_backward: tuple[str, ...]
    geometry_forward: bytes
    geometry_backward: bytes
    minutes_forward: float
    minutes_backward: float
    km_forward: float
    km_backward: float
    headways: Mapping[str, float]
    vehicles: int
    vehicle_type: str
    why: Mapping[str, float | str]
    seconds_forward: tuple[int, ...] = ()
    seconds_backward: tuple[int, ...] = ()
    status: str = "designed"


@dataclass(frozen=True, slots=True)
class LineService:
    """A line in one period of a working day, modelled by the assignment with crowding.

    Parameters
    ----------
    line_id, name, vehicle_type, period
        Of the line; the key of its vehicle type (a row of ``vehicles.csv``, or the mode of a line that is no bus).
    headway
        Minutes.
    vehicles
        In service.
    boardings, passenger_km
        In the period.
    peak_load, load_factor
        Persons in the busiest hour on the busiest part of the line; over the places that pass there (None where the
        places are not known).
    peak_from, peak_to
        stop_ids between which that is; empty where nobody rides.
    vehicle_km, vehicle_hours
        In the period; hours with layover, runs to the depot left out.
    cost, kgco2e
        In the period, EUR and kg well to wheel; None for a line that is no bus.
    """

    line_id: str
    name: str
    vehicle_type: str
    period: str
    headway: float
    vehicles: int
    boardings: float
    passenger_km: float
    peak_load: float
    load_factor: float | None
    peak_from: str
    peak_to: str
    vehicle_km: float
    vehicle_hours: float
    cost: float | None
    kgco2e: float | None

    @property
    def gco2e_passenger_km(self) -> float | None:
        """Greenhouse gases of a passenger-kilometre, gCO2e; None where nobody rides."""
        if self.kgco2e is None or self.passenger_km <= 0:
            return None
        return self.kgco2e * 1000.0 / self.passenger_km


@dataclass(frozen=True, slots=True)
class PeriodTotals:
    """The network in one period, or in the whole day (``period`` is then "day").

    ``mean_minutes`` and ``mean_felt`` are door to door over all trips, walked ones too, as they are and with minutes on
    board as felt; ``gap`` is the relative gap of the assignment; ``vehicles`` are those in service (the day: at the
    busiest time), ``by_type`` the same by vehicle type. Sums are over buses.
    """

    period: str
    start: int
    end: int
    trips: float
    vehicles: int
    by_type: Mapping[str, int]
    boardings: float
    passenger_km: float
    vehicle_km: float
    vehicle_hours: float
    load_factor: float
    cost: float
    kgco2e: float
    mean_minutes: float
    mean_felt: float
    walked: float
    gap: float

    @property
    def gco2e_passenger_km(self) -> float | None:
        """Greenhouse gases of a passenger-kilometre, gCO2e; None where nobody rides."""
        return self.kgco2e * 1000.0 / self.passenger_km if self.passenger_km > 0 else None


@dataclass(frozen=True, slots=True)
class TypeUse:
    """A vehicle type of a plan: how many there are and are in service at most, its room, costs (EUR) and gCO2e/km."""

    key: str
    there: int
    used: int
    seats: float
    places: float
    cost_hour: float
    cost_km: float
    gco2e_km: float


@dataclass(frozen=True, slots=True)
class Assumption:
    """A number that the service figures rest on, with its unit, how it is known and where it is from."""

    name: str
    value: float
    unit: str
    badge: str
    source: str


@dataclass(frozen=True, slots=True)
class ServicePlan:
    """A plan as a service: who rides which line when, how full it gets, and what it costs and emits. All modelled.

    Parameters
    ----------
    lines
        One entry a line and period in which it runs, in the order of the plan's lines.
    periods
        Totals of each period, and of the day (last).
    types
        Vehicle types.
    shortages
        line, name, period, load, places, vehicle_type and extra (the least vehicles more that would carry the load;
        None: none would at the shortest headway allowed) of each line that cannot carry everybody.
    assumptions
        Every parameter of these figures.
    """

    lines: tuple[LineService, ...]
    periods: tuple[PeriodTotals, ...]
    types: tuple[TypeUse, ...]
    shortages: tuple[Mapping[str, float | int | str | None], ...]
    assumptions: tuple[Assumption, ...]

    @property
    def day(self) -> PeriodTotals:
        """Totals of the day."""
        return self.periods[-1]

    def with_days(self) -> tuple[LineService, ...]:
        """Entries of ``lines``, and after those of each line its day (``period`` "day").

        A day has the shortest headway, the most vehicles, and the load and place of the fullest hour.
        """
        found: list[LineService] = []
        for _, group in groupby(self.lines, key=lambda x: x.line_id):
            each = list(group)
            top = max(each, key=lambda x: (x.load_factor or 0.0, x.peak_load))
            found += each
            found.append(
                replace(
                    top, period="day", headway=min(x.headway for x in each), vehicles=max(x.vehicles for x in each),
                    boardings=sum(x.boardings for x in each), passenger_km=sum(x.passenger_km for x in each),
                    vehicle_km=sum(x.vehicle_km for x in each), vehicle_hours=sum(x.vehicle_hours for x in each),
                    cost=None if top.cost is None else sum(x.cost or 0.0 for x in each),
                    kgco2e=None if top.kgco2e is None else sum(x.kgco2e or 0.0 for x in each),
                )
            )  # fmt: skip
        return tuple(found)


@dataclass(frozen=True, slots=True)
class NetworkPlan:
    """One point of the front: lines with headways. Minutes are those of the search model (door to door).

    Parameters
    ----------
    vehicle_hours_day
        In service, without layover.
    co2e_kg_day
        Of the vehicle-km, well to wheel, for the vehicle types of the fleet.
    worst_tenth_minutes
        Mean journey of the tenth of residents with the longest journeys.
    coverage
        Share of residents within ``settings["coverage_m"]`` of a stop on foot (straight distance times the detour).
    areas
        Winners and losers against today, those that lose most first; empty where no timetable is known. Keys: area,
        zones, trips_day, before_minutes, after_minutes, change_minutes, change_percent, gain_share, lose_share.
    removed
        route_ids of today's lines that the plan takes away; None where no timetable was looked at.
    cost_day
        Of vehicle-hours (with layover) and kilometres, EUR.
    service
        Line by line and period by period: of the chosen plan and of today's network.
    """

    lines: tuple[Line, ...]
    fleet: int
    mean_minutes: float
    unserved: float
    vehicle_km_day: float
    vehicle_hours_day: float = float("nan")
    co2e_kg_day: float = float("nan")
    worst_tenth_minutes: float = float("nan")
    coverage: float = float("nan")
    areas: tuple[Mapping[str, float | int | str], ...] = ()
    removed: tuple[str, ...] | None = None
    cost_day: float = float("nan")
    service: ServicePlan | None = None


@dataclass(frozen=True, slots=True)
class DesignResult:
    """The Pareto front of a design run, fewest vehicles first, and the point chosen for the plan.

    ``stops`` follows the STOPS schema of the city folder (existing and proposed); ``settings`` and ``search`` hold
    what was asked and how the search went (seed, seconds, iterations, start and end values), for reproduction.
    ``today`` is today's network in the same search model, where a timetable is known.
    """

    front: tuple[NetworkPlan, ...]
    chosen: int
    stops: pl.DataFrame
    periods: Mapping[str, tuple[int, int]]
    settings: Mapping[str, float | int | str]
    search: Mapping[str, float | int | str]
    findings: tuple[Finding, ...] = ()
    today: NetworkPlan | None = None


@dataclass(frozen=True, slots=True)
class ClimateAccount:
    """Energy and emissions of running a service for a year.

    rows
        scenario, vehicle, energy_source, vehicle_km (km/year), energy_mwh, co2e_ttw_t, co2e_wtw_t (t/year),
        nox_kg, pm_kg, and ``_low``/``_high`` twins of co2e_wtw_t.
    """

    rows: pl.DataFrame
    assumptions: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class PlanResult:
    """Everything that ``shaar plan`` found out about a city."""

    city: City
    options: Options
    findings: tuple[Finding, ...]
    before: Baseline
    after: Baseline
    design: DesignResult
    climate: ClimateAccount
    made: dt.datetime
    seconds: Mapping[str, float] = field(default_factory=dict)
