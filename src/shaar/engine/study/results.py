"""What the studies return: plain frozen records that the command line prints and the report draws."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

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
class NetworkPlan:
    """One point of the front: lines with headways. Minutes are those of the search model (door to door).

    Parameters
    ----------
    vehicle_hours_day
        In service, without layover.
    co2e_kg_day
        Of the vehicle-km, for the 12 m diesel bus of the account.
    worst_tenth_minutes
        Mean journey of the tenth of residents with the longest journeys.
    coverage
        Share of residents within ``settings["coverage_m"]`` of a stop on foot (straight distance times the detour).
    areas
        Winners and losers against today, those that lose most first; empty where no timetable is known. Keys: area,
        zones, trips_day, before_minutes, after_minutes, change_minutes, change_percent, gain_share, lose_share.
    removed
        route_ids of today's lines that the plan takes away; None where no timetable was looked at.
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
