"""How long work tells how far it is, and learns that it should stop."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Called now and then by long work.

    The callee may raise ``KeyboardInterrupt``; work that can return its best answer so far catches it and does so.
    """

    def __call__(self, stage: str, done: float, total: float | None = None, note: str = "") -> None:
        """Report that ``done`` of ``total`` units of the named stage are finished (``total`` None: unknown)."""


def silent(stage: str, done: float, total: float | None = None, note: str = "") -> None:
    """Say nothing: the default of every function that takes a ``Progress``."""
