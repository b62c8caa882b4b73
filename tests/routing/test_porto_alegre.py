"""Real Porto Alegre: the matrix equals an independent Connection Scan cell by cell."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from shaar.engine.city import folder
from shaar.engine.prepare.build import build_city
from shaar.engine.timetable.day import day_timetable
from shaar.engine.timetable.read import read_gtfs


@pytest.mark.slow
def test_equals_connection_scan(shared_data, tmp_path):
    data = shared_data / "cities" / "porto_alegre"
    file = Path(__file__).resolve().parents[2] / "benchmarks" / "porto_alegre.py"
    spec = importlib.util.spec_from_file_location("porto_alegre_benchmark", file)
    assert spec is not None
    assert spec.loader is not None
    bench = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = bench
    spec.loader.exec_module(bench)
    feeds = [data / "poa_eptc.zip", data / "poa_trensurb.zip"]
    build_city(tmp_path / "c", osm=data / "poa_osm.pbf", gtfs=feeds, zones=data / "poa_hexgrid.csv")
    city = folder.read(tmp_path / "c")
    assert city.gtfs is not None
    day = day_timetable(read_gtfs(city.gtfs), bench.DAY)
    bad, cells = bench.compare(day, bench.settings(city, day), runs=5)
    assert cells == 3 * 5 * 1227
    assert bad == 0
