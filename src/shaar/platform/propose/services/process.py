"""Making a process and setting its phases."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from shaar.platform.accounts.models import Person
from shaar.platform.kernel import events
from shaar.platform.kernel.errors import Forbidden
from shaar.platform.places.models import Territory

from ..checking import check
from ..models import Phase, Process, Threshold
from ..policies.process import may_manage

PROCESS_FIELDS = (
    "names", "about", "territory", "kinds", "threshold", "answer_days", "appeal_days", "level", "published", "example",
)  # fmt: skip


def make_process(*, acting: Person, slug: str, **fields: Any) -> Process:
    """Make a process without phases: nothing is open in it yet."""
    return _write(acting, Process(slug=slug), fields, "process.made")


def change_process(*, acting: Person, process: Process, **fields: Any) -> Process:
    """Change what a process says or asks for."""
    return _write(acting, Process.objects.get(pk=process.pk), fields, "process.changed")


def _write(acting: Person, process: Process, fields: dict[str, Any], verb: str) -> Process:
    _require_manager(acting)
    if unknown := set(fields) - set(PROCESS_FIELDS):
        raise TypeError(f"a process has no {', '.join(sorted(unknown))}")
    with transaction.atomic():
        for name, value in fields.items():
            setattr(process, name, value)
        check(process)
        process.save()
        events.record(
            verb, process, acting=acting, public=process.published, names=process.names, fields=sorted(fields)
        )
    return process


def set_phase(
    *,
    acting: Person,
    process: Process,
    names: dict[str, str],
    since: datetime,
    until: datetime | None,
    features: Iterable[str],
    about: dict[str, str] | None = None,
    phase: Phase | None = None,
) -> Phase:
    """Add a phase, or change one."""
    _require_manager(acting)
    with transaction.atomic():
        row = Phase.objects.select_for_update().get(pk=phase.pk, process=process) if phase else Phase(process=process)
        row.names, row.about, row.since, row.until = names, about or {}, since, until
        row.features = sorted(set(features))
        check(row)
        row.save()
        events.record(
            "process.phase_set", process, acting=acting, public=process.published, names=names, since=since,
            until=until, features=row.features,
        )  # fmt: skip
    return row


def set_threshold(*, acting: Person, process: Process, territory: Territory, needed: int) -> Threshold:
    """Ask for another number of supports in a territory and all inside it."""
    _require_manager(acting)
    with transaction.atomic():
        row = Threshold.objects.filter(process=process, territory=territory).first() or Threshold(
            process=process, territory=territory
        )
        row.needed = needed
        check(row)
        row.save()
        events.record(
            "process.threshold_set", process, acting=acting, public=True, place=territory.names, needed=needed
        )
    return row


def _require_manager(acting: Person) -> None:
    if not may_manage(acting):
        raise Forbidden("process.closed", _("Only the mayor's office sets up processes."))
