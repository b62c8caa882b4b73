"""What offices do at the desk: answering, deciding appeals, moderating, joining, writing down for callers."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from shaar.platform.accounts.models import Person
from shaar.platform.kernel.errors import Conflict, Forbidden
from shaar.platform.kernel.models import Event, Message
from shaar.platform.propose.models import Answer, Appeal, Comment, Measure, Moderation
from shaar.platform.propose.services.answer import answer, appeal, decide_appeal
from shaar.platform.propose.services.comment import comment
from shaar.platform.propose.services.moderation import hide, show
from shaar.platform.propose.services.support import support


def _later(days=20):
    return timezone.localdate() + timedelta(days=days)


def _given(office, **more):
    return {
        "outcome": "accepted", "reason": "planned", "text": "Остановку поставим до осени этого года.",
        "office": str(office.pk), "deadline": _later().isoformat(), "seen_answers": 0, "seen_version": 1,
        "once_key": str(uuid.uuid4()), **more,
    }  # fmt: skip


def _refuse(officer, measure, office, **more):
    return answer(
        acting=officer, measure=measure, office=office,
        **{"outcome": "refused", "reason": "money", "text": "В бюджете этого года нет средств.", "deadline": None,
           "seen_answers": 0, "seen_version": measure.version, **more},
    )  # fmt: skip


def test_an_officer_answers_and_all_concerned_are_told(proposal, person, browser, office):
    author, backer, officer = person("Автор"), person(), person(officer="north")
    measure = proposal(author)
    support(acting=backer, measure=measure)
    given = _given(office)
    client = browser(officer)
    assert client.post(f"/desk/proposals/{measure.ref}/answer/", given).status_code == 302
    assert client.post(f"/desk/proposals/{measure.ref}/answer/", given).status_code == 302
    measure.refresh_from_db()
    assert (measure.status, measure.office, measure.due) == ("accepted", office, _later())
    assert Answer.objects.count() == 1
    assert set(Message.objects.values_list("person", flat=True)) == {author.pk, backer.pk}
    page = browser().get(f"/proposals/{measure.ref}/").content.decode()
    assert "Остановку поставим" in page and "Goes into the plan of works" in page and "It will be done." in page


@pytest.mark.parametrize("roles", [{}, {"officer": "south"}, {"operator": None}, {"auditor": None}])
def test_others_do_not_answer(proposal, person, browser, office, roles):
    measure = proposal()
    reply = browser(person(**roles)).post(f"/desk/proposals/{measure.ref}/answer/", _given(office))
    assert reply.status_code == 403
    measure.refresh_from_db()
    assert (measure.status, Answer.objects.count()) == ("open", 0)
    assert not Event.objects.filter(verb="measure.answered").exists()


def test_an_officer_does_not_answer_her_own_proposal(proposal, person, browser, office):
    officer = person(officer="north")
    measure = proposal(officer)
    reply = browser(officer).post(f"/desk/proposals/{measure.ref}/answer/", _given(office))
    assert reply.status_code == 403 and Answer.objects.count() == 0


def test_who_answers_second_sees_what_was_decided_and_keeps_her_text(proposal, person, browser, office):
    measure = proposal()
    one, other = person("Первая", officer="north"), person("Вторая", officer="north")
    _refuse(one, measure, office)
    reply = browser(other).post(
        f"/desk/proposals/{measure.ref}/answer/", _given(office, text="Мой длинный ответ жителям.")
    )
    page = reply.content.decode()
    assert reply.status_code == 409
    assert "Мой длинный ответ жителям." in page and "В бюджете этого года нет средств." in page and "Первая" in page
    measure.refresh_from_db()
    assert (measure.status, Answer.objects.count()) == ("refused", 1)


def test_an_answer_to_words_that_have_changed_is_a_conflict(proposal, person, office):
    from shaar.platform.propose.services.measure import edit

    author = person()
    measure = proposal(author)
    edit(acting=author, measure=measure, seen_version=1, title="Остановка у рынка")
    with pytest.raises(Conflict) as refused:
        _refuse(person(officer="north"), measure, office)
    assert refused.value.code == "answer.edited"


def test_a_promise_needs_a_day_that_has_not_passed(proposal, person, browser, office):
    measure, client = proposal(), browser(person(officer="north"))
    for day in ("", "2020-01-01"):
        reply = client.post(f"/desk/proposals/{measure.ref}/answer/", _given(office, deadline=day))
        assert reply.status_code == 422
        assert "Остановку поставим до осени" in reply.content.decode()
    assert Answer.objects.count() == 0


def test_a_refusal_is_appealed_and_another_person_undoes_it(proposal, person, browser, office):
    author, head = person("Автор"), person(head="north")
    measure = proposal(author)
    _refuse(head, measure, office)
    client = browser(author)
    reply = client.post(f"/proposals/{measure.ref}/appeal/", {"text": "Средства есть в программе района."})
    assert reply.status_code == 302
    row = Appeal.objects.get()
    own = browser(head).post(f"/desk/appeals/{row.pk}/", {"overturn": "no", "words": "Решение правильное."})
    assert own.status_code == 403
    row.refresh_from_db()
    assert row.outcome == ""
    mayor = browser(person(mayor=None))
    assert f"/desk/appeals/{row.pk}/" in mayor.get("/desk/appeals/").content.decode()
    assert f"/desk/appeals/{row.pk}/" not in browser(head).get("/desk/appeals/").content.decode()
    reply = mayor.post(f"/desk/appeals/{row.pk}/", {"overturn": "yes", "words": "Деньги в программе есть."})
    assert reply.status_code == 302
    row.refresh_from_db(), measure.refresh_from_db()
    assert row.outcome == "overturned" and row.answer.overturned_at is not None
    assert measure.status == "review" and measure.due is not None
    again = mayor.post(f"/desk/appeals/{row.pk}/", {"overturn": "no", "words": "Передумали совсем."})
    assert again.status_code == 409


def test_only_authors_appeal_and_only_once(proposal, person, browser, office):
    author = person()
    measure = proposal(author)
    first = _refuse(person(officer="north"), measure, office)
    assert (
        browser(person()).post(f"/proposals/{measure.ref}/appeal/", {"text": "Не согласна с этим."}).status_code == 403
    )
    assert Appeal.objects.count() == 0
    appeal(acting=author, decision=first, text="Не согласна с этим.")
    with pytest.raises(Conflict):
        appeal(acting=author, decision=first, text="Не согласна с этим.")
    assert Appeal.objects.count() == 1


def test_an_appeal_comes_too_late_after_thirty_days(proposal, person, office):
    author = person()
    first = _refuse(person(officer="north"), proposal(author), office)
    Answer.objects.update(at=timezone.now() - timedelta(days=31))
    first.refresh_from_db()
    with pytest.raises(Conflict) as refused:
        appeal(acting=author, decision=first, text="Не согласна с этим.")
    assert refused.value.code == "appeal.late"


def test_a_refused_proposal_is_revised_and_looked_at_anew(proposal, person, office):
    from shaar.platform.propose.services.measure import edit

    author = person()
    measure = proposal(author)
    _refuse(person(officer="north"), measure, office)
    measure = edit(
        acting=author, measure=measure, seen_version=1, text="Хватит и навеса у старой остановки, это дешевле."
    )
    assert (measure.status, measure.version) == ("review", 2) and measure.due > timezone.localdate()


def test_a_hidden_comment_shows_the_reason_and_can_be_appealed(proposal, person, browser):
    measure, writer, officer = proposal(), person("Ругатель"), person(officer="north")
    said = comment(acting=writer, measure=measure, text="Вы все дураки там")
    act = hide(acting=officer, comment=said, reason="insult", words="Оскорбление участников.")
    page = browser().get(f"/proposals/{measure.ref}/").content.decode()
    assert "дураки" not in page and "Ругатель" not in page and f"/moderation/{act.pk}/" in page
    measure.refresh_from_db()
    assert measure.comments_count == 0
    told = Message.objects.get(person=writer)
    assert told.link == f"/moderation/{act.pk}/"
    log = b"".join(browser().get("/moderation.csv").streaming_content).decode()
    assert "insult" in log and "Оскорбление участников." in log and "дураки" not in log and "Ругатель" not in log
    assert "дураки" not in browser().get(f"/moderation/{act.pk}/").content.decode()
    mine = browser(writer)
    assert "дураки" in mine.get(f"/moderation/{act.pk}/").content.decode()
    assert browser(person()).post(f"/moderation/{act.pk}/", {"text": "Это не оскорбление."}).status_code == 403
    assert mine.post(f"/moderation/{act.pk}/", {"text": "Это не оскорбление."}).status_code == 302
    row = Appeal.objects.get()
    with pytest.raises(Forbidden):
        decide_appeal(acting=officer, appeal=row, overturn=True, words="Показать снова.")
    decide_appeal(acting=person(head="north"), appeal=row, overturn=True, words="Это мнение, а не оскорбление.")
    assert "дураки" in browser().get(f"/proposals/{measure.ref}/").content.decode()
    assert list(Moderation.objects.order_by("at").values_list("act", "reason")) == [
        ("hidden", "insult"), ("shown", "appeal"),
    ]  # fmt: skip


def test_hidden_words_of_a_proposal_are_shown_to_few(proposal, person, browser):
    author, officer = person("Автор"), person(officer="north")
    measure = proposal(author, title="Реклама магазина Ромашка")
    hide(acting=officer, measure=measure, reason="advertising")
    client = browser()
    for path in ("", "print/", "versions/"):
        assert "Ромашка" not in client.get(f"/proposals/{measure.ref}/{path}").content.decode()
    assert "Advertising" in client.get("/moderation/").content.decode()
    assert "Ромашка" not in client.get("/proposals/").content.decode()
    assert "Ромашка" not in b"".join(client.get("/proposals.csv").streaming_content).decode()
    assert "Ромашка" not in b"".join(browser(officer).get("/proposals.csv").streaming_content).decode()
    for who in (author, officer, person(auditor=None)):
        assert "Ромашка" in browser(who).get(f"/proposals/{measure.ref}/").content.decode()
    assert "Ромашка" not in browser(person(officer="south")).get(f"/proposals/{measure.ref}/").content.decode()
    show(acting=officer, measure=measure, reason="mistake")
    assert "Ромашка" in client.get(f"/proposals/{measure.ref}/").content.decode()


def test_who_is_no_moderator_hides_nothing(proposal, person, browser):
    measure = proposal()
    said = comment(acting=person(), measure=measure, text="Обычные слова")
    for who in (person(), person(officer="south"), person(operator=None)):
        reply = browser(who).post(f"/desk/moderation/text/?comment={said.pk}", {"reason": "insult", "do": "hide"})
        assert reply.status_code == 403
        with pytest.raises(Forbidden):
            hide(acting=who, comment=said, reason="insult")
    said.refresh_from_db()
    assert not said.hidden and Moderation.objects.count() == 0


def test_a_called_moderator_sees_the_text_and_hides_or_leaves_it(proposal, person, browser):
    measure, officer = proposal(), person(officer="north")
    said = comment(acting=person(), measure=measure, text="Подозрительные слова")
    for caller in (person(), person()):
        assert browser(caller).post(f"/proposals/{measure.ref}/flag/", {"comment": str(said.pk)}).status_code == 302
    client = browser(officer)
    page = client.get("/desk/moderation/").content.decode()
    assert "Подозрительные слова" in page and '<td class="num">2</td>' in page
    assert client.post(f"/desk/moderation/text/?comment={said.pk}", {"do": "leave"}).status_code == 302
    assert "Подозрительные слова" not in client.get("/desk/moderation/").content.decode()
    assert (
        client.post(f"/desk/moderation/text/?comment={said.pk}", {"do": "hide", "reason": "off_topic"}).status_code
        == 302
    )
    said.refresh_from_db()
    assert said.hidden
    assert (
        client.post(f"/desk/moderation/text/?comment={said.pk}", {"do": "hide", "reason": "off_topic"}).status_code
        == 409
    )


def test_the_queue_has_overdue_ones_on_top_and_filters_in_the_address(proposal, person, browser):
    late, soon = proposal(title="Просроченная остановка"), proposal(person(), title="Остановка в сроке")
    Measure.objects.filter(pk=soon.pk).update(status="review", due=_later(5))
    Measure.objects.filter(pk=late.pk).update(status="review", due=_later(-5))
    client = browser(person(officer="north"))
    page = client.get("/desk/proposals/").content.decode()
    assert page.index(late.ref) < page.index(soon.ref) and "overdue" in page
    page = client.get("/desk/proposals/?state=late").content.decode()
    assert late.ref in page and soon.ref not in page
    elsewhere = browser(person(officer="south"))
    assert late.ref not in elsewhere.get("/desk/proposals/").content.decode()
    assert elsewhere.get(f"/desk/proposals/{late.ref}/").status_code == 403
    assert browser(person()).get("/desk/proposals/").status_code == 403


def test_an_operator_writes_down_for_a_caller(process, person, browser):
    operator = person(operator=None)
    client = browser(operator)
    given = {
        "phone": "+996 555 12 34 56", "name": "Бабушка Айша", "title": "Скамейка у остановки", "kind": "park",
        "text": "Пожилым негде сидеть, пока ждут автобус.", "territory": "urker", "language": "ru", "process": "ideas",
        "agreed": "on", "once_key": str(uuid.uuid4()),
    }  # fmt: skip
    assert client.post("/desk/intake/", given).status_code == 302
    assert client.post("/desk/intake/", given).status_code == 302
    measure = Measure.objects.get()
    caller = Person.objects.get(phone="+996555123456")
    assert (measure.author, measure.entered_by, measure.channel) == (caller, operator, "phone")
    event = Event.objects.get(verb="measure.proposed")
    assert (event.actor, event.on_behalf_of) == (operator, caller)
    given |= {"phone": "+996 555 65 43 21", "title": "Поставить скамейку у остановки", "once_key": str(uuid.uuid4())}
    page = client.post("/desk/intake/", given).content.decode()
    assert measure.ref in page and Measure.objects.count() == 1
    assert client.post("/desk/intake/", {**given, "support": measure.ref}).status_code == 302
    measure.refresh_from_db()
    assert measure.supports_count == 2


def test_a_wrong_phone_is_refused_in_words_and_nothing_is_lost(process, person, browser):
    given = {
        "phone": "12", "title": "Скамейка у остановки", "kind": "park", "text": "Пожилым негде сидеть, ждут автобус.",
        "territory": "urker", "language": "ru", "process": "ideas", "agreed": "on",
    }  # fmt: skip
    reply = browser(person(operator=None)).post("/desk/intake/", given)
    assert reply.status_code == 422 and "Пожилым негде сидеть" in reply.content.decode()
    assert Measure.objects.count() == 0


def test_only_operators_write_down_for_others(process, person, browser):
    from shaar.platform.propose.services.measure import propose

    assert browser(person()).get("/desk/intake/").status_code == 403
    with pytest.raises(Forbidden):
        propose(
            acting=person(), on_behalf_of=person(), process=process, kind="park", title="Скамейка тут",
            text="Пожилым негде сидеть, пока ждут автобус.",
        )  # fmt: skip
    assert (Measure.objects.count(), Comment.objects.count()) == (0, 0)
