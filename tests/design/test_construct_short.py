"""Short route sets: feasible, repeatable, as short as enumeration says, and a start that reaches published networks."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, reject, settings
from hypothesis import strategies as st
from tndp_cases import instances_with_routes, mandl

from shaar.engine.design import limits
from shaar.engine.design.construct import construct
from shaar.engine.design.construct_short import construct_short
from shaar.engine.design.evaluate import evaluate, total_route_time
from shaar.engine.design.feasible import violations
from shaar.engine.design.front import front
from shaar.engine.design.instance import Instance, RouteSet
from shaar.engine.design.kernels_archive import new_archive
from shaar.engine.design.problem import pack
from shaar.engine.design.state import ATT, BAD, TRT, new_state
from shaar.engine.design.tndp import read_tndp
from shaar.engine.errors import InputError


def shortest(instance: Instance, steps: int, seed: int = 0, fixed: RouteSet = ()) -> tuple[bool, RouteSet, float]:
    p = pack(instance, fixed)
    state = new_state(p, seed, 0, np.inf, 0.0, new_archive(p, 0.0, 500.0, False))
    if construct(p, state) < instance.n_routes:
        reject()
    found = construct_short(p, state, steps, lambda: True)
    routes = tuple(tuple(int(v) for v in state.routes[r, : state.length[r]]) for r in range(instance.n_routes))
    if found and state.tally[BAD] == 0:  # in 16-bit times; too coarse only where rides take four times the longest way
        assert state.archive.att.min() == state.number[ATT]
    return found, routes, float(state.number[TRT])


@settings(max_examples=40, deadline=None)
@given(instances_with_routes(), st.integers(0, 2**32 - 1), st.sampled_from([1.5, np.inf]), st.booleans())
def test_short_routes_keep_every_rule_and_depend_on_the_seed_alone(case, seed, detour, kept):
    instance, routes = case
    rng = np.random.default_rng(seed)
    instance = replace(
        instance, max_detour=detour, max_minutes=float(rng.choice([30.0, np.inf])),
        terminal=rng.random(instance.n) < 0.8, must_cover=rng.random(instance.n) < 0.5,
    )  # fmt: skip
    fixed = routes[:1] if kept else ()
    try:
        limits.check(instance, None, fixed)
    except InputError:
        assume(False)
    found, made, trt = shortest(instance, 3_000, seed, fixed)
    assert (found, made, trt) == shortest(instance, 3_000, seed, fixed)
    broken = violations(instance, made, fixed)
    assert not (found and broken), broken
    assert trt == pytest.approx(evaluate(instance, (*made, *fixed)).trt, abs=1e-9)


@pytest.mark.parametrize("n_routes", [4, 6, 7, 8])
def test_mandl_is_served_in_the_minutes_of_a_minimum_spanning_tree(n_routes):
    instance = mandl(n_routes)
    _, routes, trt = shortest(instance, 200_000)
    assert violations(instance, routes) == []
    assert trt == limits.least_total(instance) == 63.0


def grid(same: bool) -> Instance:
    """Three by three nodes, routes of four to six nodes between seven terminals; times all different."""
    rng = np.random.default_rng(5)
    time = np.full((9, 9), np.inf)
    for a, b in combinations(range(9), 2):
        if abs(a // 3 - b // 3) + abs(a % 3 - b % 3) == 1:
            time[a, b] = rng.uniform(1.0, 9.0)
            time[b, a] = time[a, b] if same else rng.uniform(1.0, 9.0)
    return Instance(
        name="grid", time=time, demand=np.ones((9, 9)) - np.eye(9), xy=np.zeros((9, 2)), n_routes=2, min_nodes=4,
        max_nodes=6, transfer_penalty=5.0, terminal=np.arange(9) % 5 < 4, must_cover=np.ones(9, dtype=bool),
    )  # fmt: skip


def least_by_enumeration(instance: Instance) -> float:
    paths = [(v,) for v in range(instance.n)]
    whole = []
    while paths:
        paths = [
            (*path, int(v)) for path in paths for v in np.flatnonzero(np.isfinite(instance.time[path[-1]]))
            if v not in path and len(path) < instance.max_nodes
        ]  # fmt: skip
        whole += [path for path in paths if len(path) >= instance.min_nodes and path[0] < path[-1]]
    minutes = np.array([total_route_time(instance, (path,)) for path in whole])
    total = np.add.outer(minutes, minutes)
    for at in np.argsort(total, axis=None):
        a, b = np.unravel_index(at, total.shape)
        if len({*whole[a], *whole[b]}) == instance.n and not violations(instance, (whole[a], whole[b])):
            return float(total[a, b])
    raise AssertionError("no two routes serve the grid")


@pytest.mark.parametrize("same", [True, False])
def test_the_shortest_routes_of_a_grid_are_those_of_enumeration(same):
    instance = grid(same)
    found, _, trt = shortest(instance, 20_000)
    assert found
    assert trt == pytest.approx(least_by_enumeration(instance), abs=1e-9)


def test_routes_are_shortened_only_as_long_as_wished():
    p = pack(mandl(6))
    state = new_state(p, 0, 0, np.inf, 0.0)
    assert construct(p, state) == 6
    asked = []
    construct_short(p, state, 10**12, lambda: asked.append(1) or len(asked) < 3)
    assert len(asked) == 3


def test_the_short_end_of_a_front_leaves_the_rest_as_good():
    points = front(mandl(6), iterations=60_000, seed=2)
    assert points[-1].trt == 63.0
    assert points[0].att < 10.25  # 10.18 is the best known
    assert all(a.trt > b.trt for a, b in pairwise(points))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "rules", "trt", "att", "iterations"),
    [("mumford1", (15, 10, 30), 408.0, 39.45, 600_000), ("mumford2", (56, 10, 22), 1330.0, 46.86, 300_000)],
)
def test_published_operator_networks_are_dominated(shared_data: Path, name, rules, trt, att, iterations):
    # Ahmed, Mumford and Kheiri (2019), operator view.
    n_routes, min_nodes, max_nodes = rules
    instance = read_tndp(shared_data / "tndp" / name, n_routes=n_routes, min_nodes=min_nodes, max_nodes=max_nodes)
    points = front(instance, iterations=iterations)
    assert any(one.trt <= trt and one.att < att for one in points)
