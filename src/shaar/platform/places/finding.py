"""A place by words: settlements from the tree, streets and known places from the city folder where there is one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from shaar.platform.kernel.folding import fold_forgiving

from . import selectors

#: Words that say what kind of street it is: left out when names are compared.
_KINDS = {
    "улица", "ул", "ул.", "проспект", "пр", "пр.", "пр-т", "переулок", "пер", "пер.", "проезд", "шоссе", "бульвар",
    "көчөсү", "кочосу", "көшесі", "кошеси", "даңғылы", "дангылы", "street", "avenue", "дом", "д.", "үй", "уй",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Found:
    """A place that fits the words; ``lon`` is None for a settlement whose place is not known."""

    name: str
    note: str
    lon: float | None
    lat: float | None
    code: str = ""


def bare(text: str) -> str:
    """Words of an address made comparable: folded, without the kind of street and house numbers."""
    words = fold_forgiving(text.replace(",", " ")).split()
    return " ".join(w for w in words if w not in _KINDS and not w[:1].isdigit())


@lru_cache(maxsize=2)
def _known(folder: Path) -> tuple[tuple[str, Found], ...]:
    """Streets (their middle) and named places of a city folder, by comparable name."""
    import polars as pl
    import shapely

    from shaar.engine.city import geoparquet

    links = geoparquet.read(folder / "links.parquet").filter(pl.col("name").is_not_null() & (pl.col("name") != ""))
    known = []
    for (name,), rows in links.group_by("name", maintain_order=True):
        shapes = geoparquet.geometries(rows)
        # The link nearest to the middle of them all: the middle of a bent street may lie beside it.
        middle = shapely.centroid(shapely.union_all(shapes))
        nearest = shapes[int(shapely.distance(shapes, middle).argmin())]
        point = shapely.line_interpolate_point(nearest, 0.5, normalized=True)
        known.append((bare(str(name)), Found(str(name), "street", float(point.x), float(point.y))))
    places = geoparquet.read(folder / "places.parquet").filter(
        ~pl.col("kind").is_in(["city", "district", "village", "settlement", "quarter"]) & (pl.col("name") != "")
    )
    for row, shape in zip(places.iter_rows(named=True), geoparquet.geometries(places)):
        inside = shape.representative_point()
        for name in {row["name"], row["name_ru"], row["name_kk"], row["name_ky"], row["name_en"]} - {None, ""}:
            known.append((bare(str(name)), Found(str(name), str(row["kind"]), float(inside.x), float(inside.y))))
    return tuple(known)


def find(text: str, limit: int = 6) -> list[Found]:
    """Places that fit the words, best first: settlements, then streets and places that begin with or hold the words."""
    found = []
    for one in selectors.search(text, limit):
        box = (one.min_lon, one.min_lat, one.max_lon, one.max_lat)
        lon = None if box[0] is None or box[2] is None else (box[0] + box[2]) / 2
        lat = None if box[1] is None or box[3] is None else (box[1] + box[3]) / 2
        found.append(Found(str(one), one.get_kind_display(), lon, lat, one.code))
    wanted = bare(text)
    if len(wanted) < 3 or settings.PROFILE.model is None:
        return found[:limit]
    ranked = []
    for key, place in _known(Path(settings.PROFILE.model)):
        if key == wanted:
            ranked.append((0, place.name, place))
        elif any(part.startswith(wanted) for part in (key, *key.split())):
            ranked.append((1, place.name, place))
        elif wanted in key:
            ranked.append((2, place.name, place))
    ranked.sort(key=lambda r: r[:2])
    return [*found, *(place for _rank, _name, place in ranked)][:limit]
