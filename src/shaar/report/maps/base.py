"""The quiet base of every map: green, water, rail and main roads from the city's own data, drawn once."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import shapely

from shaar.engine.city.geoparquet import geometries
from shaar.engine.city.model import City
from shaar.report.geometry import WIDTH, Frame, frame, path

#: Road classes of the base, widest first: the class in the picture and the OSM highway classes in it.
ROADS = (("r1", ("motorway", "trunk", "primary")), ("r2", ("secondary",)), ("r3", ("tertiary",)))
#: Least area, in square grid units, for water and green to be seen at all.
LEAST_AREA = 120.0


def city_frame(city: City, lines: npt.NDArray[Any]) -> Frame:
    """Return the window of the report: inhabited zones and the plan's lines."""
    inhabited = city.zones.filter(pl.col("population") > 0)
    shapes = geometries(inhabited if inhabited.height else city.zones)
    return frame(np.concatenate([shapes, lines]) if len(lines) else shapes, city.meta.crs)


def base_layers(city: City, window: Frame) -> dict[str, str]:
    """Return SVG groups by id: ``ground`` (land and green), ``water`` and ``roads``, to be put under and over data."""
    box = f'<path class="land" d="M0 0h{WIDTH}v{window.height}H0z"/>'
    ground = box + _areas(city, window, "built", "built") + _areas(city, window, "green", "green")
    water = _areas(city, window, "water", "water")
    roads = _rail(city, window)
    drawn = [(name, d) for name, classes in reversed(ROADS) if (d := _road_path(city, window, classes))]
    roads += "".join(f'<path class="{name} casing" d="{d}"/>' for name, d in drawn)
    roads += "".join(f'<path class="{name}" d="{d}"/>' for name, d in drawn)
    return {"ground": ground, "water": water, "roads": roads}


def _base(city: City, window: Frame, kind: str) -> npt.NDArray[Any]:
    rows = city.base.filter(pl.col("kind") == kind)
    if rows.height == 0:
        return np.empty(0, dtype=object)
    return window.clip(shapely.make_valid(window.project(geometries(rows))))


def _areas(city: City, window: Frame, kind: str, name: str) -> str:
    shapes = _base(city, window, kind)
    if len(shapes) == 0:
        return ""
    dims = shapely.get_dimensions(shapes)
    # Lines (rivers without banks) have no area; they are drawn as strokes.
    solid = shapes[(dims == 2) & (shapely.area(shapes) >= LEAST_AREA)]
    strokes = shapes[dims == 1]
    out = ""
    if len(solid):
        merged = shapely.simplify(shapely.union_all(solid, grid_size=1.0), 1.5)
        parts = shapely.get_parts(merged)
        out += f'<path class="{name}" d="{path(parts[shapely.area(parts) >= LEAST_AREA])}"/>'
    if len(strokes):
        out += f'<path class="{name}-line" d="{path(shapely.simplify(strokes, 1.5))}"/>'
    return out


def _rail(city: City, window: Frame) -> str:
    shapes = _base(city, window, "rail")
    shapes = shapes[shapely.get_dimensions(shapes) == 1] if len(shapes) else shapes
    return f'<path class="rail" d="{path(_joined(shapes))}"/>' if len(shapes) else ""


def _road_path(city: City, window: Frame, classes: tuple[str, ...]) -> str:
    rows = city.links.filter(pl.col("highway").is_in([c + end for c in classes for end in ("", "_link")]))
    if rows.height == 0:
        return ""
    shapes = window.clip(window.project(geometries(rows)))
    return path(_joined(shapes)) if len(shapes) else ""


def _joined(shapes: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Join link after link to long lines, then drop the points nobody can see."""
    merged = shapely.line_merge(shapely.union_all(shapes, grid_size=1.0))
    parts = shapely.simplify(shapely.get_parts(merged), 2.0)
    return np.asarray(parts[shapely.length(parts) > 6])
