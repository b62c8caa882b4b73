"""The city folder: read it whole, or write it beside and rename, so that no reader ever sees half a city."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import tomllib
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import polars as pl
import tomli_w

from shaar.engine.city import geoparquet, schema
from shaar.engine.city.model import City, Meta, Provenance
from shaar.engine.errors import InputError, ShaarError


def read(path: Path | str) -> City:
    """Read a city folder.

    Raises
    ------
    InputError
        The folder, a table, a column or a key is missing or unreadable; the message names it.
    """
    path = Path(path)
    if not path.is_dir():
        raise InputError("no such city folder; `shaar city build` makes one", file=path)
    meta = _read_meta(path / "city.toml")
    tables: dict[str, pl.DataFrame] = {}
    for name in schema.TABLES:
        file = path / f"{name}.parquet"
        try:
            tables[name] = schema.conform(name, geoparquet.read(file))
        except KeyError as e:
            raise InputError("the column is missing", file=file, field=str(e.args[0])) from e
        except pl.exceptions.PolarsError as e:
            raise InputError(f"a column has the wrong type: {e}", file=file) from e
    return City(path=path, meta=meta, **tables)


def write(
    path: Path | str, meta: Meta, tables: dict[str, pl.DataFrame], finish: Callable[[Path], None] | None = None
) -> None:
    """Write a city folder beside ``path`` and rename it into place; what stood there before stays until then.

    Scenarios are made by people, not from the raw files: those of the city that stood there are taken over, unless
    ``finish`` wrote one of the same name.

    Parameters
    ----------
    finish
        Called with the temporary folder before the rename, to add further files (``gtfs.zip``, scenarios).
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    try:
        for name in schema.TABLES:
            geoparquet.write(schema.conform(name, tables.get(name, schema.empty(name))), fresh / f"{name}.parquet")
        (fresh / "city.toml").write_text(tomli_w.dumps(_meta_to_toml(meta)), encoding="utf-8")
        if finish is not None:
            finish(fresh)
        _keep_scenarios(path, fresh)
        fresh.chmod(0o755)
        _swap(fresh, path)
    except OSError as e:
        raise ShaarError(f"{path}: the city folder could not be written ({_reason(e)}); nothing was changed") from e
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _reason(error: OSError) -> str:
    """Say why in the system's words; Arrow wraps them in its own."""
    wrapped = re.search(r"\[errno (\d+)\]", str(error), re.IGNORECASE)
    number = int(wrapped[1]) if wrapped else error.errno
    return os.strerror(number) if number else str(error)


def _keep_scenarios(old: Path, fresh: Path) -> None:
    for file in sorted((old / "scenarios").glob("*.toml")):
        new = fresh / "scenarios" / file.name
        if not new.exists():
            new.parent.mkdir(exist_ok=True)
            shutil.copy2(file, new)


def _swap(fresh: Path, path: Path) -> None:
    if not path.exists():
        fresh.rename(path)
        return
    if not (path / "city.toml").exists():
        raise ShaarError(f"{path}: is not a city folder, so it is left as it is; choose another name")
    old = Path(tempfile.mkdtemp(prefix=f".{path.name}.old.", dir=path.parent))
    path.rename(old / "city")
    try:
        fresh.rename(path)
    except OSError:
        (old / "city").rename(path)
        raise
    finally:
        shutil.rmtree(old, ignore_errors=True)


def _read_meta(file: Path) -> Meta:
    try:
        raw = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as e:
        raise InputError("the file is missing, so this is not a city folder", file=file) from e
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as e:
        raise InputError(f"the file is not valid TOML: {e}", file=file) from e
    try:
        return Meta(
            name=raw["name"],
            names=raw.get("names", {}),
            country=raw.get("country", ""),
            languages=tuple(raw.get("languages", ["en"])),
            time_zone=raw["time_zone"],
            crs=raw["crs"],
            currency=raw.get("currency", ""),
            data_date=str(raw.get("data_date", "")),
            provenance={k: Provenance(**v) for k, v in raw.get("provenance", {}).items()},
            build=raw.get("build", {}),
            notes=tuple(raw.get("notes", [])),
        )
    except KeyError as e:
        raise InputError("the key is missing", file=file, field=str(e.args[0])) from e
    except TypeError as e:
        raise InputError(f"a provenance entry has an unknown or missing key: {e}", file=file) from e


def _meta_to_toml(meta: Meta) -> dict[str, Any]:
    raw = asdict(meta)
    raw["languages"], raw["notes"] = list(meta.languages), list(meta.notes)
    raw["provenance"] = {k: {n: v for n, v in p.items() if v} for k, p in raw["provenance"].items()}
    return raw
