"""Small grants for programs: programmes, calls with money by district and criteria, minutes of the commission."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router, Schema

from shaar.platform.decide.models import Call, Programme
from shaar.platform.decide.selectors import grant as selectors

from .paging import Span, rows

router = Router(tags=["grants"])


class ProgrammeOut(Schema):
    """Who pays, and what for; ``calls``: slugs of its calls that are announced, the newest first."""

    slug: str
    names: dict[str, str]
    about: dict[str, str]
    donor: str | None
    example: bool
    calls: list[str]


class CallOut(Schema):
    """A call; ``share``: least own contribution in per cent of the whole cost, ``ceiling``: most for one project."""

    slug: str
    programme: str
    names: dict[str, str]
    about: dict[str, str]
    stage: str
    selection: str
    ceiling: Decimal
    currency: str
    share: int
    kinds: list[str]
    opens: datetime
    closes: datetime
    decide_by: date
    ballot: str | None
    example: bool
    url: str


class LotOut(Schema):
    """Money of the call for a district: all, given, left; how many applications stand there."""

    territory: str
    money: Decimal
    awarded: Decimal
    left: Decimal
    applications: int


class CriterionOut(Schema):
    """What is scored, from 0 to ``top``; weights of a call add up to 100."""

    names: dict[str, str]
    about: dict[str, str]
    weight: int
    top: int


class CommissionDecisionOut(Schema):
    """What a session decided on an application, with the count of hands; ``barred``: present, not voting (interest)."""

    application: str
    outcome: str
    awarded: Decimal | None
    votes_for: int
    votes_against: int
    barred: int


class SessionOut(Schema):
    """Signed minutes of the commission."""

    ref: str
    held_on: date
    minutes: str
    decisions: list[CommissionDecisionOut]


class CallDetailOut(CallOut):
    """A call with its money, criteria and minutes; its applications: ``/applications?call=``."""

    lots: list[LotOut]
    criteria: list[CriterionOut]
    spread: int
    sessions: list[SessionOut]


class CallsOut(Schema):
    """Some of the calls."""

    count: int
    items: list[CallOut]


class CallsIn(Span):
    """What the list is narrowed by."""

    programme: str = ""
    stage: Literal["", "open", "coming", "over"] = ""


@router.get("/programmes", response=list[ProgrammeOut], summary="Programmes of small grants")
def programmes(request: HttpRequest) -> list[dict[str, Any]]:
    """Programmes with a call that this viewer may see."""
    return [_programme(one) for one in selectors.programmes(viewer=request.user)]


def _programme(one: Programme) -> dict[str, Any]:
    return {
        "slug": one.slug, "names": one.names, "about": one.about, "donor": str(one.donor) if one.donor else None,
        "example": one.example, "calls": [call.slug for call in one.calls.all()],
    }  # fmt: skip


@router.get("/calls", response=CallsOut, summary="Calls for applications, newest first")
def calls(request: HttpRequest, given: Query[CallsIn]) -> dict[str, Any]:
    """Calls that this viewer may see."""
    found = selectors.calls(viewer=request.user).select_related("programme", "box")
    if given.programme:
        found = found.filter(programme__slug=given.programme)
    return rows(_of_stage(found, given.stage), given, _row)


def _of_stage(found: QuerySet[Call], stage: str) -> QuerySet[Call]:
    now = timezone.now()
    announced = found.filter(status=Call.Status.PUBLISHED)
    match stage:
        case "open":
            return announced.filter(opens__lte=now, closes__gt=now)
        case "coming":
            return announced.filter(opens__gt=now)
        case "over":
            return announced.filter(closes__lte=now)
        case _:
            return found


def _stage(one: Call) -> str:
    """Where a call stands by its status and its days."""
    if one.status != Call.Status.PUBLISHED:
        return str(one.status)
    if one.is_open:
        return "open"
    return "over" if one.is_over else "coming"


def _row(one: Call) -> dict[str, Any]:
    box = getattr(one, "box", None)
    return {
        "slug": one.slug, "programme": one.programme.slug, "names": one.names, "about": one.about,
        "stage": _stage(one), "selection": one.selection,
        "ceiling": one.ceiling, "currency": settings.PROFILE.currency, "share": one.share, "kinds": one.kinds,
        "opens": one.opens, "closes": one.closes, "decide_by": one.decide_by,
        "ballot": box.slug if box is not None and box.status != box.Status.DRAFT else None, "example": one.example,
        "url": f"{settings.SITE_URL}{one.get_absolute_url()}",
    }  # fmt: skip


@router.get("/calls/{slug}", response=CallDetailOut, summary="One call with its money, criteria and minutes")
def call(request: HttpRequest, slug: str) -> dict[str, Any]:
    """A call."""
    one = selectors.call(viewer=request.user, slug=slug)
    return {
        **_row(one), "spread": one.spread,
        "lots": [
            {
                "territory": row.lot.territory.code, "money": row.lot.money, "awarded": row.awarded, "left": row.left,
                "applications": row.applications,
            }
            for row in selectors.lots(viewer=request.user, call=one)
        ],
        "criteria": [
            {"names": row.names, "about": row.about, "weight": row.weight, "top": row.top}
            for row in one.criteria.all()
        ],
        "sessions": [
            {
                "ref": session.ref, "held_on": session.held_on, "minutes": session.minutes,
                "decisions": [
                    {
                        "application": row.application.ref, "outcome": row.outcome, "awarded": row.awarded,
                        "votes_for": row.votes_for, "votes_against": row.votes_against, "barred": row.barred,
                    }
                    for row in session.decisions.all()
                ],
            }
            for session in selectors.sessions(one)
        ],
    }  # fmt: skip
