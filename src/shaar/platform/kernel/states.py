"""Allowed moves between states, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from .errors import Conflict


@dataclass(frozen=True, slots=True)
class Moves:
    """From each state the states it may change to."""

    allowed: Mapping[str, tuple[str, ...]]

    def may(self, before: str, after: str) -> bool:
        """Whether ``before`` may become ``after``."""
        return after in self.allowed.get(before, ())

    def check(self, before: str, after: str) -> None:
        """Refuse a move that is not in the table (`Conflict`: usually somebody else was first)."""
        if not self.may(before, after):
            raise Conflict(
                "state.move",
                _("This has changed meanwhile: it is now “%(state)s”. Please look at it again.") % {"state": before},
            )
