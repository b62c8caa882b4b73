"""Zones: H3 cells over where people live and work, or outlines given by the user, and the table made from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import h3
import numpy as np
import numpy.typing as npt
import polars as pl
import shapely

from shaar.engine.city.geoparquet import with_geometries
from shaar.engine.city.population import People
from shaar.engine.errors import InputError

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]

#: How many inhabited zones a city should have: fine enough for walking, few enough for an OD matrix on a laptop.
WANTED = (300, 600)
COARSEST, FINEST = 5, 10


@dataclass(frozen=True, slots=True)
class ZoneSet:
    """Zone ids and outlines (WGS84), shape (n,), and how they were made, in words."""

    ids: tuple[str, ...]
    shapes: npt.NDArray[np.object_]
    method: str

    def locate(self, lon: npt.ArrayLike, lat: npt.ArrayLike) -> I64:
        """Return the row of the zone that holds each point, -1 where none does; on a border the first in order."""
        points = shapely.points(np.asarray(lon, float), np.asarray(lat, float))
        out = np.full(len(points), -1, dtype=np.int64)
        if len(points) and len(self.ids):
            p, z = shapely.STRtree(self.shapes).query(points, predicate="intersects")
            order = np.lexsort((-z, p))
            out[p[order]] = z[order]
        return out


def cell_shape(cell: str) -> shapely.Polygon:
    """Return the outline of an H3 cell in WGS84."""
    return shapely.Polygon([(lon, lat) for lat, lon in h3.cell_to_boundary(cell)])


def h3_zones(
    people: People,
    others: People | None = None,
    resolution: int | None = None,
    wanted: tuple[int, int] = WANTED,
) -> ZoneSet:
    """Cover where people live (and work) with H3 cells.

    Where a resolution is given, all cells have it. Else the resolution that gives ``wanted`` inhabited cells is taken;
    since each step changes the number about sevenfold, mostly none does, and then the coarser one is taken and the
    cells with most people and jobs are split into their seven children until the middle of the range is reached: small
    zones where many live and work. Cells that stay whole are drawn as the union of their children, so that outlines
    neither overlap nor gape.

    Parameters
    ----------
    people
        Residents; a cell is inhabited where at least one person lives.
    others
        Jobs: they need a zone too, and weigh like people where cells are split.

    Raises
    ------
    InputError
        Nobody lives anywhere, or the resolution is not 0 to 15.
    """
    if resolution is not None and not 0 <= resolution <= 15:
        raise InputError(f"H3 resolution {resolution} is not between 0 and 15", field="resolution")
    if people.total <= 0:
        raise InputError("nobody lives in the area, so no zones can be made")
    fixed = resolution
    if fixed is None:
        counts = {r: len(_inhabited(people, r)) for r in range(COARSEST, FINEST)}
        inside = [r for r, c in counts.items() if wanted[0] <= c <= wanted[1]]
        if inside:
            fixed = min(inside, key=lambda r: abs(counts[r] - sum(wanted) / 2))
    if fixed is not None:
        cells = sorted(set(_cells(people, fixed)) | (set(_cells(others, fixed)) if others is not None else set()))
        shapes = np.array([cell_shape(c) for c in cells], dtype=object)
        return ZoneSet(tuple(cells), shapes, f"H3 cells of resolution {fixed}")
    coarse = max((r for r, c in counts.items() if c < wanted[0]), default=COARSEST)
    return _split_zones(people, others, coarse, (wanted[0] + wanted[1]) // 2)


def _split_zones(people: People, others: People | None, coarse: int, aim: int) -> ZoneSet:
    small = _cells(people, coarse + 1)
    inhabited = _inhabited(people, coarse)
    children: dict[str, set[str]] = {}
    weight: dict[str, float] = {}
    for c, p in zip(small, people.persons.tolist()):
        weight[c] = weight.get(c, 0.0) + p
    for c, p in weight.items():
        if p >= 1.0:
            children.setdefault(h3.cell_to_parent(c, coarse), set()).add(c)
    split: set[str] = set()
    number = len(inhabited)
    busy = dict(inhabited)
    if others is not None:
        for c, p in zip(_cells(others, coarse), others.persons.tolist()):
            if c in busy:
                busy[c] += p
    for c in sorted(inhabited, key=lambda k: (-busy[k], k)):
        if number >= aim:
            break
        split.add(c)
        number += len(children.get(c, {c})) - 1
    every = set(small) | (set(_cells(others, coarse + 1)) if others is not None else set())
    cells = sorted({c if h3.cell_to_parent(c, coarse) in split else h3.cell_to_parent(c, coarse) for c in every})
    shapes = []
    for c in cells:
        parts = (
            [cell_shape(k) for k in h3.cell_to_children(c, coarse + 1)]
            if h3.get_resolution(c) == coarse
            else [cell_shape(c)]
        )
        shapes.append(shapely.union_all(parts) if len(parts) > 1 else parts[0])
    method = f"H3 cells of resolution {coarse}, the {len(split)} busiest split into resolution {coarse + 1}"
    return ZoneSet(tuple(cells), np.array(shapes, dtype=object), method)


def _cells(people: People, resolution: int) -> list[str]:
    return [h3.latlng_to_cell(b, a, resolution) for a, b in zip(people.lon.tolist(), people.lat.tolist())]


def _inhabited(people: People, resolution: int) -> dict[str, float]:
    out: dict[str, float] = {}
    for c, p in zip(_cells(people, resolution), people.persons.tolist()):
        out[c] = out.get(c, 0.0) + p
    return {c: p for c, p in out.items() if p >= 1.0}


def sum_by_zone(zones: ZoneSet, people: People) -> tuple[F64, F64, F64, float]:
    """Return persons by zone, their mean lon and lat (NaN where nobody), each of shape (n,), and persons in no zone."""
    at = zones.locate(people.lon, people.lat)
    ok = at >= 0
    n = len(zones.ids)
    total = np.bincount(at[ok], people.persons[ok], n).astype(float)
    with np.errstate(invalid="ignore", divide="ignore"):
        lon = np.bincount(at[ok], people.persons[ok] * people.lon[ok], n) / total
        lat = np.bincount(at[ok], people.persons[ok] * people.lat[ok], n) / total
    return total, lon, lat, float(people.persons[~ok].sum())


def without_streets(zones: ZoneSet, lon: F64, lat: F64) -> npt.NDArray[np.bool_]:
    """Return which zones hold none of the given points (nodes of the walkable street network), shape (n,)."""
    out = np.ones(len(zones.ids), bool)
    at = zones.locate(lon, lat)
    out[at[at >= 0]] = False
    return out


def move_into(zones: ZoneSet, people: People) -> tuple[People, float]:
    """Move people who are in no zone to the nearest zone's middle; returns the people and how many were moved."""
    away = zones.locate(people.lon, people.lat) < 0
    if not away.any():
        return people, 0.0
    middle = shapely.point_on_surface(zones.shapes)
    stretch = np.cos(np.radians(np.mean(people.lat)))
    flat = shapely.points(shapely.get_x(middle) * stretch, shapely.get_y(middle))
    near = shapely.STRtree(flat).nearest(shapely.points(people.lon[away] * stretch, people.lat[away]))
    lon, lat = people.lon.copy(), people.lat.copy()
    lon[away], lat[away] = shapely.get_x(middle)[near], shapely.get_y(middle)[near]
    return People(lon, lat, people.persons), float(people.persons[away].sum())


def locate_near(zones: ZoneSet, lon: npt.ArrayLike, lat: npt.ArrayLike, reach_m: float = 1000.0) -> I64:
    """Return the row of the zone that holds each point, else of the nearest within ``reach_m``, else -1."""
    out = zones.locate(lon, lat)
    away = np.flatnonzero(out < 0)
    if len(away) and len(zones.ids):
        x, y = np.asarray(lon, float)[away], np.asarray(lat, float)[away]
        stretch = float(np.cos(np.radians(np.mean(y))))
        flat = shapely.transform(zones.shapes, lambda c: c * [stretch, 1.0])
        (points, rows), far = shapely.STRtree(flat).query_nearest(
            shapely.points(x * stretch, y), return_distance=True, all_matches=False
        )
        near = far * 110_574.0 <= reach_m
        out[away[points[near]]] = rows[near]
    return out


def zone_table(
    zones: ZoneSet,
    columns: Mapping[str, npt.ArrayLike],
    lon: F64,
    lat: F64,
    district: Sequence[str | None],
    settlement: Sequence[str | None],
) -> pl.DataFrame:
    """Return the zones table; a zone without a point of its own (NaN) stands at a point inside its outline."""
    inner = shapely.point_on_surface(zones.shapes)
    frame = pl.DataFrame(
        {
            "zone_id": list(zones.ids),
            "geometry": pl.Series([b""] * len(zones.ids), dtype=pl.Binary),
            "lon": np.where(np.isnan(lon), shapely.get_x(inner), lon),
            "lat": np.where(np.isnan(lat), shapely.get_y(inner), lat),
            **{k: np.asarray(v, float) for k, v in columns.items()},
            "district": pl.Series(list(district), dtype=pl.String),
            "settlement": pl.Series(list(settlement), dtype=pl.String),
        }
    )
    return with_geometries(frame, zones.shapes)
