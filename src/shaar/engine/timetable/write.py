"""Write a feed as a valid GTFS zip: the same feed gives the same bytes, and nothing half written is left behind."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

import polars as pl

from shaar.engine.timetable.feed import SCHEMA, Feed
from shaar.engine.timetable.tables import FIELDS

_ALWAYS = {"agency", "stops", "routes", "trips", "stop_times"}
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the zip format's earliest moment: bytes do not depend on the clock


def write_gtfs(feed: Feed, path: Path) -> None:
    """Write a feed as a GTFS zip.

    Parameters
    ----------
    feed
        Rows are written in their order; columns without any value are left out unless the reference requires them.
    path
        Target; written beside it first and then renamed, so that a reader never sees half a file.
    """
    path = Path(path)
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with zipfile.ZipFile(beside, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as z:
            for name in SCHEMA:
                frame: pl.DataFrame = getattr(feed, name)
                if frame.height or name in _ALWAYS or (name == "calendar" and not feed.calendar_dates.height):
                    _put(z, name, _as_text(name, frame))
            for name, frame in sorted(feed.others.items()):
                _put(z, name, frame)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _put(z: zipfile.ZipFile, name: str, frame: pl.DataFrame) -> None:
    buffer = io.BytesIO()
    frame.write_csv(buffer, line_terminator="\r\n", quote_style="necessary", null_value="")
    info = zipfile.ZipInfo(f"{name}.txt", _EPOCH)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o644 << 16
    z.writestr(info, buffer.getvalue())


def _as_text(table: str, frame: pl.DataFrame) -> pl.DataFrame:
    out = []
    for f in FIELDS[table]:
        required = f.column_required or (table, f.name) in {("agency", "agency_url"), ("stops", "stop_name")}
        if f.name not in frame.columns or (frame[f.name].null_count() == frame.height and not required):
            continue
        c = pl.col(f.name)
        if f.kind == "time":
            c = _clock(c)
        elif f.kind == "date":
            c = c.dt.strftime("%Y%m%d")
        out.append(c.alias(f.source))
    modelled = {f.name for f in FIELDS[table]}
    out += [pl.col(c) for c in frame.columns if c not in modelled]
    return frame.select(out)


def _clock(seconds: pl.Expr) -> pl.Expr:
    """Write seconds as HH:MM:SS, hours past 24 included."""
    h, m, s = seconds // 3600, seconds // 60 % 60, seconds % 60
    two = [p.cast(pl.String).str.zfill(2) for p in (h, m, s)]
    return pl.when(seconds.is_not_null()).then(pl.concat_str(two, separator=":"))
