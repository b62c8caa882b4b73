"""Reads of places: the tree, a territory by its code, where a point lies, what is near, a search that forgives."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import cos, hypot, radians
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from shaar.platform.kernel.errors import Missing
from shaar.platform.kernel.folding import fold_forgiving

from .models import Territory

#: A place that is known only as a point gives its name to what lies within so many metres of it, at most.
REACH = 1500.0
_METRES_A_DEGREE = 111_320.0
_ORDER = {kind: rank for rank, kind in enumerate(("city", "district", "village", "settlement", "quarter"))}


def current() -> QuerySet[Territory]:
    """Territories of today, parents before children."""
    return Territory.objects.filter(until__isnull=True).order_by("path")


def city() -> Territory | None:
    """The root of the tree."""
    return current().filter(parent__isnull=True).first()


def find(code: str) -> Territory:
    """A territory by its code, of today or of the past.

    Raises
    ------
    Missing
        There is none.
    """
    found = Territory.objects.filter(code=code).first()
    if found is None:
        raise Missing("territory.missing", _("There is no such place."))
    return found


def became(territory: Territory) -> list[Territory]:
    """What the territory is today: itself, or what it was split or merged into, through all reforms."""
    today, seen, queue = [], {territory.pk}, [territory]
    while queue:
        one = queue.pop(0)
        if one.until is None:
            today.append(one)
            continue
        for after in one.successors.order_by("path"):
            if after.pk not in seen:
                seen.add(after.pk)
                queue.append(after)
    return today


def within(territory: Territory) -> QuerySet[Territory]:
    """The territory, all that lies inside it, and those that it or they came from: where to look for its things.

    A proposal written for a settlement that was merged later still belongs to the settlement of today.
    """
    numbers = set(Territory.objects.filter(path__startswith=territory.path).values_list("pk", flat=True))
    fresh = numbers
    while fresh:
        before = Territory.objects.filter(successors__in=fresh).exclude(pk__in=numbers)
        fresh = set(before.values_list("pk", flat=True))
        numbers |= fresh
    return Territory.objects.filter(pk__in=numbers)


def tree() -> list[tuple[Territory, int]]:
    """Territories of today with their depth, in the order of a list of contents: names by alphabet at each level."""
    below: dict[Any, list[Territory]] = {}
    for one in current():
        below.setdefault(one.parent_id, []).append(one)
    rows: list[tuple[Territory, int]] = []

    def add(parent: Any, depth: int) -> None:
        for one in sorted(below.get(parent, ()), key=lambda t: (_ORDER[t.kind], str(t))):
            rows.append((one, depth))
            add(one.pk, depth + 1)

    add(None, 0)
    return rows


def ancestors(territory: Territory) -> list[Territory]:
    """The territories that this one lies in, the city first."""
    chain: list[Territory] = []
    above = territory.parent
    while above is not None:
        chain.insert(0, above)
        above = above.parent
    return chain


def distance(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Metres between two points given in degrees, on the flat; good within a city."""
    across = (one[0] - other[0]) * cos(radians((one[1] + other[1]) / 2))
    return hypot(across, one[1] - other[1]) * _METRES_A_DEGREE


def at_point(lon: float, lat: float) -> Territory | None:
    """The deepest territory of today whose outline holds the point; the smallest of several.

    Where the tree holds only points, the nearest settlement within `REACH`. None: outside all that is known.
    """
    from shapely.geometry import Point, shape

    point = Point(lon, lat)
    held = []
    boxed = current().filter(min_lon__lte=lon, max_lon__gte=lon, min_lat__lte=lat, max_lat__gte=lat)
    for one in boxed:
        outline = shape(one.geometry)
        if outline.geom_type != "Point" and outline.covers(point):
            held.append((-one.path.count("/"), outline.area, one.path, one))
    best = min(held)[3] if held else None
    if best is None or best.kind in {"city", "district"}:
        close = [
            (far, one)
            for far, one in nearest(lon, lat, 1)
            if far <= REACH and (one.geometry or {}).get("type") == "Point"
        ]
        if close and (best is None or best.contains(close[0][1])):
            return close[0][1]
    return best


def territory_at(geometry: dict[str, Any] | None) -> Territory | None:
    """The territory in which (a point inside) a GeoJSON geometry lies."""
    if not geometry:
        return None
    from shapely.geometry import shape

    middle = shape(geometry).representative_point()
    return at_point(middle.x, middle.y)


def nearest(lon: float, lat: float, count: int = 3) -> list[tuple[float, Territory]]:
    """Settlements and villages nearest to a point: (metres, territory), the nearest first."""
    found = []
    for one in current().filter(kind__in=("village", "settlement", "quarter"), min_lon__isnull=False):
        there = ((one.min_lon + one.max_lon) / 2, (one.min_lat + one.max_lat) / 2)  # type: ignore[operator]
        found.append((distance((lon, lat), there), one))
    return sorted(found, key=lambda pair: (pair[0], pair[1].code))[:count]


@dataclass(frozen=True, slots=True)
class Outlines:
    """Outlines of today's territories in one search tree, for many points at once."""

    territories: tuple[Territory, ...]
    shapes: Any
    tree: Any

    def at(self, points: Iterable[tuple[float, float]]) -> list[Territory | None]:
        """The deepest territory that holds each point (lon, lat)."""
        import shapely

        given = shapely.points(list(points))
        best: list[Territory | None] = [None] * len(given)
        depth = [(0, 0.0)] * len(given)
        for number, outline in zip(*self.tree.query(given, predicate="covered_by")):
            one = self.territories[outline]
            rank = (one.path.count("/"), -float(self.shapes[outline].area))
            if best[number] is None or rank > depth[number]:
                best[number], depth[number] = one, rank
        return best


def outlines() -> Outlines:
    """Read the outlines once, for `Outlines.at`."""
    import numpy as np
    import shapely
    from shapely.geometry import shape

    kept = [(one, shape(one.geometry)) for one in current() if one.geometry and one.geometry["type"] != "Point"]
    shapes = np.array([outline for _one, outline in kept], dtype=object)
    return Outlines(tuple(one for one, _outline in kept), shapes, shapely.STRtree(shapes))


def search(text: str, limit: int = 10) -> list[Territory]:
    """Territories of today by name in any language or an old name, typed with any keyboard; best first.

    Old names lead to the territory of today; the one whose name begins with the text comes before one that holds it.
    """
    wanted = fold_forgiving(text)
    if len(wanted) < 2:
        return []
    scored: dict[Any, tuple[int, str, Territory]] = {}
    for one in Territory.objects.prefetch_related("old_names"):
        names = [*one.names.values(), *(name for old in one.old_names.all() for name in old.names.values())]
        folded = [fold_forgiving(name) for name in names]
        words = [word for name in folded for word in name.split()]
        if wanted in folded:
            score = 0
        elif any(name.startswith(wanted) for name in (*folded, *words)):
            score = 1
        elif any(wanted in name for name in folded):
            score = 2
        else:
            continue
        for today in became(one):
            if today.pk not in scored or score < scored[today.pk][0]:
                scored[today.pk] = (score, str(today), today)
    ranked = sorted(scored.values(), key=lambda s: (s[0], _ORDER[s[2].kind], s[1]))
    return [territory for _score, _name, territory in ranked[:limit]]
