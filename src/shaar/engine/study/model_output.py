"""A model as files that other tools read: matrices, streets with their traffic, lines, zones, the sheet."""

from __future__ import annotations

import json
import math
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from shaar import __version__
from shaar.engine.assignment.lines import line_loads
from shaar.engine.city.geoparquet import write as write_parquet
from shaar.engine.errors import ShaarError
from shaar.engine.study.model_estimate import ToCounts
from shaar.engine.study.model_parking import ARRIVALS
from shaar.engine.study.model_results import CityModel
from shaar.engine.study.model_sheet import Row
from shaar.engine.study.parking import zone_table

#: Pairs of zones with fewer persons than this in the hour are left out of the file of matrices.
LEAST = 1e-3
_SUMS = ("vehicles", "boardings", "passenger_minutes", "felt", "full")


def write_model(model: CityModel, rows: Sequence[Row], folder: Path, estimated: ToCounts | None = None) -> list[Path]:
    """Write the model's folder: whole, or what stood there stays.

    ``matrices.parquet`` persons of the busiest hour by mode and pair of zones, with minutes; ``streets.parquet``
    (GeoParquet) cars and minutes of that hour each way; ``lines.csv``; ``zones.csv``; ``sheet.csv``; ``model.json``
    with every parameter, so that the model can be made again; with counts ``vehicles.parquet``, the cars of that hour
    as modelled and as brought towards the counts.

    Raises
    ------
    ShaarError
        The folder cannot be written.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
        try:
            write_parquet(matrix_table(model), beside / "matrices.parquet")
            write_parquet(street_table(model), beside / "streets.parquet")
            if model.transit is not None:
                line_table(model).write_csv(beside / "lines.csv", float_precision=2)
            if estimated is not None:
                write_parquet(vehicle_table(model, estimated), beside / "vehicles.parquet")
            zone_figures(model).write_csv(beside / "zones.csv", float_precision=2)
            pl.DataFrame([asdict(r) for r in rows]).write_csv(beside / "sheet.csv", float_precision=6)
            (beside / "model.json").write_text(json.dumps(summary(model), ensure_ascii=False, indent=1), "utf-8")
            names = sorted(p.name for p in beside.iterdir())
            beside.chmod(0o755)
            if folder.exists():
                for name in names:  # other files of the folder are somebody's
                    (beside / name).replace(folder / name)
            else:
                beside.replace(folder)
        finally:
            shutil.rmtree(beside, ignore_errors=True)
    except OSError as e:
        raise ShaarError(f"{folder}: the model could not be written ({e.strerror or e})") from e
    return [folder / name for name in names]


def matrix_table(model: CityModel) -> pl.DataFrame:
    """One row a pair of zones with trips: persons by mode in the busiest hour, minutes by car and by line."""
    total = np.sum([*model.peak.values()], axis=0)
    o, d = np.nonzero(total >= LEAST)
    ids = model.city.zones["zone_id"].to_numpy()
    columns: dict[str, Any] = {"from_zone": ids[o], "to_zone": ids[d]}
    columns |= {mode: trips[o, d].astype(np.float32) for mode, trips in model.peak.items()}
    columns["car_minutes"] = _minutes(model, "car")[o, d].astype(np.float32)
    if model.transit is not None:
        columns["bus_minutes"] = _minutes(model, "bus")[o, d].astype(np.float32)
    return pl.DataFrame(columns)


def vehicle_table(model: CityModel, estimated: ToCounts) -> pl.DataFrame:
    """One row a pair of zones: cars and taxis of the busiest hour, as modelled and as the counts would have them."""
    prior, now = model.vehicles, estimated.found.estimate.matrix
    o, d = np.nonzero(np.maximum(prior, now) >= LEAST)
    ids = model.city.zones["zone_id"].to_numpy()
    return pl.DataFrame({
        "from_zone": ids[o], "to_zone": ids[d], "modelled": prior[o, d].astype(np.float32),
        "to_counts": now[o, d].astype(np.float32),
    })  # fmt: skip


def _minutes(model: CityModel, mode: str) -> np.ndarray:
    parts = model.costs[mode]
    z = model.city.zones.height
    timed = [np.asarray(parts[k], float) for k in ("in_vehicle", "walk", "wait", "search") if k in parts]
    return np.sum([np.broadcast_to(x, (z, z)) for x in timed], axis=0)


def street_table(model: CityModel) -> pl.DataFrame:
    """City links that carry cars: cars an hour, minutes, and load over capacity, along and against the link."""
    net, flows, roads = model.roads.network, model.flows, model.roads
    ratio = np.divide(flows.flow, net.capacity, out=np.zeros_like(flows.flow), where=net.capacity > 0)
    columns: dict[str, Any] = {}
    for name, values, shared in (
        ("cars", flows.vehicles.sum(axis=0), False), ("minutes", flows.minutes, True), ("ratio", ratio, False),
    ):  # fmt: skip
        for way, at in zip(("forward", "backward"), roads.on_streets(values, shared=shared), strict=True):
            columns[f"{name}_{way}"] = np.where(np.isfinite(at), at, np.nan)
    frame = model.city.links.select("link_id", "highway", "name", "length", "geometry").with_columns(
        *[pl.Series(name, values, dtype=pl.Float32).fill_nan(None) for name, values in columns.items()]
    )
    return frame.filter(pl.any_horizontal(pl.col("cars_forward", "cars_backward").is_not_null()))


def line_table(model: CityModel) -> pl.DataFrame:
    """One row a route: vehicles and boardings an hour, the fullest section, and how crowding feels."""
    assert model.transit is not None
    transit = model.transit
    loads = line_loads(transit.lines.graph, transit.loads)
    places = float(model.tables["model"]["places"])
    rows: dict[int, dict[str, float]] = {}
    for k, load in enumerate(loads):
        row = rows.setdefault(int(transit.lines.route[k]), dict.fromkeys(_SUMS, 0.0))
        hourly = float(transit.lines.hourly[k])
        row["vehicles"] += hourly
        row["boardings"] += load.boardings
        row["passenger_minutes"] += load.passenger_minutes
        row["felt"] += load.felt * load.passenger_minutes
        row["full"] = max(row["full"], load.peak / (hourly * places) if hourly > 0 else 0.0)
    found = [
        {
            "route_id": transit.routes[r], "vehicles_per_hour": x["vehicles"], "boardings_per_hour": x["boardings"],
            "fullest_section": x["full"],
            "felt_per_minute": x["felt"] / x["passenger_minutes"] if x["passenger_minutes"] > 0 else 1.0,
        }
        for r, x in rows.items()
    ]  # fmt: skip
    return pl.DataFrame(found).sort("boardings_per_hour", descending=True)


def zone_figures(model: CityModel) -> pl.DataFrame:
    """One row a zone: persons that leave and arrive by mode in the busiest hour, and parking."""
    frame = model.city.zones.select("zone_id", "population", "jobs")
    for mode, trips in model.peak.items():
        frame = frame.with_columns(
            pl.Series(f"from_{mode}", trips.sum(axis=1)), pl.Series(f"to_{mode}", trips.sum(axis=0))
        )
    if model.parking is not None:
        frame = frame.join(zone_table(model.parking, ARRIVALS), on="zone_id", how="left", maintain_order="left")
    return frame


def summary(model: CityModel) -> dict[str, Any]:
    """Everything that made the model, and its main figures; no number is infinite or missing."""
    net, flows = model.roads.network, model.flows
    found = {
        "city": model.city.meta.name,
        "engine": __version__,
        "day": None if model.day is None else model.day.isoformat(),
        "window": model.options.window,
        "zones": model.city.zones.height,
        "shares": {"modelled": dict(model.shares), "asked": dict(model.target)},
        "purposes": {name: asdict(p) for name, p in model.purposes.items()},
        "persons_busiest_hour": {mode: float(x.sum()) for mode, x in model.peak.items()},
        "roads": {
            "links": net.links, "cars_per_hour": float(flows.demand.sum()), "gap": flows.gap,
            "tstt_minutes": flows.tstt,
            "vehicle_km": float(flows.vehicles.sum(axis=0) @ net.length_km),
        },
        "lines": None if model.transit is None else {
            "boardings_per_hour": model.transit.boardings, "gap": model.transit.loads.gap,
        },
        "rounds": [asdict(r) for r in model.rounds],
        "converged": model.converged,
        "findings": [f.message for f in model.findings],
        "parameters": {
            name: {key: {"value": table[key], "badge": table.row(key).badge} for key in table}
            for name, table in model.tables.items()
        },
    }  # fmt: skip
    return _finite(found)  # type: ignore[no-any-return]


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _finite(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(v) for v in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
