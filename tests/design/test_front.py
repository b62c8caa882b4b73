"""The sweep: non-dominated, feasible, reproducible, going on over sittings, as good as published on Mandl."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tndp_cases import instances_with_routes, mandl

from shaar.engine.design.evaluate import evaluate
from shaar.engine.design.feasible import violations
from shaar.engine.design.front import dominates, front
from shaar.engine.design.front_file import read_front, thinned
from shaar.engine.design.search import SearchResult
from shaar.engine.errors import InputError


def figures(points):
    return [(one.trt, one.att) for one in points]


def test_front_is_non_dominated_and_falls():
    points = front(mandl(6), iterations=150_000, caps=5)
    assert len(points) >= 30
    for a in points:
        assert not any(dominates(b, a) for b in points)
    assert [p.trt for p in points] == sorted((p.trt for p in points), reverse=True)
    assert [p.att for p in points] == sorted(p.att for p in points)


def test_front_covers_published_points_of_mandl():
    # SEAMO2 (Mumford, CEC 2013), operator view; GA (Chew et al. 2013); hyper-heuristic (Ahmed et al. 2019).
    points = front(mandl(4), iterations=1_200_000, seed=1)
    for trt, att in ((63, 13.8755), (137, 10.5613), (150, 10.5035), (148, 10.485)):
        assert min(one.att for one in points if one.trt <= trt) <= att, (trt, att)


@settings(max_examples=15, deadline=None)
@given(instances_with_routes(), st.integers(0, 99), st.sampled_from([1.2, 2.0, np.inf]))
def test_every_route_set_of_a_front_is_feasible_and_exactly_valued(case, seed, detour):
    instance, routes = case
    instance = replace(instance, unserved_minutes=80.0, max_detour=detour)
    points = front(instance, iterations=800, seed=seed, caps=3, fixed=routes[:1])
    for one in points:
        assert violations(instance, one.routes, routes[:1]) == []
        exact = evaluate(instance, (*one.routes, *routes[:1]))
        assert (one.att, one.trt) == (exact.att, exact.trt)


def test_proposals_make_a_front_reproducible_on_any_number_of_threads(monkeypatch):
    one = front(mandl(6), iterations=40_000, seed=3, chains=2)
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    two = front(mandl(6), iterations=40_000, seed=3, chains=2)
    assert [point.routes for point in one] == [point.routes for point in two]


def test_sittings_add_up(tmp_path: Path):
    store = tmp_path / "front.csv"
    instance = mandl(6)
    first = front(instance, iterations=40_000, store=store)
    visits = read_front(store, instance).visits
    second = front(instance, iterations=200_000, store=store)
    assert read_front(store, instance).visits > visits
    assert read_front(store, instance).evaluations > first[0].evaluations
    assert all(any(b.trt <= a.trt and b.att <= a.att for b in second) for a in first)
    assert figures(second) != figures(first)
    stored = [evaluate(instance, routes) for routes in read_front(store, instance).routes]
    assert [(value.trt, value.att) for value in stored] == figures(second)


def test_a_store_of_another_problem_is_refused(tmp_path: Path):
    store = tmp_path / "front.csv"
    front(mandl(6), iterations=2_000, store=store)
    with pytest.raises(InputError, match="another problem"):
        front(mandl(6, max_nodes=7), iterations=2_000, store=store)
    store.write_text("trt,att,routes\n")
    with pytest.raises(InputError, match="line 1"):
        front(mandl(6), iterations=2_000, store=store)


def test_thinning_keeps_the_ends_and_spreads_evenly():
    points = [SearchResult((), 100.0 / k, float(k), 0, 0.0, ()) for k in range(1, 1001)]
    few = thinned(points, 50)
    assert len(few) <= 50
    assert few[0] is points[0]
    assert few[-1] is points[-1]
    ratios = [b.trt / a.trt for a, b in pairwise(few[15:])]
    assert max(ratios) < 1.25


@pytest.mark.parametrize(("wish", "sentence"), [({}, "seconds, iterations"), ({"iterations": 9, "caps": 0}, "caps")])
def test_what_makes_no_sense_is_refused(wish, sentence):
    with pytest.raises(InputError, match=sentence):
        front(mandl(4), **wish)
