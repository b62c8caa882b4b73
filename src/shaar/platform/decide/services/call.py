"""Preparing a call: programme, lots, criteria; announcing it. From the moment it opens nothing of it changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from shaar.platform.accounts.models import Person
from shaar.platform.kernel import events
from shaar.platform.kernel.errors import Conflict, Forbidden, Invalid
from shaar.platform.places.models import Territory
from shaar.platform.propose.checking import check

from ..models import Application, Call, Criterion, Lot, Programme
from ..policies.grant import may_manage

CALL_FIELDS = (
    "names", "about", "selection", "ceiling", "share", "kinds", "level", "opens", "closes", "decide_by", "spread",
    "quorum", "example",
)  # fmt: skip


def make_programme(*, acting: Person, slug: str, **fields: Any) -> Programme:
    """Make a programme, above calls."""
    _require_manager(acting)
    with transaction.atomic():
        programme = Programme(slug=slug, **fields)
        check(programme)
        programme.save()
        events.record("programme.made", programme, acting=acting, names=programme.names)
    return programme


def make_call(*, acting: Person, programme: Programme, slug: str, **fields: Any) -> Call:
    """Make a call, not announced yet; its lots and criteria come next."""
    _require_manager(acting)
    return _write(acting, Call(programme=programme, slug=slug), fields, "call.made")


def change_call(*, acting: Person, call: Call, **fields: Any) -> Call:
    """Change a call before it opens.

    Raises
    ------
    Forbidden, Conflict, Invalid
        Not hers to change; it has opened; a value that cannot be.
    """
    with transaction.atomic():
        return _write(acting, _unfrozen(acting, call), fields, "call.changed")


def set_lot(*, acting: Person, call: Call, territory: Territory, money: Decimal) -> Lot:
    """Set the money of a district, before the call opens."""
    with transaction.atomic():
        call = _unfrozen(acting, call)
        lot = Lot.objects.filter(call=call, territory=territory).first() or Lot(call=call, territory=territory)
        lot.money = money
        check(lot)
        lot.save()
        events.record("call.lot_set", call, acting=acting, public=_announced(call), place=territory.names, money=money)
    return lot


def set_criteria(*, acting: Person, call: Call, criteria: Iterable[Mapping[str, Any]]) -> list[Criterion]:
    """Set all criteria (``names``, ``about``, ``weight``, ``top``), before the call opens; weights add up to 100."""
    with transaction.atomic():
        call = _unfrozen(acting, call)
        rows = [Criterion(call=call, order=order, **fields) for order, fields in enumerate(criteria, start=1)]
        for row in rows:
            check(row)
        if sum(row.weight for row in rows) != 100:
            raise Invalid("call.weights", _("The weights have to add up to 100."), field="criteria")
        call.criteria.all().delete()
        Criterion.objects.bulk_create(rows)
        events.record("call.criteria_set", call, acting=acting, public=_announced(call), number=len(rows))
    return rows


def publish_call(*, acting: Person, call: Call) -> Call:
    """Announce a call; it opens and closes by its days.

    Raises
    ------
    Forbidden, Conflict, Invalid
        Not hers; announced already; no money, no ceiling, or no criteria to score by.
    """
    with transaction.atomic():
        call = _unfrozen(acting, call)
        if call.status != Call.Status.DRAFT:
            raise Conflict("call.announced", _("This call was announced already."))
        if call.ceiling <= 0 or not call.lots.filter(money__gt=0).exists():
            raise Invalid("call.money", _("A call needs money for a district, and the most that one grant may be."))
        if call.selection == Call.Selection.SCORES and not call.criteria.exists():
            raise Invalid("call.criteria", _("A call that is scored needs criteria."))
        call.status = Call.Status.PUBLISHED
        call.save(update_fields=["status"])
        events.record("call.published", call, acting=acting, public=True, names=call.names, closes=call.closes)
    return call


def cancel_call(*, acting: Person, call: Call, why: str) -> Call:
    """Call it off; only while nobody has been given money."""
    _require_manager(acting)
    if len(why.strip()) < 10:
        raise Invalid("call.why", _("Please say in a sentence why."), field="why")
    with transaction.atomic():
        call = Call.objects.select_for_update().get(pk=call.pk)
        if call.applications.filter(awarded__isnull=False).exists() or call.status == Call.Status.CANCELLED:
            raise Conflict("call.awarded", _("Grants were given in this call already, or it was called off."))
        call.status = Call.Status.CANCELLED
        call.save(update_fields=["status"])
        event = events.record("call.cancelled", call, acting=acting, public=True, reason=why.strip())
        rows = Application.objects.filter(call=call).select_related("applicant")
        from .telling import tell_all

        tell_all(event, rows, lambda: _("The call “%(name)s” was called off.") % {"name": call})
    return call


def _write(acting: Person, call: Call, fields: dict[str, Any], verb: str) -> Call:
    if unknown := set(fields) - set(CALL_FIELDS):
        raise TypeError(f"a call has no {', '.join(sorted(unknown))}")
    with transaction.atomic():
        for name, value in fields.items():
            setattr(call, name, value)
        check(call)
        call.save()
        events.record(verb, call, acting=acting, public=_announced(call), names=call.names, fields=sorted(fields))
    return call


def _unfrozen(acting: Person, call: Call) -> Call:
    _require_manager(acting)
    call = Call.objects.select_for_update().get(pk=call.pk)
    if call.frozen or call.status == Call.Status.CANCELLED:
        raise Conflict("call.frozen", _("This call has opened: its money, rules and criteria stay as they are."))
    return call


def _announced(call: Call) -> bool:
    return call.status != Call.Status.DRAFT


def _require_manager(acting: Person) -> None:
    if not may_manage(acting):
        raise Forbidden("call.closed", _("Only heads and the mayor's office of the whole city prepare this."))
