"""The named street that is nearest to a point, for stops without a name."""

from __future__ import annotations

import numpy as np
import polars as pl
import shapely

from shaar.engine.city.geoparquet import geometries
from shaar.engine.city.model import City
from shaar.report.geometry import Frame

#: A street farther away than this does not tell where a stop is, metres.
FARTHEST = 800.0


class Streets:
    """Finds named streets; the index is made when it is first asked."""

    def __init__(self, city: City, window: Frame) -> None:
        self._city, self._window = city, window
        self._tree: shapely.STRtree | None = None
        self._names: list[str] = []

    def near(self, lon: float, lat: float) -> str:
        """Return the name of the nearest named street within ``FARTHEST``, else nothing."""
        if self._tree is None:
            rows = self._city.links.filter(pl.col("name").is_not_null() & (pl.col("name") != ""))
            self._names = rows["name"].to_list()
            shapes = self._window.project(geometries(rows)) if rows.height else np.empty(0, dtype=object)
            self._tree = shapely.STRtree(shapes)
        if not self._names:
            return ""
        point = shapely.points(self._window.points([lon], [lat]))[0]
        found = self._tree.query_nearest(point, max_distance=FARTHEST / self._window.metres, all_matches=False)
        return self._names[int(found[0])] if len(found) else ""
