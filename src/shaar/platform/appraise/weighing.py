"""Alternatives weighed by several criteria with weights that anybody can set and share as an address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, cast

import numpy as np

from . import words
from .models import Alternative, EffectRow, Run

#: What alternatives are weighed by, as far as all of them have the figure and it differs; people before money.
CRITERIA = (
    "equity.worst_tenth_jobs_45", "reach.clinics_30", "stops.within_400", "journey.minutes", "safety.crashes",
    "health.deaths", "climate.co2e", "climate.nox", "money.cost", "money.capital",
)  # fmt: skip
#: Most that a criterion may count against another that counts 1.
MOST = 10


@dataclass(frozen=True, slots=True)
class Criterion:
    """A criterion with its weight; ``share`` of the whole, per cent."""

    key: str
    name: str
    unit: str
    weight: int
    share: int


@dataclass(frozen=True, slots=True)
class Weighed:
    """An alternative: its rank and total at these weights, points by criterion, how often it would be first at any."""

    alternative: Alternative
    rank: int
    total: int
    parts: list[tuple[str, int, str]]
    first: int
    dominated_by: list[str]


@dataclass(frozen=True, slots=True)
class Weighing:
    """All alternatives, the best first."""

    criteria: list[Criterion]
    rows: list[Weighed]


def weigh(pairs: list[tuple[Alternative, Run]], given: Mapping[str, str]) -> Weighing | None:
    """Weigh published alternatives; None where there are fewer than two, or nothing tells them apart."""
    from shaar.engine.appraisal import criteria as engine

    rows = [_city(run) for _alternative, run in pairs]
    keys = [
        key for key in CRITERIA
        if all(key in row and row[key].change is not None for row in rows)
        and len({row[key].change for row in rows}) > 1
        and all(row[key].better != "neither" for row in rows)
    ]  # fmt: skip
    if len(pairs) < 2 or not keys:
        return None
    weights = [_weight(given.get(f"w-{key}", "")) for key in keys]
    if not any(weights):
        weights = [1] * len(keys)
    better = [cast(Literal["more", "less"], rows[0][key].better) for key in keys]
    asked = [engine.Criterion(key, way, float(w)) for key, way, w in zip(keys, better, weights, strict=True)]
    middle = np.array([[row[key].change for key in keys] for row in rows], dtype=float)
    low = np.array([[_end(row[key], "low") for key in keys] for row in rows], dtype=float)
    high = np.array([[_end(row[key], "high") for key in keys] for row in rows], dtype=float)
    scores = engine.weighted(middle, asked)
    beats = engine.dominance(middle, asked)
    often = engine.acceptability(np.minimum(low, middle), middle, np.maximum(high, middle), asked, n=4000)
    total = sum(weights)
    shown = [
        Criterion(key, words.label(key), words.unit(rows[0][key].unit), weight, round(100 * weight / total))
        for key, weight in zip(keys, weights, strict=True)
    ]  # fmt: skip
    found = [
        Weighed(
            alternative=alternative, rank=int(scores.rank[i]), total=round(100 * float(scores.total[i])),
            parts=[
                (one.name, round(100 * float(scores.score[i, c])), words.figure(rows[i][one.key]).change)
                for c, one in enumerate(shown)
            ],
            first=round(100 * float(often.rank[i, 0])),
            dominated_by=[pairs[k][0].name for k in range(len(pairs)) if beats[k, i]],
        )
        for i, (alternative, _run) in enumerate(pairs)
    ]  # fmt: skip
    found.sort(key=lambda one: (one.rank, one.alternative.number))
    return Weighing(shown, found)


def _city(run: Run) -> dict[str, EffectRow]:
    return {row.indicator: row for row in run.effects.filter(place="", group="all")}


def _weight(text: str) -> int:
    return min(MOST, int(text)) if text.isascii() and text.isdigit() else 1


def _end(row: EffectRow, name: str) -> float:
    value = getattr(row, name)
    return float(row.change if value is None else value)  # type: ignore[arg-type]
