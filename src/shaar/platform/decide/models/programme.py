"""A programme of small grants, its calls, their lots by district and their weighted criteria."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from shaar.platform.accounts.models import Organisation
from shaar.platform.kernel.fields import TranslatedText, in_language
from shaar.platform.places.models import Territory


def money(**options: Any) -> models.DecimalField:
    """A sum of money of the installation's currency, never below zero."""
    return models.DecimalField(max_digits=14, decimal_places=2, validators=[MinValueValidator(0)], **options)


class Contributed(models.TextChoices):
    """What residents may bring in themselves."""

    CASH = "cash", _("money")
    LABOUR = "labour", _("work")
    MATERIAL = "material", _("material")


def check_kinds(value: Any) -> None:
    """Refuse anything but a list of kinds of own contribution."""
    if not isinstance(value, list) or len(set(value)) != len(value) or not set(value) <= set(Contributed.values):
        raise ValidationError(_("A list of kinds is needed."))


def every_kind() -> list[str]:
    """All kinds of own contribution count unless a call says otherwise."""
    return list(Contributed.values)


class Programme(models.Model):
    """What stands above calls: who pays, and what for."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(max_length=60, unique=True)
    names = TranslatedText(blank=False)
    about = TranslatedText()
    donor = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="programmes")
    example = models.BooleanField(default=False, help_text="made up, to show how it works")

    class Meta:
        ordering = ("slug",)

    def __str__(self) -> str:
        return in_language(self.names) or self.slug


class Call(models.Model):
    """One round of a programme, from a day to a day. Lots, criteria and rules are frozen when it opens.

    ``share``: least own contribution, per cent of the whole cost. ``spread``: two scores (0 to 100) that differ by
    more than this ask for a third. ``quorum``: members of the commission who must be present and free of interest.
    """

    class Selection(models.TextChoices):
        """How applications are chosen."""

        SCORES = "scores", _("scores and commission")
        BALLOT = "ballot", _("vote of residents")

    class Status(models.TextChoices):
        """Where it stands; open and closed follow from the days."""

        DRAFT = "draft", _("being prepared")
        PUBLISHED = "published", _("announced")
        CANCELLED = "cancelled", _("called off")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    programme = models.ForeignKey(Programme, models.PROTECT, related_name="calls")
    slug = models.SlugField(max_length=60, unique=True)
    names = TranslatedText(blank=False)
    about = TranslatedText()
    selection = models.CharField(max_length=10, choices=Selection, default=Selection.SCORES)
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    ceiling = money()
    share = models.PositiveSmallIntegerField(default=0, validators=[MaxValueValidator(99)])
    kinds = models.JSONField(default=every_kind, blank=True, validators=[check_kinds])
    level = models.PositiveSmallIntegerField(default=1, help_text="level of proof that applying needs")
    opens = models.DateTimeField()
    closes = models.DateTimeField()
    decide_by = models.DateField()
    spread = models.PositiveSmallIntegerField(default=25, validators=[MinValueValidator(1), MaxValueValidator(100)])
    quorum = models.PositiveSmallIntegerField(default=3, validators=[MinValueValidator(1)])
    example = models.BooleanField(default=False, help_text="made up, to show how it works")

    class Meta:
        ordering = ("-opens",)
        constraints = [models.CheckConstraint(condition=Q(closes__gt=F("opens")), name="call_dates")]

    def __str__(self) -> str:
        return in_language(self.names) or self.slug

    def get_absolute_url(self) -> str:
        """Address of its public page."""
        return f"/grants/{self.slug}/"

    @property
    def frozen(self) -> bool:
        """Whether money, rules and criteria can no longer be changed: from the moment it opens."""
        return self.status != self.Status.DRAFT and timezone.now() >= self.opens

    @property
    def is_open(self) -> bool:
        """Whether applications are taken now."""
        return self.status == self.Status.PUBLISHED and self.opens <= timezone.now() < self.closes

    @property
    def is_over(self) -> bool:
        """Whether the last moment for applications has passed."""
        return self.status == self.Status.PUBLISHED and timezone.now() >= self.closes


class Lot(models.Model):
    """Money of a call for one district (or the whole city)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    call = models.ForeignKey(Call, models.CASCADE, related_name="lots")
    territory = models.ForeignKey(Territory, models.PROTECT, related_name="lots")
    money = money()

    class Meta:
        ordering = ("territory__path",)
        constraints = [models.UniqueConstraint(fields=["call", "territory"], name="lot_once")]

    def __str__(self) -> str:
        return str(self.territory)


class Criterion(models.Model):
    """What is scored, from 0 to ``top``, and how much it weighs."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    call = models.ForeignKey(Call, models.CASCADE, related_name="criteria")
    order = models.PositiveSmallIntegerField(default=0)
    names = TranslatedText(blank=False)
    about = TranslatedText()
    weight = models.PositiveSmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(100)])
    top = models.PositiveSmallIntegerField(default=5, validators=[MinValueValidator(1), MaxValueValidator(100)])

    class Meta:
        ordering = ("order", "pk")

    def __str__(self) -> str:
        return in_language(self.names)
