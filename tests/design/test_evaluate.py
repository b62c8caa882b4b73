"""The exact evaluator against the literature, the route graph and 741 published route sets."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tndp_cases import instances_with_routes, mandl

from shaar.engine.design.evaluate import evaluate, fastest
from shaar.engine.design.reference import evaluate_by_route_graph
from shaar.engine.design.tndp import read_route_set, read_tndp
from shaar.engine.errors import InputError

# Classical route sets for Mandl's network with the values printed for them. ATT in minutes, shares in percent, TRT in
# minutes: Mumford (CEC 2013), table IV, best for passengers and for the operator.
GOLDEN = {
    "5-4-12-11-10-8-15-9;14-10-7-15-6-3-2-5;1-2-3-6-8-10-11-13;"
    "13-10-8-6-4-5-2-1;9-15-7-10-14-13-11-12;3-2-4-6-15-7-10-8": (
        10.3301, 94.54, 5.14, 0.32, 0.0, 224.0,
    ),
    "12-4;5-4-2-1;11-10-7-15-8-6-3-2;11-13;13-14;9-15": (15.1304, 59.34, 30.57, 9.06, 1.03, 63.0),
}  # fmt: skip


@pytest.mark.parametrize("text", GOLDEN)
def test_mandl_route_sets_have_the_values_printed_for_them(text):
    found = evaluate(mandl(6), read_route_set(text))
    printed = GOLDEN[text]
    assert round(found.att, 4) == printed[0]
    assert tuple(round(share, 2) for share in (found.d0, found.d1, found.d2, found.dun)) == printed[1:5]
    assert found.trt == printed[5]


@settings(max_examples=150, deadline=None)
@given(instances_with_routes())
def test_compact_evaluation_equals_the_route_graph(case):
    instance, routes = case
    fast, slow = evaluate(instance, routes), evaluate_by_route_graph(instance, routes)
    assert fast.att == pytest.approx(slow.att, rel=1e-12, abs=1e-12)
    for share in ("d0", "d1", "d2", "dun"):
        assert getattr(fast, share) == pytest.approx(getattr(slow, share), abs=1e-9)
    assert fast.trt == slow.trt


@settings(max_examples=50, deadline=None)
@given(instances_with_routes(), st.randoms(use_true_random=False))
def test_value_does_not_depend_on_order_or_direction_of_routes(case, random):
    instance, routes = case
    turned = [route[::-1] if random.random() < 0.5 else route for route in routes]
    random.shuffle(turned)
    here, there = evaluate(instance, routes), evaluate(instance, tuple(turned))
    assert there.att == pytest.approx(here.att, rel=1e-12)
    assert there.trt == pytest.approx(here.trt, rel=1e-12)


@settings(max_examples=50, deadline=None)
@given(instances_with_routes())
def test_another_route_never_slows_anybody(case):
    instance, routes = case
    with_all, _ = fastest(instance, routes)
    without, _ = fastest(instance, routes[1:])
    assert np.all(with_all <= without)


def test_unserved_trips_count_what_the_instance_says():
    instance = mandl(1, unserved_minutes=60.0)
    found = evaluate(instance, ((0, 1),))
    served = instance.demand[0, 1] + instance.demand[1, 0]
    total = instance.demand.sum()
    assert found.att == pytest.approx((8 * served + 60 * (total - served)) / total)
    assert found.dun == pytest.approx(100 * (1 - served / total))
    assert evaluate(mandl(1), ((0, 1),)).att == np.inf


def test_routes_off_the_network_are_refused():
    with pytest.raises(InputError, match="route 1 runs 0 - 14"):
        evaluate(mandl(1), ((0, 14),))
    with pytest.raises(InputError, match="route 2 names node 15"):
        evaluate(mandl(2), ((0, 1), (0, 15)))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "count"), [("mandl", 221), ("mumford0", 108), ("mumford1", 106), ("mumford2", 145), ("mumford3", 161)]
)
def test_published_route_sets_have_their_published_values(shared_data: Path, name: str, count: int):
    folder = shared_data / "tndp" / name
    instance = read_tndp(folder, n_routes=1, min_nodes=2, max_nodes=200)
    with (folder / "solutions.csv").open() as table:
        rows = list(csv.DictReader(table))
    assert len(rows) == count
    for row in rows:
        found = evaluate(instance, read_route_set(row["routes"]))
        assert found.att == pytest.approx(float(row["ATT"]), abs=1e-6), row["label"]
        assert found.trt == float(row["TRT"]), row["label"]
        for share in ("d0", "d1", "d2", "dun"):
            assert getattr(found, share) == pytest.approx(float(row[share]), abs=1e-4), (row["label"], share)
