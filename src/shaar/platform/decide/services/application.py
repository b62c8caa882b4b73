"""Writing an application, sending it, checking whether it meets the conditions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import ROUND_CEILING, Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from shaar.platform.accounts.models import Organisation, Person
from shaar.platform.kernel import events
from shaar.platform.kernel.errors import Conflict, Forbidden, Invalid
from shaar.platform.kernel.once import once
from shaar.platform.kernel.references import next_reference
from shaar.platform.kernel.saying import money
from shaar.platform.propose.checking import check
from shaar.platform.propose.models import Measure

from ..models import Application, Call, Contribution, Lot
from ..policies.grant import is_applicant, may_apply_with, may_check, may_edit, takes_part
from ..selectors.grant import OVER
from ..states import APPLICATION, S
from .telling import tell_applicant

Lines = Iterable[Mapping[str, Any]]


def apply(
    *,
    acting: Person,
    call: Call,
    lot: Lot,
    measure: Measure,
    text: str,
    asked: Decimal,
    own: Lines = (),
    organisation: Organisation | None = None,
    send: bool = True,
    once_key: UUID | str | None = None,
) -> Application:
    """Write an application and, unless ``send`` is False, send it.

    Parameters
    ----------
    lot
        The district's money; the place of the measure lies in it.
    own
        Lines of the own contribution: ``kind``, ``words``, ``amount``.
    organisation
        For which the person applies; None: herself.
    once_key
        Key of the form: sent twice, it makes one application.

    Raises
    ------
    Forbidden, Conflict, Invalid
        Not her measure or not proven; the call is not open, or the measure is in it already; sums that cannot be.
    """

    def make() -> Application:
        with transaction.atomic():
            if not takes_part(acting, call):
                raise Forbidden("application.level", _("Confirm your phone or e-mail first: people apply for grants."))
            _require_open(call)
            if not may_apply_with(acting, measure, organisation):
                raise Forbidden(
                    "application.measure",
                    _("You may apply with a proposal of your own, or for an organisation that you speak for."),
                )
            if measure.status in OVER:
                raise Conflict(
                    "application.over", _("This proposal is joined with another one, withdrawn or done already.")
                )
            _require_free(call, measure)
            row = Application(
                call=call, lot=lot, measure=measure, applicant=acting, organisation=organisation, text=text.strip(),
                asked=asked, ref=next_reference("G"),
            )  # fmt: skip
            lines = _fit(row, own)
            check(row)
            row.save(force_insert=True)
            _keep(row, lines)
            events.record("application.written", row, acting=acting, ref=row.ref, asked=asked)
            if send:
                _send(row, acting)
        return row

    return once(once_key, acting, Application, make)


def change(
    *,
    acting: Person,
    application: Application,
    seen_version: int,
    text: str,
    asked: Decimal,
    own: Lines,
    send: bool = True,
) -> Application:
    """Change an application that was not sent yet or was sent back, and send it (again).

    Raises
    ------
    Forbidden, Conflict, Invalid
        Not hers; changed meanwhile or too late; sums that cannot be.
    """
    with transaction.atomic():
        row = _locked(application)
        if not is_applicant(acting, row):
            raise Forbidden("application.not_yours", _("Only its applicant may change this."))
        if row.version != seen_version or not may_edit(acting, row):
            raise Conflict("application.changed", _("This was changed or sent meanwhile. Please look at it again."))
        row.text, row.asked, row.version = text.strip(), asked, row.version + 1
        lines = _fit(row, own)
        check(row)
        row.save()
        row.contributions.all().delete()
        _keep(row, lines)
        events.record("application.changed", row, acting=acting, version=row.version, asked=asked)
        if send:
            _send(row, acting)
    return row


def withdraw(*, acting: Person, application: Application) -> Application:
    """Take an application back, before money was paid."""
    with transaction.atomic():
        row = _locked(application)
        if not is_applicant(acting, row):
            raise Forbidden("application.not_yours", _("Only its applicant may change this."))
        move(row, S.WITHDRAWN)
        row.save()
        events.record("application.withdrawn", row, acting=acting)
    return row


def return_to_complete(
    *, acting: Person, application: Application, words: str, due: date, seen_version: int
) -> Application:
    """Return a sent application: what is missing, and until when it may come back."""
    with transaction.atomic():
        row = _to_check(acting, application, seen_version)
        _require_words(words)
        _require_future(due)
        move(row, S.RETURNED)
        row.reason, row.due = words.strip(), due
        check(row)
        row.save()
        event = events.record("application.returned", row, acting=acting, reason=row.reason, due=due)
        tell_applicant(
            event, row, lambda: _("%(ref)s: something is missing in your application.") % {"ref": row.ref}, row.reason
        )
    return row


def judge_conditions(
    *, acting: Person, application: Application, eligible: bool, words: str, seen_version: int
) -> Application:
    """Say whether an application meets the conditions of the call, and why not if it does not."""
    with transaction.atomic():
        row = _to_check(acting, application, seen_version)
        if not eligible:
            _require_words(words)
        move(row, S.ELIGIBLE if eligible else S.INELIGIBLE)
        row.reason, row.due = ("" if eligible else words.strip()), None
        check(row)
        row.save()
        verb = "application.eligible" if eligible else "application.ineligible"
        event = events.record(verb, row, acting=acting, public=True, reason=row.reason)
        tell_applicant(event, row, lambda: f"{row.ref}: {row.get_status_display()}.", row.reason)
    return row


def move(row: Application, status: str) -> None:
    """Change the state of a locked row by the table of moves; the caller saves."""
    APPLICATION.check(row.status, status)
    row.status, row.status_at = status, timezone.now()


def _send(row: Application, acting: Person) -> None:
    again = row.status in (S.RETURNED, S.REVISE)
    if again:
        if row.due is not None and timezone.localdate() > row.due:
            raise Conflict("application.late", _("The day until which it could come back has passed."))
    else:
        _require_open(row.call)
    move(row, S.IN_REVIEW if row.status == S.REVISE else S.SUBMITTED)
    row.submitted_at, row.due, row.reason = row.submitted_at or timezone.now(), None, ""
    row.save()
    event = events.record("application.submitted", row, acting=acting, asked=row.asked, version=row.version)
    if row.status == S.SUBMITTED and not again:
        from shaar.platform.kernel import notify

        notify.tell(
            event, [row.applicant], subject=lambda: _("%(ref)s: your application has arrived.") % {"ref": row.ref},
            link=row.get_absolute_url(), to_actor=True,
        )  # fmt: skip


def least_own(call: Call, asked: Decimal) -> Decimal:
    """The least own contribution to a sum asked for, to the last hundredth: ``own / (own + asked) >= share``."""
    exact = asked * call.share / Decimal(100 - call.share)
    return exact.quantize(Decimal("0.01"), rounding=ROUND_CEILING)


def _fit(row: Application, own: Lines) -> list[Contribution]:
    call = row.call
    if row.lot.call_id != call.pk:
        raise Invalid("application.lot", _("Choose a district of this call."), field="lot")
    if not row.lot.territory.contains(row.measure.territory):
        raise Invalid(
            "application.place", _("The place of the proposal lies outside %(place)s.") % {"place": row.lot},
            field="lot",
        )  # fmt: skip
    most = min(call.ceiling, row.lot.money)
    if row.asked > most:
        raise Invalid(
            "application.ceiling", _("At most %(most)s may be asked for here.") % {"most": money(most)}, field="asked"
        )
    lines = [Contribution(**line) for line in own]
    for line in lines:
        if line.kind not in call.kinds:
            raise Invalid("application.kind", _("This kind of own contribution does not count here."), field="own")
    total = sum((line.amount for line in lines), Decimal(0))
    least = least_own(call, row.asked)
    if total < least:
        raise Invalid(
            "application.share",
            _("Residents have to bring in at least %(share)s %% of the cost: %(least)s for this sum.")
            % {"share": call.share, "least": money(least)},
            field="own",
        )
    return lines


def _keep(row: Application, lines: list[Contribution]) -> None:
    for line in lines:
        line.application = row
        check(line)
        line.save()


def _locked(application: Application) -> Application:
    return Application.objects.select_for_update().get(pk=application.pk)


def _to_check(acting: Person, application: Application, seen_version: int) -> Application:
    row = _locked(application)
    if not may_check(acting, row):
        raise Forbidden("application.check", _("Another officer of this district has to check this application."))
    if row.version != seen_version or row.status != S.SUBMITTED:
        raise Conflict(
            "application.changed",
            _("This has changed meanwhile: it is now “%(state)s”. Please look at it again.")
            % {"state": row.get_status_display()},
        )
    return row


def _require_open(call: Call) -> None:
    if not call.is_open:
        raise Conflict("call.not_open", _("This call is not open: no applications are taken now."))


def _require_free(call: Call, measure: Measure) -> None:
    gone = (S.WITHDRAWN, S.INELIGIBLE, S.REFUSED)
    if Application.objects.filter(call=call, measure=measure).exclude(status__in=gone).exists():
        raise Conflict("application.twice", _("There is an application with this proposal in this call already."))


def _require_words(words: str) -> None:
    if len(words.strip()) < 10:
        raise Invalid("application.words", _("Please give the reason in a sentence."), field="words")


def _require_future(due: date) -> None:
    if due <= timezone.localdate():
        raise Invalid("application.due", _("The new day has to lie in the future."), field="due")
