"""Reasons that moderators and offices give, as data: codes with words in every language."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from django.utils.translation import gettext as _

from shaar.platform.kernel.errors import Invalid
from shaar.platform.kernel.fields import in_language

#: Reasons that only an appeal gives, not a person at a form.
_NOT_CHOSEN = {"appeal"}


@cache
def reasons(use: str) -> dict[str, dict[str, str]]:
    """Words by language of each reason for a use, ``moderation`` or ``answer``."""
    text = (files("shaar") / "data" / "propose" / "reasons.toml").read_text(encoding="utf-8")
    table: dict[str, dict[str, dict[str, str]]] = tomllib.loads(text)
    return table[use]


def reason_choices(use: str) -> list[tuple[str, str]]:
    """Choices for a form, in the reader's language."""
    return [
        (code, in_language(words))
        for code, words in reasons(use).items()
        if code not in _NOT_CHOSEN and not words.get("closed")
    ]


def reason_words(use: str, code: str) -> str:
    """A reason in the reader's language; an unknown code is shown as it is."""
    words = reasons(use).get(code)
    return in_language({k: v for k, v in words.items() if isinstance(v, str)}) if words else code


def check_reason(use: str, code: str) -> None:
    """Refuse a code that is not in the table."""
    if code not in reasons(use):
        raise Invalid("reason.unknown", _("Choose a reason from the list."), field="reason")
