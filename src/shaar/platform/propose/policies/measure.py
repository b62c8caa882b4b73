"""Who may do what to a measure and what is said about it."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from shaar.platform.accounts.models import Person
from shaar.platform.accounts.policies import has_role, territories_of

from ..models import Answer, Appeal, Comment, Measure, Moderation, Process
from ..states import LIVE, YOUNG

#: Who answers, joins and moderates within a territory.
OFFICERS = ("officer", "head", "mayor")
#: Who decides appeals.
DECIDERS = ("head", "mayor")
#: Who types in for a caller (as `accounts.services.file_on_behalf` asks).
OPERATORS = ("operator", "officer", "leader")


def takes_part(person: Any, process: Process | None = None) -> bool:
    """Signed in, and proven as far as the process asks."""
    return isinstance(person, Person) and person.is_active and person.level >= (process.level if process else 1)


def works_here(person: Any, measure: Measure, *kinds: str) -> bool:
    """Whether she holds one of these roles where the measure is; one without a territory is the whole city's."""
    if measure.territory is None:
        return any(kinds) and territories_of(person, *kinds) == Q()
    return has_role(person, *kinds, territory=measure.territory)


def _is_author(person: Any, measure: Measure) -> bool:
    if not isinstance(person, Person):
        return False
    return person.pk == measure.author_id or measure.credits.filter(person=person).exists()


def may_enter_for_others(person: Any) -> bool:
    """Whether she may write in for a caller."""
    return has_role(person, *OPERATORS)


def may_put_down(person: Any) -> bool:
    """Whether she may put down a measure outside any process, and as many as there are."""
    return has_role(person, *OPERATORS, *OFFICERS)


def may_edit(person: Any, measure: Measure) -> bool:
    """Authors while it is young, or to revise what was refused; the operator who typed it in, too."""
    if measure.hidden or measure.status not in (*YOUNG, Measure.Status.REFUSED):
        return False
    typed = isinstance(person, Person) and person.pk == measure.entered_by_id and may_enter_for_others(person)
    return typed or (isinstance(person, Person) and person.pk == measure.author_id)


def may_withdraw(person: Any, measure: Measure) -> bool:
    """The author, before an answer or after a refusal."""
    young = measure.status in (*YOUNG, Measure.Status.REFUSED)
    return young and isinstance(person, Person) and person.pk == measure.author_id


def may_support(person: Any, measure: Measure) -> bool:
    """Everybody who takes part, while it is young and shown."""
    return not measure.hidden and measure.status in YOUNG and takes_part(person, measure.process)


def may_comment(person: Any, measure: Measure) -> bool:
    """Everybody who takes part, until it is done, joined or withdrawn."""
    return not measure.hidden and measure.status in LIVE and takes_part(person, measure.process)


def may_answer(person: Any, measure: Measure) -> bool:
    """Officers of the place, but not on their own proposals."""
    return works_here(person, measure, *OFFICERS) and not _is_author(person, measure)


def may_merge(person: Any, one: Measure, other: Measure) -> bool:
    """Officers of both places."""
    return works_here(person, one, *OFFICERS) and works_here(person, other, *OFFICERS)


def may_moderate(person: Any, measure: Measure) -> bool:
    """Officers of the place."""
    return works_here(person, measure, *OFFICERS)


def may_appeal(person: Any, decision: Answer | Moderation) -> bool:
    """Against a refusal (whole or in part): the authors; against a moderation: whose text it was."""
    if not isinstance(person, Person) or decision.overturned_at is not None:
        return False
    if isinstance(decision, Moderation):
        return decision.act == Moderation.Act.HIDDEN and getattr(decision.writer, "pk", None) == person.pk
    refused = decision.outcome in (Answer.Outcome.REFUSED, Answer.Outcome.PARTLY)
    return refused and _is_author(person, decision.measure)


def may_decide(person: Any, appeal: Appeal) -> bool:
    """Heads and the mayor's office of the place, never who made the decision or asks for another."""
    own = getattr(person, "pk", None) in (appeal.decision.by_id, appeal.by_id)
    return works_here(person, appeal.measure, *DECIDERS) and not own


def may_see(person: Any, measure: Measure) -> bool:
    """Whether its words are shown: hidden ones to the author, to officers of the place and to auditors only."""
    if not measure.hidden:
        return True
    return _is_author(person, measure) or works_here(person, measure, *OFFICERS) or has_role(person, "auditor")


def measures_visible_to(viewer: Any) -> QuerySet[Measure]:
    """The list that `may_see` allows."""
    seen = Q(hidden=False)
    if isinstance(viewer, Person):
        seen |= Q(author=viewer) | Q(credits__person=viewer)
        where = Q() if has_role(viewer, "auditor") else territories_of(viewer, *OFFICERS)
        if where == Q():
            return Measure.objects.all()
        if where is not None:
            seen |= where
        return Measure.objects.filter(pk__in=Measure.objects.filter(seen).values("pk"))
    return Measure.objects.filter(seen)


def may_see_comment(person: Any, comment: Comment) -> bool:
    """Whether the words of a comment are shown."""
    if not comment.hidden:
        return True
    own = isinstance(person, Person) and person.pk == comment.author_id
    return own or may_moderate(person, comment.measure) or has_role(person, "auditor")
