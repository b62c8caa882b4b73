"""Fetch the published vector tiles of Astana (OpenStreetMap, December 2017) and make one extract of them.

The 16 OSM QA tiles (zoom 12, a grid of about 6 mm) carry every OSM tag, but objects are cut at tile edges. Parts of one
object are joined again: line parts end to end within 2 cm and in their direction, areas by union. Run it to see how
well that went: ``python scripts/astana/tiles.py FOLDER`` (fetches into FOLDER what is not there).
"""

from __future__ import annotations

import gzip
import hashlib
import math
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mapbox_vector_tile
import numpy as np
import shapely
from pyproj import Geod

from shaar.engine.city import osm_geojson, osm_tags
from shaar.engine.city.components import components
from shaar.engine.city.extract import OsmExtract
from shaar.engine.errors import InputError, ShaarError
from shaar.engine.progress import Progress, silent

PACKAGE = "@mapbox/mvt-fixtures@4.0.0"
PACKAGE_SHA256 = "214047a8e5df8dd0470515fbacf79dfafa88affc24cf41b83e23bfacaa30e7bd"
INSIDE = "package/real-world/osm-qa-astana/"
N_TILES = 16
SOURCE = "OpenStreetMap contributors, OSM QA tiles of 2017-12-04 (npm @mapbox/mvt-fixtures 4.0.0), ODbL 1.0"
#: Classes that cars use, for the check of how well streets hang together.
DRIVEN = frozenset(
    f"{name}{link}"
    for name in ("motorway", "trunk", "primary", "secondary", "tertiary", "unclassified", "residential", "service")
    for link in ("", "_link")
) | {"living_street", "road"}


def fetch_tiles(folder: Path) -> Path:
    """Download the package from the npm registry with ``npm pack`` and unpack its Astana tiles into ``folder``.

    Raises
    ------
    ShaarError
        ``npm`` is missing or fails, or the package is not the one these figures were checked with.
    """
    folder = Path(folder)
    if len(list(folder.glob("12-*.mvt"))) == N_TILES:
        return folder
    with tempfile.TemporaryDirectory() as scratch:
        try:
            done = subprocess.run(
                ["npm", "pack", PACKAGE, "--silent"],
                cwd=scratch,
                capture_output=True,
                text=True,
                timeout=600,
                check=True,
            )
        except FileNotFoundError as e:
            raise ShaarError("npm is needed to download the tiles of Astana, and it is not installed") from e
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as e:
            raise ShaarError(f"npm could not download {PACKAGE}: {(e.stderr or '')[-300:]}") from e
        archive = Path(scratch) / done.stdout.split()[-1]
        digest = hashlib.sha256(archive.read_bytes()).hexdigest()
        if digest != PACKAGE_SHA256:
            raise ShaarError(f"{PACKAGE} has SHA-256 {digest}, expected {PACKAGE_SHA256}")
        folder.mkdir(parents=True, exist_ok=True)
        with tarfile.open(archive) as tar:
            for member in tar.getmembers():
                if member.name.startswith(INSIDE) and member.name.endswith(".mvt"):
                    stream = tar.extractfile(member)
                    if stream is not None:
                        (folder / Path(member.name).name).write_bytes(stream.read())
    return folder


def read_tiles(folder: Path, progress: Progress = silent) -> OsmExtract:
    """Read and join the tiles ``z-x-y.mvt`` of a folder.

    Raises
    ------
    InputError
        The folder has no tiles, or one of them cannot be decoded; names the file.
    """
    found, date = osm_geojson.collect(
        ((row, feature) for row, (_, feature) in enumerate(_features(Path(folder)), start=1)),
        progress=progress,
        source=folder,
    )
    return found.extract("osm-qa-astana", date)


def _features(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    files = sorted(folder.glob("*-*-*.mvt"))
    if not files:
        raise InputError("the folder has no vector tiles (z-x-y.mvt)", file=folder)
    for file in files:
        raw = file.read_bytes()
        try:
            z, x, y = (int(v) for v in file.stem.split("-"))
            if raw[:2] == b"\x1f\x8b":
                raw = gzip.decompress(raw)
            layers = mapbox_vector_tile.decode(raw, default_options={"y_coord_down": True})
        except Exception as e:  # the protobuf decoder raises errors of its own
            raise InputError(f"the vector tile cannot be decoded ({e})", file=file) from e
        for layer in layers.values():
            for feature in layer["features"]:
                geometry = feature["geometry"]
                coordinates = _degrees(geometry["coordinates"], z, x, y, layer["extent"])
                shape = {"type": geometry["type"], "coordinates": coordinates}
                yield file.name, {"properties": feature["properties"], "geometry": shape}


def _degrees(c: Any, z: int, x: int, y: int, extent: int) -> Any:
    """Tile units to longitude and latitude (Web Mercator), rounded to 1e-7 degree: equal points stay equal."""
    if isinstance(c[0], int | float):
        n = 2**z
        lon = (x + c[0] / extent) / n * 360 - 180
        lat = math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * (y + c[1] / extent) / n))))
        return (round(lon, 7), round(lat, 7))
    return [_degrees(part, z, x, y, extent) for part in c]


@dataclass(frozen=True, slots=True)
class JoinCheck:
    """How well the tiles were joined.

    ``connected`` is the share of drivable street vertices in the largest component, ``connected_before`` the same
    without joining; lengths (m) are of all lines kept, as decoded and as joined. ``open_ends`` counts ends of
    joined lines that still lie on an edge between two of the tiles.
    """

    drivable_nodes: int
    connected: float
    connected_before: float
    raw_length: float
    joined_length: float
    cut_lines: int
    open_ends: int

    @property
    def length_ratio(self) -> float:
        """Joined length over decoded length."""
        return self.joined_length / self.raw_length


def check_join(folder: Path, extract: OsmExtract) -> JoinCheck:
    """Compare an extract with the decoded lines of the tiles it was made from."""
    geod = Geod(ellps="WGS84")
    raw_length, parts, before = 0.0, {}, []
    for _, feature in _features(Path(folder)):
        tags = feature["properties"]
        shape = shapely.geometry.shape(feature["geometry"])
        if "Line" in shape.geom_type and osm_tags.is_way(tags):
            raw_length += geod.geometry_length(shape)
            lines = list(getattr(shape, "geoms", [shape]))
            parts.setdefault(int(tags["@id"]), []).extend(lines)
            if tags.get("highway") in DRIVEN:
                before += [shapely.get_coordinates(g) for g in lines]
    joined_length, after, ends = 0.0, [], []
    for k, (way, tags) in enumerate(zip(extract.way_id.tolist(), extract.way_tags)):
        if way not in parts:
            continue
        nodes = extract.way_nodes[extract.way_ptr[k] : extract.way_ptr[k + 1]]
        lon, lat = extract.node_lon[nodes], extract.node_lat[nodes]
        joined_length += geod.line_length(lon, lat)
        if nodes[0] != nodes[-1]:  # a ring has no ends
            ends += [(lon[0], lat[0]), (lon[-1], lat[-1])]
        if tags.get("highway") in DRIVEN:
            after.append(np.column_stack([lon, lat]))
    n, connected = _largest_share(after)
    return JoinCheck(
        drivable_nodes=n,
        connected=connected,
        connected_before=_largest_share(before)[1],
        raw_length=raw_length,
        joined_length=joined_length,
        cut_lines=sum(len(p) > 1 for p in parts.values()),
        open_ends=int(_on_inner_edge(np.array(ends), Path(folder)).sum()),
    )


def _on_inner_edge(points: np.ndarray, folder: Path) -> np.ndarray:
    """Tell which points (degrees, shape (n, 2)) lie within 2 cm of an edge that two tiles of the folder share."""
    keys = {tuple(int(v) for v in f.stem.split("-")) for f in folder.glob("*-*-*.mvt")}
    out = np.zeros(len(points), bool)
    for z, x, y in keys:
        west, north = _degrees((0, 0), z, x, y, 1)
        east, south = _degrees((1, 1), z, x, y, 1)
        lon, lat = points[:, 0], points[:, 1]
        if (z, x + 1, y) in keys:
            out |= (np.abs(lon - east) < 3e-7) & (lat >= south) & (lat <= north)
        if (z, x, y + 1) in keys:
            out |= (np.abs(lat - south) < 2e-7) & (lon >= west) & (lon <= east)
    return out


def _largest_share(lines: list[np.ndarray]) -> tuple[int, float]:
    """Count distinct vertices of lines, and the share of them in the largest connected part."""
    points = np.round(np.concatenate(lines), 7)
    index = np.unique(points, axis=0, return_inverse=True)[1].reshape(-1)
    last = np.cumsum([len(line) for line in lines])[:-1] - 1
    inner = np.ones(len(index) - 1, bool)
    inner[last] = False
    n = int(index.max()) + 1
    sizes = np.bincount(components(n, index[:-1][inner], index[1:][inner]))
    return n, float(sizes.max() / n)


def main(arguments: list[str]) -> int:
    """Fetch, read, join, and print how well it went."""
    if len(arguments) != 1:
        print("usage: python scripts/astana/tiles.py FOLDER", file=sys.stderr)
        return 2
    try:
        folder = fetch_tiles(Path(arguments[0]))
        extract = read_tiles(folder)
    except ShaarError as e:
        print(e, file=sys.stderr)
        return 1
    check = check_join(folder, extract)
    print(f"{len(extract.way_id):,} ways, {len(extract.points):,} points, {len(extract.areas):,} areas, {extract.date}")
    print(f"lines cut at tile edges: {check.cut_lines:,}; ends left open between tiles: {check.open_ends:,}")
    print(
        f"drivable vertices in one component: {check.connected:.2%} of {check.drivable_nodes:,}"
        f" (before joining: {check.connected_before:.2%})"
    )
    print(
        f"length of lines: {check.joined_length / 1000:,.1f} km joined, {check.raw_length / 1000:,.1f} km decoded,"
        f" ratio {check.length_ratio:.5f}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
