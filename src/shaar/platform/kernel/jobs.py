"""Work that need not be done while a person waits: the one way to hand it to the worker."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction


def enqueue(job: Any, **arguments: Any) -> None:
    """Hand a job (made by ``@django_tasks.task``) to the worker when the transaction under way has been committed.

    Jobs are idempotent: a worker that dies half-way runs them again.
    """
    send: Callable[[], Any] = lambda: job.enqueue(**arguments)  # noqa: E731
    transaction.on_commit(send)
