"""``shaar benchmark``: measure the program itself against published results."""

from __future__ import annotations

from pathlib import Path

import click

from shaar.cli import console
from shaar.engine.errors import InputError


@click.group()
def benchmark() -> None:
    """Measure the program against published results."""


def _names(context: click.Context, parameter: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    """Take names that are separated by commas, given again, or both."""
    return tuple(dict.fromkeys(name.strip() for text in given for name in text.split(",") if name.strip()))


@benchmark.command()
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--instances", multiple=True, callback=_names, help="Names separated by commas, as mandl-6 [all].")
@click.option(
    "--seconds",
    type=click.FloatRange(min=0),
    default=10.0,
    show_default=True,
    help="Time of one passenger search; 0: what is kept.",
)
@click.option(
    "--front-seconds", type=click.FloatRange(min=0), default=0.0, show_default=True,
    help="Time of the sweep over caps on the total route time; 0: what is kept.",
)  # fmt: skip
@click.option("--seeds", type=click.IntRange(min=1), default=5, show_default=True, help="Searches per instance.")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), help="Keep each run here; done ones are reused."
)
def tndp(
    data: Path, instances: tuple[str, ...], seconds: float, front_seconds: float, seeds: int, out: Path | None
) -> None:
    """Search on the transit network design instances in DATA and print the results beside the published ones.

    DATA holds a folder per instance (mandl, mumford0 ...) with nodes.csv, links.csv and demand.csv, and
    published_results.csv. Ctrl-C stops; with --out the same command goes on later.
    """
    from shaar.engine.study import benchmark_tndp

    if not data.is_dir():
        raise InputError("there is no such folder", file=data)
    with console.progress() as progress:
        lines = benchmark_tndp.run(
            data, out=out, instances=instances or None, seconds=seconds, front_seconds=front_seconds, seeds=seeds,
            progress=progress,
        )  # fmt: skip
    for line in lines:
        click.echo(line)
