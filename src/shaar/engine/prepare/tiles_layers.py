"""What a city's map shows at which zoom: land, water, green, buildings, rails, streets, borders and names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import shapely

from shaar.engine.city import geoparquet
from shaar.engine.city.model import City
from shaar.engine.prepare.tiles_mvt import Value

#: Zooms of the archive; closer than the last one the browser enlarges its tiles (a unit there is about 0.5 m).
LEAST, MOST = 6, 14
LANGUAGES = ("ru", "ky", "kk", "en")
#: First zoom of a class of street; the classes that are left out are drawn from 13 on, paths at 14.
STREET_FROM = {
    "motorway": 6, "trunk": 6, "primary": 8, "secondary": 9, "tertiary": 10, "unclassified": 12, "residential": 12,
    "road": 12, "living_street": 12, "service": 13, "track": 13, "busway": 12,
}  # fmt: skip
PATHS = frozenset({"footway", "path", "steps", "pedestrian", "cycleway", "bridleway", "corridor"})
#: From this zoom streets carry their names; before, streets of a class are one feature.
NAMED_FROM = 12
#: Kinds of places: (rank, first zoom); what stands for people first.
PLACES = {
    "city": (0, 6), "town": (1, 8), "district": (1, 10), "settlement": (2, 11), "village": (2, 11), "suburb": (3, 12),
    "quarter": (3, 13), "university": (4, 13), "hospital": (4, 13), "station": (4, 13), "market": (5, 14),
    "clinic": (5, 14), "school": (6, 14), "kindergarten": (7, 14), "park": (5, 14),
}  # fmt: skip
OUTLINED = ("city", "district", "settlement", "village", "quarter")
Facts = dict[str, Value]
Shapes = npt.NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Group:
    """Features of a layer.

    Parameters
    ----------
    layer
        Name in the tiles.
    shapes
        In the unit square of the web Mercator projection, x east and y south; shape (n,).
    facts, ids
        Properties and numbers by row.
    first, last
        First and last zoom by row and of all.
    least_px
        Areas smaller than the square of this on the screen (512 px a tile) are left out, but at the last zoom.
    """

    layer: str
    shapes: Shapes
    facts: tuple[Facts, ...]
    first: npt.NDArray[np.int64]
    last: int = MOST
    ids: npt.NDArray[np.int64] | None = None
    least_px: float = 2.0


def to_square(shapes: Shapes) -> Shapes:
    """Project shapely geometries (degrees) into the unit square."""

    def project(c: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        y = (1 - np.arcsinh(np.tan(np.radians(c[:, 1]))) / np.pi) / 2
        return np.column_stack([(c[:, 0] + 180) / 360, y])

    return np.asarray(shapely.transform(shapes, project))


def groups_of(city: City) -> list[Group]:
    """Return what is drawn of a city, in the order of the layers."""
    return [
        *_base(city), *_buildings(city), *_streets(city), _links(city), *_borders(city), _places(city),
    ]  # fmt: skip


def _group(layer: str, shapes: Shapes, facts: list[Facts], first: Any, **more: Any) -> Group:
    n = len(shapes)
    return Group(layer, shapes, tuple(facts), np.broadcast_to(np.asarray(first, np.int64), n), **more)


def _base(city: City) -> list[Group]:
    shapes = to_square(shapely.make_valid(geoparquet.geometries(city.base))) if city.base.height else np.empty(0, "O")
    kinds, names = city.base["kind"].to_numpy(), city.base["name"].to_list()
    out = []
    for layer, kind, first in (("land", "built", 8), ("green", "green", 9), ("water", "water", 6), ("rail", "rail", 9)):
        rows = np.flatnonzero(kinds == kind)
        facts: list[Facts] = [{"kind": kind, **({"name": names[r]} if names[r] else {})} for r in rows]
        out.append(_group(layer, shapes[rows], facts, first))
    return out


def _buildings(city: City) -> list[Group]:
    """Outlines of buildings, where the folder has them (``buildings.parquet``: geometry, and levels if known)."""
    file = city.path / "buildings.parquet"
    if not file.is_file():
        return []
    table = geoparquet.read(file)
    shapes = to_square(shapely.make_valid(geoparquet.geometries(table)))
    levels = table["levels"].to_list() if "levels" in table.columns else [None] * len(shapes)
    facts: list[Facts] = [{"levels": float(n)} if n else {} for n in levels]
    return [_group("buildings", shapes, facts, 13, least_px=3.0)]


def _streets(city: City) -> list[Group]:
    """Streets joined where class and name are equal: fewer features, and names that run along them."""
    links = city.links.with_columns(pl.col("highway").str.strip_suffix("_link").alias("class"))
    out = []
    for first, last, by in ((LEAST, NAMED_FROM - 1, ["class"]), (NAMED_FROM, MOST, ["class", "name", "structure"])):
        zoom = pl.col("class").map_elements(_street_from, return_dtype=pl.Int64)
        drawn = links.with_row_index("row").filter(zoom <= last)
        if "structure" not in drawn.columns:
            drawn = drawn.with_columns(pl.lit(None, pl.String).alias("structure"))
        ways = geoparquet.geometries(links)
        shapes, facts, begin = [], [], []
        for key, part in drawn.sort("row").group_by(by, maintain_order=True):
            fact: Facts = {n: str(v) for n, v in zip(by, key, strict=True) if v}
            for line in shapely.get_parts(shapely.line_merge(shapely.multilinestrings(_once(ways[part["row"]])))):
                shapes.append(line)
                facts.append(fact)
                begin.append(max(first, _street_from(str(key[0]))))
        made = to_square(np.array(shapes, dtype=object)) if shapes else np.empty(0, "O")
        out.append(_group("roads", made, facts, np.array(begin, np.int64), last=last))
    return out


def _once(lines: Shapes) -> Shapes:
    """Lines that lie on each other either way round, once."""
    _, at = np.unique(shapely.to_wkb(shapely.normalize(lines)), return_index=True)
    return np.asarray(lines[np.sort(at)])


def _street_from(kind: str) -> int:
    return 14 if kind in PATHS else STREET_FROM.get(kind, 13)


def _links(city: City) -> Group:
    """Single links at the last zoom, numbered by ``link_id``: what tools pick and colour."""
    flags: tuple[tuple[str, Callable[[dict[str, Any]], bool]], ...] = (
        ("car", lambda r: r["car_forward"] or r["car_backward"]),
        ("bus", lambda r: r["bus_forward"] or r["bus_backward"]),
        ("cycle", lambda r: r["cycle_forward"] or r["cycle_backward"]),
        ("walk", lambda r: r["walk"]),
    )
    facts: list[Facts] = []
    for row in city.links.drop("geometry").iter_rows(named=True):
        fact: Facts = {"class": row["highway"], "modes": ",".join(name for name, may in flags if may(row))}
        if row["cycle_stress"] is not None:
            fact["stress"] = int(row["cycle_stress"])
        facts.append(fact)
    ids = city.links["link_id"].to_numpy().astype(np.int64)
    return _group("links", to_square(geoparquet.geometries(city.links)), facts, MOST, ids=ids)


def _borders(city: City) -> list[Group]:
    outlined = city.places.filter(pl.col("kind").is_in(OUTLINED))
    shapes = geoparquet.geometries(outlined)
    area = shapely.get_dimensions(shapes) == 2
    facts: list[Facts] = [
        {"kind": r["kind"], "place_id": r["place_id"], **({"approximate": True} if r.get("approximate") else {})}
        for r in outlined.drop("geometry").filter(pl.Series(area)).iter_rows(named=True)
    ]
    first = np.array([PLACES[str(f["kind"])][1] for f in facts], np.int64)
    return [_group("borders", to_square(shapely.boundary(shapes[area])), facts, first)]


def _places(city: City) -> Group:
    """Names as points: of places, and of waters that have one."""
    rows = city.places.filter(pl.col("kind").is_in(list(PLACES)) & (pl.col("name").fill_null("") != ""))
    shapes = list(shapely.point_on_surface(geoparquet.geometries(rows)))
    facts, first = [], []
    for row in rows.drop("geometry").iter_rows(named=True):
        rank, zoom = PLACES[row["kind"]]
        fact: Facts = {"kind": row["kind"], "rank": rank, "place_id": row["place_id"], "name": row["name"]}
        fact |= {f"name:{code}": row[f"name_{code}"] for code in LANGUAGES if row.get(f"name_{code}")}
        facts.append(fact)
        first.append(zoom)
    water = city.base.filter((pl.col("kind") == "water") & (pl.col("name").fill_null("") != ""))
    for shape, name in zip(geoparquet.geometries(water), water["name"]):
        if shapely.get_dimensions(shape) == 2:
            shapes.append(shapely.point_on_surface(shape))
            facts.append({"kind": "water", "rank": 3, "name": name})
            first.append(12)
    made = to_square(np.array(shapes, dtype=object)) if shapes else np.empty(0, "O")
    return _group("places", made, facts, np.array(first, np.int64))
