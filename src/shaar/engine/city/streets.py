"""From OpenStreetMap ways to streets: nodes at junctions, links between them, who may use them, banned turns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
import shapely
from pyproj import Geod

from shaar.engine.city import geoparquet, schema
from shaar.engine.city.extract import OsmExtract, Tags
from shaar.engine.city.street_access import Access, access, lane_count
from shaar.engine.city.street_buses import bus_ways
from shaar.engine.city.street_findings import street_findings
from shaar.engine.city.street_speed import free_speed
from shaar.engine.city.street_stress import cycle_stress_why
from shaar.engine.city.turns import turns_from_relations
from shaar.engine.errors import InputError
from shaar.engine.findings import Finding
from shaar.engine.progress import Progress, silent

I64 = npt.NDArray[np.int64]
_BLOCKS = frozenset({"bollard", "block", "jersey_barrier", "log", "debris", "chain", "planter", "barrier_board"})


@dataclass(frozen=True, slots=True)
class Streets:
    """The street network; frames follow :mod:`shaar.engine.city.schema`.

    ``way_links`` gives the links of each OSM way in the order and direction of its nodes.
    """

    nodes: pl.DataFrame
    links: pl.DataFrame
    turns: pl.DataFrame
    way_links: dict[int, tuple[int, ...]]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class _Chain:
    """Way vertices one after another: node index, running number of the way, metres from the way's start."""

    node: I64
    way: I64
    at: npt.NDArray[np.float64]


def build_streets(extract: OsmExtract, *, country: str = "", progress: Progress = silent) -> Streets:
    """Make the street network.

    Ways are cut where they meet and where they end; other vertices only shape the link. Lengths are geodesic (WGS84).
    Signals and crossings between junctions are noted at the nearest end of their link.

    Parameters
    ----------
    country
        ISO 3166-1 alpha-2 code, for default speeds.

    Raises
    ------
    InputError
        No way in the extract can be used by anybody.
    """
    progress("streets", 0, 4, "access")
    used = bus_ways(extract)
    kept: list[int] = []
    rights: list[Access] = []
    for k, tags in enumerate(extract.way_tags):
        if "highway" in tags:
            right = access(tags, serves_buses=k in used)
            if right.anyone:
                kept.append(k)
                rights.append(right)
    if not kept:
        raise InputError("no way in the extract is open to anybody, so there are no streets", file=extract.source)
    progress("streets", 1, 4, "links")
    chain = _vertices(extract, np.asarray(kept))
    chain = _without_lone_squares(chain, [extract.way_tags[k].get("area") == "yes" for k in kept])
    n_seen = np.bincount(chain.node, minlength=len(extract.node_id))
    first = np.r_[True, chain.way[1:] != chain.way[:-1]]
    last = np.r_[first[1:], True]
    junction = n_seen >= 2
    junction[chain.node[first | last]] = True
    cut = np.flatnonzero(junction[chain.node])
    whole = chain.way[cut[:-1]] == chain.way[cut[1:]]
    begin, end = cut[:-1][whole], cut[1:][whole]
    node_of = np.full(len(extract.node_id), -1, np.int64)
    at = np.flatnonzero(junction)
    node_of[at] = np.arange(len(at))
    links = _link_frame(extract, chain, kept, rights, node_of, begin, end, country)
    progress("streets", 2, 4, "signals and barriers")
    signal, crossing, blocked = _node_flags(extract, chain, node_of, begin, end)
    if blocked.any():
        shut = pl.Series(~blocked)
        links = links.with_columns(pl.col(f"{m}_{d}") & shut for m in ("car", "bus") for d in ("forward", "backward"))
    nodes = _node_frame(extract, at, signal, crossing)
    way_ids = extract.way_id[np.asarray(kept)][chain.way[begin]]
    way_links = _links_of_ways(way_ids)
    progress("streets", 3, 4, "turns")
    turns, turn_findings = turns_from_relations(extract, node_of, links, way_links)
    findings = (*street_findings(nodes, links, int(blocked.sum())), *turn_findings)
    progress("streets", 4, 4, f"{nodes.height} nodes, {links.height} links, {turns.height} banned turns")
    return Streets(nodes=nodes, links=links, turns=turns, way_links=way_links, findings=findings)


def _vertices(extract: OsmExtract, kept: I64) -> _Chain:
    counts = (extract.way_ptr[1:] - extract.way_ptr[:-1])[kept]
    starts = extract.way_ptr[kept]
    way = np.repeat(np.arange(len(kept)), counts)
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    node = extract.way_nodes[np.repeat(starts, counts) + within]
    fresh = np.r_[True, (node[1:] != node[:-1]) | (way[1:] != way[:-1])]  # a node listed twice running is one vertex
    node, way = node[fresh], way[fresh]
    long_enough = np.bincount(way, minlength=len(kept))[way] >= 2
    node, way = node[long_enough], way[long_enough]
    lon, lat = extract.node_lon[node], extract.node_lat[node]
    step = np.zeros(len(node))
    if len(node) > 1:
        step[1:] = Geod(ellps="WGS84").inv(lon[:-1], lat[:-1], lon[1:], lat[1:])[2]
    step[np.r_[True, way[1:] != way[:-1]]] = 0.0
    run = np.cumsum(step)
    return _Chain(node, way, run)


def _without_lone_squares(chain: _Chain, is_square: list[bool]) -> _Chain:
    """Leave out the outlines of squares that no street or footway ends on."""
    once = np.unique(np.column_stack([chain.way, chain.node]), axis=0)
    shared = np.bincount(once[:, 1], minlength=int(chain.node.max(initial=0)) + 1) > 1
    touches = np.zeros(len(is_square), bool)
    touches[once[shared[once[:, 1]], 0]] = True
    keep = (touches | ~np.asarray(is_square))[chain.way]
    return _Chain(chain.node[keep], chain.way[keep], chain.at[keep])


def _link_frame(
    extract: OsmExtract,
    chain: _Chain,
    kept: list[int],
    rights: list[Access],
    node_of: I64,
    begin: I64,
    end: I64,
    country: str,
) -> pl.DataFrame:
    n = len(begin)
    size = end - begin + 1
    owner = np.repeat(np.arange(n), size)
    vertex = np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size) + np.repeat(begin, size)
    xy = np.column_stack([extract.node_lon[chain.node[vertex]], extract.node_lat[chain.node[vertex]]])
    shapes = shapely.linestrings(xy, indices=owner)
    tags: list[Tags] = [extract.way_tags[k] for k in kept]
    speed = [free_speed(t, country) for t in tags]
    lanes = [lane_count(t) for t in tags]
    oneway = [r.car_forward != r.car_backward for r in rights]
    stress = [cycle_stress_why(t, v, m, one) for t, v, m, one in zip(tags, speed, lanes, oneway)]
    way_id = extract.way_id[np.asarray(kept)]
    by_way = pl.DataFrame(
        {
            "highway": [t["highway"] for t in tags],
            "name": [t.get("name") for t in tags],
            "lanes": pl.Series(lanes, dtype=pl.Float64),
            "free_speed": speed,
            **{name: [getattr(r, name) for r in rights] for name in Access.__slots__},
            "cycle_stress": pl.Series([level for level, _ in stress], dtype=pl.Int8),
            "cycle_stress_tag": [tag for _, tag in stress],
            "osm_way": pl.Series(way_id).set(pl.Series(way_id <= 0), None),
            "structure": ["bridge" if _is(t, "bridge") else "tunnel" if _is(t, "tunnel") else None for t in tags],
        }
    )
    frame = by_way[chain.way[begin]].with_columns(
        link_id=pl.Series(np.arange(n, dtype=np.int32)),
        from_node=pl.Series(node_of[chain.node[begin]].astype(np.int32)),
        to_node=pl.Series(node_of[chain.node[end]].astype(np.int32)),
        length=pl.Series(chain.at[end] - chain.at[begin]),
        slope=pl.lit(None, pl.Float64),
    )
    return schema.conform("links", geoparquet.with_geometries(frame, shapes))


def _is(tags: Tags, key: str) -> bool:
    return tags.get(key, "no") not in ("no", "building_passage")


def _node_flags(
    extract: OsmExtract, chain: _Chain, node_of: I64, begin: I64, end: I64
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Note signals and crossings at junctions, and which links a barrier closes to vehicles between their ends."""
    n_nodes = int(node_of.max()) + 1
    signal, crossing, blocked = np.zeros(n_nodes, bool), np.zeros(n_nodes, bool), np.zeros(len(begin), bool)
    kinds = np.zeros(len(extract.node_id), np.int8)
    for index, tags in extract.node_tags.items():
        lights = tags.get("highway") == "traffic_signals" or tags.get("crossing") == "traffic_signals"
        marked = tags.get("highway") == "crossing" or ("crossing" in tags and "railway" not in tags)
        marked = marked and tags.get("crossing") not in ("no", "unmarked", "informal")
        shut = tags.get("barrier") in _BLOCKS and tags.get("motor_vehicle", tags.get("access")) not in (
            "yes",
            "permissive",
        )
        kinds[index] = lights | (marked << 1) | (shut << 2)
    special = np.flatnonzero(kinds[chain.node])
    for v in special:
        kind, node = kinds[chain.node[v]], node_of[chain.node[v]]
        if node < 0:
            link = int(np.searchsorted(begin, v, side="right")) - 1
            if link < 0 or v > end[link]:
                continue
            nearer = (
                begin[link] if chain.at[v] - chain.at[begin[link]] <= chain.at[end[link]] - chain.at[v] else end[link]
            )
            node = node_of[chain.node[nearer]]
            blocked[link] |= bool(kind & 4)
        signal[node] |= bool(kind & 1)
        crossing[node] |= bool(kind & 2)
    return signal, crossing, blocked


def _node_frame(
    extract: OsmExtract, at: I64, signal: npt.NDArray[np.bool_], crossing: npt.NDArray[np.bool_]
) -> pl.DataFrame:
    ids = pl.Series(extract.node_id[at])
    return schema.conform(
        "nodes",
        pl.DataFrame(
            {
                "node_id": np.arange(len(at), dtype=np.int32),
                "lon": extract.node_lon[at],
                "lat": extract.node_lat[at],
                "osm_id": ids.set(ids <= 0, None),
                "signal": signal,
                "crossing": crossing,
            }
        ),
    )


def _links_of_ways(way_ids: I64) -> dict[int, tuple[int, ...]]:
    order = np.argsort(way_ids, kind="stable")
    ids, first = np.unique(way_ids[order], return_index=True)
    return {int(w): tuple(int(v) for v in part) for w, part in zip(ids, np.split(order, first[1:]))}
