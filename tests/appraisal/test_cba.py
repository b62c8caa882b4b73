"""Discounting against published examples, by hand, and by what must hold for any flow."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from shaar.engine.appraisal.cba import (
    Stream,
    annuity,
    balance,
    capital,
    discount_factors,
    growing,
    irr,
    irrs,
    payback,
    present_value,
)
from shaar.engine.errors import InputError

money = st.floats(-1e6, 1e6, allow_nan=False)
flows = st.lists(money, min_size=2, max_size=12)
rates = st.floats(-0.2, 0.5)


def test_published_annuity_and_single_payment():
    # Wikibooks, Fundamentals of Transportation, Evaluation: 3 %, ten years.
    assert 470_000 * annuity(0.03, 10) == pytest.approx(4_009_195.33, abs=0.005)
    assert present_value([0.0] * 10 + [5_000_000], 0.03) == pytest.approx(3_720_469.57, abs=0.005)


def test_published_project_with_25_years():
    # Capital 52, benefits 7.1 and running costs 0.5 a year for 25 years at 10 %: B/C 1.139877, IRR 11.935 %.
    got = balance(
        [
            Stream("gain", "benefit", growing(7.1, 25)),
            Stream("capital", "cost", (52.0, *[0.0] * 25)),
            Stream("running", "cost", growing(0.5, 25)),
        ],
        0.10,
    )
    assert got.bcr == pytest.approx(1.139877, abs=5e-7)
    assert got.irr == pytest.approx(0.11935, abs=5e-6)
    assert got.npv == pytest.approx(6.6 * annuity(0.10, 25) - 52, rel=1e-12)


def test_a_flow_worked_by_hand():
    # 100 now, 60 after one year and 60 after two, at 10 %: -100 + 54.5454... + 49.5867...
    flow = (-100.0, 60.0, 60.0)
    assert present_value(flow, 0.10) == pytest.approx(4.132231404958678, rel=1e-14)
    # 60 x^2 + 60 x - 100 = 0 with x = 1/(1+r)
    assert irr(flow) == pytest.approx(1 / ((-60 + np.sqrt(60**2 + 4 * 60 * 100)) / 120) - 1, rel=1e-12)
    assert payback(flow) == pytest.approx(1 + 40 / 60)
    assert payback(flow, 0.10) == pytest.approx(1 + (100 - 60 / 1.1) / (60 / 1.21))
    assert payback((-100.0, 60.0, 30.0)) is None
    assert payback((5.0, 5.0)) == 0.0


def test_two_rates_of_return_are_no_rate_of_return():
    # -1600, +10000, -10000: the pump problem of Lorie and Savage (1955): 25 % and 400 %
    assert irrs((-1600.0, 10_000.0, -10_000.0)) == pytest.approx((0.25, 4.0), rel=1e-10)
    assert irr((-1600.0, 10_000.0, -10_000.0)) is None
    assert irr((-5.0, -5.0)) is None
    assert irr((0.0, 0.0)) is None


def test_growth_ramp_and_opening():
    assert growing(100.0, 4, opening=2, growth=0.1) == pytest.approx((0, 0, 100, 110, 121))
    assert growing(100.0, 3, ramp=(0.5, 0.8)) == pytest.approx((0, 50, 80, 100))


def test_things_are_bought_again_and_keep_what_is_left_of_their_life():
    assert capital(120.0, 12, 20) == pytest.approx((120, *[0] * 11, 120, *[0] * 7, -40))
    assert capital(120.0, 10, 20) == pytest.approx((120, *[0] * 9, 120, *[0] * 10))
    assert capital(120.0, 30, 20)[-1] == pytest.approx(-40)
    with pytest.raises(InputError, match="a life is a year at least"):
        capital(1.0, 0, 20)


def test_costs_of_nothing_have_no_ratio():
    got = balance([Stream("gain", "benefit", (0.0, 5.0)), Stream("saved", "cost", (0.0, -3.0))], 0.0)
    assert (got.bcr, got.npv, got.irr) == (None, 8.0, None)


def test_bad_input_is_named():
    with pytest.raises(InputError, match="above -100 %"):
        discount_factors(-1.0, 3)
    with pytest.raises(InputError, match="neither a cost nor a benefit"):
        balance([], 0.05)
    with pytest.raises(InputError, match="the same years"):
        balance([Stream("a", "cost", (1.0,)), Stream("b", "cost", (1.0, 2.0))], 0.05)


@given(flows, flows, money, rates)
def test_present_value_is_linear(a, b, k, rate):
    n = max(len(a), len(b))
    a, b = (np.pad(v, (0, n - len(v))) for v in (a, b))
    whole = present_value(a + k / 1e6 * b, rate)
    parts = present_value(a, rate) + k / 1e6 * present_value(b, rate)
    size = sum(np.abs(v) @ discount_factors(rate, n - 1) for v in (a, b))
    assert whole == pytest.approx(parts, abs=1e-9 * max(size, 1.0))


@given(st.floats(1, 1e6), st.lists(st.floats(0, 1e6), min_size=1, max_size=30), rates)
def test_the_rate_of_return_makes_the_value_nothing(cost, gains, rate):
    assume(sum(gains) > 0.2 * cost)
    flow = [-cost, *gains]
    found = irr(flow)
    assert found is not None  # one change of sign: one rate (Descartes)
    size = np.abs(flow) @ discount_factors(found, len(flow) - 1)
    assert abs(present_value(flow, found)) <= 1e-8 * size
    if rate < found - 1e-6:
        assert present_value(flow, rate) > -1e-9 * cost
    if rate > found + 1e-6:
        assert present_value(flow, rate) < 1e-9 * cost


@given(flows, flows, rates)
def test_the_parts_make_the_whole(a, b, rate):
    n = max(len(a), len(b))
    a, b = (tuple(np.pad(v, (0, n - len(v)))) for v in (a, b))
    got = balance([Stream("a", "benefit", a), Stream("b", "cost", b)], rate)
    assert got.npv == got.benefits - got.costs
    assert got.npv == pytest.approx(present_value(got.net, rate), abs=1e-6 * (1 + abs(got.benefits) + abs(got.costs)))
    assert {k for k, _, _ in got.parts} == {"a", "b"}


@given(st.floats(1, 1e6), st.integers(1, 40), st.integers(1, 60))
def test_what_is_paid_for_a_thing_is_what_of_it_is_used(cost, life, horizon):
    # not discounted, the years in use are paid for and no more
    assert sum(capital(cost, life, horizon)) == pytest.approx(cost * horizon / life, rel=1e-9)
