"""Banned turns from OpenStreetMap's restriction relations."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl
import shapely

from shaar.engine.city import geoparquet, schema
from shaar.engine.city.extract import OsmExtract, Relation
from shaar.engine.findings import Finding

_FOR_CARS = ("restriction", "restriction:motorcar", "restriction:motor_vehicle", "restriction:vehicle")
_BUS = frozenset({"bus", "psv"})
#: How far the way on bends from straight ahead (degrees, left positive) for a restriction of that name.
_BEND = {"left_turn": 90.0, "right_turn": -90.0, "straight_on": 0.0, "u_turn": 180.0}
_WHY = {
    "via_way": "run over a via way",
    "conditional": "hold at certain hours only",
    "incomplete": "name ways or nodes that are not in the extract or not open to vehicles",
}


class _Arms:
    """The links at each node, and which of them a vehicle may come from or go into."""

    def __init__(self, links: pl.DataFrame) -> None:
        self.tail, self.head = links["from_node"].to_numpy(), links["to_node"].to_numpy()
        self.forward = (links["car_forward"] | links["bus_forward"]).to_numpy()
        self.backward = (links["car_backward"] | links["bus_backward"]).to_numpy()
        self.wkb = links[geoparquet.GEOMETRY]
        self.at: dict[int, list[int]] = {}
        driven = np.flatnonzero(self.forward | self.backward)
        for k, a, b in zip(driven.tolist(), self.tail[driven].tolist(), self.head[driven].tolist()):
            self.at.setdefault(a, []).append(k)
            if a != b:
                self.at.setdefault(b, []).append(k)

    def enters(self, link: int, node: int) -> bool:
        """Whether a vehicle on the link may arrive at the node."""
        return bool(
            (self.head[link] == node and self.forward[link]) or (self.tail[link] == node and self.backward[link])
        )

    def leaves(self, link: int, node: int) -> bool:
        """Whether a vehicle at the node may go into the link."""
        return bool(
            (self.tail[link] == node and self.forward[link]) or (self.head[link] == node and self.backward[link])
        )

    def bearing(self, link: int, node: int) -> float:
        """Direction of the link where it leaves the node, degrees counter-clockwise from east."""
        xy = shapely.get_coordinates(shapely.from_wkb(self.wkb[link]))
        if self.tail[link] != node:
            xy = xy[::-1]
        step = (xy[1] - xy[0]) * (np.cos(np.radians(xy[0, 1])), 1.0)
        return float(np.degrees(np.arctan2(step[1], step[0])))

    def bend(self, source: int, node: int, target: int) -> float:
        """Turn from one link into another, degrees in (-180, 180], left positive."""
        return (self.bearing(target, node) - self.bearing(source, node) + 180.0 + 179.999) % 360.0 - 179.999


def turns_from_relations(
    extract: OsmExtract,
    node_of: npt.NDArray[np.int64],
    links: pl.DataFrame,
    way_links: dict[int, tuple[int, ...]],
) -> tuple[pl.DataFrame, tuple[Finding, ...]]:
    """Read ``no_*`` restrictions as bans and ``only_*`` as bans of every other way on.

    Where a member way runs through the junction, both its arms could be meant: the pair whose bend fits the
    restriction's name best (left 90°, right -90°, straight 0°, back 180°) is taken.

    Parameters
    ----------
    node_of
        Node number of each extract node, -1 where it is no junction, shape (n,).
    links
        The links' frame.
    way_links
        Links of each OSM way.

    Returns
    -------
    The banned turns (each once; ``bus_exempt`` only where every restriction exempts buses), and what was left out:
    restrictions over a via way, with a condition, or whose members are not there.
    """
    arms = _Arms(links)
    number = {int(extract.node_id[i]): int(node_of[i]) for i in np.flatnonzero(node_of >= 0)}
    banned: dict[tuple[int, int, int], bool] = {}
    skipped: dict[str, list[int]] = {reason: [] for reason in _WHY}
    for relation in extract.relations:
        kind = relation.tags.get("type", "")
        if kind not in _FOR_CARS:
            continue
        value = next((v for k in _FOR_CARS if (v := relation.tags.get(k))), "")
        if not value.startswith(("no_", "only_")):
            if any(k.endswith(":conditional") for k in relation.tags):
                skipped["conditional"].append(relation.osm_id)
            continue
        if any(role == "via" and t == "w" for t, _, role in relation.members):
            skipped["via_way"].append(relation.osm_id)
            continue
        found = _pairs(relation, value, number, way_links, arms)
        if found is None:
            skipped["incomplete"].append(relation.osm_id)
            continue
        exempt = not _BUS.isdisjoint(relation.tags.get("except", "").replace(",", ";").replace(" ", "").split(";"))
        for turn in found:
            banned[turn] = banned.get(turn, True) and exempt
    columns = [*zip(*sorted(banned))] or [(), (), ()]
    names = ("from_link", "via_node", "to_link")
    frame = pl.DataFrame({n: np.asarray(c, np.int32) for n, c in zip(names, columns)}).with_columns(
        bus_exempt=pl.Series([banned[k] for k in sorted(banned)], dtype=pl.Boolean)
    )
    return schema.conform("turns", frame), _findings(skipped)


def _pairs(
    relation: Relation, value: str, number: dict[int, int], way_links: dict[int, tuple[int, ...]], arms: _Arms
) -> list[tuple[int, int, int]] | None:
    """Return the banned (from, via, to), or None where a member is missing."""
    via = next((number.get(ref, -1) for t, ref, role in relation.members if role == "via" and t == "n"), -1)
    here = set(arms.at.get(via, ()))

    def named(role: str) -> list[list[int]]:
        ways = [ref for t, ref, r in relation.members if r == role and t == "w"]
        return [[k for k in dict.fromkeys(way_links.get(way, ())) if k in here] for way in ways]

    sources = [[k for k in way if arms.enters(k, via)] for way in named("from")]
    targets = [[k for k in way if arms.leaves(k, via)] for way in named("to")]
    if not any(sources) or not any(targets):
        return None
    only, _, name = value.partition("_")
    pairs: list[tuple[int, int]] = []
    for a in sources:
        for b in targets:
            options = [(i, j) for i in a for j in b if i != j or name == "u_turn"]
            if len(options) > 1 and name in _BEND:
                options = [min(options, key=lambda p: _misfit(arms.bend(p[0], via, p[1]), _BEND[name]))]
            pairs += options
    if only == "only":
        kept = set(pairs)
        pairs = [(i, j) for i in {p[0] for p in pairs} for j in sorted(here) if j != i and (i, j) not in kept]
        pairs = [(i, j) for i, j in pairs if arms.leaves(j, via)]
    return [(i, via, j) for i, j in pairs]


def _misfit(bend: float, wanted: float) -> float:
    return abs((bend - wanted + 180.0) % 360.0 - 180.0)


def _findings(skipped: dict[str, list[int]]) -> tuple[Finding, ...]:
    return tuple(
        Finding(
            code=f"streets.turns.{reason}",
            message=f"{len(ids)} turn restrictions {_WHY[reason]} and were left out.",
            count=len(ids),
            where=f"relation {ids[0]}",
            severity="info",
            values={"restrictions": len(ids)},
        )
        for reason, ids in skipped.items()
        if ids
    )
