"""People as weighted points, made from buildings, points, areas, rasters or H3 cells, and scaled to official totals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import h3
import numpy as np
import numpy.typing as npt
import shapely

from shaar.engine.city.buildings import Buildings
from shaar.engine.errors import InputError

F64 = npt.NDArray[np.float64]

#: An area is sampled by about this many points, so that a zone boundary through it cuts it to within a few per cent.
SAMPLES_PER_AREA = 400


@dataclass(frozen=True, slots=True)
class People:
    """Persons at places: ``lon, lat`` degrees and ``persons``, all of shape (n,)."""

    lon: F64
    lat: F64
    persons: F64

    @property
    def total(self) -> float:
        """All persons."""
        return float(self.persons.sum())

    def only(self, mask: npt.NDArray[np.bool_]) -> People:
        """Return those where ``mask`` (shape (n,)) is true."""
        return People(self.lon[mask], self.lat[mask], self.persons[mask])


def population_from_points(lon: npt.ArrayLike, lat: npt.ArrayLike, persons: npt.ArrayLike) -> People:
    """Take persons at points as they are; arrays of shape (n,)."""
    return People(np.asarray(lon, float), np.asarray(lat, float), np.asarray(persons, float))


def population_from_h3(cells: Sequence[str], persons: npt.ArrayLike) -> People:
    """Take persons by H3 cell; they stand at the centre of their cell."""
    at = np.array([h3.cell_to_latlng(c) for c in cells], dtype=float).reshape(-1, 2)
    return People(at[:, 1].copy(), at[:, 0].copy(), np.asarray(persons, float))


def population_from_buildings(
    buildings: Buildings,
    total: float,
    districts: Mapping[str, tuple[object, float]] | None = None,
    within: object | None = None,
) -> People:
    """Spread official totals over homes in proportion to floor area (footprint times storeys; see ``living_area``).

    The share of district d that lives in home i is ``A_i / sum_{j in d} A_j``: floor space per person is taken to be
    equal within a district (binary dasymetric mapping with floor area, e.g. Lwin and Murayama, "A GIS approach to
    estimation of building population for micro-spatial analysis", Transactions in GIS 13(4), 2009).

    Parameters
    ----------
    total
        Persons in all; the result sums to it.
    districts
        id -> (outline in WGS84, persons). They are scaled together so that they sum to ``total``; homes in no
        district get nobody (they lie outside the area that the total counts).
    within
        Outline (WGS84) beyond which homes get nobody, where no districts are given.

    Raises
    ------
    InputError
        A district with people has no home in the map.
    """
    home = buildings.home.copy()
    lon, lat, area = buildings.lon, buildings.lat, buildings.living_area
    persons = np.zeros(len(lon))
    if not districts:
        if within is not None:
            home &= shapely.contains_xy(within, lon, lat)
        if not home.any():
            raise InputError(
                "no homes are mapped in the area, so people cannot be spread over buildings; give --population"
            )
        persons[home] = total * area[home] / area[home].sum()
        return People(lon, lat, persons).only(home)
    scale = total / sum(p for _, p in districts.values())
    left = home.copy()
    for name, (outline, number) in districts.items():
        inside = left & shapely.contains_xy(outline, lon, lat)
        if number > 0 and not inside.any():
            raise InputError(f"district {name} has {number:,.0f} people and no home in the map; check its outline")
        if inside.any():
            persons[inside] = number * scale * area[inside] / area[inside].sum()
        left &= ~inside
    return People(lon, lat, persons).only(persons > 0)


def population_from_areas(
    outlines: npt.NDArray[np.object_], persons: npt.ArrayLike, buildings: Buildings | None = None
) -> People:
    """Spread persons of areas: over their homes by floor area where homes are mapped, else evenly over the area.

    Parameters
    ----------
    outlines
        Polygons in WGS84, shape (n,).
    persons
        Persons in each, shape (n,).
    buildings
        Buildings of the same extract; None spreads evenly (areal interpolation by a fine even sample of points).
    """
    number = np.asarray(persons, float)
    parts: list[People] = []
    tree = None
    if buildings is not None and buildings.home.any():
        at = np.flatnonzero(buildings.home)
        tree = shapely.STRtree(shapely.points(buildings.lon[at], buildings.lat[at]))
    for outline, p in zip(outlines, number):
        if p <= 0 or outline is None:
            continue
        inside = at[tree.query(outline, predicate="contains")] if tree is not None else np.empty(0, np.int64)
        if len(inside) and buildings is not None:
            share = buildings.living_area[inside]
            parts.append(People(buildings.lon[inside], buildings.lat[inside], p * share / share.sum()))
        else:
            x, y = sample_area(outline)
            parts.append(People(x, y, np.full(len(x), p / len(x))))
    return join(parts)


def population_from_raster(counts: npt.NDArray[np.float64], lon: F64, lat: F64, nodata: float | None = None) -> People:
    """Take persons per pixel at pixel centres (lon, lat of the same shape as ``counts``); blanks and nodata are nobody.

    Raises
    ------
    InputError
        A pixel that is not nodata is negative.
    """
    value = np.where(np.isfinite(counts), counts, 0.0)
    if nodata is not None and np.isfinite(nodata):
        value = np.where(counts == nodata, 0.0, value)
    if (value < 0).any():
        raise InputError(
            f"{int((value < 0).sum()):,} pixels are negative (the least {value.min():g}), "
            "and the raster names no such nodata value"
        )
    some = value > 0
    return People(lon[some].astype(float), lat[some].astype(float), value[some].astype(float))


def sample_area(outline: object, n: int = SAMPLES_PER_AREA) -> tuple[F64, F64]:
    """Return about ``n`` evenly spread points inside a polygon (lon, lat); at least one."""
    west, south, east, north = shapely.bounds(outline)
    stretch = max(np.cos(np.radians((south + north) / 2)), 0.05)
    fill = max(shapely.area(outline) / max((east - west) * (north - south), 1e-18), 0.02)
    step = np.sqrt(max((east - west) * stretch * (north - south), 1e-18) * fill / n)
    xs = np.arange(west + step / stretch / 2, east, step / stretch)
    ys = np.arange(south + step / 2, north, step)
    x, y = (a.ravel() for a in np.meshgrid(xs, ys)) if len(xs) and len(ys) else (np.empty(0), np.empty(0))
    inside = shapely.contains_xy(outline, x, y)
    if not inside.any():
        p = shapely.point_on_surface(outline)
        return np.array([shapely.get_x(p)]), np.array([shapely.get_y(p)])
    return x[inside], y[inside]


def scale_to(people: People, total: float) -> People:
    """Multiply all by one factor so that they sum to ``total``."""
    if people.total <= 0:
        raise InputError("there is nobody to scale to the official total")
    return People(people.lon, people.lat, people.persons * (total / people.total))


def join(parts: Sequence[People]) -> People:
    """Put several sets of people together."""
    if not parts:
        return People(np.empty(0), np.empty(0), np.empty(0))
    return People(*(np.concatenate([getattr(p, k) for p in parts]) for k in ("lon", "lat", "persons")))
