"""The job that draws a map of opinions anew."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from django_tasks import task

from shaar.platform.kernel.jobs import enqueue

from .models import Conversation, OpinionMap
from .services.opinion import draw_map

#: A map is drawn again at most so often, whatever the number of votes.
EVERY = timedelta(seconds=60)


@task(queue_name="slow")
def draw(slug: str) -> None:
    """Draw the map of a question; safe to run again."""
    conversation = Conversation.objects.filter(slug=slug).first()
    if conversation is not None:
        draw_map(conversation=conversation)


def draw_soon(conversation: Conversation) -> None:
    """Ask for a new map unless the present one is young."""
    drawn = OpinionMap.objects.filter(pk=conversation.pk).values_list("at", flat=True).first()
    if drawn is None or timezone.now() - drawn > EVERY:
        enqueue(draw, slug=conversation.slug)
