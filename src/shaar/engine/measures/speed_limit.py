"""``speed_limit``: another limit on streets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from shaar.engine.errors import InputError
from shaar.engine.measures.add_road import Kmh
from shaar.engine.measures.fields import Links, Model
from shaar.engine.measures.forms import LINKS, asked
from shaar.engine.measures.kinds import Kind, number, words
from shaar.engine.measures.state import State
from shaar.engine.measures.streets import need_links, open_to_cars, with_links, with_stress


class SpeedLimit(Model):
    """A limit that cars keep to."""

    type: Literal["speed_limit"] = "speed_limit"
    links: Links
    kmh: Kmh


def apply(change: SpeedLimit, state: State) -> State:
    """Return the city with the limit as free speed, and cycling stress worked out again.

    The timetable stays: city buses with their stops are slower than any limit of 30 km/h and more.

    Raises
    ------
    InputError
        No such link, or no car may use it.
    """
    rows = need_links(state.city, change.links)
    forward, backward = open_to_cars(state.city, rows)
    closed = ~(forward | backward)
    if closed.any():
        raise InputError(f"link {rows[closed.argmax()]} is no street for cars", field="links")
    return replace(state, city=with_stress(with_links(state.city, rows, {"free_speed": float(change.kmh)}), rows))


def _values(change: SpeedLimit) -> tuple[str, Mapping[str, object]]:
    return "", {"links": len(set(change.links)), "kmh": number(change.kmh)}


KIND = Kind(
    model=SpeedLimit,
    apply=apply,
    tool="pick_links",
    group="streets",
    example={"type": "speed_limit", "links": [16, 17], "kmh": 40},
    label=words("Speed limit", "Ограничение скорости", "Ылдамдык чеги", "Жылдамдық шегі"),
    form=(
        LINKS,
        asked(
            "kmh",
            "number",
            words("Limit", "Ограничение", "Чеги", "Шегі"),
            words("From 5 to 110.", "От 5 до 110.", "5тен 110го чейин.", "5-тен 110-ға дейін."),
            "km/h",
        ),
    ),
    sentences={
        "": words(
            "Limit speed to {kmh} km/h; street sections: {links}.",
            "Ограничить скорость до {kmh} км/ч; участков улиц: {links}.",
            "Ылдамдыкты {kmh} км/саатка чектөө; көчө тилкелери: {links}.",
            "Жылдамдықты {kmh} км/сағ-қа шектеу; көше учаскелері: {links}.",
        ),
    },
    values=_values,
)
