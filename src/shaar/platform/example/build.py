"""Fills an empty installation with the example of its city, through the services that people use."""

from __future__ import annotations

import random
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils import timezone

from shaar.engine.errors import InputError
from shaar.engine.progress import Progress, silent
from shaar.platform.accounts import examples
from shaar.platform.accounts.models import Organisation, Person
from shaar.platform.kernel import limits
from shaar.platform.kernel.models import Event
from shaar.platform.propose.models import Feature, Hazard, Measure, Meeting, Opinion, Plan
from shaar.platform.propose.services import answer, comment, hazard, meeting, merge, opinion, plan, process, support
from shaar.platform.propose.services import measure as measures

from .content import read_content
from .estimates import fill_estimates
from .grants import fill_grants
from .people import Example
from .pictures import draw

_NAMES = (
    "Айжан", "Бекзат", "Гүлнар", "Динара", "Ерлан", "Жанар", "Зарина", "Ильяс", "Камила", "Лаура", "Мадина", "Нурлан",
    "Олжас", "Перизат", "Руслан", "Сауле", "Тимур", "Улан", "Фарида", "Шынар",
)  # fmt: skip


def fill(progress: Progress = silent) -> Example:
    """Fill this installation; it must be empty of events.

    Raises
    ------
    InputError
        There is something in it already, or no example for its city.
    """
    if Event.objects.filter(object_type__startswith="propose.").exists():
        raise InputError("there is data in this installation already; the example is for an empty one")
    one = Example(read_content(settings.PROFILE.code), progress)
    steps = (_people, _proposals, _hazards, _meeting, _plan, _question, fill_grants, fill_estimates)
    for number, step in enumerate(steps):
        step(one)
        progress("example", number + 1, len(steps), step.__name__.removeprefix("fill").strip("_"))
    limits.forget()  # those people were very busy
    return one


def _people(one: Example) -> None:
    content = one.content
    for row in content["office"]:
        one.offices[row["key"]] = Organisation.objects.create(kind="department", names=row["names"], territory=one.root)
    ngo = Organisation.objects.create(kind="ngo", names=content["ngo"], territory=one.root)
    one.people = examples.make_people(home=one.place(content["home"]), organisation=ngo)
    homes = [row["place"] for row in content["proposal"]]
    for number in range(max(30, int(content["question"]["people"]))):
        name = _NAMES[number % len(_NAMES)]
        one.residents.append(
            Person.objects.create_user(
                name=name,
                email=f"neighbour{number:02d}@neighbours.{examples.DOMAIN}",
                level=1,
                home=one.place(homes[number % len(homes)]),
                language=content["language"],
                is_active=True,
            )
        )


def _proposals(one: Example) -> None:
    people, now = one.people, timezone.now()
    given = one.content["process"]
    talk = process.make_process(
        acting=people["mayor"], slug=given["slug"], names=given["names"], about=given["about"],
        threshold=given["threshold"], example=True,
    )  # fmt: skip
    process.set_phase(
        acting=people["mayor"], process=talk, names=given["phase"], since=now - timedelta(days=60),
        until=now + timedelta(days=120), features=[feature.value for feature in Feature],
    )  # fmt: skip
    for number, row in enumerate(one.content["proposal"]):
        author = one.residents[number]
        point = {"type": "Point", "coordinates": [row["lon"], row["lat"]]} if "lon" in row else None
        made = measures.propose(
            acting=author, process=talk, kind=row["kind"], title=row["title"], text=row["text"],
            language=row.get("language", one.content["language"]), geometry=point, territory=one.place(row["place"]),
            benefits=row.get("benefits", ""), cost_guess=Decimal(row["cost"]) if "cost" in row else None,
        )  # fmt: skip
        if "drawing" in row:
            draw(made, row["drawing"], acting=author, public=True)
        for neighbour in [p for p in one.residents if p.pk != author.pk][: row["supports"] - 1]:
            made = support.support(acting=neighbour, measure=made)
        for turn, (stance, text) in enumerate(row["comments"]):
            comment.comment(
                acting=one.residents[(number + turn + 1) % len(one.residents)], measure=made, text=text, stance=stance
            )
        one.measures[row["key"]] = made
    for row in one.content["proposal"]:
        if "merge_into" in row:
            merge.merge(
                acting=people["officer"], measure=one.measures[row["key"]], into=one.measures[row["merge_into"]]
            )
        if "answer" in row:
            _answer(one, one.measures[row["key"]], row["answer"])


def _answer(one: Example, made: Measure, said: dict[str, Any]) -> None:
    made.refresh_from_db()
    answer.answer(
        acting=one.people["officer"], measure=made, outcome=said["outcome"], reason=said["reason"], text=said["text"],
        office=one.offices[said["office"]], seen_answers=0, seen_version=made.version,
        deadline=timezone.localdate() + timedelta(days=said["days"]) if said["outcome"] != "refused" else None,
    )  # fmt: skip


def _hazards(one: Example) -> None:
    for number, row in enumerate(one.content["hazard"]):
        point = {"type": "Point", "coordinates": [row["lon"], row["lat"]]} if "lon" in row else None
        made: Hazard = hazard.report_hazard(
            acting=one.residents[number], kind=row["kind"], title=row["title"], text=row["text"], geometry=point,
            territory=one.place(row["place"]),
        )  # fmt: skip
        if "judge" in row:
            said = row["judge"]
            hazard.judge_hazard(
                acting=one.people["officer"], hazard=made, confirmed=True, severity=said["severity"],
                likelihood=said["likelihood"], owner=one.offices[said["owner"]], words=said["words"],
                review_on=timezone.localdate() + timedelta(days=45),
            )  # fmt: skip
        if "measure" in row:
            hazard.begin_work(
                acting=one.people["officer"], hazard=made, measure=one.measures[row["measure"]], words=said["words"]
            )


def _meeting(one: Example) -> None:
    given, now, keeper = one.content["meeting"], timezone.now(), one.people["officer"]
    made: Meeting = meeting.call_meeting(
        acting=keeper, title=given["title"], territory=one.place(given["place"]), where=given["where"],
        about=given["about"], starts_at=now - timedelta(days=12, hours=2), ends_at=now - timedelta(days=12),
    )  # fmt: skip
    points = [
        meeting.add_agenda_item(acting=keeper, meeting=made, title=title, measure=one.measures.get(key))
        for title, key in given["agenda"]
    ]
    guests = [
        meeting.invite(acting=keeper, meeting=made, name=name, side=side, organisation=office)
        for name, side, office in given["guests"]
    ]
    made = meeting.hold(acting=keeper, meeting=made, present=[guest.pk for guest in guests[: given["present"]]])
    for number, side, text in given["statements"]:
        meeting.note_statement(acting=keeper, item=points[number - 1], side=side, text=text)
    for number, agreed, text, yes, no, none in given["decisions"]:
        one.decisions[number] = meeting.decide_item(
            acting=keeper, item=points[number - 1], text=text, agreed=agreed, votes_for=yes, votes_against=no,
            votes_abstained=none,
        )  # fmt: skip
    meeting.publish_minutes(acting=keeper, meeting=made, minutes=given["minutes"])
    coming = given["next"]
    begins = timezone.localtime(now + timedelta(days=coming["days"])).replace(hour=15, minute=0, second=0)
    meeting.call_meeting(
        acting=keeper, title=coming["title"], territory=one.place(coming["place"]), where=coming["where"],
        starts_at=begins, ends_at=begins + timedelta(hours=2),
    )  # fmt: skip


def _plan(one: Example) -> None:
    given, keeper, today = one.content["plan"], one.people["officer"], timezone.localdate()
    held = Meeting.objects.filter(status=Meeting.Status.PUBLISHED).first()
    assert held is not None
    made: Plan = plan.make_plan(acting=keeper, title=given["title"], territory=held.territory, meeting=held)
    items = []
    for key, office, days, cost, source, status, progress, note in given["items"]:
        agreed = one.decisions[int(key.removeprefix("decision-"))].measure if key.startswith("decision-") else None
        measure = agreed or one.measures[key]
        item = plan.set_item(
            acting=keeper, plan=made, measure=measure, owner=one.offices[office], term=today + timedelta(days=days),
            source=source, cost=Decimal(cost) if cost else None,
        )  # fmt: skip
        items.append((item, status, progress, note))
    plan.adopt_plan(acting=one.people["mayor"], plan=made, seen_items=len(items))
    for item, status, progress, note in items:
        if status:
            plan.report_item(acting=keeper, item=item, status=status, progress=progress, note=note)


def _question(one: Example) -> None:
    given, keeper, now = one.content["question"], one.people["officer"], timezone.now()
    asked = opinion.open_conversation(
        acting=keeper, slug=given["slug"], names=given["names"], since=now - timedelta(days=10),
        until=now + timedelta(days=30), example=True,
    )  # fmt: skip
    said: list[Opinion] = [opinion.say(acting=keeper, conversation=asked, text=text) for text in given["statements"]]
    chance = random.Random(7)  # made up, and the same each time
    for number, voter in enumerate(one.residents[: given["people"]]):
        camp = given["camps"][number % len(given["camps"])]
        for row, share in zip(said, camp):
            value = 0 if chance.random() < 0.06 else 1 if chance.random() < share else -1
            opinion.vote(acting=voter, opinion=row, value=value)
    opinion.draw_map(conversation=asked)
