"""Carry out tasks on Ray: on this machine or on a cluster (``pip install shaar[scale]``)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..errors import InputError, ShaarError
from ..progress import Progress, silent
from .executor import _TICK, Outcome, Tally, Task, attempt


class RayCluster:
    """Ray tasks, one processor each.

    Parameters
    ----------
    workers
        How many tasks run at a time; without, as many as Ray has processors.
    address
        Of a running cluster, as ``ray.init`` takes it; without, Ray starts here and is shut down at the end. A Ray that
        the program has started before is used as it is and left running.

    Raises
    ------
    InputError
        If Ray is not installed or the cluster cannot be reached.
    """

    def __init__(self, workers: int | None = None, address: str | None = None) -> None:
        try:
            import ray
        except ImportError as error:
            raise InputError(
                "Ray is not installed; `pip install shaar[scale]` adds it, or take the backend processes"
            ) from error
        self._ray: Any = ray
        self._mine = not ray.is_initialized()
        if self._mine:
            here = {"num_cpus": workers} if address is None else {}
            try:
                ray.init(
                    address=address, include_dashboard=False, log_to_driver=False, logging_level="ERROR", **here
                )  # fmt: skip
            except (ConnectionError, OSError, RuntimeError, ValueError) as error:
                raise InputError(f"Ray cannot be reached: {' '.join(str(error).split())}", field="address") from error
        self.workers = workers or max(1, int(ray.cluster_resources().get("CPU", 1)))
        self._attempt = ray.remote(num_cpus=1, max_retries=1)(attempt)
        self._tally = Tally((), silent)

    def map(self, tasks: Sequence[Task], progress: Progress = silent) -> Outcome:
        """See `executor.Executor`. A task whose worker died is tried once more."""
        tally = self._tally = Tally(tasks, progress)
        busy: dict[Any, int] = {}
        number = 0
        try:
            while number < len(tasks) or busy:
                while number < len(tasks) and len(busy) < self.workers:
                    busy[self._start(tasks[number])] = number
                    number += 1
                ready, _ = self._ray.wait(list(busy), num_returns=1, timeout=_TICK)
                for reference in ready:
                    self._receive(reference, busy.pop(reference), tally)
                tally.tell()
        except KeyboardInterrupt:
            for reference in busy:
                self._ray.cancel(reference, force=True)
            return tally.outcome(True)
        return tally.outcome(False)

    def _start(self, task: Task) -> Any:
        try:
            return self._attempt.remote(task)
        except Exception as error:
            raise ShaarError(f"{task.name}: it cannot be sent to Ray ({' '.join(str(error).split())[:300]})") from error

    def _receive(self, reference: Any, number: int, tally: Tally) -> None:
        try:
            good, value = self._ray.get(reference)
        except self._ray.exceptions.RayError as error:
            what = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            good, value = False, f"{tally.tasks[number].name}: Ray lost it ({what})"
        tally.add(number, good, value)

    def progress(self) -> tuple[int, int]:
        """See `executor.Executor`."""
        return self._tally.done, len(self._tally.tasks)

    def shutdown(self) -> None:
        """End the Ray that was started here."""
        if self._mine and self._ray.is_initialized():
            self._ray.shutdown()
