"""Envelopes add up and top up; counts side by side."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shaar.engine.errors import InputError
from shaar.engine.participation.ballots import Ballot, BallotKind, BallotRules, Election, Project
from shaar.engine.participation.compare import DistrictShare, compare
from shaar.engine.participation.envelopes import Place, allot, by_envelope, share_out, split
from shaar.engine.participation.equal_shares import equal_shares
from shaar.engine.participation.explain import account
from shaar.engine.participation.greedy import greedy
from shaar.engine.participation.result import Reason

APPROVAL = BallotRules(BallotKind.APPROVAL)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 10**12), st.lists(st.integers(0, 10**6), min_size=1, max_size=12).filter(any))
def test_parts_add_up_and_keep_their_quota(total: int, weights: list[int]) -> None:
    parts = share_out(total, weights)
    assert sum(parts) == total
    for part, w in zip(parts, weights):
        assert abs(part - Fraction(total * w, sum(weights))) < 1


def test_the_top_up_goes_where_the_need_is() -> None:
    # 10 % of 1,000,000 is the pool; need is 30,000 x 1 for the outlying place and 10,000 x 0.5 for the poor one
    places = [
        Place("centre", 60_000),
        Place("far", 30_000, outlying=True),
        Place("poor", 10_000, poverty=Fraction(1, 2)),
    ]
    envelopes = allot(1_000_000, places)
    assert [(e.base, e.top_up) for e in envelopes] == [(540_000, 0), (270_000, 85_714), (90_000, 14_286)]
    assert sum(e.total for e in envelopes) == 1_000_000
    assert [e.total for e in allot(100, [Place("a", 1), Place("b", 3)])] == [25, 75]


@pytest.mark.parametrize("places", [[], [Place("a", 0)], [Place("a", 5), Place("a", 5)], [Place("a", 5, poverty=2)]])
def test_wrong_places(places: list[Place]) -> None:
    with pytest.raises(InputError):
        allot(100, places)


def two_districts() -> Election:
    projects = (Project("a", 60, district="A"), Project("b", 50, district="A"), Project("c", 40, district="B"))
    ballots = (
        Ballot("1", ("a", "b"), district="A"),
        Ballot("2", ("b", "a"), district="A"),
        Ballot("3", ("a", "c"), district="B"),
        Ballot("4", (), district="B"),
    )
    return Election(projects, ballots, 100, APPROVAL, envelopes={"A": 60, "B": 40})


def test_each_envelope_is_counted_by_itself() -> None:
    e = two_districts()
    parts = split(e)
    assert [b.voter for b in parts["A"].ballots] == ["1", "2", "3"]
    assert [(b.voter, b.choices) for b in parts["B"].ballots] == [("3", ("c",)), ("4", ())]
    result = by_envelope(e, greedy)
    assert (result.winners, result.spent, result.budget) == (("a", "c"), 100, 100)
    with pytest.raises(InputError, match="no envelopes"):
        split(parts["A"])
    with pytest.raises(InputError, match="add up to 90"):
        Election(e.projects, e.ballots, 100, APPROVAL, envelopes={"A": 60, "B": 30})
    with pytest.raises(InputError, match="no envelope"):
        Election(e.projects, e.ballots, 100, APPROVAL, envelopes={"A": 100})


def test_side_by_side() -> None:
    projects = tuple(Project(p, c, district=d) for p, c, d in (("A", 60, "x"), ("B", 40, "x"), ("C", 30, "y")))
    sheets = (("AB", "x"), ("AB", "x"), ("A", "x"), ("C", "y"), ("", "y"))
    ballots = tuple(Ballot(str(i), tuple(s), district=d) for i, (s, d) in enumerate(sheets))
    e = Election(projects, ballots, 100, APPROVAL)
    shares = equal_shares(e, completion="add1")
    both = compare(e, {"greedy": greedy(e), "shares": shares})
    assert both.voters == 4
    assert (both.both, both.only) == (("A",), {"greedy": ("B",), "shares": ("C",)})
    first, second = both.rows["greedy"], both.rows["shares"]
    assert (first.served_share, first.exclusion_ratio, second.exclusion_ratio) == (Fraction(3, 4), Fraction(1, 4), 0)
    assert (first.left, first.funded_per_voter) == (0, Fraction(5, 4))
    assert first.by_district == {"x": DistrictShare(100, 2, 3, 3), "y": DistrictShare(0, 0, 1, 0)}
    assert second.by_district["y"] == DistrictShare(30, 1, 1, 1)
    assert account(e, shares, ballots[3]).funded == ("C",)
    with pytest.raises(InputError):
        account(e, greedy(e), ballots[3])
    with pytest.raises(InputError):
        compare(e, {})


def test_greedy_with_a_threshold_and_with_a_stop() -> None:
    projects = (Project("A", 60), Project("B", 50), Project("C", 30), Project("D", 5))
    sheets = ("A", "A", "A", "B", "B", "C", "C")
    ballots = tuple(Ballot(str(i), tuple(s)) for i, s in enumerate(sheets))
    e = Election(projects, ballots, 100, APPROVAL)
    result = greedy(e)
    assert result.winners == ("A", "C")
    assert {s.project: (s.reason, s.short_by) for s in result.not_taken} == {
        "B": (Reason.OVER_BUDGET, 10),
        "D": (Reason.NO_SUPPORT, None),
    }
    assert greedy(e, skip=False).winners == ("A",)
    assert greedy(e, min_voters=3).winners == ("A",)
    assert greedy(e, per_cost=True).winners == ("C", "A")
