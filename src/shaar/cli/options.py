"""Command line options that several commands share, and the timetable they read."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import click

from shaar.engine.city.example import example_city_path
from shaar.engine.city.folder import read
from shaar.engine.city.model import City
from shaar.engine.timetable.feed import Feed


class DayType(click.ParamType[dt.date]):
    """A date, 2026-11-22."""

    name = "date"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> dt.date:
        """Turn ISO text into a date."""
        try:
            return value if isinstance(value, dt.date) else dt.date.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is not a date like 2026-11-22", param, ctx)


class WindowType(click.ParamType[tuple[int, int]]):
    """A span of departure times, 7:00-9:00; hours past 24 are the night after."""

    name = "from-to"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        """Turn H:MM-H:MM into seconds after midnight."""
        if isinstance(value, tuple):
            return value
        match = re.fullmatch(r"(\d{1,2}):([0-5]\d)-(\d{1,2}):([0-5]\d)", str(value).strip())
        start, end = 0, 0
        if match:
            h1, m1, h2, m2 = (int(g) for g in match.groups())
            start, end = h1 * 3600 + m1 * 60, h2 * 3600 + m2 * 60
        if not start < end <= 30 * 3600:
            self.fail(f"{value!r} is not a span like 7:00-9:00", param, ctx)
        return start, end


def open_city(name: str | Path) -> tuple[City, Feed | None]:
    """Read a city folder, or the example city by its name ("astana"), with its timetable where it has one."""
    from shaar.engine.timetable.read import read_gtfs

    path = Path(name)
    if not path.exists() and str(name).lower() == "astana":
        path = example_city_path("astana")
    city = read(path)
    return city, read_gtfs(city.gtfs) if city.gtfs else None
