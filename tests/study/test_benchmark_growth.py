"""Generated street networks and the rates measured on them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from shaar.engine.design import limits
from shaar.engine.errors import InputError
from shaar.engine.study.benchmark_growth import SIZES, exponent, speeds, street_network, table


@pytest.mark.parametrize("n", SIZES)
def test_street_networks_are_connected_planar_and_keep_their_rules(n: int):
    streets = street_network(n)
    links = np.isfinite(streets.time)
    assert connected_components(csr_matrix(links))[0] == 1
    assert np.array_equal(streets.time, streets.time.T)
    assert links.sum() // 2 <= 3 * n - 6  # Euler: no planar graph has more
    assert not streets.demand.diagonal().any()
    assert streets.demand.sum() > 0
    assert streets.n_routes == streets.max_nodes == round(2 * n**0.5)
    limits.check(streets)


def test_street_networks_are_gabriel_graphs():
    streets = street_network(40, seed=3)
    rng = np.random.default_rng(0)
    pairs = rng.integers(0, 40, (300, 2))
    for a, b in pairs[pairs[:, 0] != pairs[:, 1]]:
        centre, radius = (streets.xy[a] + streets.xy[b]) / 2, np.hypot(*(streets.xy[a] - streets.xy[b])) / 2
        others = np.delete(streets.xy, [a, b], axis=0)
        assert np.isfinite(streets.time[a, b]) == (np.hypot(*(others - centre).T).min() >= radius - 1e-12)


def test_street_networks_depend_on_the_seed_alone():
    assert np.array_equal(street_network(30, 1).demand, street_network(30, 1).demand)
    assert not np.array_equal(street_network(30, 1).xy, street_network(30, 2).xy)


def test_too_few_nodes_are_refused():
    with pytest.raises(InputError, match="at least 4 nodes, not 3"):
        street_network(3)


def test_exponent_is_the_power_of_the_time():
    nodes = np.array([10, 30, 100])
    assert exponent(nodes, 7.0 / nodes**2.5) == pytest.approx(2.5)


def test_rates_are_above_zero_and_consistent():
    one = speeds(street_network(15), seconds=0.05)
    assert min(one.full, one.loaded, one.opened, one.inserted, one.evaluated) > 0
    assert one.proposed > one.evaluated
    assert one.inserted > one.loaded  # what the insertion is there for
    assert one.rounding < 0.01


def test_table_ends_with_the_fit():
    lines = table([street_network(15), street_network(30)], seconds=0.02)
    assert [line.split()[0] for line in lines[1:3]] == ["streets-15", "streets-30"]
    assert lines[-1].startswith("time ~ n^")
    assert len(lines[-1].split()) == 9
