"""Areas that a change is about: a point with a radius, or a named place; as rows of the zone table."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely

from shaar.engine.city import geoparquet
from shaar.engine.city.model import City
from shaar.engine.city.projection import project
from shaar.engine.errors import InputError
from shaar.engine.measures.ground import need_inside

I64 = npt.NDArray[np.int64]


def zone_at(city: City, point: tuple[float, float], field: str, what: str) -> int:
    """Return the row of the zone in which a point lies, or of the nearest one.

    Raises
    ------
    InputError
        The city has no zones, or the point lies outside it.
    """
    if not city.zones.height:
        raise InputError("the city has no zones", field=field)
    need_inside(city, *point, field, what)
    inside = np.flatnonzero(shapely.intersects_xy(geoparquet.geometries(city.zones), *point))
    if len(inside):
        return int(inside[0])
    return int(np.argmin(_metres(city, point)))


def _metres(city: City, point: tuple[float, float]) -> npt.NDArray[np.float64]:
    x, y = project([point[0]], [point[1]], city.meta.crs)
    zx, zy = project(city.zones["lon"].to_numpy(), city.zones["lat"].to_numpy(), city.meta.crs)
    return np.hypot(zx - x[0], zy - y[0])


def zones_around(city: City, point: tuple[float, float], radius: float, field: str, what: str) -> I64:
    """Return the rows of the zones whose people live within a radius, m, and of the one at the point."""
    here = zone_at(city, point, field, what)
    rows = np.flatnonzero(_metres(city, point) <= radius)
    return np.union1d(rows, [here])
