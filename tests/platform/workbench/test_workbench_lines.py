"""The optimiser at the workbench: better answers while it searches, cancelling, a search that dies."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from shaar.platform.appraise import proposals

PLACES = {"place_ids": ["corner"], "vehicles": 4, "seconds": 5}


@pytest.fixture(autouse=True)
def _none_before() -> None:
    import shutil

    shutil.rmtree(settings.HOME / "lines", ignore_errors=True)


def program(monkeypatch: Any, tmp_path: Path, text: str) -> None:
    """Another program in place of the search."""
    file = tmp_path / "search.py"
    file.write_text("import json, sys, time\nfrom pathlib import Path\nfolder = Path(sys.argv[1])\n" + text)
    monkeypatch.setattr(proposals, "COMMAND", [sys.executable, str(file)])


SAYS = """
def say(state, **more):
    (folder / "x").write_text(json.dumps({"state": state, "progress": {"note": "search", "done": 1, "total": 5},
        "better": [], "message": "", "field": None, **more}))
    (folder / "x").replace(folder / "state.json")
"""


def follow(ask: Any, job: str, until: tuple[str, ...] = ("done", "failed", "cancelled"), seconds: float = 60) -> Any:
    end = time.monotonic() + seconds
    while (said := ask("get", f"lines/propose/{job}").json())["state"] not in until:
        assert time.monotonic() < end, said
        time.sleep(0.05)
    return said


def test_a_search_streams_answers_that_open_as_changes(opened: Any, ask: Any) -> None:
    begun = ask("post", "lines/propose", PLACES)
    assert begun.status_code == 200
    said = follow(ask, begun.json()["job"], seconds=120)
    assert (said["state"], said["message"]) == ("done", "")
    better = said["better"]
    assert better and [b["minutes_after"] for b in better] == sorted((b["minutes_after"] for b in better), reverse=True)
    assert better[-1]["name"].startswith(f"Proposal {len(better)}: ")
    for _ in better:  # one new answer is appraised at each look
        said = ask("get", f"lines/propose/{begun.json()['job']}").json()
    shown = said["better"][-1]
    effects = ask("post", "effects", {"changes": shown["changes"]}).json()["appraisal"]["effects"]
    by_key = {e["indicator"]: e for e in effects if e["group"] == "all" and not e["place"]}
    assert {e["indicator"]: e["change"] for e in shown["effects"]} == {
        e["indicator"]: by_key[e["indicator"]]["change"] for e in shown["effects"]
    }
    assert "journey.minutes" in {e["indicator"] for e in shown["effects"]}


def test_a_search_is_cancelled_and_what_it_found_stays(
    in_town: Path, ask: Any, monkeypatch: Any, tmp_path: Path
) -> None:
    found = {"found_at": 1.0, "vehicles": 2, "minutes_before": 9.0, "minutes_after": 8.0, "lines": [{"name": "N1"}],
             "changes": []}  # fmt: skip
    program(
        monkeypatch, tmp_path,
        SAYS + f"say('running', better=[{json.dumps(found)}])\n"
        "while not (folder / 'cancel').exists(): time.sleep(0.02)\n"
        f"say('cancelled', better=[{json.dumps(found)}])\n",
    )  # fmt: skip
    job = ask("post", "lines/propose", PLACES).json()["job"]
    while not ask("get", f"lines/propose/{job}").json()["better"]:
        time.sleep(0.02)
    second = ask("post", "lines/propose", PLACES)
    assert (second.status_code, second.json()["code"]) == (409, "lines.running")
    assert ask("delete", f"lines/propose/{job}").json()["state"] in {"cancelling", "cancelled"}
    ended = follow(ask, job)
    assert ended["state"] == "cancelled" and len(ended["better"]) == 1


def test_a_search_that_dies_says_so(in_town: Path, ask: Any, monkeypatch: Any, tmp_path: Path) -> None:
    program(monkeypatch, tmp_path, SAYS + "say('running')\nsys.exit(9)\n")
    job = ask("post", "lines/propose", PLACES).json()["job"]
    ended = follow(ask, job)
    assert ended["state"] == "failed" and "broken off" in ended["message"]


def test_a_search_that_the_model_refuses_names_the_field(opened: Any, ask: Any) -> None:
    job = ask("post", "lines/propose", {**PLACES, "place_ids": ["atlantis"]}).json()["job"]
    ended = follow(ask, job)
    assert (ended["state"], ended["field"]) == ("failed", "place_ids")
    assert "atlantis" in ended["message"]


def test_no_more_searches_than_the_machine_can_bear(
    in_town: Path, ask: Any, person: Any, sign_in: Any, monkeypatch: Any, tmp_path: Path
) -> None:
    program(
        monkeypatch, tmp_path,
        SAYS + "say('running')\nwhile not (folder / 'cancel').exists(): time.sleep(0.02)\nsay('cancelled')\n",
    )  # fmt: skip
    monkeypatch.setattr(proposals, "AT_ONCE", 1)
    other = sign_in(person("Гульнара", officer=None))
    job = ask("post", "lines/propose", PLACES, client=other).json()["job"]
    busy = ask("post", "lines/propose", PLACES)
    assert (busy.status_code, busy.json()["code"]) == (409, "lines.busy")
    assert ask("get", f"lines/propose/{job}").status_code == 404  # hers alone
    assert ask("delete", f"lines/propose/{job}").status_code == 404
    ask("delete", f"lines/propose/{job}", client=other)
    assert len(list((settings.HOME / "lines").iterdir())) == 1
