"""The graph the solver works on: links sorted by their tail, and movements spelt out where turns cost or are banned."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shaar.engine.assignment.road_kernels import BPR
from shaar.engine.assignment.road_network import RoadNetwork, conical_b

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]

#: What a node of the graph is: itself, the end of a link with turns, the start of a link that turns lead into, where
#: all other links begin, where all other links end (at zones).
NODE, END, START, REST, ARRIVE = range(5)


@dataclass(frozen=True, slots=True)
class RoadGraph:
    """Links and movements, sorted by tail (forward star), with the reverse star beside.

    Parameters
    ----------
    nodes
        Number of nodes: those of the network, then those of the turns.
    fs, head, tail
        Links of node u are fs[u] to fs[u + 1] - 1.
    rs, rl
        Links into node u are rl[rs[u] : rs[u + 1]].
    blocked
        Nodes that may not be driven through, shape (nodes,).
    outer
        The network's link, -1 for a movement, shape (links,).
    inner
        The graph's link of each of the network's, shape (m,).
    kind, free, alpha, beta, capacity
        Delay function of each link; ``beta`` holds the second parameter of conical ones.
    turn
        Row of the network's turns a movement pays for, -1: none.
    tail_key, head_key
        What names a link's ends in any network with the same links and nodes, whatever its turns.
    """

    nodes: int
    fs: I64
    head: I64
    tail: I64
    rs: I64
    rl: I64
    blocked: npt.NDArray[np.bool_]
    outer: I64
    inner: I64
    kind: I64
    free: F64
    alpha: F64
    beta: F64
    capacity: F64
    turn: I64
    tail_key: I64
    head_key: I64

    def fixed(self, minutes: F64) -> F64:
        """Spread the fixed minutes of the network's links over the graph's; movements have none."""
        return np.where(self.outer >= 0, np.minimum(minutes[self.outer], 1e300), 0.0)

    def outward(self, values: F64) -> F64:
        """Pick the values of the network's links, along the last axis."""
        return np.ascontiguousarray(values[..., self.inner])


def road_graph(network: RoadNetwork) -> RoadGraph:
    """Make the graph of a network.

    At a node with turns each link that a turn begins with ends in a node of its own, and each link that a turn leads
    into begins in one; movements join them, a banned one is left out. All other links at the node share one node.
    """
    tail, head = network.tail.copy(), network.head.copy()
    m, n = network.links, network.nodes
    kinds, ids = [NODE] * n, list(range(n))
    extra: list[tuple[int, int, float, int]] = []
    blocked = np.arange(n) < network.first_through
    rules: dict[int, dict[tuple[int, int], list[int]]] = defaultdict(lambda: defaultdict(list))
    for k, (a, b) in enumerate(zip(network.turn_from.tolist(), network.turn_to.tolist())):
        rules[int(network.head[a])][a, b].append(k)
    rules = {v: r for v, r in rules.items() if v >= network.first_through}
    at_node: dict[int, list[int]] = defaultdict(list)
    from_node: dict[int, list[int]] = defaultdict(list)
    for k, (a, b) in enumerate(zip(network.tail.tolist(), network.head.tolist())):
        if b in rules:
            at_node[b].append(k)
        if a in rules:
            from_node[a].append(k)

    def new(kind: int, number: int) -> int:
        kinds.append(kind)
        ids.append(number)
        return len(kinds) - 1

    shut = [v for v in sorted(rules) if v < network.zones]
    for v in sorted(rules):
        rule = rules[v]
        starts = {b: new(START, b) for b in sorted({b for _, b in rule})}
        ends = {a: new(END, a) for a in sorted({a for a, _ in rule})}
        others = [b for b in from_node[v] if b not in starts]
        rest = new(REST, v) if others else -1
        arrive = v
        if v < network.zones:
            # Trips end and begin at the zone itself; whoever passes goes around it.
            arrive = new(ARRIVE, v)
            extra += [(node, v, 0.0, -1) for node in (arrive, *ends.values())]
        for node in {arrive, v}:
            extra += [(node, start, 0.0, -1) for start in starts.values()]
            if rest >= 0:
                extra.append((node, rest, 0.0, -1))
        for a, end in ends.items():
            if rest >= 0:
                extra.append((end, rest, 0.0, -1))
            for b, start in starts.items():
                rows = rule.get((a, b), [])
                minutes = float(sum(network.turn_minutes[k] for k in rows))
                if np.isfinite(minutes):
                    extra.append((end, start, minutes, rows[0] if rows else -1))
            head[a] = end
        for b in others:
            tail[b] = rest
        for b, start in starts.items():
            tail[b] = start
        for a in at_node[v]:
            if a not in ends:
                head[a] = arrive
    t = np.array([e[0] for e in extra], np.int64)
    tail, head = np.concatenate([tail, t]), np.concatenate([head, np.array([e[1] for e in extra], np.int64)])
    free = np.concatenate([network.free_minutes, [e[2] for e in extra]])
    nodes = len(kinds)
    order = np.lexsort((head, tail))
    none = np.zeros(len(extra))
    alpha = np.concatenate([network.alpha, none])[order]
    conical = np.concatenate([network.delay, np.full(len(extra), BPR)])[order]
    beta = np.where(conical == BPR, np.concatenate([network.beta, none + 1.0])[order], conical_b(alpha))
    capacity = np.where(alpha > 0, np.concatenate([network.capacity, none + 1.0])[order], 1.0)
    tail, head = tail[order], head[order]
    outer = np.where(order < m, order, -1)
    inner = np.empty(m, np.int64)
    inner[outer[outer >= 0]] = np.flatnonzero(outer >= 0)
    rl = np.argsort(head, kind="stable")
    closed = np.zeros(nodes, np.bool_)
    closed[:n] = blocked
    closed[shut] = True
    key = np.array(kinds, np.int64) << 48 | np.array(ids, np.int64)
    return RoadGraph(
        nodes=nodes, fs=np.searchsorted(tail, np.arange(nodes + 1)), head=head, tail=tail,
        rs=np.searchsorted(head[rl], np.arange(nodes + 1)), rl=rl, blocked=closed, outer=outer, inner=inner,
        kind=conical.astype(np.int64), free=free[order], alpha=alpha, beta=beta, capacity=capacity,
        turn=np.concatenate([np.full(m, -1), [e[3] for e in extra]]).astype(np.int64)[order],
        tail_key=key[tail], head_key=key[head],
    )  # fmt: skip
