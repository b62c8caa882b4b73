from __future__ import annotations

from dataclasses import replace

import pytest

from shaar.platform.accounts.phones import normalise, shown, veiled
from shaar.platform.kernel.errors import Invalid


@pytest.fixture(params=["KZ", "KG"])
def country(request, settings) -> str:
    settings.PROFILE = replace(settings.PROFILE, country=request.param)
    return request.param


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("0555 12 34 56", "+996555123456"), ("0555-12-34-56", "+996555123456"), ("+996 555 123456", "+996555123456"),
        ("996555123456", "+996555123456"), ("(0700) 123-456", "+996700123456"), ("8 701 234 56 78", "+77012345678"),
        ("8(777)1234567", "+77771234567"), ("+7 701 234-56-78", "+77012345678"), ("77012345678", "+77012345678"),
        ("+7 916 123 45 67", "+79161234567"), ("+90 532 123 45 67", "+905321234567"),
    ],
)  # fmt: skip
def test_numbers_are_read_as_people_write_them_in_both_countries(country, typed, number):
    assert normalise(typed) == number


@pytest.mark.parametrize("typed", ["", "abc", "123", "+996 555 12", "0312 66", "+1", "8" * 40, "٠٥٥٥"])
def test_what_is_no_number_is_refused_with_an_example(country, typed):
    with pytest.raises(Invalid) as refusal:
        normalise(typed)
    assert (refusal.value.code, refusal.value.field) == ("phone.wrong", "address")


def test_a_landline_is_told_apart():
    with pytest.raises(Invalid) as refusal:
        normalise("+996 312 66 12 34")
    assert refusal.value.code == "phone.landline"


def test_numbers_shown():
    assert shown("+996555123456") == "+996 555 123 456"
    assert veiled("+996555123456") == "… 3456"
    assert (shown(None), veiled(None)) == ("", "")
