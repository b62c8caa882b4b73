"""One-way streets: opposite stops become one node, so that routes which come back the same way can serve them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from ..errors import InputError
from .instance import Instance
from .network import components


@dataclass(frozen=True, slots=True)
class Grouping:
    """An instance whose nodes are groups of the stops of another.

    Parameters
    ----------
    instance
        The instance over groups; all its nodes lie in one network of links drivable both ways.
    members
        Stops behind each node, 0-based in the first instance, ascending; nodes stand in the order of their first stops.
    left_out
        Stops that no route can serve together with the rest, ascending.
    walked
        Share of all trips that start and end in one group; they are no longer in the demand.
    lost
        Share of all trips from or to stops left out; neither are they.
    """

    instance: Instance
    members: tuple[tuple[int, ...], ...]
    left_out: tuple[int, ...]
    walked: float
    lost: float


def group_one_way(instance: Instance, reach: float) -> Grouping:
    """Merge opposite stops along one-way streets until every stop can be served by routes that come back the same way.

    Two stops are opposite if a bus drives from a third to one of them and from the other back to the third, at least
    one of these links being one-way: merged, they are a neighbour of the third in both directions. Pairs in different
    two-way parts of the network are merged, the nearest first, and the question is asked again of the groups, which
    folds a one-way loop of any length into a line. What then lies outside the largest part (by demand) is left out.

    The least time of the members' links counts from group to group. A bus that comes by one member on its way out and
    by another on its way back drives exactly these times, and so does one that goes round a folded loop.

    Parameters
    ----------
    instance
        Any instance; one-way links are those with a finite time in one direction only.
    reach
        Largest distance between two stops of a group, in the units of ``xy``.

    Raises
    ------
    InputError
        If ``reach`` is below zero.
    """
    if not reach >= 0:
        raise InputError(f"a distance not below zero is needed, not {reach:g}", field="reach")
    time = instance.time.copy()
    apart = np.hypot(*(instance.xy[:, None, :] - instance.xy[None, :, :]).transpose(2, 0, 1))
    group = np.arange(instance.n)
    while True:
        a, b = _nearest_opposite(replace(instance, time=time), apart)
        if a == b or apart[a, b] > reach:
            break
        group[group == b] = a
        for way in (time, time.T):
            way[a] = np.minimum(way[a], way[b])
            way[b] = np.inf
        time[a, a] = np.inf
        for way in (apart, apart.T):
            way[a] = np.maximum(way[a], way[b])
            way[b] = np.inf
    heads = np.unique(group)
    return _gathered(instance, time[np.ix_(heads, heads)], np.searchsorted(heads, group))


def _nearest_opposite(instance: Instance, apart: npt.NDArray[np.float64]) -> tuple[int, int]:
    """The nearest opposite stops of different two-way parts, the first of them first; (0, 0) if there are none."""
    out = np.isfinite(instance.time)  # out[c, a]: a bus drives from c to a
    one_way = out & ~out.T
    part = components(instance)
    shared = one_way.T.astype(np.float32) @ out.T.astype(np.float32)  # a, b: third stops c with c -> a and b -> c
    shared += out.T.astype(np.float32) @ one_way.T.astype(np.float32)
    pairs = ((shared > 0) | (shared.T > 0)) & (part[:, None] != part[None, :])
    if not pairs.any():
        return 0, 0
    a, b = np.unravel_index(int(np.argmin(np.where(pairs, apart, np.inf))), pairs.shape)
    return int(min(a, b)), int(max(a, b))


def _gathered(instance: Instance, time: npt.NDArray[np.float64], group: npt.NDArray[np.int64]) -> Grouping:
    """The instance over groups, ``group`` saying of each stop which, without those outside the largest part."""
    count = len(time)
    member = np.zeros((count, instance.n))
    member[group, np.arange(instance.n)] = 1.0
    demand = member @ instance.demand @ member.T
    total = float(demand.sum())
    walked = float(np.trace(demand))
    np.fill_diagonal(demand, 0.0)
    xy = member @ instance.xy / member.sum(axis=1, keepdims=True)
    whole = replace(
        instance, time=time, demand=demand, xy=xy,
        terminal=member @ instance.terminal > 0, must_cover=member @ instance.must_cover > 0,
    )  # fmt: skip
    part = components(whole)
    asked = np.bincount(part, weights=demand.sum(axis=0) + demand.sum(axis=1))
    kept = np.flatnonzero(part == int(np.argmax(asked)))
    some = np.ix_(kept, kept)
    lost = total - walked - float(demand[some].sum())
    return Grouping(
        instance=replace(
            whole, time=time[some], demand=demand[some], xy=xy[kept], terminal=whole.terminal[kept],
            must_cover=whole.must_cover[kept],
        ),
        members=tuple(tuple(int(v) for v in np.flatnonzero(group == g)) for g in kept),
        left_out=tuple(int(v) for v in np.flatnonzero(~np.isin(group, kept))),
        walked=walked / total if total > 0 else 0.0,
        lost=lost / total if total > 0 else 0.0,
    )  # fmt: skip
