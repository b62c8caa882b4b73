"""Give areas whose journeys got too long some of today's lines back."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from shaar.engine.design.city_cover import Need
from shaar.engine.design.city_front import Point, Score, fit, model_of
from shaar.engine.design.city_measures import Areas, area_means, excess, zone_means
from shaar.engine.design.headways import allocate
from shaar.engine.design.headways_model import HeadwayRules
from shaar.engine.design.lines import StreetLine

#: So many lines are tried at a time, and at most so many are added.
TRIALS = 6
MOST = 10


def relieve(
    need: Need, point: Point, pool: Sequence[StreetLine], areas: Areas, fleet: int, rules: HeadwayRules, score: Score
) -> Point:
    """Add lines of ``pool`` that serve the area which loses most, while the score gets better and the fleet allows.

    ``score`` has to punish losses (:func:`shaar.engine.design.city_measures.scorer`).
    """
    best, value = point, score(point)
    left = list(pool)
    for _ in range(MOST):
        if excess(areas, best)[0] <= 1e-6 or not left:
            break
        means = area_means(areas, best.model, zone_means(best.model, best.plan.headways))
        area = int(np.argmax(np.nan_to_num(means - areas.allowed, nan=-np.inf)))
        zones = np.repeat(np.arange(len(areas.area)), np.diff(need.city.access_ptr))
        groups = set(need.city.access_group[areas.area[zones] == area].tolist())
        near = sorted(left, key=lambda line: -len(groups & set(line.route)) / max(len(line.route), 1))[:TRIALS]
        found = None
        for line in near:
            lines = fit(need, (*best.lines, line), fleet, rules)
            if not lines or line not in lines:
                continue
            model = model_of(need.city, lines, rules)
            trial = Point(lines, model, allocate(model, [fleet], rounds=3, swaps=0)[fleet], best.candidate)
            if score(trial) < value - 1e-6:
                found, value = trial, score(trial)
        if found is None:
            break
        best = found
        left = [line for line in left if line not in best.lines]
    return best
