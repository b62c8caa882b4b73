"""Days as they were really run: a table of observed stop visits made into the arrays of a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from shaar.engine.errors import InputError
from shaar.engine.timetable.arrays import I32, DayTimetable
from shaar.engine.timetable.day import pack_runs
from shaar.engine.timetable.feed import Feed
from shaar.engine.timetable.service_day import day_length, feed_zone, seconds_at
from shaar.engine.timetable.tables import seconds as clock_seconds

I64 = npt.NDArray[np.int64]
#: Route, direction, stops, name, arrivals, departures.
_Run = tuple[int, int, I32, str, I64, I64]
#: Columns of a table of visits; the first four are required, and ``trip_id`` or ``run_id``.
COLUMNS = ("date", "stop_id", "stop_sequence", "arrival", "departure", "trip_id", "run_id", "route_id", "direction_id")
#: A run of which fewer visits were seen is left out.
LEAST_VISITS = 2


def read_visits(path: Path | str) -> pl.DataFrame:
    """Read a table of stop visits (CSV or Parquet), in the spirit of TIDES ``stop_visits``.

    Columns: ``date`` (service day, 2026-05-06), ``stop_id``, ``stop_sequence`` (rises along the run, gaps allowed),
    ``arrival`` and ``departure`` (H:MM:SS of the service day, hours may pass 24, or a moment with offset as
    2026-05-06T08:15:00+06:00; one of them may be blank), and what run it was: ``trip_id`` of the timetable, or
    ``run_id`` (any id, one a run and day) with ``route_id`` and optionally ``direction_id`` (0 or 1).

    Returns
    -------
    polars.DataFrame
        ``COLUMNS`` as strings but ``date`` (Date) and ``stop_sequence`` (Int32), in the order of the file.

    Raises
    ------
    InputError
        The file, a column or a value cannot be used; file, line and field are named.
    """
    path = Path(path)
    try:
        frame = pl.read_parquet(path) if path.suffix == ".parquet" else pl.read_csv(path, infer_schema=False)
    except FileNotFoundError as e:
        raise InputError("no such file", file=path) from e
    except (pl.exceptions.PolarsError, OSError) as e:
        raise InputError(f"the table cannot be read ({e})", file=path) from e
    for column in ("date", "stop_id", "stop_sequence"):
        if column not in frame.columns:
            raise InputError("the column is missing", file=path, field=column)
    if not {"arrival", "departure"} & set(frame.columns):
        raise InputError("neither arrival nor departure is there", file=path, field="arrival")
    if not {"trip_id", "run_id"} & set(frame.columns):
        raise InputError(
            "neither trip_id nor run_id is there, so runs cannot be told apart", file=path, field="trip_id"
        )
    out = frame.select(
        (pl.col(c) if c in frame.columns else pl.lit(None)).cast(pl.String).str.strip_chars().replace("", None).alias(c)
        for c in COLUMNS
    )
    typed = out.with_columns(
        pl.col("date").str.to_date("%Y-%m-%d", strict=False), pl.col("stop_sequence").cast(pl.Int32, strict=False)
    )
    wrong = (
        ("date", "is not a date like 2026-05-06", pl.col("date").is_null()),
        ("stop_sequence", "is not a whole number", pl.col("stop_sequence").is_null()),
        ("stop_id", "is missing", pl.col("stop_id").is_null()),
        ("arrival", "is missing as is departure", pl.col("arrival").is_null() & pl.col("departure").is_null()),
        ("trip_id", "is missing as is run_id", pl.col("trip_id").is_null() & pl.col("run_id").is_null()),
    )
    for field, words, rule in wrong:
        bad = typed.select(rule).to_series().arg_true()
        if len(bad):
            said = out[field][int(bad[0])]
            text = f'"{said}" {words}' if said is not None else f"the value {words}"
            raise InputError(text, file=path, row=int(bad[0]) + 2, field=field)
    return typed


def observed_days(visits: pl.DataFrame, feed: Feed, *, stop_ids: Sequence[str]) -> dict[date, DayTimetable]:
    """Make a ``DayTimetable`` of every service day of a table of visits, all with the same stops.

    Parameters
    ----------
    visits
        As :func:`read_visits` returns it.
    feed
        For the routes of trips and the time zone; trips it does not know need a ``route_id`` of their own.
    stop_ids
        Stops of the result, in order (``day.stop_ids`` of the timetable to compare with); visits elsewhere are left
        out.

    A run's visits are put in the order of ``stop_sequence``; a stop that was not seen is not served (nothing is
    invented between two that were). Where times run backwards, as those of GPS may by seconds, the later visit is moved
    to the earlier one's time; runs with one visit are left out. Runs of the day before that are still under way after
    midnight are part of a day, where the table has the day before.

    Raises
    ------
    InputError
        A time or a route cannot be read, or a run stands at one sequence number twice.
    """
    zone = feed_zone(feed)
    known = dict(zip(feed.trips["trip_id"], zip(feed.trips["route_id"], feed.trips["direction_id"]), strict=True))
    table = visits.with_row_index("row")
    table = _timed(table, zone).filter(pl.col("stop_id").is_in(list(stop_ids)))
    number = {s: i for i, s in enumerate(stop_ids)}
    place = feed.stops.unique("stop_id", keep="first")
    wanted = pl.DataFrame({"stop_id": list(stop_ids)}, schema={"stop_id": pl.String})
    stops = wanted.join(place, on="stop_id", how="left", maintain_order="left").select(
        "stop_id", "stop_lon", "stop_lat"
    )
    route_ids = tuple(dict.fromkeys([*feed.routes["route_id"], *table["route_id"].drop_nulls().unique().sort()]))
    route = {r: i for i, r in enumerate(route_ids)}
    by_day: dict[date, list[_Run]] = {}
    for part in table.sort("date", "run", "stop_sequence").partition_by("date", "run", maintain_order=True):
        run = _run(part, number, route, known)
        if run is not None:
            by_day.setdefault(part["date"][0], []).append(run)
    out = {}
    for day, own in sorted(by_day.items()):
        before = day - timedelta(days=1)
        shift = day_length(before, zone)
        night = [
            (r, d, s, name, a - shift, b - shift) for r, d, s, name, a, b in by_day.get(before, ()) if a[-1] >= shift
        ]
        out[day] = pack_runs(stops, route_ids, own + night)
    return out


def _run(
    part: pl.DataFrame,
    number: dict[str, int],
    route: dict[str, int],
    known: dict[str, tuple[str, int | None]],
) -> _Run | None:
    """Make a run of its visits, sorted by sequence; None where too few were seen."""
    if part["stop_sequence"].is_duplicated().any():
        row = int(part.filter(~pl.col("stop_sequence").is_first_distinct())["row"][0])
        raise InputError("the run stands at this sequence number twice", row=row + 2, field="stop_sequence")
    if part.height < LEAST_VISITS:
        return None
    trip, line, said = part.select("trip_id", "route_id", "direction_id").row(0)
    direction = int(said) if said in ("0", "1") else None
    if trip in known:
        line, direction = known[trip]
    if line not in route:
        words = f'the line of run "{part["run"][0]}" is not known; give its route_id'
        raise InputError(words, row=int(part["row"][0]) + 2, field="route_id")
    sequence = np.array([number[s] for s in part["stop_id"]], np.int32)
    times = np.column_stack([part["arrives"].to_numpy(), part["leaves"].to_numpy()]).ravel()
    times = np.maximum.accumulate(times.astype(np.int64))
    return route[line], -1 if direction is None else direction, sequence, part["run"][0], times[0::2], times[1::2]


def _timed(table: pl.DataFrame, zone: str) -> pl.DataFrame:
    columns = {}
    for name in ("arrival", "departure"):
        values = clock_seconds(table[name]).to_list()
        for i, text in enumerate(table[name]):
            if values[i] is None and text is not None:
                try:
                    moment = datetime.fromisoformat(text)
                except ValueError:
                    moment = None
                if moment is None or moment.tzinfo is None:
                    words = f'"{text}" is neither H:MM:SS nor a moment with its offset'
                    raise InputError(words, row=int(table["row"][i]) + 2, field=name)
                values[i] = seconds_at(table["date"][i], moment, zone)
        columns[name] = values
    pairs = list(zip(columns["arrival"], columns["departure"], strict=True))
    return table.with_columns(
        arrives=pl.Series([d if a is None else a for a, d in pairs], dtype=pl.Int64),
        leaves=pl.Series([a if d is None else d for a, d in pairs], dtype=pl.Int64),
        run=pl.coalesce("run_id", "trip_id"),
    )
