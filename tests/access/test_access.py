"""Accessibility and equity against cases computed by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shaar.engine.access.coverage import people_within
from shaar.engine.access.equity import gini, palma, worst_decile
from shaar.engine.access.opportunities import nearest, within

NAN = float("nan")


def test_cumulative_opportunities():
    minutes = np.array([[5, 30, 30.5], [30, 5, NAN], [10, 20, 5]], np.float32)
    assert within(minutes, [100, 10, 1], 30).tolist() == [110, 110, 111]
    assert within(minutes, [100, 10, 1], 4).tolist() == [0, 0, 0]
    assert within(minutes, [100, NAN, 1], 31).tolist() == [101, 100, 101]


def test_nearest_opportunity():
    minutes = np.array([[5, 30, NAN], [NAN, 5, NAN], [10, 20, 5]], np.float32)
    got = nearest(minutes, [3, 0, 2])
    assert got[[0, 2]].tolist() == [5, 5]
    assert np.isnan(got[1])
    assert np.isnan(nearest(minutes, [0, 0, 0])).all()


def test_people_within():
    assert people_within([1, 0.25, 0, NAN], [10, 20, 40, 80]).tolist() == [10, 5, 0, 0]
    assert people_within(np.array([100, 400, 401]) <= 400, [10, 20, 40]).tolist() == [10, 20, 0]
    with pytest.raises(ValueError, match="outside 0 to 1"):
        people_within([1.5], [10])


def test_gini_by_hand():
    """Two people with 1 and 3: areas give 1 - (1/2)(1/4) - (1/2)(1/4 + 1) = 1/4."""
    assert gini([3, 1], [1, 1]) == pytest.approx(0.25)
    assert gini([3, 1], [100, 100]) == pytest.approx(0.25)
    assert gini([0, 0, 0, 1], [1, 1, 1, 1]) == pytest.approx(0.75)
    assert gini([0, 1], [3, 1]) == pytest.approx(0.75)
    assert gini([7, 7, 7], [1, 2, 3]) == pytest.approx(0)
    assert np.isnan(gini([0, 0], [1, 1]))
    assert gini([3, 1, NAN, 99], [1, 1, 5, 0]) == pytest.approx(0.25)


def test_palma_and_worst_decile_by_hand():
    """100 people: 50 have 2, 45 have 4, 5 have 10. Best tenth: (5 x 10 + 5 x 4) / 10 = 7; worst 40 %: 2."""
    values, people = [4, 2, 10], [45, 50, 5]
    assert palma(values, people) == pytest.approx(3.5)
    assert worst_decile(values, people) == pytest.approx(2)
    assert worst_decile(values, people, high_is_bad=True) == pytest.approx(7)
    # 8 of the worst ten have 0, two have 2
    assert worst_decile([0, 2], [8, 92]) == pytest.approx(0.4)
    assert palma([5], [3]) == pytest.approx(1)
    assert palma([0, 1], [50, 50]) == float("inf")
    assert np.isnan(palma([], []))
    with pytest.raises(ValueError, match="same length"):
        gini([1], [1, 2])


@given(st.lists(st.tuples(st.integers(0, 1000), st.integers(1, 50)), min_size=1, max_size=20), st.integers(1, 9))
def test_measures_do_not_depend_on_unit_order_or_splitting(rows, factor):
    x, w = np.array([r[0] for r in rows], float), np.array([r[1] for r in rows], float)
    for measure in (gini, palma):
        a = measure(x, w)
        assert measure(x[::-1] * factor, w[::-1]) == pytest.approx(a, nan_ok=True)
        assert measure(np.repeat(x, 2), np.repeat(w / 2, 2)) == pytest.approx(a, nan_ok=True)
    if x.sum() > 0:
        each = np.repeat(x, w.astype(int))
        mean_difference = np.abs(each[:, None] - each[None, :]).mean()
        assert gini(x, w) == pytest.approx(mean_difference / (2 * each.mean()))
