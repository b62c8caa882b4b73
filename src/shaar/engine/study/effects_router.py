"""Minutes between all zones for a network and for edits of it: incremental where only lines change, else anew."""

from __future__ import annotations

import datetime as dt
from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock

import numpy as np
import numpy.typing as npt

from shaar.engine.city.model import City
from shaar.engine.errors import InputError
from shaar.engine.progress import Progress, silent
from shaar.engine.routing.graph import street_graph
from shaar.engine.routing.incremental import Routed
from shaar.engine.routing.incremental_walks import Reach, StopWalks
from shaar.engine.routing.phases import has_headways
from shaar.engine.routing.raptor import travel_times
from shaar.engine.routing.snap import Snapper
from shaar.engine.study.baseline_walks import (
    STOP_TO_STREET_M,
    TRANSFER_M,
    ZONE_TO_STREET_M,
    Walks,
    home_links,
    nearest_metres,
    share_near,
    walks,
)
from shaar.engine.study.results import Options
from shaar.engine.timetable.arrays import DayTimetable, no_service
from shaar.engine.timetable.calendar import typical_weekday
from shaar.engine.timetable.day import day_timetables
from shaar.engine.timetable.feed import Feed

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]
#: Draws of the unknown phases of lines that have only headways, each judged by itself.
DRAWS = 3
#: Seeds whose labels are kept.
KEPT_SEEDS = 2
#: Columns of links and zones on which walks depend.
_LINKS = ("link_id", "from_node", "to_node", "geometry", "length", "highway", "walk")
_NODES = ("node_id", "lon", "lat")
_ZONES = ("zone_id", "lon", "lat", "geometry")


@dataclass(frozen=True, slots=True)
class Looked:
    """What a network gives.

    Parameters
    ----------
    minutes
        Median minutes over the departures of the window, nan beyond the limit, float32[z, z]: one for each draw of the
        phases of headway lines, a single one where every trip is scheduled.
    near
        Share of each zone's people within 400 and 800 m of a served stop, float64[2, z].
    whole
        Whether all was worked out from the start.
    """

    minutes: tuple[F32, ...]
    near: F64
    whole: bool


class Router:
    """A network whose minutes are known, and those of networks that differ from it.

    Parameters
    ----------
    city, feed
        The network as it stands; feed None: nobody rides.
    date
        Service day, None where there is no timetable.
    options
        Window, walking, limits; the seed is given to each question.
    """

    def __init__(
        self, city: City, feed: Feed | None, date: dt.date | None, options: Options, *, progress: Progress = silent
    ) -> None:
        self._city, self._options, self._lock = city, options, Lock()
        self._day = timetables_of(feed, date)[1]
        self._walks: Walks = walks(city, self._day, options, progress)
        self._routed: OrderedDict[int, tuple[Routed, ...]] = OrderedDict()
        self._served = _served(self._day)
        if self._day.n_patterns:
            graph = street_graph(city.nodes, city.links, mode="walk", cost="metres")
            reach = Reach(
                options.walk_kmh, options.max_walk_m, min(TRANSFER_M, options.max_walk_m), ZONE_TO_STREET_M,
                STOP_TO_STREET_M,
            )  # fmt: skip
            lon, lat = city.zones["lon"].to_numpy(), city.zones["lat"].to_numpy()
            self._graph, self._snapper = graph, Snapper(graph, city.links, crs=city.meta.crs)
            self._homes = home_links(city, graph)
            self._zones = self._snapper.snap(lon, lat, max_metres=ZONE_TO_STREET_M)
            self._stop_walks = StopWalks(graph, city.links, lon, lat, self._day, reach, crs=city.meta.crs)
            self._base_routed(options.seed, progress)

    @property
    def day(self) -> DayTimetable:
        """The timetable as it stands, with trips of the night before."""
        return self._day

    @property
    def walks(self) -> Walks:
        """Walks of the network as it stands."""
        return self._walks

    def base(self, seed: int) -> Looked:
        """Minutes of the network as it stands."""
        if not self._day.n_patterns:
            return self._anew(self._city, self._day, seed, self._walks)
        found = tuple(r.times.minutes[0] for r in self._base_routed(seed, silent))
        return Looked(found, self._walks.near, whole=False)

    def edited(self, city: City, day: DayTimetable, seed: int) -> Looked:
        """Minutes of another network (``day`` of :func:`timetables_of`): as a run from the start gives, cell by cell.

        Only lines and stops may differ for the quick way; where streets on which people walk or zones differ, all is
        worked out anew.
        """
        if not self._day.n_patterns or not day.n_patterns or not self._same_ground(city):
            return self._anew(city, day, seed, None)
        access, transfers, egress = self._stop_walks.edited(day)
        routed = self._base_routed(seed, silent)
        known = routed[0].stops_of(day, access, transfers, egress)
        draws = range(DRAWS if has_headways(day) else 1)
        found = tuple(
            routed[k % len(routed)]
            .edit(day, access=access, transfers=transfers, egress=egress, seed=draw_seed(seed, k), stops=known)
            .times.minutes[0]
            for k in draws
        )
        served = _served(day)
        near = self._walks.near
        if served != self._served:
            stops = self._snapper.snap(day.stop_lon, day.stop_lat, max_metres=STOP_TO_STREET_M)
            calls = np.zeros(day.n_stops, bool)
            calls[day.pattern_stops] = True
            stops.link[~calls] = -1
            metres = np.fmin(access.nearest_metres(), nearest_metres(self._graph, self._zones, stops))
            near = share_near(self._city, self._graph, stops, metres, homes=self._homes)
        return Looked(found, near, whole=False)

    def _base_routed(self, seed: int, progress: Progress) -> tuple[Routed, ...]:
        draws = range(DRAWS if has_headways(self._day) else 1)
        # Without headways the labels do not depend on the seed.
        key = seed if len(draws) > 1 else 0
        with self._lock:
            if key not in self._routed:
                o, w = self._options, self._stop_walks
                self._routed[key] = tuple(
                    Routed(
                        self._day, w.access, w.transfers, w.egress, self._walks.direct, window=o.window,
                        max_rides=o.max_rides, max_minutes=o.max_minutes, headway_draws=1, seed=draw_seed(key, k),
                        progress=progress,
                    )
                    for k in draws
                )  # fmt: skip
                while len(self._routed) > KEPT_SEEDS:
                    self._routed.popitem(last=False)
            self._routed.move_to_end(key)
            return self._routed[key]

    def _same_ground(self, city: City) -> bool:
        own = self._city
        if city.links is own.links and city.zones is own.zones and city.nodes is own.nodes:
            return True
        links = [c for c in _LINKS if c in own.links.columns]
        return (
            city.nodes.height == own.nodes.height
            and city.nodes.select(_NODES).equals(own.nodes.select(_NODES))
            and city.links.height == own.links.height
            and city.links.select(links).equals(own.links.select(links))
            and city.zones.select(_ZONES).equals(own.zones.select(_ZONES))
        )

    def _anew(self, city: City, day: DayTimetable, seed: int, on_foot: Walks | None) -> Looked:
        o = self._options
        w = on_foot or walks(city, day, o, silent)
        found = tuple(
            travel_times(
                day, w.access, w.transfers, w.egress, w.direct, window=o.window, max_rides=o.max_rides,
                max_minutes=o.max_minutes, headway_draws=1, seed=draw_seed(seed, k),
            ).minutes[0]
            for k in range(DRAWS if has_headways(day) else 1)
        )  # fmt: skip
        return Looked(found, w.near, whole=True)


def draw_seed(seed: int, draw: int) -> int:
    """Seed of a draw of phases."""
    return seed * DRAWS + draw


def timetables_of(feed: Feed | None, date: dt.date | None) -> tuple[DayTimetable, DayTimetable]:
    """Trips that start on a day, and those with trips of the night before; none without a timetable."""
    if feed is None or date is None:
        return no_service(), no_service()
    own, whole = day_timetables(feed, date)
    return own, whole if whole.n_patterns else no_service()


def service_day(date: dt.date | None, feed: Feed | None) -> dt.date | None:
    """The day chosen, or a typical weekday of the timetable; None without one."""
    return date if date is not None or feed is None else typical_weekday(feed)


def _served(day: DayTimetable) -> frozenset[tuple[str, float, float]]:
    """Stops at which something calls, with their places."""
    return frozenset(
        (day.stop_ids[s], float(day.stop_lon[s]), float(day.stop_lat[s])) for s in np.unique(day.pattern_stops)
    )


def check_people(city: City) -> None:
    """Raise where a city cannot be asked.

    Raises
    ------
    InputError
        It has no zones or no street to walk on.
    """
    if city.zones.height == 0:
        raise InputError("the city has no zones, so there is nobody to ask", file=city.path / "zones.parquet")
    if not city.links["walk"].fill_null(False).any():
        raise InputError("the city has no street to walk on", file=city.path / "links.parquet", field="walk")
