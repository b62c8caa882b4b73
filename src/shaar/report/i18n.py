"""The message catalogues, and the one object through which every template and figure speaks a language."""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from shaar.engine.city.model import Meta
from shaar.engine.errors import InputError
from shaar.engine.findings import Finding
from shaar.report import numbers
from shaar.report.numbers import NBSP

LANGUAGES = ("ru", "ky", "kk", "en")
#: The space between a number and its short unit, at which no line may break.
_UNIT_SPACE = re.compile(r"(?<=[\d}]) (?=(?:m|м|km|км|min|мин|мүн|%|°C)(?!\w))")
_PLURAL_KEYS = {"one", "few", "many", "other"}


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The messages of one language: plain ones by dotted key, and those that change with a number."""

    language: str
    messages: Mapping[str, str]
    plurals: Mapping[str, Mapping[str, str]]


@cache
def catalogue(language: str) -> Catalogue:
    """Read the catalogue of a language.

    Raises
    ------
    InputError
        There is no catalogue for this language.
    """
    if language not in LANGUAGES:
        raise InputError(f"unknown language {language!r}; the report speaks {', '.join(LANGUAGES)}")
    text = (files("shaar.report") / "locale" / f"{language}.toml").read_text(encoding="utf-8")
    messages: dict[str, str] = {}
    plurals: dict[str, dict[str, str]] = {}
    _flatten(tomllib.loads(text), "", messages, plurals)
    return Catalogue(language, messages, plurals)


def _flatten(
    table: Mapping[str, Any], prefix: str, messages: dict[str, str], plurals: dict[str, dict[str, str]]
) -> None:
    for key, value in table.items():
        name = f"{prefix}{key}"
        if isinstance(value, str):
            messages[name] = _UNIT_SPACE.sub(NBSP, value)
        elif set(value) <= _PLURAL_KEYS:
            plurals[name] = dict(value)
        else:
            _flatten(value, f"{name}.", messages, plurals)


@dataclass(frozen=True, slots=True)
class Speaker:
    """Says things in one language: words from the catalogue, numbers and dates in its manner."""

    language: str

    def t(self, key: str, **values: object) -> str:
        """Return the message; a key that does not exist is a mistake in the program and raises ``KeyError``."""
        return catalogue(self.language).messages[key].format(**values)

    def has(self, key: str) -> bool:
        """Tell whether the catalogue has this message."""
        return key in catalogue(self.language).messages

    def word(self, prefix: str, key: str) -> str:
        """Return the word for a value that data brings (a vehicle type, a period); unknown ones as they are."""
        name = f"{prefix}.{key}"
        return self.t(name) if self.has(name) else key.replace("_", " ")

    def p(self, key: str, value: float, decimals: int = 0, **values: object) -> str:
        """Return the message in the form that fits the number, which stands in it as ``{n}``."""
        forms = catalogue(self.language).plurals[key]
        form = forms[numbers.plural_category(value, self.language, decimals)]
        return form.format(n=self.n(value, decimals), **values)

    def n(self, value: float | None, decimals: int = 0) -> str:
        """Write a number; None, where nothing is known, is a dash."""
        return "–" if value is None else numbers.number(value, self.language, decimals)

    def sig(self, value: float, digits: int = 3) -> str:
        """Write a number to so many significant digits."""
        return numbers.significant(value, self.language, digits)

    def signed(self, value: float, decimals: int = 0) -> str:
        """Write a change with its sign."""
        return numbers.signed(value, self.language, decimals)

    def pct(self, share: float | None, decimals: int = 0) -> str:
        """Write a share (0-1) as a percentage."""
        return "–" if share is None else numbers.percent(share, self.language, decimals)

    def unit(self, value: float | None, unit: str, decimals: int = 0) -> str:
        """Write a number and the short unit named ``unit.<unit>`` after a no-break space."""
        return "–" if value is None else f"{self.n(value, decimals)}{NBSP}{self.t(f'unit.{unit}')}"

    def date(self, value: dt.date | str) -> str:
        """Write a date, a month or a year; other text stays as it is."""
        parsed = numbers.parse_date(value) if isinstance(value, str) else value
        if isinstance(parsed, dt.date):
            month = self.t(f"month.of.{parsed.month}")
            return self.t("date.day", d=parsed.day, m=month, y=parsed.year).replace(" ", NBSP)
        if isinstance(parsed, tuple):
            return self.t("date.month", m=self.t(f"month.name.{parsed[1]}"), y=parsed[0]).replace(" ", NBSP)
        return str(parsed) if parsed is not None else str(value)

    def city(self, meta: Meta) -> str:
        """Return the city's name in this language, else its local name."""
        return meta.names.get(self.language) or meta.name

    def join(self, parts: list[str]) -> str:
        """Join a list with commas and the language's "and" before the last."""
        if len(parts) < 2:
            return "".join(parts)
        return f"{', '.join(parts[:-1])} {self.t('word.and')} {parts[-1]}"

    def finding(self, finding: Finding) -> tuple[str, str]:
        """Return the sentence of a finding and the language it is in; English where there is no translation."""
        template = catalogue(self.language).messages.get(f"finding.{finding.code}")
        if template is None or self.language == "en":
            return finding.message, "en"
        values = {k: self._value(k, v) for k, v in finding.values.items()}
        values.setdefault("count", self.n(finding.count))
        values.setdefault("where", finding.where)
        try:
            return template.format(**values), self.language
        except (KeyError, IndexError, ValueError):
            return finding.message, "en"

    def _value(self, key: str, value: str | int | float) -> str:
        if isinstance(value, str):
            if key == "periods":
                return ", ".join(self.word("period", name) for name in value.split(", "))
            return self.date(value) if key in {"day", "date", "first", "last"} else value
        if key == "year":
            return str(value)
        if key == "share" and isinstance(value, float):
            return self.pct(value, 1)
        if isinstance(value, float) and not value.is_integer():
            return self.n(value, 1 if abs(value) >= 1 else 3)
        return self.n(float(value))
