from __future__ import annotations

import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.test import Client

from shaar.platform.accounts.policies import ABOVE_OFFICER

BACKEND = "django.contrib.auth.backends.ModelBackend"


def code_of(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def client_of(person) -> Client:
    client = Client(HTTP_ACCEPT_LANGUAGE="en")
    client.force_login(person, backend=BACKEND)
    return client


@pytest.mark.parametrize("kind", [str(kind) for kind in ABOVE_OFFICER])
def test_without_a_second_factor_the_desk_does_not_open(person, kind):
    answer = client_of(person(**{kind: None})).get("/desk/")
    assert (answer.status_code, answer.url) == (302, "/account/second-step/?next=/desk/")


@pytest.mark.parametrize("kind", ["officer", "operator"])
def test_officers_and_operators_need_none(person, kind):
    assert client_of(person(**{kind: None})).get("/desk/").status_code == 200


def test_posts_are_stopped_too(person):
    admin, who = person("Admin", admin=None), person()
    answer = client_of(admin).post(f"/desk/people/{who.pk}/", {"kind": "officer", "until": "2030-01-01", "reason": "x"})
    assert answer.url.startswith("/account/second-step/")
    assert who.roles.count() == 0


@pytest.mark.django_db(databases="__all__", transaction=True)
def test_setting_up_an_app_then_confirming_opens_the_desk(person):
    admin = person("Admin", admin=None)
    client = client_of(admin)
    assert "A second step is needed" in client.get("/account/second-step/?next=/desk/").content.decode()
    page = client.get("/account/2fa/totp/activate/")
    assert page.status_code == 200
    secret = page.context["form"].secret
    assert secret in page.content.decode()
    assert client.post("/account/2fa/totp/activate/", {"code": "000000"}).status_code == 200
    assert not Authenticator.objects.exists()
    client.post("/account/2fa/totp/activate/", {"code": code_of(secret)})
    kept = Authenticator.objects.get(user=admin, type="totp")
    assert secret not in str(kept.data)  # sealed
    assert client.get("/desk/").status_code == 200  # she has just shown it
    assert "spare codes" in client.get("/account/2fa/").content.decode()
    elsewhere = client_of(admin)
    asked = elsewhere.get("/desk/")
    assert asked.url == "/account/2fa/reauthenticate/?next=/desk/"
    elsewhere.post("/account/2fa/reauthenticate/", {"code": "000000", "next": "/desk/"})
    assert elsewhere.get("/desk/").status_code == 302
    from django.core.cache import cache

    cache.clear()  # a code is taken once; the clock of the test does not wait for the next one
    opened = elsewhere.post("/account/2fa/reauthenticate/", {"code": code_of(secret), "next": "/desk/"})
    assert (opened.status_code, opened.url) == (302, "/desk/")
    assert elsewhere.get("/desk/").status_code == 200


def test_signing_in_asks_for_it_and_a_wrong_one_does_not_open(person, monkeypatch):
    sent: list[str] = []
    monkeypatch.setattr("shaar.platform.accounts.adapter.send_sms", lambda phone, text, *, key: sent.append(text))
    admin = person("Admin", admin=None)
    secret = generate_totp_secret()
    TOTP.activate(admin, secret)
    client = Client()
    client.post("/account/login/", {"address": admin.phone})
    answer = client.post("/account/login/code/confirm/?next=/desk/", {"code": sent[0].split("#")[1], "next": "/desk/"})
    assert answer.url == "/account/2fa/authenticate/"
    assert client.get("/me/").status_code == 302
    client.post("/account/2fa/authenticate/", {"code": "000000"})
    assert client.get("/me/").status_code == 302
    done = client.post("/account/2fa/authenticate/", {"code": code_of(secret)})
    assert done.url == "/desk/"
    assert client.get("/desk/").status_code == 200


def test_an_example_session_skips_it_in_development_only(person, settings):
    admin = person("Admin", admin=None)
    client = client_of(admin)
    session = client.session
    session["example"] = True
    session.save()
    settings.DEVELOPMENT = False
    assert client.get("/desk/").status_code == 302
    settings.DEVELOPMENT = True
    assert client.get("/desk/").status_code == 200


def test_pages_of_the_second_step_open_in_our_layout(person):
    client = client_of(person("Admin", admin=None))
    for path in ("", "webauthn/", "webauthn/add/", "totp/activate/"):
        page = client.get(f"/account/2fa/{path}")
        assert page.status_code == 200, path
        assert 'class="skip"' in page.content.decode()
