"""``close_road``: streets closed to cars, to all vehicles, or to everybody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from shaar.engine.errors import InputError
from shaar.engine.measures.along_links import follows, lines_along
from shaar.engine.measures.fields import Links, Model
from shaar.engine.measures.forms import LINKS, asked
from shaar.engine.measures.kinds import Kind, words
from shaar.engine.measures.state import State
from shaar.engine.measures.streets import need_links, with_links

_CARS = ("car_forward", "car_backward")
_BUSES = ("bus_forward", "bus_backward")
CLOSED = {
    "cars": _CARS,
    "vehicles": (*_CARS, *_BUSES),
    "everybody": (*_CARS, *_BUSES, "cycle_forward", "cycle_backward", "walk"),
}


class CloseRoad(Model):
    """Streets that some may no longer use."""

    type: Literal["close_road"] = "close_road"
    links: Links
    closed_to: Literal["cars", "vehicles", "everybody"] = "cars"


def apply(change: CloseRoad, state: State) -> State:
    """Return the city with these links closed; where only people and bicycles are left, stress is 1.

    Raises
    ------
    InputError
        No such link, it is closed to them already, or lines would run along a street that is closed to buses.
    """
    city = state.city
    rows = need_links(city, change.links)
    columns = CLOSED[change.closed_to]
    if not city.links.select(columns).fill_null(False).to_numpy()[rows].any():
        raise InputError(f"these links are closed to {change.closed_to} already", field="links")
    if change.closed_to != "cars" and state.feed is not None:
        found = lines_along(follows(city, state.feed, rows, [(True, True)] * len(rows)))
        if found:
            raise InputError(
                f"lines run along these links: {', '.join(found[:5])}; reroute_line first, or close them to cars alone",
                field="links",
            )
    values: dict[str, object] = dict.fromkeys(columns, False)
    if change.closed_to == "vehicles":
        values |= {"cycle_stress": 1, "cycle_stress_tag": "closed to vehicles"}
    return replace(state, city=with_links(city, rows, values))


def _values(change: CloseRoad) -> tuple[str, Mapping[str, object]]:
    return change.closed_to, {"links": len(set(change.links))}


KIND = Kind(
    model=CloseRoad,
    apply=apply,
    tool="pick_links",
    group="streets",
    example={"type": "close_road", "links": [0, 1]},
    label=words("Close a street", "Закрыть улицу", "Көчөнү жабуу", "Көшені жабу"),
    form=(
        LINKS,
        asked(
            "closed_to",
            "choice",
            words("Closed to", "Для кого закрыта", "Кимге жабык", "Кімге жабық"),
            words(
                "Lines have to be led round before a street closes to buses.",
                "Прежде чем закрыть улицу для автобусов, измените маршруты.",
                "Көчөнү автобуска жабардан мурун маршруттарды өзгөртүңүз.",
                "Көшені автобусқа жаппас бұрын маршруттарды өзгертіңіз.",
            ),
            "",
            ("cars", words("Cars", "Машины", "Унаалар", "Көліктер")),
            (
                "vehicles",
                words("Cars and buses", "Машины и автобусы", "Унаалар жана автобустар", "Көліктер мен автобустар"),
            ),
            ("everybody", words("Everybody", "Все", "Баары", "Барлығы")),
        ),
    ),
    sentences={
        "cars": words(
            "Close street sections to cars: {links}.",
            "Закрыть для машин участки улиц: {links}.",
            "Көчө тилкелерин унааларга жабуу: {links}.",
            "Көше учаскелерін көліктерге жабу: {links}.",
        ),
        "vehicles": words(
            "Close street sections to cars and buses: {links}.",
            "Закрыть для машин и автобусов участки улиц: {links}.",
            "Көчө тилкелерин унаалар менен автобустарга жабуу: {links}.",
            "Көше учаскелерін көліктер мен автобустарға жабу: {links}.",
        ),
        "everybody": words(
            "Close street sections to everybody: {links}.",
            "Закрыть для всех участки улиц: {links}.",
            "Көчө тилкелерин баарына жабуу: {links}.",
            "Көше учаскелерін барлығына жабу: {links}.",
        ),
    },
    values=_values,
)
