"""Missing links: which short new link, track or crossing brings most access per metre."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shaar.engine.progress import Progress, silent
from shaar.engine.routing.cycle_growth import Candidate, Growth
from shaar.engine.routing.cycle_network import LOW_STRESS, CycleNet, Points

F64 = npt.NDArray[np.float64]
I32 = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Found:
    """A missing link with what it brings: ``gain`` in opportunity-people, exact; ``per_metre`` the score."""

    candidate: int
    gain: float
    per_metre: float


def low_stress_costs(net: CycleNet, candidates: Sequence[Candidate] = ()) -> tuple[F64, F64]:
    """Seconds of every arc for people who ride calm streets only, today and when everything was built.

    Arcs that are not calm are inf; those of new links (``net.link`` < 0) are inf today.

    Returns
    -------
    before, after
        Shape (m,).
    """
    seconds = net.seconds()
    exists = net.link >= 0
    before = np.where(net.low_stress() & exists, seconds, np.inf)
    after = before.copy()
    for c in candidates:
        after[c.arcs] = net.built[c.arcs] + net.wait[c.arcs]
    return before, after


def missing_links(
    net: CycleNet,
    points: Points,
    people: npt.ArrayLike,
    opportunities: npt.ArrayLike,
    candidates: Sequence[Candidate],
    p: Mapping[str, float],
    *,
    top: int = 200,
    apart: float = 150.0,
    progress: Progress = silent,
) -> tuple[list[Found], Growth]:
    """Rank candidates by gained access per metre, ``sum_i P_i sum_j O_j ([t'_ij <= T] - [t_ij <= T]) / metres``.

    ``t`` are seconds on calm arcs alone, T is ``access_minutes``. Every gain is exact, for the candidate built
    alone. Of candidates of one kind within ``apart`` metres of each other the best stays: they close the same gap.

    Parameters
    ----------
    people, opportunities
        Shape (p,): of the points.
    candidates
        See :mod:`shaar.engine.routing.cycle_candidates`.

    Returns
    -------
    found
        By falling score; candidates without gain are left out.
    growth
        The state today, on which further candidates can be tried.
    """
    before, after = low_stress_costs(net, candidates)
    weight = np.outer(np.asarray(people, np.float64), np.asarray(opportunities, np.float64))
    limit = 60.0 * p["access_minutes"]
    growth = Growth(net, points, candidates, before, after, weight, limit, "within")
    gain = np.zeros(len(candidates))
    for lo in range(0, len(candidates), 256):
        hi = min(lo + 256, len(candidates))
        gain[lo:hi] = growth.gains(np.arange(lo, hi))
        progress("missing links", hi, len(candidates))
    metres = np.array([max(c.metres, 1.0) for c in candidates])
    middle = np.array([[net.x[c.nodes].mean(), net.y[c.nodes].mean()] for c in candidates]).reshape(-1, 2)
    found: list[Found] = []
    for k in np.argsort(-gain / metres, kind="stable").tolist() if len(candidates) else []:
        if gain[k] <= 0 or len(found) >= top:
            break
        same = [f.candidate for f in found if candidates[f.candidate].kind == candidates[k].kind]
        if not same or np.hypot(*(middle[same] - middle[k]).T).min() >= apart:
            found.append(Found(k, float(gain[k]), float(gain[k] / metres[k])))
    return found, growth


#: What a new link would have to overcome, in words.
_OVER = {
    "water": "; over water",
    "rail": "; over rails",
    "road": "; over or under a road",
    "stairs": "; by stairs",
    "street": "; across a main street, with lights",
}


def reason(net: CycleNet, c: Candidate, *, way: float = np.nan, obstacle: str = "") -> str:
    """Say in plain words why a candidate is one."""
    if c.kind == "link":
        far = "not joined by calm streets" if not np.isfinite(way) else f"{way:,.0f} m apart by calm streets"
        over = _OVER.get(obstacle, "")
        return f"the ends are {net.metres[c.arcs].max():,.0f} m apart and {far}{over}"
    if c.kind == "path":
        return f"{c.metres:,.0f} m of footway or one-way street on which one has to push"
    if c.kind == "crossing":
        return "calm streets meet a wide or fast street without lights"
    worst = int(net.stress[c.arcs].max()) if len(c.arcs) else LOW_STRESS
    return f"stress {worst} of 4 on {c.metres:,.0f} m between calm streets"
