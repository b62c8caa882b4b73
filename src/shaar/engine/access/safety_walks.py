"""Where people cross and walk along streets on their way to the nearest door: a school, a stop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.spatial import cKDTree

from shaar.engine.access import safety_kernels as kernels
from shaar.engine.access.safety_density import incidence
from shaar.engine.access.safety_risk import crossing_points, is_main, is_steep, lanes, open_to_vehicles
from shaar.engine.routing.graph import StreetGraph
from shaar.engine.routing.snap import Snapped, seeds

F64 = npt.NDArray[np.float64]
I32 = npt.NDArray[np.int32]
#: Of latitude; good to 0.5 % anywhere.
METRES_PER_DEGREE = 111_320.0


@dataclass(frozen=True, slots=True)
class Walking:
    """People on their shortest ways to the nearest door.

    Parameters
    ----------
    node_metres
        float64[n]: walk from each node to its nearest door, inf beyond the limit.
    node_door
        int32[n]: that door, -1 where none.
    link_people
        float64[l]: people who walk along (part of) each link.
    door_people, door_metres
        float64[d]: people whose nearest door it is, and their mean walk.
    lost
        People without a door within the limit.
    crossings
        One row a node and street crossed there, main or not: node, link (of the street crossed), people, points (of
        one crossing), steep (null where unknown), main, signal, marked, metres (to the door), door.
    door_points
        float64[d]: mean points of the crossings of one walker, over the people of each door.
    """

    node_metres: F64
    node_door: I32
    link_people: F64
    door_people: F64
    door_metres: F64
    lost: float
    crossings: pl.DataFrame
    door_points: F64


def walk_to_doors(
    graph: StreetGraph,
    nodes: pl.DataFrame,
    links: pl.DataFrame,
    people: npt.ArrayLike,
    doors: Snapped,
    parameters: Mapping[str, float],
    *,
    limit: float,
) -> Walking:
    """Let people walk from their streets to the nearest door and note every street that they cross.

    Everybody starts in the middle of a link and walks the shortest way. At a node the street crossed is the most
    dangerous link open to vehicles that is neither the link one comes by nor the one one leaves by. On separate
    footways everybody crosses it; along a street with vehicles the share ``cross_along`` does, since one may walk on
    either side.

    Parameters
    ----------
    graph
        Walking graph in metres.
    nodes, links
        Street tables.
    people
        Shape (l,): persons who start on each link.
    doors
        Doors on links.
    parameters
        ``parameters/safety.csv``.
    limit
        Longest walk, metres.

    Notes
    -----
    Conservation: ``door_people`` and ``lost`` add up to ``people``.
    """
    if graph.unit != "metres" or graph.mode != "walk":
        raise ValueError("the graph must be one for walking that counts metres")
    home = np.asarray(people, np.float64)
    s_ptr, s_node, s_cost = seeds(graph, doors, outward=True)
    label = np.repeat(np.arange(len(doors.link), dtype=np.int32), np.diff(s_ptr))
    dist, door, after, by, order = kernels.nearest_tree(
        s_node, s_cost, label, float(limit), graph.ptr, graph.head, graph.cost
    )
    a, b = links["from_node"].to_numpy(), links["to_node"].to_numpy()
    length = links["length"].to_numpy().astype(np.float64)
    start = np.where(dist[a] <= dist[b], a, b)
    walk = dist[start] + length / 2
    usable = np.isfinite(walk) & links["walk"].fill_null(False).to_numpy()
    near = usable & (walk <= limit)
    at_node = np.bincount(start[near], weights=home[near], minlength=graph.n_nodes)
    _, along = kernels.flow_to_doors(at_node, order, after, by, graph.n_arcs)
    streams = _streams(
        graph, along, start, np.where(near, home, 0.0), after, by, np.append(doors.link, np.int32(-1))[door]
    )
    by_link = np.bincount(streams.came, weights=streams.people, minlength=links.height).astype(np.float64)
    last = (after[streams.node] < 0) & (streams.leaves >= 0) & (streams.leaves != streams.came)
    by_link += np.bincount(streams.leaves[last], weights=streams.people[last], minlength=links.height)
    d = len(doors.link)
    mine = door[start[near]]
    door_people = np.bincount(mine, weights=home[near], minlength=d).astype(np.float64)
    metres = np.bincount(mine, weights=home[near] * walk[near], minlength=d)
    table = _crossings(nodes, links, streams, dist, door, parameters)
    points = np.bincount(table["door"].to_numpy(), weights=(table["people"] * table["points"]).to_numpy(), minlength=d)
    some = np.maximum(door_people, 1e-9)
    return Walking(
        node_metres=dist,
        node_door=door,
        link_people=by_link,
        door_people=door_people,
        door_metres=np.where(door_people > 0, metres / some, np.nan),
        lost=float(home[~near].sum()),
        crossings=table,
        door_points=np.where(door_people > 0, points / some, np.nan),
    )


@dataclass(frozen=True, slots=True)
class _Streams:
    """People through nodes: the link they came by, and the one they leave by (that of the door at the last node)."""

    node: npt.NDArray[np.int64]
    came: npt.NDArray[np.int64]
    leaves: npt.NDArray[np.int64]
    people: F64


def _streams(
    graph: StreetGraph, along: F64, start: npt.NDArray[np.int64], home: F64, after: I32, by: I32, last: I32
) -> _Streams:
    """Collect who comes through a node along a tree arc (arcs point away from the door) or from the own street."""
    moving, starts = np.flatnonzero(along > 0), np.flatnonzero(home > 0)
    node = np.concatenate([graph.tail[moving], start[starts]]).astype(np.int64)
    onward = graph.link[np.maximum(by[node], 0)] if graph.n_arcs else np.zeros(len(node), np.int32)
    return _Streams(
        node=node,
        came=np.concatenate([graph.link[moving], starts]).astype(np.int64),
        leaves=np.where(after[node] >= 0, onward, last[node]).astype(np.int64),
        people=np.concatenate([along[moving], home[starts]]),
    )


def _crossings(
    nodes: pl.DataFrame, links: pl.DataFrame, streams: _Streams, dist: F64, door: I32, parameters: Mapping[str, float]
) -> pl.DataFrame:
    vehicles = open_to_vehicles(links)
    signal, marked = (within_metres(nodes, c, parameters["control_metres"]) for c in ("signal", "crossing"))
    speed = links["free_speed"].fill_null(0.0).to_numpy()
    steep = is_steep(links, parameters["steep"]).fill_null(False).to_numpy()
    plain = np.where(vehicles, crossing_points(speed, lanes(links), False, False, parameters, steep=steep), 0.0)
    a, b = links["from_node"].to_numpy().astype(np.int32), links["to_node"].to_numpy().astype(np.int32)
    ptr, inc = incidence(a, b)
    rows: dict[tuple[int, int], float] = {}
    for v, m_in, m_out, flow in zip(
        streams.node.tolist(), streams.came.tolist(), streams.leaves.tolist(), streams.people.tolist()
    ):
        if v + 1 >= len(ptr) or m_out == m_in:
            continue
        worst, most = -1, 0.0
        for m in inc[ptr[v] : ptr[v + 1]].tolist():
            if m not in (m_in, m_out) and plain[m] > most:
                worst, most = m, float(plain[m])
        if worst < 0:
            continue
        footway = not vehicles[m_in] and (m_out < 0 or not vehicles[m_out])
        share = 1.0 if footway else parameters["cross_along"]
        rows[v, worst] = rows.get((v, worst), 0.0) + flow * share
    found = [(v, m, people, bool(signal[v]), bool(marked[v])) for (v, m), people in rows.items()]
    return _table(found, nodes, links, dist, door, parameters)


def within_metres(nodes: pl.DataFrame, flag: str, metres: float) -> npt.NDArray[np.bool_]:
    """Whether a node with the flag lies within so many metres of each node: lights are mapped beside the crossing."""
    on = nodes[flag].fill_null(False).to_numpy()
    if not on.any():
        return on
    lon, lat = nodes["lon"].to_numpy(), nodes["lat"].to_numpy()
    at = np.column_stack([lon * np.cos(np.radians(lat.mean())), lat]) * METRES_PER_DEGREE
    away, _ = cKDTree(at[on]).query(at, distance_upper_bound=max(metres, 1e-6))
    out: npt.NDArray[np.bool_] = on | np.isfinite(away)
    return out


def _table(
    found: list[tuple[int, int, float, bool, bool]],
    nodes: pl.DataFrame,
    links: pl.DataFrame,
    dist: F64,
    door: I32,
    parameters: Mapping[str, float],
) -> pl.DataFrame:
    v = np.array([r[0] for r in found], np.int64)
    m = np.array([r[1] for r in found], np.int64)
    signal, marked = np.array([r[3] for r in found], bool), np.array([r[4] for r in found], bool)
    speed, wide = links["free_speed"].fill_null(0.0).to_numpy()[m], lanes(links)[m]
    lon, lat = nodes["lon"].to_numpy()[v], nodes["lat"].to_numpy()[v]
    steep = is_steep(links, parameters["steep"]).gather(m)
    points = crossing_points(speed, wide, signal, marked, parameters, steep=steep.fill_null(False).to_numpy())
    return pl.DataFrame(
        {
            "node": v,
            "link": m,
            "lon": lon,
            "lat": lat,
            "street": links["name"].gather(m),
            "highway": links["highway"].gather(m),
            "kmh": speed,
            "lanes": wide,
            "people": np.array([r[2] for r in found], np.float64),
            "points": points,
            "steep": steep,
            "main": is_main(links, parameters["main_kmh"])[m],
            "signal": signal,
            "marked": marked,
            "metres": dist[v],
            "door": door[v],
        }
    )
