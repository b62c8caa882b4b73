"""Carry out independent tasks in this process, in several processes or on a Ray cluster, with the same outcome."""

from __future__ import annotations

import multiprocessing
import os
import signal
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, Protocol

from ..errors import InputError, ShaarError
from ..progress import Progress, silent

BACKENDS = ("serial", "processes", "ray")
_TICK = 0.2  # seconds between two looks at the workers


@dataclass(frozen=True, slots=True)
class Task:
    """One call of a function that can be found by its name in its module, so that it can be sent to a worker.

    Parameters
    ----------
    name
        How an error or the progress names it ("seed 3").
    function, arguments
        What is called, with which keywords; both and the result must be picklable.
    """

    name: str
    function: Callable[..., Any]
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What tasks came to, in the order of the tasks, whoever finished first.

    Parameters
    ----------
    results
        Result by number of the task (0-based), ascending; failed and unfinished tasks are left out.
    errors
        One sentence that names the task, by number of the task, ascending.
    interrupted
        Whether Ctrl-C (or the progress callback) stopped the work.
    """

    results: Mapping[int, Any]
    errors: Mapping[int, str]
    interrupted: bool = False

    def values(self) -> list[Any]:
        """The results in task order.

        Raises
        ------
        ShaarError
            The sentence of the first task that failed.
        """
        for sentence in self.errors.values():
            raise ShaarError(sentence)
        return list(self.results.values())


class Executor(Protocol):
    """Three methods; `open_executor` makes one and shuts it down."""

    def map(self, tasks: Sequence[Task], progress: Progress = silent) -> Outcome:
        """Carry out all tasks; one that fails does not stop the others. Ctrl-C returns what was finished."""

    def progress(self) -> tuple[int, int]:
        """Tell how many tasks of the running (or last) map are finished, and of how many; from any thread."""

    def shutdown(self) -> None:
        """End the workers; to be called once, afterwards nothing can be mapped."""


@contextmanager
def open_executor(
    backend: str = "serial", *, workers: int | None = None, address: str | None = None
) -> Iterator[Executor]:
    """Open an executor for a ``with`` block.

    Parameters
    ----------
    backend
        ``serial``, ``processes`` or ``ray``.
    workers
        How many tasks run at a time; by default as many as there are processors (on a Ray cluster: its processors).
    address
        Of a running Ray cluster; without it Ray starts on this machine.

    Raises
    ------
    InputError
        If the backend is unknown, or Ray is asked for and not installed.
    """
    if backend not in BACKENDS:
        raise InputError(f"{backend!r} is none of {', '.join(BACKENDS)}", field="backend")
    if workers is not None and workers < 1:
        raise InputError(f"at least one worker is needed, not {workers}", field="workers")
    executor: Executor
    if backend == "serial":
        executor = Serial()
    elif backend == "processes":
        executor = Processes(workers or os.cpu_count() or 1)
    else:
        from .executor_ray import RayCluster

        executor = RayCluster(workers, address)
    try:
        yield executor
    finally:
        executor.shutdown()


def attempt(task: Task) -> tuple[bool, Any]:
    """Carry out a task where it stands: (True, its result), or (False, one sentence that names it)."""
    try:
        return True, task.function(**task.arguments)
    except ShaarError as error:
        return False, f"{task.name}: {error}"
    except Exception as error:
        at = traceback.extract_tb(error.__traceback__)[-1]
        what = " ".join(str(error).split()) or "no message"
        return False, f"{task.name}: {type(error).__name__}: {what} ({Path(at.filename).name}, line {at.lineno})"


class Tally:
    """Results and errors as they come in; sorted into task order at the end."""

    def __init__(self, tasks: Sequence[Task], progress: Progress) -> None:
        self.tasks, self.report = tasks, progress
        self.results: dict[int, Any] = {}
        self.errors: dict[int, str] = {}

    @property
    def done(self) -> int:
        """Tasks finished, well or badly."""
        return len(self.results) + len(self.errors)

    def add(self, number: int, good: bool, value: Any) -> None:
        """Note what a task came to, and tell."""
        (self.results if good else self.errors)[number] = value
        self.tell(self.tasks[number].name)

    def tell(self, note: str = "") -> None:
        """Report how many are finished; the callee may raise ``KeyboardInterrupt``."""
        self.report("tasks", float(self.done), float(len(self.tasks)), note)

    def outcome(self, interrupted: bool) -> Outcome:
        """In the order of the tasks."""
        return Outcome(dict(sorted(self.results.items())), dict(sorted(self.errors.items())), interrupted)


class Serial:
    """One task after the other, here."""

    def __init__(self) -> None:
        self._tally = Tally((), silent)

    def map(self, tasks: Sequence[Task], progress: Progress = silent) -> Outcome:
        """See `Executor`. A task that answers Ctrl-C with its best so far (``interrupted``) counts as finished."""
        tally = self._tally = Tally(tasks, progress)
        try:
            for number, task in enumerate(tasks):
                good, value = attempt(task)
                tally.add(number, good, value)
                if good and getattr(value, "interrupted", False):
                    return tally.outcome(True)
        except KeyboardInterrupt:
            return tally.outcome(True)
        return tally.outcome(False)

    def progress(self) -> tuple[int, int]:
        """See `Executor`."""
        return self._tally.done, len(self._tally.tasks)

    def shutdown(self) -> None:
        """Nothing is to be ended."""


def _work(channel: Connection) -> None:
    """Carry out tasks from the channel until it closes. Ctrl-C in a terminal reaches all; only the parent heeds it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        try:
            task = channel.recv()
        except EOFError:
            return
        good, value = attempt(task)
        try:
            channel.send((good, value))
        except (OSError, BrokenPipeError):
            return
        except Exception as error:
            channel.send((False, f"{task.name}: its result cannot be sent back ({error})"))


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Hold Ctrl-C back for a moment; a process started in it never hears of one, not even while it starts."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class _Worker:
    def __init__(self) -> None:
        # Fresh interpreters: a fork would copy the locks of threads (polars, numba) that do not live on in the child.
        context = multiprocessing.get_context("spawn")
        self.channel, far = context.Pipe()
        self.process = context.Process(target=_work, args=(far,), daemon=True)
        with _interrupts_held():
            self.process.start()
        far.close()
        self.number: int | None = None

    def end(self) -> None:
        self.channel.close()
        self.process.terminate()
        self.process.join()


class Processes:
    """Worker processes on this machine, each with one task at a time, so that a death can be laid to its task."""

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._idle: list[_Worker] = []
        self._tally = Tally((), silent)

    def map(self, tasks: Sequence[Task], progress: Progress = silent) -> Outcome:
        """See `Executor`. Workers whose task is stopped by Ctrl-C are ended."""
        tally = self._tally = Tally(tasks, progress)
        busy: dict[Connection, _Worker] = {}
        number = 0
        try:
            while number < len(tasks) or busy:
                while number < len(tasks) and len(busy) < self.workers:
                    worker = self._idle.pop() if self._idle else _Worker()
                    busy[worker.channel] = worker
                    worker.number = number
                    number += 1
                    self._send(worker, tasks[worker.number], tally, busy)
                for channel in wait(list(busy), timeout=_TICK):
                    assert isinstance(channel, Connection)
                    self._receive(busy.pop(channel), tasks, tally)
                tally.tell()
        except KeyboardInterrupt:
            return tally.outcome(True)
        finally:
            for worker in busy.values():
                worker.end()
        return tally.outcome(False)

    def _send(self, worker: _Worker, task: Task, tally: Tally, busy: dict[Connection, _Worker]) -> None:
        assert worker.number is not None
        try:
            worker.channel.send(task)
        except OSError:  # it died while idle
            busy.pop(worker.channel).end()
            tally.add(worker.number, False, f"{task.name}: the worker process was gone")
        except Exception as error:
            self._idle.append(busy.pop(worker.channel))
            tally.add(worker.number, False, f"{task.name}: it cannot be sent to a worker ({error})")

    def _receive(self, worker: _Worker, tasks: Sequence[Task], tally: Tally) -> None:
        number = worker.number
        assert number is not None
        try:
            good, value = worker.channel.recv()
        except (EOFError, OSError):
            worker.end()
            how = f"it ended with {worker.process.exitcode}"
            sentence = f"{tasks[number].name}: the worker process died ({how}; is there enough memory?)"
            tally.add(number, False, sentence)
            return
        self._idle.append(worker)
        tally.add(number, good, value)

    def progress(self) -> tuple[int, int]:
        """See `Executor`."""
        return self._tally.done, len(self._tally.tasks)

    def shutdown(self) -> None:
        """End the workers."""
        while self._idle:
            self._idle.pop().end()
