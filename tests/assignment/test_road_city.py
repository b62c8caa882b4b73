"""Roads of a city folder: what is taken from the streets, what is assumed, and a corridor for SUMO."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import polars as pl
import pytest
import shapely

from shaar.engine.assignment.road_city import CityRoads, road_network
from shaar.engine.assignment.road_equilibrium import RoadFlows, equilibrium
from shaar.engine.assignment.road_runs import runs_through
from shaar.engine.assignment.road_sumo import export_corridor
from shaar.engine.city import schema
from shaar.engine.city.model import City, Meta
from shaar.engine.errors import InputError

SIDE = 0.005


def town(*, banned: bool = True, shut: bool = False) -> City:
    """Five by five streets, a bend in the middle of some, a stub, an island, a light, zones at four corners."""
    n = 5
    lon = [76.0 + SIDE * (k % n) for k in range(n * n)] + [76.0 - SIDE, 76.2, 76.2 + SIDE, 76.0025, 76.0075]
    lat = [43.0 + SIDE * (k // n) for k in range(n * n)] + [43.0, 43.2, 43.2, 43.0, 43.0]
    rows = []

    def street(a: int, b: int, highway: str = "residential", lanes: float | None = None, back: bool = True) -> None:
        line = shapely.LineString([(lon[a], lat[a]), (lon[b], lat[b])])
        metres = float(np.hypot((lon[a] - lon[b]) * 81_400, (lat[a] - lat[b]) * 111_100))
        rows.append((a, b, line, metres, highway, lanes, back))

    for k in range(n * n):
        if k % n < n - 1:
            if k in (0, 1):  # The southern street has a node between, where nothing joins.
                street(k, 28 + k, "primary", 4.0)
                street(28 + k, k + 1, "primary", 4.0)
            else:
                street(k, k + 1, "primary" if k // n == 2 else "residential", back=k != 6)
        if k // n < n - 1:
            street(k, k + n, "secondary", 2.0)
    street(0, 25, "service")
    street(26, 27)
    links = pl.DataFrame({
        "link_id": np.arange(len(rows)), "from_node": [r[0] for r in rows], "to_node": [r[1] for r in rows],
        "geometry": shapely.to_wkb([r[2] for r in rows]), "length": [r[3] for r in rows],
        "highway": [r[4] for r in rows], "name": [""] * len(rows), "lanes": [r[5] for r in rows],
        "free_speed": [40.0] * len(rows), "car_forward": [not shut] * len(rows),
        "car_backward": [r[6] and not shut for r in rows], "walk": [True] * len(rows),
        **{k: [True] * len(rows) for k in ("bus_forward", "bus_backward", "cycle_forward", "cycle_backward")},
        "cycle_stress": [1] * len(rows), "slope": [0.0] * len(rows),
    })  # fmt: skip
    nodes = pl.DataFrame({
        "node_id": np.arange(len(lon)), "lon": lon, "lat": lat, "signal": [k == 12 for k in range(len(lon))],
        "crossing": [False] * len(lon),
    })  # fmt: skip
    corners = (0, 4, 20, 24)
    zones = pl.DataFrame({
        "zone_id": ["sw", "se", "nw", "ne"], "lon": [lon[k] for k in corners], "lat": [lat[k] for k in corners],
        "geometry": shapely.to_wkb([shapely.Point(lon[k], lat[k]).buffer(SIDE) for k in corners]),
        "population": [100.0] * 4, "jobs": [50.0] * 4, "schools": [1.0] * 4, "clinics": [1.0] * 4,
        "district": [None] * 4, "settlement": [None] * 4,
    })  # fmt: skip
    into, out = (next(i for i, r in enumerate(rows) if r[:2] == pair) for pair in ((11, 12), (12, 13)))
    turns = pl.DataFrame({"from_link": [into], "via_node": [12], "to_link": [out], "bus_exempt": [False]})
    made = {"links": links, "nodes": nodes, "zones": zones, **({"turns": turns} if banned else {})}
    tables = {name: schema.conform(name, made.get(name, schema.empty(name))) for name in schema.TABLES}
    meta = Meta("Town", {}, "KZ", ("en",), "Asia/Almaty", "EPSG:32643", "KZT", "2026-01-01")
    return City(path=Path("town"), meta=meta, **tables)


def link(city: City, a: int, b: int) -> int:
    found = np.flatnonzero(((city.links["from_node"] == a) & (city.links["to_node"] == b)).to_numpy())
    return int(found[0])


TRIPS = np.array([[0, 900, 300, 500], [800, 0, 200, 100], [200, 300, 0, 700], [400, 100, 900, 0]], float)


def test_streets_become_roads_with_capacity_time_and_lights() -> None:
    city = town()
    plain = {"connector_count": 2.0, "free_share": 0.5, "signal_seconds": 30.0, "lanes_primary": 3.0}
    roads = road_network(city, parameters=plain, contract=False)
    net = roads.network
    tagged = roads.forward[link(city, 0, 28)]
    assert net.capacity[tagged] == 2 * 950  # Four lanes both ways together.
    assert roads.lanes[roads.forward[link(city, 10, 11)]] == 3  # Not tagged.
    one_way = link(city, 6, 7)
    assert roads.backward[one_way] == -1
    to_light, from_light = roads.forward[link(city, 11, 12)], roads.backward[link(city, 11, 12)]
    assert net.free_minutes[from_light] == pytest.approx(net.length_km[from_light] / 20.0 * 60.0)
    assert net.free_minutes[to_light] == pytest.approx(net.free_minutes[from_light] + 0.5)
    assert roads.signals[[to_light, from_light]].tolist() == [1.0, 0.0]
    assert roads.forward[link(city, 26, 27)] == -1  # An island.
    assert (roads.highway == "connector").sum() == 2 * 4 * 2
    assert net.zone_names == ("sw", "se", "nw", "ne")
    assert len(net.turn_from) == 1
    said = {f.code: f for f in roads.findings}
    assert said["roads.capacity"].severity == said["roads.lanes"].severity == "assumed"
    assert said["roads.cut_off"].count == 2
    assert roads.parameters.row("free_share").badge == "reported"


@pytest.mark.parametrize("conical", [False, True])
def test_contraction_changes_no_flow(conical: bool) -> None:
    city = town()
    whole, small = (
        road_network(city, parameters={"connector_count": 1.0}, conical=conical, contract=c) for c in (False, True)
    )
    assert small.network.links < whole.network.links
    assert small.forward[link(city, 0, 28)] == small.forward[link(city, 28, 1)]
    assert small.forward[link(city, 0, 25)] == -1  # A stub.
    a, b = (equilibrium(r.network, TRIPS, gap=1e-11) for r in (whole, small))
    assert b.objective == pytest.approx(a.objective, rel=1e-9)
    for va, vb in zip(whole.on_streets(a.flow), small.on_streets(b.flow)):
        here = np.isfinite(vb)
        assert va[here] == pytest.approx(vb[here], rel=1e-3, abs=0.05)
        assert np.nansum(np.abs(va[~here])) == pytest.approx(0.0, abs=1e-9)
    for va, vb in zip(whole.on_streets(a.minutes, shared=True), small.on_streets(b.minutes, shared=True)):
        here = np.isfinite(vb)
        assert va[here] == pytest.approx(vb[here], rel=1e-3)


def test_a_banned_turn_of_the_city_is_not_driven() -> None:
    driven = []
    for banned in (True, False):
        city = town(banned=banned)
        roads = road_network(city, contract=False)
        flows = equilibrium(roads.network, TRIPS * 2, gap=1e-9)
        pair = (int(roads.forward[link(city, 11, 12)]), int(roads.forward[link(city, 12, 13)]))
        runs = runs_through(flows, pair)[0]
        driven.append(sum(n for run, n in runs.items() if run == pair))
    assert driven[0] == 0.0
    assert driven[1] > 1.0


def test_a_city_without_roads_or_zones_is_one_sentence() -> None:
    with pytest.raises(InputError, match="no street is open to cars"):
        road_network(town(shut=True))
    city = town()
    nobody = City(city.path, city.meta, city.zones.clear(), city.places, city.nodes, city.links, city.turns,
                  city.stops, city.base)  # fmt: skip
    with pytest.raises(InputError, match="the city has no zones"):
        road_network(nobody)
    with pytest.raises(InputError, match="no parameter of this name"):
        road_network(city, parameters={"lanes_of_gold": 2.0})


def test_zones_far_from_streets_are_named() -> None:
    city = town()
    far = city.zones.with_columns(lat=pl.when(pl.col("zone_id") == "nw").then(43.2).otherwise(pl.col("lat")))
    moved = City(city.path, city.meta, far, city.places, city.nodes, city.links, city.turns, city.stops, city.base)
    said = {f.code: f for f in road_network(moved).findings}
    assert said["roads.far_zones"].where == "nw"
    assert said["roads.far_zones"].count == 1


def corridor(folder: Path) -> tuple[CityRoads, RoadFlows, np.ndarray, object]:
    city = town()
    roads = road_network(city, contract=False)
    flows = equilibrium(roads.network, TRIPS * 0.3, gap=1e-8)
    links = np.flatnonzero(np.isin(roads.highway, ["primary", "secondary"]))
    lights = np.unique(roads.network.head[roads.signals > 0])
    files = export_corridor(flows, links, roads.x, roads.y, folder, lanes=roads.lanes, lights=lights)
    return roads, flows, links, files


def test_the_files_for_sumo_hold_the_corridor_and_its_traffic(tmp_path: Path) -> None:
    roads, flows, links, files = corridor(tmp_path)
    nodes, edges, bans, routes, trips = (
        ElementTree.parse(f).getroot() for f in (files.nodes, files.edges, files.connections, files.routes, files.trips)
    )
    ids = {n.get("id") for n in nodes}
    assert {e.get("from") for e in edges} | {e.get("to") for e in edges} == ids
    assert [n.get("type") for n in nodes].count("traffic_light") == 1
    known = {e.get("id"): (e.get("from"), e.get("to")) for e in edges}
    assert set(known) == {f"e{k}" for k in links}
    one = edges.find(f"edge[@id='e{links[0]}']")
    assert float(one.get("speed")) == pytest.approx(
        1000 * roads.network.length_km[links[0]] / (60 * roads.network.free_minutes[links[0]]), abs=1e-3
    )
    loads = dict.fromkeys(known, 0)
    banned = {(c.get("from"), c.get("to")) for c in bans}
    for flow, trip in zip(routes.findall("flow"), trips.findall("flow"), strict=True):
        run = flow.find("route").get("edges").split()
        assert all(known[a][1] == known[b][0] and (a, b) not in banned for a, b in itertools.pairwise(run))
        assert (trip.get("from"), trip.get("to"), trip.get("number")) == (run[0], run[-1], flow.get("number"))
        for e in run:
            loads[e] += int(flow.get("number"))
    total = sum(sum(r.values()) for r in runs_through(flows, links))
    assert files.vehicles == pytest.approx(total, abs=1.0)
    assert files.vehicles + files.left_out == pytest.approx(total, abs=1e-3)
    apart = [abs(loads[f"e{k}"] - flows.vehicles[0, k]) for k in links]
    assert max(apart) <= 25


def test_a_bad_corridor_is_one_sentence(tmp_path: Path) -> None:
    roads, flows, _, _ = corridor(tmp_path)
    with pytest.raises(InputError, match="9999 is not a link"):
        export_corridor(flows, [9999], roads.x, roads.y, tmp_path)
    with pytest.raises(InputError, match="at least one link"):
        export_corridor(flows, [], roads.x, roads.y, tmp_path)
    with pytest.raises(InputError, match="nodes need as many coordinates"):
        export_corridor(flows, [0], roads.x[:3], roads.y, tmp_path)
    idle = equilibrium(roads.network, TRIPS * 0)
    with pytest.raises(InputError, match="nobody drives"):
        export_corridor(idle, [0], roads.x, roads.y, tmp_path)


#: The package eclipse-sumo puts its programs beside the interpreter.
PROGRAMS = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])


@pytest.mark.skipif(shutil.which("netconvert", path=PROGRAMS) is None, reason="SUMO is not installed")
def test_sumo_drives_the_corridor(tmp_path: Path) -> None:
    _, _, _, files = corridor(tmp_path)
    for command in files.commands:
        name, *rest = command.split()
        program = str(shutil.which(name, path=PROGRAMS))
        run = subprocess.run([program, *rest], cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
        assert run.returncode == 0, run.stderr
    done = ElementTree.parse(tmp_path / "tripinfo.xml").getroot()
    assert len(done) == files.vehicles
