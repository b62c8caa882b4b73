"""Places with a service: schools, clinics, parks, shops, one-stop centres; from the city's places, zones or a file."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import shapely

from shaar.engine.errors import InputError

F64 = npt.NDArray[np.float64]
#: Purpose -> kinds of the place table that serve it, and the zone column that counts the rest.
KINDS = {
    "schools": ("school",),
    "clinics": ("clinic", "hospital"),
    "parks": ("park",),
    "shops": (),
    "one_stop": ("one_stop", "public_service"),
}
COLUMNS = {"schools": "schools", "clinics": "clinics", "parks": "parks", "shops": "shops"}
PURPOSES = ("jobs", *KINDS)
TITLES = {
    "jobs": "jobs",
    "schools": "school",
    "clinics": "clinic or hospital",
    "parks": "park",
    "shops": "shop or market",
    "one_stop": "one-stop centre",
}
_COLUMNS = ("kind", "lon", "lat")


@dataclass(frozen=True, slots=True)
class Facilities:
    """Places of one purpose.

    Parameters
    ----------
    purpose
        A key of :data:`KINDS`.
    ids, names
        Shape (f,).
    lon, lat
        float64[f], degrees.
    capacity
        float64[f]: places, doctors, desks; 1 each where it is not known.
    counted
        Whether ``capacity`` was given for every place.
    accessible
        bool[f]: usable in a wheelchair as far as is known (unknown counts as usable).
    from_zones
        Whether they are zone points that stand for the places counted in the zone.
    """

    purpose: str
    ids: tuple[str, ...]
    names: tuple[str, ...]
    lon: F64
    lat: F64
    capacity: F64
    counted: bool
    accessible: npt.NDArray[np.bool_]
    from_zones: bool = False

    @property
    def n(self) -> int:
        """Number of places."""
        return len(self.ids)


def facilities_of(places: pl.DataFrame, zones: pl.DataFrame, purpose: str) -> Facilities:
    """Take the places of a purpose from the place table, or where it names none from the counts by zone.

    Optional columns ``capacity`` (number) and ``wheelchair`` ("no": not usable) of the place table are used.
    """
    table = places.filter(pl.col("kind").is_in(KINDS[purpose]))
    if table.height:
        at = shapely.point_on_surface(shapely.from_wkb(table["geometry"].to_numpy()))
        capacity = table["capacity"].cast(pl.Float64) if "capacity" in table.columns else None
        counted = capacity is not None and capacity.null_count() == 0
        chair = table["wheelchair"].fill_null("") if "wheelchair" in table.columns else pl.Series([""] * table.height)
        return Facilities(
            purpose,
            tuple(table["place_id"]),
            tuple(table["name"].fill_null("")),
            shapely.get_x(at),
            shapely.get_y(at),
            capacity.to_numpy() if counted and capacity is not None else np.ones(table.height),
            counted,
            (chair != "no").to_numpy(),
        )
    column = COLUMNS.get(purpose)
    if column is None or column not in zones.columns:
        return _none(purpose)
    has = zones.filter(pl.col(column).fill_null(0.0) > 0)
    return Facilities(
        purpose,
        tuple(has["zone_id"]),
        ("",) * has.height,
        has["lon"].to_numpy(),
        has["lat"].to_numpy(),
        has[column].to_numpy().astype(np.float64),
        False,
        np.ones(has.height, bool),
        from_zones=True,
    )


def _none(purpose: str) -> Facilities:
    empty = np.zeros(0)
    return Facilities(purpose, (), (), empty, empty, empty, False, np.zeros(0, bool))


def read_facilities(file: str | Path) -> dict[str, Facilities]:
    """Read places of services from a CSV file: ``kind,lon,lat`` and optionally ``name,capacity,wheelchair``.

    ``kind`` is a purpose (schools, clinics, parks, shops, one_stop) or a kind of the place table (school, hospital).

    Raises
    ------
    InputError
        A column is missing, a kind is unknown, or a number cannot be read; the line is named.
    """
    path = Path(file)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as e:
        raise InputError("there is no such file", file=path) from e
    except UnicodeDecodeError as e:
        raise InputError("the file is not UTF-8 text", file=path) from e
    reader = csv.DictReader(text.splitlines())
    missing = [c for c in _COLUMNS if c not in (reader.fieldnames or [])]
    if missing:
        raise InputError("the column is missing", file=path, field=missing[0])
    purpose_of = {kind: purpose for purpose, kinds in KINDS.items() for kind in (*kinds, purpose)}
    rows: dict[str, list[tuple[str, float, float, float | None, bool]]] = {}
    for number, raw in enumerate(reader, start=2):
        kind = (raw["kind"] or "").strip()
        if kind not in purpose_of:
            raise InputError(f"kind is one of {', '.join(sorted(purpose_of))}", file=path, row=number, field="kind")
        lon = _number(raw["lon"], -180, 180, path, number, "lon")
        lat = _number(raw["lat"], -90, 90, path, number, "lat")
        given = (raw.get("capacity") or "").strip()
        capacity = _number(given, 0, math.inf, path, number, "capacity") if given else None
        chair = (raw.get("wheelchair") or "").strip().lower() != "no"
        rows.setdefault(purpose_of[kind], []).append(((raw.get("name") or "").strip(), lon, lat, capacity, chair))
    out = {}
    for purpose, found in rows.items():
        counted = all(r[3] is not None for r in found)
        out[purpose] = replace(
            _none(purpose),
            ids=tuple(f"{purpose}-{k + 1}" for k in range(len(found))),
            names=tuple(r[0] for r in found),
            lon=np.array([r[1] for r in found]),
            lat=np.array([r[2] for r in found]),
            capacity=np.array([r[3] if counted and r[3] is not None else 1.0 for r in found]),
            counted=counted,
            accessible=np.array([r[4] for r in found], bool),
        )
    return out


def _number(text: str | None, low: float, high: float, file: Path, row: int, field: str) -> float:
    try:
        value = float(text or "")
    except ValueError as e:
        raise InputError("the cell is not a number", file=file, row=row, field=field) from e
    if not (math.isfinite(value) and low <= value <= high):
        raise InputError(f"{value:g} is outside {low:g} to {high:g}", file=file, row=row, field=field)
    return value
