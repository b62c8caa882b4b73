"""Carrying a grant out: the agreement, money in parts, reports with photos, money to be returned."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.core.validators import MinLengthValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .application import Application
from .programme import money


class Agreement(models.Model):
    """What was agreed with the applicant; her word and the office's signature make it hold."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    application = models.OneToOneField(Application, models.PROTECT, related_name="agreement")
    number = models.CharField(max_length=40)
    signed_on = models.DateField()
    ends_on = models.DateField()
    text = models.TextField(max_length=5000, validators=[MinLengthValidator(20)])
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(ends_on__gte=F("signed_on")), name="agreement_dates")]


class Tranche(models.Model):
    """A part of the money: planned, approved by one person, paid by another."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    application = models.ForeignKey(Application, models.PROTECT, related_name="tranches")
    number = models.PositiveSmallIntegerField()
    amount = money()
    planned_on = models.DateField()
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True)
    paid_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    paid_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ("number",)
        constraints = [
            models.UniqueConstraint(fields=["application", "number"], name="tranche_once"),
            models.CheckConstraint(
                condition=Q(paid_by__isnull=True) | (Q(approved_by__isnull=False) & ~Q(paid_by=F("approved_by"))),
                name="tranche_two_people",
            ),
        ]


class Report(models.Model):
    """What the applicant says was done and spent; photos of the site hang on it."""

    class Status(models.TextChoices):
        """What the office made of it."""

        HANDED_IN = "handed_in", _("handed in")
        ACCEPTED = "accepted", _("accepted")
        RETURNED = "returned", _("returned")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    application = models.ForeignKey(Application, models.PROTECT, related_name="reports")
    number = models.PositiveSmallIntegerField()
    text = models.TextField(max_length=5000, validators=[MinLengthValidator(20)])
    spent = money()
    final = models.BooleanField(default=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.HANDED_IN)
    words = models.TextField(max_length=2000, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    judged_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ("number",)
        constraints = [models.UniqueConstraint(fields=["application", "number"], name="report_once")]

    def get_absolute_url(self) -> str:
        """It is shown on the page of its application."""
        return self.application.get_absolute_url()


class Refund(models.Model):
    """Money that has to come back, and when it did."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    application = models.OneToOneField(Application, models.PROTECT, related_name="refund")
    amount = money()
    due = models.DateField()
    reason = models.TextField(max_length=2000, validators=[MinLengthValidator(10)])
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    received_on = models.DateField(null=True, blank=True)
    received_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
