"""Alternatives compared on effects: which way is better, ranks by hand, and what cannot be compared."""

from __future__ import annotations

import json
from dataclasses import replace

import polars as pl
import pytest

from shaar.engine.errors import InputError
from shaar.engine.measures.effects import Appraisal, Effect, Provenance
from shaar.engine.study.compare_criteria import compare, comparison_json


def appraisal(minutes: float, cost: float, jobs: float, *, spread: float = 0.0) -> Appraisal:
    effects = tuple(
        Effect(key, unit, 1.0, 1.0 + v, v, v - spread * abs(v), v + spread * abs(v), "modelled", better)
        for key, unit, v, better in (
            ("journey.minutes", "min", minutes, "less"), ("money.cost", "EUR/year", cost, "less"),
            ("access.jobs_45", "jobs", jobs, "more"), ("service.lines", "lines", 1.0, "neither"),
        )
    )  # fmt: skip
    lacking = Effect("health.deaths", "deaths/year", None, None, None, None, None, "modelled", "less", not_modelled="x")
    made = Provenance("c", "s", "base", "p", "e", 0)
    return Appraisal((*effects, lacking), pl.DataFrame(), pl.DataFrame(), pl.DataFrame(), made)


#: cheap and a little better; dear and much better; dearer than that and worse
ALL = {"A": appraisal(-0.2, 100, 10), "B": appraisal(-1.0, 300, 50), "C": appraisal(-0.8, 400, 40)}
WEIGHTS = {"journey.minutes": 2.0, "money.cost": 1.0, "access.jobs_45": 1.0}


def test_ranks_by_hand():
    got = compare(ALL, WEIGHTS)
    # minutes: 0, 1, 0.75; cost: 1, 1/3, 0; jobs: 0, 1, 0.75
    assert got.scores.total == pytest.approx([0.25, 0.5 + 1 / 12 + 0.25, 0.75 * 0.75])
    assert got.scores.rank.tolist() == [3, 1, 2]
    assert [(c.key, c.better) for c in got.criteria] == [
        ("journey.minutes", "less"), ("money.cost", "less"), ("access.jobs_45", "more"),
    ]  # fmt: skip
    assert got.beats.tolist() == [[False] * 3, [False, False, True], [False] * 3]
    # nothing is uncertain but the weights: B is above C at all of them
    assert got.acceptability.pairwise[1, 2] == 1.0
    assert got.acceptability.rank[2, 0] == 0.0


def test_plain_data_for_pages():
    data = json.loads(json.dumps(comparison_json(compare(ALL, WEIGHTS)), allow_nan=False))
    b, c = data["alternatives"][1:]
    assert (b["name"], b["rank"], b["beats"]) == ("B", 1, ["C"])
    assert c["confidence"] is None
    assert sum(x["share"] for x in data["criteria"]) == pytest.approx(1.0)
    assert sum(b["parts"]) == pytest.approx(b["total"])


def test_uncertain_effects_make_ranks_less_sure():
    wide = {k: appraisal(*v, spread=0.6) for k, v in {"A": (-0.9, 300, 45), "B": (-1.0, 300, 50)}.items()}
    got = compare(wide, WEIGHTS, n=4000)
    assert 0.5 < got.acceptability.pairwise[1, 0] < 1.0
    assert compare(wide, WEIGHTS, n=4000).acceptability.rank.tolist() == got.acceptability.rank.tolist()


@pytest.mark.parametrize(
    ("appraisals", "weights", "words"),
    [
        ({"A": ALL["A"]}, WEIGHTS, "two alternatives"),
        (ALL, {"service.lines": 1.0}, "no criterion"),
        (ALL, {"health.deaths": 1.0}, "not modelled for A"),
        (ALL, {"access.moon": 1.0}, "A was not appraised for access.moon"),
        (ALL, {}, "one criterion at least"),
        (ALL, {"money.cost": 0.0}, "one at least is above 0"),
    ],
)
def test_what_cannot_be_compared_is_said(appraisals, weights, words):
    with pytest.raises(InputError, match=words):
        compare(appraisals, weights)


def test_alternatives_have_one_yardstick():
    other = replace(ALL["B"], provenance=replace(ALL["B"].provenance, compared_with="other"))
    with pytest.raises(InputError, match="B was appraised in another city or against another scenario"):
        compare({"A": ALL["A"], "B": other}, WEIGHTS)
