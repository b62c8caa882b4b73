"""The city's official answer to a measure, and what somebody says against a decision."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.core.validators import MinLengthValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from shaar.platform.accounts.models import Organisation

from .measure import Measure
from .moderation import Moderation


class Answer(models.Model):
    """An official answer; the newest one that no appeal has overturned holds."""

    class Outcome(models.TextChoices):
        """What the city says."""

        ACCEPTED = "accepted", _("accepted")
        PARTLY = "partly", _("accepted in part")
        REFUSED = "refused", _("refused")
        IN_WORK = "in_work", _("in work")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    measure = models.ForeignKey(Measure, models.CASCADE, related_name="answers")
    outcome = models.CharField(max_length=10, choices=Outcome)
    reason = models.CharField(max_length=30, help_text="code from data/propose/reasons.toml")
    text = models.TextField(max_length=5000, validators=[MinLengthValidator(20)])
    office = models.ForeignKey(Organisation, models.PROTECT, related_name="answers")
    deadline = models.DateField(null=True, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    overturned_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("at",)
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome="refused") | Q(deadline__isnull=False), name="answer_names_deadline"
            ),
        ]


class Appeal(models.Model):
    """Somebody asks for another look at a refusal or at a moderation; another person than the first decides."""

    class Outcome(models.TextChoices):
        """What became of it."""

        UPHELD = "upheld", _("the decision stands")
        OVERTURNED = "overturned", _("the decision was changed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    answer = models.OneToOneField(Answer, models.CASCADE, null=True, blank=True, related_name="appeal")
    moderation = models.OneToOneField(Moderation, models.CASCADE, null=True, blank=True, related_name="appeal")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    text = models.TextField(max_length=2000, validators=[MinLengthValidator(10)])
    at = models.DateTimeField(default=timezone.now)
    due = models.DateField()
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True)
    words = models.TextField(max_length=2000, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("due",)
        constraints = [
            models.CheckConstraint(
                condition=Q(answer__isnull=True, moderation__isnull=False)
                | Q(answer__isnull=False, moderation__isnull=True),
                name="appeal_of_one_thing",
            ),
            models.CheckConstraint(
                condition=Q(decided_at__isnull=True, outcome="") | (Q(decided_at__isnull=False) & ~Q(outcome="")),
                name="appeal_decided_whole",
            ),
        ]

    @property
    def decision(self) -> Answer | Moderation:
        """What is appealed against."""
        decision = self.answer or self.moderation
        assert decision is not None
        return decision

    @property
    def measure(self) -> Measure:
        """The measure that it is about."""
        return self.decision.about if isinstance(self.decision, Moderation) else self.decision.measure
