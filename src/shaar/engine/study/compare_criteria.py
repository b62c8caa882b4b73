"""Alternatives of a study side by side on several criteria: public weights, who beats whom, how sure the ranks are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from shaar.engine.appraisal.criteria import (
    Acceptability,
    Criterion,
    Scores,
    acceptability,
    dominance,
    weighted,
)
from shaar.engine.errors import InputError
from shaar.engine.measures.effects import Appraisal, Effect

F64 = npt.NDArray[np.float64]
#: What alternatives are compared by unless something else is chosen: time, access, who is left behind, money, climate.
USUAL: Mapping[str, float] = {
    "journey.minutes": 1.0, "reach.clinics_30": 1.0, "equity.worst_tenth_jobs_45": 1.0, "money.cost": 1.0,
    "climate.co2e": 1.0,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Comparison:
    """Alternatives by criteria.

    Parameters
    ----------
    names
        Alternatives, in the order given.
    criteria
        With their weights, as the effects say which way is better.
    central, low, high
        Change of each effect, shape (a, c); an alternative that changes nothing has zeros.
    units
        Of each criterion.
    scores, beats, acceptability
        By the public weights; outright, shape (a, a); over all weights and ranges.
    """

    names: tuple[str, ...]
    criteria: tuple[Criterion, ...]
    central: F64
    low: F64
    high: F64
    units: tuple[str, ...]
    scores: Scores
    beats: npt.NDArray[np.bool_]
    acceptability: Acceptability


def compare(
    appraisals: Mapping[str, Appraisal],
    weights: Mapping[str, float] | None = None,
    *,
    order: Sequence[str] = (),
    n: int = 10_000,
    seed: int = 0,
) -> Comparison:
    """Compare alternatives that were appraised against the same scenario.

    Parameters
    ----------
    appraisals
        Name of each alternative -> its appraisal; two at least.
    weights
        Indicator -> public weight; default :data:`USUAL`, each alike. An indicator without a better side
        (vehicles, lines) is no criterion.
    order
        Indicators by importance, where that much is agreed; see :func:`acceptability`.
    n, seed
        Draws of weights and values.

    Raises
    ------
    InputError
        Fewer than two alternatives, appraisals against different scenarios or of different cities, or an indicator
        that one of them lacks or that has no better side.
    """
    if len(appraisals) < 2:
        raise InputError("a comparison needs two alternatives at least", field="alternatives")
    first = next(iter(appraisals.values())).provenance
    for name, a in appraisals.items():
        if (a.provenance.city, a.provenance.compared_with) != (first.city, first.compared_with):
            raise InputError(f"{name} was appraised in another city or against another scenario", field="alternatives")
    chosen = dict(weights) if weights is not None else dict(USUAL)
    if not chosen:
        raise InputError("choose one criterion at least", field="weights")
    table = [[_effect(name, a, key) for key in chosen] for name, a in appraisals.items()]
    criteria = []
    for key, e in zip(chosen, table[0], strict=True):
        if e.better == "neither":
            raise InputError(f"{key} is neither better nor worse by itself, so it is no criterion", field=key)
        criteria.append(Criterion(key, "more" if e.better == "more" else "less", float(chosen[key])))
    central = np.array([[_number(e.change) for e in row] for row in table])
    low = np.array(
        [[_number(e.change if e.low is None else min(e.low, _number(e.change))) for e in row] for row in table]
    )
    high = np.array(
        [[_number(e.change if e.high is None else max(e.high, _number(e.change))) for e in row] for row in table]
    )
    return Comparison(
        names=tuple(appraisals),
        criteria=tuple(criteria),
        central=central,
        low=low,
        high=high,
        units=tuple(e.unit for e in table[0]),
        scores=weighted(central, criteria),
        beats=dominance(central, criteria),
        acceptability=acceptability(low, central, high, criteria, n=n, seed=seed, order=order),
    )


def comparison_json(c: Comparison) -> dict[str, Any]:
    """Everything as plain data for pages; what does not exist (central weights of one that never wins) is null."""
    return {
        "alternatives": [
            {
                "name": name, "change": c.central[i].tolist(), "low": c.low[i].tolist(), "high": c.high[i].tolist(),
                "score": c.scores.score[i].tolist(), "parts": c.scores.parts[i].tolist(),
                "total": float(c.scores.total[i]), "rank": int(c.scores.rank[i]),
                "ranks": c.acceptability.rank[i].tolist(),
                "central_weights": _known(c.acceptability.central[i]),
                "confidence": _known(c.acceptability.confidence[i : i + 1])[0],
                "beats": [c.names[k] for k in np.flatnonzero(c.beats[i])],
                "above": c.acceptability.pairwise[i].tolist(),
            }
            for i, name in enumerate(c.names)
        ],
        "criteria": [
            {**asdict(k), "share": float(w), "unit": unit}
            for k, w, unit in zip(c.criteria, c.scores.weight, c.units, strict=True)
        ],
    }  # fmt: skip


def _effect(name: str, appraisal: Appraisal, key: str) -> Effect:
    try:
        found = appraisal.effect(key)
    except KeyError:
        raise InputError(f"{name} was not appraised for {key}", field=key) from None
    if found.change is None:
        raise InputError(f"{key} is not modelled for {name}, so it cannot be a criterion", field=key)
    return found


def _number(value: float | None) -> float:
    return 0.0 if value is None else float(value)


def _known(values: F64) -> list[float | None]:
    return [None if np.isnan(v) else float(v) for v in values]
