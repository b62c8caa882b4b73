"""One GTFS table from bytes to a typed frame; every refusal names the line and the field."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import Literal

import polars as pl

from shaar.engine.errors import InputError
from shaar.engine.timetable.feed import SCHEMA

Kind = Literal["text", "id", "int", "float", "time", "date", "flag"]

#: Name of the helper column with the 0-based record number, dropped before a feed is handed out.
ROW = "__row"


@dataclass(frozen=True, slots=True)
class Field:
    """How one column of the memory schema is read: its name in the file, its kind, and whether it may be absent."""

    name: str
    source: str
    kind: Kind
    column_required: bool = False
    value_required: bool = False


def _spec(table: str, kinds: str, renamed: dict[str, str] | None = None) -> tuple[Field, ...]:
    """Build a table's fields from "kind", "kind!" (column required) or "kind!!" (column and value required)."""
    out = []
    for name, kind in zip(SCHEMA[table], kinds.split(), strict=True):
        bare: Kind = kind.rstrip("!")  # type: ignore[assignment]
        out.append(Field(name, (renamed or {}).get(name, name), bare, "!" in kind, kind.endswith("!!")))
    return tuple(out)


FIELDS: dict[str, tuple[Field, ...]] = {
    "agency": _spec("agency", "text text! text text!!"),
    "stops": _spec("stops", "id!! text float! float! text int int"),
    "routes": _spec("routes", "id!! text text text int!! text"),
    "trips": _spec("trips", "id!! id!! id!! int text text text"),
    "stop_times": _spec(
        "stop_times", "id!! int!! id! time! time!", {"arrival": "arrival_time", "departure": "departure_time"}
    ),
    "calendar": _spec("calendar", "id!! flag!! flag!! flag!! flag!! flag!! flag!! flag!! date!! date!!"),
    "calendar_dates": _spec("calendar_dates", "id!! date!! int!!"),
    "frequencies": _spec(
        "frequencies",
        "id!! time!! time!! int!! int",
        {"start": "start_time", "end": "end_time", "headway": "headway_secs"},
    ),
    "shapes": _spec(
        "shapes",
        "id!! int!! float!! float!!",
        {"sequence": "shape_pt_sequence", "lat": "shape_pt_lat", "lon": "shape_pt_lon"},
    ),
}
REQUIRED = ("agency", "stops", "routes", "trips", "stop_times")


def read_strings(raw: bytes, file: str) -> pl.DataFrame:
    """Parse CSV bytes to strings: trimmed, blanks null, blank lines dropped, with the record number in ``ROW``.

    Raises
    ------
    InputError
        Empty file, a column twice, quotes that do not close.
    """
    if not raw.strip():
        raise InputError("the file is empty; it needs at least a header line", file=file)
    try:
        if b', "' in raw:  # space before a quote: legal nowhere, common all the same
            raise pl.exceptions.ComputeError
        frame = pl.read_csv(io.BytesIO(raw), has_header=False, infer_schema=False, truncate_ragged_lines=True)
    except pl.exceptions.PolarsError:
        frame = _read_slowly(raw, file)
    header = [str(h or "").strip().strip('"').strip() for h in frame.row(0)]
    if len(header) == 1 and (";" in header[0] or "\t" in header[0]):
        raise InputError("columns have to be separated by commas, not by semicolons or tabs", file=file, row=1)
    seen: set[str] = set()
    keep: dict[str, str] = {}
    for column, name in zip(frame.columns, header, strict=True):
        if name and name in seen:
            raise InputError("the column stands twice in the header", file=file, row=1, field=name)
        if name:  # an empty heading is a trailing comma
            seen.add(name)
            keep[column] = name
    frame = frame.with_row_index(ROW)[1:]
    stripped = pl.col(*keep).str.strip_chars()
    frame = frame.select(ROW, pl.when(stripped != "").then(stripped)).rename(keep)
    return frame.filter(~pl.all_horizontal(pl.col(*keep.values()).is_null()))


def _read_slowly(raw: bytes, file: str) -> pl.DataFrame:
    """Read a file with odd quotes record by record."""
    reader = csv.reader(io.StringIO(raw.decode("utf-8"), newline=""), skipinitialspace=True, strict=False)
    rows = list(reader)
    width = len(rows[0])
    longest = max(range(len(rows)), key=lambda i: max((c.count("\n") for c in rows[i]), default=0))
    if max((c.count("\n") for c in rows[longest]), default=0) > 20:
        raise InputError("a quotation mark opens here and does not close", file=file, row=_line(raw, longest))
    data = [(r + [""] * width)[:width] for r in rows]
    return pl.DataFrame(data, schema=[f"column_{i + 1}" for i in range(width)], orient="row")


def _line(raw: bytes, record: int) -> int:
    """Find the line on which a record starts; quoted newlines make lines and records differ."""
    reader = csv.reader(io.StringIO(raw.decode("utf-8"), newline=""), skipinitialspace=True)
    before = 0
    for i, _ in enumerate(reader):
        if i == record:
            break
        before = reader.line_num
    return before + 1


def complain(raw: bytes, file: str, record: int, message: str, field: str | None = None) -> InputError:
    """Make the error for one record of a table."""
    return InputError(message, file=file, row=_line(raw, record), field=field)


def read_table(raw: bytes, table: str, file: str) -> pl.DataFrame:
    """Read a modelled table: columns of ``SCHEMA`` first with their types, then the others as strings, and ``ROW``.

    Raises
    ------
    InputError
        A required column or value is missing, or a value is not of its kind.
    """
    frame = read_strings(raw, file)
    fields = FIELDS[table]
    missing = [f.source for f in fields if f.column_required and f.source not in frame.columns]
    if missing:
        raise InputError("the required column is missing", file=file, row=1, field=missing[0])
    columns: list[pl.Series] = []
    for f in fields:
        dtype = SCHEMA[table][f.name]
        if f.source not in frame.columns:
            columns.append(pl.Series(f.name, [None] * frame.height, dtype=dtype))
            continue
        text = frame[f.source]
        if f.value_required and text.null_count():
            raise complain(raw, file, frame[ROW].filter(text.is_null())[0], "the value is missing", f.source)
        value = _convert(text, f.kind)
        bad = value.is_null() & text.is_not_null()
        if bad.any():
            i = bad.arg_max() or 0
            raise complain(raw, file, frame[ROW][i], f'"{text[i]}" {_EXPECTED[f.kind]}', f.source)
        columns.append(value.cast(dtype).alias(f.name))
    known = {f.source for f in fields} | {f.name for f in fields}
    extras = [frame[c] for c in frame.columns if c not in known and c != ROW]
    return pl.DataFrame([*columns, *extras, frame[ROW]])


_EXPECTED: dict[str, str] = {
    "int": "is not a whole number",
    "float": "is not a number",
    "time": "is not a time of the form H:MM:SS",
    "date": "is not a date of the form YYYYMMDD",
    "flag": "is neither 0 nor 1",
}


def _convert(text: pl.Series, kind: Kind) -> pl.Series:
    if kind in {"text", "id"}:
        return text
    if kind == "float":
        value = text.cast(pl.Float64, strict=False)
        return pl.select(pl.when(value.is_finite()).then(value)).to_series()
    if kind == "int":
        return text.cast(pl.Int32, strict=False)
    if kind == "flag":
        return text.replace_strict({"0": 0, "1": 1}, default=None, return_dtype=pl.Int32)
    if kind == "date":
        return text.str.to_date("%Y%m%d", strict=False)
    return seconds(text)


def seconds(text: pl.Series) -> pl.Series:
    """Turn ``H:MM:SS`` (hours may pass 24) into seconds after midnight of the service day; null where it is not."""
    name = text.name
    s = pl.col(name)
    part = {"h": s.str.head(-6), "m": s.str.slice(-5, 2), "s": s.str.tail(2)}
    n = {k: v.cast(pl.Int32, strict=False) for k, v in part.items()}
    good = s.str.contains(r"^\d{1,3}:[0-5]\d:[0-5]\d$")
    return text.to_frame().select(pl.when(good).then(n["h"] * 3600 + n["m"] * 60 + n["s"]).alias(name)).to_series()
