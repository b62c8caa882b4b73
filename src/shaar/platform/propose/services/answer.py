"""The office's answer, and the other look that an appeal brings."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from shaar.platform.accounts.models import Organisation, Person
from shaar.platform.kernel import events, notify
from shaar.platform.kernel.errors import Conflict, Forbidden, Invalid
from shaar.platform.places.calendar import add_work_days

from ..checking import check
from ..models import Answer, Appeal, Comment, Measure, Moderation
from ..policies.measure import may_answer, may_appeal, may_decide
from ..reasons import check_reason
from ..selectors.measure import answer_in_force, authors, office_for
from .measure import move
from .moderation import apply_act

#: How long after a decision an appeal is taken.
APPEAL_WITHIN = timedelta(days=30)


def take(*, acting: Person, measure: Measure, office: Organisation | None = None) -> Measure:
    """Take a measure up before it has all its supports, or hand it to another office; the term begins."""
    with transaction.atomic():
        measure = Measure.objects.select_for_update().get(pk=measure.pk)
        if not may_answer(acting, measure):
            raise Forbidden("answer.not_office", _("Only the office of the place answers this."))
        if measure.status not in (Measure.Status.OPEN, Measure.Status.REVIEW):
            raise Conflict("answer.state", _("This has its answer already."))
        if measure.status == Measure.Status.OPEN:
            move(measure, Measure.Status.REVIEW)
            measure.due = add_work_days(timezone.localdate(), measure.process.answer_days if measure.process else 14)
        measure.office = office or measure.office or office_for(measure.territory)
        measure.save(update_fields=["status", "status_at", "due", "office"])
        events.record(
            "measure.taken", measure, acting=acting, public=True, due=measure.due,
            office=measure.office.names if measure.office else {},
        )  # fmt: skip
    return measure


def answer(
    *,
    acting: Person,
    measure: Measure,
    outcome: str,
    reason: str,
    text: str,
    office: Organisation,
    deadline: date | None,
    seen_answers: int,
    seen_version: int,
) -> Answer:
    """Give the official answer; a further one replaces it.

    ``seen_answers`` and ``seen_version``: how many answers and which version of the words the officer had before her;
    if either has changed, somebody was first.

    Raises
    ------
    Forbidden, Conflict, Invalid
        Not of this office, or her own proposal; somebody was first; no deadline though something is promised.
    """
    check_reason("answer", reason)
    with transaction.atomic():
        measure = Measure.objects.select_for_update().get(pk=measure.pk)
        if not may_answer(acting, measure):
            raise Forbidden(
                "answer.not_office", _("Only the office of the place answers this, and nobody her own proposal.")
            )
        if measure.answers.count() != seen_answers:
            raise Conflict("answer.first", _("Somebody else has answered this while you were writing."))
        if measure.version != seen_version:
            raise Conflict("answer.edited", _("The author has changed the proposal while you were writing."))
        if outcome not in Answer.Outcome.values:
            raise Invalid("answer.outcome", _("Choose an answer from the list."), field="outcome")
        if outcome != Answer.Outcome.REFUSED and deadline is None:
            raise Invalid("answer.deadline", _("Say by when it will be done."), field="deadline")
        if deadline is not None and deadline < timezone.localdate():
            raise Invalid("answer.past", _("This day has passed."), field="deadline")
        if measure.status != outcome:
            move(measure, outcome)
        row = Answer(
            measure=measure, outcome=outcome, reason=reason, text=text.strip(), office=office, by=acting,
            deadline=None if outcome == Answer.Outcome.REFUSED else deadline,
        )  # fmt: skip
        check(row)
        row.save(force_insert=True)
        measure.office, measure.due = office, row.deadline
        measure.save(update_fields=["status", "status_at", "office", "due"])
        event = events.record(
            "measure.answered", measure, acting=acting, public=True, outcome=outcome, code=reason, reason=row.text,
            office=office.names, deadline=row.deadline,
        )  # fmt: skip
        ref, words = measure.ref, Answer.Outcome(outcome)
        backers = Person.objects.filter(supports__measure=measure)
        notify.tell(
            event, [*authors(measure), *backers],
            subject=lambda: _("The city has answered %(ref)s: %(outcome)s.") % {"ref": ref, "outcome": words.label},
            body=row.text, link=measure.get_absolute_url(),
        )  # fmt: skip
    return row


def appeal(*, acting: Person, decision: Answer | Moderation, text: str) -> Appeal:
    """Ask for another look at a refusal or at a moderation of one's text, once.

    Raises
    ------
    Forbidden, Conflict, Invalid
        Not hers to appeal; asked already, replaced meanwhile or too late; no words.
    """
    with transaction.atomic():
        about = decision.about if isinstance(decision, Moderation) else decision.measure
        measure = Measure.objects.select_for_update().get(pk=about.pk)
        decision.refresh_from_db()
        if not may_appeal(acting, decision):
            raise Forbidden("appeal.not_yours", _("Only those concerned may appeal against this decision."))
        if Appeal.objects.filter(**_of(decision)).exists():
            raise Conflict("appeal.made", _("An appeal was already made."))
        if isinstance(decision, Answer) and answer_in_force(measure) != decision:
            raise Conflict("appeal.replaced", _("There is a newer answer. Look at that one."))
        if timezone.now() > decision.at + APPEAL_WITHIN:
            raise Conflict("appeal.late", _("Appeals are taken for 30 days after a decision."))
        term = measure.process.appeal_days if measure.process else 10
        row = Appeal(by=acting, text=text.strip(), due=add_work_days(timezone.localdate(), term), **_of(decision))
        check(row)
        row.save(force_insert=True)
        events.record(
            "measure.appealed" if isinstance(decision, Answer) else "moderation.appealed", measure, acting=acting,
            public=True, due=row.due,
        )  # fmt: skip
    return row


def decide_appeal(*, acting: Person, appeal: Appeal, overturn: bool, words: str) -> Appeal:
    """Decide an appeal: let the decision stand, or undo it.

    An answer that falls sends the measure back to its office with a new term; a moderation that falls shows the text.

    Raises
    ------
    Forbidden, Conflict, Invalid
        Not a head here, or part of it herself; decided already; no words.
    """
    with transaction.atomic():
        measure = Measure.objects.select_for_update().get(pk=appeal.measure.pk)
        row = Appeal.objects.select_for_update().get(pk=appeal.pk)
        if not may_decide(acting, row):
            raise Forbidden(
                "appeal.same_person",
                _("An appeal is decided by a head or the mayor's office, never by who made the decision."),
            )
        if row.decided_at is not None:
            raise Conflict("appeal.decided", _("Somebody else has decided this appeal already."))
        if len(words.strip()) < 10:
            raise Invalid("appeal.words", _("Say in a sentence why."), field="words")
        row.outcome = Appeal.Outcome.OVERTURNED if overturn else Appeal.Outcome.UPHELD
        row.words, row.decided_by, row.decided_at = words.strip(), acting, timezone.now()
        check(row)
        row.save()
        if overturn:
            _undo(row, measure, acting)
        event = events.record(
            "appeal.decided", measure, acting=acting, public=True, outcome=row.outcome, reason=row.words,
            about="answer" if row.answer_id else "moderation",
        )  # fmt: skip
        ref = measure.ref
        notify.tell(
            event, [row.by], subject=lambda: _("Your appeal on %(ref)s was decided.") % {"ref": ref}, body=row.words,
            link=measure.get_absolute_url(),
        )  # fmt: skip
    return row


def _of(decision: Answer | Moderation) -> dict[str, Answer | Moderation]:
    return {"answer": decision} if isinstance(decision, Answer) else {"moderation": decision}


def _undo(row: Appeal, measure: Measure, acting: Person) -> None:
    decision = row.decision
    decision.overturned_at = row.decided_at
    decision.save(update_fields=["overturned_at"])
    if isinstance(decision, Answer):
        if measure.status == decision.outcome:
            move(measure, Measure.Status.REVIEW)
            measure.due = add_work_days(timezone.localdate(), measure.process.answer_days if measure.process else 14)
            measure.save(update_fields=["status", "status_at", "due"])
        return
    said = Comment.objects.select_for_update().get(pk=decision.comment_id) if decision.comment_id else None
    text = said or measure
    if text.hidden:
        apply_act(Moderation.Act.SHOWN, reason="appeal", words=row.words[:500], by=acting, about=measure, said=said)
