"""The joint action plan: who does which measure by when, with whose money, and how far it is."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.core.validators import MaxValueValidator, MinLengthValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from shaar.platform.accounts.models import Organisation
from shaar.platform.places.models import Territory

from .measure import Measure
from .meeting import Meeting
from .process import Process


class Plan(models.Model):
    """A joint action plan; once adopted its items change only with a reason."""

    class Status(models.TextChoices):
        """Where it stands."""

        DRAFT = "draft", _("draft")
        ADOPTED = "adopted", _("adopted")
        CLOSED = "closed", _("closed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    ref = models.CharField(max_length=20, unique=True)
    title = models.CharField(max_length=150, validators=[MinLengthValidator(5)])
    territory = models.ForeignKey(Territory, models.PROTECT, related_name="plans")
    process = models.ForeignKey(Process, models.PROTECT, null=True, blank=True, related_name="plans")
    meeting = models.ForeignKey(Meeting, models.PROTECT, null=True, blank=True, related_name="plans")
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    adopted_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ("-made_at",)

    def __str__(self) -> str:
        return f"{self.ref} {self.title}"

    def get_absolute_url(self) -> str:
        """Address of its public page."""
        return f"/plans/{self.ref}/"


class PlanItem(models.Model):
    """One measure in a plan: owner, term, money and its source, progress."""

    class Source(models.TextChoices):
        """Whose money or work."""

        RESIDENTS = "residents", _("residents")
        AUTHORITY = "authority", _("authority")
        EXPERT = "expert", _("experts")
        PARTNER = "partner", _("partner")

    class Status(models.TextChoices):
        """How far it is."""

        PLANNED = "planned", _("planned")
        IN_WORK = "in_work", _("in work")
        DONE = "done", _("done")
        DROPPED = "dropped", _("dropped")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    plan = models.ForeignKey(Plan, models.CASCADE, related_name="items")
    number = models.PositiveSmallIntegerField()
    measure = models.ForeignKey(Measure, models.PROTECT, related_name="plan_items")
    owner = models.ForeignKey(Organisation, models.PROTECT, related_name="plan_items")
    term = models.DateField()
    cost = models.DecimalField(
        max_digits=14, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    source = models.CharField(max_length=10, choices=Source)
    status = models.CharField(max_length=10, choices=Status, default=Status.PLANNED)
    progress = models.PositiveSmallIntegerField(default=0, validators=[MaxValueValidator(100)])
    note = models.CharField(max_length=500, blank=True)
    reported_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("number",)
        constraints = [
            models.UniqueConstraint(fields=["plan", "number"], name="plan_item_number"),
            models.UniqueConstraint(fields=["plan", "measure"], name="plan_item_once"),
        ]

    @property
    def late(self) -> bool:
        """Whether its term has passed and it is neither done nor dropped."""
        open_ones = (self.Status.PLANNED, self.Status.IN_WORK)
        return self.status in open_ones and self.term < timezone.localdate()
