"""How stable each line of a plan is when the demand is drawn anew from the ranges of its parameters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from shaar.engine.city.model import City
from shaar.engine.design.city_draws import stability
from shaar.engine.design.city_front import Point
from shaar.engine.design.city_instance import CityInstance
from shaar.engine.design.lines import StopBook
from shaar.engine.progress import Progress
from shaar.engine.routing.street_times import street_minutes
from shaar.engine.study.demand import demand_parameters, model_demand
from shaar.engine.study.design_networks import Asked, Networks
from shaar.engine.study.results import NetworkPlan


def with_draws(
    city: City, instance: CityInstance, plan: NetworkPlan, point: Point, order: Sequence[int], made: Networks,
    asked: Asked, book: StopBook, progress: Progress,
) -> NetworkPlan:  # fmt: skip
    """Return the plan with ``found_in_draws``, ``loss_low``, ``loss_high``, ``rank_low``, ``rank_high`` in each why.

    Each draw takes every demand parameter from the triangular distribution over its range
    (:meth:`shaar.engine.demand.parameters.Parameters.draw`); trips are scaled to the total of the plan's demand, so
    that what differs is where people travel. ``order`` are the lines of the point in the order of the plan.
    """
    parameters = demand_parameters()
    minutes = street_minutes(city, mode="car", progress=progress)
    total = float(instance.od.sum())
    draws = []
    for k in range(asked.wishes.draws):
        drawn = model_demand(city, parameters=parameters.draw(asked.seed + 1 + k), minutes=minutes).daily
        draws.append(drawn * (total / drawn.sum()))
    cap = made.tried[point.candidate].cap if made.tried else np.inf
    tries = max(len(made.tried), 1)
    found = stability(
        instance, point, draws, book, seconds=None if asked.iterations else asked.seconds / tries,
        iterations=asked.iterations, seed=asked.seed, cap=cap,
        stay=[line for line in point.lines if line.today is not None], progress=progress,
    )  # fmt: skip
    lines = []
    for line, k in zip(plan.lines, order, strict=True):
        why = {
            **line.why,
            "loss_low": round(float(found.loss_low[k]), 4), "loss_high": round(float(found.loss_high[k]), 4),
            "rank_low": int(found.rank_low[k]), "rank_high": int(found.rank_high[k]),
        }  # fmt: skip
        if np.isfinite(found.found[k]):
            why["found_in_draws"] = round(float(found.found[k]), 3)
        lines.append(replace(line, why=why))
    return replace(plan, lines=tuple(lines))
