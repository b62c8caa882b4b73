"""Sessions of a commission: minutes, decisions with votes, and a second member's signature that makes them hold."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from shaar.platform.accounts.models import Person
from shaar.platform.kernel import events
from shaar.platform.kernel.errors import Conflict, Forbidden, Invalid
from shaar.platform.kernel.once import once
from shaar.platform.kernel.references import next_reference
from shaar.platform.propose.checking import check

from ..models import Application, Call, Decision, Lot, Session
from ..policies.grant import may_decide, on_commission
from ..selectors.money import left_in
from ..selectors.review import standing
from ..states import TO_DECIDE
from .application import move
from .telling import tell_applicant

O = Decision.Outcome  # noqa: E741


def hold_session(
    *,
    acting: Person,
    call: Call,
    held_on: date,
    members: Iterable[Person],
    minutes: str,
    once_key: UUID | str | None = None,
) -> Session:
    """Write down that the commission met: who was there, and the minutes.

    Raises
    ------
    Forbidden, Invalid
        Not on the commission; somebody present is not on it; fewer than the quorum; a day to come.
    """
    if not on_commission(acting, call):
        raise Forbidden("session.closed", _("Only the commission of this call keeps its minutes."))

    def make() -> Session:
        present = {one.pk: one for one in members}
        if any(not on_commission(one, call) for one in present.values()):
            raise Invalid("session.members", _("Somebody here is not on the commission of this call."), field="members")
        if len(present) < call.quorum:
            raise Invalid(
                "session.quorum", _("At least %(n)d members have to be present.") % {"n": call.quorum}, field="members"
            )
        if held_on > timezone.localdate():
            raise Invalid("session.day", _("This day has not come yet."), field="held_on")
        with transaction.atomic():
            made = Session(call=call, held_on=held_on, minutes=minutes.strip(), kept_by=acting, ref=next_reference("C"))
            check(made)
            made.save(force_insert=True)
            made.members.set(present.values())
            events.record("session.held", made, acting=acting, ref=made.ref, present=len(present))
        return made

    return once(once_key, acting, Session, make)


def decide(
    *,
    acting: Person,
    session: Session,
    application: Application,
    outcome: str,
    reason: str,
    votes_for: int,
    votes_against: int = 0,
    awarded: Decimal | None = None,
    due: date | None = None,
    seen_version: int,
) -> Decision:
    """Write a decision into the minutes; it holds when the minutes are signed.

    Raises
    ------
    Forbidden
        A scorer of it, or somebody with an interest, decides.
    Conflict
        Changed meanwhile; signed minutes; decided in this or another session.
    Invalid
        Fewer than two scores, no majority, no quorum of members without an interest, more money than there is.
    """
    with transaction.atomic():
        session = Session.objects.select_for_update().get(pk=session.pk)
        row = Application.objects.select_for_update().get(pk=application.pk)
        if not may_decide(acting, row):
            raise Forbidden("decision.closed", _("Who has scored an application, or is close to it, does not decide."))
        if session.signed_at is not None or row.call_id != session.call_id:
            raise Conflict("session.signed", _("These minutes are signed: nothing is added to them."))
        if row.version != seen_version or row.status not in TO_DECIDE:
            raise Conflict(
                "decision.changed",
                _("This has changed meanwhile: it is now “%(state)s”. Please look at it again.")
                % {"state": row.get_status_display()},
            )
        if Decision.objects.filter(application=row, session__signed_at__isnull=True).exists():
            raise Conflict("decision.twice", _("Somebody has just written a decision on this application."))
        present = list(session.members.all())
        voting = [one for one in present if may_decide(one, row)]
        _check_votes(row, voting, votes_for, votes_against)
        made = Decision(
            session=session, application=row, outcome=outcome, reason=reason.strip(), votes_for=votes_for,
            votes_against=votes_against, barred=len(present) - len(voting), version=row.version,
            awarded=awarded if outcome == O.APPROVED else None, due=due if outcome == O.REVISE else None,
        )  # fmt: skip
        check(made)
        _check_outcome(row, made)
        made.save(force_insert=True)
        events.record("decision.written", row, acting=acting, session=session.ref, outcome=outcome)
    return made


def sign_minutes(*, acting: Person, session: Session) -> Session:
    """Sign the minutes as a second member who was present: every decision in them holds and is told.

    Raises
    ------
    Forbidden, Conflict
        Not present, or kept them; signed already; an application or the money has changed meanwhile.
    """
    with transaction.atomic():
        session = Session.objects.select_for_update().get(pk=session.pk)
        present = session.members.filter(pk=acting.pk).exists()
        if not present or acting.pk == session.kept_by_id or not on_commission(acting, session.call):
            raise Forbidden("session.sign", _("A member who was present signs, and not the one who kept the minutes."))
        if session.signed_at is not None:
            raise Conflict("session.signed", _("These minutes are signed already."))
        # One lock for the money of the call: two sessions signed at once cannot both spend it.
        list(Lot.objects.select_for_update().filter(call=session.call).order_by("pk"))
        session.signed_by, session.signed_at = acting, timezone.now()
        check(session)
        session.save()
        for made in session.decisions.select_related("application__lot", "application__call"):
            _apply(acting, session, made)
        events.record(
            "session.signed", session, acting=acting, public=True, ref=session.ref,
            decisions=session.decisions.count(),
        )  # fmt: skip
    return session


def _apply(acting: Person, session: Session, made: Decision) -> None:
    row = Application.objects.select_for_update().get(pk=made.application_id)
    if row.version != made.version:
        raise Conflict("decision.changed", _("%(ref)s was changed after the decision.") % {"ref": row.ref})
    if made.awarded is not None and made.awarded > left_in(row.lot):
        raise Conflict(
            "decision.money", _("%(ref)s: the money of %(lot)s is spent.") % {"ref": row.ref, "lot": row.lot}
        )
    move(row, made.outcome)
    row.awarded, row.due, row.reason = made.awarded, made.due, made.reason
    check(row)
    row.save()
    event = events.record(
        f"application.{made.outcome}", row, acting=acting, public=True, session=session.ref, reason=made.reason,
        awarded=made.awarded, due=made.due, votes_for=made.votes_for, votes_against=made.votes_against,
    )  # fmt: skip
    tell_applicant(event, row, lambda: f"{row.ref}: {row.get_status_display()}.", made.reason)


def _check_votes(row: Application, voting: list[Person], votes_for: int, votes_against: int) -> None:
    if len(voting) < row.call.quorum:
        raise Invalid(
            "decision.quorum",
            _("Only %(n)d members present may vote on this one; at least %(quorum)d are needed.")
            % {"n": len(voting), "quorum": row.call.quorum},
        )
    if votes_for + votes_against > len(voting):
        raise Invalid(
            "decision.votes", _("There are more votes than members who may vote (%(n)d).") % {"n": len(voting)},
            field="votes_for",
        )  # fmt: skip
    if votes_for <= votes_against:
        raise Invalid("decision.majority", _("More votes for than against are needed."), field="votes_for")


def _check_outcome(row: Application, made: Decision) -> None:
    if row.call.selection == Call.Selection.SCORES and not standing(row).ready:
        raise Invalid(
            "decision.scores", _("Two scores are needed, and a third where the two differ much, before it is decided.")
        )
    if made.outcome == O.REVISE and (made.due is None or made.due <= timezone.localdate()):
        raise Invalid("decision.due", _("The new day has to lie in the future."), field="due")
    if made.outcome != O.APPROVED:
        return
    if made.awarded is None or made.awarded <= 0 or made.awarded > min(row.asked, row.call.ceiling):
        raise Invalid(
            "decision.awarded", _("The grant has to be above zero and no more than was asked for."), field="awarded"
        )
    pending = Decision.objects.filter(application__lot=row.lot, session__signed_at__isnull=True, outcome=O.APPROVED)
    promised = sum((one.awarded or Decimal(0) for one in pending), Decimal(0))
    if made.awarded > left_in(row.lot) - promised:
        raise Invalid(
            "decision.money", _("There is not so much money left for %(lot)s.") % {"lot": row.lot}, field="awarded"
        )
