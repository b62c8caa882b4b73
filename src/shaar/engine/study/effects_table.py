"""The table of indicators: what each effect is, in which unit, which way is better, and its words in four languages."""

from __future__ import annotations

import csv
import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, cast, get_args

from shaar.engine.city.model import Badge
from shaar.engine.demand.parameters import table_lines
from shaar.engine.errors import InputError
from shaar.engine.measures.effects import Better

LANGUAGES = ("en", "ru", "ky", "kk")
#: Stands in keys of the table for minutes or metres.
_NUMBER = re.compile(r"\{[tm]\}")


@dataclass(frozen=True, slots=True)
class Indicator:
    """One row of the table; ``number`` is the minutes or metres in its key, 0 where it has none."""

    key: str
    unit: str
    better: Better
    badge: Badge
    method: str
    section: str
    what: str
    template: str
    number: int = 0


@cache
def _table() -> dict[str, Indicator]:
    file, rows = "effects.csv", {}
    for number, raw in enumerate(csv.DictReader(table_lines(file, "table of indicators")), start=2):
        for column, known in (("better", get_args(Better)), ("badge", get_args(Badge))):
            if raw[column] not in known:
                raise InputError(f"is one of {', '.join(known)}", file=file, row=number, field=column)
        rows[raw["key"]] = Indicator(
            key=raw["key"], unit=raw["unit"], better=cast(Better, raw["better"]), badge=cast(Badge, raw["badge"]),
            method=raw["method"], section=raw["section"], what=raw["what"], template=raw["key"],
        )  # fmt: skip
    return rows


@cache
def indicator(key: str) -> Indicator:
    """Return the row of an indicator; ``access.jobs_45`` is a case of ``access.jobs_{t}``.

    Raises
    ------
    KeyError
        The table has no such indicator.
    """
    table = _table()
    if key in table:
        return table[key]
    stem, _, number = key.rpartition("_")
    for template in (f"{stem}_{{t}}", f"{stem}_{{m}}"):
        if template in table and number.isdigit():
            row = table[template]
            return Indicator(
                key, row.unit, row.better, row.badge, row.method, row.section, row.what, template, int(number)
            )
    raise KeyError(f"the table of indicators has no {key}")


@cache
def words(language: str) -> dict[str, dict[str, str]]:
    """Tables ``indicators``, ``units``, ``sections``, ``groups``, ``methods`` and ``reasons`` of one language.

    Raises
    ------
    KeyError
        The language is not one of the four.
    """
    if language not in LANGUAGES:
        raise KeyError(f"the words of effects are in {', '.join(LANGUAGES)}, not in {language}")
    file = resources.files("shaar") / "data" / "effects" / f"{language}.toml"
    return cast("dict[str, dict[str, str]]", tomllib.loads(file.read_text("utf-8")))


def label(key: str, language: str) -> str:
    """Name of an indicator for people."""
    row = indicator(key)
    return _NUMBER.sub(str(row.number), words(language)["indicators"][row.template])


def method(key: str, language: str) -> str:
    """How the figures of a method (``Effect.method``) are computed, in words."""
    return words(language)["methods"][key]


def reason(key: str, language: str) -> str:
    """Why there is no figure (``Effect.not_modelled``), in words."""
    return words(language)["reasons"][key]


def unit(name: str, language: str) -> str:
    """Name of a unit for people; currencies keep their code ("KZT/year" is said as EUR a year is, with its code)."""
    units = words(language)["units"]
    if name in units:
        return units[name]
    code, slash, _ = name.partition("/")
    return units["EUR/year"].replace(units["EUR"], code) if slash else code


def indicators(keys: tuple[str, ...] | None = None) -> list[dict[str, Any]]:
    """Indicators with their words as plain data, for pages: key, labels, unit, units, better, badge, section, method.

    Parameters
    ----------
    keys
        Keys as effects have them; None: every row, those with a number in the key under their template.
    """
    out = []
    for key in keys if keys is not None else tuple(_table()):
        row = _table()[key] if key in _table() else indicator(key)
        pick = {x: words(x) for x in LANGUAGES}
        out.append(
            {
                "key": key, "unit": row.unit, "better": row.better, "badge": row.badge, "section": row.section,
                "group": row.section, "method": row.method,
                "labels": {x: label(key, x) if row.number else w["indicators"][row.template] for x, w in pick.items()},
                "units": {x: w["units"][row.unit] for x, w in pick.items()},
                "sections": {x: w["sections"][row.section] for x, w in pick.items()},
                "methods": {x: w["methods"][row.method] for x, w in pick.items()},
            }
        )  # fmt: skip
    return out
