"""Days of work: weekends, public holidays, transferred days. Terms of answers and appeals are counted with it."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path

from .models import DayOff

_FILE = Path(__file__).parent / "data" / "holidays.csv"


@dataclass(frozen=True, slots=True)
class Holiday:
    """A public holiday as it comes with Shaar, and where that was read."""

    day: date
    works: bool
    names: dict[str, str]
    source: str


@lru_cache(maxsize=8)
def holidays(country: str) -> tuple[Holiday, ...]:
    """Public holidays of a country (ISO code) that are known for certain; movable feasts only once announced."""
    with _FILE.open(encoding="utf-8", newline="") as table:
        return tuple(
            Holiday(
                date.fromisoformat(row["day"]),
                row["works"] == "yes",
                {code: row[f"name_{code}"] for code in ("ru", "ky", "kk", "en")},
                row["source"],
            )
            for row in csv.DictReader(table)
            if row["country"] == country
        )


def _said(first: date, last: date) -> dict[date, bool]:
    return dict(DayOff.objects.filter(day__gte=first, day__lte=last).values_list("day", "works"))


def is_work_day(day: date) -> bool:
    """Whether offices are open on the day."""
    return _said(day, day).get(day, day.weekday() < 5)


def add_work_days(start: date, count: int) -> date:
    """The day that is so many days of work after ``start`` (before it, if negative); ``start`` itself does not count.

    With ``count`` 0: the day itself, or the next day of work if offices are closed on it.
    """
    step = timedelta(days=-1 if count < 0 else 1)
    reach = timedelta(days=3 * abs(count) + 30)
    said = _said(start - reach, start + reach)

    def works(day: date) -> bool:
        return said.get(day, day.weekday() < 5)

    day = start
    if count == 0:
        while not works(day):
            day += step
        return day
    left = abs(count)
    while left:
        day += step
        left -= works(day)
    return day


def work_days_between(start: date, end: date) -> int:
    """How many days of work lie after ``start`` up to and including ``end``; negative if ``end`` is before."""
    if end < start:
        return -work_days_between(end, start)
    said = _said(start, end)
    days = (start + timedelta(days=n) for n in range(1, (end - start).days + 1))
    return sum(said.get(day, day.weekday() < 5) for day in days)
