"""Effects in plain words: names, units, numbers rounded to what they mean, and the sentences of an effect card."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from shaar.engine.study import effects_table as table
from shaar.platform.kernel.saying import language
from shaar.report import numbers
from shaar.report.numbers import MINUS, NBSP

from .models import EffectRow, Run
from .results import place_name

_REACH = re.compile(r"^reach\.(?P<what>[a-z_]+)_(?P<minutes>\d+)$")
#: What is said first, as far as there is a figure.
_CARD = (
    "reach", "stops", "journey.minutes", "service.vehicles", "service.boardings", "money.cost", "money.capital",
    "climate.co2e", "climate.nox", "safety.crashes", "health.deaths", "cycling.low_stress", "cycling.calm_km",
    "roads.minutes", "parking.search",
)  # fmt: skip
#: Nobody would notice less: a change below this is none, by unit.
LEAST = {"min": 0.05, "persons": 0.5, "% of trips": 0.005, "vehicles": 0.5, "lines": 0.5}


def label(key: str) -> str:
    """Name of an indicator in the reader's language."""
    try:
        return table.label(key, language())
    except KeyError:
        return key


def unit(given: str) -> str:
    """A unit in the reader's language; one that the table lacks (a currency) as it is."""
    words = table.words(language())["units"]
    return words.get(given, given)


def group(key: str) -> str:
    """A group of people in the reader's language."""
    return table.words(language())["groups"].get(key, key)


def section(key: str) -> str:
    """Key of the section that an indicator belongs to."""
    try:
        return table.indicator(key).section
    except KeyError:
        return ""


def section_words(key: str) -> str:
    """Name of a section."""
    return table.words(language())["sections"].get(key, key)


def method(key: str) -> str:
    """How a figure is computed, in words."""
    try:
        return table.method(key, language())
    except KeyError:
        return ""


def reason(key: str) -> str:
    """Why there is no figure, in words."""
    try:
        return table.reason(key, language())
    except KeyError:
        return key


def digits(*values: float | None) -> int:
    """Decimals with which figures that stand beside each other are written: three digits of the largest matter."""
    most = max((abs(v) for v in values if v is not None), default=0.0)
    return 0 if most >= 100 or most == 0 else 1 if most >= 10 else 2 if most >= 0.1 else 3


def write(value: float | None, decimals: int) -> str:
    """A figure; none is a dash. Large ones lose digits that mean nothing."""
    if value is None:
        return "–"
    if abs(value) >= 10_000:
        value = float(f"{value:.4g}")
    return numbers.number(value, language(), decimals)


def write_signed(value: float | None, decimals: int) -> str:
    """A change with its sign."""
    text = write(value, decimals)
    return text if value is None or text[:1] in (MINUS, "–") or not any(c in "123456789" for c in text) else f"+{text}"


@dataclass(frozen=True, slots=True)
class Figure:
    """One effect as a page shows it."""

    row: EffectRow
    name: str
    unit: str
    group: str
    place: str
    before: str
    after: str
    change: str
    range: str
    look: str
    method: str
    missing: str

    @property
    def known(self) -> bool:
        """Whether there is a figure."""
        return not self.missing


def figure(row: EffectRow, names: dict[str, str] | None = None) -> Figure:
    """An effect in the reader's language."""
    decimals = digits(row.before, row.after) if abs(row.change or 0) >= 1 or not row.change else digits(row.change)
    by = digits(row.low, row.high, row.change)
    spread = ""
    if row.low is not None and row.high is not None:
        low, high = write_signed(row.low, by), write_signed(row.high, by)
        spread = _("from %(low)s to %(high)s") % {"low": low, "high": high} if low != high else ""
    look = {1: "good", -1: "bad"}.get(row.clear, "plain")
    place = (names or {}).get(row.place) or (place_name(row.place) if row.place else "")
    return Figure(
        row=row, name=label(row.indicator), unit=unit(row.unit), group=group(row.group) if row.group != "all" else "",
        place=place, before=write(row.before, decimals), after=write(row.after, decimals),
        change=write_signed(row.change, by), range=spread, look=look, method=method(row.method),
        missing=reason(row.not_modelled) if row.not_modelled else "" if row.change is not None else _("not modelled"),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Said:
    """One sentence of an effect card; ``look``: good, bad or plain; ``range`` in words, "" where it is one figure."""

    text: str
    range: str
    look: str
    badge: str
    row: EffectRow


def card(run: Run, rows: Iterable[EffectRow] | None = None, *, most: int = 6) -> list[Said]:
    """What a run shows, in plain words, what matters most to people first."""
    effects = list(run.effects.order_by("order") if rows is None else rows)
    found: list[Said] = []
    for key in _CARD:
        for row in _of(effects, key):
            text = _sentence(row)
            if text:
                look = {1: "good", -1: "bad"}.get(row.clear, "plain")
                found.append(Said(text, _range(row), look, row.badge, row))
    return found[:most]


def _of(effects: list[EffectRow], key: str) -> list[EffectRow]:
    """The rows that speak for a kind of effect: of services the one that most people gain or lose; else the city's."""
    known = [row for row in effects if row.change is not None and abs(row.change) >= LEAST.get(row.unit, 1e-9)]
    if key in ("reach", "stops"):
        all_ = [row for row in known if row.indicator.startswith(f"{key}.") and row.group == "all"]
        # Gains of a place that is named mean more to people than those of a city of a million.
        local = [row for row in all_ if row.place] or all_
        more, less = ([r for r in local if (r.change or 0) * sign > 0] for sign in (1, -1))
        return [*_strongest(more), *_strongest(less)]
    city = [row for row in known if row.indicator == key and not row.place]
    # Some are known of one group only, as crashes of people on foot at a crossing.
    return sorted(city, key=lambda row: (row.group != "all", row.order))[:1]


def _strongest(rows: list[EffectRow]) -> list[EffectRow]:
    """The row with the largest change; a settlement's before that of the district around it, if most of it is there."""
    from shaar.platform.places.models import Territory

    if not rows:
        return []
    most = max(abs(row.change or 0) for row in rows)
    near = [row for row in rows if abs(row.change or 0) >= 0.5 * most]
    kinds = dict(Territory.objects.filter(code__in=[r.place for r in near]).values_list("code", "kind"))
    wide = ("city", "district")
    return sorted(near, key=lambda r: (kinds.get(r.place, "city") in wide, -abs(r.change or 0), r.indicator))[:1]


def _sentence(row: EffectRow) -> str:
    change, before, after = row.change or 0.0, row.before or 0.0, row.after or 0.0
    size = abs(change)
    found = _REACH.match(row.indicator)
    where = place_name(row.place) if row.place else ""
    if found and found["what"] in _REACHED:
        facts = {
            "n": _people(after), "before": _people(before), "place": where, "what": _REACHED[found["what"]](),
            "minutes": found["minutes"], "more": _people(size),
        }  # fmt: skip
        if where and 0 < change < 0.3 * before:
            return _("%(place)s: %(more)s more people reach %(what)s within %(minutes)s minutes") % facts
        if where:
            return _("%(place)s: %(n)s people reach %(what)s within %(minutes)s minutes, today %(before)s") % facts
        return _("%(n)s people reach %(what)s within %(minutes)s minutes, today %(before)s") % facts
    if row.indicator.startswith("stops.within_"):
        facts = {
            "n": _people(after), "before": _people(before), "place": where,
            "metres": row.indicator.rpartition("_")[2], "more": _people(size),
        }  # fmt: skip
        if where and 0 < change < 0.3 * before:
            return _("%(place)s: %(more)s more people live within %(metres)s m of a stop") % facts
        if where:
            return _("%(place)s: %(n)s people live within %(metres)s m of a stop, today %(before)s") % facts
        return _("%(n)s people live within %(metres)s m of a stop, today %(before)s") % facts
    if row.indicator == "journey.minutes":
        text = numbers.significant(size, language(), 2)
        if change < 0:
            return _("The mean journey is %(n)s min shorter") % {"n": text}
        return _("The mean journey is %(n)s min longer") % {"n": text}
    if row.indicator == "service.vehicles":
        whole = round(size)
        if change > 0:
            return ngettext("%(n)d more bus on the road", "%(n)d more buses on the road", whole) % {"n": whole}
        return ngettext("%(n)d bus fewer on the road", "%(n)d buses fewer on the road", whole) % {"n": whole}
    if row.indicator == "climate.co2e":
        return _("%(change)s t CO2e a year") % {"change": _signed(change)}
    whom = f" ({group(row.group)})" if row.group != "all" else ""
    by = {"change": _signed(change), "unit": unit(row.unit), "name": f"{label(row.indicator)}{whom}"}
    return _("%(name)s: %(change)s %(unit)s") % by


def _signed(value: float) -> str:
    """A change with its sign, two digits of it where it is small, three where it is large."""
    text = numbers.significant(abs(value), language(), 2 if abs(value) < 1000 else 3)
    return f"{MINUS if value < 0 else '+' if value else ''}{text}"


def _people(value: float) -> str:
    """People, rounded to what a model can know."""
    value = round(value, -2) if value >= 1000 else round(value, -1) if value >= 100 else round(value)
    return numbers.number(value, language())


def _range(row: EffectRow) -> str:
    if row.low is None or row.high is None or row.low == row.high:
        return ""
    low, high = _signed(row.low), _signed(row.high)
    return "" if low == high else _("between %(low)s and %(high)s") % {"low": low, "high": high}


_REACHED = {
    "schools": lambda: _("a school"), "clinics": lambda: _("a clinic"), "parks": lambda: _("a park"),
    "shops": lambda: _("a shop"), "one_stop": lambda: _("a one-stop centre"),
}  # fmt: skip


def sentence_words(said: Iterable[Said]) -> str:
    """A card as one line, for lists and messages."""
    return "; ".join(one.text for one in said)


def facts_of(run: Run) -> list[tuple[str, Any]]:
    """What a run was made from, as name and value."""
    given = run.provenance
    rows = [
        (_("Scenario"), given.get("scenario", "")), (_("Compared with"), given.get("compared_with", "")),
        (_("Data of the city"), given.get("city", "")), (_("Parameters"), given.get("parameters", "")),
        (_("Engine"), given.get("engine", "")), (_("Seed"), str(given.get("seed", run.seed))),
    ]  # fmt: skip
    return [(name, value) for name, value in rows if value != ""]


__all__ = [
    "NBSP", "Figure", "Said", "card", "digits", "facts_of", "figure", "group", "label", "method", "reason", "section",
    "section_words", "sentence_words", "unit", "write", "write_signed",
]  # fmt: skip
