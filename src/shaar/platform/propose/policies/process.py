"""What the phases of a process open today, and the sentence for what they do not."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from shaar.platform.accounts.policies import has_role
from shaar.platform.kernel.errors import Conflict

from ..models import Feature, Phase, Process

MANAGERS = ("mayor", "admin")


def phases_open(process: Process, at: datetime | None = None) -> list[Phase]:
    """Phases that run at a moment (None: now)."""
    at = at or timezone.now()
    return [p for p in process.phases.all() if p.since <= at and (p.until is None or at < p.until)]


def feature_open(process: Process | None, feature: str, at: datetime | None = None) -> bool:
    """Whether a phase that runs now opens this; what belongs to no process is closed by none."""
    if process is None:
        return feature != Feature.PROPOSE
    return process.published and any(feature in phase.features for phase in phases_open(process, at))


def require_feature(process: Process | None, feature: str) -> None:
    """Refuse (`Conflict`) what no phase opens now, saying since when or from when."""
    if feature_open(process, feature):
        return
    now = timezone.now()
    phases = [] if process is None else [p for p in process.phases.all() if feature in p.features]
    coming = min((p.since for p in phases if p.since > now), default=None)
    gone = max((p.until for p in phases if p.until is not None and p.until <= now), default=None)
    if coming is not None:
        raise Conflict("process.not_yet", _("This opens on %(day)s.") % {"day": _day(coming)})
    if gone is not None:
        raise Conflict("process.closed", _("This closed on %(day)s.") % {"day": _day(gone)})
    raise Conflict("process.closed", _("This is not open."))


def _day(moment: datetime) -> str:
    return formats.date_format(timezone.localtime(moment), "DATETIME_FORMAT")


def may_manage(person: Any) -> bool:
    """Whether she may make processes and set their phases."""
    return has_role(person, *MANAGERS)


def processes_visible_to(viewer: Any) -> QuerySet[Process]:
    """Published ones; managers see all."""
    return Process.objects.all() if may_manage(viewer) else Process.objects.filter(Q(published=True))
