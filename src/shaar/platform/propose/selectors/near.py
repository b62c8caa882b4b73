"""Proposals that may ask for the same: alike in words, near on the map."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from ..alike import alike
from ..models import Measure
from .measure import young

#: From this likeness on a pair is offered; measured on labelled pairs (tests/platform/propose/near_pairs.toml).
ALIKE = 0.25
#: Two of one kind this near (metres) are offered whatever their words.
NEXT_DOOR = 150.0
#: Farther apart than this (metres), the same words mean another place.
ELSEWHERE = 3000.0
#: How many of the newest proposals are compared.
COMPARED = 1500
_EARTH = 6_371_000.0


@dataclass(frozen=True, slots=True)
class Near:
    """A proposal that may be the same: likeness of words 0..1, distance in metres where both have a place."""

    measure: Measure
    likeness: float
    metres: float | None


def near(
    viewer: Any,
    *,
    title: str,
    text: str = "",
    geometry: dict[str, Any] | None = None,
    kind: str = "",
    leave_out: Measure | None = None,
    limit: int = 5,
) -> list[Near]:
    """Young proposals that may ask for the same as the one given, likeliest first."""
    compared = young(viewer)
    if leave_out is not None:
        compared = compared.exclude(pk=leave_out.pk)
    others = list(compared.select_related("territory").order_by("-published_at")[:COMPARED])
    here = middle(geometry)
    likeness = alike((title, text), [(m.title, m.text) for m in others])
    found: list[tuple[float, Near]] = []
    for measure, value in zip(others, likeness, strict=True):
        there = middle(measure.geometry)
        apart = metres(here, there) if here and there else None
        score = float(value)
        if apart is not None and apart > ELSEWHERE:
            score *= 0.5
        if apart is not None and apart <= NEXT_DOOR and kind and kind == measure.kind:
            score = max(score, ALIKE) + 0.1
        if score >= ALIKE:
            found.append((score, Near(measure, float(value), apart)))
    found.sort(key=lambda pair: (-pair[0], pair[1].measure.ref))
    return [one for _score, one in found[:limit]]


def near_measure(viewer: Any, measure: Measure, limit: int = 5) -> list[Near]:
    """As `near`, for a measure that exists."""
    return near(
        viewer, title=measure.title, text=measure.text, geometry=measure.geometry, kind=measure.kind,
        leave_out=measure, limit=limit,
    )  # fmt: skip


def middle(geometry: dict[str, Any] | None) -> tuple[float, float] | None:
    """A point inside a geometry, longitude and latitude."""
    if not geometry:
        return None
    from shapely.geometry import shape

    point = shape(geometry).representative_point()
    return float(point.x), float(point.y)


def metres(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Distance on the sphere (haversine) between two (longitude, latitude) points in degrees."""
    (a, b), (c, d) = [(math.radians(x), math.radians(y)) for x, y in (one, other)]
    half = math.sin((d - b) / 2) ** 2 + math.cos(b) * math.cos(d) * math.sin((c - a) / 2) ** 2
    return 2 * _EARTH * math.asin(math.sqrt(half))
