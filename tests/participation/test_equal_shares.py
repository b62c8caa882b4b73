"""Equal shares: examples counted by hand, and what must hold for every election."""

from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from participation.elections import random_election
from shaar.engine.errors import InputError
from shaar.engine.participation.ballots import Ballot, BallotKind, BallotRules, Election, Project
from shaar.engine.participation.equal_shares import equal_shares
from shaar.engine.participation.explain import account
from shaar.engine.participation.greedy import greedy
from shaar.engine.participation.result import NotTaken, Phase, Reason, Taken
from shaar.engine.participation.shares_run import run
from shaar.engine.participation.tally import make_tally
from shaar.engine.participation.ties import supporters, tie_order

KINDS = st.sampled_from([BallotKind.APPROVAL, BallotKind.CUMULATIVE, BallotKind.ORDINAL])
SEEDS = st.integers(0, 10**9)


def election(budget: int, costs: dict[str, int], sheets: list[str], **more: object) -> Election:
    ballots = tuple(Ballot(f"v{i}", tuple(s)) for i, s in enumerate(sheets, start=1))
    projects = tuple(Project(p, c) for p, c in costs.items())
    return Election(projects, ballots, budget, BallotRules(BallotKind.APPROVAL), **more)  # type: ignore[arg-type]


def test_a_supporter_with_less_gives_all_she_has() -> None:
    # each of four holds 30; A costs its three supporters 20 each; then v1 has 10 for B and v2 pays the other 20
    result = equal_shares(election(120, {"A": 60, "B": 30}, ["AB", "B", "A", "A"]), completion="none")
    assert result.steps == (
        Taken(1, "A", Phase.EQUAL_SHARES, 60, 3, 60, None, Fraction(1, 3), Fraction(20), 3, 0),
        Taken(2, "B", Phase.EQUAL_SHARES, 30, 2, 30, None, Fraction(2, 3), Fraction(20), 1, 1),
    )
    assert (result.spent, result.left, result.share) == (90, 30, 30)


def test_raising_shares_step_by_step() -> None:
    # each of four holds 25: only A is affordable. C needs a share of 30, B one of 40; with A and C nothing more fits
    e = election(100, {"A": 60, "B": 40, "C": 30}, ["AB", "AB", "A", "C"])
    bare = equal_shares(e, completion="none")
    assert bare.winners == ("A",)
    assert {s.project: (s.reason, s.available, s.short_by) for s in bare.not_taken} == {
        "B": (Reason.SUPPORTERS_SHORT, 10, 30),
        "C": (Reason.SUPPORTERS_SHORT, 25, 5),
    }
    raised = equal_shares(e, completion="add1")
    assert (raised.winners, raised.spent, raised.first_share, raised.share) == (("A", "C"), 90, 25, 30)
    assert sum(a.covers for a in raised.attempts[:-1]) == 5
    assert greedy(e).winners == ("A", "B")


def test_a_tie_is_said_and_broken_by_the_rule() -> None:
    e = election(20, {"b": 10, "a": 20}, ["ab", "ab"])
    first = equal_shares(e, completion="none").steps[0]
    assert isinstance(first, Taken)
    assert (first.project, first.tied) == ("a", ("b",))
    assert equal_shares(e, completion="none", ties="least_cost").winners == ("b",)
    assert equal_shares(e, completion="none", ties=["b", "a"]).winners == ("b",)
    with pytest.raises(InputError, match="every project"):
        equal_shares(e, ties=["b"])
    with pytest.raises(InputError, match="no tie rule"):
        equal_shares(e, ties="coin")


def test_completion_by_the_greedy_rule_takes_what_still_fits() -> None:
    e = election(100, {"A": 60, "B": 40, "C": 30}, ["AB", "AB", "A", "C"])
    result = equal_shares(e, completion="greedy")
    assert result.winners == ("A", "B")
    last = result.steps_of("B")
    assert [type(s) for s in last] == [NotTaken, Taken]
    assert last[-1].phase is Phase.COMPLETION
    assert result.steps_of("C")[-1].reason is Reason.OVER_BUDGET  # type: ignore[union-attr]


def test_nobody_came_or_nobody_named_anything() -> None:
    assert equal_shares(election(100, {"A": 60}, [])).winners == ()
    empty = equal_shares(election(100, {"A": 60}, ["", ""]))
    assert empty.winners == ()
    assert [s.reason for s in empty.not_taken] == [Reason.NO_SUPPORT]


def test_wrong_settings_are_told() -> None:
    e = election(100, {"A": 60}, ["A"])
    for bad in ({"utility": "joy"}, {"completion": "all"}, {"step": 0}):
        with pytest.raises(InputError):
            equal_shares(e, **bad)  # type: ignore[arg-type]


def by_hand(e: Election, utility: str, order: dict[str, int]) -> list[tuple[str, Fraction]]:
    """Equal shares as its definition says, with fractions and no thought of speed."""
    tally = make_tally(e, utility)
    money = {g: Fraction(e.budget, len(e.ballots)) for g in range(len(e.ballots))}
    value = [{i: 0 * Fraction(1) for i in money} for _ in e.projects]
    for j, u in enumerate(value):
        worth = {int(g): int(v) * tally.unit[j] for g, v in zip(tally.members[j], tally.value[j])}
        for i in money:
            u[i] = worth.get(int(tally.group_of[i]), Fraction(0))
    rest, bought = set(range(len(e.projects))), []
    while True:
        offers = []
        for j in rest:
            fans = [i for i in money if value[j][i] > 0]
            if not fans or sum(money[i] for i in fans) < e.projects[j].cost:
                continue
            poor: set[int] = set()
            while True:
                rich = [i for i in fans if i not in poor]
                rho = (e.projects[j].cost - sum(money[i] for i in poor)) / sum(value[j][i] for i in rich)
                more = {i for i in rich if money[i] < rho * value[j][i]}
                if not more:
                    break
                poor |= more
            offers.append((rho, order[e.projects[j].id], j))
        if not offers:
            return bought
        rho, _, j = min(offers)
        rest.discard(j)
        bought.append((e.projects[j].id, rho))
        money = {i: x - min(x, rho * value[j][i]) for i, x in money.items()}


@settings(max_examples=150, deadline=None)
@given(SEEDS, KINDS, st.sampled_from(["cost", "cardinality", "points"]))
def test_rounds_and_prices_are_those_of_the_definition(seed: int, kind: BallotKind, utility: str) -> None:
    e = random_election(seed, kind, voters=20, projects=9)
    result = equal_shares(e, utility=utility, completion="none")
    assert [(t.project, t.rho) for t in result.taken] == by_hand(e, utility, tie_order(e, "lexicographic"))


@settings(max_examples=100, deadline=None)
@given(SEEDS, KINDS, st.sampled_from(["cost", "cardinality", "points"]), st.sampled_from(["none", "add1_greedy"]))
def test_money_adds_up_for_every_voter(seed: int, kind: BallotKind, utility: str, completion: str) -> None:
    e = random_election(seed, kind)
    result = equal_shares(e, utility=utility, completion=completion)
    accounts = [account(e, result, b) for b in e.ballots]
    paid = {p.id: Fraction(0) for p in e.projects}
    for a in accounts:
        assert a.left >= 0
        assert sum((p.amount for p in a.payments), a.left) == a.share == result.share
        for p in a.payments:
            paid[p.project] += p.amount
    for t in result.taken:
        if t.phase is Phase.EQUAL_SHARES:
            assert paid[t.project] == t.cost
            amounts = [p.amount for a in accounts for p in a.payments if p.project == t.project]
            assert max(amounts) == t.price
            assert len(amounts) == t.supporters == t.paid_in_full + t.paid_all_left
    assert result.spent == sum(e.by_id[w].cost for w in result.winners) <= e.budget
    assert {s.project for s in result.steps} == {p.id for p in e.projects}
    if completion != "none":
        support = supporters(e)
        assert not [p for p in e.projects if support[p.id] and p.id not in result.winners and p.cost <= result.left]


@settings(max_examples=60, deadline=None)
@given(SEEDS, KINDS, SEEDS)
def test_the_order_of_ballots_and_projects_decides_nothing(seed: int, kind: BallotKind, shuffle: int) -> None:
    e = random_election(seed, kind)
    rng = random.Random(shuffle)
    other = replace(
        e,
        ballots=tuple(rng.sample(e.ballots, len(e.ballots))),
        projects=tuple(rng.sample(e.projects, len(e.projects))),
    )
    for rule in (greedy, equal_shares):
        assert rule(e).taken == rule(other).taken


@settings(max_examples=60, deadline=None)
@given(SEEDS, KINDS, st.integers(0, 20), st.fractions(0, 1))
def test_between_two_tries_nothing_changes(seed: int, kind: BallotKind, raise_by: int, where: Fraction) -> None:
    e = random_election(seed, kind)
    tally, order = make_tally(e), tie_order(e, "lexicographic")
    cost, places = [p.cost for p in e.projects], [order[p.id] for p in e.projects]
    share = Fraction(e.budget, len(e.ballots)) + raise_by
    here = run(cost, tally, share, places, record=False, horizon=50.0)
    there = run(cost, tally, share + where * Fraction(here.unchanged_for), places, record=False)
    assert [b.project for b in here.purchases] == [b.project for b in there.purchases]


def test_progress_is_told_and_the_step_is_one_whole_unit() -> None:
    e = election(10000, {"A": 6000, "B": 4000, "C": 3000}, ["AB", "AB", "A", "C"], decimals=2)
    told: list[tuple[float, float | None]] = []
    result = equal_shares(
        e, completion="add1", progress=lambda stage, done, total=None, note="": told.append((done, total))
    )
    assert result.share == 3000
    assert told[0] == (6000, 10000)
    assert told[-1] == (9000, 10000)


@pytest.mark.slow
def test_a_large_vote_is_counted_in_seconds() -> None:
    rng = random.Random(1)
    projects = tuple(Project(f"p{i}", rng.randint(50, 900) * 1000) for i in range(150))
    ballots = tuple(
        Ballot(str(v), tuple(p.id for p in rng.sample(projects, rng.randint(3, 10)))) for v in range(20_000)
    )
    e = Election(projects, ballots, 8_000_000, BallotRules(BallotKind.APPROVAL))
    result = equal_shares(e, completion="greedy")
    assert result.spent <= e.budget
    assert len(result.winners) > 10
