"""Reading the talk about a measure, and the log of its moderation."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from shaar.platform.accounts.models import Person
from shaar.platform.accounts.policies import territories_of
from shaar.platform.kernel.errors import Missing

from ..models import Appeal, Comment, Flag, Measure, Moderation
from ..policies.measure import DECIDERS, OFFICERS, may_moderate
from ..states import YOUNG


@dataclass(slots=True)
class Said:
    """A comment as a viewer may read it: hidden ones without words, with the act that hid them."""

    comment: Comment
    shown: bool
    hidden_by: Moderation | None
    replies: list[Said] = field(default_factory=list)


def talk(measure: Measure, *, viewer: Any) -> list[Said]:
    """Comments with their replies, oldest first."""
    rows = list(measure.comments.select_related("author").order_by("at"))
    acts: dict[Any, Moderation] = {}
    if any(row.hidden for row in rows):
        for act in Moderation.objects.filter(comment__measure=measure, act=Moderation.Act.HIDDEN).order_by("at"):
            acts[act.comment_id] = act
    moderates = may_moderate(viewer, measure)
    own = viewer.pk if isinstance(viewer, Person) else None
    tops: dict[Any, Said] = {}
    for row in rows:
        said = Said(row, not row.hidden or moderates or row.author_id == own, acts.get(row.pk) if row.hidden else None)
        if row.parent_id is None:
            tops[row.pk] = said
        elif row.parent_id in tops:
            tops[row.parent_id].replies.append(said)
    return list(tops.values())


def stances(said: list[Said]) -> dict[str, int]:
    """How many of these comments are for, against, neither; hidden ones do not count."""
    found = dict.fromkeys(Comment.Stance.values, 0)
    for one in said:
        found[one.comment.stance] += not one.comment.hidden
    return found


def comment_of(measure: Measure, number: Any) -> Comment:
    """A comment of this measure."""
    found = any_comment(number)
    if found.measure_id != measure.pk:
        raise Missing("comment.missing", _("There is no such comment."))
    return found


def any_comment(number: Any) -> Comment:
    """A comment by its number, as it stands in an address or a form."""
    try:
        found = Comment.objects.select_related("measure", "author").filter(pk=UUID(str(number))).first()
    except ValueError:
        found = None
    if found is None:
        raise Missing("comment.missing", _("There is no such comment."))
    return found


def hidden_by(measure: Measure) -> Moderation | None:
    """The act that hid a measure's words, if they are hidden."""
    if not measure.hidden:
        return None
    return measure.moderations.filter(act=Moderation.Act.HIDDEN).order_by("-at").first()


def moderation_log() -> QuerySet[Moderation]:
    """Every act of moderation, newest first: public, without the words hidden and without who wrote them."""
    return Moderation.objects.select_related("measure", "comment__measure", "appeal").order_by("-at", "pk")


def moderation_by(number: Any, *, viewer: Any) -> Moderation:
    """One act; its writer and moderators see the words on its page, others the reason."""
    found = moderation_log().filter(pk=number).first()
    if found is None:
        raise Missing("moderation.missing", _("There is no such entry."))
    return found


def covered(viewer: Any, *kinds: str) -> QuerySet[Measure]:
    """Measures in the territories where the viewer holds one of the roles."""
    where = territories_of(viewer, *kinds)
    return Measure.objects.none() if where is None else Measure.objects.filter(where)


def flags_waiting(viewer: Any) -> QuerySet[Flag]:
    """Flags that this officer may settle, oldest first."""
    waiting = Flag.objects.filter(measure__in=covered(viewer, *OFFICERS).values("pk"), settled_at__isnull=True)
    return waiting.select_related("measure", "comment__author", "measure__author").order_by("at")


def appeals_waiting(viewer: Any) -> QuerySet[Appeal]:
    """Appeals that this person may decide, the most urgent first; never against her own decisions."""
    ids = covered(viewer, *DECIDERS).values("pk")
    about = Q(answer__measure__in=ids) | Q(moderation__measure__in=ids) | Q(moderation__comment__measure__in=ids)
    waiting = Appeal.objects.filter(about, decided_at__isnull=True)
    if not isinstance(viewer, Person):
        return waiting.none()
    own = Q(by=viewer) | Q(answer__by=viewer) | Q(moderation__by=viewer)
    waiting = waiting.exclude(pk__in=Appeal.objects.filter(own).values("pk"))
    return waiting.select_related("answer__measure", "moderation__measure", "moderation__comment__measure", "by")


def waiting_for(viewer: Any) -> QuerySet[Measure]:
    """Measures that wait for an answer where this officer works: by due day, overdue first, then by supporters."""
    found = covered(viewer, *OFFICERS).filter(status__in=YOUNG, hidden=False).exclude(author=viewer)
    return found.select_related("territory", "office", "process", "author").order_by(
        F("due").asc(nulls_last=True), "-supports_count", "ref"
    )
