"""Which territory a measure lies in, found once when it is written."""

from __future__ import annotations

from typing import Any

from shaar.platform.places import selectors
from shaar.platform.places.models import Territory


def territory_of(geometry: dict[str, Any] | None, chosen: Territory | None = None) -> Territory | None:
    """The deepest territory whose outline holds the place; else the chosen one; else the whole city."""
    return selectors.territory_at(geometry) or chosen or selectors.city()
