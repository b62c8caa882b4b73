"""Door-to-door minutes from zones to zones and to places of services, for people who walk differently."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import shapely

from shaar.engine.access.facilities import Facilities
from shaar.engine.city.geoparquet import geometries
from shaar.engine.city.model import City
from shaar.engine.city.projection import project_shapes
from shaar.engine.progress import Progress
from shaar.engine.routing.mobility import Profile, Usable, level_points, usable, walking_graph
from shaar.engine.routing.raptor import travel_times
from shaar.engine.routing.snap import snap
from shaar.engine.routing.street_times import DETOUR, MEAN_IN_DISC
from shaar.engine.routing.walk import WalkLinks, walk_links, without_self
from shaar.engine.study.baseline_walks import STOP_TO_STREET_M, ZONE_TO_STREET_M
from shaar.engine.study.results import Options
from shaar.engine.timetable.arrays import no_service
from shaar.engine.timetable.day import day_timetable
from shaar.engine.timetable.feed import Feed

F32 = npt.NDArray[np.float32]
#: How far a place of a service may lie from a street, metres: parks and hospitals stand for their middle.
PLACE_TO_STREET_M = 500.0


@dataclass(frozen=True, slots=True)
class Reach:
    """Minutes of one profile: to zones float32[z, z], to the places of each purpose float32[z, f]; nan: no way.

    ``lost`` is the zones from which no street that the profile can use is near; ``timetable`` says what of the
    timetable it can use (None without one).
    """

    who: Profile
    zones: F32
    places: Mapping[str, F32]
    lost: npt.NDArray[np.bool_]
    timetable: Usable | None


def reach(
    city: City,
    feed: Feed | None,
    day: dt.date | None,
    facilities: Mapping[str, Facilities],
    who: Profile,
    options: Options,
    *,
    headway_draws: int,
    progress: Progress,
) -> Reach:
    """Travel times of one profile, medians over the departures of the window.

    Places are destinations of their own, reached on foot from every stop and every zone; so a school two hundred metres
    away is two hundred metres away, however wide the zone. Where the profile needs accessible stops, places that are
    known not to be are left out.
    """
    found = None if feed is None else usable(feed, who)
    timetable = no_service()
    if found is not None and day is not None and found.trips_left:
        timetable = day_timetable(found.feed, day, stop_ids=found.stop_ids)
    graph = walking_graph(city.nodes, city.links, who)
    links, crs, kmh = city.links, city.meta.crs, who.kmh
    z = city.zones.height
    served = np.zeros(timetable.n_stops, bool)
    served[timetable.pattern_stops] = True
    stops = snap(timetable.stop_lon, timetable.stop_lat, graph, links, crs=crs, max_metres=STOP_TO_STREET_M)
    stops.link[~served] = -1
    lon = np.concatenate([city.zones["lon"].to_numpy(), *(f.lon for f in facilities.values())])
    lat = np.concatenate([city.zones["lat"].to_numpy(), *(f.lat for f in facilities.values())])
    at = snap(lon, lat, graph, links, crs=crs, max_metres=ZONE_TO_STREET_M)
    stray = np.zeros(len(lon), bool)
    stray[z:] = at.beside[z:] > PLACE_TO_STREET_M
    if who.stop_needed:
        stray[z:] |= ~np.concatenate([np.zeros(0, bool), *(f.accessible for f in facilities.values())])
    at.link[stray] = -1
    at, stops = level_points(at, graph), level_points(stops, graph)
    homes = replace(at, link=at.link.copy())
    homes.link[z:] = -1  # nobody starts at a place: its row stays empty, which costs next to nothing
    limit, far = who.max_walk_m, options.max_minutes / 60 * kmh * 1000
    access = walk_links(graph, homes, stops, limit=limit, kmh=kmh, progress=progress, stage="walks to stops")
    egress = walk_links(graph, stops, at, limit=limit, kmh=kmh, progress=progress, stage="walks from stops")
    change = walk_links(graph, stops, stops, limit=min(who.max_change_m, limit), kmh=kmh)
    direct = walk_links(graph, homes, at, limit=far, kmh=kmh, progress=progress, stage="walks all the way")
    times = travel_times(
        timetable,
        access,
        without_self(change),
        egress,
        _inside(direct, city, kmh),
        window=options.window,
        max_rides=options.max_rides,
        max_minutes=options.max_minutes,
        headway_draws=headway_draws,
        seed=options.seed,
        progress=progress,
    )
    minutes = times.minutes[0, :z]
    places, lo = {}, z
    for purpose, f in facilities.items():
        places[purpose] = np.ascontiguousarray(minutes[:, lo : lo + f.n])
        lo += f.n
    return Reach(who, np.ascontiguousarray(minutes[:, :z]), places, homes.link[:z] < 0, found)


def _inside(direct: WalkLinks, city: City, kmh: float) -> WalkLinks:
    """Put the mean walk within a zone, 0.511 sqrt(area) x detour, from each zone to itself."""
    z = city.zones.height
    area = shapely.area(project_shapes(geometries(city.zones), city.meta.crs))
    own = (MEAN_IN_DISC * np.sqrt(np.maximum(area, 1.0)) * DETOUR).astype(np.float32)
    row = np.repeat(np.arange(direct.n, dtype=np.int32), np.diff(direct.ptr))
    off = row != direct.to
    every = np.arange(z, dtype=np.int32)
    row = np.concatenate([row[off], every])
    to = np.concatenate([direct.to[off], every])
    metres = np.concatenate([direct.metres[off], own])
    order = np.lexsort((to, row))
    metres = metres[order]
    seconds = np.ceil(metres.astype(np.float64) * 3.6 / kmh - 1e-3).astype(np.int32)
    ptr = np.searchsorted(row[order], np.arange(direct.n + 1)).astype(np.int64)
    return WalkLinks(ptr, to[order], metres, seconds, direct.n_to)
