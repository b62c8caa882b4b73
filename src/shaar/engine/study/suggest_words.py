"""Words of suggestions in four languages: why each is made, and names of things that have none of their own."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources

from shaar.engine.measures.kinds import LANGUAGES

Words = Mapping[str, str]


@cache
def _tables() -> dict[str, dict[str, dict[str, str]]]:
    folder = resources.files("shaar") / "data" / "suggest"
    return {x: tomllib.loads((folder / f"{x}.toml").read_text("utf-8")) for x in LANGUAGES}


def words(key: str) -> Words:
    """A word by language.

    Raises
    ------
    KeyError
        There is none.
    """
    return {language: table["words"][key] for language, table in _tables().items()}


def why(key: str, **values: object) -> Words:
    """Fill a reason in for every language; a value that is itself words is put in by language."""
    out = {}
    for language, table in _tables().items():
        here = {k: v[language] if isinstance(v, Mapping) else v for k, v in values.items()}
        text = table["why"][key].format(**{k: _number(v) for k, v in here.items()})
        out[language] = text[:1].upper() + text[1:]
    return out


def _number(value: object) -> str:
    if not isinstance(value, int | float):
        return str(value)
    # Two figures that matter are as much as a quick look knows; below a hundred whole numbers.
    size = 10 ** max(len(str(int(abs(value)))) - 2, 0)
    return f"{round(value / size) * size:,.0f}".replace(",", "\u00a0")
