"""`shaar design`: lines and headways for a city under a fleet limit."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from shaar.cli import console
from shaar.cli.options import WISHES, open_city, wishes_of, with_options

if TYPE_CHECKING:
    from shaar.engine.study.results import DesignResult, NetworkPlan

#: Words for vehicle types.
SHORT = {
    "bus_12m": "12 m", "articulated_18m": "18 m", "midi_9m": "midi", "minibus_6m": "minibus",
    "trolleybus_12m": "trolleybus", "battery_12m": "battery",
}  # fmt: skip
STATUS = {"designed": "new", "kept": "as today", "headway": "other headway"}


@click.command()
@click.argument("city")
@click.option(
    "--fleet",
    type=click.IntRange(min=1),
    help="Vehicles in service at the peak [today's, else by population].",
)
@click.option("--fleets", help="Fleet sizes of the front, comma-separated [default: 0.5 to 1.5 times the fleet].")
@click.option("--lines", type=click.IntRange(min=1), help="Number of lines [several are tried].")
@click.option("--seconds", type=click.FloatRange(min=0.1), default=60.0, show_default=True, help="Time for the search.")
@click.option("--iterations", type=click.IntRange(min=1), help="Proposals per search, not seconds: repeatable.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Makes the random numbers.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder of the files [CITY-design].")
@with_options(WISHES)
def design(
    city: str, fleet: int | None, fleets: str | None, lines: int | None, seconds: float, iterations: int | None,
    seed: int, out: Path | None, **asked: Any,
) -> None:  # fmt: skip
    """Design lines and headways for CITY and write GTFS, GeoJSON and a list of changes.

    CITY is a city folder (see `shaar city build`) or "astana", the example that comes with Shaar.

    Ctrl-C during the search keeps the best found so far.
    """
    from shaar.engine.study.demand import city_demand
    from shaar.engine.study.design import design as run
    from shaar.engine.study.design_output import write_design

    sizes = _sizes(fleets)
    wishes = wishes_of(asked)
    place, feed = open_city(city)
    with console.progress() as progress:
        od = city_demand(place, progress=progress)
        result = run(
            place, od, feed=feed, fleet=fleet, fleets=sizes, lines=lines, seconds=seconds, iterations=iterations,
            seed=seed, wishes=wishes, progress=progress,
        )  # fmt: skip
    target = out or Path(f"{Path(city).resolve().name}-design")
    files = write_design(place, result, target, feed=feed)
    show(result)
    console.out.print(f"\n{target}/: {', '.join(f.name for f in files)}")


def _sizes(text: str | None) -> list[int] | None:
    if text is None:
        return None
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise click.BadParameter(
            f'"{text}" is not a list of whole numbers such as 200,300,400', param_hint="--fleets"
        ) from None


def show(result: DesignResult) -> None:
    """Print the front, the lines of the chosen plan and what was found out."""
    plan = result.front[result.chosen]
    console.table(
        "Mean journey against the fleet (modelled; minutes door to door; sums a day)",
        ("", "fleet", "lines", "mean", "worst", "unserved", "near", "km", "EUR", "t CO2e"),
        [
            (said, p.fleet, len(p.lines), f"{p.mean_minutes:.2f}", f"{p.worst_tenth_minutes:.1f}",
             f"{p.unserved:.2%}", f"{p.coverage:.1%}", f"{p.vehicle_km_day:,.0f}",
             f"{p.cost_day:,.0f}", f"{p.co2e_kg_day / 1000:.1f}")
            for said, p in (
                *([("today", result.today)] if result.today else []),
                *(("chosen" if k == result.chosen else "", p) for k, p in enumerate(result.front)),
            )
        ],
    )  # fmt: skip
    console.out.print(
        "worst: the tenth of residents with the longest journeys. near: residents within "
        f"{result.settings['coverage_m']:.0f} m of a stop on foot. km: vehicle-km.",
        markup=False,
    )
    console.out.print()
    _lines(result, plan)
    _periods(result, plan)
    _areas(plan)
    for finding in result.findings:
        console.out.print(f"- {finding.message}", markup=False)


def _lines(result: DesignResult, plan: NetworkPlan) -> None:
    """Print the lines: how often they come, with what, who rides, how full, and what that costs and emits."""
    from shaar.engine.study.design_tables import days_by_line

    if plan.service is None:
        return
    days = days_by_line(plan.service)
    periods = [p.period for p in plan.service.periods[:-1]]
    mixed = any(line.status != "designed" for line in plan.lines)
    console.table(
        f"Lines of the chosen plan, {plan.fleet} vehicles (modelled)",
        ("line", *(("",) if mixed else ()), "km", "every ... min", "vehicle", "n", "boardings", "full", "EUR", "g/pkm"),
        [
            (line.name, *((STATUS[line.status],) if mixed else ()),
             f"{(line.km_forward + line.km_backward) / (2 if line.stops_backward else 1):.1f}",
             "/".join(f"{line.headways[p]:g}" if p in line.headways else "-" for p in periods),
             SHORT.get(line.vehicle_type, line.vehicle_type), line.vehicles, f"{day.boardings:,.0f}",
             _percent(day.load_factor), "-" if day.cost is None else f"{day.cost:,.0f}", _whole(day.gco2e_passenger_km))
            for line in plan.lines
            if (day := days.get(line.line_id)) is not None
        ],
    )  # fmt: skip
    console.out.print(f"every: {', '.join(map(_words, periods))}; boardings and EUR: a day", markup=False)
    console.out.print()


def _periods(result: DesignResult, plan: NetworkPlan) -> None:
    """Print the totals by period, today's day beside them, and the vehicles by type."""
    if plan.service is None:
        return
    rows = [("", p) for p in plan.service.periods]
    if result.today is not None and result.today.service is not None:
        rows += [("today: ", p) for p in result.today.service.periods]
    console.table(
        "Service by period (modelled)",
        ("", "fleet", "boardings", "full", "km", "EUR", "t CO2e", "g/pkm", "min", "felt"),
        [
            (prefix + _words(p.period), p.vehicles, f"{p.boardings:,.0f}", _percent(p.load_factor),
             f"{p.vehicle_km:,.0f}", f"{p.cost:,.0f}", f"{p.kgco2e / 1000:.1f}", _whole(p.gco2e_passenger_km),
             f"{p.mean_minutes:.1f}", f"{p.mean_felt:.1f}")
            for prefix, p in rows
        ],
    )  # fmt: skip
    gap = max(p.gap for p in plan.service.periods)
    console.out.print(
        "km: vehicle-km. full: persons in the busiest hour on the fullest part of a line, over seats and "
        "standing places. min: mean journey; felt: minutes on board count for more as vehicles fill (relative gap of "
        f"the assignment {gap:.1e}). g/pkm: gCO2e a passenger-km. Vehicles, costs and the shape of the day are "
        "planning values: assumptions.csv lists each with its source.",
        markup=False,
    )
    for short in plan.service.shortages[:5]:
        extra = (
            "no number of vehicles would do" if short["extra"] is None else f"{short['extra']} vehicles more would do"
        )
        console.out.print(
            f"! line {short['name']}, {_words(str(short['period']))}: {short['load']:.0f} persons an hour on "
            f"{short['places']:.0f} places; {extra}",
            markup=False,
        )
    if len(plan.service.types) > 1:
        console.table(
            "Vehicles", ("", "there", "in service", "seats", "places", "EUR/h", "EUR/km", "gCO2e/km"),
            [(SHORT.get(t.key, t.key), t.there, t.used, f"{t.seats:g}", f"{t.places:g}", f"{t.cost_hour:g}",
              f"{t.cost_km:.2f}", f"{t.gco2e_km:,.0f}") for t in plan.service.types],
        )  # fmt: skip
    console.out.print()


def _words(period: str) -> str:
    return period.replace("_", " ")


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.0f} %"


def _whole(value: float | None) -> str:
    return "-" if value is None else f"{value:,.0f}"


def _areas(plan: NetworkPlan, most: int = 6) -> None:
    """Print the areas that lose most and gain most against today."""
    rows = list(plan.areas)
    shown = rows if len(rows) <= 2 * most else [*rows[:most], *rows[-most:]]
    if not shown:
        return
    console.table(
        "Winners and losers against today (modelled; those that lose most first)",
        ("area", "trips/day", "today min", "plan min", "change %", "trips that lose > 1 min %"),
        [
            (a["area"], f"{a['trips_day']:,.0f}", f"{a['before_minutes']:.1f}", f"{a['after_minutes']:.1f}",
             f"{a['change_percent']:+.1f}", f"{a['lose_share']:.0%}")
            for a in shown
        ],
    )  # fmt: skip
    console.out.print()
