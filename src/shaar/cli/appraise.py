"""`shaar appraise`: what a scenario changes for people, as tables, JSON or files."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shaar.cli import console
from shaar.cli.options import DayType, WindowType, open_city, scenario_file

if TYPE_CHECKING:
    from shaar.engine.measures.effects import Appraisal, Effect

#: Groups in the order in which they are shown.
GROUPS = ("all", "carless", "elderly", "wheelchair", "children", "settlement")
#: Of groups only these are printed; the files hold all.
SHOWN = ("access.jobs_45", "reach.clinics_30")


@click.command()
@click.argument("city")
@click.argument("scenario")
@click.option("--against", help="Scenario to compare with, instead of the city as it stands.")
@click.option("--day", type=DayType(), help="Service day; default: a typical weekday of the timetable.")
@click.option("--window", type=WindowType(), help="Departures considered, 7:00-9:00 unless given.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of everything that is drawn.")
@click.option("--quick", is_flag=True, help="Only what is quick: without boardings and people who move otherwise.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Write the appraisal into this folder.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON instead of tables.")
def appraise(
    city: str,
    scenario: str,
    against: str | None,
    day: dt.date | None,
    window: tuple[int, int] | None,
    seed: int,
    quick: bool,
    out: Path | None,
    as_json: bool,
) -> None:
    """Say what SCENARIO changes in CITY: journeys, access, service, money, climate, who gains and who loses.

    CITY is a city folder or "astana"; SCENARIO is a file of changes or the name of one in the city's folder. A city
    without a timetable is compared with its reference network (scenarios/reference.toml), and the changes are to that.
    """
    from shaar.engine.measures.scenario import read_scenario
    from shaar.engine.study.effects import Workshop, appraisal_json, write_appraisal
    from shaar.engine.study.results import Options

    place, feed = open_city(city)
    wanted = read_scenario(scenario_file(place, scenario))
    base = read_scenario(scenario_file(place, against)) if against else None
    options = Options(day=day, seed=seed) if window is None else Options(day=day, seed=seed, window=window)
    with console.progress() as progress:
        workshop = Workshop.open(place, feed, base=base, options=options, progress=progress)
        found = workshop.quick(wanted) if quick else workshop.appraise(wanted, progress=progress)
    if out is not None:
        write_appraisal(found, out)
    if as_json:
        click.echo(json.dumps(appraisal_json(found), ensure_ascii=False))
        return
    console.out.print(f"\n[bold]{place.meta.name}[/]: {wanted.name}, against {base.name if base else 'as it stands'}\n")
    show(found)
    if out is not None:
        console.out.print(f"\nall figures: {out}", soft_wrap=True)


def show(found: Appraisal) -> None:
    """Print an appraisal: the city's figures, groups, places, lines, and what they rest on."""
    from shaar.engine.study.effects_table import LANGUAGES, label, reason, unit, words

    language = LANGUAGES[0]
    groups = words(language)["groups"]
    whole = [e for e in found.effects if not e.place and e.group == "all"]
    rows = [
        (f"{label(e.indicator, language)}, {unit(e.unit, language)}".removesuffix(", "), *_figures(e)) for e in whole
    ]
    shown = [r for r, e in zip(rows, whole, strict=True) if not e.not_modelled]
    _table("The city (modelled)", ("", "before", "after", "change", "range"), shown)
    some = [
        e for e in found.effects
        if not e.place and e.group != "all" and not e.not_modelled and e.indicator in SHOWN
    ]  # fmt: skip
    some.sort(key=lambda e: GROUPS.index(e.group))
    rows = [(groups[e.group], label(e.indicator, language), *_figures(e)) for e in some]
    _table("Groups of people (modelled)", ("group", "", "before", "after", "change", "range"), rows)
    _places(found)
    rows = [
        (x["name"], x["status"], *(_number(x[f"{what}_{when}"]) for what in ("vehicles", "vehicle_km", "boardings")
                                   for when in ("before", "after")))
        for x in found.lines.iter_rows(named=True)
    ]  # fmt: skip
    head = ("line", "", "vehicles", "then", "km a day", "then", "boardings", "then")
    _table("Lines that change", head, rows)
    for e in found.effects:
        if e.not_modelled and e.group == "all" and not e.place:
            said = f"not modelled: {label(e.indicator, language)}. {reason(e.not_modelled, language)}"
            console.out.print(said, markup=False, soft_wrap=True)
    for f in found.assumptions:
        console.out.print(f"assumed: {f.message}", markup=False, soft_wrap=True)


def _places(found: Appraisal) -> None:
    from shaar.engine.study.effects import most_affected

    rows = [
        (x["name"], f"{x['population']:,.0f}", _number(x["minutes_before"], 1), _number(x["minutes_after"], 1),
         _number(x["change"], 2), _range(x["low"], x["high"], 2), f"{x['gainers']:,.0f}",
         f"{x['losers']:,.0f}")
        for x in most_affected(found).iter_rows(named=True)
    ]  # fmt: skip
    head = ("place", "residents", "min", "then", "change", "range", "gain", "lose")
    _table("Places where journeys change most (person-minutes; modelled)", head, rows)


def _figures(e: Effect) -> tuple[str, ...]:
    size = max(abs(e.before or 0.0), abs(e.after or 0.0))
    places = 0 if size >= 1000 else 2 if size < 100 else 1
    return *(_number(x, places) for x in (e.before, e.after, e.change)), _range(e.low, e.high, places)


def _range(low: float | None, high: float | None, places: int) -> str:
    return f"{_number(low, places)} to {_number(high, places)}"


def _number(value: float | None, places: int = 0) -> str:
    if value is None:
        return "-"
    text = f"{value:,.{places}f}"
    return text.removeprefix("-") if not text.strip("-0.,") else text


def _table(title: str, head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    if not rows:
        return
    console.out.print(f"[bold]{title}[/]")
    console.table("", head, rows)
    console.out.print()
