"""A small made city on a grid of streets with a hill, steps and a timetable, for tests of journeys."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import shapely
from routing_cases import street_tables

from shaar.engine.city import schema
from shaar.engine.city.model import City, Meta
from shaar.engine.timetable.feed import SCHEMA, Feed

#: Degrees of one block of 100 m near the equator.
BLOCK = 100 / 111_320
WIDTH, HEIGHT = 31, 5
TEN = 10 * BLOCK


def grid_city(changes: dict[tuple[int, int], dict] | None = None) -> City:
    """Grid of 31 x 5 nodes, blocks of 100 m, numbered row by row from the south-west; zones are its three thirds.

    ``changes`` overrides columns of links, by their two nodes (smaller first).
    """
    nodes = [(x * BLOCK, y * BLOCK) for y in range(HEIGHT) for x in range(WIDTH)]
    links = []
    for y in range(HEIGHT):
        for x in range(WIDTH):
            v = y * WIDTH + x
            for w in ([v + 1] if x + 1 < WIDTH else []) + ([v + WIDTH] if y + 1 < HEIGHT else []):
                links.append((v, w, {"length": 100.0, **(changes or {}).get((v, w), {})}))
    node_table, link_table = street_tables(nodes, links)
    zones = pl.DataFrame(
        [
            {
                "zone_id": f"z{k}", "lon": (k + 0.5) * TEN, "lat": 2 * BLOCK, "population": 1000.0 * (k + 1),
                "jobs": 0.0, "schools": 0.0, "clinics": 0.0, "district": None, "settlement": None,
                "geometry": shapely.to_wkb(shapely.box(k * TEN - 1e-9, -BLOCK, (k + 1) * TEN - 1e-9, 5 * BLOCK)),
            }
            for k in range(3)
        ],
        schema_overrides={"district": pl.String, "settlement": pl.String},
    )  # fmt: skip
    meta = Meta("Grid", {"en": "Grid"}, "KG", ("en",), "Asia/Bishkek", "EPSG:32631", "KGS", "2026-01-01")
    tables = {"zones": schema.conform("zones", zones), "nodes": node_table, "links": link_table}
    rest = {name: schema.empty(name) for name in schema.TABLES if name not in tables}
    return City(path=Path("grid"), meta=meta, **tables, **rest)


def grid_feed(*, stops: dict[str, str] | None = None, trips: dict[str, str] | None = None) -> Feed:
    """Two lines along the second street, from node 31 (x = 0) over x = 10 and 20 to x = 30, every 10 and 15 minutes.

    ``stops`` and ``trips`` give wheelchair_boarding and wheelchair_accessible by id; trips are ``fast-k``, ``slow-k``.
    """
    tables = {name: pl.DataFrame(schema=columns) for name, columns in SCHEMA.items()}
    where = {f"s{x}": x for x in (0, 10, 20, 30)}
    tables["agency"] = pl.DataFrame({"agency_id": ["1"], "agency_name": ["Bus"], "agency_url": [""],
                                     "agency_timezone": ["Asia/Bishkek"]})  # fmt: skip
    tables["stops"] = pl.DataFrame(
        {
            "stop_id": list(where), "stop_name": [f"Stop {x}" for x in where.values()], "stop_lat": [BLOCK] * 4,
            "stop_lon": [x * BLOCK for x in where.values()], "parent_station": [None] * 4,
            "location_type": [0] * 4, "wheelchair_boarding": [int((stops or {}).get(s, "0")) for s in where],
        },
        schema_overrides=SCHEMA["stops"],
    )  # fmt: skip
    tables["routes"] = pl.DataFrame(
        [{"route_id": r, "agency_id": "1", "route_short_name": r, "route_long_name": r, "route_type": 3}
         for r in ("fast", "slow")],
        schema_overrides=SCHEMA["routes"],
    )  # fmt: skip
    rows, calls = [], []
    for route, every, ride in (("fast", 600, 120), ("slow", 900, 200)):
        for k in range(12):
            name = f"{route}-{k}"
            rows.append({"trip_id": name, "route_id": route, "service_id": "all", "direction_id": 0,
                         "wheelchair_accessible": (trips or {}).get(name)})  # fmt: skip
            for i, s in enumerate(where):
                at = 8 * 3600 + k * every + i * ride
                calls.append({"trip_id": name, "stop_sequence": i, "stop_id": s, "arrival": at, "departure": at})
    tables["trips"] = pl.DataFrame(rows, schema_overrides={"wheelchair_accessible": pl.String}).with_columns(
        trip_headsign=pl.lit(None, pl.String), shape_id=pl.lit(None, pl.String), block_id=pl.lit(None, pl.String)
    )
    tables["stop_times"] = pl.DataFrame(calls, schema=SCHEMA["stop_times"]).sort("trip_id", "stop_sequence")
    days = dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"), 1)
    tables["calendar"] = pl.DataFrame(
        [{"service_id": "all", **days}], schema_overrides=dict.fromkeys(days, pl.Int32)
    ).with_columns(start_date=pl.date(2026, 1, 1), end_date=pl.date(2026, 12, 31))
    return Feed(**tables)
