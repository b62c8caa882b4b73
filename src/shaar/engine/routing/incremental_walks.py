"""Walks to and from stops that are being moved, added and dropped: only those of other stops are searched again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
import shapely

from shaar.engine.city.projection import project_shapes
from shaar.engine.routing.graph import StreetGraph
from shaar.engine.routing.snap import Snapped, Snapper
from shaar.engine.routing.walk import WalkLinks, walk_links, without_self
from shaar.engine.timetable.arrays import DayTimetable

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]
#: A street is never shorter than the straight line; this forgives what the projection adds, and metres more.
STRETCH, SLACK_M = 1.05, 50.0


@dataclass(frozen=True, slots=True)
class Reach:
    """How far people walk.

    Parameters
    ----------
    kmh
        Walking speed.
    to_stop, change
        Metres over the streets between a zone and a stop, and between two stops.
    zone_to_street, stop_to_street
        Metres at most between a zone's point, or a stop, and the street.
    """

    kmh: float
    to_stop: float
    change: float
    zone_to_street: float
    stop_to_street: float


class StopWalks:
    """Walks of a base timetable, and of edits of it.

    Parameters
    ----------
    graph
        Walking graph made with ``cost="metres"``.
    links, crs
        The city's link table and metric CRS.
    zone_lon, zone_lat
        Zone points, degrees, shape (z,).
    day
        The base timetable: stops at which nothing calls have no walks.
    reach
        Limits.
    """

    def __init__(
        self, graph: StreetGraph, links: pl.DataFrame, zone_lon: F64, zone_lat: F64, day: DayTimetable, reach: Reach, *,
        crs: str,
    ) -> None:  # fmt: skip
        self._graph, self._crs, self._day, self._reach = graph, crs, day, reach
        self._snapper = Snapper(graph, links, crs=crs)
        self._zones = self._snapper.snap(zone_lon, zone_lat, max_metres=reach.zone_to_street)
        self._zone_xy = _metric(zone_lon, zone_lat, crs)
        self._stop_xy = _metric(day.stop_lon, day.stop_lat, crs)
        self._stops = self._snapper.snap(day.stop_lon, day.stop_lat, max_metres=reach.stop_to_street)
        self._served = _served(day)
        self._stops.link[~self._served] = -1
        self._number = {s: k for k, s in enumerate(day.stop_ids)}
        self.access = self._walk(self._zones, self._stops, reach.to_stop)
        self.transfers = without_self(self._walk(self._stops, self._stops, reach.change))
        self.egress = self.access.transposed()

    def edited(self, day: DayTimetable) -> tuple[WalkLinks, WalkLinks, WalkLinks]:
        """Access, transfers and egress of an edited timetable.

        A stop is as it was when its id and coordinates are those of a stop of the base at which something called.
        """
        base = self._day
        old = np.array([self._number.get(s, -1) for s in day.stop_ids], np.int64)
        same = (old >= 0) & self._served[old]
        same &= (day.stop_lon == base.stop_lon[old]) & (day.stop_lat == base.stop_lat[old])
        other = np.flatnonzero(_served(day) & ~same)
        if not len(other) and day.stop_ids == base.stop_ids:
            return self.access, self.transfers, self.egress
        now = np.full(base.n_stops, -1, np.int64)
        now[old[same]] = np.flatnonzero(same)
        stops = _some(self._stops, old)
        reach = self._reach
        fresh = self._snapper.snap(day.stop_lon[other], day.stop_lat[other], max_metres=reach.stop_to_street)
        for name in ("link", "along", "length", "beside"):
            getattr(stops, name)[other] = getattr(fresh, name)
        stops.link[np.setdiff1d(np.flatnonzero(~same), other)] = -1
        xy = np.where(same[:, None], self._stop_xy[old], _metric(day.stop_lon, day.stop_lat, self._crs))
        zones = _near(self._zone_xy, xy[other], reach.to_stop)
        access = _merged(
            _moved(self.access, None, now),
            self._pairs(_some(self._zones, zones), zones, _some(stops, other), other, reach.to_stop),
            len(self._zone_xy), day.n_stops,
        )  # fmt: skip
        near = _near(xy, xy[other], reach.change)
        inward = self._pairs(_some(stops, near), near, _some(stops, other), other, reach.change)
        every = np.setdiff1d(np.arange(day.n_stops), other)
        outward = self._pairs(_some(stops, other), other, _some(stops, every), every, reach.change)
        both = tuple(np.concatenate([a, b]) for a, b in zip(inward, outward, strict=True))
        transfers = without_self(_merged(_moved(self.transfers, now, now), both, day.n_stops, day.n_stops))
        return access, transfers, access.transposed()

    def _walk(self, sources: Snapped, targets: Snapped, limit: float) -> WalkLinks:
        return walk_links(self._graph, sources, targets, limit=limit, kmh=self._reach.kmh)

    def _pairs(
        self, sources: Snapped, source: I64, targets: Snapped, target: I64, limit: float
    ) -> tuple[npt.NDArray[np.generic], ...]:
        return _moved(self._walk(sources, targets, limit), source, target)


def _served(day: DayTimetable) -> npt.NDArray[np.bool_]:
    out = np.zeros(day.n_stops, bool)
    out[day.pattern_stops] = True
    return out


def _metric(lon: F64, lat: F64, crs: str) -> F64:
    return np.asarray(shapely.get_coordinates(project_shapes(shapely.points(lon, lat), crs)), np.float64)


def _near(points: F64, others: F64, metres: float) -> I64:
    """Points within a straight distance of any of the others (with room for what the projection adds)."""
    far = np.full(len(points), np.inf)
    for xy in others:
        far = np.fmin(far, np.hypot(*(points - xy).T))
    return np.flatnonzero(far <= metres * STRETCH + SLACK_M)


def _some(at: Snapped, rows: I64) -> Snapped:
    return Snapped(at.link[rows], at.along[rows], at.length[rows], at.beside[rows])


def _moved(walks: WalkLinks, row: I64 | None, to: I64) -> tuple[npt.NDArray[np.generic], ...]:
    """Walks as (from, to, metres, seconds) with other numbers; those whose ends have none (-1) are left out."""
    a = np.repeat(np.arange(walks.n), np.diff(walks.ptr))
    a = a if row is None else row[a]
    b = to[walks.to]
    use = (a >= 0) & (b >= 0)
    return a[use], b[use], walks.metres[use], walks.seconds[use]


def _merged(
    one: tuple[npt.NDArray[np.generic], ...], two: tuple[npt.NDArray[np.generic], ...], n: int, n_to: int
) -> WalkLinks:
    a, b, metres, seconds = (np.concatenate(pair) for pair in zip(one, two, strict=True))
    order = np.lexsort((b, a))
    ptr = np.searchsorted(a[order], np.arange(n + 1)).astype(np.int64)
    return WalkLinks(ptr, b[order].astype(np.int32), metres[order], seconds[order], n_to)
