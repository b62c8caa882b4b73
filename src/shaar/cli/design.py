"""`shaar design`: lines and headways for a city under a fleet limit."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from shaar.cli import console
from shaar.cli.options import WISHES, open_city, wishes_of, with_options

if TYPE_CHECKING:
    from shaar.engine.study.results import DesignResult, NetworkPlan

STATUS = {"designed": "new", "kept": "as today", "headway": "today's, other headway"}


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
        "Mean journey against vehicles (modelled, door to door)",
        ("", "vehicles", "lines", "mean min", "worst tenth", "unserved %", "near a stop", "vehicle-hours/day",
         "vehicle-km/day", "t CO2e/day"),
        [
            (said, p.fleet, len(p.lines), f"{p.mean_minutes:.2f}", f"{p.worst_tenth_minutes:.1f}",
             f"{p.unserved:.2%}", f"{p.coverage:.1%}", f"{p.vehicle_hours_day:,.0f}", f"{p.vehicle_km_day:,.0f}",
             f"{p.co2e_kg_day / 1000:.1f}")
            for said, p in (
                *([("today", result.today)] if result.today else []),
                *(("chosen" if k == result.chosen else "", p) for k, p in enumerate(result.front)),
            )
        ],
    )  # fmt: skip
    console.out.print()
    console.table(
        f"Lines of the chosen plan, {plan.fleet} vehicles",
        ("line", "", "km", "stops", "min", "peak every", "midday every", "vehicles", "trips/day", "settlements"),
        [
            (line.name, STATUS[line.status], f"{(line.km_forward + line.km_backward) / 2:.1f}", len(line.stops_forward),
             f"{(line.minutes_forward + line.minutes_backward) / 2:.0f}", f"{min(line.headways.values(), default=0):g}",
             f"{line.headways.get('midday', max(line.headways.values(), default=0)):g}", line.vehicles,
             f"{line.why['trips_day']:,}", line.why["settlements"])
            for line in plan.lines
        ],
    )  # fmt: skip
    console.out.print()
    _areas(plan)
    for finding in result.findings:
        console.out.print(f"- {finding.message}", markup=False)


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
