from __future__ import annotations

import re
from io import StringIO

import pytest
from django.core import mail
from django.test import Client

from shaar.platform.accounts import examples
from shaar.platform.accounts.models import Consent, Contact, Person
from shaar.platform.kernel.channels import NotSent
from shaar.platform.kernel.models import Event

ENTER, CONFIRM = "/account/login/", "/account/login/code/confirm/"


@pytest.fixture
def texts(monkeypatch) -> list[tuple[str, str]]:
    """Texts that would have gone out: (phone, text)."""
    sent: list[tuple[str, str]] = []
    monkeypatch.setattr(
        "shaar.platform.accounts.adapter.send_sms", lambda phone, text, *, key: sent.append((phone, text))
    )
    return sent


def code_in(text: str) -> str:
    found = re.search(r"\b(\d{6})\b", text)
    assert found, text
    return found.group(1)


def signed_in_as(client: Client) -> str | None:
    return client.session.get("_auth_user_id")


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def test_a_phone_code_makes_a_person_and_signs_her_in(texts):
    client = Client()
    asked = client.post(ENTER, {"address": "8 701 234 56 78", "next": "/events/"})
    assert (asked.status_code, asked.url) == (302, f"{CONFIRM}?next=%2Fevents%2F")
    assert [phone for phone, _text in texts] == ["+77012345678"]
    person = Person.objects.get()
    assert (person.level, person.phone_verified) == (0, False)
    done = client.post(asked.url, {"code": code_in(texts[0][1]), "action": "verify", "next": "/events/"})
    assert (done.status_code, done.url) == (302, "/events/")
    person.refresh_from_db()
    assert (person.level, person.phone, person.phone_verified) == (1, "+77012345678", True)
    assert signed_in_as(client) == str(person.pk)
    assert list(Contact.objects.values_list("channel", "address", "wanted")) == [("sms", "+77012345678", True)]
    assert list(Consent.objects.values_list("purpose", flat=True)) == ["terms"]
    assert list(Event.objects.values_list("verb", flat=True)) == ["person.joined"]


def test_a_mail_code_signs_in_the_same_person_again(texts):
    for _time in (1, 2):
        client = Client()
        client.post(ENTER, {"address": "Aigul@Example.org "})
        message = mail.outbox[-1]
        assert message.to == ["aigul@example.org"]
        assert client.post(CONFIRM, {"code": code_in(message.subject), "action": "verify"}).status_code == 302
        assert signed_in_as(client)
    assert Person.objects.count() == 1
    assert texts == []


def test_the_code_may_be_typed_with_spaces(texts):
    client = Client()
    client.post(ENTER, {"address": "+77012345678"})
    code = code_in(texts[0][1])
    client.post(CONFIRM, {"code": f" {code[:3]} {code[3:]}", "action": "verify"})
    assert signed_in_as(client)


def test_three_wrong_codes_end_it_and_the_right_one_no_longer_opens(texts):
    client = Client(HTTP_ACCEPT_LANGUAGE="en")
    client.post(ENTER, {"address": "+77012345678"})
    right = code_in(texts[0][1])
    for left in (2, 1):
        answer = client.post(CONFIRM, {"code": wrong(right), "action": "verify"})
        assert answer.status_code == 422
        page = answer.content.decode()
        assert f"Tries left: {left}." in page
        assert "Please write the six digits." not in page
    answer = client.post(CONFIRM, {"code": wrong(right), "action": "verify"})
    assert answer.status_code == 422
    answer = client.post(CONFIRM, {"code": right, "action": "verify"})
    assert answer.status_code == 422
    assert signed_in_as(client) is None
    assert Person.objects.get().level == 0


def test_an_empty_code_is_no_try(texts):
    client = Client(HTTP_ACCEPT_LANGUAGE="en")
    client.post(ENTER, {"address": "+77012345678"})
    for _time in range(4):
        answer = client.post(CONFIRM, {"code": "", "action": "verify"})
        assert answer.status_code == 422
        assert "Please write the six digits." in answer.content.decode()
    client.post(CONFIRM, {"code": code_in(texts[0][1]), "action": "verify"})
    assert signed_in_as(client)


def test_an_expired_code_says_so_and_a_new_one_works(texts, monkeypatch):
    import time

    client = Client(HTTP_ACCEPT_LANGUAGE="en")
    client.post(ENTER, {"address": "+77012345678"})
    now = time.time()
    monkeypatch.setattr("allauth.account.internal.flows.code_verification.time.time", lambda: now + 301)
    answer = client.post(CONFIRM, {"code": code_in(texts[0][1]), "action": "verify"})
    assert answer.status_code == 422
    assert "This code has expired" in answer.content.decode()
    assert signed_in_as(client) is None
    again = client.post(CONFIRM, {"action": "resend"}, follow=True)
    assert "A new code is on its way" in again.content.decode()
    client.post(CONFIRM, {"code": code_in(texts[1][1]), "action": "verify"})
    assert signed_in_as(client)


def test_a_new_code_ends_the_old_one(texts):
    client = Client()
    client.post(ENTER, {"address": "+77012345678"})
    client.post(CONFIRM, {"action": "resend"})
    old, new = code_in(texts[0][1]), code_in(texts[1][1])
    if old != new:
        client.post(CONFIRM, {"code": old, "action": "verify"})
        assert signed_in_as(client) is None
    client.post(CONFIRM, {"code": new, "action": "verify"})
    assert signed_in_as(client)


def test_a_fourth_code_in_a_quarter_of_an_hour_is_refused_in_words(texts):
    client = Client(HTTP_ACCEPT_LANGUAGE="en")
    statuses = [client.post(ENTER, {"address": "+77012345678"}).status_code for _ in range(4)]
    assert statuses == [302, 302, 302, 429]
    assert len(texts) == 3
    answer = client.post(ENTER, {"address": "+77012345678"})
    assert "Please try again in" in answer.content.decode()
    assert 'value="+77012345678"' in answer.content.decode()  # what was typed is kept


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "Please write your phone number or your e-mail."),
        ("12345", "There is no such phone number."),
        ("+996 555", "There is no such phone number."),
        ("+7 7172 55 55 55", "This is not a mobile number"),
        ("aigul@", "This is not an e-mail address."),
    ],
)
def test_a_wrong_address_is_named_and_nothing_is_made(texts, typed, sentence):
    answer = Client(HTTP_ACCEPT_LANGUAGE="en").post(ENTER, {"address": typed})
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert Person.objects.count() == 0
    assert texts == []


def test_known_and_unknown_addresses_answer_alike(texts, person):
    known = person(home=None)
    pages = []
    for address in (known.phone, "+77019999999"):
        client = Client()
        answer = client.post(ENTER, {"address": address})
        pages.append((answer.status_code, answer.url, client.get(CONFIRM).content.decode().count("<")))
    assert pages[0] == pages[1]


def test_a_gateway_that_is_down_is_said_and_nothing_typed_is_lost(monkeypatch):
    def down(*args, **kwargs):
        raise NotSent("HTTP 500")

    monkeypatch.setattr("shaar.platform.accounts.adapter.send_sms", down)
    answer = Client(HTTP_ACCEPT_LANGUAGE="en").post(ENTER, {"address": "+77012345678"})
    assert answer.status_code == 503
    assert "The code could not be sent just now." in answer.content.decode()
    assert 'value="+77012345678"' in answer.content.decode()


def test_only_this_once_ends_with_the_browser(texts):
    for given, ends in (({"brief": "on"}, True), ({}, False)):
        client = Client()
        client.post(ENTER, {"address": "+77012345678", **given})
        client.post(CONFIRM, {"code": code_in(texts[-1][1]), "action": "verify"})
        assert client.session.get_expire_at_browser_close() is ends


def test_the_code_field_lets_the_phone_fill_it_in(texts):
    client = Client()
    client.post(ENTER, {"address": "+77012345678"})
    page = client.get(CONFIRM).content.decode()
    assert 'autocomplete="one-time-code"' in page
    assert 'inputmode="numeric"' in page
    assert texts[0][1].splitlines()[-1] == f"@localhost #{code_in(texts[0][1])}"


def test_sessions_are_listed_and_ended_elsewhere(texts):
    clients = [Client(HTTP_USER_AGENT=name) for name in ("Phone", "Library")]
    for client in clients:
        client.post(ENTER, {"address": "+77012345678"})
        client.post(CONFIRM, {"code": code_in(texts[-1][1]), "action": "verify"})
    here, there = clients
    page = here.get("/account/sessions/").content.decode()
    assert "Phone" in page
    assert "Library" in page
    here.post("/account/sessions/")
    assert there.get("/me/").status_code == 302
    assert here.get("/me/").status_code == 200


def test_nobody_is_sent_to_another_site(texts):
    client = Client()
    client.post(ENTER, {"address": "+77012345678", "next": "https://evil.example/"})
    answer = client.post(CONFIRM, {"code": code_in(texts[0][1]), "action": "verify", "next": "https://evil.example/"})
    assert answer.url == "/me/"


def test_pages_for_passwords_do_not_exist():
    for path in ("password/reset/", "password/change/", "password/set/"):
        assert Client().get(f"/account/{path}").status_code == 404
    assert Client().get("/account/signup/").url == ENTER


class TestExamples:
    def test_in_production_there_are_none_even_with_a_signed_form(self, person, settings):
        settings.DEVELOPMENT = True
        made = examples.make_people()
        signed = examples.token(made["admin"])
        settings.DEVELOPMENT = False
        client = Client()
        assert "example_sign_in" not in client.get(ENTER).content.decode()
        assert client.post("/account/example/", {"token": signed}).status_code == 404
        assert signed_in_as(client) is None

    def test_in_development_each_role_signs_in_by_its_form(self, settings):
        settings.DEVELOPMENT = True
        examples.make_people()
        page = Client().get(ENTER).content.decode()
        tokens = re.findall(r'name="token" value="([^"]+)"', page)
        assert len(tokens) == 14
        client = Client()
        assert client.post("/account/example/", {"token": tokens[0]}).status_code == 302
        assert signed_in_as(client)
        assert Client().get("/account/example/").status_code == 405

    def test_a_form_for_a_real_person_or_a_changed_one_is_refused(self, settings, person):
        settings.DEVELOPMENT = True
        real = person(admin=None)
        for signed in (examples.token(real), examples.token(real)[:-2] + "xx", ""):
            client = Client()
            assert client.post("/account/example/", {"token": signed}).status_code == 403
            assert signed_in_as(client) is None


def test_the_first_administrator_is_named_on_the_server():
    from django.core.management import CommandError, call_command

    from shaar.platform.accounts.policies import has_role

    out = StringIO()
    call_command("make_admin", "+77012345678", stdout=out)
    call_command("make_admin", "second@example.org", stdout=out)
    assert has_role(Person.objects.get(phone="+77012345678"), "admin")
    with pytest.raises(CommandError, match=r"(?i)two|два|эки|екі"):
        call_command("make_admin", "third@example.org", stdout=out)


def test_who_never_entered_a_code_is_removed_after_a_day(texts, person):
    from datetime import timedelta

    from django.core.management import call_command

    operator = person(operator=None)
    Client().post(ENTER, {"address": "+77012345678"})
    from shaar.platform.accounts.services import file_on_behalf

    file_on_behalf("+77017654321", acting=operator, name="Бабушка")
    Person.objects.filter(level=0).update(joined_at=operator.joined_at - timedelta(days=2))
    call_command("purge_unproven", stdout=StringIO())
    assert not Person.objects.filter(phone="+77012345678").exists()
    assert Person.objects.filter(phone="+77017654321").exists()
