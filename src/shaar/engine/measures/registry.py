"""The registry of change types: every type by its name, and all of them as data for forms and maps."""

from __future__ import annotations

from typing import Any

from shaar.engine.measures import (
    add_line,
    add_road,
    add_stop,
    bus_lane,
    charging_place,
    close_road,
    crossing,
    cycle_lane,
    extend_line,
    facility,
    fare,
    footway,
    green_standard,
    launch_service,
    move_stop,
    parking,
    population_total,
    rebuild_road,
    remove_line,
    reroute_line,
    set_headway,
    set_span,
    set_vehicle_type,
    signal_priority,
    speed_limit,
    vehicles,
)
from shaar.engine.measures.kinds import Kind
from shaar.engine.measures.models import Change
from shaar.engine.measures.state import State

#: In the order of a menu.
KINDS: dict[str, Kind] = {
    kind.type: kind
    for kind in (
        add_line.KIND,
        extend_line.KIND,
        reroute_line.KIND,
        remove_line.KIND,
        set_headway.KIND,
        set_span.KIND,
        set_vehicle_type.KIND,
        add_stop.KIND,
        move_stop.KIND,
        bus_lane.KIND,
        signal_priority.KIND,
        add_road.KIND,
        close_road.KIND,
        rebuild_road.KIND,
        speed_limit.KIND,
        parking.SUPPLY,
        parking.PRICE,
        cycle_lane.KIND,
        footway.KIND,
        crossing.KIND,
        fare.KIND,
        vehicles.BUY,
        vehicles.RETIRE,
        charging_place.KIND,
        green_standard.KIND,
        facility.KIND,
        launch_service.KIND,
        population_total.KIND,
    )
}


def apply_change(change: Change, state: State) -> State:
    """Carry out one change on copies; see the file of its type for what it does and raises."""
    return KINDS[change.type].apply(change, state)


def catalogue() -> list[dict[str, Any]]:
    """Return every type as plain data: type, tool, group, labels, form, JSON Schema and an example.

    ``form`` holds the fields in the order in which they are asked for, each with name, widget, unit, choices, whether
    it is required, its default, and label and hint in en, ru, ky and kk.
    """
    return [kind.as_data() for kind in KINDS.values()]
