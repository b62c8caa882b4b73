"""From longitude and latitude to metres and back, in the city's own projected system."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS, Transformer

F64 = npt.NDArray[np.float64]
Shapes = npt.NDArray[np.object_]


def utm_crs(lon: float, lat: float) -> str:
    """Return the UTM zone of a point as "EPSG:326zz" (north) or "EPSG:327zz" (south).

    Distances in UTM differ from those on the ellipsoid by at most 0.1 % within a zone (scale 0.9996 to 1.0010),
    enough for areas and for finding what lies near; street lengths are measured on the ellipsoid itself.
    """
    zone = min(60, max(1, int((lon + 180) // 6) + 1))
    return f"EPSG:{(32600 if lat >= 0 else 32700) + zone}"


@lru_cache(maxsize=16)
def transformer(crs: str, *, inverse: bool = False) -> Transformer:
    """Return the transformer from WGS84 lon/lat to ``crs`` (or back)."""
    a, b = CRS.from_epsg(4326), CRS.from_user_input(crs)
    return Transformer.from_crs(b, a, always_xy=True) if inverse else Transformer.from_crs(a, b, always_xy=True)


def project(lon: npt.ArrayLike, lat: npt.ArrayLike, crs: str) -> tuple[F64, F64]:
    """Project degrees to metres; arrays of any shape."""
    x, y = transformer(crs).transform(np.asarray(lon, float), np.asarray(lat, float))
    return np.asarray(x, float), np.asarray(y, float)


def unproject(x: npt.ArrayLike, y: npt.ArrayLike, crs: str) -> tuple[F64, F64]:
    """Turn metres back to degrees (lon, lat); arrays of any shape."""
    lon, lat = transformer(crs, inverse=True).transform(np.asarray(x, float), np.asarray(y, float))
    return np.asarray(lon, float), np.asarray(lat, float)


def project_shapes(shapes: Shapes | list[object], crs: str, *, inverse: bool = False) -> Shapes:
    """Project shapely geometries (WGS84 to ``crs``, or back), shape (n,) in and out."""
    t = transformer(crs, inverse=inverse)

    def change(c: F64) -> F64:
        return np.column_stack(t.transform(c[:, 0], c[:, 1]))

    out: Shapes = shapely.transform(np.asarray(shapes, dtype=object), change)
    return out
