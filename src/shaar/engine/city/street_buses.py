"""Which narrow ways buses do use: those of bus routes, and those that lead into a bus station."""

from __future__ import annotations

import numpy as np
import shapely

from shaar.engine.city.extract import OsmExtract

_BUS_ROUTES = frozenset({"bus", "trolleybus", "share_taxi", "minibus"})
_CLASSES = frozenset({"service", "living_street", "pedestrian", "track"})
#: Ways this close to a bus station (m) lead into it.
STATION_REACH_M = 30.0


def bus_ways(extract: OsmExtract) -> frozenset[int]:
    """Return the row numbers of service, living and pedestrian streets with buses.

    Members of bus route relations, and service streets that come within 30 m of a bus station.
    """
    on_route = {
        ref
        for r in extract.relations
        if r.tags.get("type") == "route" and r.tags.get("route") in _BUS_ROUTES
        for kind, ref, role in r.members
        if kind == "w" and not role.startswith(("platform", "stop"))
    }
    narrow = [k for k, t in enumerate(extract.way_tags) if t.get("highway") in _CLASSES]
    found = {k for k in narrow if int(extract.way_id[k]) in on_route}
    stations = [
        f.geometry
        for f in (*extract.points, *extract.areas)
        if f.tags.get("amenity") == "bus_station"
        or (f.tags.get("public_transport") == "station" and f.tags.get("bus") == "yes")
    ]
    service = [k for k in narrow if extract.way_tags[k].get("highway") == "service"]
    if not stations or not service:
        return frozenset(found)
    lat = float(np.mean(extract.node_lat))
    scale = np.array([111_320.0 * np.cos(np.radians(lat)), 110_574.0])
    ptr, nodes = extract.way_ptr, extract.way_nodes
    xy = np.column_stack([extract.node_lon, extract.node_lat]) * scale
    lines = shapely.linestrings(
        np.concatenate([xy[nodes[ptr[k] : ptr[k + 1]]] for k in service]),
        indices=np.repeat(np.arange(len(service)), [ptr[k + 1] - ptr[k] for k in service]),
    )
    places = shapely.transform(np.asarray(stations, dtype=object), lambda c: c * scale)
    near = shapely.STRtree(lines).query(places, predicate="dwithin", distance=STATION_REACH_M)[1]
    return frozenset(found | {service[int(i)] for i in near})
