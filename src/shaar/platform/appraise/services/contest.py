"""Objections to published estimates: anybody who takes part may make one, and the office has to answer it."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from shaar.platform.accounts.models import Person
from shaar.platform.kernel import events, limits, notify
from shaar.platform.kernel.errors import Conflict, Forbidden, Invalid
from shaar.platform.places.calendar import add_work_days
from shaar.platform.propose.checking import check

from ..models import Contest, EffectRow, Study
from ..policies import may_answer, may_contest
from ..states import CONTEST
from .study import locked

#: Working days within which an objection is answered.
ANSWER_WITHIN = 10


def contest(*, acting: Person, study: Study, text: str, effect_row: EffectRow | None = None) -> Contest:
    """Object to a published study, or to one of its figures; the office has to answer by a day that is shown.

    Raises
    ------
    Forbidden, Conflict, Invalid, TooMany
        Not proven; not published (any more); a figure of another study, no words; too many in a day.
    """
    limits.count("contest", str(acting.pk))
    with transaction.atomic():
        study = locked(study)
        if not may_contest(acting, study):
            if study.state != Study.State.PUBLISHED:
                raise Conflict("contest.closed", _("Only published estimates of an open study can be contested."))
            raise Forbidden("contest.level", _("Confirm your phone or e-mail first."))
        if effect_row is not None and not study.alternatives.filter(shown=effect_row.run_id).exists():
            raise Invalid("contest.figure", _("This figure is not among those shown now."), field="effect_row")
        made = Contest(
            study=study, effect_row=effect_row, was=_kept(effect_row), text=text.strip(), by=acting,
            due=add_work_days(timezone.localdate(), ANSWER_WITHIN),
        )  # fmt: skip
        check(made)
        made.save(force_insert=True)
        event = events.record(
            "study.contested", study, acting=acting, public=True, due=made.due, indicator=made.was.get("indicator", "")
        )
        ref = study.ref
        notify.tell(
            event, [study.owner], subject=lambda: _("Somebody contests an estimate of %(ref)s.") % {"ref": ref},
            body=made.text, link=f"/desk/contests/{made.pk}/",
        )  # fmt: skip
    return made


def answer_contest(*, acting: Person, contest: Contest, answer: str, changed: bool = False) -> Contest:
    """Answer an objection, in public; ``changed``: the office grants it and corrects the estimate.

    Raises
    ------
    Forbidden, Conflict, Invalid
        Not an appraiser, or her own objection; answered already; no words.
    """
    with transaction.atomic():
        row = Contest.objects.select_for_update(of=("self",)).select_related("study", "by").get(pk=contest.pk)
        if not may_answer(acting, row):
            raise Forbidden(
                "contest.role", _("Officers, heads and the mayor's office answer this, and nobody her own objection.")
            )
        if row.state == Contest.State.ANSWERED:
            raise Conflict("contest.answered", _("Somebody else has answered this already."))
        if len(answer.strip()) < 20:
            raise Invalid("contest.words", _("Say in a sentence or two what the office found."), field="answer")
        CONTEST.check(row.state, Contest.State.ANSWERED)
        row.state, row.answer, row.changed = Contest.State.ANSWERED, answer.strip(), changed
        row.answered_by, row.answered_at = acting, timezone.now()
        check(row)
        row.save()
        event = events.record("study.contest_answered", row.study, acting=acting, public=True, changed=changed)
        ref = row.study.ref
        notify.tell(
            event, [row.by], subject=lambda: _("Your objection to %(ref)s was answered.") % {"ref": ref},
            body=row.answer, link=f"{row.study.get_absolute_url()}#contests",
        )  # fmt: skip
    return row


def _kept(row: EffectRow | None) -> dict[str, object]:
    if row is None:
        return {}
    names = ("indicator", "unit", "before", "after", "change", "low", "high", "group", "place", "badge")
    return {name: getattr(row, name) for name in names}
