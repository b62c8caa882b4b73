"""``add_road``: a street that is not there yet, joined to those that are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Literal

from pydantic import Field, model_validator

from shaar.engine.city.street_access import BUS_CLASSES
from shaar.engine.city.street_speed import class_speed
from shaar.engine.measures.fields import Model, Path
from shaar.engine.measures.forms import YES_NO, asked
from shaar.engine.measures.ground import need_dry, need_inside
from shaar.engine.measures.kinds import Kind, number, words
from shaar.engine.measures.road_edit import add_way
from shaar.engine.measures.state import State
from shaar.engine.measures.streets import with_stress

RoadClass = Literal[
    "trunk", "primary", "secondary", "tertiary", "unclassified", "residential", "living_street", "service"
]
CLASSES = (
    ("trunk", words("Trunk road", "Магистраль", "Магистраль", "Магистраль")),
    ("primary", words("Main street", "Главная улица", "Башкы көчө", "Басты көше")),
    (
        "secondary",
        words("Secondary street", "Улица второго значения", "Экинчи даражадагы көчө", "Екінші дәрежелі көше"),
    ),
    ("tertiary", words("Street of a district", "Районная улица", "Район көчөсү", "Аудан көшесі")),
    ("unclassified", words("Minor street", "Местная улица", "Жергиликтүү көчө", "Жергілікті көше")),
    ("residential", words("Residential street", "Жилая улица", "Турак жай көчөсү", "Тұрғын үй көшесі")),
    ("living_street", words("Home zone", "Жилая зона", "Турак жай аймагы", "Тұрғын аймақ")),
    ("service", words("Access road", "Проезд", "Өтмө жол", "Өтпе жол")),
)
Lanes = Annotated[float, Field(ge=1, le=12, description="lanes of both directions together")]
Kmh = Annotated[float, Field(ge=5, le=110, description="km/h")]
CLASS = asked(
    "highway",
    "choice",
    words("Class", "Класс", "Классы", "Класы"),
    words("What kind of street.", "Какая это улица.", "Кандай көчө.", "Қандай көше."),
    "",
    *CLASSES,
)
LANES = asked(
    "lanes",
    "number",
    words("Lanes", "Полосы", "Тилкелер", "Жолақтар"),
    words("Of both directions together.", "В обоих направлениях вместе.", "Эки багытта чогуу.", "Екі бағытта бірге."),
)
SPEED = asked(
    "kmh",
    "number",
    words("Speed limit", "Ограничение скорости", "Ылдамдык чеги", "Жылдамдық шегі"),
    words(
        "Left out: usual for the class.",
        "Если не указать, обычная для класса.",
        "Көрсөтүлбөсө, класска мүнөздүүсү.",
        "Көрсетілмесе, класқа тән.",
    ),
    "km/h",
)
WALK = asked(
    "walk",
    "choice",
    words("Pavements", "Тротуары", "Жөө жолдор", "Тротуарлар"),
    words("Whether people may walk along it.", "Можно ли идти пешком.", "Жөө жүрүүгө болобу.", "Жаяу жүруге бола ма."),
    "",
    *YES_NO,
)


class AddRoad(Model):
    """A new street along a drawn line."""

    type: Literal["add_road"] = "add_road"
    path: Path
    highway: RoadClass = "residential"
    lanes: Lanes = 2
    kmh: Kmh | None = None
    one_way: bool = Field(default=False, description="only in the direction of drawing")
    walk: bool = True
    structure: Literal["", "bridge", "tunnel"] = ""
    name: str = ""

    @model_validator(mode="after")
    def _wide_enough(self) -> AddRoad:
        if not self.one_way and self.lanes < 2:
            raise ValueError("lanes must be two at least on a street that is driven both ways")
        return self


def apply(change: AddRoad, state: State) -> State:
    """Return the city with the street.

    It joins streets within 30 m of its ends, and without a structure all that it crosses; streets are split there.

    Raises
    ------
    InputError
        It lies outside the city, runs through water without a bridge or tunnel, follows a street that is there, or
        joins none.
    """
    city = state.city
    for lon, lat in change.path:
        need_inside(city, lon, lat, "path", "a point of the road")
    if not change.structure:
        need_dry(city, change.path, "path", "give it structure bridge or tunnel", streets=False)
    bus = change.highway in BUS_CLASSES
    values = {
        "highway": change.highway, "name": change.name or None, "lanes": float(change.lanes),
        "free_speed": change.kmh or class_speed(change.highway, city.meta.country),
        "car_forward": True, "car_backward": not change.one_way, "bus_forward": bus,
        "bus_backward": bus and not change.one_way, "cycle_forward": True, "cycle_backward": not change.one_way,
        "walk": change.walk, "cycle_stress": 4, "structure": change.structure or None,
    }  # fmt: skip
    city, rows = add_way(city, change.path, values, level=not change.structure, name="path")
    return replace(state, city=with_stress(city, rows))


def _values(change: AddRoad) -> tuple[str, Mapping[str, object]]:
    speeds = words(
        ", limit: {} km/h", ", ограничение: {} км/ч", ", ылдамдык чеги: {} км/саат", ", жылдамдық шегі: {} км/сағ"
    )
    return change.structure, {
        "lanes": number(change.lanes),
        "name": f" «{change.name}»" if change.name else "",
        **{f"speed_{k}": "" if change.kmh is None else v.format(number(change.kmh)) for k, v in speeds.items()},
    }


KIND = Kind(
    model=AddRoad,
    apply=apply,
    tool="draw_link",
    group="streets",
    example={
        "type": "add_road",
        "path": [[71.4025, 51.1470], [71.4025, 51.1500]],
        "highway": "tertiary",
        "lanes": 2,
        "kmh": 40,
        "name": "New street",
    },
    label=words("New street", "Новая улица", "Жаңы көчө", "Жаңа көше"),
    form=(
        asked(
            "path",
            "path",
            words("Line", "Линия", "Сызык", "Сызық"),
            words(
                "Draw it from street to street.",
                "Проведите от улицы до улицы.",
                "Көчөдөн көчөгө чейин сызыңыз.",
                "Көшеден көшеге дейін сызыңыз.",
            ),
        ),
        CLASS,
        LANES,
        SPEED,
        asked(
            "one_way",
            "choice",
            words("One way", "Одностороннее движение", "Бир багыттуу", "Бір бағытты"),
            words(
                "In the direction of drawing.",
                "По направлению рисования.",
                "Сызуу багыты боюнча.",
                "Сызу бағыты бойынша.",
            ),
            "",
            *YES_NO,
        ),
        WALK,
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
        "": words(
            "Build a street{name}; lanes: {lanes}{speed_en}.",
            "Построить улицу{name}; полос: {lanes}{speed_ru}.",
            "Көчө куруу{name}; тилкелер: {lanes}{speed_ky}.",
            "Көше салу{name}; жолақтар: {lanes}{speed_kk}.",
        ),
        "bridge": words(
            "Build a bridge{name}; lanes: {lanes}{speed_en}.",
            "Построить мост{name}; полос: {lanes}{speed_ru}.",
            "Көпүрө куруу{name}; тилкелер: {lanes}{speed_ky}.",
            "Көпір салу{name}; жолақтар: {lanes}{speed_kk}.",
        ),
        "tunnel": words(
            "Build a tunnel{name}; lanes: {lanes}{speed_en}.",
            "Построить тоннель{name}; полос: {lanes}{speed_ru}.",
            "Тоннель куруу{name}; тилкелер: {lanes}{speed_ky}.",
            "Тоннель салу{name}; жолақтар: {lanes}{speed_kk}.",
        ),
    },
    values=_values,
)
