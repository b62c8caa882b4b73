"""Example people of every role, to look around with: only where SHAAR_DEVELOPMENT=yes, by a fresh signed form."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from shaar.platform.kernel.errors import Forbidden, Missing
from shaar.platform.kernel.fields import in_language
from shaar.platform.places.models import Territory

from .models import Organisation, Person, Role, RoleKind

#: Mails of example people end so; the domain can never be anybody's (RFC 2606).
DOMAIN = "example.invalid"
_SESSION_KEY = "example"
_LIVES = timedelta(hours=12)
_NAMES = {
    "resident": "Айгуль Токтогулова", "leader": "Бакыт Асанов", "ngo": "Гульнара Эсенова", "monitor": "Данияр Мукашев",
    "expert": "Елена Ким", "operator": "Жанна Ли", "officer": "Ерлан Сериков", "head": "Салтанат Оспанова",
    "commission": "Марат Жумабеков", "mayor": "Асель Нурланова", "auditor": "Тимур Ахметов", "donor": "Анна Келлер",
    "admin": "Руслан Исаев", "admin2": "Дина Садыкова",
}  # fmt: skip


def open_here() -> bool:
    """Whether this installation has example sign-ins at all."""
    return bool(settings.DEVELOPMENT)


def people() -> QuerySet[Person]:
    """Example people; none where there may be none."""
    found = Person.objects.filter(email__endswith=f"@{DOMAIN}", is_active=True).prefetch_related("roles__territory")
    return found.order_by("email") if open_here() else found.none()


def token(person: Person) -> str:
    """What the form of an example sign-in carries."""
    return TimestampSigner(salt="shaar.example").sign(str(person.pk))


def person_of(signed: str) -> Person:
    """Whom a form names.

    Raises
    ------
    Missing
        No development installation.
    Forbidden
        Not our form, an old one, or no example person.
    """
    if not open_here():
        raise Missing("page.missing", _("There is no such page, or it was removed."))
    try:
        number = TimestampSigner(salt="shaar.example").unsign(signed, max_age=_LIVES)
    except BadSignature as error:
        raise Forbidden("example.form", _("This form is too old. Please open the page again.")) from error
    person = people().filter(pk=number).first()
    if person is None:
        raise Forbidden("example.person", _("This is no example person."))
    return person


def mark_session(request: HttpRequest) -> None:
    """Note that the session is an example sign-in."""
    request.session[_SESSION_KEY] = True


def is_example_session(request: HttpRequest) -> bool:
    """Whether somebody only looks around; never in production."""
    return open_here() and bool(request.session.get(_SESSION_KEY))


@transaction.atomic
def make_people(home: Territory | None = None, organisation: Organisation | None = None) -> dict[str, Person]:
    """Example people, one of each role, for a demonstration; made once.

    Parameters
    ----------
    home
        A settlement: where the resident lives and the leader leads.
    organisation
        A non-governmental organisation for its member, and for the donor.

    Returns
    -------
    dict
        Person by kind of role; ``resident`` for the one without, ``admin2`` for a second administrator.
    """
    if not open_here():
        raise Forbidden("example.closed", "example people exist in development only")
    today = timezone.localdate()
    made: dict[str, Person] = {}
    for kind, name in _NAMES.items():
        email = f"{kind}@{DOMAIN}"
        person = Person.objects.filter(email=email).first()
        if person is None:
            person = Person.objects.create_user(
                name=name, email=email, level=2 if kind == "resident" else 1, home=home, language=settings.LANGUAGE_CODE
            )
        made[kind] = person
    for kind, person in made.items():
        if kind == "resident" or person.roles.exists():
            continue
        role = RoleKind(kind.rstrip("2"))
        giver, approver = ("mayor", "admin") if kind not in {"mayor", "admin"} else ("admin2", "auditor")
        row = Role(
            person=person, kind=role, until=today + timedelta(days=365), reason="example", granted_by=made[giver],
            approved_by=made[approver], territory=home if role == RoleKind.LEADER else None,
            organisation=organisation if role in {RoleKind.NGO, RoleKind.DONOR} else None,
        )  # fmt: skip
        row.full_clean()
        row.save()
    return made


def listed() -> list[dict[str, Any]]:
    """What the sign-in page lists: person, her role in words, the signed token."""
    rows = []
    for person in people():
        roles = [role.get_kind_display() for role in person.roles.all()]
        places = {in_language(role.territory.names) for role in person.roles.all() if role.territory}
        words = ", ".join(map(str, roles)) or _("resident")
        rows.append({"person": person, "role": " · ".join([words, *sorted(places)]), "token": token(person)})
    return rows
