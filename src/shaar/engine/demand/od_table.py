"""Observed journeys (survey, phone data) as a table of pairs, made into matrices over the city's zones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import shapely

from shaar.engine.errors import InputError

F64 = npt.NDArray[np.float64]
ENDS = ("from", "to")


@dataclass(frozen=True, slots=True)
class OdTable:
    """Observed trips by purpose and period.

    Parameters
    ----------
    matrices
        (purpose, period) -> trips, shape (z, z); empty strings where the table does not say.
    rows
        Records read.
    outside
        Weighted trips with an end in no zone; they are in no matrix.
    """

    matrices: dict[tuple[str, str], F64]
    rows: int
    outside: float

    @property
    def total(self) -> F64:
        """All purposes and periods together, shape (z, z)."""
        return np.sum(list(self.matrices.values()), axis=0)


def read_od_table(file: str | Path, zone_ids: Sequence[str], zones: Sequence[bytes] | None = None) -> OdTable:
    """Read observed trips from CSV.

    Columns: ``from`` and ``to`` (zone ids), or ``from_lon, from_lat, to_lon, to_lat`` (WGS84; each end counts in the
    zone that holds it, on a border in the first of them); optional ``purpose``, ``period``; ``trips`` (1 where the
    column is absent); optional ``weight``, which multiplies trips.

    Parameters
    ----------
    file
        UTF-8, comma-separated, with a header.
    zone_ids
        Of the z zones, in the order of the matrices.
    zones
        Their outlines as WKB, WGS84; needed for coordinates only.

    Raises
    ------
    InputError
        The file or a column is missing, a zone is unknown, or a cell is not a number of at least 0; names file, line
        and field.
    """
    frame = _read(Path(file))
    trips = _numbers(frame, "trips", file) * _numbers(frame, "weight", file)
    if set(ENDS) <= set(frame.columns):
        ends = [_by_id(frame, e, zone_ids, file) for e in ENDS]
    elif {f"{e}_{c}" for e in ENDS for c in ("lon", "lat")} <= set(frame.columns):
        if zones is None or len(zones) != len(zone_ids):
            raise InputError("coordinates need the outlines of the zones", file=file, field="from_lon")
        tree = shapely.STRtree(shapely.from_wkb(list(zones)))
        ends = [_by_place(frame, e, tree, file) for e in ENDS]
    else:
        raise InputError("the table needs from and to, or from_lon, from_lat, to_lon and to_lat", file=file)
    z = len(zone_ids)
    inside = (ends[0] >= 0) & (ends[1] >= 0)
    kinds = frame.select(
        (pl.col(c).fill_null("").str.strip_chars() if c in frame.columns else pl.lit("")).alias(c)
        for c in ("purpose", "period")
    )
    matrices: dict[tuple[str, str], F64] = {}
    keys = [(str(a), str(b)) for a, b in kinds.unique().sort("purpose", "period").iter_rows()]
    purpose, period = kinds["purpose"].to_numpy(), kinds["period"].to_numpy()
    for key in keys:
        mine = inside & (purpose == key[0]) & (period == key[1])
        cells = ends[0][mine] * z + ends[1][mine]
        sums: F64 = np.bincount(cells, weights=trips[mine], minlength=z * z).astype(np.float64)
        matrices[key] = sums.reshape(z, z)
    return OdTable(matrices, frame.height, float(trips[~inside].sum()))


def _read(path: Path) -> pl.DataFrame:
    if not path.exists():
        raise InputError("there is no such file", file=path)
    try:
        frame = pl.read_csv(path, infer_schema=False)
    except pl.exceptions.NoDataError as e:
        raise InputError("the file is empty", file=path) from e
    except (pl.exceptions.PolarsError, UnicodeDecodeError) as e:
        raise InputError(
            f"the file is not a table of comma-separated values ({str(e).splitlines()[0]})", file=path
        ) from e
    frame = frame.rename({c: c.strip().removeprefix("\ufeff").lower() for c in frame.columns})
    if not frame.height:
        raise InputError("the table has no rows", file=path)
    return frame


def _numbers(frame: pl.DataFrame, name: str, file: str | Path, low: float = 0.0, high: float = np.inf) -> F64:
    """Return a column of numbers; ones where an optional column is absent."""
    if name not in frame.columns:
        return np.ones(frame.height)
    values = frame[name].str.strip_chars().cast(pl.Float64, strict=False).fill_null(np.nan).to_numpy()
    bad = np.flatnonzero(~(np.isfinite(values) & (values >= low) & (values <= high)))
    if len(bad):
        cell = frame[name][int(bad[0])]
        span = f"of at least {low:g}" if np.isinf(high) else f"between {low:g} and {high:g}"
        raise InputError(
            f"{cell or 'the empty cell'} is not a number {span}", file=file, row=int(bad[0]) + 2, field=name
        )
    return values


def _by_id(frame: pl.DataFrame, end: str, zone_ids: Sequence[str], file: str | Path) -> npt.NDArray[np.int64]:
    index = {z: k for k, z in enumerate(zone_ids)}
    names = frame[end].str.strip_chars()
    found = names.replace_strict(index, default=-1, return_dtype=pl.Int64).fill_null(-1).to_numpy()
    bad = np.flatnonzero(found < 0)
    if len(bad):
        cell = names[int(bad[0])]
        raise InputError(
            f"{cell or 'the empty cell'} is not a zone of the city", file=file, row=int(bad[0]) + 2, field=end
        )
    return found


def _by_place(frame: pl.DataFrame, end: str, tree: shapely.STRtree, file: str | Path) -> npt.NDArray[np.int64]:
    lon = _numbers(frame, f"{end}_lon", file, -180.0, 180.0)
    lat = _numbers(frame, f"{end}_lat", file, -90.0, 90.0)
    point, zone = tree.query(shapely.points(lon, lat), predicate="intersects")
    found = np.full(frame.height, np.iinfo(np.int64).max)
    np.minimum.at(found, point, zone)
    return np.where(found == np.iinfo(np.int64).max, -1, found)
