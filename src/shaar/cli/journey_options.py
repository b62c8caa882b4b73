"""What `shaar journey` and `shaar isochrone` share: points, clock times, profiles, the city made ready."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from shaar.cli import console
from shaar.cli.options import DayType, WindowType, open_city
from shaar.engine.city.model import City
from shaar.engine.errors import InputError
from shaar.engine.progress import Progress
from shaar.engine.timetable.feed import Feed

if TYPE_CHECKING:
    from shaar.engine.routing.journey_network import Network

#: Negative latitudes look like options; these settings let them through as points.
SOUTH = {"ignore_unknown_options": True}


class PointType(click.ParamType[tuple[float, float]]):
    """A point, 43.2389,76.8897: latitude, then longitude."""

    name = "lat,lon"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[float, float]:
        """Turn text into (lat, lon)."""
        if isinstance(value, tuple):
            return value
        try:
            lat, lon = (float(v) for v in str(value).split(","))
        except ValueError:
            self.fail(f"{value!r} is not a point like 43.2389,76.8897 (latitude,longitude)", param, ctx)
        if not (-90 <= lat <= 90 and -180 <= lon <= 180):
            self.fail(f"{value!r}: latitudes reach from -90 to 90 and longitudes from -180 to 180", param, ctx)
        return lat, lon


class ClockType(click.ParamType[int]):
    """A time of the service day, 8:15; hours past 24 are the night after."""

    name = "h:mm"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Turn H:MM into seconds after midnight."""
        if isinstance(value, int):
            return value
        match = re.fullmatch(r"(\d{1,2}):([0-5]\d)", str(value).strip())
        if not match or int(match[1]) > 29:
            self.fail(f"{value!r} is not a time like 8:15", param, ctx)
        return int(match[1]) * 3600 + int(match[2]) * 60


#: Options of both commands, first one first.
ASK: tuple[Any, ...] = (
    click.option("--at", "at", type=ClockType(), help="Set out at this time [8:00 unless --window is given]."),
    click.option("--window", type=WindowType(), help="All departures of a span instead: 7:00-9:00."),
    click.option("--day", type=DayType(), help="Service day; default: a typical weekday of the timetable."),
    click.option("--profile", default="adult", show_default=True,
                 help="Who goes: adult, elderly, wheelchair, pram, or a name of --parameters."),
    click.option("--parameters", type=click.Path(path_type=Path), help="Table of profiles to use instead of ours."),
    click.option("--unknown-accessible", is_flag=True,
                 help="Count vehicles and stops of which the timetable says nothing as accessible."),
    click.option("--gtfs", type=click.Path(path_type=Path), help="Timetable to use instead of the city's own."),
    click.option("--max-rides", type=click.IntRange(1, 8), default=4, show_default=True, help="Most vehicles."),
    click.option("--seed", type=int, default=0, show_default=True, help="Of the phases of lines with headways only."),
)  # fmt: skip


def open_with_timetable(name: str, gtfs: Path | None, day: dt.date | None) -> tuple[City, Feed | None, dt.date | None]:
    """Read a city, the timetable asked for, and the service day.

    Raises
    ------
    InputError
        A service day is named but there is no timetable.
    """
    from shaar.engine.timetable.calendar import typical_weekday
    from shaar.engine.timetable.read import read_gtfs

    city, feed = open_city(name)
    if gtfs is not None:
        feed = read_gtfs(gtfs)
    if feed is None:
        if day is not None:
            raise InputError("the city has no timetable, so a service day means nothing; give one with --gtfs")
        return city, None, None
    return city, feed, day or typical_weekday(feed)


def make_network(
    city: City,
    feed: Feed | None,
    day: dt.date | None,
    *,
    profile: str,
    parameters: Path | None,
    unknown_accessible: bool,
    seed: int,
    progress: Progress,
) -> Network:
    """Make the city ready for a profile."""
    from shaar.engine.demand.parameters import load_parameters
    from shaar.engine.routing import mobility
    from shaar.engine.routing.journey_network import network

    who = mobility.profile(profile, load_parameters(parameters or "mobility.csv"))
    if unknown_accessible:
        who = replace(who, unknown_stop=1, unknown_vehicle=1)
    return network(city, feed, day, who, seed=seed, progress=progress)


def show_findings(net: Network) -> None:
    """Print what is missing or assumed, a sentence a line."""
    if net.usable is None:
        console.out.print("[yellow]odd[/]: the city has no timetable, so all ways are on foot; give one with --gtfs")
    for f in net.findings:
        mark = "[yellow]odd[/]" if f.severity == "warning" else "[cyan]assumed[/]"
        console.out.print(f"{mark}: {f.message}", soft_wrap=True)


def when_of(at: int | None, window: tuple[int, int] | None) -> tuple[int | None, tuple[int, int] | None]:
    """Return the departure or the window asked for, 8:00 by default.

    Raises
    ------
    click.UsageError
        Both are given.
    """
    if at is not None and window is not None:
        raise click.UsageError("give either --at or --window")
    return (8 * 3600 if at is None and window is None else at), window
