"""Nested logit: identities of the family, and published cases."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from shaar.engine.demand.nested_logit import Nest, choose, flat, make_tree, response
from shaar.engine.errors import InputError

MODES = ("car", "taxi", "bus", "walk", "cycle")


@st.composite
def trees(draw):
    """Three levels: motorised (car and taxi within it as road) and active, with falling thetas."""
    motorised = draw(st.floats(0.2, 1.0))
    road = motorised * draw(st.floats(0.2, 1.0))
    active = draw(st.floats(0.2, 1.0))
    return make_tree(
        Nest(
            "all",
            1.0,
            (
                Nest("motorised", motorised, (Nest("road", road, ("car", "taxi")), "bus")),
                Nest("active", active, MODES[3:]),
            ),
        ),
        MODES,
    )


UTILITIES = hnp.arrays(np.float64, (5, 3), elements=st.floats(-8, 8))


@st.composite
def utilities(draw):
    u = draw(UTILITIES)
    closed = draw(hnp.arrays(np.bool_, (5, 3), elements=st.booleans()))
    closed[draw(st.integers(0, 4))] = False
    return np.where(closed, -np.inf, u)


@given(trees(), utilities())
@settings(max_examples=100, deadline=None)
def test_shares_are_a_distribution_over_what_is_available(tree, u):
    c = choose(u, tree)
    np.testing.assert_allclose(c.shares.sum(axis=0), 1.0, rtol=1e-12)
    assert (c.shares >= 0).all()
    assert not c.shares[~np.isfinite(u)].any()


@given(trees(), utilities(), st.floats(-5, 5))
@settings(max_examples=60, deadline=None)
def test_only_differences_of_utility_count_and_the_logsum_moves_along(tree, u, shift):
    a, b = choose(u, tree), choose(u + shift, tree)
    np.testing.assert_allclose(a.shares, b.shares, atol=1e-12)
    np.testing.assert_allclose(b.logsum - a.logsum, shift, atol=1e-12)


@given(utilities(), st.floats(0.3, 1.0))
@settings(max_examples=60, deadline=None)
def test_a_nest_with_the_theta_around_it_makes_no_difference(u, theta):
    """Nested with theta 1 is the multinomial logit; a nest within a nest of the same theta is no nest."""
    plain = np.exp(u) / np.exp(u).sum(axis=0)
    one = make_tree(Nest("all", 1.0, (Nest("a", 1.0, MODES[:3]), Nest("b", 1.0, MODES[3:]))), MODES)
    np.testing.assert_allclose(choose(u, one).shares, plain, rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(choose(u, flat(MODES)).logsum, np.log(np.exp(u).sum(axis=0)), rtol=1e-12, atol=1e-12)
    deep = make_tree(Nest("all", 1.0, (Nest("a", theta, (Nest("b", theta, MODES[:2]), "bus")), *MODES[3:])), MODES)
    shallow = make_tree(Nest("all", 1.0, (Nest("a", theta, MODES[:3]), *MODES[3:])), MODES)
    np.testing.assert_allclose(choose(u, deep).shares, choose(u, shallow).shares, rtol=1e-9, atol=1e-13)


@given(trees(), UTILITIES, st.integers(0, 4), st.floats(-3, 3))
@settings(max_examples=80, deadline=None)
def test_irrelevant_alternatives_are_independent_within_a_nest(tree, u, mode, change):
    """The odds of two modes of one nest do not move with a third that is not in a nest around only one of them."""
    moved = u.copy()
    moved[mode] += change
    before, after = choose(u, tree).shares, choose(moved, tree).shares
    for j, k in ((0, 1), (3, 4)):
        if mode not in (j, k):
            np.testing.assert_allclose(before[j] * after[k], before[k] * after[j], rtol=1e-9)


@given(trees(), UTILITIES)
@settings(max_examples=60, deadline=None)
def test_the_derivative_of_the_logsum_is_the_share(tree, u):
    h = 1e-5
    shares = choose(u, tree).shares
    for m in range(5):
        d = np.zeros_like(u)
        d[m] = h
        slope = (choose(u + d, tree).logsum - choose(u - d, tree).logsum) / (2 * h)
        np.testing.assert_allclose(slope, shares[m], atol=1e-8)


@given(trees(), utilities())
@settings(max_examples=60, deadline=None)
def test_the_response_matrix_is_the_derivative_symmetric_and_without_net_change(tree, u):
    weights = np.array([1.0, 2.0, 0.5])
    c = choose(u, tree)
    j = response(c, tree, weights)
    np.testing.assert_allclose(j, j.T, atol=1e-12)
    np.testing.assert_allclose(j.sum(axis=0), 0.0, atol=1e-12)
    assert np.linalg.eigvalsh((j + j.T) / 2).min() > -1e-12  # the logsum is convex
    h = 1e-6
    for k in range(5):
        d = np.where(np.arange(5)[:, None] == k, h, 0.0)
        numeric = ((choose(u + d, tree).shares - choose(u - d, tree).shares) * weights).sum(axis=1) / (2 * h)
        np.testing.assert_allclose(j[:, k], numeric, atol=1e-7)


@given(trees(), UTILITIES, st.integers(0, 4), st.floats(0.0, 5))
@settings(max_examples=60, deadline=None)
def test_a_better_mode_takes_from_all_others(tree, u, mode, gain):
    better = u.copy()
    better[mode] += gain
    before, after = choose(u, tree), choose(better, tree)
    assert (after.shares[mode] >= before.shares[mode] - 1e-12).all()
    others = np.arange(5) != mode
    assert (after.shares[others] <= before.shares[others] + 1e-12).all()
    assert (after.logsum >= before.logsum - 1e-12).all()


def test_multinomial_case_of_three_modes():
    """Mathew, Transportation systems engineering (NPTEL), modal split: costs 2.8, 1.88, 1.28 of car, bus, train."""
    cost = np.array(
        [
            0.03 * 20 + 0.1 * 18 + 0.1 * 4,
            0.03 * 30 + 0.04 * 5 + 0.06 * 3 + 0.1 * 6,
            0.03 * 12 + 0.04 * 10 + 0.06 * 2 + 0.4,
        ]
    )
    np.testing.assert_allclose(cost, [2.8, 1.88, 1.28])
    shares = choose(-cost[:, None], flat(("car", "bus", "train"))).shares[:, 0]
    np.testing.assert_allclose(shares, [0.1237, 0.3105, 0.5657], atol=1e-4)


@pytest.mark.parametrize("theta", [1.0, 0.5, 0.1, 0.01])
def test_red_bus_and_blue_bus(theta):
    """Ben-Akiva and Lerman 1985, ch. 3 and 10: equal cars and buses of two colours; car has 1 / (1 + 2^theta).

    Theta 1 gives the third that is the paradox of the multinomial logit, theta to 0 the half that is right.
    """
    tree = make_tree(Nest("all", 1.0, ("car", Nest("bus", theta, ("red", "blue")))), ("car", "red", "blue"))
    c = choose(np.full((3, 1), -1.7), tree)
    np.testing.assert_allclose(c.shares[0, 0], 1 / (1 + 2**theta), rtol=1e-12)
    np.testing.assert_allclose(c.shares[1], c.shares[2])


def test_nothing_available_and_huge_utilities():
    c = choose(np.array([[-np.inf, 900.0, -900.0], [-np.inf, -900.0, -901.0]]), flat(("a", "b")))
    np.testing.assert_array_equal(c.shares[:, 0], 0.0)
    assert c.logsum[0] == -np.inf
    np.testing.assert_allclose(c.shares[:, 1], [1.0, 0.0], atol=1e-300)
    np.testing.assert_allclose(c.shares[:, 2], [1 / (1 + np.exp(-1)), 1 / (1 + np.exp(1))])


@pytest.mark.parametrize(
    ("root", "word"),
    [
        (Nest("all", 0.9, ("a", "b")), "theta 1"),
        (Nest("all", 1.0, (Nest("n", 1.1, ("a", "b")),)), "at most 1"),
        (Nest("all", 1.0, (Nest("n", 0.0, ("a", "b")),)), "above 0"),
        (Nest("all", 1.0, (Nest("n", 0.5, (Nest("k", 0.6, ("a",)), "b")),)), "at most 0.5"),
        (Nest("all", 1.0, (Nest("n", 0.5, ()), "a", "b")), "empty"),
        (Nest("all", 1.0, ("a", "a", "b")), "twice"),
        (Nest("all", 1.0, ("a",)), "differ"),
        (Nest("all", 1.0, ("a", "b", "c")), "differ"),
    ],
)
def test_bad_trees_are_refused(root, word):
    with pytest.raises(InputError, match=word):
        make_tree(root, ("a", "b"))


def test_bad_utilities_are_refused():
    tree = flat(("a", "b"))
    for bad in (np.nan, np.inf):
        with pytest.raises(InputError, match="utility"):
            choose(np.array([[0.0], [bad]]), tree)
    with pytest.raises(InputError, match="2 modes"):
        choose(np.zeros((3, 1)), tree)
