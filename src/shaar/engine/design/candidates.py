"""Propose stops along bus-legal streets where the existing ones leave people too far away."""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
import shapely
from scipy.spatial import cKDTree

from shaar.engine.city import schema
from shaar.engine.design.city_people import People
from shaar.engine.design.city_streets import BusStreets

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]

#: Worth of a street class for a stop: people are as near, but a bus runs better on it (assumed).
CLASS_WORTH = {
    "primary": 1.0, "secondary": 1.0, "tertiary": 0.95, "unclassified": 0.8, "residential": 0.7, "trunk": 0.5,
    "busway": 1.0, "road": 0.7,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class StopRules:
    """How stops are proposed (metres and persons).

    Parameters
    ----------
    reach
        People farther than this from every stop are counted as left out.
    spacing
        Two proposed places are at least 3/4 of this apart (straight), so that they come out about this far apart.
    clearance
        No proposal within this of an existing stop.
    junction
        Distance kept from the ends of a link, where buses would block the junction.
    least_people
        A place is proposed only if it newly reaches so many residents and jobs together.
    facing
        How far the stop of the other direction may be.
    setback
        Distance of the pole from the middle of the street.
    """

    reach: float = 400.0
    spacing: float = 400.0
    clearance: float = 150.0
    junction: float = 30.0
    least_people: float = 150.0
    facing: float = 70.0
    setback: float = 6.0


def stop_xy(stops: pl.DataFrame, streets: BusStreets) -> F64:
    """Coordinates of stops in the city's metric CRS, shape (s, 2)."""
    x, y = streets.to_metric.transform(stops["lon"].to_numpy(), stops["lat"].to_numpy())
    return np.column_stack([x, y]) if len(stops) else np.empty((0, 2))


def stop_row(
    streets: BusStreets, edge: int, metres: float, stop_id: str, *, setback: float = 6.0, drive_side: str = "right"
) -> dict[str, object]:
    """Return a STOPS row for a proposed stop ``metres`` along a directed edge, on the side that its doors open to."""
    line = streets.lines[edge]
    total = float(shapely.length(line))
    at = min(max(metres, 0.0), total)
    point = shapely.get_coordinates(shapely.line_interpolate_point(line, at))[0]
    before = shapely.get_coordinates(shapely.line_interpolate_point(line, max(at - 1.0, 0.0)))[0]
    after = shapely.get_coordinates(shapely.line_interpolate_point(line, min(at + 1.0, total)))[0]
    along = (after - before) / max(float(np.hypot(*(after - before))), 1e-9)
    hand = np.array([along[1], -along[0]]) * (1.0 if drive_side == "right" else -1.0)
    lon, lat = streets.to_lonlat.transform(*(point + hand * setback))
    forward = bool(streets.forward[edge])
    # The curb side of a bus that runs against the link's direction is the link's other side.
    side = drive_side if forward else ("left" if drive_side == "right" else "right")
    return {
        "stop_id": stop_id, "name": None, "lon": float(lon), "lat": float(lat), "source": "proposed",
        "link_id": int(streets.link[edge]), "offset": at if forward else total - at, "side": side,
        "link_distance": setback,
    }  # fmt: skip


def propose_stops(
    streets: BusStreets,
    people: People,
    existing: pl.DataFrame,
    rules: StopRules | None = None,
    *,
    drive_side: str = "right",
    prefix: str = "new",
) -> pl.DataFrame:
    """Propose stops, the place that newly reaches most people first (greedy maximum coverage).

    Greedy coverage reaches at least 1 - 1/e of the best possible with the same number of places (Nemhauser, Wolsey &
    Fisher 1978). A place is one stop, or two facing ones where the street is legal both ways; on a divided road the
    second stands on the other carriageway.

    Parameters
    ----------
    streets, people
        Where buses may run and where people are.
    existing
        STOPS table of the stops that stand.

    Returns
    -------
    polars.DataFrame
        STOPS schema, ``source`` "proposed", ids ``new1a``, ``new1b``, ...; empty where nobody is left out.
    """
    rules = rules or StopRules()
    here = stop_xy(existing, streets)
    left = ~people.within(here, rules.reach)
    weight = np.where(left, people.population + people.jobs, 0.0)
    edge, metres, xy = _positions(streets, rules)
    if len(xy) and len(here):
        distance, _ = cKDTree(here).query(xy)
        free = distance >= rules.clearance
        edge, metres, xy = edge[free], metres[free], xy[free]
    chosen = _greedy(xy, np.array([CLASS_WORTH[streets.highway[e]] for e in edge]), people.xy, weight, rules)
    rows = []
    all_edges = np.flatnonzero([h in CLASS_WORTH for h in streets.highway])
    tree = shapely.STRtree(streets.lines[all_edges]) if len(all_edges) else None
    for number, k in enumerate(chosen, start=1):
        e = int(edge[k])
        name = f"{prefix}{number}"
        rows.append(stop_row(streets, e, float(metres[k]), f"{name}a", setback=rules.setback, drive_side=drive_side))
        other = int(streets.opposite[e])
        if other >= 0:
            at = float(shapely.length(streets.lines[e]) - metres[k])
        else:
            assert tree is not None
            other, at = _other_carriageway(streets, all_edges, tree, e, xy[k], rules.facing)
        if other >= 0:
            rows.append(stop_row(streets, other, at, f"{name}b", setback=rules.setback, drive_side=drive_side))
    frame = pl.DataFrame(rows, infer_schema_length=None) if rows else schema.empty("stops")
    return schema.conform("stops", frame)


def _positions(streets: BusStreets, rules: StopRules) -> tuple[I64, F64, F64]:
    """Places to try: near both ends of each suitable link and every 100 m between, once for a two-way link."""
    edges, at = [], []
    for e in range(streets.m):
        if streets.highway[e] not in CLASS_WORTH or not streets.walkable[e]:
            continue
        if streets.opposite[e] >= 0 and not streets.forward[e]:
            continue
        length = float(shapely.length(streets.lines[e]))
        if length < 2 * rules.junction:
            places = np.array([length / 2])
        else:
            count = max(2, int((length - 2 * rules.junction) // 100) + 1)
            places = np.linspace(rules.junction, length - rules.junction, count)
        edges.append(np.full(len(places), e))
        at.append(places)
    if not edges:
        return np.empty(0, np.int64), np.empty(0), np.empty((0, 2))
    edge, metres = np.concatenate(edges).astype(np.int64), np.concatenate(at)
    xy = shapely.get_coordinates(shapely.line_interpolate_point(streets.lines[edge], metres))
    return edge, metres, xy


def _greedy(xy: F64, worth: F64, people_xy: F64, weight: F64, rules: StopRules) -> list[int]:
    """Lazy greedy: a place's gain only falls, so a stale gain on the heap is an upper bound (Minoux 1978)."""
    needy = np.flatnonzero(weight > 0)
    if not len(xy) or not len(needy):
        return []
    reach = cKDTree(people_xy[needy]).query_ball_point(xy, rules.reach)
    lists = [needy[np.asarray(r, dtype=np.int64)] for r in reach]
    weight = weight.copy()
    heap = [(-worth[k] * weight[r].sum(), k) for k, r in enumerate(lists) if len(r)]
    heapq.heapify(heap)
    chosen: list[int] = []
    places = cKDTree(xy)
    blocked = np.zeros(len(xy), bool)
    while heap:
        bound, k = heapq.heappop(heap)
        if blocked[k]:
            continue
        people_new = float(weight[lists[k]].sum())
        if people_new < rules.least_people:
            continue
        gain = -worth[k] * people_new
        if heap and gain > heap[0][0] + 1e-9 and gain > bound + 1e-9:
            heapq.heappush(heap, (gain, k))
            continue
        chosen.append(k)
        weight[lists[k]] = 0.0
        blocked[places.query_ball_point(xy[k], 0.75 * rules.spacing)] = True
    return chosen


def _other_carriageway(
    streets: BusStreets, edges: I64, tree: shapely.STRtree, edge: int, at: F64, facing: float
) -> tuple[int, float]:
    """Nearest edge that runs the other way within ``facing`` metres, and how far along it; (-1, 0) where none does."""
    point = shapely.Point(at)
    mine = _direction(streets.lines[edge], point)
    best, best_distance = -1, facing
    for k in tree.query(point.buffer(facing)):
        e = int(edges[k])
        distance = float(shapely.distance(streets.lines[e], point))
        if distance < best_distance and float(mine @ _direction(streets.lines[e], point)) < -0.8:
            best, best_distance = e, distance
    return (best, float(shapely.line_locate_point(streets.lines[best], point))) if best >= 0 else (-1, 0.0)


def _direction(line: object, point: object) -> F64:
    at = float(shapely.line_locate_point(line, point))
    total = float(shapely.length(line))
    a = shapely.get_coordinates(shapely.line_interpolate_point(line, max(at - 5.0, 0.0)))[0]
    b = shapely.get_coordinates(shapely.line_interpolate_point(line, min(at + 5.0, total)))[0]
    return (b - a) / max(float(np.hypot(*(b - a))), 1e-9)
