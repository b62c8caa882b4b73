"""Joining measures that ask for the same: nobody behind either is lost, nobody counts twice."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from shaar.platform.accounts.models import Person
from shaar.platform.kernel import events, notify
from shaar.platform.kernel.errors import Conflict, Forbidden, Invalid

from ..models import Comment, Credit, Flag, Measure, Support
from ..policies.measure import may_merge
from ..selectors.measure import authors
from ..states import YOUNG
from . import comment as comments
from . import support as supports
from .measure import move, reach


def merge(*, acting: Person, measure: Measure, into: Measure) -> Measure:
    """Join ``measure`` to ``into``, which carries on with all its supporters, its authors and its talk.

    The joined one stays readable and points to the other.

    Raises
    ------
    Forbidden, Conflict, Invalid
        Not an officer of both places; one of them is answered or joined already; the same one twice.
    """
    if measure.pk == into.pk:
        raise Invalid("merge.same", _("A proposal cannot be joined with itself."), field="into")
    with transaction.atomic():
        # In the order of their numbers, so that two officers who join the other way round do not wait for each other.
        locked = {
            m.pk: m for m in Measure.objects.select_for_update().filter(pk__in=(measure.pk, into.pk)).order_by("pk")
        }
        measure, into = locked[measure.pk], locked[into.pk]
        if not may_merge(acting, measure, into):
            raise Forbidden("merge.closed", _("Only officers of both places may join these."))
        for one in (measure, into):
            if one.hidden or one.status not in YOUNG:
                raise Conflict("merge.state", _("%(ref)s is answered, joined or hidden already.") % {"ref": one.ref})
        _carry_supports(measure, into)
        _carry_credit(measure, into)
        Comment.objects.filter(measure=measure, moved_from__isnull=True).update(moved_from=measure)
        Flag.objects.filter(measure=measure, comment__isnull=False).update(measure=into)
        Comment.objects.filter(measure=measure).update(measure=into)
        Measure.objects.filter(merged_into=measure).update(merged_into=into)
        was = measure.status
        move(measure, Measure.Status.MERGED)
        measure.merged_into, measure.due = into, None
        measure.save(update_fields=["status", "status_at", "merged_into", "due"])
        comments.recount(measure)
        comments.recount(into)
        supports.recount(into)
        events.record("measure.merged", measure, acting=acting, public=True, into=into.ref, title=into.title, was=was)
        event = events.record(
            "measure.joined", into, acting=acting, public=True, ref=measure.ref, title=measure.title,
            supports=into.supports_count,
        )  # fmt: skip
        reach(into)
        gone, kept = measure.ref, into.ref
        notify.tell(
            event, [*authors(measure), *authors(into)],
            subject=lambda: _("%(gone)s was joined with %(kept)s; all supporters count there.")
            % {"gone": gone, "kept": kept},
            link=into.get_absolute_url(),
        )  # fmt: skip
    return into


def _carry_supports(measure: Measure, into: Measure) -> None:
    there = set(into.supports.values_list("person_id", flat=True))
    Support.objects.bulk_create(
        Support(measure=into, person_id=row.person_id, at=row.at, carried_from=measure)
        for row in measure.supports.order_by("at")
        if row.person_id not in there
    )


def _carry_credit(measure: Measure, into: Measure) -> None:
    """The author, and those that were joined to it before."""
    rows = [(measure.author_id, measure.pk), *measure.credits.values_list("person_id", "merged_id")]
    Credit.objects.bulk_create(
        (Credit(measure=into, person_id=person, merged_id=merged) for person, merged in rows), ignore_conflicts=True
    )
