"""Slope of links from an elevation raster."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import rasterio
import shapely
from pyproj import CRS, Transformer
from rasterio.errors import RasterioError
from rasterio.windows import Window

from shaar.engine.city import geoparquet
from shaar.engine.errors import InputError

F64 = npt.NDArray[np.float64]

#: Elevation is averaged over this length around each end of a link, so that the noise of a 30 m grid makes no cliffs.
SMOOTHING_M = 60.0
#: Rise is counted over at least this run, m.
LEAST_RUN_M = 50.0
#: A street steeper than this is an error of the raster (the steepest streets of the world have about 35 %).
STEEPEST = 35.0
#: At least this share of the nodes must lie on the raster.
LEAST_COVER = 0.5


def with_slope(links: pl.DataFrame, raster: Path) -> pl.DataFrame:
    """Fill ``slope``: rise over run from ``from_node`` to ``to_node`` in per cent.

    Elevation is read bilinearly in the raster's own CRS and averaged over a square of 60 m around the point; short
    links divide by a run of at least 50 m. Bridges and tunnels (column ``structure``, where the table has it), links
    off the raster and links that would be steeper than 35 % stay null.

    Parameters
    ----------
    links
        Links with ``geometry`` and ``length``.
    raster
        GeoTIFF or ASC grid with heights in metres, in any CRS.

    Raises
    ------
    InputError
        The raster cannot be read, has no CRS, or covers less than half of the links.
    """
    if links.height == 0:
        return links
    shapes = geoparquet.geometries(links)
    lines = shapely.get_num_coordinates(shapes)
    xy = shapely.get_coordinates(shapes)
    last = np.cumsum(lines) - 1
    ends = np.concatenate([xy[last - lines + 1], xy[last]])
    heights = sample(ends, Path(raster))
    known = np.isfinite(heights)
    if known.mean() < LEAST_COVER:
        raise InputError(f"the raster covers only {known.mean():.0%} of the streets' ends", file=raster)
    rise = heights[links.height :] - heights[: links.height]
    slope = 100.0 * rise / np.maximum(links["length"].to_numpy(), LEAST_RUN_M)
    slope[np.abs(slope) > STEEPEST] = np.nan
    out = links.with_columns(slope=pl.Series(slope).fill_nan(None))
    if "structure" in links.columns:
        out = out.with_columns(slope=pl.when(pl.col("structure").is_null()).then(pl.col("slope")))
    return out


def sample(points: F64, raster: Path) -> F64:
    """Return smoothed heights (m) at points (lon, lat), shape (n, 2) -> (n,); NaN off the raster.

    Raises
    ------
    InputError
        The raster cannot be read or has no CRS.
    """
    try:
        with rasterio.open(raster) as source:
            if source.crs is None:
                raise InputError("the raster has no coordinate reference system", file=raster)
            crs = CRS.from_user_input(source.crs.to_wkt())
            transform = Transformer.from_crs("OGC:CRS84", crs, always_xy=True)
            x, y = transform.transform(points[:, 0], points[:, 1])
            steps = _smoothing_steps(points, transform)
            to_cell = ~source.transform
            column = to_cell.a * np.asarray(x) + to_cell.b * np.asarray(y) + to_cell.c
            row = to_cell.d * np.asarray(x) + to_cell.e * np.asarray(y) + to_cell.f
            inside = (column > 0) & (column < source.width) & (row > 0) & (row < source.height)
            if not inside.any():
                return np.full(len(points), np.nan)
            window = _window(column[inside], row[inside], source.width, source.height)
            grid = source.read(1, window=window, masked=True).astype(np.float64).filled(np.nan)
            column, row = column - window.col_off - 0.5, row - window.row_off - 0.5
            east, north = steps
            across = source.transform.a, source.transform.e
    except (RasterioError, OSError, ValueError) as e:
        raise InputError(f"the elevation raster cannot be read ({e})", file=raster) from e
    total, count = np.zeros(len(points)), np.zeros(len(points))
    for dx in (-0.5, -0.25, 0.0, 0.25, 0.5):
        for dy in (-0.5, -0.25, 0.0, 0.25, 0.5):
            value = _bilinear(grid, column + dx * east / abs(across[0]), row + dy * north / abs(across[1]))
            good = np.isfinite(value) & inside
            total[good] += value[good]
            count[good] += 1
    return np.divide(total, count, out=np.full(len(points), np.nan), where=count > 0)


def _smoothing_steps(points: F64, transform: Transformer) -> tuple[float, float]:
    """Length of the smoothing square's sides in units of the raster's CRS, at the middle of the points."""
    lon, lat = np.median(points, axis=0)
    east = SMOOTHING_M / (111_320.0 * np.cos(np.radians(lat)))
    north = SMOOTHING_M / 110_574.0
    x, y = transform.transform([lon, lon + east, lon], [lat, lat, lat + north])
    return float(np.hypot(x[1] - x[0], y[1] - y[0])), float(np.hypot(x[2] - x[0], y[2] - y[0]))


def _window(column: F64, row: F64, width: int, height: int) -> Window:
    left, top = max(int(column.min()) - 4, 0), max(int(row.min()) - 4, 0)
    right, bottom = min(int(column.max()) + 5, width), min(int(row.max()) + 5, height)
    return Window(left, top, right - left, bottom - top)


def _bilinear(grid: F64, column: F64, row: F64) -> F64:
    """Interpolate between cell centres; NaN where a neighbour is unknown, the edge cell's value at the rim."""
    column, row = np.clip(column, 0, grid.shape[1] - 1), np.clip(row, 0, grid.shape[0] - 1)
    c, r = np.floor(column).astype(int), np.floor(row).astype(int)
    c2, r2 = np.minimum(c + 1, grid.shape[1] - 1), np.minimum(r + 1, grid.shape[0] - 1)
    u, v = column - c, row - r
    top = grid[r, c] * (1 - u) + grid[r, c2] * u
    bottom = grid[r2, c] * (1 - u) + grid[r2, c2] * u
    return top * (1 - v) + bottom * v
