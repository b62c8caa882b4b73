"""Two networks of one city judged by the timetable router on the same demand: how long, for whom, and what runs."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl

from shaar.engine.city.model import City
from shaar.engine.design.city_lines import BUS_MODES
from shaar.engine.errors import InputError
from shaar.engine.fleet.service import busiest_moment, day_trips
from shaar.engine.progress import Progress, silent
from shaar.engine.routing.raptor import travel_times
from shaar.engine.study.baseline_walks import walks
from shaar.engine.study.results import Options
from shaar.engine.timetable.calendar import typical_weekday
from shaar.engine.timetable.day import day_timetable
from shaar.engine.timetable.feed import Feed
from shaar.engine.timetable.pattern_length import pattern_km

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]

#: Middles of ten equal parts of the departures: the mean of these percentiles stands for the mean over departures.
PERCENTILES = tuple(range(5, 100, 10))
#: A change of a zone's mean journey smaller than this (min) is not called a change.
CLEAR_MINUTES = 1.0
#: Bounds (min) of the shares of trips that become faster or slower.
BOUNDS = (2.0, 5.0)


@dataclass(frozen=True, slots=True)
class Work:
    """What runs: lines of the day, most vehicles busy at one moment of it, and hours and kilometres.

    ``hours`` and ``km`` are in service in one hour of the window (trips that start in it), without layover.
    """

    lines: int
    vehicles: int
    hours: float
    km: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a timetable gives, and what runs for it.

    Parameters
    ----------
    minutes
        Door to door, mean over the departures of the window, for each draw of the unknown phases of headway services,
        shape (draws, z, z). A departure that does not arrive within the limit counts as long as the limit.
    mean
        Mean of all trips, minutes, over draws.
    unreached, walked
        Share of trips (and departures) that do not arrive within the limit, and that are quickest on foot.
    transfers
        Mean transfers of those who ride.
    work
        What runs of the modes counted.
    """

    minutes: F32
    mean: float
    unreached: float
    walked: float
    transfers: float
    work: Work


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two verdicts on the same trips.

    Parameters
    ----------
    faster, slower
        Share of trips whose journey is shorter or longer by more than each of ``BOUNDS``.
    gain, gain_low, gain_high
        Minutes that the mean journey gets shorter; least and most over the draws of demand and phases.
    change, low, high
        Change of each zone's mean journey (trips from and to it), minutes, nan without trips; least and most over the
        draws, shape (z,).
    """

    faster: tuple[float, ...]
    slower: tuple[float, ...]
    gain: float
    gain_low: float
    gain_high: float
    change: F64
    low: F64
    high: F64

    @property
    def clear(self) -> npt.NDArray[np.int64]:
        """1 where a zone clearly gains, -1 where it clearly loses, 0 where neither is clear, shape (z,).

        Clear is a change of at least a minute that has the same sign in all draws.
        """
        gains = (self.change <= -CLEAR_MINUTES) & (self.high < 0.0)
        loses = (self.change >= CLEAR_MINUTES) & (self.low > 0.0)
        return gains.astype(np.int64) - loses.astype(np.int64)


def judge(
    city: City,
    feed: Feed,
    od: F64,
    *,
    options: Options | None = None,
    draws: int = 4,
    step_s: int = 60,
    modes: Collection[str] = BUS_MODES,
    progress: Progress = silent,
) -> Verdict:
    """Route every trip on the timetable, stop by stop, for all departures of the window.

    Parameters
    ----------
    od
        Daily trips between zones, shape (z, z).
    options
        Day (a typical weekday of the feed when None), window, walking, limits and seed.
    draws
        Draws of the phases of headway services, each judged by itself; one where every trip is scheduled.
    step_s
        Seconds between departures.
    modes
        Modes whose vehicles, hours and kilometres are counted.

    Raises
    ------
    InputError
        The demand has another shape than the zones, or nothing runs on the day.
    """
    options = options or Options()
    z = city.zones.height
    if od.shape != (z, z):
        raise InputError(f"the demand has shape {od.shape} but the city has {z} zones", field="demand")
    if draws < 1:
        raise InputError(f"at least one draw is needed, not {draws}", field="draws")
    date = options.day or typical_weekday(feed)
    timetable = day_timetable(feed, date)
    if timetable.n_patterns == 0:
        raise InputError(f"no trip runs on {date.isoformat()}; choose another day")
    if not (np.diff(timetable.span_ptr) > 0).any():
        draws = 1
    on_foot = walks(city, timetable, options, progress)
    minutes = np.empty((draws, z, z), np.float32)
    total, lost, walked, rides, riding = float(od.sum()), 0.0, 0.0, 0.0, 0.0
    for k in range(draws):
        found = travel_times(
            timetable, on_foot.access, on_foot.transfers, on_foot.egress, on_foot.direct, window=options.window,
            step_s=step_s, max_rides=options.max_rides, max_minutes=options.max_minutes, percentiles=PERCENTILES,
            headway_draws=1, seed=options.seed + k, progress=progress,
        )  # fmt: skip
        minutes[k] = np.nan_to_num(found.minutes, nan=options.max_minutes).mean(axis=0)
        lost += float((np.isnan(found.minutes).mean(axis=0) * od).sum())
        foot = np.nan_to_num(found.walked) * od
        walked += float(foot.sum())
        riding += float(od[np.isfinite(found.walked)].sum() - foot.sum())
        rides += float((np.nan_to_num(found.rides) * od).sum())
    return Verdict(
        minutes=minutes,
        mean=float((minutes.mean(axis=0) * od).sum() / total),
        unreached=lost / total / draws,
        walked=walked / total / draws,
        transfers=rides / riding - 1.0 if riding > 0 else 0.0,
        work=work_of(feed, options, modes),
    )


def work_of(feed: Feed, options: Options, modes: Collection[str] = BUS_MODES) -> Work:
    """Count what runs on the day and in the window."""
    day = day_timetable(feed, options.day or typical_weekday(feed), previous_day=False, modes=modes)
    trips, km = day_trips(day), pattern_km(feed, day)
    inside = (trips.start >= options.window[0]) & (trips.start < options.window[1])
    hours = (options.window[1] - options.window[0]) / 3600.0
    return Work(
        lines=len(np.unique(trips.route)),
        vehicles=busiest_moment(day).vehicles,
        hours=float((trips.end - trips.start)[inside].sum() / 3600.0 / hours),
        km=float(km[trips.pattern[inside]].sum() / hours),
    )


def compare(before: Verdict, after: Verdict, od: F64, others: Sequence[F64] = ()) -> Comparison:
    """Compare two networks trip by trip.

    Parameters
    ----------
    od
        Daily trips between zones, shape (z, z).
    others
        Other matrices that could be the demand: the range of the gain and of each zone's change is over all of them
        and over the draws of phases.
    """
    was, now = before.minutes.mean(axis=0, dtype=np.float64), after.minutes.mean(axis=0, dtype=np.float64)
    delta, total = now - was, float(od.sum())
    changes, gains = [], []
    for trips in (od, *others):
        for k in range(max(len(before.minutes), len(after.minutes))):
            a = before.minutes[k % len(before.minutes)].astype(np.float64)
            b = after.minutes[k % len(after.minutes)].astype(np.float64)
            changes.append(_zone_means(b - a, trips))
            gains.append(float(((a - b) * trips).sum() / trips.sum()))
    return Comparison(
        faster=tuple(float(od[delta < -m].sum() / total) for m in BOUNDS),
        slower=tuple(float(od[delta > m].sum() / total) for m in BOUNDS),
        gain=float(-(delta * od).sum() / total),
        gain_low=min(gains),
        gain_high=max(gains),
        change=_zone_means(delta, od),
        low=np.min(changes, axis=0),
        high=np.max(changes, axis=0),
    )


def _zone_means(minutes: F64, od: F64) -> F64:
    """Mean of the trips from and to each zone; nan without any."""
    trips = od.sum(axis=1) + od.sum(axis=0)
    total = (minutes * od).sum(axis=1) + (minutes * od).sum(axis=0)
    return np.divide(total, trips, out=np.full(len(trips), np.nan), where=trips > 0)


def area_table(area: Sequence[str], before: Verdict, after: Verdict, compared: Comparison, od: F64) -> pl.DataFrame:
    """Winners and losers by area, those that lose most first.

    Parameters
    ----------
    area
        Name of the area of each zone, length z.

    Returns
    -------
    polars.DataFrame
        area, trips_day, before_minutes, after_minutes, change_minutes, change_percent, and the shares of the area's
        trips from and to zones that clearly gain or lose: gain_share, lose_share.
    """
    trips = od.sum(axis=1) + od.sum(axis=0)
    rows = pl.DataFrame({
        "area": list(area),
        "trips": trips,
        "was": np.nan_to_num(_zone_means(before.minutes.mean(axis=0, dtype=np.float64), od)),
        "now": np.nan_to_num(_zone_means(after.minutes.mean(axis=0, dtype=np.float64), od)),
        "gain": (compared.clear > 0).astype(float),
        "lose": (compared.clear < 0).astype(float),
    }).filter(pl.col("trips") > 0)  # fmt: skip

    def mean(column: str) -> pl.Expr:
        return (pl.col(column) * pl.col("trips")).sum() / pl.col("trips").sum()

    return (
        rows.group_by("area")
        .agg(
            (pl.col("trips").sum() / 2).alias("trips_day"), mean("was").alias("before_minutes"),
            mean("now").alias("after_minutes"), mean("gain").alias("gain_share"), mean("lose").alias("lose_share"),
        )
        .with_columns(
            (pl.col("after_minutes") - pl.col("before_minutes")).alias("change_minutes"),
            (100.0 * (pl.col("after_minutes") / pl.col("before_minutes") - 1.0)).alias("change_percent"),
        )
        .sort("change_percent", "area", descending=[True, False])
    )  # fmt: skip


def at_day_of(options: Options, feed: Feed) -> Options:
    """Fix the day to a typical one of this feed, so that two timetables are judged on the same date."""
    return options if options.day is not None else replace(options, day=typical_weekday(feed))
