"""Applications for small grants for programs: read what the page shows, write, change, withdraw, report."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Field, Query, Router, Schema, Status

from shaar.platform.accounts.models import Organisation, Person
from shaar.platform.decide.models import Application, Lot
from shaar.platform.decide.policies import grant as policies
from shaar.platform.decide.selectors import grant as selectors
from shaar.platform.decide.selectors.money import paid
from shaar.platform.decide.selectors.review import standing
from shaar.platform.decide.services import application as services
from shaar.platform.decide.services import delivery
from shaar.platform.decide.states import DECIDED
from shaar.platform.kernel import attachments
from shaar.platform.kernel.errors import Forbidden, Missing
from shaar.platform.places import selectors as places
from shaar.platform.propose.selectors.measure import measure_by_ref

from .asking import person_of
from .paging import Placed, rows

router = Router(tags=["grants"])


class OrganisationOut(Schema):
    """An organisation that applies."""

    id: UUID
    name: str


class StepOut(Schema):
    """What happens next, and by which day."""

    text: str
    day: date | None


class ApplicationOut(Schema):
    """An application as lists show it; who applies is said of organisations only."""

    ref: str
    call: str
    lot: str
    proposal: str
    title: str
    organisation: OrganisationOut | None
    asked: Decimal
    awarded: Decimal | None
    currency: str
    status: str
    status_at: datetime
    due: date | None
    reason: str
    next_step: StepOut | None
    url: str


class OwnOut(Schema):
    """A line of the own contribution; work and material are valued in money."""

    kind: str
    words: str
    amount: Decimal


class ScoreOut(Schema):
    """One scorer's total, 0 to 100, and her words; not who she is."""

    total: Decimal
    words: str


class TrancheOut(Schema):
    """A part of the grant."""

    number: int
    amount: Decimal
    planned_on: date
    paid_on: date | None


class GrantReportOut(Schema):
    """What was done and spent, and what the office saw on the site; ``photos``: addresses."""

    number: int
    text: str
    spent: Decimal
    final: bool
    status: str
    words: str
    at: datetime
    photos: list[str]


class FileOut(Schema):
    """The whole file, open once it is decided (or voted on), so that experts judge alone before."""

    text: str
    version: int
    own: list[OwnOut]
    photos: list[str]
    reports: list[GrantReportOut]


class ApplicationDetailOut(ApplicationOut):
    """An application with its scores, payments and, where it is open to this viewer, its file."""

    scores: list[ScoreOut]
    mean: Decimal | None
    tranches: list[TrancheOut]
    paid: Decimal
    file: FileOut | None
    may_edit: bool


class ApplicationsOut(Schema):
    """Some of the applications."""

    count: int
    items: list[ApplicationOut]


class ApplicationsIn(Placed):
    """What the list is narrowed by; statuses may be several, with commas."""

    call: str = ""
    status: str = ""


class OwnIn(Schema):
    """A line of the own contribution."""

    kind: str = Field(pattern="^(cash|labour|material)$")
    words: str = Field("", max_length=200)
    amount: Decimal = Field(gt=0, max_digits=14, decimal_places=2)


class ApplicationWords(Schema):
    """What an application says; ``send``: false keeps it as a draft."""

    text: str = Field(min_length=20, max_length=5000)
    asked: Decimal = Field(gt=0, max_digits=14, decimal_places=2)
    own: list[OwnIn] = Field([], max_length=20)
    send: bool = True


class ApplicationIn(ApplicationWords):
    """A new application with a proposal; ``territory``: of the lot; ``key``: a UUID of yours, taken once."""

    proposal: str
    territory: str
    organisation: UUID | None = None
    key: UUID


class ChangeIn(ApplicationWords):
    """Other words for an application; ``version``: the one you read, so that no change is written over unseen."""

    version: int


class GrantReportIn(Schema):
    """A report on the work; ``spent``: of the grant, in all; photos are added on the page."""

    text: str = Field(min_length=20, max_length=5000)
    spent: Decimal = Field(ge=0, max_digits=14, decimal_places=2)
    final: bool = True
    key: UUID


def _photos(thing: models.Model) -> list[str]:
    return [f"{settings.SITE_URL}/files/{one.pk}/1600/" for one in attachments.photos_of(thing)]


def _row(one: Application) -> dict[str, Any]:
    step, org = selectors.next_step(one), one.organisation
    return {
        "ref": one.ref, "call": one.call.slug, "lot": one.lot.territory.code, "proposal": one.measure.ref,
        "title": one.measure.title, "organisation": {"id": org.pk, "name": str(org)} if org else None,
        "asked": one.asked, "awarded": one.awarded, "currency": settings.PROFILE.currency, "status": one.status,
        "status_at": one.status_at, "due": one.due, "reason": one.reason,
        "next_step": {"text": step.text, "day": step.day} if step else None,
        "url": f"{settings.SITE_URL}{one.get_absolute_url()}",
    }  # fmt: skip


def _file(one: Application) -> dict[str, Any]:
    return {
        "text": one.text, "version": one.version, "photos": _photos(one),
        "own": [{"kind": row.kind, "words": row.words, "amount": row.amount} for row in one.contributions.all()],
        "reports": [
            {
                "number": row.number, "text": row.text, "spent": row.spent, "final": row.final, "status": row.status,
                "words": row.words, "at": row.at, "photos": _photos(row),
            }
            for row in one.reports.all()
        ],
    }  # fmt: skip


def _detail(viewer: Any, one: Application) -> dict[str, Any]:
    decided = one.status in DECIDED
    return {
        **_row(one),
        "scores": [{"total": row.total, "words": row.words} for row in one.scores.all()] if decided else [],
        "mean": standing(one).mean if decided else None,
        "tranches": [
            {"number": row.number, "amount": row.amount, "planned_on": row.planned_on, "paid_on": row.paid_on}
            for row in one.tranches.all()
        ],
        "paid": paid(one), "file": _file(one) if policies.may_open_file(viewer, one) else None,
        "may_edit": policies.may_edit(viewer, one),
    }  # fmt: skip


@router.get("/applications", response=ApplicationsOut, summary="Applications for grants, by district")
def applications(request: HttpRequest, given: Query[ApplicationsIn]) -> dict[str, Any]:
    """Applications that this viewer may know of: everybody's once they meet the conditions, and her own."""
    call = selectors.call(viewer=request.user, slug=given.call) if given.call else None
    found = selectors.applications(viewer=request.user, call=call)
    if given.status:
        found = found.filter(status__in=given.status.split(","))
    if given.territory:
        found = found.filter(measure__territory__in=places.within(places.find(given.territory)))
    return rows(found, given, _row)


@router.get("/applications/{ref}", response=ApplicationDetailOut, summary="One application with its money and reports")
def application(request: HttpRequest, ref: str) -> dict[str, Any]:
    """An application."""
    return _again(request.user, ref)


def _again(viewer: Any, ref: str) -> dict[str, Any]:
    """As it stands in the database: sums as they are kept."""
    return _detail(viewer, selectors.application(viewer=viewer, ref=ref))


@router.post("/calls/{slug}/applications", response={201: ApplicationDetailOut}, summary="Apply, or keep a draft")
def apply(request: HttpRequest, slug: str, given: ApplicationIn) -> Status[dict[str, Any]]:
    """Write an application of the person who is signed in, and send it unless ``send`` is false."""
    person = person_of(request)
    call = selectors.call(viewer=person, slug=slug)
    lot = Lot.objects.filter(call=call, territory__code=given.territory).first()
    if lot is None:
        raise Missing("lot.missing", _("Choose a district of this call."), field="territory")
    made = services.apply(
        acting=person, call=call, lot=lot, measure=measure_by_ref(given.proposal, viewer=person), text=given.text,
        asked=given.asked, own=_lines(given), organisation=_organisation(person, given.organisation), send=given.send,
        once_key=given.key,
    )  # fmt: skip
    return Status(201, _again(person, made.ref))


def _lines(given: ApplicationWords) -> list[dict[str, Any]]:
    return [line.dict() for line in given.own]


def _organisation(person: Person, number: UUID | None) -> Organisation | None:
    if number is None:
        return None
    found = policies.organisations_of(person).filter(pk=number).first()
    if found is None:
        raise Missing("organisation.missing", _("You speak for no such organisation."), field="organisation")
    return found


@router.put("/applications/{ref}", response=ApplicationDetailOut, summary="Change a draft, or what was sent back")
def change(request: HttpRequest, ref: str, given: ChangeIn) -> dict[str, Any]:
    """Change an application that was not sent yet or was sent back, and send it unless ``send`` is false."""
    person, one = _own(request, ref)
    services.change(
        acting=person, application=one, seen_version=given.version, text=given.text, asked=given.asked,
        own=_lines(given), send=given.send,
    )  # fmt: skip
    return _again(person, ref)


@router.post("/applications/{ref}/withdraw", response=ApplicationDetailOut, summary="Take an application back")
def withdraw(request: HttpRequest, ref: str) -> dict[str, Any]:
    """Take it back, before money was paid."""
    person, one = _own(request, ref)
    services.withdraw(acting=person, application=one)
    return _again(person, ref)


@router.post("/applications/{ref}/reports", response={201: ApplicationDetailOut}, summary="Report on the work")
def report(request: HttpRequest, ref: str, given: GrantReportIn) -> Status[dict[str, Any]]:
    """Say what was done and spent so far."""
    person, one = _own(request, ref)
    delivery.hand_in_report(
        acting=person, application=one, text=given.text, spent=given.spent, final=given.final, once_key=given.key
    )
    return Status(201, _again(person, ref))


def _own(request: HttpRequest, ref: str) -> tuple[Person, Application]:
    person = person_of(request)
    one = selectors.application(viewer=person, ref=ref)
    if not policies.is_applicant(person, one):
        raise Forbidden("application.not_yours", _("Only its applicant may change this."))
    return person, one
