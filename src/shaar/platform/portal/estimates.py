"""How pages write figures of estimates: rounded to what a model can know."""

from __future__ import annotations

import math
from typing import Any

from shaar.platform.appraise import words


def _known(value: Any) -> float | None:
    return None if value is None or value == "" or not math.isfinite(float(value)) else float(value)


def people(value: Any) -> str:
    """People, boardings or vehicles: hundreds from a thousand on, tens from a hundred on."""
    number = _known(value)
    if number is None:
        return "–"
    step = 100 if abs(number) >= 1000 else 10 if abs(number) >= 100 else 1
    return words.write(round(number / step) * step, 0)


def figure(value: Any) -> str:
    """Minutes and the like, with one decimal."""
    return words.write(_known(value), 1)


def change(value: Any) -> str:
    """A change with its sign, with one decimal."""
    return words.write_signed(_known(value), 1)
