"""The baseline of a town small enough to compute by hand: three zones on one street, one line of two stops.

A --1000 m-- B --1000 m-- . --1000 m-- C        stops at A and C, a vehicle each way every 10 minutes, 6 minutes
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import shapely
from click.testing import CliRunner

from shaar.engine.city import schema
from shaar.engine.city.model import City, Meta
from shaar.engine.errors import InputError
from shaar.engine.study.baseline import baseline
from shaar.engine.study.results import Options
from shaar.engine.timetable.feed import SCHEMA, Feed

KM = 1 / 111.32  # degrees on the equator, near enough: lengths are given
AT = {"A": 15.0, "B": 15.0 + KM, "C": 15.0 + 3 * KM}
SEVEN = 7 * 3600
OPTIONS = Options(
    day=dt.date(2026, 9, 2), window=(SEVEN, SEVEN + 600), walk_kmh=3.6, max_walk_m=1100, thresholds=(12, 20, 30)
)
TRIPS = np.array([[0, 50, 100], [0, 0, 0], [100, 0, 0]], float)


def square(lon, half=0.0009):
    return shapely.to_wkb(shapely.box(lon - half, -half, lon + half, half))


def town(path: Path, **changes) -> City:
    nodes = pl.DataFrame(
        {"node_id": range(4), "lon": [15 + k * KM for k in range(4)], "lat": [0.0] * 4, "signal": [False] * 4,
         "crossing": [False] * 4}
    )  # fmt: skip
    line = lambda k: shapely.to_wkb(shapely.LineString([(15 + k * KM, 0), (15 + (k + 1) * KM, 0)]))  # noqa: E731
    links = pl.DataFrame(
        {"link_id": range(3), "from_node": range(3), "to_node": range(1, 4), "geometry": [line(k) for k in range(3)],
         "length": [1000.0] * 3, "highway": ["residential"] * 3, "name": [None] * 3, "lanes": [None] * 3,
         "free_speed": [40.0] * 3, "cycle_stress": [1] * 3, "slope": [None] * 3, "walk": [True] * 3}
        | {f"{m}_{d}": [True] * 3 for m in ("car", "bus", "cycle") for d in ("forward", "backward")}
    )  # fmt: skip
    zones = pl.DataFrame(
        {"zone_id": list(AT), "geometry": [square(x) for x in AT.values()], "lon": list(AT.values()), "lat": [0.0] * 3,
         "population": [100.0, 300.0, 600.0], "jobs": [10.0, 20.0, 40.0], "schools": [0.0, 1.0, 0.0],
         "clinics": [0.0, 0.0, 0.0], "district": ["d1", "d1", None], "settlement": [None, None, "s1"]}
    )  # fmt: skip
    places = pl.DataFrame(
        {"place_id": ["d1", "s1"], "kind": ["district", "settlement"], "name": ["West", "Far"],
         "geometry": [square(15.0)] * 2}
    )  # fmt: skip
    tables = {"nodes": nodes, "links": links, "zones": zones, "places": places} | changes
    meta = Meta("Town", {}, "KG", ("en",), "UTC", "EPSG:32633", "KGS", "2026")
    frames = {t: schema.conform(t, tables[t]) if t in tables else schema.empty(t) for t in schema.TABLES}
    return City(path=path, meta=meta, **frames)


def feed() -> Feed:
    """Both ways at 7:00, 7:10 ... 8:50, from Mondays to Fridays of 2026."""
    starts = [SEVEN + 600 * k for k in range(12)]
    rows = [(f"{d}{k}", d, s) for d in (0, 1) for k, s in enumerate(starts)]
    tables = {
        "agency": {"agency_id": ["x"], "agency_name": ["x"], "agency_url": ["http://x"], "agency_timezone": ["UTC"]},
        "stops": {"stop_id": ["west", "east"], "stop_name": ["west", "east"], "stop_lat": [0.0, 0.0],
                  "stop_lon": [AT["A"], AT["C"]], "parent_station": [None] * 2, "location_type": [0, 0],
                  "wheelchair_boarding": [None] * 2},
        "routes": {"route_id": ["1"], "agency_id": ["x"], "route_short_name": ["1"], "route_long_name": [""],
                   "route_type": [3], "route_color": [""]},
        "trips": {"trip_id": [r[0] for r in rows], "route_id": ["1"] * 24, "service_id": ["w"] * 24,
                  "direction_id": [r[1] for r in rows], "trip_headsign": [None] * 24, "shape_id": [None] * 24,
                  "block_id": [None] * 24},
        "stop_times": {"trip_id": [r[0] for r in rows for _ in (0, 1)], "stop_sequence": [1, 2] * 24,
                       "stop_id": [s for r in rows for s in (["west", "east"] if r[1] == 0 else ["east", "west"])],
                       "arrival": [r[2] + 360 * k for r in rows for k in (0, 1)],
                       "departure": [r[2] + 360 * k for r in rows for k in (0, 1)]},
        "calendar": {"service_id": ["w"], "start_date": [dt.date(2026, 1, 1)], "end_date": [dt.date(2026, 12, 31)]}
        | {d: [1] for d in ("monday", "tuesday", "wednesday", "thursday", "friday")} | {"saturday": [0], "sunday": [0]},
    }  # fmt: skip
    frames = {t: pl.DataFrame(tables.get(t, {}), schema=SCHEMA[t] if t not in tables else None) for t in SCHEMA}
    for t in tables:
        frames[t] = frames[t].select([pl.col(c).cast(k) for c, k in SCHEMA[t].items()])
    frames["stop_times"] = frames["stop_times"].sort("trip_id", "stop_sequence")
    return Feed(**frames)


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    return baseline(town(tmp_path_factory.mktemp("town")), feed(), options=OPTIONS, od=TRIPS)


def test_journeys_by_hand(result):
    """A to C: wait 0, 9, 8 ... 1 and ride 6, median (5th of 10) 10 min, as C to A; A to B on foot, 1000 s."""
    j = result.journeys
    assert j.mean == pytest.approx((100 * 10 + 100 * 10 + 50 * 1000 / 60) / 250, abs=0.01)
    assert (j.p10, j.p50, j.p75) == (10, 10, 10)
    assert j.p90 == pytest.approx(1000 / 60, abs=0.02)
    assert j.unreached == 0
    assert j.walked == pytest.approx(0.2)
    assert j.transfers == pytest.approx(0)


def test_the_mean_over_all_demand_counts_impossible_journeys_as_the_limit(result, tmp_path):
    """Nothing is lost within 120 min; within 12 only A-C and C-A (10 min) are possible, A-B (16.7) counts as 12."""
    assert result.journeys.mean_all == pytest.approx(result.journeys.mean)
    short = baseline(town(tmp_path), feed(), options=replace(OPTIONS, max_minutes=12), od=TRIPS).journeys
    assert short.mean == pytest.approx(10)
    assert short.unreached == pytest.approx(0.2)
    assert short.mean_all == pytest.approx((200 * 10 + 50 * 12) / 250)
    none = baseline(town(tmp_path), None, options=replace(OPTIONS, max_minutes=1), od=TRIPS).journeys
    assert (none.unreached, none.mean_all) == (1.0, 1.0)
    assert np.isnan(none.mean)


def test_zones_by_hand(result):
    """C to B: ride and walk 1000 s, 26.7 min; B to C: 27 min (the fifth of 23 ... 32); A to B and back 16.7."""
    z = result.zones
    assert z["stop_m"].to_list() == pytest.approx([0, 1000, 0], abs=0.2)
    assert z["jobs_12"].to_list() == [50, 20, 50]
    assert z["jobs_20"].to_list() == [70, 30, 50]
    assert z["jobs_30"].to_list() == [70, 70, 70]
    assert z["schools_20"].to_list() == [1, 1, 0]
    assert z["clinics_30"].to_list() == [0, 0, 0]
    assert z["mean_minutes"].to_list()[0] == pytest.approx((100 * 10 + 50 * 1000 / 60) / 150, abs=0.01)
    assert z["mean_minutes"].to_list()[1] is None
    assert z["within_400"].to_list() == [100, 0, 600]


def test_places_and_equity_by_hand(result):
    rows = {(p["kind"], p["place_id"]): p for p in result.places.to_dicts()}
    assert set(rows) == {("city", "city"), ("district", "d1"), ("settlement", "s1")}
    city, west, far = (rows[k] for k in (("city", "city"), ("district", "d1"), ("settlement", "s1")))
    assert (city["name"], west["name"], far["name"]) == ("Town", "West", "Far")
    assert (city["population"], west["population"], far["population"]) == (1000, 400, 600)
    assert (city["within_400"], west["within_400"], far["within_800"]) == (700, 100, 600)
    assert west["jobs_12"] == pytest.approx((100 * 50 + 300 * 20) / 400)
    assert city["jobs_12"] == pytest.approx((100 * 50 + 300 * 20 + 600 * 50) / 1000)
    assert city["mean_minutes"] == pytest.approx(result.journeys.mean, abs=0.01)
    assert far["mean_minutes"] == pytest.approx(10)
    # 45 minutes is not among the thresholds, so the middle one counts: 70, 30 and 50 jobs
    assert result.equity["worst_decile_jobs_20"] == pytest.approx(30)
    assert result.equity["palma_jobs_20"] == pytest.approx(70 / ((300 * 30 + 100 * 50) / 400))
    assert "gini_clinics_20" not in result.equity


def test_network_by_hand(result):
    n = result.network
    assert (n.lines, n.patterns, n.trips, n.stops_served) == (1, 2, 24, 2)
    assert n.vehicle_hours == pytest.approx(24 * 6 / 60)
    assert n.fleet == 4  # each way 6 min of run and 5 of layover, so 11 minutes at a headway of 10
    assert (n.first_departure, n.last_arrival) == (SEVEN, SEVEN + 110 * 60 + 360)


def test_on_foot_without_a_timetable(tmp_path):
    b = baseline(town(tmp_path), None, options=OPTIONS, od=TRIPS)
    assert b.network is None
    assert b.journeys.mean == pytest.approx((200 * 50 + 50 * 1000 / 60) / 250, abs=0.01)
    assert b.journeys.walked == 1
    assert b.journeys.transfers == 0
    assert b.zones["stop_m"].to_list() == [None] * 3
    assert b.places["within_800"].to_list() == [0, 0, 0]
    assert "baseline.no_timetable" in {f.code for f in b.assumptions}


def test_people_live_along_the_streets_of_a_wide_zone(tmp_path):
    """One zone over everything: the middles of its three links are 500, 1500 and 500 m from a stop."""
    city = town(tmp_path)
    wide = city.zones.head(1).with_columns(pl.lit(square(15 + 1.5 * KM, 0.02)).alias("geometry"))
    b = baseline(town(tmp_path, zones=wide), feed(), options=OPTIONS, od=np.zeros((1, 1)))
    assert b.zones["within_400"].to_list() == [0]
    assert b.zones["within_800"].to_list() == pytest.approx([100 * 2 / 3])


def test_what_cannot_be_reached_is_told(tmp_path):
    far = np.zeros((3, 3))
    far[1, 2] = 10  # 33.3 min on foot, 27 by the line
    b = baseline(town(tmp_path), None, options=Options(walk_kmh=3.6, max_minutes=30), od=far)
    assert (b.journeys.unreached, b.journeys.walked) == (1, 0)
    assert np.isnan(b.journeys.mean)


def test_bad_input_is_one_sentence(tmp_path):
    city = town(tmp_path)
    with pytest.raises(InputError, match="no trip runs on 2026-09-05"):
        baseline(city, feed(), options=Options(day=dt.date(2026, 9, 5)), od=TRIPS)
    with pytest.raises(InputError, match="has shape"):
        baseline(city, None, od=np.zeros((2, 2)))
    with pytest.raises(InputError, match="no zones"):
        baseline(town(tmp_path, zones=schema.empty("zones")), None)
    closed = city.links.with_columns(pl.lit(False).alias("walk"))
    with pytest.raises(InputError, match="no street to walk on"):
        baseline(town(tmp_path, links=closed), None, od=TRIPS)


def test_a_quiet_window_is_said(tmp_path):
    quiet = Options(day=dt.date(2026, 9, 2), window=(10 * 3600, 11 * 3600))
    b = baseline(town(tmp_path), feed(), options=quiet, od=TRIPS)
    found = [f for f in b.assumptions if f.code == "baseline.window_quiet"]
    assert [(f.values["trips"], f.values["most"], f.values["clock"]) for f in found] == [(0, 12, "7:00")]


def test_the_command_prints_and_writes(tmp_path, monkeypatch):
    from shaar.cli import baseline as command

    monkeypatch.setattr(command, "open_city", lambda name: (town(tmp_path), None))
    arguments = ["town", "--json", str(tmp_path / "b.json"), "--csv", str(tmp_path / "csv"), "--walk", "3.6"]
    run = CliRunner().invoke(command.baseline, arguments)
    assert run.exit_code == 0, run.output
    data = json.loads((tmp_path / "b.json").read_text())
    assert data["network"] is None
    assert data["places"][0]["population"] == 1000
    assert pl.read_csv(tmp_path / "csv" / "zones.csv")["population"].to_list() == [100, 300, 600]
    wrong = CliRunner().invoke(command.baseline, ["town", "--window", "9:00-7:00"])
    assert wrong.exit_code == 2


@pytest.mark.parametrize("bad", [np.nan, np.inf, -1.0])
def test_demand_with_bad_numbers_is_refused(tmp_path, bad):
    trips = TRIPS.copy()
    trips[0, 1] = bad
    with pytest.raises(InputError, match="negative or missing"):
        baseline(town(tmp_path), feed(), options=OPTIONS, od=trips)


def test_headways_without_a_departure_are_refused(tmp_path):
    """A span that ends where it starts has no departure; nothing runs, and no figure of it may look like a service."""
    f = feed()
    trip = f.trips["trip_id"][0]
    none = pl.DataFrame(
        {"trip_id": [trip], "start": [SEVEN], "end": [SEVEN], "headway": [600], "exact_times": [0]},
        schema=dict(f.frequencies.schema),
    )
    only = replace(
        f, trips=f.trips.head(1), stop_times=f.stop_times.filter(pl.col("trip_id") == trip), frequencies=none
    )
    with pytest.raises(InputError, match="give no departure"):
        baseline(town(tmp_path), only, options=OPTIONS, od=TRIPS)
