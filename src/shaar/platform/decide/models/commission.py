"""A session of the commission of a call, with who was there, its minutes and what it decided."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.core.validators import MinLengthValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .application import Application
from .programme import Call, money


class Session(models.Model):
    """A session; ``kept_by`` writes the minutes, ``signed_by`` another member signs them: then decisions hold."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    ref = models.CharField(max_length=20, unique=True)
    call = models.ForeignKey(Call, models.PROTECT, related_name="sessions")
    held_on = models.DateField()
    members = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="sat_in")
    minutes = models.TextField(max_length=10000, validators=[MinLengthValidator(20)])
    kept_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    signed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    signed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-held_on", "-ref")

    def __str__(self) -> str:
        return self.ref


class Decision(models.Model):
    """What a session decided on one application, with votes and the public reason."""

    class Outcome(models.TextChoices):
        """What may be decided."""

        APPROVED = "approved", _("approved")
        REVISE = "revise", _("sent back for revision")
        RESERVE = "reserve", _("put on the reserve list")
        REFUSED = "refused", _("refused")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    session = models.ForeignKey(Session, models.CASCADE, related_name="decisions")
    application = models.ForeignKey(Application, models.PROTECT, related_name="decisions")
    outcome = models.CharField(max_length=10, choices=Outcome)
    awarded = money(null=True, blank=True)
    due = models.DateField(null=True, blank=True)
    reason = models.TextField(max_length=2000, validators=[MinLengthValidator(10)])
    votes_for = models.PositiveSmallIntegerField()
    votes_against = models.PositiveSmallIntegerField(default=0)
    barred = models.PositiveSmallIntegerField(default=0, help_text="members present who did not vote: an interest")
    version = models.PositiveIntegerField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("at",)
        constraints = [models.UniqueConstraint(fields=["session", "application"], name="decision_once")]
