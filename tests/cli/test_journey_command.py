"""`shaar journey` and `shaar isochrone` on the example city: tables, files, refusals."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import shapely
from click.testing import CliRunner

from shaar.cli import group, main
from shaar.cli.journey_options import ClockType, PointType
from shaar.engine.city.example import example_city_path

FROM, TO = "51.1282,71.4306", "51.1600,71.4400"
#: One line between two points of Astana, its timetable half in clock times and half in headways.
TABLES = {
    "agency": "agency_id,agency_name,agency_url,agency_timezone\n1,Bus,https://example.org,Asia/Almaty\n",
    "stops": "stop_id,stop_name,stop_lat,stop_lon,wheelchair_boarding\n"
    "A,Bayterek,51.1283,71.4305,1\nB,Nurzhol,51.1440,71.4350,0\nC,Saryarka,51.1598,71.4402,1\n",
    "routes": "route_id,agency_id,route_short_name,route_long_name,route_type\nR,1,10,,3\nM,1,99,,3\n",
    "trips": "route_id,service_id,trip_id,direction_id,wheelchair_accessible\nR,wk,T1,0,1\nR,wk,T2,0,2\nM,wk,H,0,\n",
    "stop_times": "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n"
    "T1,8:10:00,8:10:00,A,1\nT1,8:16:00,8:16:00,B,2\nT1,8:22:00,8:22:00,C,3\n"
    "T2,8:20:00,8:20:00,A,1\nT2,8:26:00,8:26:00,B,2\nT2,8:32:00,8:32:00,C,3\n"
    "H,12:00:00,12:00:00,A,1\nH,12:05:00,12:05:00,B,2\nH,12:10:00,12:10:00,C,3\n",
    "frequencies": "trip_id,start_time,end_time,headway_secs\nH,12:00:00,14:00:00,600\n",
    "calendar": "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\n"
    "wk,1,1,1,1,1,1,1,20260302,20260531\n",
    "fare_attributes": "fare_id,price,currency_type,payment_method,transfers\nbus,110,KZT,0,0\n",
}


@pytest.fixture
def gtfs(tmp_path: Path) -> str:
    folder = tmp_path / "gtfs"
    folder.mkdir()
    for name, text in TABLES.items():
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    return str(folder)


def run(*arguments: str) -> str:
    result = CliRunner().invoke(group, list(arguments), catch_exceptions=False, env={"COLUMNS": "120"})
    assert result.exit_code == 0, result.output
    return result.output


def test_a_journey_leg_by_leg(gtfs: str, tmp_path: Path) -> None:
    out = tmp_path / "way.geojson"
    shown = run("journey", "astana", FROM, TO, "--at", "8:05", "--gtfs", gtfs, "--out", str(out))
    assert "adult, setting out at 08:05" in shown
    assert "bus 10" in shown
    assert "from Bayterek to Saryarka, 2 stops" in shown
    assert "110.00" in shown
    assert "KZT" in shown
    drawn = json.loads(out.read_text(encoding="utf-8"))
    kinds = [f["properties"]["kind"] for f in drawn["features"]]
    assert kinds == ["walk", "ride", "walk"]
    assert drawn["features"][0]["properties"]["links"]
    ends = [drawn["features"][0]["geometry"]["coordinates"][0], drawn["features"][-1]["geometry"]["coordinates"][-1]]
    for (lon, lat), point in zip(ends, (FROM, TO), strict=True):
        assert abs(lat - float(point.split(",")[0])) < 0.002
        assert abs(lon - float(point.split(",")[1])) < 0.003


def test_a_window_and_a_wheelchair(gtfs: str) -> None:
    both = run("journey", "astana", FROM, TO, "--window", "8:00-8:30", "--gtfs", gtfs)
    chair = run("journey", "astana", FROM, TO, "--window", "8:00-8:30", "--gtfs", gtfs, "--profile", "wheelchair")
    rides = [[line for line in shown.splitlines() if line[:2] == "08" and " 1 " in line] for shown in (both, chair)]
    assert [len(r) for r in rides] == [2, 1]
    assert "does not say whether the vehicle is accessible; they are left out" in chair


def test_headways_are_said(gtfs: str) -> None:
    shown = run("journey", "astana", FROM, TO, "--at", "12:30", "--gtfs", gtfs, "--fare", "200")
    assert "bus 99, every 10 min" in shown
    assert "one possible run of their headway" in shown
    assert "200.00" in shown


def test_a_city_without_a_timetable_walks() -> None:
    shown = run("journey", "astana", FROM, TO)
    assert "the city has no timetable, so all ways are on foot" in shown
    assert "walk" in shown


def test_isochrones(gtfs: str, tmp_path: Path) -> None:
    out = tmp_path / "iso.geojson"
    shown = run("isochrone", "astana", FROM, "--at", "8:05", "--minutes", "30,15", "--gtfs", gtfs, "--out", str(out))
    assert "of the city" in shown
    made = json.loads(out.read_text(encoding="utf-8"))
    assert [f["properties"]["minutes"] for f in made["features"]] == [30, 15]
    large, small = (shapely.geometry.shape(f["geometry"]) for f in made["features"])
    assert large.area > small.area > 0
    assert shapely.distance(large, shapely.Point(71.4402, 51.1598)) < 1e-3  # the end of the line, 3.6 km away
    walked = run(
        "isochrone", "astana", FROM, "--minutes", "30", "--window", "8:00-8:20", "--percentile", "90", "--gtfs", gtfs
    )
    assert "90 % of departures" in walked


def test_the_south_is_not_an_option() -> None:
    assert PointType().convert("-30.03,-51.23", None, None) == (-30.03, -51.23)
    assert ClockType().convert("25:10", None, None) == 90_600


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["journey", "astana", "51.1", TO], 2, "'51.1' is not a point like 43.2389,76.8897 (latitude,longitude)"),
        (["journey", "astana", "91,71", TO], 2, "latitudes reach from -90 to 90"),
        (["journey", "astana", FROM, TO, "--at", "noon"], 2, "'noon' is not a time like 8:15"),
        (["journey", "astana", FROM, TO, "--at", "8:00", "--window", "7:00-8:00"], 2, "give either --at or --window"),
        (["journey", "astana", FROM, TO, "--profile", "horse"], 1, "known are adult, elderly, pram, wheelchair"),
        (["journey", "astana", FROM, TO, "--day", "2026-05-06"], 1, "the city has no timetable"),
        (["journey", "astana", "50,70", TO], 1, "the point 50.00000,70.00000 lies further than 1500 m"),
        (["isochrone", "astana", FROM, "--minutes", "soon"], 2, "is not a list of minutes up to 180"),
        (["isochrone", "-30,-51"], 2, "Missing argument 'POINT'"),
    ],
)
def test_bad_words_end_in_one_sentence(
    arguments: list[str], code: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as e:
        main(arguments)
    shown = " ".join(capsys.readouterr().err.split())
    assert e.value.code == code
    assert words in shown
    assert "Traceback" not in shown


def test_the_example_city_is_there() -> None:
    assert example_city_path("astana").is_dir()
