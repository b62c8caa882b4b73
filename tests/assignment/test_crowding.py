"""Crowding: the multiplier, equilibrium against a hand-solved case, the gap, and what must not get better or worse."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shaar.engine.assignment.crowding import Discomfort, assign_crowded, effective_frequency
from shaar.engine.assignment.graph import BOARD, RIDE, line_graph
from shaar.engine.assignment.lines import line_loads
from shaar.engine.assignment.strategies import Loading, assign_strategies
from shaar.engine.errors import InputError

from .networks import random_lines, random_trips

SEATS, PLACES = np.full(4, 28.0), np.full(4, 75.0)


def test_the_multiplier_has_the_published_values() -> None:
    m = Discomfort().multiplier(np.array([0.0, 14.0, 28.0, 51.5, 75.0, 112.5]), np.full(6, 28.0), np.full(6, 75.0))
    assert m == pytest.approx([1.0, 1.08, 1.16, 1.28, 1.40, 2.40])


@given(st.lists(st.floats(0, 500), min_size=2, max_size=20), st.floats(0, 60), st.floats(1, 200))
def test_the_multiplier_rises_with_the_load_and_falls_with_room(loads: list[float], seats: float, more: float) -> None:
    load = np.sort(np.array(loads))
    one = np.ones(len(load))
    m = Discomfort().multiplier(load, seats * one, (seats + more) * one)
    assert (np.diff(m) >= -1e-12).all()
    assert (m >= 1.0).all()
    wider = Discomfort().multiplier(load, seats * one * 1.5, (seats + more) * one * 1.5)
    assert (wider <= m + 1e-12).all()


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6))
def test_without_discomfort_crowding_is_plain_strategies(seed: int) -> None:
    graph, trips = random_lines(seed), random_trips(seed, 10)
    plain = assign_strategies(graph, trips, wait=0.5)
    crowded = assign_crowded(graph, trips, SEATS, PLACES, wait=0.5, discomfort=Discomfort(1.0, 1.0, 0.0), gap=1e-12)
    assert np.array_equal(crowded.loading.links, plain.links)
    assert np.array_equal(crowded.loading.minutes, plain.minutes)
    assert crowded.gaps == (0.0,)
    assert crowded.converged


def parallel(demand: float, step: str, gap: float = 1e-6, most: int = 2000):
    """Two lines from stops of their own, 20 and 24 minutes; people choose by the minutes as felt."""
    graph = line_graph(
        4, [[0, 1], [2, 3]], [[20.0], [24.0]], [0, 1], [6.0, 6.0],
        access=([0, 2, 4], [0, 2, 1, 3], [1.0, 1.0, 1.0, 1.0]),
    )  # fmt: skip
    trips = np.array([[0.0, demand], [0.0, 0.0]])
    found = assign_crowded(graph, trips, SEATS[:2], PLACES[:2], wait=0.5, gap=gap, most=most, step=step)
    rides = graph.kind == RIDE
    return found, found.loading.links[rides], found.multiplier[rides] * graph.cost[rides]


@pytest.mark.parametrize("step", ["msa", "search"])
def test_two_lines_fill_until_they_feel_alike(step: str) -> None:
    """600 people, 10 buses an hour of 28 seats and 75 places each, solved by hand.

    With x < 280 on the slower one, 20 (1.16 + 0.24 (320 - x) / 470) = 24 (1 + 0.16 x / 280).
    """
    found, loads, felt = parallel(600.0, step)
    x = (23.2 + 4.8 * 320 / 470 - 24) / (4.8 / 470 + 3.84 / 280)
    assert found.converged
    assert loads == pytest.approx([600 - x, x], rel=5e-3)
    assert felt[0] == pytest.approx(felt[1], rel=1e-3)
    few, loads, _ = parallel(100.0, step)
    assert loads == pytest.approx([100.0, 0.0], abs=1e-9)
    assert few.gap == pytest.approx(0.0, abs=1e-12)


def test_both_steps_reach_the_gap_and_the_same_loads() -> None:
    graph, trips = random_lines(8), random_trips(8, 10, most=60.0)
    msa = assign_crowded(graph, trips, SEATS, PLACES, gap=2e-4, most=400)
    search = assign_crowded(graph, trips, SEATS, PLACES, gap=2e-4, most=400, step="search")
    assert msa.converged
    assert search.converged
    assert len(search.gaps) <= len(msa.gaps)
    assert search.felt == pytest.approx(msa.felt, rel=1e-3)
    assert min(msa.gaps) >= -1e-12
    cut = assign_crowded(graph, trips, SEATS, PLACES, gap=0.0, most=5)
    assert not cut.converged
    assert len(cut.gaps) == 5


def test_felt_minutes_rise_with_demand_and_fall_with_room() -> None:
    graph, trips = random_lines(2), random_trips(2, 10, most=30.0)
    per_trip = [
        assign_crowded(graph, trips * s, SEATS, PLACES, gap=1e-5, most=300, step="search").felt / s
        for s in (0.2, 1, 2, 4)
    ]
    assert all(b > a for a, b in itertools.pairwise(per_trip))
    roomy = [
        assign_crowded(graph, trips, SEATS * s, PLACES * s, gap=1e-5, most=300, step="search").felt for s in (0.5, 1, 2)
    ]
    assert all(b < a for a, b in itertools.pairwise(roomy))


def test_conservation_holds_for_averaged_loads() -> None:
    graph, trips = random_lines(6), random_trips(6, 10, most=60.0)
    found = assign_crowded(graph, trips, SEATS, PLACES, gap=1e-4, most=100)
    reached = np.isfinite(found.loading.minutes)
    net = np.bincount(graph.head, found.loading.links, graph.n) - np.bincount(graph.tail, found.loading.links, graph.n)
    assert net[graph.destinations] == pytest.approx((trips * reached).sum(axis=0))
    assert np.delete(net, np.r_[graph.origins, graph.destinations]) == pytest.approx(0.0, abs=1e-8)


def test_a_full_bus_is_met_less_often() -> None:
    """One line over three stops, every 6 minutes, 75 places: 600 stay on, 150 are free at the second stop."""
    graph = line_graph(3, [[0, 1, 2]], [[5.0, 5.0]], [0], [6.0], access=([0, 1, 2, 3], [0, 1, 2], [0.0] * 3))
    trips = np.zeros((3, 3))
    trips[0, 2], trips[1, 2] = 600.0, 75.0
    links = assign_strategies(graph, trips).links
    freq = effective_frequency(graph, links, np.array([75.0]), 1.0)[graph.kind == BOARD]
    assert freq * 6.0 == pytest.approx([1 - 600 / 750, 1 - 75 / 150])
    trips[1, 2] = 500.0
    full = effective_frequency(graph, assign_strategies(graph, trips).links, np.array([75.0]), 1.0)
    assert full[graph.kind == BOARD][1] * 6.0 == pytest.approx(0.01)
    plain = assign_crowded(graph, trips, SEATS[:1], PLACES[:1])
    denied = assign_crowded(graph, trips, SEATS[:1], PLACES[:1], denied=1.0)
    assert denied.loading.waiting.sum() > plain.loading.waiting.sum()
    assert (denied.frequency <= plain.frequency).all()


def test_line_loads_sum_up_an_assignment() -> None:
    graph = line_graph(
        3, [[0, 1, 2], [2, 1, 0]], [[5.0, 7.0], [7.0, 5.0]], [0, 0], [6.0], access=([0, 1, 2, 3], [0, 1, 2], [0.0] * 3)
    )
    trips = np.array([[0.0, 10.0, 20.0], [0.0, 0.0, 5.0], [1.0, 0.0, 0.0]])
    found = assign_crowded(graph, trips, SEATS[:1], PLACES[:1])
    (line,) = line_loads(graph, found, np.where(graph.kind == RIDE, graph.cost * 0.5, 0.0))
    assert line.boardings == pytest.approx(36.0)
    assert (line.peak, line.peak_way, line.peak_position) == (pytest.approx(30.0), 0, 0)
    assert line.passenger_minutes == pytest.approx(10 * 5 + 20 * 12 + 5 * 7 + 12)
    assert line.passenger_km == pytest.approx(line.passenger_minutes * 0.5)
    assert 1.0 < line.felt < 1.16


def test_bad_settings_are_refused() -> None:
    graph, trips = random_lines(1), random_trips(1, 10)
    with pytest.raises(InputError, match="4 lines need"):
        assign_crowded(graph, trips, SEATS[:2], PLACES)
    with pytest.raises(InputError, match="more seats than places"):
        assign_crowded(graph, trips, PLACES, SEATS)
    with pytest.raises(InputError, match="step"):
        assign_crowded(graph, trips, SEATS, PLACES, step="newton")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="rise from 1"):
        Discomfort(seated=1.5, standing=1.2)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.0, 1.0))
def test_loads_moved_with_the_trips_are_loads_to_begin_with(seed: int, share: float) -> None:
    graph = random_lines(seed)
    before, wanted = random_trips(seed, 10), random_trips(seed + 1, 10)
    seats, places = np.full(4, 20.0), np.full(4, 60.0)
    old = assign_crowded(graph, before, seats, places, gap=1e-3, step="search")
    there = assign_strategies(graph.with_costs(graph.cost * old.multiplier), wanted)
    a, b = old.loading, there
    start = Loading(
        b.minutes, a.links + share * (b.links - a.links), a.waiting + share * (b.waiting - a.waiting), b.slope
    )
    now = before + share * (wanted - before)
    fresh = assign_crowded(graph, now, seats, places, gap=1e-5, most=2000, step="search")
    found = assign_crowded(graph, now, seats, places, gap=1e-5, most=2000, step="search", start=start)
    assert found.gap <= 1e-5 and fresh.gap <= 1e-5
    assert found.felt == pytest.approx(fresh.felt, rel=1e-3)
    out = np.bincount(graph.tail, weights=found.loading.links, minlength=graph.n)
    into = np.bincount(graph.head, weights=found.loading.links, minlength=graph.n)
    between = np.setdiff1d(np.arange(graph.n), [*graph.origins, *graph.destinations])
    assert out[between] == pytest.approx(into[between], abs=1e-6)
    with pytest.raises(InputError, match="loads to begin with"):
        assign_crowded(graph, now, seats, places, direct=np.full(now.shape, 99.0), start=start)
