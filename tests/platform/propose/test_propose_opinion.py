from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from shaar.platform.kernel.errors import Conflict, Forbidden, Invalid
from shaar.platform.kernel.models import Event
from shaar.platform.propose.models import Conversation, Opinion, OpinionMap, OpinionVote
from shaar.platform.propose.selectors import opinion as selectors
from shaar.platform.propose.services import opinion as services

SAID = ("Нужен парк у школы.", "Сначала дороги.", "Автобус важнее парковки.", "Свет на каждой улице.")


@pytest.fixture
def officer(person: Any) -> Any:
    return person("Эрмек", officer=None)


@pytest.fixture
def question(officer: Any) -> Conversation:
    now = timezone.now()
    one = services.open_conversation(
        acting=officer, slug="yards", names={"ru": "Что делать во дворах?"}, since=now - timedelta(hours=1),
        until=now + timedelta(days=7),
    )  # fmt: skip
    for text in SAID:
        services.say(acting=officer, conversation=one, text=text)
    return one


def close(one: Conversation) -> None:
    Conversation.objects.filter(pk=one.pk).update(until=timezone.now() - timedelta(minutes=1))
    one.refresh_from_db()


def test_a_residents_statement_waits_for_the_moderator(question, person, officer):
    said = services.say(acting=person(), conversation=question, text="Скамейки для бабушек.")
    assert said.status == "waiting"
    with pytest.raises(Conflict, match=r"opinion\.hidden"):
        services.vote(acting=officer, opinion=said, value=1)
    with pytest.raises(Invalid):
        services.moderate(acting=officer, opinion=said, show=False)
    services.moderate(acting=officer, opinion=said, show=True)
    with pytest.raises(Conflict, match=r"opinion\.decided"):
        services.moderate(acting=officer, opinion=said, show=False, why="поздно решил")
    said.refresh_from_db()
    assert said.status == "shown"


def test_the_same_words_are_said_once(question, person):
    with pytest.raises(Invalid, match=r"opinion\.same"):
        services.say(acting=person(), conversation=question, text="  СНАЧАЛА   дороги. ")
    assert question.opinions.count() == len(SAID)


def test_a_second_vote_replaces_the_first_and_leaves_no_trace_in_the_log(question, person):
    who, one = person(), question.opinions.first()
    before = Event.objects.count()
    services.vote(acting=who, opinion=one, value=1)
    services.vote(acting=who, opinion=one, value=-1)
    assert OpinionVote.objects.get().value == -1 and Event.objects.count() == before


def test_nobody_votes_after_closing_or_without_proof(question, person):
    one = question.opinions.first()
    with pytest.raises(Forbidden):
        services.vote(acting=person(level=0), opinion=one, value=1)
    close(question)
    with pytest.raises(Conflict, match=r"opinion\.closed"):
        services.vote(acting=person(), opinion=Opinion.objects.get(pk=one.pk), value=1)
    assert not OpinionVote.objects.exists()


def test_words_change_only_before_the_first_vote(question, officer, person):
    one = question.opinions.first()
    services.change_words(acting=officer, opinion=one, text="Нужен парк за школой.")
    services.vote(acting=person(), opinion=one, value=0)
    with pytest.raises(Conflict, match=r"opinion\.voted"):
        services.change_words(acting=officer, opinion=one, text="Парк не нужен вовсе.")
    one.refresh_from_db()
    assert one.text == "Нужен парк за школой."


def test_two_camps_are_found_and_nobody_is_named(question, person):
    opinions = list(question.opinions.order_by("number"))
    people = [person(f"Человек {k}") for k in range(24)]
    for k, who in enumerate(people):
        for opinion, value in zip(opinions, (1, -1, 1, 1) if k % 2 else (-1, 1, -1, 1)):
            services.vote(acting=who, opinion=opinion, value=value)
    shown = services.draw_map(conversation=question).shown
    assert (shown["k"], sorted(shown["sizes"]), shown["people"]) == (2, [12, 12], 24)
    assert shown["agreed"] == [4]
    assert [row["all"] for row in shown["table"]] == [[12, 12, 0], [12, 12, 0], [12, 12, 0], [24, 0, 0]]
    assert not any(str(who.pk) in str(shown) or who.name in str(shown) for who in people)
    page = Client().get("/opinions/yards/").content.decode()
    assert "opinion-map" in page and "Человек" not in page
    assert Client().get("/opinions/yards/data.json").json()["votes"] == 96


def test_few_people_make_no_groups_and_the_page_says_so(question, person):
    who = person()
    for opinion in question.opinions.all():
        services.vote(acting=who, opinion=opinion, value=1)
    shown = services.draw_map(conversation=question).shown
    assert (shown["k"], shown["reason"], shown["points"]) == (0, "few_people", [])
    assert "opinion-map" not in Client().get("/opinions/yards/").content.decode()


def test_a_resident_votes_through_all_statements_without_javascript(
    question, person, sign_in, django_capture_on_commit_callbacks
):
    who = person()
    browser = sign_in(who)
    for n in range(len(SAID)):
        one = selectors.next_opinion(who, question)
        assert one is not None and one.text in browser.get("/opinions/yards/").content.decode()
        with django_capture_on_commit_callbacks(execute=True):
            sent = browser.post("/opinions/yards/", {"part": "vote", "number": one.number, "value": "1"})
        assert sent.status_code == 302 and OpinionVote.objects.count() == n + 1
    assert selectors.next_opinion(who, question) is None
    assert OpinionMap.objects.exists()


def test_late_and_nonsense_votes_get_a_clear_page(question, person, sign_in):
    browser = sign_in(person())
    assert browser.post("/opinions/yards/", {"part": "vote", "number": "1", "value": "7"}).status_code == 404
    close(question)
    assert browser.post("/opinions/yards/", {"part": "vote", "number": "1", "value": "1"}).status_code == 409
    assert Client().post("/opinions/yards/", {"part": "vote", "number": "1", "value": "1"}).status_code == 302
    assert not OpinionVote.objects.exists()


def test_officers_moderate_at_the_desk_and_residents_do_not(question, person, sign_in):
    services.say(acting=person(), conversation=question, text="Убрать гаражи у арыка.")
    waiting = Opinion.objects.get(status="waiting")
    given = {"part": "moderate", "opinion": str(waiting.pk), "show": "yes"}
    assert sign_in(person()).post("/desk/opinions/", given).status_code == 403
    waiting.refresh_from_db()
    assert waiting.status == "waiting"
    assert sign_in(person(officer=None)).post("/desk/opinions/", given).status_code == 302
    waiting.refresh_from_db()
    assert waiting.status == "shown"


def test_a_question_to_the_whole_city_is_for_city_wide_roles(question, person, territories, sign_in):
    said = services.say(acting=person(), conversation=question, text="Скамейки для бабушек.")
    north = person("Север", officer="north")
    with pytest.raises(Forbidden, match=r"opinion\.moderate"):
        services.moderate(acting=north, opinion=said, show=True)
    now, events = timezone.now(), Event.objects.count()
    asked = {"slug": "roads", "names": {"ru": "Какие дороги?"}, "since": now, "until": now + timedelta(days=3)}
    with pytest.raises(Forbidden, match=r"opinion\.open"):
        services.open_conversation(acting=north, **asked)
    assert (said.status, Event.objects.count()) == ("waiting", events)
    desk = sign_in(north)
    page = desk.get("/desk/opinions/").content.decode()
    assert "Скамейки для бабушек." not in page and 'value="ak-ordo"' in page and 'value="urker"' not in page
    desk.post("/desk/opinions/", {"opinion": str(said.pk), "show": "yes"})
    form = {
        "part": "question",
        "slug": "roads",
        "name_ru": "Какие дороги?",
        "until": f"{now + timedelta(days=3):%Y-%m-%d}",
    }
    assert desk.post("/desk/opinions/", {**form, "territory": ""}).status_code == 422
    assert desk.post("/desk/opinions/", {**form, "territory": "urker"}).status_code == 422
    said.refresh_from_db()
    assert said.status == "waiting" and Conversation.objects.count() == 1
    assert desk.post("/desk/opinions/", {**form, "territory": "ak-ordo"}).status_code == 302
    own = Conversation.objects.get(slug="roads")
    theirs = services.say(acting=person(), conversation=own, text="Сначала улица Школьная.")
    services.moderate(acting=north, opinion=theirs, show=True)
    for role in (person("Город", officer=None), person("Корень", head="city")):
        one = services.say(acting=person(), conversation=question, text=f"Слово для {role.name} города.")
        assert services.moderate(acting=role, opinion=one, show=True).status == "shown"
