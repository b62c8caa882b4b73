"""What moderators did to a text, and the public reason for it."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .comment import Comment
from .measure import Measure


class Moderation(models.Model):
    """One act of moderation: a text hidden or shown again. The public log is made of these rows."""

    class Act(models.TextChoices):
        """What was done."""

        HIDDEN = "hidden", _("hidden")
        SHOWN = "shown", _("shown again")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    measure = models.ForeignKey(Measure, models.CASCADE, null=True, blank=True, related_name="moderations")
    comment = models.ForeignKey(Comment, models.CASCADE, null=True, blank=True, related_name="moderations")
    act = models.CharField(max_length=8, choices=Act)
    reason = models.CharField(max_length=30, help_text="code from data/propose/reasons.toml")
    words = models.CharField(max_length=500, blank=True, help_text="public, without personal data")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    overturned_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-at",)
        constraints = [
            models.CheckConstraint(
                condition=Q(measure__isnull=True, comment__isnull=False)
                | Q(measure__isnull=False, comment__isnull=True),
                name="moderation_of_one_thing",
            ),
        ]

    @property
    def about(self) -> Measure:
        """The measure that it belongs to."""
        if self.comment is not None:
            return self.comment.measure
        assert self.measure is not None
        return self.measure

    @property
    def writer(self) -> object:
        """Whose text it was."""
        if self.comment is not None:
            return self.comment.author
        return self.about.author
