"""A made town for tests of the whole model: a grid of streets, nine zones, two bus lines."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import polars as pl
import shapely

from shaar.engine.city import schema
from shaar.engine.city.model import City, Meta
from shaar.engine.timetable.feed import Feed
from shaar.engine.timetable.lines import ServiceDirection, ServiceLine, feed_from_lines

#: Degrees of a block of 400 m near the equator; streets a side; blocks to the middle of each third.
BLOCK, SIDE, MIDDLES = 400 / 111_320, 13, (2, 6, 10)


def town(path: Path = Path("town"), *, people: float = 4000.0, currency: str = "KZT") -> City:
    """Thirteen streets each way, two lanes on the middle ones; jobs in the middle zone, homes around it."""
    at = {(x, y): y * SIDE + x for y in range(SIDE) for x in range(SIDE)}
    nodes = pl.DataFrame(
        {
            "node_id": list(at.values()), "lon": [x * BLOCK for x, _y in at], "lat": [y * BLOCK for _x, y in at],
            "signal": [False] * len(at), "crossing": [False] * len(at),
        }
    )  # fmt: skip
    pairs = [(a, b) for (x, y), a in at.items() for b in (at.get((x + 1, y)), at.get((x, y + 1))) if b is not None]
    main = {n for (x, y), n in at.items() if x == 6 or y == 6}
    big = [a in main and b in main for a, b in pairs]
    where = [(x * BLOCK, y * BLOCK) for x, y in at]
    links = pl.DataFrame(
        {
            "link_id": range(len(pairs)), "from_node": [a for a, _ in pairs], "to_node": [b for _, b in pairs],
            "geometry": [shapely.to_wkb(shapely.LineString([where[a], where[b]])) for a, b in pairs],
            "length": [400.0] * len(pairs), "highway": np.where(big, "primary", "residential"),
            "name": [None] * len(pairs), "lanes": np.where(big, 4.0, 2.0), "free_speed": np.where(big, 60.0, 40.0),
            "cycle_stress": [2] * len(pairs), "slope": [0.0] * len(pairs), "walk": [True] * len(pairs),
        }
        | {f"{m}_{d}": [True] * len(pairs) for m in ("car", "bus", "cycle") for d in ("forward", "backward")}
    )  # fmt: skip
    zones = pl.DataFrame(
        [
            {
                "zone_id": f"z{i}{j}", "lon": x * BLOCK, "lat": y * BLOCK, "population": people,
                "jobs": people * (2.0 if (i, j) == (1, 1) else 0.1), "schools": 1.0, "clinics": 1.0, "shops": 3.0,
                "parks": 1.0, "district": None, "settlement": None,
                "geometry": shapely.to_wkb(
                    shapely.box((x - 2) * BLOCK, (y - 2) * BLOCK, (x + 2) * BLOCK, (y + 2) * BLOCK)
                ),
            }
            for j, y in enumerate(MIDDLES)
            for i, x in enumerate(MIDDLES)
        ],
        schema_overrides={"district": pl.String, "settlement": pl.String},
    )  # fmt: skip
    meta = Meta("Town", {"en": "Town"}, "KZ", ("en",), "Asia/Almaty", "EPSG:32631", currency, "2026-01-01")
    tables = {"zones": zones, "nodes": nodes, "links": links}
    tables = {name: schema.conform(name, frame) for name, frame in tables.items()}
    rest = {name: schema.empty(name) for name in schema.TABLES if name not in tables}
    return City(path=path, meta=meta, **tables, **rest)


def buses(headway: int = 600) -> Feed:
    """A line along the middle street each way, and one across it, from six in the morning to ten in the evening."""
    stops, lines = [], []
    for name, along in (("east", True), ("north", False)):
        ids = []
        for k in range(0, SIDE, 2):
            x, y = (k, 6) if along else (6, k)
            ids.append(f"{name}{k}")
            stops.append({"stop_id": ids[-1], "name": ids[-1], "lon": x * BLOCK, "lat": y * BLOCK})
        seconds = tuple(150 * i for i in range(len(ids)))
        spans = ((6 * 3600, 22 * 3600, headway),)
        ways = [ServiceDirection(tuple(way), seconds, None, spans) for way in (ids, ids[::-1])]
        lines.append(ServiceLine(line_id=name, name=name, route_type=3, directions=tuple(ways)))
    table = pl.DataFrame(stops)
    year = (dt.date(2026, 1, 1), dt.date(2026, 12, 31))
    return feed_from_lines(lines, table, agency_name="Bus", time_zone="Asia/Almaty", start=year[0], end=year[1])
