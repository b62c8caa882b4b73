"""One-way links are driven back by the fastest streets, and nothing that can be served is lost."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tndp_cases import networks

from shaar.engine.design.evaluate import evaluate
from shaar.engine.design.instance import Instance
from shaar.engine.design.limits import check
from shaar.engine.design.network import components, is_symmetric
from shaar.engine.design.one_way import with_return_drives
from shaar.engine.design.tndp import read_tndp


def city(n: int, links: list[tuple[int, int, float]]) -> Instance:
    time = np.full((n, n), np.inf)
    for a, b, minutes in links:
        time[a, b] = minutes
    return Instance(
        name="city", time=time, demand=np.ones((n, n)) - np.eye(n), xy=np.zeros((n, 2)), n_routes=1, min_nodes=2,
        max_nodes=n, transfer_penalty=5.0, terminal=np.ones(n, dtype=bool), must_cover=np.ones(n, dtype=bool),
    )  # fmt: skip


#: 0 -> 1 -> 3 on the way out, 3 -> 2 -> 0 on the way back; 3 - 4 both ways.
PAIR = [(0, 1, 1.0), (1, 3, 2.0), (3, 2, 3.0), (2, 0, 4.0), (3, 4, 5.0), (4, 3, 5.0)]


def test_a_one_way_link_is_driven_back_round_the_block():
    found = with_return_drives(city(5, PAIR))
    time = found.instance.time
    assert (time[1, 0], time[3, 1], time[2, 3], time[0, 2]) == (2 + 3 + 4, 3 + 4 + 1, 4 + 1 + 2, 1 + 2 + 3)
    assert (time[3, 4], time[4, 3], time[0, 1]) == (5, 5, 1)
    assert np.isinf(time[0, 3])
    assert (found.one_way, found.left_out, found.lost) == (4, (), 0.0)


def test_passengers_ride_the_return_drive():
    found = with_return_drives(city(5, PAIR)).instance
    there_and_back = [(found.time[a, b], found.time[b, a]) for a, b in pairwise((2, 0, 1, 3, 4))]
    assert there_and_back == [(4, 6), (1, 9), (2, 8), (5, 5)]
    assert evaluate(found, ((2, 0, 1, 3, 4),)).trt == (4 + 1 + 2 + 5 + 6 + 9 + 8 + 5) / 2


def test_a_dead_end_that_no_bus_can_leave_is_named():
    found = with_return_drives(city(6, [*PAIR, (4, 5, 1.0)]))
    assert found.left_out == (5,)
    assert found.lost == pytest.approx(10 / 30)
    assert not np.isfinite(found.instance.time[5]).any()
    assert not np.isfinite(found.instance.time[:, 5]).any()
    assert not found.instance.must_cover[5]
    check(found.instance)


@settings(max_examples=80, deadline=None)
@given(networks(), st.integers(0, 2**32 - 1))
def test_every_drive_is_possible_and_none_is_slower_than_before(instance: Instance, seed: int):
    cut = np.random.default_rng(seed).random(instance.time.shape) < 0.3  # many one-way links
    instance.time[cut] = np.inf
    found = with_return_drives(instance)
    time, was = found.instance.time, instance.time.copy()
    np.fill_diagonal(was, 0.0)
    fastest = was.copy()
    for k in range(instance.n):  # Floyd and Warshall
        fastest = np.minimum(fastest, fastest[:, k : k + 1] + fastest[k])
    inside = np.isin(np.arange(instance.n), found.left_out, invert=True)
    links = np.isfinite(time)
    assert np.array_equal(links, links.T)
    assert not links[~inside].any()
    both = np.ix_(inside, inside)
    assert np.array_equal(links[both], (np.isfinite(instance.time) | np.isfinite(instance.time.T))[both])
    given_links = links & np.isfinite(instance.time)
    assert np.array_equal(time[given_links], instance.time[given_links])
    assert time[links & ~given_links] == pytest.approx(fastest[links & ~given_links])
    assert len(set(components(found.instance)[inside].tolist())) == 1


@settings(max_examples=20, deadline=None)
@given(networks())
def test_nothing_changes_where_every_link_runs_both_ways(instance: Instance):
    one = np.isfinite(instance.time) & ~np.isfinite(instance.time.T)
    instance.time[one] = np.inf
    found = with_return_drives(instance)
    assert (found.one_way, found.left_out) == (0, ())
    assert np.array_equal(found.instance.time, instance.time)
    assert np.array_equal(found.instance.demand, instance.demand)


def test_every_stop_of_goettingen_can_be_served(shared_data: Path):
    plain = read_tndp(shared_data / "tndp" / "goettingen", n_routes=22, min_nodes=5, max_nodes=40)
    found = with_return_drives(plain)
    assert (found.one_way, found.left_out, found.lost) == (108, (), 0.0)
    assert not is_symmetric(found.instance)
    check(found.instance)
