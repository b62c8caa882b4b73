"""Theil, its part between groups, and the concentration index: hand-made cases and invariants."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from shaar.engine.access.equity import concentration, gini, palma, theil, theil_between, worst_decile

zones = st.lists(
    st.tuples(st.floats(0, 1e4, allow_subnormal=False), st.integers(1, 5000), st.integers(0, 3)),
    min_size=1,
    max_size=12,
)


def test_theil_by_hand() -> None:
    assert theil([5, 5, 5], [1, 2, 3]) == 0.0
    assert theil([0, 0, 0, 8], [1, 1, 1, 1]) == pytest.approx(np.log(4))  # one of four has all
    # incomes 1 and 3 of two people: mean 2, (0.5 ln 0.5 + 1.5 ln 1.5) / 2
    assert theil([1, 3], [1, 1]) == pytest.approx((0.5 * np.log(0.5) + 1.5 * np.log(1.5)) / 2)
    assert np.isnan(theil([0, 0], [1, 1]))


def test_theil_between_by_hand() -> None:
    assert theil_between([1, 3, 1, 3], [1, 1, 1, 1], ["a", "a", "b", "b"]) == pytest.approx(0.0)
    assert theil_between([1, 1, 3, 3], [1, 1, 1, 1], ["a", "a", "b", "b"]) == pytest.approx(
        theil([1, 1, 3, 3], [1, 1, 1, 1])
    )


def test_concentration_by_hand() -> None:
    # two equal halves, the worse-off has everything: C = 1 - 0.5 (1 + 0) - 0.5 (1 + 1) = -0.5
    assert concentration([1, 0], [1, 1], [1, 2]) == pytest.approx(-0.5)
    assert concentration([1, 0], [1, 1], [2, 1]) == pytest.approx(0.5)
    assert concentration([4, 4, 4], [3, 1, 7], [1, 2, 3]) == pytest.approx(0.0)
    assert concentration([9, 1], [1, 1], [5, 5]) == pytest.approx(0.0)  # equal rank: the order must not matter
    assert np.isnan(concentration([0, 0], [1, 1], [1, 2]))


@settings(max_examples=150, deadline=None)
@given(zones, st.floats(0.01, 1000))
def test_indices_do_not_depend_on_the_unit(case, factor) -> None:
    x, w, g = (np.array(c, float) for c in zip(*case))
    assume((x * w).sum() > 1e-3)
    for measure in (gini, theil, lambda v, p: theil_between(v, p, g), lambda v, p: concentration(v, p, g)):
        assert measure(x * factor, w) == pytest.approx(measure(x, w), rel=1e-6, abs=1e-9)
    assert palma(x * factor, w) == pytest.approx(palma(x, w), rel=1e-6) or np.isinf(palma(x, w))
    assert worst_decile(x * factor, w) == pytest.approx(factor * worst_decile(x, w), rel=1e-6, abs=1e-9)


@settings(max_examples=150, deadline=None)
@given(zones)
def test_bounds_and_decomposition(case) -> None:
    x, w, g = (np.array(c, float) for c in zip(*case))
    assume((x * w).sum() > 1e-3)
    assert 0.0 <= gini(x, w) < 1.0
    assert 0.0 <= theil(x, w) <= np.log(w.sum()) + 1e-9
    assert 0.0 <= theil_between(x, w, g) <= theil(x, w) + 1e-9
    assert abs(concentration(x, w, g)) <= gini(x, w) + 1e-9  # no order separates more than by the good itself
    assert concentration(x, w, x) == pytest.approx(gini(x, w), abs=1e-9)
    assert concentration(x, w, -g) == pytest.approx(-concentration(x, w, g), abs=1e-9)


@settings(max_examples=80, deadline=None)
@given(zones, st.integers(2, 4))
def test_copies_of_a_city_are_as_unequal(case, times) -> None:
    x, w, g = (np.array(c, float) for c in zip(*case))
    assume((x * w).sum() > 1e-3)
    many = [np.tile(v, times) for v in (x, w, g)]
    assert theil(many[0], many[1]) == pytest.approx(theil(x, w), abs=1e-9)
    assert gini(many[0], many[1]) == pytest.approx(gini(x, w), abs=1e-9)
    assert concentration(*many) == pytest.approx(concentration(x, w, g), abs=1e-9)
