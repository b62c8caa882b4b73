"""The one log of what happened: append, read as a story, prove that nobody has changed it."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Protocol
from uuid import UUID

from django.db import models, transaction
from django.db.models import QuerySet
from django.utils import timezone

from .models import ChainHead, Event


class HasId(Protocol):
    """Anything with a UUID."""

    id: Any


def type_of(thing: models.Model | type[models.Model]) -> str:
    """Name of a kind of object in events and attachments, as ``propose.measure``."""
    return str(thing._meta.label_lower)


def record(
    verb: str, thing: models.Model, *, acting: Any, on_behalf_of: Any = None, public: bool = False, **data: Any
) -> Event:
    """Append an event; call it inside the transaction that makes the change, so that both stand or neither.

    Parameters
    ----------
    verb
        Dotted name, as ``measure.proposed``.
    thing
        What it happened to; its primary key is a UUID.
    acting
        The person who did it; None: the system itself.
    on_behalf_of
        Whom she did it for (an operator on the phone).
    public
        Whether it belongs to the public story of the object.
    data
        Facts for the story, JSON; no personal data.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("an event is recorded inside the transaction of its change")
    head = ChainHead.objects.select_for_update().filter(pk=1).first()
    if head is None:  # the first event of all
        ChainHead.objects.get_or_create(pk=1)
        head = ChainHead.objects.select_for_update().get(pk=1)
    event = Event(
        seq=head.last + 1, at=timezone.now(), actor=acting, on_behalf_of=on_behalf_of, verb=verb,
        object_type=type_of(thing), object_id=thing.pk, public=public,
        data=json.loads(json.dumps(data, default=str)), previous=head.hash,
    )  # fmt: skip
    event.hash = digest(event)
    event.save(force_insert=True)
    head.last, head.hash = event.seq, event.hash
    head.save(update_fields=["last", "hash"])
    return event


def digest(event: Event) -> str:
    """SHA-256 over an event's facts and the hash of the event before."""
    facts = {
        "seq": event.seq,
        "at": event.at.isoformat(timespec="microseconds"),
        "actor": str(event.actor_id or ""),
        "on_behalf_of": str(event.on_behalf_of_id or ""),
        "verb": event.verb,
        "object": f"{event.object_type}:{event.object_id}",
        "public": event.public,
        "data": event.data,
        "previous": event.previous,
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def story(thing: models.Model, *, public_only: bool = True) -> QuerySet[Event]:
    """Events of one object with the people of their sentences, oldest first."""
    events = Event.objects.filter(object_type=type_of(thing), object_id=thing.pk).order_by("seq")
    events = events.select_related("actor", "on_behalf_of")
    return events.filter(public=True) if public_only else events


def verify(start: int = 1, previous: str = "0" * 64) -> int | None:
    """Number of the first event whose hash does not fit, or None if all fit, from event ``start`` on."""
    expected = start
    for event in Event.objects.filter(seq__gte=start).order_by("seq").iterator():
        if event.seq != expected or event.previous != previous or digest(event) != event.hash:
            return expected
        previous, expected = event.hash, event.seq + 1
    head = ChainHead.objects.filter(pk=1).first()
    if head is not None and (head.last, head.hash) != (expected - 1, previous):
        return expected
    return None


def object_key(thing: models.Model) -> tuple[str, UUID]:
    """The pair that names an object in events and attachments."""
    return type_of(thing), thing.pk


def check() -> dict[str, Any]:
    """Check the whole chain and say what was found: ``at``, ``last`` (number), ``head`` (hash), ``broken`` or None."""
    broken, head = verify(), ChainHead.objects.filter(pk=1).first()
    return {
        "at": timezone.now(),
        "last": head.last if head else 0,
        "head": head.hash if head else "",
        "broken": broken,
    }
