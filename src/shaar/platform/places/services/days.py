"""Days off: the public holidays that come with Shaar, and what the city adds (transferred days, movable feasts)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from shaar.platform.kernel import events
from shaar.platform.kernel.errors import Forbidden

from ..calendar import holidays
from ..models import DayOff
from ..policies import may_change_places
from ..selectors import city


def import_days_off(country: str) -> int:
    """Take in the public holidays of a country that come with Shaar; days the city has entered itself stay.

    Returns how many were new.
    """
    new = 0
    with transaction.atomic():
        for holiday in holidays(country):
            _one, made = DayOff.objects.get_or_create(
                day=holiday.day, defaults={"works": holiday.works, "names": holiday.names}
            )
            new += made
    return new


def add_days_off(rows: Iterable[tuple[date, bool, dict[str, str]]], *, acting: Any) -> int:
    """Say of days whether offices are closed (or, ``works``, open on a weekend); a day said before is changed.

    Raises
    ------
    Forbidden
        The person may not change the calendar.
    """
    if not may_change_places(acting):
        raise Forbidden(
            "calendar.forbidden", _("Only the mayor's office and the city administrator change the calendar.")
        )
    count = 0
    with transaction.atomic():
        for day, works, names in rows:
            one = DayOff(day=day, works=works, names=names)
            one.full_clean(validate_unique=False, validate_constraints=False)
            DayOff.objects.update_or_create(day=day, defaults={"works": works, "names": names})
            count += 1
        root = city()
        if count and root is not None:
            events.record("calendar.changed", root, acting=acting, public=True, days=count)
    return count
