"""The shaar command: thin commands over the engine."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import click

from shaar import __version__
from shaar.engine.errors import ShaarError

#: Commands are loaded only when called, so that `shaar --help` does not wait for numerical libraries.
COMMANDS = {
    "city": ("shaar.cli.city", "city", "Make a city folder from raw files, and check one."),
    "baseline": ("shaar.cli.baseline", "baseline", "Say how a city stands today: service, access, journeys, fleet."),
    "access": ("shaar.cli.access", "access", "Say what every group of people reaches, and who gains by a change."),
    "safety": ("shaar.cli.safety", "safety", "Rank places by crashes; audit the walks to schools and stops."),
    "model": ("shaar.cli.model", "model", "Model how people move, by what and where; with a sheet of trust."),
    "loads": ("shaar.cli.loads", "loads", "Say what every vehicle of a day carries, and who is left behind."),
    "design": ("shaar.cli.design", "design", "Design lines and headways under a fleet limit."),
    "plan": ("shaar.cli.plan", "plan", "Check, baseline, design, compare, account carbon, and write one report."),
    "appraise": ("shaar.cli.appraise", "appraise", "Say what a scenario changes for people, with ranges."),
    "cba": ("shaar.cli.cba", "cba", "Weigh costs and benefits of a scenario over years, with what is uncertain."),
    "parking": ("shaar.cli.parking", "parking", "Say how full parking is, what it costs, and what a price changes."),
    "journey": ("shaar.cli.journey", "journey", "Say how to get from one point to another, leg by leg."),
    "isochrone": ("shaar.cli.isochrone", "isochrone", "Say how far one gets from a point in some minutes."),
    "cycling": ("shaar.cli.cycling", "cycling", "Find missing links and propose a cycle network within a budget."),
    "benchmark": ("shaar.cli.benchmark", "benchmark", "Measure the program against published results."),
    "serve": ("shaar.cli.site", "serve", "Serve the platform: proposals, grants, ballots, plans."),
    "manage": ("shaar.cli.site", "manage", "Run a command of the platform's administration."),
    "demo": ("shaar.cli.site", "demo", "Open the platform with example data (Astana, or Bishkek without a model)."),
    "demo-plan": ("shaar.cli.plan", "demo", "Run the plan on the example city (Astana) and serve its report."),
}


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, name, _ = COMMANDS[cmd_name]
        command = getattr(importlib.import_module(module), name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, _, text) in COMMANDS.items()])


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="shaar")
def group() -> None:
    """Shaar: read a city, say how it stands, design a better network, and say what it does for people."""


def main(arguments: list[str] | None = None) -> Any:
    """Run the command line; errors meant for people are one sentence and exit code 1, Ctrl-C exits with 130."""
    try:
        return group.main(args=arguments, standalone_mode=False)
    except click.exceptions.Abort:
        click.echo("stopped", err=True)
        sys.exit(130)
    except KeyboardInterrupt:
        click.echo("stopped; what stood before is untouched", err=True)
        sys.exit(130)
    except click.ClickException as e:
        e.show()
        sys.exit(e.exit_code)
    except ShaarError as e:
        click.echo(f"error: {e}", err=True)
        sys.exit(1)
    except OSError as e:
        click.echo(f"error: {f'{e.filename}: ' if e.filename else ''}{e.strerror or e}", err=True)
        sys.exit(1)
