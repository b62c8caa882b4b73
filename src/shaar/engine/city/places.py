"""Named places: the city's outline, districts, settlements (with approximate outlines where only a point is mapped)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl
import shapely

from shaar.engine.city.attractions import Attraction
from shaar.engine.city.core import is_outlying
from shaar.engine.city.extract import Feature, OsmExtract, Tags
from shaar.engine.city.geoparquet import with_geometries
from shaar.engine.city.population import People
from shaar.engine.city.projection import project, project_shapes

#: ``place=*`` values that are settlements of their own, and those that are quarters unless they lie away from the core.
SETTLEMENTS = frozenset({"village", "hamlet", "suburb", "town", "isolated_settlement"})
QUARTERS = frozenset({"neighbourhood", "quarter", "allotments"})
#: Reach (m) of a settlement of which only a point is mapped.
REACH_M = 1200.0
#: Two mapped places of one name closer than this (m) are one.
SAME_NAME_M = 2500.0
#: Attractions that become places (shops are too many and only counted).
SHOWN = frozenset(
    {"school", "kindergarten", "clinic", "hospital", "university", "market", "mall", "park", "library", "station"}
)

_PREFIX = re.compile(
    r"^(микрорайон|мкр\.?|мкрн\.?|посёлок|поселок|село|ауылы?|жилой массив|ж/?м|район|р-н)\s+", re.IGNORECASE
)
_SUFFIX = re.compile(r"\s+(ауданы|район|ықшамауданы|шағын ауданы|ауылы)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Place:
    """A place: ``shape`` in WGS84; ``names`` by language plus "" for the local one; ``approximate``: made up."""

    place_id: str
    kind: str
    names: dict[str, str]
    shape: object
    outlying: bool | None = None
    approximate: bool = False


def names_of(tags: Tags) -> dict[str, str]:
    """Return names by language ("" local, "ru", "kk", "ky", "en") as tagged."""
    out = {"": tags.get("name") or tags.get("name:ru") or tags.get("name:en") or ""}
    for code in ("ru", "kk", "ky", "en"):
        if tags.get(f"name:{code}"):
            out[code] = tags[f"name:{code}"]
    return out


def plain_name(name: str) -> str:
    """Return a name without its kind word, for comparing: "микрорайон Уркер" and "Уркер" are one place."""
    return _SUFFIX.sub("", _PREFIX.sub("", name.strip())).strip().strip('"«»').casefold()


def find_outline(extract: OsmExtract, name: str, lon: float, lat: float) -> Feature | None:
    """Return the administrative area or place polygon of the city: by name, else the smallest city around the point.

    Parameters
    ----------
    lon, lat
        A point in the midst of the city's people.
    """
    here = shapely.Point(lon, lat)
    wanted = plain_name(name)
    candidates = [
        f
        for f in extract.areas
        if (f.tags.get("boundary") == "administrative" or f.tags.get("place") in {"city", "town", "municipality"})
        and f.tags.get("name")
    ]
    named = [
        f for f in candidates if wanted and wanted in {plain_name(v) for k, v in f.tags.items() if k.startswith("name")}
    ]
    around = [f for f in named or candidates if shapely.contains(f.geometry, here)]
    if not named:
        around = [
            f for f in around if f.tags.get("place") in {"city", "town"} or f.tags.get("admin_level") in {"6", "7", "8"}
        ]
    return min(around, key=lambda f: shapely.area(f.geometry), default=None)


def find_districts(extract: OsmExtract, outline: object | None) -> list[Place]:
    """Return the administrative areas one level below the city: the lowest ``admin_level`` with two or more."""
    levels: dict[int, list[Feature]] = {}
    for f in extract.areas:
        tagged = f.tags.get("admin_level", "")
        if f.tags.get("boundary") == "administrative" and tagged.isdigit() and f.tags.get("name"):
            levels.setdefault(int(tagged), []).append(f)
    for level in sorted(levels):
        inside = [
            f
            for f in levels[level]
            if outline is None
            or shapely.area(shapely.intersection(f.geometry, outline)) > 0.8 * shapely.area(f.geometry)
        ]
        inside = [f for f in inside if outline is None or shapely.area(f.geometry) < 0.9 * shapely.area(outline)]
        if len(inside) >= 2:
            return [Place(f"district-{f.osm_id}", "district", names_of(f.tags), f.geometry) for f in inside]
    return []


def find_settlements(extract: OsmExtract, inhabited: object, people: People, crs: str) -> list[Place]:
    """Return settlements and quarters of an extract.

    Polygons are taken as mapped. Of a place mapped as a point only, the approximate outline is what lies within 1.2 km
    of it, nearer to it than to any other such point (Voronoi cell), on inhabited land and in no mapped polygon; it is
    marked. A place without inhabited land keeps its point. Quarters that lie away from the built core count as
    settlements (see :func:`shaar.engine.city.core.is_outlying`).

    Parameters
    ----------
    inhabited
        Inhabited land, metric.
    """
    kinds = SETTLEMENTS | QUARTERS
    areas = [f for f in extract.areas if f.tags.get("place") in kinds and f.tags.get("name")]
    points = [f for f in extract.points if f.tags.get("place") in kinds and f.tags.get("name")]
    shapes = list(project_shapes([f.geometry for f in areas], crs)) if areas else []
    at = list(project_shapes([f.geometry for f in points], crs)) if points else []
    tags = [dict(f.tags) for f in areas]
    left: list[int] = []
    named: dict[str, list[int]] = {}  # areas of a name, and below the points of a name: a country has thousands
    for j, a in enumerate(areas):
        named.setdefault(plain_name(a.tags["name"]), []).append(j)
    alike: dict[str, list[int]] = {}
    for i, f in enumerate(points):
        name = plain_name(f.tags["name"])
        own = [j for j in named.get(name, ()) if shapely.dwithin(shapes[j], at[i], SAME_NAME_M)]
        for j in own:
            tags[j] = {**{k: v for k, v in f.tags.items() if k.startswith("name")}, **tags[j]}
        twin = any(shapely.dwithin(at[k], at[i], SAME_NAME_M) for k in alike.get(name, ()))
        if not own and not twin:
            left.append(i)
            alike.setdefault(name, []).append(i)
    out = [
        Place(f"settlement-{f.osm_type[0]}{f.osm_id}", _settlement_kind(t), names_of(t), shape)
        for f, t, shape in zip(areas, tags, shapes)
    ]
    taken = shapely.union_all(np.array(shapes, dtype=object)) if shapes else shapely.Polygon()
    for i, cell in zip(left, _voronoi([at[i] for i in left])):
        f = points[i]
        near = shapely.intersection(shapely.buffer(at[i], REACH_M), cell)
        land = shapely.difference(shapely.intersection(near, inhabited), taken)
        found = not shapely.is_empty(land) and shapely.area(land) > 0
        out.append(
            Place(
                f"settlement-{f.osm_type[0]}{f.osm_id}",
                _settlement_kind(f.tags),
                names_of(f.tags),
                _polygonal(land) if found else at[i],
                approximate=bool(found),
            )
        )
    x, y = project(people.lon, people.lat, crs)
    away = is_outlying([p.shape for p in out], x, y, people.persons)
    back = project_shapes([p.shape for p in out], crs, inverse=True)
    return [
        replace(p, shape=s, outlying=bool(a), kind="settlement" if a else p.kind) for p, s, a in zip(out, back, away)
    ]


def beyond(places: Sequence[Place], outline: object, people: People) -> list[Place]:
    """Turn settlements that lie outside the city, and in which none of its people live, into villages.

    They are named on maps, but the city's totals do not count them, so no figure is given for them and no line has to
    reach them.
    """
    out = []
    for p in places:
        outside = not shapely.intersects(outline, shapely.point_on_surface(p.shape))
        if outside and not (shapely.area(p.shape) > 0 and shapely.contains_xy(p.shape, people.lon, people.lat).any()):
            p = replace(p, kind="village", outlying=None)
        out.append(p)
    return out


def _settlement_kind(tags: Tags) -> str:
    return "settlement" if tags["place"] in SETTLEMENTS else "quarter"


def _voronoi(points: Sequence[object]) -> list[object]:
    """Return the Voronoi cell of each point, in order; with one point the whole plane near it."""
    if not points:
        return []
    if len(points) == 1:
        return [shapely.buffer(points[0], 10 * REACH_M)]
    multi = shapely.multipoints(np.array(points, dtype=object))
    cells = shapely.get_parts(
        shapely.voronoi_polygons(multi, extend_to=shapely.buffer(shapely.envelope(multi), 5 * REACH_M))
    )
    tree = shapely.STRtree(cells)
    return [cells[tree.query(p, predicate="intersects")[0]] for p in points]


def _polygonal(shape: object) -> object:
    parts = [p for p in shapely.get_parts(shape) if shapely.get_dimensions(p) == 2]
    return shapely.union_all(np.array(parts, dtype=object))


def assign(places: Sequence[Place], lon: npt.ArrayLike, lat: npt.ArrayLike) -> list[str | None]:
    """Return the id of the place whose outline holds each point; the smallest of several, None where none does."""
    points = shapely.points(np.asarray(lon, float), np.asarray(lat, float))
    out: list[str | None] = [None] * len(points)
    order = sorted(places, key=lambda p: -float(shapely.area(p.shape)))
    for p in order:
        if shapely.area(p.shape) > 0:
            for i in np.flatnonzero(shapely.contains(p.shape, points)).tolist():
                out[i] = p.place_id
    return out


def place_table(places: Sequence[Place], attractions: Sequence[Attraction] = ()) -> pl.DataFrame:
    """Return the places table: outlines first, then the attractions that are shown by name."""
    shown = [a for a in attractions if a.kind in SHOWN]
    names = [p.names for p in places] + [names_of(a.tags) for a in shown]
    shapes = [p.shape for p in places] + [shapely.Point(a.lon, a.lat) for a in shown]
    frame = pl.DataFrame(
        {
            "place_id": [p.place_id for p in places]
            + [f"{a.kind}-{a.source[0]}{a.source.split('/')[1]}" for a in shown],
            "kind": [p.kind for p in places] + [a.kind for a in shown],
            "name": pl.Series([n.get("") or None for n in names], dtype=pl.String),
            **{f"name_{c}": pl.Series([n.get(c) for n in names], dtype=pl.String) for c in ("ru", "kk", "ky", "en")},
            "geometry": pl.Series([b""] * len(names), dtype=pl.Binary),
            "outlying": pl.Series([p.outlying for p in places] + [None] * len(shown), dtype=pl.Boolean),
            "approximate": pl.Series([p.approximate for p in places] + [None] * len(shown), dtype=pl.Boolean),
        }
    )
    return with_geometries(frame, np.array(shapes, dtype=object))
