"""The log for programs: what happened to which public thing, each entry with its place in the chain."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from shaar.platform.kernel import story

router = Router(tags=["events"])


class EventOut(Schema):
    """One thing that happened. Who did it is not said here; ``hash`` proves that the entry is the one that was made."""

    seq: int
    at: datetime
    verb: str
    about: str
    url: str
    previous: str
    hash: str


class EventsOut(Schema):
    """Public events before a number, the last first; ``next`` is the ``before`` of the following part, or null."""

    items: list[EventOut]
    next: int | None


class EventsIn(Schema):
    """Where to begin, and how many."""

    before: int | None = Field(None, ge=1)
    limit: int = Field(100, ge=1, le=500)


@router.get("/events", response=EventsOut, summary="What happened, the last first")
def events(request: HttpRequest, given: Query[EventsIn]) -> dict[str, Any]:
    """Public events of things that everybody may see."""
    found = story.public_events()
    if given.before is not None:
        found = found.filter(seq__lt=given.before)
    part = list(found[: given.limit])
    return {
        "items": [
            {
                "seq": line.event.seq, "at": line.event.at, "verb": line.event.verb, "about": line.name,
                "url": f"{settings.SITE_URL}{line.link}" if line.link else "", "previous": line.event.previous,
                "hash": line.event.hash,
            }
            for line in story.told(part, viewer=AnonymousUser())
        ],
        "next": part[-1].seq if len(part) == given.limit else None,
    }  # fmt: skip
