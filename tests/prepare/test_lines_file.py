"""Lines entered by hand."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from shaar.engine.errors import InputError
from shaar.engine.prepare.lines_file import lines_from_file
from shaar.engine.timetable.day import day_timetable
from shaar.engine.timetable.lines import feed_from_lines

CSV = "line,direction,sequence,stop,lon,lat,headway,mode,start,end\n" + (
    "1,0,2,Б,74.61,42.87,,,,\n1,0,1,А,74.60,42.87,10,marshrutka,06:00,23:00\n1,0,3,В,74.63,42.87,,,,\n"
)


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def geojson(**properties: object) -> str:
    line = {"type": "LineString", "coordinates": [[74.60, 42.87], [74.62, 42.87], [74.64, 42.87]]}
    return json.dumps(
        {"type": "FeatureCollection", "features": [{"type": "Feature", "properties": properties, "geometry": line}]}
    )


def test_csv_of_stops(tmp_path: Path) -> None:
    lines, stops, findings = lines_from_file(write(tmp_path, "a.csv", "\ufeff" + CSV))
    (line,) = lines
    assert (line.name, line.route_type) == ("1", 1501)
    assert line.directions[0].spans == ((21600, 82800, 600),)
    names = dict(stops.select("stop_id", "name").iter_rows())
    assert [names[s] for s in line.directions[0].stop_ids] == ["А", "Б", "В"]
    assert set(stops["source"]) == {"entered"}
    assert "lines.undrawn" in {f.code for f in findings}
    feed = feed_from_lines(
        lines, stops, agency_name="x", time_zone="Asia/Bishkek", start=date(2026, 1, 1), end=date(2026, 12, 31)
    )
    assert day_timetable(feed, date(2026, 5, 5), previous_day=False).span_headway.tolist() == [600]


def test_geojson_line_gets_stops_and_a_way_back(tmp_path: Path) -> None:
    lines, stops, findings = lines_from_file(write(tmp_path, "a.geojson", geojson(ref="5", headway=12)))
    assert len(lines[0].directions) == 2
    assert lines[0].directions[0].spans[0][2] == 720
    assert len(lines[0].directions[0].stop_ids) >= 8  # 3.3 km at about 400 m
    assert {"lines.return", "lines.synthesised"} <= {f.code for f in findings}
    assert set(stops["source"]) == {"synthesised"}


@pytest.mark.parametrize(
    ("name", "text", "row", "field", "message"),
    [
        ("a.csv", CSV.replace("74.61", "east"), 2, "lon", "not a number"),
        ("a.csv", CSV.replace("74.61", "274.61"), 2, "lon", "outside"),
        ("a.csv", CSV.replace("1,0,2", "1,0,1"), 2, "sequence", "twice"),
        ("a.csv", CSV.replace(",10,", ",often,"), None, "headway", "not minutes"),
        ("a.csv", CSV.replace("marshrutka", "rocket"), None, "mode", "rocket"),
        ("a.csv", CSV.replace("line,", "route,"), 1, "line", "missing"),
        ("a.csv", "line,headway\n1,10\n", 1, "lon", "wkt"),
        ("a.csv", 'line,headway,wkt\n1,10,"POINT (1 2)"\n', 2, "wkt", "LINESTRING"),
        ("a.csv", "\n".join(CSV.split("\n")[:2]) + "\n", 2, None, "one stop"),
        ("a.geojson", "{", 1, None, "not valid JSON"),
        ("a.geojson", geojson(), None, "ref", "no property"),
        ("a.geojson", geojson(ref="5", headway=-3), None, "headway", "not minutes"),
        ("a.geojson", '{"elements": []}', None, None, "Overpass"),
        ("a.geojson", '{"type": "FeatureCollection", "features": []}', None, None, "no line"),
        ("a.kml", "<kml/>", None, None, "none of"),
        ("a.zip", "x", None, None, "not a readable zip"),
    ],
)
def test_refuses(tmp_path: Path, name: str, text: str, row: int | None, field: str | None, message: str) -> None:
    with pytest.raises(InputError) as e:
        lines_from_file(write(tmp_path, name, text))
    assert message in e.value.message
    assert (e.value.row, e.value.field) == (row, field)


def test_chisinau_trolleybus_segments(shared_data: Path) -> None:
    lines, stops, findings = lines_from_file(shared_data / "cities" / "chisinau" / "trolleybus_osm_routes.zip")
    assert len(lines) == 30
    assert {line.route_type for line in lines} == {11}
    assert all(len(line.directions) == 2 for line in lines)
    assert all(len(d.stop_ids) >= 6 for line in lines for d in line.directions)
    made = next(f for f in findings if f.code == "lines.synthesised").count
    assert made < 0.1 * stops.height  # nearly all stops are those of the data
    feed = feed_from_lines(
        lines, stops, agency_name="RTEC", time_zone="Europe/Chisinau", start=date(2020, 1, 1), end=date(2020, 12, 31)
    )
    assert day_timetable(feed, date(2020, 5, 5), previous_day=False).n_patterns == 60
