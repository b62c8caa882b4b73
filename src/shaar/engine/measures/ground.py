"""What the ground allows: inside the city, and over water only on a bridge or through a tunnel."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl
import shapely

from shaar.engine.city.model import City
from shaar.engine.city.projection import project, project_shapes, unproject
from shaar.engine.errors import InputError
from shaar.engine.timetable.route_types import mode_of

#: Farther than this from every zone, a place lies outside the city, m; zones end where people do.
OUTSIDE_M = 2000.0
#: Metres of water that a course may seem to touch, since outlines of water on the map are simplified.
SPLASH_M = 30.0
#: A street within this distance carries a line over water (wide bridges have two carriageways), m.
BRIDGE_M = 40.0
#: Modes that need a street under them.
ON_STREETS = frozenset({"bus", "trolleybus", "coach", "share_taxi", "taxi", "unknown"})
#: Degrees of latitude, some 1.1 km: how far around a place streets are looked at.
REACH_DEGREES = 0.01


def need_inside(city: City, lon: float, lat: float, field: str, what: str) -> None:
    """Refuse a place outside the city: more than 2 km from every zone.

    Raises
    ------
    InputError
        With the distance.
    """
    if not city.zones.height:
        return
    x, y = project([lon], [lat], city.meta.crs)
    zx, zy = project(city.zones["lon"].to_numpy(), city.zones["lat"].to_numpy(), city.meta.crs)
    metres = float(np.hypot(zx - x[0], zy - y[0]).min())
    if metres > OUTSIDE_M:  # zones can be wide, and then their outlines decide
        raw = city.zones.filter(pl.col("geometry").bin.size() > 0)["geometry"]
        if raw.len():
            outlines = project_shapes(shapely.from_wkb(raw.to_numpy()), city.meta.crs)
            metres = min(metres, float(shapely.distance(outlines, shapely.Point(x[0], y[0])).min()))
    if metres > OUTSIDE_M:
        raise InputError(f"{what} lies outside the city, {metres / 1000:.1f} km from its nearest zone", field=field)


def water_metres(city: City, path: Sequence[tuple[float, float]], *, streets: bool = True) -> tuple[float, str]:
    """Metres of a path that run through water, and the name of the largest such water.

    With ``streets`` those near a street that buses may drive do not count: it carries them.
    """
    water = city.base.filter(pl.col("kind") == "water")
    if len(path) < 2 or not water.height:
        return 0.0, ""
    lons, lats = zip(*path, strict=True)
    box = shapely.box(min(lons), min(lats), max(lons), max(lats))
    shapes = shapely.from_wkb(water["geometry"].to_numpy())
    near = np.flatnonzero(shapely.intersects(shapes, box))
    if not len(near):
        return 0.0, ""
    crs = city.meta.crs
    line = shapely.LineString(np.column_stack(project(lons, lats, crs)))
    bodies = shapely.make_valid(project_shapes(shapes[near], crs))
    wet = shapely.intersection(line, bodies)
    if shapely.length(wet).sum() <= SPLASH_M:
        return 0.0, ""
    carriers = _streets_near(city, shapely.union_all(wet)) if streets else np.empty(0, dtype=object)
    wet = shapely.difference(wet, shapely.union_all(shapely.buffer(carriers, BRIDGE_M))) if len(carriers) else wet
    metres = shapely.length(wet)
    name = water["name"][int(near[int(np.argmax(metres))])]
    return float(shapely.length(shapely.union_all(wet))), name or ""


def links_near(city: City, lon: npt.ArrayLike, lat: npt.ArrayLike, reach: float = REACH_DEGREES) -> pl.DataFrame:
    """Links with an end in the box around some points, wider by a reach (degrees of latitude) on each side.

    A cheap sieve before anything that decodes geometries; only links longer than twice the reach can slip through it.
    """
    x, y = city.nodes["lon"].to_numpy(), city.nodes["lat"].to_numpy()
    lons, lats = np.asarray(lon, float), np.asarray(lat, float)
    wide = reach / max(np.cos(np.radians(lats.mean())), 0.2)
    inside = (np.abs(x - (lons.min() + lons.max()) / 2) <= (lons.max() - lons.min()) / 2 + wide) & (
        np.abs(y - (lats.min() + lats.max()) / 2) <= (lats.max() - lats.min()) / 2 + reach
    )
    a, b = city.links["from_node"].to_numpy(), city.links["to_node"].to_numpy()
    return city.links.filter(pl.Series(inside[a] | inside[b]))


def _streets_near(city: City, wet: object) -> np.ndarray:
    at = shapely.get_coordinates(wet)
    drivable = links_near(city, *unproject(at[:, 0], at[:, 1], city.meta.crs))
    drivable = drivable.filter(pl.col("bus_forward") | pl.col("bus_backward"))
    if not drivable.height:
        return np.empty(0, dtype=object)
    lines = project_shapes(shapely.from_wkb(drivable["geometry"].to_numpy()), city.meta.crs)
    found: np.ndarray = lines[shapely.STRtree(lines).query(wet, predicate="dwithin", distance=BRIDGE_M)]
    return found


def need_dry(
    city: City, path: Sequence[tuple[float, float]], field: str, way_out: str, *, streets: bool = True
) -> None:
    """Refuse a path through water.

    Raises
    ------
    InputError
        With the metres, the name of the water, and the way out of it.
    """
    metres, name = water_metres(city, path, streets=streets)
    if metres > SPLASH_M:
        called = f" ({name})" if name else ""
        where = " where there is no bridge" if streets else ""
        raise InputError(f"it runs {metres:.0f} m through water{called}{where}; {way_out}", field=field)


def need_dry_line(city: City, path: Sequence[tuple[float, float]], field: str, route_type: int | None) -> None:
    """Refuse the course of a line on streets through water; boats, trains and cable cars may cross it.

    Raises
    ------
    InputError
        As :func:`need_dry`.
    """
    if mode_of(3 if route_type is None else route_type) in ON_STREETS:
        need_dry(city, path, field, "draw the line over a bridge, or add the road first")
