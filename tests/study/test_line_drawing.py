"""Lines drawn on a grid of streets whose ways, stops and minutes can be worked out by hand."""

from __future__ import annotations

import time
from dataclasses import replace
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from design.grid_city import geometry, grid_city, lonlat
from shaar.engine.city import geoparquet, schema
from shaar.engine.city.example import example_city_path
from shaar.engine.city.folder import read
from shaar.engine.city.model import City
from shaar.engine.errors import InputError
from shaar.engine.measures import apply, parse_scenario
from shaar.engine.measures.models import Headway, NewStop
from shaar.engine.study.line_drawing import draw_line, to_add_line
from shaar.engine.study.line_streets import Streets

STEP = 300.0
ALL_DAY = [Headway(start="06:00", end="22:00", minutes=10)]


def at(x: float, y: float) -> tuple[float, float]:
    lon, lat = lonlat(np.array([x]), np.array([y]))
    return float(lon[0]), float(lat[0])


@pytest.fixture(scope="module")
def town() -> City:
    return grid_city()


@pytest.fixture(scope="module")
def streets(town: City) -> Streets:
    return Streets.of(town)


def side_of(streets: Streets, way, stop_id: str) -> str:
    """On which side of a way's course a stop stands."""
    metric = [streets.bus.to_metric.transform(*p) for p in way.geometry]
    course = shapely.LineString(metric)
    xy = streets.stop_xy[streets.row[stop_id]]
    m = course.project(shapely.Point(xy))
    (ax, ay), (bx, by) = (course.interpolate(m + d).coords[0] for d in (-5, 5))
    return "left" if (bx - ax) * (xy[1] - ay) - (by - ay) * (xy[0] - ax) > 0 else "right"


def test_a_straight_line_runs_along_its_street_and_calls_at_the_stops_of_its_side(streets):
    # Row 2 is a secondary street with stops 60 m after every second junction, both sides.
    drawn = draw_line(streets, [at(60, 600), at(2460, 600)])
    there = drawn.forward
    assert there.metres == pytest.approx(2400, abs=1)
    y = [streets.bus.to_metric.transform(*p)[1] - 5_665_000 for p in there.geometry]
    assert y == pytest.approx([600.0] * len(y), abs=0.5)
    # junctions 0, 600, 1200, 1800, 2400: one stop each
    assert len(there.stops) == 5
    assert drawn.new_stops == ()
    assert drawn.backward is not None
    assert len(drawn.backward.stops) == 5
    assert not set(there.stops) & set(drawn.backward.stops)
    for way in (there, drawn.backward):
        assert {side_of(streets, way, s) for s in way.stops[1:-1]} == {"right"}
    # 50 km/h x 0.60 of a secondary street = 30 km/h; x 1.15 in the peak; 0.4 min at each of the 4 stops left behind
    assert there.minutes[-1] == pytest.approx(2.4 / 30 * 60 * 1.15 + 4 * 0.4, abs=0.03)
    assert there.minutes[0] == 0
    assert all(b > a for a, b in pairwise(there.minutes))


def test_one_way_streets_send_the_way_back_elsewhere(streets):
    # Row 4 runs east only, row 5 west only.
    drawn = draw_line(streets, [at(300, 1200), at(2100, 1200)])
    assert drawn.backward is not None
    links = streets.city.links
    east_only = set(links.filter(~pl.col("bus_backward"))["link_id"])
    assert set(drawn.forward.links) <= east_only
    # the last 20 m to the stop before the junction may still be driven eastwards
    assert len(set(drawn.backward.links) & east_only) <= 2
    assert len(set(drawn.backward.links) - east_only) >= 6


def test_a_banned_turn_is_not_made(streets):
    # From the street into junction (3, 2) going east one may not turn left (north).
    drawn = draw_line(streets, [at(750, 600), at(900, 750)])
    turns = streets.city.turns
    bad = (turns["from_link"][0], turns["to_link"][0])
    assert bad not in set(pairwise(drawn.forward.links))
    free = draw_line(Streets.of(grid_city(banned=False)), [at(750, 600), at(900, 750)])
    assert bad in set(pairwise(free.forward.links))


def test_stops_are_proposed_where_people_are_and_none_stand(town):
    bare = replace(town, stops=schema.empty("stops"))
    drawn = draw_line(Streets.of(bare), [at(60, 600), at(2460, 600)])
    assert {s.stop_id for s in drawn.new_stops} == set(drawn.forward.stops) | set(drawn.backward.stops)
    # 2.4 km by about 450 m: ends and four between
    assert len(drawn.forward.stops) == 6
    # each stop of the way there has one across the street
    assert len(drawn.backward.stops) == 6
    gaps = np.diff(sorted(streets_x(s) for s in drawn.new_stops if s.stop_id in drawn.forward.stops))
    assert gaps.min() > 300
    assert gaps.max() < 650


def streets_x(stop: NewStop) -> float:
    from pyproj import Transformer

    return Transformer.from_crs("OGC:CRS84", "EPSG:32642", always_xy=True).transform(stop.lon, stop.lat)[0]


def test_no_stop_is_proposed_on_an_empty_road(town):
    bare = replace(town, stops=schema.empty("stops"))
    drawn = draw_line(Streets.of(bare), [at(3300, 1200), at(7600, 1200)])
    # The road to the settlement is 4 km long; nobody lives along its middle.
    x = np.array([streets_x(s) - 610_000.0 for s in drawn.new_stops])
    assert not ((x > 4300) & (x < 6900)).any()
    assert (x > 7200).any()


def test_the_drawn_line_is_a_change_that_applies(town, streets):
    drawn = draw_line(streets, [at(60, 600), at(1800, 1500), at(7600, 1200)], vehicle_type="midi")
    change = to_add_line(drawn, "38", ALL_DAY)
    assert change.vehicle_type == "midi_9m"
    scenario = parse_scenario({"name": "t", "changes": [change.model_dump(mode="json")]})
    city, feed = apply(town, None, scenario)
    assert feed is not None
    assert feed.routes["route_short_name"].to_list() == ["38"]
    assert {s.stop_id for s in change.new_stops} <= set(city.stops["stop_id"])
    assert to_add_line(draw_line(streets, [at(60, 600), at(1800, 1500), at(7600, 1200)]), "38", ALL_DAY).line_id == (
        change.line_id
    )
    assert to_add_line(drawn, "39", ALL_DAY).line_id != change.line_id
    assert to_add_line(drawn, "39", ALL_DAY, line_id="A").line_id == "A"


def test_a_loop_comes_back_to_its_first_stop(streets):
    drawn = draw_line(streets, [at(60, 600), at(1800, 600), at(1800, 1800)], loop=True)
    assert drawn.backward is None
    assert drawn.forward.stops[0] == drawn.forward.stops[-1]
    assert to_add_line(drawn, "L", ALL_DAY).stops_backward == ()


def test_stops_may_be_named_instead_of_points(streets):
    by_point = draw_line(streets, [at(60, 600), at(2460, 600)])
    first, last = by_point.forward.stops[0], by_point.forward.stops[-1]
    assert draw_line(streets, [first, last]) == by_point


def test_stops_of_earlier_changes_are_called_at(streets):
    lon, lat = at(350, 593)
    known = NewStop(stop_id="mine", lon=lon, lat=lat, name="Mine")
    drawn = draw_line(streets, [at(60, 600), at(2460, 600)], known=[known])
    assert "mine" in drawn.forward.stops
    assert known in drawn.new_stops


@pytest.mark.parametrize(
    ("places", "words"),
    [
        ([at(0, 0)], "two different places"),
        ([at(0, 0), at(0, 0)], "two different places"),
        ([at(0, 0), at(0, 9000)], "place 2 lies off the streets"),
        ([at(0, 0), (200.0, 10.0)], "no longitude and latitude"),
        (["nowhere", at(0, 0)], "place 1: the city has no stop nowhere"),
        ([at(0, 0), (float("nan"), 51.0)], "no longitude and latitude"),
    ],
)
def test_what_cannot_be_drawn_is_said_in_a_sentence(streets, places, words):
    with pytest.raises(InputError, match=words):
        draw_line(streets, places)


def test_unknown_vehicles_are_named(streets):
    with pytest.raises(InputError, match="no vehicle type 'rocket'"):
        draw_line(streets, [at(0, 0), at(600, 0)], vehicle_type="rocket")


def river_town() -> City:
    """Two shores joined by one bridge at the far east; a river between them."""
    city = grid_city(nx=20, ny=4, stops=False, settlement=False, one_way_row=None, banned=False)
    links = city.links.with_row_index("k")
    a, b = links["from_node"] // 20, links["to_node"] // 20
    across = ((a == 1) & (b == 2)) & (links["from_node"] % 20 < 19)
    kept = city.links.filter(~across).with_columns(link_id=pl.int_range(pl.len(), dtype=pl.Int32))
    shores = [(-500.0, 350.0), (5600.0, 350.0), (5600.0, 550.0), (-500.0, 550.0)]
    river = shapely.Polygon(geometry([*shores, shores[0]]).coords)
    base = geoparquet.with_geometries(pl.DataFrame({"kind": ["water"], "name": ["Ishim"]}), [river])
    return replace(city, links=kept, base=schema.conform("base", base))


def test_a_line_through_the_river_is_refused_and_one_over_the_bridge_is_drawn():
    streets = Streets.of(river_town())
    with pytest.raises(InputError, match=r"water without a bridge near.*place 1 to place 2.*lead the line over"):
        draw_line(streets, [at(300, 300), at(300, 600)])
    drawn = draw_line(streets, [at(300, 300), at(5700, 300), at(5700, 600), at(300, 600)])
    # 300 m down to the main street, along it, 600 m over the bridge and back along the other shore
    assert drawn.forward.metres == pytest.approx(300 + 5400 + 600 + 5400, abs=60)
    with pytest.raises(InputError, match="place 2 lies in the water"):
        draw_line(Streets.of(wide_river()), [at(300, 300), at(300, 1100)])


def test_on_the_example_city_lines_are_drawn_at_once_and_the_river_is_in_the_way():
    streets = Streets.of(read(example_city_path("astana")))
    with pytest.raises(
        InputError, match=r"water without a bridge near.*6\.6 km from place 1 to place 2, 2\.6 km straight"
    ):
        draw_line(streets, [(71.4765, 51.1188), (71.4553, 51.0999)])
    # from the left bank to the right one, over a bridge that is there
    before = time.process_time()
    drawn = draw_line(streets, [(71.43, 51.128), (71.4302, 51.1605)])
    assert time.process_time() - before < 0.15
    assert 15 < 60 * drawn.forward.metres / 1000 / drawn.forward.minutes[-1] < 30
    assert len(drawn.forward.stops) >= 8
    change = to_add_line(drawn, "38", ALL_DAY)
    apply(streets.city, None, parse_scenario({"name": "t", "changes": [change.model_dump(mode="json")]}))


def wide_river() -> City:
    city = river_town()
    shape = shapely.Polygon(geometry([(-500, 950), (6000, 950), (6000, 3000), (-500, 3000), (-500, 950)]).coords)
    base = geoparquet.with_geometries(pl.DataFrame({"kind": ["water"], "name": ["Lake"]}), [shape])
    nodes = city.nodes
    links = city.links.filter(~((pl.col("from_node") // 20 == 3) | (pl.col("to_node") // 20 == 3))).with_columns(
        link_id=pl.int_range(pl.len(), dtype=pl.Int32)
    )
    return replace(city, base=schema.conform("base", base), links=links, nodes=nodes)


def test_a_way_that_winds_is_refused():
    city = river_town()
    dry = replace(city, base=schema.empty("base"))
    with pytest.raises(
        InputError, match=r"the line would wind: .* 1[01]\.\d km from place 1 to place 2, 300 m straight"
    ):
        draw_line(Streets.of(dry), [at(300, 300), at(300, 600)])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3600), st.integers(0, 2400)), min_size=2, max_size=5))
def test_whatever_is_drawn_is_legal(streets, places):
    try:
        drawn = draw_line(streets, [at(x, y) for x, y in places])
    except InputError as e:
        assert "wind" in e.message or "two different" in e.message
        return
    change = to_add_line(drawn, "x", ALL_DAY)
    names = set(streets.row) | {s.stop_id for s in change.new_stops}
    assert set(change.stops_forward) | set(change.stops_backward) <= names
    turns = set(zip(streets.city.turns["from_link"], streets.city.turns["to_link"], strict=True))
    for way in (drawn.forward, drawn.backward):
        assert not turns & set(pairwise(way.links))
        assert all(b - a < 900 for a, b in pairwise(way.minutes))
    assert draw_line(streets, [at(x, y) for x, y in places]) == drawn


def test_drawing_is_quick(streets):
    draw_line(streets, [at(60, 600), at(2460, 600)])
    before = time.process_time()
    for _ in range(10):
        draw_line(streets, [at(60, 600), at(900, 1500), at(1800, 300), at(2460, 600)])
    assert (time.process_time() - before) / 10 < 0.15
