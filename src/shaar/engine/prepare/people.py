"""Read population from whatever a city has: points, areas, H3 cells (CSV, GeoJSON, GeoPackage) or a raster."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely

from shaar.engine.city.buildings import Buildings
from shaar.engine.city.model import Badge
from shaar.engine.city.population import (
    People,
    population_from_areas,
    population_from_h3,
    population_from_points,
    population_from_raster,
)
from shaar.engine.errors import InputError
from shaar.engine.prepare.tables import LON_NAMES, coordinates, h3_cells, read_table

POPULATION_NAMES = (
    "population",
    "pop",
    "persons",
    "people",
    "residents",
    "population_total",
    "total_population",
    "inhabitants",
)
#: Pixels wider than this (m) are spread evenly over their area rather than put at their centre.
WIDE_PIXEL_M = 300.0


@dataclass(frozen=True, slots=True)
class Reading:
    """People with the badge and the sentence that says how they were read."""

    people: People
    badge: Badge
    method: str


def read_population(
    path: Path,
    *,
    column: str | None = None,
    middle: tuple[float, float] | None = None,
    box: tuple[float, float, float, float] | None = None,
    buildings: Buildings | None = None,
) -> Reading:
    """Read people from a table or a raster.

    Parameters
    ----------
    column
        Name of the population column; None takes the first of :data:`POPULATION_NAMES`.
    middle
        (lon, lat) of the city, to notice swapped or foreign coordinates.
    box
        West, south, east, north: only this window of a raster is read.
    buildings
        Homes over which people of areas are spread.

    Raises
    ------
    InputError
        See :func:`shaar.engine.prepare.tables.read_table`; a negative or non-numeric cell names its line and column.
    """
    path = Path(path)
    if path.suffix.lower() in {".tif", ".tiff"}:
        return read_raster(path, box=box)
    table = read_table(path)
    name = table.need((column.lower(),), "the population") if column else table.need(POPULATION_NAMES, "the population")
    persons = table.numbers(name)
    if not len(persons) or persons.sum() <= 0:
        raise InputError("the population sums to zero", file=path, field=name)
    cells = h3_cells(table)
    if cells is not None:
        people = population_from_h3(cells, persons)
        _near(people, middle, path)
        return Reading(people, "reported", f"column {name} of {path.name}, by H3 cell")
    if table.shapes is not None and (shapely.get_dimensions(table.shapes) == 2).all():
        coordinates(table, middle)
        people = population_from_areas(table.shapes, persons, buildings)
        how = "spread over homes by floor area" if buildings is not None and buildings.home.any() else "spread evenly"
        return Reading(people, "modelled", f"column {name} of {path.name}, by area, {how} within each")
    lon, lat = coordinates(table, middle)
    how = "by point" if table.find(LON_NAMES) or table.shapes is not None else ""
    return Reading(population_from_points(lon, lat, persons), "reported", f"column {name} of {path.name}, {how}")


def _near(people: People, middle: tuple[float, float] | None, path: Path) -> None:
    if middle is not None and len(people.lon):
        far = (np.abs(people.lon - middle[0]) > 2.0) | (np.abs(people.lat - middle[1]) > 2.0)
        if far.any():
            raise InputError(f"{int(far.sum()):,} of {len(far):,} cells lie outside the city", file=path)


def read_raster(path: Path, *, box: tuple[float, float, float, float] | None = None) -> Reading:
    """Read persons per pixel from a GeoTIFF in any coordinate system; counts are kept, not resampled.

    Pixels over 300 m wide are cut into equal parts, each with its share, so that zones smaller than a pixel get some.

    Raises
    ------
    InputError
        The file is missing or no raster, states no coordinate system, does not cover the city, or has negative pixels.
    """
    import rasterio
    from pyproj import CRS, Transformer
    from rasterio.windows import Window

    if not path.is_file():
        raise InputError("no such file", file=path)
    try:
        with rasterio.open(path) as src:
            if src.crs is None:
                raise InputError(
                    "the raster states no coordinate system; save it with one (for instance EPSG:4326)", file=path
                )
            crs = CRS.from_user_input(src.crs.to_wkt())
            window = Window(0, 0, src.width, src.height)
            if box is not None:
                there = Transformer.from_crs(CRS.from_epsg(4326), crs, always_xy=True)
                x0, y0, x1, y1 = there.transform_bounds(*box)
                inv = ~src.transform
                corners = [
                    (inv.a * x + inv.b * y + inv.c, inv.d * x + inv.e * y + inv.f)
                    for x, y in ((x0, y0), (x0, y1), (x1, y0), (x1, y1))
                ]
                cols, rows = [c for c, _ in corners], [r for _, r in corners]
                c0, c1 = max(0, int(min(cols))), min(src.width, int(max(cols)) + 1)
                r0, r1 = max(0, int(min(rows))), min(src.height, int(max(rows)) + 1)
                if c0 >= c1 or r0 >= r1:
                    raise InputError(
                        "the raster does not cover the city; is it in another coordinate system?", file=path
                    )
                window = Window(c0, r0, c1 - c0, r1 - r0)
            band = src.read(1, window=window).astype(float)
            transform, nodata = src.window_transform(window), src.nodata
    except rasterio.errors.RasterioError as e:
        reason = str(e).splitlines()[0].split(" See previous")[0].rstrip(".")
        raise InputError(
            f"the file cannot be read as a raster; it may be cut short or damaged ({reason})", file=path
        ) from e
    back = Transformer.from_crs(crs, CRS.from_epsg(4326), always_xy=True)
    k = _cuts(transform, band.shape, back)
    rows, cols = np.mgrid[0 : band.shape[0] * k, 0 : band.shape[1] * k]
    u, v = (cols + 0.5) / k, (rows + 0.5) / k
    lon, lat = back.transform(
        transform.a * u + transform.b * v + transform.c, transform.d * u + transform.e * v + transform.f
    )
    blank = ~np.isfinite(band) | ((band == nodata) if nodata is not None else np.zeros_like(band, bool))
    counts = np.repeat(np.repeat(np.where(blank, 0.0, band) / k**2, k, 0), k, 1)
    try:
        people = population_from_raster(counts, np.asarray(lon), np.asarray(lat))
    except InputError as e:
        raise InputError(e.message, file=path) from e
    if people.total <= 0:
        raise InputError("the raster has nobody in the area of the city", file=path)
    if box is not None:
        inside = (people.lon >= box[0]) & (people.lon <= box[2]) & (people.lat >= box[1]) & (people.lat <= box[3])
        people = people.only(inside)
    return Reading(people, "reported", f"pixels of {path.name} ({crs.name})")


def _cuts(transform: object, shape: tuple[int, int], back: object) -> int:
    t, (h, w) = transform, shape
    x, y = t.a * w / 2 + t.c, t.e * h / 2 + t.f  # type: ignore[attr-defined]
    lon, lat = back.transform([x, x + t.a], [y, y])  # type: ignore[attr-defined]
    metres = np.hypot((lon[1] - lon[0]) * 111_320 * np.cos(np.radians(lat[0])), (lat[1] - lat[0]) * 110_574)
    return int(np.clip(np.ceil(metres / WIDE_PIXEL_M), 1, 10)) if metres > WIDE_PIXEL_M else 1
