"""Numbers and dates as people of each language write them."""

from __future__ import annotations

import datetime as dt
import math
from decimal import ROUND_HALF_UP, Decimal

#: Narrow no-break space between thousands, no-break space before a unit.
THIN, NBSP = "\u202f", "\u00a0"
MINUS = "\u2212"
COMMA_LANGUAGES = frozenset({"ru", "ky", "kk"})


def number(value: float, language: str, decimals: int = 0) -> str:
    """Write a number with narrow no-break spaces in thousands and the language's decimal sign.

    Halves are rounded away from zero, as people do on paper; a number that is not finite becomes a dash.
    """
    if not math.isfinite(value):
        return "–"
    quantum = Decimal(1).scaleb(-decimals)
    rounded = Decimal(repr(float(value))).quantize(quantum, rounding=ROUND_HALF_UP)
    text = f"{abs(rounded):,f}".replace(",", THIN)
    if language in COMMA_LANGUAGES:
        text = text.replace(".", ",")
    return (MINUS if rounded < 0 else "") + text


def significant(value: float, language: str, digits: int = 3) -> str:
    """Write a number rounded to so many significant digits; from 10 on without decimals."""
    if not math.isfinite(value) or value == 0:
        return number(value, language)
    exponent = math.floor(math.log10(abs(value)))
    rounded = round(value, digits - 1 - exponent)
    return number(rounded, language, digits - 1 - exponent if exponent < 1 else 0)


def signed(value: float, language: str, decimals: int = 0) -> str:
    """Write a change with its sign; one that rounds to nothing has none."""
    text = number(value, language, decimals)
    if text.startswith(MINUS) and not any(c in "123456789" for c in text):
        return text[1:]
    return f"+{text}" if value > 0 and any(c in "123456789" for c in text) else text


def percent(share: float, language: str, decimals: int = 0) -> str:
    """Write a share (0-1) as a percentage."""
    return f"{number(share * 100, language, decimals)}{NBSP}%"


def plural_category(value: float, language: str, decimals: int = 0) -> str:
    """Return the CLDR plural category of a number as it will be written: one, few, many or other.

    Source: Unicode CLDR, language plural rules (cardinal).
    """
    fraction = decimals > 0
    n = round(abs(value), decimals)
    if language == "ru":
        if fraction:
            return "other"
        whole = int(n)
        if whole % 10 == 1 and whole % 100 != 11:
            return "one"
        if 2 <= whole % 10 <= 4 and not 12 <= whole % 100 <= 14:
            return "few"
        return "many"
    if language == "en":
        return "one" if n == 1 and not fraction else "other"
    return "other"


#: Plural categories that a catalogue has to give for each language.
PLURAL_CATEGORIES = {
    "en": frozenset({"one", "other"}),
    "ru": frozenset({"one", "few", "many", "other"}),
    "ky": frozenset({"other"}),
    "kk": frozenset({"other"}),
}


def clock(seconds: int) -> str:
    """Write seconds after midnight as 07:00; hours past 24 stay as they are in timetables."""
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}"


def parse_date(text: str) -> dt.date | tuple[int, int] | int | None:
    """Read an ISO date, month or year; None where the text is something else."""
    parts = text.split("-")
    try:
        if len(parts) == 3:
            return dt.date.fromisoformat(text)
        if len(parts) == 2 and 1 <= int(parts[1]) <= 12 and len(parts[0]) == 4:
            return int(parts[0]), int(parts[1])
        if len(parts) == 1 and len(text) == 4:
            return int(text)
    except ValueError:
        return None
    return None
