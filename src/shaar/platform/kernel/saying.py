"""How numbers, money and days are written in the reader's language, as plain text."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal, InvalidOperation
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.dateformat import format as write_date
from django.utils.translation import get_language

from shaar.report.numbers import NBSP
from shaar.report.numbers import number as write_number

#: Long dates after Unicode CLDR ("22 ноября 2026", "2026-ж., 22-ноябрь", "2026 ж. 22 қараша").
_DAY = {"ru": "j E Y", "ky": "Y-ж., j-F", "kk": "Y ж. j F", "en": "j F Y"}
#: What stands after a sum; the sign of the som is in few fonts, so the word is written.
_CURRENCY = {"KGS": {"en": "som", "": "сом"}, "KZT": {"": "₸"}, "USD": {"": "USD"}, "CHF": {"": "CHF"}}


def language() -> str:
    """The reader's language, one of four."""
    code = (get_language() or "ru").split("-")[0]
    return code if code in _DAY else "ru"


def number(value: Any, decimals: int | None = None) -> str:
    """Write a number: narrow no-break spaces in thousands, decimal comma where the language has it.

    Without ``decimals`` a whole number has none and another has as many as it needs, at most two.
    """
    if value is None or value == "":
        return "–"
    try:
        exact = Decimal(str(value))
    except InvalidOperation:
        return str(value)
    if decimals is None:
        rounded = (exact.quantize(Decimal("0.01")) if exact.is_finite() else exact).normalize()
        decimals = max(0, -int(rounded.as_tuple().exponent)) if rounded.is_finite() else 0
    return write_number(float(exact), language(), int(decimals))


def money(value: Any, currency: str = "") -> str:
    """Write a sum with its currency: "12 500 сом", "1 250,50 ₸"; whole sums without decimals."""
    if value is None or value == "":
        return "–"
    exact = Decimal(str(value))
    code = currency or settings.PROFILE.currency
    signs = _CURRENCY.get(code, {"": code})
    sign = signs.get(language(), signs[""])
    return f"{number(exact, 0 if exact == exact.to_integral_value() else 2)}{NBSP}{sign}"


def local(value: dt.date | dt.datetime) -> dt.date | dt.datetime:
    """A moment in the city's time; a day as it is."""
    return timezone.localtime(value) if isinstance(value, dt.datetime) and timezone.is_aware(value) else value


def day_text(value: dt.date | dt.datetime) -> str:
    """Write a day as plain text."""
    # Months are written small; Django's Kyrgyz names begin with a capital letter.
    text = write_date(local(value), _DAY[language()]).replace(" ", NBSP)
    return text.lower() if language() != "en" else text
