"""Saying something about a measure, and calling the moderators."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from shaar.platform.accounts.models import Person
from shaar.platform.kernel import events, limits, notify
from shaar.platform.kernel.errors import Conflict, Forbidden, Invalid, Missing

from ..checking import check
from ..models import Comment, Feature, Flag, Measure
from ..policies.measure import may_comment, may_see_comment, takes_part
from ..policies.process import require_feature
from ..selectors.measure import authors


def comment(
    *, acting: Person, measure: Measure, text: str, stance: str = "neutral", parent: Comment | None = None
) -> Comment:
    """Say something for, against or about a measure; replies go one level deep.

    Raises
    ------
    Forbidden, Conflict, Invalid, TooMany
        Not proven; closed today or no longer talked about; empty or too long; too often in an hour.
    """
    if parent is not None and (parent.parent_id is not None or parent.measure_id != measure.pk):
        raise Invalid("comment.depth", _("An answer belongs to a comment of this proposal."), field="text")
    limits.count("comment", str(acting.pk))
    with transaction.atomic():
        measure = Measure.objects.select_for_update().get(pk=measure.pk)
        require_feature(measure.process, Feature.COMMENT)
        if not may_comment(acting, measure):
            if not takes_part(acting, measure.process):
                raise Forbidden("comment.level", _("Confirm your phone or e-mail first."))
            raise Conflict("comment.closed", _("This proposal is no longer discussed."))
        if parent is not None and parent.hidden:
            raise Conflict("comment.hidden", _("This comment was hidden and cannot be answered."))
        said = Comment(measure=measure, author=acting, text=text.strip(), stance=stance, parent=parent)
        check(said)
        said.save(force_insert=True)
        recount(measure)
        event = events.record("comment.made", said, acting=acting, public=False, measure=measure.ref, stance=stance)
        ref = measure.ref
        people = [*authors(measure), *([parent.author] if parent else [])]
        notify.tell(
            event, people, subject=lambda: _("There is a new comment on %(ref)s.") % {"ref": ref},
            body=said.text, link=f"{measure.get_absolute_url()}#c-{said.pk}",
        )  # fmt: skip
    return said


def flag(*, acting: Person, measure: Measure, about: Comment | None = None) -> Flag:
    """Ask the moderators to look at a comment, or at the measure itself; once a person and text."""
    if not takes_part(acting):
        raise Forbidden("flag.level", _("Confirm your phone or e-mail first."))
    if about is not None and (about.measure_id != measure.pk or not may_see_comment(acting, about)):
        raise Missing("comment.missing", _("There is no such comment."))
    limits.count("comment", str(acting.pk))
    with transaction.atomic():
        made, new = Flag.objects.get_or_create(measure=measure, comment=about, person=acting)
        if new:
            events.record("measure.flagged", measure, acting=acting, comment=about.pk if about else None)
    return made


def recount(measure: Measure) -> None:
    """Set the number of shown comments of a locked measure to what the table says."""
    measure.comments_count = measure.comments.filter(hidden=False).count()
    measure.save(update_fields=["comments_count"])
