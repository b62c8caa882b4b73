"""Telling people what happened: one message a person and wanted channel, written together with the event."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.utils import timezone, translation

from .jobs import enqueue
from .models import Event, Message

#: The channel that everybody has: shown on /me/.
SITE = "site"
#: Gives (channel, address) pairs that a person wants messages by; the room of accounts knows it.
_routes: Callable[[Any], Iterable[tuple[str, str]]] = lambda person: ()  # noqa: E731


def set_routes(routes: Callable[[Any], Iterable[tuple[str, str]]]) -> None:
    """Say who knows the channels of a person."""
    global _routes  # noqa: PLW0603 (set once, when the apps are loaded)
    _routes = routes


def address_of(person: Any, channel: str) -> str:
    """Where to send by a channel, as it stands now; empty if she does not want it any more."""
    return next((address for code, address in _routes(person) if code == channel), "")


def tell(
    event: Event, people: Iterable[Any], *, subject: Any, body: Any = "", link: str = "", to_actor: bool = False
) -> int:
    """Write the messages about an event, inside its transaction; they go out after it.

    Parameters
    ----------
    event
        What happened. Together with person and channel it is the key: told twice, a message is written once.
    people
        Whom to tell; doubles, erased persons and, unless ``to_actor``, the one who did it are left out.
    subject, body
        The sentence and the text. Lazy translations, or functions without arguments called in each reader's language:
        ``subject=lambda: _("%(ref)s was answered.") % {"ref": ref}``. The subject also goes out by SMS and Telegram, so
        it holds no personal data.
    link
        Path on this site, as ``/proposals/P-26-0412/``.

    Returns
    -------
    int
        How many messages were written (one for the site, and one for each channel).
    """
    rows: dict[tuple[Any, str], Message] = {}
    for person in people:
        if person is None or not person.is_active or (person.pk == event.actor_id and not to_actor):
            continue
        language = person.language or settings.LANGUAGE_CODE
        with translation.override(language):
            said, text = _words(subject)[:200], _words(body)[:4000]
        for channel in (SITE, *(code for code, _address in _routes(person))):
            on_site = channel == SITE
            rows.setdefault(
                (person.pk, channel),
                Message(
                    event=event, person=person, channel=channel, language=language, subject=said, body=text, link=link,
                    state=Message.State.SENT if on_site else Message.State.WAITING,
                    sent_at=timezone.now() if on_site else None,
                ),
            )  # fmt: skip
    known = set(Message.objects.filter(event=event).values_list("person_id", "channel"))
    new = [row for key, row in rows.items() if key not in known]
    # Two writers of one event cannot be: its row is new in this transaction or locked by the service.
    Message.objects.bulk_create(new)
    for row in new:
        if row.channel != SITE:
            _send_later(row)
    return len(new)


def _words(text: Any) -> str:
    return str(text() if callable(text) else text)


def _send_later(row: Message) -> None:
    from .tasks import deliver

    enqueue(deliver, message=str(row.pk))


def unread(person: Any) -> int:
    """How many messages on the site she has not opened."""
    return Message.objects.filter(person=person, channel=SITE, read_at__isnull=True).count()
