"""Missing links: which short new link, track or crossing brings most access per metre."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

from shaar.engine.progress import Progress, silent
from shaar.engine.routing import cycle_kernels as kernels
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
        after[c.arcs] = seconds[c.arcs]
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

    ``t`` are seconds on calm arcs alone, T is ``access_minutes``. First every candidate gets a quick value: the gain of
    its single best passage, which is exact for a link and a lower bound for a chain of links. Then the best ``top``,
    each at least ``apart`` metres from a better one of its kind, are worked out exactly on the network.

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
    growth = Growth(net, points, before, after, weight, limit, "within")
    quick = quick_gains(growth, candidates, progress=progress)
    metres = np.array([max(c.metres, 1.0) for c in candidates])
    order = np.argsort(-quick / metres, kind="stable") if len(candidates) else np.zeros(0, np.int64)
    middle = np.array([[net.x[c.nodes].mean(), net.y[c.nodes].mean()] for c in candidates]).reshape(-1, 2)
    chosen: list[int] = []
    for k in order.tolist():
        if quick[k] <= 0 or len(chosen) >= top:
            break
        same = [q for q in chosen if candidates[q].kind == candidates[k].kind]
        if same and np.hypot(*(middle[same] - middle[k]).T).min() < apart:
            continue
        chosen.append(k)
    found = []
    for done, k in enumerate(chosen, start=1):
        gain = growth.gain(candidates[k].arcs)
        if gain > 0:
            found.append(Found(k, gain, gain / metres[k]))
        progress("missing links", done, len(chosen))
    return sorted(found, key=lambda f: (-f.per_metre, f.candidate)), growth


def quick_gains(growth: Growth, candidates: Sequence[Candidate], *, progress: Progress = silent) -> F64:
    """Gain of the best single passage through each candidate, shape (k,): from its far ends' costs alone.

    A pair (i, j) gains if ``t_iu + w + t_vj`` comes within the limit for a passage u -> v: exact for a candidate of one
    link, because a least-cost path uses a new link at most once, and never too much for a chain.
    """
    net, points = growth.net, growth.points
    passages = [_passages(growth, c) for c in candidates]
    heads = np.unique(np.concatenate([[v for _, v, _ in q] for q in passages] or [np.zeros(0)]).astype(np.int32))
    out = np.zeros(len(candidates))
    if not len(heads):
        return out
    now = growth.between()
    onward = np.empty((len(heads), len(points.node)))
    for lo in range(0, len(heads), 512):
        part = kernels.full_rows(
            heads[lo : lo + 512], growth.limit, net.ptr, net.head, growth.cost, numba.get_num_threads()
        )
        onward[lo : lo + 512] = part[:, points.node]
        progress("ways from candidates", min(lo + 512, len(heads)), len(heads))
    place = {int(v): k for k, v in enumerate(heads)}
    for k, ways in enumerate(passages):
        gained: dict[int, F64] = {}
        for u, v, w in ways:
            reach = growth.dist[:, u] + w
            rows = np.flatnonzero((reach < growth.dist[:, v]) & (reach <= growth.limit))
            ahead = np.flatnonzero(onward[place[v]] <= growth.limit)
            if not len(rows) or not len(ahead):
                continue
            total = reach[rows, None] + onward[place[v]][ahead][None, :]
            old = np.minimum(now[np.ix_(rows, ahead)], growth.limit * (1 if growth.counted == 0 else 2))
            fall = (
                ((total <= growth.limit) & (now[np.ix_(rows, ahead)] > growth.limit)).astype(float)
                if growth.counted
                else np.maximum(old - total, 0.0)
            )
            worth = fall * growth.weight[np.ix_(rows, ahead)]
            for r, i in enumerate(rows.tolist()):
                line = gained.setdefault(i, np.zeros(len(points.node)))
                line[ahead] = np.maximum(line[ahead], worth[r])
        out[k] = sum(float(v.sum()) for v in gained.values())
    return out


def _passages(growth: Growth, c: Candidate) -> list[tuple[int, int, float]]:
    """Ways through a candidate from one of its ends to another: (from, to, seconds), along its own arcs and calm ones.

    For a link these are its two arcs; for a chain, the ways between its two far ends; for a crossing, all its arcs.
    """
    net = growth.net
    if len(c.arcs) <= 2 or c.kind != "track":
        return [(int(net.tail[a]), int(net.head[a]), float(growth.after[a])) for a in c.arcs]
    local: dict[int, list[tuple[int, float]]] = {}
    for a in c.arcs.tolist():
        local.setdefault(int(net.tail[a]), []).append((int(net.head[a]), float(growth.after[a])))
    ends = _far_ends(net, c)
    out = []
    for s in ends:
        best = {s: 0.0}
        stack = [s]
        while stack:  # a chain has few nodes; labels are corrected until they stay
            u = stack.pop()
            for v, w in local.get(u, ()):
                if best[u] + w < best.get(v, np.inf):
                    best[v] = best[u] + w
                    stack.append(v)
        out += [(s, t, best[t]) for t in ends if t != s and t in best]
    return out


def _far_ends(net: CycleNet, c: Candidate) -> list[int]:
    x, y = net.x[c.nodes], net.y[c.nodes]
    first = int(np.argmax(np.hypot(x - x.mean(), y - y.mean())))
    second = int(np.argmax(np.hypot(x - x[first], y - y[first])))
    return [int(c.nodes[first]), int(c.nodes[second])]


def reason(net: CycleNet, c: Candidate, *, way: float = np.nan, obstacle: str = "") -> str:
    """Say in plain words why a candidate is one."""
    if c.kind == "link":
        far = "not joined by calm streets" if not np.isfinite(way) else f"{way:,.0f} m apart by calm streets"
        over = {"water": ", over water", "rail": ", over rails"}.get(obstacle, "")
        return f"the ends are {c.metres:,.0f} m apart and {far}{over}"
    if c.kind == "crossing":
        return "calm streets meet a wide or fast street without lights"
    worst = int(net.stress[c.arcs].max()) if len(c.arcs) else LOW_STRESS
    return f"stress {worst} of 4 on {c.metres:,.0f} m between calm streets"
