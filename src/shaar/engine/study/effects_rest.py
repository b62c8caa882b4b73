"""What journeys by public transport do not tell: streets, cycling, safety, fares, parking; or why it is not modelled."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Lock
from typing import Any

from shaar.engine.demand.parameters import Parameters
from shaar.engine.measures.effects import Effect
from shaar.engine.measures.scenario import Scenario
from shaar.engine.study.effects_figures import missing
from shaar.engine.study.effects_side import Side

#: Types of changes that cars feel.
ROADS = ("bus_lane", "add_road", "close_road", "rebuild_road", "speed_limit")


def rest_effects(
    before: Side,
    after: Side,
    scenario: Scenario,
    tables: Mapping[str, Parameters],
    slow: dict[str, Any],
    lock: Lock,
    *,
    full: bool,
) -> list[Effect]:
    """Effects that only some changes have, and those that are not modelled with the reason."""
    types = {change.type for change in scenario.changes}
    out = [missing("health.deaths", "no_mode_change")]
    if types & set(ROADS):
        out.append(missing("roads.minutes", "roads_apart"))
    if "fare" in types:
        out.append(missing("money.fares", "fare_apart"))
    if types & {"parking_supply", "parking_price"}:
        out.append(missing("parking.search", "parking_apart"))
    return out
