"""Voting: on the site, and on paper with every sheet read twice."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from shaar.platform.accounts.models import Person
from shaar.platform.kernel import events, limits
from shaar.platform.kernel.errors import Conflict, Forbidden, Invalid
from shaar.platform.places.models import Territory
from shaar.platform.propose.checking import check

from ..election import check_choices
from ..models import BallotBox, CastBallot, PaperSheet, Participation
from ..policies.ballot import may_enter_paper, may_vote


def voter_key(box: BallotBox, person: Person) -> str:
    """Keyed hash that finds a voter's ballot again until the vote closes; of no use without the site's secret."""
    return hmac.new(settings.SECRET_KEY.encode(), f"ballot:{box.pk}:{person.pk}".encode(), hashlib.sha256).hexdigest()


def cast(*, acting: Person, box: BallotBox, choices: Mapping[str, int]) -> CastBallot:
    """Cast one's ballot, or change it; until closing the last one counts.

    Parameters
    ----------
    choices
        Numbers of projects (as text) with points; 1 each where the vote has no points.

    Raises
    ------
    Forbidden, Conflict, Invalid, TooMany
        Not a voter here; not open, or given a paper ballot; a sheet that breaks a rule; too often in an hour.
    """
    if not may_vote(acting, box):
        raise Forbidden("ballot.not_voter", _("Proven residents of this place vote here."))
    limits.count("vote", str(acting.pk))
    with transaction.atomic():
        # Closing locks the same row: a ballot either comes before it or is refused.
        box = BallotBox.objects.select_for_update().get(pk=box.pk)
        require_open(box)
        kept = check_choices(box, choices)
        took, new = Participation.objects.get_or_create(
            box=box, person=acting, defaults={"channel": Participation.Channel.INTERNET}
        )
        if took.channel == Participation.Channel.PAPER:
            raise Conflict("ballot.on_paper", _("You were given a paper ballot for this vote: that one counts."))
        key = voter_key(box, acting)
        row = CastBallot.objects.filter(box=box, voter=key).first() or CastBallot(box=box, voter=key)
        row.choices, row.district = kept, district_of(box, acting.home)
        check(row)
        row.save()
        events.record("ballot.cast", box, acting=acting, changed=not new)
    return row


def own_ballot(person: Person, box: BallotBox) -> CastBallot | None:
    """The person's ballot, while the vote is open."""
    return CastBallot.objects.filter(box=box, voter=voter_key(box, person)).first() if box.is_open else None


def give_sheet(*, acting: Person, box: BallotBox, person: Person) -> Participation:
    """Write down that a person known here is given a paper ballot, so that she does not vote twice.

    Raises
    ------
    Forbidden, Conflict
        Not an operator here, or no voter; not open; she has voted already.
    """
    _require_operator(acting, box)
    if not may_vote(person, box):
        raise Forbidden("ballot.not_voter", _("Proven residents of this place vote here."))
    with transaction.atomic():
        box = BallotBox.objects.select_for_update().get(pk=box.pk)
        require_open(box)
        if Participation.objects.filter(box=box, person=person).exists():
            raise Conflict("ballot.voted", _("This person has voted or has a paper ballot already."))
        made = Participation.objects.create(box=box, person=person, channel=Participation.Channel.PAPER)
        events.record("ballot.sheet_given", box, acting=acting, on_behalf_of=person)
    return made


def enter_sheet(
    *,
    acting: Person,
    box: BallotBox,
    number: str,
    choices: Mapping[str, int],
    district: Territory | None = None,
) -> PaperSheet:
    """Enter a paper ballot: the first time it waits, the second time, by another operator, it counts if both agree.

    An empty sheet, or one that breaks a rule, is entered as it is: read alike twice it is kept as spoilt.

    Raises
    ------
    Forbidden, Conflict, Invalid
        Not an operator here; counted already, or entered twice; the same operator again; no number.
    """
    _require_operator(acting, box)
    number = number.strip().upper()
    if not number:
        raise Invalid("sheet.number", _("Each sheet has a number."), field="number")
    with transaction.atomic():
        box = BallotBox.objects.select_for_update().get(pk=box.pk)
        _require_unsealed(box)
        given = {key: int(points) for key, points in choices.items()}
        sheet = PaperSheet.objects.select_for_update().filter(box=box, number=number).first()
        if sheet is None:
            sheet = PaperSheet(
                box=box, number=number, first=given, first_by=acting, district=district_of(box, district)
            )
            check(sheet)
            sheet.save(force_insert=True)
            events.record("ballot.sheet_entered", box, acting=acting, number=number)
            return sheet
        if sheet.second_by_id is not None:
            raise Conflict("sheet.twice", _("The sheet %(number)s was entered twice already.") % {"number": number})
        if sheet.first_by_id == acting.pk:
            raise Conflict("sheet.same", _("Another operator enters this sheet the second time."))
        sheet.second, sheet.second_by = given, acting
        agreed = sheet.first == given and sheet.district == district_of(box, district)
        if agreed:
            _take(sheet)
        else:
            sheet.status = PaperSheet.Status.DIFFERS
        check(sheet)
        sheet.save()
        events.record("ballot.sheet_entered" if agreed else "ballot.sheet_differs", box, acting=acting, number=number)
    return sheet


def settle_sheet(
    *, acting: Person, sheet: PaperSheet, choices: Mapping[str, int], district: Territory | None = None
) -> PaperSheet:
    """Look at the paper again where two entries differ: a third operator's reading holds."""
    _require_operator(acting, sheet.box)
    with transaction.atomic():
        box = BallotBox.objects.select_for_update().get(pk=sheet.box_id)
        _require_unsealed(box)
        sheet = PaperSheet.objects.select_for_update().get(pk=sheet.pk)
        if sheet.status != PaperSheet.Status.DIFFERS:
            raise Conflict("sheet.settled", _("Somebody has settled this sheet already."))
        if acting.pk in (sheet.first_by_id, sheet.second_by_id):
            raise Forbidden("sheet.third", _("A third operator settles a sheet that two read differently."))
        sheet.first = {key: int(points) for key, points in choices.items()}
        sheet.second, sheet.district = sheet.first, district_of(box, district)
        _take(sheet)
        sheet.save()
        events.record("ballot.sheet_settled", box, acting=acting, number=sheet.number)
    return sheet


def district_of(box: BallotBox, home: Territory | None) -> str:
    """Code of the district with an envelope in which somebody lives; empty where there is none."""
    if home is None:
        return ""
    found = [row.territory for row in box.envelopes.select_related("territory") if row.territory.contains(home)]
    return max(found, key=lambda one: len(one.path)).code if found else ""


def require_open(box: BallotBox) -> None:
    """Refuse what comes before the first or after the last moment of a vote."""
    if not box.is_open:
        raise Conflict(
            "ballot.over" if box.is_over else "ballot.not_open",
            _("This vote has closed: no ballots are taken any more.") if box.is_over else _("This vote is not open."),
        )


def _take(sheet: PaperSheet) -> None:
    sheet.status = PaperSheet.Status.AGREED
    try:
        kept = check_choices(sheet.box, sheet.first)
    except Invalid:
        sheet.spoilt = True
        return
    CastBallot.objects.create(box=sheet.box, choices=kept, district=sheet.district, channel=Participation.Channel.PAPER)


def _require_unsealed(box: BallotBox) -> None:
    if box.status != BallotBox.Status.PUBLISHED:
        raise Conflict("ballot.sealed", _("This vote is closed and counted: no sheets are entered any more."))


def _require_operator(acting: Person, box: BallotBox) -> None:
    if not may_enter_paper(acting, box):
        raise Forbidden("sheet.closed", _("Operators and officers of this place enter paper ballots."))
