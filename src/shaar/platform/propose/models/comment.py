"""What people say about a measure: for, against or neither, with replies one level deep."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.core.validators import MinLengthValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .measure import Measure


class Comment(models.Model):
    """A comment; hidden ones keep their place in the talk and show the reason instead."""

    class Stance(models.TextChoices):
        """What the speaker is."""

        PRO = "pro", _("for")
        CONTRA = "contra", _("against")
        NEUTRAL = "neutral", _("neither")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    measure = models.ForeignKey(Measure, models.CASCADE, related_name="comments")
    parent = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="replies")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="comments")
    stance = models.CharField(max_length=8, choices=Stance, default=Stance.NEUTRAL)
    text = models.TextField(max_length=2000, validators=[MinLengthValidator(2)])
    at = models.DateTimeField(default=timezone.now)
    hidden = models.BooleanField(default=False)
    moved_from = models.ForeignKey(Measure, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ("at",)
        indexes = [models.Index(fields=["measure", "at"], name="comment_of_measure")]


class Flag(models.Model):
    """Somebody asks the moderators to look at a measure's text or a comment; one flag a person and thing."""

    measure = models.ForeignKey(Measure, models.CASCADE, related_name="flags")
    comment = models.ForeignKey(Comment, models.CASCADE, null=True, blank=True, related_name="flags")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["measure", "person"], condition=Q(comment__isnull=True), name="flag_measure_once"
            ),
            models.UniqueConstraint(fields=["comment", "person"], name="flag_comment_once"),
        ]
