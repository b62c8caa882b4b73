"""A line drawn by hand, laid on real streets while somebody draws: its way, its stops and its run times."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import shapely

from shaar.engine.city.model import Badge
from shaar.engine.design import city_kernels as kernels
from shaar.engine.design.city_streets import project
from shaar.engine.design.lines import run_minutes, trim
from shaar.engine.design.vehicles import vehicle_key
from shaar.engine.errors import InputError
from shaar.engine.measures.models import AddLine, Headway, NewStop
from shaar.engine.study.line_stops import Call, Calls
from shaar.engine.study.line_streets import Streets

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]
Place = tuple[float, float] | str

#: A point farther than this from every street a bus may drive is not on the city's streets (m).
OFF_METRES = 400.0
#: Streets at most so much farther than the nearest one are meant as well: both sides of a road, arms of a junction (m).
BESIDE_METRES = 25.0
#: On the way back other streets serve the place as well: the other carriageway, the other street of a one-way pair (m).
BACK_METRES = 120.0
#: What a metre between a point and the street taken for it costs the way (min), so that the nearest wins among equals.
BESIDE_MINUTES = 0.02
#: A leg is a detour where it is so many times longer than the straight line, and so many metres longer besides.
DETOUR_RATIO, DETOUR_METRES = 3.0, 2000.0
#: The same where a straight line of up to ``WATER_STRAIGHT`` metres crosses water: the missing bridge is the reason.
WATER_RATIO, WATER_METRES, WATER_STRAIGHT = 2.0, 1000.0, 3000.0
#: What run times rest on, as pages show it.
SOURCE = (
    "run times: free speed of each link times the share of its class that traffic and signals leave (assumed, "
    "engine/routing/speeds.py), times the peak factor, plus turns and a dwell at each stop (assumed, RunTimes)"
)


@dataclass(frozen=True, slots=True)
class Way:
    """One direction of a drawn line.

    Parameters
    ----------
    geometry
        (lon, lat) along the streets from the first to the last stop.
    stops, minutes
        stop_ids in order, and minutes from the first to the arrival at each, dwell included.
    metres
        Along the streets from the first to the last stop.
    links
        link_id of each street driven, in order.
    """

    geometry: tuple[tuple[float, float], ...]
    stops: tuple[str, ...]
    minutes: tuple[float, ...]
    metres: float
    links: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A line on the streets; ``backward`` is None for a loop."""

    forward: Way
    backward: Way | None
    new_stops: tuple[NewStop, ...]
    vehicle_type: str
    badge: Badge = "modelled"
    source: str = SOURCE


def draw_line(
    streets: Streets,
    places: Sequence[Place],
    *,
    vehicle_type: str = "bus_12m",
    loop: bool = False,
    known: Sequence[NewStop] = (),
) -> Drawn:
    """Lay a line through places on streets that a bus may drive, there and back.

    The way is the quickest over the places in order with legal turns only
    (:func:`shaar.engine.design.city_kernels.layered_path`). It calls at the stops that it passes on the doors side;
    where none follows for a long way and people live or work near, stops are proposed.

    Parameters
    ----------
    streets
        The city, prepared once by :meth:`Streets.of`.
    places
        At least two: (lon, lat) or stop_ids, in order. The line begins and ends at the first and the last.
    vehicle_type
        Key of the table of vehicles or its short name.
    loop
        Back to the first place, in one direction.
    known
        Stops that earlier changes of the scenario bring.

    Raises
    ------
    InputError
        Too few places, one off the city's streets or in the water, an unknown stop or vehicle, or a way that would
        wind or has no bridge; one sentence that names the place by its number.
    """
    vehicle = vehicle_key(vehicle_type)
    streets = streets.with_stops([(s.stop_id, s.lon, s.lat, s.name) for s in known])
    calls = Calls(streets)
    forward = _way(streets, _places(streets, places, loop, BESIDE_METRES), calls, back=False)
    backward = None
    if not loop:
        backward = _way(streets, _places(streets, places, loop, BACK_METRES)[::-1], calls, back=True)
    used = set(forward.stops) | set(backward.stops if backward else ())
    new = [s for s in (*known, *calls.new) if s.stop_id in used]
    return Drawn(forward, backward, tuple(new), vehicle)


def to_add_line(drawn: Drawn, name: str, headways: Sequence[Headway], *, line_id: str | None = None) -> AddLine:
    """Make the typed change of a drawn line; its id follows from its name and stops unless given."""
    back = drawn.backward
    text = "|".join((name, *drawn.forward.stops, "", *(back.stops if back else ())))
    made = f"new-{hashlib.sha256(text.encode()).hexdigest()[:10]}"
    return AddLine(
        line_id=line_id or made,
        name=name,
        stops_forward=drawn.forward.stops,
        minutes_forward=drawn.forward.minutes,
        stops_backward=back.stops if back else (),
        minutes_backward=back.minutes if back else (),
        headways=tuple(headways),
        new_stops=drawn.new_stops,
        geometry_forward=drawn.forward.geometry,
        geometry_backward=back.geometry if back else (),
        vehicle_type=drawn.vehicle_type,
    )


@dataclass(frozen=True, slots=True)
class _Spot:
    """A place of the line: its number for people, where it is, its stop (row, -1: none), and edges that serve it."""

    number: int
    xy: F64
    stop: int
    edges: I64
    along: F64
    beside: F64


def _places(streets: Streets, places: Sequence[Place], loop: bool, reach: float) -> list[_Spot]:
    spots = [_spot(streets, number, place, reach) for number, place in enumerate(places, start=1)]
    merged = [s for k, s in enumerate(spots) if k == 0 or np.hypot(*(s.xy - spots[k - 1].xy)) >= 1.0]
    if loop and len(merged) > 1 and np.hypot(*(merged[0].xy - merged[-1].xy)) >= 1.0:
        merged.append(merged[0])
    if len(merged) < 2 or (loop and len(merged) < 3):
        raise InputError(
            "a loop needs two different places at least" if loop else "a line needs two different places at least",
            field="waypoints",
        )
    return merged


def _spot(streets: Streets, number: int, place: Place, reach: float) -> _Spot:
    stop = -1
    if isinstance(place, str):
        if place not in streets.row:
            raise InputError(f"place {number}: the city has no stop {place}", field="stops")
        stop = streets.row[place]
        xy = streets.stop_xy[stop]
    else:
        lon, lat = float(place[0]), float(place[1])
        if not (abs(lon) <= 180 and abs(lat) <= 90):
            raise InputError(f"place {number}: {lon:g}, {lat:g} is no longitude and latitude", field="waypoints")
        xy = np.array(streets.bus.to_metric.transform(lon, lat))
    here = shapely.Point(xy)
    nearest = _nearest(streets, here)
    if nearest > OFF_METRES:
        wet = len(streets.water) > 0 and bool(shapely.intersects(streets.water, here).any())
        why = "lies in the water, away from" if wet else "lies off"
        far = f"; the nearest is {_long(nearest)} away" if np.isfinite(nearest) else ""
        raise InputError(f"place {number} {why} the streets that a bus may drive{far}", field="waypoints")
    edges = np.sort(streets.edge_tree.query(here, predicate="dwithin", distance=nearest + reach))
    beside = shapely.distance(streets.bus.lines[edges], here) - nearest
    if stop >= 0 and streets.stop_edge[stop] >= 0:
        # The stop's own edge is meant; its neighbours serve the way back and streets that run one way only.
        beside = np.where(edges == streets.stop_edge[stop], 0.0, beside + BESIDE_METRES)
    along = shapely.line_locate_point(streets.bus.lines[edges], here)
    return _Spot(number, xy, stop, edges.astype(np.int64), along, beside)


def _nearest(streets: Streets, here: shapely.Point) -> float:
    hit = streets.edge_tree.query_nearest(here, return_distance=True, all_matches=False)[1]
    return float(hit[0]) if len(hit) else np.inf


def _way(streets: Streets, spots: Sequence[_Spot], calls: Calls, *, back: bool) -> Way:
    path, at = _round(streets, spots) if spots[0] is spots[-1] else _quickest(streets, spots)[:2]
    if not len(path):
        raise InputError("the places cannot be joined on streets that a bus may drive", field="waypoints")
    start = np.concatenate([[0.0], np.cumsum(shapely.length(streets.bus.lines[path]))])
    along = np.array(
        [start[p] + s.along[np.flatnonzero(s.edges == path[p])[0]] for p, s in zip(at, spots, strict=True)]
    )
    along = np.maximum.accumulate(along)
    _no_detour(streets, spots, along, back)
    listed = calls.along(path, start, [(float(m), s.stop) for m, s in zip(along, spots, strict=True)])
    return _described(streets, path, start, listed, calls)


def _quickest(streets: Streets, spots: Sequence[_Spot]) -> tuple[I64, I64, float]:
    """The way over the places in order: its edges, where in it each place is passed, and its minutes."""
    bus = streets.bus
    ptr, edge, cost, place = [0], [], [], []
    for k, s in enumerate(spots):
        length = np.maximum(shapely.length(bus.lines[s.edges]), 1e-9)
        rest = bus.minutes[s.edges] * (1.0 - np.minimum(s.along / length, 1.0))
        # A bus starts at the place and so has the rest of that edge to run; it ends there and saves the rest.
        extra = rest if k == 0 else (-rest if k == len(spots) - 1 else 0.0 * rest)
        edge.append(s.edges)
        cost.append(extra + s.beside * BESIDE_MINUTES)
        place.append(s.along)
        ptr.append(ptr[-1] + len(s.edges))
    path, at = kernels.layered_path(
        bus.ptr, bus.succ, bus.turn, bus.minutes, np.array(ptr, np.int64), np.concatenate(edge).astype(np.int64),
        np.concatenate(cost), np.concatenate(place), np.inf,
    )  # fmt: skip
    if not len(path):
        return path, at, np.inf
    first, last = (int(np.flatnonzero(s.edges == path[p])[0]) for s, p in ((spots[0], 0), (spots[-1], -1)))
    ends = cost[0][first] + cost[-1][last] - bus.minutes[path[0]]
    return path, at, float(bus.minutes[path].sum() + ends)


def _round(streets: Streets, spots: Sequence[_Spot]) -> tuple[I64, I64]:
    """The quickest way that ends on the edge on which it began, so that a loop closes at its own stop."""
    best: tuple[I64, I64, float] = (np.empty(0, np.int64), np.empty(0, np.int64), np.inf)
    for k in range(len(spots[0].edges)):
        one = replace(
            spots[0],
            edges=spots[0].edges[k : k + 1],
            along=spots[0].along[k : k + 1],
            beside=spots[0].beside[k : k + 1],
        )
        found = _quickest(streets, [one, *spots[1:-1], one])
        if found[2] < best[2]:
            best = found
    return best[0], best[1]


def _no_detour(streets: Streets, spots: Sequence[_Spot], along: F64, back: bool) -> None:
    for (a, b), metres in zip(pairwise(spots), np.diff(along), strict=True):
        straight = float(np.hypot(*(b.xy - a.xy)))
        more = metres - straight
        if more <= WATER_METRES:
            continue
        wet = len(streets.water) > 0 and bool(shapely.intersects(streets.water, shapely.LineString([a.xy, b.xy])).any())
        winds = metres > DETOUR_RATIO * straight and more > DETOUR_METRES
        # Where the way there found a bridge, so does the way back.
        bridge = wet and not back and (winds or (metres > WATER_RATIO * straight and straight <= WATER_STRAIGHT))
        if not bridge and not winds:
            continue
        ends = f"{a.number} to place {b.number}"
        way = f"by streets that a bus may drive it is {_long(metres)} from place {ends}, {_long(straight)} straight"
        if bridge:
            raise InputError(
                f"between these places lies water without a bridge near: {way}; lead the line over a bridge",
                field="waypoints",
            )
        side = " on the way back" if back else ""
        raise InputError(f"the line would wind{side}: {way}; move or add a place", field="waypoints")


def _described(streets: Streets, path: I64, start: F64, listed: Sequence[Call], calls: Calls) -> Way:
    # Places measured along the whole course may lie past its end by the last digit.
    at = np.minimum([c.metres for c in listed], start[-1])
    first, last = float(at[0]), float(at[-1])
    minutes = run_minutes(streets.bus, path, start, at, streets.run.dwell_minutes)
    course = project(trim(streets.bus, path, first, last), streets.bus.to_lonlat)
    # Times of a timetable are told in hundredths of a minute and grow from stop to stop.
    told: list[float] = []
    for m in minutes:
        told.append(0.0 if not told else max(round(float(m), 2), round(told[-1] + 0.05, 2)))
    inside = (start[1:] > first) & (start[:-1] < last)
    return Way(
        geometry=tuple((round(float(x), 6), round(float(y), 6)) for x, y in shapely.get_coordinates(course)),
        stops=tuple(calls.id_of(c.row) for c in listed),
        minutes=tuple(told),
        metres=last - first,
        links=tuple(int(v) for v in streets.bus.link[path[inside]]),
    )


def _long(metres: float) -> str:
    return f"{metres / 1000:.1f} km" if metres >= 1000 else f"{metres:.0f} m"
