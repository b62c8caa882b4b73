"""Command line options that several commands share, and the timetable they read."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from shaar.engine.city.example import example_city_path
from shaar.engine.city.folder import read
from shaar.engine.city.model import City
from shaar.engine.errors import InputError
from shaar.engine.timetable.feed import Feed

if TYPE_CHECKING:
    from shaar.engine.study.design_rules import Wishes

F = TypeVar("F", bound=Callable[..., Any])


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


class ShareType(click.ParamType[float]):
    """A share between 0 and 1, or a percentage: 0.9 or 90%."""

    name = "share"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Turn text into a share."""
        text = str(value).strip()
        try:
            share = float(text[:-1]) / 100.0 if text.endswith("%") else float(text)
        except ValueError:
            share = -1.0
        if not 0.0 <= share <= 1.0:
            self.fail(f"{value!r} is not a share between 0 and 1, such as 0.9 or 90%", param, ctx)
        return share


class NamesType(click.ParamType[tuple[str, ...]]):
    """Names or ids, comma-separated."""

    name = "names"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """Split at commas."""
        if isinstance(value, tuple):
            return value
        return tuple(part.strip() for part in str(value).split(",") if part.strip())


class NumbersType(click.ParamType[dict[str, float]]):
    """Numbers by name: articulated=40,standard=200."""

    name = "name=number"

    def __init__(self, example: str, *, whole: bool = False) -> None:
        self.example, self.whole = example, whole

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> dict[str, float]:
        """Split into names and numbers; each name once."""
        if isinstance(value, dict):
            return value
        found: dict[str, float] = {}
        for part in str(value).split(","):
            name, _, number = part.partition("=")
            try:
                amount = int(number) if self.whole else float(number)
            except ValueError:
                self.fail(f"{part!r} is not a name and a number such as {self.example}", param, ctx)
            if name.strip() in found:
                self.fail(f"{name.strip()!r} is given twice", param, ctx)
            found[name.strip()] = amount
        return found


class WeightsType(click.ParamType[dict[str, float]]):
    """What counts how much: passenger=1,worst=0.5,vehicle_hour=8."""

    name = "name=number"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> dict[str, float]:
        """Split into names and numbers."""
        if isinstance(value, dict):
            return value
        known = ("passenger", "worst", "vehicle_hour", "vehicle_km", "kg_co2e")
        found: dict[str, float] = {}
        for part in str(value).split(","):
            name, _, number = part.partition("=")
            try:
                found[name.strip()] = float(number)
            except ValueError:
                self.fail(f"{part!r} is not a weight such as worst=0.5", param, ctx)
            if name.strip() not in known:
                self.fail(f"{name.strip()!r} is none of {', '.join(known)}", param, ctx)
        return found


def with_options(options: Sequence[Callable[[F], F]]) -> Callable[[F], F]:
    """Put several options on a command, first one first."""

    def wrap(f: F) -> F:
        for option in reversed(options):
            f = option(f)
        return f

    return wrap


#: What may be asked of a design, for every command that makes one; :func:`wishes_of` takes them out of the arguments.
WISHES: tuple[Any, ...] = (
    click.option("--mode", type=click.Choice(("construct", "headways", "both")), default="both", show_default=True,
                 help="New lines with one headway; today's lines with new headways; new lines with own headways."),
    click.option("--keep", type=NamesType(), default=(), help="Lines of today that stay as they are: 1,2,7."),
    click.option("--protect", type=NamesType(), default=(), help="Lines of today that stay, at any headway."),
    click.option("--change-budget", type=click.IntRange(min=1), help="At most so many changes to today's network."),
    click.option("--coverage", type=ShareType(), help="Least share of people near a stop [today's]; 0: any."),
    click.option("--coverage-m", type=click.FloatRange(min=50, max=2000), default=400.0, show_default=True,
                 help="What near is, metres on foot."),
    click.option("--max-loss", type=click.FloatRange(min=0), help="No area's mean journey longer by more, percent."),
    click.option("--weigh", "weights", type=WeightsType(),
                 help="What counts: passenger=1,worst=0.5,vehicle_hour=8,vehicle_km=1,kg_co2e=0.5."),
    click.option("--draws", type=click.IntRange(0, 50), default=0, show_default=True,
                 help="Draws of the demand on which every line is tried again."),
    click.option("--fleet-types", type=NumbersType("standard=200", whole=True), default=None,
                 help="Vehicles by type: articulated=40,standard=200,midi=30,minibus=60,trolleybus=30,battery=20."),
    click.option("--wires", type=NamesType(), default=(),
                 help="Lines of today under whose course trolleybuses have wires; all: everywhere."),
    click.option("--longest-headway", "longest", type=NumbersType("midday=20"), default=None,
                 help="Policy by period, minutes: early=30,morning_peak=20,midday=20,evening_peak=20,evening=30."),
    click.option("--shortest-headway", "shortest", type=NumbersType("midday=5"), default=None,
                 help="Policy by period, minutes [3 in each]."),
    click.option("--terminal", "terminals", type=NamesType(), default=(), help="Places where lines may also end."),
)  # fmt: skip


def wishes_of(arguments: dict[str, Any]) -> Wishes:
    """Take the options of :data:`WISHES` out of a command's arguments."""
    from shaar.engine.design.city_measures import Weights
    from shaar.engine.study.design_rules import Wishes

    names = (
        "mode", "keep", "protect", "change_budget", "coverage", "coverage_m", "max_loss", "draws", "terminals", "wires",
    )  # fmt: skip
    weights = arguments.pop("weights", None)
    asked: dict[str, Any] = {n: arguments.pop(n) for n in names}
    asked |= {n: arguments.pop(n, None) or {} for n in ("fleet_types", "longest", "shortest")}
    return Wishes(**asked, weights=Weights(**(weights or {})))


def city_path(name: str | Path) -> Path:
    """Return the folder of a city given by its path, or of the example city by its name ("astana")."""
    path = Path(name)
    if not path.exists() and str(name).lower() == "astana":
        path = example_city_path("astana")
    return path


def open_city(name: str | Path) -> tuple[City, Feed | None]:
    """Read a city folder, or the example city by its name ("astana"), with its timetable where it has one."""
    from shaar.engine.timetable.read import read_gtfs

    city = read(city_path(name))
    return city, read_gtfs(city.gtfs) if city.gtfs else None


def scenario_file(city: City, given: str) -> Path:
    """Return the file of a scenario given by its name in the city's folder ("today"), or by the path of a file.

    Raises
    ------
    InputError
        There is neither; the sentence lists the scenarios of the city.
    """
    folder = city.path / "scenarios"
    named = folder / f"{given.removesuffix('.toml')}.toml"
    if Path(given).name == given and named.is_file():
        return named
    if Path(given).is_file():
        return Path(given)
    names = ", ".join(sorted(p.stem for p in folder.glob("*.toml"))) or "none"
    raise InputError(f"there is no such scenario file, and the scenarios of {city.meta.name} are: {names}", file=given)
