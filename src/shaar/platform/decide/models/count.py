"""A count of a ballot box: both rules with every step, and the anonymous files from which anybody can recount."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .ballot import BallotBox


class Count(models.Model):
    """One count. ``facts``: both outcomes, envelope by envelope, with all steps; ``files``: name to Pabulib text."""

    class Status(models.TextChoices):
        """How far the work is."""

        WAITING = "waiting", _("waits for its turn")
        RUNNING = "running", _("counting")
        DONE = "done", _("counted")
        FAILED = "failed", _("could not be counted")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    box = models.OneToOneField(BallotBox, models.CASCADE, related_name="count")
    status = models.CharField(max_length=10, choices=Status, default=Status.WAITING)
    done = models.PositiveSmallIntegerField(default=0, help_text="per cent")
    facts = models.JSONField(default=dict, blank=True)
    files = models.JSONField(default=dict, blank=True)
    failure = models.CharField(max_length=300, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)
