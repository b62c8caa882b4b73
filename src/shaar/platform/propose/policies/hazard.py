"""Who may report, judge and see hazards."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from shaar.platform.accounts.models import Person
from shaar.platform.accounts.policies import has_role, territories_of

from ..models import Hazard

#: Roles that judge hazards within their territory.
JUDGES = ("officer", "head")
#: Roles that read reports not yet checked, within their territory.
READERS = (*JUDGES, "leader", "operator", "mayor", "auditor", "admin")
_PUBLIC = (Hazard.Status.CONFIRMED, Hazard.Status.IN_WORK, Hazard.Status.RESOLVED)


def may_report(person: Any) -> bool:
    """Everybody who has proven a phone or an e-mail."""
    return isinstance(person, Person) and person.is_active and person.level >= 1


def may_judge(person: Any, hazard: Hazard) -> bool:
    """Officers and heads of the place, but nobody her own report."""
    return _holds(person, JUDGES, hazard) and person.pk not in {hazard.reported_by_id, hazard.entered_by_id}


def may_add_photos(person: Any, hazard: Hazard) -> bool:
    """Who reported it, until an officer has looked at it."""
    own = isinstance(person, Person) and person.pk in {hazard.reported_by_id, hazard.entered_by_id}
    return own and hazard.status == Hazard.Status.REPORTED


def may_see(viewer: Any, hazard: Hazard) -> bool:
    """Checked hazards everybody; reports not yet checked, or not confirmed, their reporter and the offices."""
    if hazard.status in _PUBLIC:
        return True
    if not isinstance(viewer, Person):
        return False
    return viewer.pk == hazard.reported_by_id or _holds(viewer, READERS, hazard)


def hazards_visible_to(viewer: Any) -> QuerySet[Hazard]:
    """Hazards for which `may_see` holds."""
    seen = Q(status__in=_PUBLIC)
    if isinstance(viewer, Person):
        seen |= Q(reported_by=viewer)
        covered = territories_of(viewer, *READERS)
        if covered is not None:
            seen |= covered if covered else Q(pk__isnull=False)
    return Hazard.objects.filter(seen)


def judged_by(person: Any) -> QuerySet[Hazard]:
    """Hazards of the places where the person is a judge."""
    covered = territories_of(person, *JUDGES)
    return Hazard.objects.none() if covered is None else Hazard.objects.filter(covered)


def _holds(person: Any, kinds: tuple[str, ...], hazard: Hazard) -> bool:
    # A hazard outside every known territory is the whole city's: only city-wide roles reach it, as in the filters.
    if hazard.territory is None:
        return territories_of(person, *kinds) == Q()
    return has_role(person, *kinds, territory=hazard.territory)
