"""Counts against gtfs_kit, an independent reader."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from shaar.engine.timetable.calendar import trips_per_day, typical_weekday
from shaar.engine.timetable.day import day_timetable
from shaar.engine.timetable.distance import Distances, crow_metres
from shaar.engine.timetable.feed import Feed
from shaar.engine.timetable.pattern_length import pattern_km
from shaar.engine.timetable.read import read_gtfs

gk = pytest.importorskip("gtfs_kit")


@pytest.mark.parametrize(
    ("path", "routes"),
    [
        ("porto_alegre/poa_eptc.zip", ["T1", "T9", "R67", "2441", "T4", "T5", "T11"]),
        ("porto_alegre/poa_trensurb.zip", None),
        ("las_palmas/gtfs_guaguas_20230222.zip", ["1", "12", "55", "64"]),
    ],
)
def test_routes_trips_hours_and_kilometres(shared_data: Path, path: str, routes: list[str] | None) -> None:
    feed = read_gtfs(shared_data / "cities" / path)
    other = gk.read_feed(shared_data / "cities" / path, dist_units="km")
    day = typical_weekday(feed)
    assert feed.routes.height == len(other.routes)
    counts = dict(trips_per_day(feed).iter_rows())
    for d in (day, day.replace(day=1), day.replace(day=14)):
        assert counts.get(d, 0) == len(other.get_trips(date=d.strftime("%Y%m%d")))

    tt = day_timetable(feed, day, previous_day=False)
    km = pattern_km(feed, tt)
    ours: dict[str, tuple[float, float]] = {}
    for p in range(tt.n_patterns):
        n = int(tt.stop_ptr[p + 1] - tt.stop_ptr[p])
        for k in range(tt.n_trips[p]):
            a = int(tt.time_ptr[p]) + k * n
            hours = (tt.departure[a + n - 1] - tt.departure[a]) / 3600
            ours[tt.trip_ids[tt.trip_ptr[p] + k]] = (float(km[p]), float(hours))
    stats = gk.compute_trip_stats(other, route_ids=routes)
    stats = stats[stats["trip_id"].isin(list(ours))]
    assert len(stats) > 100
    theirs = {
        str(t): (float(d), float(h)) for t, d, h in zip(stats.trip_id, stats.distance, stats.duration, strict=True)
    }
    # vehicle hours: the same to the second. gtfs_kit counts from departure to departure
    assert [ours[t][1] for t in theirs] == pytest.approx([h for _, h in theirs.values()], abs=1e-9)
    # vehicle kilometres: gtfs_kit takes the whole shape, we take it from the first to the last stop, and crow distance
    # where the shape misses a stop by more than 1 km. So they agree where a shape starts and ends at the stops
    fitting = _fitting(feed)
    same = [t for t in theirs if t in fitting]
    assert len(same) >= 20
    ratio = np.array([ours[t][0] / theirs[t][0] for t in same])
    assert np.abs(ratio - 1).max() < 0.03  # up to 100 m at each end
    assert abs(np.median(ratio) - 1) < 0.01


def _fitting(feed: Feed, reach: float = 100.0) -> set[str]:
    """Trips whose shape begins and ends at their first and last stop."""
    d = Distances.of(feed)
    calls = feed.stop_times.group_by("trip_id").agg(
        pl.col("stop_id").first().alias("a"), pl.col("stop_id").last().alias("b")
    )
    out = set()
    for t, s, a, b in feed.trips.join(calls, on="trip_id").select("trip_id", "shape_id", "a", "b").iter_rows():
        lon, lat = d.shapes[s]
        ends = crow_metres(
            lon[[0, -1]],
            lat[[0, -1]],
            np.array([d.stop_lon[a], d.stop_lon[b]]),
            np.array([d.stop_lat[a], d.stop_lat[b]]),
        )
        if (ends < reach).all():
            out.add(t)
    return out
