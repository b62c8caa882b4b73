"""Phone numbers as people write them, made one: 0555 12 34 56, 996555123456, 8 701 234 56 78 become +996..., +7...."""

from __future__ import annotations

import phonenumbers
from django.conf import settings
from django.utils.translation import gettext as _
from phonenumbers import NumberParseException, PhoneNumberType

from shaar.platform.kernel.errors import Invalid

#: Kinds of number that can take a text; many plans do not tell mobile from fixed.
_CAN_TEXT = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE, PhoneNumberType.PERSONAL_NUMBER}
_REGIONS = ("KG", "KZ")


def normalise(text: str) -> str:
    """The number in international form (E.164).

    Local forms are read as those of the installation's country, then of the other of Kyrgyzstan and Kazakhstan; a full
    number may be of any country.

    Raises
    ------
    Invalid
        No number, or one that cannot get texts; the field is ``address``.
    """
    country = settings.PROFILE.country.upper()
    tried = text.strip()
    digits = "".join(letter for letter in tried if letter.isdigit())
    ways = [(tried, country), *((tried, region) for region in _REGIONS if region != country)]
    if not tried.startswith("+"):
        ways.append((f"+{digits}", country))  # 996555123456, as address books keep it
    landline = False
    for written, region in ways:
        try:
            number = phonenumbers.parse(written, region)
        except NumberParseException:
            continue
        if not phonenumbers.is_valid_number(number):
            continue
        if phonenumbers.number_type(number) in _CAN_TEXT:
            return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
        landline = True
    if landline:
        raise Invalid(
            "phone.landline",
            _("This is not a mobile number, so it cannot get a code. Please give a mobile number or an e-mail."),
            field="address",
        )  # fmt: skip
    raise Invalid(
        "phone.wrong",
        _("There is no such phone number. Write it like %(example)s.") % {"example": example()},
        field="address",
    )


def example() -> str:
    """A number as it is written in the country of the installation."""
    return {"KG": "0555 123 456", "KZ": "8 701 234 56 78"}.get(settings.PROFILE.country.upper(), "+996 555 123 456")


def shown(phone: str | None) -> str:
    """A number with spaces, for reading."""
    if not phone:
        return ""
    try:
        number = phonenumbers.parse(phone)
    except NumberParseException:
        return phone
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL))


def veiled(phone: str | None) -> str:
    """A number of which only the last four digits are shown: enough to know one's neighbour's, too little to call."""
    return f"… {phone[-4:]}" if phone else ""
