"""Hiding a text for a public reason, showing it again, and another look at it when its writer asks."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from shaar.platform.accounts.models import Person
from shaar.platform.kernel import events, notify
from shaar.platform.kernel.errors import Conflict, Forbidden, Invalid

from ..checking import check
from ..models import Comment, Flag, Measure, Moderation
from ..policies.measure import may_moderate
from ..reasons import check_reason, reason_words
from .comment import recount


def hide(
    *, acting: Person, reason: str, words: str = "", measure: Measure | None = None, comment: Comment | None = None
) -> Moderation:
    """Hide a comment, or the words of a measure; everybody sees the reason, the writer is told.

    Raises
    ------
    Forbidden, Conflict, Invalid
        Not a moderator here, or her own text; hidden already; a reason that is not in the table.
    """
    return _act(acting, Moderation.Act.HIDDEN, reason, words, measure, comment)


def show(
    *, acting: Person, reason: str, words: str = "", measure: Measure | None = None, comment: Comment | None = None
) -> Moderation:
    """Show a hidden text again."""
    return _act(acting, Moderation.Act.SHOWN, reason, words, measure, comment)


def dismiss(*, acting: Person, measure: Measure, comment: Comment | None = None) -> int:
    """Leave a flagged text as it is; its flags are settled."""
    if not may_moderate(acting, measure):
        raise Forbidden("moderation.closed", _("Only officers of the place moderate here."))
    with transaction.atomic():
        settled = _settle(measure, comment)
        if settled:
            events.record(
                "measure.flags_dismissed",
                measure,
                acting=acting,
                comment=comment.pk if comment else None,
                flags=settled,
            )
    return settled


def _act(
    acting: Person, act: str, reason: str, words: str, measure: Measure | None, comment: Comment | None
) -> Moderation:
    if (measure is None) == (comment is None):
        raise TypeError("one of measure and comment is moderated")
    check_reason("moderation", reason)
    with transaction.atomic():
        about = Measure.objects.select_for_update().get(pk=comment.measure_id if comment else measure.pk)  # type: ignore[union-attr]
        said = Comment.objects.select_for_update().get(pk=comment.pk) if comment else None
        if not may_moderate(acting, about):
            raise Forbidden("moderation.closed", _("Only officers of the place moderate here."))
        writer = said.author if said else about.author
        if writer.pk == acting.pk:
            raise Forbidden("moderation.own", _("Your own text is moderated by somebody else."))
        text = said or about
        if text.hidden == (act == Moderation.Act.HIDDEN):
            raise Conflict("moderation.done", _("Somebody was first: this text is in that state already."))
        row = apply_act(act, reason=reason, words=words, by=acting, about=about, said=said)
        event = events.record(
            f"{'comment' if said else 'measure'}.{act}", about, acting=acting, public=True, code=reason,
            reason=row.words, comment=said.pk if said else None,
        )  # fmt: skip
        ref, hidden = about.ref, act == Moderation.Act.HIDDEN

        def subject() -> str:
            if hidden:
                return _("Your text on %(ref)s was hidden: %(why)s") % {
                    "ref": ref, "why": reason_words("moderation", reason)
                }  # fmt: skip
            return _("Your text on %(ref)s is shown again.") % {"ref": ref}

        def body() -> str:
            appeal = _("If you do not agree, you can appeal on this page.") if hidden else ""
            return "\n\n".join(part for part in (row.words, appeal) if part)

        notify.tell(event, [writer], subject=subject, body=body, link=f"/moderation/{row.pk}/")
    return row


def apply_act(act: str, *, reason: str, words: str, by: Person, about: Measure, said: Comment | None) -> Moderation:
    """Write the row and set the text's state; rows are locked and rights checked by the caller."""
    if len(words) > 500:
        raise Invalid("moderation.words", _("Please keep the explanation under 500 letters."), field="words")
    row = Moderation(measure=None if said else about, comment=said, act=act, reason=reason, words=words.strip(), by=by)
    check(row)
    row.save(force_insert=True)
    text = said or about
    text.hidden = act == Moderation.Act.HIDDEN
    text.save(update_fields=["hidden"])
    if said:
        recount(about)
    _settle(about, said)
    return row


def _settle(measure: Measure, comment: Comment | None) -> int:
    flags = Flag.objects.filter(measure=measure, comment=comment, settled_at__isnull=True)
    return flags.update(settled_at=timezone.now())
