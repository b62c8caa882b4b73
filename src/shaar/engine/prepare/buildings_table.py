"""``buildings.parquet``: outlines of buildings for maps, an optional table of the city folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import shapely

from shaar.engine.city import geoparquet
from shaar.engine.city.buildings import Buildings
from shaar.engine.city.projection import project_shapes

FILE = "buildings.parquet"
#: Smallest footprint kept, m2, and how far an outline may stray from the mapped one, m: sheds and bays do not show.
LEAST_M2, STRAY_M = 30.0, 0.6


def write_buildings(buildings: Buildings, crs: str, folder: Path) -> int:
    """Write the table into a city folder and return its rows; nothing is written where there are no buildings.

    Columns: geometry (outline, WGS84) and levels (storeys as tagged, null where not). Rows go along a curve through
    the city, so that neighbours compress well together.
    """
    rows = np.flatnonzero(buildings.footprint >= LEAST_M2)
    if not len(rows):
        return 0
    shapes = shapely.make_valid(shapely.simplify(buildings.shapes[rows], STRAY_M))
    tagged = buildings.levels_source[rows] == "tagged"
    levels = pl.Series("levels", buildings.levels[rows], dtype=pl.Float32)
    table = pl.DataFrame({"levels": levels, "tagged": tagged}).select(
        pl.when("tagged").then("levels").otherwise(None).alias("levels")
    )
    table = table.with_columns(pl.Series(geoparquet.GEOMETRY, [b""] * len(rows), dtype=pl.Binary))
    table = geoparquet.with_geometries(table, project_shapes(shapes, crs, inverse=True))
    cell = np.column_stack([buildings.lon[rows], buildings.lat[rows]]) * 2**12
    near = np.lexsort((buildings.lon[rows], np.floor(cell[:, 0]), np.floor(cell[:, 1])))
    geoparquet.write(table[near.tolist()], folder / FILE)
    return len(rows)
