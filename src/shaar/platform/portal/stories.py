"""What happened, as a sentence: each verb of the event log has one, registered by the pages of its room."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

_SENTENCES: dict[str, Any] = {}


class _Facts(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "–"


def say(**sentences: Any) -> None:
    """Register sentences by verb, ``measure__proposed=gettext_lazy("Proposed")``; two underscores stand for the dot.

    A sentence may name facts of the event: ``_("Moved to %(district)s")``.
    """
    for verb, sentence in sentences.items():
        _SENTENCES[verb.replace("__", ".")] = sentence


def say_all(sentences: Mapping[str, Any]) -> None:
    """As `say`, from a mapping of verb to lazy sentence."""
    _SENTENCES.update(sentences)


def known() -> frozenset[str]:
    """Verbs that have a sentence."""
    return frozenset(_SENTENCES)


def sentence(event: Any) -> SafeString:
    """The sentence of an event, in the reader's language."""
    text = _SENTENCES.get(event.verb)
    if text is None:
        return SafeString(escape(_("Recorded: %(verb)s") % {"verb": event.verb.replace(".", " ").replace("_", " ")}))
    return mark_safe(escape(str(text) % _Facts(event.data)) if "%(" in str(text) else escape(text))
