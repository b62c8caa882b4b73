"""Observed runs: days made of visits, and percentiles that hold their spread."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest
from journey_cases import grid_feed
from routing_cases import walks

from shaar.engine.errors import InputError
from shaar.engine.routing.observed_times import pooled_travel_times
from shaar.engine.routing.raptor import travel_times
from shaar.engine.timetable.day import day_timetable
from shaar.engine.timetable.observed import observed_days, read_visits

DAY = dt.date(2026, 5, 6)
FEED = grid_feed()
PLAN = day_timetable(FEED, DAY)
EIGHT = 8 * 3600
NET = walks(2, 4, [(0, 0, 0)]), walks(4, 4, []), walks(4, 2, [(3, 1, 0)]), walks(2, 2, [])


def clock(s):
    return f"{s // 3600}:{s // 60 % 60:02d}:{s % 60:02d}"


def visits(days):
    """Visits of all trips on some days, as CSV: (day, seconds late, trips not run) each."""
    rows = []
    for day, late, missing in days:
        for trip, seq, stop, a, d in FEED.stop_times.select(
            "trip_id", "stop_sequence", "stop_id", "arrival", "departure"
        ).iter_rows():
            if trip not in missing:
                rows.append((str(day), trip, stop, seq, clock(a + late), clock(d + late)))
    names = ("date", "trip_id", "stop_id", "stop_sequence", "arrival", "departure")
    return pl.DataFrame(rows, schema=names, orient="row")


def made(tmp_path, frame):
    path = tmp_path / "visits.csv"
    frame.write_csv(path)
    return observed_days(read_visits(path), FEED, stop_ids=PLAN.stop_ids)


def test_a_day_run_to_plan_equals_the_plan(tmp_path):
    (day,) = made(tmp_path, visits([(DAY, 0, ())])).values()
    for field in ("stop_ids", "stop_ptr", "pattern_stops", "pattern_route", "pattern_direction", "n_trips", "time_ptr",
                  "arrival", "departure", "trip_ids", "route_ids"):  # fmt: skip
        assert np.array_equal(getattr(day, field), getattr(PLAN, field)), field
    ask = {"window": (EIGHT, EIGHT + 3600), "percentiles": (5, 50, 95)}
    a = pooled_travel_times([day], *NET, **ask)
    b = travel_times(PLAN, *NET, method="raptor", **ask)
    assert np.array_equal(a.minutes, b.minutes, equal_nan=True)
    assert np.array_equal(a.rides, b.rides, equal_nan=True)


def test_percentiles_hold_the_spread_of_days(tmp_path):
    """Three days: to plan, five minutes late all day, and with every second fast bus missing."""
    monday = dt.date(2026, 5, 4)
    missing = tuple(f"fast-{k}" for k in range(1, 12, 2)) + tuple(f"slow-{k}" for k in range(12))
    days = made(tmp_path, visits([(monday, 0, ()), (DAY, 300, ()), (dt.date(2026, 5, 7), 0, missing)]))
    assert len(days) == 3
    window, step = (EIGHT, EIGHT + 3600), 60
    pooled = pooled_travel_times(list(days.values()), *NET, window=window, percentiles=(10, 50, 90))
    sample = []
    for day in days.values():
        starts = [
            (int(day.departure[day.time_ptr[p] + k * 4]), int(day.arrival[day.time_ptr[p] + k * 4 + 3]))
            for p in range(day.n_patterns) for k in range(day.n_trips[p])
        ]  # fmt: skip
        sample += [min(a - t for d, a in starts if d >= t) for t in range(*window, step)]
    ranked = np.sort(sample)
    for got, q in zip(pooled.minutes[:, 0, 1], (10, 50, 90), strict=True):
        assert got == np.float32(ranked[int(np.ceil(q / 100 * len(ranked))) - 1] / 60)
    plan = travel_times(PLAN, *NET, window=window, percentiles=(90,), method="raptor")
    assert pooled.minutes[2, 0, 1] > plan.minutes[0, 0, 1]


def test_moments_nights_gaps_and_gps(tmp_path):
    rows = [
        # late in the evening, with a stop that was not seen and a clock that runs back two seconds
        ("2026-05-05", "v1", "fast", "s0", 1, "2026-05-05T23:50:00+06:00", None),
        ("2026-05-05", "v1", "fast", "s20", 3, "2026-05-06T00:10:00+06:00", "2026-05-06T00:10:30+06:00"),
        ("2026-05-05", "v1", "fast", "s30", 4, "2026-05-06T00:10:28+06:00", None),
        ("2026-05-06", "v2", "new", "s0", 1, None, "8:00:00"),
        ("2026-05-06", "v2", "new", "s10", 2, "8:03:00", None),
        ("2026-05-06", "v3", "new", "s10", 1, "9:00:00", None),
    ]
    names = ("date", "run_id", "route_id", "stop_id", "stop_sequence", "arrival", "departure")
    days = made(tmp_path, pl.DataFrame(rows, schema=names, orient="row"))
    assert list(days) == [dt.date(2026, 5, 5), DAY]
    first, second = days.values()
    assert [first.stop_ids[s] for s in first.pattern_stops] == ["s0", "s20", "s30"]
    assert first.departure.tolist() == [85_800, 87_030, 87_030]
    assert first.arrival.tolist() == [85_800, 87_000, 87_030]
    assert "new" in second.route_ids
    assert sorted(second.trip_ids) == ["v1", "v2"]  # the night run is still under way; v3 was seen once only
    assert second.arrival.min() == 85_800 - 86_400


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"date": "6.5.2026"}, 'line 2, field date: "6.5.2026" is not a date'),
        ({"stop_sequence": "one"}, 'line 2, field stop_sequence: "one" is not a whole number'),
        ({"arrival": "8 o'clock"}, 'line 2, field arrival: "8 o\'clock" is neither'),
        ({"arrival": None, "departure": None}, "line 2, field arrival: the value is missing as is departure"),
        ({"trip_id": "unknown"}, 'the line of run "unknown" is not known'),
    ],
)
def test_bad_tables_are_refused(tmp_path, change, words):
    frame = visits([(DAY, 0, ())]).head(4)
    for column, value in change.items():
        where = pl.lit(True) if column == "trip_id" else pl.int_range(pl.len()) == 0
        text = pl.col(column).cast(pl.String)
        frame = frame.with_columns(pl.when(where).then(pl.lit(value, pl.String)).otherwise(text).alias(column))
    with pytest.raises(InputError) as e:
        made(tmp_path, frame)
    assert words in str(e.value)
    assert made(tmp_path, visits([(DAY, 0, ())]).head(4))


def test_files_and_columns(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_visits(tmp_path / "none.csv")
    (tmp_path / "v.csv").write_text("date,stop_id,arrival\n", encoding="utf-8")
    with pytest.raises(InputError, match="field stop_sequence: the column is missing"):
        read_visits(tmp_path / "v.csv")
    twice = visits([(DAY, 0, ())]).head(3).with_columns(stop_sequence=pl.lit(1))
    with pytest.raises(InputError, match="at this sequence number twice"):
        made(tmp_path, twice)
    with pytest.raises(ValueError, match="same stops"):
        pooled_travel_times([], *NET, window=(0, 60))
