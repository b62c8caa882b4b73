"""Reading OpenStreetMap extracts."""

from __future__ import annotations

import gzip
import json
import time
from pathlib import Path

import numpy as np
import pytest
import shapely

from shaar.engine.city.osm import read_osm
from shaar.engine.city.osm_collect import coordinate_ids
from shaar.engine.city.osm_join import join_areas, join_lines
from shaar.engine.errors import InputError

XML = """<osm version="0.6">
 <node id="1" lon="71.40" lat="51.10"/>
 <node id="2" lon="71.41" lat="51.10"><tag k="highway" v="traffic_signals"/></node>
 <node id="3" lon="71.41" lat="51.11"/>
 <node id="4" lon="71.42" lat="51.10"/>
 <node id="5" lon="71.405" lat="51.1001"><tag k="highway" v="bus_stop"/><tag k="name" v="Керуен"/></node>
 <node id="6" lon="71.43" lat="51.12"><tag k="natural" v="tree"/></node>
 <node id="7" lon="71.44" lat="51.12"/>
 <way id="10"><nd ref="1"/><nd ref="2"/><nd ref="4"/><tag k="highway" v="primary"/></way>
 <way id="11"><nd ref="2"/><nd ref="3"/><nd ref="99"/><tag k="highway" v="residential"/></way>
 <way id="12"><nd ref="3"/><nd ref="4"/><tag k="highway" v="proposed"/></way>
 <way id="13"><nd ref="1"/><nd ref="2"/><nd ref="3"/><nd ref="1"/><tag k="building" v="yes"/></way>
 <way id="14"><nd ref="2"/><nd ref="3"/><nd ref="4"/></way>
 <way id="15"><nd ref="4"/><nd ref="2"/></way>
 <way id="16"><nd ref="4"/><nd ref="7"/><tag k="railway" v="rail"/></way>
 <way id="17"><nd ref="1"/><nd ref="2"/><nd ref="3"/><nd ref="1"/>
  <tag k="highway" v="pedestrian"/><tag k="area" v="yes"/></way>
 <relation id="20"><member type="way" ref="14" role="outer"/><member type="way" ref="15" role="outer"/>
  <tag k="type" v="multipolygon"/><tag k="landuse" v="residential"/></relation>
 <relation id="21"><member type="way" ref="10" role="from"/><member type="node" ref="2" role="via"/>
  <member type="way" ref="11" role="to"/>
  <tag k="type" v="restriction"/><tag k="restriction" v="no_left_turn"/></relation>
 <relation id="22"><member type="way" ref="10" role=""/><tag k="type" v="site"/></relation>
</osm>"""


@pytest.fixture
def osm_file(tmp_path: Path) -> Path:
    path = tmp_path / "small.osm"
    path.write_text(XML, encoding="utf-8")
    return path


def test_keeps_streets_points_areas_and_relations(osm_file: Path) -> None:
    x = read_osm(osm_file)
    assert x.way_id.tolist() == [10, 11, 16, 17]
    assert x.node_id.tolist() == [1, 2, 3, 4, 7]
    ways = {int(w): x.node_id[x.way_nodes[a:b]].tolist() for w, a, b in zip(x.way_id, x.way_ptr, x.way_ptr[1:])}
    assert ways == {
        10: [1, 2, 4],
        11: [2, 3],
        16: [4, 7],
        17: [1, 2, 3, 1],
    }  # node 99 is beyond the edge of the extract
    assert {int(x.node_id[i]): t for i, t in x.node_tags.items()} == {2: {"highway": "traffic_signals"}}
    assert [(p.osm_type, p.osm_id, p.tags["name"]) for p in x.points] == [("node", 5, "Керуен")]
    areas = {(a.osm_type, a.osm_id): a for a in x.areas}
    assert set(areas) == {("way", 13), ("way", 17), ("relation", 20)}
    assert areas["relation", 20].geometry.equals(shapely.Polygon([(71.41, 51.1), (71.41, 51.11), (71.42, 51.1)]))
    assert [(r.osm_id, r.members) for r in x.relations] == [(21, (("w", 10, "from"), ("n", 2, "via"), ("w", 11, "to")))]


def test_bounds_leave_out_what_does_not_touch_them(osm_file: Path) -> None:
    with pytest.raises(InputError, match="no street within the bounds"):
        read_osm(osm_file, bounds=(10.0, 10.0, 11.0, 11.0))
    near = read_osm(osm_file, bounds=(71.399, 51.099, 71.4005, 51.1005))
    assert near.way_id.tolist() == [10, 17]
    assert near.points == ()
    assert [r.osm_id for r in near.relations] == [21]


def feature(kind: str, osm_id: int, geometry: str, coordinates: object, **tags: str) -> dict:
    return {
        "type": "Feature",
        "properties": {"@type": kind, "@id": osm_id, "@timestamp": 1511729630, **tags},
        "geometry": {"type": geometry, "coordinates": coordinates},
    }


def test_geojson_forms_agree(tmp_path: Path) -> None:
    features = [
        feature("way", 10, "LineString", [[71.4, 51.1], [71.41, 51.1], [71.42, 51.1]], highway="primary"),
        feature("way", 11, "LineString", [[71.41, 51.1], [71.41, 51.11]], highway="residential"),
        feature("node", 2, "Point", [71.41, 51.1], highway="traffic_signals"),
        feature("way", 13, "Polygon", [[[71.4, 51.1], [71.41, 51.1], [71.41, 51.11], [71.4, 51.1]]], building="yes"),
        {"type": "Feature", "properties": {"note": "nowhere"}, "geometry": None},
    ]
    lines = "\n".join(json.dumps(f, ensure_ascii=False) for f in features) + "\n\n"
    (tmp_path / "a.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    (tmp_path / "b.geojsonl").write_text(lines)
    (tmp_path / "c.geojsonl.gz").write_bytes(gzip.compress(lines.encode()))
    for name in ("a.geojson", "b.geojsonl", "c.geojsonl.gz"):
        x = read_osm(tmp_path / name)
        assert x.way_id.tolist() == [10, 11]
        assert len(x.node_id) == 4
        assert (x.node_id < 0).all()
        assert x.way_nodes[1] == x.way_nodes[3]  # equal coordinates are one node
        assert list(x.node_tags) == [int(x.way_nodes[1])]
        assert [a.osm_id for a in x.areas] == [13]
        assert x.date == "2017-11-26"
        assert x.way_tags[0] == {"highway": "primary"}


def test_geojson_joins_parts_of_one_object(tmp_path: Path) -> None:
    features = [
        feature("way", 1, "LineString", [[0.5, 0.0], [1.0, 0.0]], highway="primary", oneway="yes"),
        feature("way", 1, "LineString", [[0.0, 0.0], [0.5, 1e-7]], highway="primary", oneway="yes"),
        feature("way", 2, "Polygon", [[[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]], building="yes"),
        feature("way", 2, "Polygon", [[[1, 0], [2, 0], [2, 1], [1, 1], [1, 0]]], building="yes"),
    ]
    path = tmp_path / "parts.geojsonl"
    path.write_text("\n".join(json.dumps(f) for f in features))
    x = read_osm(path)
    assert x.way_id.tolist() == [1]
    assert x.node_lon[x.way_nodes].tolist() == [0.0, 0.5, 1.0]
    assert len(x.areas) == 1
    assert x.areas[0].geometry.area == pytest.approx(2.0)


def test_roundabout_exported_as_polygon_runs_counter_clockwise(tmp_path: Path) -> None:
    ring = [[0, 0], [0, 1], [1, 1], [1, 0], [0, 0]]  # clockwise
    path = tmp_path / "r.geojson"
    one = feature("way", 1, "Polygon", [ring], highway="primary", junction="roundabout")
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [one]}))
    x = read_osm(path)
    driven = np.column_stack([x.node_lon, x.node_lat])[x.way_nodes]
    assert shapely.LinearRing(driven).is_ccw
    assert x.areas == ()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.osm.pbf", b"", "empty"),
        ("a.osm.pbf", b"no OpenStreetMap file " * 20, "cannot be read"),
        ("a.shp", b"x", "expected OpenStreetMap data"),
        ("a.osm", b'<osm version="0.6"></osm>', "no street"),
        ("a.geojson", b"[1,", "not valid JSON"),
        ("a.geojson", b'{"type": "FeatureCollection", "features": [3]}', "feature 1 has no readable"),
        ("a.geojson", b'{"a": 1}', "not a GeoJSON feature collection"),
        ("a.geojsonl", b'{"type": "Feature", "properties": {}, "geometry": {"type": "Point"}}\n', "line 1"),
        ("a.geojsonl", b'{"type":"Feature","properties":{},"geometry":null}\n{"broken\n', "line 2"),
        ("a.geojsonl.gz", b"not gzip", "cannot be read"),
        ("a.geojsonl.gz", gzip.compress(b"\n" * 100_000)[:-20], "cannot be read"),
    ],
)
def test_bad_files_say_what_is_wrong(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError, match=message) as e:
        read_osm(path)
    assert str(path) in str(e.value)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_osm(tmp_path / "none.osm.pbf")


def test_coordinate_ids_are_distinct_one_unit_apart() -> None:
    lon = np.array([71.4, 71.4000001, 71.4, -180.0, 180.0])
    lat = np.array([51.1, 51.1, 51.1000001, -90.0, 90.0])
    ids = coordinate_ids(lon, lat)
    assert len(set(ids.tolist())) == 5
    assert (ids < 0).all()


def test_join_lines_closes_a_ring_and_drops_repeats() -> None:
    a = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]])
    b = np.array([[1.0, 1.0], [0.0, 1.0], [0.0, 1e-8]])
    (ring,) = join_lines([a, b, a[1:]])
    assert ring.tolist() == [[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]
    apart = join_lines([a, b + 5])
    assert [len(p) for p in apart] == [3, 3]


def test_join_areas_unites() -> None:
    assert join_areas([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)]).equals(shapely.box(0, 0, 2, 1))


def test_las_palmas(shared_data: Path) -> None:
    start = time.process_time()
    x = read_osm(shared_data / "cities/las_palmas/las_palmas_osm_20230221.osm.pbf")
    assert time.process_time() - start < 15
    assert x.date == "2023-02-21"
    assert sum("building" in a.tags for a in x.areas) >= 20_000
    assert sum("highway" in t for t in x.way_tags) >= 13_500
    assert sum(r.tags.get("route") == "bus" for r in x.relations) == 19
    assert sum(r.tags["type"] == "restriction" for r in x.relations) == 922
    assert sum(p.tags.get("highway") == "bus_stop" for p in x.points) == 695


@pytest.mark.parametrize("share", [0.0001, 0.3, 0.999])
def test_truncated_pbf(shared_data: Path, tmp_path: Path, share: float) -> None:
    whole = (shared_data / "cities/las_palmas/las_palmas_osm_20230221.osm.pbf").read_bytes()
    path = tmp_path / "cut.osm.pbf"
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(InputError, match="cut short"):
        read_osm(path)
