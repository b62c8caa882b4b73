"""Executors: the same outcome in task order on every backend, errors as sentences, Ctrl-C keeps what is finished."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import executor_tasks as do
import pytest

from shaar.engine.errors import InputError, ShaarError
from shaar.engine.study.executor import Executor, Task, open_executor

HERE = str(Path(__file__).parent)


@pytest.fixture(scope="module", params=["serial", "processes", "ray"])
def executor(request: pytest.FixtureRequest) -> Iterator[Executor]:
    if request.param == "ray":
        pytest.importorskip("ray", reason="Ray is not installed (pip install shaar[scale])")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join([HERE, os.environ.get("PYTHONPATH", "")]))
        patch.setenv("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
        with open_executor(request.param, workers=2) as opened:
            yield opened


def test_results_stand_in_task_order(executor: Executor) -> None:
    told: list[tuple[float, float | None]] = []
    tasks = [Task(f"number {k}", do.late, {"number": k, "seconds": 0.05 * (5 - k)}) for k in range(6)]
    outcome = executor.map(tasks, lambda stage, done, total=None, note="": told.append((done, total)))
    assert list(outcome.results) == list(range(6))
    assert [double for double, _ in outcome.values()] == [0, 2, 4, 6, 8, 10]
    assert not outcome.errors
    assert not outcome.interrupted
    assert told[-1] == (6.0, 6.0)
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert executor.progress() == (6, 6)


def test_an_error_is_one_sentence_that_names_the_task_and_stops_no_other(executor: Executor) -> None:
    outcome = executor.map([Task(f"number {k}", do.double, {"number": k}) for k in range(7)])
    assert dict(outcome.results) == {0: 0, 1: 2, 2: 4, 4: 8, 6: 12}
    assert outcome.errors[3] == "number 3: numbers.csv, line 3: three is not doubled here"
    assert outcome.errors[5].startswith("number 5: ZeroDivisionError: ")
    assert "executor_tasks.py, line " in outcome.errors[5]
    assert list(outcome.errors) == [3, 5]
    with pytest.raises(ShaarError, match="number 3: numbers"):
        outcome.values()


def test_no_tasks(executor: Executor) -> None:
    assert executor.map([]).values() == []


def test_stopping_returns_the_finished_tasks(executor: Executor, tmp_path: Path) -> None:
    def stop(stage: str, done: float, total: float | None = None, note: str = "") -> None:
        if done >= 1:
            raise KeyboardInterrupt

    tasks = [Task(f"mark {k}", do.leave_a_mark, {"folder": tmp_path, "number": k}) for k in range(4)]
    began = time.monotonic()
    outcome = executor.map(tasks, stop)
    assert outcome.interrupted
    assert dict(outcome.results) == {0: 0}
    assert not outcome.errors
    assert time.monotonic() - began < 25
    assert [file.name for file in tmp_path.iterdir()] == ["0"]
    assert executor.map([Task("again", do.double, {"number": 8})]).values() == [16], "it can be used again"


@pytest.mark.parametrize("backend", ["processes", "ray"])
def test_a_worker_that_dies_is_laid_to_its_task(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if backend == "ray":
        pytest.importorskip("ray", reason="Ray is not installed (pip install shaar[scale])")
    monkeypatch.setenv("PYTHONPATH", HERE)
    with open_executor(backend, workers=2) as executor:
        outcome = executor.map([Task(f"life {k}", do.die, {"number": k}) for k in range(4)])
    assert dict(outcome.results) == {0: 0, 2: 2, 3: 3}
    assert list(outcome.errors) == [1]
    assert outcome.errors[1].startswith("life 1: ")
    assert "died" in outcome.errors[1]
    assert "\n" not in outcome.errors[1]


def test_what_cannot_be_sent_is_said() -> None:
    with open_executor("processes", workers=1) as executor:
        outcome = executor.map(
            [
                Task("a lock back", do.lock),
                Task("a lock there", do.double, {"number": threading.Lock()}),
                Task("fine", do.double, {"number": 4}),
            ]
        )
    assert dict(outcome.results) == {2: 8}
    assert "a lock back: its result cannot be sent back" in outcome.errors[0]
    assert "a lock there: it cannot be sent to a worker" in outcome.errors[1]


def test_workers_are_other_processes_and_end() -> None:
    with open_executor("processes", workers=2) as executor:
        tasks = [Task(f"{k}", do.late, {"number": k, "seconds": 0.2}) for k in range(4)]
        pids = {pid for _, pid in executor.map(tasks).values()}
    assert len(pids) == 2
    assert os.getpid() not in pids
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_unknown_backend_and_no_workers() -> None:
    with pytest.raises(InputError, match="'cloud' is none of serial, processes, ray"), open_executor("cloud"):
        pass
    with pytest.raises(InputError, match="at least one worker"), open_executor("processes", workers=0):
        pass


def test_ray_that_is_not_installed_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(InputError, match="Ray is not installed; `pip install"), open_executor("ray"):
        pass


SCRIPT = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import executor_tasks as do
from shaar.engine.study.executor import Task, open_executor
if __name__ == "__main__":
    with open_executor("processes", workers=2) as executor:
        tell = lambda stage, done, total=None, note="": print(int(done), flush=True)
        tasks = [Task(str(k), do.leave_a_mark, {"folder": Path(sys.argv[2]), "number": k}) for k in range(3)]
        outcome = executor.map(tasks, tell)
    print(outcome.interrupted, dict(outcome.results), flush=True)
"""


def test_ctrl_c_in_a_terminal(tmp_path: Path) -> None:
    """The signal reaches the whole process group, as from a terminal; no worker lives on."""
    file, marks = tmp_path / "study.py", tmp_path / "marks"
    marks.mkdir()
    file.write_text(SCRIPT)
    run = subprocess.Popen(
        [sys.executable, str(file), HERE, str(marks)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    assert run.stdout is not None
    while run.stdout.readline().strip() != "1":
        assert run.poll() is None
    os.killpg(run.pid, signal.SIGINT)
    out, err = run.communicate(timeout=20)
    assert out.splitlines()[-1] == "True {0: 0}"
    assert "Traceback" not in err
    assert run.returncode == 0
    deadline = time.monotonic() + 10
    with pytest.raises(ProcessLookupError):
        while time.monotonic() < deadline:
            os.killpg(run.pid, 0)
            time.sleep(0.05)
    assert [mark.name for mark in marks.iterdir()] == ["0"]
