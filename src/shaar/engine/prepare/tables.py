"""Read tables of places that people hand in (CSV, GeoJSON, GeoPackage, GeoParquet), with errors that name the line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import h3
import numpy as np
import numpy.typing as npt
import polars as pl
import shapely

from shaar.engine.city import geoparquet
from shaar.engine.errors import InputError

F64 = npt.NDArray[np.float64]

LON_NAMES = ("lon", "lng", "long", "longitude", "x")
LAT_NAMES = ("lat", "latitude", "y")
H3_NAMES = ("h3", "h3_id", "h3_index", "h3_cell", "hex_id", "hex", "cell", "cell_id", "zone_id", "id")
ID_NAMES = ("zone_id", "id", "h3", "h3_id", "code", "fid", "name")
VECTOR = (".geojson", ".json", ".gpkg", ".shp", ".fgb")


@dataclass(frozen=True, slots=True)
class Table:
    """A table as read: ``frame`` of plain columns (text for CSV), ``shapes`` in WGS84 or None, and its file."""

    path: Path
    frame: pl.DataFrame
    shapes: npt.NDArray[np.object_] | None

    def row(self, index: int) -> int | None:
        """Return the 1-based line of a CSV row; None for files without lines."""
        return index + 2 if self.path.suffix.lower() in {".csv", ".tsv", ".txt"} else None

    def find(self, names: Sequence[str]) -> str | None:
        """Return the first column that has one of the names, whatever its case."""
        low = {c.strip().lower(): c for c in self.frame.columns}
        return next((low[n] for n in names if n in low), None)

    def need(self, names: Sequence[str], meaning: str) -> str:
        """Return the column like :meth:`find`, or say which are missing and which are there."""
        name = self.find(names)
        if name is None:
            there = ", ".join(self.frame.columns) or "none"
            raise InputError(
                f"there is no column with {meaning} ({' or '.join(names[:4])}); columns: {there}", file=self.path
            )
        return name

    def blanks(self, column: str) -> int:
        """Return how many cells of a column are empty."""
        raw = self.frame[column]
        return raw.null_count() + (int((raw.str.strip_chars() == "").sum()) if raw.dtype == pl.String else 0)

    def numbers(self, column: str, *, negative: bool = False, blank: float | None = None) -> F64:
        """Return a column as numbers; a word, a negative number or a blank is an error with its line.

        Parameters
        ----------
        negative
            Allow negative numbers.
        blank
            What an empty cell counts as; None makes it an error too.
        """
        raw = self.frame[column]
        if raw.dtype.is_numeric():
            value = raw.cast(pl.Float64).to_numpy().astype(float)
        else:
            text = raw.cast(pl.String).str.strip_chars()
            value = text.str.replace(",", ".", literal=True).cast(pl.Float64, strict=False).to_numpy().astype(float)
        if blank is not None:
            empty = raw.cast(pl.String).str.strip_chars().fill_null("") == ""
            value = np.where(empty.to_numpy(), blank, value)
        bad = np.flatnonzero(~np.isfinite(value))
        if len(bad):
            i = int(bad[0])
            what = "the cell is empty" if raw[i] is None or str(raw[i]).strip() == "" else f"{raw[i]!r} is not a number"
            raise InputError(what, file=self.path, row=self.row(i), field=column)
        below = np.flatnonzero(value < 0)
        if len(below) and not negative:
            i = int(below[0])
            raise InputError(f"{value[i]:g} is negative", file=self.path, row=self.row(i), field=column)
        return value


def read_table(path: Path) -> Table:
    """Read a table from CSV (UTF-8, comma, semicolon or tab), GeoJSON, GeoPackage, Shapefile or (Geo)Parquet.

    Raises
    ------
    InputError
        The file is missing, empty, in another encoding, of another kind, or carries no coordinate system.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError("no such file", file=path)
    if path.stat().st_size == 0:
        raise InputError("the file is empty", file=path)
    suffix = path.suffix.lower()
    if suffix in {".csv", ".tsv", ".txt"}:
        return Table(path, _read_csv(path), None)
    if suffix in {".parquet", ".geoparquet"}:
        frame = geoparquet.read(path)
        shapes = geoparquet.geometries(frame) if geoparquet.GEOMETRY in frame.columns else None
        return Table(path, frame.drop(geoparquet.GEOMETRY, strict=False), shapes)
    if suffix in VECTOR:
        return _read_vector(path)
    raise InputError("expected a .csv, .geojson, .gpkg, .shp or .parquet file", file=path)


def _read_csv(path: Path) -> pl.DataFrame:
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as e:
        line = data[: e.start].count(b"\n") + 1
        raise InputError("the text is not UTF-8; save the table as CSV UTF-8", file=path, row=line) from e
    head = text.splitlines()[0] if text.strip() else ""
    separator = max(",;\t", key=head.count)
    try:
        return pl.read_csv(text.encode(), separator=separator, infer_schema=False)
    except pl.exceptions.PolarsError as e:
        reason = str(e).splitlines()[0]
        raise InputError(f"the table cannot be read as CSV: {reason}", file=path) from e


def _read_vector(path: Path) -> Table:
    import pyogrio
    from pyproj import CRS, Transformer

    try:
        meta, _, wkb, fields = pyogrio.raw.read(path)
    except Exception as e:  # pyogrio raises many kinds
        reason = str(e).splitlines()[0].split("; It might help")[0].rstrip(".")
        raise InputError(f"the file cannot be read as a map layer ({reason})", file=path) from e
    if not meta.get("crs"):
        raise InputError("the layer states no coordinate system; save it with one (EPSG:4326 for degrees)", file=path)
    shapes = shapely.from_wkb(np.asarray(wkb, dtype=object))
    crs = CRS.from_user_input(meta["crs"])
    if crs != CRS.from_epsg(4326):
        t = Transformer.from_crs(crs, CRS.from_epsg(4326), always_xy=True)
        shapes = shapely.transform(shapes, lambda c: np.column_stack(t.transform(c[:, 0], c[:, 1])))
    names = [str(n) for n in meta["fields"]]
    columns = {n: pl.Series(n, f.tolist(), strict=False) for n, f in zip(names, fields)}
    return Table(path, pl.DataFrame(columns), shapes)


def coordinates(table: Table, middle: tuple[float, float] | None = None, reach_deg: float = 2.0) -> tuple[F64, F64]:
    """Return lon and lat columns (or centres of the shapes), checked to be degrees near the city.

    Parameters
    ----------
    middle
        (lon, lat) of the city; a row farther than ``reach_deg`` is an error, which says so if swapping would help.
    """
    if table.shapes is not None and table.find(LON_NAMES) is None:
        at = shapely.point_on_surface(table.shapes)
        lon, lat = shapely.get_x(at), shapely.get_y(at)
        x_name = y_name = "geometry"
    else:
        x_name, y_name = table.need(LON_NAMES, "the longitude"), table.need(LAT_NAMES, "the latitude")
        lon, lat = table.numbers(x_name, negative=True), table.numbers(y_name, negative=True)
    if middle is not None and len(lon):
        far = (np.abs(lon - middle[0]) > reach_deg) | (np.abs(lat - middle[1]) > reach_deg)
        swapped = (np.abs(lat - middle[0]) <= reach_deg) & (np.abs(lon - middle[1]) <= reach_deg)
        if far.any():
            i = int(np.flatnonzero(far)[0])
            where = (
                f"({lon[i]:.4f}, {lat[i]:.4f}) lies outside the city, which is near ({middle[0]:.2f}, {middle[1]:.2f})"
            )
            hint = "; longitude and latitude look swapped" if (far & swapped).any() else ""
            n = int(far.sum())
            raise InputError(
                f"{where}{hint} ({n:,} of {len(lon):,} rows)",
                file=table.path,
                row=table.row(i),
                field=f"{x_name}, {y_name}",
            )
    return lon, lat


def h3_cells(table: Table) -> list[str] | None:
    """Return the H3 ids of a table if a column holds them (all of them), else None."""
    low = {c.strip().lower(): c for c in table.frame.columns}
    for name in H3_NAMES:
        if name not in low:
            continue
        values = [str(v).strip() for v in table.frame[low[name]].to_list()]
        valid = [h3.is_valid_cell(v) for v in values]
        if values and all(valid):
            return values
        if any(valid):
            i = valid.index(False)
            raise InputError(f"{values[i]!r} is not an H3 cell", file=table.path, row=table.row(i), field=low[name])
    return None
