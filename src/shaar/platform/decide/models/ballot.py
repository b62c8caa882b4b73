"""A vote on projects: the box with its rules, projects, money by district, ballots, sheets of paper.

Who took part (`Participation`) and what a ballot says (`CastBallot`) are kept in two tables without a key between them.
Until closing a ballot carries a keyed hash of its box and voter, so that she can change it; closing shuffles the
ballots and takes the hashes away. That is secrecy towards readers of the data, not that of a state election.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from shaar.platform.kernel.fields import TranslatedText, in_language
from shaar.platform.places.models import Territory
from shaar.platform.propose.models import Measure

from .application import Application
from .programme import Call, money


class BallotBox(models.Model):
    """A vote. With envelopes each district's money is counted by itself; without, there is one budget."""

    class Kind(models.TextChoices):
        """How a ballot is filled in."""

        APPROVAL = "approval", _("choose some projects")
        KNAPSACK = "knapsack", _("choose projects that fit the money")
        POINTS = "points", _("share out points")

    class Rule(models.TextChoices):
        """Which count decides; the other one is shown beside it."""

        EQUAL_SHARES = "equal_shares", _("Equal Shares")
        GREEDY = "greedy", _("most votes first")

    class Status(models.TextChoices):
        """Where it stands; before and after the days of voting it is announced or over."""

        DRAFT = "draft", _("being prepared")
        PUBLISHED = "published", _("announced")
        SEALED = "sealed", _("closed, being counted")
        COUNTED = "counted", _("counted")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(max_length=60, unique=True)
    names = TranslatedText(blank=False)
    about = TranslatedText()
    call = models.OneToOneField(Call, models.PROTECT, null=True, blank=True, related_name="box")
    territory = models.ForeignKey(Territory, models.PROTECT, null=True, blank=True, related_name="boxes")
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.APPROVAL)
    most = models.PositiveSmallIntegerField(
        default=3, validators=[MinValueValidator(1)], help_text="projects on a ballot (approval)"
    )
    points = models.PositiveSmallIntegerField(
        default=10, validators=[MinValueValidator(1), MaxValueValidator(1000)], help_text="to be shared out (points)"
    )
    rule = models.CharField(max_length=12, choices=Rule, default=Rule.EQUAL_SHARES)
    budget = money()
    level = models.PositiveSmallIntegerField(default=1, help_text="level of proof that voting needs")
    opens = models.DateTimeField()
    closes = models.DateTimeField()
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    example = models.BooleanField(default=False, help_text="made up, to show how it works")

    class Meta:
        ordering = ("-opens",)
        constraints = [models.CheckConstraint(condition=Q(closes__gt=F("opens")), name="box_dates")]

    def __str__(self) -> str:
        return in_language(self.names) or self.slug

    def get_absolute_url(self) -> str:
        """Address of its public page."""
        return f"/ballots/{self.slug}/"

    @property
    def is_open(self) -> bool:
        """Whether ballots are taken now."""
        return self.status == self.Status.PUBLISHED and self.opens <= timezone.now() < self.closes

    @property
    def is_over(self) -> bool:
        """Whether the last moment for ballots has passed."""
        return self.status != self.Status.DRAFT and timezone.now() >= self.closes


class Envelope(models.Model):
    """Money for one district: its share by residents, and the top-up for those farther off or poorer."""

    box = models.ForeignKey(BallotBox, models.CASCADE, related_name="envelopes")
    territory = models.ForeignKey(Territory, models.PROTECT, related_name="+")
    population = models.PositiveIntegerField(validators=[MinValueValidator(1)])
    base = money()
    top_up = money(default=0)

    class Meta:
        ordering = ("territory__path",)
        constraints = [models.UniqueConstraint(fields=["box", "territory"], name="envelope_once")]


class BallotProject(models.Model):
    """A project on the ballot: a measure, by its application where there is one. ``number`` stands on the sheet."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    box = models.ForeignKey(BallotBox, models.CASCADE, related_name="projects")
    number = models.PositiveSmallIntegerField()
    measure = models.ForeignKey(Measure, models.PROTECT, related_name="ballot_projects")
    application = models.ForeignKey(
        Application, models.PROTECT, null=True, blank=True, related_name="ballot_projects"
    )  # fmt: skip
    envelope = models.ForeignKey(Envelope, models.PROTECT, null=True, blank=True, related_name="projects")
    cost = models.DecimalField(max_digits=14, decimal_places=2, validators=[MinValueValidator(1)])

    class Meta:
        ordering = ("number",)
        constraints = [
            models.UniqueConstraint(fields=["box", "number"], name="project_number_once"),
            models.UniqueConstraint(fields=["box", "measure"], name="project_measure_once"),
        ]

    def __str__(self) -> str:
        return f"{self.number}. {self.measure.title}"


class Participation(models.Model):
    """That a person has voted, or was given a sheet of paper; never what she voted."""

    class Channel(models.TextChoices):
        """How."""

        INTERNET = "internet", _("on this site")
        PAPER = "paper", _("on paper")

    box = models.ForeignKey(BallotBox, models.CASCADE, related_name="participations")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    channel = models.CharField(max_length=10, choices=Channel)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["box", "person"], name="participation_once")]


class CastBallot(models.Model):
    """What one ballot says: ``choices`` maps numbers of projects (as text) to points (1 where there are none).

    ``voter``: keyed hash until closing, then empty; ``district``: code of the envelope where the voter lives.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    box = models.ForeignKey(BallotBox, models.CASCADE, related_name="ballots")
    voter = models.CharField(max_length=64, blank=True)
    choices = models.JSONField(default=dict)
    district = models.CharField(max_length=60, blank=True)
    channel = models.CharField(max_length=10, choices=Participation.Channel, default=Participation.Channel.INTERNET)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["box", "voter"], condition=~Q(voter=""), name="ballot_once")]


class PaperSheet(models.Model):
    """A sheet of paper as two operators read it, each by herself; it counts when they read the same."""

    class Status(models.TextChoices):
        """How far it is."""

        ONCE = "once", _("entered once")
        AGREED = "agreed", _("entered twice alike")
        DIFFERS = "differs", _("the two entries differ")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    box = models.ForeignKey(BallotBox, models.CASCADE, related_name="sheets")
    number = models.CharField(max_length=20)
    status = models.CharField(max_length=10, choices=Status, default=Status.ONCE)
    first = models.JSONField(default=dict)
    first_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    second = models.JSONField(null=True, blank=True)
    second_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    spoilt = models.BooleanField(default=False, help_text="agreed, but no valid ballot")
    district = models.CharField(max_length=60, blank=True)

    class Meta:
        ordering = ("number",)
        constraints = [
            models.UniqueConstraint(fields=["box", "number"], name="sheet_once"),
            models.CheckConstraint(
                condition=Q(second_by__isnull=True) | ~Q(second_by=F("first_by")), name="sheet_two_people"
            ),
        ]
