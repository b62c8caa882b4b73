"""What people read of the register of hazards."""

from __future__ import annotations

from typing import Any

from django.db.models import F, QuerySet

from shaar.platform.kernel.errors import Missing
from shaar.platform.places.models import Territory

from ..models import Hazard
from ..policies import hazard as policies

#: What the open data tell of a hazard; no person is among it.
PUBLIC_FIELDS = (
    "ref",
    "kind",
    "title",
    "text",
    "address",
    "status",
    "severity",
    "likelihood",
    "reported_at",
    "review_on",
)


def hazards(*, viewer: Any, kind: str = "", territory: Territory | None = None, status: str = "") -> QuerySet[Hazard]:
    """Hazards that the viewer may see: the gravest first, then the newest."""
    found = policies.hazards_visible_to(viewer).select_related("territory", "owner", "measure")
    if kind:
        found = found.filter(kind=kind)
    if status:
        found = found.filter(status=status)
    if territory is not None:
        found = found.filter(territory__path__startswith=territory.path)
    return found.order_by((F("severity") * F("likelihood")).desc(nulls_last=True), "-reported_at", "pk")


def hazard(*, viewer: Any, ref: str) -> Hazard:
    """One hazard.

    Raises
    ------
    Missing
        There is none, or none that the viewer may know of.
    """
    found = policies.hazards_visible_to(viewer).select_related("territory", "owner", "measure").filter(ref=ref).first()
    if found is None:
        raise Missing("hazard.missing", "There is no such hazard.")
    return found


def to_judge(*, viewer: Any) -> QuerySet[Hazard]:
    """The officer's queue: reports to check first, oldest on top, then hazards whose review is due."""
    return (
        policies.judged_by(viewer)
        .exclude(status__in=(Hazard.Status.REJECTED, Hazard.Status.RESOLVED))
        .select_related("territory", "owner")
        .order_by(F("severity").asc(nulls_first=True), "review_on", "reported_at")
    )


def public_row(one: Hazard) -> dict[str, Any]:
    """A hazard as the open data tell it."""
    row: dict[str, Any] = {name: getattr(one, name) for name in PUBLIC_FIELDS}
    return {
        **row,
        "risk": one.risk,
        "level": one.level,
        "territory": one.territory.code if one.territory else "",
        "measure": one.measure.ref if one.measure else "",
    }
