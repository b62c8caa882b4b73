"""The job that has a run computed: in a process of its own, watched, stopped when somebody cancels it."""

from __future__ import annotations

import json
import logging
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django_tasks import task

from shaar.engine.errors import ShaarError

from .models import Run
from .scenarios import city_stamp, model_folder
from .services import run as telling

log = logging.getLogger("shaar.appraise")
#: What computes; tests put other programs here.
COMMAND: list[str] = [sys.executable, "-m", "shaar.platform.appraise.computing"]
#: How often progress is written and a cancelling noticed, seconds.
EVERY = 1.0


@dataclass(frozen=True, slots=True)
class Ended:
    """How the process ended: ``code`` is "done", "cancelled", or why it failed."""

    code: str
    message: str = ""


@task(queue_name="slow")
def run_alternative(number: str) -> None:
    """Compute a run. Safe to run again: a run that is done, or that another worker is at, is left as it is."""
    telling.give_up_lost()
    run = telling.begin(number)
    if run is None:
        return
    try:
        _run(run)
    except Exception as error:
        log.exception("run.broken", extra={"number": str(run.pk)})
        telling.fail(run, "broken", type(error).__name__)
        raise
    except BaseException:  # the worker is being stopped
        telling.fail(run, "lost")
        raise


def appraisals() -> Path:
    """Where the tables of all runs lie."""
    folder: Path = settings.HOME / "appraisals"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _run(run: Run) -> None:
    from shaar.engine.study.effects import read_appraisal

    if city_stamp() != run.city:
        # The data changed between the asking and now: say so rather than to compute on other data than was asked for.
        telling.fail(run, "stale")
        return
    folder = appraisals() / str(run.pk)
    shutil.rmtree(folder, ignore_errors=True)  # of a worker that died
    ended = _watch(run, folder)
    if ended.code == "done":
        try:
            appraisal = read_appraisal(folder)
        except (ShaarError, OSError, ValueError) as error:
            ended = Ended("broken", str(error))
        else:
            if telling.finish(run, appraisal, folder.name):
                return
            ended = Ended("cancelled")
    shutil.rmtree(folder, ignore_errors=True)
    if ended.code != "cancelled":
        log.warning("run.failed", extra={"number": str(run.pk), "why": ended.code})
        telling.fail(run, ended.code, ended.message)


def _watch(run: Run, folder: Path) -> Ended:
    """Start the process, pass its progress on, and end it when the run is no longer ours."""
    with tempfile.TemporaryDirectory(prefix="shaar-run-") as scratch:
        job = Path(scratch) / "job.json"
        job.write_text(json.dumps(_job(run, folder)), encoding="utf-8")
        with (Path(scratch) / "errors").open("w+", encoding="utf-8", errors="replace") as errors:
            process = subprocess.Popen(
                [*COMMAND, str(job)], stdout=subprocess.PIPE, stderr=errors, text=True, encoding="utf-8"
            )
            try:
                ended = _listen(run, process)
            finally:
                if process.poll() is None:
                    process.kill()
                process.wait()
            if ended is None:
                errors.seek(0)
                ended = _died(process.returncode, errors.read())
    return ended


def _job(run: Run, folder: Path) -> dict[str, Any]:
    return {
        "city": str(model_folder()), "name": run.alternative.name, "changes": run.changes, "against": run.against,
        "against_name": run.against_name or "-", "seed": run.seed, "folder": str(folder),
    }  # fmt: skip


def _listen(run: Run, process: subprocess.Popen[str]) -> Ended | None:
    """Follow the process to its end; None when it ended without a word."""
    lines: queue.Queue[str | None] = queue.Queue()

    def read() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            lines.put(line)
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    told = 0.0
    said: dict[str, Any] = {"stage": "", "done": 0.0, "total": None, "note": ""}
    ended: Ended | None = None
    while True:
        if time.monotonic() - told >= EVERY:
            told = time.monotonic()
            if not telling.hear(
                run, str(said["stage"]), float(said["done"] or 0), said["total"], str(said["note"] or "")
            ):
                return Ended("cancelled")
        try:
            line = lines.get(timeout=EVERY)
        except queue.Empty:
            continue
        if line is None:
            return ended
        facts = _facts(line)
        if "end" in facts:
            ended = Ended(str(facts["end"]), str(facts.get("message", "")))
        elif "stage" in facts:
            said = {name: facts.get(name) for name in ("stage", "done", "total", "note")}


def _facts(line: str) -> dict[str, Any]:
    """A line of progress; what a library printed between them is nothing."""
    try:
        facts = json.loads(line)
    except ValueError:
        return {}
    return facts if isinstance(facts, dict) else {}


def _died(code: int, errors: str) -> Ended:
    """Why a process that said nothing ended: the system kills what takes too much memory."""
    if code == -signal.SIGKILL:
        return Ended("memory")
    if code < 0:
        return Ended("killed", signal.Signals(-code).name)
    last = errors.strip().splitlines()
    log.error("run.process_failed", extra={"code": code, "errors": errors[-2000:]})
    return Ended("broken", last[-1][:300] if last else "")
