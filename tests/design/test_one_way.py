"""One-way streets: opposite stops become one node, and nothing that can be served is lost."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tndp_cases import networks

from shaar.engine.design.instance import Instance
from shaar.engine.design.limits import check
from shaar.engine.design.network import components
from shaar.engine.design.one_way import group_one_way
from shaar.engine.design.tndp import read_tndp
from shaar.engine.errors import InputError


def city(n: int, links: list[tuple[int, int, float]], places: list[tuple[float, float]]) -> Instance:
    time = np.full((n, n), np.inf)
    for a, b, minutes in links:
        time[a, b] = minutes
    demand = np.ones((n, n)) - np.eye(n)
    return Instance(
        name="city", time=time, demand=demand, xy=np.array(places, dtype=float), n_routes=1, min_nodes=2, max_nodes=n,
        transfer_penalty=5.0, terminal=np.ones(n, dtype=bool), must_cover=np.ones(n, dtype=bool),
    )  # fmt: skip


def test_the_two_streets_of_a_one_way_pair_become_one():
    # 0 -> 1 -> 3 on the way out, 3 -> 2 -> 0 on the way back; 3 - 4 both ways.
    pair = city(
        5,
        [(0, 1, 1), (1, 3, 2), (3, 2, 3), (2, 0, 4), (3, 4, 5), (4, 3, 5)],
        [(0, 0), (300, 50), (300, -50), (600, 0), (900, 0)],
    )
    found = group_one_way(pair, 100.0)
    assert found.members == ((0,), (1, 2), (3,), (4,))
    assert found.left_out == ()
    assert found.instance.time[0, 1] == 1
    assert found.instance.time[1, 0] == 4
    assert found.instance.time[1, 2] == 2
    assert found.instance.time[2, 1] == 3
    assert found.instance.demand[1, 0] == 2
    assert found.walked == pytest.approx(2 / 20)
    assert found.lost == 0
    assert found.instance.xy[1] == pytest.approx([300, 0])


def test_stops_too_far_apart_stay_and_are_named():
    pair = city(
        5,
        [(0, 1, 1), (1, 3, 2), (3, 2, 3), (2, 0, 4), (3, 4, 5), (4, 3, 5)],
        [(0, 0), (300, 50), (300, -50), (600, 0), (900, 0)],
    )
    found = group_one_way(pair, 99.0)
    assert found.members == ((3,), (4,))
    assert found.left_out == (0, 1, 2)
    assert found.lost == pytest.approx(18 / 20)


def test_a_one_way_loop_is_folded_and_its_round_trip_stays():
    # 1 -> 2 -> 3 -> 4 -> 5 -> 6 -> 1 hangs on 0 - 1; stops 2 and 6, 3 and 5 lie face to face.
    loop = city(
        7,
        [(0, 1, 2), (1, 0, 2), (1, 2, 1), (2, 3, 2), (3, 4, 3), (4, 5, 4), (5, 6, 5), (6, 1, 6)],
        [(-300, 0), (0, 0), (200, 50), (400, 50), (600, 0), (400, -50), (200, -50)],
    )
    found = group_one_way(loop, 150.0)
    assert found.members == ((0,), (1,), (2, 6), (3, 5), (4,))
    line = [1, 2, 3, 4]
    there = sum(found.instance.time[a, b] for a, b in pairwise(line))
    back = sum(found.instance.time[b, a] for a, b in pairwise(line))
    assert (there, back) == (1 + 2 + 3, 4 + 5 + 6)


def test_a_distance_below_zero_is_refused():
    with pytest.raises(InputError, match="not below zero"):
        group_one_way(city(2, [(0, 1, 1), (1, 0, 1)], [(0, 0), (1, 0)]), -1.0)


@settings(max_examples=60, deadline=None)
@given(networks(), st.floats(0, 10), st.integers(0, 2**32 - 1))
def test_every_stop_is_in_one_place_and_trips_are_conserved(instance: Instance, reach: float, seed: int):
    rng = np.random.default_rng(seed)
    instance.xy[:] = rng.uniform(0, 10, instance.xy.shape)
    cut = rng.random(instance.time.shape) < 0.3  # many more one-way links
    instance.time[cut] = np.inf
    found = group_one_way(instance, reach)
    stops = sorted([*(v for group in found.members for v in group), *found.left_out])
    assert stops == list(range(instance.n))
    assert list(found.members) == sorted(found.members)
    total = instance.demand.sum()
    assert found.instance.demand.sum() / total + found.walked + found.lost == pytest.approx(1.0)
    assert len(set(components(found.instance).tolist())) == 1
    for group in found.members:
        assert all(np.hypot(*(instance.xy[a] - instance.xy[b])) <= reach for a in group for b in group)
    where = {v: g for g, group in enumerate(found.members) for v in group}
    for a, b in zip(*np.nonzero(np.isfinite(instance.time))):
        if a in where and b in where and where[a] != where[b]:
            assert found.instance.time[where[a], where[b]] <= instance.time[a, b]


@settings(max_examples=20, deadline=None)
@given(networks())
def test_nothing_changes_where_two_way_links_connect_everything(instance: Instance):
    found = group_one_way(instance, 1e9)
    assert found.members == tuple((v,) for v in range(instance.n))
    assert np.array_equal(found.instance.time, instance.time)
    assert np.array_equal(found.instance.demand, instance.demand)


def test_goettingen_is_whole_within_a_walk_of_400_metres(shared_data: Path):
    plain = read_tndp(shared_data / "tndp" / "goettingen", n_routes=22, min_nodes=5, max_nodes=40)
    found = group_one_way(plain, 400.0)
    assert (found.instance.n, found.left_out) == (228, ())
    assert found.walked == pytest.approx(207 / 406146, abs=1e-9)
    check(found.instance)
