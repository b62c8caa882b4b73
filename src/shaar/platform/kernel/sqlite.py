"""What SQLite lacks for the languages of this site: folding, LIKE and alphabets."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

#: Letters of each alphabet in its order; PostgreSQL has the same collations by these names (ICU).
_ALPHABETS = {
    "ru-x-icu": "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
    "ky-x-icu": "абвгдеёжзийклмнңоөпрстуүфхцчшщъыьэюя",
    "kk-x-icu": "аәбвгғдеёжзийкқлмнңоөпрстуұүфхһцчшщъыіьэюя",
}


def collation(name: str) -> Any:
    """Compare two texts by an alphabet: letters first, then case; for ``sqlite3.create_collation``."""
    order = {letter: 0x400 + place for place, letter in enumerate(_ALPHABETS[name])}

    def key(text: str) -> tuple[list[int], str]:
        return [order.get(letter, ord(letter)) for letter in text.lower()], text.swapcase()

    def compare(a: str, b: str) -> int:
        x, y = key(a), key(b)
        return (x > y) - (x < y)

    return compare


@lru_cache(maxsize=256)
def _pattern(text: str, escape: str | None) -> re.Pattern[str]:
    parts, held = [], False
    for letter in text:
        if held:
            parts.append(re.escape(letter))
            held = False
        elif escape and letter == escape:
            held = True
        else:
            parts.append({"%": ".*", "_": "."}.get(letter, re.escape(letter)))
    return re.compile("".join(parts), re.IGNORECASE | re.DOTALL)


def _like(pattern: str | None, text: str | None, escape: str | None = None) -> int | None:
    if pattern is None or text is None:
        return None
    return int(_pattern(str(pattern), escape).fullmatch(str(text)) is not None)


def teach(sender: Any, connection: Any, **_: Any) -> None:
    """Register functions and collations on a new connection; other databases have them."""
    if connection.vendor != "sqlite":
        return
    raw = connection.connection
    raw.create_function("like", 2, _like, deterministic=True)
    raw.create_function("like", 3, _like, deterministic=True)
    raw.create_function("lower", 1, lambda x: x.lower() if isinstance(x, str) else x, deterministic=True)
    raw.create_function("upper", 1, lambda x: x.upper() if isinstance(x, str) else x, deterministic=True)
    for name in _ALPHABETS:
        raw.create_collation(name, collation(name))
