"""Two scenarios side by side: what each leaves, and the difference between them."""

from __future__ import annotations

from dataclasses import dataclass

from . import words
from .models import EffectRow, Run
from .words import Figure


@dataclass(frozen=True, slots=True)
class Row:
    """One indicator of both; ``difference`` is the second's after less the first's, "" where one is not known."""

    name: str
    unit: str
    group: str
    place: str
    first: Figure | None
    second: Figure | None
    difference: str
    look: str
    section: str


@dataclass(frozen=True, slots=True)
class Pair:
    """Two runs; ``alike``: computed on the same data with the same engine, parameters and network compared with.

    Where they are not, the difference holds what lies between the data besides what lies between the scenarios.
    """

    first: Run
    second: Run
    rows: list[Row]
    differs: list[str]

    @property
    def alike(self) -> bool:
        """Whether the figures can be held against each other."""
        return not self.differs


#: What two runs must share for their figures to be comparable.
SHARED = ("city", "parameters", "engine")


def compare(first: Run, second: Run) -> Pair:
    """Every indicator of the whole city and of places that either run has."""
    one, other = _by_key(first), _by_key(second)
    rows = []
    for key in [*one, *(k for k in other if k not in one)]:
        a, b = one.get(key), other.get(key)
        given = a or b
        assert given is not None
        difference, look = _difference(a, b)
        shown = words.figure(given)
        rows.append(
            Row(
                shown.name, shown.unit, shown.group, shown.place, words.figure(a) if a else None,
                words.figure(b) if b else None, difference, look, words.section(given.indicator),
            )
        )  # fmt: skip
    differs = [name for name in SHARED if first.provenance.get(name) != second.provenance.get(name)]
    return Pair(first, second, rows, differs)


def _by_key(run: Run) -> dict[tuple[str, str, str], EffectRow]:
    rows = run.effects.filter(place="").order_by("order")
    return {(row.indicator, row.group, row.place): row for row in rows}


def _difference(a: EffectRow | None, b: EffectRow | None) -> tuple[str, str]:
    if a is None or b is None or a.after is None or b.after is None:
        return "", "plain"
    value = b.after - a.after
    text = words.write_signed(value, words.digits(value))
    if not value or a.better == "neither":
        return text, "plain"
    # Only where the ranges of both changes lie apart is one of them said to be better.
    apart = None not in (a.low, a.high, b.low, b.high) and (
        (b.low or 0) > (a.high or 0) or (b.high or 0) < (a.low or 0)
    )
    if not apart:
        return text, "plain"
    return text, "good" if (value > 0) == (a.better == "more") else "bad"
