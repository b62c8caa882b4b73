"""Deterrence, gravity access, dual access and floating catchments: hand-made cases, an oracle's values, invariants."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shaar.engine.access.catchment import floating_catchment
from shaar.engine.access.deterrence import Deterrence, weights
from shaar.engine.access.opportunities import gravity, minutes_to, nearest, within

SHAPES = (
    Deterrence("cumulative", 30.0),
    Deterrence("exponential", 0.05),
    Deterrence("power", 1.2),
    Deterrence("gaussian", 20.0),
    Deterrence("steps"),
)


def test_weights_by_hand() -> None:
    t = [0.0, 10.0, 10.5, 30.0, 31.0, np.nan, np.inf]
    assert weights(t, Deterrence("cumulative", 30.0)).tolist() == [1, 1, 1, 1, 0, 0, 0]
    assert weights(t, Deterrence("steps")).tolist() == [1, 1, 0.68, 0.22, 0, 0, 0]
    assert weights([0.5, 2.0, 10.0], Deterrence("power", 2.0)).tolist() == [1.0, 0.25, 0.01]
    assert weights([0.0, 10.0], Deterrence("exponential", np.log(2) / 10)) == pytest.approx([1.0, 0.5])
    assert weights([0.0, 20.0], Deterrence("gaussian", 20.0)) == pytest.approx([1.0, np.exp(-0.5)])
    assert weights([5.0, 50.0], Deterrence("exponential", 0.0, limit=40.0)).tolist() == [1.0, 0.0]


@pytest.mark.parametrize(
    "bad",
    [("gaussian", 0.0), ("exponential", -1.0), ("power", np.nan), ("linear", 1.0)],
)
def test_a_deterrence_that_would_rise_is_refused(bad: tuple[str, float]) -> None:
    with pytest.raises(ValueError, match=r"deterrence"):
        Deterrence(bad[0], bad[1])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="time bands"):
        Deterrence("steps", edges=(10.0, 20.0), weights=(0.5, 0.9))


def test_gravity_by_hand() -> None:
    minutes = np.array([[0.0, 10.0], [10.0, np.nan]])
    jobs = [100.0, 40.0]
    half = Deterrence("exponential", np.log(2) / 10)
    assert gravity(minutes, jobs, half) == pytest.approx([100 + 20, 50])
    assert gravity(minutes, jobs, Deterrence("cumulative", 5.0)).tolist() == [100.0, 0.0]


def test_dual_access_by_hand() -> None:
    minutes = np.array([[3.0, 8.0, 20.0], [np.nan, 5.0, 5.0], [np.nan, np.nan, np.nan]])
    schools = [1.0, 2.0, 1.0]
    assert minutes_to(minutes, schools, 1).tolist()[:2] == [3.0, 5.0]
    assert minutes_to(minutes, schools, 2).tolist()[:2] == [8.0, 5.0]
    assert minutes_to(minutes, schools, 4).tolist()[0] == 20.0
    assert np.isnan(minutes_to(minutes, schools, 4)[1:]).all()  # the second zone reaches three, the third none
    assert np.isnan(minutes_to(minutes, [0.0, 0.0, 0.0])).all()
    with pytest.raises(ValueError, match="above 0"):
        minutes_to(minutes, schools, 0)


P = [100.0, 250.0, 400.0, 50.0]
S = [3.0, 5.0, 2.0]
T = np.array([[5, 12, 28], [9, 25, 31], [14, 8, 18], [40, 29, 10]], float)


def test_floating_catchments_equal_the_values_of_pysal_access() -> None:
    # two_stage_fca of PySAL access 1.1.10 with max_cost=30, without weights and with step_fn({10: 1, 20: .68, 30: .22})
    plain = floating_catchment(T, P, S, Deterrence("cumulative", 30.0))
    steps = floating_catchment(T, P, S, Deterrence("steps"))
    assert plain.access == pytest.approx(
        [0.013886363636363638, 0.01025, 0.013886363636363638, 0.009886363636363638], rel=1e-12
    )
    assert steps.access == pytest.approx(
        [0.012469262091345664, 0.0068830762190348884, 0.016596527017516148, 0.007873878582005053], rel=1e-12
    )


def test_floating_catchment_by_hand() -> None:
    # one doctor for the eight people of A and B, one for the five of B and C: those in between count on both
    minutes = np.array([[5.0, np.nan], [5.0, 5.0], [np.nan, 5.0]])
    found = floating_catchment(minutes, [6.0, 2.0, 3.0], [1.0, 1.0], Deterrence("cumulative", 10.0))
    assert found.ratio.tolist() == [1 / 8, 1 / 5]
    assert found.people.tolist() == [8.0, 5.0]
    assert found.access == pytest.approx([0.125, 0.325, 0.2])


def test_a_place_that_nobody_reaches_has_no_ratio_and_gives_nothing() -> None:
    found = floating_catchment([[5.0, np.nan]], [10.0], [1.0, 9.0], Deterrence("cumulative", 10.0))
    assert found.access.tolist() == [0.1]
    assert np.isnan(found.ratio[1])
    with pytest.raises(ValueError, match="a row for each zone"):
        floating_catchment([[5.0]], [10.0], [1.0, 9.0], Deterrence("cumulative", 10.0))
    with pytest.raises(ValueError, match="not negative"):
        floating_catchment([[5.0]], [-10.0], [1.0], Deterrence("cumulative", 10.0))


matrices = st.integers(1, 6).flatmap(
    lambda z: st.integers(1, 5).flatmap(
        lambda f: st.tuples(
            st.lists(st.lists(st.sampled_from([0.0, 3.0, 9.0, 15.0, 29.0, 45.0, np.nan]), min_size=f, max_size=f),
                     min_size=z, max_size=z),
            st.lists(st.integers(0, 500), min_size=z, max_size=z),
            st.lists(st.integers(0, 20), min_size=f, max_size=f),
        )
    )
)  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(matrices, st.sampled_from(SHAPES))
def test_a_catchment_hands_out_what_is_there(case, shape) -> None:
    t, people, supply = (np.array(x, float) for x in case)
    found = floating_catchment(t, people, supply, shape)
    reached = supply[found.people > 0].sum()
    assert (found.access >= 0).all()
    assert float(people @ found.access) == pytest.approx(reached, rel=1e-9, abs=1e-9)


@settings(max_examples=80, deadline=None)
@given(matrices, st.sampled_from(SHAPES), st.integers(0, 4), st.integers(1, 9))
def test_more_opportunities_never_lower_access(case, shape, where, more) -> None:
    t, _, amount = (np.array(x, float) for x in case)
    grown = amount.copy()
    grown[where % len(amount)] += more
    assert (gravity(t, grown, shape) >= gravity(t, amount, shape) - 1e-12).all()
    for k in (1, 3):
        before, after = (np.nan_to_num(minutes_to(t, a, k), nan=np.inf) for a in (amount, grown))
        assert (after <= before).all()


@settings(max_examples=80, deadline=None)
@given(matrices, st.sampled_from(SHAPES))
def test_quicker_ways_never_lower_access(case, shape) -> None:
    t, _, amount = (np.array(x, float) for x in case)
    quick = t * 0.5
    assert (gravity(quick, amount, shape) >= gravity(t, amount, shape) - 1e-12).all()


@settings(max_examples=80, deadline=None)
@given(matrices, st.integers(1, 12))
def test_dual_and_cumulative_access_undo_each_other(case, k) -> None:
    t, _, amount = (np.array(x, float) for x in case)
    need = minutes_to(t, amount, k)
    for i, m in enumerate(need):
        row = t[i : i + 1].astype(np.float32)
        if np.isnan(m):
            assert within(row, amount, 1e9)[0] < k
        else:
            assert within(row, amount, m)[0] >= k
            assert within(row, amount, m - 1e-3)[0] < k


@settings(max_examples=50, deadline=None)
@given(matrices)
def test_the_first_of_the_dual_measure_is_the_nearest(case) -> None:
    t, _, amount = (np.array(x, float) for x in case)
    a, b = minutes_to(t, (amount > 0).astype(float), 1), nearest(t.astype(np.float32), amount)
    assert np.array_equal(a, b, equal_nan=True)


def test_cumulative_gravity_is_the_cumulative_measure() -> None:
    rng = np.random.default_rng(1)
    t = rng.uniform(0, 60, (40, 40)).astype(np.float32)
    jobs = rng.integers(0, 50, 40).astype(float)
    assert gravity(t, jobs, Deterrence("cumulative", 30.0)) == pytest.approx(within(t, jobs, 30.0))
