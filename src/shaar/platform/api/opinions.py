"""Questions and their statements for programs; votes only as counts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from ninja import Query, Router, Schema

from shaar.platform.propose.models import Conversation, Opinion, OpinionMap
from shaar.platform.propose.selectors import opinion as selectors

from .paging import Span, rows

router = Router(tags=["opinions"])


class QuestionOut(Schema):
    """A question."""

    slug: str
    names: dict[str, str]
    about: dict[str, str]
    territory: str | None
    since: datetime
    until: datetime | None
    open: bool
    url: str


class QuestionsOut(Schema):
    """Some of the questions."""

    count: int
    items: list[QuestionOut]


class SaidOut(Schema):
    """A statement that is shown."""

    number: int
    text: str
    at: datetime


class MapOut(Schema):
    """The map as drawn last: points, groups and counts, without people."""

    at: datetime
    votes: int
    shown: dict[str, Any]


class QuestionDetailOut(QuestionOut):
    """A question with its statements and its map."""

    statements: list[SaidOut]
    map: MapOut | None


def _row(one: Conversation) -> dict[str, Any]:
    return {
        "slug": one.slug, "names": one.names, "about": one.about,
        "territory": one.territory.code if one.territory else None, "since": one.since, "until": one.until,
        "open": one.is_open, "url": f"{settings.SITE_URL}{one.get_absolute_url()}",
    }  # fmt: skip


@router.get("/opinions", response=QuestionsOut, summary="Questions, the open ones first")
def questions(request: HttpRequest, given: Query[Span]) -> dict[str, Any]:
    """Questions that have begun."""
    return rows(selectors.conversations(viewer=request.user), given, _row)


@router.get("/opinions/{slug}", response=QuestionDetailOut, summary="One question with its statements and map")
def question(request: HttpRequest, slug: str) -> dict[str, Any]:
    """A question."""
    one = selectors.conversation(viewer=request.user, slug=slug)
    drawn = OpinionMap.objects.filter(pk=one.pk).first()
    said = one.opinions.filter(status=Opinion.Status.SHOWN).order_by("number")
    return {
        **_row(one),
        "statements": [{"number": row.number, "text": row.text, "at": row.at} for row in said],
        "map": {"at": drawn.at, "votes": drawn.votes, "shown": drawn.shown} if drawn else None,
    }
