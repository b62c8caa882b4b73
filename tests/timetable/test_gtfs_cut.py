"""A timetable cut to some of its stops: times, trips and headways by hand."""

from __future__ import annotations

import datetime as dt

import pytest
from timetable_cases import MakeFeed

from shaar.engine.timetable.cut import cut_feed
from shaar.engine.timetable.day import day_timetable
from shaar.engine.timetable.read import read_gtfs

EIGHT, WEEKDAY = 8 * 3600, dt.date(2026, 3, 4)


def calls(feed, trip: str) -> list[tuple[str, int, int]]:
    rows = feed.stop_times.filter(feed.stop_times["trip_id"] == trip)
    return list(rows.select("stop_id", "arrival", "departure").iter_rows())


def test_blank_times_are_filled_before_the_cut(make_feed: MakeFeed):
    """A, B, C, D lie at 0, 1, 3 and 4 hundredths of a degree; the bus takes 8 min, so B is at 2 and C at 6."""
    feed = cut_feed(read_gtfs(make_feed()), {"B", "C"})
    assert calls(feed, "T1") == [("B", EIGHT + 120, EIGHT + 120), ("C", EIGHT + 360, EIGHT + 360)]
    assert feed.stops["stop_id"].to_list() == ["B", "C"]
    # T2 calls at A, C and D: one call is no trip
    assert feed.trips["trip_id"].to_list() == ["T1"]


def test_a_vehicle_that_leaves_the_area_and_comes_back_is_on_its_way(make_feed: MakeFeed):
    feed = cut_feed(read_gtfs(make_feed()), {"A", "D"})
    assert calls(feed, "T1") == [("A", EIGHT, EIGHT), ("D", EIGHT + 480, EIGHT + 480)]
    assert feed.trips["trip_id"].to_list() == ["T1", "T2"]


def test_all_stops_change_nothing_in_a_day(make_feed: MakeFeed):
    feed = read_gtfs(make_feed())
    whole, cut = (day_timetable(f, WEEKDAY) for f in (feed, cut_feed(feed, set("ABCD"))))
    assert whole.stop_ids == cut.stop_ids
    for field in ("pattern_stops", "arrival", "departure", "n_trips"):
        assert (getattr(whole, field) == getattr(cut, field)).all()


def test_headways_begin_at_the_first_call_left(make_feed: MakeFeed):
    """Departures from A at 8:00, 8:10 ... are at B two minutes later."""
    text = "trip_id,start_time,end_time,headway_secs\nT1,08:00:00,09:00:00,600\n"
    feed = cut_feed(read_gtfs(make_feed({"frequencies": text})), {"B", "C", "D"})
    spans = feed.frequencies.select("trip_id", "start", "end", "headway").rows()
    assert spans == [("T1", EIGHT + 120, EIGHT + 3720, 600)]
    day = day_timetable(feed, WEEKDAY)
    assert (day.span_start.tolist(), day.span_end.tolist()) == ([EIGHT + 120], [EIGHT + 3720])


@pytest.mark.parametrize("stops", [set(), {"A"}, {"X"}])
def test_nothing_is_left_of_an_area_that_no_trip_crosses(make_feed: MakeFeed, stops: set[str]):
    feed = cut_feed(read_gtfs(make_feed()), stops)
    assert (feed.routes.height, feed.trips.height, feed.stop_times.height) == (0, 0, 0)


def test_stations_of_stops_inside_stay(make_feed: MakeFeed):
    text = (
        "stop_id,stop_name,stop_lat,stop_lon,location_type,parent_station\nS,Station,42.87,74.60,1,\n"
        "A,a,42.87,74.60,0,S\nB,b,42.87,74.61,0,\nC,c,42.87,74.63,0,\nD,d,42.87,74.64,0,\n"
    )
    feed = cut_feed(read_gtfs(make_feed({"stops": text})), {"A", "C"})
    assert feed.stops["stop_id"].to_list() == ["S", "A", "C"]
