"""Headways: the assignment on hand-computed cases, and the allocation against enumeration of every fleet split."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shaar.engine.design.headways import HeadwayModel, HeadwayRules, allocate, assign, headway_model

EASY = HeadwayRules(capacity=1e9, longest=60.0, layover=0.0, layover_minutes=0.0, least=1.0)


def model(n, routes, legs, od, rules=EASY, walk=1e4) -> HeadwayModel:
    """One zone a node, no walk to it; legs are equal both ways."""
    z = len(od)
    access = (np.arange(z + 1), np.arange(z), np.zeros(z))
    forward = [np.asarray(x, float) for x in legs]
    backward = [x[::-1] for x in forward]
    return headway_model(
        n, routes, forward, backward, access=access, walk=np.full((z, z), walk), od=np.asarray(od, float), rules=rules
    )


def test_one_line_waits_half_its_headway() -> None:
    m = model(3, [(0, 1, 2)], [[4.0, 6.0]], [[0, 0, 10], [0, 0, 0], [0, 0, 0]])
    a = assign(m, np.array([8.0]))
    assert a.mean_minutes == pytest.approx(4.0 + 10.0)
    assert a.boardings.tolist() == pytest.approx([10.0])
    assert a.peak_load.tolist() == pytest.approx([10.0])
    assert (a.transfers, a.walked, a.unserved) == (0.0, 0.0, 0.0)


def test_a_transfer_waits_again_and_costs_its_penalty() -> None:
    m = model(3, [(0, 1), (1, 2)], [[4.0], [6.0]], [[0, 0, 10], [0, 0, 0], [0, 0, 0]])
    a = assign(m, np.array([8.0, 12.0]))
    assert a.mean_minutes == pytest.approx(4 + 4 + EASY.transfer + 6 + 6)
    assert a.transfers == pytest.approx(1.0)
    assert a.boardings.tolist() == pytest.approx([10.0, 10.0])


def test_common_lines_share_by_frequency_and_a_slow_line_is_let_pass() -> None:
    """Chriqui-Robillard by hand: rides 10 (every 12) and 12 (every 6) are both taken, ride 30 is not."""
    od = [[0, 90], [0, 0]]
    m = model(2, [(0, 1), (0, 1), (0, 1)], [[10.0], [12.0], [30.0]], od)
    a = assign(m, np.array([12.0, 6.0, 5.0]))
    f, g = 1 / 12, 1 / 6
    assert a.mean_minutes == pytest.approx((0.5 + f * 10 + g * 12) / (f + g))
    assert a.boardings.tolist() == pytest.approx([30.0, 60.0, 0.0])


def test_people_walk_when_that_is_quicker_and_are_unserved_when_it_is_far() -> None:
    od = [[0, 5, 5], [0, 0, 0], [0, 0, 0]]
    m = model(3, [(0, 1)], [[50.0]], od, walk=20.0)
    a = assign(m, np.array([10.0]))
    assert (a.mean_minutes, a.walked, a.unserved) == (20.0, 1.0, 0.0)
    m = model(3, [(0, 1)], [[50.0]], od, walk=90.0)
    a = assign(m, np.array([10.0]))
    assert a.mean_minutes == pytest.approx((55.0 + 90.0) / 2)
    assert (a.walked, a.unserved) == (0.5, 0.5)


def test_flows_are_conserved_through_transfers() -> None:
    rng = np.random.default_rng(3)
    od = rng.integers(0, 20, (6, 6)).astype(float)
    np.fill_diagonal(od, 0)
    m = model(6, [(0, 1, 2, 3), (3, 4, 5), (5, 0)], [[3, 4, 5.0], [2, 2.0], [9.0]], od)
    a = assign(m, np.array([5.0, 6.0, 7.0]))
    assert a.boardings.sum() == pytest.approx(od.sum() * (1 + a.transfers))
    assert a.walked == 0.0


def brute_force(m: HeadwayModel, fleet: int) -> float:
    """Least mean minutes over every way to share at most ``fleet`` vehicles."""
    least = m.least_vehicles()
    ranges = [range(int(v), fleet + 1) for v in least]
    best = math.inf
    for split in itertools.product(*ranges):
        if sum(split) <= fleet:
            best = min(best, assign(m, m.headways(split), loads=False).mean_minutes)
    return best


def test_separable_lines_get_the_exact_optimum() -> None:
    """Three lines that share no trip: the greedy rule is exact, whatever the fleet."""
    od = np.zeros((6, 6))
    od[0, 1], od[2, 3], od[4, 5] = 100, 40, 10
    m = model(6, [(0, 1), (2, 3), (4, 5)], [[20.0], [15.0], [25.0]], od)
    for fleet, plan in allocate(m, range(3, 15)).items():
        assert plan.fleet <= fleet
        assert plan.assignment.mean_minutes == pytest.approx(brute_force(m, fleet), rel=1e-6)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(4, 11))
def test_small_networks_come_near_the_optimum_of_enumeration(seed: int, fleet: int) -> None:
    rng = np.random.default_rng(seed)
    od = rng.integers(0, 50, (5, 5)).astype(float) + 1
    np.fill_diagonal(od, 0)
    m = model(
        5, [(0, 1, 2), (2, 3, 4), (0, 3)], [rng.uniform(3, 12, 2), rng.uniform(3, 12, 2), [rng.uniform(5, 20)]], od
    )
    plans = allocate(m, [fleet], swaps=50)
    if fleet < m.least_vehicles().sum():
        assert plans == {}
        return
    plan = plans[fleet]
    assert plan.fleet <= fleet
    assert (plan.headways <= EASY.longest).all()
    assert (plan.headways >= EASY.least).all()
    assert plan.assignment.mean_minutes <= brute_force(m, fleet) * 1.01 + 1e-9


def test_more_vehicles_never_make_it_worse() -> None:
    od = np.ones((4, 4)) * 30
    np.fill_diagonal(od, 0)
    m = model(4, [(0, 1, 2), (1, 3)], [[8.0, 9.0], [12.0]], od)
    plans = allocate(m, range(2, 30))
    means = [plans[f].assignment.mean_minutes for f in sorted(plans)]
    assert all(b <= a + 1e-6 for a, b in itertools.pairwise(means))


def test_capacity_comes_before_time_saved() -> None:
    """A short line with one crowded trip takes vehicles first; without enough of them it is named as crowded."""
    od = np.zeros((4, 4))
    od[0, 1], od[2, 3] = 3000, 2500
    rules = HeadwayRules(capacity=60, peak_hour=0.1, longest=30, layover=0, layover_minutes=0)
    m = model(4, [(0, 1), (2, 3)], [[10.0], [30.0]], od, rules)
    # 300 an hour need 5 buses an hour (12 min: 2 vehicles); 250 an hour need 4.2 (14.4 min: 5 vehicles).
    plan = allocate(m, [7])[7]
    assert plan.vehicles.tolist() == [2, 5]
    assert plan.crowded == ()
    assert allocate(m, [4])[4].crowded != ()


@given(st.floats(5, 300), st.integers(1, 60))
def test_headways_are_round_and_need_no_more_vehicles(cycle: float, vehicles: int) -> None:
    rules = HeadwayRules()
    h = rules.headway(cycle, vehicles)
    assert h >= rules.least
    assert h * 2 == round(h * 2)
    assert math.ceil(cycle / h - 1e-9) <= vehicles
