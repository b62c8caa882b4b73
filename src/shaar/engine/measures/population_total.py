"""``population_total``: every zone's residents scaled to another total, with its source."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

import polars as pl
from pydantic import Field

from shaar.engine.city.model import Provenance
from shaar.engine.errors import InputError
from shaar.engine.measures.fields import Identifier, Model
from shaar.engine.measures.forms import asked
from shaar.engine.measures.kinds import Kind, words
from shaar.engine.measures.state import State


class PopulationTotal(Model):
    """Another number of residents in the city, every zone scaled alike."""

    type: Literal["population_total"] = "population_total"
    value: float = Field(gt=0, allow_inf_nan=False, description="persons")
    date: dt.date = Field(description="what day the number is for")
    source: Identifier


def apply(change: PopulationTotal, state: State) -> State:
    """Return the city with scaled residents; where people live within it stays as it was.

    Raises
    ------
    InputError
        Nobody lives in the city, so there is nothing to scale.
    """
    city = state.city
    now = float(city.zones["population"].fill_null(0.0).sum())
    if now <= 0:
        raise InputError("no zone has residents, so their number cannot be scaled", field="zones.population")
    before = city.meta.provenance.get("zones.population")
    method = f"every zone scaled by {change.value / now:.4f} to {change.value:,.0f} residents"
    if before is not None and before.method:
        method = f"{before.method}; then {method}"
    provenance = {
        **city.meta.provenance,
        "zones.population": Provenance(
            badge="modelled",
            source=f"{change.source}; {before.source}" if before is not None else change.source,
            date=change.date.isoformat(),
            method=method,
            licence=before.licence if before is not None else "",
        ),
    }
    build = dict(city.meta.build)
    if "population_total" in build:  # the total that the zones are checked against is another one now
        build["population_total"] = change.value
    zones = city.zones.with_columns((pl.col("population") * (change.value / now)).alias("population"))
    city = replace(city, zones=zones, meta=replace(city.meta, provenance=provenance, build=build))
    return replace(state, city=city)


def _values(change: PopulationTotal) -> tuple[str, Mapping[str, object]]:
    return "", {
        "value": f"{change.value:,.0f}".replace(",", "\u00a0"),
        "date": change.date.isoformat(),
        "source": change.source,
    }


KIND = Kind(
    model=PopulationTotal,
    apply=apply,
    tool="none",
    group="people",
    example={"type": "population_total", "value": 1_649_242, "date": "2026-02-01", "source": "statistics office"},
    label=words("Number of residents", "Численность жителей", "Жашоочулардын саны", "Тұрғындар саны"),
    form=(
        asked(
            "value",
            "number",
            words("Residents", "Жители", "Жашоочулар", "Тұрғындар"),
            words("Of the whole city.", "Во всём городе.", "Бүт шаарда.", "Бүкіл қалада."),
            "persons",
        ),
        asked(
            "date",
            "text",
            words("Day", "Дата", "Күнү", "Күні"),
            words("Like 2026-02-01.", "Например, 2026-02-01.", "Мисалы, 2026-02-01.", "Мысалы, 2026-02-01."),
        ),
        asked(
            "source",
            "text",
            words("Source", "Источник", "Булагы", "Дереккөзі"),
            words("Who counted.", "Кто считал.", "Ким эсептеген.", "Кім санаған."),
        ),
    ),
    sentences={
        "": words(
            "Count with {value} residents on {date} (source: {source}).",
            "Считать, что жителей на {date}: {value} (источник: {source}).",
            "{date} карата жашоочулардын саны: {value} (булагы: {source}).",
            "{date} күнгі тұрғындар саны: {value} (дереккөзі: {source}).",
        ),
    },
    values=_values,
)
