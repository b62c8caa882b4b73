"""New ways in the street tables: joined to streets at their ends, crossing them at grade, splitting where they meet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import shapely
from pyproj import Geod
from shapely.ops import substring

from shaar.engine.city import schema
from shaar.engine.city.model import City
from shaar.engine.city.projection import project, project_shapes, unproject
from shaar.engine.errors import InputError
from shaar.engine.measures.ground import links_near

I64 = npt.NDArray[np.int64]
#: An end of a new way joins the street or junction that lies this near, m.
JOIN_M = 30.0
#: A street is met at its junction, and not split, if that is this near, m.
SAME_NODE_M = 8.0
#: A place on a junction is the junction, m.
JUNCTION_M = 15.0
#: Shorter pieces than this are not made, m.
LEAST_M = 1.0
_GEOD = Geod(ellps="WGS84")


@dataclass(slots=True)
class _Sketch:
    """New nodes and the places at which links are to be split, while a way is being joined to the streets."""

    x: list[float]
    y: list[float]
    first: int
    splits: dict[int, list[tuple[float, int]]] = field(default_factory=dict)

    def node(self, x: float, y: float) -> int:
        self.x.append(x)
        self.y.append(y)
        return self.first + len(self.x) - 1


@dataclass(frozen=True, slots=True)
class _Near:
    """Links around a place in metres."""

    rows: I64
    lines: npt.NDArray[np.object_]
    tree: shapely.STRtree
    ends: I64


def _around(city: City, x: npt.ArrayLike, y: npt.ArrayLike, keep: pl.Expr | None = None) -> _Near:
    links = links_near(city, *unproject(x, y, city.meta.crs))
    links = links.filter(keep) if keep is not None else links
    lines = project_shapes(shapely.from_wkb(links["geometry"].to_numpy()), city.meta.crs)
    ends = links.select("from_node", "to_node").to_numpy().astype(np.int64)
    return _Near(links["link_id"].to_numpy().astype(np.int64), lines, shapely.STRtree(lines), ends)


def add_way(
    city: City, points: Sequence[tuple[float, float]], values: Mapping[str, Any], *, level: bool, name: str
) -> tuple[City, I64]:
    """Return the city with a new way, and the rows of its links.

    Ends within 30 m of a junction join it, within 30 m of a street split it; at least one end must. At grade
    (``level``) the way also meets every street that it crosses, except bridges and tunnels.

    Parameters
    ----------
    points
        (lon, lat), degrees.
    values
        Columns of its links beside ends, geometry and length.
    name
        Field of the points in error messages.

    Raises
    ------
    InputError
        The way is shorter than a metre, follows a street that is there, or joins none.
    """
    at = np.array(points, float)
    x, y = project(at[:, 0], at[:, 1], city.meta.crs)
    near = _around(city, x, y)
    sketch = _Sketch([], [], city.nodes.height)
    ends = [_join(city, near, sketch, float(x[k]), float(y[k])) for k in (0, -1)]
    for k, end in ((0, ends[0]), (-1, ends[1])):
        if end is not None:
            x[k], y[k] = end[1], end[2]
    path = shapely.LineString(np.column_stack([x, y]))
    if path.length < LEAST_M:
        raise InputError("both ends lie at the same place", field=name)
    met = [(0.0, ends[0][0])] if ends[0] is not None else []
    if level:
        met += _crossings(city, near, sketch, path, name)
    if ends[1] is not None:
        met.append((float(path.length), ends[1][0]))
    if not met:
        raise InputError(f"it meets no street: an end must lie within {JOIN_M:.0f} m of one", field=name)
    if ends[0] is None:
        met.insert(0, (0.0, sketch.node(float(x[0]), float(y[0]))))
    if ends[1] is None:
        met.append((float(path.length), sketch.node(float(x[-1]), float(y[-1]))))
    met.sort(key=lambda m: m[0])
    pieces = [(a, b, n, m) for (a, n), (b, m) in pairwise(met) if n != m and b - a >= LEAST_M]
    city = _with_nodes(_split(city, sketch), sketch)
    return _with_pieces(city, path, pieces, values)


def _join(city: City, near: _Near, sketch: _Sketch, x: float, y: float) -> tuple[int, float, float] | None:
    """Find the node that an end joins: a junction, or a new one on a street; with its place; None: nothing near."""
    if not len(near.rows):
        return None
    point = shapely.Point(x, y)
    hit = near.tree.query(point, predicate="dwithin", distance=JOIN_M)
    if not len(hit):
        return None
    nodes = np.unique(near.ends[hit])
    nx, ny = project(city.nodes["lon"].to_numpy()[nodes], city.nodes["lat"].to_numpy()[nodes], city.meta.crs)
    away = np.hypot(nx - x, ny - y)
    k = int(np.argmin(away))
    best = int(hit[np.argmin(shapely.distance(near.lines[hit], point))])
    reach = float(shapely.distance(near.lines[best], point))
    if away[k] <= JOIN_M and away[k] <= reach + SAME_NODE_M:
        return int(nodes[k]), float(nx[k]), float(ny[k])
    return _on(city, near, sketch, best, point)


def _on(city: City, near: _Near, sketch: _Sketch, at: int, point: shapely.Point) -> tuple[int, float, float]:
    """Return the node of a link at a point: an end that is near, or a new one where the link will be split."""
    line = near.lines[at]
    along = float(shapely.line_locate_point(line, point))
    for node, where in ((near.ends[at, 0], 0.0), (near.ends[at, 1], float(line.length))):
        if abs(along - where) <= SAME_NODE_M:
            x, y = project(city.nodes["lon"][int(node)], city.nodes["lat"][int(node)], city.meta.crs)
            return int(node), float(x), float(y)
    foot = line.interpolate(along)
    for where, node in sketch.splits.get(int(near.rows[at]), []):
        if abs(where - along / line.length) * line.length <= SAME_NODE_M:
            return node, sketch.x[node - sketch.first], sketch.y[node - sketch.first]
    node = sketch.node(foot.x, foot.y)
    sketch.splits.setdefault(int(near.rows[at]), []).append((along / line.length, node))
    return node, float(foot.x), float(foot.y)


def _crossings(
    city: City, near: _Near, sketch: _Sketch, path: shapely.LineString, name: str
) -> list[tuple[float, int]]:
    met = []
    structure = city.links["structure"].fill_null("").gather(near.rows).to_numpy()
    for at in near.tree.query(path, predicate="intersects"):
        if structure[at]:
            continue
        shared = path.intersection(near.lines[at])
        if shared.length > path.length / 2:
            raise InputError("it follows a street that is there already; rebuild_road changes it", field=name)
        for x, y in shapely.get_coordinates(shared):
            point = shapely.Point(x, y)
            along = float(path.project(point))
            if SAME_NODE_M < along < path.length - SAME_NODE_M:
                met.append((along, _on(city, near, sketch, int(at), point)[0]))
    return met


def _with_nodes(city: City, sketch: _Sketch) -> City:
    if not sketch.x:
        return city
    lon, lat = unproject(sketch.x, sketch.y, city.meta.crs)
    fresh = pl.DataFrame(
        {
            "node_id": pl.Series(np.arange(sketch.first, sketch.first + len(lon)), dtype=pl.Int32),
            "lon": lon, "lat": lat, "signal": [False] * len(lon), "crossing": [False] * len(lon),
        }
    )  # fmt: skip
    return replace(city, nodes=pl.concat([city.nodes, schema.conform("nodes", fresh)], how="diagonal"))


def _split(city: City, sketch: _Sketch) -> City:
    """Cut links at the places of a sketch: the first piece keeps the id, turns and stops move to their piece."""
    for link, places in sorted(sketch.splits.items()):
        city = _split_one(city, link, sorted(places))
    return city


def _split_one(city: City, link: int, places: list[tuple[float, int]]) -> City:
    row = city.links[link]
    line = shapely.from_wkb(row["geometry"][0])
    length, last_node = float(row["length"][0]), int(row["to_node"][0])
    shares = [0.0, *(s for s, _ in places), 1.0]
    nodes = [int(row["from_node"][0]), *(n for _, n in places), last_node]
    new = city.links.height + np.arange(len(places))
    ids = [link, *new.tolist()]
    rows = pl.concat(
        [
            row.with_columns(
                link_id=pl.lit(ids[k], pl.Int32), from_node=pl.lit(nodes[k], pl.Int32),
                to_node=pl.lit(nodes[k + 1], pl.Int32), length=pl.lit(length * (shares[k + 1] - shares[k])),
                geometry=pl.lit(shapely.to_wkb(substring(line, shares[k], shares[k + 1], normalized=True))),
            )
            for k in range(len(ids))
        ]
    )  # fmt: skip
    links = pl.concat([city.links[:link], rows[:1], city.links[link + 1 :], rows[1:]])
    turns = city.turns.with_columns(
        pl.when((pl.col(c) == link) & (pl.col("via_node") == last_node)).then(ids[-1]).otherwise(pl.col(c))
        .cast(pl.Int32).alias(c)
        for c in ("from_link", "to_link")
    )  # fmt: skip
    edges = np.array(shares) * length
    on = (pl.col("link_id") == link) & pl.col("offset").is_not_null()
    stops = city.stops
    for k in range(len(ids) - 1, 0, -1):
        moved = on & (pl.col("offset") >= edges[k])
        stops = stops.with_columns(
            pl.when(moved).then(pl.lit(ids[k], pl.Int32)).otherwise(pl.col("link_id")).alias("link_id"),
            pl.when(moved).then(pl.col("offset") - edges[k]).otherwise(pl.col("offset")).alias("offset"),
        )
    return replace(city, links=links, turns=turns, stops=stops)


def _with_pieces(
    city: City, path: shapely.LineString, pieces: list[tuple[float, float, int, int]], values: Mapping[str, Any]
) -> tuple[City, I64]:
    ids = np.arange(city.links.height, city.links.height + len(pieces))
    shapes = project_shapes([substring(path, a, b) for a, b, _, _ in pieces], city.meta.crs, inverse=True)
    fresh = pl.DataFrame(
        {
            "link_id": pl.Series(ids, dtype=pl.Int32),
            "from_node": pl.Series([p[2] for p in pieces], dtype=pl.Int32),
            "to_node": pl.Series([p[3] for p in pieces], dtype=pl.Int32),
            "geometry": pl.Series(list(shapely.to_wkb(shapes)), dtype=pl.Binary),
            "length": [float(_GEOD.geometry_length(s)) for s in shapes],
            "slope": pl.Series([None] * len(ids), dtype=pl.Float64),
        }
    )
    fresh = fresh.with_columns(pl.lit(v).alias(k) for k, v in values.items())
    links = pl.concat([city.links, schema.conform("links", fresh)], how="diagonal")
    return replace(city, links=links), ids


def node_at(city: City, point: tuple[float, float], reach: float, keep: pl.Expr) -> tuple[City, int | None]:
    """Return the node at a place of a street, and the city with the street split there if it had none.

    Parameters
    ----------
    reach
        Metres within which the street must lie; None is returned otherwise.
    keep
        Which links count.
    """
    x, y = project([point[0]], [point[1]], city.meta.crs)
    near = _around(city, x, y, keep)
    at = shapely.Point(float(x[0]), float(y[0]))
    hit = near.tree.query(at, predicate="dwithin", distance=reach) if len(near.rows) else np.empty(0, np.int64)
    if not len(hit):
        return city, None
    nodes = np.unique(near.ends[hit])
    nx, ny = project(city.nodes["lon"].to_numpy()[nodes], city.nodes["lat"].to_numpy()[nodes], city.meta.crs)
    away = np.hypot(nx - x[0], ny - y[0])
    if away.min() <= JUNCTION_M:
        return city, int(nodes[np.argmin(away)])
    best = int(hit[np.argmin(shapely.distance(near.lines[hit], at))])
    sketch = _Sketch([], [], city.nodes.height)
    node = _on(city, near, sketch, best, at)[0]
    return _with_nodes(_split(city, sketch), sketch), node
