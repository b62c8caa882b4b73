"""The street network from OpenStreetMap ways."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from shaar.engine.city import geoparquet, schema
from shaar.engine.city.components import components
from shaar.engine.city.extract import Feature, OsmExtract, Relation, Tags
from shaar.engine.city.osm import read_osm
from shaar.engine.city.osm_collect import Collector
from shaar.engine.city.street_access import access, lane_count
from shaar.engine.city.street_speed import free_speed, parse_maxspeed
from shaar.engine.city.street_stress import cycle_stress, cycle_stress_why
from shaar.engine.city.streets import Streets, build_streets
from shaar.engine.errors import InputError

GEOD = Geod(ellps="WGS84")
#: A grid of 4 x 4 nodes, ids 1 to 16, about 140 m apart.
PLACES = {1 + i: (71.40 + 0.002 * (i % 4), 51.10 + 0.00125 * (i // 4)) for i in range(16)}


def extract(
    ways: list[tuple[list[int], Tags]],
    *,
    nodes: dict[int, Tags] | None = None,
    relations: tuple[Relation, ...] = (),
    points: tuple[Feature, ...] = (),
) -> OsmExtract:
    """Ways over grid nodes, numbered from 100."""
    out = Collector()
    for k, (refs, tags) in enumerate(ways):
        out.add_way(100 + k, tags, refs, [PLACES[r][0] for r in refs], [PLACES[r][1] for r in refs])
    out.street_nodes.update(nodes or {})
    out.relations.extend(relations)
    out.points.extend(points)
    return out.extract("grid", "")


def directed(streets: Streets, mode: str) -> list[tuple[int, int, float]]:
    """Edges of a mode as (from OSM node, to OSM node, length), sorted."""
    osm = streets.nodes["osm_id"].to_list()
    edges = []
    for r in streets.links.iter_rows(named=True):
        a, b = osm[r["from_node"]], osm[r["to_node"]]
        if r[f"{mode}_forward"]:
            edges.append((a, b, round(r["length"], 6)))
        if r[f"{mode}_backward"]:
            edges.append((b, a, round(r["length"], 6)))
    return sorted(edges)


def geodesic(refs: list[int]) -> float:
    return GEOD.line_length([PLACES[r][0] for r in refs], [PLACES[r][1] for r in refs])


RESIDENTIAL: Tags = {"highway": "residential"}


def test_links_are_cut_at_junctions_only() -> None:
    s = build_streets(extract([([1, 2, 3, 4], {"highway": "primary", "name": "Абая"}), ([2, 6, 10], RESIDENTIAL)]))
    assert s.nodes["osm_id"].to_list() == [1, 2, 4, 10]
    assert s.links.select("from_node", "to_node").rows() == [(0, 1), (1, 2), (1, 3)]
    assert s.way_links == {100: (0, 1), 101: (2,)}
    assert s.links["name"].to_list() == ["Абая", "Абая", None]
    shapes = geoparquet.geometries(s.links)
    assert shapely.get_num_coordinates(shapes).tolist() == [2, 3, 3]  # nodes 3 and 6 only shape their links
    assert s.links["length"].to_list() == pytest.approx([geodesic([1, 2]), geodesic([2, 3, 4]), geodesic([2, 6, 10])])
    assert s.links.columns[: len(schema.LINKS)] == [c.name for c in schema.LINKS]
    assert s.nodes.equals(schema.conform("nodes", s.nodes))


def test_ways_that_end_on_each_other_share_a_node_and_loops_close() -> None:
    s = build_streets(extract([([1, 2], RESIDENTIAL), ([2, 3], RESIDENTIAL), ([5, 6, 10, 5], RESIDENTIAL)]))
    assert s.nodes["osm_id"].to_list() == [1, 2, 3, 5]
    loop = s.links.row(2, named=True)
    assert loop["from_node"] == loop["to_node"] == 3
    assert loop["length"] == pytest.approx(geodesic([5, 6, 10, 5]))


def test_a_node_listed_twice_running_makes_no_link() -> None:
    s = build_streets(extract([([1, 1, 2, 2], RESIDENTIAL), ([3, 3], RESIDENTIAL)]))
    assert s.links.height == 1
    assert s.nodes["osm_id"].to_list() == [1, 2]


def test_squares_nobody_walks_into_are_left_out() -> None:
    square = {"highway": "pedestrian", "area": "yes"}
    s = build_streets(extract([([1, 2, 6, 1], square), ([11, 12, 16, 11], square), ([12, 8], {"highway": "footway"})]))
    assert set(s.way_links) == {101, 102}


def test_signals_and_crossings_stand_at_the_nearest_junction() -> None:
    x = extract(
        [([1, 2, 3, 4], {"highway": "primary"}), ([4, 8, 12, 16], {"highway": "primary"})],
        nodes={
            3: {"highway": "traffic_signals"},
            8: {"highway": "crossing"},
            16: {"highway": "crossing", "crossing": "no"},
        },
    )
    nodes = build_streets(x).nodes
    assert dict(zip(nodes["osm_id"], nodes["signal"])) == {1: False, 4: True, 16: False}
    assert dict(zip(nodes["osm_id"], nodes["crossing"])) == {1: False, 4: True, 16: False}


def test_a_bollard_between_junctions_closes_the_link_to_vehicles() -> None:
    x = extract(
        [([1, 2, 3], RESIDENTIAL), ([3, 4], RESIDENTIAL)], nodes={2: {"barrier": "bollard"}, 3: {"barrier": "bollard"}}
    )
    s = build_streets(x)
    assert s.links["car_forward"].to_list() == [False, True]
    assert s.links["walk"].to_list() == [True, True]
    assert "streets.barriers" in {f.code for f in s.findings}


def test_islands_are_found_with_an_example() -> None:
    s = build_streets(extract([([1, 2, 3], RESIDENTIAL), ([3, 4], RESIDENTIAL), ([13, 14], RESIDENTIAL)]))
    found = {f.code: f for f in s.findings}["streets.islands.drivable"]
    assert (found.count, found.values["nodes"], found.points) == (1, 2, (PLACES[13],))


def test_nothing_open_to_anybody_is_an_error() -> None:
    with pytest.raises(InputError, match="open to anybody"):
        build_streets(extract([([1, 2], {"highway": "service", "access": "no"})]))


def test_bus_routes_and_stations_open_narrow_streets_to_buses() -> None:
    ways = [([1, 2], {"highway": "service"}), ([5, 6], {"highway": "service"}), ([13, 14], {"highway": "service"})]
    route = Relation(9, {"type": "route", "route": "bus"}, (("w", 100, ""),))
    station = Feature("node", 3, {"amenity": "bus_station"}, shapely.Point(PLACES[5][0], PLACES[5][1] - 0.0002))
    s = build_streets(extract(ways, relations=(route,), points=(station,)))
    assert s.links["bus_forward"].to_list() == [True, True, False]
    assert s.links["bus_backward"].to_list() == [True, True, False]


F, T = False, True


@pytest.mark.parametrize(
    ("tags", "car", "bus", "cycle", "walk"),
    [
        ({"highway": "primary"}, (T, T), (T, T), (T, T), T),
        ({"highway": "primary", "oneway": "yes"}, (T, F), (T, F), (T, F), T),
        ({"highway": "primary", "oneway": "-1"}, (F, T), (F, T), (F, T), T),
        ({"highway": "primary", "oneway": "1", "oneway:bicycle": "no"}, (T, F), (T, F), (T, T), T),
        ({"highway": "primary", "oneway": "true", "oneway:bus": "no"}, (T, F), (T, T), (T, F), T),
        ({"highway": "primary", "oneway": "yes", "busway": "opposite_lane"}, (T, F), (T, T), (T, F), T),
        ({"highway": "primary", "oneway": "yes", "lanes:psv:backward": "1"}, (T, F), (T, T), (T, F), T),
        ({"highway": "primary", "oneway": "yes", "bus:backward": "designated"}, (T, F), (T, T), (T, F), T),
        ({"highway": "primary", "oneway": "yes", "cycleway:left": "opposite_lane"}, (T, F), (T, F), (T, T), T),
        ({"highway": "primary", "junction": "roundabout"}, (T, F), (T, F), (T, F), T),
        ({"highway": "motorway"}, (T, F), (T, F), (F, F), F),
        ({"highway": "motorway", "oneway": "no"}, (T, T), (T, T), (F, F), F),
        ({"highway": "trunk"}, (T, T), (T, T), (T, T), F),
        ({"highway": "trunk", "sidewalk": "right"}, (T, T), (T, T), (T, T), T),
        ({"highway": "trunk", "foot": "yes"}, (T, T), (T, T), (T, T), T),
        ({"highway": "residential", "access": "private"}, (F, F), (F, F), (F, F), F),
        ({"highway": "residential", "access": "no", "foot": "yes"}, (F, F), (F, F), (F, F), T),
        ({"highway": "residential", "access": "destination"}, (T, T), (T, T), (T, T), T),
        ({"highway": "secondary", "motor_vehicle": "no", "bus": "yes"}, (F, F), (T, T), (T, T), T),
        ({"highway": "secondary", "access": "no", "psv": "yes", "oneway": "yes"}, (F, F), (T, F), (F, F), F),
        ({"highway": "secondary", "motor_vehicle:backward": "no"}, (T, F), (T, F), (T, T), T),
        ({"highway": "service"}, (T, T), (F, F), (T, T), T),
        ({"highway": "service", "bus": "designated"}, (T, T), (T, T), (T, T), T),
        ({"highway": "living_street"}, (T, T), (F, F), (T, T), T),
        ({"highway": "busway"}, (F, F), (T, T), (F, F), F),
        ({"highway": "track"}, (F, F), (F, F), (T, T), T),
        ({"highway": "track", "tracktype": "grade1"}, (T, T), (F, F), (T, T), T),
        ({"highway": "footway"}, (F, F), (F, F), (F, F), T),
        ({"highway": "footway", "bicycle": "designated"}, (F, F), (F, F), (T, T), T),
        ({"highway": "pedestrian", "bus": "yes"}, (F, F), (T, T), (F, F), T),
        ({"highway": "cycleway"}, (F, F), (F, F), (T, T), F),
        ({"highway": "cycleway", "foot": "designated"}, (F, F), (F, F), (T, T), T),
        ({"highway": "path", "foot": "no"}, (F, F), (F, F), (T, T), F),
        ({"highway": "steps"}, (F, F), (F, F), (F, F), T),
        ({"highway": "tertiary", "maxheight": "2.5"}, (T, T), (F, F), (T, T), T),
        ({"highway": "raceway"}, (F, F), (F, F), (F, F), F),
    ],
)
def test_access(tags: Tags, car: tuple, bus: tuple, cycle: tuple, walk: bool) -> None:
    a = access(tags)
    assert (a.car_forward, a.car_backward) == car
    assert (a.bus_forward, a.bus_backward) == bus
    assert (a.cycle_forward, a.cycle_backward) == cycle
    assert a.walk is walk


@pytest.mark.parametrize(
    ("value", "country", "speed"),
    [
        ("60", "", 60.0),
        ("60 km/h", "", 60.0),
        ("40 mph", "", 64.37376),
        ("RU:urban", "", 60.0),
        ("KZ:urban", "", 60.0),
        ("DE:urban", "KZ", 50.0),
        ("urban", "KG", 60.0),
        ("RU:living_street", "", 20.0),
        ("DE:zone30", "", 30.0),
        ("90;60", "", 60.0),
        ("none", "", None),
        ("signals", "", None),
        ("", "", None),
        ("600", "", None),
        ("fast", "", None),
    ],
)
def test_maxspeed(value: str, country: str, speed: float | None) -> None:
    assert parse_maxspeed(value, country) == (None if speed is None else pytest.approx(speed))


def test_free_speed_falls_back_to_the_class_by_country() -> None:
    assert free_speed({"highway": "primary"}, "KZ") == 60.0
    assert free_speed({"highway": "primary"}, "kg") == 60.0
    assert free_speed({"highway": "primary"}, "ES") == 50.0
    assert free_speed({"highway": "primary", "maxspeed": "none"}, "ES") == 50.0
    assert free_speed({"highway": "primary", "source:maxspeed": "RU:rural"}) == 90.0
    assert free_speed({"highway": "primary", "maxspeed:forward": "40", "maxspeed:backward": "60"}) == 60.0
    assert free_speed({"highway": "footway"}) == 5.0


def test_lane_count() -> None:
    assert lane_count({"lanes": "3"}) == 3.0
    assert lane_count({"lanes:forward": "2", "lanes:backward": "1"}) == 3.0
    assert lane_count({"lanes": "many"}) is None
    assert lane_count({}) is None


@pytest.mark.parametrize(
    ("tags", "speed", "lanes", "oneway", "level"),
    [
        ({"highway": "cycleway"}, 50, None, False, 1),
        ({"highway": "primary", "cycleway:right": "track"}, 60, 6, False, 1),
        ({"highway": "residential"}, 40, None, False, 1),
        ({"highway": "residential"}, 50, None, False, 2),
        ({"highway": "tertiary"}, 40, 2, False, 2),
        ({"highway": "tertiary"}, 50, 2, False, 3),
        ({"highway": "secondary"}, 40, 4, False, 3),
        ({"highway": "secondary"}, 50, 4, False, 4),
        ({"highway": "secondary"}, 40, 2, True, 3),
        ({"highway": "secondary", "cycleway": "lane"}, 50, 2, False, 1),
        ({"highway": "secondary", "cycleway": "lane"}, 50, 4, False, 3),
        ({"highway": "secondary", "cycleway": "lane"}, 50, 2, True, 2),
        ({"highway": "secondary", "cycleway": "lane", "parking:right": "lane"}, 40, 2, False, 2),
        ({"highway": "secondary", "cycleway": "lane", "parking:right": "lane"}, 40, 4, False, 3),
        ({"highway": "secondary", "cycleway": "lane", "cycleway:width": "1.5"}, 40, 2, False, 2),
        ({"highway": "secondary", "cycleway": "lane"}, 60, 2, False, 3),
        ({"highway": "secondary", "cycleway": "lane"}, 70, 2, False, 4),
    ],
)
def test_cycle_stress(tags: Tags, speed: float, lanes: float | None, oneway: bool, level: int) -> None:
    assert cycle_stress(tags, speed, lanes, oneway) == level


def test_cycle_stress_says_which_tag_decided() -> None:
    why = lambda tags, speed, lanes: cycle_stress_why(tags, speed, lanes, False)[1]  # noqa: E731
    assert why({"highway": "primary", "cycleway:right": "track"}, 60, 6) == "cycleway:right=track"
    assert why({"highway": "secondary"}, 40, None) == "lanes by class"
    assert why({"highway": "secondary"}, 50, 4) == "lanes=4"
    assert why({"highway": "residential"}, 60, 2) == "speed 60"
    assert why({"highway": "secondary", "cycleway": "lane"}, 60, 2) == "speed 60"


WALKS = st.lists(st.integers(1, 16), min_size=2, max_size=6).filter(lambda w: len(set(w)) > 1)
ONEWAY = st.sampled_from(["", "no", "yes"])
KIND = st.sampled_from(["primary", "residential", "service", "footway", "cycleway", "motorway"])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(WALKS, KIND), min_size=1, max_size=6))
def test_length_is_the_same_however_ways_are_cut(drawn: list[tuple[list[int], str]]) -> None:
    s = build_streets(extract([(refs, {"highway": kind}) for refs, kind in drawn]))
    for k, (refs, _) in enumerate(drawn):
        links = s.links[list(s.way_links[100 + k])]
        assert links["length"].sum() == pytest.approx(geodesic(refs), rel=1e-9)
        assert links["from_node"].to_list()[1:] == links["to_node"].to_list()[:-1]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(WALKS, KIND, ONEWAY), min_size=1, max_size=6), st.data())
def test_reversing_a_way_and_its_oneway_changes_nothing(
    drawn: list[tuple[list[int], str, str]], data: st.DataObject
) -> None:
    plain = [(refs, {"highway": kind, "oneway": oneway}) for refs, kind, oneway in drawn]
    turned = list(plain)
    k = data.draw(st.integers(0, len(plain) - 1))
    refs, tags = plain[k]
    implied = tags["highway"] == "motorway" and tags["oneway"] == ""
    turned[k] = (refs[::-1], {**tags, "oneway": "-1" if tags["oneway"] == "yes" or implied else tags["oneway"]})
    a, b = build_streets(extract(plain)), build_streets(extract(turned))
    assert a.nodes.equals(b.nodes)
    for mode in ("car", "bus", "cycle"):
        assert directed(a, mode) == directed(b, mode)
    assert a.links["walk"].sum() == b.links["walk"].sum()


def test_components_number_the_largest_first() -> None:
    labels = components(6, np.array([4, 2, 3]), np.array([5, 3, 4]))
    assert labels.tolist() == [1, 2, 0, 0, 0, 0]
    assert components(3, np.array([0, 1]), np.array([1, 0]), strong=True).tolist() == [0, 0, 1]
    assert components(0, np.array([], int), np.array([], int)).tolist() == []


@pytest.mark.parametrize(
    ("file", "country", "share", "oneway"),
    [
        ("las_palmas/las_palmas_osm_20230221.osm.pbf", "ES", 0.97, (0.45, 0.65)),
        ("porto_alegre/poa_osm.pbf", "BR", 0.985, (0.3, 0.5)),
        ("astana/astana_osm_20171204.geojsonl.gz", "KZ", 0.975, (0.15, 0.35)),
    ],
)
def test_real_cities(shared_data: Path, file: str, country: str, share: float, oneway: tuple[float, float]) -> None:
    x = read_osm(shared_data / "cities" / file)
    s = build_streets(x, country=country)
    car = s.links.filter(pl.col("car_forward") | pl.col("car_backward"))
    ends = np.unique(car.select("from_node", "to_node").to_numpy())
    label = components(s.nodes.height, car["from_node"].to_numpy(), car["to_node"].to_numpy())
    assert np.bincount(label[ends]).max() / len(ends) >= share
    assert oneway[0] <= (car["car_forward"] != car["car_backward"]).mean() <= oneway[1]
    assert s.links["cycle_stress"].is_between(1, 4).all()
    assert (s.links["length"] > 0).all()
    drawn = [GEOD.geometry_length(g) for g in geoparquet.geometries(s.links[:3000])]
    assert sum(drawn) == pytest.approx(s.links["length"][:3000].sum(), rel=2e-3)  # geometry is on a grid of 0.1 m
    if country == "ES":
        assert s.turns.height > 700
