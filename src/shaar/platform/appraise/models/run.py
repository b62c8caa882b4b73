"""A run of the model for an alternative, and what it gave."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .study import Alternative

#: A run that says nothing for so long has lost its worker.
SILENCE = timedelta(minutes=3)


class Run(models.Model):
    """One computation of an alternative as it was when asked for.

    ``changes`` and ``against`` are the scenario and the one compared with, copied, so that the run can be made again
    when the alternative has changed since. ``repeats``: the run whose figures this one should give again, ``same``
    whether it did. ``city`` is the stamp of the city's data; ``folder`` holds the tables, under ``HOME/appraisals``.
    """

    class State(models.TextChoices):
        """How far it is."""

        QUEUED = "queued", _("waits for its turn")
        RUNNING = "running", _("being computed")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    alternative = models.ForeignKey(Alternative, models.CASCADE, related_name="runs")
    version = models.PositiveIntegerField()
    changes = models.JSONField(default=list, blank=True)
    against = models.JSONField(null=True, blank=True)
    against_name = models.CharField(max_length=120, blank=True)
    seed = models.PositiveIntegerField(default=0)
    repeats = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="repeated")
    same = models.BooleanField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    stage = models.CharField(max_length=60, blank=True)
    done = models.FloatField(default=0)
    total = models.FloatField(null=True, blank=True)
    note = models.CharField(max_length=200, blank=True)
    code = models.CharField(max_length=40, blank=True, help_text="why it failed, for programs")
    message = models.CharField(max_length=500, blank=True)
    provenance = models.JSONField(default=dict, blank=True)
    city = models.CharField(max_length=64, blank=True)
    folder = models.CharField(max_length=200, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    heard_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    seconds = models.FloatField(null=True, blank=True)

    class Meta:
        ordering = ("-at",)
        indexes = [models.Index(fields=["alternative", "-at"], name="run_newest")]
        constraints = [
            # Two runs of one alternative side by side would only wait for each other.
            models.UniqueConstraint(
                fields=["alternative"], condition=Q(state__in=("queued", "running")), name="run_one_at_a_time"
            ),
            models.CheckConstraint(condition=~Q(state="done") | ~Q(folder=""), name="run_done_has_results"),
        ]

    def __str__(self) -> str:
        return f"{self.alternative} {self.at:%Y-%m-%d %H:%M}"

    @property
    def open(self) -> bool:
        """Whether it still waits or works."""
        return self.state in (self.State.QUEUED, self.State.RUNNING)

    @property
    def lost(self) -> bool:
        """Whether its worker has said nothing for too long: it was killed, or the machine went down."""
        heard = self.heard_at or self.started_at
        return self.state == self.State.RUNNING and heard is not None and timezone.now() - heard > SILENCE

    @property
    def share(self) -> int | None:
        """Per cent of the stage that are done, where that is known."""
        return None if not self.total else max(0, min(100, round(100 * self.done / self.total)))


class EffectRow(models.Model):
    """One effect of a run: `shaar.engine.measures.effects.Effect` as a row."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    run = models.ForeignKey(Run, models.CASCADE, related_name="effects")
    order = models.PositiveIntegerField()
    indicator = models.CharField(max_length=80)
    unit = models.CharField(max_length=40)
    before = models.FloatField(null=True, blank=True)
    after = models.FloatField(null=True, blank=True)
    change = models.FloatField(null=True, blank=True)
    low = models.FloatField(null=True, blank=True)
    high = models.FloatField(null=True, blank=True)
    badge = models.CharField(max_length=10)
    better = models.CharField(max_length=8)
    group = models.CharField(max_length=40, default="all")
    place = models.CharField(max_length=80, blank=True)
    method = models.CharField(max_length=80, blank=True)
    source = models.CharField(max_length=1000, blank=True)
    not_modelled = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering = ("order",)
        constraints = [
            models.UniqueConstraint(fields=["run", "indicator", "group", "place"], name="effect_once"),
        ]

    def __str__(self) -> str:
        return self.indicator

    @property
    def clear(self) -> int:
        """1 for a change that is better over its whole range, -1 for one that is worse, 0 for neither."""
        if self.low is None or self.high is None or self.better == "neither" or self.low <= 0 <= self.high:
            return 0
        return 1 if (self.low > 0) == (self.better == "more") else -1
