"""Searches for lines, asked for at the workbench: start one, look how far it is, cancel it.

Each is a process beside the web process and a folder in the home of the installation, so that every web process can
look into it. It leaves nothing but proposals: what an officer takes of them is saved as an alternative.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
import uuid
from pathlib import Path
from threading import Thread
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from shaar.platform.accounts.models import Person
from shaar.platform.kernel import limits
from shaar.platform.kernel.errors import Conflict, Forbidden, Invalid, Missing

from .policies import may_appraise
from .scenarios import canonical, model_folder, scenario_of

#: What searches; tests put other programs here.
COMMAND: list[str] = [sys.executable, "-m", "shaar.platform.appraise.proposing"]
#: Searches at once in this installation, and of one person.
AT_ONCE, OF_ONE = 2, 1
#: A search that says nothing for so long has died; folders are kept for so long (s).
SILENCE_S, KEPT_S = 90.0, 86_400.0
LEAST_S, MOST_S = 5, 600
State = dict[str, Any]


def start(
    *, acting: Person, place_ids: list[str], vehicles: int, seconds: float, changes: list[dict[str, Any]], seed: int = 0
) -> str:
    """Search lines for some places with so many vehicles beside the network with ``changes``; returns the job's number.

    Raises
    ------
    Forbidden, Invalid, Conflict, TooMany
        Not an appraiser; something cannot be meant; a search of hers is running, or as many as the machine can bear.
    """
    if not may_appraise(acting):
        raise Forbidden("study.role", _("Officers, heads and the mayor's office prepare studies."))
    if not LEAST_S <= seconds <= MOST_S:
        raise Invalid(
            "lines.seconds", _("A search takes between %(a)d and %(b)d seconds.") % {"a": LEAST_S, "b": MOST_S},
            field="seconds",
        )  # fmt: skip
    plain = canonical(scenario_of("-", changes))
    folder = model_folder()
    reference = folder / "scenarios" / "reference.toml"
    _clear()
    running = [job for job in _jobs() if _state(job)["state"] == "running"]
    if len([job for job in running if _job(job)["by"] == str(acting.pk)]) >= OF_ONE:
        raise Conflict("lines.running", _("A search of yours is still running. Cancel it or wait for it."))
    if len(running) >= AT_ONCE:
        raise Conflict("lines.busy", _("Others are searching for lines now. Please try again in a minute."))
    limits.count("lines", str(acting.pk))
    number = uuid.uuid4().hex
    job = _home() / number
    job.mkdir(parents=True)
    asked = {
        "city": str(folder), "by": str(acting.pk), "place_ids": place_ids, "vehicles": vehicles, "seconds": seconds,
        "changes": plain, "seed": seed,
        "reference": str(reference) if reference.exists() and not (folder / "gtfs.zip").exists() else "",
    }  # fmt: skip
    (job / "job.json").write_text(json.dumps(asked, ensure_ascii=False), encoding="utf-8")
    process = subprocess.Popen([*COMMAND, str(job)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    Thread(target=_watch, args=(process, job), daemon=True).start()
    return number


def look(number: str, *, viewer: Person) -> State:
    """How far a search of hers is and what it has found: state, progress, better, message, field, asked."""
    job = _own(number, viewer)
    return {**_state(job), "asked": _job(job)}


def cancel(number: str, *, acting: Person) -> State:
    """Have a search of hers end; what it found stays to be looked at."""
    job = _own(number, acting)
    if _state(job)["state"] == "running":
        (job / "cancel").touch()
    return {**_state(job), "asked": _job(job)}


def _watch(process: subprocess.Popen[bytes], job: Path) -> None:
    """Wait for the process; one that dies without a word is said to have failed."""
    code = process.wait()
    state = _read(job / "state.json")
    if code and (state is None or state["state"] == "running"):
        (job / "died").write_text(str(code), encoding="ascii")


def _own(number: str, person: Person) -> Path:
    job = _home() / number
    asked = _read(job / "job.json") if number.isalnum() else None
    if asked is None or asked["by"] != str(person.pk):
        raise Missing("lines.missing", _("There is no such search."))
    return job


def _state(job: Path) -> State:
    begun: State = {
        "state": "running", "progress": {"note": "", "done": 0.0, "total": None}, "better": [], "message": "",
        "field": None,
    }  # fmt: skip
    state = _read(job / "state.json") or begun
    if state["state"] == "running":
        file = job / "state.json"
        heard = (file if file.exists() else job / "job.json").stat().st_mtime
        if (job / "died").exists() or time.time() - heard > SILENCE_S:
            said = _("The search has broken off. What it had found is kept.")
            state |= {"state": "failed", "message": said, "lost": True}
        elif (job / "cancel").exists():
            state["state"] = "cancelling"
    return state


def _read(file: Path) -> State | None:
    try:
        return dict(json.loads(file.read_text(encoding="utf-8")))
    except (FileNotFoundError, json.JSONDecodeError):
        return None


def _job(job: Path) -> State:
    return _read(job / "job.json") or {"by": ""}


def _home() -> Path:
    folder: Path = settings.HOME / "lines"
    return folder


def _jobs() -> list[Path]:
    return [job for job in _home().glob("*") if (job / "job.json").exists()]


def _clear() -> None:
    for job in _jobs():
        if time.time() - job.stat().st_mtime > KEPT_S:
            shutil.rmtree(job, ignore_errors=True)
