"""Pages kept for readers who have not signed in: the same for all of them, never somebody's, never for long."""

from __future__ import annotations

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from shaar.platform.kernel import pages
from shaar.platform.kernel.pages import KeptPagesMiddleware
from shaar.platform.places.models import Territory


class Counted:
    """A site that counts how often it was asked."""

    def __init__(self, **answer: object) -> None:
        self.asked, self.answer = 0, answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        self.asked += 1
        response = HttpResponse(f"{request.path} {self.asked}", status=int(str(self.answer.get("status", 200))))
        for name, value in dict(self.answer.get("headers", {})).items():  # type: ignore[call-overload]
            response.headers[name] = value
        if "cookie" in self.answer:
            response.set_cookie("csrftoken", "x")
        return response


@pytest.fixture
def keeping(settings, monkeypatch):
    settings.PAGE_SECONDS = 5.0
    clock = [100.0]
    monkeypatch.setattr(pages.time, "monotonic", lambda: clock[0])
    return clock


def get(path: str = "/", **facts: str) -> HttpRequest:
    return RequestFactory().get(path, **facts)


def test_nobody_in_particular_gets_the_kept_page_until_its_time_is_over(keeping):
    site = Counted()
    kept = KeptPagesMiddleware(site)
    assert kept(get()).content == kept(get()).content == b"/ 1"
    keeping[0] += 5.1
    assert kept(get()).content == b"/ 2"


@pytest.mark.parametrize(
    "other",
    [
        get("/", HTTP_ACCEPT_LANGUAGE="ky"), get("/?page=2"), get("/", HTTP_HX_REQUEST="true"),
        get("/", HTTP_ACCEPT_ENCODING="gzip"), get("/", HTTP_ACCEPT="application/json"),
    ],
)  # fmt: skip
def test_another_page_is_made_for_who_asks_for_another(keeping, other):
    kept = KeptPagesMiddleware(Counted())
    assert kept(get("/", HTTP_ACCEPT_LANGUAGE="ru")).content == b"/ 1"
    assert kept(other).content == b"/ 2"


@pytest.mark.parametrize("name", ["sessionid", "csrftoken", "messages", "anything"])
def test_who_brings_a_cookie_gets_a_page_of_her_own(keeping, name):
    kept = KeptPagesMiddleware(Counted())
    kept(get())
    own = get()
    own.COOKIES[name] = "x"
    assert kept(own).content == b"/ 2"
    assert kept(get()).content == b"/ 1"


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 404}, {"status": 302}, {"cookie": True}, {"headers": {"Cache-Control": "max-age=0, no-store"}},
        {"headers": {"Cache-Control": "Private"}},
    ],
)  # fmt: skip
def test_what_is_of_one_reader_or_no_page_is_not_kept(keeping, answer):
    kept = KeptPagesMiddleware(Counted(**answer))
    kept(get())
    assert kept(get()).content == b"/ 2"


def test_only_reading_is_answered_from_memory(keeping):
    kept = KeptPagesMiddleware(Counted())
    kept(get())
    assert kept(RequestFactory().post("/")).content == b"/ 2"
    assert kept(get("/", HTTP_AUTHORIZATION="Bearer x")).content == b"/ 3"


def test_no_more_pages_are_kept_than_memory_is_given(keeping, monkeypatch):
    monkeypatch.setattr(pages, "_PAGES", 2)
    site = Counted()
    kept = KeptPagesMiddleware(site)
    for path in ("/a", "/b", "/c", "/c", "/b"):
        kept(get(path))
    assert site.asked == 3
    kept(get("/a"))
    assert site.asked == 4


def test_a_reader_waits_a_few_seconds_for_what_a_person_signed_in_sees_at_once(settings, territories, person, sign_in):
    settings.PAGE_SECONDS = 5.0
    reader, resident = Client(), sign_in(person("resident"))
    before = reader.get("/places/").content
    Territory.objects.create(code="new", kind="district", names={"ru": "Новый район"}, parent=territories["city"])
    assert "Новый район" in resident.get("/places/").content.decode()
    assert reader.get("/places/").content == before


def test_a_form_is_never_kept(settings, client):
    settings.PAGE_SECONDS = 5.0
    first, second = Client().get("/account/login/"), Client().get("/account/login/")
    assert first.cookies["csrftoken"].value != second.cookies["csrftoken"].value
