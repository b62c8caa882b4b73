"""Scoring: the declaration first, then marks; a third scorer where two differ much."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from shaar.platform.accounts.models import Person
from shaar.platform.kernel import events
from shaar.platform.kernel.errors import Conflict, Forbidden, Invalid
from shaar.platform.propose.checking import check

from ..models import Application, Call, Criterion, Disclosure, Mark, Score
from ..policies.grant import has_interest, may_disclose, may_score
from ..states import S
from .application import move


def disclose(*, acting: Person, application: Application, conflict: bool, words: str = "") -> Disclosure:
    """Say whether one has an interest, before the file opens. The first word stands; it opens the review.

    Raises
    ------
    Forbidden, Conflict
        No scorer of this district; nothing to score; said already.
    """
    with transaction.atomic():
        row = Application.objects.select_for_update().get(pk=application.pk)
        if not may_disclose(acting, row):
            raise Forbidden("disclosure.closed", _("Experts and commission members of this district score it."))
        if row.call.selection != Call.Selection.SCORES or row.status not in (S.ELIGIBLE, S.IN_REVIEW):
            raise Conflict("disclosure.state", _("There is nothing to score in this application now."))
        if Disclosure.objects.filter(application=row, person=acting).exists():
            raise Conflict("disclosure.said", _("You have said this already."))
        if not conflict and has_interest(acting, row):
            raise Forbidden("disclosure.interest", _("You are close to this application and cannot score it."))
        said = Disclosure(application=row, person=acting, conflict=conflict, words=words.strip())
        check(said)
        said.save()
        if not conflict and row.status == S.ELIGIBLE:
            move(row, S.IN_REVIEW)
            row.save()
        events.record("application.disclosed", row, acting=acting, conflict=conflict)
    return said


def score(*, acting: Person, application: Application, marks: Mapping[UUID, int], words: str) -> Score:
    """Give marks for every criterion, with reasons; once, and anew only if the application was revised since.

    Raises
    ------
    Forbidden, Conflict, Invalid
        No declaration, or an interest; scored already or decided; a mark missing or out of range.
    """
    with transaction.atomic():
        row = Application.objects.select_for_update().get(pk=application.pk)
        if not may_score(acting, row):
            raise Forbidden("score.closed", _("Declare first that you have no interest in this application."))
        if row.status != S.IN_REVIEW:
            raise Conflict("score.state", _("This application is not being judged now."))
        known = Score.objects.filter(application=row, by=acting).first()
        if known is not None and known.version >= row.version:
            raise Conflict("score.given", _("You have scored this application already."))
        criteria = list(row.call.criteria.all())
        given = _checked(criteria, marks)
        made = known or Score(application=row, by=acting)
        made.words, made.version, made.at = words.strip(), row.version, timezone.now()
        made.total = total_of(criteria, given)
        check(made)
        made.save()
        made.marks.all().delete()
        Mark.objects.bulk_create(Mark(score=made, criterion=one, points=given[one.pk]) for one in criteria)
        events.record("application.scored", row, acting=acting, number=row.scores.count())
    return made


def total_of(criteria: list[Criterion], points: Mapping[UUID, int]) -> Decimal:
    """Weighted score, 0 to 100: the sum of ``weight x points / top`` over the sum of weights."""
    weight = sum(one.weight for one in criteria)
    got = sum((Decimal(one.weight * points[one.pk]) / one.top for one in criteria), Decimal(0))
    return (100 * got / weight).quantize(Decimal("0.01"))


def _checked(criteria: list[Criterion], marks: Mapping[UUID, int]) -> dict[UUID, int]:
    given: dict[UUID, int] = {}
    for one in criteria:
        points = marks.get(one.pk)
        if points is None or not 0 <= points <= one.top:
            raise Invalid(
                "score.mark", _("“%(name)s” takes a mark from 0 to %(top)s.") % {"name": one, "top": one.top},
                field=f"mark_{one.pk}",
            )  # fmt: skip
        given[one.pk] = points
    return given
