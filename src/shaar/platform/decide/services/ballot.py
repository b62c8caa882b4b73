"""Preparing a vote: its rules, the division of the money, projects; announcing it."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from shaar.engine.errors import InputError
from shaar.engine.participation.envelopes import Place, allot
from shaar.platform.accounts.models import Person
from shaar.platform.kernel import events
from shaar.platform.kernel.errors import Conflict, Forbidden, Invalid
from shaar.platform.kernel.saying import money
from shaar.platform.places.models import Territory
from shaar.platform.propose.checking import check
from shaar.platform.propose.models import Measure

from ..election import major, minor
from ..models import Application, BallotBox, BallotProject, Call, Envelope
from ..policies.ballot import may_manage_boxes
from ..states import S
from .application import move

BOX_FIELDS = (
    "names", "about", "call", "territory", "kind", "most", "points", "rule", "budget", "level", "opens", "closes",
    "example",
)  # fmt: skip


def make_box(*, acting: Person, slug: str, **fields: Any) -> BallotBox:
    """Make a vote, not announced yet; the money and the projects come next."""
    _require_manager(acting)
    return _write(acting, BallotBox(slug=slug), fields, "ballot.made")


def change_box(*, acting: Person, box: BallotBox, **fields: Any) -> BallotBox:
    """Change a vote before it opens."""
    with transaction.atomic():
        return _write(acting, unopened(acting, box), fields, "ballot.changed")


def divide_money(
    *, acting: Person, box: BallotBox, districts: Iterable[tuple[Territory, int]], top_up: Decimal = Decimal(0)
) -> list[Envelope]:
    """Divide the budget between districts by residents, a part ``top_up`` (0 to 1) of it between outlying ones.

    The parts add up to the budget to the last hundredth (`shaar.engine.participation.envelopes.allot`).

    Raises
    ------
    Forbidden, Conflict, Invalid
        Not hers; opened, or projects are on the ballot already; a district without residents, or one named twice.
    """
    with transaction.atomic():
        box = unopened(acting, box)
        if box.projects.exists():
            raise Conflict("ballot.projects", _("Divide the money before projects are put on the ballot."))
        given = list(districts)
        places = [Place(place.code, residents, place.outlying) for place, residents in given]
        try:
            parts = allot(minor(box.budget), places, top_up_share=Fraction(top_up))
        except InputError as error:
            raise Invalid(
                "ballot.districts", _("Each district is named once and has residents; the top-up is from 0 to 1."),
                field="districts",
            ) from error  # fmt: skip
        box.envelopes.all().delete()
        rows = [
            Envelope(box=box, territory=place, population=residents, base=major(part.base), top_up=major(part.top_up))
            for (place, residents), part in zip(given, parts)
        ]
        for row in rows:
            check(row)
            row.save()
        events.record("ballot.money_divided", box, acting=acting, public=_announced(box), districts=len(rows))
    return rows


def add_project(
    *,
    acting: Person,
    box: BallotBox,
    measure: Measure | None = None,
    application: Application | None = None,
    cost: Decimal | None = None,
) -> BallotProject:
    """Put a project on the ballot: an application that meets the conditions, or a measure with its cost.

    Raises
    ------
    Forbidden, Conflict, Invalid
        Not hers; opened; of another call, not eligible or on it already; no district for it, dearer than its money.
    """
    with transaction.atomic():
        box = unopened(acting, box)
        row = None
        if application is not None:
            row = Application.objects.select_for_update().get(pk=application.pk)
            if box.call_id is None or row.call_id != box.call_id:
                raise Invalid("ballot.call", _("This application belongs to another call."))
            move(row, S.IN_REVIEW)
            row.save()
            measure, cost = row.measure, row.asked
        if measure is None or cost is None or cost <= 0 or measure.hidden:
            raise Invalid("ballot.project", _("A project needs a proposal and its cost."), field="cost")
        if box.projects.filter(measure=measure).exists():
            raise Conflict("ballot.twice", _("This proposal is on the ballot already."))
        envelope = _envelope_of(box, measure)
        limit = envelope.base + envelope.top_up if envelope else box.budget
        if cost > limit:
            raise Invalid(
                "ballot.dear", _("It costs more than there is: %(limit)s.") % {"limit": money(limit)}, field="cost"
            )
        last = box.projects.order_by("-number").first()
        made = BallotProject(
            box=box, number=last.number + 1 if last else 1, measure=measure, application=row, envelope=envelope,
            cost=cost,
        )  # fmt: skip
        check(made)
        made.save(force_insert=True)
        events.record(
            "ballot.project_added", box, acting=acting, public=_announced(box), number=made.number,
            title=measure.title, ref=measure.ref,
        )  # fmt: skip
    return made


def add_eligible(*, acting: Person, box: BallotBox) -> list[BallotProject]:
    """Put every application of the call that meets the conditions on the ballot: all of them, or none."""
    with transaction.atomic():
        box = unopened(acting, box)
        found = box.call.applications.filter(status=S.ELIGIBLE).order_by("ref") if box.call else []
        return [add_project(acting=acting, box=box, application=row) for row in found]


def publish_box(*, acting: Person, box: BallotBox) -> BallotBox:
    """Announce a vote; it opens and closes by its days."""
    with transaction.atomic():
        box = unopened(acting, box)
        if box.status != BallotBox.Status.DRAFT:
            raise Conflict("ballot.announced", _("This vote was announced already."))
        if box.projects.count() < 2:
            raise Invalid("ballot.empty", _("A vote needs at least two projects."))
        if box.closes <= timezone.now():
            raise Invalid("ballot.past", _("Its last day has passed."), field="closes")
        box.status = BallotBox.Status.PUBLISHED
        box.save(update_fields=["status"])
        events.record("ballot.published", box, acting=acting, public=True, names=box.names, closes=box.closes)
    return box


def unopened(acting: Person, box: BallotBox) -> BallotBox:
    """The locked row of a vote that has not opened; for those who prepare votes."""
    _require_manager(acting)
    box = BallotBox.objects.select_for_update().get(pk=box.pk)
    announced = box.status != BallotBox.Status.DRAFT
    if announced and (box.status != BallotBox.Status.PUBLISHED or timezone.now() >= box.opens):
        raise Conflict("ballot.frozen", _("This vote has opened: its money, rules and projects stay as they are."))
    return box


def _envelope_of(box: BallotBox, measure: Measure) -> Envelope | None:
    rows = list(box.envelopes.select_related("territory"))
    if not rows:
        if box.territory is not None and not box.territory.contains(measure.territory):
            raise Invalid("ballot.place", _("It lies outside the place of the vote."))
        return None
    found = [row for row in rows if row.territory.contains(measure.territory)]
    if not found:
        raise Invalid("ballot.place", _("It lies in none of the districts of this vote."))
    return max(found, key=lambda row: len(row.territory.path))


def _write(acting: Person, box: BallotBox, fields: dict[str, Any], verb: str) -> BallotBox:
    if unknown := set(fields) - set(BOX_FIELDS):
        raise TypeError(f"a vote has no {', '.join(sorted(unknown))}")
    if "budget" in fields and box.envelopes.exists() and fields["budget"] != box.budget:
        raise Conflict("ballot.divided", _("The money is divided already; divide it again with the new budget."))
    with transaction.atomic():
        for name, value in fields.items():
            setattr(box, name, value)
        if box.call is not None and box.call.selection != Call.Selection.BALLOT:
            raise Invalid("ballot.call", _("This call is decided by scores."), field="call")
        check(box)
        box.save()
        events.record(verb, box, acting=acting, public=_announced(box), names=box.names, fields=sorted(fields))
    return box


def _announced(box: BallotBox) -> bool:
    return box.status != BallotBox.Status.DRAFT


def _require_manager(acting: Person) -> None:
    if not may_manage_boxes(acting):
        raise Forbidden("ballot.closed", _("Only heads and the mayor's office of the whole city prepare this."))
