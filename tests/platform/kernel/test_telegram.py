from __future__ import annotations

import json
import time
import uuid

import pytest
from django.test import Client

from shaar.platform.accounts.models import Contact
from shaar.platform.kernel import telegram
from shaar.platform.kernel.models import TelegramUpdate


@pytest.fixture
def said(settings, monkeypatch) -> list[tuple[str, str]]:
    settings.OPTIONS = {**settings.OPTIONS, "TELEGRAM_TOKEN": "123:abc", "TELEGRAM_SECRET": "s3cret"}
    out: list[tuple[str, str]] = []

    def post(url, facts, headers=None):
        assert url == "https://api.telegram.org/bot123:abc/sendMessage"
        out.append((facts["chat_id"], facts["text"]))
        return {"ok": True}

    monkeypatch.setattr(telegram, "post_json", post)
    return out


def update(number: int, **message) -> dict:
    return {"update_id": number, "message": {"chat": {"id": 77}, "from": {"language_code": "en"}, **message}}


def send(facts, secret="s3cret"):
    return Client().post(
        "/telegram/", json.dumps(facts), content_type="application/json",
        headers={"x-telegram-bot-api-secret-token": secret},
    )  # fmt: skip


def test_an_update_that_comes_twice_is_answered_once(said):
    for _time in (1, 2, 3):
        assert send(update(1001, text="hello")).status_code == 204
    assert len(said) == 1
    assert TelegramUpdate.objects.count() == 1


def test_without_the_secret_nothing_is_taken(said, settings):
    for wrong in ("", "other"):
        assert send(update(5), secret=wrong).status_code == 403
    settings.OPTIONS = {**settings.OPTIONS, "TELEGRAM_SECRET": ""}
    assert send(update(5), secret="").status_code == 403
    assert TelegramUpdate.objects.count() == 0


def test_the_link_of_the_settings_page_ties_the_chat(said, person):
    who = person()
    word = telegram.word_for(who.pk)
    assert len(word) <= 64
    send(update(7, text=f"/start {word}"))
    assert list(Contact.objects.values_list("person", "channel", "address")) == [(who.pk, "telegram", "77")]
    assert who.phone not in said[0][1]
    assert who.name not in said[0][1]


@pytest.mark.parametrize("spoil", ["old", "changed", "nobody", "nonsense"])
def test_an_old_or_foreign_link_ties_nothing(said, person, monkeypatch, spoil):
    who = person()
    word = telegram.word_for(uuid.uuid4() if spoil == "nobody" else who.pk)
    if spoil == "old":
        now = time.time()
        monkeypatch.setattr(telegram.time, "time", lambda: now + 3700)
    if spoil == "changed":
        word = ("B" if word[0] == "A" else "A") + word[1:]
    if spoil == "nonsense":
        word = "привет"
    send(update(8, text=f"/start {word}"))
    assert Contact.objects.count() == 0
    assert "expired" in said[0][1]


def test_a_place_gives_a_link_with_the_place(said):
    send(update(9, location={"latitude": 42.8746, "longitude": 74.5698}))
    assert said == [
        ("77", "To propose something for this place, open: "
               "http://localhost:8000/proposals/new/?lon=74.56980&lat=42.87460")
    ]  # fmt: skip


def test_broken_updates_break_nothing(said):
    assert send({"message": {}}).status_code == 204
    assert send([]).status_code == 204
    assert send({"update_id": 10}).status_code == 204
    answer = Client().post(
        "/telegram/", b"{", content_type="application/json", headers={"x-telegram-bot-api-secret-token": "s3cret"}
    )
    assert answer.status_code == 400
    assert said == []
