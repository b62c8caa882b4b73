"""Crashes to be expected where streets change: published factors for the kind of change, and speed."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from shaar.engine.access.safety_factors import Factor, load_factors, speed_factor
from shaar.engine.demand.parameters import Parameters
from shaar.engine.measures.effects import Effect
from shaar.engine.measures.scenario import Scenario
from shaar.engine.study.effects_figures import missing, ranged
from shaar.engine.study.effects_side import Side

#: Whose crashes a factor was measured on, as groups of effects.
WHOSE = {"pedestrian": "pedestrians", "cyclist": "cyclists", "all": "all"}
#: Types of changes of which something about crashes can be asked.
TYPES = ("crossing", "cycle_lane", "speed_limit", "rebuild_road", "add_road", "close_road", "footway")
#: Standard errors on either side of a factor that hold about 95 %.
WIDTH = 1.96


def safety_effects(before: Side, scenario: Scenario, values: Parameters) -> list[Effect]:
    """Crashes at the changed places in percent of those without the change, one effect for each group of crashes.

    Where several changes bear on one group, that of which more is known first stands: a factor, then speed.
    """
    factors, asked = load_factors(), False
    out: dict[str, Effect] = {}
    for change in scenario.changes:
        asked |= change.type in TYPES
        name = _factor_of(change, before)
        if name in factors:
            effect = _of_factor(factors[name])
            out.setdefault(effect.group, effect)
    for change in scenario.changes:
        if change.type == "speed_limit":
            effect = _of_speed(change, before, values)
            out.setdefault(effect.group, effect)
    if not out:
        return [missing("safety.crashes", "no_factor")] if asked else []
    return [out[group] for group in sorted(out)]


def _factor_of(change: Any, before: Side) -> str:
    """Name of the factor for a change; "" where none is known."""
    if change.type == "crossing":
        return str(change.kind)
    if change.type == "cycle_lane" and change.kind == "track":
        return "cycle_track"
    if change.type == "rebuild_road" and change.lanes == 3:
        lanes = before.city.links["lanes"].gather(list(change.links)).to_numpy()
        return "road_diet" if (lanes == 4).all() else ""
    return ""


def _of_factor(factor: Factor) -> Effect:
    width = WIDTH * factor.se if math.isfinite(factor.se) else 0.0
    more = [100.0 * (factor.value - 1.0 + side * width) for side in (-1, 1)]
    return ranged(
        "safety.crashes", [100.0], [100.0 * factor.value], more=more, group=WHOSE.get(factor.crashes, "all"),
        source=f"cmf.csv: {factor.name}; {factor.study}",
    )  # fmt: skip


def _of_speed(change: Any, before: Side, values: Parameters) -> Effect:
    """The power model on the mean speed, which follows the limit in part; by length of the streets."""
    links = before.city.links
    rows = list(change.links)
    length = links["length"].gather(rows).to_numpy().astype(np.float64)
    speed = links["free_speed"].gather(rows).fill_null(float(change.kmh)).to_numpy().astype(np.float64)

    def crashes(share: float, exponent: float) -> float:
        then = speed + share * (change.kmh - speed)
        each = [speed_factor(float(a), float(b), exponent) for a, b in zip(speed, then, strict=True)]
        return 100.0 * float((np.array(each) * length).sum() / length.sum())

    share, power = values.row("limit_share"), values.row("speed_exponent")
    more = [crashes(s, p) - 100.0 for s in (share.low, share.high) for p in (power.low, power.high)]
    return ranged("safety.crashes", [100.0], [crashes(share.value, power.value)], more=more, source=power.source)
