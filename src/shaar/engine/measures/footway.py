"""``footway``: a way for people on foot that is not there yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

import numpy as np
from pydantic import Field

from shaar.engine.measures.fields import Model, Path
from shaar.engine.measures.forms import YES_NO, asked
from shaar.engine.measures.ground import need_dry, need_inside
from shaar.engine.measures.kinds import Kind, number, words
from shaar.engine.measures.road_edit import add_way
from shaar.engine.measures.state import State
from shaar.engine.timetable.distance import crow_metres


class Footway(Model):
    """A footway along a drawn line; with a structure it crosses streets and water without touching them."""

    type: Literal["footway"] = "footway"
    path: Path
    cycling: bool = Field(default=False, description="bicycles may use it too")
    structure: Literal["", "bridge", "tunnel"] = ""
    name: str = ""


def apply(change: Footway, state: State) -> State:
    """Return the city with the footway, joined to ways within 30 m of its ends and to those that it crosses.

    Raises
    ------
    InputError
        It lies outside the city, runs through water without a bridge or tunnel, follows a way that is there, or joins
        none.
    """
    city = state.city
    for lon, lat in change.path:
        need_inside(city, lon, lat, "path", "a point of the footway")
    if not change.structure:
        need_dry(city, change.path, "path", "give it structure bridge or tunnel", streets=False)
    values = {
        "highway": "path" if change.cycling else "footway", "name": change.name or None, "lanes": None,
        "free_speed": 5.0, "car_forward": False, "car_backward": False, "bus_forward": False, "bus_backward": False,
        "cycle_forward": change.cycling, "cycle_backward": change.cycling, "walk": True, "cycle_stress": 1,
        "structure": change.structure or None, "cycle_stress_tag": "path" if change.cycling else "footway",
    }  # fmt: skip
    city, _ = add_way(city, change.path, values, level=not change.structure, name="path")
    return replace(state, city=city)


def metres(path: tuple[tuple[float, float], ...]) -> float:
    """Length of a drawn line, m."""
    lon, lat = np.array(path).T
    return float(crow_metres(lon[:-1], lat[:-1], lon[1:], lat[1:]).sum())


def _values(change: Footway) -> tuple[str, Mapping[str, object]]:
    return ("shared" if change.cycling else "") + change.structure, {"metres": number(round(metres(change.path)))}


_WAYS = {
    "": words("a footway", "пешеходную дорожку", "жөө жол", "жаяу жол"),
    "shared": words(
        "a way for walking and cycling",
        "дорожку для пешеходов и велосипедов",
        "жөө жана велосипед жолу",
        "жаяу және велосипед жолы",
    ),
    "bridge": words("a footbridge", "пешеходный мост", "жөө көпүрө", "жаяу көпір"),
    "tunnel": words("an underpass", "подземный переход", "жер астындагы өтмө", "жерасты өткелі"),
    "sharedbridge": words(
        "a bridge for walking and cycling",
        "мост для пешеходов и велосипедов",
        "жөө жана велосипед көпүрөсү",
        "жаяу және велосипед көпірі",
    ),
    "sharedtunnel": words(
        "a tunnel for walking and cycling",
        "тоннель для пешеходов и велосипедов",
        "жөө жана велосипед тоннели",
        "жаяу және велосипед тоннелі",
    ),
}

KIND = Kind(
    model=Footway,
    apply=apply,
    tool="draw_link",
    group="walking",
    example={"type": "footway", "path": [[71.4025, 51.1440], [71.4030, 51.1470]]},
    label=words("Footway", "Пешеходная дорожка", "Жөө жол", "Жаяу жол"),
    form=(
        asked(
            "path",
            "path",
            words("Line", "Линия", "Сызык", "Сызық"),
            words(
                "Draw it from way to way.",
                "Проведите от дорожки до дорожки.",
                "Жолдон жолго чейин сызыңыз.",
                "Жолдан жолға дейін сызыңыз.",
            ),
        ),
        asked(
            "cycling",
            "choice",
            words("Bicycles too", "И для велосипедов", "Велосипед үчүн да", "Велосипедке де"),
            words(
                "Whether one may ride on it.",
                "Можно ли по ней ездить.",
                "Анда велосипед тебүүгө болобу.",
                "Онда велосипед тебуге бола ма.",
            ),
            "",
            *YES_NO,
        ),
        asked(
            "structure",
            "choice",
            words("Bridge or tunnel", "Мост или тоннель", "Көпүрө же тоннель", "Көпір немесе тоннель"),
            words("Needed over water.", "Нужно над водой.", "Суунун үстүндө керек.", "Су үстінде қажет."),
            "",
            ("", words("Neither", "Нет", "Жок", "Жоқ")),
            ("bridge", words("Bridge", "Мост", "Көпүрө", "Көпір")),
            ("tunnel", words("Tunnel", "Тоннель", "Тоннель", "Тоннель")),
        ),
        asked(
            "name",
            "text",
            words("Name", "Название", "Аталышы", "Атауы"),
            words("May be left empty.", "Можно не указывать.", "Бош калтырса болот.", "Бос қалдыруға болады."),
        ),
    ),
    sentences={
        key: words(
            f"Build {what['en']}; length: {{metres}} m.",
            f"Построить {what['ru']}; длина: {{metres}} м.",
            f"{what['ky'][0].upper()}{what['ky'][1:]} куруу; узундугу: {{metres}} м.",
            f"{what['kk'][0].upper()}{what['kk'][1:]} салу; ұзындығы: {{metres}} м.",
        )
        for key, what in _WAYS.items()
    },
    values=_values,
)
