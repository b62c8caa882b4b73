"""The quiet base of the maps: square pictures of land, water, green, rail and streets from the city folder.

A tile is drawn once and kept in the home of the installation; its address carries the hash of what it is drawn from,
so that browsers may keep it for good.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from django.conf import settings

from shaar.engine.city import geoparquet
from shaar.report.geometry import path as svg_path

from .mercator import Window

#: Change it when tiles are drawn otherwise.
VERSION = 3
LEAST, MOST = 8, 15
#: Units across a tile, and the tile's size on a screen where it is shown one to one, px.
UNITS, PIXELS = 2048, 512
#: From which zoom a class of street is drawn, and how wide, in px: (first zoom, classes, width, casing).
STREETS: tuple[tuple[int, tuple[str, ...], float, float], ...] = (
    (14, ("footway", "path", "steps", "pedestrian", "cycleway"), 0.8, 0.0),
    (13, ("service", "living_street", "track"), 1.2, 2.2),
    (12, ("residential", "unclassified", "road"), 1.6, 2.8),
    (11, ("tertiary",), 2.0, 3.2),
    (8, ("secondary",), 2.4, 3.6),
    (8, ("motorway", "trunk", "primary"), 3.0, 4.4),
)
STYLE = (
    "svg{--l:#f4f2ee;--w:#cfe2ec;--g:#dfe9d6;--b:#ebe7e0;--r:#fff;--c:#d3ccc2;--t:#b9b2a8;--f:#cfc8be}"
    "@media(prefers-color-scheme:dark){svg{--l:#1b252d;--w:#17384a;--g:#1e3127;--b:#222d36;--r:#42515d;--c:#10181f;"
    "--t:#5d6b76;--f:#38454f}}"
    "path{fill:none;stroke-linecap:round;stroke-linejoin:round}.l{fill:var(--l)}.b{fill:var(--b)}.g{fill:var(--g)}"
    ".w{fill:var(--w)}.wl{stroke:var(--w)}.r{stroke:var(--r)}.c{stroke:var(--c)}.t{stroke:var(--t)}.f{stroke:var(--f)}"
)


@dataclass(frozen=True, slots=True)
class Layer:
    """Shapes of one kind in the unit square, with a tree to find them by."""

    shapes: npt.NDArray[Any]
    tree: Any

    def inside(self, box: tuple[float, float, float, float]) -> npt.NDArray[Any]:
        """Shapes that touch a box, cut to it."""
        if not len(self.shapes):
            return self.shapes
        found = self.shapes[np.sort(self.tree.query(shapely.box(*box)))]
        cut = shapely.clip_by_rect(found, *box)
        return np.asarray(cut[~shapely.is_empty(cut)])


@dataclass(frozen=True, slots=True)
class Base:
    """What tiles are drawn from."""

    layers: dict[str, Layer]
    streets: tuple[Layer, ...]
    box: tuple[float, float, float, float]


def _folder() -> Path | None:
    return Path(settings.PROFILE.model) if settings.PROFILE.model else None


@lru_cache(maxsize=4)
def _stamp_of(folder: Path) -> str:
    digest = hashlib.sha256(f"{VERSION}".encode())
    for name in ("base", "links"):
        file = folder / f"{name}.parquet"
        if file.exists():
            digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def stamp() -> str:
    """Hash of what the tiles are drawn from; empty where the city has no model."""
    folder = _folder()
    return _stamp_of(folder) if folder else ""


def _square(shapes: npt.NDArray[Any]) -> npt.NDArray[Any]:
    def project(c: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        y = (1 - np.arcsinh(np.tan(np.radians(c[:, 1]))) / np.pi) / 2
        return np.column_stack([(c[:, 0] + 180) / 360, y])

    return np.asarray(shapely.transform(shapes, project))


def _layer(shapes: npt.NDArray[Any]) -> Layer:
    return Layer(shapes, shapely.STRtree(shapes))


@lru_cache(maxsize=2)
def _base(folder: Path) -> Base:
    base = geoparquet.read(folder / "base.parquet")
    links = geoparquet.read(folder / "links.parquet")
    areas = _square(shapely.make_valid(geoparquet.geometries(base)))
    kinds = base["kind"].to_numpy()
    ways = _square(geoparquet.geometries(links))
    classes = np.array([str(c).removesuffix("_link") for c in links["highway"].to_list()], dtype=object)
    # A street is two links, one each way: the picture needs one.
    streets = tuple(_layer(ways[np.isin(classes, names)]) for _zoom, names, _wide, _casing in STREETS)
    layers = {kind: _layer(areas[kinds == kind]) for kind in ("built", "green", "water", "rail")}
    west, north, east, south = shapely.total_bounds(np.concatenate([areas, ways]))
    return Base(layers, streets, (float(west), float(north), float(east), float(south)))


def tiles_of(window: Window, pixels: int) -> Iterator[tuple[int, int, int]]:
    """Tiles (zoom, column, row) that fill a window shown about so many pixels wide, and that have something on them."""
    folder = _folder()
    if folder is None:
        return
    zoom = int(np.clip(np.round(np.log2(pixels / PIXELS / window.width)), LEAST, MOST))
    n = 2**zoom
    west, north, east, south = _base(folder).box
    first = max(window.west, west), max(window.north, north)
    last = min(window.west + window.width, east), min(window.north + window.height, south)
    for row in range(int(first[1] * n), int(last[1] * n) + 1):
        for column in range(int(first[0] * n), int(last[0] * n) + 1):
            yield zoom, column, row


def box() -> tuple[float, float, float, float] | None:
    """What the tiles cover, in the unit square (west, north, east, south); None without a model."""
    folder = _folder()
    return _base(folder).box if folder else None


def tile(zoom: int, column: int, row: int) -> bytes | None:
    """A tile as SVG, drawn or from the store; None where there is none."""
    folder = _folder()
    if folder is None or not LEAST <= zoom <= MOST:
        return None
    n = 2**zoom
    west, north, east, south = _base(folder).box
    if (column + 1) / n < west or column / n > east or (row + 1) / n < north or row / n > south:
        return None
    kept = settings.HOME / "tiles" / stamp() / f"{zoom}-{column}-{row}.svg"
    if kept.exists():
        return kept.read_bytes()
    drawn = draw(_base(folder), zoom, column, row).encode()
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=kept.parent, delete=False) as beside:
        beside.write(drawn)
    Path(beside.name).replace(kept)
    return drawn


def draw(base: Base, zoom: int, column: int, row: int) -> str:
    """Draw a tile."""
    n = 2**zoom
    body = content(base, (column / n, row / n), (1 / n, 1 / n), zoom, UNITS)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {UNITS} {UNITS}" width="{PIXELS}" height="{PIXELS}">'
        f"<style>{STYLE}</style>{body}</svg>"
    )


def picture(window: Window, pixels: int) -> str:
    """The base of a whole window in one group, for pictures that cannot fetch tiles; 4 units a pixel; "" without."""
    folder = _folder()
    if folder is None:
        return ""
    zoom = int(np.clip(np.round(np.log2(pixels / PIXELS / window.width)), LEAST, MOST))
    units = pixels * UNITS // PIXELS
    size = (window.width, window.height)
    return content(_base(folder), (window.west, window.north), size, zoom, units)


def content(base: Base, corner: tuple[float, float], size: tuple[float, float], zoom: int, units: int) -> str:
    """SVG paths of a box of the unit square, ``units`` wide, in the detail of ``zoom``."""
    west, north = corner
    margin = 12 / PIXELS * size[0]  # so that casings and round ends go on over the edge
    box = (west - margin, north - margin, west + size[0] + margin, north + size[1] + margin)

    def grid(c: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return (c - (west, north)) * (units / size[0])

    def onto(layer: Layer) -> npt.NDArray[Any]:
        found = layer.inside(box)
        return np.asarray(shapely.transform(found, grid)) if len(found) else found

    scale = UNITS / PIXELS
    parts = [f'<path class="l" d="M0 0h{units}v{units * size[1] / size[0]:.0f}H0z"/>']
    parts += [_areas(onto(base.layers[kind]), name) for kind, name in (("built", "b"), ("green", "g"), ("water", "w"))]
    rail = _lines(onto(base.layers["rail"]))
    if rail:
        parts.append(f'<path class="t" stroke-width="{1.2 * scale:g}" d="{rail}"/>')
    grown = scale * (1 if zoom < 13 else 1.5 ** (zoom - 12))
    drawn = [
        (d, wide * grown, casing * grown)
        for (first, _names, wide, casing), layer in zip(STREETS, base.streets)
        if zoom >= first and (d := _lines(onto(layer)))
    ]
    parts += [f'<path class="c" stroke-width="{c:.1f}" d="{d}"/>' for d, _w, c in drawn if c]
    parts += [f'<path class="{"r" if c else "f"}" stroke-width="{w:.1f}" d="{d}"/>' for d, w, c in drawn]
    return "".join(parts)


def _areas(shapes: npt.NDArray[Any], name: str) -> str:
    if not len(shapes):
        return ""
    dims = shapely.get_dimensions(shapes)
    solid, strokes = shapes[dims == 2], shapes[dims == 1]
    out = ""
    if len(solid):
        merged = shapely.simplify(shapely.union_all(solid, grid_size=1.0), 2.0)
        pieces = shapely.get_parts(merged)
        out = f'<path class="{name}" d="{svg_path(pieces[shapely.area(pieces) > 60])}"/>'
    if len(strokes) and name == "w":
        out += f'<path class="wl" stroke-width="6" d="{svg_path(shapely.simplify(strokes, 2.0))}"/>'
    return out


def _lines(shapes: npt.NDArray[Any]) -> str:
    """Join lines, drop what is doubled and what nobody can see."""
    if not len(shapes):
        return ""
    shapes = shapes[shapely.get_dimensions(shapes) == 1]
    if not len(shapes):
        return ""
    merged = shapely.line_merge(shapely.union_all(shapes, grid_size=1.0))
    parts = shapely.simplify(shapely.get_parts(merged), 3.0)
    return svg_path(parts[shapely.length(parts) > 8])
