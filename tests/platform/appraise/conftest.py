"""A study with an alternative, and programs in place of the engine that answer at once."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

CHANGE = {"type": "population_total", "value": 1_700_000, "date": "2026-02-01", "source": "test"}
#: Reads the job as the engine does, and then does as a test says.
_HEAD = """
import json, os, shutil, signal, sys, time
job = json.load(open(sys.argv[1], encoding="utf-8"))
say = lambda **facts: print(json.dumps(facts), flush=True)
"""
PROGRAMS = {
    "done": 'say(stage="journeys", done=1, total=2); shutil.copytree(PREPARED, job["folder"]); say(end="done")',
    "killed": 'say(stage="journeys", done=1, total=2); os.kill(os.getpid(), signal.SIGKILL)',
    "ended": "os.kill(os.getpid(), signal.SIGTERM)",
    "memory": 'say(end="memory", message="")',
    "refused": 'say(end="scenario", message="change 1: there is no line 7")',
    "half": 'os.makedirs(job["folder"]); open(job["folder"] + "/zones.parquet", "w").write("half"); sys.exit("boom")',
    "liar": 'os.makedirs(job["folder"]); say(end="done")',
    "slow": "\nwhile True: say(stage='journeys', done=1, total=100); time.sleep(0.05)",
}


@pytest.fixture
def officer(person: Callable[..., Any]) -> Any:
    return person("Эрмек", officer=None)


@pytest.fixture
def colleague(person: Callable[..., Any]) -> Any:
    return person("Гульнара", officer=None)


@pytest.fixture
def head(person: Callable[..., Any]) -> Any:
    return person("Бакыт", head=None)


@pytest.fixture
def resident(person: Callable[..., Any]) -> Any:
    return person("Айгуль", home="ak-ordo")


@pytest.fixture
def study(officer: Any) -> Any:
    from shaar.platform.appraise.services.study import make_study

    return make_study(acting=officer, title="Автобус до Ак-Ордо", about="Что даст новый маршрут?")


@pytest.fixture
def alternative(officer: Any, study: Any) -> Any:
    from shaar.platform.appraise.services.alternative import save_alternative

    return save_alternative(acting=officer, study=study, changes=[CHANGE], name="Новый маршрут")


def appraisal(
    clinic: float = 7400.0, minutes: float = -4.25, seed: int = 0, zone_ids: Sequence[str] = ("x", "y", "z")
) -> Any:
    """An appraisal as the engine gives one: a clinic reached by more, shorter journeys, dearer service, one gap."""
    import polars as pl

    from shaar.engine.measures.effects import Appraisal, Effect, Provenance
    from shaar.engine.study.appraise_data import parameter_hash

    rows = (
        ("reach.clinics_30", "persons", 1900.0, clinic, "more", "ak-ordo", ""),
        ("journey.minutes", "min", 41.5, 41.5 + minutes, "less", "", ""),
        ("service.vehicles", "vehicles", 0.0, 4.0, "neither", "", ""),
        ("climate.co2e", "t/year", 100.0, 280.1, "less", "", ""),
        ("money.cost", "EUR/year", 1_000_000.0, 1_200_000.0, "less", "", ""),
        ("safety.crashes", "% of crashes", None, None, "less", "", "no_factor"),
    )
    effects = tuple(
        Effect(
            indicator=key, unit=unit, before=before, after=after,
            change=None if after is None or before is None else after - before,
            low=None if after is None or before is None else (after - before) * 0.8,
            high=None if after is None or before is None else (after - before) * 1.2,
            badge="modelled", better=better, place=place, method="reach" if "reach" in key else "journey",
            source="test", not_modelled=gap,
        )
        for key, unit, before, after, better, place, gap in rows
    )  # fmt: skip
    zones = pl.DataFrame(
        {
            "zone_id": list(zone_ids), "population": [1000.0, 500.0, 20.0], "minutes_before": [50.0, 30.0, None],
            "minutes_after": [38.0, 31.0, None], "change": [-12.0, 1.0, None], "low": [-14.0, 0.5, None],
            "high": [-9.0, 1.5, None], "clear": [1, -1, 0],
        }
    )  # fmt: skip
    places = pl.DataFrame(
        {
            "place_id": ["ak-ordo", "urker"], "kind": ["settlement", "settlement"], "name": ["Ak-Ordo", "Urker"],
            "population": [1000.0, 520.0], "minutes_before": [50.0, 30.0], "minutes_after": [38.0, 31.0],
            "change": [-12.0, 1.0], "low": [-14.0, 0.5], "high": [-9.0, 1.5], "gainers": [1000.0, 0.0],
            "losers": [0.0, 500.0],
        }
    )  # fmt: skip
    lines = pl.DataFrame(
        {
            "route_id": ["38"], "name": ["38"], "status": ["new"],
            "boardings_before": [None], "boardings_after": [900.0], "vehicle_km_before": [None],
            "vehicle_km_after": [300.0], "vehicles_before": [None], "vehicles_after": [4.0],
        },
        schema_overrides=dict.fromkeys(("boardings_before", "vehicle_km_before", "vehicles_before"), pl.Float64),
    )  # fmt: skip
    from shaar import __version__

    made = Provenance(
        city="c" * 64, scenario="s" * 64, compared_with="b" * 64, parameters=parameter_hash(), engine=__version__,
        seed=seed,
    )  # fmt: skip
    return Appraisal(effects, zones, places, lines, made)


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Put a program in place of the engine: ``program("killed")``, ``program("done", appraisal(clinic=8000))``."""
    from shaar.engine.study.effects import write_appraisal
    from shaar.platform.appraise import results, tasks

    monkeypatch.setattr(tasks, "EVERY", 0.1)
    results._tables.cache_clear()
    turn = iter(range(100))

    def put(name: str, given: Any = None) -> None:
        number = next(turn)
        prepared = tmp_path / f"prepared{number}"
        write_appraisal(given or appraisal(), prepared)
        file = tmp_path / f"program{number}.py"
        file.write_text(f"{_HEAD}PREPARED = {str(prepared)!r}\n{PROGRAMS[name]}\n", encoding="utf-8")
        monkeypatch.setattr(tasks, "COMMAND", [sys.executable, "-S", str(file)])

    return put


@pytest.fixture
def compute(officer: Any, program: Callable[..., None]) -> Callable[..., Any]:
    """Have an alternative computed by a program: ``compute(alternative, "done")`` gives the run as it then stands."""
    from shaar.platform.appraise.services.run import start_run
    from shaar.platform.appraise.tasks import run_alternative

    def do(alternative: Any, name: str = "done", given: Any = None) -> Any:
        program(name, given)
        run = start_run(acting=officer, alternative=alternative)
        run_alternative.call(str(run.pk))
        run.refresh_from_db()
        return run

    return do


@pytest.fixture
def published(officer: Any, study: Any, alternative: Any, compute: Callable[..., Any]) -> Any:
    """The study with its alternative computed and shown to everybody."""
    from shaar.platform.appraise.services.study import publish

    compute(alternative)
    return publish(acting=officer, study=study)
