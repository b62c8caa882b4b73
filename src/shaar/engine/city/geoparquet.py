"""GeoParquet 1.1 tables (WKB, WGS84 longitude/latitude) as polars frames with a binary geometry column."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from shaar.engine.errors import InputError

GEOMETRY = "geometry"
#: Coordinates are kept on a grid of 2**-20 degree (at most 0.11 m), whose short mantissas compress about threefold.
GRID_PER_DEGREE = 2**20


def snap_to_grid(geometries: np.ndarray) -> np.ndarray:
    """Round coordinates (degrees) to the storage grid; shape (n,) of shapely geometries in and out."""
    return shapely.transform(geometries, lambda c: np.round(c * GRID_PER_DEGREE) / GRID_PER_DEGREE)


def geometries(frame: pl.DataFrame) -> np.ndarray:
    """Return the shapely geometries of a frame, shape (height,)."""
    return shapely.from_wkb(frame[GEOMETRY].to_numpy())


def with_geometries(frame: pl.DataFrame, shapes: np.ndarray | list[object]) -> pl.DataFrame:
    """Return the frame with its geometry column set from shapely geometries, rounded to the storage grid."""
    wkb = shapely.to_wkb(snap_to_grid(np.asarray(shapes, dtype=object)))
    return frame.with_columns(pl.Series(GEOMETRY, list(wkb), dtype=pl.Binary))


def write(frame: pl.DataFrame, path: Path) -> None:
    """Write a frame; with a geometry column the file carries GeoParquet metadata (OGC:CRS84)."""
    table = frame.to_arrow(compat_level=pl.CompatLevel.oldest())
    if GEOMETRY in frame.columns:
        shapes = geometries(frame)
        kinds = sorted({s.geom_type for s in shapes if s is not None})
        column = {"encoding": "WKB", "geometry_types": kinds}
        if len(shapes):
            column["bbox"] = [float(v) for v in shapely.total_bounds(shapes)]
        geo = {"version": "1.1.0", "primary_column": GEOMETRY, "columns": {GEOMETRY: column}}
        table = table.replace_schema_metadata({**(table.schema.metadata or {}), b"geo": json.dumps(geo).encode()})
    pq.write_table(table, path, compression="zstd", compression_level=19)


def read(path: Path) -> pl.DataFrame:
    """Read a table written by :func:`write` or any GeoParquet file with a WKB ``geometry`` column.

    Raises
    ------
    InputError
        The file is missing, is not Parquet, or is cut short.
    """
    try:
        # Not read_table: it loads the whole of pyarrow.dataset, a third of a second of every command.
        with pq.ParquetFile(path) as file:
            table = file.read()
    except FileNotFoundError as e:
        raise InputError("the file is missing", file=path) from e
    except (pa.ArrowInvalid, OSError) as e:
        raise InputError("the file cannot be read as Parquet; it may be cut short", file=path) from e
    return pl.DataFrame(pl.from_arrow(table))
