"""Isochrones: node times equal the matrix, areas grow, follow streets, and hold the people who live there."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import shapely
from journey_cases import BLOCK, WIDTH, grid_city, grid_feed

from shaar.engine.city.projection import project_shapes
from shaar.engine.demand.parameters import load_parameters
from shaar.engine.routing.isochrone import node_times, reach
from shaar.engine.routing.isochrone_areas import BESIDE_M, CELL_M, as_geojson, ground, isochrones, piece_seconds
from shaar.engine.routing.journey_kernels import INF
from shaar.engine.routing.journey_network import network, points
from shaar.engine.routing.mobility import profile
from shaar.engine.routing.raptor import travel_times

TABLE = load_parameters("mobility.csv")
DAY = dt.date(2026, 5, 6)
EIGHT = 8 * 3600


@pytest.fixture(scope="module", params=["adult", "wheelchair"])
def around(request):
    changes = {(k, k + 1): {"slope": 5.0} for k in range(WIDTH, WIDTH + 8)}
    changes |= {(3, 4): {"highway": "steps"}, (10, 11): {"slope": 12.0}}
    feed = grid_feed(trips={f"fast-{k}": "1" for k in range(0, 12, 3)})
    return reach(network(grid_city(changes), feed, DAY, profile(request.param, TABLE)))


def corner(net, x, y):
    return points(net, [x * BLOCK], [y * BLOCK]).at


def test_node_times_equal_the_matrix(around):
    net = around.net
    lon, lat = net.city.nodes["lon"].to_numpy(), net.city.nodes["lat"].to_numpy()
    pts = points(net, np.append(lon, 3.4 * BLOCK), np.append(lat, BLOCK), max_minutes=60)
    for window in ((EIGHT + 60, EIGHT + 61), (EIGHT, EIGHT + 1800)):
        tt = travel_times(
            net.day,
            pts.access,
            net.transfers,
            pts.egress,
            pts.walk,
            window=window,
            max_minutes=60,
            percentiles=(5, 50, 90),
            method="raptor",
        )
        at = points(net, [3.4 * BLOCK], [BLOCK]).at
        if window[1] - window[0] == 1:
            got = node_times(around, at, departure=window[0], max_minutes=60).seconds[[0, 0, 0]]
        else:
            got = node_times(around, at, window=window, percentiles=(5, 50, 90), max_minutes=60).seconds
        expected = np.where(np.isnan(tt.minutes), INF, np.rint(tt.minutes.astype(float) * 60)).astype(int)[:, -1, :-1]
        assert np.array_equal(got, expected)


def test_areas_grow_and_hold_their_streets(around):
    net = around.net
    at = corner(net, 2, 2)
    times = node_times(around, at, departure=EIGHT, max_minutes=30)
    on = ground(around)
    areas = isochrones(on, times, (30, 5, 15))
    assert [a.minutes for a in areas] == [5, 15, 30]
    for small, large in pairwise(areas):
        assert small.km2 <= large.km2
        assert small.people <= large.people
        grown = shapely.buffer(large.area, 2 * CELL_M / 111_000)
        assert shapely.covers(grown, small.area)
    time = piece_seconds(on, times)
    for a in areas:
        shape = project_shapes([a.area], net.city.meta.crs)[0]
        middles = shapely.points(on.streets.xy)
        inside = time <= a.minutes * 60
        # what is reached lies in the area or at most a cell outside, what lies far from it does not
        assert shapely.distance(middles[inside], shape).max() <= CELL_M * 1.5
        outside = shapely.distance(middles, shapely.union_all(middles[inside])) > BESIDE_M + 2 * CELL_M
        assert not shapely.contains(shape, middles[outside & ~inside]).any()
        assert a.street_km == pytest.approx(on.streets.metres[inside].sum() / 1000)
        assert shape.area == pytest.approx(a.km2 * 1e6, rel=0.02)


def test_everybody_is_counted_once():
    net = network(grid_city(), grid_feed(), DAY, profile("adult", TABLE))
    around = reach(net)
    at = corner(net, 15, 2)
    (whole,) = isochrones(ground(around), node_times(around, at, departure=EIGHT, max_minutes=60), (60,))
    assert whole.people == pytest.approx(6000, rel=1e-9)
    assert whole.street_km == pytest.approx(net.city.links["length"].sum() / 1000)
    assert whole.km2 == pytest.approx((3.0 + 0.12) * (0.4 + 0.12), rel=0.1)


def test_it_is_not_a_circle():
    """On foot for 10 minutes on a grid one gets a diamond: the corners of its circle are not reached."""
    city = grid_city()
    net = network(city, None, None, replace(profile("adult", TABLE), kmh=1.2))  # 200 m in 10 minutes
    around = reach(net)
    at = corner(net, 15, 2)
    (a,) = isochrones(ground(around), node_times(around, at, departure=0, max_minutes=10), (10,))
    assert a.street_km == pytest.approx(16 * 0.1, rel=0.02)  # the 16 blocks of a diamond of two blocks
    assert shapely.contains(a.area, shapely.Point(17 * BLOCK - 2e-4, 2 * BLOCK))
    assert not shapely.contains(a.area, shapely.Point(16.7 * BLOCK, 3.7 * BLOCK))


def test_a_stop_ends_where_its_walk_ends():
    """Egress goes on along streets from each stop, no further than the profile walks."""
    who = replace(profile("adult", TABLE), max_walk_m=250)
    net = network(grid_city(), grid_feed(), DAY, who)
    around = reach(net)
    at = corner(net, 0, 1)
    seconds = node_times(around, at, departure=EIGHT - 60, max_minutes=20, max_rides=1).seconds[0].reshape(5, WIDTH)
    assert seconds[1, 30] == 60 + 360
    assert seconds[1, 28] == 60 + 360 + 150
    assert seconds[1, 25] == INF  # 500 m from two stops, and 2.5 km on foot
    assert seconds[4, 30] == INF


def test_a_stop_in_the_middle_of_a_long_street():
    """A link of 1 km whose middle has a stop: the street around the stop is reached, its ends are not."""
    city = grid_city({(WIDTH * 4 + k, WIDTH * 4 + k + 1): {"length": 1000.0} for k in range(WIDTH - 1)})
    feed = grid_feed()
    stops = feed.stops.with_columns(stop_lat=4 * BLOCK, stop_lon=feed.stops["stop_lon"] + BLOCK / 2)
    net = network(city, replace(feed, stops=stops.head(3)), DAY, replace(profile("adult", TABLE), max_walk_m=300))
    around, at = reach(net), corner(net, 0, 4)
    times = node_times(around, points(net, [BLOCK / 2], [4 * BLOCK]).at, departure=EIGHT, max_minutes=4)
    on = ground(around)
    time = piece_seconds(on, times)
    end = np.flatnonzero(on.streets.link == net.stops.link[1])
    walk = np.abs(on.streets.share[end] - 0.5) * 1000 / on.speed
    expected = np.where(walk <= 300 / on.speed, 120 + walk, np.inf)
    assert time[end] == pytest.approx(expected)
    assert at.link[0] >= 0


def test_geojson(around):
    at = corner(around.net, 2, 2)
    times = node_times(around, at, window=(EIGHT, EIGHT + 600), percentiles=(50,), max_minutes=15)
    made = as_geojson(isochrones(ground(around), times, (5, 15)), profile="adult")
    assert [f["properties"]["minutes"] for f in made["features"]] == [15, 5]
    for f in made["features"]:
        shape = shapely.geometry.shape(f["geometry"])
        assert shape.is_valid
        assert shape.area > 0
        assert f["properties"]["profile"] == "adult"


def test_one_question_at_a_time(around):
    at = corner(around.net, 2, 2)
    with pytest.raises(ValueError, match="either"):
        node_times(around, at)
