"""The network that scenarios are compared with, as tables for maps and lists: zones, places, lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from shaar.engine.study.access_measures import members
from shaar.engine.study.effects_loads import Period, headways
from shaar.engine.study.effects_side import Journeys, Side, people_near

F64 = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Standing:
    """How the network stands.

    Parameters
    ----------
    zones
        One row a zone: zone_id, district, settlement, population, jobs, trips (a day, from and to it), minutes (mean
        journey; null without journeys), within_400, within_800 (persons), and ``access.<what>_<minutes>``.
    places
        One row a place (the city first, then districts and settlements): place_id, kind, name, population, minutes,
        within_400, within_800, and means over residents ``access.<what>_<minutes>``.
    lines
        One row a line of the working day: route_id, name, mode, vehicle_type, vehicle_km, vehicle_hours, vehicles,
        boardings, and ``headway_<period>`` (minutes between departures in the busier direction; null where none).
    boardings
        By route_id, a working day.
    periods
        Name -> (from, to), seconds after midnight.
    """

    zones: pl.DataFrame
    places: pl.DataFrame
    lines: pl.DataFrame
    boardings: Mapping[str, float]
    periods: Mapping[str, tuple[int, int]]


def standing(
    side: Side,
    journeys: Journeys,
    od: F64,
    periods: Sequence[Period],
    boardings: Mapping[str, float],
) -> Standing:
    """Make the tables."""
    z = side.city.zones
    trips = od.sum(axis=1) + od.sum(axis=0)
    total = _draws([s[0] for s in journeys.zone_sums])
    near = people_near(side)
    keys = list(side.reached[0])
    access = {k: _draws([r[k] for r in side.reached]) for k in keys}
    people = side.groups.persons["everyone"]
    columns: dict[str, object] = {
        "zone_id": z["zone_id"], "district": z["district"], "settlement": z["settlement"], "population": people,
        "jobs": z["jobs"].fill_null(0.0), "trips": trips,
        "minutes": np.divide(total, trips, out=np.full(len(trips), np.nan), where=trips > 0),
        **{k.removeprefix("stops."): v for k, v in near.items()}, **{f"access.{k}": v for k, v in access.items()},
    }  # fmt: skip
    zones = pl.DataFrame(columns).with_columns(pl.col("minutes").fill_nan(None))
    rows = []
    for place_id, kind, name, inside in members(side.city):
        w, t = np.where(inside, people, 0.0), float(trips[inside].sum())
        rows.append({
            "place_id": place_id, "kind": kind, "name": name, "population": float(w.sum()),
            "minutes": float(total[inside].sum()) / t if t > 0 else None,
            **{k.removeprefix("stops."): float(v[inside].sum()) for k, v in near.items()},
            **{f"access.{k}": _mean(v, w) for k, v in access.items()},
        })  # fmt: skip
    every = {p.name: headways(side.service.day, p.start, p.end) for p in periods}
    lines = [
        {
            "route_id": x.route_id, "name": x.name, "mode": x.mode, "vehicle_type": x.vehicle_type,
            "vehicle_km": x.vehicle_km, "vehicle_hours": x.vehicle_hours, "vehicles": x.vehicles,
            "boardings": boardings.get(x.route_id, 0.0),
            **{f"headway_{name}": found.get(x.route_id) for name, found in every.items()},
        }
        for x in side.service.lines.values()
    ]  # fmt: skip
    text = dict.fromkeys(("route_id", "name", "mode", "vehicle_type"), pl.String)
    number = dict.fromkeys(("vehicle_km", "vehicle_hours"), pl.Float64) | {
        "vehicles": pl.Int64,
        "boardings": pl.Float64,
    }
    schema = text | number | {f"headway_{p.name}": pl.Float64 for p in periods}
    return Standing(
        zones=zones,
        places=pl.DataFrame(rows, infer_schema_length=None),
        lines=pl.DataFrame(lines, schema=schema),
        boardings=dict(boardings),
        periods={p.name: (p.start, p.end) for p in periods},
    )


def _draws(rows: Sequence[F64]) -> F64:
    out: F64 = np.mean(rows, axis=0)
    return out


def _mean(value: F64, people: F64) -> float | None:
    whole = float(people.sum())
    return float((value * people).sum()) / whole if whole > 0 else None
