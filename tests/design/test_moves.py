"""Every move leaves a simple drivable path within the limits, and the chain's figures stay exact."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tndp_cases import instances_with_routes, mandl

from shaar.engine.design import limits
from shaar.engine.design.construct import construct
from shaar.engine.design.evaluate import evaluate
from shaar.engine.design.feasible import violations
from shaar.engine.design.kernels_anneal import anneal, load
from shaar.engine.design.moves import PAIR_MOVES, SINGLE_MOVES
from shaar.engine.design.problem import pack
from shaar.engine.design.state import ATT, TRT, new_state
from shaar.engine.errors import InputError


def current(state, p):
    return tuple(tuple(int(v) for v in state.routes[r, : state.length[r]]) for r in range(p.n_routes))


def loaded(instance, routes, seed=0, fixed=()):
    p = pack(instance, fixed)
    state = new_state(p, seed, 0, np.inf, 0.0)
    nodes = np.zeros((p.n_routes, p.max_nodes + 2), np.int32)
    for r, route in enumerate(routes):
        nodes[r, : len(route)] = route
    load(p, state, nodes, np.array([len(route) for route in routes], np.int32))
    return p, state


@settings(max_examples=60, deadline=None)
@given(instances_with_routes(), st.integers(0, 1000), st.integers(0, 2))
def test_any_sequence_of_moves_keeps_the_rules_and_the_exact_value(case, seed, stay):
    instance, routes = case
    routes, fixed = (routes[stay:], routes[:stay]) if len(routes) > stay else (routes, ())
    # so that any set of paths is feasible
    instance = replace(instance, unserved_minutes=60.0, n_routes=len(routes))
    p, state = loaded(instance, routes, seed, fixed)
    for step in range(6):
        anneal(p, state, (step + 1) * 40, 0, 240, 3.0, 3.0)
        now = current(state, p)
        assert violations(instance, now, fixed) == []
        exact = evaluate(instance, (*now, *fixed))
        rounding = 1e-5 if p.unit == 1.0 else instance.n * 2.0 / p.unit
        assert state.number[ATT] == pytest.approx(exact.att, abs=rounding)
        assert state.number[TRT] == pytest.approx(exact.trt, abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 10_000), st.sampled_from([5.0, 25.0, 60.0]), st.integers(2, 5), st.integers(0, 2**14),
    st.sampled_from([1.0, 1.4, np.inf]),
)  # fmt: skip
def test_moves_keep_terminals_run_time_and_detour(seed, spare, min_nodes, ends, detour):
    terminal = np.array([(ends >> k) & 1 for k in range(15)], dtype=bool)
    terminal[[0, 8, 11, 13]] = True
    instance = mandl(
        6, terminal=terminal, min_nodes=min_nodes, max_minutes=20.0 + spare, unserved_minutes=60.0,
        must_cover=np.zeros(15, dtype=bool), max_detour=detour,
    )  # fmt: skip
    limits.check(instance)
    p = pack(instance)
    state = new_state(p, seed, 0, np.inf, 0.0)
    if construct(p, state) < p.n_routes:
        return
    assert violations(instance, current(state, p)) == []
    anneal(p, state, 1000, 0, 1000, 1.0, 0.01)
    assert violations(instance, current(state, p)) == []


def test_every_move_is_proposed_and_taken_on_mandl():
    instance = mandl(6)
    p = pack(instance)
    state = new_state(p, 1, 0, np.inf, 0.0)
    assert construct(p, state) == 6
    anneal(p, state, 60_000, 0, 60_000, 0.5, 0.5)
    taken = dict(zip(SINGLE_MOVES + PAIR_MOVES, state.tried[:, 2]))
    assert all(count > 0 for count in taken.values()), taken


@settings(max_examples=30, deadline=None)
@given(instances_with_routes())
def test_contradictions_are_found_before_the_search(case):
    instance, _ = case
    over = replace(instance, n_routes=1, max_nodes=2, must_cover=np.ones(instance.n, dtype=bool))
    with pytest.raises(InputError, match="must be served"):
        limits.check(over)
