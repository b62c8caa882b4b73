"""An application for a small grant: a measure, money asked for, and what residents bring in themselves."""

from __future__ import annotations

import uuid
from decimal import Decimal

from django.conf import settings
from django.core.validators import MinLengthValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from shaar.platform.accounts.models import Organisation
from shaar.platform.propose.models import Measure

from .programme import Call, Contributed, Lot, money


class Application(models.Model):
    """What somebody asks of a call. ``version`` counts the changes, so that nobody decides on words not seen."""

    class Status(models.TextChoices):
        """Where it stands, in words."""

        DRAFT = "draft", _("not sent yet")
        SUBMITTED = "submitted", _("sent, being checked")
        RETURNED = "returned", _("returned to be completed")
        INELIGIBLE = "ineligible", _("does not meet the conditions")
        ELIGIBLE = "eligible", _("meets the conditions")
        IN_REVIEW = "in_review", _("being judged")
        REVISE = "revise", _("sent back for revision")
        RESERVE = "reserve", _("on the reserve list")
        REFUSED = "refused", _("refused")
        APPROVED = "approved", _("approved")
        AGREEMENT = "agreement", _("agreement signed")
        IN_PROGRESS = "in_progress", _("being carried out")
        REPORTED = "reported", _("report handed in")
        ACCEPTED = "accepted", _("done and accepted")
        REFUND_DUE = "refund_due", _("money to be returned")
        REFUNDED = "refunded", _("money returned")
        CLOSED = "closed", _("closed")
        WITHDRAWN = "withdrawn", _("withdrawn by the applicant")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    ref = models.CharField(max_length=20, unique=True)
    call = models.ForeignKey(Call, models.PROTECT, related_name="applications")
    lot = models.ForeignKey(Lot, models.PROTECT, related_name="applications")
    measure = models.ForeignKey(Measure, models.PROTECT, related_name="applications")
    applicant = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="applications")
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="applications")
    text = models.TextField(max_length=5000, validators=[MinLengthValidator(20)])
    asked = models.DecimalField(max_digits=14, decimal_places=2, validators=[MinValueValidator(Decimal("0.01"))])
    awarded = money(null=True, blank=True)
    status = models.CharField(max_length=12, choices=Status, default=Status.DRAFT)
    status_at = models.DateTimeField(default=timezone.now)
    due = models.DateField(null=True, blank=True)
    reason = models.TextField(max_length=2000, blank=True)
    version = models.PositiveIntegerField(default=1)
    submitted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-status_at",)
        constraints = [
            models.CheckConstraint(
                condition=Q(awarded__isnull=True) | Q(awarded__lte=F("asked")), name="application_not_over_asked"
            ),
            models.UniqueConstraint(
                fields=["call", "measure"], condition=~Q(status__in=("withdrawn", "ineligible", "refused")),
                name="application_once_a_call",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.ref} {self.measure.title}"

    def get_absolute_url(self) -> str:
        """Address of its page."""
        return f"/applications/{self.ref}/"

    @property
    def own(self) -> Decimal:
        """What the applicant brings in, all kinds together."""
        return sum((one.amount for one in self.contributions.all()), Decimal(0))

    @property
    def cost(self) -> Decimal:
        """The whole cost: asked for and own."""
        return self.asked + self.own


class Contribution(models.Model):
    """One line of the own contribution; work and material are valued in money."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    application = models.ForeignKey(Application, models.CASCADE, related_name="contributions")
    kind = models.CharField(max_length=10, choices=Contributed)
    words = models.CharField(max_length=200, blank=True)
    amount = models.DecimalField(max_digits=14, decimal_places=2, validators=[MinValueValidator(Decimal("0.01"))])

    class Meta:
        ordering = ("kind", "pk")
