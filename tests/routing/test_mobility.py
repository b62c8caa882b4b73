"""Profiles: speeds on slopes, what is impassable, which stops and vehicles are left, and that no profile gains."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from journey_cases import BLOCK, WIDTH, grid_city, grid_feed

from shaar.engine.demand.parameters import load_parameters
from shaar.engine.errors import InputError
from shaar.engine.routing.journey_network import network, points
from shaar.engine.routing.journey_walks import as_geojson, on_streets, walk_way
from shaar.engine.routing.journeys import journeys
from shaar.engine.routing.mobility import PROFILES, level_factor, profile, usable, walking_graph
from shaar.engine.routing.raptor import travel_times

TABLE = load_parameters("mobility.csv")
DAY = dt.date(2026, 5, 6)
ADULT, CHAIR = profile("adult", TABLE), profile("wheelchair", TABLE)


def ask(net, pts, **when):
    return journeys(
        net.day, pts.access, net.transfers, pts.egress, pts.walk, origin=0, destination=1, tables=net.tables, **when
    )


@pytest.mark.parametrize("name", PROFILES)
def test_the_table_is_whole_and_sourced(name):
    who = profile(name, TABLE)
    assert 1 < who.kmh < 6
    for row in [r for r in TABLE if r.startswith(f"{name}_")]:
        assert TABLE.row(row).source
        assert TABLE.row(row).unit
    assert (who.steps_kmh == 0) == (name == "wheelchair")


def test_unknown_profiles_and_odd_values_are_refused():
    with pytest.raises(InputError, match="known are adult, elderly, pram, wheelchair"):
        profile("horse", TABLE)
    with pytest.raises(InputError, match="must not be negative"):
        profile("adult", TABLE.with_values({"adult_slope": -1}))
    with pytest.raises(InputError, match="positive"):
        profile("adult", TABLE.with_values({"adult_kmh": 0}))


def test_tobler():
    """Tobler 1993: 6 km/h at -5 %, 5.036742 km/h on the level, so a rise of 10 % takes exp(0.35) times as long."""
    city = grid_city({(0, 1): {"slope": 10.0}, (1, 2): {"slope": -5.0}})
    along, against = level_factor(city.links, ADULT)
    first, second = 0, 2  # links are listed node by node, eastward first
    assert city.links.row(second)[:3] == (2, 1, 2)
    assert along[first] == pytest.approx(math.exp(0.35), rel=1e-12)
    assert against[first] == pytest.approx(1.0, rel=1e-12)  # down 10 % is as quick as the level
    assert along[second] == pytest.approx(5.036742 / 6, rel=1e-6)
    assert np.isinf(level_factor(city.links, CHAIR)[0][first])


@settings(max_examples=30, deadline=None)
@given(st.floats(-35, 35), st.sampled_from(PROFILES))
def test_the_level_is_never_slower_than_a_climb(slope, name):
    city = grid_city({(0, 1): {"slope": slope}})
    who = replace(profile(name, TABLE), max_slope=100)
    along, against = level_factor(city.links, who)
    assert max(along[0], against[0]) >= 1 - 1e-12
    assert along[5] == against[5] == 1
    assert along[0] >= against[0] if slope > 0 else against[0] >= along[0]


def test_a_chair_goes_round_the_steps():
    steps = {(WIDTH * 1 + 5, WIDTH * 1 + 6): {"highway": "steps"}}
    city = grid_city(steps)
    metres = {}
    for name in ("adult", "wheelchair"):
        who = replace(profile(name, TABLE), crossing_s=0)
        who = replace(who, steps_kmh=who.kmh / 2 if who.steps_kmh else 0)
        net = network(city, None, None, who)
        pts = points(net, [3 * BLOCK, 8 * BLOCK], [BLOCK, BLOCK])
        (j,) = ask(net, pts, departure=8 * 3600)
        on = on_streets(net, pts, j, 0, 1)
        metres[name] = on.legs[0].metres
        step = next(r["link_id"] for r in city.links.iter_rows(named=True) if r["highway"] == "steps")
        assert (step in on.legs[0].links) == (name == "adult")
        seconds = (400 + 100 * who.kmh / who.steps_kmh if who.steps_kmh else 700) * 3.6 / who.kmh
        assert j.seconds == pytest.approx(seconds, abs=1.0)
    assert metres["adult"] == pytest.approx(500, rel=2e-3)
    assert metres["wheelchair"] == pytest.approx(700, rel=2e-3)


def test_crossings_cost_time():
    city = grid_city()
    crossing = city.nodes["crossing"].to_numpy().copy()
    crossing[[WIDTH + 5, WIDTH + 7]] = True
    crossed = replace(city, nodes=city.nodes.with_columns(crossing=crossing))
    took = []
    for c in (city, crossed):
        net = network(c, None, None, replace(CHAIR, crossing_s=30))
        pts = points(net, [3 * BLOCK, 9 * BLOCK], [BLOCK, BLOCK])
        took.append(ask(net, pts, departure=0)[0].seconds)
    assert took[1] - took[0] == 60


def test_only_what_can_be_boarded():
    feed = grid_feed(stops={"s0": "1", "s10": "2", "s20": "0", "s30": "1"}, trips={"fast-1": "1", "slow-0": "2"})
    can = usable(feed, CHAIR)
    assert can.stop_ids == ("s0", "s20", "s30")  # unknown stops count, unknown vehicles do not
    assert (can.trips, can.trips_unknown, can.trips_left) == (24, 22, 1)
    assert (can.stops, can.stops_unknown) == (4, 1)
    assert can.feed.trips["trip_id"].to_list() == ["fast-1"]
    trusting = usable(feed, replace(CHAIR, unknown_vehicle=1))
    assert trusting.trips_left == 23
    assert usable(feed, ADULT).stop_ids == ("s0", "s10", "s20", "s30")
    strict = usable(feed, replace(CHAIR, unknown_stop=0))
    assert strict.stop_ids == ("s0", "s30")


def test_stops_inherit_from_their_station():
    feed = grid_feed(stops={"s0": "0", "s10": "2"})
    stops = feed.stops.with_columns(parent_station=stops_parent(feed))
    can = usable(replace(feed, stops=stops), replace(CHAIR, unknown_stop=0))
    assert can.stop_ids == ()
    good = grid_feed(stops={"s10": "1"})
    stops = good.stops.with_columns(parent_station=stops_parent(good))
    assert usable(replace(good, stops=stops), replace(CHAIR, unknown_stop=0)).stop_ids == ("s0", "s10")


def stops_parent(feed):
    import polars as pl

    return pl.when(pl.col("stop_id") == "s0").then(pl.lit("s10")).otherwise(pl.lit(None, pl.String))


def test_the_journey_of_a_chair_takes_the_vehicle_it_can():
    city = grid_city()
    feed = grid_feed(trips={"slow-2": "1"})
    for who, trip in ((ADULT, "fast-2"), (CHAIR, "slow-2")):
        net = network(city, feed, DAY, who)
        pts = points(net, [BLOCK, 29 * BLOCK], [BLOCK, BLOCK])
        found = ask(net, pts, departure=8 * 3600 + 1000)
        best = min(found, key=lambda j: j.arrival)
        assert [leg.trip for leg in best.legs if leg.kind == "ride"] == [trip]
    codes = {f.code for f in net.findings}
    assert codes == {"journey.slope_unknown", "journey.vehicle_unknown", "journey.stop_unknown_counted"}
    nothing = network(city, grid_feed(), DAY, CHAIR)
    assert "journey.no_service" in {f.code for f in nothing.findings}


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10**6))
def test_no_profile_with_more_limits_is_quicker(seed):
    rng = np.random.default_rng(seed)
    changes = {}
    for _ in range(25):
        v = int(rng.integers(0, WIDTH * 4))
        if v % WIDTH < WIDTH - 1:
            changes[v, v + 1] = {"slope": float(rng.uniform(-12, 12)), "highway": rng.choice(["steps", "residential"])}
    city, feed = grid_city(changes), grid_feed(trips={f"fast-{k}": "1" for k in range(0, 12, 2)})
    # at corners: a point in the middle of a closed street would be put on another one, straight across the block
    lon, lat = rng.integers(0, 31, 6) * BLOCK, rng.integers(0, 5, 6) * BLOCK
    minutes = {}
    easy = replace(ADULT, crossing_s=0)
    hard = replace(easy, max_slope=8.3, steps_kmh=0, vehicle_needed=1, unknown_vehicle=0, max_walk_m=800, crossing_s=5)
    for name, who in (("easy", easy), ("hard", hard)):
        net = network(city, feed, DAY, who)
        pts = points(net, lon, lat)
        tt = travel_times(
            net.day, pts.access, net.transfers, pts.egress, pts.walk, window=(8 * 3600, 8 * 3600 + 1800), step_s=300
        )
        minutes[name] = tt.minutes[0]
    reached = ~np.isnan(minutes["hard"])
    assert (minutes["hard"][reached] >= minutes["easy"][reached] - 1 / 60).all()


def test_walks_on_streets_are_as_long_as_the_matrix_says():
    city = grid_city({(k, k + 1): {"slope": 6.0} for k in range(3, 9)})
    who = replace(profile("elderly", TABLE), crossing_s=0)
    net = network(city, grid_feed(), DAY, who)
    rng = np.random.default_rng(3)
    lon, lat = rng.uniform(0, 30 * BLOCK, 8), rng.uniform(0, 4 * BLOCK, 8)
    pts = points(net, lon, lat)
    length = city.links["length"].to_numpy()
    level = replace(who, slope=0)
    flat = points(network(city, None, None, level), lon, lat)
    for i in range(8):
        for j in range(8):
            way = walk_way(net.graph, length, pts.at, i, pts.at, j)
            metres = pts.walk.metres[pts.walk.ptr[i] + j]
            least = flat.walk.metres[flat.walk.ptr[i] + j]
            assert way.metres >= least - 0.01  # a way round a hill is no shorter than the shortest
            assert metres >= least - 0.01
            ends = [way.links[0], way.links[-1]]
            assert ends == [pts.at.link[i], pts.at.link[j]]
    (first, *_) = ask(net, pts, departure=8 * 3600)
    drawn = as_geojson(net, pts, first, 0, 1)
    assert len(drawn["features"]) == len(first.legs)
    line = drawn["features"][0]["geometry"]["coordinates"]
    assert len(line) >= 2


def test_walking_graph_needs_streets():
    city = grid_city()
    closed = replace(city, links=city.links.with_columns(walk=False))
    with pytest.raises(InputError, match="no street that profile 'adult' can use"):
        network(closed, None, None, ADULT)
    assert walking_graph(city.nodes, city.links, ADULT).n_arcs == 2 * city.links.height
    with pytest.raises(InputError, match="further than 1500 m"):
        points(network(city, None, None, ADULT), [0.0, 1.0], [0.0, 1.0])
