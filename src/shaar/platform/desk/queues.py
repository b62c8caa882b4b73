"""The queues of the desk: what waits for whom; each room registers its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Queue:
    """One queue: its address, its name, for whom it is there, how many things wait in it."""

    path: str
    words: Any
    order: int
    opens_to: Callable[[Any], bool]
    waiting: Callable[[Any], int] | None


@dataclass(frozen=True, slots=True)
class Shown:
    """A queue as a person sees it."""

    path: str
    words: Any
    count: int | None
    here: bool


_QUEUES: dict[str, Queue] = {}


def register(
    path: str, words: Any, *, order: int, opens_to: Callable[[Any], bool], waiting: Callable[[Any], int] | None = None
) -> None:
    """Register a queue, as ``register("/desk/proposals/", _("Proposals"), order=10, opens_to=..., waiting=...)``.

    ``waiting(person)`` counts what waits for that person; it is asked on every desk page, so it has to be one count.
    """
    _QUEUES[path] = Queue(path, words, order, opens_to, waiting)


def shown(person: Any, at: str) -> list[Shown]:
    """Queues that a person may open, in order; ``here`` marks that of the page."""
    open_ones = [q for q in sorted(_QUEUES.values(), key=lambda q: (q.order, q.path)) if q.opens_to(person)]
    best = max((q.path for q in open_ones if at.startswith(q.path)), key=len, default="")
    return [Shown(q.path, q.words, q.waiting(person) if q.waiting else None, q.path == best) for q in open_ones]
