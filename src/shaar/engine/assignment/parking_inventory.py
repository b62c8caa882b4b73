"""Reading what a city knows about its parking: ``parking.csv`` of the city folder."""

from __future__ import annotations

import csv
import datetime as dt
import math
import re
from pathlib import Path

import numpy as np
import polars as pl
import shapely
from scipy.spatial import cKDTree

from shaar.engine.assignment.parking import KINDS, Lots, join, lots
from shaar.engine.city import geoparquet
from shaar.engine.city.model import City
from shaar.engine.city.projection import project
from shaar.engine.errors import InputError

#: Columns of ``parking.csv``. One of zone_id, place, or lon with lat says where; the others may be empty unless needed.
COLUMNS = (
    "zone_id", "place", "lon", "lat", "type", "spaces", "price_hour", "currency", "limit_hours", "hours", "source",
    "date",
)  # fmt: skip
_NEEDED = ("type", "spaces", "source", "date")
_HOURS = re.compile(r"^(\d{1,2})(?::([0-5]\d))?-(\d{1,2})(?::([0-5]\d))?$")


def read_inventory(path: Path | str, city: City) -> Lots:
    """Read an inventory of parking.

    Parameters
    ----------
    path
        CSV with the columns :data:`COLUMNS`: where (``zone_id``, or ``place`` as place_id or name, or ``lon`` and
        ``lat``), ``type`` (street, lot, yard), ``spaces``, ``price_hour`` with ``currency``, ``limit_hours``, ``hours``
        in which a charge is made and the limit holds ("8:00-20:00"), ``source``, ``date`` of the count.
    city
        Whose zones, places and currency are meant.

    Returns
    -------
    Lots
        One row a line, badge "reported".

    Raises
    ------
    InputError
        The file or a column is missing, or a cell cannot be used; the sentence names line and column.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as e:
        raise InputError("no such inventory of parking", file=path) from e
    except UnicodeDecodeError as e:
        raise InputError("the file is not text in UTF-8", file=path) from e
    reader = csv.DictReader(text.splitlines())
    named = [n.strip() for n in reader.fieldnames or []]
    reader.fieldnames = named
    for column in _NEEDED:
        if column not in named:
            raise InputError("the column is missing", file=path, field=column)
    find = _Finder(city, path)
    parts = []
    for row, raw in enumerate(reader, start=2):
        cells = {k: (v or "").strip() for k, v in raw.items() if k}
        if any(cells.values()):
            parts.append(_line(cells, row, path, city, find))
    return join(parts)


def _line(cells: dict[str, str], row: int, path: Path, city: City, find: _Finder) -> Lots:
    kind = cells["type"].lower()
    if kind not in KINDS:
        raise InputError(f"the type is one of {', '.join(KINDS)}, not {kind!r}", file=path, row=row, field="type")
    spaces = _number(cells, "spaces", path, row)
    if spaces is None:
        raise InputError("the number of spaces is missing", file=path, row=row, field="spaces")
    price = _number(cells, "price_hour", path, row) or 0.0
    currency = cells.get("currency", "").upper()
    if price > 0 and currency != city.meta.currency.upper():
        said = f"in {currency}" if currency else "without a currency"
        raise InputError(
            f"the price is {said}, the city counts in {city.meta.currency}", file=path, row=row, field="currency"
        )
    limit = _number(cells, "limit_hours", path, row)
    if limit == 0:
        raise InputError("a longest stay of zero hours lets nobody park", file=path, row=row, field="limit_hours")
    begin, end = _hours(cells.get("hours", ""), path, row)
    if not cells["source"]:
        raise InputError("the source is missing", file=path, row=row, field="source")
    try:
        day = dt.date.fromisoformat(cells["date"])
    except ValueError as e:
        raise InputError("the date is not like 2026-11-22", file=path, row=row, field="date") from e
    return lots(
        [find.zone(cells, row)],
        [kind],
        [spaces],
        price=price,
        limit=math.inf if limit is None else limit,
        paid_from=begin,
        paid_to=end,
        badge="reported",
        source=f"{cells['source']}, {day.isoformat()}",
    )


def _number(cells: dict[str, str], field: str, path: Path, row: int) -> float | None:
    text = cells.get(field, "")
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value >= 0):
        raise InputError(f"{text!r} is not a number from 0 up", file=path, row=row, field=field)
    return value


def _hours(text: str, path: Path, row: int) -> tuple[float, float]:
    if not text:
        return 0.0, 24.0
    match = _HOURS.match(text.replace(" ", ""))
    if match:
        a, b, c, d = (int(g or 0) for g in match.groups())
        begin, end = a + b / 60, c + d / 60
        if begin < end <= 24:
            return begin, end
    raise InputError(f"{text!r} is not a span of one day like 8:00-20:00", file=path, row=row, field="hours")


class _Finder:
    """Says which zone a line of the inventory means."""

    def __init__(self, city: City, path: Path) -> None:
        self.path, self.crs = path, city.meta.crs
        self.rows = {str(v): k for k, v in enumerate(city.zones["zone_id"])}
        self.shapes = geoparquet.geometries(city.zones)
        self.tree = cKDTree(np.column_stack(project(city.zones["lon"], city.zones["lat"], self.crs)))
        self.places = city.places

    def zone(self, cells: dict[str, str], row: int) -> int:
        if zone := cells.get("zone_id", ""):
            if zone not in self.rows:
                raise InputError(f"the city has no zone {zone!r}", file=self.path, row=row, field="zone_id")
            return self.rows[zone]
        if name := cells.get("place", ""):
            hits = self.places.filter((pl.col("place_id") == name) | (pl.col("name") == name))
            if hits.height != 1:
                why = f"is the name of {hits.height} places; give its place_id" if hits.height else "is not a place"
                raise InputError(f"{name!r} {why} of the city", file=self.path, row=row, field="place")
            middle = shapely.centroid(geoparquet.geometries(hits)[0])
            return self._at(float(middle.x), float(middle.y), row, "place")
        lon, lat = _signed(cells, "lon", self.path, row), _signed(cells, "lat", self.path, row)
        return self._at(lon, lat, row, "lon")

    def _at(self, lon: float, lat: float, row: int, field: str) -> int:
        inside = np.flatnonzero(shapely.intersects_xy(self.shapes, lon, lat))
        if len(inside):
            return int(inside[0])
        metres, nearest = self.tree.query(np.column_stack(project([lon], [lat], self.crs)))
        if metres[0] > 2000.0:
            raise InputError("it lies more than 2 km from any zone", file=self.path, row=row, field=field)
        return int(nearest[0])


def _signed(cells: dict[str, str], field: str, path: Path, row: int) -> float:
    try:
        value = float(cells.get(field, ""))
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError("the line names no zone, place, or lon and lat", file=path, row=row, field=field)
    return value
