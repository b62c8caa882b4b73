"""After the decision: agreement, money in parts, reports, acceptance or money back."""

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
from shaar.platform.kernel.saying import money
from shaar.platform.propose.checking import check

from ..models import Agreement, Application, Refund, Report, Tranche
from ..policies.grant import is_applicant, may_approve_payment, may_check
from ..selectors.money import paid, total
from ..states import S
from .application import move
from .telling import tell_applicant


def sign_agreement(
    *,
    acting: Person,
    application: Application,
    number: str,
    signed_on: date,
    ends_on: date,
    text: str,
    tranches: Iterable[tuple[Decimal, date]],
) -> Agreement:
    """Write down the agreement and plan the parts of the money; together they are the grant, to the last hundredth.

    Raises
    ------
    Forbidden, Conflict, Invalid
        Not hers; not approved, or signed already; parts that do not add up.
    """
    with transaction.atomic():
        row = _locked(application)
        _require_officer(acting, row)
        move(row, S.AGREEMENT)
        parts = list(tranches)
        if any(amount <= 0 for amount, _on in parts) or total(amount for amount, _on in parts) != row.awarded:
            raise Invalid(
                "tranche.sum", _("The parts have to add up to the grant: %(sum)s.") % {"sum": money(row.awarded)},
                field="tranches",
            )  # fmt: skip
        made = Agreement(
            application=row, number=number.strip(), signed_on=signed_on, ends_on=ends_on, text=text.strip(), by=acting
        )
        check(made)
        made.save(force_insert=True)
        for place, (amount, planned_on) in enumerate(parts, start=1):
            part = Tranche(application=row, number=place, amount=amount, planned_on=planned_on)
            check(part)
            part.save(force_insert=True)
        row.due = ends_on
        row.save()
        event = events.record(
            "application.agreement", row, acting=acting, public=True, number=made.number, parts=len(parts),
            ends_on=ends_on,
        )  # fmt: skip
        tell_applicant(event, row, lambda: _("%(ref)s: the agreement is signed.") % {"ref": row.ref})
    return made


def approve_tranche(*, acting: Person, tranche: Tranche) -> Tranche:
    """Approve a part of the money for payment."""
    with transaction.atomic():
        row = _locked(tranche.application)
        if not may_approve_payment(acting, row):
            raise Forbidden("tranche.approve", _("A head of the district approves payments."))
        part = Tranche.objects.select_for_update().get(pk=tranche.pk)
        if part.approved_at is not None or row.status not in (S.AGREEMENT, S.IN_PROGRESS, S.REPORTED):
            raise Conflict("tranche.approved", _("This part was approved already, or the grant is over."))
        part.approved_by, part.approved_at = acting, timezone.now()
        check(part)
        part.save()
        events.record("tranche.approved", row, acting=acting, part=part.number, amount=part.amount)
    return part


def pay_tranche(*, acting: Person, tranche: Tranche, paid_on: date) -> Tranche:
    """Write down that an approved part was paid; never by the one who approved it. The first one begins the work.

    Raises
    ------
    Forbidden, Conflict, Invalid
        Not hers, or she approved it; not approved, or paid already; a day to come; more than the grant.
    """
    with transaction.atomic():
        row = _locked(tranche.application)
        part = Tranche.objects.select_for_update().get(pk=tranche.pk)
        _require_officer(acting, row)
        if part.approved_by_id == acting.pk:
            raise Forbidden("tranche.two", _("Who has approved a payment does not pay it."))
        if part.approved_at is None or part.paid_on is not None or row.status not in (S.AGREEMENT, S.IN_PROGRESS):
            raise Conflict("tranche.state", _("This part is not approved, or it was paid already."))
        if paid_on > timezone.localdate():
            raise Invalid("tranche.day", _("This day has not come yet."), field="paid_on")
        if row.awarded is None or paid(row) + part.amount > row.awarded:
            raise Invalid("tranche.over", _("More than the grant cannot be paid."))
        part.paid_by, part.paid_on = acting, paid_on
        check(part)
        part.save()
        if row.status == S.AGREEMENT:
            move(row, S.IN_PROGRESS)
            row.save()
        event = events.record(
            "tranche.paid", row, acting=acting, public=True, part=part.number, amount=part.amount, paid_on=paid_on
        )
        tell_applicant(
            event, row, lambda: _("%(ref)s: part %(n)d of the grant was paid.") % {"ref": row.ref, "n": part.number}
        )
    return part


def hand_in_report(
    *,
    acting: Person,
    application: Application,
    text: str,
    spent: Decimal,
    final: bool = True,
    once_key: UUID | str | None = None,
) -> Report:
    """Say what was done and spent so far; photos are added to the report afterwards.

    Raises
    ------
    Forbidden, Conflict, Invalid
        Not hers; no work going on; more spent than paid.
    """

    def make() -> Report:
        with transaction.atomic():
            row = _locked(application)
            if not is_applicant(acting, row):
                raise Forbidden("report.not_yours", _("Only the applicant reports."))
            if spent > paid(row):
                raise Invalid("report.spent", _("More was spent than was paid so far."), field="spent")
            move(row, S.REPORTED)
            number = row.reports.count() + 1
            made = Report(application=row, number=number, text=text.strip(), spent=spent, final=final, by=acting)
            check(made)
            made.save(force_insert=True)
            row.save()
            events.record(
                "application.reported", row, acting=acting, public=True, number=number, spent=spent, final=final
            )
        return made

    return once(once_key, acting, Report, make)


def judge_report(*, acting: Person, report: Report, accepted: bool, words: str) -> Report:
    """Accept a report after a look at the site, or return it; a final one that is accepted ends the work.

    Raises
    ------
    Forbidden, Conflict, Invalid
        Not hers; judged already; no words; a final report before all money was paid.
    """
    with transaction.atomic():
        row = _locked(report.application)
        one = Report.objects.select_for_update().get(pk=report.pk)
        _require_officer(acting, row)
        if one.status != Report.Status.HANDED_IN or row.status != S.REPORTED:
            raise Conflict("report.judged", _("Somebody has judged this report already."))
        if len(words.strip()) < 10:
            raise Invalid("report.words", _("Please say in a sentence what was seen on the site."), field="words")
        one.status = Report.Status.ACCEPTED if accepted else Report.Status.RETURNED
        one.words, one.judged_by = words.strip(), acting
        check(one)
        one.save()
        done = accepted and one.final
        move(row, S.ACCEPTED if done else S.IN_PROGRESS)
        row.save()
        verb = "application.accepted" if done else ("report.accepted" if accepted else "report.returned")
        event = events.record(verb, row, acting=acting, public=True, number=one.number, reason=one.words)
        tell_applicant(event, row, lambda: f"{row.ref}: {one.get_status_display()}.", one.words)
    return one


def ask_refund(*, acting: Person, application: Application, amount: Decimal, due: date, reason: str) -> Refund:
    """Ask for money back, when the work is not done as agreed; never more than was paid."""
    with transaction.atomic():
        row = _locked(application)
        if not may_approve_payment(acting, row):
            raise Forbidden("refund.ask", _("A head of the district asks for money back."))
        move(row, S.REFUND_DUE)
        if not 0 < amount <= paid(row):
            raise Invalid("refund.amount", _("No more than was paid can be asked back."), field="amount")
        made = Refund(application=row, amount=amount, due=due, reason=reason.strip(), asked_by=acting)
        check(made)
        made.save(force_insert=True)
        row.due = due
        row.save()
        event = events.record(
            "application.refund_due", row, acting=acting, public=True, amount=amount, due=due, reason=made.reason
        )
        tell_applicant(event, row, lambda: _("%(ref)s: money has to be returned.") % {"ref": row.ref}, made.reason)
    return made


def record_refund(*, acting: Person, application: Application, received_on: date) -> Refund:
    """Write down that the money came back; never by the one who asked for it."""
    with transaction.atomic():
        row = _locked(application)
        _require_officer(acting, row)
        made = Refund.objects.select_for_update().filter(application=row).first()
        move(row, S.REFUNDED)
        assert made is not None
        if made.asked_by_id == acting.pk:
            raise Forbidden("refund.two", _("Who has asked for the money does not write down that it came."))
        if received_on > timezone.localdate():
            raise Invalid("refund.day", _("This day has not come yet."), field="received_on")
        made.received_on, made.received_by = received_on, acting
        check(made)
        made.save()
        row.due = None
        row.save()
        events.record("application.refunded", row, acting=acting, public=True, amount=made.amount)
    return made


def close(*, acting: Person, application: Application) -> Application:
    """Close the file of a grant that was accepted or refunded."""
    with transaction.atomic():
        row = _locked(application)
        _require_officer(acting, row)
        move(row, S.CLOSED)
        row.due = None
        row.save()
        events.record("application.closed", row, acting=acting, public=True)
    return row


def _locked(application: Application) -> Application:
    return Application.objects.select_for_update().get(pk=application.pk)


def _require_officer(acting: Person, row: Application) -> None:
    if not may_check(acting, row):
        raise Forbidden("application.office", _("An officer of the district does this, without an interest in it."))
