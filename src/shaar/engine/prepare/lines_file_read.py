"""Read the files of :mod:`shaar.engine.prepare.lines_file` into plain records, with clear refusals."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import shapely

from shaar.engine.errors import InputError

F64 = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Point:
    """A stop of a file; ``number`` is its OSM id or a running number."""

    number: int
    name: str | None
    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class Drawn:
    """A direction drawn as a line, lon and lat of shape (vertices, 2)."""

    line: str
    lonlat: F64
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Listed:
    """A direction as a sequence of stops, with run times (s) and a drawn way where the file has them."""

    line: str
    stops: tuple[Point, ...]
    tags: Mapping[str, str]
    seconds: tuple[int, ...] | None
    lonlat: F64 | None


@dataclass(frozen=True, slots=True)
class Segments:
    """A line as a heap of OSM ways with their stops; ``oneway`` as in :func:`graph_from_lines`."""

    line: str
    ways: tuple[F64, ...]
    oneway: tuple[int, ...]
    highway: tuple[str, ...]
    points: tuple[Point, ...]
    tags: Mapping[str, str]


Found = tuple[list[Drawn], list[Listed], list[Segments], list[Point]]


def read_lines_file(path: Path) -> Found:
    """Read lines in any of the formats.

    Raises
    ------
    InputError
        See :func:`shaar.engine.prepare.lines_file.lines_from_file`.
    """
    suffix = path.suffix.lower()
    if not path.exists():
        raise InputError("there is no such file", file=path)
    if path.is_dir() or suffix == ".zip":
        found: Found = ([], [], _read_segments(path), [])
    elif suffix == ".csv":
        found = _read_csv(path)
    elif suffix in (".geojson", ".json"):
        drawn, points = _read_geojson(path)
        found = (drawn, [], [], points)
    else:
        raise InputError(f'"{suffix}" is none of .geojson, .json, .csv, .zip', file=path)
    if not (found[0] or found[1] or found[2]):
        raise InputError("there is no line in it", file=path)
    return found


def _load(raw: bytes, file: str) -> list[dict[str, Any]]:
    try:
        data = json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as e:
        raise InputError("it is not UTF-8", file=file) from e
    except json.JSONDecodeError as e:
        raise InputError(f"it is not valid JSON ({e.msg})", file=file, row=e.lineno) from e
    if isinstance(data, dict) and "elements" in data:
        raise InputError("this is raw Overpass JSON; export it as GeoJSON (overpass turbo: Export, GeoJSON)", file=file)
    if (
        not isinstance(data, dict)
        or data.get("type") != "FeatureCollection"
        or not isinstance(data.get("features"), list)
    ):
        raise InputError("it is not a GeoJSON FeatureCollection", file=file)
    return [f for f in data["features"] if isinstance(f, dict)]


def _coordinates(value: Any, file: str, feature: int) -> F64:
    """Check the coordinates of a line, lon and lat of shape (vertices, 2)."""
    try:
        c = np.array([[float(p[0]), float(p[1])] for p in value])
    except (TypeError, ValueError, IndexError) as e:
        raise InputError(f"feature {feature + 1}: its coordinates are not pairs of numbers", file=file) from e
    if len(c) < 2 or not np.isfinite(c).all():
        raise InputError(f"feature {feature + 1}: a line needs two points or more", file=file)
    if (np.abs(c[:, 0]) > 180).any() or (np.abs(c[:, 1]) > 90).any():
        raise InputError(
            f"feature {feature + 1}: coordinates have to be longitude, latitude in degrees (WGS84)", file=file
        )
    return c


def _text(properties: Mapping[str, Any] | None) -> dict[str, str]:
    out = {}
    for k, v in {**(properties or {}), **((properties or {}).get("tags") or {})}.items():
        if isinstance(v, bool):
            out[str(k).strip().lower()] = "yes" if v else "no"
        elif isinstance(v, str | int | float):
            out[str(k).strip().lower()] = (f"{v:g}" if isinstance(v, float) else str(v)).strip()
    return out


def _read_geojson(path: Path) -> tuple[list[Drawn], list[Point]]:
    drawn: list[Drawn] = []
    points: list[Point] = []
    for i, f in enumerate(_load(path.read_bytes(), str(path))):
        geometry = f.get("geometry") or {}
        tags = _text(f.get("properties"))
        kind = geometry.get("type")
        if kind == "Point":
            lon, lat = _coordinates([geometry.get("coordinates")] * 2, str(path), i)[0]
            points.append(Point(len(points) + 1, tags.get("name"), float(lon), float(lat)))
        elif kind in ("LineString", "MultiLineString"):
            ref = tags.get("ref") or tags.get("line") or tags.get("name")
            if not ref:
                raise InputError(f'feature {i + 1}: the line has no property "ref" or "name"', file=path, field="ref")
            parts = geometry.get("coordinates")
            if kind == "MultiLineString":
                joined: list[Any] = []
                for part in parts or []:
                    if joined and part and list(joined[-1]) != list(part[0]):
                        raise InputError(
                            f'feature {i + 1}: the parts of line "{ref}" do not join; draw each direction as one line',
                            file=path,
                        )
                    joined += part[1:] if joined else part
                parts = joined
            drawn.append(Drawn(ref, _coordinates(parts, str(path), i), tags))
    return drawn, points


def _read_segments(path: Path) -> list[Segments]:
    """Read pairs of ``<name>_segments.json`` and ``<name>_stations.json`` from a zip or folder."""
    files: dict[str, bytes] = {}
    if path.is_dir():
        files = {str(p.relative_to(path)): p.read_bytes() for p in sorted(path.rglob("*.json"))}
    else:
        try:
            with zipfile.ZipFile(path) as z:
                files = {n: z.read(n) for n in sorted(z.namelist()) if n.lower().endswith(".json")}
        except (zipfile.BadZipFile, EOFError) as e:
            raise InputError("it is not a readable zip", file=path) from e
    out = []
    for name, raw in files.items():
        match = re.search(r"([^/]*?)_segments\.json$", name)
        if not match:
            continue
        ref = re.sub(r"^(route|line|ruta|маршрут)[_\s-]*", "", match[1], flags=re.IGNORECASE) or match[1]
        ways, oneway, highway, wired = [], [], [], 0
        for i, f in enumerate(_load(raw, f"{path}/{name}")):
            geometry, tags = f.get("geometry") or {}, _text(f.get("properties"))
            parts = geometry.get("coordinates")
            if geometry.get("type") == "Polygon":  # a closed way: a roundabout or a turning circle
                parts = (parts or [[]])[0]
            elif geometry.get("type") != "LineString":
                continue
            ways.append(_coordinates(parts, f"{path}/{name}", i))
            one = {"yes": 1, "true": 1, "1": 1, "-1": -1, "reverse": -1}.get(tags.get("oneway", ""), 0)
            if any(tags.get(k) == "no" for k in ("oneway:bus", "oneway:psv", "oneway:trolleybus")):
                one = 0
            elif tags.get("junction") in ("roundabout", "circular") and "oneway" not in tags:
                one = 1
            oneway.append(one)
            highway.append(tags.get("highway", ""))
            wired += tags.get("trolley_wire") in ("yes", "both", "forward", "backward")
        points: list[Point] = []
        for f in _load(files[s], f"{path}/{s}") if (s := name.replace("_segments", "_stations")) in files else []:
            geometry, tags = f.get("geometry") or {}, _text(f.get("properties"))
            if geometry.get("type") == "Point":
                lon, lat = _coordinates([geometry.get("coordinates")] * 2, f"{path}/{s}", len(points))[0]
                number = int(tags["id"]) if tags.get("id", "").isdigit() else len(points) + 1
                points.append(Point(number, tags.get("name"), float(lon), float(lat)))
        if ways:
            said = next((m for m in ("trolleybus", "tram", "minibus", "bus") if m in path.name.lower()), "")
            # without a word in the name: half of the ways under wires is a trolleybus
            mode = {"mode": said or ("trolleybus" if wired * 2 > len(ways) else "bus")}
            out.append(Segments(ref, tuple(ways), tuple(oneway), tuple(highway), tuple(points), mode))
    if not out:
        raise InputError("there are no files <name>_segments.json in it", file=path)
    return out


def _read_csv(path: Path) -> Found:
    try:
        frame = pl.read_csv(path.read_bytes().removeprefix(b"\xef\xbb\xbf"), infer_schema=False)
    except (pl.exceptions.PolarsError, UnicodeDecodeError) as e:
        raise InputError("it cannot be read as CSV in UTF-8 with commas", file=path) from e
    frame = frame.rename({c: c.strip().lower() for c in frame.columns}).with_row_index("row", offset=2)
    frame = frame.with_columns(pl.col(pl.String).str.strip_chars().replace("", None))
    frame = frame.filter(~pl.all_horizontal(pl.exclude("row").is_null()))
    if "line" not in frame.columns:
        raise InputError("the required column is missing", file=path, row=1, field="line")
    by_stop = {"lon", "lat"} <= set(frame.columns)
    if not by_stop and "wkt" not in frame.columns:
        raise InputError('give "lon" and "lat" of each stop, or "wkt" of each line', file=path, row=1, field="lon")
    if "direction" not in frame.columns:
        frame = frame.with_columns(pl.lit("0").alias("direction"))
    drawn: list[Drawn] = []
    listed: list[Listed] = []
    numbers: dict[tuple[float, float], int] = {}
    for rows in frame.partition_by("line", "direction", maintain_order=True):
        records = rows.to_dicts()
        if records[0]["line"] is None:
            raise InputError("the value is missing", file=path, row=records[0]["row"], field="line")
        tags = {k: v for r in reversed(records) for k, v in r.items() if isinstance(v, str) and k not in ("lon", "lat")}
        if tags.get("start") and tags.get("end"):
            tags.setdefault("hours", f"{tags['start']}-{tags['end']}")
        if tags.get("name") and "stop" not in tags:
            tags.pop("name")
        lonlat = _wkt(records, path)
        if not by_stop or all(r["lon"] is None for r in records):
            if lonlat is None:
                raise InputError("the value is missing", file=path, row=records[0]["row"], field="wkt")
            drawn.append(Drawn(tags["line"], lonlat, tags))
        else:
            listed.append(_sequence(records, tags, lonlat, numbers, path))
    return drawn, listed, [], []


def _wkt(records: list[dict[str, Any]], path: Path) -> F64 | None:
    for r in records:
        if r.get("wkt"):
            try:
                shape = shapely.from_wkt(r["wkt"])
            except shapely.errors.GEOSException as e:
                raise InputError("it is not valid WKT", file=path, row=r["row"], field="wkt") from e
            if shape.geom_type != "LineString":
                raise InputError(
                    f"a LINESTRING is needed, not a {shape.geom_type}", file=path, row=r["row"], field="wkt"
                )
            return _coordinates(shapely.get_coordinates(shape).tolist(), str(path), r["row"] - 2)
    return None


def _number(r: dict[str, Any], column: str, path: Path, low: float, high: float) -> float:
    try:
        value = float(r[column])
    except (TypeError, ValueError) as e:
        raise InputError(f'"{r[column] or ""}" is not a number', file=path, row=r["row"], field=column) from e
    if not low <= value <= high:
        raise InputError(f"{value:g} is outside {low:g}..{high:g}", file=path, row=r["row"], field=column)
    return value


def _sequence(
    records: list[dict[str, Any]],
    tags: dict[str, str],
    lonlat: F64 | None,
    numbers: dict[tuple[float, float], int],
    path: Path,
) -> Listed:
    if records[0].get("sequence") is not None:
        order = [_number(r, "sequence", path, 0, 1e6) for r in records]
        if len(set(order)) < len(order):
            twice = next(r for r, o in zip(records, order, strict=True) if order.count(o) > 1)
            raise InputError(f"the sequence {twice['sequence']} stands twice in line \"{tags['line']}\"", file=path,
                             row=twice["row"], field="sequence")  # fmt: skip
        records = [r for _, r in sorted(zip(order, records, strict=True), key=lambda p: p[0])]
    if len(records) < 2:
        raise InputError(f'line "{tags["line"]}" has one stop; two are the least', file=path, row=records[0]["row"])
    points = []
    for r in records:
        lon, lat = _number(r, "lon", path, -180, 180), _number(r, "lat", path, -90, 90)
        number = numbers.setdefault((lon, lat), len(numbers) + 1)
        points.append(Point(number, r.get("stop") or r.get("name"), lon, lat))
    seconds = None
    if all(r.get("minutes") is not None for r in records):
        clock = [round(_number(r, "minutes", path, 0, 1440) * 60) for r in records]
        for r, a, b in zip(records[1:], clock[:-1], clock[1:], strict=True):
            if b < a:
                raise InputError("the run time falls", file=path, row=r["row"], field="minutes")
        seconds = tuple(c - clock[0] for c in clock)
    return Listed(tags["line"], tuple(points), tags, seconds, lonlat)
