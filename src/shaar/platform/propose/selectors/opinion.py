"""What people read of questions: which statement to vote on next, and the map."""

from __future__ import annotations

import hashlib
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from shaar.platform.accounts.models import Person
from shaar.platform.kernel.errors import Missing

from ..models import Conversation, Opinion, OpinionVote


def conversations(*, viewer: Any) -> QuerySet[Conversation]:
    """Questions: the open ones first, then those closed."""
    now = timezone.now()
    begun = Conversation.objects.filter(since__lte=now).select_related("territory")
    counted = begun.annotate(
        shown_count=Count("opinions", filter=Q(opinions__status=Opinion.Status.SHOWN), distinct=True),
        voters=Count("opinions__votes__person", distinct=True),
    )
    return counted.order_by("until", "-since")


def conversation(*, viewer: Any, slug: str) -> Conversation:
    """One question.

    Raises
    ------
    Missing
        There is none, or it has not begun.
    """
    found = Conversation.objects.filter(slug=slug, since__lte=timezone.now()).select_related("territory").first()
    if found is None:
        raise Missing("opinion.missing", "There is no such question.")
    return found


def votes_of(person: Any, one: Conversation) -> dict[Any, int]:
    """Her votes by statement."""
    if not isinstance(person, Person):
        return {}
    return dict(OpinionVote.objects.filter(opinion__conversation=one, person=person).values_list("opinion", "value"))


def next_opinion(person: Any, one: Conversation) -> Opinion | None:
    """A statement that she has not voted on: those with few votes first, equal ones in an order of her own."""
    seen = votes_of(person, one)
    left = one.opinions.filter(status=Opinion.Status.SHOWN).exclude(pk__in=seen).annotate(n=Count("votes"))

    def own(row: Any) -> tuple[int, str]:
        return row.n // 5, hashlib.sha256(f"{getattr(person, 'pk', '')}{row.pk}".encode()).hexdigest()

    return min(left, key=own, default=None)


def waiting(one: Conversation) -> QuerySet[Opinion]:
    """Statements that wait for a moderator, oldest first."""
    return one.opinions.filter(status=Opinion.Status.WAITING).order_by("at")
