"""Terms in days of work, from today."""

from __future__ import annotations

from datetime import date

from django.utils import timezone

from shaar.platform.places.calendar import add_work_days


def after_work_days(count: int) -> date:
    """The day that is ``count`` days of work after today, by the city's calendar."""
    return add_work_days(timezone.localdate(), count)
