"""What changed between two versions of a measure, word by word."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from django.utils.translation import gettext_lazy as _

from ..models import MeasureVersion

_WORDS = re.compile(r"\s+|\S+")
_NAMES = {
    "title": _("Title"), "text": _("Text"), "kind": _("Kind"), "address": _("Address"), "benefits": _("Who benefits"),
    "cost_guess": _("Cost, guessed by the author"), "geometry": _("Place on the map"), "language": _("Language"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change:
    """A field that changed: pieces as (kept | gone | new, words)."""

    field: str
    name: Any
    pieces: list[tuple[str, str]]


def compare(old: MeasureVersion, new: MeasureVersion) -> list[Change]:
    """Fields in which two versions differ."""
    changes = []
    for field, name in _NAMES.items():
        before, after = getattr(old, field), getattr(new, field)
        if before == after:
            continue
        if field == "geometry":
            words = [_("not marked"), _("marked")]
            pieces = [("gone", str(words[bool(before)])), ("new", str(words[bool(after)]))]
        elif field == "kind":
            pieces = [("gone", old.get_kind_display()), ("new", new.get_kind_display())]
        else:
            pieces = pieces_of(_text(before), _text(after))
        changes.append(Change(field, name, pieces))
    return changes


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def pieces_of(before: str, after: str) -> list[tuple[str, str]]:
    """Pieces of two texts, in order: words kept, gone and new."""
    one, other = _WORDS.findall(before), _WORDS.findall(after)
    pieces: list[tuple[str, str]] = []
    for what, a, b, c, d in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        if what == "equal":
            pieces.append(("kept", "".join(one[a:b])))
            continue
        if b > a:
            pieces.append(("gone", "".join(one[a:b])))
        if d > c:
            pieces.append(("new", "".join(other[c:d])))
    return pieces
