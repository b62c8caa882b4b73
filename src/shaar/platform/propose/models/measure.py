"""The measure: anything that a city may do, here as somebody proposes it; its versions, supporters and authors."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.core.validators import MinLengthValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from shaar.platform.accounts.models import Organisation
from shaar.platform.kernel.fields import Place
from shaar.platform.places.models import Territory

from .process import Process


class Measure(Place):
    """A proposal in its first room, a project in a later one: one row, one reference, one story.

    ``author`` is whose proposal it is; ``entered_by`` who typed it in for her, ``on_behalf_of`` the organisation that
    she speaks for. ``change`` is the typed change of the engine (`shaar.engine.measures`), None until an officer has
    made one. ``territory`` is found from the place when it is written. Counts are kept by the services.
    """

    class Kind(models.TextChoices):
        """What would be different. Names follow the typed changes of the engine where there is one."""

        ADD_LINE = "add_line", _("new public transport line")
        REMOVE_LINE = "remove_line", _("remove a line")
        SET_HEADWAY = "set_headway", _("buses more often")
        STOP = "stop", _("bus stop")
        BUS_LANE = "bus_lane", _("bus lane or signal priority")
        ROAD = "road", _("road or street")
        CROSSING = "crossing", _("footway, crossing, speed")
        CYCLE = "cycle", _("cycle lane")
        PARKING = "parking", _("parking")
        PARK = "park", _("park or public space")
        FACILITY = "facility", _("school, kindergarten, clinic")
        BUILDING = "building", _("building")
        WATER = "water", _("water, drains, waste")
        LIGHTING = "lighting", _("street lighting")
        SAFETY = "safety", _("protection from hazards")
        SERVICE = "service", _("e-service")
        OTHER = "other", _("something else")

    class Status(models.TextChoices):
        """Where it stands, in words."""

        OPEN = "open", _("gathers support")
        REVIEW = "review", _("the office is looking at it")
        ACCEPTED = "accepted", _("accepted")
        PARTLY = "partly", _("accepted in part")
        REFUSED = "refused", _("refused")
        IN_WORK = "in_work", _("in work")
        DONE = "done", _("done")
        MERGED = "merged", _("joined with another")
        WITHDRAWN = "withdrawn", _("withdrawn by its author")

    class Channel(models.TextChoices):
        """How it came in."""

        WEB = "web", _("site")
        PHONE = "phone", _("phone")
        PAPER = "paper", _("paper")
        MEETING = "meeting", _("round table")
        API = "api", _("another program")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    ref = models.CharField(max_length=20, unique=True)
    process = models.ForeignKey(Process, models.PROTECT, null=True, blank=True, related_name="measures")
    kind = models.CharField(max_length=20, choices=Kind)
    title = models.CharField(max_length=120, validators=[MinLengthValidator(5)])
    text = models.TextField(max_length=5000, validators=[MinLengthValidator(20)])
    language = models.CharField(max_length=5, default="ru")
    address = models.CharField(max_length=200, blank=True)
    territory = models.ForeignKey(Territory, models.PROTECT, null=True, blank=True, related_name="measures")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="measures")
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    on_behalf_of = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="measures")
    channel = models.CharField(max_length=10, choices=Channel, default=Channel.WEB)
    benefits = models.CharField(max_length=500, blank=True)
    cost_guess = models.DecimalField(
        max_digits=14, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    status = models.CharField(max_length=10, choices=Status, default=Status.OPEN)
    status_at = models.DateTimeField(default=timezone.now)
    office = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="measures_to_answer")
    due = models.DateField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    change = models.JSONField(null=True, blank=True)
    hidden = models.BooleanField(default=False)
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="merged")
    search_text = models.TextField(blank=True, editable=False)
    supports_count = models.PositiveIntegerField(default=0)
    comments_count = models.PositiveIntegerField(default=0)
    published_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-published_at",)
        indexes = [
            models.Index(fields=["status", "due"], name="measure_due"),
            models.Index(fields=["min_lon", "min_lat"], name="measure_box"),
            models.Index(fields=["-published_at"], name="measure_newest"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(status="merged", merged_into__isnull=False)
                | (~Q(status="merged") & Q(merged_into__isnull=True)),
                name="measure_merged",
            ),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True) | ~Q(merged_into=F("id")), name="measure_not_into_itself"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ref} {self.title}"

    def get_absolute_url(self) -> str:
        """Address of its public page."""
        return f"/proposals/{self.ref}/"


class MeasureVersion(models.Model):
    """What a measure said at one time; a new row with each edit, the first as it was put forward."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    measure = models.ForeignKey(Measure, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=20, choices=Measure.Kind)
    title = models.CharField(max_length=120)
    text = models.TextField(max_length=5000)
    language = models.CharField(max_length=5)
    address = models.CharField(max_length=200, blank=True)
    geometry = models.JSONField(null=True, blank=True)
    benefits = models.CharField(max_length=500, blank=True)
    cost_guess = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    why = models.CharField(max_length=300, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("number",)
        constraints = [models.UniqueConstraint(fields=["measure", "number"], name="version_once")]


class Support(models.Model):
    """One person behind a measure, counted once; ``carried_from``: the merged measure that she supported."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    measure = models.ForeignKey(Measure, models.CASCADE, related_name="supports")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="supports")
    at = models.DateTimeField(default=timezone.now)
    carried_from = models.ForeignKey(Measure, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["measure", "person"], name="support_once")]


class Credit(models.Model):
    """A further author of a measure, by a merged one of hers."""

    measure = models.ForeignKey(Measure, models.CASCADE, related_name="credits")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="credits")
    merged = models.ForeignKey(Measure, models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["measure", "person", "merged"], name="credit_once")]


class Draft(models.Model):
    """A proposal half written, kept on the server so that a lost connection loses nothing.

    Somebody who has not signed in yet owns it by the signed cookie that holds its number.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="drafts")
    data = models.JSONField(default=dict, blank=True)
    at = models.DateTimeField(default=timezone.now)
