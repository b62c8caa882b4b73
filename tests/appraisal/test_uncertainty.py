"""One-way ranges and draws: bounds, order, repetition, and convergence to what can be written down."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shaar.engine.appraisal.monte_carlo import draws, mean_of, simulate
from shaar.engine.appraisal.tornado import Range, tornado
from shaar.engine.errors import InputError

RANGES = {"time": Range(2.0, 3.0, 6.0), "cost": Range(10.0, 12.0, 20.0), "fixed": Range(1.0, 1.0, 1.0)}


def net(p):
    return 5.0 * p["time"] - p["cost"] + p["fixed"]


def test_bars_by_hand():
    got = tornado(net, RANGES)
    assert got.central == 4.0
    assert [(b.name, b.at_low, b.at_high, b.swing) for b in got.bars] == [
        ("time", -1.0, 19.0, 20.0),
        ("cost", 6.0, -4.0, 10.0),
    ]
    assert got.decisive == ("time", "cost")


def test_a_range_is_in_order():
    with pytest.raises(InputError, match="from low to high"):
        Range(2.0, 1.0, 3.0)


ends = st.tuples(*[st.floats(-100, 100)] * 3).map(sorted)


@given(st.dictionaries(st.sampled_from("abcdef"), ends, min_size=1), st.data())
def test_each_bar_of_a_rising_or_falling_result_holds_the_centre(ranges, data):
    ranges = {k: Range(*v) for k, v in ranges.items()}
    slope = {k: data.draw(st.floats(-5, 5)) for k in ranges}
    got = tornado(lambda p: sum(slope[k] * p[k] for k in sorted(p)), ranges)
    for bar in got.bars:
        tiny = 1e-9 * (1 + abs(bar.at_low) + abs(bar.at_high))
        assert min(bar.at_low, bar.at_high) - tiny <= got.central <= max(bar.at_low, bar.at_high) + tiny
        assert bar.swing == pytest.approx(abs(slope[bar.name]) * (bar.range.high - bar.range.low), abs=1e-6)
    assert [b.swing for b in got.bars] == sorted((b.swing for b in got.bars), reverse=True)


def test_the_same_seed_gives_the_same_draws_whatever_else_is_drawn():
    a = draws(RANGES, 50, seed=4)
    b = draws({"more": Range(0, 1, 2), **dict(reversed(RANGES.items()))}, 50, seed=4)
    assert all((a[k] == b[k]).all() for k in RANGES)
    assert (draws(RANGES, 50, seed=5)["time"] != a["time"]).any()
    assert (a["fixed"] == 1.0).all()
    assert (simulate(net, RANGES, n=50, seed=4).values == simulate(net, RANGES, n=50, seed=4).values).all()


@pytest.mark.parametrize("shape", ["triangular", "pert", "uniform"])
def test_draws_come_to_the_closed_form(shape):
    got = simulate(net, RANGES, n=40_000, seed=1, shape=shape)
    exact = 5 * mean_of(RANGES["time"], shape) - mean_of(RANGES["cost"], shape) + 1
    assert abs(got.mean - exact) < 4 * got.error
    few = simulate(net, RANGES, n=400, seed=1, shape=shape)
    assert got.error == pytest.approx(few.error / 10, rel=0.15)


def test_likelihood_and_percentiles_of_one_triangle():
    # Triangular (0, 1, 3): F(x) = x^2 / 3 below the mode; x = 0.75 -> 0.1875; median 3 - sqrt(3 * 2 / 2)
    one = {"x": Range(0.0, 1.0, 3.0)}
    got = simulate(lambda p: p["x"] - 0.75, one, n=40_000, seed=2)
    assert got.positive == pytest.approx(1 - 0.75**2 / 3, abs=0.01)
    assert got.percentile(50)[0] == pytest.approx(3 - np.sqrt(3) - 0.75, abs=0.02)
    assert sum(n for _, _, n in got.histogram()) == 40_000


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1), st.sampled_from(["triangular", "pert", "uniform"]))
def test_draws_stay_in_their_range(seed, shape):
    for name, values in draws(RANGES, 200, seed, shape).items():
        assert values.min() >= RANGES[name].low
        assert values.max() <= RANGES[name].high


def test_bad_input_is_named():
    with pytest.raises(InputError, match="two draws at least"):
        draws(RANGES, 1, 0)
    with pytest.raises(InputError, match="triangular, pert or uniform"):
        draws(RANGES, 10, 0, "normal")  # type: ignore[arg-type]
