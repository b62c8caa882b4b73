"""Undoing a join: everything goes back to where it came from, what came since stays."""

from __future__ import annotations

import pytest

from shaar.platform.kernel import events
from shaar.platform.kernel.errors import Conflict, Forbidden, Invalid
from shaar.platform.kernel.models import Event, Message
from shaar.platform.propose.models import Comment, Credit, Flag, Measure
from shaar.platform.propose.selectors.measure import authors
from shaar.platform.propose.services import moderation
from shaar.platform.propose.services.answer import take
from shaar.platform.propose.services.comment import comment, flag
from shaar.platform.propose.services.merge import merge
from shaar.platform.propose.services.separate import separate
from shaar.platform.propose.services.support import support, unsupport

WHY = "Одна о лавке, другая об остановке."


@pytest.fixture
def officer(person):
    return person("Офицер", officer="north")


@pytest.fixture
def patient(process):
    process.threshold = 50
    process.save()
    return process


def _behind(measure):
    return set(measure.supports.values_list("person", flat=True))


def test_everything_goes_back_to_where_it_came_from(patient, proposal, person, officer, browser):
    ann, bek, both, only, left, late = (person(name) for name in ("Анна", "Бек", "Оба", "Одна", "Ушла", "Новый"))
    one, other = proposal(ann), proposal(bek, title="Нужна остановка возле школы 12")
    for who, what in ((both, one), (both, other), (only, one), (left, one)):
        support(acting=who, measure=what)
    hers = comment(acting=only, measure=one, text="Давно пора")
    flag(acting=both, measure=one, about=hers)
    theirs = comment(acting=both, measure=other, text="И я за")
    merge(acting=officer, measure=one, into=other)
    assert moderation.dismiss(acting=officer, measure=other, comment=hers) == 1
    support(acting=late, measure=other)
    unsupport(acting=left, measure=other)
    reply = comment(acting=late, measure=other, text="Согласен", parent=Comment.objects.get(pk=hers.pk))
    Message.objects.all().delete()
    desk = browser(officer)
    page = desk.get(f"/desk/proposals/{one.ref}/").content.decode()
    assert "Separate them again" in page and one.ref in desk.get(f"/desk/proposals/{other.ref}/").content.decode()
    path = f"/desk/proposals/{one.ref}/separate/"
    assert desk.post(path, {"reason": "нет"}).status_code == 422
    assert Measure.objects.get(pk=one.pk).status == "merged"
    assert desk.post(path, {"reason": WHY})["Location"] == f"/desk/proposals/{one.ref}/"
    one.refresh_from_db(), other.refresh_from_db()
    assert (one.status, one.merged_into, other.status) == ("open", None, "open")
    assert _behind(one) == {ann.pk, both.pk, only.pk} and one.supports_count == 3
    assert _behind(other) == {bek.pk, both.pk, late.pk} and other.supports_count == 3
    assert set(one.comments.all()) == {hers, reply} and set(other.comments.all()) == {theirs}
    assert (one.comments_count, other.comments_count) == (2, 1)
    assert Comment.objects.get(pk=hers.pk).moved_from is None and Flag.objects.get().measure == one
    assert authors(other) == [bek] and not Credit.objects.exists()
    assert set(Message.objects.values_list("person", flat=True)) == {ann.pk, bek.pk}
    assert [event.verb for event in events.story(one)][-2:] == ["measure.merged", "measure.separated"]
    assert events.story(other).last().data["reason"] == WHY
    public = browser().get(f"/proposals/{one.ref}/").content.decode()
    assert "Separated again from" in public and WHY in public and "Давно пора" in public
    again = desk.post(path, {"reason": WHY})
    assert again.status_code == 409 and Event.objects.filter(verb="measure.separated").count() == 1


def test_others_separate_nothing_and_a_reason_is_needed(patient, proposal, person, officer, territories):
    one, other = proposal(), proposal(person())
    merge(acting=officer, measure=one, into=other)
    before = Event.objects.count()
    for who in (person(), person(operator=None), person(officer="south"), person(auditor=None)):
        with pytest.raises(Forbidden):
            separate(acting=who, measure=one, reason=WHY)
    with pytest.raises(Invalid):
        separate(acting=officer, measure=one, reason="  ")
    with pytest.raises(Conflict):
        separate(acting=officer, measure=other, reason=WHY)
    one.refresh_from_db()
    assert (one.status, one.merged_into, Event.objects.count()) == ("merged", other, before)


def test_a_chain_is_undone_from_its_end(patient, proposal, person, officer):
    first, middle, last = proposal(person()), proposal(person()), proposal(person())
    said = comment(acting=first.author, measure=first, text="Первая речь")
    merge(acting=officer, measure=first, into=middle)
    merge(acting=officer, measure=middle, into=last)
    with pytest.raises(Conflict) as refused:
        separate(acting=officer, measure=first, reason=WHY)
    assert refused.value.code == "separate.chain" and middle.ref in str(refused.value.message)
    separate(acting=officer, measure=middle, reason=WHY)
    first.refresh_from_db(), middle.refresh_from_db(), last.refresh_from_db()
    assert (first.merged_into, middle.merged_into) == (middle, None)
    assert _behind(middle) == {first.author_id, middle.author_id} and _behind(last) == {last.author_id}
    assert Comment.objects.get(pk=said.pk).measure == middle and authors(middle) == [middle.author, first.author]
    separate(acting=officer, measure=first, reason=WHY)
    middle.refresh_from_db()
    assert _behind(middle) == {middle.author_id} and _behind(first) == {first.author_id}
    assert Comment.objects.get(pk=said.pk).measure == first


def test_what_was_with_the_office_goes_back_there_and_an_answer_holds_both(patient, proposal, person, officer):
    one, other = proposal(person()), proposal(person())
    take(acting=officer, measure=one)
    merge(acting=officer, measure=one, into=other)
    Measure.objects.filter(pk=other.pk).update(status="accepted")
    with pytest.raises(Conflict) as refused:
        separate(acting=officer, measure=one, reason=WHY)
    assert refused.value.code == "separate.late"
    Measure.objects.filter(pk=other.pk).update(status="open")
    one = separate(acting=officer, measure=one, reason=WHY)
    assert one.status == "review" and one.due is not None and one.supports_count == 1
