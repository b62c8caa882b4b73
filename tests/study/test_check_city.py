"""The check of a city: every finding by a city that has exactly that flaw."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import shapely

from shaar.engine.city import geoparquet, schema
from shaar.engine.city.model import City, Meta, Provenance
from shaar.engine.city.projection import unproject
from shaar.engine.measures import apply, parse_scenario
from shaar.engine.study.check import check_city

CRS = "EPSG:32642"
X0, Y0 = 670_000.0, 5_670_000.0
KEYS = ("zones.population", "zones.jobs", "zones.schools", "zones.clinics", "places", "links", "stops")


def lonlat(x, y):
    return unproject(np.asarray(x, float) + X0, np.asarray(y, float) + Y0, CRS)


def street(points, **changes):
    lon, lat = lonlat(*np.array(points, float).T)
    row = {"highway": "residential", "name": None, "lanes": 2.0, "free_speed": 40.0, "walk": True, "cycle_stress": 2,
           "slope": 0.5, "geometry": shapely.LineString(np.column_stack([lon, lat])),
           "length": float(np.hypot(*np.diff(np.array(points, float), axis=0).T).sum())}  # fmt: skip
    row |= {f"{m}_{d}": True for m in ("car", "bus", "cycle") for d in ("forward", "backward")}
    return row | changes


def small_city(tmp_path: Path, **tables: pl.DataFrame) -> City:
    """Two zones of 600 and 400 people on one 1,200 m street of two sections, a facing pair of stops, nothing odd."""
    sections = [((0, 0), (600, 0)), ((600, 0), (1200, 0))]
    lon, lat = lonlat([0, 600, 1200], [0, 0, 0])
    nodes = pl.DataFrame({"node_id": [0, 1, 2], "lon": lon, "lat": lat, "signal": False, "crossing": False})
    rows = [street(s, link_id=k, from_node=k, to_node=k + 1) for k, s in enumerate(sections)]
    links = geoparquet.with_geometries(
        pl.DataFrame([{k: v for k, v in r.items() if k != "geometry"} for r in rows]), [r["geometry"] for r in rows]
    )
    zlon, zlat = lonlat([100, 1100], [50, 50])
    zones = pl.DataFrame(
        {"zone_id": ["w", "e"], "geometry": [b"", b""], "lon": zlon, "lat": zlat, "population": [600.0, 400.0],
         "jobs": [100.0, 300.0], "schools": [1.0, 0.0], "clinics": [0.0, 1.0], "district": ["d", "d"],
         "settlement": [None, None]},
        schema_overrides={"settlement": pl.String},
    )  # fmt: skip
    slon, slat = lonlat([580, 620], [8, -8])
    stops = pl.DataFrame(
        {"stop_id": ["n", "s"], "name": ["Market", "Market"], "lon": slon, "lat": slat, "source": "osm",
         "link_id": [0, 1], "offset": [580.0, 20.0], "side": ["left", "right"], "link_distance": [8.0, 8.0]}
    )  # fmt: skip
    places = pl.DataFrame({"place_id": ["d"], "kind": ["district"], "name": ["D"], "geometry": [b""]})
    turns = pl.DataFrame({"from_link": [0], "via_node": [1], "to_link": [0], "bus_exempt": [False]})
    meta = Meta("T", {}, "KZ", ("en",), "Asia/Almaty", CRS, "", "2024-05-01",
                {k: Provenance("reported", "survey") for k in KEYS})  # fmt: skip
    made = {"zones": zones, "places": places, "nodes": nodes, "links": links, "turns": turns, "stops": stops, **tables}
    for part in ("demand.omx", "counts.csv", "fleet.csv"):
        (tmp_path / part).touch()
    return City(
        tmp_path, meta, **{t: schema.conform(t, made[t]) if t in made else schema.empty(t) for t in schema.TABLES}
    )


def codes(city: City, feed=None) -> set[str]:
    return {f.code for f in check_city(city, feed)}


def only(city: City, code: str, feed=None):
    (f,) = [f for f in check_city(city, feed) if f.code == code]
    return f


#: What a complete city without a timetable still says.
QUIET = {"parts.no_timetable", "parts.unread", "provenance.date"}


def test_a_complete_city_is_quiet(tmp_path):
    assert codes(small_city(tmp_path)) == QUIET


def test_islands_are_counted_with_length_and_place(tmp_path):
    city = small_city(tmp_path)
    lon, lat = lonlat([5000, 5200], [0, 0])
    more = pl.DataFrame({"node_id": [3, 4], "lon": lon, "lat": lat, "signal": False, "crossing": False})
    row = street(((5000, 0), (5200, 0)), link_id=2, from_node=3, to_node=4)
    shape = row.pop("geometry")
    link = schema.conform("links", geoparquet.with_geometries(pl.DataFrame([row]), [shape]))
    island = replace(
        city,
        nodes=pl.concat([city.nodes, schema.conform("nodes", more)]),
        links=pl.concat([city.links, link]),
    )
    for code in ("streets.islands_drive", "streets.islands_walk"):
        f = only(island, code)
        assert (f.count, f.values["km"], f.values["nodes"], f.values["percent"]) == (1, 0.2, 2, 40.0)
        assert len(f.points) == 1
        assert min(abs(f.points[0][0] - lon)) < 1e-6
    # A street that only leads in is an island for cars, not on foot.
    inward = replace(
        city, links=city.links.with_columns(car_forward=pl.col("link_id") == 0, car_backward=pl.col("link_id") == 0)
    )
    inward = replace(inward, links=inward.links.with_columns(car_forward=True))
    assert only(inward, "streets.islands_drive").values["km"] == 0.6
    assert "streets.islands_walk" not in codes(inward)


def test_streets_missing_or_closed(tmp_path):
    city = small_city(tmp_path)
    assert only(replace(city, links=schema.empty("links")), "streets.none").severity == "error"
    closed = replace(city, links=city.links.with_columns(bus_forward=False, bus_backward=False))
    assert only(closed, "streets.no_bus").severity == "error"
    unwalkable = replace(city, links=city.links.with_columns(walk=False))
    assert only(unwalkable, "streets.no_walk").severity == "error"
    untagged = replace(city, links=city.links.with_columns(lanes=pl.lit(None, pl.Float64)))
    assert only(untagged, "streets.no_lanes").count == 2


def test_odd_stops(tmp_path):
    city = small_city(tmp_path)

    def with_stop(x, y, **changes):
        lon, lat = lonlat([x], [y])
        row = {"stop_id": "t", "name": "Third", "lon": lon, "lat": lat, "source": "osm", "link_id": 0, "offset": 1.0,
               "side": "left", "link_distance": 5.0} | changes  # fmt: skip
        return replace(city, stops=pl.concat([city.stops, schema.conform("stops", pl.DataFrame(row))]))

    assert only(with_stop(600, 10, link_distance=51.0), "stops.far_from_street").where == "Third"
    assert only(with_stop(600, 10, link_id=None), "stops.far_from_street").count == 1
    assert only(with_stop(100, 5), "stops.no_facing").count == 1
    assert only(with_stop(580, 9), "stops.twice").count == 2
    assert only(with_stop(9000, 0), "stops.stray").points[0][0] == pytest.approx(lonlat([9000], [0])[0][0])
    assert only(with_stop(600, 20, name=None), "stops.unnamed").where == "t"
    assert "stops.unnamed" not in codes(with_stop(600, 20))
    assert only(replace(city, stops=schema.empty("stops")), "stops.none").severity == "assumed"


def test_people_without_street_stop_or_district(tmp_path):
    city = small_city(tmp_path)
    lon, lat = lonlat([100, 1100], [50, 5000])
    far = replace(city, zones=city.zones.with_columns(pl.Series("lon", lon), pl.Series("lat", lat)))
    f = only(far, "zones.no_street")
    assert (f.count, f.values["persons"], f.where) == (1, 400, "e")
    f = only(far, "zones.no_stop")
    assert (f.values["persons"], f.values["percent"]) == (400, 40.0)
    assert "400 residents (40.0 % of all)" in f.message
    nobody = replace(far, zones=far.zones.with_columns(population=pl.Series([600.0, 0.0])))
    assert not {"zones.no_street", "zones.no_stop"} & codes(nobody)
    lost = replace(city, zones=city.zones.with_columns(district=pl.Series(["d", None])))
    assert only(lost, "zones.no_district").values["persons"] == 400


def test_impossible_numbers_are_errors(tmp_path):
    city = small_city(tmp_path)
    for column, values in (("population", [-1.0, 5.0]), ("jobs", [None, 3.0]), ("clinics", [float("nan"), 1.0])):
        f = only(replace(city, zones=city.zones.with_columns(pl.Series(column, values))), "zones.bad_number")
        assert (f.severity, f.count, f.values["column"], f.where) == ("error", 1, column, "w")
    empty = replace(city, zones=city.zones.with_columns(population=0.0))
    assert only(empty, "zones.no_people").severity == "error"
    assert only(replace(city, zones=schema.empty("zones")), "zones.none").severity == "error"
    no_jobs = replace(city, zones=city.zones.with_columns(jobs=0.0))
    assert only(no_jobs, "zones.no_jobs").severity == "assumed"
    twice = replace(city, zones=city.zones.with_columns(zone_id=pl.lit("w")))
    assert only(twice, "zones.twice").severity == "error"


def test_the_reported_total_is_compared(tmp_path):
    city = small_city(tmp_path)
    for total, said in ((1000, False), (1005, False), (1250, True)):
        stated = replace(city, meta=replace(city.meta, build={"population_total": total}))
        assert ("zones.population_total" in codes(stated)) == said
    assert only(stated, "zones.population_total").values["percent"] == -20.0


def test_missing_parts_name_what_replaces_them(tmp_path):
    city = small_city(tmp_path)
    for part, code in (
        ("demand.omx", "parts.no_demand"),
        ("counts.csv", "parts.no_counts"),
        ("fleet.csv", "parts.no_fleet"),
    ):
        assert part in {f.where for f in check_city(city) if f.code == "parts.unread"}
        (tmp_path / part).unlink()
        assert only(city, code).severity == "assumed"
        assert part not in {f.where for f in check_city(city) if f.code == "parts.unread"}
    flat = replace(city, links=city.links.with_columns(slope=pl.lit(None, pl.Float64)))
    assert "flat" in only(flat, "parts.no_elevation").message
    assert "parts.no_turns" in codes(replace(city, turns=schema.empty("turns")))
    assert "parts.no_districts" in codes(replace(city, places=schema.empty("places")))


def test_provenance(tmp_path):
    city = small_city(tmp_path)
    bare = replace(city, meta=replace(city.meta, provenance={"zones": Provenance("assumed", "x")}, data_date=""))
    f = only(bare, "provenance.missing")
    assert (f.count, f.values["names"]) == (3, "places, links, stops")
    assert only(bare, "provenance.assumed").values["names"] == "zones"
    assert "provenance.no_date" in codes(bare)


def test_findings_come_gravest_first_and_their_numbers_stand_in_the_sentence(tmp_path):
    city = small_city(tmp_path)
    bad = replace(city, zones=city.zones.with_columns(jobs=pl.Series([-1.0, 3.0])), turns=schema.empty("turns"))
    found = check_city(bad)
    order = [("error", "warning", "assumed", "info").index(f.severity) for f in found]
    assert order == sorted(order) and order[0] == 0
    for f in found:
        assert f.message.endswith(".")
        for value in f.values.values():
            assert (f"{value:,}" if isinstance(value, int) else str(value)) in f.message


def test_a_timetable_is_checked_too(tmp_path):
    city = small_city(tmp_path)
    line = {"type": "add_line", "line_id": "1", "name": "1", "stops_forward": ["n", "s"], "minutes_forward": [0, 2],
            "headways": [{"start": "06:00", "end": "22:00", "minutes": 10}]}  # fmt: skip
    _, feed = apply(city, None, parse_scenario({"name": "x", "changes": [line]}))
    found = codes(city, feed)
    assert "timetable.day" in found
    assert "parts.no_timetable" not in found
    assert "timetable.stops_unknown" not in found
    other = replace(city, stops=city.stops.with_columns(stop_id=pl.Series(["p", "q"])))
    assert only(other, "timetable.stops_unknown", feed).count == 2
    never = replace(feed, calendar=feed.calendar.clear(), calendar_dates=feed.calendar_dates.clear())
    assert any(f.severity == "error" for f in check_city(city, never))


def test_the_example_city_has_no_error():
    from shaar.engine.city.example import example_city_path
    from shaar.engine.city.folder import read

    found = check_city(read(example_city_path("astana")))
    assert not [f for f in found if f.severity == "error"]
    assert "parts.no_timetable" in {f.code for f in found}


def test_a_zone_without_a_number_is_not_counted_among_those_far_from_stops(tmp_path):
    city = small_city(tmp_path)
    far = city.stops.with_columns(pl.col("lon") + 0.1)
    zones = city.zones.with_columns(population=pl.Series([float("nan"), 5.0]))
    f = only(replace(city, zones=zones, stops=far), "zones.no_stop")
    assert (f.count, f.where, f.values["persons"], f.values["percent"]) == (1, "e", 5, 100.0)


def test_one_assumed_part_is_said_in_the_singular(tmp_path):
    city = small_city(tmp_path)
    one = replace(
        city, meta=replace(city.meta, provenance={**city.meta.provenance, "stops": Provenance("assumed", "x")})
    )
    assert only(one, "provenance.assumed").message == "1 part of the data is assumed, not observed: stops."
