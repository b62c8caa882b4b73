"""Which territory a measure lies in, found once when it is written."""

from __future__ import annotations

from typing import Any

from shaar.platform.places.models import Territory


def territory_of(geometry: dict[str, Any] | None, chosen: Territory | None = None) -> Territory | None:
    """The deepest territory whose outline holds the place; without a place the chosen one; else the whole city."""
    from shapely.geometry import Point, shape

    root = Territory.objects.filter(parent__isnull=True, until__isnull=True).order_by("path").first()
    if geometry is None:
        return chosen or root
    middle = shape(geometry).representative_point()
    near = Territory.objects.filter(
        until__isnull=True, min_lon__lte=middle.x, max_lon__gte=middle.x, min_lat__lte=middle.y, max_lat__gte=middle.y
    )
    holding = [
        t for t in near if t.geometry and t.geometry["type"] != "Point" and shape(t.geometry).covers(Point(middle))
    ]
    return max(holding, key=lambda t: t.path.count("/"), default=None) or chosen or root
