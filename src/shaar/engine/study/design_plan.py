"""A point of the front as a plan: lines with headways by period, reasons, and what the network costs and gives."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
import shapely

from shaar.engine.city.model import City
from shaar.engine.design.city_cover import Need
from shaar.engine.design.city_front import Point
from shaar.engine.design.city_instance import CityInstance
from shaar.engine.design.city_measures import Areas, winners, worst_tenth, zone_means
from shaar.engine.design.lines_why import reasons
from shaar.engine.study.design_rules import VEHICLE_TYPE, DesignRules
from shaar.engine.study.design_service import Schedule
from shaar.engine.study.design_vehicles import Vehicles, city_grams
from shaar.engine.study.results import Line, LineService, NetworkPlan, ServicePlan

F64 = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Frame:
    """What every plan of a design is described with; ``before`` are today's mean minutes of each zone's trips.

    ``vehicles`` are the types of the fleet; ``go`` are route_ids that a plan without them takes away; ``reserved`` ids
    and names that new lines may not have.
    """

    instance: CityInstance
    need: Need
    names: Mapping[str, str]
    rules: DesignRules
    vehicles: Vehicles
    areas: Areas
    before: F64 | None = None
    go: tuple[str, ...] = ()
    reserved: frozenset[str] = frozenset()


def kg_per_km(city: City) -> float:
    """CO2e of a vehicle-km of the type that a design counts with when none is given, kg, well to wheel."""
    return city_grams(city)[VEHICLE_TYPE] / 1000.0


def line_labels(frame: Frame, point: Point, boardings: F64) -> tuple[list[int], list[tuple[str, str]]]:
    """Lines with most boardings first, and (line_id, name) of each line of the point; today's under their own names."""
    order = [int(k) for k in np.argsort(-boardings, kind="stable")]
    labels = [("", "")] * len(order)
    number = 0
    for k in order:
        today = point.lines[k].today
        if today is not None:
            labels[k] = today.line_id, today.name
            continue
        number += 1
        while f"D{number}" in frame.reserved or str(number) in frame.reserved:
            number += 1
        labels[k] = f"D{number}", str(number)
    return order, labels


def network_plan(frame: Frame, point: Point, schedule: Schedule, service: ServicePlan | None = None) -> NetworkPlan:
    """Describe a point with its schedule; with a service, reasons name the boardings and loads of its assignment."""
    assignment = point.plan.assignment
    places = dict(zip(frame.need.book.ids, frame.need.book.xy, strict=True))
    why = reasons(frame.instance, point, places, frame.names)
    order, labels = line_labels(frame, point, schedule.boardings)
    if service is not None:
        _as_assigned(why, labels, service)
    busiest = schedule.busiest()
    lines = []
    km_day = hours_day = paid_hours = 0.0
    for k in order:
        line = _line(frame, point, schedule, busiest, k, labels[k], why[k])
        lines.append(line)
        if line.vehicles or point.lines[k].today is None:
            for name, headway in line.headways.items():
                p = frame.rules.periods[name]
                trips = (p.end - p.start) / 60.0 / headway
                km_day += trips * (line.km_forward + line.km_backward)
                hours_day += trips * (line.minutes_forward + line.minutes_backward) / 60.0 * p.run
                paid_hours += float(schedule.vehicles[name][k]) * (p.end - p.start) / 3600.0
    cost_day = paid_hours * frame.vehicles.mean("cost_hour") + km_day * frame.vehicles.mean("cost_km")
    co2e_day = km_day * frame.vehicles.mean("gco2e_km") / 1000.0
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
        fleet=int(schedule.vehicles[busiest].sum()),
        mean_minutes=assignment.mean_minutes,
        unserved=assignment.unserved,
        vehicle_km_day=km_day,
        vehicle_hours_day=hours_day,
        co2e_kg_day=co2e_day if service is None else service.day.kgco2e,
        worst_tenth_minutes=worst_tenth(frame.instance, after),
        coverage=frame.need.reached(point.lines),
        areas=() if table is None else tuple(table.iter_rows(named=True)),
        removed=removed,
        cost_day=cost_day if service is None else service.day.cost,
        service=service,
    )


def _as_assigned(
    why: Sequence[dict[str, float | str]], labels: Sequence[tuple[str, str]], service: ServicePlan
) -> None:
    """Put the boardings and loads of the assignment with crowding into the reasons, so that every figure agrees."""
    room = {t.key: t.places for t in service.types}
    by_line: dict[str, list[LineService]] = {}
    for x in service.lines:
        by_line.setdefault(x.line_id, []).append(x)
    for k, (line_id, _) in enumerate(labels):
        mine = by_line.get(line_id, [])
        why[k]["trips_day"] = round(sum(x.boardings for x in mine))
        full = [x.load_factor * room[x.vehicle_type] for x in mine if x.load_factor is not None]
        if full:
            why[k]["peak_load"] = round(max(full), 1)


def _line(
    frame: Frame, point: Point, schedule: Schedule, busiest: str, k: int, label: tuple[str, str],
    why: Mapping[str, float | str],
) -> Line:  # fmt: skip
    street, today = point.lines[k], point.lines[k].today
    headways = {name: float(h[k]) for name, h in schedule.headways.items() if math.isfinite(h[k])}
    same = today is not None and all(abs(h - today.headways[name]) < 0.05 for name, h in headways.items())
    return Line(
        line_id=label[0],
        name=label[1],
        stops_forward=street.forward.stops,
        stops_backward=street.backward.stops,
        geometry_forward=shapely.to_wkb(street.forward.geometry),
        geometry_backward=shapely.to_wkb(street.backward.geometry),
        minutes_forward=float(street.forward.minutes[-1]),
        minutes_backward=float(street.backward.minutes[-1]),
        km_forward=street.forward.metres / 1000.0,
        km_backward=street.backward.metres / 1000.0,
        headways=headways,
        vehicles=int(schedule.vehicles[busiest][k]),
        vehicle_type=schedule.types[k],
        why=why,
        seconds_forward=_seconds(street.forward.minutes),
        seconds_backward=_seconds(street.backward.minutes) if street.backward.stops else (),
        status="designed" if today is None else ("kept" if same or today.held else "headway"),
    )


def _seconds(minutes: F64) -> tuple[int, ...]:
    """Whole seconds that grow by at least five from stop to stop."""
    whole: list[int] = []
    for m in minutes:
        s = round(float(m) * 60.0)
        whole.append(s if not whole else max(s, whole[-1] + 5))
    return tuple(whole)
