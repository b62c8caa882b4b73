"""``facility``: a school, a clinic, a park or a one-stop centre at a place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

import numpy as np
import polars as pl
from pydantic import Field

from shaar.engine.access.facilities import KINDS as ACCESS_KINDS
from shaar.engine.measures.areas import zone_at
from shaar.engine.measures.fields import Model, Point
from shaar.engine.measures.forms import POINT, asked
from shaar.engine.measures.kinds import Kind, number, words
from shaar.engine.measures.point_places import with_place
from shaar.engine.measures.state import State

#: Purpose of the access room, kind of the place table, column of the zone table ("" where there is none).
WHERE = {
    "school": ("schools", "school", "schools"),
    "clinic": ("clinics", "clinic", "clinics"),
    "park": ("parks", "park", "parks"),
    "one_stop_centre": ("one_stop", "one_stop", ""),
}
_NAMES = {
    "school": words("School", "Школа", "Мектеп", "Мектеп"),
    "clinic": words("Clinic", "Поликлиника", "Емкана", "Емхана"),
    "park": words("Park", "Парк", "Парк", "Саябақ"),
    "one_stop_centre": words(
        "One-stop centre", "Центр обслуживания населения", "Калкты тейлөө борбору", "Халыққа қызмет көрсету орталығы"
    ),
}


class Facility(Model):
    """A place with a service that was not there."""

    type: Literal["facility"] = "facility"
    kind: Literal["school", "clinic", "park", "one_stop_centre"]
    point: Point
    name: str = ""
    capacity: float | None = Field(
        default=None, gt=0, le=1e6, description="pupils, visits, desks; for floating catchments"
    )


def apply(change: Facility, state: State) -> State:
    """Return the city with the place: one more in the column of its zone, and a row in the place table.

    The place table gets the row where it already has places of that kind or no zone column counts them: a city whose
    clinics are counted by zone alone would else seem to have this one only. The capacity is a lever.

    Raises
    ------
    InputError
        The point lies outside the city, or the city has no zones.
    """
    purpose, kind, column = WHERE[change.kind]
    city = state.city
    row = zone_at(city, change.point, "point", f"the {change.kind}")
    if column:
        zones = city.zones
        before = zones[column].fill_null(0.0) if column in zones.columns else pl.Series(np.zeros(zones.height))
        here = pl.Series(np.arange(zones.height) == row).cast(pl.Float64)
        city = replace(city, zones=zones.with_columns((before + here).alias(column)))
    if not column or city.places["kind"].is_in(list(ACCESS_KINDS[purpose])).any():
        city = with_place(city, kind, change.point, change.name, capacity=change.capacity)
    return replace(state, city=city, levers=state.levers if change.capacity is None else (*state.levers, change))


def _values(change: Facility) -> tuple[str, Mapping[str, object]]:
    values = {"name": f" «{change.name}»" if change.name else ""}
    if change.capacity is None:
        return change.kind, values
    return f"{change.kind}-capacity", {**values, "capacity": number(change.capacity)}


KIND = Kind(
    model=Facility,
    apply=apply,
    tool="pick_point",
    group="places",
    example={"type": "facility", "kind": "clinic", "point": [71.436, 51.148], "name": "Clinic 2", "capacity": 300},
    label=words(
        "School, clinic, park, centre",
        "Школа, поликлиника, парк, центр",
        "Мектеп, емкана, парк, борбор",
        "Мектеп, емхана, саябақ, орталық",
    ),
    form=(
        asked(
            "kind",
            "choice",
            words("What", "Что", "Эмне", "Не"),
            words("What opens there.", "Что там откроется.", "Ал жерде эмне ачылат.", "Онда не ашылады."),
            "",
            *_NAMES.items(),
        ),
        POINT,
        asked(
            "name",
            "text",
            words("Name", "Название", "Аталышы", "Атауы"),
            words("May be left empty.", "Можно не указывать.", "Бош калтырса болот.", "Бос қалдыруға болады."),
        ),
        asked(
            "capacity",
            "number",
            words("Capacity", "Вместимость", "Сыйымдуулугу", "Сыйымдылығы"),
            words(
                "Pupils, visits a day, desks.",
                "Учеников, посещений в день, окон.",
                "Окуучулар, күнүнө келгендер, терезелер.",
                "Оқушылар, күніне келушілер, терезелер.",
            ),
        ),
    ),
    sentences={
        key: text
        for kind, names in _NAMES.items()
        for key, text in (
            (
                kind,
                words(
                    f"Open: {names['en'].lower()}{{name}}.",
                    f"Открыть: {names['ru'].lower()}{{name}}.",
                    f"Ачуу: {names['ky'].lower()}{{name}}.",
                    f"Ашу: {names['kk'].lower()}{{name}}.",
                ),
            ),
            (
                f"{kind}-capacity",
                words(
                    f"Open: {names['en'].lower()}{{name}}; capacity: {{capacity}}.",
                    f"Открыть: {names['ru'].lower()}{{name}}; вместимость: {{capacity}}.",
                    f"Ачуу: {names['ky'].lower()}{{name}}; сыйымдуулугу: {{capacity}}.",
                    f"Ашу: {names['kk'].lower()}{{name}}; сыйымдылығы: {{capacity}}.",
                ),
            ),
        )
    },
    values=_values,
)
