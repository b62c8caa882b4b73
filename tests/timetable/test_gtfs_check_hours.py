"""A feed that holds a few hours only is told from a whole day."""

from __future__ import annotations

from pathlib import Path

import pytest
from timetable_cases import MakeFeed

from shaar.engine.findings import Finding
from shaar.engine.timetable.check import check_feed
from shaar.engine.timetable.read import read_gtfs
from shaar.report.i18n import Speaker

CALLS = "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n"


def feed_of(starts: list[int]) -> dict[str, str]:
    """Tables of a feed with trips that start at these minutes after midnight."""
    trips, calls = "route_id,service_id,trip_id,direction_id\n", CALLS
    for k, minute in enumerate(starts):
        trips += f"R,wk,X{k},0\n"
        for stop, after in (("A", 0), ("D", 9)):
            at = f"{(minute + after) // 60}:{(minute + after) % 60:02d}:00"
            calls += f"X{k},{at},{at},{stop},{after + 1}\n"
    return {"trips": trips, "stop_times": calls}


def concentrated(path: Path) -> list[Finding]:
    return [f for f in check_feed(read_gtfs(path)) if f.code == "check.concentrated"]


def test_a_day_with_peaks_is_quiet(make_feed: MakeFeed) -> None:
    day = [*range(360, 1380, 15), *range(420, 540, 6), *range(1020, 1140, 6)]
    assert concentrated(make_feed(feed_of(day))) == []


def test_an_afternoon_is_said(make_feed: MakeFeed) -> None:
    (found,) = concentrated(make_feed(feed_of([400, 500, *range(720, 960, 4)])))
    assert found.count == 60
    assert dict(found.values) == {
        "n": 60, "percent": 97, "trips": 60, "all": 62, "day": "2026-04-14", "start": "12:00", "end": "16:00",
    }  # fmt: skip
    assert found.message.startswith("97 % of the trips of 2026-04-14 (60 of 62) start between 12:00 and 16:00")


def test_headways_count_every_departure(make_feed: MakeFeed) -> None:
    frequencies = "trip_id,start_time,end_time,headway_secs\nT1,7:00:00,9:00:00,60\nT2,22:00:00,25:00:00,900\n"
    (found,) = concentrated(make_feed({"frequencies": frequencies}))
    assert (found.values["trips"], found.values["all"], found.values["start"]) == (120, 132, "5:00")
    even = "trip_id,start_time,end_time,headway_secs\nT1,5:00:00,25:00:00,600\n"
    assert concentrated(make_feed({"frequencies": even})) == []


def test_few_trips_say_nothing(make_feed: MakeFeed) -> None:
    assert concentrated(make_feed(feed_of(list(range(720, 965, 5))))) == []
    assert len(concentrated(make_feed(feed_of(list(range(720, 970, 5)))))) == 1


def test_night_after_midnight(make_feed: MakeFeed) -> None:
    (found,) = concentrated(make_feed(feed_of(list(range(1440, 1560, 2)))))
    assert found.values["end"] in ("26:00", "27:00", "28:00")


@pytest.mark.parametrize("language", ["ru", "ky", "kk"])
def test_it_is_translated(make_feed: MakeFeed, language: str) -> None:
    (found,) = concentrated(make_feed(feed_of(list(range(720, 960, 4)))))
    text, spoken = Speaker(language).finding(found)
    assert spoken == language
    assert all(part in text for part in ("100", "60", "12:00", "16:00"))


def test_a_sample_of_porto_alegre(shared_data: Path) -> None:
    """The published sample feed holds an afternoon; Las Palmas and Chisinau hold whole days."""
    (found,) = concentrated(shared_data / "cities" / "porto_alegre" / "poa_eptc.zip")
    assert (found.values["percent"], found.values["start"], found.values["end"]) == (98, "12:00", "16:00")
    assert (found.values["trips"], found.values["all"]) == (2317, 2374)
    assert concentrated(shared_data / "cities" / "las_palmas" / "gtfs_guaguas_20230222.zip") == []
    assert concentrated(shared_data / "cities" / "chisinau" / "gtfs_bus_pua_2020.zip") == []
