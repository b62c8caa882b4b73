"""Territories, what became of them, and days off."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from shaar.platform.kernel.fields import Place, TranslatedText, in_language


class Territory(Place):
    """City, district, village, settlement (novostroyka) or quarter.

    ``path`` holds the codes from the city down, each followed by a slash, so that "in this district" is a prefix.
    A territory that was merged or split keeps its row: ``until`` says when it ended, ``successors`` what it became.
    """

    class Kind(models.TextChoices):
        """Level of the tree."""

        CITY = "city", _("city")
        DISTRICT = "district", _("district")
        VILLAGE = "village", _("village")
        SETTLEMENT = "settlement", _("settlement")
        QUARTER = "quarter", _("quarter")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    code = models.CharField(max_length=60, unique=True)
    kind = models.CharField(max_length=12, choices=Kind)
    names = TranslatedText()
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    path = models.CharField(max_length=400, db_index=True)
    outlying = models.BooleanField(default=False)
    approximate = models.BooleanField(default=False)
    source = models.CharField(max_length=300, blank=True)
    population = models.PositiveIntegerField(null=True, blank=True)
    population_note = models.CharField(max_length=300, blank=True)
    since = models.DateField(null=True, blank=True)
    until = models.DateField(null=True, blank=True)
    successors = models.ManyToManyField("self", symmetrical=False, related_name="predecessors", blank=True)

    class Meta:
        ordering = ("path",)

    def __str__(self) -> str:
        return in_language(self.names) or self.code

    def get_absolute_url(self) -> str:
        """Its public page."""
        return f"/places/{self.code}/"

    def contains(self, other: Territory | None) -> bool:
        """Whether ``other`` is this territory or lies inside it, by the tree."""
        return other is not None and other.path.startswith(self.path)


class TerritoryName(models.Model):
    """A name that a territory had, so that old papers are still found."""

    territory = models.ForeignKey(Territory, models.CASCADE, related_name="old_names")
    names = TranslatedText()
    until = models.DateField()


class DayOff(models.Model):
    """A day on which offices are closed though it is no weekend, or open though it is (``works``)."""

    day = models.DateField(primary_key=True)
    works = models.BooleanField(default=False)
    names = TranslatedText()
