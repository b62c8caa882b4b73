"""Alternatives: save what would be different; who comes second is told so and loses nothing."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from shaar.platform.accounts.models import Person
from shaar.platform.kernel import events
from shaar.platform.kernel.errors import Conflict, Invalid
from shaar.platform.propose.checking import check

from ..models import Alternative, Study
from ..scenarios import canonical, scenario_of
from .study import locked, require_editor


def save_alternative(
    *,
    acting: Person,
    study: Study,
    changes: list[dict[str, Any]],
    name: str,
    expected_version: int | None = None,
    alternative: Alternative | None = None,
    note: str = "",
    base: Alternative | None = None,
) -> Alternative:
    """Save a new alternative (``alternative`` None), or other changes, name or note of one.

    Saved again as it is, nothing happens: neither its version nor its log grows.

    Parameters
    ----------
    changes
        Typed changes in their order, as plain data.
    expected_version
        The version that the editor began from; needed for an alternative that exists.
    base
        The alternative that it is compared with; None: the network as it stands.

    Raises
    ------
    Forbidden, Conflict, Invalid
        Not an appraiser; closed, or saved by somebody else meanwhile (``alternative.stale``); changes that the engine
        does not know, a name that is taken.
    """
    scenario = scenario_of(name.strip(), changes)
    with transaction.atomic():
        study = locked(study)
        require_editor(acting, study)
        row = _begun(study) if alternative is None else _known(study, alternative, expected_version)
        if base is not None and (base.study_id != study.pk or _in_circle(row, base)):
            raise Invalid("alternative.base", _("Choose another alternative to compare with."), field="base")
        if study.alternatives.exclude(pk=row.pk).filter(name=name.strip()).exists():
            raise Invalid("alternative.name", _("There is an alternative with this name already."), field="name")
        before = (row.name, row.note, row.changes, row.base_id)
        row.name, row.note, row.base = name.strip(), note.strip(), base
        row.changes, row.scenario_hash = canonical(scenario), scenario.hash
        if alternative is not None and before == (row.name, row.note, row.changes, row.base_id):
            return row
        # A new name or note changes no figure, so what was computed stays that of this version.
        if alternative is not None and before[2:] != (row.changes, row.base_id):
            row.version += 1
        row.saved_by, row.saved_at = acting, timezone.now()
        check(row)
        row.save(force_insert=alternative is None)
        verb = "alternative.made" if alternative is None else "alternative.saved"
        events.record(verb, study, acting=acting, name=row.name, version=row.version, changes=len(row.changes))
    return row


def _begun(study: Study) -> Alternative:
    last = study.alternatives.aggregate(last=Max("number"))["last"] or 0
    return Alternative(study=study, number=last + 1)


def _known(study: Study, alternative: Alternative, expected: int | None) -> Alternative:
    row = study.alternatives.select_for_update().filter(pk=alternative.pk).first()
    if row is None:
        raise Invalid("alternative.missing", _("This alternative belongs to another study."))
    if expected != row.version:
        raise Conflict(
            "alternative.stale",
            _("%(who)s has saved this alternative meanwhile. What you changed is still here: look at both.")
            % {"who": row.saved_by.public_name},
        )
    return row


def _in_circle(row: Alternative, base: Alternative | None) -> bool:
    """Whether comparing with ``base`` would lead back to the alternative itself."""
    seen = set()
    while base is not None and base.pk not in seen:
        if base.pk == row.pk:
            return True
        seen.add(base.pk)
        base = base.base
    return False
