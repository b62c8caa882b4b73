"""`shaar model`: one model of how a city moves, with a sheet that says how far it can be trusted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shaar.cli import console
from shaar.cli.options import DayType, NumbersType, WindowType, open_city
from shaar.engine.errors import InputError, ShaarError

if TYPE_CHECKING:
    from shaar.engine.study.model_results import CityModel
    from shaar.engine.study.model_sheet import Row

#: One word for each verdict, where a table has no room for more.
VERDICTS = {"good": "agrees", "weak": "weak", "met": "calibrated", "sound": "precise", "open": "open"}
#: Most routes in the table on the console.
ROUTES = 10


@click.command()
@click.argument("city")
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path("model"), show_default=True, help="Folder to write."
)
@click.option("--day", type=DayType(), help="Service day; default: a typical weekday of the timetable.")
@click.option("--window", type=WindowType(), help="Departures that make the headways, 7:00-9:00 unless given.")
@click.option(
    "--shares", type=NumbersType("car=0.4,bus=0.3,walk=0.2,cycle=0.02,taxi=0.08"), help="Shares of the modes."
)
@click.option("--set", "values", type=NumbersType("roads.bpr_alpha=0.2,model.bus_fare=80"), help="Other parameters.")
@click.option(
    "--gap", type=click.FloatRange(1e-12, 1e-2), default=1e-6, show_default=True, help="Relative gap of roads."
)
@click.option("--rounds", type=click.IntRange(1, 200), default=30, show_default=True, help="Most rounds of the loop.")
def model(
    city: str,
    out: Path,
    day: dt.date | None,
    window: tuple[int, int] | None,
    shares: dict[str, float] | None,
    values: dict[str, float] | None,
    gap: float,
    rounds: int,
) -> None:
    """Model how CITY moves: who travels, by what, on which streets and lines, and where cars park.

    CITY is a city folder (see `shaar city build`) or "astana", the example that comes with Shaar. Figures are modelled;
    the sheet at the end says what each was held against.
    """
    from shaar.engine.study.model import model_city
    from shaar.engine.study.model_estimate import to_counts
    from shaar.engine.study.model_output import write_model
    from shaar.engine.study.model_results import ModelOptions
    from shaar.engine.study.model_sheet import calibration_sheet
    from shaar.report.model_sheet import write_sheet

    if out.exists() and not out.is_dir():
        raise ShaarError(f"{out}: is a file; --out needs a folder")
    folder, feed = open_city(city)
    options = ModelOptions(day=day, shares=shares, values=_tables(values), road_gap=gap, rounds=rounds)
    if window is not None:
        options = ModelOptions(
            day=day, window=window, shares=shares, values=_tables(values), road_gap=gap, rounds=rounds
        )  # fmt: skip
    with console.progress() as progress:
        found = model_city(folder, feed, options=options, progress=progress)
        estimated = to_counts(found, progress=progress)
        rows = calibration_sheet(found, estimated)
    show(found, rows)
    written = write_model(found, rows, out, estimated)
    written.append(write_sheet(found, rows, out / "sheet.html"))
    console.out.print(f"\nwritten: {out} ({', '.join(p.name for p in written)})", soft_wrap=True)


def _tables(values: dict[str, float] | None) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for name, value in (values or {}).items():
        table, dot, key = name.partition(".")
        if not dot:
            raise InputError("a parameter is named with its table, as roads.bpr_alpha", field=f"--set {name}")
        found.setdefault(table, {})[key] = value
    return found


def show(found: CityModel, rows: Sequence[Row]) -> None:
    """Print the main figures, the busiest lines, and the sheet."""
    from shaar.engine.study.model_output import line_table
    from shaar.report.i18n import Speaker
    from shaar.report.model_sheet import against, conclusion, figure, label

    net, flows = found.roads.network, found.flows
    car_km = float(flows.vehicles.sum(axis=0) @ net.length_km)
    console.out.print(f"\n[bold]{found.city.meta.name}[/]: how the city moves (modelled)\n")
    figures = [(mode, f"{100 * share:.1f} %", f"{found.peak[mode].sum():,.0f}") for mode, share in found.shares.items()]
    console.table("", ("mode", "of all journeys", "persons in the busiest morning hour"), figures)
    hours = float(flows.flow @ flows.minutes) / 60
    console.out.print(
        f"\nRoads: {flows.demand.sum():,.0f} cars and taxis in that hour drive {car_km:,.0f} km at "
        f"{car_km / max(hours, 1e-9):.1f} km/h on average."
    )
    if found.transit is not None:
        console.out.print(f"Lines: {found.transit.boardings:,.0f} boardings in that hour.")
        table = line_table(found)
        shown = [
            (
                r["route_id"], f"{r['vehicles_per_hour']:.1f}", f"{r['boardings_per_hour']:,.0f}",
                f"{100 * r['fullest_section']:.0f} %",
            )
            for r in table.head(ROUTES).iter_rows(named=True)
        ]  # fmt: skip
        head = ("route", "vehicles/h", "boardings/h", "of its places on the fullest section")
        console.table(f"\nThe {len(shown)} busiest of {table.height} routes", head, shown)
    console.out.print("\n[bold]How far it can be trusted[/]")
    say = Speaker("en")
    lines = [(label(say, r), figure(say, r.value, r.unit), against(say, r), VERDICTS[r.verdict]) for r in rows]
    console.table("", ("", "model", "held against", "verdict"), lines)
    meanings = "; ".join(f"[bold]{word}[/]: {say.t(f'sheet.says.{verdict}')}" for verdict, word in VERDICTS.items())
    console.out.print(f"\n{meanings}.\n\n{' '.join(conclusion(say, rows))}")
