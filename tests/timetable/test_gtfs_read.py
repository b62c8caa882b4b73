"""Reading: what is tolerated, what is refused, and that refusals name file, line and field."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest
from timetable_cases import SMALL, MakeFeed

from shaar.engine.errors import InputError
from shaar.engine.timetable.feed import SCHEMA
from shaar.engine.timetable.read import read_gtfs


def test_reads_types_and_order(make_feed: MakeFeed) -> None:
    feed = read_gtfs(make_feed())
    for table, columns in SCHEMA.items():
        frame = getattr(feed, table)
        assert dict(list(zip(frame.columns, frame.dtypes, strict=True))[: len(columns)]) == columns, table
    assert feed.stop_times["arrival"].to_list() == [28800, None, None, 29280, 85800, 86400, 87000]
    assert feed.calendar["start_date"][0] == date(2026, 3, 2)
    assert [f.code for f in feed.findings] == ["feed.blank_times"]
    assert feed.findings[0].count == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"stops": "\ufeff" + SMALL["stops"]},
        {"stops": "\ufeff\ufeff" + SMALL["stops"].replace("\n", "\r\n")},
        {"stops": SMALL["stops"].replace(",", " , ")},
        {"stops": SMALL["stops"].replace("\n", "\n\n")},
        {"stops": SMALL["stops"].replace("stop_lon\n", "stop_lon,\n")},
        {"stops": SMALL["stops"].replace("\n", "\r")},
        {"stops": SMALL["stops"].replace("A,Ала-Тоо", 'A,"Ала-Тоо"').replace("C,ЦУМ", 'C, "ЦУМ"')},
        {"calendar_dates": ""},
        {"trips": SMALL["trips"].replace(",direction_id", "").replace(",0\n", "\n")},
    ],
)
def test_harmless_oddities_change_nothing(make_feed: MakeFeed, changes: dict[str, str]) -> None:
    plain, odd = read_gtfs(make_feed(name="a.zip")), read_gtfs(make_feed(changes, name="b.zip"))
    assert odd.stops.equals(plain.stops)
    assert odd.stop_times.equals(plain.stop_times)


def test_folder_inside_the_zip_and_plain_folder(make_feed: MakeFeed, tmp_path: Path) -> None:
    inside = read_gtfs(make_feed(folder="gtfs/latest/", name="b.zip"))
    assert inside.findings[0].code == "feed.folder"
    folder = tmp_path / "plain"
    folder.mkdir()
    for table, text in SMALL.items():
        (folder / f"{table}.txt").write_text(text, encoding="utf-8")
    assert read_gtfs(folder).stops.equals(inside.stops)


def test_quoted_newline_keeps_line_numbers_right(make_feed: MakeFeed) -> None:
    stops = SMALL["stops"].replace("A,Ала-Тоо", 'A,"Ала\nТоо"').replace("D,Вокзал,42.87", "D,Вокзал,x")
    with pytest.raises(InputError) as e:
        read_gtfs(make_feed({"stops": stops}))
    assert (e.value.row, e.value.field) == (6, "stop_lat")


def test_name_with_bare_quotes(make_feed: MakeFeed) -> None:
    feed = read_gtfs(make_feed({"stops": SMALL["stops"].replace("A,Ала-Тоо", 'A,кинотеатр "Россия"')}))
    assert feed.stops["stop_name"][0] == 'кинотеатр "Россия"'


ST, HEAD = SMALL["stop_times"], "trip_id,start_time,end_time,headway_secs\n"
REFUSED: list[tuple[dict[str, str | bytes | None], str, int | None, str | None, str]] = [
    ({"stops": None}, "stops.txt", None, None, "missing"),
    ({"agency": None}, "agency.txt", None, None, "missing"),
    ({"calendar": None, "calendar_dates": None}, "feed.zip", None, None, "neither calendar.txt nor"),
    ({"stops": SMALL["stops"].replace("stop_lat", "lat")}, "stops.txt", 1, "stop_lat", "column is missing"),
    ({"stops": SMALL["stops"].replace(",", ";")}, "stops.txt", 1, None, "commas"),
    ({"stops": SMALL["stops"].encode("cp1251")}, "stops.txt", 2, None, "not UTF-8"),
    ({"stops": SMALL["stops"].encode("utf-16")}, "stops.txt", None, None, "UTF-16"),
    ({"stops": ""}, "stops.txt", None, None, "empty"),
    ({"stops": SMALL["stops"] + 'E,"open,1,1\n' + "x\n" * 30}, "stops.txt", 6, None, "does not close"),
    ({"stops": SMALL["stops"].replace("42.87,74.61", "42.87 N,74.61")}, "stops.txt", 3, "stop_lat", "not a number"),
    ({"stops": SMALL["stops"].replace("42.87,74.61", ",74.61")}, "stops.txt", 3, "stop_lat", "no latitude"),
    ({"stops": SMALL["stops"].replace("42.87,74.61", "42.87,274.61")}, "stops.txt", 3, "stop_lon", "outside"),
    ({"stops": SMALL["stops"].replace("42.87,74.61", "0,0")}, "stops.txt", 3, "stop_lat", "0, 0"),
    ({"stops": SMALL["stops"].replace("42.87,74.61", "74.61,42.87")}, "stops.txt", 3, "stop_lat", "swapped"),
    ({"stops": SMALL["stops"].replace("42.87,74.61", "174.61,42.87")}, "stops.txt", 3, "stop_lat", "swapped"),
    (
        {"stops": SMALL["stops"].replace("stop_lat,stop_lon", "stop_lon,stop_lat")},
        "stops.txt",
        2,
        "stop_lat",
        "swapped",
    ),
    ({"stops": SMALL["stops"] + "A,again,42.87,74.6\n"}, "stops.txt", 6, "stop_id", "twice"),
    ({"trips": SMALL["trips"] + "Q,wk,T3,0\n"}, "trips.txt", 4, "route_id", 'route "Q" is not in routes.txt'),
    ({"stop_times": ST + "T9,9:00:00,9:00:00,A,1\n"}, "stop_times.txt", 9, "trip_id", 'trip "T9" is not in'),
    ({"stop_times": ST + "T2,24:20:00,24:20:00,Z,4\n"}, "stop_times.txt", 9, "stop_id", 'stop "Z" is not in'),
    ({"stop_times": ST + "T2,24:20:00,24:20:00,A,3\n"}, "stop_times.txt", 9, "stop_sequence", "twice"),
    ({"stop_times": ST.replace("24:00:00", "24:60:00")}, "stop_times.txt", 7, "arrival_time", "H:MM:SS"),
    ({"stop_times": ST.replace("24:00:00", "0:00:00")}, "stop_times.txt", 7, "arrival_time", "before it left"),
    ({"stop_times": ST.replace("24:01:00", "23:59:00")}, "stop_times.txt", 7, "departure_time", "departs before"),
    ({"stop_times": ST.replace("08:08:00,08:08:00", ",")}, "stop_times.txt", 5, "arrival_time", "first or last"),
    ({"routes": SMALL["routes"].replace(",3\n", ",bus\n")}, "routes.txt", 2, "route_type", "whole number"),
    ({"calendar": SMALL["calendar"].replace("20260531", "31.05.2026")}, "calendar.txt", 2, "end_date", "YYYYMMDD"),
    ({"calendar": SMALL["calendar"].replace("wk,1", "wk,yes")}, "calendar.txt", 2, "monday", "neither 0 nor 1"),
    ({"frequencies": HEAD + "T1,6:00:00,9:00:00,-600\n"}, "frequencies.txt", 2, "headway_secs", "not positive"),
    ({"frequencies": HEAD + "T1,9:00:00,6:00:00,600\n"}, "frequencies.txt", 2, "end_time", "ends before"),
    ({"frequencies": HEAD + "T7,6:00:00,9:00:00,600\n"}, "frequencies.txt", 2, "trip_id", "not in trips"),
    ({"agency": SMALL["agency"].replace("Asia/Bishkek", "Bishkek")}, "agency.txt", 2, "agency_timezone", "time zone"),
]


@pytest.mark.parametrize(("changes", "file", "row", "field", "text"), REFUSED)
def test_refuses(
    make_feed: MakeFeed, changes: dict[str, str], file: str, row: int | None, field: str | None, text: str
) -> None:
    with pytest.raises(InputError) as e:
        read_gtfs(make_feed(changes))
    assert str(e.value.file).endswith(file)
    assert (e.value.row, e.value.field) == (row, field)
    assert text in e.value.message


def test_refuses_what_is_no_feed(make_feed: MakeFeed, tmp_path: Path) -> None:
    whole = make_feed().read_bytes()
    for name, raw, text in (
        ("cut.zip", whole[: len(whole) // 2], "cut off"),
        ("text.zip", b"hello", "not a zip"),
        ("bad.zip", whole.replace(b"Bus", b"Bas", 1), "damaged"),
    ):
        path = tmp_path / name
        path.write_bytes(raw)
        with pytest.raises(InputError, match=text):
            read_gtfs(path)
    with pytest.raises(InputError, match="no such file"):
        read_gtfs(tmp_path / "nowhere.zip")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"no \.txt tables"):
        read_gtfs(tmp_path / "empty")


def test_unknown_route_type_is_kept_and_said(make_feed: MakeFeed) -> None:
    feed = read_gtfs(make_feed({"routes": SMALL["routes"].replace(",3\n", ",77\n")}))
    assert feed.routes["route_type"].to_list() == [77]
    assert "feed.route_type" in [f.code for f in feed.findings]
    extended = read_gtfs(make_feed({"routes": SMALL["routes"].replace(",3\n", ",1501\n")}))
    assert "feed.route_type" not in [f.code for f in extended.findings]


def test_trip_without_calendar_is_said(make_feed: MakeFeed) -> None:
    feed = read_gtfs(make_feed({"trips": SMALL["trips"].replace("R,wk,T2", "R,so,T2")}))
    found = {f.code: f for f in feed.findings}
    assert found["feed.unknown_service"].severity == "error"
    assert found["feed.unknown_service"].where == "so"


@pytest.mark.parametrize(
    ("path", "counts"),
    [  # counted with other tools by the keepers of the sample data
        ("porto_alegre/poa_eptc.zip", (115, 3986, 2374, 130_019)),
        ("porto_alegre/poa_trensurb.zip", (2, 24, 1248, 14_855)),
        ("las_palmas/gtfs_guaguas_20230222.zip", (44, 793, 6839, 152_558)),
        ("chisinau/gtfs_bus_pua_2020.zip", (72, 619, 2538, 59_953)),
        ("trujillo/gtfs_informal_trufi.zip", (102, 4063, 102, 20_165)),
    ],
)
def test_real_feeds(shared_data: Path, path: str, counts: tuple[int, int, int, int]) -> None:
    feed = read_gtfs(shared_data / "cities" / path)
    assert tuple(t.height for t in (feed.routes, feed.stops, feed.trips, feed.stop_times)) == counts
    assert feed.stop_times.select(pl.struct("trip_id", "stop_sequence").is_sorted()).item()
