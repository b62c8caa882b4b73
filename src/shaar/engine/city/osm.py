"""Read an extract of OpenStreetMap from a file, whatever its format."""

from __future__ import annotations

from pathlib import Path

from shaar.engine.city import osm_geojson, osm_pbf
from shaar.engine.city.extract import OsmExtract
from shaar.engine.city.osm_collect import Bounds
from shaar.engine.errors import InputError
from shaar.engine.progress import Progress, silent


def read_osm(path: Path, *, bounds: Bounds | None = None, progress: Progress = silent) -> OsmExtract:
    """Read streets, points, areas and relations.

    Parameters
    ----------
    path
        ``.osm.pbf`` (also ``.osm``, ``.osm.gz``, ``.osm.bz2``), ``.geojson``, or one feature a line: ``.geojsonl``,
        ``.geojsonl.gz``. GeoJSON features carry OSM tags as properties, with ``@type`` and ``@id``.
    bounds
        West, south, east, north in degrees: what does not touch the box is left out.

    Raises
    ------
    InputError
        The file is missing, has another extension, is empty, cut short or damaged, or holds no street.
    """
    path = Path(path)
    name = path.name.lower()
    is_geojson = name.endswith(osm_geojson.SUFFIXES)
    if not is_geojson and not name.endswith(osm_pbf.SUFFIXES):
        raise InputError("expected OpenStreetMap data as .osm.pbf, .geojson, .geojsonl or .geojsonl.gz", file=path)
    if not path.is_file():
        raise InputError("no such file", file=path)
    if path.stat().st_size == 0:
        raise InputError("the file is empty", file=path)
    read = osm_geojson.read_geojson if is_geojson else osm_pbf.read_pbf
    found, date = read(path, bounds=bounds, progress=progress)
    extract = found.extract(path.name, date)
    if not any("highway" in t for t in extract.way_tags):
        where = " within the bounds" if bounds is not None else ""
        raise InputError(f"the file holds no street{where} (no way tagged highway)", file=path)
    progress("osm", 1, 1, f"{len(extract.way_id)} ways, {len(extract.points)} points, {len(extract.areas)} areas")
    return extract
