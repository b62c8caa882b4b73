"""Low-stress connectivity on a network that can be worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from tests.routing.test_cycle_growth import grid_case, net_of

from shaar.engine.demand.parameters import load_parameters
from shaar.engine.routing.cycle_connectivity import connectivity
from shaar.engine.routing.cycle_network import Points

P = load_parameters("walking_cycling.csv")


def points(*nodes):
    return Points(np.array(nodes, np.int32), np.arange(len(nodes), dtype=np.int32), np.ones(len(nodes)))


def test_a_stressful_street_divides_the_calm_ones():
    net = grid_case()
    trips = np.array([[0, 30.0, 10.0], [0, 0, 0], [0, 0, 0]])
    one, two, three, four = connectivity(net, points(4, 0, 9), trips, P)
    assert [c.level for c in (one, two, three, four)] == [1, 2, 3, 4]
    assert [c.joined for c in (one, two, three, four)] == [0.75, 0.75, 0.75, 1.0]
    assert [c.served for c in (two, four)] == [0.75, 1.0]
    assert two.detour == 1.0
    assert two.by_point[0] == 0.75
    assert np.isnan(two.by_point[1:]).all()


def test_a_detour_beyond_what_people_accept_joins_but_does_not_serve():
    # straight 1000 s at stress 4, or 1900 s calm around
    arcs = [(0, 1, 1000, 4, 1), (0, 2, 950, 1, 1), (2, 1, 950, 2, 1)]
    one, two, _, four = connectivity(net_of(3, arcs), points(0, 1), np.array([[0, 5.0], [0, 0]]), P)
    assert (one.joined, two.joined, two.served, four.served) == (0.0, 1.0, 0.0, 1.0)
    assert two.detour == pytest.approx(1.9)


def test_a_crossing_counts_like_a_street():
    arcs = [(0, 1, 100, 1, 3)]
    got = connectivity(net_of(2, arcs), points(0, 1), np.array([[0, 1.0], [0, 0]]), P)
    assert [c.joined for c in got] == [0, 0, 1, 1]
