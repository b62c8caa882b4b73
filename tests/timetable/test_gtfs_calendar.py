"""Days of service."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from timetable_cases import SMALL, MakeFeed

from shaar.engine.errors import InputError
from shaar.engine.timetable.calendar import active_services, day_findings, gaps, trips_per_day, typical_weekday
from shaar.engine.timetable.read import read_gtfs


def test_exceptions_add_and_remove(make_feed: MakeFeed) -> None:
    feed = read_gtfs(make_feed())
    assert active_services(feed, date(2026, 5, 4)) == {"wk"}
    assert active_services(feed, date(2026, 5, 5)) == frozenset()  # taken away
    assert active_services(feed, date(2026, 5, 9)) == {"wk"}  # a Saturday, added
    assert active_services(feed, date(2026, 5, 10)) == frozenset()
    days = dict(trips_per_day(feed).iter_rows())
    assert len(days) == 91
    assert (days[date(2026, 5, 4)], days[date(2026, 5, 5)], days[date(2026, 5, 9)]) == (2, 0, 2)
    assert sum(days.values()) == 2 * 65  # 13 weeks of 5 days, one taken, one added


def test_frequencies_count_departures(make_feed: MakeFeed) -> None:
    head = "trip_id,start_time,end_time,headway_secs\n"
    feed = read_gtfs(make_feed({"frequencies": head + "T1,6:00:00,7:00:00,600\nT1,7:00:00,7:25:00,600\n"}))
    assert dict(trips_per_day(feed).iter_rows())[date(2026, 5, 4)] == 6 + 3 + 1


def test_typical_weekday_keeps_off_edges_and_holidays(make_feed: MakeFeed) -> None:
    feed = read_gtfs(make_feed())
    day = typical_weekday(feed)
    assert day.isoweekday() in (2, 3, 4)
    assert date(2026, 3, 9) <= day <= date(2026, 5, 24)
    assert day != date(2026, 5, 5)


def test_typical_weekday_of_dates_only_and_of_weekends(make_feed: MakeFeed) -> None:
    dates = "service_id,date,exception_type\n" + "".join(f"wk,202604{d:02d},1\n" for d in (14, 15, 16, 18))
    assert typical_weekday(read_gtfs(make_feed({"calendar": None, "calendar_dates": dates}))) == date(2026, 4, 15)
    dates = "service_id,date,exception_type\nwk,20260418,1\n"
    assert typical_weekday(read_gtfs(make_feed({"calendar": None, "calendar_dates": dates}))) == date(2026, 4, 18)
    nothing = SMALL["calendar"].replace("1,1,1,1,1,0,0", "0,0,0,0,0,0,0")
    with pytest.raises(InputError, match="no day"):
        typical_weekday(read_gtfs(make_feed({"calendar": nothing, "calendar_dates": None})))


def test_day_findings(make_feed: MakeFeed) -> None:
    feed = read_gtfs(make_feed())
    assert [f.code for f in day_findings(feed, date(2026, 5, 5))] == ["timetable.no_service"]
    assert "outside" in day_findings(feed, date(2027, 1, 5))[0].message
    assert day_findings(feed, date(2026, 5, 6)) == ()
    europe = read_gtfs(
        make_feed(
            {
                "agency": SMALL["agency"].replace("Asia/Bishkek", "Europe/Chisinau"),
                "calendar": SMALL["calendar"].replace("0,0,2", "1,1,2"),
            },
            name="md.zip",
        )
    )
    assert [f.code for f in day_findings(europe, date(2026, 3, 29))] == ["timetable.clock_change"]


def test_gaps(make_feed: MakeFeed) -> None:
    calendar = SMALL["calendar"] + "later,1,1,1,1,1,1,1,20260701,20260707\n"
    trips = SMALL["trips"].replace("R,wk,T2", "R,later,T2")
    feed = read_gtfs(make_feed({"calendar": calendar, "trips": trips}))
    assert gaps(feed) == ((date(2026, 5, 30), date(2026, 6, 30)),)


def test_typical_days_of_real_feeds(shared_data: Path) -> None:
    feed = read_gtfs(shared_data / "cities" / "las_palmas" / "gtfs_guaguas_20230222.zip")
    day = typical_weekday(feed)
    assert dict(trips_per_day(feed).iter_rows())[day] == 3759  # the commonest of its weekdays: 1,898 days
