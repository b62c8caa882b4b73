"""Who calls round tables, writes their minutes, and keeps joint action plans."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from shaar.platform.accounts.policies import has_role, territories_of
from shaar.platform.places.models import Territory

from ..models import Meeting, Plan

#: Roles that call a round table and write its minutes, within their territory.
HOSTS = ("leader", "officer", "head", "mayor")
#: Roles that make plans and adopt them.
PLANNERS = ("officer", "head", "mayor")
ADOPTERS = ("head", "mayor")


def may_call(person: Any, territory: Territory | None = None) -> bool:
    """Leaders of a settlement and offices of the place."""
    return has_role(person, *HOSTS, territory=territory)


def may_keep(person: Any, meeting: Meeting) -> bool:
    """Whether the person writes down what happens at this meeting."""
    return has_role(person, *HOSTS, territory=meeting.territory)


def may_plan(person: Any, territory: Territory | None = None) -> bool:
    """Whether the person makes and changes plans there."""
    return has_role(person, *PLANNERS, territory=territory)


def may_adopt(person: Any, plan: Plan) -> bool:
    """Heads and the mayor's office adopt; not who drafted it."""
    return has_role(person, *ADOPTERS, territory=plan.territory) and person.pk != plan.made_by_id


def may_report(person: Any, plan: Plan) -> bool:
    """Planners of the place and its settlement leaders report progress."""
    return has_role(person, *HOSTS, territory=plan.territory)


def plans_visible_to(viewer: Any) -> QuerySet[Plan]:
    """Adopted and closed plans everybody; drafts those who plan there."""
    seen = ~Q(status=Plan.Status.DRAFT)
    covered = territories_of(viewer, *HOSTS)
    if covered is not None:
        seen |= covered if covered else Q(pk__isnull=False)
    return Plan.objects.filter(seen)
