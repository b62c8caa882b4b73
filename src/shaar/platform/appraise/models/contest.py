"""What somebody says against a published estimate; it has to be answered."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.core.validators import MinLengthValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .run import EffectRow
from .study import Study


class Contest(models.Model):
    """An objection to a study or to one figure of it, and the answer of the office.

    ``was`` keeps the figure as it stood, since the page shows newer ones after the next run.
    """

    class State(models.TextChoices):
        """Whether it was answered."""

        OPEN = "open", _("waits for an answer")
        ANSWERED = "answered", _("answered")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    study = models.ForeignKey(Study, models.CASCADE, related_name="contests")
    effect_row = models.ForeignKey(EffectRow, models.SET_NULL, null=True, blank=True, related_name="contests")
    was = models.JSONField(default=dict, blank=True)
    text = models.TextField(max_length=3000, validators=[MinLengthValidator(20)])
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="contests")
    at = models.DateTimeField(default=timezone.now)
    due = models.DateField()
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    answer = models.TextField(max_length=3000, blank=True)
    changed = models.BooleanField(default=False, help_text="the office grants it and corrects the estimate")
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("at",)
        indexes = [models.Index(fields=["state", "due"], name="contest_due")]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="open", answer="", answered_at__isnull=True)
                | (Q(state="answered", answered_at__isnull=False) & ~Q(answer="")),
                name="contest_answered_whole",
            ),
        ]

    def __str__(self) -> str:
        return self.study.ref

    @property
    def late(self) -> bool:
        """Whether the day of the answer has passed."""
        return self.state == self.State.OPEN and self.due < timezone.localdate()
