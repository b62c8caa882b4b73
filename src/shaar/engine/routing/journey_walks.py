"""The streets under the walks of a journey: link ids in order, real metres, lines to draw."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely.ops import substring

from shaar.engine.routing.graph import StreetGraph
from shaar.engine.routing.journey_network import Network, Points
from shaar.engine.routing.journeys import Journey, Leg
from shaar.engine.routing.shortest import paths
from shaar.engine.routing.snap import Snapped

F64 = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Way:
    """A way on foot.

    Parameters
    ----------
    links, forward
        Links in order and whether they are walked along their direction; the first and last in part.
    metres
        Real metres, what lies beside the streets included.
    first, last
        Where on the first and last link the way begins and ends, metres from the link's from_node.
    """

    links: tuple[int, ...]
    forward: tuple[bool, ...]
    metres: float
    first: float
    last: float


def walk_way(graph: StreetGraph, length: F64, a: Snapped, i: int, b: Snapped, j: int) -> Way:
    """Quickest way on foot from point ``i`` of ``a`` to point ``j`` of ``b`` over links of the given lengths (metres).

    Raises
    ------
    ValueError
        The streets do not join the two.
    """
    beside = float(a.beside[i] + b.beside[j])
    first, last = float(a.along[i]), float(b.along[j])
    pairs = [(x, y) for x in _ends(graph, a, i, outward=True) for y in _ends(graph, b, j, outward=False)]
    found = paths(graph, np.array([x[0] for x, _ in pairs]), np.array([y[0] for _, y in pairs]))
    total = np.array([x[1] + c + y[1] for (x, y), c in zip(pairs, found.cost, strict=True)])
    best = int(np.argmin(total))
    if a.link[i] == b.link[j]:
        span, link = last - first, int(a.link[i])
        arc = int((graph.arc_forward if span >= 0 else graph.arc_backward)[link])
        if graph.cost[arc] * abs(span) / max(float(a.length[i]), 1e-9) <= total[best] + 1e-9:
            return Way((link,), (span >= 0,), abs(span) + beside, first, last)
    if not np.isfinite(total[best]):
        raise ValueError("the streets do not join the two points")
    (_, _, fa, ma), (_, _, fb, mb) = pairs[best]
    part = slice(int(found.ptr[best]), int(found.ptr[best + 1]))
    middle = found.links[part]
    links = (int(a.link[i]), *middle.tolist(), int(b.link[j]))
    forward = (fa, *found.forward[part].tolist(), fb)
    return Way(links, forward, ma + mb + float(length[middle].sum()) + beside, first, last)


def _ends(graph: StreetGraph, at: Snapped, i: int, *, outward: bool) -> list[tuple[int, float, bool, float]]:
    """Ends of a point's link: node, cost between it and the point, direction walked, metres."""
    out = []
    link, share = int(at.link[i]), float(at.along[i] / max(at.length[i], 1e-9))
    for arc, forward in ((int(graph.arc_forward[link]), True), (int(graph.arc_backward[link]), False)):
        if arc >= 0:
            rest = 1 - share if forward == outward else share
            node = graph.head[arc] if outward else graph.tail[arc]
            out.append((int(node), float(graph.cost[arc]) * rest, forward, float(at.length[i]) * rest))
    return out


def ways(net: Network, pts: Points, journey: Journey, origin: int, destination: int) -> list[Way | None]:
    """Way of each leg of a journey, None of rides."""
    length = net.city.links["length"].to_numpy().astype(np.float64)
    out: list[Way | None] = []
    for leg in journey.legs:
        if leg.kind == "ride":
            out.append(None)
            continue
        a, i = (pts.at, origin) if leg.from_stop < 0 else (net.stops, leg.from_stop)
        b, j = (pts.at, destination) if leg.to_stop < 0 else (net.stops, leg.to_stop)
        out.append(walk_way(net.graph, length, a, i, b, j))
    return out


def on_streets(net: Network, pts: Points, journey: Journey, origin: int, destination: int) -> Journey:
    """Put the walks of a journey on streets: link ids in order, and real instead of level metres."""
    legs: list[Leg] = []
    for leg, way in zip(journey.legs, ways(net, pts, journey, origin, destination), strict=True):
        legs.append(leg if way is None else replace(leg, links=way.links, metres=way.metres))
    return replace(journey, legs=tuple(legs))


def as_geojson(net: Network, pts: Points, journey: Journey, origin: int, destination: int) -> dict[str, Any]:
    """Legs of a journey as a GeoJSON FeatureCollection; rides as straight lines from call to call."""
    wkb, length = net.city.links["geometry"], net.city.links["length"]
    features = []
    for leg, way in zip(journey.legs, ways(net, pts, journey, origin, destination), strict=True):
        if way is None:
            base = int(net.day.stop_ptr[leg.pattern])
            calls = net.day.pattern_stops[base + leg.boarded : base + leg.left + 1]
            points = np.column_stack([net.day.stop_lon[calls], net.day.stop_lat[calls]])
        else:
            points = np.concatenate([_piece(way, k, wkb, length) for k in range(len(way.links))])
        properties = {
            "kind": leg.kind, "start": leg.start, "end": leg.end, "wait": leg.wait,
            "route": net.day.route_ids[leg.route] if leg.kind == "ride" else None, "trip": leg.trip or None,
            "metres": None if way is None else round(way.metres), "links": [] if way is None else list(way.links),
        }  # fmt: skip
        line = {"type": "LineString", "coordinates": points.round(6).tolist()}
        features.append({"type": "Feature", "geometry": line, "properties": properties})
    return {"type": "FeatureCollection", "features": features}


def _piece(way: Way, k: int, wkb: Any, length: Any) -> F64:
    """Coordinates of the walked part of the way's link ``k``, in walking order."""
    line, metres = shapely.from_wkb(wkb[way.links[k]]), max(float(length[way.links[k]]), 1e-9)
    start, end = (0.0, 1.0) if way.forward[k] else (1.0, 0.0)
    if k == 0:
        start = way.first / metres
    if k == len(way.links) - 1:
        end = way.last / metres
    part = shapely.get_coordinates(substring(line, start, end, normalized=True))
    return np.repeat(part, 2, axis=0) if len(part) == 1 else part
