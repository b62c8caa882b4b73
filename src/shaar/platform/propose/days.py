"""Terms in days of work."""

from __future__ import annotations

from datetime import date, timedelta

from django.utils import timezone

from shaar.platform.places.models import DayOff


def after_work_days(count: int, start: date | None = None) -> date:
    """The day that is ``count`` days of work after ``start`` (None: today), by the city's calendar."""
    day = start or timezone.localdate()
    special = dict(
        DayOff.objects.filter(day__gt=day, day__lte=day + timedelta(days=3 * count + 30)).values_list("day", "works")
    )
    while count > 0:
        day += timedelta(days=1)
        count -= special.get(day, day.weekday() < 5)
    return day
