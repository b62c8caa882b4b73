"""The walks of a baseline: zones to stops, stops to stops, zones to zones, and how far the nearest served stop is."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numba
import numpy as np
import numpy.typing as npt
import shapely

from shaar.engine.city.geoparquet import geometries
from shaar.engine.city.model import City
from shaar.engine.city.projection import project_shapes
from shaar.engine.progress import Progress
from shaar.engine.routing import street_kernels
from shaar.engine.routing.graph import StreetGraph, street_graph
from shaar.engine.routing.snap import Snapped, seeds, snap
from shaar.engine.routing.street_times import DETOUR, MEAN_IN_DISC
from shaar.engine.routing.walk import WalkLinks, walk_links, without_self
from shaar.engine.study.results import Options
from shaar.engine.timetable.arrays import DayTimetable

F64 = npt.NDArray[np.float64]
#: How far from a street a zone's point or a stop may lie, metres.
ZONE_TO_STREET_M = 1500.0
STOP_TO_STREET_M = 300.0
#: How far people walk between two stops to change, metres (never more than to the first stop).
TRANSFER_M = 500.0
#: Street distances asked about, metres, and the OSM classes of streets along which people live.
COVERAGE_M = (400, 800)
HOME_STREETS = ("residential", "living_street", "unclassified", "service", "tertiary", "secondary", "pedestrian")
#: How far the nearest served stop is looked for, metres.
STOP_SEARCH_M = 10_000.0


@dataclass(frozen=True, slots=True)
class Walks:
    """Walks of one city and timetable.

    Parameters
    ----------
    access, transfers, egress, direct
        Zone -> stop, stop -> stop, stop -> zone, zone -> zone; ``direct`` holds the mean walk within each zone.
    stop_m
        float[z]: street metres from the zone's point to the nearest served stop, nan beyond reach.
    near
        float[c, z]: share of the zone's people within ``COVERAGE_M[c]`` street metres of a served stop.
    lost_zones, lost_stops
        bool[z], bool[s]: zones and served stops too far from any street.
    """

    access: WalkLinks
    transfers: WalkLinks
    egress: WalkLinks
    direct: WalkLinks
    stop_m: F64
    near: npt.NDArray[np.float64]
    lost_zones: npt.NDArray[np.bool_]
    lost_stops: npt.NDArray[np.bool_]


def walks(city: City, timetable: DayTimetable, options: Options, progress: Progress) -> Walks:
    """Find all walks over the streets; only stops where something calls on the day count."""
    graph = street_graph(city.nodes, city.links, mode="walk", cost="metres")
    crs, kmh = city.meta.crs, options.walk_kmh
    lon, lat = city.zones["lon"].to_numpy(), city.zones["lat"].to_numpy()
    zones = snap(lon, lat, graph, city.links, crs=crs, max_metres=ZONE_TO_STREET_M)
    served = np.zeros(timetable.n_stops, bool)
    served[timetable.pattern_stops] = True
    stops = snap(timetable.stop_lon, timetable.stop_lat, graph, city.links, crs=crs, max_metres=STOP_TO_STREET_M)
    lost = served & (stops.link < 0)
    stops.link[~served] = -1
    limit = options.max_walk_m
    access = walk_links(graph, zones, stops, limit=limit, kmh=kmh, progress=progress, stage="walks to stops")
    change = min(TRANSFER_M, limit)
    transfers = walk_links(graph, stops, stops, limit=change, kmh=kmh, progress=progress, stage="walks between stops")
    far = options.max_minutes / 60 * kmh * 1000
    direct = walk_links(graph, zones, zones, limit=far, kmh=kmh, progress=progress, stage="walks between zones")
    stop_m = np.fmin(access.nearest_metres(), nearest_metres(graph, zones, stops))
    return Walks(
        access=access,
        transfers=without_self(transfers),
        egress=access.transposed(),
        direct=_within_zones(direct, city, kmh),
        stop_m=stop_m,
        near=share_near(city, graph, stops, stop_m),
        lost_zones=zones.link < 0,
        lost_stops=lost,
    )


def nearest_metres(graph: StreetGraph, points: Snapped, stops: Snapped, *, limit: float = STOP_SEARCH_M) -> F64:
    """Street metres from each point to the nearest stop, by one search from all stops at once; nan beyond the limit.

    The way along the link that a point and a stop share is not seen here; bounded walks from the point see it.
    """
    _, s_node, s_cost = seeds(graph, stops, outward=True)
    t_ptr, t_node, t_cost = seeds(graph, points, outward=False)
    if not len(s_node):
        return np.full(len(points.link), np.nan)
    one = np.array([0, len(s_node)], np.int64)
    found = street_kernels.seeds_to_seeds(
        one, s_node, s_cost, t_ptr, t_node, t_cost, limit, graph.ptr, graph.head, graph.cost, numba.get_num_threads()
    )[0].astype(np.float64)
    return np.where(np.isinf(found), np.nan, found)


def home_links(city: City, graph: StreetGraph) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Links with homes along them that one can walk, and the zone that holds the middle of each."""
    from_node, to_node = city.links["from_node"].to_numpy(), city.links["to_node"].to_numpy()
    homes = city.links["highway"].is_in(HOME_STREETS) & city.links["walk"].fill_null(False)
    links = np.flatnonzero(homes.to_numpy() & (graph.component[from_node] == graph.component[to_node]))
    zone = _zone_of_links(city, links)
    return links[zone >= 0], zone[zone >= 0]


def share_near(
    city: City,
    graph: StreetGraph,
    stops: Snapped,
    stop_m: F64,
    *,
    homes: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]] | None = None,
) -> F64:
    """Share of each zone's people within ``COVERAGE_M`` street metres of a served stop, float[c, z].

    A zone may be wider than the distances asked about, so its people are taken to live along its streets: evenly over
    the length of the links in it whose class has homes along it (``HOME_STREETS``). A link counts by the distance of
    its middle. Where a zone holds no such link, its point stands for everybody. ``homes``: of :func:`home_links`, where
    they are known already.
    """
    from_node, to_node = city.links["from_node"].to_numpy(), city.links["to_node"].to_numpy()
    length = city.links["length"].to_numpy().astype(np.float64)
    links, zone = home_links(city, graph) if homes is None else homes
    _, s_node, s_cost = seeds(graph, stops, outward=True)
    z = city.zones.height
    if not len(s_node):
        return np.zeros((len(COVERAGE_M), z))
    one = np.array([0, len(s_node)], np.int64)
    ends = np.concatenate([from_node[links], to_node[links]]).astype(np.int32)
    metres = street_kernels.seeds_to_seeds(
        one, s_node, s_cost, np.arange(len(ends) + 1), ends, np.zeros(len(ends)), float(max(COVERAGE_M)) + 1000.0,
        graph.ptr, graph.head, graph.cost, numba.get_num_threads(),
    )[0]  # fmt: skip
    middle = metres.reshape(2, len(links)).min(axis=0) + length[links] / 2
    # a stop may stand on the link itself, nearer to its middle than both ends are
    on = np.flatnonzero(stops.link >= 0)
    direct = np.full(len(length), np.inf)
    here = stops.beside[on] + np.abs(stops.along[on] - length[stops.link[on]] / 2)
    np.minimum.at(direct, stops.link[on], here)
    middle = np.minimum(middle, direct[links])
    total = np.bincount(zone, weights=length[links], minlength=z)
    out = np.empty((len(COVERAGE_M), z))
    for c, limit in enumerate(COVERAGE_M):
        part = np.bincount(zone, weights=length[links] * (middle <= limit), minlength=z)
        out[c] = np.where(total > 0, part / np.maximum(total, 1e-9), stop_m <= limit)
    return out


def _zone_of_links(city: City, links: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Zone that holds the middle of each link, -1 where none does."""
    lines = shapely.from_wkb(city.links["geometry"].gather(links).to_numpy())
    middle = shapely.line_interpolate_point(lines, 0.5, normalized=True)
    tree = shapely.STRtree(geometries(city.zones))
    point, zone = tree.query(middle, predicate="within")
    out = np.full(len(links), -1, np.int64)
    out[point[::-1]] = zone[::-1]
    return out


def _within_zones(direct: WalkLinks, city: City, kmh: float) -> WalkLinks:
    """Put the mean walk within a zone, 0.511 sqrt(area) x detour, on the diagonal instead of zero.

    Where the streets do not reach a zone at all, its people still walk within it.
    """
    area = shapely.area(project_shapes(geometries(city.zones), city.meta.crs))
    inside = (MEAN_IN_DISC * np.sqrt(np.maximum(area, 1.0)) * DETOUR).astype(np.float32)
    row = np.repeat(np.arange(direct.n, dtype=np.int32), np.diff(direct.ptr))
    off = row != direct.to
    every = np.arange(direct.n, dtype=np.int32)
    row = np.concatenate([row[off], every])
    to = np.concatenate([direct.to[off], every])
    metres = np.concatenate([direct.metres[off], inside])
    order = np.lexsort((to, row))
    metres = metres[order]
    seconds = np.ceil(metres.astype(np.float64) * 3.6 / kmh - 1e-3).astype(np.int32)
    ptr = np.searchsorted(row[order], np.arange(direct.n + 1)).astype(np.int64)
    return replace(direct, ptr=ptr, to=to[order], metres=metres, seconds=seconds)
