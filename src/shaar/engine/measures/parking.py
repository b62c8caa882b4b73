"""``parking_supply`` and ``parking_price``: more or fewer spaces, and what they cost, around a place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from shaar.engine.assignment.parking import KINDS, Lots, change, join, lots
from shaar.engine.city.model import City
from shaar.engine.errors import InputError
from shaar.engine.measures.areas import zones_around
from shaar.engine.measures.fields import Clock, Model, Point, need_order, seconds
from shaar.engine.measures.forms import POINT, asked
from shaar.engine.measures.kinds import Kind, number, words
from shaar.engine.measures.state import State

ParkingKind = Literal["street", "lot", "yard"]
Radius = Annotated[float, Field(ge=0, le=20_000, description="m; 0: the zone at the point alone")]
_KINDS = (
    ("street", words("At the kerb", "На улице", "Көчөдө", "Көшеде")),
    ("lot", words("Public car park", "Общая стоянка", "Жалпы токтотуучу жай", "Ортақ тұрақ")),
    ("yard", words("Yards of houses", "Во дворах", "Короолордо", "Аулаларда")),
)
RADIUS = asked(
    "radius",
    "number",
    words("Radius", "Радиус", "Радиус", "Радиус"),
    words(
        "0: only the zone at the point.",
        "0 — только зона в этой точке.",
        "0 — ушул жердеги аймак гана.",
        "0 — тек осы жердегі аймақ.",
    ),
    "m",
)
KIND_FIELD = asked(
    "kind",
    "choice",
    words("Kind", "Вид", "Түрү", "Түрі"),
    words("Where cars stand.", "Где стоят машины.", "Унаалар кайда турат.", "Көліктер қайда тұрады."),
    "",
    *_KINDS,
)


class ParkingSupply(Model):
    """Spaces that are added around a place, or, below zero, taken away."""

    type: Literal["parking_supply"] = "parking_supply"
    point: Point
    radius: Radius = 0
    kind: ParkingKind
    spaces: int = Field(ge=-100_000, le=100_000, description="cars, in all zones of the area together; not 0")

    @model_validator(mode="after")
    def _some(self) -> ParkingSupply:
        if self.spaces == 0:
            raise ValueError("spaces must not be 0")
        return self


class ParkingPrice(Model):
    """What parking costs around a place, when, and for how long one may stay."""

    type: Literal["parking_price"] = "parking_price"
    point: Point
    radius: Radius = 0
    kind: ParkingKind = "street"
    price: float = Field(ge=0, le=1e6, allow_inf_nan=False, description="currency of the city per hour")
    start: Clock = "08:00"
    end: Clock = "20:00"
    hours: float | None = Field(default=None, gt=0, le=24, description="longest stay; left out: as it is")

    @model_validator(mode="after")
    def _one_day(self) -> ParkingPrice:
        need_order(self.start, self.end)
        if seconds(self.end) > 24 * 3600:
            raise ValueError("end must not be later than 24:00")
        return self


def apply(change: ParkingSupply | ParkingPrice, state: State) -> State:
    """Return the state with the change as a lever: what is parked where is no table of the city.

    :func:`parking_lots` carries the levers out on places to park.

    Raises
    ------
    InputError
        The point lies outside the city.
    """
    zones_around(state.city, change.point, change.radius, "point", "the place")
    return replace(state, levers=(*state.levers, change))


def parking_lots(city: City, given: Lots, levers: tuple[Model, ...]) -> Lots:
    """Return places to park as the levers leave them, in their order; other levers are passed over.

    New spaces are spread over the zones of the area by the spaces that they have, else evenly; what is taken away is
    taken from all in proportion.

    Raises
    ------
    InputError
        More spaces are to be taken away than there are.
    """
    for lever in levers:
        if isinstance(lever, ParkingPrice):
            rows = zones_around(city, lever.point, lever.radius, "point", "the place")
            given = change(
                given, zones=rows, kind=lever.kind, price=lever.price, limit=lever.hours,
                paid=(seconds(lever.start) / 3600, seconds(lever.end) / 3600),
            )  # fmt: skip
        elif isinstance(lever, ParkingSupply):
            given = _supply(given, lever, zones_around(city, lever.point, lever.radius, "point", "the place"))
    return given


def _supply(given: Lots, lever: ParkingSupply, rows: np.ndarray) -> Lots:
    mine = np.isin(given.zone, rows) & (given.kind == KINDS.index(lever.kind))
    there = float(given.spaces[mine].sum())
    if lever.spaces < 0 and -lever.spaces > there:
        raise InputError(f"only {there:.0f} spaces are there, so {-lever.spaces} cannot be taken away", field="spaces")
    if there > 0 and lever.spaces < 0:
        return change(given, zones=rows, kind=lever.kind, spaces_factor=1.0 + lever.spaces / there)
    by_zone = np.array([given.spaces[mine & (given.zone == z)].sum() for z in rows])
    share = by_zone / there if there > 0 else np.full(len(rows), 1.0 / len(rows))
    old = [np.flatnonzero(mine & (given.zone == z)) for z in rows]
    price = [float(given.price[k[0]]) if len(k) else 0.0 for k in old]
    return join(
        [
            given,
            lots(rows, [lever.kind] * len(rows), share * lever.spaces, price=price, source="a change of the scenario"),
        ]
    )


def _supply_values(change: ParkingSupply) -> tuple[str, Mapping[str, object]]:
    return ("more" if change.spaces > 0 else "fewer") + change.kind, {
        "spaces": number(abs(change.spaces)), "radius": number(change.radius),
    }  # fmt: skip


def _price_values(change: ParkingPrice) -> tuple[str, Mapping[str, object]]:
    return ("" if change.hours is None else "limit") + change.kind, {
        "price": number(change.price), "start": change.start, "end": change.end, "radius": number(change.radius),
        "hours": "" if change.hours is None else number(change.hours),
    }  # fmt: skip


def _lower(text: str) -> str:
    return text[0].lower() + text[1:]


SUPPLY = Kind(
    model=ParkingSupply,
    apply=apply,
    tool="pick_point",
    group="parking",
    example={"type": "parking_supply", "point": [71.41, 51.15], "radius": 500, "kind": "lot", "spaces": 120},
    label=words("Parking spaces", "Парковочные места", "Унаа токтотуучу орундар", "Тұрақ орындары"),
    form=(
        POINT,
        RADIUS,
        KIND_FIELD,
        asked(
            "spaces",
            "number",
            words("Spaces", "Мест", "Орундар", "Орындар"),
            words(
                "Below zero: taken away.",
                "Меньше нуля — убрать.",
                "Нөлдөн аз болсо — алынат.",
                "Нөлден аз болса — алынады.",
            ),
        ),
    ),
    sentences={
        f"{sign}{key}": words(
            f"{verbs[0]} parking spaces: {{spaces}} ({_lower(names['en'])}, radius: {{radius}} m).",
            f"{verbs[1]} парковочных мест: {{spaces}} ({_lower(names['ru'])}, радиус: {{radius}} м).",
            f"Унаа токтотуучу орундарды {verbs[2]}: {{spaces}} ({_lower(names['ky'])}, радиусу: {{radius}} м).",
            f"Тұрақ орындарын {verbs[3]}: {{spaces}} ({_lower(names['kk'])}, радиусы: {{radius}} м).",
        )
        for key, names in _KINDS
        for sign, verbs in (
            ("more", ("Add", "Добавить", "кошуу", "қосу")),
            ("fewer", ("Take away", "Убрать", "алып салуу", "алып тастау")),
        )
    },
    values=_supply_values,
)

PRICE = Kind(
    model=ParkingPrice,
    apply=apply,
    tool="pick_point",
    group="parking",
    example={
        "type": "parking_price",
        "point": [71.41, 51.15],
        "radius": 800,
        "kind": "street",
        "price": 200,
        "hours": 2,
    },
    label=words("Price of parking", "Плата за парковку", "Унаа токтотуу акысы", "Тұрақ ақысы"),
    form=(
        POINT,
        RADIUS,
        KIND_FIELD,
        asked(
            "price",
            "number",
            words("Price", "Цена", "Баасы", "Бағасы"),
            words("0: free.", "0 — бесплатно.", "0 — акысыз.", "0 — тегін."),
            "currency/h",
        ),
        asked(
            "start",
            "clock",
            words("From", "С", "Башталышы", "Басталуы"),
            words("When it begins to cost.", "Когда становится платной.", "Качан акылуу болот.", "Қашан ақылы болады."),
        ),
        asked(
            "end",
            "clock",
            words("Until", "До", "Аягы", "Аяғы"),
            words("When it is free again.", "Когда снова бесплатна.", "Качан кайра акысыз.", "Қашан қайта тегін."),
        ),
        asked(
            "hours",
            "number",
            words("Longest stay", "Дольше не стоять", "Эң узак токтотуу", "Ең ұзақ тұру"),
            words(
                "Left out: as it is.",
                "Если не указать, как сейчас.",
                "Көрсөтүлбөсө, азыркыдай.",
                "Көрсетілмесе, қазіргідей.",
            ),
            "h",
        ),
    ),
    sentences={
        f"{limit}{key}": words(
            f"Charge {{price}} an hour for parking from {{start}} to {{end}} ({_lower(names['en'])}, radius: "
            f"{{radius}} m{tails[0]}).",
            f"Парковка с {{start}} до {{end}} стоит {{price}} в час ({_lower(names['ru'])}, радиус: "
            f"{{radius}} м{tails[1]}).",
            f"{{start}}–{{end}} аралыгында унаа токтотуу саатына {{price}} турат ({_lower(names['ky'])}, "
            f"радиусу: {{radius}} м{tails[2]}).",
            f"{{start}}–{{end}} аралығында тұрақ сағатына {{price}} тұрады ({_lower(names['kk'])}, радиусы: "
            f"{{radius}} м{tails[3]}).",
        )
        for key, names in _KINDS
        for limit, tails in (
            ("", ("", "", "", "")),
            (
                "limit",
                (
                    "; longest stay: {hours} h",
                    "; не дольше: {hours} ч",
                    "; эң узагы: {hours} саат",
                    "; ең ұзағы: {hours} сағ",
                ),
            ),
        )
    },
    values=_price_values,
)
