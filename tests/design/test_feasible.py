"""The judge of route sets finds each broken rule, and nothing in a good set."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tndp_cases import mandl

from shaar.engine.design.feasible import violations
from shaar.engine.design.tndp import read_route_set

GOOD = read_route_set("12-4;5-4-2-1;11-10-7-15-8-6-3-2;11-13;13-14;9-15")


def test_a_good_route_set_has_no_violation():
    assert violations(mandl(6), GOOD) == []


@pytest.mark.parametrize(
    ("routes", "sentence"),
    [
        (GOOD[:5], "There are 5 routes instead of 6."),
        ((*GOOD[:5], (8,)), "Route 6 has 1 nodes instead of 2 to 8."),
        ((*GOOD[:5], (8, 14, 8)), "Route 6 visits node 8 more than once."),
        ((*GOOD[:5], (8, 0)), "Route 6 runs 8 - 0, which is no link drivable in both directions."),
        ((*GOOD[:5], (8, 15)), "Route 6 names node 15, which does not exist."),
        ((*GOOD[:5], (14, 5)), "1 nodes that must be served are not: 8."),
        (
            tuple(route for route in read_route_set("12-4;5-4-2-1;11-10;7-15-8-6-3-2;11-13-14;9-15")),
            "The routes fall into 2 pieces that no transfer connects.",
        ),
    ],
)
def test_each_broken_rule_is_named(routes, sentence):
    assert sentence in violations(mandl(6), routes)


def test_terminals_and_run_time_are_kept():
    terminal = np.ones(15, dtype=bool)
    terminal[0] = False
    instance = mandl(6, terminal=terminal, max_minutes=20.0)
    assert violations(instance, GOOD) == [
        "Route 2 ends at node 0, which is no terminal.",
        "Route 3 takes 23.00 minutes, more than 20.00 allowed.",
    ]


def test_longer_direction_counts():
    instance = mandl(6)
    time = instance.time.copy()
    time[1, 0] = 30.0
    assert violations(replace(instance, time=time, max_minutes=36.9), GOOD) == [
        "Route 2 takes 37.00 minutes, more than 36.90 allowed."
    ]


def test_where_unserved_trips_are_allowed_only_must_cover_binds():
    must = np.zeros(15, dtype=bool)
    must[8] = True
    instance = mandl(1, unserved_minutes=60.0, must_cover=must)
    assert violations(instance, ((8, 14),)) == []
    assert violations(instance, ((0, 1),)) == ["1 nodes that must be served are not: 8."]


def test_detour_is_counted_from_end_to_end_in_each_direction():
    winding = read_route_set("12-4;5-4-2-1;11-10-7-15-8-6-4-12;11-13;13-14;9-15-8-6-3-2")
    # 11 - 12 takes 10 minutes; round by 10, 7, 15, 8, 6, 4 it is 5 + 7 + 2 + 2 + 2 + 4 + 10 = 32.
    sentences = violations(mandl(6, max_detour=3.1), winding)
    assert sentences == [
        "Route 3 takes 32.00 minutes from node 10 to node 11, more than 3.1 times the 10.00 of the fastest way.",
        "Route 3 takes 32.00 minutes from node 11 to node 10, more than 3.1 times the 10.00 of the fastest way.",
    ]
    assert violations(mandl(6, max_detour=3.2), winding) == []
