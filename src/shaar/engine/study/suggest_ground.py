"""What suggestions are made from, prepared once: lines of today on their courses, who has a stop, the centre."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt
import shapely
from scipy.spatial import cKDTree

from shaar.engine.city import geoparquet
from shaar.engine.city.model import City
from shaar.engine.city.projection import project_shapes
from shaar.engine.demand.parameters import Parameters, load_parameters
from shaar.engine.design.city_lines import BUS_MODES, busiest_window, main_patterns, shape_of, shapes_of
from shaar.engine.fleet.service import DayTrips, day_trips
from shaar.engine.routing.graph import StreetGraph, street_graph
from shaar.engine.routing.walk_gaps import node_people
from shaar.engine.study.line_streets import Streets
from shaar.engine.timetable.arrays import DayTimetable
from shaar.engine.timetable.calendar import typical_weekday
from shaar.engine.timetable.day import day_timetable
from shaar.engine.timetable.feed import Feed
from shaar.engine.timetable.route_types import mode_of

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]
#: Hours whose headways suggestions speak of, unless this timetable has less than half of its busiest two hours there.
MORNING = (7 * 3600, 9 * 3600)
#: Jobs within this distance of a place say how central it is; a hub is looked for as far from the most central (m).
CENTRE_METRES, HUB_METRES = 1500.0, 800.0


@dataclass(frozen=True, slots=True)
class Course:
    """One direction of a line as most of its trips run it.

    Parameters
    ----------
    stops, xy, minutes
        stop_ids in order, their places (metres), and minutes from the first to each.
    line, along
        Course in metres of the city's CRS, and how far along it each stop lies.
    """

    stops: tuple[str, ...]
    xy: F64
    minutes: F64
    line: shapely.LineString
    along: F64


@dataclass(frozen=True, slots=True)
class Today:
    """A line of today; ``headway`` is minutes between buses of one direction in the window, inf where none runs."""

    route_id: str
    name: str
    bus: bool
    headway: float
    courses: tuple[Course, ...]

    @property
    def round_trip(self) -> float:
        """Minutes there and back."""
        return float(sum(c.minutes[-1] for c in self.courses))


@dataclass(frozen=True)
class Surroundings:
    """A city, ready to be asked what could be done at a place.

    Parameters
    ----------
    streets
        Where lines can be drawn, and where people are.
    feed
        The timetable that suggestions change; None where there is none.
    lines
        Lines of a typical weekday.
    served
        Places of stops that are called at, shape (s, 2), metres.
    window
        Hours whose headways are spoken of, seconds after midnight.
    """

    streets: Streets
    feed: Feed | None
    lines: tuple[Today, ...]
    served: F64
    window: tuple[int, int]
    walking: Parameters = field(repr=False)

    @staticmethod
    def of(city: City, feed: Feed | None, *, streets: Streets | None = None) -> Surroundings:
        """Prepare a city and its timetable (seconds)."""
        streets = streets or Streets.of(city)
        lines: tuple[Today, ...] = ()
        served = np.empty((0, 2))
        window = MORNING
        if feed is not None and feed.trips.height:
            day = day_timetable(feed, typical_weekday(feed), previous_day=False)
            x, y = streets.bus.to_metric.transform(day.stop_lon, day.stop_lat)
            xy = np.column_stack([x, y])
            trips = day_trips(day)
            window = _window(trips)
            lines = _lines(streets, feed, day, xy, trips, window)
            served = xy[np.unique(day.pattern_stops)]
        return Surroundings(streets, feed, lines, served, window, load_parameters("walking_cycling.csv"))

    @property
    def city(self) -> City:
        """The city."""
        return self.streets.city

    @cached_property
    def line_names(self) -> dict[str, str]:
        """Name of each line by its id."""
        return {line.route_id: line.name for line in self.lines}

    @cached_property
    def stop_names(self) -> dict[str, str]:
        """Name of each stop by its id: its own, else of the street that it stands at; those without either lack."""
        table = self.streets.stops.select("stop_id", "name", "link_id")
        own = {s: n or (self.streets.names[k] if k is not None and k >= 0 else "") for s, n, k in table.iter_rows()}
        return {s: str(n) for s, n in own.items() if n}

    @cached_property
    def unserved(self) -> npt.NDArray[np.bool_]:
        """Sample points of people without a served stop within reach."""
        return ~self.streets.crowd.within(self.served, self.streets.rules.reach)

    def residents(self, xy: npt.ArrayLike, metres: float, *, unserved: bool = False) -> float:
        """Residents within so many straight metres of any of some places; only those without a stop if asked."""
        places = np.atleast_2d(np.asarray(xy, np.float64))
        near = self.streets.near.query_ball_point(places, metres)
        points = np.unique(np.concatenate([np.asarray(n, np.int64) for n in near])) if len(near) else np.empty(0, int)
        points = points.astype(np.int64)
        if unserved:
            points = points[self.unserved[points]]
        return float(self.streets.crowd.population[points].sum())

    def gained(self, xy: npt.ArrayLike) -> float:
        """Residents who would have a stop within reach by new stops, and have none now."""
        return self.residents(xy, self.streets.rules.reach, unserved=True)

    @cached_property
    def centre(self) -> F64:
        """The place with most jobs around it, metres."""
        crowd = self.streets.crowd
        busy = np.flatnonzero(crowd.jobs > 0)
        if not len(busy):
            return np.average(crowd.xy, axis=0, weights=np.maximum(crowd.population, 1e-9))
        near = cKDTree(crowd.xy[busy]).query_ball_point(crowd.xy[busy], CENTRE_METRES)
        jobs = crowd.jobs[busy]
        return crowd.xy[busy[int(np.argmax([jobs[n].sum() for n in near]))]]

    @cached_property
    def hub(self) -> str | None:
        """The stop near the centre at which most lines call; None where none does."""
        count: dict[str, int] = {}
        for line in self.lines:
            for stop, place in {s: p for c in line.courses for s, p in zip(c.stops, c.xy, strict=True)}.items():
                if stop in self.streets.row and np.hypot(*(place - self.centre)) <= HUB_METRES:
                    count[stop] = count.get(stop, 0) + 1
        return max(count, key=lambda s: (count[s], s)) if count else None

    @cached_property
    def walk(self) -> StreetGraph:
        """Streets to walk on, in metres."""
        return street_graph(self.city.nodes, self.city.links, mode="walk", cost="metres")

    @cached_property
    def walkers(self) -> F64:
        """Residents at the nodes of :attr:`walk`."""
        return node_people(self.walk, self.city.links, self.city.zones, crs=self.city.meta.crs)

    @cached_property
    def link_lines(self) -> npt.NDArray[np.object_]:
        """Street links in metres, shape (l,)."""
        return project_shapes(geoparquet.geometries(self.city.links), self.city.meta.crs)

    @cached_property
    def link_tree(self) -> shapely.STRtree:
        """Tree over :attr:`link_lines`."""
        return shapely.STRtree(self.link_lines)

    def links_near(self, xy: F64, metres: float) -> I64:
        """Links within so many metres of a place, in order."""
        return np.sort(self.link_tree.query(shapely.Point(xy), predicate="dwithin", distance=metres)).astype(np.int64)

    def buses_an_hour(self, link: int) -> float:
        """Buses an hour in the window, both ways, whose courses run along a link (its middle, within 15 m)."""
        middle = self.link_lines[link].interpolate(0.5, normalized=True)
        return sum(
            60.0 / line.headway
            for line in self.lines
            if line.bus
            for c in line.courses
            if c.line.distance(middle) <= 15
        )

    def xy(self, lon: float, lat: float) -> F64:
        """A place in metres."""
        return np.array(self.streets.bus.to_metric.transform(lon, lat), np.float64)

    def lonlat(self, xy: npt.ArrayLike) -> tuple[float, float]:
        """A place in degrees, to a tenth of a metre."""
        x, y = np.asarray(xy, np.float64)
        lon, lat = self.streets.bus.to_lonlat.transform(x, y)
        return round(float(lon), 6), round(float(lat), 6)


def _window(trips: DayTrips) -> tuple[int, int]:
    """The morning, or the busiest two hours where this timetable has its peak elsewhere."""
    busiest = busiest_window(trips)
    early, most = (int(((trips.start >= a) & (trips.start < b)).sum()) for a, b in (MORNING, busiest))
    return MORNING if 2 * early >= most else busiest


def _lines(
    streets: Streets, feed: Feed, day: DayTimetable, xy: F64, trips: DayTrips, window: tuple[int, int]
) -> tuple[Today, ...]:
    counts = np.bincount(trips.pattern, minlength=day.n_patterns)
    early = (trips.start >= window[0]) & (trips.start < window[1])
    names = {
        str(r): (str(n or r), int(3 if t is None else t))
        for r, n, t in feed.routes.select("route_id", "route_short_name", "route_type").iter_rows()
    }
    shapes = shapes_of(feed)
    out = []
    for route in np.unique(day.pattern_route):
        patterns = np.flatnonzero(day.pattern_route == route)
        route_id = day.route_ids[int(route)]
        name, kind = names.get(route_id, (route_id, 3))
        mains = [p for p in main_patterns(day, patterns, counts, xy) if p >= 0]
        courses = tuple(_course(streets, feed, day, p, xy, shapes) for p in mains)
        running = int((early & np.isin(trips.pattern, patterns)).sum()) / max(len(courses), 1)
        span = (window[1] - window[0]) / 60.0
        out.append(
            Today(
                route_id=route_id, name=name, bus=mode_of(kind) in BUS_MODES,
                headway=span / running if running else np.inf, courses=courses,
            )
        )  # fmt: skip
    return tuple(sorted(out, key=lambda line: line.route_id))


def _course(streets: Streets, feed: Feed, day: DayTimetable, p: int, xy: F64, shapes: dict[str, F64]) -> Course:
    stops = day.pattern_stops[day.stop_ptr[p] : day.stop_ptr[p + 1]].astype(np.int64)
    m, at, rows = len(stops), int(day.time_ptr[p]), int(day.n_trips[p])
    arrival = day.arrival[at : at + rows * m].reshape(rows, m).astype(np.float64)
    begin = day.departure[at : at + rows * m].reshape(rows, m)[:, :1]
    minutes = np.maximum.accumulate(np.median(arrival - begin, axis=0) / 60.0)
    points = shapes.get(shape_of(feed, day, p))
    places = xy[stops]
    if points is not None and len(points) > 1:
        line = shapely.LineString(np.column_stack(streets.bus.to_metric.transform(points[:, 0], points[:, 1])))
    else:
        line = shapely.LineString(places if len(places) > 1 else np.repeat(places, 2, axis=0))
    return Course(
        stops=tuple(day.stop_ids[s] for s in stops), xy=places, minutes=minutes - minutes[0], line=line,
        along=np.maximum.accumulate(shapely.line_locate_point(line, shapely.points(places))),
    )  # fmt: skip


def nearest_call(course: Course, xy: F64) -> tuple[int, float]:
    """Position of the stop of a course nearest to a place, and the metres between."""
    metres = np.hypot(*(course.xy - xy).T)
    k = int(np.argmin(metres))
    return k, float(metres[k])


def distinct(values: Sequence[str]) -> tuple[str, ...]:
    """Values once each, in order."""
    return tuple(dict.fromkeys(values))
