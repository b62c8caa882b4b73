"""Codes that prove a further phone or e-mail of a person who is signed in: six digits, three tries, five minutes."""

from __future__ import annotations

import time
from typing import Any

from allauth.account import app_settings
from allauth.account.adapter import get_adapter
from allauth.core.internal.cryptokit import compare_user_code
from django.core.cache import cache
from django.utils.translation import gettext as _

from shaar.platform.kernel import limits
from shaar.platform.kernel.errors import Invalid

from .models import Person
from .services.persons import prove, read_address

TRIES: int = app_settings.LOGIN_BY_CODE_MAX_ATTEMPTS
LIVES: int = app_settings.LOGIN_BY_CODE_TIMEOUT


def expired() -> Invalid:
    """The code came too late."""
    return Invalid(
        "code.expired", _("This code has expired: it holds for five minutes. Please ask for a new one."), field="code"
    )


def wrong(left: int) -> Invalid:
    """The code does not fit; how many tries are left."""
    return Invalid("code.wrong", _("This code does not fit. Tries left: %(n)d.") % {"n": left}, field="code")


def spent() -> Invalid:
    """No try is left."""
    return Invalid(
        "code.spent", _("Three codes did not fit, so this one no longer holds. Please ask for a new one."), field="code"
    )


def send(person: Person, text: str, *, request: Any) -> tuple[str, str]:
    """Send a code to a further address of the person; whether the address is anybody's is not said here.

    Raises
    ------
    Invalid, TooMany, NotReached
        No address; too many codes to it; not sent.
    """
    kind, address = read_address(text)
    limits.count("code", address)
    adapter = get_adapter(request)
    code = adapter.generate_login_code()
    if kind == "phone":
        adapter.send_verification_code_sms(user=person, phone=address, code=code)
    else:
        adapter.send_mail("account/email/login_code", address, {"request": request, "code": code})
    cache.set(
        _key(person), {"kind": kind, "address": address, "code": code, "left": TRIES, "at": time.time()}, LIVES + 60
    )
    return kind, address


def pending(person: Person) -> str | None:
    """The address to which a code is under way."""
    held = cache.get(_key(person))
    return held["address"] if held else None


def enter(person: Person, code: str) -> Person:
    """Take the code and note the address as hers.

    Raises
    ------
    Invalid, Conflict
        Expired, wrong, spent; somebody else's address.
    """
    held = cache.get(_key(person))
    if held is None or time.time() - held["at"] > LIVES:
        cache.delete(_key(person))
        raise expired()
    limits.count("code_try", held["address"])
    if not compare_user_code(actual=code, expected=held["code"]):
        held["left"] -= 1
        if held["left"] <= 0:
            cache.delete(_key(person))
            raise spent()
        cache.set(_key(person), held, LIVES + 60)
        raise wrong(held["left"])
    cache.delete(_key(person))
    return prove(person, held["kind"], held["address"])


def _key(person: Person) -> str:
    return f"prove:{person.pk}"
