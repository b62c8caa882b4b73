"""Counts of vehicles and boardings: ``counts.csv`` of a city folder, read and checked row by row."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from shaar.engine.errors import InputError

#: Column -> what it holds. ``link_id`` or ``stop_id`` (with ``route_id`` where the count is of one line) says where.
COLUMNS = {
    "station": "name of the place that was counted",
    "link_id": "street link (links.parquet); empty for boardings",
    "stop_id": "stop; empty for counts on streets",
    "route_id": "line, where only one was counted",
    "direction": "forward or backward (along the link from from_node to to_node), both, or for lines 0 or 1",
    "period": "a period of periods.csv (am_peak, ...) or day",
    "vehicles": "number counted, in the unit",
    "date": "day of the count, YYYY-MM-DD",
    "unit": "one of UNITS",
}
REQUIRED = ("station", "direction", "period", "vehicles", "date", "unit")
#: Unit -> whether the number is per hour (else for the whole period).
UNITS = {
    "vehicles": False,
    "vehicles/h": True,
    "persons": False,
    "persons/h": True,
    "boardings": False,
    "boardings/h": True,
    "alightings": False,
    "alightings/h": True,
}
DIRECTIONS = ("forward", "backward", "both", "0", "1")


@dataclass(frozen=True, slots=True)
class Count:
    """One count; ``value`` is for the whole period, ``what`` is vehicles, persons, boardings or alightings."""

    station: str
    link_id: int | None
    stop_id: str
    route_id: str
    direction: str
    period: str
    value: float
    what: str
    day: date
    row: int


def read_counts(file: str | Path, periods: dict[str, float], *, links: int | None = None) -> tuple[Count, ...]:
    """Read ``counts.csv``.

    Parameters
    ----------
    file
        UTF-8, comma-separated, with a header; columns as in :data:`COLUMNS`, others are left alone.
    periods
        Name -> hours of the periods that rows may speak of; ``day`` (24 h) is always known.
    links
        Number of street links; a ``link_id`` must be below it.

    Raises
    ------
    InputError
        The file or a column is missing, or a cell is impossible; names file, line and field.
    """
    path = Path(file)
    hours = {"day": 24.0} | dict(periods)
    counts: list[Count] = []
    for number, row in _rows(path):

        def bad(message: str, field: str, number: int = number) -> InputError:
            return InputError(message, file=file, row=number, field=field)

        cell = {k: (row.get(k) or "").strip() for k in COLUMNS}
        for name in ("station", "direction", "period", "vehicles", "date", "unit"):
            if not cell[name]:
                raise bad("the cell is empty", name)
        if bool(cell["link_id"]) == bool(cell["stop_id"] or cell["route_id"]):
            raise bad("a count stands either on a street link or at a stop or line", "link_id")
        link = _whole(cell["link_id"])
        if cell["link_id"] and (link is None or (links is not None and link >= links)):
            raise bad(f"{cell['link_id']} is not the number of a street link", "link_id")
        for name, known in (("direction", DIRECTIONS), ("period", tuple(hours)), ("unit", tuple(UNITS))):
            if cell[name] not in known:
                raise bad(f"{cell[name]} is none of {', '.join(known)}", name)
        value = _number(cell["vehicles"])
        if value is None or value < 0:
            raise bad(f"{cell['vehicles']} is not a number of at least 0", "vehicles")
        try:
            day = date.fromisoformat(cell["date"])
        except ValueError as e:
            raise bad(f"{cell['date']} is not a date like 2026-05-14", "date") from e
        whole = value * hours[cell["period"]] if UNITS[cell["unit"]] else value
        counts.append(
            Count(
                station=cell["station"],
                link_id=link,
                stop_id=cell["stop_id"],
                route_id=cell["route_id"],
                direction=cell["direction"],
                period=cell["period"],
                value=whole,
                what=cell["unit"].removesuffix("/h"),
                day=day,
                row=number,
            )
        )
    return tuple(counts)


def mean_counts(counts: Sequence[Count]) -> dict[tuple[str, str, str, str, str, str], tuple[float, int]]:
    """Average counts of the same place, direction, period and thing over days.

    Returns
    -------
    dict
        (place, route_id, direction, period, what, station) -> mean value and number of counts; place is ``link:7`` or
        ``stop:A1`` (empty after the colon for a whole line).
    """
    found: dict[tuple[str, str, str, str, str, str], list[float]] = {}
    for c in counts:
        place = f"stop:{c.stop_id}" if c.link_id is None else f"link:{c.link_id}"
        found.setdefault((place, c.route_id, c.direction, c.period, c.what, c.station), []).append(c.value)
    return {k: (sum(v) / len(v), len(v)) for k, v in found.items()}


def _rows(path: Path) -> list[tuple[int, dict[str, str | None]]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            reader = csv.DictReader(handle)
            missing = [c for c in REQUIRED if c not in (reader.fieldnames or [])]
            if missing:
                raise InputError("the column is missing", file=path, field=missing[0])
            return [(reader.line_num, row) for row in reader]
    except FileNotFoundError as e:
        raise InputError("there is no such file", file=path) from e
    except UnicodeDecodeError as e:
        raise InputError("the file is not UTF-8 text", file=path) from e


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() else None


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
