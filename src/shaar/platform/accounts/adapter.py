"""What django-allauth asks of this site: phones, texts with codes, and no messages of its own."""

from __future__ import annotations

import uuid
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from shaar.platform.kernel.channels import NotSent, send_sms
from shaar.platform.kernel.errors import Refusal
from shaar.platform.kernel.fields import in_language

from .models import Person
from .services.persons import prove


class NotReached(Refusal):
    """The code could not be sent; nothing has changed."""

    status = 503


#: Sentences of allauth that can be seen here, in all four languages (its own catalogues have no Kazakh).
WORDS = {
    "incorrect_code": _lazy("This code does not fit."),
    "invalid_or_expired_key": _lazy("This link no longer holds."),
    "too_many_login_attempts": _lazy("Too many tries. Please try again later."),
    "rate_limited": _lazy("Too many tries. Please try again later."),
    "account_inactive": _lazy("This sign-in is closed."),
}


class AccountAdapter(DefaultAccountAdapter):
    """Signing in by a code to a phone or an e-mail."""

    error_messages = {**DefaultAccountAdapter.error_messages, **WORDS}

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Joining is entering a first code; allauth's form for it is not used, the state's sign-in is."""
        return True

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Say nothing: the pages themselves say what was done."""

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send a mail of allauth (the code); say so if the mail server does not take it."""
        try:
            super().send_mail(template_prefix, email, {**context, "city": in_language(settings.PROFILE.names)})
        except OSError as error:
            raise NotReached("mail.down", _not_now(), field="address") from error

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """Notices go through the outbox, in the person's language."""

    def send_verification_code_sms(self, user: Any, phone: str, code: str, **kwargs: Any) -> None:
        """Text a code; the last line lets a phone offer it to the browser on this very site."""
        host = settings.SITE_URL.split("//")[-1].split(":")[0]
        words = _("%(code)s is your code for %(city)s. It holds for five minutes; tell it to nobody.") % {
            "code": code,
            "city": in_language(settings.PROFILE.names),
        }
        try:
            send_sms(phone, f"{words}\n@{host} #{code}", key=str(uuid.uuid4()))
        except NotSent as error:
            raise NotReached("sms.down", _not_now(), field="address") from error

    def get_phone(self, user: Any) -> tuple[str, bool] | None:
        """Phone and whether it is proven."""
        return (user.phone, user.phone_verified) if user.phone else None

    def set_phone(self, user: Any, phone: str, verified: bool) -> None:
        """Keep a phone; only a proven one is kept as hers."""
        if verified:
            prove(user, "phone", phone)

    def set_phone_verified(self, user: Any, phone: str) -> None:
        """The code that went to the phone was entered."""
        prove(user, "phone", phone)

    def get_user_by_phone(self, phone: str) -> Any:
        """The person with a proven phone."""
        return Person.objects.filter(phone=phone, phone_verified=True).first()


def _not_now() -> str:
    return _("The code could not be sent just now. Please try again in a few minutes, or use the other way.")
