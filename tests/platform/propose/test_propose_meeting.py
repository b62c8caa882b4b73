from __future__ import annotations

import io
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from openpyxl import load_workbook

from shaar.platform.accounts.models import Organisation
from shaar.platform.kernel import events
from shaar.platform.kernel.errors import Conflict, Forbidden, Invalid
from shaar.platform.kernel.models import Event
from shaar.platform.propose.models import Decision, Measure, Meeting, Plan, PlanItem
from shaar.platform.propose.selectors import meeting as selectors
from shaar.platform.propose.services import meeting as meetings
from shaar.platform.propose.services import plan as plans

WORDS = "Поставить освещение на улице Школьной до осени."


@pytest.fixture
def leader(person: Any) -> Any:
    return person("Токтогул", leader="ak-ordo")


@pytest.fixture
def held(leader: Any, territories: dict[str, Any]) -> Meeting:
    """A round table that began an hour ago: one point, three people present, a fourth invited."""
    now = timezone.now()
    one = meetings.call_meeting(
        acting=leader, title="Улицы Ак-Ордо", territory=territories["ak-ordo"], starts_at=now - timedelta(hours=1),
        ends_at=now + timedelta(hours=1), where="Школа № 5",
    )  # fmt: skip
    meetings.add_agenda_item(acting=leader, meeting=one, title="Освещение улицы Школьной")
    guests = [
        meetings.invite(acting=leader, meeting=one, name=name, side=side)
        for name, side in (("А", "resident"), ("Б", "resident"), ("В", "authority"), ("Г", "expert"))
    ]
    return meetings.hold(acting=leader, meeting=one, present=[guest.pk for guest in guests[:3]])


@pytest.fixture
def office(territories: dict[str, Any]) -> Organisation:
    return Organisation.objects.create(kind="department", names={"ru": "Горсвет"})


def decide(who: Any, meeting: Meeting, **more: Any) -> Decision:
    given = {"text": WORDS, "agreed": True, "votes_for": 3, "kind": "lighting"}
    return meetings.decide_item(acting=who, item=meeting.agenda.get(), **{**given, **more})


def test_what_is_agreed_becomes_a_measure_of_the_place(leader, held):
    made = decide(leader, held)
    assert made.measure is not None
    assert (made.measure.title, made.measure.channel, made.measure.territory.code) == (
        "Освещение улицы Школьной", "meeting", "ak-ordo",
    )  # fmt: skip
    assert made.measure.supports_count == 0
    assert [e.verb for e in events.story(made.measure)] == ["measure.proposed", "measure.agreed"]


def test_what_is_not_agreed_becomes_none(leader, held):
    assert decide(leader, held, agreed=False).measure is None
    assert not Measure.objects.exists()


def test_more_hands_than_people_are_refused(leader, held):
    with pytest.raises(Invalid) as refused:
        decide(leader, held, votes_for=3, votes_against=1)
    assert refused.value.field == "votes_for"
    assert not Decision.objects.exists() and not Measure.objects.exists()


def test_the_table_counts_sides_and_names_nobody(leader, held, sign_in):
    assert selectors.present_by_side(held) == [("residents", 2, 2), ("authorities", 1, 1), ("experts", 1, 0)]
    said = Event.objects.get(verb="meeting.held")
    assert said.data == {"present": 3, "resident": 2, "authority": 1, "expert": 0, "partner": 0}
    meetings.invite(acting=leader, meeting=held, name="Жаныл Тайное-Имя", side="resident")
    page = Client().get(f"/meetings/{held.ref}/").content.decode()
    assert "Тайное-Имя" not in page
    assert "Тайное-Имя" in sign_in(leader).get(f"/desk/meetings/{held.ref}/").content.decode()


def test_published_minutes_are_the_end_of_it(leader, held):
    meetings.publish_minutes(acting=leader, meeting=held, minutes="Обсудили освещение и договорились.")
    with pytest.raises(Conflict, match=r"meeting\.state"):
        meetings.add_agenda_item(acting=leader, meeting=held, title="Ещё пункт")
    assert held.agenda.count() == 1


def test_a_meeting_that_has_not_begun_cannot_have_been_held(leader, territories):
    now = timezone.now()
    one = meetings.call_meeting(
        acting=leader, title="Завтрашний стол", territory=territories["ak-ordo"], starts_at=now + timedelta(days=1),
        ends_at=now + timedelta(days=1, hours=2), where="Айыл өкмөтү",
    )  # fmt: skip
    with pytest.raises(Conflict, match=r"meeting\.early"):
        meetings.hold(acting=leader, meeting=one, present=[])


def test_leaders_call_at_home_only(leader, person, territories):
    now = timezone.now()
    given = {"title": "Чужой стол", "starts_at": now, "ends_at": now + timedelta(hours=1), "where": "там"}
    for who, where in ((leader, "urker"), (person(), "ak-ordo")):
        with pytest.raises(Forbidden):
            meetings.call_meeting(acting=who, territory=territories[where], **given)
    assert not Meeting.objects.exists()


@pytest.fixture
def adopted(leader: Any, held: Meeting, person: Any, office: Organisation, territories: dict[str, Any]) -> Plan:
    measure = decide(leader, held).measure
    officer = person(officer="north")
    plan = plans.make_plan(acting=officer, title="План Ак-Ордо", territory=territories["ak-ordo"], meeting=held)
    plans.set_item(
        acting=officer, plan=plan, measure=measure, owner=office, term=timezone.localdate() + timedelta(days=30),
        source="authority", cost=Decimal("250000.00"),
    )  # fmt: skip
    return plans.adopt_plan(acting=person(head="north"), plan=plan, seen_items=1)


def test_a_plan_is_a_draft_until_another_person_adopts_it(held, leader, person, office, territories):
    head = person(head="north")
    plan = plans.make_plan(acting=head, title="План Ак-Ордо", territory=territories["ak-ordo"], meeting=held)
    assert Client().get(f"/plans/{plan.ref}/").status_code == 404
    with pytest.raises(Forbidden):
        plans.adopt_plan(acting=head, plan=plan)
    with pytest.raises(Invalid, match=r"plan\.empty"):
        plans.adopt_plan(acting=person(mayor=None), plan=plan)
    plan.refresh_from_db()
    assert plan.status == "draft"


def test_an_adopted_plan_changes_only_with_a_reason(adopted, person, office):
    item = adopted.items.get()
    given = {"plan": adopted, "measure": item.measure, "owner": office, "term": item.term, "source": "partner"}
    officer = person(officer="north")
    with pytest.raises(Invalid, match=r"plan\.reason"):
        plans.set_item(acting=officer, **given)
    item.refresh_from_db()
    assert item.source == "authority"
    plans.set_item(acting=officer, **given, reason="Средства дал партнёр.")
    item.refresh_from_db()
    assert item.source == "partner" and adopted.items.count() == 1


def test_progress_is_on_the_story_of_the_plan_and_of_the_measure(adopted, leader):
    item = adopted.items.get()
    plans.report_item(acting=leader, item=item, status="in_work", progress=40, note="Поставлены опоры.")
    with pytest.raises(Conflict):
        plans.report_item(
            acting=leader, item=item, status="done", progress=100, note="Готово всё.", seen_status="planned"
        )
    done = plans.report_item(acting=leader, item=item, status="done", progress=5, note="Свет горит.")
    assert done.progress == 100
    assert [e.data["progress"] for e in events.story(item.measure).filter(verb="measure.reported")] == [40, 100]
    assert selectors.totals(selectors.items_of(adopted)).done_share == 100


def test_totals_leave_out_what_was_dropped_and_say_what_is_late():
    today = timezone.localdate()
    items = [
        PlanItem(status="planned", term=today - timedelta(days=1), cost=Decimal(10), source="residents"),
        PlanItem(status="done", term=today - timedelta(days=1), cost=Decimal(5), source="residents"),
        PlanItem(status="dropped", term=today, cost=Decimal(100), source="partner"),
        PlanItem(status="in_work", term=today, cost=None, source="partner"),
    ]
    found = selectors.totals(items)
    assert (found.items, found.done, found.in_work, found.late, found.unpriced) == (3, 1, 1, 1, 1)
    assert found.money == {"residents": Decimal(15)}


def test_the_plan_leaves_as_paper_and_as_a_table(adopted):
    paper = Client().get(f"/plans/{adopted.ref}/plan.pdf")
    assert paper.content[:5] == b"%PDF-" and adopted.ref in paper["Content-Disposition"]
    book = load_workbook(io.BytesIO(Client().get(f"/plans/{adopted.ref}/plan.xlsx").content))
    head, row = book.active.iter_rows(values_only=True)
    assert len(head) == len(row) == 11
    assert row[2] == "Освещение улицы Школьной" and row[5] == 250000


def test_the_sheet_is_for_those_who_keep_the_meeting(held, leader, person, sign_in):
    assert sign_in(leader).get(f"/desk/meetings/{held.ref}/sheet.pdf").content[:5] == b"%PDF-"
    assert sign_in(person()).get(f"/desk/meetings/{held.ref}/sheet.pdf").status_code == 403
    assert sign_in(person(leader="urker")).get(f"/desk/meetings/{held.ref}/sheet.pdf").status_code == 404


def test_the_desk_keeps_what_was_typed(held, leader, sign_in):
    item = held.agenda.get()
    given = {"part": "decision", "item": str(item.pk), "text": WORDS, "agreed": "yes", "kind": "lighting",
             "votes_for": "9", "votes_against": "0", "votes_abstained": "0"}  # fmt: skip
    answer = sign_in(leader).post(f"/desk/meetings/{held.ref}/", given)
    assert answer.status_code == 422 and WORDS in answer.content.decode() and not Decision.objects.exists()
    assert sign_in(leader).post(f"/desk/meetings/{held.ref}/", {**given, "votes_for": "3"}).status_code == 302
    assert Decision.objects.get().votes_for == 3


def test_a_plan_is_kept_at_the_desk_from_beginning_to_adoption(held, leader, person, office, sign_in):
    measure = decide(leader, held).measure
    desk = sign_in(person(officer="north"))
    made = desk.post("/desk/plans/new/", {"title": "План Ак-Ордо", "territory": "ak-ordo", "meeting": held.ref})
    plan = Plan.objects.get()
    assert made.status_code == 302 and made["Location"] == f"/desk/plans/{plan.ref}/"
    assert measure.ref in desk.get(f"/desk/plans/{plan.ref}/").content.decode()
    term = (timezone.localdate() + timedelta(days=9)).isoformat()
    given = {"part": "item", "measure": measure.ref.lower(), "owner": str(office.pk), "term": term, "source": "expert"}
    assert desk.post(f"/desk/plans/{plan.ref}/", given).status_code == 302
    head = sign_in(person(head="north"))
    assert head.post(f"/desk/plans/{plan.ref}/", {"part": "adopt", "seen_items": "0"}).status_code == 409
    assert head.post(f"/desk/plans/{plan.ref}/", {"part": "adopt", "seen_items": "1"}).status_code == 302
    assert "План Ак-Ордо" in Client().get("/plans/").content.decode()
    assert measure.title in Client().get(f"/plans/{plan.ref}/").content.decode()
