"""Judging an application: what a scorer has to do with it, said before she opens the file, and her marks."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.core.validators import MinLengthValidator
from django.db import models
from django.utils import timezone

from .application import Application
from .programme import Criterion


class Disclosure(models.Model):
    """A scorer's word, before the file opens, whether she has an interest in the application."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    application = models.ForeignKey(Application, models.CASCADE, related_name="disclosures")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    conflict = models.BooleanField()
    words = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["application", "person"], name="disclosure_once")]


class Score(models.Model):
    """One scorer's judgement. ``total`` is 0 to 100; ``version``: of the application she read."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    application = models.ForeignKey(Application, models.CASCADE, related_name="scores")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    words = models.TextField(max_length=2000, validators=[MinLengthValidator(10)])
    total = models.DecimalField(max_digits=5, decimal_places=2)
    version = models.PositiveIntegerField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("at",)
        constraints = [models.UniqueConstraint(fields=["application", "by"], name="score_once")]


class Mark(models.Model):
    """Points for one criterion."""

    score = models.ForeignKey(Score, models.CASCADE, related_name="marks")
    criterion = models.ForeignKey(Criterion, models.PROTECT, related_name="marks")
    points = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["score", "criterion"], name="mark_once")]
