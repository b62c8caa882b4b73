"""A small city of the mind for changes: a grid of streets, a river with one bridge, two zones, two lines.

Streets run along latitudes 51.144, 51.147, 51.150 and 51.153 and longitudes 71.400 to 71.440 in steps of 0.005; the
one at 51.150 is a main street of four lanes that crosses the river (71.4445 to 71.4475) on a bridge to 71.455.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import polars as pl
import shapely

from shaar.engine.city import schema
from shaar.engine.city.model import City, Meta, Provenance
from shaar.engine.city.projection import project
from shaar.engine.measures.feeds import append, empty_feed
from shaar.engine.timetable.feed import Feed

CRS = "EPSG:32642"
LONS = [round(71.400 + 0.005 * i, 6) for i in range(9)]
LATS = [51.144, 51.147, 51.150, 51.153]
MAIN = 2
BRIDGE_END = (71.455, 51.150)


def node(i: int, j: int) -> int:
    """Number of the junction of street i (of the longitudes) and j (of the latitudes)."""
    return j * len(LONS) + i


def link(i: int, j: int, *, along: str = "row") -> int:
    """Number of the link that leaves a junction to the east ("row") or to the north ("column")."""
    rows = (len(LONS) - 1) * len(LATS)
    return j * (len(LONS) - 1) + i if along == "row" else rows + i * (len(LATS) - 1) + j


def city() -> City:
    meta = Meta("T", {}, "KZ", ("en",), "Asia/Almaty", CRS, "KZT", "2020-01-01",
                {"zones.population": Provenance("reported", "census", "2020-01-01")})  # fmt: skip
    tables = {t: schema.empty(t) for t in schema.TABLES}
    tables["zones"] = _zones()
    points = [(lon, lat) for lat in LATS for lon in LONS] + [BRIDGE_END]
    tables["nodes"] = schema.conform(
        "nodes",
        pl.DataFrame(
            [{"node_id": k, "lon": x, "lat": y, "osm_id": None, "signal": k in (node(2, MAIN), node(4, MAIN)),
              "crossing": False} for k, (x, y) in enumerate(points)]
        ),
    )  # fmt: skip
    ends = [(node(i, j), node(i + 1, j), j == MAIN) for j in range(len(LATS)) for i in range(len(LONS) - 1)]
    ends += [(node(i, j), node(i, j + 1), False) for i in range(len(LONS)) for j in range(len(LATS) - 1)]
    ends.append((node(8, MAIN), len(points) - 1, True))
    tables["links"] = _links(points, ends)
    stops = [
        {"stop_id": k, "name": k.upper(), "lon": 71.40 + i / 100, "lat": 51.15, "source": "osm",
         "link_id": link(2 * i, MAIN), "offset": 0.0, "side": "unknown", "link_distance": 0.0}
        for i, k in enumerate("amb")
    ]  # fmt: skip
    tables["stops"] = schema.conform("stops", pl.DataFrame(stops))
    tables["turns"] = schema.conform(
        "turns",
        pl.DataFrame([{"from_link": link(0, 0), "via_node": node(1, 0), "to_link": link(1, 0, along="column"),
                       "bus_exempt": False}]),
    )  # fmt: skip
    tables["places"] = schema.conform(
        "places",
        pl.DataFrame(
            [{"place_id": "west", "kind": "district", "name": "West", "geometry": _box(71.395, 71.42)},
             {"place_id": "clinic-1", "kind": "clinic", "name": "Clinic 1",
              "geometry": shapely.to_wkb(shapely.Point(71.405, 51.147))}]
        ),
    )  # fmt: skip
    river = shapely.box(71.4445, 51.13, 71.4475, 51.17)
    tables["base"] = schema.conform(
        "base", pl.DataFrame([{"kind": "water", "name": "Esil", "geometry": shapely.to_wkb(river)}])
    )
    return City(Path("/nowhere"), meta, **tables)


def _box(west: float, east: float) -> bytes:
    return bytes(shapely.to_wkb(shapely.box(west, 51.14, east, 51.156)))


def _zones() -> pl.DataFrame:
    rows = [
        {"zone_id": k, "geometry": _box(west, east), "lon": (west + east) / 2, "lat": 51.148, "population": p,
         "jobs": 1.0, "schools": 0.0, "clinics": c, "shops": 0.0, "parks": 0.0,
         "district": "west" if k == "x" else None, "settlement": None}
        for k, p, c, west, east in (("x", 300.0, 1.0, 71.395, 71.42), ("y", 700.0, 0.0, 71.42, 71.456))
    ]  # fmt: skip
    return schema.conform("zones", pl.DataFrame(rows))


def _links(points: list[tuple[float, float]], ends: list[tuple[int, int, bool]]) -> pl.DataFrame:
    x, y = project(*np.array(points).T, CRS)
    rows = [
        {
            "link_id": k, "from_node": a, "to_node": b, "length": float(np.hypot(x[a] - x[b], y[a] - y[b])),
            "geometry": shapely.to_wkb(shapely.LineString([points[a], points[b]])),
            "highway": "primary" if main else "residential", "name": "Main street" if main else None,
            "lanes": 4.0 if main else None, "free_speed": 60.0 if main else 39.0, "car_forward": True,
            "car_backward": True, "bus_forward": True, "bus_backward": True, "cycle_forward": True,
            "cycle_backward": True, "walk": True, "cycle_stress": 4 if main else 1, "slope": None,
            "structure": "bridge" if k == len(ends) - 1 else None,
            "cycle_stress_tag": "speed 60" if main else "highway=residential",
        }
        for k, (a, b, main) in enumerate(ends)
    ]  # fmt: skip
    return schema.conform("links", pl.DataFrame(rows, infer_schema_length=None))


def feed() -> Feed:
    """Line 1: a - m - b half-hourly both ways from 06:00 to 12:00, on weekdays; line 2: one trip a - b."""
    f = empty_feed()
    f = append(
        f, "agency", [{"agency_id": "o", "agency_name": "O", "agency_url": "u", "agency_timezone": "Asia/Almaty"}]
    )
    f = append(f, "stops", [{"stop_id": s, "stop_name": s.upper(), "stop_lat": 51.15, "stop_lon": 71.4 + k / 100}
                            for k, s in enumerate("amb")])  # fmt: skip
    f = append(f, "routes", [{"route_id": r, "agency_id": "o", "route_short_name": r, "route_type": 3} for r in "12"])
    trips, calls = [], []
    for direction, stops in ((0, "amb"), (1, "bma")):
        for begin in range(6 * 3600, 12 * 3600, 1800):
            trip = f"{direction}-{begin}"
            trips.append({"trip_id": trip, "route_id": "1", "service_id": "wd", "direction_id": direction,
                          "shape_id": f"s{direction}"})  # fmt: skip
            calls += [{"trip_id": trip, "stop_sequence": k, "stop_id": s, "arrival": begin + 300 * k,
                       "departure": begin + 300 * k} for k, s in enumerate(stops)]  # fmt: skip
    trips.append({"trip_id": "t2", "route_id": "2", "service_id": "wd", "direction_id": 0})
    calls += [{"trip_id": "t2", "stop_sequence": k, "stop_id": s, "arrival": 30000 + 600 * k,
               "departure": 30000 + 600 * k} for k, s in enumerate("ab")]  # fmt: skip
    f = append(f, "trips", trips)
    f = append(f, "stop_times", calls)
    for direction in (0, 1):
        course = [(71.40, 51.15), (71.42, 51.15)][:: 1 - 2 * direction]
        f = append(f, "shapes", [{"shape_id": f"s{direction}", "sequence": k, "lat": lat, "lon": lon}
                                 for k, (lon, lat) in enumerate(course)])  # fmt: skip
    days = dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday"), 1)
    dates = {"start_date": dt.date(2026, 1, 1), "end_date": dt.date(2026, 12, 31)}
    return append(f, "calendar", [{"service_id": "wd", "saturday": 0, "sunday": 0, **days, **dates}])
