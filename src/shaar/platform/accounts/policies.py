"""Who holds which role where, today: the two questions that every other policy is made of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from shaar.platform.places.models import Territory

from .models import Organisation, Person, Role, RoleKind

#: Roles that take the word of a second person to come into force.
ABOVE_OFFICER = (RoleKind.HEAD, RoleKind.COMMISSION, RoleKind.MAYOR, RoleKind.AUDITOR, RoleKind.ADMIN)
#: Roles that work at the desk; of these, those above officer must sign in with a second factor.
STAFF = (RoleKind.OPERATOR, RoleKind.OFFICER, *ABOVE_OFFICER)


def roles_in_force(person: Any) -> QuerySet[Role]:
    """Roles that hold today."""
    today = timezone.localdate()
    if not isinstance(person, Person) or not person.is_active:
        return Role.objects.none()
    approved = ~Q(kind__in=ABOVE_OFFICER) | Q(approved_by__isnull=False)
    return person.roles.filter(approved, since__lte=today, until__gte=today, ended_at__isnull=True)


def _held(person: Any) -> list[Role]:
    """Roles in force, read once for a person object (one request)."""
    if not isinstance(person, Person):
        return []
    if "_held" not in person.__dict__:
        person.__dict__["_held"] = list(roles_in_force(person).select_related("territory", "organisation"))
    held: list[Role] = person.__dict__["_held"]
    return held


def forget(person: Person) -> None:
    """Read the person's roles anew next time; services that change roles call it."""
    person.__dict__.pop("_held", None)


def has_role(
    person: Any,
    *kinds: str,
    territory: Territory | None = None,
    organisation: Organisation | None = None,
) -> bool:
    """Whether the person holds one of these roles here.

    A role without a territory holds in the whole city; one with a territory holds there and in all inside it. With
    ``organisation`` the role must be one of that organisation. Without ``territory`` any territory will do.
    """
    return any(
        role.kind in kinds
        and (territory is None or role.territory is None or role.territory.contains(territory))
        and (organisation is None or role.organisation_id == organisation.pk)
        for role in _held(person)
    )


def has_role_citywide(person: Any, *kinds: str) -> bool:
    """Whether the person holds one of these roles in the whole city: without a territory, or at the city itself."""
    return any(
        role.kind in kinds and (role.territory is None or role.territory.parent_id is None) for role in _held(person)
    )


def is_staff(person: Any) -> bool:
    """Whether the person works at the desk."""
    return has_role(person, *STAFF)


def territories_of(person: Any, *kinds: str) -> Q | None:
    """A filter on ``territory`` fields for what the person's roles cover; None: nothing; ``Q()``: everything.

    Use it for lists: ``Measure.objects.filter(territories_of(viewer, "officer"))``.
    """
    parts: list[Q] = []
    for role in _held(person):
        if role.kind in kinds:
            if role.territory is None:
                return Q()
            parts.append(Q(territory__path__startswith=role.territory.path))
    if not parts:
        return None
    whole = parts[0]
    for part in parts[1:]:
        whole |= part
    return whole


def kinds_of(person: Any) -> Iterable[str]:
    """Kinds of role that the person holds somewhere."""
    return {role.kind for role in _held(person)}


#: Who may give which roles in the whole city; heads may name officers within their territory.
_GIVERS = (RoleKind.ADMIN, RoleKind.MAYOR)


def may_manage_people(person: Any) -> bool:
    """Whether the person may open the desk page of people."""
    return has_role(person, *_GIVERS, RoleKind.HEAD, RoleKind.AUDITOR)


def may_grant_role(person: Any, kind: str, territory: Territory | None) -> bool:
    """Whether the person may give this role here."""
    if has_role(person, *_GIVERS):
        return kind != RoleKind.ADMIN or has_role(person, RoleKind.ADMIN)
    within = territory is not None and has_role(person, RoleKind.HEAD, territory=territory)
    return within and kind in {RoleKind.OFFICER, RoleKind.OPERATOR, RoleKind.LEADER, RoleKind.MONITOR}


def may_approve_role(person: Any, role: Role) -> bool:
    """Whether the person is a second one who may bring the role into force."""
    second = isinstance(person, Person) and person.pk not in {role.granted_by_id, role.person_id}
    return second and role.kind in ABOVE_OFFICER and has_role(person, *_GIVERS)


def may_end_role(person: Any, role: Role) -> bool:
    """Whether the person may end the role: who holds it, and who may give it."""
    own = isinstance(person, Person) and person.pk == role.person_id
    return own or may_grant_role(person, role.kind, role.territory)


def may_vouch(person: Any, territory: Territory) -> bool:
    """Whether the person leads this settlement; a role in the whole city is no leader of a settlement."""
    return any(
        role.kind == RoleKind.LEADER and role.territory is not None and role.territory.contains(territory)
        for role in _held(person)
    )


def needs_second_factor(person: Any) -> bool:
    """Whether the person must sign in with a second factor: everybody with a role above officer."""
    return has_role(person, *ABOVE_OFFICER)
