"""How pages write numbers, money, days and times, in the reader's language."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal, InvalidOperation
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.dateformat import format as write_date
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from shaar.report.numbers import MINUS, NBSP
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


def _local(value: dt.date | dt.datetime) -> dt.date | dt.datetime:
    return timezone.localtime(value) if isinstance(value, dt.datetime) and timezone.is_aware(value) else value


def day_text(value: dt.date | dt.datetime) -> str:
    """Write a day as plain text."""
    # Months are written small; Django's Kyrgyz names begin with a capital letter.
    text = write_date(_local(value), _DAY[language()]).replace(" ", NBSP)
    return text.lower() if language() != "en" else text


def day(value: dt.date | dt.datetime | None) -> SafeString | str:
    """Write a day, as "22 ноября 2026", for people and for machines."""
    if not value:
        return "–"
    local = _local(value)
    iso = local.date().isoformat() if isinstance(local, dt.datetime) else local.isoformat()
    return format_html('<time datetime="{}">{}</time>', iso, day_text(value))


def moment(value: dt.datetime | None) -> SafeString | str:
    """Write a day and the time of day."""
    if not value:
        return "–"
    local = _local(value)
    clock = write_date(local, "H:i")
    return format_html('<time datetime="{}">{}, {}</time>', local.isoformat(), day_text(value), clock)


def ago(value: dt.date | dt.datetime | None, now: dt.datetime | None = None) -> SafeString | str:
    """Say how long ago, or in how long: minutes, hours and days up to two weeks, then the day itself."""
    if not value:
        return "–"
    now = timezone.localtime(now or timezone.now())
    local = _local(value)
    days = (local.date() if isinstance(local, dt.datetime) else local).toordinal() - now.date().toordinal()
    text = _in_days(days)
    if isinstance(local, dt.datetime):
        seconds = (local - now).total_seconds()
        minutes = round(abs(seconds) / 60)
        if minutes < 60:
            text = _in_minutes(minutes, ahead=seconds > 0)
        elif days == 0 or abs(seconds) < 6 * 3600:
            text = _in_hours(round(minutes / 60), ahead=seconds > 0)
    full = day_text(value)
    if not text:
        text = full
    iso = local.isoformat()
    return format_html('<time datetime="{}" title="{}">{}</time>', iso, full, text)


def _in_minutes(n: int, *, ahead: bool) -> str:
    if n == 0:
        return _("now")
    if ahead:
        return ngettext("in %(n)d minute", "in %(n)d minutes", n) % {"n": n}
    return ngettext("%(n)d minute ago", "%(n)d minutes ago", n) % {"n": n}


def _in_hours(n: int, *, ahead: bool) -> str:
    if ahead:
        return ngettext("in %(n)d hour", "in %(n)d hours", n) % {"n": n}
    return ngettext("%(n)d hour ago", "%(n)d hours ago", n) % {"n": n}


def _in_days(days: int) -> str:
    near = {0: _("today"), -1: _("yesterday"), 1: _("tomorrow")}
    if days in near:
        return near[days]
    if 0 < days <= 14:
        return ngettext("in %(n)d day", "in %(n)d days", days) % {"n": days}
    if -14 <= days < 0:
        return ngettext("%(n)d day ago", "%(n)d days ago", -days) % {"n": -days}
    return ""


def signed(value: Any, decimals: int | None = None) -> str:
    """Write a change with its sign."""
    text = number(value, decimals)
    return text if text.startswith((MINUS, "–")) or not any(c in "123456789" for c in text) else f"+{text}"
