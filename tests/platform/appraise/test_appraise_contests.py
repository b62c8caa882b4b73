"""Objections: made in public, due, answered once, by somebody else."""

from __future__ import annotations

import pytest
from django.utils import timezone

from shaar.platform.appraise.models import Contest, Run
from shaar.platform.appraise.selectors import study as selectors
from shaar.platform.appraise.services.contest import answer_contest, contest
from shaar.platform.appraise.services.study import close, publish
from shaar.platform.kernel import events
from shaar.platform.kernel.errors import Conflict, Forbidden, Invalid, TooMany
from shaar.platform.kernel.models import Message
from shaar.platform.places.calendar import add_work_days

TEXT = "На остановке каждое утро стоит больше людей, чем здесь сказано."
ANSWER = "Пересчитали по данным турникетов: расхождение в пределах диапазона."


def _figure():
    return Run.objects.get().effects.get(indicator="climate.co2e")


def test_a_figure_is_contested_in_public_and_has_to_be_answered(officer, colleague, resident, published):
    made = contest(acting=resident, study=published, text=TEXT, effect_row=_figure())
    assert made.due == add_work_days(timezone.localdate(), 10)
    assert made.was["change"] == _figure().change
    assert list(selectors.contests_waiting(officer)) == [made]
    assert Message.objects.filter(person=officer, event__verb="study.contested").count() == 1
    assert [e.verb for e in events.story(published)][-1] == "study.contested"
    with pytest.raises(Conflict) as refused:
        close(acting=officer, study=published)
    assert refused.value.code == "study.contested"
    done = answer_contest(acting=colleague, contest=made, answer=ANSWER)
    assert (done.state, done.answered_by) == (Contest.State.ANSWERED, colleague)
    assert list(selectors.contests_waiting(officer)) == []
    assert Message.objects.filter(person=resident, event__verb="study.contest_answered").count() == 1
    with pytest.raises(Conflict):
        answer_contest(acting=officer, contest=made, answer="Другой ответ, тоже достаточно длинный.")
    made.refresh_from_db()
    assert made.answer == ANSWER
    assert close(acting=officer, study=published).state == "closed"


def test_nobody_answers_her_own_objection_and_residents_answer_none(officer, resident, published):
    own = contest(acting=officer, study=published, text=TEXT)
    for who in (officer, resident):
        with pytest.raises(Forbidden):
            answer_contest(acting=who, contest=own, answer=ANSWER)
    own.refresh_from_db()
    assert (own.state, own.answer) == (Contest.State.OPEN, "")
    assert list(selectors.contests_waiting(officer)) == []


def test_drafts_closed_studies_foreign_figures_and_unproven_people_are_refused(
    officer, person, resident, study, alternative, compute
):
    compute(alternative)
    with pytest.raises(Conflict):
        contest(acting=resident, study=study, text=TEXT)
    publish(acting=officer, study=study)
    with pytest.raises(Forbidden):
        contest(acting=person("Н", level=0), study=study, text=TEXT)
    with pytest.raises(Invalid):
        contest(acting=resident, study=study, text="коротко")
    newer = compute(alternative).effects.first()  # computed since, and not published
    with pytest.raises(Invalid) as refused:
        contest(acting=resident, study=study, text=TEXT, effect_row=newer)
    assert refused.value.field == "effect_row"
    assert Contest.objects.count() == 0


def test_ten_a_day_are_enough(resident, published):
    for _turn in range(10):
        contest(acting=resident, study=published, text=TEXT)
    with pytest.raises(TooMany):
        contest(acting=resident, study=published, text=TEXT)
    assert Contest.objects.count() == 10


def test_who_objected_is_told_of_new_figures(officer, resident, published, alternative, compute):
    contest(acting=resident, study=published, text=TEXT)
    compute(alternative)
    publish(acting=officer, study=published)
    assert Message.objects.filter(person=resident, event__verb="study.published").count() == 1


def test_publishing_what_somebody_has_not_seen_is_refused(officer, study, alternative, compute):
    first = compute(alternative)
    second = compute(alternative)
    with pytest.raises(Conflict) as refused:
        publish(acting=officer, study=study, seen_runs=[first.pk])
    assert refused.value.code == "study.runs"
    publish(acting=officer, study=study, seen_runs=[second.pk])
    alternative.refresh_from_db()
    assert alternative.shown == second
