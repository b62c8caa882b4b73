"""The catalogues say the same things, and every finding that a plan may show has its sentence."""

from __future__ import annotations

import ast
import string
from pathlib import Path

import pytest

import shaar
from shaar.engine.errors import InputError
from shaar.engine.findings import Finding
from shaar.report.i18n import LANGUAGES, Speaker, catalogue
from shaar.report.numbers import PLURAL_CATEGORIES

OTHERS = tuple(x for x in LANGUAGES if x != "en")
#: Rooms whose findings a plan shows; those of `city build` stay in English on the command line.
#: The others speak to the console only.
ROOMS = ("assignment", "study", "design", "timetable", "access", "climate", "routing", "demand")


def placeholders(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def plain(language):
    return {k: v for k, v in catalogue(language).messages.items() if not k.startswith("finding.")}


def findings(language):
    return {k: v for k, v in catalogue(language).messages.items() if k.startswith("finding.")}


@pytest.mark.parametrize("language", OTHERS)
def test_same_keys_and_placeholders(language):
    english, other = plain("en"), plain(language)
    assert set(other) == set(english)
    assert {k for k in english if placeholders(other[k]) != placeholders(english[k])} == set()
    assert set(catalogue(language).plurals) == set(catalogue("en").plurals)


@pytest.mark.parametrize("language", LANGUAGES)
def test_plural_forms_are_complete(language):
    for key, forms in catalogue(language).plurals.items():
        assert set(forms) == PLURAL_CATEGORIES[language], key
        assert all(placeholders(f) == {"n"} for f in forms.values()), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_empty_or_left_in_english(language):
    assert all(v.strip() for v in catalogue(language).messages.values())
    if language != "en":
        same = {k for k, v in plain("en").items() if plain(language)[k] == v}
        assert {k for k in same if any(w.isalpha() and len(w) > 3 for w in plain("en")[k].split())} == set()


@pytest.mark.parametrize("language", OTHERS)
def test_findings_have_the_same_keys_and_placeholders(language):
    assert set(findings(language)) == set(findings("ru"))
    assert {k for k, v in findings("ru").items() if placeholders(v) != placeholders(findings(language)[k])} == set()


def known_codes():
    """Yield (code, names of its values) of every finding written out in the rooms whose findings a plan shows."""
    engine = Path(shaar.__file__).parent / "engine"
    for room in ROOMS:
        for file in sorted((engine / room).glob("*.py")):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if not (isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Finding"):
                    continue
                named = {k.arg: k.value for k in node.keywords}
                code = node.args[0] if node.args else named["code"]
                values = node.args[5] if len(node.args) > 5 else named.get("values")
                if isinstance(code, ast.Constant):
                    keys = {k.value for k in values.keys} if isinstance(values, ast.Dict) else None
                    yield code.value, (keys if keys is not None or values is not None else set())


def test_every_known_finding_has_a_translation_that_its_values_fill():
    codes = list(known_codes())
    assert len(codes) > 20
    assert {c for c, _ in codes if f"finding.{c}" not in findings("ru")} == set()
    short = {c for c, keys in codes if keys is not None
             and not placeholders(findings("ru")[f"finding.{c}"]) <= keys | {"count", "where"}}  # fmt: skip
    assert short == set()


def test_a_finding_speaks_the_language_or_falls_back_to_english():
    f = Finding("provenance.date", "The map data are from 2017-12-04.", values={"date": "2017-12-04"})
    text, language = Speaker("ru").finding(f)
    assert language == "ru"
    assert "4 декабря 2017" in text.replace("\u00a0", " ")
    assert Speaker("en").finding(f) == (f.message, "en")
    assert Speaker("ru").finding(Finding("no.such", "English.")) == ("English.", "en")
    assert Speaker("ru").finding(Finding("provenance.date", "No value.")) == ("No value.", "en")


def test_unknown_language_is_one_sentence():
    with pytest.raises(InputError, match="unknown language 'de'"):
        catalogue("de")
