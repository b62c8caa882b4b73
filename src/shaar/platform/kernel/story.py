"""Sentences for events: each room says how its verbs read; a story is told in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .fields import LANGUAGES, in_language
from .models import Event

#: A msgid with named places for facts of the event (lazy), or a function of the event that gives the sentence.
Sentence = Any
_SENTENCES: dict[str, Sentence] = {}


class _Facts(dict[str, Any]):
    """Facts for a sentence; one that an old event lacks reads as a dash rather than as an error."""

    def __missing__(self, key: str) -> str:
        return "–"


def register(sentences: Mapping[str, Sentence]) -> None:
    """Say how verbs read; call it in ``AppConfig.ready``.

    A sentence is ``gettext_lazy("%(who)s proposed this.")`` or a function of the event. Places: every fact given to
    `events.record` (texts in several languages come in the reader's), ``who`` did it, and ``whom`` it was done for.
    """
    _SENTENCES.update(sentences)


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
    for key, value in event.data.items():
        texts = isinstance(value, dict) and bool(value) and set(value) <= set(LANGUAGES)
        found[key] = in_language(value) if texts else value
    return found


def name(person: Any) -> str:
    """What others see of a person; of nobody: the system."""
    return str(_("The system")) if person is None else str(person.public_name)


register(
    {
        "attachment.added": _("A file was added."),
        "attachment.removed": _("A file was removed."),
    }
)
