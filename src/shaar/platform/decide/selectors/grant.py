"""What people read of calls and applications."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Prefetch, Q, QuerySet
from django.utils.translation import gettext as _

from shaar.platform.accounts.models import Person
from shaar.platform.accounts.policies import territories_of
from shaar.platform.kernel.errors import Missing
from shaar.platform.propose.models import Measure

from ..models import Application, Call, Lot, Programme, Session
from ..policies import grant as policies
from ..states import FUNDED, S
from .money import awarded_in, planned

#: Measures in these states are not applied with any more.
OVER = (Measure.Status.MERGED, Measure.Status.WITHDRAWN, Measure.Status.DONE)


@dataclass(frozen=True, slots=True)
class LotRow:
    """Money of a district: all, given, left; applications in sight."""

    lot: Lot
    awarded: Decimal
    left: Decimal
    applications: int


@dataclass(frozen=True, slots=True)
class Step:
    """What happens next with an application."""

    text: str
    day: date | None = None


def programmes(*, viewer: Any) -> QuerySet[Programme]:
    """Programmes of calls that the viewer may see, each with those calls."""
    seen = calls(viewer=viewer)
    found = Programme.objects.filter(pk__in=seen.order_by().values("programme")).select_related("donor")
    return found.prefetch_related(Prefetch("calls", seen)).order_by("slug")


def calls(*, viewer: Any) -> QuerySet[Call]:
    """Calls that the viewer may see, the newest first."""
    return policies.calls_visible_to(viewer).select_related("programme").order_by("-opens", "slug")


def call(*, viewer: Any, slug: str) -> Call:
    """One call.

    Raises
    ------
    Missing
        There is none, or none that the viewer may know of.
    """
    found = calls(viewer=viewer).filter(slug=slug).first()
    if found is None:
        raise Missing("call.missing", _("There is no such call."))
    return found


def lots(*, viewer: Any, call: Call) -> list[LotRow]:
    """Money of a call, district by district."""
    rows = []
    seen = policies.applications_visible_to(viewer).filter(call=call)
    for lot in call.lots.select_related("territory"):
        awarded = awarded_in(lot)
        rows.append(LotRow(lot, awarded, lot.money - awarded, seen.filter(lot=lot).count()))
    return rows


def applications(*, viewer: Any, call: Call | None = None, funded: bool = False) -> QuerySet[Application]:
    """Applications that the viewer may know of."""
    found = policies.applications_visible_to(viewer)
    if call is not None:
        found = found.filter(call=call)
    if funded:
        found = found.filter(status__in=FUNDED)
    return found.select_related(
        "call__programme", "lot__territory", "measure__territory", "applicant", "organisation"
    ).order_by("lot__territory__path", "ref")


def application(*, viewer: Any, ref: str) -> Application:
    """One application.

    Raises
    ------
    Missing
        There is none, or none that the viewer may know of.
    """
    found = applications(viewer=viewer).filter(ref=ref).first()
    if found is None:
        raise Missing("application.missing", _("There is no such application."))
    return found


def own_applications(person: Person) -> QuerySet[Application]:
    """Applications that the person made, or that her organisations made."""
    own = Q(applicant=person) | Q(organisation__in=policies.organisations_of(person))
    return Application.objects.filter(own).select_related("call", "measure", "lot__territory").order_by("-status_at")


def sessions(call: Call) -> QuerySet[Session]:
    """Signed minutes of a call."""
    return Session.objects.filter(call=call, signed_at__isnull=False).prefetch_related("decisions__application")


def measures_to_apply_with(person: Person) -> QuerySet[Measure]:
    """Proposals of the person that may still be carried out."""
    own = Q(author=person) | Q(credits__person=person)
    return Measure.objects.filter(own, hidden=False).exclude(status__in=OVER).distinct().order_by("-published_at")


def to_check(person: Any) -> QuerySet[Application]:
    """Applications of the officer's districts on which something waits for the office."""
    covered = territories_of(person, *policies.OFFICERS)
    if covered is None:
        return Application.objects.none()
    waiting = (S.SUBMITTED, S.APPROVED, S.AGREEMENT, S.IN_PROGRESS, S.REPORTED, S.ACCEPTED, S.REFUND_DUE, S.REFUNDED)
    found = Application.objects.filter(policies.through_lot(covered), status__in=waiting)
    return found.select_related("call", "lot__territory", "measure").order_by("status_at")


def to_score(person: Any) -> QuerySet[Application]:
    """Applications that the scorer has not scored yet and has declared no interest in."""
    covered = territories_of(person, *policies.SCORERS)
    if covered is None:
        return Application.objects.none()
    found = Application.objects.filter(
        policies.through_lot(covered), status__in=(S.ELIGIBLE, S.IN_REVIEW), call__selection=Call.Selection.SCORES
    )
    barred = Q(disclosures__person=person, disclosures__conflict=True)
    found = found.exclude(barred).exclude(scores__by=person).exclude(applicant=person)
    return found.select_related("call", "lot__territory", "measure").order_by("call__decide_by", "ref")


def next_step(application: Application) -> Step | None:
    """What happens next, until when; None where nothing does."""
    due, call = application.due, application.call
    if application.status == S.AGREEMENT:
        return Step(_("The office pays the first part of the grant."))
    words: dict[str, tuple[str, date | None]] = {
        S.DRAFT: (_("Send the application while the call is open."), call.closes.date()),
        S.SUBMITTED: (_("An officer checks whether it meets the conditions."), call.decide_by),
        S.RETURNED: (_("The applicant completes it and sends it again."), due),
        S.ELIGIBLE: (_("It will be judged."), call.decide_by),
        S.IN_REVIEW: (_("Two experts score it, then the commission decides."), call.decide_by),
        S.REVISE: (_("The applicant revises it and sends it again."), due),
        S.RESERVE: (_("It gets a grant if money is left."), call.decide_by),
        S.APPROVED: (_("The agreement is signed with the office of the district."), None),
        S.IN_PROGRESS: (_("The work is carried out; then the applicant reports with photos."), due),
        S.REPORTED: (_("An officer looks at the site and accepts the report or returns it."), due),
        S.REFUND_DUE: (_("The applicant returns the money."), due),
        S.ACCEPTED: (_("The file is closed."), None),
        S.REFUNDED: (_("The file is closed."), None),
    }
    if call.selection == Call.Selection.BALLOT and application.status in (S.ELIGIBLE, S.IN_REVIEW):
        return Step(_("Residents vote on it."), call.decide_by)
    found = words.get(application.status)
    return Step(*found) if found else None


def unplanned(application: Application) -> Decimal:
    """Money of the grant that is in no part yet."""
    return (application.awarded or Decimal(0)) - planned(application)
