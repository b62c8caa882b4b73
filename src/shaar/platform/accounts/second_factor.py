"""The second step of signing in: whoever has a role above officer passes it before any page of the desk opens."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.utils import is_mfa_enabled
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from shaar.platform.kernel.fields import in_language

from .examples import is_example_session
from .phones import veiled
from .policies import needs_second_factor


class MfaAdapter(DefaultMFAAdapter):
    """Keeps the secrets of authenticator apps encrypted, so that a copy of the database alone is no second factor."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _("This code does not fit. Codes change every half a minute."),
        "cannot_delete_authenticator": _("You cannot remove the last second step."),
        "cannot_generate_recovery_codes": _("First set up an app or a passkey."),
    }

    def encrypt(self, text: str) -> str:
        """Seal a secret."""
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Open a secret."""
        return _cipher().decrypt(encrypted_text.encode()).decode()

    def get_totp_issuer(self) -> str:
        """Name of this site in the app."""
        return in_language(settings.PROFILE.names)

    def get_totp_label(self, user: Any) -> str:
        """Name of the sign-in in the app."""
        return user.email or veiled(user.phone) or user.handle

    def get_public_key_credential_user_entity(self, user: Any) -> dict[str, Any]:
        """Who holds a passkey."""
        label = self.get_totp_label(user)
        return {**super().get_public_key_credential_user_entity(user), "display_name": label, "name": label}

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """Notices go through the outbox."""


def _cipher() -> Fernet:
    key = HKDF(SHA256(), 32, salt=None, info=b"shaar second factor").derive(settings.SECRET_KEY.encode())
    return Fernet(base64.urlsafe_b64encode(key))


def passed(request: HttpRequest) -> bool:
    """Whether this session was opened, or confirmed since, with a second factor."""
    records = get_authentication_records(request, request.user)
    return any(record.get("method") == "mfa" for record in records)


def set_up_now(request: HttpRequest, user: Any, authenticator: Any, **_more: Any) -> None:
    """Who has just set up a second factor in this session has shown it; she is not asked for it again at once."""
    record_authentication(
        request, user, method="mfa", id=authenticator.pk, type=authenticator.type, reauthenticated=True
    )


class SecondFactorMiddleware:
    """Stands before the desk."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass on."""
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """Send people above officer to their second step; to set one up if they have none.

        Example sign-ins of a development installation are let through; signing in has said that they are examples.
        """
        guarded = request.path_info.startswith(("/desk/", "/api/v1/desk/"))
        if not guarded or not request.user.is_authenticated or not needs_second_factor(request.user):
            return None
        if is_example_session(request) or passed(request):
            return None
        page = "mfa_reauthenticate" if is_mfa_enabled(request.user) else "second_factor_needed"
        return HttpResponseRedirect(f"{reverse(page)}?next={quote(request.get_full_path())}")
