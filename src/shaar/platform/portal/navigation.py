"""The main ways through the site, in words; a way appears when its page exists."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from django.urls import Resolver404, resolve
from django.utils.translation import gettext_lazy as _

PUBLIC = (
    ("/proposals/", _("Proposals")),
    ("/meetings/", _("Round tables")),
    ("/plans/", _("Plans")),
    ("/studies/", _("Estimates")),
    ("/opinions/", _("Questions")),
    ("/grants/", _("Grants")),
    ("/ballots/", _("Ballots")),
    ("/risks/", _("Risks")),
    ("/places/", _("Places")),
    ("/about/", _("How it works")),
)
FOOT = (
    ("/about/", _("How it works")),
    ("/about/moderation/", _("Rules of talk")),
    ("/about/privacy/", _("Your data")),
    ("/about/accessibility/", _("Accessibility")),
    ("/about/open/", _("Sources, code, licence")),
    ("/events/", _("Log of all decisions")),
)


@dataclass(frozen=True, slots=True)
class Way:
    """One entry of a navigation."""

    path: str
    words: Any
    here: bool


@cache
def _exists(path: str) -> bool:
    try:
        resolve(path)
    except Resolver404:
        return False
    return True


def ways(entries: tuple[tuple[str, Any], ...], at: str) -> list[Way]:
    """Entries whose page exists; ``here`` marks the section of the page shown."""
    there = [(path, words) for path, words in entries if _exists(path)]
    best = max((path for path, _words in there if at.startswith(path)), key=len, default="")
    return [Way(path, words, path == best) for path, words in there]
