"""What every vehicle of a chosen day carries in a span of it: lines, stops, runs, changes, and who is not served."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from shaar.engine.assignment.timetable_load import DepartureChoice, TimetableLoads, load_timetable
from shaar.engine.assignment.timetable_load_runs import runs_of
from shaar.engine.city.geoparquet import read as read_parquet
from shaar.engine.city.model import City
from shaar.engine.demand.od_table import read_od_table
from shaar.engine.design.headways_task import SERVICE_DAY
from shaar.engine.errors import InputError
from shaar.engine.findings import Finding
from shaar.engine.progress import Progress, silent
from shaar.engine.routing.phases import has_headways
from shaar.engine.study.baseline_walks import walks
from shaar.engine.study.demand import model_demand
from shaar.engine.study.results import Options
from shaar.engine.timetable.arrays import DayTimetable
from shaar.engine.timetable.calendar import typical_weekday
from shaar.engine.timetable.day import day_timetable
from shaar.engine.timetable.feed import Feed
from shaar.engine.timetable.pattern_length import pattern_km

F64 = npt.NDArray[np.float64]
#: When the periods of a service day begin, and when people go out rather than come home, hours.
FIRST_PERIOD, NOON, TURN = 6.0, 10.0, 16.0


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """What to load.

    Parameters
    ----------
    day
        Service day; None: a typical weekday of the timetable.
    window
        Travellers set out in it, evenly, seconds after midnight.
    places
        Most persons in a vehicle; None: no limit.
    choice
        None: everybody takes the journey that arrives first.
    walk_kmh, max_walk_m, max_minutes, max_rides, seed
        As for the baseline (:class:`shaar.engine.study.results.Options`).
    """

    day: dt.date | None = None
    window: tuple[int, int] = (7 * 3600, 9 * 3600)
    places: float | None = 85.0
    choice: DepartureChoice | None = None
    walk_kmh: float = 4.0
    max_walk_m: float = 1000.0
    max_minutes: float = 120.0
    max_rides: int = 4
    seed: int = 0


@dataclass(frozen=True, slots=True)
class CityLoads:
    """Loads of a city's day (:class:`TimetableLoads`) with what they belong to.

    Parameters
    ----------
    demand
        Persons who set out in the window, shape (z, z), and where that figure is from.
    metres
        Length of each section of a run, shape (sections,): the pattern's length shared by crow distance.
    """

    city: City
    feed: Feed
    day: dt.date
    options: LoadOptions
    timetable: DayTimetable
    demand: F64
    source: str
    loads: TimetableLoads
    metres: F64
    findings: tuple[Finding, ...]


def timetable_loads(
    city: City,
    feed: Feed | None,
    demand: F64 | None = None,
    *,
    source: str = "given",
    options: LoadOptions | None = None,
    progress: Progress = silent,
) -> CityLoads:
    """Load a city's timetable of one day.

    Parameters
    ----------
    demand
        Persons by pair of zones who set out in the window; None: :func:`window_demand`.
    source
        Where ``demand`` is from, for people.

    Raises
    ------
    InputError
        There is no timetable, nothing runs in the window, or the demand does not fit the city's zones.
    """
    o = options or LoadOptions()
    if feed is None:
        raise InputError("there is no timetable to load", file=city.path / "gtfs.zip")
    if demand is None:
        demand, source = window_demand(city, o.window, progress=progress), "modelled"
    z = city.zones.height
    if demand.shape != (z, z):
        raise InputError(f"demand has shape {demand.shape}, the city has {z} zones", file=city.path / "zones.parquet")
    day = o.day or typical_weekday(feed)
    timetable = day_timetable(feed, day, next_day=True)
    runs = runs_of(timetable, window=o.window, max_minutes=o.max_minutes, seed=o.seed)
    if not runs.n:
        raise InputError(f"nothing runs on {day} in this part of the day", file=city.path / "gtfs.zip", field="window")
    study = Options(
        day, o.window, walk_kmh=o.walk_kmh, max_walk_m=o.max_walk_m, max_minutes=o.max_minutes, max_rides=o.max_rides
    )
    on_foot = walks(city, timetable, study, progress)
    found = load_timetable(
        runs, on_foot.access, on_foot.transfers, on_foot.egress, on_foot.direct, demand, max_rides=o.max_rides,
        places=o.places, choice=o.choice, progress=progress,
    )  # fmt: skip
    findings = []
    if has_headways(timetable):
        n = int((np.diff(timetable.span_ptr) > 0).sum())
        findings.append(
            Finding(
                "loads.headways",
                f"{n} patterns have headways without clock times; their runs are one possible day of many.",
                n,
                severity="assumed",
                values={"patterns": n},
            )
        )
    metres = section_metres(timetable, found, pattern_km(feed, timetable))
    return CityLoads(city, feed, day, o, timetable, demand, source, found, metres, tuple(findings))


def window_demand(city: City, window: tuple[int, int], *, progress: Progress = silent) -> F64:
    """Model the persons who set out by public transport in a window, shape (z, z).

    The day's trips (:func:`shaar.engine.study.demand.model_demand`) times the share of the day in the window (shares
    of the periods of ``SERVICE_DAY``, evenly within each). Before 10:00 people go from home to their activity, from
    16:00 home again, between as many each way.
    """
    found = model_demand(city, progress=progress)
    out, back, both = (_share(window, *hours) for hours in ((0.0, NOON), (TURN, 48.0), (NOON, TURN)))
    return found.outward * out + found.outward.T * back + found.daily * both


def read_demand(file: Path, city: City, window: tuple[int, int]) -> tuple[F64, str]:
    """Read persons by pair of zones from a CSV of trips in the window, or bus riders from a model's folder.

    A folder of ``shaar model`` holds persons of the busiest hour (``matrices.parquet``, column ``bus``): the window
    gets as many in every hour.

    Returns
    -------
    demand, where it is from
        Shape (z, z).

    Raises
    ------
    InputError
        The file is missing or no such table, or names zones that the city does not have.
    """
    ids = city.zones["zone_id"].to_list()
    matrices = file / "matrices.parquet"
    if not file.is_dir():
        return read_od_table(file, ids, city.zones["geometry"].to_list()).total, f"persons of {file.name}"
    if not matrices.exists():
        raise InputError("there is no such file; a folder written by shaar model holds it", file=matrices)
    table = read_parquet(matrices)
    if "bus" not in table.columns:
        raise InputError("the model has nobody who rides a bus", file=matrices, field="bus")
    index = {name: k for k, name in enumerate(ids)}
    ends = []
    for column in ("from_zone", "to_zone"):
        at = table[column].replace_strict(index, default=-1).to_numpy()
        for row in np.flatnonzero(at < 0)[:1]:
            raise InputError(
                f"{table[column][int(row)]} is not a zone of the city", file=matrices, row=int(row), field=column
            )
        ends.append(at)
    out = np.zeros((len(ids), len(ids)))
    np.add.at(out, (ends[0], ends[1]), table["bus"].to_numpy().astype(float))
    return out * (window[1] - window[0]) / 3600.0, f"bus riders of the busiest hour of {file.name}, in every hour"


def section_metres(day: DayTimetable, loads: TimetableLoads, km: F64) -> F64:
    """Length of each section of a run: the pattern's ``km`` shared over its sections by crow distance."""
    runs = loads.runs
    x = day.stop_lon * np.cos(np.radians(np.nanmean(day.stop_lat))) if len(day.stop_lat) else day.stop_lon
    crow = np.hypot(x[runs.to_stop] - x[runs.from_stop], day.stop_lat[runs.to_stop] - day.stop_lat[runs.from_stop])
    crow = np.nan_to_num(crow) + 1e-12
    run = runs.run_of
    whole = np.bincount(run, crow, minlength=runs.n)
    return crow / whole[run] * km[runs.pattern][run] * 1000.0


def _share(window: tuple[int, int], since: float, until: float) -> float:
    """Share of a day's trips in the hours of the window that lie in [since, until)."""
    share, start = 0.0, FIRST_PERIOD
    for period in SERVICE_DAY:
        lo, hi = max(start, since, window[0] / 3600), min(start + period.hours, until, window[1] / 3600)
        share += period.share * max(hi - lo, 0.0) / period.hours
        start += period.hours
    return share


def without_limit(options: LoadOptions) -> LoadOptions:
    """The same with room for everybody."""
    return replace(options, places=None)
