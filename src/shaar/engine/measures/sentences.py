"""One plain sentence per change in English, Russian, Kyrgyz and Kazakh."""

from __future__ import annotations

from shaar.engine.errors import InputError
from shaar.engine.measures.kinds import LANGUAGES
from shaar.engine.measures.models import Change
from shaar.engine.measures.registry import KINDS


def sentence(change: Change, language: str = "en") -> str:
    """Say what a change does; numbers stand after a dash or a colon, so that no language has to bend a noun by them.

    Raises
    ------
    InputError
        The language is not one of en, ru, ky, kk.
    """
    if language not in LANGUAGES:
        raise InputError(f"language is one of {', '.join(LANGUAGES)}, not {language}", field="language")
    kind = KINDS[change.type]
    key, values = kind.values(change)
    return kind.sentences[key][language].format(**values)
