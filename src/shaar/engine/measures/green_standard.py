"""``green_standard``: new buildings that take less energy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from pydantic import Field

from shaar.engine.measures.fields import Model, Year
from shaar.engine.measures.forms import YEAR, asked
from shaar.engine.measures.kinds import Kind, number, words
from shaar.engine.measures.state import State

_BUILDINGS = {
    "homes": words("Homes", "Жилые дома", "Турак үйлөр", "Тұрғын үйлер"),
    "public": words("Public buildings", "Общественные здания", "Коомдук имараттар", "Қоғамдық ғимараттар"),
    "all": words("All buildings", "Все здания", "Бардык имараттар", "Барлық ғимараттар"),
}


class GreenStandard(Model):
    """A standard for new buildings."""

    type: Literal["green_standard"] = "green_standard"
    buildings: Literal["homes", "public", "all"] = "all"
    year: Year
    floor_m2: float = Field(gt=0, le=1e8, allow_inf_nan=False, description="new floor a year that it applies to, m2")
    saving: float = Field(
        gt=0, le=95, allow_inf_nan=False, description="% of energy for heating less than today's rule"
    )


def apply(change: GreenStandard, state: State) -> State:
    """Return the state with the standard as a lever: buildings are no table of the city."""
    return replace(state, levers=(*state.levers, change))


def _values(change: GreenStandard) -> tuple[str, Mapping[str, object]]:
    return change.buildings, {"year": change.year, "floor": number(change.floor_m2), "saving": number(change.saving)}


KIND = Kind(
    model=GreenStandard,
    apply=apply,
    tool="none",
    group="places",
    example={"type": "green_standard", "buildings": "homes", "year": 2028, "floor_m2": 450_000, "saving": 30},
    label=words(
        "Green standard for buildings",
        "Зелёный стандарт зданий",
        "Имараттардын жашыл стандарты",
        "Ғимараттардың жасыл стандарты",
    ),
    form=(
        asked(
            "buildings",
            "choice",
            words("Which buildings", "Какие здания", "Кайсы имараттар", "Қай ғимараттар"),
            words("New ones.", "Новые.", "Жаңылары.", "Жаңалары."),
            "",
            *_BUILDINGS.items(),
        ),
        YEAR,
        asked(
            "floor_m2",
            "number",
            words("New floor a year", "Новых площадей в год", "Жылына жаңы аянт", "Жылына жаңа аудан"),
            words(
                "That the standard applies to.",
                "На которые действует стандарт.",
                "Стандарт тиешелүү болгон.",
                "Стандарт қолданылатын.",
            ),
            "m2",
        ),
        asked(
            "saving",
            "number",
            words("Energy saved", "Экономия энергии", "Энергияны үнөмдөө", "Энергияны үнемдеу"),
            words(
                "For heating, against today's rule.",
                "На отопление, против нынешней нормы.",
                "Жылытууга, азыркы эрежеге салыштырмалуу.",
                "Жылытуға, қазіргі нормамен салыстырғанда.",
            ),
            "%",
        ),
    ),
    sentences={
        key: words(
            f"Build to a green standard from {{year}} ({names['en'].lower()}); new floor a year: {{floor}} "
            f"m², energy saved: {{saving}} %.",
            f"Строить по зелёному стандарту с {{year}} года ({names['ru'].lower()}); новых площадей в год: "
            f"{{floor}} м², экономия энергии: {{saving}} %.",
            f"{{year}}-жылдан жашыл стандарт менен куруу ({names['ky'].lower()}); жылына жаңы аянт: {{floor}} "
            f"м², энергияны үнөмдөө: {{saving}} %.",
            f"{{year}} жылдан жасыл стандартпен салу ({names['kk'].lower()}); жылына жаңа аудан: {{floor}} "
            f"м², энергияны үнемдеу: {{saving}} %.",
        )
        for key, names in _BUILDINGS.items()
    },
    values=_values,
)
