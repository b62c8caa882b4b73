"""Crashes of a city: reading them, and saying which rows were refused and why."""

from __future__ import annotations

import csv
import datetime as dt
import math
import re
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from shaar.engine.errors import InputError
from shaar.engine.findings import Finding

SEVERITIES = ("fatal", "serious", "slight", "damage")
LIGHTS = ("day", "dusk", "dark_lit", "dark_unlit")
COLUMNS = ("date", "lon", "lat", "severity", "kind", "victims", "hour", "light", "source")
#: Columns without which a row says nothing; the others may be absent or empty.
NEEDED = ("date", "lon", "lat", "severity")
#: Two rows of one day, severity and kind within so many degrees (about 10 m) and an hour are one crash told twice.
SAME_DEGREES = 1e-4
#: Where more than this share of the rows is bad, the file is something else.
MOST_BAD = 0.5
_SCHEMA = {
    "crash_id": pl.Int32, "date": pl.Date, "hour": pl.Int8, "lon": pl.Float64, "lat": pl.Float64,
    "severity": pl.String, "kind": pl.String, "victims": pl.Int32, "light": pl.String, "source": pl.String,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Crashes:
    """Crashes as a table, and what was odd.

    ``table``: crash_id (the line of the file), date, hour (null where unknown), lon, lat, severity (fatal, serious,
    slight, damage), kind, victims (null where unknown), light (day, dusk, dark_lit, dark_unlit or null), source.
    """

    table: pl.DataFrame
    findings: tuple[Finding, ...]

    @property
    def years(self) -> float:
        """Years from the first to the last day, at least one month."""
        if not self.table.height:
            return 0.0
        first, last = self.table["date"].min(), self.table["date"].max()
        assert isinstance(first, dt.date) and isinstance(last, dt.date)
        return max(((last - first).days + 1) / 365.25, 1 / 12)


def read_crashes(file: str | Path) -> Crashes:
    """Read ``crashes.csv`` (comma or semicolon, UTF-8): date, lon, lat, severity, kind, victims, hour, light, source.

    A row that cannot be placed in time or space, or has an unknown severity, is refused, and each refusal is a sentence
    with its line. Rows that repeat another (same day, hour, severity, kind and place within about 10 m) are told and
    left out. The file is refused as a whole where a needed column is missing or more than half of its rows are bad.

    Raises
    ------
    InputError
        There is no such file, it is not text, a needed column is missing, it is empty, or most rows are bad.
    """
    path = Path(file)
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError as e:
        raise InputError("there is no such file of crashes", file=path) from e
    except UnicodeDecodeError as e:
        raise InputError("the file is not UTF-8 text", file=path) from e
    if not lines:
        raise InputError("the file is empty", file=path)
    reader = csv.DictReader(lines, delimiter=";" if lines[0].count(";") > lines[0].count(",") else ",")
    missing = [c for c in NEEDED if c not in (reader.fieldnames or [])]
    if missing:
        raise InputError("the column is missing", file=path, field=missing[0])
    rows: list[dict[str, object]] = []
    refused: list[str] = []
    total = 0
    for number, raw in enumerate(reader, start=2):
        total += 1
        try:
            rows.append({"crash_id": number, **_row(raw, path, number)})
        except InputError as e:
            refused.append(str(e))
    if total == 0:
        raise InputError("the file has a head but no crash", file=path)
    if len(refused) > MOST_BAD * total:
        raise InputError(f"{len(refused)} of {total} rows cannot be read; the first: {refused[0]}", file=path)
    table, twice = _once(pl.DataFrame(rows, schema=_SCHEMA))
    findings: list[Finding] = []
    if refused:
        findings.append(
            Finding(
                "safety.rows_refused",
                f"{len(refused)} of {total} rows of {path.name} were refused; the first: {refused[0]}.",
                len(refused),
                refused[0],
                values={"refused": len(refused), "rows": total, "first": refused[0]},
            )
        )
    if len(twice):
        findings.append(
            Finding(
                "safety.rows_twice",
                f"{len(twice)} rows of {path.name} tell a crash again (same day, hour, severity, kind and place) and "
                f"were left out; the first is line {twice[0]}.",
                len(twice),
                f"line {twice[0]}",
                values={"rows": len(twice), "line": twice[0]},
            )
        )
    return Crashes(table, tuple(findings))


def _row(raw: dict[str, str | None], path: Path, number: int) -> dict[str, object]:
    text = {c: (raw.get(c) or "").strip() for c in COLUMNS}
    severity = text["severity"].lower()
    if severity not in SEVERITIES:
        raise InputError(f"severity is one of {', '.join(SEVERITIES)}", file=path, row=number, field="severity")
    light = text["light"].lower().replace(" ", "_")
    if light and light not in LIGHTS:
        raise InputError(f"light is one of {', '.join(LIGHTS)}", file=path, row=number, field="light")
    victims = _whole(text["victims"], 0, 1000, path, number, "victims")
    if severity != "damage" and victims == 0:
        raise InputError(f"a {severity} crash without a victim", file=path, row=number, field="victims")
    lon, lat = (_degrees(text[c], limit, path, number, c) for c, limit in (("lon", 180.0), ("lat", 90.0)))
    if lon == 0 and lat == 0:
        raise InputError("the place is 0, 0, which stands for unknown", file=path, row=number, field="lon")
    return {
        "date": _date(text["date"], path, number),
        "hour": _hour(text["hour"], path, number),
        "lon": lon,
        "lat": lat,
        "severity": severity,
        "kind": text["kind"] or None,
        "victims": victims,
        "light": light or None,
        "source": text["source"] or None,
    }


def _date(text: str, path: Path, number: int) -> dt.date:
    try:
        return dt.date.fromisoformat(text[:10])
    except ValueError as e:
        raise InputError("the date is not like 2026-11-22", file=path, row=number, field="date") from e


def _hour(text: str, path: Path, number: int) -> int | None:
    found = re.fullmatch(r"(\d{1,2})(?::[0-5]\d(?::[0-5]\d)?)?", text)
    return _whole(found[1] if found else text, 0, 23, path, number, "hour")


def _whole(text: str, low: int, high: int, path: Path, number: int, field: str) -> int | None:
    if not text:
        return None
    if not re.fullmatch(r"\d{1,6}", text) or not low <= int(text) <= high:
        raise InputError(f"not a whole number from {low} to {high}", file=path, row=number, field=field)
    return int(text)


def _degrees(text: str, limit: float, path: Path, number: int, field: str) -> float:
    try:
        value = float(text.replace(",", "."))
    except ValueError as e:
        raise InputError("the place is missing or not a number", file=path, row=number, field=field) from e
    if not math.isfinite(value) or abs(value) > limit:
        raise InputError(f"{text} degrees are outside the earth", file=path, row=number, field=field)
    return value


def _once(table: pl.DataFrame) -> tuple[pl.DataFrame, list[int]]:
    """Keep the first row of each crash; return the lines of the others."""
    kept: dict[tuple[object, ...], list[tuple[float, float]]] = {}
    twice: list[int] = []
    for r in table.iter_rows(named=True):
        told = kept.setdefault((r["date"], r["hour"], r["severity"], r["kind"]), [])
        if any(abs(r["lon"] - a) <= SAME_DEGREES and abs(r["lat"] - b) <= SAME_DEGREES for a, b in told):
            twice.append(r["crash_id"])
        else:
            told.append((r["lon"], r["lat"]))
    return table.filter(~pl.col("crash_id").is_in(twice)), twice
