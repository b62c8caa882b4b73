"""The example city that is shipped, and real cities built from raw files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from shaar.engine.city.components import components
from shaar.engine.city.example import example_city_path
from shaar.engine.city.folder import read
from shaar.engine.city.geoparquet import geometries
from shaar.engine.city.zones import ZoneSet
from shaar.engine.errors import InputError
from shaar.engine.measures.scenario import read_scenario
from shaar.engine.prepare.build import Naming, build_city


def test_astana_is_small_whole_and_sums_to_the_official_total() -> None:
    path = example_city_path("astana")
    assert sum(p.stat().st_size for p in path.rglob("*") if p.is_file()) < 6_000_000
    city = read(path)
    assert 300 <= (city.zones["population"] >= 1).sum() <= 600
    assert city.zones["population"].sum() == pytest.approx(1_014_015, abs=1e-3)
    assert city.zones["jobs"].sum() == pytest.approx(497_600, abs=1e-3)
    assert city.gtfs is None
    assert set(city.stops["source"].unique()) == {"osm"}
    assert city.links["slope"].null_count() == city.links.height


def test_astana_every_zone_has_a_street_to_walk_and_a_district() -> None:
    city = read(example_city_path())
    w = city.links.filter(pl.col("walk"))
    label = np.asarray(components(city.nodes.height, w["from_node"].to_numpy(), w["to_node"].to_numpy()))
    ends = np.unique(np.concatenate([w["from_node"].to_numpy(), w["to_node"].to_numpy()]))
    main = ends[label[ends] == 0]
    zones = ZoneSet(tuple(city.zones["zone_id"]), geometries(city.zones), "")
    at = zones.locate(city.nodes["lon"].to_numpy()[main], city.nodes["lat"].to_numpy()[main])
    assert set(range(city.zones.height)) <= set(at.tolist())
    inhabited = city.zones.filter(pl.col("population") >= 1)
    assert inhabited["district"].null_count() == 0
    assert set(inhabited["district"]) == {"district-almaty", "district-esil", "district-saryarka"}


def test_astana_names_settlements_and_sources() -> None:
    city = read(example_city_path())
    places = city.places
    outlying = places.filter((pl.col("kind") == "settlement") & pl.col("outlying"))
    assert {"Urker", "Telman", "Zheleznodorozhny", "Internatsionalny"} <= set(outlying["name_en"])
    named = places.filter(pl.col("kind").is_in(["city", "district", "settlement", "quarter", "village"]))
    for column in ("name", "name_ru", "name_kk", "name_en"):
        assert named[column].null_count() == 0, column
    population = city.meta.provenance["zones.population"]
    assert (population.badge, population.date) == ("modelled", "2017-09-01")
    assert "134,472" in population.method
    assert "approximate" in city.meta.provenance["places"].method
    for file in ("README.md", "ATTRIBUTION.md"):
        assert (city.path / file).read_text(encoding="utf-8").strip()
    assert "© OpenStreetMap contributors" in (city.path / "ATTRIBUTION.md").read_text(encoding="utf-8")


def test_astana_scenario_of_today() -> None:
    scenario = read_scenario(example_city_path() / "scenarios" / "today.toml")
    (change,) = scenario.changes
    assert (change.type, change.value, change.date.isoformat()) == ("population_total", 1_649_242.0, "2026-02-01")


def test_unknown_example_is_named() -> None:
    with pytest.raises(InputError, match="'atlantis'; there is astana"):
        example_city_path("atlantis")


def test_porto_alegre_keeps_its_census(shared_data: Path, tmp_path: Path) -> None:
    poa = shared_data / "cities" / "porto_alegre"
    findings = build_city(
        tmp_path / "poa",
        osm=poa / "poa_osm.pbf",
        gtfs=[poa / "poa_eptc.zip", poa / "poa_trensurb.zip"],
        zones=poa / "poa_hexgrid.csv",
        elevation=poa / "poa_elevation.tif",
        naming=Naming(name="Porto Alegre", country="BR"),
    )
    city = read(tmp_path / "poa")
    sums = city.zones.select("population", "jobs", "schools", "clinics").sum().row(0)
    assert (city.zones.height, *sums) == (1227, 812_935, 337_921, 194, 141)
    assert city.meta.time_zone == "America/Sao_Paulo"
    assert city.stops.height == 3_986 + 24
    assert city.links["slope"].null_count() < 0.1 * city.links.height
    assert not [f for f in findings if f.severity == "error"]


@pytest.mark.slow
def test_las_palmas_from_map_and_feed(shared_data: Path, tmp_path: Path) -> None:
    lp = shared_data / "cities" / "las_palmas"
    build_city(tmp_path / "lp", osm=lp / "las_palmas_osm_20230221.osm.pbf", gtfs=[lp / "gtfs_guaguas_20230222.zip"],
               naming=Naming(country="ES"))  # fmt: skip
    city = read(tmp_path / "lp")
    assert 300 <= (city.zones["population"] >= 1).sum() <= 600
    assert city.meta.time_zone == "Atlantic/Canary"
    assert (city.path / "gtfs.zip").read_bytes() == (lp / "gtfs_guaguas_20230222.zip").read_bytes()
