"""A typed change as a sentence in each language, from the engine's own sentences."""

from __future__ import annotations

from typing import Any

from shaar.engine.measures.scenario import parse_scenario
from shaar.platform.kernel.fields import LANGUAGES, in_language


def sentences(change: dict[str, Any]) -> dict[str, str]:
    """What a change does, in every language."""
    from shaar.engine.measures.sentences import sentence

    [typed] = parse_scenario({"name": "-", "changes": [change]}).changes
    return {language: sentence(typed, language) for language in LANGUAGES}


def sentence_of(change: dict[str, Any]) -> str:
    """What a change does, in the reader's language; of one that the engine no longer knows, its type."""
    from shaar.engine.errors import ShaarError

    try:
        return in_language(sentences(change))
    except ShaarError:
        return str(change.get("type", "–"))
