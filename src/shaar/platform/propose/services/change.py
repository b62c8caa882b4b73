"""What a proposal means for the model of the city: the typed change that an officer has made of it."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from shaar.platform.accounts.models import Person
from shaar.platform.kernel import events, notify
from shaar.platform.kernel.errors import Conflict, Forbidden

from ..models import Measure
from ..policies.measure import OFFICERS, works_here
from ..selectors.measure import authors


def set_change(
    *, acting: Person, measure: Measure, change: dict[str, Any], seen: dict[str, Any] | None, said: dict[str, str]
) -> Measure:
    """Keep the typed change of a measure; the change itself was checked by the room that knows the engine.

    Parameters
    ----------
    change
        Plain data of one change of `shaar.engine.measures`.
    seen
        The change that the officer had before her (None: there was none).
    said
        The change as a sentence in each language, for the story.

    Raises
    ------
    Forbidden, Conflict
        Not an officer of the place; somebody else has made a change of it meanwhile; withdrawn or joined.
    """
    with transaction.atomic():
        measure = Measure.objects.select_for_update(of=("self",)).get(pk=measure.pk)
        if not works_here(acting, measure, *OFFICERS):
            raise Forbidden("change.not_office", _("Only officers of the place say what a proposal means."))
        if measure.status in (Measure.Status.MERGED, Measure.Status.WITHDRAWN):
            raise Conflict("change.state", _("This proposal was withdrawn or joined with another."))
        if measure.change != seen:
            raise Conflict("change.seen", _("Somebody else has said meanwhile what this proposal means."))
        if measure.change == change:
            return measure
        measure.change = change
        measure.save(update_fields=["change"])
        event = events.record("measure.typed", measure, acting=acting, public=True, kind=change["type"], said=said)
        ref = measure.ref
        notify.tell(
            event, authors(measure),
            subject=lambda: _("%(ref)s: an officer has put it before the model of the city.") % {"ref": ref},
            link=f"{measure.get_absolute_url()}#effects",
        )  # fmt: skip
    return measure
