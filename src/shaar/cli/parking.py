"""`shaar parking`: how full parking is, what it costs and how long it takes, as a table and CSV."""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np

from shaar.cli import console
from shaar.cli.baseline import number
from shaar.cli.files import write_text
from shaar.cli.options import NamesType, WindowType, city_path
from shaar.engine.errors import InputError


@click.command()
@click.argument("city")
@click.option("--window", type=WindowType(), default="8:00-18:00", show_default=True, help="Arrivals considered.")
@click.option("--price", type=click.FloatRange(min=0), help="Try this price per hour, in the city's currency.")
@click.option("--paid", type=WindowType(), default="8:00-20:00", show_default=True, help="Hours of --price.")
@click.option("--kind", type=click.Choice(("street", "lot", "yard")), help="Of which places; default: all.")
@click.option("--spaces", "factor", type=click.FloatRange(min=0), default=1.0, help="Try so many times the spaces.")
@click.option("--zones", type=NamesType(), default=(), help="Zones of the trial, by id; default: all.")
@click.option("--value-of-time", type=click.FloatRange(min=0, min_open=True), help="Currency per hour.")
@click.option("--csv", "csv_file", type=click.Path(path_type=Path), help="Write one row a zone to this file.")
def parking(
    city: str,
    window: tuple[int, int],
    price: float | None,
    paid: tuple[int, int],
    kind: str | None,
    factor: float,
    zones: tuple[str, ...],
    value_of_time: float | None,
    csv_file: Path | None,
) -> None:
    """Say how parking of CITY stands, and what a price or more or fewer spaces would change.

    CITY is a city folder or "astana". Spaces come from parking.csv in the folder; what it does not say is assumed from
    streets, residents, jobs and shops, and marked so.
    """
    from shaar.engine.assignment.parking import change
    from shaar.engine.city.folder import read
    from shaar.engine.study import parking as study

    folder = read(city_path(city))
    hours = (window[0] / 3600, window[1] / 3600)
    with console.progress() as progress:
        today = study.parking(folder, value_of_time=value_of_time, progress=progress)
        shown = [("today", today)]
        if price is not None or factor != 1.0:
            if unknown := set(zones) - set(today.zone_ids):
                raise InputError(f"the city has no zone {min(unknown)!r}", field="--zones")
            rows = np.flatnonzero(np.isin(today.zone_ids, zones)) if zones else None
            span = (paid[0] / 3600, paid[1] / 3600) if price is not None else None
            tried = change(today.day.lots, zones=rows, kind=kind, price=price, paid=span, spaces_factor=factor)
            shown.append(("tried", study.parking(folder, lots_=tried, value_of_time=value_of_time, progress=progress)))
    rows_out = [study.summary(s, hours) for _, s in shown]
    keys = list(rows_out[0])
    console.out.print(
        f"\n[bold]{folder.meta.name}[/]: parking on a working day (modelled), arrivals {hours[0]:g}-{hours[1]:g} h\n"
    )
    table = [(k, *(number(r[k], 2 if abs(r[k]) < 20 else 0) for r in rows_out)) for k in keys]
    console.table("", ("", *(label for label, _ in shown)), table)
    n = today.inventory_rows
    console.out.print(
        f"\nSpaces: {n} rows reported in parking.csv, the rest assumed (ranges in the table of zones). "
        f"Value of time {today.value_of_time:g} {today.currency}/h (assumed unless given)."
    )
    if csv_file is not None:
        write_text(csv_file, study.zone_table(shown[-1][1], hours).write_csv())
        console.out.print(f"zones: {csv_file}", soft_wrap=True)
