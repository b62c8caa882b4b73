"""What journeys by public transport do not tell: streets, cycling, safety, fares, parking; or why it has no figure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from shaar.engine.demand.parameters import Parameters, load_parameters
from shaar.engine.measures.effects import Effect
from shaar.engine.measures.scenario import Scenario
from shaar.engine.routing.graph import street_graph
from shaar.engine.routing.snap import snap
from shaar.engine.routing.street_times import street_minutes
from shaar.engine.study.effects_cycling import cycling_effects
from shaar.engine.study.effects_figures import missing, ranged
from shaar.engine.study.effects_parking import parking_effects
from shaar.engine.study.effects_safety import safety_effects
from shaar.engine.study.effects_side import Side
from shaar.engine.study.results import Options

F64 = npt.NDArray[np.float64]
#: Types of changes that cars feel, those that change their free way, and those that cyclists may feel.
ROADS = ("bus_lane", "signal_priority", "add_road", "close_road", "rebuild_road", "speed_limit", "cycle_lane")
FREE_ROADS = ("add_road", "close_road", "rebuild_road", "speed_limit")
#: A zone whose nearest street is so much farther than before has been cut off from the rest of the city, metres.
CUT_OFF_M = 100.0
#: Currency of the planning value ``bus_fare`` of ``model.csv``.
FARE_CURRENCY = "KZT"


def rest_effects(
    before: Side, after: Side, scenario: Scenario, od: F64, tables: Mapping[str, Parameters], options: Options, *,
    full: bool,
) -> list[Effect]:  # fmt: skip
    """Effects that only some changes have, and those that are not modelled with the reason.

    Parameters
    ----------
    full
        Whether to work out what takes longer than a second: bicycles, cars on empty streets, parking.
    """
    types: set[str] = {change.type for change in scenario.changes}
    out = [missing("health.deaths", "no_mode_change"), *safety_effects(before, scenario, tables["effects_values"])]
    out += [*_fares(before, after, od, tables), *_levers(before, after, types)]
    if types & set(ROADS):
        out.append(missing("roads.minutes", "roads_apart"))
    if full:
        if types & set(FREE_ROADS):
            out.append(_free_roads(before, after, od))
        out += cycling_effects(before, after, tables["walking_cycling"])
        if types & {"parking_supply", "parking_price"}:
            out += parking_effects(before.state, after.state)
    return out


def _free_roads(before: Side, after: Side, od: F64) -> Effect:
    if (_beside(after) > _beside(before) + CUT_OFF_M).any():
        return missing("roads.free_minutes", "cut_off")
    was, now = (street_minutes(s.city, mode="car").astype(np.float64) for s in (before, after))
    both = np.isfinite(was) & np.isfinite(now) & (od > 0)
    if not both.any():
        return missing("roads.free_minutes", "no_demand")
    total = float(od[both].sum())
    means = [float((minutes * od)[both].sum()) / total for minutes in (was, now)]
    return ranged("roads.free_minutes", means[:1], means[1:], source="streets; demand.csv")


def _beside(side: Side) -> F64:
    """Metres from each zone's point to the nearest street that cars can reach from the rest of the city."""
    city = side.city
    graph = street_graph(city.nodes, city.links, mode="car")
    lon, lat = city.zones["lon"].to_numpy(), city.zones["lat"].to_numpy()
    return snap(lon, lat, graph, city.links, crs=city.meta.crs, largest_only=True).beside


def _fares(before: Side, after: Side, od: F64, tables: Mapping[str, Parameters]) -> list[Effect]:
    """Fares of a year, journeys answering the price linearly about the fare of today; no fare below zero journeys."""
    found = _price(after)
    if found is None or found == _price(before):
        return []
    start = _price(before)
    if start is None:
        return [missing("money.fares", "fare_apart")]
    row, days = tables["effects_values"].row("fare_elasticity"), tables["climate"]["days_per_year"]
    journeys = float(od.sum()) * days
    was = start * journeys

    def paid(elasticity: float) -> float:
        return found * journeys * max(0.0, 1.0 + elasticity * (found / start - 1.0))

    ends = [paid(e) - was for e in (row.low, row.high)]
    effect = ranged("money.fares", [was], [paid(row.value)], more=ends, source=row.source)
    return [replace(effect, unit=f"{before.city.meta.currency}/year")]


def _price(side: Side) -> float | None:
    """Price of a journey: of a fare lever, of the dearest ticket of the timetable, or the planning value of the model.

    None where none is known in the currency of the city.
    """
    levers = [x for x in side.state.levers if getattr(x, "type", "") == "fare"]
    if levers:
        price: Any = getattr(levers[-1], "price", None)
        return None if price is None else float(price)
    others = side.state.feed.others if side.state.feed is not None else {}
    table = others.get("fare_attributes")
    if table is None or not table.height:
        usual = load_parameters("model.csv").row("bus_fare")
        return usual.value if side.city.meta.currency == FARE_CURRENCY else None
    try:
        found = max(float(v) for v in table["price"])
    except (TypeError, ValueError):
        return None
    return found if math.isfinite(found) and found > 0 else None


def _levers(before: Side, after: Side, types: set[str]) -> list[Effect]:
    """Purchases, services and what else no table of the city holds."""
    fresh: list[Any] = list(after.state.levers[len(before.state.levers) :])
    out = []
    priced = [x for x in fresh if getattr(x, "type", "") == "buy_vehicles" and x.price is not None]
    if priced:
        total = float(sum(x.count * x.price for x in priced))
        effect = ranged("money.purchases", [0.0], [total], source="the scenario")
        out.append(replace(effect, unit=before.city.meta.currency))
    if types & {"buy_vehicles", "retire_vehicles"}:
        out.append(missing("climate.fleet", "purchase_only"))
    services = [x for x in fresh if getattr(x, "type", "") == "launch_service"]
    if services:
        hours = float(sum(x.uses * x.minutes for x in services)) / 60.0
        out.append(ranged("services.hours", [0.0], [hours], source="the scenario"))
    if "green_standard" in types:
        out.append(missing("buildings.energy", "buildings_apart"))
    if "charging_place" in types:
        out.append(missing("money.charging", "charging_apart"))
    return out
