"""Loads of a day as tables: lines, stops, runs, changes from line to line, zones, settlements."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from shaar.engine.study.timetable_loads import CityLoads

F64 = npt.NDArray[np.float64]
#: Changes of fewer persons are left out of the table.
LEAST = 0.05


def line_table(found: CityLoads) -> pl.DataFrame:
    """One row a route that runs: vehicles, boardings, the fullest section, distances, and who is left behind.

    ``vehicles`` are those that carry somebody; ``load_factor`` is passenger-kilometres over place-kilometres of the
    sections that begin in the window; ``peak_load`` is of one vehicle; ``left_behind`` counts a person once for every
    vehicle that left without her.
    """
    x, runs = found.loads, found.loads.runs
    route = runs.route[runs.run_of]
    n = runs.n_routes
    person_m = np.bincount(route, x.load * found.metres, minlength=n)
    vehicle_m = np.bincount(route, found.metres, minlength=n)
    peak = np.zeros(n)
    np.maximum.at(peak, route, x.load)
    hours = np.bincount(route, x.load * (runs.arr - runs.dep), minlength=n) / 3600.0
    carries = np.bincount(runs.run_of, x.boarded, minlength=runs.n) > 0
    since, until = found.options.window
    inside = found.metres * ((runs.dep >= since) & (runs.dep < until))
    columns: dict[str, Any] = {
        "route_id": list(found.timetable.route_ids),
        "line": line_names(found),
        "vehicles": np.bincount(runs.route[carries], minlength=n),
        "boardings": np.bincount(route, x.boarded, minlength=n),
        "peak_load": peak,
        "left_behind": np.bincount(route, x.behind, minlength=n),
        "passenger_km": person_m / 1000.0,
        "passenger_hours": hours,
        "vehicle_km": vehicle_m / 1000.0,
    }
    if found.options.places is not None:
        people, vehicles = (np.bincount(route, w * inside, minlength=n) for w in (x.load, np.ones(len(inside))))
        room = vehicles * found.options.places
        columns["load_factor"] = np.divide(people, room, out=np.zeros(n), where=room > 0)
    runs_at_all = np.bincount(runs.route, minlength=n) > 0
    return pl.DataFrame(columns).filter(pl.Series(runs_at_all)).sort("boardings", descending=True)


def stop_table(found: CityLoads) -> pl.DataFrame:
    """One row a served stop: boardings, alightings, those of them that change, and who is left behind there."""
    x, runs, day = found.loads, found.loads.runs, found.timetable
    n = runs.n_stops
    names = dict(found.feed.stops.select("stop_id", "stop_name").iter_rows())
    served = np.zeros(n, bool)
    served[runs.from_stop] = True
    served[runs.to_stop] = True
    columns: dict[str, Any] = {
        "stop_id": list(day.stop_ids),
        "name": [names.get(s) or s for s in day.stop_ids],
        "lon": day.stop_lon,
        "lat": day.stop_lat,
        "boardings": np.bincount(runs.from_stop, x.boarded, minlength=n),
        "alightings": np.bincount(runs.to_stop, x.left + x.changed, minlength=n),
        "changes": np.bincount(runs.to_stop, x.changed, minlength=n),
        "left_behind": np.bincount(runs.from_stop, x.behind, minlength=n),
        "abandoned": x.stranded,
    }
    return pl.DataFrame(columns).filter(pl.Series(served)).sort("boardings", descending=True)


def trip_table(found: CityLoads) -> pl.DataFrame:
    """One row a vehicle: when it leaves, boardings, its fullest section, and who was left behind."""
    x, runs = found.loads, found.loads.runs
    run = runs.run_of
    first = runs.ptr[:-1]
    peak = np.zeros(runs.n)
    np.maximum.at(peak, run, x.load)
    names = line_names(found)
    columns: dict[str, Any] = {
        "route_id": [found.timetable.route_ids[r] for r in runs.route],
        "line": [names[r] for r in runs.route],
        "trip_id": list(runs.trip_ids),
        "departure": [clock(int(t)) for t in runs.dep[first]],
        "first_stop": [found.timetable.stop_ids[s] for s in runs.from_stop[first]],
        "headway": runs.headway,
        "boardings": np.bincount(run, x.boarded, minlength=runs.n),
        "peak_load": peak,
        "left_behind": np.bincount(run, x.behind, minlength=runs.n),
    }
    table = pl.DataFrame(columns)
    if found.options.places is not None:
        table = table.with_columns(full=pl.col("peak_load") / found.options.places)
    return table.sort("left_behind", "peak_load", descending=True)


def change_table(found: CityLoads) -> pl.DataFrame:
    """Persons who change from line to line."""
    a, b = np.nonzero(found.loads.change_lines >= LEAST)
    names, ids = line_names(found), found.timetable.route_ids
    columns: dict[str, Any] = {
        "from_route": [ids[k] for k in a], "from_line": [names[k] for k in a], "to_route": [ids[k] for k in b],
        "to_line": [names[k] for k in b], "persons": found.loads.change_lines[a, b],
    }  # fmt: skip
    schema = {"from_route": pl.String, "from_line": pl.String, "to_route": pl.String, "to_line": pl.String}
    return pl.DataFrame(columns, schema_overrides=schema).sort("persons", descending=True)


def zone_table(found: CityLoads) -> pl.DataFrame:
    """One row a zone: persons who set out from it and how they fared, and their mean minutes."""
    x = found.loads
    columns: dict[str, Any] = {
        "persons": found.demand.sum(axis=1), "rode": x.rode.sum(axis=1), "walked": x.walked.sum(axis=1),
        "unserved": x.unserved.sum(axis=1), "abandoned": x.abandoned.sum(axis=1),
        "person_minutes": x.seconds.sum(axis=1) / 60.0,
    }  # fmt: skip
    frame = found.city.zones.select("zone_id", "district", "settlement").with_columns(
        pl.Series(k, v) for k, v in columns.items()
    )
    return _means(frame)


def place_table(found: CityLoads, kind: str = "settlement") -> pl.DataFrame:
    """The zones of each settlement (or district) together, with its name where the city knows it."""
    sums = ("persons", "rode", "walked", "unserved", "abandoned")
    frame = zone_table(found).with_columns(
        person_minutes=pl.col("mean_minutes").fill_null(0.0) * (pl.col("rode") + pl.col("walked"))
    )
    groups = frame.filter(pl.col(kind).is_not_null()).group_by(kind, maintain_order=True)
    out = _means(groups.agg(pl.col(*sums, "person_minutes").sum())).sort("unserved", "abandoned", descending=True)
    names = dict(found.city.places.select("place_id", "name").iter_rows())
    return out.insert_column(1, pl.Series("name", [names.get(p) or p for p in out[kind]], dtype=pl.String))


def _means(frame: pl.DataFrame) -> pl.DataFrame:
    there = pl.col("rode") + pl.col("walked")
    mean = pl.when(there > 0).then(pl.col("person_minutes") / there)
    return frame.with_columns(mean_minutes=mean).drop("person_minutes")


def figures(found: CityLoads) -> dict[str, float]:
    """Persons and means of the whole city; nan where nobody is meant."""
    x = found.loads
    rode, walked = float(x.rode.sum()), float(x.walked.sum())
    planned = rode + float(x.abandoned.sum())
    return {
        "persons": float(found.demand.sum()),
        "rode": rode,
        "walked": walked,
        "unserved": float(x.unserved.sum()),
        "abandoned": float(x.abandoned.sum()),
        "boardings": float(x.boarded.sum()),
        "changes": float(x.changed.sum()),
        "mean_minutes": float(x.seconds.sum()) / 60.0 / (rode + walked) if rode + walked > 0 else math.nan,
        "rides": float(x.rides.sum()) / planned if planned > 0 else math.nan,
        "behind": float(x.behind.sum()),
        "iterations": float(x.iterations),
        "gap": x.gap,
        "overload": x.overload,
    }


def tables(found: CityLoads) -> dict[str, pl.DataFrame]:
    """All tables by name."""
    out = {
        "lines": line_table(found), "stops": stop_table(found), "trips": trip_table(found),
        "changes": change_table(found), "zones": zone_table(found), "settlements": place_table(found),
        "districts": place_table(found, "district"),
    }  # fmt: skip
    return {name: table for name, table in out.items() if table.height or name not in ("settlements", "districts")}


def line_names(found: CityLoads) -> list[str]:
    """What people call the routes of the timetable."""
    table = found.feed.routes.select("route_id", "route_short_name", "route_long_name").iter_rows()
    names = {r: short or long or r for r, short, long in table}
    return [names.get(r, r) for r in found.timetable.route_ids]


def clock(seconds: int) -> str:
    """A time of the service day, 7:05."""
    return f"{seconds // 3600}:{seconds // 60 % 60:02d}"
