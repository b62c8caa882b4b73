"""Negative binomial regression, empirical Bayes and crash modification factors against published values."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import nbinom

from shaar.engine.access.safety_bayes import empirical_bayes, excess_by_chance, rank
from shaar.engine.access.safety_factors import Factor, combine, forecast, load_factors, speed_factor
from shaar.engine.access.safety_negbin import negative_binomial
from shaar.engine.errors import InputError


def generated(n: int = 800, alpha: float = 0.6, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Counts made up by a negative binomial generator: (counts, design, offset)."""
    rng = np.random.default_rng(seed)
    x = np.column_stack([np.ones(n), rng.normal(size=n), rng.random(n) < 0.3]).astype(float)
    offset = np.log(rng.uniform(0.2, 3.0, n))
    mu = np.exp(x @ [0.4, 0.7, -0.5] + offset)
    return rng.poisson(mu * rng.gamma(1 / alpha, alpha, n)), x, offset


def test_the_rand_health_experiment_as_published() -> None:
    # doctor visits of the RAND Health Insurance Experiment (20,190 people; Cameron and Trivedi 2005, Microeconometrics,
    # ch. 20), negative binomial II; estimates of Stata as stored with statsmodels
    sm = pytest.importorskip("statsmodels.api", reason="statsmodels is the oracle")
    data = sm.datasets.randhie.load()
    x = np.column_stack([np.asarray(data.exog, float), np.ones(len(data.endog))])
    m = negative_binomial(np.asarray(data.endog), x)
    published = [-0.0579469537, -0.2677877188, 0.0412060771, -0.0381376804, 0.2689157722, 0.0381637446, -0.0441338846,
                 0.0172521803, 0.1779607874, 0.6635560872]  # fmt: skip
    assert m.coefficients == pytest.approx(published, abs=1e-7)
    assert m.alpha == pytest.approx(1.2929533399, abs=1e-7)
    assert m.alpha_error == pytest.approx(0.01861, abs=5e-5)
    assert m.log_likelihood == pytest.approx(-43383.66207653563, abs=1e-6)


def test_with_an_offset_it_equals_statsmodels() -> None:
    sm = pytest.importorskip("statsmodels.api", reason="statsmodels is the oracle")
    y, x, offset = generated()
    ours = negative_binomial(y, x, offset=offset, names=("constant", "a", "b"))
    theirs = sm.NegativeBinomial(y, x, offset=offset).fit(disp=0, method="newton", maxiter=200, tol=1e-12)
    assert np.append(ours.coefficients, ours.alpha) == pytest.approx(np.asarray(theirs.params), abs=1e-6)
    assert ours.log_likelihood == pytest.approx(theirs.llf, abs=1e-8)
    assert np.append(ours.errors, ours.alpha_error) == pytest.approx(np.asarray(theirs.bse), rel=2e-3)
    assert ours.aic == pytest.approx(theirs.aic, abs=1e-6)
    assert ours.names == ("constant", "a", "b")


def test_the_likelihood_is_that_of_the_distribution() -> None:
    y, x, offset = generated(200, seed=3)
    scale = np.exp(-offset)
    m = negative_binomial(y, x, offset=offset, scale=scale)
    r = 1 / m.dispersion
    assert m.log_likelihood == pytest.approx(float(nbinom.logpmf(y, r, r / (r + m.mean)).sum()), abs=1e-8)
    assert m.dispersion == pytest.approx(m.alpha * scale)


def test_errors_are_the_curvature_of_the_likelihood() -> None:
    y, x, offset = generated(300, seed=5)
    m = negative_binomial(y, x, offset=offset)

    def value(p: np.ndarray) -> float:
        mu, r = np.exp(x @ p[:-1] + offset), np.exp(-p[-1])
        return float(nbinom.logpmf(y, r, r / (r + mu)).sum())

    best, h = np.append(m.coefficients, np.log(m.alpha)), 1e-4
    step = np.eye(4) * h

    def twice(a: np.ndarray, b: np.ndarray) -> float:
        return value(best + a + b) - value(best + a - b) - value(best - a + b) + value(best - a - b)

    second = np.array([[twice(a, b) / (4 * h * h) for b in step] for a in step])
    by_hand = np.sqrt(np.diag(np.linalg.inv(-second)))
    assert m.errors == pytest.approx(by_hand[:-1], rel=1e-4)
    assert m.alpha_error == pytest.approx(m.alpha * by_hand[-1], rel=1e-4)


def test_means_of_a_constant_model_add_up_to_the_counts() -> None:
    y, _, _ = generated(seed=8)
    m = negative_binomial(y, np.ones((len(y), 1)))
    assert m.mean.sum() == pytest.approx(y.sum(), rel=1e-9)


def test_counts_that_vary_by_chance_alone_have_no_dispersion() -> None:
    y = np.tile([1, 2, 1, 2, 1, 2], 20)  # less than Poisson
    m = negative_binomial(y, np.ones((120, 1)))
    assert m.alpha == 0.0
    assert math.isnan(m.alpha_error)
    assert m.mean == pytest.approx(np.full(120, 1.5))
    assert m.errors[0] == pytest.approx(1 / math.sqrt(180))


def test_models_that_cannot_be_fitted_are_refused() -> None:
    one = np.ones((20, 1))
    with pytest.raises(InputError, match="no crash at any place"):
        negative_binomial(np.zeros(20), one)
    with pytest.raises(InputError, match="say the same"):
        negative_binomial(np.arange(20), np.ones((20, 2)))
    with pytest.raises(InputError, match="2 places are too few"):
        negative_binomial([1, 2], one[:2])
    with pytest.raises(ValueError, match="whole numbers"):
        negative_binomial(np.full(20, 0.5), one)
    with pytest.raises(ValueError, match="same length"):
        negative_binomial(np.ones(20), one, offset=np.ones(3))


# The tutorial of Hauer, Harwood, Council and Griffith (2002, Transportation Research Record 1784): a road section of
# 1.8 miles with 4,000 vehicles a day; mu = 0.0224 x 4000^0.564 crashes per mile and year, overdispersion 2.05 per mile.
MU, PHI, MILES = 0.0224 * 4000**0.564, 2.05, 1.8


@pytest.mark.parametrize(
    ("crashes", "years", "per_mile", "error", "per_year"),
    [(12, 1, 4.71, 1.19, 8.48), (12 + 7 + 8, 3, 4.43, 0.80, 7.97)],
)
def test_the_tutorial_of_empirical_bayes(
    crashes: int, years: int, per_mile: float, error: float, per_year: float
) -> None:
    e = empirical_bayes([crashes], [MU * years * MILES], [1 / (PHI * MILES)])
    assert e.weight[0] == pytest.approx(1 / (1 + MU * years / PHI))
    assert e.expected[0] / years == pytest.approx(per_year, abs=0.01)
    assert e.expected[0] / years / MILES == pytest.approx(per_mile, abs=0.005)
    assert e.error[0] / years / MILES == pytest.approx(error, abs=0.005)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 60), st.floats(0.01, 40), st.floats(0.01, 5))
def test_empirical_bayes_lies_between_and_is_a_gamma(crashes: int, mu: float, a: float) -> None:
    e = empirical_bayes([crashes], [mu], [a])
    assert min(crashes, mu) - 1e-9 <= e.expected[0] <= max(crashes, mu) + 1e-9
    shape, rate = 1 / a + crashes, 1 / (a * mu) + 1
    assert e.expected[0] == pytest.approx(shape / rate)
    assert e.error[0] == pytest.approx(math.sqrt(shape) / rate)
    assert e.low[0] < e.high[0]
    assert 0 <= e.probability[0] <= 1
    assert e.excess[0] == pytest.approx(e.expected[0] - mu)


def test_without_dispersion_the_model_is_believed() -> None:
    e = empirical_bayes([9, 0], [2.0, 3.0], [0.0, 0.0])
    assert e.expected.tolist() == [2.0, 3.0]
    assert e.error.tolist() == [0.0, 0.0]
    with pytest.raises(ValueError, match="above 0"):
        empirical_bayes([1], [0.0], [1.0])


def test_ranks_are_by_excess_and_not_by_count() -> None:
    e = empirical_bayes([10, 6, 0], [9.0, 1.0, 1.0], [0.5, 0.5, 0.5])
    assert rank(e).tolist() == [1, 0, 2]
    assert rank(e, by="expected").tolist() == [0, 1, 2]
    assert excess_by_chance([0, 1], [2.0, 2.0]) == pytest.approx([1.0, 1 - math.exp(-2)])


def test_the_table_of_factors_names_its_sources() -> None:
    table = load_factors()
    assert len(table) >= 10
    for f in table.values():
        assert 0 < f.value < 1.5
        assert f.study
        assert f.country
        assert f.applies
        assert f.checked in ("yes", "value", "no")
    # Grundy et al. 2009: 41.9 % fewer casualties, 95 % range 36.0 to 47.8 %; Lusk et al. 2011: 0.72 (0.60 to 0.85)
    zone, track = table["zone_20mph"], table["cycle_track"]
    assert (round(1 - zone.value, 3), round(1.96 * zone.se, 3)) == (0.419, 0.059)
    assert track.value == 0.72
    assert 2 * 1.96 * track.se == pytest.approx(0.25, abs=0.002)


def test_combining_factors_by_hand() -> None:
    def factor(value: float, se: float, crashes: str = "all") -> Factor:
        return Factor("f", "", crashes, "all", value, se, "", "", "", "", "yes")

    value, se = combine([factor(0.5, 0.1), factor(0.8, 0.08)])
    assert value == pytest.approx(0.4)
    assert se == pytest.approx(0.4 * math.sqrt(0.2**2 + 0.1**2))
    table = {"a": factor(0.5, 0.1), "b": factor(0.8, 0.08, "night"), "c": factor(0.9, math.nan)}
    f = forecast(10.0, ["a"], table)
    assert (f.before, f.after, f.saved) == (10.0, 5.0, 5.0)
    assert (f.low, f.high) == pytest.approx((5 - 1.96, 5 + 1.96))
    assert f.findings == ()
    assert {x.code for x in forecast(10.0, ["a", "b"], table).findings} == {
        "safety.factors_multiplied", "safety.factors_differ",
    }  # fmt: skip
    without = forecast(10.0, ["c"], table)
    assert math.isnan(without.low)
    assert without.findings[0].code == "safety.factor_without_error"
    with pytest.raises(InputError, match="known are a, b, c"):
        forecast(1.0, ["d"], table)


def test_a_bad_table_of_factors_is_one_sentence(tmp_path: Path) -> None:
    head = "name,measure,crashes,severity,value,se,country,study,method,applies,checked\n"
    file = tmp_path / "f.csv"
    for text, words in [
        ("name,value\n", "the column is missing"),
        (head + "a,m,all,all,x,0.1,c,s,m,w,yes\n", "not a number"),
        (head + "a,m,all,all,-0.5,0.1,c,s,m,w,yes\n", "above 0"),
        (head + 2 * "a,m,all,all,0.5,,c,s,m,w,yes\n", "twice"),
    ]:
        file.write_text(text)
        with pytest.raises(InputError, match=words):
            load_factors(file)
    with pytest.raises(InputError, match="no such table"):
        load_factors(tmp_path / "g.csv")


def test_the_power_model_of_speed() -> None:
    assert speed_factor(60, 50, 1.2) == pytest.approx((5 / 6) ** 1.2)
    assert speed_factor(50, 50, 2.6) == 1.0
    with pytest.raises(ValueError, match="above 0"):
        speed_factor(0, 50, 1)
