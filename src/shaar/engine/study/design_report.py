"""The figures of a service, line by line and period by period, with every parameter that they rest on."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from shaar.engine.assignment.crowding import Discomfort
from shaar.engine.demand.parameters import load_parameters
from shaar.engine.design.headways_report import LinePeriod, NetworkReport, service_report
from shaar.engine.design.lines import StreetLine
from shaar.engine.study.design_rules import DesignRules
from shaar.engine.study.design_service import Service
from shaar.engine.study.design_vehicles import OTHER, SPEED, Vehicles
from shaar.engine.study.results import Assumption, LineService, PeriodTotals, ServicePlan, TypeUse

CROWDING = (
    "Yap, Cats and van Arem, Crowding valuation in urban tram and bus transportation based on smart card data, "
    "Transportmetrica A 2020"
)


def line_boardings(service: Service) -> np.ndarray:
    """Boardings a day of each line, shape (l,)."""
    report = service_report(service.task, service.kinds, service.periods)
    return np.array([line.boardings for line in report.lines])


def service_plan(
    service: Service, lines: Sequence[StreetLine], labels: Sequence[tuple[str, str]], order: Sequence[int],
    vehicles: Vehicles, rules: DesignRules,
) -> ServicePlan:  # fmt: skip
    """Say a service in figures.

    Parameters
    ----------
    lines, labels
        As in the task, with (line_id, name).
    order
        Lines in the order of the plan.
    """
    report = service_report(service.task, service.kinds, service.periods, labels)
    bus = np.array([service.task.types[k] is not OTHER for k in service.kinds])
    rows = []
    for k in order:
        for name in (p.name for p in service.task.periods):
            x = report.lines[k].periods[name]
            if not math.isfinite(x.headway):
                continue
            a, b = _where(lines[k], x)
            known = bool(bus[k])
            rows.append(
                LineService(
                    line_id=labels[k][0], name=labels[k][1], vehicle_type=service.schedule.types[k], period=name,
                    headway=x.headway, vehicles=x.vehicles, boardings=x.boardings, passenger_km=x.passenger_km,
                    peak_load=x.peak_load, load_factor=float(x.load_factor) if known else None, peak_from=a, peak_to=b,
                    vehicle_km=x.vehicle_km, vehicle_hours=x.vehicle_hours, cost=x.cost if known else None,
                    kgco2e=x.kgco2e if known else None,
                )
            )  # fmt: skip
    periods = [_totals(service, report, name, bus, rules) for name in (p.name for p in service.task.periods)]
    kinds = [
        (kind, int(n)) for kind, n in zip(service.task.types, service.task.limits, strict=True) if kind is not OTHER
    ]
    types = tuple(
        TypeUse(
            kind.key, there, max(t.by_type.get(kind.key, 0) for t in periods), kind.seats, kind.places, kind.cost_hour,
            kind.cost_km, kind.gco2e_km,
        )
        for kind, there in kinds
    )  # fmt: skip
    shortages = tuple(
        {
            "line_id": labels[s.line][0], "name": labels[s.line][1], "period": s.period, "load": s.load,
            "places": s.places, "vehicle_type": s.vehicle, "extra": s.extra,
        }
        for s in report.shortages
        if bus[s.line]
    )  # fmt: skip
    return ServicePlan(tuple(rows), (*periods, _day(periods)), types, shortages, assumptions(service, vehicles, rules))


def _where(line: StreetLine, x: LinePeriod) -> tuple[str, str]:
    """Stops between which the line is fullest."""
    if x.way < 0:
        return "", ""
    way, course = (line.forward, line.route) if x.way == 0 else (line.backward, line.way_back)
    at = next(i for i in range(len(course) - 1) if (course[i], course[i + 1]) == (x.peak_from, x.peak_to))
    return way.stops[way.at_group[at]], way.stops[way.at_group[at + 1]]


def _totals(service: Service, report: NetworkReport, name: str, bus: np.ndarray, rules: DesignRules) -> PeriodTotals:
    each = [line.periods[name] for line, own in zip(report.lines, bus, strict=True) if own]
    keys = [t for t, own in zip(service.schedule.types, bus, strict=True) if own]
    by_type: dict[str, int] = {}
    for key, x in zip(keys, each, strict=True):
        if x.vehicles:
            by_type[key] = by_type.get(key, 0) + x.vehicles
    network, p = report.periods[name], rules.periods[name]
    return PeriodTotals(
        period=name, start=p.start, end=p.end, trips=network.trips, vehicles=sum(x.vehicles for x in each),
        by_type=by_type, boardings=sum(x.boardings for x in each), passenger_km=sum(x.passenger_km for x in each),
        vehicle_km=sum(x.vehicle_km for x in each), vehicle_hours=sum(x.vehicle_hours for x in each),
        load_factor=float(max((x.load_factor for x in each if not math.isnan(x.load_factor)), default=0.0)),
        cost=sum(x.cost for x in each), kgco2e=sum(x.kgco2e for x in each), mean_minutes=network.mean_minutes,
        mean_felt=network.mean_felt, walked=network.walked, gap=network.gap,
    )  # fmt: skip


def _day(periods: Sequence[PeriodTotals]) -> PeriodTotals:
    trips = sum(p.trips for p in periods)

    def total(figure: str) -> float:
        return sum(getattr(p, figure) for p in periods)

    def mean(figure: str) -> float:
        return sum(getattr(p, figure) * p.trips for p in periods) / trips if trips else 0.0

    top = max(periods, key=lambda p: p.vehicles)
    return PeriodTotals(
        period="day", start=min(p.start for p in periods), end=max(p.end for p in periods), trips=trips,
        vehicles=top.vehicles, by_type=top.by_type, boardings=total("boardings"), passenger_km=total("passenger_km"),
        vehicle_km=total("vehicle_km"), vehicle_hours=total("vehicle_hours"),
        load_factor=max(p.load_factor for p in periods), cost=total("cost"), kgco2e=total("kgco2e"),
        mean_minutes=mean("mean_minutes"), mean_felt=mean("mean_felt"), walked=mean("walked"),
        gap=max(p.gap for p in periods),
    )  # fmt: skip


def assumptions(service: Service, vehicles: Vehicles, rules: DesignRules) -> tuple[Assumption, ...]:
    """Every parameter of the figures: vehicles, crowding, the day, layover, wait and transfer."""
    table = load_parameters("vehicles.csv")
    found = []
    for kind in vehicles.kinds:
        for name in ("seats", "places", "cost_hour", "cost_km"):
            row = table.row(f"{kind.key}.{name}")
            found.append(Assumption(row.name, row.value, row.unit, row.badge, row.source))
        grams = f"energy and emission factors of the climate account at {SPEED:g} km/h (docs/climate.md)"
        found.append(Assumption(f"{kind.key}.gco2e_km", round(kind.gco2e_km, 1), "gCO2e/km", "modelled", grams))
    feel = service.task.discomfort or Discomfort()
    for name, value, source in (
        ("seated", feel.seated, CROWDING), ("standing", feel.standing, CROWDING),
        ("beyond", feel.beyond, "planning value: stands for those left behind at a full vehicle"),
    ):  # fmt: skip
        badge = "assumed" if name == "beyond" else "reported"
        found.append(Assumption(f"crowding.{name}", value, "minutes felt a minute on board", badge, source))
    h = service.task.model.rules
    day = "planning value (docs/assignment.md)"
    for p in service.task.periods:
        limits = float(np.max(p.least)), rules.periods[p.name].longest
        for name, value, unit in (
            ("trips", p.share, "share of the day's trips"),
            ("surge", p.surge, "busiest hour over mean hour, heavier direction"),
            ("run", p.run, "run time over that of the peak"), ("fleet", p.fleet, "share of the fleet that may run"),
            ("shortest_headway", limits[0], "min"), ("longest_headway", limits[1], "min"),
        ):  # fmt: skip
            found.append(Assumption(f"{p.name}.{name}", float(value), unit, "assumed", day))
    for name, value, unit in (
        ("layover", h.layover, "share of run time"), ("layover_minutes", h.layover_minutes, "min, at least"),
        ("wait", h.wait, "share of headway"), ("transfer", h.transfer, "min beside the wait"),
        ("assignment.gap", service.task.gap, "relative gap asked for"),
    ):  # fmt: skip
        found.append(Assumption(name, float(value), unit, "assumed", day))
    return tuple(found)
