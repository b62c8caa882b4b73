"""How sure each line is: whether a like line comes out of other plausible demand, and what it is worth then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from shaar.engine.design.city_access import group_demand
from shaar.engine.design.city_front import Candidate, Point, candidates
from shaar.engine.design.city_instance import CityInstance
from shaar.engine.design.headways import assign
from shaar.engine.design.lines import StopBook, StreetLine
from shaar.engine.progress import Progress, silent

F64 = npt.NDArray[np.float64]

#: Two lines are alike when they share this part of the stop groups that either has (Jaccard).
ALIKE = 0.5


@dataclass(frozen=True, slots=True)
class Stability:
    """Of each line of a plan, shape (l,).

    Parameters
    ----------
    found
        Share of the draws in which the search gives a like line; nan for lines of today, which are not searched.
    loss_low, loss_high
        Least and most minutes by which the mean journey grows without the line, over the draws.
    rank_low, rank_high
        Best and worst rank of the line by that loss, 1 for the line missed most.
    """

    found: F64
    loss_low: F64
    loss_high: F64
    rank_low: npt.NDArray[np.int64]
    rank_high: npt.NDArray[np.int64]


def with_demand(city: CityInstance, od: F64) -> CityInstance:
    """Return the city with other trips between its zones, shape (z, z)."""
    demand = group_demand(od, city.access_ptr, city.access_group, city.access_minutes, city.instance.n)
    return replace(city, od=od, instance=replace(city.instance, demand=demand))


def overlap(a: Sequence[int], b: Sequence[int]) -> float:
    """Share of stop groups common to two lines of those that either has."""
    return len(set(a) & set(b)) / len(set(a) | set(b))


def stability(
    city: CityInstance,
    point: Point,
    draws: Sequence[F64],
    book: StopBook,
    *,
    seconds: float | None,
    iterations: int | None,
    seed: int,
    cap: float,
    stay: Sequence[StreetLine] = (),
    progress: Progress = silent,
) -> Stability:
    """Search again on every draw of demand and compare; and ask what each line of the plan is worth on that draw.

    Parameters
    ----------
    draws
        Demand between zones, each of shape (z, z).
    seconds, iterations, cap, stay
        As the search of the plan was given: its total run time cap (min) and the lines that stay.
    """
    designed = [k for k, line in enumerate(point.lines) if line.today is None]
    every = np.arange(len(point.lines))
    hits, losses, ranks = np.zeros(len(every)), [], []
    searched = 0
    for number, od in enumerate(draws, start=1):
        other = with_demand(city, od)
        tried: list[Candidate] = []
        if designed:
            tried, _, _ = candidates(
                other, [(max(1, len(designed)), cap)], book, seconds=seconds, iterations=iterations, seed=seed + number,
                stay=stay, chains=2,
            )  # fmt: skip
        if tried:
            searched += 1
            routes = [line.route for line in tried[0].lines if line.today is None]
            for k in designed:
                hits[k] += max(overlap(point.lines[k].route, r) for r in routes) >= ALIKE if routes else 0.0
        model = replace(point.model, od=od)
        whole = assign(model, point.plan.headways, loads=False).mean_minutes
        loss = np.array([
            assign(model, np.where(every == k, np.inf, point.plan.headways), loads=False).mean_minutes - whole
            for k in every
        ])  # fmt: skip
        losses.append(loss)
        ranks.append(np.argsort(np.argsort(-loss, kind="stable"), kind="stable") + 1)
        progress("draws", number, len(draws))
    table, rank = np.array(losses), np.array(ranks)
    found = np.full(len(every), np.nan)
    if searched:
        found[designed] = hits[designed] / searched
    return Stability(found, table.min(axis=0), table.max(axis=0), rank.min(axis=0), rank.max(axis=0))
