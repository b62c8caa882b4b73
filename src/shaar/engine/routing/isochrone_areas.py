"""Street times made into areas: polygons within T minutes, how large they are, and who lives in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import rasterio.features
import shapely
from affine import Affine
from scipy.ndimage import distance_transform_edt

from shaar.engine.city.geoparquet import geometries
from shaar.engine.city.model import City
from shaar.engine.city.projection import project_shapes
from shaar.engine.routing import journey_kernels as kernels
from shaar.engine.routing.isochrone import NodeTimes, Reach
from shaar.engine.routing.mobility import level_factor
from shaar.engine.routing.snap import Snapped

F64 = npt.NDArray[np.float64]
I32 = npt.NDArray[np.int32]
#: Side of the cells in which areas are drawn, and how far beside a street one may step off it, metres.
CELL_M = 20.0
BESIDE_M = 60.0
#: Streets along which people live.
HOME_STREETS = ("residential", "living_street", "unclassified", "service", "tertiary", "secondary", "pedestrian")


@dataclass(frozen=True, slots=True)
class Isochrone:
    """What is reached within a time.

    Parameters
    ----------
    minutes
        The time.
    area
        (Multi)polygon in WGS84: all within 60 m of a street that is reached, the way beside it walked in the time.
    km2, street_km, people
        Size of the area, length of the streets reached, people who live along them.
    """

    minutes: float
    area: shapely.Geometry
    km2: float
    street_km: float
    people: float


@dataclass(frozen=True, slots=True)
class _Streets:
    """Walkable links cut into pieces no longer than a cell, in metres of the city's system."""

    link: I32
    share: F64
    xy: F64
    metres: F64


@dataclass(frozen=True, slots=True)
class Ground:
    """A city's streets cut for drawing areas; made once a profile.

    Parameters
    ----------
    city
        The city.
    speed
        Metres a second on the level.
    along, against
        Seconds to walk each link, inf where it cannot be passed.
    stops, longest
        Stops on the streets, and the longest walk from one, seconds.
    streets
        The pieces, in the order of their links.
    zone, home
        Zone of each piece (-1: none) and whether people live along its link.
    """

    city: City
    speed: float
    along: F64
    against: F64
    stops: Snapped
    longest: float
    streets: _Streets
    zone: I32
    home: npt.NDArray[np.bool_]


def ground(around: Reach) -> Ground:
    """Cut the streets of a network for drawing areas."""
    net = around.net
    links = net.city.links
    along, against = level_factor(links, net.who)
    length = links["length"].to_numpy().astype(np.float64)
    speed = net.who.kmh / 3.6
    usable = np.zeros(links.height, bool)
    usable[net.graph.link] = True
    streets = _cut(links, np.flatnonzero(usable), net.city.meta.crs)
    points = shapely.points(streets.xy)
    tree = shapely.STRtree(project_shapes(geometries(net.city.zones), net.city.meta.crs))
    which, zone = tree.query(points, predicate="within")
    owner = np.full(len(points), -1, np.int32)
    owner[which[::-1]] = zone[::-1]
    home = links["highway"].is_in(HOME_STREETS).fill_null(False).to_numpy()[streets.link]
    longest = net.who.max_walk_m / speed
    seconds = along * length / speed, against * length / speed
    return Ground(net.city, speed, *seconds, net.stops, longest, streets, owner, home)


def _cut(links: pl.DataFrame, which: npt.NDArray[np.int64], crs: str) -> _Streets:
    lines = project_shapes(shapely.from_wkb(links["geometry"].gather(which).to_numpy()), crs)
    length = links["length"].gather(which).to_numpy().astype(np.float64)
    n = np.maximum(np.ceil(length / CELL_M), 1).astype(np.int64)
    row = np.repeat(np.arange(len(which)), n)
    share = (np.arange(len(row)) - np.repeat(np.cumsum(n) - n, n) + 0.5) / n[row]
    middle = shapely.line_interpolate_point(lines[row], share, normalized=True)
    return _Streets(which[row].astype(np.int32), share, shapely.get_coordinates(middle), (length / n)[row])


def piece_seconds(on: Ground, times: NodeTimes, row: int = 0) -> F64:
    """Seconds to the middle of every piece of street, from a row of times at the nodes; inf where not reached."""
    node = np.where(times.seconds[row] < kernels.INF, times.seconds[row], np.inf).astype(np.float64)
    a = on.city.links["from_node"].to_numpy()[on.streets.link]
    b = on.city.links["to_node"].to_numpy()[on.streets.link]
    u, link = on.streets.share, on.streets.link
    out = np.minimum(node[a] + on.along[link] * u, node[b] + on.against[link] * (1 - u))
    # the origin and stops may stand between the ends of a link
    _from_within(on, times.origin, np.zeros(1), np.inf, out)
    arrival = np.where(times.stops[row] < kernels.INF, times.stops[row], np.inf).astype(np.float64)
    _from_within(on, on.stops, arrival, on.longest, out)
    return out


def _from_within(on: Ground, at: Snapped, start: F64, longest: float, out: F64) -> None:
    """Lower the times of the pieces on the links of some points by the walks from there, of so many seconds at most."""
    who = np.flatnonzero((at.link >= 0) & np.isfinite(start))
    lo = np.searchsorted(on.streets.link, at.link[who])
    count = np.searchsorted(on.streets.link, at.link[who], side="right") - lo
    point = np.repeat(who, count)
    piece = np.arange(len(point)) - np.repeat(np.cumsum(count) - count - lo, count)
    link = on.streets.link[piece]
    gap = on.streets.share[piece] - (at.along / np.maximum(at.length, 1e-9))[point]
    walk = np.where(gap >= 0, on.along[link] * gap, -on.against[link] * gap) + at.beside[point] / on.speed
    near = walk <= longest
    np.minimum.at(out, piece[near], (start[point] + walk)[near])


def isochrones(on: Ground, times: NodeTimes, minutes: Sequence[float], *, row: int = 0) -> list[Isochrone]:
    """Areas within each of some times, largest last.

    Every piece of street lends its time to the cells within 60 m of it, the way there walked straight (as a point
    beside a street is attached to it everywhere else); an area is the cells within the time, not a circle.
    People of a zone are taken to live evenly along its home streets; where it has none, along all its streets, and
    where it has no street at all, nobody of it is counted.

    Parameters
    ----------
    times, row
        Times at the nodes, and which of their rows (percentiles).
    minutes
        The times asked about, not above those searched.
    """
    time = piece_seconds(on, times, row)
    weight = _people(on)
    out = []
    reached = np.flatnonzero(time <= max(minutes) * 60)
    grid = _grid(on, time, reached) if len(reached) else None
    for limit in sorted(minutes):
        within = time <= limit * 60
        area = _area(on, grid, limit * 60) if grid is not None else shapely.MultiPolygon()
        out.append(
            Isochrone(
                limit,
                project_shapes([area], on.city.meta.crs, inverse=True)[0],
                float(area.area) / 1e6,
                float(on.streets.metres[within].sum()) / 1000,
                float(weight[within].sum()),
            )
        )
    return out


def _people(on: Ground) -> F64:
    """People who live along each piece."""
    z = on.city.zones.height
    inside = on.zone >= 0
    zone = np.maximum(on.zone, 0)
    homes = np.bincount(zone[inside & on.home], weights=on.streets.metres[inside & on.home], minlength=z)
    every = np.bincount(zone[inside], weights=on.streets.metres[inside], minlength=z)
    counts = inside & (on.home | (homes[zone] == 0))
    total = np.where(homes > 0, homes, every)[zone]
    people = on.city.zones["population"].fill_null(0.0).to_numpy()[zone]
    return np.where(counts, people * on.streets.metres / np.maximum(total, 1e-9), 0.0)


def _grid(on: Ground, time: F64, reached: npt.NDArray[np.int64]) -> tuple[F64, Affine]:
    """Seconds to every cell around the reached pieces, and where the cells lie."""
    xy = on.streets.xy[reached]
    margin = int(np.ceil(BESIDE_M / CELL_M)) + 1
    low = np.floor(xy.min(axis=0) / CELL_M).astype(np.int64) - margin
    shape = np.floor(xy.max(axis=0) / CELL_M).astype(np.int64) - low + margin + 1
    cell = np.floor(xy / CELL_M).astype(np.int64) - low
    seconds = np.full((shape[1], shape[0]), np.inf)
    np.minimum.at(seconds, (cell[:, 1], cell[:, 0]), time[reached])
    far, near = distance_transform_edt(np.isinf(seconds), sampling=CELL_M, return_indices=True)
    out = seconds[near[0], near[1]] + far / on.speed
    out[far > BESIDE_M] = np.inf
    return out, Affine(CELL_M, 0, low[0] * CELL_M, 0, CELL_M, low[1] * CELL_M)


def _area(on: Ground, grid: tuple[F64, Affine], limit: float) -> shapely.Geometry:
    seconds, where = grid
    mask = seconds <= limit
    if not mask.any():
        return shapely.MultiPolygon()
    # cells that only touch at a corner stay apart, so the parts need no union
    found = rasterio.features.shapes(mask.astype(np.uint8), mask=mask, connectivity=4, transform=where)
    whole = shapely.MultiPolygon([shapely.geometry.shape(s) for s, _ in found])
    # corners of cells are cut, not invented: the outline moves by less than a cell
    smooth = shapely.simplify(whole, 0.75 * CELL_M)
    return smooth if shapely.is_valid(smooth) else shapely.make_valid(smooth)


def as_geojson(areas: Sequence[Isochrone], **properties: Any) -> dict[str, Any]:
    """Areas as a GeoJSON FeatureCollection, largest first so that smaller ones are drawn above."""
    features = [
        {
            "type": "Feature",
            "geometry": shapely.geometry.mapping(shapely.set_precision(a.area, 1e-6)),
            "properties": {
                **properties, "minutes": a.minutes, "km2": round(a.km2, 3), "street_km": round(a.street_km, 1),
                "people": round(a.people),
            },
        }
        for a in sorted(areas, key=lambda a: -a.minutes)
    ]  # fmt: skip
    return {"type": "FeatureCollection", "features": features}
