"""Opinion groups: statements that people agree or disagree with, and the map drawn from their votes."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.core.validators import MinLengthValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from shaar.platform.kernel.fields import TranslatedText, in_language
from shaar.platform.places.models import Territory

from .measure import Measure
from .process import Process


class Conversation(models.Model):
    """A question on which people say and weigh statements, from a moment to a moment."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(max_length=60, unique=True)
    names = TranslatedText(blank=False)
    about = TranslatedText()
    process = models.ForeignKey(Process, models.PROTECT, null=True, blank=True, related_name="conversations")
    territory = models.ForeignKey(Territory, models.PROTECT, null=True, blank=True, related_name="conversations")
    measure = models.ForeignKey(Measure, models.PROTECT, null=True, blank=True, related_name="conversations")
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)
    example = models.BooleanField(default=False)

    class Meta:
        ordering = ("-since",)
        constraints = [
            models.CheckConstraint(condition=Q(until__isnull=True) | Q(until__gt=F("since")), name="conversation_dates")
        ]

    def __str__(self) -> str:
        return in_language(self.names) or self.slug

    def get_absolute_url(self) -> str:
        """Address of its public page."""
        return f"/opinions/{self.slug}/"

    @property
    def is_open(self) -> bool:
        """Whether votes are taken now."""
        now = timezone.now()
        return self.since <= now and (self.until is None or now < self.until)


class Opinion(models.Model):
    """One statement; shown once a moderator has let it in. Its words change only before the first vote."""

    class Status(models.TextChoices):
        """Whether it is shown."""

        WAITING = "waiting", _("waits for the moderator")
        SHOWN = "shown", _("shown")
        REFUSED = "refused", _("not shown")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="opinions")
    number = models.PositiveIntegerField()
    text = models.CharField(max_length=280, validators=[MinLengthValidator(10)])
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="opinions")
    status = models.CharField(max_length=8, choices=Status, default=Status.WAITING)
    why = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("number",)
        constraints = [models.UniqueConstraint(fields=["conversation", "number"], name="opinion_number")]


class OpinionVote(models.Model):
    """A person's vote on a statement: 1 agree, -1 disagree, 0 pass; may be changed while the question is open."""

    opinion = models.ForeignKey(Opinion, models.CASCADE, related_name="votes")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="opinion_votes")
    value = models.SmallIntegerField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["opinion", "person"], name="opinion_vote_once"),
            models.CheckConstraint(condition=Q(value__in=(-1, 0, 1)), name="opinion_vote_value"),
        ]


class OpinionMap(models.Model):
    """The map as it was drawn last: points without names, groups, what they share. ``memory`` keeps groups from
    flickering and holds the numbers of people; it is never shown.
    """

    conversation = models.OneToOneField(Conversation, models.CASCADE, primary_key=True, related_name="map")
    at = models.DateTimeField()
    votes = models.PositiveIntegerField()
    shown = models.JSONField()
    memory = models.JSONField(null=True, blank=True)
