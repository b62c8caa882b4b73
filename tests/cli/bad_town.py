"""A small town as raw files, to be spoilt by the tests: a grid of streets with houses, and a feed of two lines."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

LON, LAT, STEP, N = 74.6, 42.87, 0.003, 6
STOPS = [(f"S{k}", f"Stop {k}", LAT + 0.0001, LON + k * STEP) for k in range(5)]
DAYS = "monday,tuesday,wednesday,thursday,friday,saturday,sunday"


def town_xml() -> str:
    """OpenStreetMap XML of 6 by 6 streets, a block of flats in each square and a city place."""
    nodes, ways, number = [], [], 0

    def node(lon: float, lat: float, tags: str = "") -> int:
        nonlocal number
        number += 1
        nodes.append(f'<node id="{number}" version="1" lon="{lon:.7f}" lat="{lat:.7f}">{tags}</node>')
        return number

    def way(refs: list[int], **tags: str) -> None:
        tagged = "".join(f'<tag k="{k}" v="{v}"/>' for k, v in tags.items())
        inside = "".join(f'<nd ref="{r}"/>' for r in refs) + tagged
        ways.append(f'<way id="{1000 + len(ways)}" version="1">{inside}</way>')

    grid = [[node(LON + i * STEP, LAT + j * STEP) for j in range(N)] for i in range(N)]
    for k in range(N):
        way(grid[k], highway="tertiary")
        way([grid[i][k] for i in range(N)], highway="residential")
    for i in range(N - 1):
        for j in range(N - 1):
            x, y, side = LON + (i + 0.4) * STEP, LAT + (j + 0.4) * STEP, 0.0004
            corners = [node(x, y), node(x + side, y), node(x + side, y + side), node(x, y + side)]
            way([*corners, corners[0]], building="apartments", **{"building:levels": "5"})
    tags = {"place": "city", "name": "Шаар", "population": "46000"}
    node(LON + 0.0001, LAT + 0.0002, "".join(f'<tag k="{k}" v="{v}"/>' for k, v in tags.items()))
    return "\n".join(['<osm version="0.6">', *nodes, *ways, "</osm>"])


def feed_tables() -> dict[str, str]:
    """Tables of a sound feed: one line both ways every 30 minutes on weekdays."""
    trips, calls = "route_id,service_id,trip_id,direction_id\n", []
    for direction in (0, 1):
        for hour in range(6, 22):
            for half in (0, 30):
                trip = f"T{direction}{hour:02d}{half:02d}"
                trips += f"R,wk,{trip},{direction}\n"
                order = STOPS if direction == 0 else STOPS[::-1]
                for k, stop in enumerate(order):
                    at = f"{hour:02d}:{half + 2 * k:02d}:00"
                    calls.append(f"{trip},{at},{at},{stop[0]},{k + 1}")
    return {
        "agency": "agency_id,agency_name,agency_url,agency_timezone\n1,Bus,https://example.org,Asia/Bishkek\n",
        "stops": "stop_id,stop_name,stop_lat,stop_lon\n"
        + "".join(f"{i},{n},{y:.6f},{x:.6f}\n" for i, n, y, x in STOPS),
        "routes": "route_id,agency_id,route_short_name,route_long_name,route_type\nR,1,7,,3\n",
        "trips": trips,
        "stop_times": "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n" + "\n".join(calls) + "\n",
        "calendar": f"service_id,{DAYS},start_date,end_date\nwk,1,1,1,1,1,0,0,20260302,20260531\n",
    }  # fmt: skip


def write_feed(path: Path, changes: Mapping[str, str | bytes | None] | None = None) -> Path:
    """Write a feed; a change to None leaves a table out."""
    tables: dict[str, str | bytes | None] = {**feed_tables(), **(changes or {})}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for name, text in tables.items():
            if text is not None:
                out.writestr(f"{name}.txt", text)
    return path
