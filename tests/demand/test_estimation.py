"""Matrix estimation: small networks with known answers, the prior kept in view, zero cells kept zero."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import optimize, sparse

from shaar.engine.demand.estimation import estimate
from shaar.engine.demand.estimation_report import describe_change, describe_fit, line
from shaar.engine.demand.estimation_routes import estimate_with_routes
from shaar.engine.demand.estimation_spiess import estimate_spiess
from shaar.engine.errors import InputError


@st.composite
def case(draw):
    n, c = draw(st.integers(2, 5)), draw(st.integers(1, 6))
    prior = draw(hnp.arrays(np.float64, (n, n), elements=st.floats(0, 200, allow_subnormal=False)))
    prior[0, 0] = 50.0
    p = draw(hnp.arrays(np.float64, (c, n * n), elements=st.sampled_from([0.0, 0.0, 0.25, 0.5, 1.0])))
    p[:, 0] = 0.5
    counts = draw(hnp.arrays(np.float64, c, elements=st.floats(0, 2000)))
    return prior, p, counts


def objective(t, t0, p, c, s, w):
    ratio = np.where(t > 0, np.log(np.where(t > 0, t, 1) / np.where(t0 > 0, t0, 1)), 0.0)
    return 0.5 * (((p @ t - c) / s) ** 2).sum() + w * (t * ratio - t + t0)[t0 > 0].sum()


@given(case(), st.sampled_from([0.01, 0.1, 1.0]))
@settings(max_examples=60, deadline=None)
def test_the_estimate_is_the_proven_minimum(data, weight):
    prior, p, counts = data
    e = estimate(prior, sparse.csr_matrix(p), counts, prior_weight=weight)
    assert e.converged
    assert abs(e.gap) <= 1e-9
    assert not e.matrix[prior == 0].any()
    t, t0 = e.matrix.ravel(), prior.ravel()
    s = np.maximum(0.1 * counts, 1.0)
    value = objective(t, t0, p, counts, s, weight)
    rng = np.random.default_rng(0)
    for _ in range(5):
        near = np.clip(t * np.exp(rng.normal(0, 0.05, t.size)), t0 / 10, t0 * 10)
        assert objective(near, t0, p, counts, s, weight) >= value * (1 - 1e-9) - 1e-7


def test_the_dual_agrees_with_a_quasi_newton_method_on_log_multipliers():
    rng = np.random.default_rng(4)
    t0 = rng.uniform(0, 100, 36) * (rng.random(36) > 0.2)
    p = rng.random((8, 36)) * (rng.random((8, 36)) > 0.6)
    counts = p @ (t0 * np.exp(rng.normal(0, 0.5, 36)))
    s, w, bound = 0.1 * counts, 0.05, np.log(3.0)
    live = t0 > 0

    def f(x):
        t = t0[live] * np.exp(x)
        gap = (p[:, live] @ t - counts) / s**2
        value = objective(t, t0[live], p[:, live], counts, s, w)
        return value, t * (p[:, live].T @ gap + w * x)

    r = optimize.minimize(
        f,
        np.zeros(live.sum()),
        jac=True,
        method="L-BFGS-B",
        bounds=[(-bound, bound)] * live.sum(),
        options={"maxiter": 5000, "ftol": 1e-15, "gtol": 1e-9},
    )
    e = estimate(t0, sparse.csr_matrix(p), counts, prior_weight=w, limit=3.0)
    assert e.objective[-1] <= r.fun + 1e-9
    np.testing.assert_allclose(e.matrix[live], t0[live] * np.exp(r.x), rtol=2e-3)


def test_one_count_over_one_pair_by_hand():
    """T = T0 e^x with (T - c) / s^2 + w x = 0: for T0 = 100, c = 150, s = 10, w = 0.01 near the count."""
    e = estimate(
        np.array([[0.0, 100.0], [0.0, 0.0]]),
        sparse.csr_matrix([[0, 1.0, 0, 0]]),
        np.array([150.0]),
        errors=np.array([10.0]),
    )
    t = e.matrix[0, 1]
    assert (t - 150) / 100 + 0.01 * np.log(t / 100) == pytest.approx(0, abs=1e-9)
    assert e.matrix[1, 0] == 0


def test_a_count_shares_its_change_in_proportion_to_the_prior():
    """Van Zuylen and Willumsen 1980: pairs that pass the same counts keep their ratio; others are untouched."""
    prior = np.array([[0.0, 30.0, 60.0], [10.0, 0.0, 5.0], [7.0, 0.0, 0.0]])
    p = sparse.csr_matrix(([1.0, 1.0], ([0, 0], [1, 2])), shape=(1, 9))
    e = estimate(prior, p, np.array([180.0]), errors=np.array([1e-3]))
    np.testing.assert_allclose(e.matrix[0], [0, 60, 120], rtol=1e-5)
    np.testing.assert_array_equal(e.matrix[1:], prior[1:])
    loose = estimate(prior, p, np.array([180.0]), errors=np.array([1e6]))
    np.testing.assert_allclose(loose.matrix, prior, rtol=1e-6)


def test_the_limit_holds():
    e = estimate(
        np.array([[10.0, 20.0]]), sparse.csr_matrix([[1.0, 1.0]]), np.array([3000.0]), limit=2.0, prior_weight=1e-9
    )
    np.testing.assert_allclose(e.matrix, [[20, 40]], rtol=1e-9)
    assert e.converged


def test_spiess_on_two_links_with_a_known_answer():
    """Three pairs on two counted links: the first round by hand, and the counts are met at the end.

    T = (100, 200, 50); link 1 carries pairs 1 and 2, link 2 pairs 2 and 3; counts 330 and 230, volumes 300 and 250.
    g = (-30, -10, 20); dv = -(sum T g P) = (5000, 1000); l = (5000*30 - 1000*20) / (5000^2 + 1000^2) = 0.005.
    """
    prior = np.array([100.0, 200.0, 50.0])
    p = sparse.csr_matrix([[1.0, 1, 0], [0, 1.0, 1]])
    one = estimate_spiess(prior, p, np.array([330.0, 230.0]), iterations=1)
    np.testing.assert_allclose(one.matrix, prior * (1 - 0.005 * np.array([-30, -10, 20])), rtol=1e-12)
    np.testing.assert_allclose(one.matrix, [115, 210, 45], rtol=1e-12)
    np.testing.assert_allclose(one.modelled, [325.0, 255.0], rtol=1e-12)
    many = estimate_spiess(prior, p, np.array([330.0, 230.0]), iterations=500)
    np.testing.assert_allclose(many.modelled, [330.0, 230.0], rtol=1e-6)
    assert (np.diff(many.objective) <= 0).all()


@given(case())
@settings(max_examples=60, deadline=None)
def test_spiess_never_gets_worse_and_keeps_zeros_and_signs(data):
    prior, p, counts = data
    e = estimate_spiess(prior, p, counts, iterations=30)
    z = np.array(e.objective)
    assert (np.diff(z) <= 1e-9 * z[0] + 1e-12).all()
    assert (e.matrix >= 0).all()
    assert not e.matrix[prior == 0].any()
    assert np.isnan(e.gap)


@pytest.mark.parametrize("method", [estimate, estimate_spiess])
def test_counts_that_the_prior_meets_change_nothing(method):
    prior = np.array([[5.0, 10.0], [20.0, 0.0]])
    p = sparse.csr_matrix(np.eye(4)[:3])
    e = method(prior, p, (p @ prior.ravel()))
    np.testing.assert_allclose(e.matrix, prior, rtol=1e-12)
    assert e.change.cells.slope == pytest.approx(1)
    assert e.change.moved == pytest.approx(0, abs=1e-12)
    assert e.change.largest == ()
    assert e.change.beyond == ()


def test_holding_out_tells_whether_the_estimate_carries_over():
    """A city whose trips all grew by half: counts held out are met as well; with noise as truth they are not."""
    rng = np.random.default_rng(0)
    prior = rng.uniform(5, 50, (12, 12))
    p = sparse.random(40, 144, density=0.3, random_state=1, format="csr")
    grown = estimate(prior, p, p @ (1.5 * prior).ravel(), holdout=0.25, seed=3, prior_weight=1e-3)
    assert grown.held_after is not None and grown.held_before is not None
    assert grown.used.sum() == 30
    assert grown.held_after.counts == 10
    assert grown.held_after.rmse < 0.2 * grown.held_before.rmse
    noise = estimate(
        prior, p, rng.permutation(p @ prior.ravel()) * rng.uniform(0.5, 2, 40), holdout=0.25, seed=3, prior_weight=1e-4
    )
    assert noise.held_after is not None
    assert noise.after.rmse < 0.5 * noise.held_after.rmse
    again = estimate(prior, p, p @ (1.5 * prior).ravel(), holdout=0.25, seed=3, prior_weight=1e-3)
    np.testing.assert_array_equal(again.matrix, grown.matrix)
    np.testing.assert_array_equal(again.used, grown.used)


def test_transit_boardings_move_a_matrix_the_same_way():
    """Proportions above one: a trip with a change boards twice. Sparse arrays come as CSR (indptr, indices, data)."""
    prior = np.array([[0.0, 100.0], [80.0, 0.0]])
    arrays = (np.array([0, 2, 3]), np.array([1, 2, 1]), np.array([1.0, 1.0, 2.0]))
    e = estimate(prior, arrays, np.array([260.0, 300.0]), errors=np.array([1e-3, 1e-3]), costs=np.full((2, 2), 12.0))
    np.testing.assert_allclose(e.matrix, [[0, 150], [110, 0]], rtol=1e-5)
    assert (e.change.cost_before, e.change.cost_after) == pytest.approx((12.0, 12.0))


def test_a_count_that_no_trip_passes_is_left_out_and_told():
    prior = np.array([[0.0, 10.0], [10.0, 0.0]])
    p = sparse.csr_matrix(np.array([[0, 1.0, 0, 0], [1.0, 0, 0, 0]]))
    e = estimate(prior, p, np.array([12.0, 99.0]))
    assert e.unreached == (1,)
    assert list(e.used) == [True, False]
    assert e.held_after is None
    with pytest.raises(InputError, match="no trip of the prior passes any"):
        estimate(prior, p[1:], np.array([99.0]))


def test_change_is_reported_with_lines_and_largest_zones():
    prior = np.array([[0.0, 10.0, 20.0], [30.0, 0.0, 40.0], [50.0, 60.0, 0.0]])
    after = prior.copy()
    after[2] *= 1.5
    c = describe_change(prior, after, costs=np.array([[1.0, 2, 3], [4, 5, 6], [7, 8, np.inf]]))
    assert c.total_after - c.total_before == 55.0
    assert c.largest[0] == (2, "origin", 110.0, 165.0)
    assert c.moved == pytest.approx(55 / 210)
    assert c.cost_before == pytest.approx((20 + 60 + 120 + 240 + 350 + 480) / 210)
    assert any(s.startswith("slope of origins") for s in c.beyond)
    flat = line(prior.ravel(), 2 * prior.ravel() + 3)
    assert (flat.slope, flat.intercept, flat.r2) == pytest.approx((2, 3, 1))
    classes = describe_change(np.stack([prior, prior]), np.stack([prior, after]))
    assert classes.largest[0] == (2, "origin", 220.0, 275.0)


def test_geh_by_hand():
    """1,100 modelled and 1,000 counted an hour: GEH = sqrt(2 x 100^2 / 2100) = 3.086; over 4 hours half of it."""
    f = describe_fit(np.array([1100.0]), np.array([1000.0]))
    assert f.geh_mean == pytest.approx(3.0861, abs=1e-4)
    assert f.bias == pytest.approx(0.1)
    assert f.percent_rmse == pytest.approx(10)
    assert describe_fit(np.array([1100.0]), np.array([1000.0]), hours=4).geh_mean == pytest.approx(3.0861 / 2, abs=1e-4)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"prior": np.array([[-1.0, 1], [1, 1]])}, "prior"),
        ({"counts": np.array([np.nan])}, "count 0"),
        ({"counts": np.array([])}, "no counts"),
        ({"counts": np.array([1.0, 2.0])}, "shape"),
        ({"proportions": sparse.csr_matrix([[-1.0, 0, 0, 0]])}, "proportion is negative"),
        ({"proportions": (np.array([0, 1]), np.array([9]), np.array([1.0]))}, "do not fit"),
        ({"errors": np.array([0.0])}, "standard errors"),
        ({"holdout": 1.0}, "held out"),
        ({"prior_weight": 0.0}, "weight"),
        ({"limit": 1.0}, "limit"),
    ],
)
def test_bad_data_are_refused(change, word):
    good = {"prior": np.ones((2, 2)), "proportions": sparse.csr_matrix([[1.0, 0, 0, 0]]), "counts": np.array([2.0])}
    with pytest.raises(InputError, match=word):
        estimate(**(good | change))


def test_routes_that_answer_to_the_matrix_settle_and_meet_the_counts():
    """Two roads join one pair; the longer fills up as the shorter does (logit on delay). Truth 1,500, prior 1,000."""

    def share(x):
        f = lambda s: s - 1 / (1 + np.exp(0.3 * (10 * (1 + (s * x / 700) ** 4) - 15)))  # noqa: E731
        return optimize.brentq(f, 0, 1)

    def routes(matrix):
        s = share(matrix[0, 1])
        return sparse.csr_matrix(np.array([[0, s, 0, 0], [0, 1 - s, 0, 0]]))

    truth = share(1500.0)
    counts = np.array([1500 * truth, 1500 * (1 - truth)])
    prior = np.array([[0.0, 1000.0], [0.0, 0.0]])
    r = estimate_with_routes(prior, routes, counts, errors=np.array([1.0, 1.0]), target=1e-4, max_rounds=50)
    assert r.settled
    assert r.rounds[-1].moved < 1e-4
    assert r.estimate.matrix[0, 1] == pytest.approx(1500, rel=1e-3)
    assert r.estimate.before.rmse > 50 > r.estimate.after.rmse
    short = estimate_with_routes(prior, routes, counts, target=1e-12, max_rounds=2)
    assert not short.settled
    assert [x.number for x in short.rounds] == [1, 2]
    with pytest.raises(InputError, match="target"):
        estimate_with_routes(prior, routes, counts, target=0.0)


def test_exact_counts_that_contradict_each_other_meet_between():
    """100 and 300 on one street, each sure to a thousandth (no count is surer): (100/0.1^2 + 300/0.3^2) / sum = 120."""
    prior = np.array([[0.0, 50.0], [20.0, 0.0]])
    p = sparse.csr_matrix(np.array([[0, 1.0, 0, 0], [0, 1.0, 0, 0]]))
    e = estimate(prior, p, np.array([100.0, 300.0]), errors=np.array([1e-9, 1e-9]))
    assert e.converged
    assert e.matrix[0, 1] == pytest.approx(120.0, rel=1e-4)
    assert e.matrix[1, 0] == 20.0


def test_a_hard_case_ends_with_a_small_proven_gap():
    """Counts far beyond the limit, contradicting each other, nearly exact: the climb alone sticks here."""
    rng = np.random.default_rng(61)
    prior = rng.gamma(0.5, 20, 30)
    p = rng.random((12, 30)) * (rng.random((12, 30)) > 0.5)
    e = estimate(prior, sparse.csr_matrix(p), rng.gamma(0.5, 2000, 12), errors=np.full(12, 1e-4), prior_weight=1e-3)
    assert 0 <= e.gap + 1e-9 < 1e-3
    assert (e.matrix <= 10 * prior * (1 + 1e-9)).all()
