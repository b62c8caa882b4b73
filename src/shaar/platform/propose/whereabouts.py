"""Which territory a measure lies in, found once when it is written."""

from __future__ import annotations

from typing import Any

from shaar.platform.places import selectors
from shaar.platform.places.models import Territory


def territory_of(geometry: dict[str, Any] | None, chosen: Territory | None = None) -> Territory | None:
    """The territory of the place; a chosen one inside it stands, since not all outlines are known; else the city."""
    there = selectors.territory_at(geometry)
    if there is None or (chosen is not None and there.contains(chosen)):
        return chosen or there or selectors.city()
    return there
