"""A design as tables: the front, the service of each line and period, their totals, and what they rest on."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from shaar.engine.city.model import City
from shaar.engine.study.results import DesignResult, LineService, NetworkPlan, PeriodTotals, ServicePlan
from shaar.engine.timetable.feed import Feed


def named_stops(city: City, result: DesignResult) -> pl.DataFrame:
    """Stops with a name to show: their own, else the street they stand on, else their id."""
    streets = city.links.select("link_id", pl.col("name").alias("street"))
    return result.stops.join(streets, on="link_id", how="left", maintain_order="left").select(
        "stop_id", pl.coalesce("name", "street", "stop_id").alias("name"), "lon", "lat", "source"
    )


def stop_names(city: City, result: DesignResult, feed: Feed | None = None) -> dict[str, str]:
    """stop_id -> name, of the plan's stops and of the timetable's."""
    found = {}
    if feed is not None:
        found = {str(k): str(n or k) for k, n in feed.stops.select("stop_id", "stop_name").iter_rows()}
    return {**found, **dict(named_stops(city, result).select("stop_id", "name").iter_rows())}


def front_table(result: DesignResult) -> pl.DataFrame:
    """The Pareto front: one row a plan."""
    services = [p.service for p in result.front]
    grams = [None if s is None else s.day.gco2e_passenger_km for s in services]
    return pl.DataFrame({
        "vehicles": [p.fleet for p in result.front],
        "lines": [len(p.lines) for p in result.front],
        "mean_minutes": [round(p.mean_minutes, 3) for p in result.front],
        "unserved_share": [round(p.unserved, 5) for p in result.front],
        "vehicle_km_day": [round(p.vehicle_km_day, 1) for p in result.front],
        "vehicle_hours_day": [round(p.vehicle_hours_day, 1) for p in result.front],
        "co2e_kg_day": [round(p.co2e_kg_day, 1) for p in result.front],
        "cost_eur_day": [round(p.cost_day, 1) for p in result.front],
        "boardings_day": [None if s is None else round(s.day.boardings) for s in services],
        "gco2e_passenger_km": [None if g is None else round(g, 1) for g in grams],
        "worst_tenth_minutes": [round(p.worst_tenth_minutes, 3) for p in result.front],
        "coverage": [round(p.coverage, 5) for p in result.front],
        "chosen": [k == result.chosen for k in range(len(result.front))],
    })  # fmt: skip


LINE_SCHEMA: dict[str, type[pl.DataType]] = {
    "network": pl.String, "line_id": pl.String, "line": pl.String, "period": pl.String, "vehicle_type": pl.String,
    "headway_min": pl.Float64, "vehicles": pl.Int64, "boardings": pl.Float64, "peak_load_per_hour": pl.Float64,
    "load_factor": pl.Float64, "max_load_from": pl.String, "max_load_to": pl.String, "max_load_from_id": pl.String,
    "max_load_to_id": pl.String, "vehicle_km": pl.Float64, "vehicle_hours": pl.Float64, "passenger_km": pl.Float64,
    "cost_eur": pl.Float64, "co2e_kg": pl.Float64, "gco2e_passenger_km": pl.Float64, "vehicles_short": pl.String,
    "badge": pl.String,
}  # fmt: skip


def line_table(city: City, result: DesignResult, plan: NetworkPlan, feed: Feed | None = None) -> pl.DataFrame:
    """One row a line and period, and one a line and day, of the plan and then of today's network.

    ``vehicles_short`` is the least number of vehicles more that would carry everybody: empty where all fit, "none"
    where no number would at the shortest headway allowed. A day's headway is the shortest, its vehicles the most, its
    load that of the fullest hour.
    """
    names = stop_names(city, result, feed)
    rows: list[dict[str, object]] = []
    for network, each in (("plan", plan.service), ("today", None if result.today is None else result.today.service)):
        if each is not None:
            short = {(str(s["line_id"]), str(s["period"])): s["extra"] for s in each.shortages}
            rows += [_row(network, x, names, short) for x in each.with_days()]
    return pl.DataFrame(rows, schema=LINE_SCHEMA)


def _row(
    network: str, x: LineService, names: Mapping[str, str], short: Mapping[tuple[str, str], float | int | str | None]
) -> dict[str, object]:
    key = (x.line_id, x.period)
    return {
        "network": network, "line_id": x.line_id, "line": x.name, "period": x.period, "vehicle_type": x.vehicle_type,
        "headway_min": x.headway, "vehicles": x.vehicles, "boardings": x.boardings, "peak_load_per_hour": x.peak_load,
        "load_factor": x.load_factor, "max_load_from": names.get(x.peak_from, x.peak_from),
        "max_load_to": names.get(x.peak_to, x.peak_to), "max_load_from_id": x.peak_from, "max_load_to_id": x.peak_to,
        "vehicle_km": x.vehicle_km, "vehicle_hours": x.vehicle_hours, "passenger_km": x.passenger_km,
        "cost_eur": x.cost, "co2e_kg": x.kgco2e, "gco2e_passenger_km": x.gco2e_passenger_km,
        "vehicles_short": "" if key not in short else ("none" if short[key] is None else str(short[key])),
        "badge": "modelled",
    }  # fmt: skip


PERIOD_SCHEMA: dict[str, type[pl.DataType]] = {
    "network": pl.String, "period": pl.String, "from": pl.String, "to": pl.String, "trips": pl.Float64,
    "vehicles": pl.Int64, "by_type": pl.String, "boardings": pl.Float64, "passenger_km": pl.Float64,
    "vehicle_km": pl.Float64, "vehicle_hours": pl.Float64, "load_factor": pl.Float64, "cost_eur": pl.Float64,
    "co2e_kg": pl.Float64, "gco2e_passenger_km": pl.Float64, "mean_minutes": pl.Float64,
    "mean_minutes_felt": pl.Float64, "walked_share": pl.Float64, "gap": pl.Float64, "badge": pl.String,
}  # fmt: skip


def period_table(result: DesignResult, plan: NetworkPlan) -> pl.DataFrame:
    """Totals of the buses by period and of the day (last), of the plan and then of today's network.

    ``gap`` is the relative gap of the assignment with crowding, ``load_factor`` that of the fullest line.
    """
    rows = []
    for network, each in (("plan", plan.service), ("today", None if result.today is None else result.today.service)):
        rows += [] if each is None else [_period_row(network, x) for x in each.periods]
    return pl.DataFrame(rows, schema=PERIOD_SCHEMA)


def _period_row(network: str, x: PeriodTotals) -> dict[str, object]:
    return {
        "network": network, "period": x.period, "from": _clock(x.start), "to": _clock(x.end), "trips": x.trips,
        "vehicles": x.vehicles, "by_type": ", ".join(f"{k}={n}" for k, n in x.by_type.items()),
        "boardings": x.boardings, "passenger_km": x.passenger_km, "vehicle_km": x.vehicle_km,
        "vehicle_hours": x.vehicle_hours, "load_factor": x.load_factor, "cost_eur": x.cost, "co2e_kg": x.kgco2e,
        "gco2e_passenger_km": x.gco2e_passenger_km, "mean_minutes": x.mean_minutes, "mean_minutes_felt": x.mean_felt,
        "walked_share": x.walked, "gap": x.gap, "badge": "modelled",
    }  # fmt: skip


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}"


def assumption_table(plan: NetworkPlan) -> pl.DataFrame:
    """Every parameter of the service figures: name, value, unit, badge, source."""
    found = () if plan.service is None else plan.service.assumptions
    schema = {"name": pl.String, "value": pl.Float64, "unit": pl.String, "badge": pl.String, "source": pl.String}
    return pl.DataFrame([(a.name, a.value, a.unit, a.badge, a.source) for a in found], schema=schema, orient="row")


def days_by_line(service: ServicePlan) -> dict[str, LineService]:
    """line_id -> its day."""
    return {x.line_id: x for x in service.with_days() if x.period == "day"}
