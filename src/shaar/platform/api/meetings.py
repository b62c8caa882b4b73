"""Round tables and joint action plans for programs."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from django.conf import settings
from django.http import HttpRequest
from ninja import Query, Router, Schema

from shaar.platform.places import selectors as places
from shaar.platform.propose.models import Meeting, Plan
from shaar.platform.propose.selectors import meeting as selectors

from .paging import Placed, rows

router = Router(tags=["round tables and plans"])


class MeetingOut(Schema):
    """A round table."""

    ref: str
    title: str
    about: str
    territory: str
    where: str
    starts_at: datetime
    ends_at: datetime
    host: str | None
    status: str
    url: str


class SideOut(Schema):
    """How many were invited and came for a side; who they are, the office knows."""

    side: str
    invited: int
    present: int


class StatementOut(Schema):
    """What was said for a side."""

    side: str
    text: str


class DecisionOut(Schema):
    """What was agreed or not, with the count of hands."""

    text: str
    agreed: bool
    votes_for: int
    votes_against: int
    votes_abstained: int
    measure: str | None


class PointOut(Schema):
    """A point of the agenda."""

    number: int
    title: str
    measure: str | None
    statements: list[StatementOut]
    decisions: list[DecisionOut]


class MeetingDetailOut(MeetingOut):
    """A round table with its agenda, sides and minutes (once published)."""

    sides: list[SideOut]
    agenda: list[PointOut]
    minutes: str | None


class MeetingsOut(Schema):
    """Some of the round tables."""

    count: int
    items: list[MeetingOut]


class MeetingsIn(Placed):
    """What the list is narrowed by."""

    when: Literal["", "coming", "past"] = ""


class PlanOut(Schema):
    """A joint action plan."""

    ref: str
    title: str
    territory: str
    meeting: str | None
    status: str
    adopted_on: date | None
    items: int
    done: int
    url: str


class PlanItemOut(Schema):
    """What is done by whom, by when, with whose money, and how far it is (percent, reported by the owner)."""

    number: int
    measure: str
    owner: str
    term: date
    cost: Decimal | None
    currency: str | None
    source: str
    status: str
    progress: int
    late: bool
    note: str
    reported_at: datetime | None


class PlanDetailOut(PlanOut):
    """A plan with its items."""

    rows: list[PlanItemOut]


class PlansOut(Schema):
    """Some of the plans."""

    count: int
    items: list[PlanOut]


def _meeting(one: Meeting) -> dict[str, Any]:
    return {
        "ref": one.ref, "title": one.title, "about": one.about, "territory": one.territory.code, "where": one.where,
        "starts_at": one.starts_at, "ends_at": one.ends_at, "host": str(one.host) if one.host else None,
        "status": one.status, "url": f"{settings.SITE_URL}{one.get_absolute_url()}",
    }  # fmt: skip


@router.get("/meetings", response=MeetingsOut, summary="Round tables, newest first; the coming ones soonest first")
def meetings(request: HttpRequest, given: Query[MeetingsIn]) -> dict[str, Any]:
    """Round tables."""
    here = places.find(given.territory) if given.territory else None
    return rows(selectors.meetings(viewer=request.user, territory=here, when=given.when), given, _meeting)


@router.get("/meetings/{ref}", response=MeetingDetailOut, summary="One round table")
def meeting(request: HttpRequest, ref: str) -> dict[str, Any]:
    """A round table with its agenda and minutes."""
    one = selectors.meeting(viewer=request.user, ref=ref)
    agenda = one.agenda.select_related("measure").prefetch_related("statements", "decisions__measure")
    return {
        **_meeting(one),
        "sides": [{"side": side, "invited": all_, "present": came} for side, all_, came in
                  selectors.present_by_side(one)],
        "agenda": [
            {
                "number": point.number, "title": point.title, "measure": point.measure.ref if point.measure else None,
                "statements": [{"side": said.side, "text": said.text} for said in point.statements.all()],
                "decisions": [
                    {
                        "text": made.text, "agreed": made.agreed, "votes_for": made.votes_for,
                        "votes_against": made.votes_against, "votes_abstained": made.votes_abstained,
                        "measure": made.measure.ref if made.measure else None,
                    }
                    for made in point.decisions.all()
                ],
            }
            for point in agenda
        ],
        "minutes": one.minutes if one.status == Meeting.Status.PUBLISHED else None,
    }  # fmt: skip


def _plan(one: Plan) -> dict[str, Any]:
    sums = selectors.totals(list(one.items.all()))
    return {
        "ref": one.ref, "title": one.title, "territory": one.territory.code,
        "meeting": one.meeting.ref if one.meeting else None, "status": one.status, "adopted_on": one.adopted_on,
        "items": sums.items, "done": sums.done, "url": f"{settings.SITE_URL}{one.get_absolute_url()}",
    }  # fmt: skip


@router.get("/plans", response=PlansOut, summary="Joint action plans, newest first")
def plans(request: HttpRequest, given: Query[Placed]) -> dict[str, Any]:
    """Plans that this viewer may see."""
    here = places.find(given.territory) if given.territory else None
    found = selectors.plans(viewer=request.user, territory=here)
    return rows(found.select_related("meeting").prefetch_related("items"), given, _plan)


@router.get("/plans/{ref}", response=PlanDetailOut, summary="One plan")
def plan(request: HttpRequest, ref: str) -> dict[str, Any]:
    """A plan with its items."""
    one = selectors.plan(viewer=request.user, ref=ref)
    return {
        **_plan(one),
        "rows": [
            {
                "number": item.number, "measure": item.measure.ref, "owner": str(item.owner), "term": item.term,
                "cost": item.cost, "currency": settings.PROFILE.currency if item.cost is not None else None,
                "source": item.source, "status": item.status, "progress": item.progress, "late": item.late,
                "note": item.note, "reported_at": item.reported_at,
            }
            for item in selectors.items_of(one)
        ],
    }  # fmt: skip
