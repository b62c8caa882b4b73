"""The command line as a stranger meets it."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from shaar import __version__
from shaar.cli import COMMANDS, main
from shaar.cli.options import scenario_file
from shaar.engine.city.example import example_city_path
from shaar.engine.city.folder import read
from shaar.engine.errors import InputError


def test_help_names_every_command_and_loads_no_numerics() -> None:
    code = "import sys; from shaar.cli import main; main(['--help']); assert 'numba' not in sys.modules"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    for name in COMMANDS:
        assert f"  {name} " in run.stdout


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--version"])
    assert capsys.readouterr().out == f"shaar, version {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["plan", "nowhere"], 1, "error: nowhere: no such city folder; `shaar city build` makes one\n"),
        (["plan", "nowhere", "--fleet", "0"], 2, "0 is not in the range x>=1"),
        (["plan", "nowhere", "--window", "9:00-7:00"], 2, "'9:00-7:00' is not a span like 7:00-9:00"),
        (["plan", "nowhere", "--day", "22.11.2026"], 2, "'22.11.2026' is not a date like 2026-11-22"),
        (["fly"], 2, "No such command 'fly'"),
    ],
)
def test_bad_words_end_in_one_sentence(
    arguments: list[str], code: int, words: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    if arguments[0] == "plan":
        arguments = [*arguments, "--out", str(tmp_path / "o")]
    with pytest.raises(SystemExit) as e:
        main(arguments)
    shown = capsys.readouterr().err
    assert e.value.code == code
    assert words in shown
    assert "Traceback" not in shown


def test_a_scenario_is_found_by_name_or_path(tmp_path: Path) -> None:
    city = replace(read(example_city_path("astana")), path=tmp_path)
    (tmp_path / "scenarios").mkdir()
    for name in ("today", "growth"):
        (tmp_path / "scenarios" / f"{name}.toml").write_text(f'name = "{name}"', encoding="utf-8")
    (tmp_path / "mine.toml").write_text('name = "mine"', encoding="utf-8")
    assert scenario_file(city, "today") == scenario_file(city, "today.toml") == tmp_path / "scenarios" / "today.toml"
    assert scenario_file(city, str(tmp_path / "mine.toml")) == tmp_path / "mine.toml"
    with pytest.raises(InputError, match="the scenarios of Астана are: growth, today"):
        scenario_file(city, "tomorrow")
    with pytest.raises(InputError, match="are: growth, today"):
        scenario_file(city, "../mine")


def test_an_unknown_scenario_ends_in_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as e:
        main(["plan", "astana", "--scenario", "tomorrow", "--out", str(tmp_path / "o")])
    assert e.value.code == 1
    assert "error: tomorrow: there is no such scenario file, and the scenarios of Астана are: reference, today" in (
        capsys.readouterr().err
    )
    assert not (tmp_path / "o").exists()


def test_a_folder_that_is_no_plan_is_not_replaced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(SystemExit):
        main(["plan", "astana", "--out", str(tmp_path)])
    assert "holds something that is not a plan, so it is left as it is" in capsys.readouterr().err
    assert (tmp_path / "thesis.txt").read_text() == "years of work"
