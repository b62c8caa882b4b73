"""The register of environmental hazards of a settlement: what threatens whom, how badly, and who sees to it."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.core.validators import MaxValueValidator, MinLengthValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from shaar.platform.accounts.models import Organisation
from shaar.platform.kernel.fields import Place
from shaar.platform.places.models import Territory

from .measure import Measure


class Hazard(Place):
    """A hazard at a place. Severity and likelihood, 1 to 5, are an officer's judgement; their product is the risk."""

    class Kind(models.TextChoices):
        """What threatens."""

        MUDFLOW = "mudflow", _("mudflow channel")
        LANDSLIDE = "landslide", _("landslide")
        FLOOD = "flood", _("flooding")
        WASTE = "waste", _("waste")
        WATER = "water", _("water")
        AIR = "air", _("air")
        RADIATION = "radiation", _("radiation")
        OTHER = "other", _("other danger")

    class Status(models.TextChoices):
        """Where it stands."""

        REPORTED = "reported", _("reported, not yet checked")
        CONFIRMED = "confirmed", _("confirmed")
        IN_WORK = "in_work", _("being dealt with")
        RESOLVED = "resolved", _("resolved")
        REJECTED = "rejected", _("not confirmed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    ref = models.CharField(max_length=20, unique=True)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    title = models.CharField(max_length=120, validators=[MinLengthValidator(5)])
    text = models.TextField(max_length=3000, validators=[MinLengthValidator(10)])
    address = models.CharField(max_length=200, blank=True)
    territory = models.ForeignKey(Territory, models.PROTECT, null=True, blank=True, related_name="hazards")
    reported_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="hazards")
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    reported_at = models.DateTimeField(default=timezone.now)
    status = models.CharField(max_length=10, choices=Status, default=Status.REPORTED)
    status_at = models.DateTimeField(default=timezone.now)
    severity = models.PositiveSmallIntegerField(null=True, blank=True)
    likelihood = models.PositiveSmallIntegerField(null=True, blank=True)
    owner = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="hazards")
    review_on = models.DateField(null=True, blank=True)
    measure = models.ForeignKey(Measure, models.PROTECT, null=True, blank=True, related_name="hazards")

    class Meta:
        ordering = ("-reported_at",)
        indexes = [models.Index(fields=["status", "kind"], name="hazard_status")]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=("reported", "rejected"))
                | (Q(severity__range=(1, 5)) & Q(likelihood__range=(1, 5)) & Q(owner__isnull=False)),
                name="hazard_assessed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ref} {self.title}"

    def get_absolute_url(self) -> str:
        """Address of its public page."""
        return f"/risks/{self.ref}/"

    @property
    def risk(self) -> int | None:
        """Severity times likelihood, 1 to 25; None before the first assessment."""
        return self.severity * self.likelihood if self.severity and self.likelihood else None

    @property
    def level(self) -> str:
        """Class of the risk: low (to 4), medium (to 9), high (to 14), critical; "" before the first assessment."""
        if self.risk is None:
            return ""
        return next(
            name for name, most in (("low", 4), ("medium", 9), ("high", 14), ("critical", 25)) if self.risk <= most
        )


class HazardAssessment(models.Model):
    """An officer's judgement of a hazard at one time, with its reasons; the newest one holds."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    hazard = models.ForeignKey(Hazard, models.CASCADE, related_name="assessments")
    confirmed = models.BooleanField()
    severity = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(5)]
    )
    likelihood = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(5)]
    )
    words = models.TextField(max_length=2000, validators=[MinLengthValidator(10)])
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("at",)
