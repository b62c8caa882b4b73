"""The grants and votes of the example: one of each finished, one of each open.

A call and a vote are prepared before they open, as in life; then their days are moved into the past.
"""

from __future__ import annotations

import random
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from shaar.platform.accounts import examples
from shaar.platform.accounts.models import Person, Role
from shaar.platform.decide.models import Application, BallotBox, BallotProject, Call, Count
from shaar.platform.decide.services import application, ballot, call, closing, commission, delivery, review, vote
from shaar.platform.decide.tasks import count_ballots
from shaar.platform.places.models import Territory
from shaar.platform.propose.models import Measure

from .people import Example
from .pictures import draw

NAMES = {
    "programme": {
        "ru": "Стимулирующие гранты", "ky": "Үлүштүк гранттар", "kk": "Ынталандыру гранттары", "en": "Small grants",
    },
    "spring": {
        "ru": "Весенний конкурс малых грантов", "ky": "Чакан гранттардын жазгы конкурсу",
        "kk": "Шағын гранттардың көктемгі конкурсы", "en": "Spring call for small grants",
    },
    "autumn": {
        "ru": "Осенний конкурс малых грантов", "ky": "Чакан гранттардын күзгү конкурсу",
        "kk": "Шағын гранттардың күзгі конкурсы", "en": "Autumn call for small grants",
    },
    "held": {
        "ru": "Голосование жителей: что сделать первым", "ky": "Тургундардын добушу: биринчи эмне жасалат",
        "kk": "Тұрғындар дауысы: алдымен не жасалады", "en": "Residents' vote: what to do first",
    },
    "open": {
        "ru": "Голосование о дворах и улицах", "ky": "Короолор жана көчөлөр боюнча добуш берүү",
        "kk": "Аулалар мен көшелер туралы дауыс беру", "en": "Vote on yards and streets",
    },
    "need": {"ru": "Нужность", "ky": "Зарылдыгы", "kk": "Қажеттілігі", "en": "Need"},
    "care": {
        "ru": "Кто будет ухаживать", "ky": "Ким карайт", "kk": "Кім күтеді", "en": "Who will care for it",
    },
    "own": {"ru": "Участие жителей", "ky": "Тургундардын катышуусу", "kk": "Тұрғындардың қатысуы", "en": "Own part"},
}  # fmt: skip
CRITERIA = (("need", 50), ("care", 30), ("own", 20))


def fill_grants(one: Example) -> None:
    """Make both calls and both votes."""
    given = one.content["grants"]
    programme = call.make_programme(
        acting=one.people["mayor"], slug="small-grants", names=NAMES["programme"], example=True
    )
    staff = _staff(one)
    spring = _call(one, programme, "spring", given, opened=60, closes=-20)
    rows = _apply(one, spring, given["spring"])
    _past(spring, opened=60, closes=-20)
    _review(one, staff, rows, given["spring"])
    autumn = _call(one, programme, "autumn", given, opened=5, closes=25)
    _apply(one, autumn, given["autumn"])
    held = _box(one, "held", given["held"], Decimal(given["budget"]), opened=30, closes=14)
    _votes(one, held, 7)
    BallotBox.objects.filter(pk=held.pk).update(closes=timezone.now() - timedelta(days=1))
    held.refresh_from_db()
    counted: Count = closing.seal(acting=one.people["mayor"], box=held)
    count_ballots.call(str(counted.pk))  # the worker finds it done
    closing.confirm(acting=one.people["admin"], box=held)
    _votes(one, _box(one, "open", given["open"], Decimal(given["budget"]), opened=3, closes=18), 8)


def _staff(one: Example) -> dict[str, Person]:
    """A second expert and two more members of the commission, so that duties stay apart."""
    made = {"expert": one.people["expert"], "commission": one.people["commission"]}
    for key, name in (("expert2", "Арман Жолдасов"), ("commission2", "Назгуль Турсунова"), ("commission3", "Олег Пак")):
        who = Person.objects.create_user(
            name=name, email=f"{key}@staff.{examples.DOMAIN}", level=1, language=one.content["language"]
        )
        Role.objects.create(
            person=who, kind=key.rstrip("23"), until=timezone.localdate() + timedelta(days=365), reason="example",
            granted_by=one.people["mayor"], approved_by=one.people["admin"],
        )  # fmt: skip
        made[key] = who
    return made


def _call(one: Example, programme: Any, slug: str, given: dict[str, Any], *, opened: int, closes: int) -> Call:
    boss, now = one.people["mayor"], timezone.now()
    made = call.make_call(
        acting=boss, programme=programme, slug=slug, names=NAMES[slug], ceiling=Decimal(given["ceiling"]),
        share=given["share"], quorum=2, opens=now + timedelta(hours=1), closes=now + timedelta(days=30),
        decide_by=timezone.localdate() + timedelta(days=45), example=True,
    )  # fmt: skip
    for code in given["lots"]:
        call.set_lot(acting=boss, call=made, territory=one.place(code), money=Decimal(given["money"]))
    call.set_criteria(
        acting=boss, call=made, criteria=[{"names": NAMES[key], "weight": weight} for key, weight in CRITERIA]
    )
    call.publish_call(acting=boss, call=made)
    Call.objects.filter(pk=made.pk).update(
        opens=now - timedelta(days=opened), closes=now + timedelta(days=max(closes, 1))
    )
    made.refresh_from_db()
    return made


def _past(made: Call, *, opened: int, closes: int) -> None:
    now = timezone.now()
    Call.objects.filter(pk=made.pk).update(opens=now - timedelta(days=opened), closes=now + timedelta(days=closes))
    made.refresh_from_db()


def _apply(one: Example, made: Call, rows: list[dict[str, Any]]) -> list[Application]:
    sent = []
    for row in rows:
        measure: Measure = one.measures[row["key"]]
        place, asked = measure.territory, Decimal(row["asked"])
        lot = next(lot for lot in made.lots.select_related("territory") if lot.territory.contains(place))
        sent.append(
            application.apply(
                acting=measure.author,
                call=made,
                lot=lot,
                measure=measure,
                text=row["text"],
                asked=asked,
                own=[{"kind": kind, "words": words, "amount": Decimal(amount)} for kind, words, amount in row["own"]],
            )
        )
    return sent


def _review(one: Example, staff: dict[str, Person], rows: list[Application], given: list[dict[str, Any]]) -> None:
    officer, today = one.people["officer"], timezone.localdate()
    for row, told in zip(rows, given):
        application.judge_conditions(acting=officer, application=row, eligible=True, words="", seen_version=row.version)
        for scorer, marks in zip((staff["expert"], staff["expert2"]), told["marks"]):
            review.disclose(acting=scorer, application=row, conflict=False)
            criteria = list(row.call.criteria.order_by("order"))
            review.score(
                acting=scorer, application=row, words=told["words"],
                marks={one.pk: mark for one, mark in zip(criteria, marks)},
            )  # fmt: skip
        row.refresh_from_db()
    members = [staff["commission"], staff["commission2"], staff["commission3"]]
    session = commission.hold_session(
        acting=members[0], call=rows[0].call, held_on=today, members=members, minutes=one.content["grants"]["minutes"]
    )
    for row, told in zip(rows, given):
        won = told["outcome"] == "approved"
        commission.decide(
            acting=members[0], session=session, application=row, outcome=told["outcome"], reason=told["reason"],
            votes_for=3, awarded=row.asked if won else None, seen_version=row.version,
        )  # fmt: skip
    commission.sign_minutes(acting=members[1], session=session)
    for row, told in zip(rows, given):
        if told["outcome"] == "approved":
            row.refresh_from_db()
            _deliver(one, row, told)


def _deliver(one: Example, row: Application, told: dict[str, Any]) -> None:
    officer, head, today = one.people["officer"], one.people["head"], timezone.localdate()
    assert row.awarded is not None
    half = (row.awarded / 2).quantize(Decimal("0.01"))
    delivery.sign_agreement(
        acting=officer, application=row, number="1/26", signed_on=today, ends_on=today + timedelta(days=90),
        text=told["agreement"], tranches=[(half, today), (row.awarded - half, today + timedelta(days=45))],
    )  # fmt: skip
    for part in row.tranches.order_by("number"):
        delivery.approve_tranche(acting=head, tranche=part)
        delivery.pay_tranche(acting=officer, tranche=part, paid_on=today)
    if "report" in told:
        row.refresh_from_db()
        made = delivery.hand_in_report(
            acting=row.applicant, application=row, text=told["report"], spent=row.awarded, final=True
        )
        if "drawing" in told:
            draw(made, told["drawing"], acting=row.applicant)
        delivery.judge_report(acting=officer, report=made, accepted=True, words=told["seen"])


def _box(one: Example, key: str, projects: list[Any], budget: Decimal, *, opened: int, closes: int) -> BallotBox:
    boss, now = one.people["mayor"], timezone.now()
    made = ballot.make_box(
        acting=boss, slug=f"{key}-vote", names=NAMES[key], budget=budget, most=3, kind="approval", example=True,
        opens=now + timedelta(hours=1), closes=now + timedelta(days=closes),
    )  # fmt: skip
    for name, cost in projects:
        ballot.add_project(acting=boss, box=made, measure=one.measures[name], cost=Decimal(cost))
    ballot.publish_box(acting=boss, box=made)
    BallotBox.objects.filter(pk=made.pk).update(opens=now - timedelta(days=opened))
    made.refresh_from_db()
    return made


def _votes(one: Example, box: BallotBox, seed: int) -> None:
    """Made-up ballots: people like what is near them, and what many have supported."""
    chance = random.Random(seed)
    projects = list(box.projects.select_related("measure__territory"))
    for voter in one.residents:

        def dislike(project: BallotProject, voter: Person = voter) -> float:
            near = 2.0 * _near(project.measure.territory, voter.home)
            return -(near + project.measure.supports_count / 20 + chance.random())

        liked = sorted(projects, key=dislike)[: chance.randint(1, 3)]
        vote.cast(acting=voter, box=box, choices={str(project.number): 1 for project in liked})


def _near(place: Territory | None, home: Territory | None) -> bool:
    return place is not None and home is not None and place.pk == home.pk
