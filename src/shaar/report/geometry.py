"""From degrees to the integer grid of a map, and geometry to short SVG paths."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import Transformer

#: Every map is so many units wide; words and signs are sized against it (see ``--u`` in report.css).
WIDTH = 4000
#: Height over width of a map: neither a ribbon nor a tower on any screen.
ASPECT = (0.62, 0.95)


@dataclass(frozen=True, slots=True)
class Frame:
    """The window of a map: projected coordinates to grid units.

    Parameters
    ----------
    crs
        Metric projected CRS.
    west, north
        Upper left corner, m in that CRS.
    metres
        Metres a grid unit.
    height
        Grid units down; ``WIDTH`` across.
    """

    crs: str
    west: float
    north: float
    metres: float
    height: int

    def project(self, shapes: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Bring WGS84 shapely geometries, shape (n,), onto the grid (y down, not yet rounded)."""
        to = Transformer.from_crs("OGC:CRS84", self.crs, always_xy=True)

        def grid(c: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
            x, y = to.transform(c[:, 0], c[:, 1])
            return np.column_stack([(x - self.west) / self.metres, (self.north - y) / self.metres])

        return np.asarray(shapely.transform(shapes, grid))

    def points(self, lon: npt.ArrayLike, lat: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Bring WGS84 points onto the grid, shape (n, 2)."""
        to = Transformer.from_crs("OGC:CRS84", self.crs, always_xy=True)
        x, y = to.transform(np.asarray(lon, dtype=float), np.asarray(lat, dtype=float))
        return np.column_stack([(x - self.west) / self.metres, (self.north - y) / self.metres])

    def clip(self, shapes: npt.NDArray[Any], margin: int = 40) -> npt.NDArray[Any]:
        """Cut grid geometries to the window and a small margin; empty ones are dropped."""
        out = shapely.clip_by_rect(shapes, -margin, -margin, WIDTH + margin, self.height + margin)
        return np.asarray(out[~shapely.is_empty(out)])


def frame(shapes: npt.NDArray[Any], crs: str, margin: float = 0.03) -> Frame:
    """Return the window that shows all the WGS84 geometries with a margin, within the allowed aspect."""
    to = Transformer.from_crs("OGC:CRS84", crs, always_xy=True)
    xy = shapely.get_coordinates(shapes)
    x, y = to.transform(xy[:, 0], xy[:, 1])
    keep = np.isfinite(x) & np.isfinite(y)
    west, east, south, north = x[keep].min(), x[keep].max(), y[keep].min(), y[keep].max()
    wide, tall = max(east - west, 100.0) * (1 + 2 * margin), max(north - south, 100.0) * (1 + 2 * margin)
    aspect = min(ASPECT[1], max(ASPECT[0], tall / wide))
    wide, tall = max(wide, tall / aspect), max(tall, wide * aspect)
    metres = wide / WIDTH
    return Frame(crs, (west + east - wide) / 2, (south + north + tall) / 2, metres, round(tall / metres))


def path(shapes: Iterable[Any]) -> str:
    """Return one SVG path of all the geometries: integer coordinates, relative moves, no point said twice.

    Points become dots (a move and a line of no length, to be drawn with a round cap).
    """
    out: list[str] = []
    at = (0, 0)
    for part in _parts(shapes):
        closed = part[1]
        xy = np.rint(part[0]).astype(np.int64)
        if len(xy) > 1:
            xy = xy[np.r_[True, np.any(np.diff(xy, axis=0) != 0, axis=1)]]
        if closed and len(xy) > 1 and (xy[0] == xy[-1]).all():
            xy = xy[:-1]
        if closed and len(xy) < 3:
            continue
        x, y = int(xy[0, 0]), int(xy[0, 1])
        out.append(f"m{x - at[0]}{_signed(y - at[1])}" if out else f"M{x}{_signed(y)}")
        start = (x, y)
        steps: list[str] = []
        for dx, dy in np.diff(xy, axis=0).tolist():
            steps.append(f"{_signed(dx) if steps else dx}{_signed(dy)}")
        if steps:
            out.append("l" + "".join(steps))
        elif not closed:
            out.append("h0")
        if closed:
            out.append("z")
            at = start
        else:
            at = (int(xy[-1, 0]), int(xy[-1, 1]))
    return "".join(out)


def _signed(value: int) -> str:
    return f"{value}" if value < 0 else f" {value}"


def _parts(shapes: Iterable[Any]) -> Iterable[tuple[npt.NDArray[np.float64], bool]]:
    for shape in shapes:
        if shape is None or shape.is_empty:
            continue
        if shape.geom_type == "Polygon":
            yield shapely.get_coordinates(shape.exterior), True
            for ring in shape.interiors:
                yield shapely.get_coordinates(ring), True
        elif hasattr(shape, "geoms"):
            yield from _parts(shape.geoms)
        else:
            yield shapely.get_coordinates(shape), False
