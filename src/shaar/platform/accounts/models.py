"""Persons, organisations, roles and what vouches for them."""

from __future__ import annotations

import secrets
import uuid
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from shaar.platform.kernel.fields import TranslatedText, in_language
from shaar.platform.places.models import Territory


def new_handle() -> str:
    """A nameless name for the database, as "r-7kq2mzpw4d"; never shown."""
    return "r-" + "".join(secrets.choice("abcdefghjkmnpqrstuvwxyz23456789") for _ in range(10))


class People(BaseUserManager["Person"]):
    """Makes persons; sign-in names are e-mail and phone, both optional, so none is asked for here."""

    def create_user(self, **fields: Any) -> Person:
        """Make a person; without a password she signs in by code."""
        password = fields.pop("password", None)
        person = self.model(**fields)
        if person.email:
            person.email = self.normalize_email(person.email).lower()
        person.set_password(password)
        person.full_clean(exclude=["password"])
        person.save(using=self._db)
        return person


class Person(AbstractBaseUser):
    """Somebody who takes part.

    ``level``: 0 nothing proven, 1 phone or e-mail proven, 2 vouched for by a leader, 3 signed in with the state.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    handle = models.CharField(max_length=20, unique=True, default=new_handle, editable=False)
    name = models.CharField(_("name"), max_length=100, blank=True)
    email = models.EmailField(_("e-mail"), null=True, blank=True, unique=True)
    phone = models.CharField(_("phone"), max_length=20, null=True, blank=True, unique=True)
    phone_verified = models.BooleanField(default=False)
    language = models.CharField(max_length=5, default="ru")
    home = models.ForeignKey(Territory, models.PROTECT, null=True, blank=True, related_name="residents")
    level = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(default=True)  # type: ignore[misc]
    joined_at = models.DateTimeField(default=timezone.now)
    erased_at = models.DateTimeField(null=True, blank=True)

    objects = People()
    USERNAME_FIELD = "handle"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: list[str] = []  # type: ignore[misc]

    def __str__(self) -> str:
        return self.public_name

    @property
    def public_name(self) -> str:
        """What others see: the name she gave, or "a resident"."""
        return str(_("a resident")) if self.erased_at or not self.name else self.name


class Organisation(models.Model):
    """Department, NGO, owners' association, donor, partner."""

    class Kind(models.TextChoices):
        """What an organisation is."""

        DEPARTMENT = "department", _("city department")
        ADMINISTRATION = "administration", _("territorial administration")
        NGO = "ngo", _("non-governmental organisation")
        ASSOCIATION = "association", _("owners' association")
        DONOR = "donor", _("donor")
        PARTNER = "partner", _("partner")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=20, choices=Kind)
    names = TranslatedText()
    territory = models.ForeignKey(Territory, models.PROTECT, null=True, blank=True, related_name="organisations")
    contact = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return in_language(self.names)


class RoleKind(models.TextChoices):
    """What a person may be; residents need no row."""

    LEADER = "leader", _("settlement leader")
    NGO = "ngo", _("NGO member")
    MONITOR = "monitor", _("monitor")
    EXPERT = "expert", _("expert")
    OPERATOR = "operator", _("operator")
    OFFICER = "officer", _("officer")
    HEAD = "head", _("head of department")
    COMMISSION = "commission", _("commission member")
    MAYOR = "mayor", _("mayor's office")
    AUDITOR = "auditor", _("auditor")
    DONOR = "donor", _("donor")
    ADMIN = "admin", _("city administrator")


class Role(models.Model):
    """A person's role within a territory or an organisation, from a day to a day, given by somebody for a reason.

    Roles above officer come into force when a second person has approved them.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, models.CASCADE, related_name="roles")
    kind = models.CharField(max_length=12, choices=RoleKind)
    territory = models.ForeignKey(Territory, models.PROTECT, null=True, blank=True, related_name="roles")
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="roles")
    since = models.DateField(default=timezone.localdate)
    until = models.DateField()
    granted_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    approved_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    reason = models.CharField(max_length=300)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(until__gte=models.F("since")), name="role_dates"),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=models.F("granted_by")), name="role_two_people"
            ),
        ]


class Vouch(models.Model):
    """A settlement leader's word that a person lives in the settlement."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, models.CASCADE, related_name="vouches")
    by = models.ForeignKey(Person, models.PROTECT, related_name="vouched")
    territory = models.ForeignKey(Territory, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "territory"], condition=Q(withdrawn_at__isnull=True), name="vouch_once"
            )
        ]


class Consent(models.Model):
    """What a person agreed to: purpose and version of the text."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="consents")
    purpose = models.CharField(max_length=40)
    version = models.CharField(max_length=20)
    at = models.DateTimeField(default=timezone.now)
    withdrawn_at = models.DateTimeField(null=True, blank=True)


class Contact(models.Model):
    """A channel by which a person wants messages, beside the pages of the site."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="contacts")
    channel = models.CharField(max_length=20)
    address = models.CharField(max_length=200)
    wanted = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "channel"], name="contact_once")]
