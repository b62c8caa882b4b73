"""Who prepares studies, who sees them, who may object and who answers."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from shaar.platform.accounts.models import Person
from shaar.platform.accounts.policies import has_role
from shaar.platform.propose.models import Measure
from shaar.platform.propose.policies.measure import OFFICERS, works_here

from .models import Contest, Study

#: Who asks the model: the model is one of the whole city, so a study knows no district.
APPRAISERS = ("officer", "head", "mayor")
#: Who may look at what is being prepared.
READERS = (*APPRAISERS, "auditor")


def may_appraise(person: Any) -> bool:
    """Whether she prepares studies and works at the workbench."""
    return has_role(person, *APPRAISERS)


def may_read_drafts(person: Any) -> bool:
    """Whether she sees studies before they are published."""
    return has_role(person, *READERS)


def may_edit(person: Any, study: Study) -> bool:
    """Whether she may change its alternatives and run them: every appraiser, until it is closed."""
    return study.state != Study.State.CLOSED and may_appraise(person)


def may_publish(person: Any, study: Study) -> bool:
    """Whether she may publish it: its owner, and heads and the mayor's office."""
    own = isinstance(person, Person) and person.pk == study.owner_id and may_appraise(person)
    return own or has_role(person, "head", "mayor")


def may_model(person: Any, measure: Measure) -> bool:
    """Whether she may say which change of the city a proposal means: officers of its place."""
    return works_here(person, measure, *OFFICERS)


def may_see(person: Any, study: Study) -> bool:
    """Whether she may see a study."""
    return study.state != Study.State.DRAFT or may_read_drafts(person)


def studies_visible_to(viewer: Any) -> QuerySet[Study]:
    """The list that `may_see` allows."""
    return Study.objects.all() if may_read_drafts(viewer) else Study.objects.exclude(state=Study.State.DRAFT)


def may_contest(person: Any, study: Study) -> bool:
    """Everybody whose phone or mail is proven, while it is published."""
    takes_part = isinstance(person, Person) and person.is_active and person.level >= 1
    return takes_part and study.state == Study.State.PUBLISHED


def may_answer(person: Any, contest: Contest) -> bool:
    """Appraisers, but nobody her own objection."""
    return may_appraise(person) and getattr(person, "pk", None) != contest.by_id
