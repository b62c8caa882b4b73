"""Reads about persons: each for a viewer who may."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from shaar.platform.kernel.errors import Invalid
from shaar.platform.kernel.folding import fold
from shaar.platform.kernel.models import Message
from shaar.platform.kernel.notify import SITE
from shaar.platform.places.models import Territory

from .models import Contact, Person, Role, RoleKind, Vouch
from .phones import normalise
from .policies import ABOVE_OFFICER, _held, may_manage_people


def routes(person: Any) -> Iterable[tuple[str, str]]:
    """Channels by which a person wants messages, for `kernel.notify`."""
    wanted = Contact.objects.filter(person=person, wanted=True).order_by("channel")
    return list(wanted.values_list("channel", "address"))


def messages_of(person: Person) -> QuerySet[Message]:
    """Messages on the site, the last first."""
    return Message.objects.filter(person=person, channel=SITE).order_by("-event_id")


def find_people(words: str, *, viewer: Any) -> QuerySet[Person]:
    """People by a phone, an e-mail, or a part of the name; only for who manages people.

    A phone must be whole and an e-mail exact: the desk finds whom it knows, it does not browse.
    """
    people = Person.objects.filter(erased_at__isnull=True).prefetch_related("roles__territory", "roles__organisation")
    words = words.strip()
    if not may_manage_people(viewer) or len(words) < 2:
        return people.none()
    if "@" in words:
        return people.filter(email=words.lower())
    if sum(letter.isdigit() for letter in words) >= 6:
        try:
            return people.filter(phone=normalise(words))
        except Invalid:
            return people.none()
    return people.filter(Q(name__icontains=words) | Q(name__icontains=fold(words))).order_by("name", "pk")


def roles_waiting(*, viewer: Any) -> QuerySet[Role]:
    """Roles above officer that no second person has approved yet."""
    rows = Role.objects.filter(
        kind__in=ABOVE_OFFICER, approved_by__isnull=True, ended_at__isnull=True, until__gte=timezone.localdate()
    ).select_related("person", "granted_by", "territory", "organisation")
    return rows.order_by("since", "pk") if may_manage_people(viewer) else rows.none()


def staff_of(*, viewer: Any) -> QuerySet[Role]:
    """Roles in force, for the list of who may do what."""
    today = timezone.localdate()
    rows = Role.objects.filter(
        Q(approved_by__isnull=False) | ~Q(kind__in=ABOVE_OFFICER), ended_at__isnull=True, until__gte=today,
        since__lte=today,
    ).select_related("person", "territory", "organisation")  # fmt: skip
    return rows.order_by("kind", "territory__path", "person__name") if may_manage_people(viewer) else rows.none()


def led_by(person: Any) -> list[Territory]:
    """Settlements that a person leads."""
    return [role.territory for role in _held(person) if role.kind == RoleKind.LEADER and role.territory is not None]


def asking_to_be_vouched(territory: Territory) -> QuerySet[Person]:
    """People who say they live in the settlement, have asked for its leader's word, and have none yet."""
    vouched = Vouch.objects.filter(withdrawn_at__isnull=True, territory=territory).values("person")
    return (
        Person.objects.filter(
            home__path__startswith=territory.path, level__gte=1, is_active=True, consents__purpose="vouch",
            consents__withdrawn_at__isnull=True,
        )
        .exclude(pk__in=vouched)
        .distinct()
        .order_by("joined_at")
    )  # fmt: skip


def vouched_by(person: Person) -> QuerySet[Vouch]:
    """Words that a leader has given and that hold."""
    rows = Vouch.objects.filter(by=person, withdrawn_at__isnull=True)
    return rows.select_related("person", "territory").order_by("-at")


def homes() -> QuerySet[Territory]:
    """Territories that somebody may live in, in the order of the tree."""
    return Territory.objects.filter(until__isnull=True).order_by("path")
