"""A thin client of the Telegram Bot API: two methods out, updates in by webhook, each handled once.

The bot gives links and takes a place; it neither asks for nor repeats personal data.
"""

from __future__ import annotations

import base64
import hmac
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import translation
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from .channels import NotSent, post_json
from .fields import LANGUAGES
from .models import TelegramUpdate

API = "https://api.telegram.org"
#: Seconds in which a link from the settings page to the bot holds.
_LINK_LIVES = 3600
#: Called with (the person's number, the chat's number) when somebody comes by a link from her settings page.
_WELCOMES: list[Callable[[UUID, str], bool]] = []


def on_welcome(take: Callable[[UUID, str], bool]) -> None:
    """Register what ties a chat to a person; it says whether it knew her."""
    if take not in _WELCOMES:
        _WELCOMES.append(take)


def say(chat: str, text: str) -> None:
    """Send a text to a chat.

    Raises
    ------
    NotSent
        Telegram did not take it; for good when the person has blocked the bot.
    """
    token = settings.OPTIONS["TELEGRAM_TOKEN"]
    if not token:
        raise NotSent("no bot token", for_good=True)
    post_json(f"{API}/bot{token}/sendMessage", {"chat_id": chat, "text": text, "disable_web_page_preview": True})


def word_for(number: UUID) -> str:
    """A word that ties a chat to a person, for ``t.me/<bot>?start=<word>``: 48 characters of 64 allowed."""
    facts = number.bytes + int(time.time()).to_bytes(5, "big")
    return base64.urlsafe_b64encode(facts + _seal(facts)).decode()


def read_word(word: str) -> UUID | None:
    """What `word_for` was given, if the word is ours and fresh."""
    try:
        content = base64.urlsafe_b64decode(word.encode("ascii"))
    except ValueError:
        return None
    facts, seal = content[:21], content[21:]
    fresh = time.time() - int.from_bytes(facts[16:], "big") <= _LINK_LIVES
    return UUID(bytes=facts[:16]) if len(facts) == 21 and hmac.compare_digest(seal, _seal(facts)) and fresh else None


def _seal(facts: bytes) -> bytes:
    return salted_hmac("shaar.telegram", facts, algorithm="sha256").digest()[:15]


def is_ours(given: str) -> bool:
    """Whether the secret that came with an update is the one we told Telegram."""
    secret = settings.OPTIONS["TELEGRAM_SECRET"]
    return bool(secret) and hmac.compare_digest(secret.encode(), given.encode())


def handle(update: dict[str, Any]) -> str | None:
    """Answer one update; the same update again is not answered a second time.

    Returns
    -------
    str or None
        What was said, None if nothing.
    """
    number = update.get("update_id")
    if not isinstance(number, int):
        return None
    try:
        with transaction.atomic():
            TelegramUpdate.objects.create(pk=number)
    except IntegrityError:
        return None
    message = update.get("message") or {}
    chat = str((message.get("chat") or {}).get("id") or "")
    if not chat:
        return None
    spoken = str((message.get("from") or {}).get("language_code") or "")[:2]
    with translation.override(spoken if spoken in LANGUAGES else settings.LANGUAGE_CODE):
        answer = _answer(message, chat)
    try:
        say(chat, answer)
    except NotSent:
        return None
    return answer


def _answer(message: dict[str, Any], chat: str) -> str:
    text = str(message.get("text") or "")
    new = f"{settings.SITE_URL}/proposals/new/"
    if text.startswith("/start "):
        number = read_word(text.removeprefix("/start ").strip())
        if number and any(take(number, chat) for take in _WELCOMES):
            return _("You will now get messages here. You can turn them off in your settings: %(link)s") % {
                "link": f"{settings.SITE_URL}/me/settings/"
            }
        return _("This link has expired. Please open a new one: %(link)s") % {
            "link": f"{settings.SITE_URL}/me/settings/"
        }
    place = message.get("location") or {}
    if isinstance(place.get("latitude"), float | int) and isinstance(place.get("longitude"), float | int):
        return _("To propose something for this place, open: %(link)s") % {
            "link": f"{new}?lon={place['longitude']:.5f}&lat={place['latitude']:.5f}"
        }
    if message.get("photo"):
        return _("To propose something with your photo, open this page and choose the photo there: %(link)s") % {
            "link": new
        }
    return _("Propose: %(new)s\nLook and support: %(all)s") % {"new": new, "all": f"{settings.SITE_URL}/proposals/"}
