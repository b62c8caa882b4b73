"""Real cities: the matrix equals an independent Connection Scan and runs of single departures, cell by cell."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from shaar.engine.city import folder
from shaar.engine.prepare.build import build_city
from shaar.engine.timetable.calendar import typical_weekday
from shaar.engine.timetable.day import day_timetable
from shaar.engine.timetable.read import read_gtfs


@pytest.fixture(scope="module")
def bench():
    file = Path(__file__).resolve().parents[2] / "benchmarks" / "porto_alegre.py"
    spec = importlib.util.spec_from_file_location("porto_alegre_benchmark", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_porto_alegre(bench, shared_data, tmp_path):
    data = shared_data / "cities" / "porto_alegre"
    feeds = [data / "poa_eptc.zip", data / "poa_trensurb.zip"]
    build_city(tmp_path / "c", osm=data / "poa_osm.pbf", gtfs=feeds, zones=data / "poa_hexgrid.csv")
    city = folder.read(tmp_path / "c")
    assert city.gtfs is not None
    day = day_timetable(read_gtfs(city.gtfs), bench.DAY)
    walks = bench.settings(city, day)
    assert bench.compare(day, walks, runs=1227, times=(14 * 3600,)) == (0, 1227**2)
    assert bench.compare(day, walks, runs=5) == (0, 3 * 5 * 1227)
    assert bench.single_departures(day, walks, 14 * 3600, 5, 3) == (0, 1227**2)


@pytest.mark.slow
def test_las_palmas(bench, shared_data, tmp_path):
    data = shared_data / "cities" / "las_palmas"
    build_city(tmp_path / "c", osm=data / "las_palmas_osm_20230221.osm.pbf", gtfs=[data / "gtfs_guaguas_20230222.zip"])
    city = folder.read(tmp_path / "c")
    assert city.gtfs is not None
    feed = read_gtfs(city.gtfs)
    day = day_timetable(feed, typical_weekday(feed))
    walks = bench.settings(city, day, kmh=4.0, change=500.0)
    z = city.zones.height
    times = (7 * 3600, 8 * 3600 + 1020, 18 * 3600)
    assert bench.compare(day, walks, runs=z, times=times) == (0, 3 * z * z)
    assert bench.single_departures(day, walks, 7 * 3600, 10, 4) == (0, z * z)
