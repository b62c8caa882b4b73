"""Signing in with the state (OpenID Connect): finds the same person by proven phone or mail, and raises her to level 3.

Kept of it: that this person is that subject at that provider. Names, numbers of papers and tokens are not kept.
"""

from __future__ import annotations

from typing import Any

from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import get_language

from shaar.platform.kernel import events
from shaar.platform.kernel.errors import Invalid

from .models import Person
from .phones import normalise

#: What a sign-in with the state proves.
PROVEN_BY_STATE = 3


class StateAdapter(DefaultSocialAccountAdapter):
    """Ties a state identity to a person."""

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Find whom the claims name; drop what is not needed."""
        claims = dict(sociallogin.account.extra_data)
        claims = {**claims.get("id_token", {}), **claims.get("userinfo", {}), **claims}
        sociallogin.account.extra_data = {}
        if sociallogin.is_existing:
            sociallogin.account.save(update_fields=["extra_data"])  # allauth has just stored the claims
            raise_level(sociallogin.user)
            return
        phone, email = _proven_phone(claims), _proven_email(claims)
        if not request.user.is_authenticated:
            known = None
            if phone:
                known = Person.objects.filter(phone=phone, phone_verified=True, is_active=True).first()
            if known is None and email:
                known = Person.objects.filter(email=email, level__gte=1, is_active=True).first()
            if known is not None:
                sociallogin.connect(request, known)
                raise_level(known)
                return
        # A new person keeps only what the state vouches for and nobody else here has.
        free = email and not Person.objects.filter(email=email).exists()
        sociallogin.user.email = email if free else None
        sociallogin.email_addresses = [
            one for one in sociallogin.email_addresses if free and one.email.lower() == email
        ]
        if phone and not Person.objects.filter(phone=phone).exists():
            sociallogin.user.phone, sociallogin.user.phone_verified = phone, True

    def populate_user(self, request: HttpRequest, sociallogin: Any, data: Any) -> Any:
        """Take no name: what others see of a person she chooses herself."""
        return sociallogin.user

    def save_user(self, request: HttpRequest, sociallogin: Any, form: Any = None) -> Any:
        """Make a person who comes by the state for the first time."""
        person: Person = sociallogin.user
        person.set_unusable_password()
        person.language = (get_language() or "ru").split("-")[0]
        person.full_clean(exclude=["password"])
        sociallogin.save(request)
        raise_level(person)
        return person

    def get_connect_redirect_url(self, request: HttpRequest, socialaccount: Any) -> str:
        """A person who was signed in has tied her state identity."""
        raise_level(socialaccount.user)
        return "/me/settings/"

    def is_auto_signup_allowed(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Never ask for more than the state has given."""
        return True


def raise_level(person: Person) -> None:
    """Note that the state has named this person."""
    if person.level >= PROVEN_BY_STATE:
        return
    with transaction.atomic():
        row = Person.objects.select_for_update().get(pk=person.pk)
        row.level = PROVEN_BY_STATE
        row.save(update_fields=["level"])
        events.record("person.proven_by_state", row, acting=row)
    person.level = PROVEN_BY_STATE


def _true(value: Any) -> bool:
    return value is True or str(value).lower() == "true"


def _proven_phone(claims: dict[str, Any]) -> str | None:
    given = str(claims.get("phone_number") or claims.get("phone") or "")
    if not given or not _true(claims.get("phone_number_verified", claims.get("phone_verified"))):
        return None
    try:
        return normalise(given)
    except Invalid:
        return None


def _proven_email(claims: dict[str, Any]) -> str | None:
    given = str(claims.get("email") or "").lower()
    return given if given and _true(claims.get("email_verified")) else None
