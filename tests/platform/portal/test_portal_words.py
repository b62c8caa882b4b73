from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from pathlib import Path

import pytest
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import timezone
from django.utils.translation import override

from shaar.platform.portal import saying
from shaar.report.colours import contrast

CSS = Path(saying.__file__).parent / "static" / "shaar" / "shaar.css"
THIN, NBSP = "\u202f", "\u00a0"


@pytest.mark.parametrize(
    "language, currency, amount, said",
    [
        ("ru", "KGS", Decimal("1250000.50"), f"1{THIN}250{THIN}000,50{NBSP}сом"),
        ("ky", "KGS", 12500, f"12{THIN}500{NBSP}сом"),
        ("en", "KGS", 12500, f"12{THIN}500{NBSP}som"),
        ("kk", "KZT", Decimal("99.90"), f"99,90{NBSP}₸"),
        ("ru", "KZT", None, "–"),
        ("en", "CHF", Decimal("-3.00"), f"\u22123{NBSP}CHF"),
    ],
)
def test_money(language, currency, amount, said):
    with override(language):
        assert saying.money(amount, currency) == said


def test_numbers_have_as_many_decimals_as_they_need():
    with override("ru"):
        assert saying.number(1649242) == f"1{THIN}649{THIN}242"
        assert saying.number(3.14159) == "3,14"
        assert saying.number(Decimal("2.50")) == "2,5"
        assert saying.number(0) == "0"
        assert saying.signed(-12.5) == "\u221212,5"
        assert saying.signed(4) == "+4"
        assert saying.signed(0) == "0"
        assert saying.number("x") == "x"


@pytest.mark.parametrize(
    "language, said",
    [("ru", "22 ноября 2026"), ("ky", "2026-ж., 22-ноябрь"), ("kk", "2026 ж. 22 қараша"), ("en", "22 November 2026")],
)
def test_days_are_written_as_people_write_them(language, said):
    with override(language):
        html = saying.day(dt.date(2026, 11, 22))
        assert html == f'<time datetime="2026-11-22">{said.replace(" ", NBSP)}</time>'


@pytest.mark.parametrize(
    "before, said",
    [
        (dt.timedelta(seconds=10), "now"),
        (dt.timedelta(minutes=7), "7 minutes ago"),
        (dt.timedelta(hours=3), "3 hours ago"),
        (dt.timedelta(days=1), "yesterday"),
        (dt.timedelta(days=9), "9 days ago"),
        (-dt.timedelta(minutes=30), "in 30 minutes"),
        (-dt.timedelta(days=1), "tomorrow"),
        (dt.timedelta(days=40), f"13{NBSP}October{NBSP}2026"),
    ],
)
def test_how_long_ago(before, said):
    now = dt.datetime(2026, 11, 22, 12, tzinfo=timezone.get_default_timezone())
    with override("en"):
        assert f">{said}</time>" in saying.ago(now - before, now)


def test_markup_of_people_is_shown_and_never_run():
    text = Template("{{ t|markdown }}").render(Context({"t": "**так** <script>alert(1)</script> [x](javascript:1)"}))
    assert "<strong>так</strong>" in text
    assert "<script" not in text
    assert "href" not in text


def test_a_form_keeps_its_key_when_it_is_shown_again():
    key = "6f1e7c0e-8d4b-4f5e-9a58-3b6f5f8f2a11"
    request = RequestFactory().post("/", {"once_key": key})
    assert f'value="{key}"' in Template("{% once_key %}").render(Context({"request": request}))
    request = RequestFactory().post("/", {"once_key": "<script>"})
    shown = Template("{% once_key %}").render(Context({"request": request}))
    assert re.search(r'value="[0-9a-f-]{36}"', shown)


@pytest.mark.parametrize("scheme", [0, 1])
def test_colours_can_be_read(scheme):
    text = CSS.read_text(encoding="utf-8")
    light = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{3,6})", text.split("@media screen")[0]))
    dark = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{3,6})", text.split("@media screen")[1].split("/* ground */")[0]))
    colours = {**light, **(dark if scheme else {})}
    full = {k: v if len(v) == 7 else "#" + "".join(2 * c for c in v[1:]) for k, v in colours.items()}
    for one, other in (
        ("ink", "paper"), ("ink", "mist"), ("muted", "paper"), ("muted", "mist"), ("primary", "paper"),
        ("primary", "mist"),
        ("on-primary", "primary"), ("on-primary", "primary-deep"), ("good", "good-ground"), ("warn", "warn-ground"),
        ("bad", "bad-ground"), ("bad", "paper"), ("ink", "warn-ground"), ("ink", "land"),
    ):  # fmt: skip
        assert contrast(full[one], full[other]) >= 4.5, (one, other)
    for one, other in (
        ("control", "paper"),
        ("focus", "paper"),
        ("focus", "mist"),
        ("pin", "land"),
        ("primary", "land"),
    ):
        assert contrast(full[one], full[other]) >= 3, (one, other)
