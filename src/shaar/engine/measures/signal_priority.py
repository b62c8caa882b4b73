"""``signal_priority``: lights let buses go first; buses lose less time there, cars from the sides more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

import numpy as np
import polars as pl

from shaar.engine.assignment.road_city import road_parameters
from shaar.engine.errors import InputError
from shaar.engine.measures.along_links import buses_an_hour, faster, follows, morning_runs
from shaar.engine.measures.fields import Links, Model
from shaar.engine.measures.forms import LINKS
from shaar.engine.measures.kinds import Kind, words
from shaar.engine.measures.state import State
from shaar.engine.measures.streets import need_links, with_share

#: What side streets keep of their capacity at least.
LEAST_SHARE = 0.1
NODES = "signal_priority"


class SignalPriority(Model):
    """Lights at the ends of links that give buses along these links green sooner or longer."""

    type: Literal["signal_priority"] = "signal_priority"
    links: Links


def apply(change: SignalPriority, state: State) -> State:
    """Return the city with priority at the lights, and the timetable with faster trips through them.

    Lights are nodes with ``signal`` at an end of the links. A bus saves ``priority_seconds`` (``roads.csv``) at each
    that it reaches along a named link. Links that lead into such a light and are not named lose
    ``priority_extension`` seconds of green for each bus of the morning hours (``capacity_share_*``), down to a tenth.

    Raises
    ------
    InputError
        No such link, no light at any end of them, or all of these have priority already.
    """
    city = state.city
    rows = need_links(city, change.links)
    ends = [city.links[c].to_numpy().astype(np.int64) for c in ("from_node", "to_node")]
    lit = city.nodes["signal"].fill_null(False).to_numpy()
    have = np.zeros(city.nodes.height, bool)
    if NODES in city.nodes.columns:
        have = city.nodes[NODES].fill_null(False).to_numpy()
    lights = np.unique(np.concatenate([e[rows] for e in ends]))
    lights = lights[lit[lights]]
    if not len(lights):
        raise InputError("there is no traffic light at either end of these links", field="links")
    lights = lights[~have[lights]]
    if not len(lights):
        raise InputError("all lights of these links give buses priority already", field="links")
    new = np.zeros(city.nodes.height, bool)
    new[lights] = True
    buses = np.zeros(city.nodes.height)
    feed = state.feed
    if feed is not None:
        p = road_parameters()
        found = follows(city, feed, rows, [(True, True)] * len(rows))
        reached = np.column_stack([new[ends[1][rows]], new[ends[0][rows]]])  # along a link, and against it
        gain = reached * p["priority_seconds"]
        length = np.maximum(city.links["length"].to_numpy()[rows], 1.0)[:, None]
        feed = faster(feed, found, [(np.minimum(m / length, 1.0) * gain).sum(axis=(1, 2)) for m in found.metres])
        runs = morning_runs(feed, found.trips)
        passed = [m.sum(axis=(0, 2)) > 0 for m in found.metres]
        for node in lights:
            touching = (ends[0][rows] == node) | (ends[1][rows] == node)
            buses[node] = buses_an_hour(runs, [k for k, hit in enumerate(passed) if hit[touching].any()])
        left = np.maximum(LEAST_SHARE, 1.0 - buses * p["priority_extension"] / 3600.0)
        named = np.isin(np.arange(city.links.height), rows)
        sides = np.flatnonzero((new[ends[0]] | new[ends[1]]) & ~named)
        forward = np.where(new[ends[1][sides]], left[ends[1][sides]], 1.0)
        backward = np.where(new[ends[0][sides]], left[ends[0][sides]], 1.0)
        city = with_share(city, sides, forward, backward)
    city = replace(city, nodes=city.nodes.with_columns(pl.Series(NODES, have | new)))
    return replace(state, city=city, feed=feed)


def _values(change: SignalPriority) -> tuple[str, Mapping[str, object]]:
    return "", {"links": len(set(change.links))}


KIND = Kind(
    model=SignalPriority,
    apply=apply,
    tool="pick_links",
    group="streets",
    example={"type": "signal_priority", "links": [16, 17, 18, 19]},
    label=words("Priority at lights", "Приоритет на светофорах", "Светофордо артыкчылык", "Бағдаршамдағы басымдық"),
    form=(LINKS,),
    sentences={
        "": words(
            "Let buses go first at the lights along street sections: {links}.",
            "Пропускать автобусы первыми на светофорах; участков улиц: {links}.",
            "Светофордо автобустарды биринчи өткөрүү; көчө тилкелери: {links}.",
            "Бағдаршамда автобустарды бірінші өткізу; көше учаскелері: {links}.",
        ),
    },
    values=_values,
)
