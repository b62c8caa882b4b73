"""The OpenID Connect client against a real provider: allauth's own, run beside it in a live server."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.socialaccount.models import SocialAccount
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.test import Client

from shaar.platform.accounts.models import Person
from shaar.platform.kernel.models import Event

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)


@pytest.fixture
def provider(settings, live_server):
    """The provider at the live server, and our client of it."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    settings.IDP_OIDC_PRIVATE_KEY = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    settings.IDP_OIDC_ADAPTER = "tests.platform.accounts.provider.StateProvider"
    settings.ROOT_URLCONF = "tests.platform.accounts.provider"
    from allauth.idp.oidc.models import Client as Relying

    relying = Relying(name="Shaar", owner=None, skip_consent=True)
    secret = "a long secret of the tests"
    relying.set_secret(secret)
    relying.set_redirect_uris([f"{live_server.url}/account/oidc/state/login/callback/"])
    relying.set_scopes(["openid", "profile", "email", "phone"])
    relying.set_grant_types(["authorization_code"])
    relying.set_response_types(["code"])
    relying.save()
    settings.SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {
            "OAUTH_PKCE_ENABLED": True,
            "APPS": [
                {
                    "provider_id": "state", "name": "eSIA", "client_id": relying.id, "secret": secret,
                    "settings": {"server_url": live_server.url, "scope": ["openid", "profile", "email", "phone"]},
                }
            ],
        }
    }  # fmt: skip
    return live_server


def citizen(**fields) -> Person:
    """Somebody whom the provider knows; in this test both sides share one table of persons."""
    return Person.objects.create_user(**fields)


def sign_in(provider, who: Person, client: Client) -> Client:
    """Press the button, sign in at the provider as ``who``, come back."""
    host = urlsplit(provider.url).netloc
    asked = client.post("/account/oidc/state/login/", headers={"host": host})
    assert asked.status_code == 302
    query = parse_qs(urlsplit(asked.url).query)
    assert query["code_challenge_method"] == ["S256"]
    assert query["state"][0]
    at_provider = Client()
    at_provider.force_login(who, backend="django.contrib.auth.backends.ModelBackend")
    parts = urlsplit(asked.url)
    answer = at_provider.get(f"{parts.path}?{parts.query}", headers={"host": host})
    if answer.status_code == 200:  # asks whether the person agrees
        page = answer.content.decode()
        fields = dict(re.findall(r'name="([^"]+)"[^>]*value="([^"]*)"', page))
        answer = at_provider.post(parts.path, {**fields, "action": "grant"}, headers={"host": host})
    assert answer.status_code == 302, answer.content[:500]
    back = urlsplit(answer["Location"])
    done = client.get(f"{back.path}?{back.query}", headers={"host": host})
    assert done.status_code == 302, done.content.decode()[:800]
    return client


def test_a_new_person_comes_by_the_state_at_level_three(provider, settings):
    known_there = citizen(name="Гражданка", email="citizen@provider.example")
    settings.STATE_CLAIMS = {"phone_number": "+996555123456", "phone_number_verified": True}
    client = sign_in(provider, known_there, Client())
    account = SocialAccount.objects.get()
    person = account.user
    assert person.pk != known_there.pk
    assert (person.level, person.phone, person.phone_verified, person.name) == (3, "+996555123456", True, "")
    assert client.session["_auth_user_id"] == str(person.pk)
    assert account.extra_data == {}
    assert list(Event.objects.values_list("verb", flat=True)) == ["person.proven_by_state"]


def test_a_person_known_by_her_proven_phone_is_the_same_and_comes_again(provider, settings):
    mine = citizen(name="Айгуль", phone="+996555123456", phone_verified=True, level=1)
    known_there = citizen(email="citizen@provider.example")
    settings.STATE_CLAIMS = {"phone_number": "0555 12 34 56", "phone_number_verified": True}
    for _time in (1, 2):
        client = sign_in(provider, known_there, Client())
        assert client.session["_auth_user_id"] == str(mine.pk)
    mine.refresh_from_db()
    assert (mine.level, mine.name) == (3, "Айгуль")
    assert SocialAccount.objects.count() == 1
    assert Event.objects.filter(verb="person.proven_by_state").count() == 1


def test_an_unproven_claim_takes_over_nobody(provider, settings):
    mine = citizen(name="Айгуль", phone="+996555123456", phone_verified=True, level=1)
    known_there = citizen(email="citizen@provider.example")
    settings.STATE_CLAIMS = {"phone_number": "+996555123456", "phone_number_verified": False}
    client = sign_in(provider, known_there, Client())
    assert client.session["_auth_user_id"] != str(mine.pk)
    mine.refresh_from_db()
    assert mine.level == 1


def test_a_signed_in_person_ties_her_state_identity(provider, settings):
    mine = citizen(name="Айгуль", phone="+996555123456", phone_verified=True, level=1)
    known_there = citizen(email="citizen@provider.example")
    settings.STATE_CLAIMS = {}
    client = Client()
    client.force_login(mine, backend="django.contrib.auth.backends.ModelBackend")
    host = urlsplit(provider.url).netloc
    asked = client.post("/account/oidc/state/login/?process=connect", headers={"host": host})
    at_provider = Client()
    at_provider.force_login(known_there, backend="django.contrib.auth.backends.ModelBackend")
    parts = urlsplit(asked.url)
    back = urlsplit(at_provider.get(f"{parts.path}?{parts.query}", headers={"host": host})["Location"])
    done = client.get(f"{back.path}?{back.query}", headers={"host": host})
    assert done.url == "/me/settings/"
    mine.refresh_from_db()
    assert mine.level == 3


def test_an_answer_with_a_foreign_state_is_refused(provider, settings):
    known_there = citizen(email="citizen@provider.example")
    settings.STATE_CLAIMS = {}
    host = urlsplit(provider.url).netloc
    asked = Client().post("/account/oidc/state/login/", headers={"host": host})
    at_provider = Client()
    at_provider.force_login(known_there, backend="django.contrib.auth.backends.ModelBackend")
    parts = urlsplit(asked.url)
    back = urlsplit(at_provider.get(f"{parts.path}?{parts.query}", headers={"host": host})["Location"])
    victim = Client()
    refused = victim.get(f"{back.path}?{back.query}", headers={"host": host})
    assert "_auth_user_id" not in victim.session
    assert SocialAccount.objects.count() == 0
    assert refused.status_code in {200, 302, 401}


def test_a_provider_that_is_down_is_said_in_words(settings):
    settings.SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {
            "APPS": [
                {
                    "provider_id": "state", "name": "eSIA", "client_id": "x", "secret": "y",
                    "settings": {"server_url": "http://127.0.0.1:9"},
                }
            ]
        }
    }  # fmt: skip
    client = Client(HTTP_ACCEPT_LANGUAGE="en")
    assert "Sign in with eSIA" in client.get("/account/login/").content.decode()
    answer = client.post("/account/oidc/state/login/")
    assert answer.status_code == 503
    assert "The state's sign-in did not work".replace("'", "&#x27;") in answer.content.decode().replace("'", "&#x27;")
