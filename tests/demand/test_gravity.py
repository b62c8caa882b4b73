"""The gravity model: exact marginals, symmetry, monotone deterrence, calibration, and bad input."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from shaar.engine.demand.furness import furness
from shaar.engine.demand.gravity import calibrate, deterrence, gravity
from shaar.engine.errors import InputError


def ends(draw, n: int) -> tuple[np.ndarray, np.ndarray]:
    positive = st.floats(0.1, 1e5)
    p = draw(hnp.arrays(np.float64, n, elements=positive))
    a = draw(hnp.arrays(np.float64, n, elements=positive))
    zeros = draw(hnp.arrays(np.bool_, (2, n), elements=st.booleans()))
    zeros[:, 0] = False
    p[zeros[0]], a[zeros[1]] = 0.0, 0.0
    return p, a * (p.sum() / a.sum())


@st.composite
def problem(draw):
    n = draw(st.integers(2, 9))
    p, a = ends(draw, n)
    minutes = draw(hnp.arrays(np.float64, (n, n), elements=st.floats(0.5, 90)))
    return p, a, minutes


@given(problem(), st.floats(0, 0.4), st.sampled_from([0.0, 0.5, 1.0]))
@settings(max_examples=80, deadline=None)
def test_marginals_hold(case, beta, power):
    p, a, minutes = case
    d = gravity(p, a, minutes, beta, power=power)
    np.testing.assert_allclose(d.matrix.sum(axis=1), p, rtol=1e-9, atol=0)
    np.testing.assert_allclose(d.matrix.sum(axis=0), a, rtol=1e-9, atol=0)
    assert (d.matrix >= 0).all()
    assert not d.matrix[p == 0].any()
    assert not d.matrix[:, a == 0].any()


@given(problem(), st.floats(0, 0.3))
@settings(max_examples=60, deadline=None)
def test_symmetric_input_gives_a_symmetric_matrix(case, beta):
    p, _, minutes = case
    d = gravity(p, p, (minutes + minutes.T) / 2, beta)
    np.testing.assert_allclose(d.matrix, d.matrix.T, rtol=1e-7, atol=1e-9 * p.sum())


@given(problem(), st.floats(0, 0.2), st.floats(0.01, 0.2))
@settings(max_examples=60, deadline=None)
def test_a_larger_beta_never_lengthens_the_mean(case, beta, more):
    p, a, minutes = case
    assert gravity(p, a, minutes, beta + more).mean_minutes <= gravity(p, a, minutes, beta).mean_minutes + 1e-7


@given(problem(), st.floats(0.01, 0.3))
@settings(max_examples=40, deadline=None)
def test_calibration_finds_the_mean_that_a_known_beta_gives(case, beta):
    p, a, minutes = case
    wanted = gravity(p, a, minutes, beta).mean_minutes
    d = calibrate(p, a, minutes, wanted, accuracy=1e-6)
    assert d.reached
    assert d.mean_minutes == pytest.approx(wanted, abs=1e-6)


@given(problem(), st.floats(0.01, 0.2))
@settings(max_examples=40, deadline=None)
def test_the_odds_ratio_of_the_deterrence_is_kept(case, beta):
    """T_ij T_kl / (T_il T_kj) does not depend on the balancing factors (Wilson 1967): only on the deterrence."""
    p, a, minutes = case
    p, a = np.full(len(p), 10.0), np.full(len(a), 10.0)
    t = gravity(p, a, minutes, beta).matrix
    f = np.exp(-beta * minutes)
    left = np.log(t[0, 0] * t[1, 1]) - np.log(t[0, 1] * t[1, 0])
    right = np.log(f[0, 0] * f[1, 1]) - np.log(f[0, 1] * f[1, 0])
    assert left == pytest.approx(right, abs=1e-6)


def test_two_zones_by_hand():
    """Productions and attractions 100, 100; f = exp(-t ln 2 / 10), t = 10 inside and 20 between: T = 100 * 2/3, 1/3."""
    minutes = np.array([[10.0, 20.0], [20.0, 10.0]])
    d = gravity(np.array([100.0, 100.0]), np.array([100.0, 100.0]), minutes, np.log(2) / 10)
    np.testing.assert_allclose(d.matrix, [[200 / 3, 100 / 3], [100 / 3, 200 / 3]], rtol=1e-9)
    assert d.mean_minutes == pytest.approx(40 / 3)


def test_furness_golden_case():
    """Seed [[1, 2], [3, 4]] to rows 10, 20 and columns 12, 18: x = T_11 solves x(2+x)/((10-x)(12-x)) = 4/6."""
    t = furness(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([10.0, 20.0]), np.array([12.0, 18.0])).matrix
    x = t[0, 0]
    np.testing.assert_allclose(t, [[x, 10 - x], [12 - x, 8 + x]], rtol=1e-9)
    assert x * (8 + x) / ((10 - x) * (12 - x)) == pytest.approx(1 * 4 / (2 * 3), rel=1e-8)


def test_forbidden_pairs_stay_empty():
    minutes = np.full((3, 3), 5.0)
    np.fill_diagonal(minutes, np.inf)
    d = gravity(np.array([3.0, 4.0, 5.0]), np.array([5.0, 4.0, 3.0]), minutes, 0.1)
    assert not np.diagonal(d.matrix).any()
    np.testing.assert_allclose(d.matrix.sum(axis=1), [3, 4, 5], rtol=1e-9)


def test_a_steep_deterrence_over_long_times_does_not_underflow():
    minutes = np.array([[2000.0, 2100.0], [2300.0, 2150.0]])
    d = gravity(np.array([5.0, 5.0]), np.array([5.0, 5.0]), minutes, 1.0)
    np.testing.assert_allclose(d.matrix.sum(axis=1), [5, 5], rtol=1e-9)
    assert d.mean_minutes == pytest.approx((2000 + 2150) / 2)


def test_a_mean_out_of_reach_is_said():
    minutes = np.array([[10.0, 20.0], [20.0, 10.0]])
    p = np.array([100.0, 100.0])
    above = calibrate(p, p, minutes, 18.0)
    assert not above.reached
    assert above.beta == 0
    assert above.mean_minutes == pytest.approx(15)
    below = calibrate(p, p, minutes, 9.0)
    assert not below.reached
    assert below.mean_minutes == pytest.approx(10, abs=1e-3)


def test_deterrence_with_a_power_has_its_peak_at_power_over_beta():
    t = np.linspace(0.5, 60, 400)
    f = deterrence(np.tile(t, (1, 1)), 0.1, 1.0)[0]
    # One row: dividing by the row's largest value leaves the shape; the column step then makes all ones, so use two.
    assert f.shape == t.shape
    two = np.vstack([t, np.full_like(t, 10.0)])
    g = deterrence(two, 0.1, 1.0)
    ratio = g[0] / g[1]
    assert t[ratio.argmax()] == pytest.approx(10, abs=0.2)


@pytest.mark.parametrize(
    ("rows", "columns", "seed", "word"),
    [
        ([1.0, 2.0], [1.0, 1.0], [[1, 1], [1, 1]], "must be equal"),
        ([1.0, 1.0], [1.0, 1.0], [[0, 0], [1, 1]], "no cell"),
        ([1.0, -1.0], [0.0, 0.0], [[1, 1], [1, 1]], "negative"),
        ([3.0, 1.0], [3.0, 1.0], [[0, 1], [1, 0]], "cannot be met"),
        ([1.0], [0.5, 0.5], [[1, 1], [1, 1]], "totals"),
    ],
)
def test_impossible_totals_are_refused(rows, columns, seed, word):
    with pytest.raises(InputError, match=word):
        furness(np.array(seed, float), np.array(rows), np.array(columns), max_iterations=200)


def test_bad_minutes_and_beta_are_refused():
    one = np.ones(2)
    with pytest.raises(InputError, match="minutes"):
        gravity(one, one, np.array([[1, np.nan], [1, 1.0]]), 0.1)
    with pytest.raises(InputError, match="beta"):
        gravity(one, one, np.ones((2, 2)), -1)
    with pytest.raises(InputError, match="mean_minutes"):
        calibrate(one, one, np.ones((2, 2)), 0)
