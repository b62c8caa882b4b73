"""What may be done with hazards: report, judge, bind to a measure, resolve."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from shaar.platform.accounts.models import Organisation, Person
from shaar.platform.kernel import events, limits
from shaar.platform.kernel.errors import Conflict, Forbidden, Invalid
from shaar.platform.kernel.once import once
from shaar.platform.kernel.references import next_reference
from shaar.platform.kernel.states import Moves
from shaar.platform.places.models import Territory

from ..checking import check
from ..models import Hazard, HazardAssessment, Measure
from ..policies import hazard as policies
from ..whereabouts import territory_of

_S = Hazard.Status
MOVES = Moves(
    {
        _S.REPORTED: (_S.CONFIRMED, _S.REJECTED),
        _S.REJECTED: (_S.CONFIRMED,),
        _S.CONFIRMED: (_S.CONFIRMED, _S.IN_WORK, _S.RESOLVED, _S.REJECTED),
        _S.IN_WORK: (_S.CONFIRMED, _S.RESOLVED),
        _S.RESOLVED: (_S.CONFIRMED,),
    }
)


def report_hazard(
    *,
    acting: Person,
    kind: str,
    title: str,
    text: str,
    geometry: dict[str, Any] | None = None,
    address: str = "",
    territory: Territory | None = None,
    reporter: Person | None = None,
    once_key: UUID | str | None = None,
) -> Hazard:
    """Put a hazard on the register, not yet checked.

    Parameters
    ----------
    acting
        Who sends it.
    kind, title, text, geometry, address, territory
        What, in plain words, and where: GeoJSON, an address, a settlement, or several of these.
    reporter
        Whose report it is when an operator enters it; None: the sender's own.
    once_key
        Key of the form: sent twice, it makes one report.

    Raises
    ------
    Forbidden, Invalid, TooMany
        If the person may not, something is missing, or it is her sixth today.
    """
    whose = reporter or acting
    if not policies.may_report(acting) or not policies.may_report(whose):
        raise Forbidden("hazard.report", _("Please confirm your phone or e-mail first."))
    if geometry is None and territory is None and not address.strip():
        raise Invalid("hazard.place", _("Please say where it is: on the map or in words."), field="place")

    def make() -> Hazard:
        limits.count("hazard", str(whose.pk))
        hazard = Hazard(
            kind=kind, title=title.strip(), text=text.strip(), geometry=geometry, address=address.strip(),
            territory=territory_of(geometry, territory or whose.home), reported_by=whose,
            entered_by=acting if acting != whose else None,
        )  # fmt: skip
        with transaction.atomic():
            hazard.ref = next_reference("H")
            check(hazard)
            hazard.save()
            events.record(
                "hazard.reported", hazard, acting=acting, on_behalf_of=reporter, ref=hazard.ref, kind=hazard.kind
            )
        return hazard

    return once(once_key, acting, Hazard, make)


def judge_hazard(
    *,
    acting: Person,
    hazard: Hazard,
    confirmed: bool,
    words: str,
    severity: int | None = None,
    likelihood: int | None = None,
    owner: Organisation | None = None,
    review_on: date | None = None,
    seen_status: str | None = None,
) -> Hazard:
    """Confirm a hazard with its severity, likelihood and owner, or say why it is not confirmed.

    ``seen_status`` is the status that the officer had before her eyes: if another was quicker, nothing changes.

    Raises
    ------
    Forbidden, Invalid, Conflict
        If it is not hers to judge, a figure is missing, or somebody else was first.
    """
    with transaction.atomic():
        hazard = Hazard.objects.select_for_update().get(pk=hazard.pk)
        if not policies.may_judge(acting, hazard):
            raise Forbidden("hazard.judge", _("Another officer of this place has to judge this report."))
        if seen_status is not None and seen_status != hazard.status:
            raise Conflict(
                "hazard.changed",
                _("Somebody else has decided meanwhile: %(status)s. Please look again.")
                % {"status": hazard.get_status_display()},
            )
        MOVES.check(hazard.status, _S.CONFIRMED if confirmed else _S.REJECTED)
        if confirmed and not (severity and likelihood and owner):
            raise Invalid(
                "hazard.figures", _("Severity, likelihood and the responsible office are needed."), field="severity"
            )
        note = HazardAssessment(
            hazard=hazard, confirmed=confirmed, words=words.strip(), by=acting,
            severity=severity if confirmed else None, likelihood=likelihood if confirmed else None,
        )  # fmt: skip
        check(note)
        note.save()
        hazard.status, hazard.status_at = (_S.CONFIRMED if confirmed else _S.REJECTED), timezone.now()
        if confirmed:
            hazard.severity, hazard.likelihood, hazard.owner = severity, likelihood, owner
            hazard.review_on = review_on
        check(hazard)
        hazard.save()
        events.record(
            "hazard.confirmed" if confirmed else "hazard.rejected", hazard, acting=acting, public=True,
            ref=hazard.ref, level=hazard.level, risk=hazard.risk, words=note.words,
        )  # fmt: skip
    return hazard


def begin_work(*, acting: Person, hazard: Hazard, measure: Measure | None, words: str) -> Hazard:
    """Say that the hazard is being dealt with, and by which measure if there is one."""
    return _move(acting, hazard, _S.IN_WORK, words, measure=measure)


def resolve_hazard(*, acting: Person, hazard: Hazard, words: str) -> Hazard:
    """Say that the hazard is no more, and why; it stays on the register."""
    return _move(acting, hazard, _S.RESOLVED, words)


def _move(acting: Person, hazard: Hazard, status: str, words: str, measure: Measure | None = None) -> Hazard:
    if len(words.strip()) < 10:
        raise Invalid("hazard.words", _("Please say in a sentence what was done."), field="words")
    with transaction.atomic():
        hazard = Hazard.objects.select_for_update().get(pk=hazard.pk)
        if not policies.may_judge(acting, hazard):
            raise Forbidden("hazard.judge", _("Another officer of this place has to judge this report."))
        MOVES.check(hazard.status, status)
        hazard.status, hazard.status_at = status, timezone.now()
        hazard.measure = measure or hazard.measure
        check(hazard)
        hazard.save()
        events.record(
            f"hazard.{status}", hazard, acting=acting, public=True, ref=hazard.ref, words=words.strip(),
            measure=measure.ref if measure else "",
        )  # fmt: skip
    return hazard
