"""Text made comparable: case, ё, and the letters that people without a Kyrgyz or Kazakh keyboard write otherwise."""

from __future__ import annotations

import re
import unicodedata

_PLAIN = str.maketrans("ёңөүқғәұһі", "еноукгауxи".replace("x", "х"))
_SPACES = re.compile(r"\s+")


def fold(text: str) -> str:
    """Lower case, composed, ё as е, single spaces: for comparing words as they are written."""
    return _SPACES.sub(" ", unicodedata.normalize("NFKC", text).casefold().replace("ё", "е")).strip()


def fold_forgiving(text: str) -> str:
    """As `fold`, and ң, ө, ү, қ, ғ, ә, ұ, һ, і as н, о, у, к, г, а, у, х, и: "өзгөртүү" is found by "озгортуу"."""
    return fold(text).translate(_PLAIN)
