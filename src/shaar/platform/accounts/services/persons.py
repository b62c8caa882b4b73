"""A person's own data: who she is for the site, what is proven, how she is reached, what she agreed to."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from shaar.platform.kernel import events
from shaar.platform.kernel.channels import channel
from shaar.platform.kernel.errors import Conflict, Forbidden, Invalid
from shaar.platform.places.models import Territory

from ..models import Consent, Contact, Person, RoleKind, Vouch
from ..phones import normalise
from ..policies import has_role

#: The text on the use of personal data that the sign-in page shows; a new text is a new version.
TERMS = ("terms", "2026-11")
#: What a person may agree to beyond the terms.
PURPOSES = ("terms", "vouch", "research")


def read_address(text: str) -> tuple[str, str]:
    """What a person typed to sign in: ("email" | "phone", the address in its one form).

    Raises
    ------
    Invalid
        Neither; the field is ``address``.
    """
    text = text.strip()
    if not text:
        raise Invalid("address.empty", _("Please write your phone number or your e-mail."), field="address")
    if "@" not in text:
        return "phone", normalise(text)
    try:
        validate_email(text)
    except ValidationError as error:
        raise Invalid("email.wrong", _("This is not an e-mail address. Please check it."), field="address") from error
    return "email", text.lower()


def _found(kind: str, address: str) -> Person | None:
    person = Person.objects.filter(**{kind: address}).first()
    if person is None and kind == "email":
        known = EmailAddress.objects.filter(email__iexact=address, verified=True).select_related("user").first()
        person = known.user if known else None
    return person


def person_for_sign_in(text: str) -> tuple[Person, str, str]:
    """The person with this phone or e-mail, made if there is none, so that signing in and joining are one step.

    Nobody learns from it whether she was known. Who never enters the code stays at level 0 and is removed after a day.

    Returns
    -------
    tuple
        Person, "email" or "phone", the address.
    """
    kind, address = read_address(text)
    person = _found(kind, address)
    if person is None:
        try:
            with transaction.atomic():
                person = Person.objects.create_user(**{kind: address}, language=_spoken())
        except (IntegrityError, ValidationError):  # two requests at once: the other one has made her
            person = _found(kind, address)
            if person is None:
                raise
    return person, kind, address


def _spoken() -> str:
    code = (get_language() or "").split("-")[0]
    return code if code in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


def prove(person: Person, kind: str, address: str) -> Person:
    """Note that the person holds this phone or e-mail: she has entered the code that went there.

    Raises
    ------
    Conflict
        It belongs to another person by now.
    """
    with transaction.atomic():
        person = Person.objects.select_for_update().get(pk=person.pk)
        first = person.level == 0
        if Person.objects.filter(**{kind: address}).exclude(pk=person.pk).exists():
            raise Conflict("address.taken", _("This phone or e-mail belongs to another sign-in."), field="address")
        new = first or getattr(person, kind) != address or (kind == "phone" and not person.phone_verified)
        if kind == "phone":
            person.phone, person.phone_verified = address, True
        else:
            person.email = address
            EmailAddress.objects.filter(user=person).exclude(email=address).delete()
            EmailAddress.objects.update_or_create(
                user=person, email=address, defaults={"verified": True, "primary": True}
            )
        person.level = max(person.level, 1)
        person.full_clean(exclude=["password"])
        person.save()
        Contact.objects.update_or_create(
            person=person, channel="sms" if kind == "phone" else "email", defaults={"address": address}
        )
        if not person.consents.filter(purpose=TERMS[0], version=TERMS[1], withdrawn_at__isnull=True).exists():
            Consent.objects.create(person=person, purpose=TERMS[0], version=TERMS[1])
        if new:
            events.record("person.joined" if first else "person.address_proven", person, acting=person, by=kind)
    return person


def change_name(person: Person, name: str, *, acting: Person) -> Person:
    """Set the name that others see; an empty one shows "a resident"."""
    _hers(person, acting)
    with transaction.atomic():
        person = Person.objects.select_for_update().get(pk=person.pk)
        person.name = " ".join(name.split())
        _clean(person)
        person.save(update_fields=["name"])
        events.record("person.renamed", person, acting=acting)
    return person


def _clean(person: Person) -> None:
    try:
        person.full_clean(exclude=["password"])
    except ValidationError as error:
        field, sentences = next(iter(error.message_dict.items()))
        raise Invalid(f"person.{field}", sentences[0], field=field) from error


def change_home(person: Person, home: Territory | None, *, acting: Person) -> Person:
    """Say where the person lives. What a settlement leader vouched for elsewhere no longer holds."""
    _hers(person, acting)
    with transaction.atomic():
        person = Person.objects.select_for_update().get(pk=person.pk)
        if home is not None and home.until is not None:
            raise Invalid(
                "home.ended", _("This place no longer exists under this name. Please choose again."), field="home"
            )
        if person.home_id == (home.pk if home else None):
            return person
        person.home = home
        person.save(update_fields=["home"])
        for one in Vouch.objects.select_for_update().filter(person=person, withdrawn_at__isnull=True):
            if home is None or not one.territory.contains(home):
                one.withdrawn_at = timezone.now()
                one.save(update_fields=["withdrawn_at"])
        _level_after_vouches(person)
        events.record("person.moved", person, acting=acting, home=home.code if home else "")
    return person


def _level_after_vouches(person: Person) -> None:
    """Level 2 rests on a vouch that holds; 3 on the state and stays."""
    if person.level in {1, 2}:
        person.level = 2 if person.vouches.filter(withdrawn_at__isnull=True).exists() else 1
        person.save(update_fields=["level"])


def set_language(person: Person, language: str, *, acting: Person) -> Person:
    """Choose the language of pages and messages."""
    _hers(person, acting)
    if language not in dict(settings.LANGUAGES):
        raise Invalid("language.unknown", _("There is no such language here."), field="language")
    with transaction.atomic():
        person = Person.objects.select_for_update().get(pk=person.pk)
        if person.language != language:
            person.language = language
            person.save(update_fields=["language"])
            events.record("person.language_set", person, acting=acting, language=language)
    return person


def set_contacts(person: Person, wanted: set[str], *, acting: Person) -> Person:
    """Choose the channels by which messages come; the site itself always holds them.

    Phone and e-mail must be proven, Telegram be tied by the link to the bot; there is no channel without an address.
    """
    _hers(person, acting)
    for code in wanted:
        if channel(code) is None:
            raise Invalid("channel.unknown", _("There is no such channel."), field="channels")
    with transaction.atomic():
        have = {one.channel: one for one in Contact.objects.select_for_update().filter(person=person)}
        if missing := wanted - have.keys():
            raise Invalid(
                "channel.no_address",
                _("There is no address for “%(channel)s” yet.") % {"channel": channel(min(missing)).name},  # type: ignore[union-attr]
                field="channels",
            )
        for code, one in have.items():
            if one.wanted != (code in wanted):
                one.wanted = code in wanted
                one.save(update_fields=["wanted"])
        events.record("person.channels_set", person, acting=acting, channels=sorted(wanted))
    return person


def tie_telegram(number: Any, chat: str) -> bool:
    """Tie a Telegram chat to the person whose link from the settings page was followed."""
    person = Person.objects.filter(pk=number, is_active=True).first()
    if person is None:
        return False
    with transaction.atomic():
        Contact.objects.update_or_create(
            person=person, channel="telegram", defaults={"address": chat[:200], "wanted": True}
        )
        events.record("person.channel_tied", person, acting=person, channel="telegram")
    return True


def agree(person: Person, purpose: str, version: str, *, acting: Person) -> Consent:
    """Note what a person agreed to; agreeing twice to one version is one consent."""
    _hers(person, acting)
    if purpose not in PURPOSES:
        raise Invalid("consent.unknown", _("There is nothing of this kind to agree to."))
    with transaction.atomic():
        one, new = Consent.objects.get_or_create(person=person, purpose=purpose, version=version, withdrawn_at=None)
        if new:
            events.record("consent.given", person, acting=acting, purpose=purpose, version=version)
    return one


def take_back(person: Person, purpose: str, *, acting: Person) -> None:
    """Withdraw a consent. The terms are withdrawn by erasing oneself."""
    _hers(person, acting)
    if purpose == TERMS[0]:
        raise Invalid("consent.terms", _("To withdraw this, erase your data: nothing can be kept without it."))
    with transaction.atomic():
        done = person.consents.filter(purpose=purpose, withdrawn_at__isnull=True).update(withdrawn_at=timezone.now())
        if done:
            events.record("consent.withdrawn", person, acting=acting, purpose=purpose)


def file_on_behalf(phone: str, *, acting: Person, name: str = "", home: Territory | None = None) -> Person:
    """The person for whom an operator or a settlement leader writes something down: found by phone, made if new.

    She is not proven by it; she may sign in by code later and finds all that was filed for her.

    Raises
    ------
    Forbidden
        Not an operator, officer or leader.
    """
    if not has_role(acting, RoleKind.OPERATOR, RoleKind.OFFICER, RoleKind.LEADER):
        raise Forbidden(
            "behalf.role", _("Only operators, officers and settlement leaders write things down for others.")
        )
    number = normalise(phone)
    person = _found("phone", number)
    if person is not None:
        return person
    with transaction.atomic():
        person = Person.objects.create_user(
            phone=number, name=" ".join(name.split())[:100], home=home, language=settings.LANGUAGE_CODE
        )
        events.record("person.written_down", person, acting=acting)
    return person


def _hers(person: Person, acting: Person) -> None:
    if acting.pk != person.pk or not person.is_active:
        raise Forbidden("person.not_you", _("Only the person concerned may change this."))
