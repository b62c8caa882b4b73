"""Editing the calls of a line pattern by pattern: stops come and go, headways and other run times stay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl

from shaar.engine.measures.feeds import append
from shaar.engine.timetable.day import fill_times
from shaar.engine.timetable.distance import Distances, crow_metres, local_xy
from shaar.engine.timetable.feed import Feed
from shaar.engine.timetable.kernels import project_in_order

F64 = npt.NDArray[np.float64]
#: A stop and its twin across the street, or the bays of one terminus, lie within this distance, m.
TWIN_M = 300.0


@dataclass(frozen=True, slots=True)
class Pattern:
    """Trips of a line with the same stops and the same shape.

    Parameters
    ----------
    stops, shape, trips
        Stops in order; shape_id or None; trip ids.
    arrival, departure
        Seconds, shape (trips, stops); blank times are interpolated.
    rows
        Their rows of ``stop_times``, by trip and sequence.
    """

    stops: tuple[str, ...]
    shape: str | None
    trips: tuple[str, ...]
    arrival: F64
    departure: F64
    rows: pl.DataFrame


@dataclass(frozen=True, slots=True)
class Edited:
    """What becomes of a pattern.

    Parameters
    ----------
    calls
        Of every call: its position in the old sequence, or the id of a stop that is new there.
    arrival, departure
        Seconds, shape (trips, calls).
    course
        (lon, lat) points of the new shape; empty: no shape.
    """

    calls: tuple[int | str, ...]
    arrival: F64
    departure: F64
    course: tuple[tuple[float, float], ...] = ()


def patterns_of(feed: Feed, route_id: str, direction: int | None = None) -> tuple[Pattern, ...]:
    """Return the patterns of a line, in the order of their first trip."""
    trips = feed.trips.filter(pl.col("route_id") == route_id)
    if direction is not None:
        trips = trips.filter(pl.col("direction_id").fill_null(0) == direction)
    rows = feed.stop_times.filter(pl.col("trip_id").is_in(trips["trip_id"].implode())).sort("trip_id", "stop_sequence")
    times = rows
    if rows["arrival"].null_count() or rows["departure"].null_count():
        shapes = feed.shapes.filter(pl.col("shape_id").is_in(trips["shape_id"].drop_nulls().unique().implode()))
        known = rows.with_columns(pl.coalesce("arrival", "departure").alias("arrival"),
                                  pl.coalesce("departure", "arrival").alias("departure"),
                                  pl.lit(None, pl.Float64).alias("metres"))  # fmt: skip
        times = fill_times(known, trips, Distances.of(replace(feed, shapes=shapes))).sort("trip_id", "stop_sequence")
    shape_of = dict(trips.select("trip_id", "shape_id").iter_rows())
    calls = times.with_row_index("row").group_by("trip_id", maintain_order=True)
    found: dict[tuple[tuple[str, ...], str | None], list[tuple[str, list[int]]]] = {}
    for trip, stops, index in calls.agg("stop_id", "row").iter_rows():
        found.setdefault((tuple(stops), shape_of[trip]), []).append((trip, index))
    arrival, departure = (times[c].cast(pl.Float64).to_numpy() for c in ("arrival", "departure"))
    out = []
    for (stops, shape), members in found.items():
        index = np.array([i for _, i in members])
        out.append(
            Pattern(stops, shape, tuple(t for t, _ in members), arrival[index], departure[index], rows[index.ravel()])
        )
    return tuple(out)


def rewrite(feed: Feed, edits: Sequence[tuple[Pattern, Edited]]) -> Feed:
    """Return the feed with edited patterns.

    Spans of headways move with the first departure, so that passing times at old stops stay; blocks of edited trips
    are given up, since their trips take another time now.
    """
    if not edits:
        return feed
    names = dict(feed.stops.select("stop_id", "stop_name").iter_rows())
    done: list[pl.DataFrame] = []
    shift: dict[str, int] = {}
    shape_of: dict[str, str] = {}
    headsign: dict[str, str | None] = {}
    points: list[dict[str, object]] = []
    taken = set(feed.shapes["shape_id"])
    for pattern, edit in edits:
        late = np.maximum(0.0, -np.nanmin(edit.departure[:, 0]))  # nothing leaves before the service day begins
        arrival, departure = edit.arrival + late, edit.departure + late
        done.append(_calls(pattern, edit, arrival, departure))
        moved = np.rint(departure[:, 0] - pattern.departure[:, 0]).astype(int)
        shift |= dict(zip(pattern.trips, moved.tolist(), strict=True))
        last = edit.calls[-1]
        if isinstance(last, str):
            headsign |= dict.fromkeys(pattern.trips, names.get(last))
        if edit.course:
            name = f"{pattern.shape or pattern.trips[0]}+"
            while name in taken:
                name += "+"
            taken.add(name)
            shape_of |= dict.fromkeys(pattern.trips, name)
            points += [{"shape_id": name, "sequence": k, "lat": y, "lon": x} for k, (x, y) in enumerate(edit.course)]
    gone = pl.Series(list(shift)).implode()
    times = pl.concat([feed.stop_times.filter(~pl.col("trip_id").is_in(gone)), *done])
    hit = pl.col("trip_id").is_in(gone)
    trips = feed.trips.with_columns(
        pl.when(hit).then(None).otherwise(pl.col("block_id")).alias("block_id"),
        pl.col("trip_id")
        .replace_strict(shape_of, default=pl.col("shape_id"), return_dtype=pl.String)
        .alias("shape_id"),
        pl.col("trip_id")
        .replace_strict(headsign, default=pl.col("trip_headsign"), return_dtype=pl.String)
        .alias("trip_headsign"),
    )
    by = pl.col("trip_id").replace_strict(shift, default=0, return_dtype=pl.Int32)
    spans = feed.frequencies.with_columns((pl.col(c) + by).clip(0).alias(c) for c in ("start", "end"))
    feed = replace(
        feed,
        trips=trips,
        stop_times=times.sort("trip_id", "stop_sequence"),
        frequencies=spans.filter(pl.col("end") > pl.col("start")),
    )
    feed = append(feed, "shapes", points)
    used = feed.trips["shape_id"].drop_nulls().unique().implode()
    return replace(feed, shapes=feed.shapes.filter(pl.col("shape_id").is_in(used)))


def _calls(pattern: Pattern, edit: Edited, arrival: F64, departure: F64) -> pl.DataFrame:
    """Rows of an edited pattern; what a feed says of a call beside its times stays with it."""
    n, m, k = len(pattern.trips), len(pattern.stops), len(edit.calls)
    index = [None if isinstance(c, str) else t * m + c for t in range(n) for c in edit.calls]
    stops = [c if isinstance(c, str) else pattern.stops[c] for c in edit.calls] * n
    rows = pattern.rows.select(pl.all().gather(pl.Series(index, dtype=pl.UInt32)))
    columns = [
        pl.Series("trip_id", np.repeat(np.array(pattern.trips, dtype=object), k), dtype=pl.String),
        pl.Series("stop_sequence", np.tile(np.arange(1, k + 1), n), dtype=pl.Int32),
        pl.Series("stop_id", stops, dtype=pl.String),
        pl.Series("arrival", np.rint(arrival).astype(np.int32).ravel(), dtype=pl.Int32),
        pl.Series("departure", np.rint(departure).astype(np.int32).ravel(), dtype=pl.Int32),
    ]
    if "shape_dist_traveled" in rows.columns:  # no longer true of the new course
        columns.append(pl.Series("shape_dist_traveled", [None] * (n * k), dtype=rows.schema["shape_dist_traveled"]))
    return rows.with_columns(columns)


class Places:
    """Where the stops of a feed stand."""

    def __init__(self, feed: Feed) -> None:
        self._at = {s: (x, y) for s, x, y in feed.stops.select("stop_id", "stop_lon", "stop_lat").iter_rows()}

    def __contains__(self, stop_id: str) -> bool:
        return stop_id in self._at

    def at(self, stop_id: str) -> tuple[float, float]:
        """Return (lon, lat) of a stop."""
        return self._at[stop_id]

    def metres(self, stops: Sequence[str], to: str) -> F64:
        """Crow metres from each stop to another one."""
        lon, lat = np.array([self._at[s] for s in stops]).T
        x, y = self._at[to]
        return crow_metres(lon, lat, np.full(len(lon), x), np.full(len(lat), y))

    def position(self, stops: Sequence[str], wanted: str, after: int = -1) -> int | None:
        """Return where a pattern calls at a stop, or at its twin across the street; None where at neither."""
        for k in range(after + 1, len(stops)):
            if stops[k] == wanted:
                return k
        rest = stops[after + 1 :]
        if not rest or wanted not in self._at:
            return None
        metres = self.metres(rest, wanted)
        k = int(np.argmin(metres))
        return after + 1 + k if metres[k] <= TWIN_M else None


def shape_points(feed: Feed, shape: str | None) -> F64:
    """Points (lon, lat) of a shape, shape (n, 2); empty where there is none."""
    part = feed.shapes.filter(pl.col("shape_id") == shape).sort("sequence") if shape is not None else feed.shapes[:0]
    return part.select("lon", "lat").to_numpy()


def along(points: F64, places: Places, stops: Sequence[str]) -> tuple[F64, F64]:
    """Metres along a shape at which its stops lie, in order, and how far off it they stand."""
    lon0, lat0 = float(points[0, 0]), float(points[:, 1].mean())
    at = np.array([places.at(s) for s in stops])
    px, py = local_xy(at[:, 0], at[:, 1], lon0, lat0)
    return project_in_order(px, py, *local_xy(points[:, 0], points[:, 1], lon0, lat0))


def cut(points: F64, begin: float, end: float) -> F64:
    """Part of a shape between two distances along it, m; shape (k, 2)."""
    x, y = local_xy(points[:, 0], points[:, 1], float(points[0, 0]), float(points[:, 1].mean()))
    d = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(x), np.diff(y)))])
    inner = points[(d > begin) & (d < end)]
    ends = [np.array([[np.interp(v, d, points[:, 0]), np.interp(v, d, points[:, 1])]]) for v in (begin, end)]
    return np.concatenate([ends[0], inner, ends[1]])
