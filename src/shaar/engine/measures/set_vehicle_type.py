"""``set_vehicle_type``: a line is run with another type of vehicle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from shaar.engine.measures.feeds import need, need_route, with_column
from shaar.engine.measures.fields import Identifier, Model
from shaar.engine.measures.forms import ROUTE
from shaar.engine.measures.kinds import Kind, words
from shaar.engine.measures.state import State
from shaar.engine.measures.vehicle_types import TYPES, VEHICLE_TYPE, need_vehicle_type
from shaar.engine.timetable.feed import Feed


class SetVehicleType(Model):
    """Other vehicles on a line."""

    type: Literal["set_vehicle_type"] = "set_vehicle_type"
    route_id: Identifier
    vehicle_type: Identifier


def apply(change: SetVehicleType, state: State) -> State:
    """Return the timetable with the type in the column ``vehicle_type`` of the line; run times stay.

    Raises
    ------
    InputError
        There is no timetable, no such line, or no such type of vehicle.
    """
    feed = need(state.feed, change.type)
    need_route(feed, change.route_id)
    key = need_vehicle_type(change.vehicle_type)
    return replace(state, feed=with_column(feed, "routes", "vehicle_type", "route_id", change.route_id, key))


def vehicle_types_of(feed: Feed) -> dict[str, str]:
    """Return the type of vehicle of each line of which a change or the feed says one; the others are not in it."""
    if "vehicle_type" not in feed.routes.columns:
        return {}
    return dict(feed.routes.select("route_id", "vehicle_type").drop_nulls().iter_rows())


def _values(change: SetVehicleType) -> tuple[str, Mapping[str, object]]:
    names = TYPES.get(change.vehicle_type)
    if names is None:
        return "other", {"route": change.route_id, "vehicle": change.vehicle_type}
    return change.vehicle_type, {"route": change.route_id}


KIND = Kind(
    model=SetVehicleType,
    apply=apply,
    tool="pick_line",
    group="lines",
    example={"type": "set_vehicle_type", "route_id": "1", "vehicle_type": "articulated_18m"},
    label=words("Vehicles of a line", "Подвижной состав маршрута", "Маршруттун унаасы", "Маршруттың көлігі"),
    form=(ROUTE, VEHICLE_TYPE),
    sentences={
        **{
            key: {
                "en": f"Run line {{route}} with other vehicles: {names['en'][0].lower()}{names['en'][1:]}.",
                "ru": f"На маршруте {{route}} другой подвижной состав: {names['ru'][0].lower()}{names['ru'][1:]}.",
                "ky": f"{{route}} маршрутунда башка унаа: {names['ky'][0].lower()}{names['ky'][1:]}.",
                "kk": f"{{route}} маршрутында басқа көлік: {names['kk'][0].lower()}{names['kk'][1:]}.",
            }
            for key, names in TYPES.items()
        },
        "other": words(
            "Run line {route} with other vehicles: {vehicle}.",
            "На маршруте {route} другой подвижной состав: {vehicle}.",
            "{route} маршрутунда башка унаа: {vehicle}.",
            "{route} маршрутында басқа көлік: {vehicle}.",
        ),
    },
    values=_values,
)
