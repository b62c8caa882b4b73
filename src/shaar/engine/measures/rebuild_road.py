"""``rebuild_road``: other lanes, another class or speed, pavements for streets that are there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

from pydantic import model_validator

from shaar.engine.errors import InputError
from shaar.engine.measures.add_road import CLASS, LANES, SPEED, WALK, Kmh, Lanes, RoadClass
from shaar.engine.measures.fields import Links, Model
from shaar.engine.measures.forms import LINKS
from shaar.engine.measures.kinds import Kind, number, words
from shaar.engine.measures.state import State
from shaar.engine.measures.streets import need_links, open_to_cars, with_links, with_stress

_FIELDS = ("lanes", "kmh", "highway", "walk")


class RebuildRoad(Model):
    """What is other about some streets; what is left out stays."""

    type: Literal["rebuild_road"] = "rebuild_road"
    links: Links
    lanes: Lanes | None = None
    kmh: Kmh | None = None
    highway: RoadClass | None = None
    walk: bool | None = None

    @model_validator(mode="after")
    def _something(self) -> RebuildRoad:
        if all(getattr(self, f) is None for f in _FIELDS):
            raise ValueError(f"nothing changes: give one of {', '.join(_FIELDS)}")
        return self


def apply(change: RebuildRoad, state: State) -> State:
    """Return the city with the streets rebuilt, and cycling stress worked out again.

    Raises
    ------
    InputError
        No such link, no car or bus may use it, or its lanes would be fewer than its directions.
    """
    city = state.city
    rows = need_links(city, change.links)
    forward, backward = open_to_cars(city, rows)
    closed = ~(forward | backward)
    if closed.any():
        raise InputError(f"link {rows[closed.argmax()]} is no street for cars; add_road builds one", field="links")
    if change.lanes is not None and change.lanes < 2 and (forward & backward).any():
        at = int(rows[(forward & backward).argmax()])
        raise InputError(f"link {at} is driven both ways and needs two lanes at least", field="lanes")
    values: dict[str, Any] = {}
    if change.lanes is not None:
        values["lanes"] = float(change.lanes)
    if change.kmh is not None:
        values["free_speed"] = float(change.kmh)
    if change.highway is not None:
        values["highway"] = change.highway
    if change.walk is not None:
        values["walk"] = change.walk
    return replace(state, city=with_stress(with_links(city, rows, values), rows))


def _values(change: RebuildRoad) -> tuple[str, Mapping[str, object]]:
    parts = {
        "lanes": words("lanes: {}", "полос: {}", "тилкелер: {}", "жолақтар: {}"),
        "kmh": words(
            "limit: {} km/h", "ограничение: {} км/ч", "ылдамдык чеги: {} км/саат", "жылдамдық шегі: {} км/сағ"
        ),
        "highway": words("class: {}", "класс: {}", "классы: {}", "класы: {}"),
    }
    pavement = {
        True: words("with pavements", "с тротуарами", "жөө жолдору менен", "тротуарымен"),
        False: words("without pavements", "без тротуаров", "жөө жолдорсуз", "тротуарсыз"),
    }
    said: dict[str, list[str]] = {k: [] for k in ("en", "ru", "ky", "kk")}
    for field, texts in parts.items():
        value = getattr(change, field)
        if value is not None:
            for k, text in texts.items():
                said[k].append(text.format(value if isinstance(value, str) else number(value)))
    if change.walk is not None:
        for k, text in pavement[change.walk].items():
            said[k].append(text)
    return "", {"links": len(set(change.links)), **{f"what_{k}": ", ".join(v) for k, v in said.items()}}


KIND = Kind(
    model=RebuildRoad,
    apply=apply,
    tool="pick_links",
    group="streets",
    example={"type": "rebuild_road", "links": [8, 9], "lanes": 4, "kmh": 50, "highway": "secondary"},
    label=words("Rebuild a street", "Реконструировать улицу", "Көчөнү кайра куруу", "Көшені қайта жаңарту"),
    form=(LINKS, LANES, SPEED, CLASS, WALK),
    sentences={
        "": words(
            "Rebuild street sections: {links} ({what_en}).",
            "Реконструировать участки улиц: {links} ({what_ru}).",
            "Көчө тилкелерин кайра куруу: {links} ({what_ky}).",
            "Көше учаскелерін қайта жаңарту: {links} ({what_kk}).",
        ),
    },
    values=_values,
)
