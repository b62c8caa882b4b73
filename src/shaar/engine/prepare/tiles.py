"""Vector tiles of a city's own data in one PMTiles file: the map of the workbench, with no outside service."""

from __future__ import annotations

import hashlib
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from shaar.engine.city.model import City
from shaar.engine.errors import InputError, ShaarError
from shaar.engine.prepare.tiles_layers import LEAST, MOST, Group, groups_of
from shaar.engine.prepare.tiles_mvt import EXTENT, draw, layer
from shaar.engine.prepare.tiles_pmtiles import archive, layer_list
from shaar.engine.progress import Progress, silent

#: Change it when tiles are made otherwise.
VERSION = 1
#: Kept around a tile, so that wide lines and rounded corners go on over its edge, units.
BUFFER = 80
#: How far a simplified line may stray on the screen, px (512 a tile); nothing is simplified at the last zoom.
STRAY_PX, TILE_PX = 0.35, 512
#: Tables of the city folder that the tiles are made from.
SOURCES = ("city.toml", "base.parquet", "links.parquet", "places.parquet", "buildings.parquet")
Tile = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Made:
    """What was written: the file, its bytes, its tiles by zoom, and the stamp of what it was made from."""

    path: Path
    size: int
    tiles: dict[int, int]
    stamp: str


def stamp_of(folder: Path) -> str:
    """Hash of what the tiles of a city folder are made from: it changes exactly when they have to be made anew."""
    digest = hashlib.sha256(f"tiles {VERSION}".encode())
    for name in SOURCES:
        file = folder / name
        if file.is_file():
            digest.update(name.encode())
            digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:16]


def build_tiles(city: City, out: Path | str, *, progress: Progress = silent) -> Made:
    """Write the map of a city; the file is written beside ``out`` and renamed.

    Equal city folders give equal bytes (with one zlib).

    Raises
    ------
    InputError
        The city has nothing to draw.
    ShaarError
        The file cannot be written.
    """
    out = Path(out)
    progress("map", 0, MOST - LEAST + 2, "features")
    groups = [g for g in groups_of(city) if len(g.shapes)]
    if not groups:
        raise InputError("the city has no streets and no base map, so there is nothing to draw", file=city.path)
    tiles: dict[Tile, bytes] = {}
    for zoom in range(LEAST, MOST + 1):
        progress("map", zoom - LEAST + 1, MOST - LEAST + 2, f"zoom {zoom}")
        tiles |= tiles_of(groups, zoom)
    bounds = _bounds(groups)
    center = ((bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2, 11)
    raw = archive(tiles, metadata=_about(city, groups), bounds=bounds, center=center)
    _write(raw, out)
    progress("map", MOST - LEAST + 2, MOST - LEAST + 2, f"{len(tiles)} tiles, {len(raw) / 1e6:.1f} MB")
    counts: dict[int, int] = defaultdict(int)
    for z, _, _ in tiles:
        counts[z] += 1
    return Made(out, len(raw), dict(counts), stamp_of(city.path))


def tiles_of(groups: list[Group], zoom: int) -> dict[Tile, bytes]:
    """Return the tiles of one zoom that have something on them, uncompressed."""
    layers: dict[Tile, list[bytes]] = defaultdict(list)
    merged: dict[str, list[Group]] = defaultdict(list)
    for g in groups:
        if zoom <= g.last:
            merged[g.layer].append(g)
    for name, some in merged.items():
        for g in some:  # two groups of a layer never share a zoom
            for tile, raw in _layer_tiles(name, g, zoom).items():
                layers[tile].append(raw)
    return {tile: b"".join(parts) for tile, parts in layers.items()}


def _layer_tiles(name: str, group: Group, zoom: int) -> dict[Tile, bytes]:
    rows = np.flatnonzero(group.first <= zoom)
    shapes = group.shapes[rows]
    pixel = 1 / TILE_PX / 2**zoom
    if zoom < MOST and len(rows):
        shapes = shapely.simplify(shapes, STRAY_PX * pixel)
        areas = shapely.get_dimensions(shapes) == 2
        keep = ~shapely.is_empty(shapes) & (~areas | (shapely.area(shapes) >= (group.least_px * pixel) ** 2))
        rows, shapes = rows[keep], shapes[keep]
    if not len(rows):
        return {}
    scale, margin = float(2**zoom), BUFFER / EXTENT
    points = shapely.get_dimensions(shapes) == 0
    box = shapely.bounds(shapes) * scale
    reach = np.where(points, 0.0, margin)[:, None]
    first = np.clip(np.floor(box[:, :2] - reach), 0, scale - 1).astype(np.int64)
    last = np.clip(np.floor(box[:, 2:] + reach), 0, scale - 1).astype(np.int64)
    wide, tall = (last - first + 1).T
    which = np.repeat(np.arange(len(rows)), wide * tall)
    at = np.arange(len(which)) - np.repeat(np.cumsum(wide * tall) - wide * tall, wide * tall)
    column, row = first[which, 0] + at % wide[which], first[which, 1] + at // wide[which]
    order = np.lexsort((which, row, column))
    column, row, which = column[order], row[order], which[order]
    cut = np.flatnonzero(np.r_[True, (np.diff(column) != 0) | (np.diff(row) != 0), True])
    out: dict[Tile, bytes] = {}
    for begin, end in pairwise(cut.tolist()):
        x, y, own = int(column[begin]), int(row[begin]), which[begin:end]
        raw = _one(name, group, shapes[own], rows[own], (x, y), scale)
        if raw:
            out[(zoom, x, y)] = raw
    return out


def _one(
    name: str,
    group: Group,
    shapes: npt.NDArray[np.object_],
    rows: npt.NDArray[np.int64],
    tile: tuple[int, int],
    scale: float,
) -> bytes:
    x, y = tile
    margin = BUFFER / EXTENT
    box = ((x - margin) / scale, (y - margin) / scale, (x + 1 + margin) / scale, (y + 1 + margin) / scale)
    inside = shapely.clip_by_rect(shapes, *box)
    local = shapely.transform(inside, lambda c: (c * scale - (x, y)) * EXTENT)
    ids = None if group.ids is None else group.ids[rows]
    return layer(name, draw(local), [group.facts[r] for r in rows], ids)


def _bounds(groups: list[Group]) -> tuple[float, float, float, float]:
    boxes = np.array([shapely.total_bounds(g.shapes) for g in groups])
    west, north = boxes[:, :2].min(axis=0)
    east, south = boxes[:, 2:].max(axis=0)

    def lat(y: float) -> float:
        return float(np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * y)))))

    return float(west * 360 - 180), lat(south), float(east * 360 - 180), lat(north)


def _about(city: City, groups: list[Group]) -> dict[str, Any]:
    fields: dict[str, set[str]] = {}
    zooms: dict[str, tuple[int, int]] = {}
    for g in groups:
        own = fields.setdefault(g.layer, set())
        for fact in g.facts:
            own.update(fact)
        low, high = zooms.get(g.layer, (MOST, LEAST))
        zooms[g.layer] = (min(low, int(g.first.min())), max(high, g.last))
    sources = {p.licence for p in city.meta.provenance.values() if p.licence}
    osm = any("OpenStreetMap" in p.source for p in city.meta.provenance.values())
    return {
        "name": city.meta.name,
        "names": dict(sorted(city.meta.names.items())),
        "attribution": "© OpenStreetMap contributors" if osm else ", ".join(sorted(sources)),
        "data_date": city.meta.data_date,
        "type": "baselayer",
        "version": str(VERSION),
        "vector_layers": layer_list(fields, zooms),
    }


def _write(raw: bytes, out: Path) -> None:
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=out.parent, prefix=f".{out.name}.", delete=False) as beside:
            fresh = Path(beside.name)
        try:
            fresh.write_bytes(raw)
            fresh.chmod(0o644)
            fresh.replace(out)
        finally:
            fresh.unlink(missing_ok=True)
    except OSError as e:
        raise ShaarError(f"{out}: the map could not be written ({e.strerror or e}); nothing was changed") from e
