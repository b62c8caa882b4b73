"""`shaar plan` and `shaar demo`: everything about a city in one folder with one report."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from shaar.cli import console
from shaar.cli.options import WISHES, DayType, WindowType, open_city, scenario_file, wishes_of, with_options
from shaar.cli.serve import serve as serve_folder
from shaar.engine.errors import ShaarError

if TYPE_CHECKING:
    from shaar.engine.study.design_rules import Wishes

LANGUAGES = ("ru", "ky", "kk", "en")


def _run(
    city_name: str,
    out: Path,
    *,
    fleet: int | None,
    lines: int | None,
    seconds: float,
    seed: int,
    day: object,
    window: object,
    scenario: str | None,
    language: str,
    wishes: Wishes | None = None,
) -> None:
    from shaar.cli.summary import figures, print_plan
    from shaar.engine.measures import apply, read_scenario
    from shaar.engine.study.design_output import write_design
    from shaar.engine.study.plan import plan as run_plan
    from shaar.engine.study.results import Options
    from shaar.report import write_report

    if out.exists() and (not out.is_dir() or (any(out.iterdir()) and not (out / "figures.json").exists())):
        raise ShaarError(f"{out}: holds something that is not a plan, so it is left as it is; choose another --out")
    city, feed = open_city(city_name)
    chosen = None if scenario is None else read_scenario(scenario_file(city, scenario))
    if chosen is not None:
        city, feed = apply(city, feed, chosen)
    options = Options(day=day, seed=seed)  # type: ignore[arg-type]
    if window is not None:
        options = replace(options, window=window)  # type: ignore[arg-type]
    with console.progress() as progress:
        result = run_plan(
            city, feed, options=options, fleet=fleet, lines=lines, seconds=seconds, wishes=wishes, progress=progress
        )
    out.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    try:
        write_design(city, result.design, fresh / "design", feed=feed)
        write_report(result, fresh / "report.html", language=language)
        data = figures(result)
        if chosen is not None:
            data["scenario"] = {"name": chosen.name, "sha256": chosen.hash, "changes": len(chosen.changes)}
        text = json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False)
        (fresh / "figures.json").write_text(text, encoding="utf-8")
        fresh.chmod(0o755)
        if out.exists():
            shutil.rmtree(out)
        fresh.rename(out)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    print_plan(result)
    if chosen is not None:
        console.out.print(f'Both columns are for the scenario "{chosen.name}".', markup=False)
    console.out.print(f"\nreport   {(out / 'report.html').resolve()}", soft_wrap=True)
    console.out.print(f"design   {(out / 'design').resolve()}  (GTFS, GeoJSON, changes)", soft_wrap=True)


_shared: list[Callable[[Any], Any]] = [
    click.option("--fleet", type=click.IntRange(min=1), help="Vehicles at the busiest hour; default: today's."),
    click.option("--lines", type=click.IntRange(min=1), help="Number of lines; default: several are tried."),
    click.option("--seed", type=int, default=0, show_default=True, help="The same seed searches the same way."),
    click.option("--lang", "language", type=click.Choice(LANGUAGES), default="en", show_default=True,
                 help="Language the report opens in; all four are inside."),
    click.option("--port", type=click.IntRange(1, 65000), default=8000, show_default=True, help="Where to serve."),
]  # fmt: skip


@click.command()
@click.argument("city")
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path("out/plan"), show_default=True, help="Result folder."
)
@click.option("--day", type=DayType(), help="Service day; default: a typical weekday of the timetable.")
@click.option("--window", type=WindowType(), help="Departures considered, 7:00-9:00 unless given.")
@click.option("--scenario", metavar="NAME|FILE", help="Changes to make first: a scenario of the city or a TOML file.")
@click.option("--serve/--no-serve", default=False, help="Serve the report on localhost at the end.")
@click.option("--seconds", type=click.FloatRange(min=1), default=60.0, show_default=True, help="Time to search.")
@with_options([*_shared, *WISHES])
def plan(city: str, out: Path, serve: bool, port: int, **kwargs: object) -> None:
    """Check CITY, say how it stands, design a better network, compare, account carbon; one report.

    CITY is a city folder (see `shaar city build`) or "astana", the example that comes with Shaar.
    """
    wishes = wishes_of(kwargs)
    _run(city, out, wishes=wishes, **kwargs)  # type: ignore[arg-type]
    if serve:
        serve_folder(out, port=port, page="report.html")


@click.command()
@click.option("--out", type=click.Path(path_type=Path), default=Path("demo"), show_default=True, help="Results.")
@click.option("--serve/--no-serve", default=True, help="Serve the report on localhost at the end.")
@click.option("--seconds", type=click.FloatRange(min=1), default=40.0, show_default=True, help="Time to search.")
@with_options(_shared)
def demo(out: Path, serve: bool, port: int, **kwargs: object) -> None:
    """Plan the example city, Astana as mapped in December 2017, and serve the report on localhost."""
    _run("astana", out, day=None, window=None, scenario=None, **kwargs)  # type: ignore[arg-type]
    if serve:
        serve_folder(out, port=port, page="report.html")
