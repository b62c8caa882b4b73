"""Round tables: agenda, who was invited and came, what was said and agreed, minutes."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.core.validators import MinLengthValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from shaar.platform.accounts.models import Organisation
from shaar.platform.places.models import Territory

from .measure import Measure
from .process import Process


class Meeting(models.Model):
    """A round table, from its invitation to its published minutes."""

    class Status(models.TextChoices):
        """Where it stands."""

        PLANNED = "planned", _("planned")
        HELD = "held", _("held, minutes being written")
        PUBLISHED = "published", _("minutes published")
        CANCELLED = "cancelled", _("cancelled")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    ref = models.CharField(max_length=20, unique=True)
    title = models.CharField(max_length=150, validators=[MinLengthValidator(5)])
    about = models.TextField(max_length=3000, blank=True)
    process = models.ForeignKey(Process, models.PROTECT, null=True, blank=True, related_name="meetings")
    territory = models.ForeignKey(Territory, models.PROTECT, related_name="meetings")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    where = models.CharField(max_length=200, validators=[MinLengthValidator(3)])
    host = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="meetings")
    called_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    status = models.CharField(max_length=10, choices=Status, default=Status.PLANNED)
    minutes = models.TextField(max_length=20000, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-starts_at",)
        constraints = [models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="meeting_times")]

    def __str__(self) -> str:
        return f"{self.ref} {self.title}"

    def get_absolute_url(self) -> str:
        """Address of its public page."""
        return f"/meetings/{self.ref}/"


class AgendaItem(models.Model):
    """One point of the agenda, by its number."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="agenda")
    number = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=200, validators=[MinLengthValidator(3)])
    measure = models.ForeignKey(Measure, models.PROTECT, null=True, blank=True, related_name="agenda_items")
    minutes = models.PositiveSmallIntegerField(default=15)

    class Meta:
        ordering = ("number",)
        constraints = [models.UniqueConstraint(fields=["meeting", "number"], name="agenda_number")]


class Attendance(models.Model):
    """Somebody invited or present, as she signs the paper sheet. Names of people are shown at the desk only."""

    class Side(models.TextChoices):
        """Whom she speaks for."""

        RESIDENT = "resident", _("residents")
        AUTHORITY = "authority", _("authorities")
        EXPERT = "expert", _("experts")
        PARTNER = "partner", _("partners")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="attendance")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    name = models.CharField(max_length=100)
    side = models.CharField(max_length=10, choices=Side, default=Side.RESIDENT)
    organisation = models.CharField(max_length=150, blank=True)
    present = models.BooleanField(default=False)

    class Meta:
        ordering = ("side", "name")
        constraints = [models.UniqueConstraint(fields=["meeting", "name"], name="attendance_once")]


class Statement(models.Model):
    """What was said on a point, in the words of the minutes; whose side, not whose name."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    item = models.ForeignKey(AgendaItem, models.CASCADE, related_name="statements")
    side = models.CharField(max_length=10, choices=Attendance.Side)
    text = models.TextField(max_length=2000, validators=[MinLengthValidator(5)])
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("at",)


class Decision(models.Model):
    """What was agreed, or not, on a point, with the count of hands; an agreed one becomes a measure."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    item = models.ForeignKey(AgendaItem, models.CASCADE, related_name="decisions")
    text = models.TextField(max_length=2000, validators=[MinLengthValidator(5)])
    agreed = models.BooleanField()
    votes_for = models.PositiveSmallIntegerField(default=0)
    votes_against = models.PositiveSmallIntegerField(default=0)
    votes_abstained = models.PositiveSmallIntegerField(default=0)
    measure = models.ForeignKey(Measure, models.PROTECT, null=True, blank=True, related_name="decisions")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("at",)
