"""Numbers and dates as people of each language write them."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shaar.report.i18n import LANGUAGES, Speaker
from shaar.report.numbers import MINUS, NBSP, THIN, clock, number, percent, plural_category, signed, significant


@pytest.mark.parametrize(
    ("value", "language", "decimals", "text"),
    [
        (1014015, "en", 0, f"1{THIN}014{THIN}015"),
        (1014015, "ru", 0, f"1{THIN}014{THIN}015"),
        (1234.5, "en", 1, f"1{THIN}234.5"),
        (1234.5, "ky", 1, f"1{THIN}234,5"),
        (0.25, "kk", 1, "0,3"),
        (2.5, "ru", 0, "3"),
        (-2.5, "ru", 0, f"{MINUS}3"),
        (-0.2, "ru", 0, "0"),
        (float("nan"), "ru", 0, "–"),
    ],
)
def test_number(value, language, decimals, text):
    assert number(value, language, decimals) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (125857, f"126{THIN}000"),
        (0.01234, "0.0123"),
        (9.876, "9.88"),
        (26.7, "27"),
        (99.96, "100"),
        (0, "0"),
        (9_996, f"10{THIN}000"),
    ],
)
def test_significant(value, text):
    assert significant(value, "en").removesuffix(".0") == text


def test_signed_and_percent():
    assert signed(3, "en") == "+3"
    assert signed(-3, "en") == f"{MINUS}3"
    assert signed(0.2, "en") == "0"
    assert percent(0.125, "ru", 1) == f"12,5{NBSP}%"


@pytest.mark.parametrize(
    ("n", "category"),
    [(0, "many"), (1, "one"), (2, "few"), (4, "few"), (5, "many"), (11, "many"), (12, "many"), (14, "many"),
     (21, "one"), (22, "few"), (25, "many"), (101, "one"), (111, "many"), (112, "many"), (1002, "few")],
)  # fmt: skip
def test_russian_plurals(n, category):
    assert plural_category(n, "ru") == category


def test_plural_words():
    ru = Speaker("ru")
    assert ru.p("count.vehicles", 1) == "1 машина"
    assert ru.p("count.vehicles", 23) == "23 машины"
    assert ru.p("count.vehicles", 112) == "112 машин"
    assert ru.p("count.minutes", 12.5, 1) == "12,5 минуты"
    assert Speaker("en").p("count.lines", 1) == "1 line"
    assert Speaker("ky").p("count.stops", 5) == "5 аялдама"


@pytest.mark.parametrize(
    ("language", "day", "month"),
    [
        ("ru", "22 ноября 2026", "декабрь 2017"),
        ("en", "22 November 2026", "December 2017"),
        ("ky", "2026\u2011жылдын 22\u2011ноябры", "2017\u2011жылдын декабрь айы"),
        ("kk", "2026 жылғы 22 қараша", "2017 жылғы желтоқсан"),
    ],
)
def test_dates(language, day, month):
    s = Speaker(language)
    assert s.date(dt.date(2026, 11, 22)).replace(NBSP, " ") == day
    assert s.date("2026-11-22") == s.date(dt.date(2026, 11, 22))
    assert s.date("2017-12").replace(NBSP, " ") == month
    assert s.date("2017") == "2017"
    assert s.date("spring of 2017") == "spring of 2017"
    assert s.date("2017-13") == "2017-13"


def test_clock_counts_past_midnight():
    assert clock(7 * 3600) == "07:00"
    assert clock(25 * 3600 + 30 * 60) == "25:30"


@given(st.floats(-1e12, 1e12), st.sampled_from(LANGUAGES), st.integers(0, 3))
def test_a_written_number_reads_back(value, language, decimals):
    text = number(value, language, decimals)
    back = float(text.replace(THIN, "").replace(",", ".").replace(MINUS, "-"))
    assert abs(back - value) <= 0.5 * 10**-decimals + abs(value) * 1e-12
