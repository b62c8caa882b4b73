"""One day as arrays: interpolation, patterns, overtaking, midnight, frequencies, lengths."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from timetable_cases import SMALL, MakeFeed

from shaar.engine.errors import InputError
from shaar.engine.timetable.arrays import DayTimetable
from shaar.engine.timetable.calendar import trips_per_day, typical_weekday
from shaar.engine.timetable.day import day_timetable, day_timetables, pattern_trip_source
from shaar.engine.timetable.distance import CROW_FACTOR
from shaar.engine.timetable.kernels import interpolate_blank, project_in_order
from shaar.engine.timetable.pattern_length import pattern_km, pattern_km_findings
from shaar.engine.timetable.read import read_gtfs

WEDNESDAY = date(2026, 5, 6)
HEAD = "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n"


def rows(tt: DayTimetable) -> dict[str, tuple[tuple[str, ...], list[int], list[int]]]:
    """Stops, arrivals and departures by trip."""
    out = {}
    for p in range(tt.n_patterns):
        stops = tt.pattern_stops[tt.stop_ptr[p] : tt.stop_ptr[p + 1]]
        n = len(stops)
        for k in range(tt.n_trips[p]):
            a = tt.time_ptr[p] + k * n
            trip = tt.trip_ids[tt.trip_ptr[p] + k]
            out[trip] = (
                tuple(tt.stop_ids[s] for s in stops),
                tt.arrival[a : a + n].tolist(),
                tt.departure[a : a + n].tolist(),
            )
    return out


def check(tt: DayTimetable) -> None:
    """What every DayTimetable promises."""
    assert tt.stop_ptr[-1] == len(tt.pattern_stops)
    assert tt.time_ptr[-1] == len(tt.arrival) == len(tt.departure)
    assert tt.trip_ptr[-1] == len(tt.trip_ids)
    assert tt.span_ptr[-1] == len(tt.span_start) == len(tt.span_end) == len(tt.span_headway)
    for p in range(tt.n_patterns):
        n = int(tt.stop_ptr[p + 1] - tt.stop_ptr[p])
        a = tt.arrival[tt.time_ptr[p] : tt.time_ptr[p + 1]].reshape(-1, n)
        d = tt.departure[tt.time_ptr[p] : tt.time_ptr[p + 1]].reshape(-1, n)
        assert n >= 2
        assert len(a) == tt.n_trips[p]
        assert (a <= d).all()
        assert (d[:, :-1] <= a[:, 1:]).all()
        if tt.span_ptr[p] == tt.span_ptr[p + 1]:
            assert (np.diff(a, axis=0) >= 0).all()
            assert (np.diff(d, axis=0) >= 0).all()
        else:
            assert tt.span_ptr[p + 1] - tt.span_ptr[p] == tt.n_trips[p]
            assert (d[:, 0] == 0).all()
            s, e = (v[tt.span_ptr[p] : tt.span_ptr[p + 1]] for v in (tt.span_start, tt.span_end))
            assert (e[:-1] <= s[1:]).all()


def test_blank_times_follow_the_distance(make_feed: MakeFeed) -> None:
    tt = day_timetable(read_gtfs(make_feed()), WEDNESDAY, previous_day=False)
    check(tt)
    # A 74.60, B 74.61, C 74.63, D 74.64 on one parallel: a quarter, three quarters of 480 s
    assert rows(tt)["T1"] == (("A", "B", "C", "D"), [28800, 28920, 29160, 29280], [28800, 28920, 29160, 29280])
    assert rows(tt)["T2"] == (("A", "C", "D"), [85800, 86400, 87000], [85800, 86460, 87000])


def test_stated_distances_win_over_the_crow(make_feed: MakeFeed) -> None:
    times = "trip_id,arrival_time,departure_time,stop_id,stop_sequence,shape_dist_traveled\n" + (
        "T1,8:00:00,8:00:00,A,1,0\nT1,,,B,2,1.5\nT1,,,C,3,2.25\nT1,8:08:00,8:08:00,D,4,3\n"
    )
    feed = read_gtfs(make_feed({"stop_times": times}))
    tt = day_timetable(feed, WEDNESDAY)
    assert rows(tt)["T1"][1] == [28800, 29040, 29160, 29280]
    assert pattern_km(feed, tt).tolist() == [3.0]  # kilometres, not metres, miles or feet
    assert pattern_km_findings(feed, tt) == ()


def test_a_day_with_and_without_the_night_before_at_once(make_feed: MakeFeed) -> None:
    feed, friday = read_gtfs(make_feed()), date(2026, 5, 8)
    own, whole = day_timetables(feed, friday)
    assert (own.n_trips.sum(), whole.n_trips.sum()) == (2, 3)
    for found, night in ((own, False), (whole, True)):
        asked = day_timetable(feed, friday, previous_day=night)
        for name in DayTimetable.__dataclass_fields__:
            assert np.array_equal(getattr(found, name), getattr(asked, name)), name


def test_yesterdays_trips_after_midnight(make_feed: MakeFeed) -> None:
    feed = read_gtfs(make_feed())
    today = rows(day_timetable(feed, WEDNESDAY))  # the day before is taken out of service
    assert sorted(today) == ["T1", "T2"]
    tt = day_timetable(feed, date(2026, 5, 8))
    check(tt)
    assert tt.n_trips.sum() == 3
    first = tt.trip_ids.index("T2")
    p = int(np.searchsorted(tt.trip_ptr, first, side="right")) - 1
    assert tt.departure[tt.time_ptr[p] : tt.time_ptr[p] + 3].tolist() == [-600, 60, 600]
    saturday = day_timetable(feed, date(2026, 5, 16))  # no service but Friday's last trip
    assert saturday.trip_ids == ("T2",)
    assert day_timetable(feed, date(2026, 5, 16), previous_day=False).n_patterns == 0


def test_overtaking_splits_a_pattern(make_feed: MakeFeed) -> None:
    times = HEAD + "".join(
        f"{t},{a},{a},A,1\n{t},{b},{b},D,2\n"
        for t, a, b in (("T1", "8:00:00", "9:00:00"), ("T2", "8:10:00", "8:30:00"), ("T3", "8:20:00", "9:00:00"))
    )
    trips = SMALL["trips"] + "R,wk,T3,0\n"
    tt = day_timetable(read_gtfs(make_feed({"stop_times": times, "trips": trips})), WEDNESDAY)
    check(tt)
    assert [tt.trip_ids[a:b] for a, b in zip(tt.trip_ptr[:-1], tt.trip_ptr[1:], strict=True)] == [("T1", "T3"), ("T2",)]


def test_frequencies_stay_headways_and_exact_times_expand(make_feed: MakeFeed) -> None:
    head = "trip_id,start_time,end_time,headway_secs,exact_times\n"
    lines = "T1,6:00:00,9:00:00,600,\nT1,9:00:00,20:00:00,900,0\nT2,6:00:00,6:25:00,600,1\n"
    tt = day_timetable(read_gtfs(make_feed({"frequencies": head + lines})), WEDNESDAY)
    check(tt)
    assert [t for t in tt.trip_ids if "@" in t] == ["T2@06:00:00", "T2@06:10:00", "T2@06:20:00"]
    assert rows(tt)["T2@06:10:00"][2] == [22200, 22860, 23400]
    assert pattern_trip_source("T2@06:10:00") == "T2"
    assert pattern_trip_source("T1-2@1#1202") == "T1-2@1#1202"
    assert tt.span_start.tolist() == [21600, 32400]
    assert tt.span_end.tolist() == [32400, 72000]
    assert tt.span_headway.tolist() == [600, 900]
    assert rows(tt)["T1"][2] == [0, 120, 360, 480]


def test_choice_of_stops_and_modes(make_feed: MakeFeed) -> None:
    feed = read_gtfs(make_feed())
    tt = day_timetable(feed, WEDNESDAY, stop_ids=["D", "A", "X"])
    assert tt.stop_ids == ("D", "A", "X")
    assert rows(tt)["T1"] == (("A", "D"), [28800, 29280], [28800, 29280])
    assert np.isnan(tt.stop_lon[2])
    assert day_timetable(feed, WEDNESDAY, modes=("tram",)).n_patterns == 0
    assert day_timetable(feed, WEDNESDAY, modes=("bus",)).n_patterns == 2
    with pytest.raises(InputError, match="twice"):
        day_timetable(feed, WEDNESDAY, stop_ids=["A", "A"])


def test_length_by_crow_is_said_and_by_shape_is_exact(make_feed: MakeFeed) -> None:
    feed = read_gtfs(make_feed())
    tt = day_timetable(feed, WEDNESDAY)
    km = pattern_km(feed, tt)
    crow = 0.04 * np.pi / 180 * 6371.0088 * np.cos(np.radians(42.87))
    assert km == pytest.approx([crow * CROW_FACTOR] * 2, rel=1e-4)
    assert [f.code for f in pattern_km_findings(feed, tt)] == ["timetable.length_by_crow"]
    shapes = "shape_id,shape_pt_lat,shape_pt_lon,shape_pt_sequence\n" + (
        "S,42.87,74.59,1\nS,42.87,74.62,2\nS,42.88,74.62,3\nS,42.87,74.62,4\nS,42.87,74.65,5\n"
    )
    trips = "route_id,service_id,trip_id,shape_id\nR,wk,T1,S\nR,wk,T2,S\n"
    feed = read_gtfs(make_feed({"shapes": shapes, "trips": trips}, name="s.zip"))
    tt = day_timetable(feed, WEDNESDAY)
    # the ellipsoid at 42.87 N: 81,721 m a degree of longitude, 111,090 m a degree of latitude (Vincenty)
    assert pattern_km(feed, tt) == pytest.approx([0.04 * 81.721 + 0.02 * 111.090] * 2, rel=3e-4)
    assert pattern_km_findings(feed, tt) == ()


def test_projection_passes_a_street_twice_in_order() -> None:
    # out along the street, round a block, and back on the same street: stops A B | B' A' at the same places
    sx, sy = np.array([0.0, 100.0, 100.0, 110.0, 110.0, 0.0]), np.array([0.0, 0.0, 50.0, 50.0, 8.0, 8.0])
    px, py = np.array([10.0, 60.0, 60.0, 10.0]), np.array([-5.0, -5.0, 5.0, 5.0])
    along, off = project_in_order(px, py, sx, sy)
    assert along == pytest.approx([10, 60, 252, 302])
    assert off == pytest.approx([5, 5, 3, 3])


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_interpolation_is_monotone_and_keeps_given_times(data: st.DataObject) -> None:
    n = data.draw(st.integers(2, 12))
    given_times = np.cumsum(data.draw(st.lists(st.integers(0, 900), min_size=n, max_size=n))).astype(np.int64)
    blank = np.array([False, *data.draw(st.lists(st.booleans(), min_size=n - 2, max_size=n - 2)), False])
    along = np.cumsum(data.draw(st.lists(st.floats(0, 2000), min_size=n, max_size=n)))
    out = interpolate_blank(np.where(blank, -1, given_times), along, np.array([0, n]))
    assert (np.diff(out) >= 0).all()
    assert (out[~blank] == given_times[~blank]).all()


@settings(max_examples=25, deadline=None)
@given(start=st.integers(0, 80_000), length=st.integers(1, 30_000), headway=st.integers(60, 4000))
def test_exact_frequencies_expand_to_the_right_number(
    tmp_path_factory: pytest.TempPathFactory, start: int, length: int, headway: int
) -> None:
    folder = tmp_path_factory.mktemp("f")
    hms = [f"{v // 3600}:{v // 60 % 60:02d}:{v % 60:02d}" for v in (start, start + length)]
    rows_ = f"trip_id,start_time,end_time,headway_secs,exact_times\nT1,{hms[0]},{hms[1]},{headway},1\n"
    for table, text in {**SMALL, "frequencies": rows_}.items():
        (folder / f"{table}.txt").write_text(text, encoding="utf-8")
    feed = read_gtfs(folder)
    tt = day_timetable(feed, WEDNESDAY, previous_day=False)
    starts = [times[0] for trip, (_, _, times) in rows(tt).items() if trip.startswith("T1@")]
    assert sorted(starts) == list(range(start, start + length, headway))
    assert dict(trips_per_day(feed).iter_rows())[WEDNESDAY] == len(starts) + 1


@pytest.mark.parametrize(
    ("path", "trips", "patterns"),
    [
        ("porto_alegre/poa_eptc.zip", 2374, 201),
        ("porto_alegre/poa_trensurb.zip", 529, 21),
        ("las_palmas/gtfs_guaguas_20230222.zip", 3759, 101),
        ("chisinau/gtfs_bus_pua_2020.zip", 1175, 73),
        ("trujillo/gtfs_informal_trufi.zip", 19_484, 102),
    ],
)
def test_real_days(shared_data: Path, path: str, trips: int, patterns: int) -> None:
    feed = read_gtfs(shared_data / "cities" / path)
    day = typical_weekday(feed)
    tt = day_timetable(feed, day)
    check(tt)
    alone = day_timetable(feed, day, previous_day=False)
    assert (int(alone.n_trips.sum()), alone.n_patterns) == (trips, patterns)
    assert trips == dict(trips_per_day(feed).iter_rows())[day]
    km = pattern_km(feed, alone)
    assert (km > 0.3).all()
    assert (km < 80).all()
