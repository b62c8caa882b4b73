"""Costs and benefits as plain data and as words in four languages."""

from __future__ import annotations

import tomllib
from dataclasses import asdict
from functools import cache
from importlib import resources
from typing import Any

from shaar.engine.measures.kinds import LANGUAGES
from shaar.engine.study.cost_benefit import CostBenefit

#: Percentiles of the simulation that are shown.
PERCENTILES = (5, 25, 50, 75, 95)


@cache
def _tables() -> dict[str, dict[str, dict[str, str]]]:
    folder = resources.files("shaar") / "data" / "cost_benefit"
    return {x: tomllib.loads((folder / f"{x}.toml").read_text("utf-8")) for x in LANGUAGES}


def word(table: str, key: str, language: str) -> str:
    """A word of the tables ``streams``, ``totals``, ``beside`` and ``assumptions``; of effects: "effect.<indicator>".

    Raises
    ------
    KeyError
        There is none.
    """
    words = _tables()[language][table]
    if table == "assumptions" and key.startswith("effect."):
        from shaar.engine.study.effects_table import label

        return f"{words['effect']}: {label(key.removeprefix('effect.'), language)}"
    return words[key]


def cost_benefit_json(found: CostBenefit) -> dict[str, Any]:
    """Everything as plain data for pages: EUR of the price year, ``per_eur`` for the country's currency."""
    b, s = found.balance, found.simulation
    return {
        "price_year": found.price_year,
        "currency": found.currency,
        "per_eur": found.per_eur,
        "provenance": asdict(found.provenance),
        "npv": b.npv,
        "npv_welfare": found.npv_welfare,
        "bcr": b.bcr,
        "irr": b.irr,
        "payback": b.payback,
        "benefits": b.benefits,
        "costs": b.costs,
        "parts": [{"key": k, "kind": kind, "value": v, "labels": _labels("streams", k)} for k, kind, v in b.parts],
        "streams": [asdict(x) for x in found.streams],
        "net": list(b.net),
        "tornado": [
            {"name": bar.name, "labels": _labels("assumptions", bar.name), **asdict(bar.range),
             "at_low": bar.at_low, "at_high": bar.at_high, "swing": bar.swing}
            for bar in found.tornado.bars
        ],
        "decisive": list(found.tornado.decisive),
        "simulation": {
            "draws": len(s.values), "seed": s.seed, "shape": s.shape, "mean": s.mean, "error": s.error,
            "positive": s.positive,
            "percentiles": dict(zip(map(str, PERCENTILES), s.percentile(*PERCENTILES), strict=True)),
            "histogram": [{"from": a, "to": z, "draws": n} for a, z, n in s.histogram()],
        },
        "places": [asdict(g) for g in found.places],
        "groups": [asdict(e) for e in found.groups],
        "not_counted": [{"indicator": k, "why": why, "labels": _labels("beside", why)} for k, why in found.not_counted],
        "assumptions": [
            {"name": a.name, "labels": _labels("assumptions", a.name), **asdict(a.range), "unit": a.unit,
             "badge": a.badge, "source": a.source}
            for a in found.assumptions
        ],
    }  # fmt: skip


def _labels(table: str, key: str) -> dict[str, str]:
    return {language: word(table, key, language) for language in LANGUAGES}
