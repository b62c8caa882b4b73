"""Ways to reach a person outside the pages: one small interface, a registry, and the channels that come with Shaar."""

from __future__ import annotations

import json
import logging
import sys
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils.translation import gettext_lazy as _

log = logging.getLogger("shaar.channels")
#: Seconds to wait for a gateway; the worker has other messages to send.
TIMEOUT = 15


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message as a channel gets it. ``key`` stays the same when the message is tried again."""

    key: str
    address: str
    language: str
    subject: str
    body: str
    link: str


class NotSent(Exception):
    """The message did not go out; ``for_good``: trying again will not help (wrong address, person has left)."""

    def __init__(self, reason: str, *, for_good: bool = False) -> None:
        self.for_good = for_good
        super().__init__(reason)


class Channel(Protocol):
    """A way to reach people.

    ``once``: the other side takes a second message with the same key for the first one, so that a worker that died
    between sending and noting it may send again without doubling.
    """

    code: str
    name: Any
    once: bool

    def ready(self) -> bool:
        """Whether this installation can send by it."""
        ...

    def send(self, message: Outgoing) -> None:
        """Send; raise `NotSent` otherwise."""
        ...


_CHANNELS: dict[str, Channel] = {}


def register(channel: Channel) -> None:
    """Add a channel, or put another in place of one with the same code."""
    _CHANNELS[channel.code] = channel


def channel(code: str) -> Channel | None:
    """A channel by its code."""
    return _CHANNELS.get(code)


def open_channels() -> list[Channel]:
    """Channels by which this installation can send, for the settings page."""
    return [one for one in _CHANNELS.values() if one.ready()]


def post_json(url: str, facts: dict[str, Any], headers: dict[str, str] | None = None) -> dict[str, Any]:
    """POST JSON to a gateway and read its JSON answer.

    Raises
    ------
    NotSent
        Not reached or refused; for good when the gateway finds the request itself wrong (4xx but 408 and 429).
    """
    request = Request(
        url,
        data=json.dumps(facts).encode(),
        headers={"Content-Type": "application/json", "Accept": "application/json", **(headers or {})},
        method="POST",
    )  # the address is the operator's own setting
    if not url.startswith(("https://", "http://")):
        raise NotSent("the gateway's address is no web address", for_good=True)
    try:
        with urlopen(request, timeout=TIMEOUT) as answer:
            content = answer.read(100_000)
    except HTTPError as error:
        raise NotSent(
            f"HTTP {error.code}", for_good=400 <= error.code < 500 and error.code not in {408, 429}
        ) from error
    except (URLError, TimeoutError, OSError) as error:
        raise NotSent(type(error).__name__) from error
    try:
        said = json.loads(content or b"{}")
    except ValueError:
        said = {}
    return said if isinstance(said, dict) else {}


class Email:
    """Mail. The Message-ID comes from the key: a mail sent twice is one mail to most mail programs, not to all."""

    code, name, once = "email", _("E-mail"), False

    def ready(self) -> bool:
        """Always: without a mail server it prints."""
        return True

    def send(self, message: Outgoing) -> None:
        """Send one mail."""
        host = settings.SITE_URL.split("//")[-1].split(":")[0]
        text = f"{message.body}\n\n{message.link}".strip()
        mail = EmailMessage(
            message.subject, text, to=[message.address], headers={"Message-ID": f"<{message.key}@{host}>"}
        )
        try:
            mail.send()
        except OSError as error:  # smtplib's errors are OSError too
            raise NotSent(type(error).__name__) from error


class Sms:
    """Short messages by a gateway that takes JSON: ``{"id", "to", "text"}``, and keeps each id once."""

    code, name, once = "sms", _("SMS"), True

    def ready(self) -> bool:
        """With a gateway; in development it prints."""
        return bool(settings.OPTIONS["SMS_URL"]) or settings.DEVELOPMENT

    def send(self, message: Outgoing) -> None:
        """Send one short message: the subject and the link, the body stays on the site."""
        send_sms(message.address, " ".join(filter(None, (message.subject, message.link))), key=message.key)


def send_sms(phone: str, text: str, *, key: str) -> None:
    """Send a text to a phone; codes of signing in go this way too.

    Without a gateway the text is printed, so that a developer can read the code.

    Raises
    ------
    NotSent
        The gateway did not take it.
    """
    url, token = settings.OPTIONS["SMS_URL"], settings.OPTIONS["SMS_TOKEN"]
    if not url:
        print(f"\nSMS {phone}: {text}\n", file=sys.stderr, flush=True)
        return
    headers = {"Idempotency-Key": key, **({"Authorization": f"Bearer {token}"} if token else {})}
    post_json(url, {"id": key, "to": phone, "text": text}, headers)


class Telegram:
    """A bot. It says what happened and gives the link; facts about persons stay on the site."""

    code, name, once = "telegram", _("Telegram"), False

    def ready(self) -> bool:
        """With a bot's token."""
        return bool(settings.OPTIONS["TELEGRAM_TOKEN"])

    def send(self, message: Outgoing) -> None:
        """Send the subject and the link."""
        from .telegram import say

        say(message.address, "\n".join(filter(None, (message.subject, message.link))))


for _one in (Email(), Sms(), Telegram()):
    register(_one)
