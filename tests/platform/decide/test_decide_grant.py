from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from shaar.platform.accounts.models import Organisation, Role
from shaar.platform.decide.models import Application, Decision, Disclosure, Score, Tranche
from shaar.platform.decide.policies import grant as policies
from shaar.platform.decide.selectors.money import left_in, paid
from shaar.platform.decide.selectors.review import standing
from shaar.platform.decide.services import application as services
from shaar.platform.decide.services import call as calls
from shaar.platform.decide.services import commission, delivery, review
from shaar.platform.kernel import events
from shaar.platform.kernel.errors import Conflict, Forbidden, Invalid
from shaar.platform.kernel.models import Message

TODAY = timezone.localdate
MINUTES = "Слушали, обсудили, постановили."


def hold(staff: Any, call: Any, members: Any = None) -> Any:
    return commission.hold_session(
        acting=staff.members[0], call=call, held_on=TODAY(), members=members or staff.members, minutes=MINUTES
    )


def decide(staff: Any, session: Any, row: Any, **given: Any) -> Decision:
    fields: dict[str, Any] = {
        "acting": staff.members[0], "session": session, "application": row, "outcome": "approved",
        "awarded": Decimal(400), "reason": "Лучшая заявка района.", "votes_for": 3, "seen_version": row.version,
    }  # fmt: skip
    return commission.decide(**{**fields, **given})


def test_the_whole_life_of_an_application(approved, staff, measure):
    row = approved()
    assert (row.status, row.awarded, left_in(row.lot)) == ("approved", Decimal(400), Decimal(600))
    parts = [(Decimal(250), TODAY()), (Decimal(150), TODAY() + timedelta(days=30))]
    delivery.sign_agreement(
        acting=staff.officer, application=row, number="17", signed_on=TODAY(), ends_on=TODAY() + timedelta(days=90),
        text="Заявитель делает сквер, управа платит.", tranches=parts,
    )  # fmt: skip
    first, last = row.tranches.all()
    for part in (first, last):
        delivery.approve_tranche(acting=staff.head, tranche=part)
    delivery.pay_tranche(acting=staff.officer, tranche=first, paid_on=TODAY())
    row.refresh_from_db()
    assert (row.status, paid(row)) == ("in_progress", Decimal(250))
    report = delivery.hand_in_report(
        acting=row.applicant, application=row, text="Посажены деревья, стоят скамейки.", spent=Decimal(240), final=False
    )
    delivery.judge_report(acting=staff.officer, report=report, accepted=True, words="Осмотрено: деревья посажены.")
    delivery.pay_tranche(acting=staff.officer, tranche=last, paid_on=TODAY())
    report = delivery.hand_in_report(
        acting=row.applicant, application=row, text="Площадка открыта для детей.", spent=Decimal(400)
    )
    delivery.judge_report(acting=staff.officer, report=report, accepted=True, words="Осмотрено: площадка стоит.")
    delivery.close(acting=staff.officer, application=row)
    row.refresh_from_db()
    assert (row.status, paid(row)) == ("closed", row.awarded)
    assert [event.verb for event in events.story(row)] == [
        "application.eligible", "application.approved", "application.agreement", "tranche.paid", "application.reported",
        "report.accepted", "tranche.paid", "application.reported", "application.accepted", "application.closed",
    ]  # fmt: skip
    told = Message.objects.filter(person=row.applicant, channel="site").count()
    assert told == 8  # arrived, eligible, approved, agreement, paid, report, paid, report
    assert events.verify() is None


def test_money_comes_back_when_work_is_not_done(approved, staff):
    row = approved()
    delivery.sign_agreement(
        acting=staff.officer, application=row, number="1", signed_on=TODAY(), ends_on=TODAY() + timedelta(days=9),
        text="Заявитель делает сквер, управа платит.", tranches=[(Decimal(400), TODAY())],
    )  # fmt: skip
    part = row.tranches.get()
    delivery.approve_tranche(acting=staff.head, tranche=part)
    delivery.pay_tranche(acting=staff.officer, tranche=part, paid_on=TODAY())
    due, why = TODAY() + timedelta(days=30), "Работа не начата в срок."
    with pytest.raises(Invalid, match=r"refund\.amount"):
        delivery.ask_refund(acting=staff.head, application=row, amount=Decimal("400.01"), due=due, reason=why)
    delivery.ask_refund(acting=staff.head, application=row, amount=Decimal(400), due=due, reason=why)
    with pytest.raises(Forbidden, match=r"refund\.two"):
        delivery.record_refund(acting=staff.head, application=row, received_on=TODAY())
    delivery.record_refund(acting=staff.officer, application=row, received_on=TODAY())
    row.refresh_from_db()
    assert row.status == "refunded"


def test_an_application_is_returned_and_comes_back_in_time(application, staff):
    row = application()
    due = TODAY() + timedelta(days=5)
    services.return_to_complete(
        acting=staff.officer, application=row, words="Приложите смету работ.", due=due, seen_version=1
    )
    fields: dict[str, Any] = {"text": row.text, "asked": Decimal(300), "own": [{"kind": "cash", "amount": Decimal(75)}]}
    with pytest.raises(Conflict, match=r"application\.changed"):
        services.change(acting=row.applicant, application=row, seen_version=2, **fields)
    Application.objects.update(due=TODAY() - timedelta(days=1))
    with pytest.raises(Conflict, match=r"application\.late"):
        services.change(acting=row.applicant, application=row, seen_version=1, **fields)
    Application.objects.update(due=due)
    services.change(acting=row.applicant, application=row, seen_version=1, **fields)
    row.refresh_from_db()
    assert (row.status, row.asked, row.version, row.own) == ("submitted", Decimal(300), 2, Decimal(75))


def test_the_commission_sends_back_and_judges_the_new_version(reviewed, staff):
    row = reviewed()
    session = hold(staff, row.call)
    decide(staff, session, row, outcome="revise", due=TODAY() + timedelta(days=7))
    commission.sign_minutes(acting=staff.members[1], session=session)
    row.refresh_from_db()
    assert row.status == "revise"
    services.change(
        acting=row.applicant, application=row, seen_version=1, text=row.text, asked=Decimal(200),
        own=[{"kind": "cash", "amount": Decimal(50)}],
    )  # fmt: skip
    row.refresh_from_db()
    assert (row.status, row.version) == ("in_review", 2)
    review.score(
        acting=staff.first, application=row, words="Стало дешевле и яснее.",
        marks={one.pk: 5 for one in row.call.criteria.all()},
    )  # fmt: skip
    assert sorted(standing(row).totals) == [Decimal(80), Decimal(100)]


# Separation of duties


def test_nobody_scores_before_declaring_and_nobody_with_an_interest_at_all(application, staff, person, territories):
    row = application()
    services.judge_conditions(acting=staff.officer, application=row, eligible=True, words="", seen_version=1)
    marks = {one.pk: 3 for one in row.call.criteria.all()}
    assert not policies.may_open_file(staff.first, row)
    with pytest.raises(Forbidden, match=r"score\.closed"):
        review.score(acting=staff.first, application=row, marks=marks, words="Без заявления нельзя.")
    review.disclose(acting=staff.second, application=row, conflict=True, words="Сосед.")
    with pytest.raises(Forbidden, match=r"score\.closed"):
        review.score(acting=staff.second, application=row, marks=marks, words="Есть интерес, нельзя.")
    review.disclose(acting=staff.first, application=row, conflict=False)
    assert policies.may_open_file(staff.first, row) and not policies.may_open_file(staff.second, row)
    assert not Score.objects.exists()


def test_the_applicant_and_her_organisation_judge_nothing(application, staff, person, territories, measure):
    ngo = Organisation.objects.create(kind="ngo", names={"en": "Green yard"})
    author, mate = (
        person("Автор", expert="north"),
        person("Коллега", expert="north", officer="north", commission="north"),
    )
    for who in (author, mate):
        Role.objects.create(
            person=who, kind="ngo", organisation=ngo, until=TODAY() + timedelta(days=9), reason="member",
            territory=territories["north"],
        )  # fmt: skip
    row = application(measure=measure(author), organisation=ngo)
    with pytest.raises(Forbidden, match=r"application\.check"):
        services.judge_conditions(acting=mate, application=row, eligible=True, words="", seen_version=1)
    services.judge_conditions(acting=staff.officer, application=row, eligible=True, words="", seen_version=1)
    for who in (author, mate):
        with pytest.raises(Forbidden, match=r"disclosure\.interest"):
            review.disclose(acting=who, application=row, conflict=False)
    assert not policies.may_decide(mate, row)
    row.refresh_from_db()
    assert row.status == "eligible" and not Disclosure.objects.exists()


def test_a_scorer_does_not_decide(reviewed, staff, person):
    row = reviewed()
    both = staff.members[2]
    review.disclose(acting=both, application=row, conflict=False)
    review.score(
        acting=both, application=row, words="Оценил как член комиссии.",
        marks={one.pk: 4 for one in row.call.criteria.all()},
    )  # fmt: skip
    session = hold(staff, row.call)
    with pytest.raises(Forbidden, match=r"decision\.closed"):
        decide(staff, session, row, acting=both)
    with pytest.raises(Invalid, match=r"decision\.votes"):
        decide(staff, session, row, votes_for=3)  # only two of the three present may vote
    assert decide(staff, session, row, votes_for=2).barred == 1


def test_who_keeps_the_minutes_does_not_sign_them(reviewed, staff):
    row = reviewed()
    session = hold(staff, row.call, staff.members[:2])
    decide(staff, session, row, votes_for=2)
    for who in (staff.members[0], staff.members[2], staff.officer):
        with pytest.raises(Forbidden, match=r"session\.sign"):
            commission.sign_minutes(acting=who, session=session)
    row.refresh_from_db()
    assert (row.status, row.awarded) == ("in_review", None)


def test_who_approves_a_payment_does_not_pay(approved, staff):
    row = approved()
    delivery.sign_agreement(
        acting=staff.officer, application=row, number="1", signed_on=TODAY(), ends_on=TODAY() + timedelta(days=9),
        text="Заявитель делает сквер, управа платит.", tranches=[(Decimal(400), TODAY())],
    )  # fmt: skip
    part = row.tranches.get()
    with pytest.raises(Forbidden, match=r"tranche\.approve"):
        delivery.approve_tranche(acting=staff.officer, tranche=part)
    with pytest.raises(Conflict, match=r"tranche\.state"):
        delivery.pay_tranche(acting=staff.officer, tranche=part, paid_on=TODAY())
    delivery.approve_tranche(acting=staff.head, tranche=part)
    with pytest.raises(Forbidden, match=r"tranche\.two"):
        delivery.pay_tranche(acting=staff.head, tranche=part, paid_on=TODAY())
    delivery.pay_tranche(acting=staff.officer, tranche=part, paid_on=TODAY())
    with pytest.raises(Conflict, match=r"tranche\.state"):
        delivery.pay_tranche(acting=staff.officer, tranche=part, paid_on=TODAY())
    assert paid(row) == Decimal(400)


# Rules of the call


def test_a_call_that_has_opened_is_frozen(call, manager, territories):
    for change in (
        lambda: calls.change_call(acting=manager, call=call, ceiling=Decimal(9999)),
        lambda: calls.set_lot(acting=manager, call=call, territory=territories["north"], money=Decimal(1)),
        lambda: calls.set_criteria(acting=manager, call=call, criteria=[{"names": {"en": "New"}, "weight": 100}]),
    ):
        with pytest.raises(Conflict, match=r"call\.frozen"):
            change()
    call.refresh_from_db()
    assert call.ceiling == 600 and [one.weight for one in call.criteria.all()] == [60, 40]


def test_weights_add_up_and_only_the_city_prepares(make_call, staff, manager):
    call = make_call(opens=timezone.now() + timedelta(days=1))
    type(call).objects.update(opens=timezone.now() + timedelta(days=1))
    with pytest.raises(Invalid, match=r"call\.weights"):
        calls.set_criteria(acting=manager, call=call, criteria=[{"names": {"en": "New"}, "weight": 99}])
    with pytest.raises(Forbidden):
        calls.change_call(acting=staff.head, call=call, ceiling=Decimal(1))  # head of one district only


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"asked": Decimal("600.01"), "own": 200}, "application.ceiling"),
        ({"own": Decimal("99.99")}, "application.share"),
        ({"asked": Decimal(0)}, "application.asked"),
    ],
)
def test_sums_keep_to_the_rules(application, given, code):
    with pytest.raises(Invalid) as caught:
        application(**given)
    assert caught.value.code == code and not Application.objects.exists()


def test_a_lot_gives_no_more_than_it_has(approved, reviewed, staff):
    approved(awarded=400)
    approved(awarded=400)
    row = reviewed()
    session = hold(staff, row.call)
    with pytest.raises(Invalid, match=r"decision\.money"):
        decide(staff, session, row, awarded=Decimal("200.01"))
    decide(staff, session, row, awarded=Decimal(200))
    commission.sign_minutes(acting=staff.members[1], session=session)
    assert left_in(row.lot) == 0


def test_two_sessions_cannot_promise_the_same_money(approved, reviewed, staff):
    approved(awarded=400)
    rows = [reviewed(), reviewed()]
    one, two = hold(staff, rows[0].call), hold(staff, rows[0].call)
    decide(staff, one, rows[0])
    with pytest.raises(Invalid, match=r"decision\.money"):
        decide(staff, two, rows[1], awarded=Decimal("200.01"))
    with pytest.raises(Conflict, match=r"decision\.twice"):
        decide(staff, two, rows[0])
    assert Decision.objects.filter(session__in=(one, two)).count() == 1


def test_two_officers_check_at_once(application, staff, person):
    row = application()
    services.judge_conditions(acting=staff.officer, application=row, eligible=True, words="", seen_version=1)
    with pytest.raises(Conflict, match=r"application\.changed"):
        services.judge_conditions(
            acting=person(officer="north"), application=row, eligible=False, words="Не подходит по условиям.",
            seen_version=1,
        )  # fmt: skip
    row.refresh_from_db()
    assert row.status == "eligible"


def test_scores_are_weighted_and_a_wide_spread_asks_for_a_third(reviewed, staff):
    row = reviewed(points=(5, 3))
    now = standing(row)
    assert now.totals == (Decimal(100), Decimal(60)) and now.mean == Decimal(80)
    assert now.wide and not now.ready
    session = hold(staff, row.call)
    with pytest.raises(Invalid, match=r"decision\.scores"):
        decide(staff, session, row)
    review.disclose(acting=staff.third, application=row, conflict=False)
    first, second = row.call.criteria.all()
    made = review.score(acting=staff.third, application=row, words="Между двумя.", marks={first.pk: 3, second.pk: 5})
    assert made.total == Decimal(76)  # 60 x 3/5 + 40 x 5/5
    assert standing(row).ready


def test_the_same_form_sent_twice_makes_one_application(application, measure):
    key, one = "0f0c4f5e-1111-4222-8333-444455556666", measure()
    assert application(measure=one, once_key=key).pk == application(measure=one, once_key=key).pk
    with pytest.raises(Conflict, match=r"application\.twice"):
        application(measure=one)
    assert Application.objects.count() == 1


def test_nobody_applies_with_a_strangers_proposal_or_after_closing(application, measure, person, call):
    with pytest.raises(Forbidden, match=r"application\.measure"):
        application(acting=person())
    type(call).objects.update(closes=timezone.now())
    call.refresh_from_db()
    with pytest.raises(Conflict, match=r"call\.not_open"):
        application()
    assert not Application.objects.exists()


@settings(max_examples=300, deadline=None)
@given(asked=st.decimals("0.01", "99999", places=2), share=st.integers(0, 99))
def test_the_least_own_contribution_is_the_share_to_the_last_hundredth(asked, share):
    from shaar.platform.decide.models import Call

    least = services.least_own(Call(share=share), asked)
    enough = lambda own: own * 100 >= share * (asked + own)  # noqa: E731
    assert enough(least) and (least == 0 or not enough(least - Decimal("0.01")))


@pytest.mark.parametrize("parts", [[], [400, 1], [399], [401, -1]])
def test_parts_that_are_not_the_grant_are_refused(approved, staff, parts):
    row = approved()
    with pytest.raises(Invalid, match=r"tranche\.sum"):
        delivery.sign_agreement(
            acting=staff.officer, application=row, number="1", signed_on=TODAY(), ends_on=TODAY(),
            text="Заявитель делает сквер, управа платит.", tranches=[(Decimal(one), TODAY()) for one in parts],
        )  # fmt: skip
    row.refresh_from_db()
    assert row.status == "approved" and not Tranche.objects.exists()
