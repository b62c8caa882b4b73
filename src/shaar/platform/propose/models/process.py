"""A process with dated phases; what may be done in a phase is a list of features, kept as data."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from shaar.platform.kernel.fields import TranslatedText, in_language
from shaar.platform.places.models import Territory


class Feature(models.TextChoices):
    """What a phase may open."""

    PROPOSE = "propose", _("put forward proposals")
    COMMENT = "comment", _("discuss")
    SUPPORT = "support", _("support proposals")
    MEET = "meet", _("round tables")
    OPINE = "opine", _("vote on statements")
    BALLOT = "ballot", _("vote")


def check_features(value: Any) -> None:
    """Refuse anything but a list of known features, each once."""
    if not isinstance(value, list) or len(set(value)) != len(value) or not set(value) <= set(Feature.values):
        raise ValidationError(_("A list of features is needed."))


def check_kinds(value: Any) -> None:
    """Refuse anything but a list of kinds of measures."""
    from .measure import Measure

    if not isinstance(value, list) or not set(value) <= set(Measure.Kind.values):
        raise ValidationError(_("A list of kinds is needed."))


class Process(models.Model):
    """Something that the city asks people about, from a day to a day, in a territory (None: the whole city).

    ``kinds``: what may be proposed; empty: anything. ``threshold``: supports that oblige the city to answer
    (`Threshold` sets others for some territories); ``answer_days`` and ``appeal_days`` are days of work.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(max_length=60, unique=True)
    names = TranslatedText(blank=False)
    about = TranslatedText()
    territory = models.ForeignKey(Territory, models.PROTECT, null=True, blank=True, related_name="processes")
    kinds = models.JSONField(default=list, blank=True, validators=[check_kinds])
    threshold = models.PositiveIntegerField(default=30, validators=[MinValueValidator(1)])
    answer_days = models.PositiveSmallIntegerField(default=14, validators=[MinValueValidator(1)])
    appeal_days = models.PositiveSmallIntegerField(default=10, validators=[MinValueValidator(1)])
    level = models.PositiveSmallIntegerField(default=1, help_text="level of proof that taking part needs")
    published = models.BooleanField(default=True)
    example = models.BooleanField(default=False, help_text="made up, to show how it works")

    class Meta:
        ordering = ("slug",)

    def __str__(self) -> str:
        return in_language(self.names) or self.slug


class Phase(models.Model):
    """Part of a process; ``until`` is the first moment after it, None: until further notice."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    process = models.ForeignKey(Process, models.CASCADE, related_name="phases")
    names = TranslatedText(blank=False)
    about = TranslatedText()
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)
    features = models.JSONField(default=list, blank=True, validators=[check_features])

    class Meta:
        ordering = ("since",)
        constraints = [
            models.CheckConstraint(condition=Q(until__isnull=True) | Q(until__gt=F("since")), name="phase_dates"),
        ]

    def __str__(self) -> str:
        return in_language(self.names)


class Threshold(models.Model):
    """Supports needed in a territory and all inside it, where the process asks for another number there."""

    process = models.ForeignKey(Process, models.CASCADE, related_name="thresholds")
    territory = models.ForeignKey(Territory, models.PROTECT, related_name="+")
    needed = models.PositiveIntegerField(validators=[MinValueValidator(1)])

    class Meta:
        constraints = [models.UniqueConstraint(fields=["process", "territory"], name="threshold_once")]
