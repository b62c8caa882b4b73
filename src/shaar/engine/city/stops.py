"""Stops: from OpenStreetMap, on the streets, and together as places where people change."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl
import pyproj
import shapely
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial import cKDTree

from shaar.engine.city import geoparquet, schema
from shaar.engine.city.components import components
from shaar.engine.city.extract import Feature, OsmExtract
from shaar.engine.errors import InputError

I32 = npt.NDArray[np.int32]
F64 = npt.NDArray[np.float64]

#: Two records of one stop (pole and stopping position, point and platform) lie within this distance, m.
SAME_STOP_M = 12.0
#: A stopping position and the pole it belongs to: the pole stands at the kerb, up to half a wide street away.
POLE_TO_POSITION_M = 35.0
#: A group of stops is never wider than this, m.
GROUP_WIDTH_M = 150.0
_EARTH_M = 111_320.0
_BUS_KEYS = ("bus", "trolleybus", "share_taxi", "minibus")


def stops_from_osm(extract: OsmExtract) -> pl.DataFrame:
    """Find the bus stops of an extract.

    A stop is a ``highway=bus_stop``, a ``public_transport=platform`` or a bus station; records of the same stop within
    12 m are one. A stopping position on the roadway counts only where no such pole stands within 35 m. Rail, tram and
    ferry stops are left out.

    Returns
    -------
    Columns ``stop_id`` ("osm:n123"), ``name`` (local language, null where none), ``lon``, ``lat``, ``source``.
    """
    ranked = [(rank, f) for f in (*extract.points, *extract.areas) if (rank := _rank(f)) is not None]
    ranked.sort(key=lambda r: (r[0], "name" not in r[1].tags, r[1].osm_type, r[1].osm_id))
    rows: list[dict[str, object]] = []
    if ranked:
        centre = shapely.centroid(np.asarray([f.geometry for _, f in ranked], dtype=object))
        lon, lat = shapely.get_x(centre), shapely.get_y(centre)
        xy = _local(lon, lat)
        tree = cKDTree(xy)
        taken = np.zeros(len(ranked), bool)
        for k, (rank, feature) in enumerate(ranked):
            reach = POLE_TO_POSITION_M if rank == 2 else SAME_STOP_M
            near = [j for j in tree.query_ball_point(xy[k], reach) if taken[j]]
            names = {ranked[j][1].tags.get("name") for j in near} - {None}
            mine = feature.tags.get("name")
            if near and (mine is None or not names or mine in names or rank == 2):
                continue
            taken[k] = True
            rows.append(
                {
                    "stop_id": f"osm:{feature.osm_type[0]}{feature.osm_id}",
                    "name": mine or _name_nearby(ranked, tree, xy, k),
                    "lon": float(lon[k]),
                    "lat": float(lat[k]),
                    "source": "osm",
                }
            )
    columns = {"stop_id": pl.String, "name": pl.String, "lon": pl.Float64, "lat": pl.Float64, "source": pl.String}
    return pl.DataFrame(rows, schema=columns).sort("stop_id")


def _rank(feature: Feature) -> int | None:
    """0 for a pole, 1 for a platform or bus station, 2 for a stopping position, None for anything else."""
    tags = feature.tags
    bus = any(tags.get(k) == "yes" for k in _BUS_KEYS)
    other = any(
        tags.get(k) == "yes" for k in ("train", "subway", "tram", "ferry", "light_rail", "monorail", "aerialway")
    )
    other = other or "railway" in tags or tags.get("amenity") == "ferry_terminal"
    if tags.get("highway") == "bus_stop":
        return 0
    kind = tags.get("public_transport")
    if tags.get("amenity") == "bus_station" or (kind == "station" and bus):
        return 1
    if kind == "platform" and (bus or not other):
        return 1
    if kind in ("stop_position", "stop") and bus:
        return 2
    return None


def _name_nearby(ranked: list[tuple[int, Feature]], tree: cKDTree, xy: F64, k: int) -> str | None:
    """Take the name of a nameless pole from the nearest record within 35 m."""
    for j in sorted(tree.query_ball_point(xy[k], POLE_TO_POSITION_M), key=lambda j: float(np.hypot(*(xy[j] - xy[k])))):
        name = ranked[j][1].tags.get("name")
        if name:
            return name
    return None


def _local(lon: F64, lat: F64) -> F64:
    """Metres on a plane through the middle of the points, good to 0.3 % over a city; shape (n, 2)."""
    return np.column_stack([lon * np.cos(np.radians(np.mean(lat))), lat]) * _EARTH_M


def match_stops(
    stops: pl.DataFrame, nodes: pl.DataFrame, links: pl.DataFrame, crs: str, *, max_distance_m: float = 60.0
) -> pl.DataFrame:
    """Put stops on the nearest link that a bus may use.

    The side is that of the link's from -> to direction on which the stop lies (sign of the cross product of the link's
    direction at the foot point and the way from there to the stop); closer than 0.5 m it is unknown.

    Parameters
    ----------
    stops
        ``stop_id``, ``lon``, ``lat``, optionally ``name`` and ``source`` ("entered" where absent).
    nodes, links
        The street tables.
    crs
        Metric projected CRS.
    max_distance_m
        Farther stops stay off the streets: their link is null and their side unknown.

    Returns
    -------
    The stops in the same order with the columns of the stops table; ``offset`` is in metres of the link's own length.

    Raises
    ------
    InputError
        A stop has no coordinates.
    """
    missing = stops.select((pl.col("lon").is_null() | pl.col("lat").is_null()).arg_true())
    if missing.height:
        raise InputError("the stop has no coordinates", field="lon", row=int(missing.item(0, 0)) + 2)
    n = stops.height
    link_id: list[int | None] = [None] * n
    offset: list[float | None] = [None] * n
    distance: list[float | None] = [None] * n
    side = ["unknown"] * n
    drivable = links.filter(pl.col("bus_forward") | pl.col("bus_backward"))
    if n and drivable.height:
        project = pyproj.Transformer.from_crs("OGC:CRS84", crs, always_xy=True).transform
        lines = shapely.transform(geoparquet.geometries(drivable), lambda c: np.column_stack(project(c[:, 0], c[:, 1])))
        points = shapely.points(*project(stops["lon"].to_numpy(), stops["lat"].to_numpy()))
        (who, which), away = shapely.STRtree(lines).query_nearest(
            points, max_distance=max_distance_m, return_distance=True, all_matches=False
        )
        foot = shapely.line_locate_point(lines[which], points[who])
        span = shapely.length(lines[which])
        cross = _cross(lines[which], foot, points[who])
        length = drivable["length"].to_numpy()[which]
        along = np.clip(foot / np.where(span > 0, span, 1.0), 0.0, 1.0) * length
        ids = drivable["link_id"].to_numpy()[which]
        for i, k, o, d, c in zip(who.tolist(), ids.tolist(), along.tolist(), away.tolist(), cross.tolist()):
            link_id[i], offset[i], distance[i] = k, o, d
            side[i] = "unknown" if d < 0.5 else "left" if c > 0 else "right"
    out = stops.with_columns(
        link_id=pl.Series(link_id, dtype=pl.Int32),
        offset=pl.Series(offset, dtype=pl.Float64),
        side=pl.Series(side, dtype=pl.String),
        link_distance=pl.Series(distance, dtype=pl.Float64),
    )
    for name, value in (("name", None), ("source", "entered")):
        if name not in out.columns:
            out = out.with_columns(pl.lit(value, pl.String).alias(name))
    return schema.conform("stops", out)


def _cross(lines: npt.NDArray[np.object_], foot: F64, points: npt.NDArray[np.object_]) -> F64:
    """Cross product of each line's direction around the foot point (1 m either way) and the way to the point."""
    a = shapely.get_coordinates(shapely.line_interpolate_point(lines, np.maximum(foot - 1.0, 0.0)))
    b = shapely.get_coordinates(shapely.line_interpolate_point(lines, foot + 1.0))
    ab, ap = b - a, shapely.get_coordinates(points) - a
    return ab[:, 0] * ap[:, 1] - ab[:, 1] * ap[:, 0]


def stop_groups(stops: pl.DataFrame, crs: str, *, radius_m: float = 100.0) -> I32:
    """Number the places that stops make together: the two sides of a street, the bays of an interchange.

    Stops of one (folded) name within ``radius_m`` of each other are one place, then nameless or differently named stops
    join where they face each other across the street (within 40 % of the radius). Within each connected set, complete
    linkage keeps every group within 150 m across.

    Parameters
    ----------
    stops
        ``lon``, ``lat`` and optionally ``name``.
    crs
        Metric projected CRS.

    Returns
    -------
    Group of each stop, shape (n,), numbered from 0 in the order of their first stop.
    """
    n = stops.height
    if n == 0:
        return np.empty(0, np.int32)
    project = pyproj.Transformer.from_crs("OGC:CRS84", crs, always_xy=True).transform
    xy = np.column_stack(project(stops["lon"].to_numpy(), stops["lat"].to_numpy()))
    names = stops["name"].to_list() if "name" in stops.columns else [None] * n
    folded = [None if v is None or not v.strip() else " ".join(v.casefold().replace("ё", "е").split()) for v in names]
    pairs = cKDTree(xy).query_pairs(radius_m, output_type="ndarray")
    apart = np.hypot(*(xy[pairs[:, 0]] - xy[pairs[:, 1]]).T)
    same = np.array([folded[i] is not None and folded[i] == folded[j] for i, j in pairs.tolist()], bool)
    joined = pairs[same | (apart <= 0.4 * radius_m)]
    labels = components(n, joined[:, 0], joined[:, 1])
    out, following = np.empty(n, np.int64), 0
    width = min(GROUP_WIDTH_M, 1.5 * radius_m)
    for label in range(int(labels.max()) + 1):
        members = np.flatnonzero(labels == label)
        if len(members) == 1:
            out[members] = following
            following += 1
            continue
        part = fcluster(linkage(xy[members], "complete"), width, criterion="distance")
        out[members] = following + part - 1
        following += int(part.max())
    first = np.unique(out, return_index=True)[1]
    rank = np.empty(len(first), np.int32)
    rank[np.argsort(first)] = np.arange(len(first), dtype=np.int32)
    return rank[out]
