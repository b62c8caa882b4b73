"""How pages write numbers, money, days and times, in the reader's language."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils import timezone
from django.utils.dateformat import format as write_date
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from shaar.platform.kernel.saying import day_text, language, money, number
from shaar.platform.kernel.saying import local as local_time
from shaar.report.numbers import MINUS

__all__ = ["ago", "day", "day_text", "language", "moment", "money", "number", "signed"]


def day(value: dt.date | dt.datetime | None) -> SafeString | str:
    """Write a day, as "22 ноября 2026", for people and for machines."""
    if not value:
        return "–"
    local = local_time(value)
    iso = local.date().isoformat() if isinstance(local, dt.datetime) else local.isoformat()
    return format_html('<time datetime="{}">{}</time>', iso, day_text(value))


def moment(value: dt.datetime | None) -> SafeString | str:
    """Write a day and the time of day."""
    if not value:
        return "–"
    local = local_time(value)
    clock = write_date(local, "H:i")
    return format_html('<time datetime="{}">{}, {}</time>', local.isoformat(), day_text(value), clock)


def ago(value: dt.date | dt.datetime | None, now: dt.datetime | None = None) -> SafeString | str:
    """Say how long ago, or in how long: minutes, hours and days up to two weeks, then the day itself."""
    if not value:
        return "–"
    now = timezone.localtime(now or timezone.now())
    local = local_time(value)
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
