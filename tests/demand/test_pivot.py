"""Pivot-point logit: equal to the absolute model where that made the base, and elastic as told."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from shaar.engine.demand.nested_logit import Nest, choose, flat, make_tree
from shaar.engine.demand.pivot import pivot
from shaar.engine.errors import InputError

MODES = ("car", "taxi", "bus", "walk")


@st.composite
def case(draw):
    outer = draw(st.floats(0.3, 1.0))
    tree = make_tree(
        Nest(
            "all",
            1.0,
            (Nest("wheels", outer, (Nest("road", outer * draw(st.floats(0.3, 1)), MODES[:2]), "bus")), "walk"),
        ),
        MODES,
    )
    numbers = hnp.arrays(np.float64, (4, 2, 2), elements=st.floats(-4, 4))
    return tree, draw(numbers), draw(numbers), draw(hnp.arrays(np.float64, (2, 2), elements=st.floats(0, 500)))


@given(case())
@settings(max_examples=80, deadline=None)
def test_pivoting_from_the_model_gives_the_model_with_the_new_costs(data):
    tree, u, d, total = data
    before, after = choose(u, tree), choose(u + d, tree)
    p = pivot(before.shares * total, d, tree)
    np.testing.assert_allclose(p.trips, after.shares * total, rtol=1e-8, atol=1e-9)
    live = total > 1e-9
    np.testing.assert_allclose(p.logsum_change[live], (after.logsum - before.logsum)[live], atol=1e-9)


@given(case(), st.floats(0, 1))
@settings(max_examples=50, deadline=None)
def test_trips_follow_the_logsum_as_told(data, elasticity):
    tree, u, d, total = data
    base = choose(u, tree).shares * total
    p = pivot(base, d, tree, elasticity=elasticity)
    np.testing.assert_allclose(p.trips.sum(axis=0), total * np.exp(elasticity * p.logsum_change), rtol=1e-9, atol=1e-9)
    kept = pivot(base, np.zeros_like(d), tree, elasticity=elasticity)
    np.testing.assert_allclose(kept.trips, base, rtol=1e-12, atol=1e-12)


@given(case())
@settings(max_examples=40, deadline=None)
def test_two_steps_are_one(data):
    tree, u, d, total = data
    base = choose(u, tree).shares * total
    half = pivot(base, d / 2, tree).trips
    np.testing.assert_allclose(pivot(half, d / 2, tree).trips, pivot(base, d, tree).trips, rtol=1e-7, atol=1e-9)


def test_a_doubled_fare():
    """University of Idaho, NIATT laboratory manual, logit model: 0.621 by car; with the bus 50 cents dearer 0.730."""
    u = np.array([-0.005 - 0.25 - 0.6 - 1.0, -0.05 - 0.5 - 0.4 - 0.9 - 0.5])
    tree = flat(("car", "bus"))
    base = choose(u[:, None], tree).shares
    np.testing.assert_allclose(base[:, 0], [0.621, 0.379], atol=1e-3)
    after = pivot(base, np.array([[0.0], [-0.01 * 50]]), tree)
    np.testing.assert_allclose(after.trips[:, 0], [0.730, 0.270], atol=1e-3)


def test_closing_modes():
    tree = make_tree(Nest("all", 1.0, (Nest("wheels", 0.5, ("car", "bus")), "walk")), ("car", "bus", "walk"))
    base = np.array([[30.0, 10.0, 0.0], [60.0, 0.0, 0.0], [10.0, 0.0, 5.0]])
    p = pivot(base, np.array([[-np.inf], [0.0], [0.0]]), tree)
    assert not p.trips[0].any()
    np.testing.assert_allclose(p.trips[:, 0].sum(), 100)
    assert p.trips[1, 0] / p.trips[2, 0] < 60 / 10 * 1.5 + 1e-9  # the nest as a whole lost worth
    assert p.closed == 10.0
    np.testing.assert_allclose(p.trips[:, 1], 0.0)
    np.testing.assert_allclose(p.trips[:, 2], [0, 0, 5])


def test_a_mode_without_trips_stays_without():
    p = pivot(np.array([[10.0], [0.0]]), np.array([[0.0], [5.0]]), flat(("car", "bus")))
    np.testing.assert_array_equal(p.trips, [[10.0], [0.0]])


def test_bad_numbers_are_refused():
    tree, one = flat(("car", "bus")), np.ones((2, 1))
    with pytest.raises(InputError, match="trips"):
        pivot(-one, one, tree)
    with pytest.raises(InputError, match="change"):
        pivot(one, one * np.nan, tree)
    with pytest.raises(InputError, match="elasticity"):
        pivot(one, one, tree, elasticity=-1)
    with pytest.raises(InputError, match="2"):
        pivot(np.ones((3, 1)), np.ones((3, 1)), tree)
