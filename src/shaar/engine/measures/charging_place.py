"""``charging_place``: where buses or cars charge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from pydantic import Field

from shaar.engine.measures.fields import Model, Point, Year
from shaar.engine.measures.forms import POINT, YEAR, asked
from shaar.engine.measures.ground import need_inside
from shaar.engine.measures.kinds import Kind, number, words
from shaar.engine.measures.point_places import with_place
from shaar.engine.measures.state import State

PLACE_KIND = "charging"
_KINDS = (
    ("depot", words("Depot, overnight", "Парк, ночью", "Парк, түнкүсүн", "Парк, түнде")),
    ("terminus", words("Terminus, on the way", "Конечная, в пути", "Акыркы аялдама, жолдо", "Соңғы аялдама, жолда")),
    ("public", words("Public, for cars", "Общая, для машин", "Жалпы, унаалар үчүн", "Ортақ, көліктерге")),
)


class ChargingPlace(Model):
    """A place with chargers."""

    type: Literal["charging_place"] = "charging_place"
    point: Point
    kind: Literal["depot", "terminus", "public"] = "depot"
    plugs: int = Field(gt=0, le=1000)
    power_kw: float = Field(ge=3, le=1500, description="kW of one plug")
    year: Year
    name: str = ""


def apply(change: ChargingPlace, state: State) -> State:
    """Return the city with a place of the kind ``charging``, and its chargers as a lever.

    Raises
    ------
    InputError
        The point lies outside the city.
    """
    need_inside(state.city, *change.point, "point", "the charging place")
    city = with_place(state.city, PLACE_KIND, change.point, change.name)
    return replace(state, city=city, levers=(*state.levers, change))


def _values(change: ChargingPlace) -> tuple[str, Mapping[str, object]]:
    return change.kind, {"plugs": change.plugs, "power": number(change.power_kw), "year": change.year}


KIND = Kind(
    model=ChargingPlace,
    apply=apply,
    tool="pick_point",
    group="fleet",
    example={
        "type": "charging_place",
        "point": [71.418, 51.1505],
        "kind": "depot",
        "plugs": 20,
        "power_kw": 60,
        "year": 2027,
    },
    label=words("Charging place", "Зарядная станция", "Кубаттоо жайы", "Зарядтау орны"),
    form=(
        POINT,
        asked(
            "kind",
            "choice",
            words("Kind", "Вид", "Түрү", "Түрі"),
            words(
                "When one charges there.",
                "Когда там заряжаются.",
                "Ал жерде качан кубатталат.",
                "Онда қашан зарядталады.",
            ),
            "",
            *_KINDS,
        ),
        asked(
            "plugs",
            "number",
            words("Plugs", "Разъёмов", "Розеткалар", "Розеткалар"),
            words(
                "How many can charge at once.",
                "Сколько могут заряжаться сразу.",
                "Бир убакта канчасы кубатталат.",
                "Бір мезгілде қаншасы зарядталады.",
            ),
        ),
        asked(
            "power_kw",
            "number",
            words("Power of one", "Мощность одного", "Бирөөнүн кубаттуулугу", "Біреуінің қуаты"),
            words("From 3 to 1500.", "От 3 до 1500.", "3төн 1500гө чейин.", "3-тен 1500-ге дейін."),
            "kW",
        ),
        YEAR,
        asked(
            "name",
            "text",
            words("Name", "Название", "Аталышы", "Атауы"),
            words("May be left empty.", "Можно не указывать.", "Бош калтырса болот.", "Бос қалдыруға болады."),
        ),
    ),
    sentences={
        key: words(
            f"Set up a charging place from {{year}} ({names['en'].lower()}); plugs: {{plugs}}, of {{power}} kW.",
            f"Устроить зарядную станцию с {{year}} года ({names['ru'].lower()}); разъёмов: {{plugs}}, по "
            f"{{power}} кВт.",
            f"{{year}}-жылдан кубаттоо жайын ачуу ({names['ky'].lower()}); розеткалар: {{plugs}}, ар бири "
            f"{{power}} кВт.",
            f"{{year}} жылдан зарядтау орнын ашу ({names['kk'].lower()}); розеткалар: {{plugs}}, әрқайсысы "
            f"{{power}} кВт.",
        )
        for key, names in _KINDS
    },
    values=_values,
)
