"""Constants: given shares are met, the objective never rises, and shares out of reach are refused with a reason."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from shaar.engine.demand.kernels import nested_shares, nested_sums
from shaar.engine.demand.mode_constants import Segment, calibrate_constants
from shaar.engine.demand.nested_logit import Nest, choose, flat, make_tree, response
from shaar.engine.errors import InputError

MODES = ("car", "bus", "walk")


def tree_of(theta: float):
    return make_tree(Nest("all", 1.0, (Nest("wheels", theta, ("car", "bus")), "walk")), MODES)


@st.composite
def case(draw):
    n = draw(st.integers(1, 6))
    weights = draw(hnp.arrays(np.float64, n, elements=st.floats(0.5, 100)))
    u = draw(hnp.arrays(np.float64, (3, n), elements=st.floats(-4, 4)))
    target = draw(hnp.arrays(np.float64, 3, elements=st.floats(0.02, 1)))
    return weights, u, target / target.sum(), draw(st.floats(0.15, 1.0))


@given(case())
@settings(max_examples=80, deadline=None)
def test_calibrated_constants_reproduce_the_shares_and_the_objective_never_rises(data):
    weights, u, target, theta = data
    tree = tree_of(theta)
    c = calibrate_constants([Segment(weights, u)], tree, dict(zip(MODES, target)))
    got = choose(u + c.values[:, None], tree).shares @ weights / weights.sum()
    np.testing.assert_allclose(got, target, atol=1e-8)
    assert c.values[0] == 0.0
    assert c.base == "car"
    values = np.array(c.objective)
    assert (np.diff(values) <= 1e-9 * np.abs(values[:-1]) + 1e-12).all()


@given(case(), hnp.arrays(np.float64, 3, elements=st.floats(-3, 3)))
@settings(max_examples=60, deadline=None)
def test_known_constants_are_found_again(data, hidden):
    weights, u, _, theta = data
    tree = tree_of(theta)
    shares = choose(u + hidden[:, None], tree).shares @ weights / weights.sum()
    if shares.min() < 1e-4:
        return
    c = calibrate_constants([Segment(weights, u)], tree, dict(zip(MODES, shares)), base="walk", tolerance=1e-11)
    np.testing.assert_allclose(c.values, hidden - hidden[2], atol=1e-4)


@given(case(), hnp.arrays(np.bool_, (3, 3), elements=st.booleans()))
@settings(max_examples=60, deadline=None)
def test_the_kernels_agree_with_the_plain_method(data, lacking):
    """Kinds that lack modes, by cell in the kernel and by arrays in numpy: the same shares, logsums and slopes."""
    weights, u, _, theta = data
    lacking[0] = False
    kinds, tree = np.array([0.5, 0.3, 0.2]), tree_of(theta)
    under = np.array([[n in set(tree.above(h)) for h in tree.home] for n in range(len(tree.theta))])
    n = len(weights)
    shares, logsum, closed = np.empty((3, n)), np.empty(n), np.empty(n)
    cells = np.ascontiguousarray(u.T)
    nested_shares(cells, lacking, kinds, *tree.arrays, shares, logsum, closed)
    plain = [choose(np.where(k[:, None], -np.inf, u), tree) for k in lacking]
    np.testing.assert_allclose(shares, sum(w * c.shares for w, c in zip(kinds, plain)), rtol=1e-11, atol=1e-15)
    np.testing.assert_allclose(logsum, sum(w * c.logsum for w, c in zip(kinds, plain)), rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(closed, kinds @ lacking.all(axis=1))
    open_ = ~lacking.all(axis=1)
    modelled, slope = np.zeros(3), np.zeros((3, 3))
    value = nested_sums(cells, weights, np.zeros(3), lacking[open_], kinds[open_], *tree.arrays, under, modelled, slope)
    live = [(w, c) for w, c, o in zip(kinds, plain, open_) if o]
    np.testing.assert_allclose(modelled, sum(w * c.shares @ weights for w, c in live), rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(slope, sum(w * response(c, tree, weights) for w, c in live), rtol=1e-9, atol=1e-10)
    assert value == pytest.approx(sum(w * float(c.logsum @ weights) for w, c in live), rel=1e-10, abs=1e-9)


def test_segments_are_added_up_and_a_mode_without_share_is_shut():
    one = Segment(np.array([3.0]), np.array([[0.0], [1.0], [2.0]]))
    two = Segment(np.array([1.0]), np.array([[-np.inf], [0.0], [0.0]]))
    c = calibrate_constants([one, two], tree_of(0.7), {"car": 0.3, "bus": 0.7})
    assert c.values[2] == -np.inf
    np.testing.assert_allclose(c.shares, [0.3, 0.7, 0.0], atol=1e-9)


def test_binary_logit_by_hand():
    """Equal utilities, 80 % by bus: the constant is ln(0.8 / 0.2)."""
    c = calibrate_constants([Segment(np.ones(4), np.zeros((2, 4)))], flat(("car", "bus")), {"car": 1, "bus": 4})
    np.testing.assert_allclose(c.values, [0.0, np.log(4)], atol=1e-9)


def half_without_car():
    u = np.zeros((3, 2))
    u[0, 1] = -np.inf
    return [Segment(np.array([1.0, 1.0]), u)]


@pytest.mark.parametrize(
    ("shares", "message"),
    [
        ({"car": 0.6, "bus": 0.3, "walk": 0.1}, r"60\.0% of the trips are to go by car, but only 50\.0% can"),
        ({"car": 0.5, "bus": 0.3, "walk": 0.2}, "nobody who can may choose otherwise"),
        ({"car": 0.5, "tram": 0.5}, "no such mode"),
        ({"car": -0.5, "bus": 1.5}, "negative"),
        ({"car": 0.0}, "no mode has a share"),
        ({"car": 1.0}, "no mode available"),
    ],
)
def test_shares_out_of_reach_are_refused_with_what_is_possible(shares, message):
    with pytest.raises(InputError, match=message):
        calibrate_constants(half_without_car(), tree_of(0.6), shares)


def test_sets_of_modes_bound_each_other():
    """Each mode alone could have its share, but car and bus together are open to 70 % only."""
    u = np.array([[0, -np.inf, 0, -np.inf], [-np.inf, 0, 0, -np.inf], [0, 0, 0, 0.0]])
    weights = np.array([20.0, 20.0, 30.0, 30.0])
    with pytest.raises(InputError, match=r"75\.0%.*car and bus.*only 70\.0% can"):
        calibrate_constants([Segment(weights, u)], flat(MODES), {"car": 0.4, "bus": 0.35, "walk": 0.25})
    assert calibrate_constants([Segment(weights, u)], flat(MODES), {"car": 0.4, "bus": 0.25, "walk": 0.35}).error < 1e-9


def test_a_share_that_is_forced_is_met():
    """Those without a choice fill the shares exactly: any constants do."""
    u = np.array([[0, -np.inf], [-np.inf, 0], [-np.inf, -np.inf]])
    c = calibrate_constants([Segment(np.array([1.0, 3.0]), u)], flat(MODES), {"car": 0.25, "bus": 0.75})
    np.testing.assert_allclose(c.shares, [0.25, 0.75, 0.0], atol=1e-12)


def test_no_trips_and_a_bad_base_are_refused():
    with pytest.raises(InputError, match="no trips"):
        calibrate_constants([Segment(np.zeros(2), np.zeros((3, 2)))], flat(MODES), {"car": 1})
    with pytest.raises(InputError, match="base"):
        calibrate_constants([Segment(np.ones(2), np.zeros((3, 2)))], flat(MODES), {"car": 1}, base="bus")
