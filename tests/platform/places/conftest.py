from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest


def square(west: float, south: float, size: float = 0.1) -> dict[str, Any]:
    east, north = round(west + size, 4), round(south + size, 4)
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


@pytest.fixture
def outlined(territories: dict[str, Any]) -> dict[str, Any]:
    """The small tree with outlines: two districts side by side, a settlement in the lower left corner of each."""
    for code, where in (
        ("city", square(71.0, 51.0, 0.4)), ("north", square(71.0, 51.0, 0.2)), ("south", square(71.2, 51.0, 0.2)),
        ("ak-ordo", square(71.0, 51.0, 0.05)), ("urker", square(71.2, 51.0, 0.05)),
    ):  # fmt: skip
        territories[code].geometry = where
        territories[code].save()
    return territories


@pytest.fixture
def mayor(person: Callable[..., Any]) -> Any:
    return person("Мэр", mayor=None)
