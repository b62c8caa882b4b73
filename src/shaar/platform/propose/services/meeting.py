"""Round tables: call, invite, note what was said and agreed, publish the minutes."""

from __future__ import annotations

from datetime import datetime
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
from ..models import AgendaItem, Attendance, Decision, Feature, Measure, Meeting, Process, Statement
from ..policies.meeting import may_call, may_keep
from ..policies.process import require_feature
from .measure import propose

_S = Meeting.Status
MOVES = Moves({_S.PLANNED: (_S.HELD, _S.CANCELLED), _S.HELD: (_S.PUBLISHED,)})


def call_meeting(
    *,
    acting: Person,
    title: str,
    territory: Territory,
    starts_at: datetime,
    ends_at: datetime,
    where: str,
    about: str = "",
    process: Process | None = None,
    host: Organisation | None = None,
    once_key: UUID | str | None = None,
) -> Meeting:
    """Announce a round table.

    Raises
    ------
    Forbidden, Invalid, Conflict
        Not a host of this place; times or words that cannot be; no round tables in this phase of the process.
    """
    if not may_call(acting, territory):
        raise Forbidden("meeting.call", _("Settlement leaders and the offices of the place call round tables."))
    if process is not None:
        require_feature(process, Feature.MEET)

    def make() -> Meeting:
        meeting = Meeting(
            title=title.strip(), territory=territory, starts_at=starts_at, ends_at=ends_at, where=where.strip(),
            about=about.strip(), process=process, host=host, called_by=acting,
        )  # fmt: skip
        with transaction.atomic():
            meeting.ref = next_reference("M")
            check(meeting)
            meeting.save()
            events.record(
                "meeting.called", meeting, acting=acting, public=True, ref=meeting.ref, title=meeting.title,
                starts_at=starts_at, where=meeting.where,
            )  # fmt: skip
        return meeting

    return once(once_key, acting, Meeting, make)


def _kept(acting: Person, meeting: Meeting, *statuses: str) -> Meeting:
    """The meeting, locked, if this person may write in it now."""
    row = Meeting.objects.select_for_update().get(pk=meeting.pk)
    if not may_keep(acting, row):
        raise Forbidden("meeting.keep", _("Only those who host round tables in this place may change this."))
    if row.status not in statuses:
        raise Conflict(
            "meeting.state",
            _("This meeting is now: %(status)s. That cannot be changed any more.")
            % {"status": row.get_status_display()},
        )
    return row


def add_agenda_item(
    *, acting: Person, meeting: Meeting, title: str, measure: Measure | None = None, minutes: int = 15
) -> AgendaItem:
    """Add a point at the end of the agenda."""
    with transaction.atomic():
        row = _kept(acting, meeting, _S.PLANNED, _S.HELD)
        item = AgendaItem(
            meeting=row, number=row.agenda.count() + 1, title=title.strip(), measure=measure, minutes=minutes
        )
        check(item)
        item.save()
        events.record(
            "meeting.agenda", row, acting=acting, public=True, title=item.title, measure=measure.ref if measure else ""
        )
    return item


def invite(
    *,
    acting: Person,
    meeting: Meeting,
    name: str,
    side: str = Attendance.Side.RESIDENT,
    organisation: str = "",
    person: Person | None = None,
) -> Attendance:
    """Put somebody on the list, once; the event holds no name."""
    with transaction.atomic():
        row = _kept(acting, meeting, _S.PLANNED, _S.HELD)
        known = row.attendance.filter(name=name.strip()).first()
        if known is not None:
            return known
        guest = Attendance(meeting=row, name=name.strip(), side=side, organisation=organisation.strip(), person=person)
        check(guest)
        guest.save()
        events.record("meeting.invited", row, acting=acting, side=side)
    return guest


def hold(*, acting: Person, meeting: Meeting, present: list[UUID]) -> Meeting:
    """Enter the signed sheet: who of the list was present. It may be entered again until the minutes are published."""
    with transaction.atomic():
        row = _kept(acting, meeting, _S.PLANNED, _S.HELD)
        if row.starts_at > timezone.now():
            raise Conflict("meeting.early", _("This meeting has not begun yet."))
        row.attendance.update(present=False)
        came = row.attendance.filter(pk__in=present).update(present=True)
        if row.status == _S.PLANNED:
            row.status = _S.HELD
            row.save()
        counts = {side: row.attendance.filter(present=True, side=side).count() for side in Attendance.Side.values}
        events.record("meeting.held", row, acting=acting, public=True, present=came, **counts)
    return row


def note_statement(*, acting: Person, item: AgendaItem, side: str, text: str) -> Statement:
    """Write down what a side said on a point."""
    with transaction.atomic():
        row = _kept(acting, item.meeting, _S.HELD)
        said = Statement(item=item, side=side, text=text.strip())
        check(said)
        said.save()
        events.record("meeting.noted", row, acting=acting, number=item.number, side=side)
    return said


def decide_item(
    *,
    acting: Person,
    item: AgendaItem,
    text: str,
    agreed: bool,
    votes_for: int = 0,
    votes_against: int = 0,
    votes_abstained: int = 0,
    kind: str = Measure.Kind.OTHER,
    title: str = "",
) -> Decision:
    """Write down a decision; an agreed one becomes a measure, or is tied to the measure that the point is about.

    Raises
    ------
    Invalid
        More hands than people present.
    """
    with transaction.atomic():
        row = _kept(acting, item.meeting, _S.HELD)
        hands, present = votes_for + votes_against + votes_abstained, row.attendance.filter(present=True).count()
        if hands > present:
            raise Invalid(
                "decision.hands",
                _("%(hands)d hands were counted, but %(present)d people were present.")
                % {"hands": hands, "present": present},
                field="votes_for",
            )
        measure = item.measure
        if agreed and measure is None:
            measure = propose(
                acting=acting, process=None, kind=kind, title=(title.strip() or item.title)[:120],
                text=text.strip(), territory=row.territory, channel=Measure.Channel.MEETING, author_supports=False,
            )  # fmt: skip
        made = Decision(
            item=item, text=text.strip(), agreed=agreed, votes_for=votes_for, votes_against=votes_against,
            votes_abstained=votes_abstained, measure=measure if agreed else None, by=acting,
        )  # fmt: skip
        check(made)
        made.save()
        facts: dict[str, Any] = {
            "text": made.text,
            "meeting": row.ref,
            "votes_for": votes_for,
            "against": votes_against,
        }
        verb = "meeting.agreed" if agreed else "meeting.not_agreed"
        events.record(verb, row, acting=acting, public=True, measure=measure.ref if agreed and measure else "", **facts)
        if agreed and measure is not None:
            events.record("measure.agreed", measure, acting=acting, public=True, **facts)
    return made


def publish_minutes(*, acting: Person, meeting: Meeting, minutes: str) -> Meeting:
    """Publish the minutes; nothing of the meeting changes after that."""
    with transaction.atomic():
        row = _kept(acting, meeting, _S.HELD)
        if len(minutes.strip()) < 20:
            raise Invalid("meeting.minutes", _("Please write the minutes first."), field="minutes")
        MOVES.check(row.status, _S.PUBLISHED)
        row.status, row.minutes, row.published_at = _S.PUBLISHED, minutes.strip(), timezone.now()
        check(row)
        row.save()
        events.record(
            "meeting.published", row, acting=acting, public=True, ref=row.ref,
            agreed=Decision.objects.filter(item__meeting=row, agreed=True).count(),
        )  # fmt: skip
    return row


def cancel_meeting(*, acting: Person, meeting: Meeting, why: str) -> Meeting:
    """Call a planned meeting off, with the reason."""
    with transaction.atomic():
        row = _kept(acting, meeting, _S.PLANNED)
        if len(why.strip()) < 5:
            raise Invalid("meeting.why", _("Please say why."), field="why")
        row.status = _S.CANCELLED
        row.save()
        events.record("meeting.cancelled", row, acting=acting, public=True, why=why.strip())
    return row
