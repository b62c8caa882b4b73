"""Standing behind a measure, and no longer."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from shaar.platform.accounts.models import Person
from shaar.platform.kernel import events, limits
from shaar.platform.kernel.errors import Conflict, Forbidden

from ..models import Feature, Measure, Support
from ..policies.measure import may_enter_for_others, may_support, takes_part
from ..policies.process import require_feature
from ..states import YOUNG
from .measure import reach


def support(*, acting: Person, measure: Measure, on_behalf_of: Person | None = None) -> Measure:
    """Count a person behind a measure; asked again, it changes nothing.

    Raises
    ------
    Forbidden, Conflict, TooMany
        Not proven, or hidden; closed today, or answered already; too often in an hour.
    """
    person = on_behalf_of or acting
    helping = person.pk != acting.pk
    if helping and not may_enter_for_others(acting):
        raise Forbidden("support.not_operator", _("Only an operator may support for somebody else."))
    if not helping:
        limits.count("vote", str(acting.pk))
    with transaction.atomic():
        rows = Measure.objects.select_for_update(of=("self",)).select_related("process", "territory")
        measure = rows.get(pk=measure.pk)
        require_feature(measure.process, Feature.SUPPORT)
        _check_young(measure)
        if not (may_support(person, measure) or (helping and not measure.hidden)):
            if not takes_part(person, measure.process):
                raise Forbidden(
                    "support.level", _("Confirm your phone or e-mail first: supports are counted by person.")
                )
            raise Forbidden("support.closed", _("This proposal cannot be supported."))
        _row, new = Support.objects.get_or_create(measure=measure, person=person)
        if new:
            recount(measure)
            events.record(
                "measure.supported", measure, acting=acting, on_behalf_of=person if helping else None,
                supports=measure.supports_count,
            )  # fmt: skip
            reach(measure)
    return measure


def unsupport(*, acting: Person, measure: Measure) -> Measure:
    """Take one's support back while supports are counted; the author's stands as long as the proposal does."""
    with transaction.atomic():
        measure = Measure.objects.select_for_update().get(pk=measure.pk)
        require_feature(measure.process, Feature.SUPPORT)
        _check_young(measure)
        if acting.pk == measure.author_id:
            raise Forbidden("support.author", _("You are its author. To take it back, withdraw the proposal."))
        gone, _rows = Support.objects.filter(measure=measure, person=acting).delete()
        if gone:
            recount(measure)
            events.record("measure.unsupported", measure, acting=acting, supports=measure.supports_count)
    return measure


def recount(measure: Measure) -> None:
    """Set the number of supporters of a locked measure to what the table says."""
    measure.supports_count = measure.supports.count()
    measure.save(update_fields=["supports_count"])


def _check_young(measure: Measure) -> None:
    if measure.status == Measure.Status.MERGED:
        raise Conflict("support.merged", _("This proposal was joined with another. Support that one."))
    if measure.status not in YOUNG:
        raise Conflict("support.answered", _("This proposal has its answer; supports are no longer counted."))
