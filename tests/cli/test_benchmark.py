"""`shaar benchmark tndp`: what is asked reaches the study, and what the study says is shown."""

from __future__ import annotations

import sys
import types
from pathlib import Path
from typing import Any

import pytest

from shaar.cli import main
from shaar.engine.errors import InputError

MODULE = "shaar.engine.study.benchmark_tndp"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Stand in for the study, which would search for minutes; keep what it is asked."""
    import shaar.engine.study as room

    kept: dict[str, Any] = {}

    def run(
        data: Path, *, out: Any, instances: Any, seconds: Any, front_seconds: Any, seeds: Any, progress: Any
    ) -> list[str]:
        kept.update(
            data=data, out=out, instances=instances, seconds=seconds, front_seconds=front_seconds, seeds=seeds
        )  # fmt: skip
        progress("search", 1, 1, "one run")
        if instances == ("atlantis",):
            raise InputError("there is no instance 'atlantis'", field="instances")
        return ["first line [bold]", "second line"]

    stand_in = types.ModuleType(MODULE)
    stand_in.run = run  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, MODULE, stand_in)
    monkeypatch.setattr(room, "benchmark_tndp", stand_in, raising=False)
    return kept


def test_what_is_asked_reaches_the_study(
    asked: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["benchmark", "tndp", str(tmp_path)])
    assert asked == {
        "data": tmp_path, "out": None, "instances": None, "seconds": 10.0, "front_seconds": 0.0, "seeds": 5,
    }  # fmt: skip
    assert capsys.readouterr().out == "first line [bold]\nsecond line\n"
    main(
        [
            "benchmark", "tndp", str(tmp_path), "--instances", "mandl-6, mumford0", "--instances", "mandl-6,mandl-8",
            "--seconds", "2.5", "--front-seconds", "600", "--seeds", "3", "--out", str(tmp_path / "runs"),
        ]
    )  # fmt: skip
    assert asked == {
        "data": tmp_path, "out": tmp_path / "runs", "instances": ("mandl-6", "mumford0", "mandl-8"), "seconds": 2.5,
        "front_seconds": 600.0, "seeds": 3,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["{}", "--instances", "atlantis"], 1, "error: field instances: there is no instance 'atlantis'"),
        (["{}/nowhere"], 1, "nowhere: there is no such folder"),
        (["{}", "--seeds", "0"], 2, "0 is not in the range x>=1"),
        (["{}", "--seconds", "-1"], 2, "-1.0 is not in the range x>=0"),
        ([], 2, "Missing argument 'DATA'"),
    ],
)
def test_bad_words_end_in_one_sentence(
    asked: dict[str, Any], arguments: list[str], code: int, words: str, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    with pytest.raises(SystemExit) as stop:
        main(["benchmark", "tndp", *(text.replace("{}", str(tmp_path)) for text in arguments)])
    assert stop.value.code == code
    assert words in capsys.readouterr().err
