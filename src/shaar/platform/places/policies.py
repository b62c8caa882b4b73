"""Who may change the tree of territories and the calendar; accounts, one floor above, says it (deny until it has)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_MAY: list[Callable[[Any], bool]] = []


def register(may_change: Callable[[Any], bool]) -> None:
    """Say who may change places; called once, by the app that knows roles."""
    _MAY[:] = [may_change]


def may_change_places(person: Any) -> bool:
    """Whether the person may rename, move, split and merge territories and change the calendar."""
    return any(rule(person) for rule in _MAY)
