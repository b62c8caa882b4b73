"""Appraisals as files and as plain data: written whole beside and renamed, read back, and turned into JSON."""

from __future__ import annotations

import datetime as dt
import json
import math
import shutil
import tempfile
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import polars as pl
import polars.selectors as cs

from shaar.engine.city.model import City
from shaar.engine.errors import InputError, ShaarError
from shaar.engine.findings import Finding
from shaar.engine.measures.effects import Appraisal, Effect, Provenance
from shaar.engine.measures.scenario import Scenario, read_scenario

FILE = "appraisal.json"
_EFFECT = tuple(f.name for f in fields(Effect))
TABLES = ("zones", "places", "lines")
#: What is written in the file, so that a reader knows its form.
VERSION = 1


def reference_of(city: City) -> Scenario | None:
    """The network that a city without a timetable is compared with: ``scenarios/reference.toml``; None without one.

    Raises
    ------
    InputError
        The file is there and is no scenario.
    """
    file = city.path / "scenarios" / "reference.toml"
    return read_scenario(file) if city.gtfs is None and file.is_file() else None


def write_appraisal(appraisal: Appraisal, folder: str | Path) -> None:
    """Write ``appraisal.json`` and ``zones.parquet``, ``places.parquet``, ``lines.parquet``; whole or not at all.

    Raises
    ------
    ShaarError
        The place cannot be written to, or holds something else; what stood there is untouched.
    """
    path = Path(folder)
    if path.exists() and (not path.is_dir() or (any(path.iterdir()) and not (path / FILE).is_file())):
        raise ShaarError(f"{path}: holds something else than an appraisal, so it is left as it is; choose another name")
    fresh = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
        data = {
            "version": VERSION, "provenance": asdict(appraisal.provenance),
            "effects": [asdict(e) for e in appraisal.effects],
            "assumptions": [asdict(f) for f in appraisal.assumptions],
        }  # fmt: skip
        (fresh / FILE).write_text(json.dumps(finite(data), ensure_ascii=False, indent=1), encoding="utf-8")
        for name in TABLES:
            getattr(appraisal, name).write_parquet(fresh / f"{name}.parquet")
        fresh.chmod(0o755)
        old = path.with_name(f".{path.name}.old")
        if path.exists():
            shutil.rmtree(old, ignore_errors=True)
            path.rename(old)
        fresh.rename(path)
        shutil.rmtree(old, ignore_errors=True)
    except OSError as e:
        raise ShaarError(f"{path}: the appraisal could not be written ({e.strerror or e}); nothing was changed") from e
    finally:
        if fresh is not None:
            shutil.rmtree(fresh, ignore_errors=True)


def read_appraisal(folder: str | Path) -> Appraisal:
    """Read an appraisal: equal, to the last digit, to the one that was written.

    Raises
    ------
    InputError
        It is not there, a file of it is missing, or it is of another form.
    """
    path = Path(folder)
    try:
        raw = json.loads((path / FILE).read_text(encoding="utf-8"))
        if raw.get("version") != VERSION:
            raise InputError(f"is of form {raw.get('version')}, this program reads {VERSION}", file=path / FILE)
        tables = {name: pl.read_parquet(path / f"{name}.parquet") for name in TABLES}
        return Appraisal(
            effects=tuple(Effect(**e) for e in raw["effects"]),
            provenance=Provenance(**raw["provenance"]),
            assumptions=tuple(_finding(f) for f in raw["assumptions"]),
            **tables,
        )  # fmt: skip
    except FileNotFoundError as e:
        raise InputError("there is no appraisal here, or a file of it is missing", file=e.filename or path) from e
    except (json.JSONDecodeError, KeyError, TypeError, pl.exceptions.PolarsError) as e:
        raise InputError(f"the appraisal cannot be read: {e}", file=path) from e


def _finding(raw: dict[str, Any]) -> Finding:
    return Finding(
        raw["code"], raw["message"], raw["count"], raw["where"], raw["severity"], raw["values"],
        tuple((a, b) for a, b in raw["points"]),
    )  # fmt: skip


def appraisal_json(appraisal: Appraisal) -> dict[str, Any]:
    """Everything of an appraisal as plain data for pages; figures that do not exist are null, none is rounded.

    ``effects``: a list of objects with the fields of :class:`Effect` and ``clear``; ``zones``: columns by name, each a
    list with a value a zone; ``places`` (most affected first) and ``lines``: lists of objects; ``provenance``;
    ``assumptions``: code, message (English), severity, values.
    """
    out = {
        "places": appraisal.places.to_dicts(),
        "lines": appraisal.lines.to_dicts(),
        "provenance": asdict(appraisal.provenance),
        "assumptions": [
            {"code": f.code, "message": f.message, "severity": f.severity, "count": f.count, "values": dict(f.values)}
            for f in appraisal.assumptions
        ],
    }
    cleaned: dict[str, Any] = finite(out)
    # the two large parts hold no dates and no such numbers: effects by their making, zones after this
    effects = [{**{name: getattr(e, name) for name in _EFFECT}, "clear": e.clear} for e in appraisal.effects]
    zones = appraisal.zones.with_columns(cs.float().fill_nan(None)).to_dict(as_series=False)
    return {"effects": effects, "zones": zones, **cleaned}


def most_affected(appraisal: Appraisal, limit: int = 10) -> pl.DataFrame:
    """The places where journeys change most (person-minutes), at most ``limit``; those without any change are not."""
    return appraisal.places.filter(pl.col("affected") > 0).head(limit)


def finite(value: Any) -> Any:
    """Replace numbers that do not exist by null, and dates by their text, since JSON has neither."""
    if isinstance(value, dict):
        return {k: finite(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [finite(v) for v in value]
    if isinstance(value, dt.date):
        return value.isoformat()
    return None if isinstance(value, float) and not math.isfinite(value) else value
