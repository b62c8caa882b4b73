"""The real engine under a run: the same again to the last digit, and the same as the command line gives."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import pytest

from shaar.platform.appraise import scenarios
from shaar.platform.appraise.models import Run
from shaar.platform.appraise.services.alternative import save_alternative
from shaar.platform.appraise.services.run import figures, repeat_run, start_run
from shaar.platform.appraise.services.study import make_study
from shaar.platform.appraise.tasks import run_alternative

pytestmark = pytest.mark.slow
OFTEN = {"type": "set_headway", "route_id": "1", "start": "06:30", "end": "09:30", "minutes": 4}


@pytest.fixture
def town(tmp_path, settings, monkeypatch):
    """The town of the engine's tests as the city folder of the installation."""
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "study"))
    from test_baseline import feed, town

    from shaar.engine.city import schema
    from shaar.engine.city.folder import write
    from shaar.engine.timetable.write import write_gtfs

    made, folder = town(tmp_path / "none"), tmp_path / "town"
    tables = {name: getattr(made, name) for name in schema.TABLES}
    write(folder, made.meta, tables, finish=lambda fresh: write_gtfs(feed(), fresh / "gtfs.zip"))
    settings.PROFILE = dataclasses.replace(settings.PROFILE, model=folder)
    scenarios._base_state.cache_clear()
    yield folder
    scenarios._base_state.cache_clear()


def test_a_run_twice_and_the_command_line_give_the_same_figures_to_the_last_digit(town, tmp_path, officer):
    study = make_study(acting=officer, title="Чаще автобус")
    row = save_alternative(acting=officer, study=study, changes=[OFTEN], name="Чаще")
    first = start_run(acting=officer, alternative=row, seed=3)
    run_alternative.call(str(first.pk))
    first.refresh_from_db()
    assert (first.state, first.message) == (Run.State.DONE, "")
    second = repeat_run(acting=officer, run=first)
    run_alternative.call(str(second.pk))
    second.refresh_from_db()
    assert second.same is True
    assert figures(first) == figures(second)
    assert first.provenance == second.provenance

    file = tmp_path / "often.toml"
    from shaar.platform.appraise.exports import scenario_toml

    file.write_text(scenario_toml(row, first), encoding="utf-8")
    told = subprocess.run(
        [sys.executable, "-m", "shaar", "appraise", str(town), str(file), "--seed", "3", "--json"],
        capture_output=True, text=True, check=True, timeout=300,
    )  # fmt: skip
    data = json.loads(told.stdout)
    names = ("indicator", "group", "place", "unit", "before", "after", "change", "low", "high")
    assert sorted(tuple(one[name] for name in names) for one in data["effects"]) == sorted(figures(first))
    assert data["provenance"]["scenario"] == first.provenance["scenario"] == row.scenario_hash
