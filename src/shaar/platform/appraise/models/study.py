"""The study: a question put to the model, and its alternatives."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.validators import MinLengthValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from shaar.platform.propose.models import Measure

if TYPE_CHECKING:
    from .run import Run


class Study(models.Model):
    """What is asked, of which measure, and how far it is; nobody outside the offices sees it before it is published."""

    class State(models.TextChoices):
        """Where it stands."""

        DRAFT = "draft", _("being prepared")
        PUBLISHED = "published", _("published")
        CLOSED = "closed", _("closed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    ref = models.CharField(max_length=20, unique=True)
    title = models.CharField(max_length=120, validators=[MinLengthValidator(5)])
    about = models.TextField(max_length=3000, blank=True)
    measure = models.ForeignKey(Measure, models.PROTECT, null=True, blank=True, related_name="studies")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="studies")
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    made_at = models.DateTimeField(default=timezone.now)
    published_at = models.DateTimeField(null=True, blank=True)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    closed_at = models.DateTimeField(null=True, blank=True)
    search_text = models.TextField(blank=True, editable=False)

    class Meta:
        ordering = ("-made_at",)
        indexes = [
            models.Index(fields=["state", "-published_at"], name="study_published"),
            models.Index(fields=["measure", "state"], name="study_of_measure"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="draft") | Q(published_at__isnull=False), name="study_published_when"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ref} {self.title}"

    def get_absolute_url(self) -> str:
        """Address of its public page."""
        return f"/studies/{self.ref}/"


class Alternative(models.Model):
    """One answer to the question: changes of the city in their order, as a scenario file holds them.

    ``base``: the alternative it is compared with; None: the network as it stands, or where a city has no timetable the
    reference network of its folder. ``version`` counts saved changes; ``shown`` is the run that the public sees.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    study = models.ForeignKey(Study, models.CASCADE, related_name="alternatives")
    number = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=120)
    note = models.CharField(max_length=1000, blank=True)
    changes = models.JSONField(default=list, blank=True)
    scenario_hash = models.CharField(max_length=64)
    version = models.PositiveIntegerField(default=1)
    base = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="compared")
    shown: models.ForeignKey[Run | None, Run | None] = models.ForeignKey(
        "appraise.Run", models.PROTECT, null=True, blank=True, related_name="+"
    )
    saved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    saved_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("number",)
        constraints = [
            models.UniqueConstraint(fields=["study", "number"], name="alternative_once"),
            models.UniqueConstraint(fields=["study", "name"], name="alternative_name_once"),
            models.CheckConstraint(
                condition=Q(base__isnull=True) | ~Q(base=F("id")), name="alternative_not_against_itself"
            ),
        ]

    def __str__(self) -> str:
        return self.name
