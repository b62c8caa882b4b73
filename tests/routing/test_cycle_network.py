"""Cycling speeds, crossings and the network against published values and physics."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shaar.engine.demand.parameters import load_parameters
from shaar.engine.routing.cycle_crossing import crossing_stress, crossings, gap_delay, signal_delay, yield_delay
from shaar.engine.routing.cycle_network import cycle_net, zone_points
from shaar.engine.routing.cycle_speed import cycling_kmh, steady_speed, walking_kmh

P = load_parameters("walking_cycling.csv")
CRS = "EPSG:32642"


def test_walking_follows_tobler():
    # 6 exp(-3.5 |s + 0.05|): 6 km/h at -5 %, 5.036742 on the flat, 3.5494 at +10 % up, 5.0367 at 10 % down
    assert walking_kmh([-5, 0, 10, -10, np.nan], flat=5.036742) == pytest.approx(
        [6.0, 5.0367, 3.5493, 5.0367, 5.0367], abs=1e-3
    )


@settings(max_examples=100)
@given(st.floats(-20, 25), st.floats(20, 400), st.floats(60, 150))
def test_power_and_resistance_are_equal_at_the_steady_speed(slope, power, mass):
    v = float(steady_speed(slope, power, mass, P))
    angle = np.arctan(slope / 100)
    used = v * mass * 9.81 * (np.sin(angle) + P["rolling"] * np.cos(angle)) + 0.5 * P["air"] * P["drag_area"] * v**3
    assert v > 0
    assert used == pytest.approx(P["efficiency"] * power, rel=1e-6)


def test_speeds_fall_uphill_and_the_motor_helps_up_to_its_limit():
    slopes = np.arange(-6.0, 13.0)
    plain, helped = cycling_kmh(slopes, P), cycling_kmh(slopes, P, electric=True)
    assert (np.diff(plain) <= 1e-9).all()
    assert (np.diff(helped) <= 1e-9).all()
    assert (helped[slopes >= 1] > plain[slopes >= 1]).all()
    assert (helped <= P["ride_share"] * max(P["motor_kmh"], P["downhill_kmh"])).all()
    assert 13 < plain[slopes == 0][0] < 17
    assert plain[-1] >= P["push_kmh"]


def test_delays_have_their_closed_forms():
    # HCM 2000, eq. 18-21: (exp(q c) - q c - 1) / q
    assert gap_delay(0.1, 10.0) == pytest.approx((np.e - 2) / 0.1)
    assert gap_delay(0.0, 10.0) == 0.0
    assert gap_delay(1e-9, 10.0) == pytest.approx(5e-8)
    assert yield_delay(0.2, 10.0, 0.5) == pytest.approx(gap_delay(0.1, 10.0))
    assert signal_delay(90, 30) == pytest.approx(20.0)


def test_adams_formula_equals_a_simulation_of_random_traffic():
    rng = np.random.default_rng(5)
    gaps = rng.exponential(1 / 0.15, (20_000, 200))
    closed = np.cumprod(gaps < 8.0, axis=1).astype(bool)  # gaps too short, until the first that is long enough
    assert (gaps * closed).sum(axis=1).mean() == pytest.approx(float(gap_delay(0.15, 8.0)), rel=0.03)


@pytest.mark.parametrize(
    ("lanes", "levels"), [(2, [1, 1, 2, 3]), (3, [1, 1, 2, 3]), (4, [2, 2, 3, 4]), (5, [2, 2, 3, 4]), (6, [4] * 4)]
)
def test_crossing_stress_is_table_7_of_the_report(lanes, levels):
    assert crossing_stress([lanes] * 4, [40, 50, 60, 70]).tolist() == levels


def streets(signal=False, crossing=False, one_way=False, footway=False):
    """A wide fast street 1-2-3 crossed at 2 by a quiet street 0-2-4."""
    lon, lat = [71.0, 70.999, 71.0, 71.001, 71.0], [50.999, 51.0, 51.0, 51.0, 51.001]
    nodes = pl.DataFrame({"node_id": range(5), "lon": lon, "lat": lat, "signal": [False, False, signal, False, False],
                          "crossing": [False, False, crossing, False, False]})  # fmt: skip
    ends = [(1, 2), (2, 3), (0, 2), (2, 4)]
    wide = [True, True, False, False]
    quiet = "footway" if footway else "residential"
    links = pl.DataFrame({
        "link_id": range(4), "from_node": [a for a, _ in ends], "to_node": [b for _, b in ends],
        "length": [100.0] * 4, "highway": ["primary" if w else quiet for w in wide], "name": [None] * 4,
        "lanes": [6.0 if w else None for w in wide], "free_speed": [60.0 if w else 30.0 for w in wide],
        "car_forward": [w or not footway for w in wide], "car_backward": [w or not (footway or one_way) for w in wide],
        "cycle_forward": [w or not footway for w in wide],
        "cycle_backward": [w or not (footway or one_way) for w in wide], "walk": [True] * 4,
        "cycle_stress": [4 if w else 1 for w in wide], "slope": [0.0, 0.0, 5.0, 5.0], "structure": [None] * 4,
    })  # fmt: skip
    return nodes, links


def arc(net, tail, head):
    return next(a for a in range(len(net.head)) if (net.tail[a], net.head[a]) == (tail, head))


def test_the_quiet_street_waits_at_the_wide_one_and_lights_calm_it():
    plain = cycle_net(*streets(), P, crs=CRS)
    into, out = arc(plain, 0, 2), arc(plain, 2, 4)
    assert plain.cross[into] == 4
    assert plain.cross[out] == 1
    assert plain.wait[out] == 0
    flow, seconds = 6 * P["flow.primary"] / 3600, 3 + 6 * 3.5 / 2.5
    assert plain.wait[into] == pytest.approx(min(gap_delay(flow * 0.95, seconds), P["delay_cap"]))
    assert plain.wait[arc(plain, 1, 2)] == 0  # the wide street has the right of way
    lit = cycle_net(*streets(signal=True), P, crs=CRS)
    assert lit.cross[into] == 1
    assert lit.wait[[into, arc(lit, 1, 2)]] == pytest.approx([65**2 / 180] * 2)
    assert not plain.low_stress()[into]
    assert lit.low_stress()[into]


def test_marked_crossings_shorten_the_wait():
    waits = [
        crossings(*streets(crossing=c), P.with_values({"flow.primary": 200.0}), crs=CRS).delay[2] for c in (False, True)
    ]
    assert waits[1] < waits[0]


def test_slope_slows_one_way_and_speeds_the_other():
    net = cycle_net(*streets(), P, crs=CRS)
    up, level, down = (net.ride[arc(net, *a)] for a in ((0, 2), (1, 2), (2, 0)))
    assert down < level < up
    assert up == pytest.approx(360 / cycling_kmh(5.0, P))


def test_people_push_along_footways_and_against_quiet_one_way_streets():
    for net in (cycle_net(*streets(footway=True), P, crs=CRS), cycle_net(*streets(one_way=True), P, crs=CRS)):
        back = arc(net, 4, 2)
        assert net.push[back]
        assert net.ride[back] == pytest.approx(360 / P["push_kmh"])
        assert net.built[back] < net.ride[back]
    assert not cycle_net(*streets(one_way=True), P, crs=CRS).push[arc(net, 2, 4)]


def test_stress_counts_in_perceived_seconds():
    net = cycle_net(*streets(), P, crs=CRS)
    a = arc(net, 1, 2)
    assert net.perceived(P)[a] == pytest.approx(net.ride[a] * P["stress_factor.4"])
    b = arc(net, 0, 2)
    assert net.perceived(P)[b] == pytest.approx(net.ride[b] + net.wait[b] + P["cross_penalty.4"])


def test_points_share_out_their_zone():
    import shapely

    net = cycle_net(*streets(signal=True), P, crs=CRS)
    square = shapely.to_wkb(shapely.box(70.99, 50.99, 71.01, 51.01))
    zones = pl.DataFrame({"geometry": [square, square], "lon": [71.0, 71.0], "lat": [51.0, 51.0]})
    points = zone_points(net, zones, crs=CRS, each=3)
    assert points.spread([6.0, 9.0]).sum() == pytest.approx(15.0)
    assert points.spread_matrix(np.array([[0, 4.0], [2.0, 0]])).sum() == pytest.approx(6.0)
    assert set(np.bincount(points.zone)) == {3}
