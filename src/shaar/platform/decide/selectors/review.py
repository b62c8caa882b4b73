"""Where the scoring of an application stands."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from ..models import Application


@dataclass(frozen=True, slots=True)
class Standing:
    """Totals given (0 to 100), their mean, whether two differ too much, and whether the commission may decide."""

    totals: tuple[Decimal, ...]
    mean: Decimal | None
    wide: bool
    ready: bool


def standing(application: Application) -> Standing:
    """Two scores are needed; a third where they differ by more than the call allows."""
    totals = tuple(application.scores.values_list("total", flat=True))
    wide = len(totals) >= 2 and max(totals) - min(totals) > application.call.spread
    mean = (sum(totals, Decimal(0)) / len(totals)).quantize(Decimal("0.01")) if totals else None
    return Standing(totals, mean, wide, len(totals) >= (3 if wide else 2))
