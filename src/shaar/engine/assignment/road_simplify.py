"""Make a street network smaller without changing any equilibrium on it: dead ends go, plain chains become one link."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Chains:
    """Links made of arcs.

    Parameters
    ----------
    tail, head
        Nodes of each link, shape (l,).
    link_of
        Link each arc is a part of, -1 where nobody would drive through, shape (a,).
    first
        One arc of each link: its class and capacity are those of all.
    """

    tail: I64
    head: I64
    link_of: I64
    first: I64


def simplify(n: int, tail: I64, head: I64, same: I64, keep: npt.NDArray[np.bool_]) -> Chains:
    """Contract a directed network.

    A node that is not kept and has one neighbour only is a dead end: nobody drives there. A node that is not kept, has
    two neighbours and lets traffic through alike (every arc in has one arc out to the other side, of the same ``same``)
    is passed over. Delays of one chain add up to a delay of the same form, since flow and capacity are the same all
    along it, so equilibria stay as they were.

    Parameters
    ----------
    n
        Nodes.
    tail, head
        Arcs, shape (a,).
    same
        Number of the delay function (capacity and parameters) of each arc, shape (a,).
    keep
        Nodes that stay, shape (n,): ends of connectors, turns.
    """
    out, into = defaultdict(list), defaultdict(list)
    for a, (u, v) in enumerate(zip(tail.tolist(), head.tolist())):
        if u != v:
            out[u].append(a)
            into[v].append(a)
    alive = [u != v for u, v in zip(tail.tolist(), head.tolist())]
    near: dict[int, set[int]] = defaultdict(set)
    for u, v in zip(tail.tolist(), head.tolist()):
        if u != v:
            near[u].add(v)
            near[v].add(u)
    stubs = [v for v in list(near) if not keep[v] and len(near[v]) == 1]
    while stubs:
        v = stubs.pop()
        for u in list(near[v]):
            near[u].discard(v)
            if not keep[u] and len(near[u]) == 1:
                stubs.append(u)
        near[v].clear()
        for a in out[v] + into[v]:
            alive[a] = False
    t, h, s = tail.tolist(), head.tolist(), same.tolist()
    onward: dict[int, int] = {}
    for v in list(near):
        if keep[v] or len(near[v]) != 2:
            continue
        ins = [a for a in into[v] if alive[a]]
        outs = [a for a in out[v] if alive[a]]
        by_goal = {h[a]: a for a in outs}
        by_source = {t[a]: a for a in ins}
        if len(by_goal) != len(outs) or len(by_source) != len(ins) or len(ins) != len(outs):
            continue
        u, w = near[v]
        pairs = [(by_source.get(u), by_goal.get(w)), (by_source.get(w), by_goal.get(u))]
        if all((a is None) == (b is None) and (a is None or b is None or s[a] == s[b]) for a, b in pairs):
            onward.update({a: b for a, b in pairs if a is not None and b is not None})
    link_of = np.full(len(tail), -1, np.int64)
    followers = set(onward.values())
    tails: list[int] = []
    heads: list[int] = []
    firsts: list[int] = []
    for a in range(len(t)):
        if not alive[a] or a in followers:
            continue
        chain = [a]
        while chain[-1] in onward:
            chain.append(onward[chain[-1]])
        if t[a] == h[chain[-1]]:
            continue  # A loop back to where it left: nobody drives it.
        link_of[chain] = len(tails)
        tails.append(t[a])
        heads.append(h[chain[-1]])
        firsts.append(a)
    return Chains(np.array(tails, np.int64), np.array(heads, np.int64), link_of, np.array(firsts, np.int64))
