"""What follows when a territory is no more: rooms above say here what they pass on to its successors.

Called inside the transaction of the reform, so that the tree and what hangs on it change together or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .models import Territory

#: ``pass_on(territory, successors, acting=...)``.
PassOn = Callable[..., None]
_HEIRS: dict[str, PassOn] = {}


def register(what: str, pass_on: PassOn) -> None:
    """Say how something of an ended territory (``"roles"``) goes on to its successors; in ``AppConfig.ready``."""
    _HEIRS[what] = pass_on


def succeed(territory: Territory, successors: Sequence[Territory], *, acting: Any) -> None:
    """Pass on everything that rooms hold at a territory that has just ended."""
    for pass_on in _HEIRS.values():
        pass_on(territory, successors, acting=acting)
