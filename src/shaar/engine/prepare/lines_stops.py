"""Stops of a line: those of its relation, those known along its way, and synthesised ones where none is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import polars as pl
import shapely
from scipy.spatial import cKDTree
from shapely import LineString

from shaar.engine.prepare.lines_graph import LinkGraph, to_degrees, to_metres
from shaar.engine.timetable.kernels import project_in_order

F64 = npt.NDArray[np.float64]

#: A stop of a relation nearer than this (m) to a known stop is that stop; half as much again where the names agree.
SAME_PLACE = 8.0
SAME_STOP = SAME_PLACE * 1.5
#: A stop of a relation or of the city farther than this (m) from the line is not on it.
REACH = 40.0
#: A stop so near to the middle of the street (m) has no side.
NO_SIDE = 3.0
#: Usual distance between stops (m) where they have to be assumed: in the middle of the 300 to 500 m of city buses.
SPACING = 400.0
#: Stops farther apart than this many spacings get synthesised ones between them.
STRETCH = 2.5
_NO_STOPS = frozenset({"motorway", "motorway_link", "trunk", "trunk_link"})


@dataclass(slots=True)
class StopTable:
    """Stops that grow while lines are laid; coordinates also in metres."""

    crs: str
    ids: list[str] = field(default_factory=list)
    names: list[str | None] = field(default_factory=list)
    lon: list[float] = field(default_factory=list)
    lat: list[float] = field(default_factory=list)
    source: list[str] = field(default_factory=list)
    xy: list[tuple[float, float]] = field(default_factory=list)
    _tree: cKDTree | None = None

    @classmethod
    def of(cls, stops: pl.DataFrame, crs: str) -> StopTable:
        """Start from a table (stop_id, name, lon, lat, source)."""
        xy = to_metres(stops["lon"].to_list(), stops["lat"].to_list(), crs) if stops.height else np.zeros((0, 2))
        source = stops["source"].to_list() if "source" in stops.columns else ["osm"] * stops.height
        return cls(
            crs, stops["stop_id"].to_list(), stops["name"].to_list(), stops["lon"].to_list(), stops["lat"].to_list(),
            source, [(float(x), float(y)) for x, y in xy],
        )  # fmt: skip

    def frame(self) -> pl.DataFrame:
        """All stops: (stop_id, name, lon, lat, source)."""
        return pl.DataFrame(
            {"stop_id": self.ids, "name": self.names, "lon": self.lon, "lat": self.lat, "source": self.source},
            schema={"stop_id": pl.String, "name": pl.String, "lon": pl.Float64, "lat": pl.Float64, "source": pl.String},
        )

    def near(self, x: float, y: float, reach: float) -> list[int]:
        """Indices of stops within reach, nearest first."""
        if not self.ids:
            return []
        if self._tree is None or self._tree.n != len(self.ids):
            self._tree = cKDTree(np.array(self.xy))
        found = self._tree.query_ball_point([x, y], reach)
        return sorted(found, key=lambda i: (np.hypot(self.xy[i][0] - x, self.xy[i][1] - y), i))

    def add(self, stop_id: str, name: str | None, lon: float, lat: float, source: str) -> int:
        """Append a stop; an id in use gets a number."""
        k, free = 1, stop_id
        used = set(self.ids)
        while free in used:
            k += 1
            free = f"{stop_id}.{k}"
        xy = to_metres([lon], [lat], self.crs)[0]
        self.ids.append(free)
        self.names.append(name)
        self.lon.append(round(lon, 7))
        self.lat.append(round(lat, 7))
        self.source.append(source)
        self.xy.append((float(xy[0]), float(xy[1])))
        return len(self.ids) - 1

    def _same(self, i: int, x: float, y: float, name: str | None) -> bool:
        """Whether a known stop is the one meant: very near, or near with the same name (poles face each other)."""
        d = float(np.hypot(self.xy[i][0] - x, self.xy[i][1] - y))
        return d <= SAME_PLACE or (name is not None and name == self.names[i] and d <= SAME_PLACE * 1.5)

    def member(self, kind: str, ref: int, name: str | None, lon: float, lat: float) -> int:
        """Find the stop of a relation's member (kind n, w) or of an entered line (kind ``line:``), or take it up."""
        stop_id = f"{kind}{ref}" if kind == "line:" else f"osm:{kind}{ref}"
        if stop_id in self.ids:
            return self.ids.index(stop_id)
        x, y = to_metres([lon], [lat], self.crs)[0]
        near = [i for i in self.near(float(x), float(y), SAME_STOP) if self._same(i, float(x), float(y), name)]
        source = "entered" if kind == "line:" else "osm"
        return near[0] if near else self.add(stop_id, name, lon, lat, source)


def side_offsets(line: LineString, xy: F64) -> tuple[F64, F64, F64]:
    """Where points lie beside a line: metres along, distance, and signed offset (right of the way positive)."""
    points = shapely.points(xy)
    along = shapely.line_locate_point(line, points)
    at = shapely.get_coordinates(shapely.line_interpolate_point(line, along))
    before = shapely.get_coordinates(shapely.line_interpolate_point(line, np.maximum(along - 2.0, 0.0)))
    after = shapely.get_coordinates(shapely.line_interpolate_point(line, np.minimum(along + 2.0, line.length)))
    t = after - before
    v = xy - at
    cross = t[:, 0] * v[:, 1] - t[:, 1] * v[:, 0]
    off = np.hypot(v[:, 0], v[:, 1])
    return along, off, -np.sign(cross) * off


def stops_beside(
    table: StopTable, line: LineString, chosen: Sequence[int], *, drive_on_left: bool = False
) -> list[int]:
    """Order those of the chosen stops that a vehicle driving the line passes on its own side.

    Stops within ``REACH`` of the line on the kerb side or less than ``NO_SIDE`` off its middle; each once, by the
    distance along the line.
    """
    if not chosen:
        return []
    along, off, signed = side_offsets(line, np.array([table.xy[i] for i in chosen]))
    right = -signed if drive_on_left else signed
    good = (off <= REACH) & ((right > 0) | (off <= NO_SIDE))
    order = sorted((float(along[k]), i) for k, i in enumerate(chosen) if good[k])
    out: list[int] = []
    last = -np.inf
    for s, i in order:
        if s - last >= 30.0 or not out:  # two poles of one stop
            out.append(i)
            last = s
    return out


def candidates_along(table: StopTable, line: LineString) -> list[int]:
    """Known stops within ``REACH`` of a line, in no order."""
    if not table.ids:
        return []
    d = shapely.distance(shapely.points(np.array(table.xy)), line)
    return [int(i) for i in np.flatnonzero(d <= REACH)]


def in_order_along(table: StopTable, line: LineString, stops: Sequence[int]) -> F64:
    """Metres along the line at which given stops are passed in their order, never falling."""
    xy = np.array([table.xy[i] for i in stops])
    c = shapely.get_coordinates(line)
    along, _ = project_in_order(xy[:, 0].copy(), xy[:, 1].copy(), c[:, 0].copy(), c[:, 1].copy())
    return np.asarray(along)


def fill_gaps(
    table: StopTable, graph: LinkGraph | None, arcs: Sequence[int], line: LineString, stops: Sequence[int],
    *, prefix: str, drive_on_left: bool = False,
) -> tuple[list[int], int]:  # fmt: skip
    """Synthesise stops at both ends and wherever stops are farther apart than ``STRETCH`` spacings.

    New stops stand ``SPACING`` apart as nearly as a gap divides, moved to the middle of the block (the stretch between
    two junctions) nearest to that within a third of the spacing, 6 m to the kerb side; not on motorways and trunk
    roads. A stop synthesised earlier within 60 m on the same side is used again.

    Returns
    -------
    stops, made
        All stops in order, and how many were synthesised.
    """
    at = list(in_order_along(table, line, stops)) if stops else []
    near_end = SPACING * 0.75
    marks = [*([0.0] if not at or at[0] > near_end else []), *at]
    if not at or line.length - marks[-1] > near_end:
        marks.append(line.length)
    wanted: list[float] = []
    known = set(at)
    for a, b in pairwise(marks):
        if a not in known and a == 0.0:
            wanted.append(a)
        if b - a > SPACING * STRETCH:
            n = round((b - a) / SPACING)
            wanted += [a + (b - a) * k / n for k in range(1, n)]
        if b not in known and b == line.length:
            wanted.append(b)
    blocks, closed = _blocks(graph, arcs) if graph is not None else (np.zeros((0, 2)), np.zeros((0, 2)))
    out = [(float(s), i) for s, i in zip(at, stops, strict=True)]
    made = 0
    for s in sorted(wanted):
        if 0 < s < line.length:
            if len(closed) and ((closed[:, 0] < s) & (s < closed[:, 1])).any():
                continue
            mid = blocks.mean(axis=1) if len(blocks) else np.zeros(0)
            if len(mid) and np.abs(mid - s).min() <= SPACING / 3:
                s = float(mid[np.argmin(np.abs(mid - s))])
        if any(abs(s - o) < SPACING / 3 for o, _ in out):
            continue
        p, q = (np.array(line.interpolate(v).coords[0]) for v in (max(0.0, s - 1), min(line.length, s + 1)))
        t = (q - p) / max(float(np.hypot(*(q - p))), 1e-9)
        kerb = np.array([t[1], -t[0]]) * (-6.0 if drive_on_left else 6.0)
        here = np.array(line.interpolate(s).coords[0]) + kerb
        again = [i for i in table.near(float(here[0]), float(here[1]), 60.0) if table.source[i] == "synthesised"]
        if again:
            signed = side_offsets(line, np.array([table.xy[i] for i in again]))[2] * (-1 if drive_on_left else 1)
            again = [i for i, o in zip(again, signed, strict=True) if o > -NO_SIDE and i not in {j for _, j in out}]
        if again:
            out.append((s, again[0]))
            continue
        lon, lat = to_degrees(here[None, :], table.crs)[0]
        out.append((s, table.add(f"{prefix}{len(table.ids)}", None, float(lon), float(lat), "synthesised")))
        made += 1
    out.sort()
    return [i for _, i in out], made


def _blocks(graph: LinkGraph, arcs: Sequence[int]) -> tuple[F64, F64]:
    """Stretches of a path between junctions (three or more links meet), and those where nobody can stop; metres."""
    degree = np.bincount(np.concatenate([graph.tail, graph.head]), minlength=graph.n_nodes)
    blocks: list[tuple[float, float]] = []
    closed: list[tuple[float, float]] = []
    s = start = 0.0
    for a in arcs:
        length = float(shapely.length(graph.lines[a >> 1]))
        if graph.highway[a >> 1] in _NO_STOPS:
            closed.append((s, s + length))
        s += length
        if degree[graph.ends(a)[1]] >= 3:
            blocks.append((start, s))
            start = s
    if s > start:
        blocks.append((start, s))
    as_array = [np.array(v, dtype=np.float64).reshape(-1, 2) for v in (blocks, closed)]
    return as_array[0], as_array[1]
