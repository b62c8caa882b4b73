"""The ways traffic takes through a part of the network: runs of links without leaving it, with their vehicles."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import numpy.typing as npt

from shaar.engine.assignment.road_equilibrium import RoadFlows

I64 = npt.NDArray[np.int64]


def runs_through(flows: RoadFlows, links: npt.ArrayLike, *, least: float = 1e-6) -> list[dict[tuple[int, ...], float]]:
    """Split the flow on some links into runs: which of them vehicles drive one after the other.

    Vehicles at a node are taken to have come and to go on in the proportions of their bush.

    Parameters
    ----------
    links
        The part of the network.
    least
        Runs of one origin with fewer vehicles are left out.

    Returns
    -------
    Vehicles by run (links of the network in order), one dictionary a class.
    """
    graph, b = flows.graph, flows.bushes
    inside = np.zeros(len(graph.tail), np.bool_)
    inside[graph.inner[np.asarray(links, np.int64)]] = True
    starts, ends = np.zeros(graph.nodes, np.bool_), np.zeros(graph.nodes, np.bool_)
    starts[graph.tail[inside]], ends[graph.head[inside]] = True, True
    # A movement from a link of the part to another one does not leave it.
    inside |= (graph.outer < 0) & ends[graph.tail] & starts[graph.head]
    found: list[dict[tuple[int, ...], float]] = [defaultdict(float) for _ in flows.classes]
    for i in range(len(b.origin)):
        s = slice(int(b.ptr[i]), int(b.ptr[i + 1]))
        link, back, flow = b.link[s], b.back[s], b.flow[s]
        mine = np.flatnonzero(inside[link] & (flow > 0))
        if not len(mine):
            continue
        rank = np.cumsum(back < 0)
        into = np.bincount(rank, flow)
        tails = np.where(back < 0, ~back, back)
        leaving: dict[int, float] = defaultdict(float)
        for p in mine.tolist():
            leaving[int(tails[p])] += float(flow[p])
        at: dict[int, dict[tuple[int, ...], float]] = {}
        kind = int(b.cls[i])
        pce = flows.classes[kind].pce
        for p in mine.tolist():
            w, v, x = int(tails[p]), int(rank[p]), float(flow[p])
            outer = int(graph.outer[link[p]])
            step = (outer,) if outer >= 0 else ()
            runs: dict[tuple[int, ...], float] = defaultdict(float)
            arrived = 0.0
            for run, n in at.get(w, {}).items():
                share = n * x / into[w]
                runs[run + step] += share
                arrived += share
            if step and x - arrived > least:
                runs[step] += x - arrived
            here = at.setdefault(v, defaultdict(float))
            for run, n in runs.items():
                if n > least:
                    here[run] += n
        for v, state in at.items():
            stop = 1.0 - leaving.get(v, 0.0) / into[v]
            for run, n in state.items():
                if run and n * stop > least:
                    found[kind][run] += n * stop / pce
    return [dict(f) for f in found]
