"""A route over stop groups as a line on real streets: its way in both directions, its stops and its run times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
import shapely
import shapely.ops

from shaar.engine.city import schema
from shaar.engine.design import city_kernels as kernels
from shaar.engine.design.candidates import stop_row, stop_xy
from shaar.engine.design.city_groups import Groups
from shaar.engine.design.city_instance import CityInstance
from shaar.engine.design.city_streets import BusStreets, project
from shaar.engine.errors import ShaarError

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]

#: Between two stop groups a line also stops at the stops it passes, no nearer than this to the stop before or after.
BETWEEN_METRES = 300.0
#: A proposed stop stands this far from where its group's own stop is projected, if that keeps it off the junction.
JUNCTION_METRES = 20.0


@dataclass(frozen=True, slots=True, eq=False)
class Direction:
    """One direction of a line on the streets.

    Parameters
    ----------
    edges
        Directed street edges in order (indices of the city's bus streets).
    stops
        stop_ids in order.
    minutes
        From the first stop to the arrival at each stop, dwell included, shape (stops,).
    at_group
        Position in ``stops`` of each stop group of the route, shape (groups of the route,).
    metres
        Length from the first to the last stop.
    geometry
        WGS84 LineString from the first to the last stop.
    """

    edges: I64
    stops: tuple[str, ...]
    minutes: F64
    at_group: I64
    metres: float
    geometry: shapely.LineString


@dataclass(frozen=True, slots=True)
class Service:
    """What runs on a line of today.

    Parameters
    ----------
    line_id, name, mode
        GTFS route_id, its short name, and the mode of its route type.
    headway
        Minutes at the busiest time of the network, mean of the directions.
    headways
        Minutes in each period of the design; ``inf`` where nothing runs.
    vehicles
        Vehicles at once at the line's own busiest moment; 0 for modes that do not draw on the fleet of buses.
    held
        The headway stays in the network that is looked at.
    kept
        The line may not be taken away.
    fixed
        Nothing about it may ever change: it was asked for, or it is no bus.
    """

    line_id: str
    name: str
    mode: str
    headway: float
    headways: Mapping[str, float]
    vehicles: int
    held: bool = False
    kept: bool = False
    fixed: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class StreetLine:
    """A line on the streets.

    Parameters
    ----------
    route
        Its stop groups in order.
    forward, backward
        Its directions; ``backward`` runs the groups in reverse unless ``back`` says otherwise.
    back
        Stop groups of the way back of a line of today; empty where it runs one way only.
    today
        What runs on it, for a line of today; None for a designed one.
    """

    route: tuple[int, ...]
    forward: Direction
    backward: Direction
    back: tuple[int, ...] | None = None
    today: Service | None = None

    @property
    def way_back(self) -> tuple[int, ...]:
        """Stop groups of the way back."""
        return self.route[::-1] if self.back is None else self.back

    @property
    def stops(self) -> tuple[str, ...]:
        """Every stop of both directions once."""
        return tuple(dict.fromkeys((*self.forward.stops, *self.backward.stops)))

    @property
    def minutes(self) -> float:
        """Run time of both directions."""
        return float(self.forward.minutes[-1] + self.backward.minutes[-1])

    def legs(self) -> tuple[F64, F64]:
        """Minutes between consecutive groups, forward and in the reversed order backward."""
        return (
            np.diff(self.forward.minutes[self.forward.at_group]),
            np.diff(self.backward.minutes[self.backward.at_group]),
        )


class StopBook:
    """The stops that lines use: the city's table, and stops proposed when a line passes a group that has none there.

    One book serves all lines of a design, so that two lines on one street share a proposed stop.
    """

    def __init__(self, city: CityInstance) -> None:
        self.city = city
        self.ids: list[str] = city.stops["stop_id"].to_list()
        self.xy: list[F64] = list(stop_xy(city.stops, city.streets))
        self.on_edge: dict[int, list[tuple[float, int]]] = {}
        for s, (e, at) in enumerate(zip(city.groups.stop_edge, city.groups.stop_at, strict=True)):
            if e >= 0:
                self.on_edge.setdefault(int(e), []).append((float(at), s))
        self.row: dict[str, int] = {s: k for k, s in enumerate(self.ids)}
        self.group: list[int] = city.groups.stop_group.tolist()
        self.new: list[dict[str, object]] = []

    def at(self, edge: int) -> list[tuple[float, int]]:
        """Stops on a directed edge, (metres along it, row), in driving order."""
        return sorted(self.on_edge.get(edge, []))

    def propose(self, edge: int, metres: float, group: int) -> tuple[float, int]:
        """Add a stop on an edge for a group and return it as :meth:`at` does."""
        streets = self.city.streets
        length = float(shapely.length(streets.lines[edge]))
        keep = min(JUNCTION_METRES, length / 3)
        at = min(max(metres, keep), length - keep)
        rules = self.city.rules
        # The id says where the stop stands, so that it does not depend on the order in which lines are looked at.
        name = f"new_l{int(streets.link[edge])}{'f' if streets.forward[edge] else 'b'}{round(at)}"
        row = stop_row(streets, edge, at, name, setback=rules.stops.setback, drive_side=rules.run.drive_side)
        x, y = streets.to_metric.transform(row["lon"], row["lat"])
        self.row[name] = len(self.ids)
        self.ids.append(name)
        self.xy.append(np.array([x, y]))
        self.group.append(group)
        self.new.append(row)
        entry = (at, len(self.ids) - 1)
        self.on_edge.setdefault(edge, []).append(entry)
        return entry

    def table(self) -> pl.DataFrame:
        """All stops in STOPS schema: the city's, those proposed for people, those proposed for lines."""
        if not self.new:
            return self.city.stops
        fresh = schema.conform("stops", pl.DataFrame(self.new, infer_schema_length=None))
        return pl.concat([self.city.stops, fresh.select(self.city.stops.columns)])


def street_line(city: CityInstance, route: Sequence[int], book: StopBook) -> StreetLine:
    """Lay a route on the streets, both ways.

    The way is the quickest that passes every group in order with legal turns only (a dynamic programme over groups,
    :func:`shaar.engine.design.city_kernels.layered_path`); each direction then takes, in each group, the stop on its
    own side of the street it drives on, or a proposed one.

    Raises
    ------
    ShaarError
        The streets do not join the groups (they always do for links of the instance).
    """
    nodes = tuple(int(g) for g in route)
    return StreetLine(nodes, _direction(city, nodes, book), _direction(city, nodes[::-1], book))


def _direction(city: CityInstance, route: tuple[int, ...], book: StopBook) -> Direction:
    streets = city.streets
    path, at = _way(streets, city.groups, route)
    if not len(path):
        raise ShaarError(f"stop groups {route} cannot be joined on bus-legal streets; please report this fault")
    start = np.concatenate([[0.0], np.cumsum(shapely.length(streets.lines[path]))])
    calls = _calls(city, route, path, at, start, book)
    first, last = calls[0][0], calls[-1][0]
    minutes = run_minutes(streets, path, start, np.array([c[0] for c in calls]), city.rules.run.dwell_minutes)
    geometry = trim(streets, path, first, last)
    return Direction(
        edges=path,
        stops=tuple(book.ids[c[1]] for c in calls),
        minutes=minutes,
        at_group=np.array([k for k, c in enumerate(calls) if c[2] >= 0], np.int64),
        metres=last - first,
        geometry=project(geometry, streets.to_lonlat),  # type: ignore[arg-type]
    )


def _way(streets: BusStreets, groups: Groups, route: tuple[int, ...]) -> tuple[I64, I64]:
    lengths = np.maximum(streets.metres, 1e-9)
    ptr, edge, cost, place = [0], [], [], []
    for k, g in enumerate(route):
        edges, at = groups.edges_of(g)
        rest = streets.minutes[edges] * (1.0 - np.minimum(at / lengths[edges], 1.0))
        # A bus starts at the stop and so has the rest of that edge to run; it ends at the stop and saves the rest.
        extra = rest if k == 0 else (-rest if k == len(route) - 1 else np.zeros(len(edges)))
        edge.append(edges)
        cost.append(extra)
        place.append(at)
        ptr.append(ptr[-1] + len(edges))
    path, at = kernels.layered_path(
        streets.ptr, streets.succ, streets.turn, streets.minutes, np.array(ptr, np.int64),
        np.concatenate(edge), np.concatenate(cost), np.concatenate(place), np.inf,
    )  # fmt: skip
    return path, at


def _calls(
    city: CityInstance, route: tuple[int, ...], path: I64, at: I64, start: F64, book: StopBook
) -> list[tuple[float, int, int]]:
    """Stops along the way: (metres from the way's start, row, position of the group in the route or -1)."""
    groups = city.groups
    chosen: list[tuple[float, int, int]] = []
    before = -1.0
    for k, g in enumerate(route):
        edges, offsets = groups.edges_of(g)
        where = {int(e): float(a) for e, a in zip(edges, offsets, strict=True)}
        # The group may be passed on several edges in a row: any of its stops on them will do.
        reach = [int(at[k])]
        for step in (-1, 1):
            p = int(at[k]) + step
            while 0 <= p < len(path) and int(path[p]) in where:
                reach.append(p)
                p += step
        here = start[at[k]] + where[int(path[at[k]])]
        options = [
            (abs(start[p] + a - here), start[p] + a, s)
            for p in reach
            for a, s in book.at(int(path[p]))
            if book.group[s] == g and start[p] + a > before + 1.0
        ]
        if options:
            _, metres, row = min(options)
        else:
            a, row = book.propose(int(path[at[k]]), max(where[int(path[at[k]])], before + 30.0 - start[at[k]]), g)
            metres = start[at[k]] + a
        metres = max(metres, before + 1.0)
        chosen.append((metres, row, k))
        before = metres
    passed = [
        (start[p] + a, s)
        for p in range(len(path))
        for a, s in book.at(int(path[p]))
        if chosen[0][0] < start[p] + a < chosen[-1][0]
    ]
    taken = {c[1] for c in chosen}
    for metres, s in sorted(passed):
        if s not in taken and min(abs(metres - c[0]) for c in chosen) >= BETWEEN_METRES:
            chosen.append((metres, s, -1))
            taken.add(s)
    return sorted(chosen)


def run_minutes(streets: BusStreets, path: I64, start: F64, at: F64, dwell: float) -> F64:
    """Minutes from the first stop to each stop: edges, turns, and a dwell at every stop before."""
    turn = np.zeros(len(path))
    for k in range(1, len(path)):
        lo, hi = streets.ptr[path[k - 1]], streets.ptr[path[k - 1] + 1]
        hit = np.flatnonzero(streets.succ[lo:hi] == path[k])
        turn[k] = streets.turn[lo + hit[0]] if len(hit) else 0.0
    upto = np.concatenate([[0.0], np.cumsum(streets.minutes[path])])
    run = np.interp(at, start, upto) + np.cumsum(turn)[np.clip(np.searchsorted(start, at, "left") - 1, 0, None)]
    minutes = run - run[0] + dwell * np.arange(len(at))
    # Run times in a timetable grow from stop to stop: two stops within a moment of each other stay 0.05 min apart.
    return np.maximum.accumulate(minutes + 1e-9 * np.arange(len(at)))


def trim(streets: BusStreets, path: I64, first: float, last: float) -> shapely.LineString:
    """Course of a way from so many metres after its start to so many, in the city's metric CRS."""
    coordinates = [shapely.get_coordinates(streets.lines[e]) for e in path]
    xy = np.concatenate([coordinates[0], *[c[1:] for c in coordinates[1:]]])
    return shapely.ops.substring(shapely.LineString(xy), first, last)
