from __future__ import annotations

import gzip

import pytest
from django.test import Client

from shaar.platform.desk import queues
from shaar.platform.places.models import Territory
from shaar.platform.places.profile import read_profile
from shaar.platform.places.services import import_territories, merge
from shaar.platform.places.services.history import Part
from shaar.platform.portal import panels

PAGES = (
    "/",
    "/places/",
    "/design/",
    "/about/",
    "/about/moderation/",
    "/about/privacy/",
    "/about/accessibility/",
    "/about/open/",
)


@pytest.fixture
def astana():
    import_territories(read_profile("astana"))


@pytest.mark.parametrize("address", PAGES)
@pytest.mark.parametrize("language", ["ru", "ky", "kk", "en"])
def test_pages_open_in_every_language_and_are_light(astana, address, language):
    client = Client()
    client.cookies["django_language"] = language
    answer = client.get(address)
    assert answer.status_code == 200
    html = answer.content.decode()
    assert f'<html lang="{language}">' in html
    assert html.count("<h1") == (2 if address == "/design/" else 1)
    assert " style=" not in html
    assert "<script>" not in html
    assert len(gzip.compress(answer.content)) < 20_000


def test_a_language_is_kept_and_the_page_too():
    client = Client(enforce_csrf_checks=True)
    answer = client.post("/language/", {"language": "ky", "next": "/places/?q=a"})
    assert (answer.status_code, answer["Location"]) == (302, "/places/?q=a")
    assert '<html lang="ky">' in client.get("/").content.decode()
    answer = client.post("/language/", {"language": "xx", "next": "https://elsewhere.example/"})
    assert answer["Location"] == "/"
    assert '<html lang="ky">' in client.get("/").content.decode()
    assert client.get("/language/").status_code == 405


def test_the_first_page_needs_no_cookie():
    answer = Client().get("/")
    assert not answer.cookies


def test_example_data_are_said_to_be_so(settings):
    assert 'class="example"' not in Client().get("/").content.decode()
    settings.EXAMPLE = True
    assert 'class="example"' in Client().get("/").content.decode()


def test_the_way_one_is_on_is_marked(astana):
    html = Client().get("/places/").content.decode()
    assert '<a href="/places/" aria-current="page">' in html
    html = Client().get("/places/city/").content.decode()
    assert '<a href="/places/" aria-current="true">' in html


def test_a_search_opens_the_one_place_or_lists_several(astana):
    urker = Territory.objects.get(names__ru="микрорайон Уркер")
    assert Client().get("/places/", {"q": "уркер"})["Location"] == f"/places/{urker.code}/"
    listed = Client().get("/places/", {"q": "за"})
    assert listed.status_code in {200, 302}
    nothing = Client().get("/places/", {"q": "<b>нет</b>"})
    assert "&lt;b&gt;" in nothing.content.decode()


def test_a_place_that_is_gone_leads_to_what_it_became(outlined_city):
    territories, mayor = outlined_city
    merge(
        [territories["north"], territories["south"]], into=Part("one", {"ru": "Единый"}), acting=mayor, reason="реформа"
    )
    html = Client().get("/places/north/").content.decode()
    assert '<a href="/places/one/">Единый</a>' in html
    assert "реформа" in html
    assert Client().get("/places/no-such/").status_code == 404


@pytest.fixture
def outlined_city(territories, person):
    return territories, person("Мэр", mayor=None)


def test_a_city_without_a_model_says_what_cannot_be_computed(settings):
    settings.PROFILE = read_profile("bishkek")
    import_territories(settings.PROFILE)
    client = Client()
    client.cookies["django_language"] = "en"
    words = "There is no model of this city yet"
    for address in ("/", "/places/", "/places/ak-zhar/"):
        assert words in client.get(address).content.decode()
    assert "there is no source for it yet" in client.get("/places/ak-zhar/").content.decode()


def test_panels_stand_in_their_order_and_stay_away_when_empty(monkeypatch):
    monkeypatch.setattr(panels, "_PANELS", {})
    for name, order, content in (("b", 20, {"what": "second"}), ("a", 10, {"what": "first"}), ("c", 5, None)):
        panels.register(panels.HOME, name, order=order, template="ui/empty.html", fill=lambda request, c=content: c)
    html = Client().get("/").content.decode()
    assert 0 < html.index("first") < html.index("second")
    assert html.count('class="empty"') == 2


def test_the_desk_opens_to_staff_and_lists_their_queues(person, monkeypatch):
    monkeypatch.setattr(queues, "_QUEUES", {})
    queues.register("/desk/a/", "Mine", order=1, opens_to=lambda p: True, waiting=lambda p: 7)
    queues.register("/desk/b/", "Closed to me", order=2, opens_to=lambda p: False, waiting=lambda p: 1)
    client = Client()
    assert client.get("/desk/").status_code == 302
    client.force_login(person(), backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/desk/").status_code == 403
    client = Client()
    client.force_login(person(operator=None), backend="django.contrib.auth.backends.ModelBackend")
    html = client.get("/desk/").content.decode()
    assert "Mine" in html and '<span class="count">7</span>' in html
    assert "Closed to me" not in html
