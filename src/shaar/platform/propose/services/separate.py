"""Undoing a join of two measures that asked for different things after all: each gets back what was its own."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from shaar.platform.accounts.models import Person
from shaar.platform.kernel import events, notify
from shaar.platform.kernel.errors import Conflict, Forbidden, Invalid
from shaar.platform.kernel.models import Event
from shaar.platform.places.calendar import add_work_days

from ..models import Comment, Credit, Flag, Measure
from ..policies.measure import may_merge
from ..selectors.measure import authors
from ..states import YOUNG
from . import comment as comments
from . import support as supports
from .measure import move, reach


def separate(*, acting: Person, measure: Measure, reason: str) -> Measure:
    """Take ``measure`` out of the one it was joined to.

    Its supporters, its authors and its talk come back, with answers given to that talk since. Who has come to the
    other one since stays there; who has taken the support back meanwhile is behind neither. It gathers support again,
    or, if it was with the office, its term begins anew.

    Raises
    ------
    Forbidden, Conflict, Invalid
        Not an officer of both places; not joined (any more), joined in a chain, or the other one is answered or
        hidden; no reason.
    """
    if len(reason.strip()) < 10:
        raise Invalid("separate.reason", _("Please give the reason in a sentence."), field="reason")
    with transaction.atomic():
        into = Measure.objects.get(pk=measure.pk).merged_into
        numbers = [measure.pk, *([into.pk] if into else [])]
        locked = {m.pk: m for m in Measure.objects.select_for_update().filter(pk__in=numbers).order_by("pk")}
        measure = locked[measure.pk]
        if into is None or measure.status != Measure.Status.MERGED or measure.merged_into_id != into.pk:
            raise Conflict("separate.state", _("%(ref)s is not joined with another one.") % {"ref": measure.ref})
        into = locked[into.pk]
        if not may_merge(acting, measure, into):
            raise Forbidden("separate.closed", _("Only officers of both places may separate these."))
        if into.hidden or into.status not in YOUNG:
            raise Conflict("separate.late", _("%(ref)s is answered or hidden already.") % {"ref": into.ref})
        joined = Event.objects.filter(verb="measure.merged", object_id=measure.pk).order_by("-seq").first()
        first = joined.data.get("into") if joined else into.ref
        if first != into.ref:
            raise Conflict(
                "separate.chain",
                _("%(ref)s was joined with %(first)s, and that one with %(into)s. Separate %(first)s first.")
                % {"ref": measure.ref, "first": first, "into": into.ref},
            )
        origins = [measure.pk, *measure.credits.values_list("merged_id", flat=True)]
        people = [*authors(measure), *authors(into)]
        _give_back_supports(measure, into)
        _give_back_talk(measure, into, origins)
        Credit.objects.filter(measure=into, merged_id__in=origins).delete()
        Measure.objects.filter(pk__in=origins[1:], merged_into=into).update(merged_into=measure)
        _reopen(measure, with_office=bool(joined and joined.data.get("was") == Measure.Status.REVIEW))
        comments.recount(measure)
        comments.recount(into)
        supports.recount(measure)
        supports.recount(into)
        why = reason.strip()[:500]
        events.record(
            "measure.separated", measure, acting=acting, public=True, into=into.ref, title=into.title, reason=why
        )
        event = events.record(
            "measure.left", into, acting=acting, public=True, ref=measure.ref, title=measure.title,
            supports=into.supports_count, reason=why,
        )  # fmt: skip
        reach(measure)
        gone, kept = measure.ref, into.ref
        notify.tell(
            event, people,
            subject=lambda: _("%(gone)s is a proposal of its own again, apart from %(kept)s.")
            % {"gone": gone, "kept": kept},
            body=why, link=measure.get_absolute_url(),
        )  # fmt: skip
    return measure


def _give_back_supports(measure: Measure, into: Measure) -> None:
    still = into.supports.values("person")
    measure.supports.exclude(person__in=still).exclude(person=measure.author_id).delete()
    into.supports.filter(carried_from=measure).delete()


def _give_back_talk(measure: Measure, into: Measure, origins: list[UUID]) -> None:
    """Comments that came along, and answers written to them since."""
    own = set(Comment.objects.filter(measure=into, moved_from__in=origins).values_list("pk", flat=True))
    own |= set(Comment.objects.filter(measure=into, parent__in=own).values_list("pk", flat=True))
    Comment.objects.filter(pk__in=own).update(measure=measure)
    Comment.objects.filter(measure=measure, moved_from=measure).update(moved_from=None)
    Flag.objects.filter(comment__in=own).update(measure=measure)


def _reopen(measure: Measure, *, with_office: bool) -> None:
    move(measure, Measure.Status.REVIEW if with_office else Measure.Status.OPEN)
    measure.merged_into, measure.due = None, None
    if with_office:
        days = measure.process.answer_days if measure.process else 14
        measure.due = add_work_days(timezone.localdate(), days)
    measure.save(update_fields=["status", "status_at", "merged_into", "due"])
