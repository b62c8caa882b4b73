"""What happens next with a measure: a sentence, a day, an office."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from shaar.platform.accounts.models import Organisation

from ..models import Appeal, Feature, Measure
from ..policies.process import phases_open
from .measure import answer_in_force, answers_of, missing_supports

S = Measure.Status


@dataclass(frozen=True, slots=True)
class Step:
    """The next step; ``late`` when its day has passed."""

    text: str
    day: date | None = None
    office: Organisation | None = None
    late: bool = False


def next_step(measure: Measure) -> Step | None:
    """The next step of a measure, None when nothing more is to come."""
    today = timezone.localdate()
    pending = pending_appeal(measure)
    if pending is not None:
        text = _("The head of the office or the mayor's office decides the appeal.")
        return Step(text, pending.due, measure.office, pending.due < today)
    if measure.status == S.OPEN:
        missing = missing_supports(measure)
        if missing is None:
            return Step(_("The office will look at it."), None, measure.office)
        text = ngettext(
            "%(n)d more person is needed; then the city has to answer.",
            "%(n)d more people are needed; then the city has to answer.", missing,
        ) % {"n": missing}  # fmt: skip
        return Step(text, _support_ends(measure), measure.office)
    if measure.status == S.REVIEW:
        return Step(_("The office gives its answer."), measure.due, measure.office, _late(measure, today))
    if measure.status in (S.ACCEPTED, S.PARTLY, S.IN_WORK):
        answer = answer_in_force(measure)
        day = answer.deadline if answer else measure.due
        return Step(_("It will be done."), day, measure.office, day is not None and day < today)
    if measure.status == S.REFUSED:
        return Step(_("The author may appeal within 30 days, or revise the proposal."), None, measure.office)
    if measure.status == S.MERGED and measure.merged_into is not None:
        return Step(_("It carries on as %(ref)s.") % {"ref": measure.merged_into.ref})
    return None


def pending_appeal(measure: Measure) -> Appeal | None:
    """The appeal against an answer that waits for a decision."""
    asked = (answer.appeal for answer in answers_of(measure) if hasattr(answer, "appeal"))
    return next((appeal for appeal in asked if appeal.decided_at is None), None)


def _late(measure: Measure, today: date) -> bool:
    return measure.due is not None and measure.due < today


def _support_ends(measure: Measure) -> date | None:
    if measure.process is None:
        return None
    ends = [phase.until for phase in phases_open(measure.process) if Feature.SUPPORT in phase.features]
    last = max((end for end in ends if end is not None), default=None)
    return timezone.localtime(last).date() if last is not None and None not in ends else None
