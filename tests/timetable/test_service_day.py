"""Service days against the wall clock: nights, frequencies over midnight, exceptions, days of clock change."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from timetable_cases import MakeFeed

from shaar.engine.errors import InputError
from shaar.engine.timetable.arrays import DayTimetable
from shaar.engine.timetable.calendar import active_services
from shaar.engine.timetable.day import day_timetable
from shaar.engine.timetable.read import read_gtfs
from shaar.engine.timetable.service_day import clock, day_length, feed_zone, seconds_at, zero

CHISINAU = "Europe/Chisinau"
FORWARD, BACK = date(2026, 3, 29), date(2026, 10, 25)
AGENCY = f"agency_id,agency_name,agency_url,agency_timezone\n1,Bus,https://example.org,{CHISINAU}\n"
EVERY_DAY = (
    "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\n"
    "wk,1,1,1,1,1,1,1,20260101,20261231\n"
)
NIGHT = (
    "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n"
    "T1,25:10:00,25:10:00,A,1\nT1,25:30:00,25:30:00,D,2\nT2,00:40:00,00:40:00,A,1\nT2,00:55:00,00:55:00,D,2\n"
)


def first_departures(tt: DayTimetable) -> dict[str, list[int]]:
    """First departures by trip; where a pattern has headways, its spans' starts."""
    out: dict[str, list[int]] = {}
    for p in range(tt.n_patterns):
        n = int(tt.stop_ptr[p + 1] - tt.stop_ptr[p])
        for k in range(tt.n_trips[p]):
            name = tt.trip_ids[tt.trip_ptr[p] + k]
            s = int(tt.departure[tt.time_ptr[p] + k * n])
            if tt.span_ptr[p] < tt.span_ptr[p + 1]:
                s += int(tt.span_start[tt.span_ptr[p] + k])
            out.setdefault(name, []).append(s)
    return {name: sorted(v) for name, v in out.items()}


@given(st.dates(date(2024, 1, 1), date(2030, 12, 31)))
def test_noon_is_always_twelve_hours_in(day: date) -> None:
    noon = zero(day, CHISINAU) + timedelta(hours=12)
    assert noon.astimezone(ZoneInfo(CHISINAU)).strftime("%Y-%m-%d %H:%M") == f"{day} 12:00"


def test_days_of_clock_change() -> None:
    """Clocks go forward at 3:00 on 29 March and back at 4:00 on 25 October 2026 (tz database)."""
    assert [day_length(d, CHISINAU) for d in (FORWARD - timedelta(days=1), FORWARD)] == [82_800, 86_400]
    assert [day_length(d, CHISINAU) for d in (BACK - timedelta(days=1), BACK)] == [90_000, 86_400]
    assert zero(FORWARD, CHISINAU) == datetime(2026, 3, 28, 21, tzinfo=UTC)  # 23:00 of the day before, on the wall
    assert f"{clock(FORWARD, 0, CHISINAU):%d %H:%M}" == "28 23:00"
    assert f"{clock(FORWARD, 8 * 3600, CHISINAU):%H:%M}" == "08:00"
    assert f"{clock(BACK, 0, CHISINAU):%d %H:%M}" == "25 01:00"
    assert f"{clock(BACK, 8 * 3600, CHISINAU):%H:%M}" == "08:00"
    assert day_length(date(2026, 3, 29), "Asia/Bishkek") == 86_400


def test_a_city_that_skips_midnight() -> None:
    """Sao Paulo went from 0:00 to 1:00 on 4 November 2018: that day has no midnight."""
    day = date(2018, 11, 4)
    assert f"{clock(day, 0, 'America/Sao_Paulo'):%d %H:%M}" == "03 23:00"
    assert f"{clock(day, 6 * 3600, 'America/Sao_Paulo'):%d %H:%M}" == "04 06:00"


@given(st.dates(date(2024, 1, 1), date(2030, 12, 31)), st.integers(-7200, 30 * 3600))
def test_clock_and_back(day: date, seconds: int) -> None:
    for zone in (CHISINAU, "Asia/Almaty", "America/Sao_Paulo"):
        assert seconds_at(day, clock(day, seconds, zone), zone) == seconds


def test_an_unknown_zone_is_refused() -> None:
    with pytest.raises(InputError, match="Asia/Bishkeck"):
        zero(FORWARD, "Asia/Bishkeck")


@pytest.mark.parametrize(("day", "shift"), [(date(2026, 5, 6), 86_400), (FORWARD, 82_800), (BACK, 90_000)])
def test_the_night_before_keeps_its_moment(make_feed: MakeFeed, day: date, shift: int) -> None:
    changes = {"agency": AGENCY, "calendar": EVERY_DAY, "calendar_dates": None, "stop_times": NIGHT}
    feed = read_gtfs(make_feed(changes))
    own, before = 25 * 3600 + 600, 25 * 3600 + 600 - shift
    assert first_departures(day_timetable(feed, day)) == {"T1": [before, own], "T2": [2400]}
    # the wall shows the same whichever day one counts from
    yesterday = day - timedelta(days=1)
    assert clock(day, before, CHISINAU) == clock(yesterday, own, CHISINAU)
    assert first_departures(day_timetable(feed, day, previous_day=False)) == {"T1": [own], "T2": [2400]}


@pytest.mark.parametrize(("day", "shift"), [(date(2026, 5, 6), 86_400), (FORWARD - timedelta(days=1), 82_800)])
def test_the_morning_after(make_feed: MakeFeed, day: date, shift: int) -> None:
    changes = {"agency": AGENCY, "calendar": EVERY_DAY, "calendar_dates": None, "stop_times": NIGHT}
    feed = read_gtfs(make_feed(changes))
    found = first_departures(day_timetable(feed, day, previous_day=False, next_day=True))
    assert found == {"T1": [25 * 3600 + 600], "T2": [2400, 2400 + shift]}  # T1 of tomorrow is not early in the day


def test_frequencies_over_midnight(make_feed: MakeFeed) -> None:
    frequencies = "trip_id,start_time,end_time,headway_secs,exact_times\nT1,23:30:00,25:30:00,1800,{}\n"
    base = {
        "agency": AGENCY, "calendar": EVERY_DAY, "calendar_dates": None,
        "trips": "route_id,service_id,trip_id,direction_id\nR,wk,T1,0\n",
        "stop_times": "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n"
        "T1,8:00:00,8:00:00,A,1\nT1,8:20:00,8:20:00,D,2\n",
    }  # fmt: skip
    exact = read_gtfs(make_feed({**base, "frequencies": frequencies.format(1)}))
    runs = sorted(s for v in first_departures(day_timetable(exact, FORWARD)).values() for s in v)
    own = [84_600, 86_400, 88_200, 90_000]
    # of the day before: those that still run after the day's zero, moved by 23 hours
    assert runs == [s - 82_800 for s in own if s + 1200 - 82_800 >= 0] + own
    loose = read_gtfs(make_feed({**base, "frequencies": frequencies.format(0)}))
    tt = day_timetable(loose, FORWARD)
    assert sorted(zip(tt.span_start.tolist(), tt.span_end.tolist())) == [(1800, 9000), (84_600, 91_800)]


def test_exceptions_count_for_the_night_of_their_day(make_feed: MakeFeed) -> None:
    """Service removed on the 5th: the 6th has no night runs of the day before; added on a Saturday, the Sunday has."""
    changes = {
        "agency": AGENCY, "stop_times": NIGHT,
        "calendar_dates": "service_id,date,exception_type\nwk,20260505,2\nwk,20260509,1\n",
    }  # fmt: skip
    feed = read_gtfs(make_feed(changes))
    assert active_services(feed, date(2026, 5, 5)) == frozenset()
    assert active_services(feed, date(2026, 5, 9)) == {"wk"}
    assert first_departures(day_timetable(feed, date(2026, 5, 5)))["T1"] == [25 * 3600 + 600 - 86_400]
    assert first_departures(day_timetable(feed, date(2026, 5, 6)))["T1"] == [25 * 3600 + 600]
    sunday = first_departures(day_timetable(feed, date(2026, 5, 10)))
    assert sunday == {"T1": [25 * 3600 + 600 - 86_400]}


def test_the_zone_of_a_feed(make_feed: MakeFeed) -> None:
    assert feed_zone(read_gtfs(make_feed())) == "Asia/Bishkek"
    two = (
        "agency_id,agency_name,agency_url,agency_timezone\n1,Bus,https://example.org,Asia/Almaty\n"
        "2,Rail,https://example.org,Asia/Bishkek\n"
    )
    routes = "route_id,agency_id,route_short_name,route_long_name,route_type\nR,2,7,,3\n"
    assert feed_zone(read_gtfs(make_feed({"agency": two, "routes": routes}))) == "Asia/Bishkek"
