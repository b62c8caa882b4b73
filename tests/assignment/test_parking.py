"""Parking: search, occupancy and choice against values by hand and what must always hold."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shaar.engine.assignment.parking import change, lots
from shaar.engine.assignment.parking_choice import paid_hours, park
from shaar.engine.assignment.parking_defaults import complete
from shaar.engine.assignment.parking_occupancy import Stays, departures, fixed_stay, mixed_stay, parked
from shaar.engine.assignment.parking_search import blocked, full_block_minutes, queue_minutes, search_minutes
from shaar.engine.demand.parameters import load_parameters
from shaar.engine.errors import InputError

P = load_parameters("parking.csv")


def stays(cars, hours=2.0, steps=24):
    """One class of visitors: cars by zone and step, all parked equally long."""
    return Stays(("visit",), np.asarray(cars, float)[:, None, :], fixed_stay(hours, steps, 1.0)[None, :], 1.0)


def at_hour(zones, hour, cars):
    out = np.zeros((zones, 24))
    out[:, hour] = cars
    return out


def test_search_grows_as_the_free_share_shrinks():
    assert search_minutes([0.0, 0.5, 0.9, 1.0, 2.0], 0.5, 15.0) == pytest.approx([0.5, 1.0, 5.0, 15.0, 15.0])
    # blocks of ten: 0.85^10 = 0.19687 of them are full
    assert full_block_minutes([0.0, 0.85, 1.0], 0.5, 15.0) == pytest.approx([0.5, 0.5 / (1 - 0.85**10), 15.0])


def test_erlang_formulae_give_the_published_values():
    # c = 5, a = 3: B = (3^5/5!) / (1 + 3 + 4.5 + 4.5 + 3.375 + 2.025) = 2.025 / 18.4
    assert blocked(5, 3.0) == pytest.approx(2.025 / 18.4, rel=1e-12)
    # one space is M/M/1: the mean wait is a / (1 - a) stays
    assert queue_minutes(1, 0.5, 1.0, 1e9) == pytest.approx(60.0)
    assert queue_minutes(5, 5.0, 1.0, 15.0) == 15.0
    assert blocked(2000, 1900.0) < blocked(2000, 2000.0) < 0.02
    assert blocked(100, 1e7) == pytest.approx(1 - 100 / 1e7, rel=1e-6)


@given(st.integers(1, 60), st.floats(0.01, 80))
def test_erlang_obeys_its_recursion(c, a):
    b = 1.0
    for k in range(1, c + 1):
        b = a * b / (k + a * b)
    assert blocked(c, a) == pytest.approx(b, rel=1e-9)


def test_stays_have_their_mean():
    assert fixed_stay(8.0, 24, 1.0).sum() == 8.0
    assert fixed_stay(2.5, 24, 1.0)[:4].tolist() == [1.0, 1.0, 0.5, 0.0]
    assert mixed_stay(2.0, 400, 1.0).sum() == pytest.approx(2.0)
    assert mixed_stay(0.3, 10, 1.0).tolist() == [1.0] + [0.0] * 10


@settings(max_examples=60)
@given(
    st.integers(1, 3).flatmap(
        lambda c: st.tuples(
            st.lists(st.lists(st.floats(0, 1e4), min_size=12, max_size=12), min_size=c, max_size=c),
            st.lists(st.floats(0.5, 30), min_size=c, max_size=c),
        )
    )
)
def test_no_car_is_lost(drawn):
    arrivals, hours = np.array(drawn[0]), drawn[1]
    staying = np.stack([mixed_stay(h, 12, 1.0) for h in hours])
    n, left = parked(arrivals, staying), departures(arrivals, staying)
    assert arrivals.sum() == pytest.approx(left.sum() + n[-1], abs=1e-6)
    assert (left >= -1e-6).all()
    assert (n <= np.cumsum(arrivals.sum(axis=0)) + 1e-6).all()


def test_cars_of_one_lot_fill_it_and_pay_by_hand():
    supply = lots([0], ["lot"], [100], price=60.0, paid_from=8, paid_to=10)
    s = stays(at_hour(1, 8, 50), hours=3.0)
    assert paid_hours(supply, s)[0, 0, 8] == 2.0  # parked from 8 to 11, charged from 8 to 10
    day = park(supply, s, [0.0], [0.0], P, value_of_time=1200.0)
    here = day.parked[0]
    # cost of parking: search at the resulting occupancy, fee 120 of 1200 an hour = 6 min, walk 2 x 2 x 2 min = 8
    q = here[8] / 100
    minutes = P["search_0.lot"] / (1 - q) + 120 / 1200 * 60 + 2 * P["walk_weight"] * 150 * 0.06 / P["walk_kmh"]
    share = 1 / (1 + math.exp(-P["logit_scale"] * (P["none_minutes"] - minutes)))
    assert here[8] == pytest.approx(50 * share, rel=1e-3)
    assert here[[7, 8, 9, 10, 11]] == pytest.approx([0, here[8], here[8], here[8], 0])
    assert day.revenue[0] == pytest.approx(here[8] * 120)
    assert day.cost[0, 8] == pytest.approx(120)
    assert day.walk[0, 8] == pytest.approx(150 * 0.06 / P["walk_kmh"])
    assert day.gap < 1e-4


def test_two_equal_lots_share_equally_and_a_price_moves_cars_away():
    supply = lots([0, 0], ["lot", "lot"], [100, 100])
    s = stays(at_hour(1, 9, 80))
    day = park(supply, s, [0.0], [0.0], P, value_of_time=1200.0)
    assert day.parked[0] == pytest.approx(day.parked[1])
    dear = lots([0, 0], ["lot", "lot"], [100, 100], price=[300.0, 0.0])
    after = park(dear, s, [0.0], [0.0], P, value_of_time=1200.0)
    assert after.parked[0, 9] < day.parked[0, 9] < after.parked[1, 9]
    # without difference in search, the odds are those of the logit model: exp(-scale * 600 of 1200 an hour)
    odds = after.taken[0, 0, 9] / after.taken[1, 0, 9]
    search = search_minutes(after.occupancy[:, 9], P["search_0.lot"], P["search_cap"])
    assert odds == pytest.approx(math.exp(-P["logit_scale"] * (30 + search[0] - search[1])), rel=1e-2)


def test_overflow_walks_to_the_next_zone():
    supply = lots([0, 1], ["lot", "lot"], [50, 500])
    cars = np.zeros((2, 24))
    cars[0, 9] = 200
    far = park(supply, stays(cars), [0.0, 5000.0], [0.0, 0.0], P, value_of_time=1200.0)
    near = park(supply, stays(cars), [0.0, 400.0], [0.0, 0.0], P, value_of_time=1200.0)
    assert far.parked[1].sum() == 0
    assert near.parked[1, 9] > 80
    assert near.unplaced.sum() < far.unplaced.sum() / 5
    assert near.walk[0, 9] > far.walk[0, 9]
    assert far.occupancy[0, 9] == pytest.approx(1.0)


def test_a_limit_keeps_long_stays_out_and_rights_close_yards():
    s = stays(at_hour(1, 9, 10), hours=8.0)
    short = park(lots([0], ["street"], [100], limit=2.0), s, [0.0], [0.0], P, value_of_time=1200.0)
    assert short.parked.sum() == 0
    assert short.unplaced.sum() == 10
    assert np.isnan(short.search[0, 9])
    yard = park(lots([0], ["yard"], [100]), s, [0.0], [0.0], P, value_of_time=1200.0, allowed=[[True, True, False]])
    assert yard.parked.sum() == 0


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_every_car_is_somewhere_and_the_fixed_point_holds(seed):
    rng = np.random.default_rng(seed)
    z = 3
    supply = lots(
        rng.integers(0, z, 5),
        rng.choice(["street", "lot"], 5).tolist(),
        rng.integers(5, 60, 5),
        price=rng.random(5) * 500,
    )
    arrivals = rng.random((z, 2, 8)) * 30
    staying = np.stack([fixed_stay(3.0, 8, 1.0), mixed_stay(2.0, 8, 1.0)])
    s = Stays(("a", "b"), arrivals, staying, 1.0)
    day = park(supply, s, rng.random(z) * 600, rng.random(z) * 600, P, value_of_time=1000.0)
    assert day.taken.sum() + day.unplaced.sum() == pytest.approx(arrivals.sum())
    assert day.unplaced.min() > -1e-9
    assert day.occupancy.max() <= 1 + 1e-9
    assert day.gap < 1e-3
    assert day.parked == pytest.approx(parked(day.taken, staying))
    assert day.revenue == pytest.approx((day.taken * paid_hours(supply, s)).sum(axis=(1, 2)) * supply.price)


def test_more_spaces_never_leave_more_cars_without_one():
    s = stays(at_hour(2, 9, 120))
    before = lots([0, 1], ["street", "street"], [60, 60])
    days = [park(change(before, spaces_factor=f), s, [0, 500], [0, 0], P, value_of_time=1000.0) for f in (0.5, 1, 4)]
    lost = [d.unplaced.sum() for d in days]
    assert lost[0] > lost[1] > lost[2]
    assert days[0].search[0, 9] > 2 * days[2].search[0, 9]


def test_change_touches_only_what_it_names():
    before = lots([0, 1, 1], ["street", "street", "lot"], [10, 20, 30])
    after = change(before, zones=[1], kind="street", price=100.0, paid=(8, 20), limit=3.0, spaces_factor=0.5)
    assert after.price.tolist() == [0, 100, 0]
    assert after.spaces.tolist() == [10, 10, 30]
    assert after.limit.tolist() == [np.inf, 3, np.inf]
    assert after.paid_to.tolist() == [24, 20, 24]


def test_inventory_replaces_what_was_assumed_for_its_zone_and_kind():
    known = lots([1], ["street"], [7], badge="reported", source="count")
    assumed = lots([0, 1, 1], ["street", "street", "lot"], [100, 100, 50])
    both = complete(known, assumed, 2)
    assert both.by_zone(2).tolist() == [[100, 0, 0], [7, 50, 0]]
    assert both.badge == ("reported", "assumed", "assumed")


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        ({"kind": ["garage"], "spaces": [1]}, "one of street, lot, yard"),
        ({"kind": ["lot"], "spaces": [-1]}, "negative"),
        ({"kind": ["lot"], "spaces": [1], "limit": 0}, "longest stay"),
        ({"kind": ["lot"], "spaces": [1], "paid_from": 20, "paid_to": 8}, "span of one day"),
    ],
)
def test_supply_that_cannot_be_is_refused(arguments, part):
    with pytest.raises(InputError, match=part):
        lots([0], **arguments)


def test_stays_that_cannot_be_are_refused():
    with pytest.raises(InputError, match="never grows"):
        Stays(("a",), np.zeros((1, 1, 2)), np.array([[1.0, 0.5, 0.6]]), 1.0)
    with pytest.raises(InputError, match="value of time"):
        park(lots([0], ["lot"], [1]), stays(at_hour(1, 1, 1)), [0.0], [0.0], P, value_of_time=0.0)
