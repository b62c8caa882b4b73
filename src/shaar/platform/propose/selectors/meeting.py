"""What people read of round tables and plans."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from shaar.platform.kernel.errors import Missing
from shaar.platform.places import selectors as places
from shaar.platform.places.models import Territory

from ..models import Attendance, Meeting, Plan, PlanItem
from ..policies.meeting import plans_visible_to


def meetings(*, viewer: Any, territory: Territory | None = None, when: str = "") -> QuerySet[Meeting]:
    """Round tables, newest first; ``when``: "coming" (soonest first), "past" or both."""
    found = Meeting.objects.select_related("territory", "host")
    if territory is not None:
        found = found.filter(territory__in=places.within(territory))
    if when == "coming":
        return found.filter(status=Meeting.Status.PLANNED, ends_at__gte=timezone.now()).order_by("starts_at", "ref")
    if when == "past":
        found = found.exclude(status=Meeting.Status.PLANNED, ends_at__gte=timezone.now())
    return found.order_by("-starts_at", "ref")


def meeting(*, viewer: Any, ref: str) -> Meeting:
    """One round table.

    Raises
    ------
    Missing
        There is none with this number.
    """
    found = Meeting.objects.select_related("territory", "host", "process").filter(ref=ref.upper()).first()
    if found is None:
        raise Missing("meeting.missing", "There is no such round table.")
    return found


def present_by_side(one: Meeting) -> list[tuple[str, int, int]]:
    """(side in words, invited, present) for each side that was invited; names are shown at the desk only."""
    counts = {
        row["side"]: (row["invited"], row["came"])
        for row in one.attendance.values("side").annotate(invited=Count("pk"), came=Count("pk", filter=Q(present=True)))
    }
    return [(str(label), *counts[side]) for side, label in Attendance.Side.choices if side in counts]


def plans(*, viewer: Any, territory: Territory | None = None) -> QuerySet[Plan]:
    """Plans that the viewer may see, newest first."""
    found = plans_visible_to(viewer).select_related("territory")
    if territory is not None:
        found = found.filter(territory__in=places.within(territory))
    return found.annotate(
        all_items=Count("items"), done_items=Count("items", filter=Q(items__status=PlanItem.Status.DONE))
    ).order_by("-made_at", "ref")


def plan(*, viewer: Any, ref: str) -> Plan:
    """One plan.

    Raises
    ------
    Missing
        There is none, or it is still a draft of others.
    """
    found = plans_visible_to(viewer).select_related("territory", "meeting", "process").filter(ref=ref.upper()).first()
    if found is None:
        raise Missing("plan.missing", "There is no such plan.")
    return found


@dataclass(frozen=True, slots=True)
class PlanTotals:
    """A plan in figures: items by state, late ones, money by source (None: not yet known for any item)."""

    items: int
    done: int
    in_work: int
    late: int
    money: dict[str, Decimal]
    unpriced: int

    @property
    def done_share(self) -> int:
        """Percent of items done, rounded down, so that 100 means all."""
        return 100 * self.done // self.items if self.items else 0


def totals(items: list[PlanItem]) -> PlanTotals:
    """Count a plan's items; dropped ones count neither as items nor as money."""
    kept = [item for item in items if item.status != PlanItem.Status.DROPPED]
    money: dict[str, Decimal] = {}
    for item in kept:
        if item.cost is not None:
            money[item.source] = money.get(item.source, Decimal(0)) + item.cost
    return PlanTotals(
        items=len(kept),
        done=sum(item.status == PlanItem.Status.DONE for item in kept),
        in_work=sum(item.status == PlanItem.Status.IN_WORK for item in kept),
        late=sum(item.late for item in kept),
        money=money,
        unpriced=sum(item.cost is None for item in kept),
    )


def items_of(one: Plan) -> list[PlanItem]:
    """Items in order, with their measures and owners."""
    return list(one.items.select_related("measure", "measure__territory", "owner").order_by("number"))
