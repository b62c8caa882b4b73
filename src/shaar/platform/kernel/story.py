"""Sentences for events: each room says how its verbs read; a story is told in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.apps import apps
from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .fields import LANGUAGES, in_language
from .models import Event
from .saying import day_text, money
from .seeing import kind_of

#: A msgid with named places for facts of the event (lazy), or a function of the event that gives the sentence.
Sentence = Any
_SENTENCES: dict[str, Sentence] = {}
#: How facts of a verb are written that are no words: sums of money, days.
_WRITTEN: dict[str, dict[str, Callable[[Any], str]]] = {}


class _Facts(dict[str, Any]):
    """Facts for a sentence; one that an old event lacks reads as a dash rather than as an error."""

    def __missing__(self, key: str) -> str:
        return "–"


def register(
    sentences: Mapping[str, Sentence], *, sums: Iterable[str] = (), days: Iterable[str] = ()
) -> None:  # fmt: skip
    """Say how verbs read; call it in ``AppConfig.ready``.

    A sentence is ``gettext_lazy("%(who)s proposed this.")`` or a function of the event. Places: every fact given to
    `events.record` (texts in several languages come in the reader's), ``who`` did it, and ``whom`` it was done for.
    ``sums`` and ``days``: names of facts of these verbs that are money of the installation, or days; they are written
    as on pages.
    """
    _SENTENCES.update(sentences)
    written: dict[str, Callable[[Any], str]] = {**dict.fromkeys(sums, _sum), **dict.fromkeys(days, _day)}
    _WRITTEN.update(dict.fromkeys(sentences, written))


def _sum(value: Any) -> str:
    try:
        return money(value)
    except ArithmeticError:  # no number, in an event of long ago
        return str(value)


def _day(value: Any) -> str:
    try:
        return day_text(date.fromisoformat(str(value)))
    except ValueError:
        return str(value)


def verbs() -> set[str]:
    """Every verb that has a sentence."""
    return set(_SENTENCES)


def sentence(event: Event) -> str:
    """What happened, in one sentence of the reader's language."""
    known = _SENTENCES.get(event.verb)
    if known is None:
        return event.verb
    if callable(known) and not isinstance(known, Promise):
        said: Callable[[Event], Any] = known
        return str(said(event))
    return str(known) % facts(event)


def facts(event: Event) -> dict[str, Any]:
    """Facts of an event as its sentence needs them."""
    found = _Facts(who=name(event.actor), whom=name(event.on_behalf_of))
    written = _WRITTEN.get(event.verb, {})
    for key, value in event.data.items():
        if key in written and value is not None:
            found[key] = written[key](value)
            continue
        texts = isinstance(value, dict) and bool(value) and set(value) <= set(LANGUAGES)
        found[key] = in_language(value) if texts else value
    return found


@dataclass(frozen=True, slots=True)
class Line:
    """One event as people read it: the sentence, what it is about, and the address of that."""

    event: Event
    sentence: str
    name: str
    link: str


def public_events() -> QuerySet[Event]:
    """Public events, the last first."""
    return Event.objects.filter(public=True).order_by("-seq").select_related("actor", "on_behalf_of")


def told(found: Iterable[Event], *, viewer: Any) -> list[Line]:
    """Lines for a list of events; events of objects that this viewer may not see (or that are gone) are left out.

    Objects are read once a kind. What kinds may be shown, rooms say with `seeing.register`; a kind that nobody
    registered is not shown.
    """
    rows = list(found)
    things: dict[tuple[str, Any], Any] = {}
    for kind in {event.object_type for event in rows}:
        if kind_of(kind) is None:
            continue
        numbers = {event.object_id for event in rows if event.object_type == kind}
        for number, thing in apps.get_model(kind)._base_manager.in_bulk(numbers).items():
            things[kind, number] = thing
    seen: dict[tuple[str, Any], bool] = {}
    lines = []
    for event in rows:
        key = (event.object_type, event.object_id)
        thing, known = things.get(key), kind_of(event.object_type)
        if thing is None or known is None:
            continue
        if not seen.setdefault(key, known.may_see(viewer, thing)):
            continue
        address = getattr(thing, "get_absolute_url", None)
        lines.append(Line(event, sentence(event), str(thing), str(address()) if address else ""))
    return lines


def name(person: Any) -> str:
    """What others see of a person; of nobody: the system."""
    return str(_("The system")) if person is None else str(person.public_name)


register(
    {
        "attachment.added": _("A file was added."),
        "attachment.removed": _("A file was removed."),
    }
)
