"""Roles: given for a time, for a reason, by one person and, above officer, in force when a second has approved."""

from __future__ import annotations

from datetime import date, timedelta

from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from shaar.platform.kernel import events, notify
from shaar.platform.kernel.errors import Conflict, Forbidden, Invalid
from shaar.platform.places.models import Territory

from ..models import Organisation, Person, Role, RoleKind
from ..policies import ABOVE_OFFICER, forget, has_role, may_approve_role, may_end_role, may_grant_role

#: A role holds a year by default and two at most; then somebody says again that it is needed.
LONGEST = timedelta(days=731)
#: Roles that mean nothing without a place or an organisation.
_NEEDS_PLACE = {RoleKind.LEADER}
_NEEDS_ORGANISATION = {RoleKind.NGO, RoleKind.DONOR}


def grant_role(
    person: Person,
    kind: str,
    *,
    acting: Person,
    reason: str,
    until: date,
    territory: Territory | None = None,
    organisation: Organisation | None = None,
) -> Role:
    """Give a role. Above officer it waits for `approve_role` by a second person.

    Raises
    ------
    Forbidden
        Not hers to give; nobody gives herself a role.
    Invalid
        Already over, too long, without a reason, place or organisation.
    Conflict
        She holds this role here already.
    """
    if not may_grant_role(acting, kind, territory) or acting.pk == person.pk:
        raise Forbidden("role.grant", _("You may not give this role."))
    today = timezone.localdate()
    if not today <= until <= today + LONGEST:
        raise Invalid("role.until", _("A role ends on a day within the next two years."), field="until")
    if not reason.strip():
        raise Invalid("role.reason", _("Please say why."), field="reason")
    if kind in _NEEDS_PLACE and territory is None:
        raise Invalid("role.place", _("This role needs a place."), field="territory")
    if kind in _NEEDS_ORGANISATION and organisation is None:
        raise Invalid("role.organisation", _("This role needs an organisation."), field="organisation")
    given_to = person
    with transaction.atomic():
        person = Person.objects.select_for_update().get(pk=person.pk)
        if not person.is_active or person.level < 1:
            raise Invalid("role.unproven", _("The person must have signed in by a code at least once."), field="person")
        held = person.roles.filter(
            kind=kind, territory=territory, organisation=organisation, ended_at__isnull=True, until__gte=today
        )
        if held.exists():
            raise Conflict(
                "role.held", _("This person holds this role here already, or it waits for approval."), field="kind"
            )
        role = Role(
            person=person, kind=kind, territory=territory, organisation=organisation, until=until, granted_by=acting,
            reason=reason.strip(),
        )  # fmt: skip
        _clean(role)
        role.save(force_insert=True)
        waits = kind in ABOVE_OFFICER
        event = events.record(
            "role.granted", role, acting=acting, kind=kind, until=until, waits=waits,
            territory=territory.code if territory else "",
        )  # fmt: skip
        word = RoleKind(kind).label
        if waits:
            notify.tell(
                event, [one for one in _approvers() if may_approve_role(one, role)],
                subject=lambda: _("A role waits for your approval: %(role)s.") % {"role": word},
                link="/desk/people/waiting/",
            )  # fmt: skip
        else:
            notify.tell(
                event, [person], subject=lambda: _("You now have a role: %(role)s.") % {"role": word}, link="/me/"
            )
    forget(given_to)
    return role


def _approvers() -> list[Person]:
    today = timezone.localdate()
    return list(
        Person.objects.filter(
            roles__kind__in=(RoleKind.ADMIN, RoleKind.MAYOR), roles__approved_by__isnull=False,
            roles__ended_at__isnull=True, roles__until__gte=today, is_active=True,
        ).distinct()
    )  # fmt: skip


def _clean(role: Role) -> None:
    try:
        role.full_clean()
    except ValidationError as error:
        field, sentences = next(iter(error.message_dict.items()))
        raise Invalid(f"role.{field}", sentences[0], field=None if field == "__all__" else field) from error


def approve_role(role: Role, *, acting: Person) -> Role:
    """Bring a role above officer into force: the second person, who is neither the giver nor the one who gets it.

    Raises
    ------
    Forbidden, Conflict
        Not hers to approve; already approved, ended or over.
    """
    with transaction.atomic():
        role = Role.objects.select_for_update(of=("self",)).select_related("person", "territory").get(pk=role.pk)
        if not may_approve_role(acting, role):
            raise Forbidden(
                "role.approve", _("A role is approved by a second person: neither who gave it nor who gets it.")
            )
        if role.approved_by_id or role.ended_at or role.until < timezone.localdate():
            raise Conflict("role.decided", _("This was already decided. Please look at it again."))
        role.approved_by = acting
        role.save(update_fields=["approved_by"])
        event = events.record("role.approved", role, acting=acting, kind=role.kind)
        word = role.get_kind_display
        notify.tell(
            event, [role.person], subject=lambda: _("You now have a role: %(role)s.") % {"role": word()}, link="/me/"
        )
    forget(role.person)
    return role


def end_role(role: Role, *, acting: Person, reason: str) -> Role:
    """End a role now; also how a role that waits is refused, and how one lays down one's own.

    Raises
    ------
    Forbidden, Conflict, Invalid
        Not hers to end; ended already; no reason.
    """
    if not reason.strip():
        raise Invalid("role.reason", _("Please say why."), field="reason")
    with transaction.atomic():
        role = Role.objects.select_for_update(of=("self",)).select_related("person").get(pk=role.pk)
        if not may_end_role(acting, role):
            raise Forbidden("role.end", _("You may not end this role."))
        if role.ended_at:
            raise Conflict("role.decided", _("This was already decided. Please look at it again."))
        if role.kind == RoleKind.ADMIN and role.approved_by_id and len(_administrators()) <= 1:
            raise Conflict("role.last", _("This is the last administrator; name another first."))
        role.ended_at = timezone.now()
        role.save(update_fields=["ended_at"])
        event = events.record("role.ended", role, acting=acting, kind=role.kind, reason=reason.strip()[:200])
        word = role.get_kind_display
        notify.tell(
            event,
            [role.person],
            subject=lambda: _("A role of yours has ended: %(role)s.") % {"role": word()},
            link="/me/",
        )
    forget(role.person)
    return role


def _administrators() -> set[object]:
    today = timezone.localdate()
    rows = Role.objects.filter(
        kind=RoleKind.ADMIN, approved_by__isnull=False, ended_at__isnull=True, until__gte=today, person__is_active=True
    )
    return set(rows.values_list("person_id", flat=True))


def name_first_administrator(person: Person) -> Role:
    """Make an administrator from the server's command line, while there are fewer than two to do it on the site.

    Raises
    ------
    Forbidden
        There are two: they do it.
    """
    with transaction.atomic():
        if len(_administrators()) >= 2:
            raise Forbidden("role.enough", _("There are two administrators; they name others on the site."))
        today = timezone.localdate()
        role = Role(
            person=person, kind=RoleKind.ADMIN, until=today + timedelta(days=365), approved_by=person,
            reason="named on the server",
        )  # fmt: skip
        _clean(role)
        role.save(force_insert=True)
        events.record("role.granted", role, acting=None, kind=role.kind, until=role.until, waits=False, territory="")
    forget(person)
    return role


def reset_second_factor(person: Person, *, acting: Person, reason: str) -> None:
    """Take away authenticators of a person who has lost hers, so that she can set up new ones.

    Raises
    ------
    Forbidden, Invalid
        Only administrators, not for themselves; no reason.
    """
    if not has_role(acting, RoleKind.ADMIN) or acting.pk == person.pk:
        raise Forbidden("factor.reset", _("Only another administrator may do this."))
    if not reason.strip():
        raise Invalid("factor.reason", _("Please say why."), field="reason")
    with transaction.atomic():
        Authenticator.objects.filter(user=person).delete()
        event = events.record("person.second_factor_reset", person, acting=acting, reason=reason.strip()[:200])
        notify.tell(
            event,
            [person],
            subject=lambda: _("Your second sign-in step was reset by an administrator."),
            link="/me/settings/",
        )
