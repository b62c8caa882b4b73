"""A city made ready for one profile and service day: streets, stops on them, walks between stops, the day's runs."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shaar.engine.city.model import City
from shaar.engine.errors import InputError
from shaar.engine.findings import Finding
from shaar.engine.progress import Progress, silent
from shaar.engine.routing.graph import StreetGraph
from shaar.engine.routing.journey_tables import Tables, lay_out
from shaar.engine.routing.mobility import Profile, Usable, level_points, usable, walking_graph
from shaar.engine.routing.phases import random_phases
from shaar.engine.routing.snap import Snapped, snap
from shaar.engine.routing.walk import WalkLinks, walk_links, without_self
from shaar.engine.timetable.arrays import DayTimetable, no_service
from shaar.engine.timetable.day import day_timetable
from shaar.engine.timetable.feed import Feed

#: How far from a street a stop or a point may lie, metres.
STOP_TO_STREET_M = 300.0
POINT_TO_STREET_M = 1500.0


@dataclass(frozen=True, slots=True)
class Network:
    """What journeys and isochrones of one profile and day are asked of.

    Parameters
    ----------
    city, who, day
        City, profile and the runs that the profile can use.
    graph
        Walking graph in level metres.
    stops
        Stops of ``day`` on the streets, unattached where nothing calls.
    transfers
        Walks between stops.
    tables
        ``day`` laid out for the kernels (one draw of the phases of lines that have only headways).
    usable
        What of the timetable the profile can use; None without a timetable.
    findings
        What is missing or assumed.
    """

    city: City
    who: Profile
    day: DayTimetable
    graph: StreetGraph
    stops: Snapped
    transfers: WalkLinks
    tables: Tables
    usable: Usable | None
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Points:
    """Walks of k points, ready for ``journeys`` and ``travel_times``: to stops, from stops, and to each other."""

    at: Snapped
    access: WalkLinks
    egress: WalkLinks
    walk: WalkLinks


def network(
    city: City, feed: Feed | None, date: dt.date | None, who: Profile, *, seed: int = 0, progress: Progress = silent
) -> Network:
    """Make a city ready for one profile and service day; without a timetable everybody walks.

    Raises
    ------
    InputError
        The profile finds no street to walk on.
    """
    graph = walking_graph(city.nodes, city.links, who)
    if not graph.n_arcs:
        raise InputError(f"there is no street that profile '{who.name}' can use", file=city.path / "links.parquet")
    can: Usable | None = None
    if feed is None or date is None:
        day = no_service()
    else:
        can = usable(feed, who)
        day = day_timetable(can.feed, date, stop_ids=can.stop_ids, next_day=True)
    progress("streets and stops", 0, 1)
    stops = snap(day.stop_lon, day.stop_lat, graph, city.links, crs=city.meta.crs, max_metres=STOP_TO_STREET_M)
    served = np.zeros(day.n_stops, bool)
    served[day.pattern_stops] = True
    lost = int((served & (stops.link < 0)).sum())
    stops.link[~served] = -1
    on = level_points(stops, graph)
    transfers = without_self(walk_links(graph, on, on, limit=who.max_change_m, kmh=who.kmh))
    progress("streets and stops", 1, 1)
    tables = lay_out([(day, random_phases(day, 1, seed)[0])])
    return Network(city, who, day, graph, stops, transfers, tables, can, _findings(city, who, can, day, lost))


def points(net: Network, lon: npt.ArrayLike, lat: npt.ArrayLike, *, max_minutes: float = 120.0) -> Points:
    """Walks of points to and from the stops of a network and between each other.

    Raises
    ------
    InputError
        A point lies further than 1.5 km from any street that the profile can use.
    """
    who = net.who
    lon, lat = np.atleast_1d(np.asarray(lon, float)), np.atleast_1d(np.asarray(lat, float))
    at = snap(lon, lat, net.graph, net.city.links, crs=net.city.meta.crs, max_metres=POINT_TO_STREET_M)
    for k in np.flatnonzero(at.link < 0)[:1]:
        raise InputError(
            f"the point {lat[k]:.5f},{lon[k]:.5f} lies further than {POINT_TO_STREET_M:.0f} m from any street"
        )
    here, stops = level_points(at, net.graph), level_points(net.stops, net.graph)
    far = max_minutes / 60 * who.kmh * 1000
    return Points(
        at,
        walk_links(net.graph, here, stops, limit=who.max_walk_m, kmh=who.kmh),
        walk_links(net.graph, stops, here, limit=who.max_walk_m, kmh=who.kmh),
        walk_links(net.graph, here, here, limit=far, kmh=who.kmh),
    )


def _findings(city: City, who: Profile, can: Usable | None, day: DayTimetable, lost: int) -> tuple[Finding, ...]:
    out = []
    unknown = city.links["slope"].null_count() / max(city.links.height, 1)
    if who.slope and unknown > 0.5:
        out.append(
            Finding(
                "journey.slope_unknown",
                f"The slope of {unknown:.0%} of the streets is unknown; they count as level.",
                severity="assumed",
                values={"percent": round(100 * unknown)},
            )
        )
    if can is not None and who.vehicle_needed and can.trips_unknown:
        rule = "counted as accessible" if who.unknown_vehicle else "left out"
        code = "vehicle_unknown_counted" if who.unknown_vehicle else "vehicle_unknown"
        out.append(
            Finding(
                f"journey.{code}",
                f"Of {can.trips_unknown:,} of {can.trips:,} trips the timetable does not say whether the vehicle is "
                f"accessible; they are {rule}.",
                can.trips_unknown,
                severity="assumed",
                values={"unknown": can.trips_unknown, "trips": can.trips},
            )
        )
    if can is not None and who.stop_needed and can.stops_unknown:
        rule = "counted as accessible" if who.unknown_stop else "left out"
        code = "stop_unknown_counted" if who.unknown_stop else "stop_unknown"
        out.append(
            Finding(
                f"journey.{code}",
                f"Of {can.stops_unknown:,} of {can.stops:,} stops the timetable does not say whether they are "
                f"accessible; they are {rule}.",
                can.stops_unknown,
                severity="assumed",
                values={"unknown": can.stops_unknown, "stops": can.stops},
            )
        )
    if can is not None and not day.n_patterns:
        out.append(
            Finding(
                "journey.no_service",
                f"No trip that profile '{who.name}' can use runs on the day; all ways are on foot.",
                severity="warning",
                values={"profile": who.name},
            )
        )
    if lost:
        out.append(
            Finding(
                "journey.stops_lost",
                f"{lost} served stops lie further than {STOP_TO_STREET_M:.0f} m from any street that profile "
                f"'{who.name}' can use.",
                lost,
                values={"stops": lost, "profile": who.name},
            )
        )
    return tuple(out)
