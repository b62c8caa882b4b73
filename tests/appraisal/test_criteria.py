"""Weights, dominance, acceptability and shares of groups: by hand, and by what must hold always."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shaar.engine.appraisal.criteria import Criterion, acceptability, dominance, weighted
from shaar.engine.appraisal.equity import by_group, welfare_weights
from shaar.engine.errors import InputError

COST, ACCESS = Criterion("cost", "less", 1.0), Criterion("access", "more", 3.0)
#: cheap and poor, dear and good, and one that is worse than the second on both
TABLE = [[10.0, 100.0], [30.0, 500.0], [40.0, 400.0]]


def test_weighted_sums_by_hand():
    got = weighted(TABLE, [COST, ACCESS])
    assert got.score == pytest.approx(np.array([[1, 0], [1 / 3, 1], [0, 0.75]]))
    assert got.weight == pytest.approx([0.25, 0.75])
    assert got.total == pytest.approx([0.25, 1 / 12 + 0.75, 0.5625])
    assert got.rank.tolist() == [3, 1, 2]
    assert got.parts.sum(axis=1) == pytest.approx(got.total)


def test_who_is_beaten_outright():
    assert dominance(TABLE, [COST, ACCESS]).tolist() == [
        [False, False, False],
        [False, False, True],
        [False, False, False],
    ]


def test_acceptability_of_two_criteria_is_the_length_of_the_weights():
    # Scores (1, 0) and (1/3, 1): the first wins where w > 1 - w + w / 3, w of cost above 0.6: two fifths of weights.
    got = acceptability(TABLE[:2], TABLE[:2], TABLE[:2], [COST, ACCESS], n=40_000, seed=3)
    # scaled between the two: (1, 0) and (0, 1), so half of the weights each
    assert got.rank == pytest.approx(np.array([[0.5, 0.5], [0.5, 0.5]]), abs=0.01)
    assert got.central == pytest.approx(np.array([[0.75, 0.25], [0.25, 0.75]]), abs=0.01)
    assert got.confidence.tolist() == [1.0, 1.0]
    three = acceptability(TABLE, TABLE, TABLE, [COST, ACCESS], n=40_000, seed=3)
    # the first wins where w > w / 3 + (1 - w): w > 0.6; the third is dominated and never wins
    assert three.rank[:, 0] == pytest.approx([0.4, 0.6, 0.0], abs=0.01)
    assert np.isnan(three.central[2]).all()
    assert three.pairwise[1, 2] == 1.0


def test_an_agreed_order_of_importance_narrows_the_weights():
    got = acceptability(TABLE, TABLE, TABLE, [COST, ACCESS], n=20_000, seed=3, order=["access", "cost"])
    # cost weighs at most a half, so the first never wins
    assert got.rank[:, 0].tolist() == [0.0, 1.0, 0.0]
    with pytest.raises(InputError, match="names every criterion once"):
        acceptability(TABLE, TABLE, TABLE, [COST, ACCESS], order=["access"])


def test_wide_ranges_make_less_sure():
    low, high = np.array(TABLE) * 0.5, np.array(TABLE) * 1.5
    got = acceptability(low, TABLE, high, [COST, ACCESS], n=5000, seed=1)
    assert got.rank[2, 0] > 0
    assert got.confidence[1] < 1
    assert acceptability(low, TABLE, high, [COST, ACCESS], n=5000, seed=1).rank.tolist() == got.rank.tolist()


tables = st.integers(2, 5).flatmap(
    lambda c: st.lists(st.lists(st.integers(0, 20).map(float), min_size=c, max_size=c), min_size=2, max_size=5)
)


@settings(max_examples=60, deadline=None)
@given(tables, st.data())
def test_orders_hold(table, data):
    criteria = [
        Criterion(f"c{k}", data.draw(st.sampled_from(["more", "less"])), data.draw(st.integers(1, 9)))
        for k in range(len(table[0]))
    ]
    beats = dominance(table, criteria)
    got = weighted(table, criteria)
    assert not (beats & beats.T).any()
    for i, k in zip(*np.nonzero(beats), strict=True):
        assert got.total[i] > got.total[k]
        assert got.rank[i] < got.rank[k]
    twice = weighted(table, [Criterion(c.key, c.better, 2 * c.weight) for c in criteria])
    assert twice.total == pytest.approx(got.total)
    heavier = [Criterion(c.key, c.better, c.weight + (100.0 if k == 0 else 0.0)) for k, c in enumerate(criteria)]
    best = np.argmax(got.score[:, 0])
    assert weighted(table, heavier).total[best] >= got.total[best] - 1e-9 or got.score[best, 0] < got.total[best]
    smaa = acceptability(table, table, table, criteria, n=400, seed=0)
    assert smaa.rank.sum(axis=0) == pytest.approx(np.ones(len(table)))
    assert smaa.rank.sum(axis=1) == pytest.approx(np.ones(len(table)))
    for i, k in zip(*np.nonzero(beats), strict=True):
        assert smaa.pairwise[k, i] == 0.0


@pytest.mark.parametrize(
    ("table", "criteria", "words"),
    [
        ([[1.0, float("nan")]], [COST, ACCESS], "access is not known"),
        ([[1.0]], [COST, ACCESS], "a column for each criterion"),
        ([[1.0]], [Criterion("a", "more", -1.0)], "from 0 up"),
        ([[1.0]], [Criterion("a", "more", 0.0)], "one at least"),
    ],
)
def test_bad_tables_are_named(table, criteria, words):
    with pytest.raises(InputError, match=words):
        weighted(table, criteria)


def test_shares_of_groups_by_hand():
    got = by_group([10.0, -4.0, 6.0, 8.0], [100, 100, 50, 250], ["far", "far", "near", None])
    assert [g.group for g in got] == ["far", "near"]
    far = got[0]
    assert (far.people, far.benefit, far.gain, far.loss, far.per_person) == (200, 6.0, 10.0, 4.0, 0.03)
    assert (far.people_share, far.benefit_share) == (0.4, 0.3)
    with pytest.raises(InputError, match="an entry for each place"):
        by_group([1.0], [1.0, 2.0], ["a"])


def test_a_unit_of_money_counts_more_for_the_poor():
    assert welfare_weights([50.0, 100.0, 150.0], 1.3) == pytest.approx([2**1.3, 1.0, (2 / 3) ** 1.3])
    assert welfare_weights([50.0, 150.0], 0.0).tolist() == [1.0, 1.0]
    with pytest.raises(InputError, match="above 0"):
        welfare_weights([0.0])


@given(st.lists(st.tuples(st.floats(-1e4, 1e4), st.floats(0, 1e4), st.sampled_from("abc")), min_size=1, max_size=20))
def test_groups_make_up_the_whole(rows):
    benefit, people, group = zip(*rows, strict=True)
    got = by_group(benefit, people, group)
    assert sum(g.people for g in got) == pytest.approx(sum(people), abs=1e-6)
    assert sum(g.benefit for g in got) == pytest.approx(sum(benefit), abs=1e-6)
    assert all(g.benefit == pytest.approx(g.gain - g.loss, abs=1e-6) for g in got)
