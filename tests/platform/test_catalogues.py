from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

_SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "messages.py"


def _load() -> ModuleType:
    import sys

    spec = importlib.util.spec_from_file_location("shaar_messages", _SCRIPT)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["shaar_messages"] = module
    spec.loader.exec_module(module)
    return module


messages = _load()


@pytest.mark.parametrize("room", messages.ROOMS)
@pytest.mark.parametrize("language", messages.LANGUAGES)
def test_every_sentence_is_translated_and_compiled(room, language):
    assert [str(trouble) for trouble in messages.troubles(room, language)] == []


def test_the_script_finds_sentences_in_code_and_templates():
    found = messages.collect("kernel")
    assert "This file cannot be taken. Photos (JPEG, PNG, WebP) and documents (PDF, DOCX, XLSX, ODT) can." in found
    assert "What happened" in found  # of the template events/log.html


def test_english_needs_no_catalogue_because_it_is_the_language_of_the_code():
    from django.utils.translation import gettext, override

    with override("en"):
        assert gettext("What happened") == "What happened"
    for room in messages.ROOMS:
        for message in messages.collect(room):
            words = message.id if isinstance(message.id, str) else message.id[0] if message.id else ""
            assert not any("а" <= letter.lower() <= "я" for letter in words), words
