"""A proposal half written: each screen is kept at once."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from shaar.platform.accounts.models import Person
from shaar.platform.kernel import attachments, events
from shaar.platform.kernel.errors import Invalid, Missing
from shaar.platform.kernel.models import Attachment
from shaar.platform.places.models import Territory

from ..models import Draft, Measure, Process
from .measure import propose

#: What a draft may hold, and how long each text may be; a form checks the rest when it is sent.
FIELDS = {
    "process": 60, "kind": 20, "title": 120, "text": 5000, "language": 5, "address": 200, "territory": 60,
    "benefits": 500, "cost_guess": 20, "geometry": 200_000, "near_seen": 5, "organisation": 40,
}  # fmt: skip
KEPT = timedelta(days=60)


def save_draft(*, acting: Any, draft: Draft | None, data: dict[str, Any]) -> Draft:
    """Keep what a screen gave; a draft that nobody owned becomes that of the person who signed in meanwhile."""
    for name, value in data.items():
        if name not in FIELDS:
            raise TypeError(f"a draft has no {name}")
        if isinstance(value, str) and len(value) > FIELDS[name]:
            raise Invalid("draft.long", _("This text is too long."), field=name)
    person = acting if isinstance(acting, Person) else None
    with transaction.atomic():
        if draft is None:
            return Draft.objects.create(person=person, data=data)
        draft = Draft.objects.select_for_update().get(pk=draft.pk)
        draft.data = {**draft.data, **data}
        draft.person = draft.person or person
        draft.at = timezone.now()
        draft.save(update_fields=["data", "person", "at"])
    return draft


def find_draft(number: UUID | str | None, *, viewer: Any) -> Draft | None:
    """A draft by the number in the signed cookie, unless it belongs to another person."""
    if not number:
        return None
    draft = Draft.objects.filter(pk=number).first()
    if draft is None or (draft.person_id and draft.person_id != getattr(viewer, "pk", None)):
        return None
    return draft


def newest_draft(person: Person) -> Draft | None:
    """The draft that she wrote on last, from whatever device."""
    return Draft.objects.filter(person=person).order_by("-at").first()


def send_draft(*, acting: Person, draft: Draft) -> Measure:
    """Publish a draft; its photos go with it.

    Raises
    ------
    Missing
        The draft is gone: sent from another window, or thrown away.
    Refusal
        As `propose`.
    """
    with transaction.atomic():
        row = Draft.objects.select_for_update().filter(pk=draft.pk).first()
        if row is None or row.person_id not in (None, acting.pk):
            raise Missing("draft.missing", _("This draft is no longer there. It may have been sent already."))
        given = row.data
        process = Process.objects.filter(slug=given.get("process") or "").first()
        if process is None:
            raise Invalid("measure.process", _("Choose what your proposal is for."), field="process")
        measure = propose(
            acting=acting, process=process, kind=given.get("kind", ""), title=given.get("title", ""),
            text=given.get("text", ""), language=given.get("language") or acting.language,
            geometry=given.get("geometry"), address=given.get("address", ""),
            territory=Territory.objects.filter(code=given.get("territory") or "", until__isnull=True).first(),
            benefits=given.get("benefits", ""), cost_guess=_sum(given.get("cost_guess")),
        )  # fmt: skip
        # Files stay where they are; only whose they are changes.
        Attachment.objects.filter(object_type=events.type_of(row), object_id=row.pk).update(
            object_type=events.type_of(measure), object_id=measure.pk
        )
        row.delete()
    return measure


def _sum(text: str | None) -> Decimal | None:
    try:
        return Decimal(text) if text else None
    except InvalidOperation:
        raise Invalid("measure.cost_guess", _("Write the cost as a number."), field="cost_guess") from None


def drop_draft(*, acting: Any, draft: Draft) -> None:
    """Throw a draft away, with its files."""
    for file in attachments.files_of(draft, every=True):
        attachments.remove(file, acting=acting)
    Draft.objects.filter(pk=draft.pk).delete()


def drop_old_drafts() -> int:
    """Throw away what nobody has touched for `KEPT`; the nightly job calls it."""
    old = list(Draft.objects.filter(at__lt=timezone.now() - KEPT))
    for draft in old:
        drop_draft(acting=draft.person, draft=draft)
    return len(old)
