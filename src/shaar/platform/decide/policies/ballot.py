"""Who may prepare a vote, vote, enter paper ballots, close and count."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from shaar.platform.accounts.models import Person
from shaar.platform.accounts.policies import has_role, territories_of

from ..models import BallotBox
from .grant import may_manage

OPERATORS = ("operator", "officer", "head", "mayor")


def may_manage_boxes(person: Any) -> bool:
    """Those who prepare calls prepare votes."""
    return may_manage(person)


def lives_here(person: Person, box: BallotBox) -> bool:
    """Whether the person lives where the vote is held; a vote of the whole city asks for no address."""
    where = box.territory
    return where is None or where.parent_id is None or where.contains(person.home)


def may_vote(person: Any, box: BallotBox) -> bool:
    """Residents of the place, proven as far as the vote asks; the days of voting are asked elsewhere."""
    known = isinstance(person, Person) and person.is_active and person.level >= box.level
    return known and lives_here(person, box)


def may_enter_paper(person: Any, box: BallotBox) -> bool:
    """Operators and officers of the place of the vote."""
    if box.territory is None:
        return territories_of(person, *OPERATORS) is not None
    return has_role(person, *OPERATORS, territory=box.territory) or any(
        has_role(person, *OPERATORS, territory=one.territory) for one in box.envelopes.select_related("territory")
    )


def boxes_visible_to(viewer: Any) -> QuerySet[BallotBox]:
    """Announced votes; those being prepared, managers and auditors only."""
    if may_manage(viewer) or has_role(viewer, "auditor"):
        return BallotBox.objects.all()
    return BallotBox.objects.filter(~Q(status=BallotBox.Status.DRAFT))
