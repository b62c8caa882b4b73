"""What the engine suggests near a pin, in the reader's words."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from .choices import Point

log = logging.getLogger("shaar.appraise")


@dataclass(frozen=True, slots=True)
class Suggested:
    """One change that an officer may take as it is."""

    change: dict[str, Any]
    words: str
    why: str


def suggestions(kind: str, point: Point | None) -> list[Suggested]:
    """Changes that a proposal of this kind may mean at this place, the likeliest first."""
    return []
