"""A point of the front as a plan: lines with headways by period, reasons, and what the network costs and gives."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl
import shapely

from shaar.engine.city.model import City
from shaar.engine.climate.bus_fleet import year_of_service
from shaar.engine.climate.factors import temperatures_near
from shaar.engine.demand.parameters import load_parameters
from shaar.engine.design.city_cover import Need
from shaar.engine.design.city_front import Point
from shaar.engine.design.city_instance import CityInstance
from shaar.engine.design.city_measures import Areas, winners, worst_tenth, zone_means
from shaar.engine.design.lines import StreetLine
from shaar.engine.design.lines_why import reasons
from shaar.engine.study.design_rules import CO2E_VEHICLE, LONGEST_OFF_PEAK, VEHICLE_TYPE, DesignRules
from shaar.engine.study.results import Line, NetworkPlan

F64 = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Frame:
    """What every plan of a design is described with; ``before`` are today's mean minutes of each zone's trips.

    ``go`` are route_ids that a plan without them takes away; ``reserved`` ids and names that new lines may not have.
    """

    instance: CityInstance
    need: Need
    names: Mapping[str, str]
    rules: DesignRules
    kg_per_km: float
    areas: Areas
    before: F64 | None = None
    go: tuple[str, ...] = ()
    reserved: frozenset[str] = frozenset()


def kg_per_km(city: City, speed: float = 18.0) -> float:
    """CO2e of a vehicle-km of a 12 m diesel bus at a mean speed with stops (km/h), kg, well to wheel."""
    near = temperatures_near(float(np.mean(city.zones["lon"].to_numpy())), float(np.mean(city.zones["lat"].to_numpy())))
    months = near.months if near is not None else (15.0,) * 12
    year = year_of_service(CO2E_VEHICLE, 1e6, speed, months, load_parameters("climate.csv"))
    return year.co2e_wtw_t / 1e3


def network_plan(frame: Frame, point: Point) -> NetworkPlan:
    """Describe a point; lines with most boardings first, lines of today under their own names."""
    assignment = point.plan.assignment
    places = dict(zip(frame.need.book.ids, frame.need.book.xy, strict=True))
    why = reasons(frame.instance, point, places, frame.names)
    order = np.argsort(-assignment.boardings, kind="stable")
    lines = []
    number = 0
    km_day = hours_day = 0.0
    for k in order:
        street = point.lines[k]
        if street.today is None:
            number += 1
            while f"D{number}" in frame.reserved or str(number) in frame.reserved:
                number += 1
        line = _line(frame, point, int(k), number, why[k])
        lines.append(line)
        if line.vehicles or street.today is None:
            for name, headway in line.headways.items():
                p = frame.rules.periods[name]
                trips = math.ceil((p.end - p.start) / 60.0 / headway)
                km_day += trips * (line.km_forward + line.km_backward)
                hours_day += trips * (line.minutes_forward + line.minutes_backward) / 60.0 * p.run
    after = zone_means(point.model, point.plan.headways)
    table: pl.DataFrame | None = None
    if frame.before is not None:
        table = winners(frame.areas, point.model, frame.before, after)
    stayed = {line.today.line_id for line in point.lines if line.today}
    removed = None
    if frame.before is not None:
        removed = tuple(r for r in frame.go if r not in stayed)
    return NetworkPlan(
        lines=tuple(lines),
        fleet=point.plan.fleet,
        mean_minutes=assignment.mean_minutes,
        unserved=assignment.unserved,
        vehicle_km_day=km_day,
        vehicle_hours_day=hours_day,
        co2e_kg_day=km_day * frame.kg_per_km,
        worst_tenth_minutes=worst_tenth(frame.instance, after),
        coverage=frame.need.reached(point.lines),
        areas=() if table is None else tuple(table.iter_rows(named=True)),
        removed=removed,
    )


def _line(frame: Frame, point: Point, k: int, number: int, why: Mapping[str, float | str]) -> Line:
    street, today = point.lines[k], point.lines[k].today
    headway = float(point.plan.headways[k])
    same = today is not None and abs(headway - today.headway) < 0.05
    if today is not None and (same or today.held):
        headways = {name: h for name, h in today.headways.items() if math.isfinite(h)}
    else:
        headways = period_headways(street, headway, int(point.plan.vehicles[k]), frame.rules)
        if today is not None:
            headways = {name: h for name, h in headways.items() if math.isfinite(today.headways[name])}
    return Line(
        line_id=f"D{number}" if today is None else today.line_id,
        name=str(number) if today is None else today.name,
        stops_forward=street.forward.stops,
        stops_backward=street.backward.stops,
        geometry_forward=shapely.to_wkb(street.forward.geometry),
        geometry_backward=shapely.to_wkb(street.backward.geometry),
        minutes_forward=float(street.forward.minutes[-1]),
        minutes_backward=float(street.backward.minutes[-1]),
        km_forward=street.forward.metres / 1000.0,
        km_backward=street.backward.metres / 1000.0,
        headways=headways,
        vehicles=int(point.plan.vehicles[k]),
        vehicle_type=VEHICLE_TYPE if today is None or today.mode == "bus" else today.mode,
        why=why,
        seconds_forward=_seconds(street.forward.minutes),
        seconds_backward=_seconds(street.backward.minutes) if street.backward.stops else (),
        status="designed" if today is None else ("kept" if same or today.held else "headway"),
    )


def period_headways(street: StreetLine, peak: float, vehicles: int, rules: DesignRules) -> dict[str, float]:
    """Peak headway as allocated; in another period the line keeps that period's share of its vehicles."""
    off_peak = replace(rules.headways, longest=max(LONGEST_OFF_PEAK, peak))
    found = {}
    for name, p in rules.periods.items():
        if p.fleet >= 1.0:
            found[name] = peak
            continue
        ways = [float(d.minutes[-1]) * p.run for d in (street.forward, street.backward) if len(d.stops)]
        cycle = off_peak.cycle(*ways)
        share = max(round(vehicles * p.fleet), math.ceil(cycle / off_peak.longest - 1e-9), 1)
        found[name] = off_peak.headway(cycle, min(share, vehicles))
    return found


def _seconds(minutes: F64) -> tuple[int, ...]:
    """Whole seconds that grow by at least five from stop to stop."""
    whole: list[int] = []
    for m in minutes:
        s = round(float(m) * 60.0)
        whole.append(s if not whole else max(s, whole[-1] + 5))
    return tuple(whole)
