"""Joint action plans: make, fill from measures, adopt, report how far they are."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from shaar.platform.accounts.models import Organisation, Person
from shaar.platform.kernel import events
from shaar.platform.kernel.errors import Conflict, Forbidden, Invalid
from shaar.platform.kernel.once import once
from shaar.platform.kernel.references import next_reference
from shaar.platform.kernel.states import Moves
from shaar.platform.places.models import Territory

from ..checking import check
from ..models import Measure, Meeting, Plan, PlanItem, Process
from ..policies.meeting import may_adopt, may_plan, may_report

_P, _I = Plan.Status, PlanItem.Status
MOVES = Moves({_P.DRAFT: (_P.ADOPTED,), _P.ADOPTED: (_P.CLOSED,)})
#: What an item may become by a report.
ITEM_MOVES = Moves(
    {
        _I.PLANNED: (_I.PLANNED, _I.IN_WORK, _I.DONE, _I.DROPPED),
        _I.IN_WORK: (_I.IN_WORK, _I.DONE, _I.DROPPED),
        _I.DONE: (_I.IN_WORK,),
        _I.DROPPED: (_I.PLANNED,),
    }
)


def make_plan(
    *,
    acting: Person,
    title: str,
    territory: Territory,
    process: Process | None = None,
    meeting: Meeting | None = None,
    once_key: UUID | str | None = None,
) -> Plan:
    """Begin a plan as a draft; with a meeting, its agreed measures are the first to choose from."""
    if not may_plan(acting, territory):
        raise Forbidden("plan.make", _("Officers of the place make joint action plans."))

    def make() -> Plan:
        plan = Plan(title=title.strip(), territory=territory, process=process, meeting=meeting, made_by=acting)
        with transaction.atomic():
            plan.ref = next_reference("J")
            check(plan)
            plan.save()
            events.record("plan.made", plan, acting=acting, ref=plan.ref, title=plan.title)
        return plan

    return once(once_key, acting, Plan, make)


def set_item(
    *,
    acting: Person,
    plan: Plan,
    measure: Measure,
    owner: Organisation,
    term: date,
    source: str,
    cost: Decimal | None = None,
    reason: str = "",
) -> PlanItem:
    """Add a measure to a plan, or change its owner, term, money or source.

    An adopted plan changes only with a reason, which everybody reads.
    """
    with transaction.atomic():
        row = Plan.objects.select_for_update().get(pk=plan.pk)
        if not may_plan(acting, row.territory):
            raise Forbidden("plan.change", _("Officers of the place keep this plan."))
        if row.status == _P.CLOSED:
            raise Conflict("plan.closed", _("This plan is closed."))
        if row.status == _P.ADOPTED and len(reason.strip()) < 5:
            raise Invalid("plan.reason", _("An adopted plan changes only with a reason."), field="reason")
        item = row.items.filter(measure=measure).first()
        before = _facts(item) if item else {}
        if item is None:
            item = PlanItem(plan=row, measure=measure, number=row.items.count() + 1)
        item.owner, item.term, item.source, item.cost = owner, term, source, cost
        check(item)
        item.save()
        adopted = row.status == _P.ADOPTED
        events.record(
            "plan.item_changed" if before else "plan.item_added", row, acting=acting, public=adopted,
            measure=measure.ref, title=measure.title, before=before, after=_facts(item), reason=reason.strip(),
        )  # fmt: skip
        if adopted and not before:
            events.record("measure.planned", measure, acting=acting, public=True, plan=row.ref, term=term)
    return item


def _facts(item: PlanItem) -> dict[str, Any]:
    return {"owner": str(item.owner_id), "term": item.term, "source": item.source, "cost": item.cost}


def adopt_plan(*, acting: Person, plan: Plan, seen_items: int | None = None) -> Plan:
    """Adopt a plan: it is public from now on. ``seen_items``: how many items the signer had before her eyes."""
    with transaction.atomic():
        row = Plan.objects.select_for_update().get(pk=plan.pk)
        if not may_adopt(acting, row):
            raise Forbidden("plan.adopt", _("A head of office or the mayor's office adopts it, not who drafted it."))
        MOVES.check(row.status, _P.ADOPTED)
        items = list(row.items.select_related("measure"))
        if not items:
            raise Invalid("plan.empty", _("There is nothing in this plan yet."))
        if seen_items is not None and seen_items != len(items):
            raise Conflict("plan.changed", _("The plan was changed meanwhile. Please read it again."))
        row.status, row.adopted_on = _P.ADOPTED, timezone.localdate()
        check(row)
        row.save()
        events.record("plan.adopted", row, acting=acting, public=True, ref=row.ref, title=row.title, items=len(items))
        for item in items:
            events.record("measure.planned", item.measure, acting=acting, public=True, plan=row.ref, term=item.term)
    return row


def report_item(
    *, acting: Person, item: PlanItem, status: str, progress: int, note: str, seen_status: str | None = None
) -> PlanItem:
    """Say how far an item is, in a sentence; done is 100 %."""
    with transaction.atomic():
        row = PlanItem.objects.select_for_update().select_related("plan", "measure").get(pk=item.pk)
        if not may_report(acting, row.plan):
            raise Forbidden("plan.report", _("Those who keep this plan report its progress."))
        if row.plan.status != _P.ADOPTED:
            raise Conflict("plan.not_adopted", _("Progress is reported once the plan is adopted."))
        if seen_status is not None and seen_status != row.status:
            raise Conflict("plan.item_changed", _("Somebody else has reported meanwhile. Please look again."))
        ITEM_MOVES.check(row.status, status)
        if len(note.strip()) < 5:
            raise Invalid("plan.note", _("Please say in a sentence what was done."), field="note")
        if status == _I.IN_WORK and progress >= 100:
            raise Invalid("plan.progress", _("What is 100 % done is done."), field="progress")
        row.status, row.note, row.reported_at = status, note.strip(), timezone.now()
        row.progress = 100 if status == _I.DONE else progress
        check(row)
        row.save()
        facts = {"number": row.number, "title": row.measure.title, "progress": row.progress, "note": row.note}
        events.record("plan.reported", row.plan, acting=acting, public=True, state=row.status, **facts)
        events.record("measure.reported", row.measure, acting=acting, public=True, plan=row.plan.ref, **facts)
    return row


def close_plan(*, acting: Person, plan: Plan) -> Plan:
    """Close an adopted plan; it stays readable."""
    with transaction.atomic():
        row = Plan.objects.select_for_update().get(pk=plan.pk)
        if not may_adopt(acting, row):
            raise Forbidden("plan.close", _("A head of office or the mayor's office closes it, not who drafted it."))
        MOVES.check(row.status, _P.CLOSED)
        row.status = _P.CLOSED
        row.save()
        events.record("plan.closed", row, acting=acting, public=True, ref=row.ref)
    return row
