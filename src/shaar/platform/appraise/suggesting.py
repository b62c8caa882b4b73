"""What the engine suggests near a pin, in the reader's words."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from shaar.engine.errors import ShaarError
from shaar.platform.kernel.fields import in_language

from .choices import Point
from .streets import surroundings

log = logging.getLogger("shaar.appraise")


@dataclass(frozen=True, slots=True)
class Suggested:
    """One change that an officer may take as it is."""

    change: dict[str, Any]
    words: str
    why: str


def suggestions(kind: str, point: Point | None, limit: int = 5) -> list[Suggested]:
    """Changes that a proposal of this kind may mean at this place, the likeliest first.

    None where the model has no answer to the kind, or the pin lies outside the city: the officer chooses then.
    """
    from shaar.engine.study.suggest import WISHES, suggest

    if point is None or not WISHES.get(kind):
        return []
    try:
        found = suggest(surroundings(), kind, point, limit=limit)
    except ShaarError as error:
        log.info("suggest.none", extra={"kind": kind, "why": str(error)})
        return []
    rows = [one.as_data() for one in found]
    return [Suggested(row["change"], in_language(row["sentence"]), in_language(row["why"])) for row in rows]
