"""`shaar serve`, `shaar demo`, `shaar manage`: the platform from the command line."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import click

from shaar.engine.errors import ShaarError

_SETTINGS = "shaar.platform.settings"
#: Python answers one request at a time in a process; more processes than cores only wait for each other.
_PROCESSES = min(4, os.cpu_count() or 1)
_HOME = click.option(
    "--home", type=click.Path(path_type=Path), help="Folder of databases, files and the key [$SHAAR_HOME, else var]."
)
_CITY = click.option("--city", help="Profile of the city: a name or a folder [$SHAAR_CITY, else astana].")


def prepare(home: Path | None = None, city: str | None = None, *, development: bool = False) -> None:
    """Set up Django for this process and those it starts.

    Raises
    ------
    ShaarError
        If the platform's packages are not installed.
    """
    if find_spec("django") is None:
        raise ShaarError('the platform is not installed: pip install "shaar[platform]"')
    if home is not None:
        os.environ["SHAAR_HOME"] = str(home)
    if city is not None:
        os.environ["SHAAR_CITY"] = city
    if development:
        os.environ["SHAAR_DEVELOPMENT"] = "yes"
    os.environ["DJANGO_SETTINGS_MODULE"] = _SETTINGS
    import django

    django.setup()


def bring_up_to_date() -> None:
    """Make or migrate the databases, and take in the territories of the city's profile."""
    from django.conf import settings
    from django.core.management import call_command

    for database in settings.DATABASES:
        call_command("migrate", database=database, verbosity=0)
    call_command("createcachetable", database="jobs" if "jobs" in settings.DATABASES else "default", verbosity=0)
    call_command("import_territories", verbosity=0)
    from shaar.platform.places import city_map

    city_map.ask()


def _end(number: int, frame: object) -> None:
    """What supervisors send ends us as Ctrl-C does; otherwise the processes beside us would outlive us."""
    raise KeyboardInterrupt


def _wait(process: subprocess.Popen[bytes]) -> None:
    """Wait for the end; a worker in the middle of a long job breaks it off when it is told twice."""
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.terminate()
        process.wait(timeout=20)


def run_servers(host: str, port: int, *, processes: int, threads: int) -> None:
    """Serve until Ctrl-C or SIGTERM: web processes and workers for jobs beside them; all end together.

    Long jobs have a worker of their own, so that a study of minutes does not hold up a message.
    """
    signal.signal(signal.SIGTERM, _end)
    work = [sys.executable, "-m", "django", "db_worker", "--no-startup-delay", "--no-reload", "--queue-name"]
    workers = [subprocess.Popen([*work, queues]) for queues in ("default,notify", "slow")]
    web = subprocess.Popen(
        [
            sys.executable, "-m", "granian", "--interface", "wsgi", "--host", host, "--port", str(port), "--no-ws",
            "--workers", str(processes), "--blocking-threads", str(threads), "shaar.platform.wsgi:application",
        ],
    )  # fmt: skip
    try:
        code = web.wait()
    except KeyboardInterrupt:
        code = 0
    finally:
        for process in (web, *workers):
            process.terminate()
        for process in (web, *workers):
            _wait(process)
    if code:
        raise ShaarError(f"the web server ended with code {code}; is port {port} in use?")


@click.command()
@_HOME
@_CITY
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option("--port", default=8000, show_default=True, help="Port to listen at.")
@click.option("--processes", default=_PROCESSES, show_default=True, help="Web processes; one a core is enough.")
@click.option("--threads", default=8, show_default=True, help="Requests that each of them answers at once.")
@click.option("--development", is_flag=True, help="Codes and mails in the console, example sign-ins; never in public.")
def serve(
    home: Path | None, city: str | None, host: str, port: int, processes: int, threads: int, development: bool
) -> None:
    """Serve the platform: pages, interface for programs, and the worker beside them."""
    prepare(home, city, development=development)
    bring_up_to_date()
    click.echo(f"Shaar at http://{host}:{port}/  (Ctrl-C ends it)")
    run_servers(host, port, processes=processes, threads=threads)


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def manage(arguments: tuple[str, ...]) -> None:
    """Run a Django management command, as `shaar manage verify_events`."""
    prepare()
    from django.core.management import execute_from_command_line

    execute_from_command_line(["shaar manage", *(arguments or ("help",))])


@click.command()
@click.option("--city", default="astana", show_default=True, help="astana, or bishkek: places without a model.")
@click.option("--home", type=click.Path(path_type=Path), help="Folder of the example [demo/CITY].")
@click.option("--port", default=8000, show_default=True, help="Port to listen at.")
@click.option("--serve/--no-serve", default=True, show_default=True, help="Serve it after filling it.")
def demo(city: str, home: Path | None, port: int, serve: bool) -> None:
    """Open the platform with example data: made-up people, proposals, a round table, a plan, a question.

    For looking around only: everybody may sign in as anybody.
    """
    os.environ["SHAAR_EXAMPLE"] = "yes"
    os.environ.setdefault("SHAAR_SITE_URL", f"http://localhost:{port}")
    prepare(home or Path("demo") / city, city, development=True)
    bring_up_to_date()
    from shaar.platform.accounts import examples
    from shaar.platform.example.build import fill
    from shaar.platform.kernel.models import Event

    if Event.objects.filter(object_type__startswith="propose.").exists():
        click.echo(f"the example is there already, in {os.environ['SHAAR_HOME']}")
    else:
        click.echo("making example data (a minute)")
        fill(lambda stage, done, total=None, note="": click.echo(f"  {note}") if note else None)
    click.echo(f"sign in at http://localhost:{port}/account/login/ as one of (example people, development only):")
    for row in examples.listed():
        if row["person"].roles.exists() or row["person"].email.startswith("resident@"):
            click.echo(f"  {row['person'].name:24} {row['role']}")
    if serve:
        click.echo(f"Shaar at http://localhost:{port}/  (Ctrl-C ends it)")
        run_servers("127.0.0.1", port, processes=1, threads=8)
