"""A cycle network along demand within a budget: greedy by gain per metre, joined up, with exact gains."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shaar.engine.progress import Progress, silent
from shaar.engine.routing.cycle_growth import Candidate, Growth, union
from shaar.engine.routing.cycle_links import low_stress_costs
from shaar.engine.routing.cycle_network import CycleNet, Points, rows

F64 = npt.NDArray[np.float64]
I32 = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Built:
    """One step of the plan: the candidate's number, its exact gain when it was taken, and metres built so far."""

    candidate: int
    gain: float
    metres: float


@dataclass(frozen=True, slots=True)
class CyclePlan:
    """A proposal.

    Parameters
    ----------
    steps
        What is built, in order.
    curve_metres, curve_gain, curve_served
        Shape (s,): metres built, perceived seconds saved a day, and share of trips with a calm way within the accepted
        detour, from nothing built to the end.
    trips
        Trips a day considered.
    evaluated
        How many exact gains were worked out.
    flow
        Shape (m,): trips a day on each arc of the network when everything is built.
    served_before, served_after
        Shape (p,): by point, share of its trips with a calm way.
    """

    steps: tuple[Built, ...]
    curve_metres: F64
    curve_gain: F64
    curve_served: F64
    trips: float
    evaluated: int
    flow: F64
    served_before: F64
    served_after: F64


def propose(
    net: CycleNet,
    points: Points,
    trips: F64,
    candidates: Sequence[Candidate],
    p: Mapping[str, float],
    *,
    budget_m: float,
    exhaustive: bool = False,
    marks: int = 10,
    progress: Progress = silent,
) -> CyclePlan:
    """Grow a cycle network.

    The gain of a candidate is the fall of ``sum_ij T_ij min(c_ij, limit)`` where c are perceived seconds on best paths:
    ``(sum_ij T_ij (c_ij - c'_ij))``. Each step takes the candidate with the largest exact gain per metre that fits the
    budget and touches the joined calm network (the largest connected part of calm streets and what is built), so that
    from everything built one can ride to everything else built at low stress. Gains are worked out lazily: candidates
    wait in the order of their last known value (at first the saving on today's best paths; renewed at every third mark
    of the curve), and a candidate is taken when its fresh value is at least the next's known value. Because gains of
    neighbouring pieces support each other, this is a heuristic (no submodularity, so no guarantee); ``exhaustive``
    works out every gain in every step.

    Parameters
    ----------
    trips
        Shape (p, p), a day, between points.
    budget_m
        Metres that may be built; a crossing counts ``crossing_m``.
    marks
        Number of points of the curve.
    """
    seconds = net.perceived(p)
    exists = net.link >= 0
    before = np.where(exists, seconds, np.inf)
    after = before.copy()
    for c in candidates:
        after[c.arcs] = net.built[c.arcs] * p["stress_factor.1"] + net.wait[c.arcs]
    limit = 60.0 * p["longest_minutes"]
    growth = Growth(net, points, candidates, before, after, trips, limit)
    calm_before, calm_after = low_stress_costs(net, candidates)
    calm = Growth(net, points, candidates, calm_before, calm_after, trips, limit)
    direct = _direct(net, points, limit, exists)
    bound = accepted(direct, p)
    label = union(net.n_nodes, [net.tail[np.isfinite(calm_before)], net.head[np.isfinite(calm_before)]])
    main = label == 0
    known = _known(growth, candidates, before, after)
    fresh = [k for k, c in enumerate(candidates) if c.kind == "link"]  # nobody rides there yet: only the gain tells
    known[fresh] = growth.gains(fresh)
    metres = np.array([max(c.metres, 1.0) for c in candidates])
    alive = np.ones(len(candidates), bool)
    stamp = np.full(len(candidates), -1)
    steps: list[Built] = []
    spent, saved, evaluated, refreshed = 0.0, 0.0, len(fresh), 0
    served0 = served(calm.between, bound, trips, direct)
    curve = [(0.0, 0.0, _share(served0, trips, direct))]
    queue = _queue(known, metres, alive)
    while queue:
        if exhaustive:
            queue = []
            for k in np.flatnonzero(alive).tolist():
                known[k], stamp[k] = float(growth.gains(k)[0]), len(steps)
                evaluated += 1
                if known[k] > 0:
                    queue.append((float(-known[k] / metres[k]), k))
            heapq.heapify(queue)
        taken = -1
        waiting: list[tuple[float, int]] = []
        while queue:
            score, k = heapq.heappop(queue)
            if not alive[k] or spent + metres[k] > budget_m:
                continue
            if not main[candidates[k].nodes].any():
                waiting.append((score, k))
                continue
            if stamp[k] != len(steps):
                known[k], stamp[k] = float(growth.gains(k)[0]), len(steps)
                evaluated += 1
                score = float(-known[k] / metres[k])
                if known[k] <= 0:
                    continue
                if queue and score > queue[0][0]:
                    heapq.heappush(queue, (score, k))
                    continue
            taken = k
            break
        if taken < 0:
            break
        c = candidates[taken]
        gain = float(known[taken])
        growth.build(taken)
        calm.build(taken)
        alive[taken] = False
        spent += metres[taken]
        saved += gain
        steps.append(Built(taken, gain, spent))
        main |= np.isin(label, np.unique(label[c.nodes]))
        for item in waiting:
            heapq.heappush(queue, item)
        if spent >= budget_m * (refreshed + 1) / marks:
            refreshed = int(spent / budget_m * marks)
            curve.append((spent, saved, _share(served(calm.between, bound, trips, direct), trips, direct)))
            if refreshed % 3:
                continue
            # what is no longer worth its last value sinks, what new riders made better rises
            last = known.copy()
            known = np.where(alive, _known(growth, candidates, growth.cost, after), 0.0)
            known[fresh] = last[fresh]
            queue = _queue(known, metres, alive)
        progress("cycle network", min(spent, budget_m), budget_m, f"{len(steps)} pieces")
    served1 = served(calm.between, bound, trips, direct)
    if curve[-1][0] != spent:
        curve.append((spent, saved, _share(served1, trips, direct)))
    progress("cycle network", budget_m, budget_m, f"{len(steps)} pieces")
    m, g, s = (np.array(v) for v in zip(*curve))
    return CyclePlan(
        tuple(steps), m, g, s, float(trips[np.isfinite(direct)].sum()), evaluated, growth.flows(),
        _by_point(served0, trips), _by_point(served1, trips),
    )  # fmt: skip


def accepted(direct: F64, p: Mapping[str, float]) -> F64:
    """Longest calm way that people take instead of the quickest one: a quarter longer, or by 530 m at 16 km/h."""
    return np.maximum(direct * p["detour_ratio"], direct + p["detour_m"] * 3.6 / 16.0)


def served(calm: F64, bound: F64, trips: F64, direct: F64) -> F64:
    """Trips between points that have a calm way within the accepted detour, shape (p, p)."""
    return np.where((calm <= bound) & np.isfinite(direct), trips, 0.0)


def _share(part: F64, trips: F64, direct: F64) -> float:
    whole = float(trips[np.isfinite(direct)].sum())
    return float(part.sum()) / whole if whole > 0 else 0.0


def _by_point(part: F64, trips: F64) -> F64:
    whole = trips.sum(axis=1)
    return np.divide(part.sum(axis=1), whole, out=np.zeros(len(whole)), where=whole > 0)


def _direct(net: CycleNet, points: Points, limit: float, exists: npt.NDArray[np.bool_]) -> F64:
    return rows(net, points.node, np.where(exists, net.seconds(), np.inf), limit)[:, points.node]


def _known(growth: Growth, candidates: Sequence[Candidate], now: F64, after: F64) -> F64:
    """Saving of a candidate on the best paths of today: trips on its arcs times what the arcs lose; 0 for new links."""
    flow = growth.flows()
    fall = np.zeros(len(now))
    np.subtract(now, after, out=fall, where=np.isfinite(now))
    return np.array([float((flow[c.arcs] * fall[c.arcs]).sum()) if len(c.arcs) else 0.0 for c in candidates])


def _queue(known: F64, metres: F64, alive: npt.NDArray[np.bool_]) -> list[tuple[float, int]]:
    queue = [(float(-known[k] / metres[k]), k) for k in np.flatnonzero(alive & (known > 0)).tolist()]
    heapq.heapify(queue)
    return queue
