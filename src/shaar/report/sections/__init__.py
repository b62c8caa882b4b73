"""The sections of the report, one file each: facts in, words and figures in one language out."""

from __future__ import annotations

from shaar.report.facts import Place
from shaar.report.i18n import Speaker
from shaar.report.maps.names import place_name
from shaar.report.shared import Shared


def before_word(shared: Shared, s: Speaker) -> str:
    """Return what "before" is: today's timetable, or on foot where the data has none."""
    return s.t("word.today") if shared.facts.measured_before else s.t("word.on_foot")


def name_of(shared: Shared, place: Place, s: Speaker) -> str:
    """Return a place's name in the reader's language."""
    if place.kind == "city":
        return s.city(shared.result.city.meta)
    return place_name(shared.result.city, place.place_id, place.name, s)


def data_source(shared: Shared, key: str, s: Speaker) -> str:
    """Return the source and date of a column or table, for the line under a figure."""
    p = shared.result.city.meta.provenance.get(key)
    if p is None:
        return f"{s.t('word.city_folder')}, {s.date(shared.result.city.meta.data_date)}"
    return ", ".join(x for x in (p.source, s.date(p.date) if p.date else "") if x)


def model_source(shared: Shared, s: Speaker) -> str:
    """Return the source line of a modelled figure: the model, the day it ran, and the date of the map below."""
    made = s.date(shared.result.made.date())
    return s.t("source.model", made=made, data=s.date(shared.result.city.meta.data_date))
