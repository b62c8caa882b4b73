"""How alike proposals are by their words: letter groups weighted by rarity, and what they are about in any language.

Each word of the folded text gives its groups of 3 to 5 letters, with marks at its ends, so that endings of Russian and
Kyrgyz words weigh little beside their stems. Weights are sublinear TF-IDF over the texts compared and a proposal is a
unit vector, so likeness is a cosine in 0..1 (Manning, Raghavan, Schütze: Introduction to Information Retrieval, §6).
Concepts (data/propose/concepts.toml) are further features, which two languages share.
"""

from __future__ import annotations

import re
import tomllib
import zlib
from collections.abc import Sequence
from functools import cache, lru_cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt
from scipy import sparse

from shaar.platform.kernel.folding import fold_forgiving

#: Features that letter groups are hashed to; few of the tens of thousands of groups fall together.
WIDTH = 1 << 20
#: How much of a text is read: what a proposal wants stands at its beginning.
LENGTH = 600
#: Length of the concepts of a text beside that of its letter groups; at 1 a subject alone would make two texts alike.
CONCEPT = 0.6
#: Words of petitions that say nothing about the thing, folded.
_EMPTY = {
    "прошу", "просим", "нужно", "нужен", "нужна", "надо", "необходимо", "сделать", "предлагаю", "предлагаем",
    "пожалуйста", "очень", "чтобы", "который", "которые", "нашем", "нашей", "наших", "нас", "нет", "это", "для", "при",
    "жители", "жителеи", "жителей", "керек", "сураныч", "суранабыз", "абдан", "учун", "менен", "биздин", "жана",
    "бар", "жок", "тургундар", "коюу", "жасап", "бериниз", "сунуштайм", "отинем", "бизди", "тургындар",
}  # fmt: skip
_WORD = re.compile(r"\w+")
Vector = npt.NDArray[np.int64]


@cache
def _concepts() -> tuple[tuple[str, tuple[str, ...]], ...]:
    table = tomllib.loads((files("shaar") / "data" / "propose" / "concepts.toml").read_text(encoding="utf-8"))
    return tuple((name, tuple(fold_forgiving(stem) for stem in stems)) for name, stems in table.items())


def _width() -> int:
    return WIDTH + len(_concepts())


def concepts(text: str) -> set[str]:
    """What a text is about, by the beginnings of its words."""
    line = " " + " ".join(_WORD.findall(fold_forgiving(text)))
    found = set()
    for name, stems in _concepts():
        for stem in stems:
            # A stem of several words: each begins a word, one after the other.
            pattern = r" " + r"\w* ".join(re.escape(part) for part in stem.split())
            if re.search(pattern, line):
                found.add(name)
                break
    return found


@lru_cache(maxsize=20_000)
def features(title: str, text: str) -> tuple[Vector, npt.NDArray[np.float64]]:
    """Hashed features of a proposal and how often each occurs; the title counts twice."""
    counts: dict[int, float] = {}
    for words, weight in ((title, 2.0), (text[:LENGTH], 1.0)):
        for word in _WORD.findall(fold_forgiving(words)):
            if word in _EMPTY or len(word) < 2:
                continue
            marked = f"<{word}>"
            for size in (3, 4, 5):
                for start in range(len(marked) - size + 1):
                    key = zlib.crc32(marked[start : start + size].encode()) % WIDTH
                    counts[key] = counts.get(key, 0.0) + weight
    keys = np.fromiter(counts, dtype=np.int64, count=len(counts))
    heights = 1.0 + np.log(np.fromiter(counts.values(), dtype=np.float64, count=len(counts)))
    # Above the letter groups' range, so that none falls on a concept.
    about = sorted(
        WIDTH + place for place, (name, _) in enumerate(_concepts()) if name in concepts(f"{title} {text[:LENGTH]}")
    )
    if about:
        each = CONCEPT * max(1.0, float(np.sqrt((heights**2).sum()))) / np.sqrt(len(about))
        keys, heights = np.concatenate([keys, about]), np.concatenate([heights, np.full(len(about), each)])
    return keys, heights


def matrix(texts: Sequence[tuple[str, str]]) -> sparse.csr_matrix:
    """Unit TF-IDF vectors of (title, text) pairs, one a row."""
    parts = [features(title, text) for title, text in texts]
    starts = np.cumsum([0, *(len(keys) for keys, _ in parts)])
    keys = np.concatenate([keys for keys, _ in parts]) if parts else np.empty(0, np.int64)
    heights = np.concatenate([heights for _, heights in parts]) if parts else np.empty(0)
    seen = np.bincount(keys, minlength=_width())
    # Smoothed, so that a feature of every text still weighs a little and two texts alone compare sensibly.
    rarity = np.log((1.0 + len(parts)) / (1.0 + seen[keys])) + 1.0
    rows = sparse.csr_matrix((heights * rarity, keys, starts), shape=(len(parts), _width()))
    lengths = np.sqrt(rows.multiply(rows).sum(axis=1)).A1
    lengths[lengths == 0] = 1.0
    return sparse.diags(1.0 / lengths) @ rows


def alike(one: tuple[str, str], others: Sequence[tuple[str, str]]) -> npt.NDArray[np.float64]:
    """Likeness, 0 to 1, of a (title, text) pair to each of ``others``; rarities come from all of them."""
    if not others:
        return np.empty(0)
    rows = matrix([one, *others])
    return np.asarray((rows[1:] @ rows[0].T).todense()).ravel()
