from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from django.utils.translation import override
from hypothesis import given, settings
from hypothesis import strategies as st

from shaar.engine.participation.equal_shares import equal_shares
from shaar.engine.participation.greedy import greedy
from shaar.engine.participation.pabulib import parse_pabulib
from shaar.platform.decide.election import minor
from shaar.platform.decide.models import BallotBox, CastBallot, Count, PaperSheet, Participation
from shaar.platform.decide.selectors import ballot as selectors
from shaar.platform.decide.services import ballot as services
from shaar.platform.decide.services import closing, vote
from shaar.platform.kernel.errors import Conflict, Forbidden, Invalid
from shaar.platform.kernel.models import Event


@pytest.fixture
def end() -> Callable[[Any], None]:
    """Let the last day of a vote pass."""

    def pass_by(box: Any) -> None:
        BallotBox.objects.filter(pk=box.pk).update(closes=timezone.now())
        box.refresh_from_db()

    return pass_by


def count(manager: Any, box: Any, callbacks: Any) -> Count:
    with callbacks(execute=True):
        made = closing.seal(acting=manager, box=box)
    made.refresh_from_db()
    box.refresh_from_db()
    return made


# Sheets


@pytest.mark.parametrize(
    ("kind", "choices", "code"),
    [
        ("approval", {}, "ballot.too_few"),
        ("approval", {"1": 1, "2": 1, "3": 1}, "ballot.too_many"),
        ("approval", {"9": 1}, "ballot.unknown_project"),
        ("knapsack", {"1": 1, "2": 1, "3": 1, "4": 1}, "ballot.too_dear"),
        ("points", {"1": 6, "2": 5}, "ballot.points_sum_high"),
        ("points", {"1": 0}, "ballot.points_low"),
    ],
)
def test_a_sheet_that_breaks_a_rule_is_refused_and_leaves_nothing(make_box, person, kind, choices, code):
    box = make_box(kind=kind, most=2)
    with pytest.raises(Invalid) as caught:
        vote.cast(acting=person(), box=box, choices=choices)
    assert caught.value.code == code
    assert not CastBallot.objects.exists() and not Participation.objects.exists()


@pytest.mark.parametrize(
    ("kind", "choices", "kept"),
    [
        ("approval", {"2": 7, "1": 1}, {"1": 1, "2": 1}),
        ("knapsack", {"1": 1, "2": 1}, {"1": 1, "2": 1}),
        ("points", {"1": 4, "3": 6}, {"1": 4, "3": 6}),
    ],
)
def test_a_valid_sheet_is_kept(make_box, person, kind, choices, kept):
    assert vote.cast(acting=person(), box=make_box(kind=kind), choices=choices).choices == kept


def test_one_person_has_one_ballot_that_she_may_change(make_box, person):
    box, who = make_box(), person()
    vote.cast(acting=who, box=box, choices={"1": 1})
    vote.cast(acting=who, box=box, choices={"2": 1, "3": 1})
    assert [row.choices for row in CastBallot.objects.all()] == [{"2": 1, "3": 1}]
    assert vote.own_ballot(who, box).choices == {"2": 1, "3": 1}
    assert Participation.objects.count() == 1


def test_a_vote_after_closing_is_refused(make_box, person, end):
    box, who = make_box(), person()
    end(box)
    with pytest.raises(Conflict, match=r"ballot\.over"):
        vote.cast(acting=who, box=box, choices={"1": 1})
    assert not CastBallot.objects.exists()


def test_only_proven_residents_of_the_place_vote(make_box, person, territories):
    box = make_box(territory=territories["north"], level=2)
    for who in (person(level=1, home="ak-ordo"), person(level=2, home="urker"), person(level=2)):
        with pytest.raises(Forbidden, match=r"ballot\.not_voter"):
            vote.cast(acting=who, box=box, choices={"1": 1})
    vote.cast(acting=person(level=2, home="ak-ordo"), box=box, choices={"1": 1})
    assert CastBallot.objects.count() == 1


def test_no_event_says_what_was_voted_and_no_row_says_by_whom(make_box, person):
    box, who = make_box(kind="points"), person()
    vote.cast(acting=who, box=box, choices={"4": 7})
    (event,) = Event.objects.filter(verb="ballot.cast")
    assert event.data == {"changed": False} and not event.public
    row = CastBallot.objects.get()
    assert str(who.pk) not in str(row.__dict__) and len(row.voter) == 64


# Paper


def test_a_paper_ballot_counts_when_two_operators_read_the_same(make_box, person):
    box = make_box()
    one, two = person(operator="north"), person(operator=None)
    vote.enter_sheet(acting=one, box=box, number="a-17", choices={"1": 1})
    assert not CastBallot.objects.exists()
    with pytest.raises(Conflict, match=r"sheet\.same"):
        vote.enter_sheet(acting=one, box=box, number="A-17", choices={"1": 1})
    sheet = vote.enter_sheet(acting=two, box=box, number="A-17", choices={"1": 1})
    assert sheet.status == "agreed" and CastBallot.objects.get().channel == "paper"
    with pytest.raises(Conflict, match=r"sheet\.twice"):
        vote.enter_sheet(acting=person(operator=None), box=box, number="A-17", choices={"1": 1})
    assert CastBallot.objects.count() == 1


def test_entries_that_differ_are_settled_by_a_third(make_box, person, manager, end):
    box = make_box()
    one, two, three = (person(operator=None) for _ in range(3))
    vote.enter_sheet(acting=one, box=box, number="1", choices={"1": 1})
    sheet = vote.enter_sheet(acting=two, box=box, number="1", choices={"2": 1})
    assert sheet.status == "differs" and not CastBallot.objects.exists()
    end(box)
    with pytest.raises(Conflict, match=r"ballot\.sheets"):
        closing.seal(acting=manager, box=box)
    with pytest.raises(Forbidden, match=r"sheet\.third"):
        vote.settle_sheet(acting=two, sheet=sheet, choices={"2": 1})
    vote.settle_sheet(acting=three, sheet=sheet, choices={"2": 1})
    assert CastBallot.objects.get().choices == {"2": 1}


def test_a_sheet_that_breaks_a_rule_is_kept_as_spoilt(make_box, person):
    box = make_box(most=1)
    for who in (person(operator=None), person(operator=None)):
        vote.enter_sheet(acting=who, box=box, number="5", choices={"1": 1, "2": 1})
    sheet = PaperSheet.objects.get()
    assert sheet.spoilt and sheet.status == "agreed" and not CastBallot.objects.exists()


def test_nobody_votes_on_paper_and_on_the_site(make_box, person):
    box, operator = make_box(), person(operator=None)
    with_paper, online = person(), person()
    vote.give_sheet(acting=operator, box=box, person=with_paper)
    with pytest.raises(Conflict, match=r"ballot\.on_paper"):
        vote.cast(acting=with_paper, box=box, choices={"1": 1})
    vote.cast(acting=online, box=box, choices={"1": 1})
    with pytest.raises(Conflict, match=r"ballot\.voted"):
        vote.give_sheet(acting=operator, box=box, person=online)
    with pytest.raises(Forbidden):
        vote.enter_sheet(acting=online, box=box, number="1", choices={"1": 1})
    assert CastBallot.objects.count() == 1 and not PaperSheet.objects.exists()


# The count


@pytest.mark.parametrize("kind", ["approval", "knapsack", "points"])
@pytest.mark.parametrize("divided", [False, True])
def test_the_published_files_give_the_same_winners(
    make_box, person, manager, end, kind, divided, django_capture_on_commit_callbacks
):
    box = make_box(kind=kind, divided=divided)
    sheets = [{"1": 1, "3": 1}, {"1": 1, "3": 2}, {"1": 3}, {"2": 1, "4": 2}, {"2": 2}, {"3": 1}, {"4": 1}]
    for place, choices in enumerate(sheets):
        vote.cast(acting=person(home="ak-ordo" if place % 2 else "urker"), box=box, choices=choices)
    for who in (person(operator=None), person(operator=None)):
        vote.enter_sheet(acting=who, box=box, number="1", choices={"2": 1, "3": 1})
    end(box)
    made = count(manager, box, django_capture_on_commit_callbacks)
    assert (made.status, made.done, made.facts["voters"]) == ("done", 100, 8)
    assert len(made.files) == (2 if divided else 1)
    for part in made.facts["parts"]:
        again = parse_pabulib(made.files[part["file"]])
        assert again.budget == part["budget"] and len(again.ballots) == part["voters"]
        for rule, recount in (("greedy", greedy(again)), ("equal_shares", equal_shares(again))):
            assert list(recount.winners) == part[rule]["winners"]
            assert recount.spent == part[rule]["spent"] <= part["budget"]
    winners = made.facts["rows"]["equal_shares"]["winners"]
    assert sorted(winners) == sorted(one for part in made.facts["parts"] for one in part["equal_shares"]["winners"])
    assert selectors.turnout(box) == selectors.Turnout(8, 7, 1)


def test_closing_unties_ballots_from_voters_and_confirming_needs_a_second_person(
    make_box, person, manager, end, django_capture_on_commit_callbacks
):
    box, who = make_box(), person()
    vote.cast(acting=who, box=box, choices={"1": 1})
    before = set(CastBallot.objects.values_list("pk", flat=True))
    end(box)
    with pytest.raises(Forbidden):
        closing.seal(acting=person(mayor="north"), box=box)
    count(manager, box, django_capture_on_commit_callbacks)
    (row,) = CastBallot.objects.all()
    assert row.voter == "" and row.pk not in before and row.choices == {"1": 1}
    with pytest.raises(Forbidden, match=r"ballot\.two"):
        closing.confirm(acting=manager, box=box)
    closing.confirm(acting=person(mayor=None), box=box)
    box.refresh_from_db()
    assert box.status == "counted"
    with pytest.raises(Conflict, match=r"ballot\.confirm"):
        closing.confirm(acting=person(mayor=None), box=box)


def test_a_small_vote_counted_by_hand(make_box, person, manager, end, django_capture_on_commit_callbacks):
    # 900 for projects of 300, 300, 600 and 200. Nine voters hold 100 each. The six of a big group choose 1 and 3,
    # the three of a small one choose 2: greedy takes 1 and 3; by shares the three pay 2, the six pay 1 (50 each) and
    # have 300 left, too little for 3; nobody chose 4.
    box = make_box(most=2)
    for _ in range(6):
        vote.cast(acting=person(), box=box, choices={"1": 1, "3": 1})
    for _ in range(3):
        vote.cast(acting=person(), box=box, choices={"2": 1})
    end(box)
    made = count(manager, box, django_capture_on_commit_callbacks)
    (part,) = made.facts["parts"]
    assert part["greedy"]["winners"] == ["001", "003"] and part["greedy"]["spent"] == 90000
    assert sorted(part["equal_shares"]["winners"]) == ["001", "002"]
    with override("en"):
        (told,) = selectors.told(box, made)
    shares, most = told.told
    assert (shares.rule, shares.deciding, most.deciding) == ("equal_shares", True, False)
    words = {line.project.number: line.words for line in most.lines}
    assert words[4] == "Not funded: nobody chose it."
    assert words[2] == "Not funded: it costs 300\u00a0₸ and 0\u00a0₸ was left; 300\u00a0₸ lacking."
    outcomes = {one.project.number: (one.funded, one.votes) for one in selectors.outcomes(box, [told])}
    assert outcomes == {1: (True, 6), 2: (True, 3), 3: (False, 6), 4: (False, 0)}


def test_a_vote_that_has_opened_is_frozen(make_box, manager, measure):
    box = make_box()
    for change in (
        lambda: services.change_box(acting=manager, box=box, most=4),
        lambda: services.add_project(acting=manager, box=box, measure=measure(), cost=Decimal(1)),
        lambda: services.divide_money(acting=manager, box=box, districts=[]),
    ):
        with pytest.raises(Conflict, match=r"ballot\.frozen"):
            change()
    assert box.projects.count() == 4


def test_winners_of_a_call_by_ballot_get_what_they_asked(
    make_call, application, staff, manager, person, end, django_capture_on_commit_callbacks
):
    from shaar.platform.decide.services import application as applications

    call = make_call("vote", selection="ballot")
    lot = call.lots.get(territory__code="north")
    rows = [application(call=call, lot=lot, asked=asked, own=200) for asked in (500, 600)]
    for row in rows:
        applications.judge_conditions(acting=staff.officer, application=row, eligible=True, words="", seen_version=1)
    now = timezone.now()
    box = services.make_box(
        acting=manager, slug="vote", names={"en": "Vote"}, call=call, kind="approval", most=1, budget=Decimal(1000),
        opens=now + timedelta(hours=1), closes=now + timedelta(days=1),
    )  # fmt: skip
    for row in rows:
        services.add_project(acting=manager, box=box, application=row)
    services.publish_box(acting=manager, box=box)
    BallotBox.objects.update(opens=now - timedelta(days=1))
    box.refresh_from_db()
    for number in ("1", "2", "2"):
        vote.cast(acting=person(), box=box, choices={number: 1})
    end(box)
    count(manager, box, django_capture_on_commit_callbacks)
    closing.confirm(acting=person(mayor=None), box=box)
    for row in rows:
        row.refresh_from_db()
    assert [(row.status, row.awarded) for row in rows] == [("refused", None), ("approved", Decimal(600))]


@settings(max_examples=40, deadline=None)
@given(
    budget=st.decimals("1", "999999999", places=2),
    people=st.lists(st.integers(1, 10**6), min_size=3, max_size=3),
    top_up=st.decimals("0", "1", places=2),
)
def test_envelopes_add_up_to_the_budget(budget, people, top_up):
    from fractions import Fraction

    from shaar.engine.participation.envelopes import Place, allot
    from shaar.platform.decide.election import major

    places = [Place(str(n), count, outlying=n == 2) for n, count in enumerate(people)]
    parts = allot(minor(budget), places, top_up_share=Fraction(top_up))
    assert sum(major(part.base) + major(part.top_up) for part in parts) == budget
