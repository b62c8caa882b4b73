"""Every check finds its case and keeps quiet otherwise."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from timetable_cases import SMALL, MakeFeed

from shaar.engine.timetable.check import check_feed
from shaar.engine.timetable.read import read_gtfs

ST = SMALL["stop_times"]
QUIET = {"feed.blank_times", "check.shape_missing"}
CASES: list[tuple[str, dict[str, str]]] = [
    ("too_fast", {"stop_times": ST.replace("08:08:00,08:08:00", "08:00:40,08:00:40")}),
    ("zero_time", {"stop_times": ST.replace("24:10:00,24:10:00", "24:01:00,24:01:00")}),
    ("stop_unused", {"stops": SMALL["stops"] + "E,лишняя,42.88,74.6\n"}),
    ("stop_nameless", {"stops": SMALL["stops"].replace("ЦУМ", "")}),
    ("trip_short", {"trips": SMALL["trips"] + "R,wk,T3,0\n"}),
# ruff: noqa: E501
    ("trip_twice", {"trips": SMALL["trips"] + "R,wk,T3,0\n", "stop_times": ST + "T3" + "T3".join(ST.split("T2")[1:])}),
    ("headway_overlap", {"frequencies": "trip_id,start_time,end_time,headway_secs\nT1,6:00:00,9:00:00,600\nT1,8:00:00,9:30:00,600\n"}),
    ("route_idle", {"routes": SMALL["routes"] + "Q,1,8,,3\n"}),
    ("route_nameless", {"routes": SMALL["routes"].replace(",7,", ",,")}),
    ("direction_mixed", {"trips": SMALL["trips"].replace("T2,0", "T2,")}),
    ("direction_both", {"trips": SMALL["trips"] + "R,wk,T3,0\n", "stop_times": ST + "T3,9:00:00,9:00:00,D,1\nT3,9:10:00,9:10:00,A,2\n"}),
    ("shape_unused", {"shapes": "shape_id,shape_pt_lat,shape_pt_lon,shape_pt_sequence\nS,42.87,74.6,1\nS,42.87,74.7,2\n"}),
    ("time_zones", {"agency": SMALL["agency"] + "2,Tram,https://example.org,Asia/Almaty\n"}),
    ("calendar_long", {"calendar": SMALL["calendar"].replace("20260531", "20991231")}),
    ("calendar_gap", {"calendar": SMALL["calendar"].replace("1,1,1,1,1,0,0", "1,0,0,0,0,0,0")}),
    ("calendar_backwards", {"calendar": SMALL["calendar"] + "x,1,1,1,1,1,1,1,20260401,20260301\n"}),
    ("service_unused", {"calendar": SMALL["calendar"] + "x,1,1,1,1,1,1,1,20260301,20260401\n"}),
    ("service_overlap", {"calendar": SMALL["calendar"] + "x,1,0,0,0,0,0,0,20260301,20260401\n",
                         "trips": SMALL["trips"] + "R,x,T3,0\n", "stop_times": ST + "T3" + "T3".join(ST.split("T2")[1:])}),
    ("calendar_idle", {"calendar": SMALL["calendar"].replace("1,1,1,1,1,0,0", "0,0,0,0,0,0,0"), "calendar_dates": ""}),
    ("block_overlap", {"trips": "route_id,service_id,trip_id,block_id\nR,wk,T1,7\nR,wk,T2,7\n",
                       "stop_times": ST.replace("23:50:00", "8:05:00").replace("24:", "9:")}),
    ("boarding_limited", {"stop_times": ST.replace("stop_sequence", "stop_sequence,pickup_type").replace("B,2", "B,2,1")}),
]  # fmt: skip


def test_a_good_feed_is_quiet(make_feed: MakeFeed) -> None:
    assert {f.code for f in check_feed(read_gtfs(make_feed()), today=date(2026, 4, 1))} == QUIET


@pytest.mark.parametrize(("code", "changes"), CASES, ids=[c for c, _ in CASES])
def test_each_check_finds_its_case(make_feed: MakeFeed, code: str, changes: dict[str, str]) -> None:
    found = {f.code: f for f in check_feed(read_gtfs(make_feed(changes)))}
    assert f"check.{code}" in found
    finding = found[f"check.{code}"]
    assert finding.count >= 1
    assert finding.values["n"] == finding.count
    assert finding.message.endswith((".", ").")) or finding.message.endswith("placeholder.")


def test_expired_calendar_needs_today(make_feed: MakeFeed) -> None:
    feed = read_gtfs(make_feed())
    assert "check.calendar_expired" in {f.code for f in check_feed(feed, today=date(2026, 7, 1))}
    assert "check.calendar_expired" not in {f.code for f in check_feed(feed)}


def test_far_stop_has_a_point(make_feed: MakeFeed) -> None:
    near = "".join(f"n{i},n,42.8{i},74.6\n" for i in range(10)) + "far,Далеко,43.87,74.6\n"
    calls = (
        "".join(f"T2,25:{i:02d}:00,25:{i:02d}:00,n{i},{i + 10}\n" for i in range(10)) + "T2,28:00:00,28:00:00,far,30\n"
    )
    found = {
        f.code: f for f in check_feed(read_gtfs(make_feed({"stops": SMALL["stops"] + near, "stop_times": ST + calls})))
    }
    assert found["check.stop_far"].points == ((74.6, 43.87),)
    assert found["check.stop_far"].where == "Далеко"


def test_real_feeds(shared_data: Path) -> None:
    cities = shared_data / "cities"
    bus = {f.code: f for f in check_feed(read_gtfs(cities / "chisinau" / "gtfs_bus_pua_2020.zip"))}
    assert bus["check.shape_missing"].count == 2538
    assert bus["check.too_fast"].count == 5
    assert bus["check.service_overlap"].count == 125
    poa = {f.code for f in check_feed(read_gtfs(cities / "porto_alegre" / "poa_trensurb.zip"))}
    assert poa == set()
