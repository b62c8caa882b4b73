"""After the vote: seal the box, have it counted, confirm the result."""

from __future__ import annotations

import secrets
import uuid

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from shaar.platform.accounts.models import Person
from shaar.platform.kernel import events
from shaar.platform.kernel.errors import Conflict, Forbidden
from shaar.platform.kernel.jobs import enqueue

from ..election import project_id
from ..models import Application, BallotBox, CastBallot, Count, PaperSheet
from ..policies.ballot import may_manage_boxes
from ..selectors.money import left_in
from ..states import S
from .application import move
from .telling import tell_applicant


def seal(*, acting: Person, box: BallotBox) -> Count:
    """Close a vote whose last day has passed, untie ballots from voters, and have it counted.

    Raises
    ------
    Forbidden, Conflict
        Not hers; still open, or closed already; paper ballots that were read once only, or differently.
    """
    _require_manager(acting)
    with transaction.atomic():
        box = BallotBox.objects.select_for_update().get(pk=box.pk)
        if box.status != BallotBox.Status.PUBLISHED or not box.is_over:
            raise Conflict("ballot.seal", _("This vote is still open, or it was closed already."))
        open_sheets = PaperSheet.objects.filter(box=box).exclude(status=PaperSheet.Status.AGREED).count()
        if open_sheets:
            raise Conflict(
                "ballot.sheets",
                _("Paper ballots that were not read alike twice: %(n)d. Finish them first.") % {"n": open_sheets},
            )
        ballots = _untie(box)
        box.status = BallotBox.Status.SEALED
        box.save(update_fields=["status"])
        made = Count.objects.create(box=box, by=acting)
        events.record("ballot.sealed", box, acting=acting, public=True, ballots=ballots)
        _start(made)
    return made


def count_again(*, acting: Person, box: BallotBox) -> Count:
    """Start a count that failed or got stuck once more."""
    _require_manager(acting)
    with transaction.atomic():
        row = Count.objects.select_for_update().filter(box=box).first()
        if row is None or row.status == Count.Status.DONE:
            raise Conflict("ballot.no_count", _("There is nothing to count again."))
        _start(row)
    return row


def confirm(*, acting: Person, box: BallotBox) -> BallotBox:
    """Confirm the result by the rule that was announced: never by the one who closed the vote.

    Applications that won are approved for what they asked, the others refused with the reason.

    Raises
    ------
    Forbidden, Conflict
        Not hers, or she closed it; not counted, or confirmed already; a lot with too little money.
    """
    _require_manager(acting)
    with transaction.atomic():
        box = BallotBox.objects.select_for_update().get(pk=box.pk)
        row = Count.objects.filter(box=box, status=Count.Status.DONE).first()
        if box.status != BallotBox.Status.SEALED or row is None:
            raise Conflict("ballot.confirm", _("There is no count to confirm, or it was confirmed already."))
        if row.by_id == acting.pk:
            raise Forbidden("ballot.two", _("Who has closed the vote does not confirm its result."))
        winners = set(row.facts["rows"][box.rule]["winners"])
        for project in box.projects.select_related("application").filter(application__isnull=False):
            assert project.application is not None
            _decide(acting, project.application, project_id(project.number) in winners)
        box.status = BallotBox.Status.COUNTED
        box.save(update_fields=["status"])
        events.record("ballot.confirmed", box, acting=acting, public=True, winners=len(winners), rule=box.rule)
    return box


def _decide(acting: Person, application: Application, won: bool) -> None:
    row = Application.objects.select_for_update().get(pk=application.pk)
    if row.status != S.IN_REVIEW:  # withdrawn meanwhile
        return
    move(row, S.APPROVED if won else S.REFUSED)
    if won:
        if row.asked > left_in(row.lot):
            raise Conflict(
                "decision.money", _("%(ref)s: the money of %(lot)s is spent.") % {"ref": row.ref, "lot": row.lot}
            )
        row.awarded = row.asked
    else:
        row.reason = _("Residents voted, and the money did not reach this project.")
    row.save()
    verb = "application.approved" if won else "application.refused"
    event = events.record(verb, row, acting=acting, public=True, awarded=row.awarded, reason=row.reason)
    tell_applicant(event, row, lambda: f"{row.ref}: {row.get_status_display()}.", row.reason)


def _untie(box: BallotBox) -> int:
    # New rows in random order: neither their keys nor their place in the table tells who cast them, or when.
    old = list(CastBallot.objects.filter(box=box))
    secrets.SystemRandom().shuffle(old)
    CastBallot.objects.filter(box=box).delete()
    CastBallot.objects.bulk_create(
        CastBallot(id=uuid.uuid4(), box=box, choices=one.choices, district=one.district, channel=one.channel)
        for one in old
    )
    return len(old)


def _start(row: Count) -> None:
    from ..tasks import count_ballots

    row.status, row.done, row.failure, row.asked_at = Count.Status.WAITING, 0, "", timezone.now()
    row.save()
    enqueue(count_ballots, number=str(row.pk))


def _require_manager(acting: Person) -> None:
    if not may_manage_boxes(acting):
        raise Forbidden("ballot.closed", _("Only heads and the mayor's office of the whole city prepare this."))
