"""Opinion groups: planted groups come back, order decides nothing, tests and silhouettes as counted another way."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import norm

from shaar.engine.errors import InputError
from shaar.engine.participation.clusters import kmeans, silhouettes
from shaar.engine.participation.opinions import NoGroups, Opinions, opinion_groups
from shaar.engine.participation.typical import Z90, share, z_half, z_two


def planted(
    people: int, statements: int, groups: int, *, missing: float, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Groups with their own answers, all for statement 0 and against statement 1; one vote in ten strays."""
    rng = np.random.default_rng(seed)
    own = rng.integers(0, groups, people)
    answer = np.where(np.arange(statements) % groups == np.arange(groups)[:, None], 1, -1)
    answer[:, 0], answer[:, 1] = 1, -1
    votes = np.where(rng.random((people, statements)) < 0.9, answer[own], -answer[own]).astype(float)
    votes[rng.random(votes.shape) < missing] = np.nan
    return votes, own


def purity(found: Opinions, own: np.ndarray) -> float:
    inside = found.group >= 0
    same = sum(np.bincount(own[found.group == g]).max() for g in range(found.k))
    return float(same / inside.sum())


@pytest.mark.parametrize(
    ("people", "statements", "groups", "missing"), [(60, 24, 2, 0.2), (300, 60, 3, 0.5), (1500, 120, 3, 0.7)]
)
def test_planted_groups_come_back(people: int, statements: int, groups: int, missing: float) -> None:
    votes, own = planted(people, statements, groups, missing=missing)
    found = opinion_groups(votes)
    assert found.reason is None
    assert found.k == groups
    assert purity(found, own) > 0.97
    assert sum(found.sizes) == found.people == int((found.group >= 0).sum())
    assert list(found.sizes) == sorted(found.sizes, reverse=True)
    assert 0 in [c.statement for c in found.agreed]
    assert 1 in [c.statement for c in found.rejected]
    for g, items in enumerate(found.typical):
        assert items
        assert all(t.clear for t in items)
        for t in items:
            mine = votes[found.group == g][:, t.statement]
            assert t.count == int((mine == (1 if t.agrees else -1)).sum())
            assert t.seen == int((~np.isnan(mine)).sum())
            assert t.statement > 1
    assert found.structure in ("strong", "reasonable")


def test_the_order_of_people_decides_nothing() -> None:
    votes, _ = planted(200, 40, 3, missing=0.5)
    order = np.random.default_rng(5).permutation(len(votes))
    a, b = opinion_groups(votes), opinion_groups(votes[order])
    np.testing.assert_allclose(b.coordinates, a.coordinates[order], atol=1e-9)
    np.testing.assert_array_equal(b.group, a.group[order])
    assert [c.statement for c in a.agreed] == [c.statement for c in b.agreed]
    assert a.typical == b.typical
    again = opinion_groups(votes)
    np.testing.assert_array_equal(a.group, again.group)


def test_too_few_people_or_no_difference_draw_no_groups() -> None:
    votes, _ = planted(200, 40, 2, missing=0.5)
    few = opinion_groups(votes[:10])
    assert (few.reason, few.k, few.people, few.min_people, few.typical) == (NoGroups.FEW_PEOPLE, 0, 10, 15, ())
    assert (few.group == -1).all()
    assert opinion_groups(np.ones((50, 8))).reason is NoGroups.NO_DIFFERENCE
    assert opinion_groups(np.ones((50, 2))).reason is NoGroups.FEW_STATEMENTS
    assert opinion_groups(np.full((50, 9), np.nan)).reason is NoGroups.FEW_STATEMENTS
    assert opinion_groups(np.empty((0, 0))).reason is NoGroups.FEW_STATEMENTS
    quiet = votes.copy()
    quiet[0, 6:] = np.nan
    placed = opinion_groups(quiet)
    assert placed.group[0] == -1
    assert np.isnan(placed.coordinates[0]).all()


def test_wrong_votes_are_told() -> None:
    with pytest.raises(InputError, match="a vote must be"):
        opinion_groups(np.full((3, 3), 2.0))
    with pytest.raises(InputError, match="matrix"):
        opinion_groups(np.zeros(3))
    with pytest.raises(InputError, match="one name"):
        opinion_groups(np.zeros((3, 3)), names=["a", "a", "b"])


def test_the_number_of_groups_changes_only_after_four_better_runs() -> None:
    two, _ = planted(240, 60, 2, missing=0.2)
    three, _ = planted(240, 60, 3, missing=0.2)
    shown = opinion_groups(two)
    assert shown.k == 2
    seen = []
    for _ in range(5):
        shown = opinion_groups(three, memory=shown.memory)
        seen.append(shown.k)
    assert seen == [2, 2, 2, 3, 3]
    assert opinion_groups(three).k == 3


def test_groups_keep_their_numbers_when_sizes_change() -> None:
    votes, own = planted(200, 40, 2, missing=0.3)
    names = [f"p{i}" for i in range(200)]
    before = opinion_groups(votes, names=names)
    small = np.flatnonzero((own != own[before.group == 0][0]) | (np.arange(200) % 4 == 0))
    after = opinion_groups(votes[small], names=[names[i] for i in small], memory=before.memory)
    np.testing.assert_array_equal(after.group, before.group[small])
    assert after.sizes[0] < after.sizes[1]


def test_silhouettes_counted_one_by_one() -> None:
    rng = np.random.default_rng(3)
    points, labels = rng.normal(size=(40, 2)), rng.integers(0, 3, 40)
    weights = rng.integers(1, 4, 40)
    heavy = np.repeat(np.arange(40), weights)
    x, own = points[heavy], labels[heavy]
    expected = []
    for i in range(len(x)):
        by = {}
        for c in range(3):
            others = [math.dist(x[i], x[j]) for j in range(len(x)) if own[j] == c and j != i]
            by[c] = sum(others) / len(others)
        a, b = by.pop(int(own[i])), min(by.values())
        expected.append((b - a) / max(a, b))
    np.testing.assert_allclose(silhouettes(points, labels, weights.astype(float))[heavy], expected, atol=1e-12)
    np.testing.assert_allclose(silhouettes(x, own), expected, atol=1e-12)


def test_clusters_far_apart_are_found_whatever_the_order() -> None:
    rng = np.random.default_rng(1)
    own = np.repeat([0, 1, 2, 3], 30)
    points = np.array([[0, 0], [10, 0], [0, 10], [10, 10]])[own] + rng.normal(size=(120, 2))
    label = kmeans(points, np.ones(120), 4, seed=0)
    assert len({(int(a), int(b)) for a, b in zip(own, label)}) == 4
    order = rng.permutation(120)
    np.testing.assert_array_equal(kmeans(points[order], np.ones(120), 4, seed=0), label[order])


def test_the_tests_of_proportions() -> None:
    # 18 of 20 in the group, 10 of 40 outside: (19/22, 11/42), pooled 30/64
    assert share(18, 20) == pytest.approx(19 / 22)
    pooled = 30 / 64
    by_hand = (19 / 22 - 11 / 42) / math.sqrt(pooled * (1 - pooled) * (1 / 22 + 1 / 42))
    assert z_two(18, 20, 10, 40) == pytest.approx(by_hand)
    assert by_hand == pytest.approx(4.582, abs=0.001)
    assert z_half(18, 20) == pytest.approx((19 / 22 - 0.5) / math.sqrt(0.25 / 22))
    assert pytest.approx(norm.ppf(0.9)) == Z90
