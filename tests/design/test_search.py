"""The search: quality on Mandl, reproducibility, limits, stopping, impossible wishes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tndp_cases import instances_with_routes, mandl

from shaar.engine.design.evaluate import evaluate
from shaar.engine.design.feasible import violations
from shaar.engine.design.search import search
from shaar.engine.errors import InputError, ShaarError

# Mean travel times of the best published passenger solutions: Ahmed, Mumford and Kheiri (EJOR 2019).
BEST_PUBLISHED = {4: 10.48, 6: 10.18, 7: 10.10, 8: 10.08}


@pytest.mark.parametrize("n_routes", BEST_PUBLISHED)
def test_mandl_reaches_the_best_published_value(n_routes):
    instance = mandl(n_routes)
    found = search(instance, iterations=400_000, seed=1)
    assert round(found.att, 2) <= BEST_PUBLISHED[n_routes]
    assert violations(instance, found.routes) == []
    exact = evaluate(instance, found.routes)
    assert (found.att, found.trt) == (exact.att, exact.trt)


def test_same_seed_same_result_and_other_seed_another_way():
    instance = mandl(6)
    one, two = (search(instance, iterations=20_000, seed=3) for _ in range(2))
    assert (one.routes, one.att, one.iterations) == (two.routes, two.att, two.iterations)
    assert [point[::2] for point in one.trace][-1] == [point[::2] for point in two.trace][-1]
    other = search(instance, iterations=20_000, seed=4)
    assert [point[::2] for point in other.trace] != [point[::2] for point in one.trace]


def test_result_does_not_depend_on_threads(monkeypatch):
    instance = mandl(4)
    many = search(instance, iterations=5_000, seed=5, chains=3)
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    one = search(instance, iterations=5_000, seed=5, chains=3)
    assert many.routes == one.routes
    alone = search(instance, iterations=5_000, seed=5, chains=1)
    assert many.att <= alone.att


def test_more_iterations_are_never_worse():
    instance = mandl(8)
    values = [search(instance, iterations=count, seed=7).att for count in (500, 2_000, 8_000, 32_000)]
    assert values == sorted(values, reverse=True)
    assert values[-1] < values[0]


@settings(max_examples=40, deadline=None)
@given(instances_with_routes(), st.integers(0, 99))
def test_whatever_is_found_is_feasible_and_no_worse_than_its_start(case, seed):
    instance, routes = case
    instance = replace(instance, unserved_minutes=80.0)
    begun = evaluate(instance, routes)
    found = search(instance, iterations=600, seed=seed, start=routes)
    assert violations(instance, found.routes) == []
    assert found.att <= begun.att + 0.05  # times are rounded to 16 bits in the search


@pytest.mark.parametrize("cap", [63.0, 80.0, 120.0, 170.0])
def test_total_route_time_is_capped(cap):
    instance = mandl(6)
    found = search(instance, iterations=120_000, seed=2, total_cap=cap)
    assert found.trt <= cap
    assert violations(instance, found.routes) == []


def test_weight_on_route_time_shortens_routes():
    instance = mandl(6)
    free = search(instance, iterations=60_000, seed=2)
    dear = search(instance, iterations=60_000, seed=2, total_weight=0.05)
    assert dear.trt < free.trt
    assert dear.att + 0.05 * dear.trt < free.att + 0.05 * free.trt


def test_deadline_is_kept_and_cuts_the_same_trajectory_short():
    instance = mandl(6)
    search(instance, iterations=10)  # compile
    found = search(instance, seconds=0.4, seed=9)
    assert 0.3 < found.seconds < 3.0
    again = search(instance, iterations=found.iterations, seed=9)
    assert again.routes == found.routes


def test_interrupt_returns_the_best_so_far():
    def stop(stage, done, total=None, note=""):
        raise KeyboardInterrupt

    found = search(mandl(6), seconds=60.0, progress=stop)
    assert found.interrupted
    assert found.seconds < 20.0
    assert violations(mandl(6), found.routes) == []


def test_directed_times_terminals_and_required_nodes():
    rng = np.random.default_rng(0)
    plain = mandl(5)
    time = plain.time * rng.uniform(0.8, 1.3, plain.time.shape)
    terminal = np.isin(np.arange(15), [0, 4, 8, 9, 11, 12])
    must = np.isin(np.arange(15), [8, 13])
    instance = replace(
        plain, time=time, terminal=terminal, must_cover=must, max_minutes=45.0, unserved_minutes=60.0, min_nodes=3
    )
    found = search(instance, iterations=40_000, seed=1)
    assert violations(instance, found.routes) == []
    assert found.att < 12.5


@pytest.mark.parametrize("detour", [1.0, 1.3])
def test_detour_limit_is_kept(detour):
    rng = np.random.default_rng(4)
    plain = mandl(6, max_detour=detour)
    instance = replace(plain, time=plain.time * rng.uniform(0.9, 1.2, plain.time.shape))
    found = search(instance, iterations=20_000, seed=1)
    assert violations(instance, found.routes) == []
    assert found.att > search(replace(instance, max_detour=np.inf), iterations=20_000, seed=1).att


@pytest.mark.parametrize(
    ("changes", "wish", "sentence"),
    [
        ({"demand": np.zeros((15, 15))}, {}, "no demand"),
        ({"n_routes": 1}, {}, "15 nodes must be served, but 1 routes of at most 8 nodes serve at most 8"),
        ({"terminal": np.zeros(15, dtype=bool)}, {}, "two terminals"),
        ({"max_minutes": 7.0}, {}, "no route between terminals through nodes 0, 8, 11"),
        ({}, {"total_cap": 50.0}, "any route set needs at least 63"),
        ({"terminal": np.arange(15) != 8}, {}, "can pass node 8 without coming back"),
        ({"min_nodes": 9}, {}, "min_nodes <= max_nodes"),
        ({"max_detour": 0.9}, {}, "at least 1"),
        (
            {"max_detour": 1.1, "terminal": np.isin(np.arange(15), [8, 0, 4])},
            {},
            "through nodes 6, 9, 10, 11, 12, 13 keeps within 1.1 times",
        ),
    ],
)
def test_impossible_wishes_are_refused_in_one_sentence(changes, wish, sentence):
    with pytest.raises(InputError, match=sentence):
        search(replace(mandl(6), **changes), iterations=10, **wish)


def test_unreachable_nodes_are_named():
    instance = mandl(6)
    time = instance.time.copy()
    time[8, 14] = np.inf  # one direction is enough: a route has to come back
    with pytest.raises(InputError, match="node 8 cannot be reached"):
        search(replace(instance, time=time), iterations=10)


def test_what_was_not_found_is_said():
    with pytest.raises(ShaarError, match="no routes within a total route time of 63 minutes were found"):
        search(mandl(4, min_nodes=5), iterations=300, total_cap=63.0)


def test_search_needs_an_end():
    with pytest.raises(InputError, match="seconds, iterations or both"):
        search(mandl(4))


def test_fixed_routes_stay_and_count():
    instance = mandl(4)
    fixed = ((0, 1, 2, 5, 7, 9, 10, 12, 13), (8, 14, 8))  # too long and back on itself: rules are for new routes only
    found = search(instance, iterations=40_000, seed=1, fixed=fixed, total_cap=170.0)
    assert len(found.routes) == 4
    assert violations(instance, found.routes, fixed) == []
    exact = evaluate(instance, (*found.routes, *fixed))
    assert (found.att, found.trt) == (exact.att, exact.trt)
    assert found.trt <= 170.0
    # the same four routes alone miss node 8, which only a fixed route serves, or lose time
    alone = replace(instance, unserved_minutes=90.0, must_cover=np.zeros(15, dtype=bool))
    assert evaluate(alone, found.routes).att > found.att


def test_fixed_routes_relieve_the_others():
    instance = mandl(1)
    with pytest.raises(InputError, match="15 nodes must be served"):
        search(instance, iterations=100)
    fixed = tuple((a - 1, b - 1) for a, b in ((1, 2), (9, 15), (4, 12), (4, 5), (2, 4), (11, 13), (13, 14), (2, 3)))
    found = search(instance, iterations=3_000, seed=1, fixed=fixed)
    assert violations(instance, found.routes, fixed) == []
    with pytest.raises(InputError, match="runs 0 - 14"):
        search(instance, iterations=100, fixed=((0, 14),))
