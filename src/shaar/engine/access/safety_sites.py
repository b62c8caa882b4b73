"""Junctions and street sections as places where crashes are counted, and crashes put on them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
import shapely

from shaar.engine.access.safety_density import incidence
from shaar.engine.access.safety_risk import open_to_vehicles
from shaar.engine.city.components import components

F64 = npt.NDArray[np.float64]
I32 = npt.NDArray[np.int32]
#: Junction nodes joined by a link no longer than this are one junction (dual carriageways, slip roads), metres.
SAME_JUNCTION_M = 30.0
_CLASS = {"motorway": "major", "trunk": "major", "primary": "major", "secondary": "middle", "tertiary": "middle"}


@dataclass(frozen=True, slots=True)
class Sites:
    """Places of one city.

    Parameters
    ----------
    table
        One row a site: site, kind (junction or section), level (major, middle, minor: the highest class), name, lon,
        lat, length (m of street, 0 for a junction), arms (streets that meet), signal, links (how many).
    of_link
        int32[l]: site of each link (section, or the junction that it lies in), -1 where no vehicle may go.
    of_node
        int32[n]: junction of each node, -1 where it is none.
    """

    table: pl.DataFrame
    of_link: I32
    of_node: I32


def find_sites(nodes: pl.DataFrame, links: pl.DataFrame) -> Sites:
    """Cut the streets open to vehicles into junctions and sections.

    A junction is a node where three or more such links meet, with its neighbours over street links (not service ways)
    of up to 30 m. A section is
    the links between two junctions with one class and name; it changes where they do. Service ways and yards count as
    streets where vehicles may drive.
    """
    use = np.flatnonzero(open_to_vehicles(links))
    a, b = (links[c].to_numpy().astype(np.int32)[use] for c in ("from_node", "to_node"))
    length = links["length"].to_numpy().astype(np.float64)[use]
    kind = links["highway"].fill_null("").str.replace(r"_link$", "").to_numpy()[use]
    name = links["name"].fill_null("").to_numpy()[use]
    n = nodes.height
    degree = np.bincount(np.concatenate([a, b]), minlength=n)
    crossing = degree >= 3
    close = crossing[a] & crossing[b] & (length <= SAME_JUNCTION_M) & (kind != "service")
    part = components(n, a[close], b[close])
    number = np.full(n, -1, np.int64)
    roots = np.unique(part[crossing])
    number[crossing] = np.searchsorted(roots, part[crossing])
    junctions = len(roots)
    inner = close & (number[a] == number[b]) & (number[a] >= 0)
    # sections: links chained through nodes of two links with one class and name
    ptr, inc = incidence(a, b)
    left, right = [], []
    for v in np.flatnonzero(degree == 2):
        i, j = inc[ptr[v]], inc[ptr[v] + 1]
        if i != j and kind[i] == kind[j] and name[i] == name[j]:
            left.append(i)
            right.append(j)
    chain = components(len(use), np.array(left, np.int64), np.array(right, np.int64))
    outer = np.flatnonzero(~inner)
    chains, section = np.unique(chain[outer], return_inverse=True)
    site = np.empty(len(use), np.int64)
    site[outer] = junctions + section
    site[inner] = number[a[inner]]
    total = junctions + len(chains)
    of_link = np.full(links.height, -1, np.int32)
    of_link[use] = site
    table = _describe(nodes, links, use, site, number, junctions, total, inner, a, b, length, kind, name)
    return Sites(table, of_link, number.astype(np.int32))


def _describe(
    nodes: pl.DataFrame, links: pl.DataFrame, use: npt.NDArray[np.int64], site: npt.NDArray[np.int64],
    number: npt.NDArray[np.int64], junctions: int, total: int, inner: npt.NDArray[np.bool_], a: I32, b: I32,
    length: F64, kind: npt.NDArray[np.object_], name: npt.NDArray[np.object_],
) -> pl.DataFrame:  # fmt: skip
    level = np.array([{"major": 2, "middle": 1}.get(_CLASS.get(str(k), ""), 0) for k in kind], np.int64)
    highest = np.zeros(total, np.int64)
    np.maximum.at(highest, site, level)
    arms = np.zeros(total, np.int64)
    names: list[dict[str, None]] = [{} for _ in range(total)]
    for end in (a, b):
        here = number[end]
        meets = (here >= 0) & ~inner
        np.add.at(arms, here[meets], 1)
        np.maximum.at(highest, here[meets], level[meets])
        for s, text in zip(here[meets].tolist(), name[meets].tolist()):
            if text:
                names[s][text] = None
    for s, text in zip(site.tolist(), name.tolist()):
        if text and s >= junctions:
            names[s][text] = None
    size = np.bincount(site[~inner], weights=length[~inner], minlength=total)
    size[:junctions] = 0.0
    lon, lat = _middles(nodes, links, use, site, number, junctions, total, length)
    signal = np.zeros(total, bool)
    lit = np.flatnonzero((number >= 0) & nodes["signal"].fill_null(False).to_numpy())
    signal[number[lit]] = True
    return pl.DataFrame(
        {
            "site": np.arange(total, dtype=np.int32),
            "kind": ["junction"] * junctions + ["section"] * (total - junctions),
            "level": np.array(["minor", "middle", "major"])[highest],
            "name": [" / ".join(list(x)[:3]) or None for x in names],
            "lon": lon,
            "lat": lat,
            "length": size,
            "arms": arms,
            "signal": signal,
            "links": np.bincount(site, minlength=total),
        },
        schema_overrides={"name": pl.String},
    )


def _middles(
    nodes: pl.DataFrame, links: pl.DataFrame, use: npt.NDArray[np.int64], site: npt.NDArray[np.int64],
    number: npt.NDArray[np.int64], junctions: int, total: int, length: F64,
) -> tuple[F64, F64]:  # fmt: skip
    """Mean of a junction's nodes; the middle of a section's longest link."""
    lon, lat = np.zeros(total), np.zeros(total)
    at = np.flatnonzero(number >= 0)
    count = np.maximum(np.bincount(number[at], minlength=junctions), 1)
    lon[:junctions] = np.bincount(number[at], weights=nodes["lon"].to_numpy()[at], minlength=junctions) / count
    lat[:junctions] = np.bincount(number[at], weights=nodes["lat"].to_numpy()[at], minlength=junctions) / count
    order = np.argsort(length, kind="stable")
    longest = np.full(total, -1, np.int64)
    longest[site[order]] = order
    sections = np.arange(junctions, total)
    lines = shapely.from_wkb(links["geometry"].gather(use[longest[sections]]).to_numpy())
    middle = shapely.line_interpolate_point(lines, 0.5, normalized=True)
    lon[sections], lat[sections] = shapely.get_x(middle), shapely.get_y(middle)
    return lon, lat


def site_of_crashes(
    sites: Sites,
    links: pl.DataFrame,
    link: npt.ArrayLike,
    along: npt.ArrayLike,
    *,
    junction_metres: float,
) -> I32:
    """Site of each crash that lies on a link: the junction at an end within reach, else the section; -1 off the
    streets.

    Parameters
    ----------
    link, along
        Shape (c,): link (-1: none) and metres from its from_node.
    """
    k, at = np.asarray(link, np.int64), np.asarray(along, np.float64)
    on = k >= 0
    safe = np.maximum(k, 0)
    size = links["length"].to_numpy().astype(np.float64)[safe]
    start, end = (sites.of_node[links[c].to_numpy()[safe]] for c in ("from_node", "to_node"))
    near_start = (start >= 0) & (at <= junction_metres)
    near_end = (end >= 0) & (size - at <= junction_metres)
    first = near_start & (~near_end | (at <= size - at))
    out = np.where(first, start, np.where(near_end, end, sites.of_link[safe]))
    return np.where(on, out, -1).astype(np.int32)
