from __future__ import annotations

import ast
import re
from datetime import date
from decimal import Decimal
from io import StringIO
from pathlib import Path
from xml.etree import ElementTree

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from hypothesis import given
from hypothesis import strategies as st

import shaar.platform
from shaar.platform.accounts.models import Organisation
from shaar.platform.kernel import events, seeing, story
from shaar.platform.kernel.models import Event
from shaar.platform.kernel.text import plain, render

KIND = "accounts.organisation"


@pytest.fixture
def thing() -> Organisation:
    return Organisation.objects.create(kind="ngo", names={"ru": "Наш двор", "en": "Our yard"})


@pytest.fixture(autouse=True)
def _kind():
    seeing.register(KIND, lambda viewer, thing: True)
    story.register({"yard.cleaned": _("%(who)s cleaned %(what)s.")})
    yield
    seeing._KINDS.pop(KIND, None)
    story._SENTENCES.pop("yard.cleaned")


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("**Двор** и *парк*", "<p><strong>Двор</strong> и <em>парк</em></p>"),
        ("- один\n- два", "<ul>\n<li>один</li>\n<li>два</li>\n</ul>"),
        ("# Заголовок", "<h3>Заголовок</h3>"),
        ("строка\nвторая", "<p>строка<br>\nвторая</p>"),
        ("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"),
        ('<img src=x onerror="x()">', '<p>&lt;img src=x onerror="x()"&gt;</p>'),
        ("[x](https://a.kg)", '<p><a href="https://a.kg" rel="nofollow noopener ugc">x</a></p>'),
        ("![x](https://a.kg/x.png)", '<p>!<a href="https://a.kg/x.png" rel="nofollow noopener ugc">x</a></p>'),
    ],
)
def test_light_markdown_and_nothing_else(text, html):
    assert render(text).strip() == html


@pytest.mark.parametrize("address", ["javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "vbscript:x"])
def test_links_lead_to_pages_only(address):
    assert f'href="{address}' not in render(f"[x]({address})")


@given(st.text(max_size=300))
def test_no_text_ever_becomes_another_tag_or_attribute(text):
    html = render(text)
    for tag, rest in re.findall(r"<\s*/?\s*([a-zA-Z0-9]+)([^>]*)>", html):
        assert tag in {"p", "br", "strong", "em", "ul", "ol", "li", "blockquote", "a", "h3", "h4", "hr", "code"}
        assert "on" not in re.findall(r"\b(on)\w+\s*=", rest)


def test_plain_words_for_lists():
    assert plain("**Двор** & *парк*") == "Двор & парк"
    assert plain("слово " * 100, 20) == "слово слово слово…"


def test_a_sentence_has_names_and_the_texts_of_its_reader(thing, person):
    from django.utils.translation import override

    with transaction.atomic():
        event = events.record(
            "yard.cleaned", thing, acting=person(), public=True, what={"ru": "двор", "en": "the yard"}
        )
    with override("en"):
        assert story.sentence(event) == "Айгуль cleaned the yard."
    assert story.sentence(Event(verb="yard.cleaned", data={})) != ""
    assert story.sentence(Event(verb="never.heard", data={})) == "never.heard"


def test_the_feed_is_atom_and_leaves_out_what_may_not_be_seen(thing, person):
    hidden = Organisation.objects.create(kind="ngo", names={"ru": "Скрытое"})
    seeing.register(KIND, lambda viewer, one: one.pk != hidden.pk)
    with transaction.atomic():
        for one in (thing, hidden):
            events.record("yard.cleaned", one, acting=person(), public=True, what="x")
        events.record("yard.cleaned", thing, acting=None, what="secret")
    answer = Client().get("/feed.atom?lang=en")
    assert answer["Content-Type"].startswith("application/atom+xml")
    entries = ElementTree.fromstring(answer.content).findall("{http://www.w3.org/2005/Atom}entry")
    titles = [entry.find("{http://www.w3.org/2005/Atom}title").text for entry in entries]
    assert titles == ["Our yard: Айгуль cleaned x."]
    ids = [entry.find("{http://www.w3.org/2005/Atom}id").text for entry in entries]
    assert ids == [f"urn:sha256:{Event.objects.get(seq=1).hash}"]


def test_the_log_shows_its_head_and_says_when_it_was_changed(thing, person):
    with transaction.atomic():
        events.record("yard.cleaned", thing, acting=None, public=True, what="x")
        last = events.record("yard.cleaned", thing, acting=None, what="y")
    client = Client(HTTP_ACCEPT_LANGUAGE="en")
    page = client.get("/events/").content.decode()
    assert last.hash in page
    assert "All 2 lines fit." in page
    rows = client.get("/events/chain.json?from=2").json()["events"]
    assert rows == [{"seq": 2, "previous": last.previous, "hash": last.hash}]
    out = StringIO()
    call_command("verify_events", stdout=out)
    assert out.getvalue().startswith("2 events fit")
    Event.objects.filter(seq=1).update(data={"what": "z"})
    from django.core.cache import cache

    cache.clear()
    assert "does not fit at line 1" in client.get("/events/").content.decode()
    with pytest.raises(CommandError, match="event 1"):
        call_command("verify_events", stdout=out)


def recorded_verbs() -> set[str]:
    """Every verb given to ``record`` anywhere in the platform, as it stands in the code."""
    found = set()
    for file in Path(shaar.platform.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                value = node.args[0].value
                if (
                    called in {"record", "_record"}
                    and isinstance(value, str)
                    and re.fullmatch(r"[a-z_]+\.[a-z_]+", value)
                ):
                    found.add(value)
    return found


def test_every_verb_that_is_recorded_has_a_sentence():
    verbs = recorded_verbs()
    assert len(verbs) > 20
    assert sorted(verbs - story.verbs()) == []


@pytest.mark.parametrize(
    ("language", "grant", "due"),
    [
        ("ru", "1\u202f234\u202f567,50\u00a0₸", "1\u00a0марта\u00a02027"),
        ("ky", "1\u202f234\u202f567,50\u00a0₸", "2027-ж.,\u00a01-март"),
        ("en", "a grant of 1\u202f234\u202f567.50\u00a0₸", "1\u00a0march\u00a02027"),
    ],
)
def test_sums_and_days_read_as_on_pages(person, language, grant, due):
    who = person()
    with transaction.atomic():
        granted = events.record("application.approved", who, acting=who, awarded=Decimal("1234567.50"))
        sent = events.record("application.submitted", who, acting=who, asked=Decimal("400.00"))
        asked = events.record("application.refund_due", who, acting=who, amount=Decimal(300), due=date(2027, 3, 1))
        old = events.record("application.approved", who, acting=who, awarded="a lot")
    with translation.override(language):
        assert grant in story.sentence(granted)
        assert "400\u00a0₸" in story.sentence(sent) and "400.00" not in story.sentence(sent)
        assert "300\u00a0₸" in story.sentence(asked) and due in story.sentence(asked).lower()
        assert "a lot" in story.sentence(old)
