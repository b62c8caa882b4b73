"""What running a network takes, line by line and for a year: kilometres, hours, vehicles, money, energy, emissions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shaar.engine.city.model import City
from shaar.engine.climate.bus_fleet import VEHICLES, year_range
from shaar.engine.climate.factors import grid_factor, temperatures_near
from shaar.engine.demand.parameters import Parameters
from shaar.engine.design.city_lines import BUS_MODES
from shaar.engine.design.vehicles import CLIMATE_KINDS
from shaar.engine.fleet.service import DayTrips, busiest_moment, day_trips, layover, line_fleets
from shaar.engine.timetable.arrays import DayTimetable
from shaar.engine.timetable.feed import Feed
from shaar.engine.timetable.pattern_length import pattern_km
from shaar.engine.timetable.route_types import mode_of

F64 = npt.NDArray[np.float64]
#: What a line of buses runs with where nothing says otherwise; trolleybuses are known by their route type.
USUAL, TROLLEY = "bus_12m", "trolleybus_12m"
#: Where no temperature is known.
MILD = (15.0,) * 12
#: Parameters at their middle, and at the ends that lower and raise what is counted.
MIDDLE, LOW, HIGH = 0, 1, 2


@dataclass(frozen=True, slots=True)
class LineOfDay:
    """A line on the working day; ``signature`` is equal for lines that run alike, ``vehicle_type`` "" for no bus."""

    route_id: str
    name: str
    mode: str
    vehicle_type: str
    vehicle_km: float
    vehicle_hours: float
    paid_hours: float
    vehicles: int
    signature: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class DayService:
    """The service of a working day.

    Parameters
    ----------
    day
        Trips that start on the day.
    km
        Length of each pattern, km.
    lines
        By route_id, in order.
    trips, vehicle_km, vehicle_hours, vehicles
        Of the whole network; the vehicles are those in service at the busiest moment.
    by_type
        Vehicles of each type at the busiest moment of that type.
    """

    day: DayTimetable
    km: F64
    lines: Mapping[str, LineOfDay]
    trips: int
    vehicle_km: float
    vehicle_hours: float
    vehicles: int
    by_type: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Year:
    """A year of service with every parameter in the middle, at its low end and at its high end, shape (3,) each.

    ``energy`` MWh, ``co2e`` t from well to wheel, ``nox`` and ``pm`` kg, ``cost`` EUR; ``missing`` names the vehicle
    types that could not be counted for want of an emission factor of electricity.
    """

    cost: F64
    energy: F64
    co2e: F64
    nox: F64
    pm: F64
    missing: tuple[str, ...]


def day_service(feed: Feed | None, day: DayTimetable, types: Mapping[str, str]) -> DayService:
    """Count the trips that start on a day; ``types`` are the vehicle types of lines of which one is known."""
    km = np.zeros(0) if feed is None or not day.n_patterns else pattern_km(feed, day)
    trips = day_trips(day)
    names, modes = _names(feed)
    known = _vehicle_types(day, modes, types)
    lines = _lines(day, trips, km, names, modes, known) if trips.n else {}
    every = {r: known[i] for r, i in enumerate(day.route_ids)}
    vehicles = busiest_moment(day).vehicles if trips.n else 0
    kinds = sorted({line.vehicle_type for line in lines.values()})
    if len(kinds) == 1:
        by_type = {kinds[0]: vehicles}
    else:
        weights = {t: {r: float(x == t) for r, x in every.items()} for t in kinds}
        by_type = {t: busiest_moment(day, weight=weights[t]).vehicles for t in kinds}
    by_type.pop("", None)
    return DayService(
        day=day,
        km=km,
        lines=lines,
        trips=trips.n,
        vehicle_km=float(km[trips.pattern].sum()) if trips.n else 0.0,
        vehicle_hours=float((trips.end - trips.start).sum() / 3600.0) if trips.n else 0.0,
        vehicles=vehicles,
        by_type=by_type,
    )


def _names(feed: Feed | None) -> tuple[dict[str, str], dict[str, str]]:
    if feed is None:
        return {}, {}
    rows = feed.routes.select("route_id", "route_short_name", "route_long_name", "route_type").rows()
    return {r: short or long or r for r, short, long, _ in rows}, {r: mode_of(int(t or 0)) for r, _, _, t in rows}


def _vehicle_types(day: DayTimetable, modes: Mapping[str, str], types: Mapping[str, str]) -> dict[str, str]:
    out = {}
    for route in day.route_ids:
        mode = modes.get(route, "bus")
        if mode not in BUS_MODES:
            out[route] = ""
        else:
            out[route] = types.get(route, TROLLEY if mode == "trolleybus" else USUAL)
    return out


def _lines(
    day: DayTimetable,
    trips: DayTrips,
    km: F64,
    names: Mapping[str, str],
    modes: Mapping[str, str],
    types: Mapping[str, str],
) -> dict[str, LineOfDay]:
    n = len(day.route_ids)
    run = trips.end - trips.start
    length = np.bincount(trips.route, km[trips.pattern], minlength=n)
    hours = np.bincount(trips.route, run, minlength=n) / 3600.0
    paid = np.bincount(trips.route, run + layover(run), minlength=n) / 3600.0
    fleets = line_fleets(day)
    marks: dict[int, list[tuple[object, ...]]] = {}
    for p in range(day.n_patterns):
        stops = slice(int(day.stop_ptr[p]), int(day.stop_ptr[p + 1]))
        calls = slice(int(day.time_ptr[p]), int(day.time_ptr[p]) + int(day.n_trips[p]) * (stops.stop - stops.start))
        spans = slice(int(day.span_ptr[p]), int(day.span_ptr[p + 1]))
        marks.setdefault(int(day.pattern_route[p]), []).append(
            (
                int(day.pattern_direction[p]),
                tuple(
                    (day.stop_ids[s], float(day.stop_lon[s]), float(day.stop_lat[s])) for s in day.pattern_stops[stops]
                ),
                day.arrival[calls].tobytes(), day.departure[calls].tobytes(), day.span_start[spans].tobytes(),
                day.span_end[spans].tobytes(), day.span_headway[spans].tobytes(), round(float(km[p]), 6),
            )
        )  # fmt: skip
    out = {}
    for r in sorted({int(x) for x in np.unique(trips.route)}, key=lambda r: day.route_ids[r]):
        route = day.route_ids[r]
        out[route] = LineOfDay(
            route, names.get(route, route), modes.get(route, "bus"), types[route], float(length[r]), float(hours[r]),
            float(paid[r]), fleets.get(r, 0), (types[route], *sorted(marks[r], key=repr)),
        )  # fmt: skip
    return out


def year_of(service: DayService, city: City, vehicles: Parameters, climate: Parameters, values: Parameters) -> Year:
    """Account a year of a service: days_per_year working days, empty runs added to the kilometres.

    Cost = days (paid hours x cost_hour + km (1 + empty) x cost_km) of each vehicle type; energy and emissions are those
    of its kind in the climate tables at the mean speed of its lines, times the type's energy_ratio.
    """
    grid = grid_factor(city.meta.country)
    near = None
    if city.zones.height:
        near = temperatures_near(
            float(np.mean(city.zones["lon"].to_numpy())), float(np.mean(city.zones["lat"].to_numpy()))
        )
    months = near.months if near is not None else MILD
    days, empty = climate["days_per_year"], climate["empty_share"]
    out = {name: np.zeros(3) for name in ("cost", "energy", "co2e", "nox", "pm")}
    missing = []
    spread = (1.0, 1.0 - values.row("exhaust_spread").low, 1.0 + values.row("exhaust_spread").high)
    for kind in sorted({line.vehicle_type for line in service.lines.values()} - {""}):
        mine = [line for line in service.lines.values() if line.vehicle_type == kind]
        km = sum(line.vehicle_km for line in mine)
        hours, paid = sum(line.vehicle_hours for line in mine), sum(line.paid_hours for line in mine)
        road = km * days * (1 + empty)
        for side in (MIDDLE, LOW, HIGH):
            price = [_end(vehicles, f"{kind}.cost_{x}", side) for x in ("hour", "km")]
            out["cost"][side] += days * paid * price[0] + road * price[1]
        if km <= 0 or hours <= 0:
            continue
        key = CLIMATE_KINDS[kind]
        if VEHICLES[key].energy_source == "electricity" and grid is None:
            missing.append(kind)
            continue
        for side, row in enumerate(year_range(key, road, km / hours, months, climate, grid)):
            ratio = _end(vehicles, f"{kind}.energy_ratio", side)
            out["energy"][side] += row.energy_mwh * ratio
            out["co2e"][side] += row.co2e_wtw_t * ratio
            out["nox"][side] += row.nox_kg * ratio * spread[side]
            out["pm"][side] += row.pm_kg * ratio * spread[side]
    return Year(**out, missing=tuple(missing))


def _end(p: Parameters, name: str, side: int) -> float:
    row = p.row(name)
    return (row.value, row.low, row.high)[side]


def vehicle_prices(extra: Mapping[str, int], values: Parameters) -> F64:
    """Price of vehicles by type, EUR: middle, low and high, shape (3,)."""
    out = np.zeros(3)
    for kind, n in extra.items():
        out += n * np.array([_end(values, f"capital.{kind}", side) for side in (MIDDLE, LOW, HIGH)])
    return out
