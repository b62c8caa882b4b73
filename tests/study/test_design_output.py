"""A design as files: valid GTFS that reads back the same, GeoJSON, changes that can be carried out, and the command."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from design.grid_city import gravity, grid_city
from shaar.cli import group
from shaar.engine.city import folder
from shaar.engine.errors import ShaarError
from shaar.engine.measures.scenario import apply, read_scenario
from shaar.engine.study.design import design
from shaar.engine.study.design_output import FILES, design_feed, write_design
from shaar.engine.timetable.read import read_gtfs


@pytest.fixture(scope="module")
def city():
    return grid_city()


@pytest.fixture(scope="module")
def result(city):
    return design(city, gravity(city), fleet=24, iterations=600)


@pytest.fixture(scope="module")
def written(city, result, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("out") / "plan"
    assert [p.name for p in write_design(city, result, out)] == list(FILES)
    return out


def test_the_gtfs_reads_back_with_every_line_both_ways(written, result) -> None:
    feed = read_gtfs(written / "gtfs.zip")
    plan = result.front[result.chosen]
    assert feed.routes["route_short_name"].to_list() == [line.name for line in plan.lines]
    assert feed.trips.height == 2 * len(plan.lines)
    for line in plan.lines:
        for way, stops in ((0, line.stops_forward), (1, line.stops_backward)):
            trip = feed.trips.filter((pl.col("route_id") == line.line_id) & (pl.col("direction_id") == way))["trip_id"][
                0
            ]
            assert tuple(feed.stop_times.filter(pl.col("trip_id") == trip)["stop_id"]) == stops
    assert feed.stops["stop_name"].null_count() == 0


def test_geojson_says_designed_and_proposed(written, result) -> None:
    lines = json.loads((written / "lines.geojson").read_text(encoding="utf-8"))["features"]
    stops = json.loads((written / "stops.geojson").read_text(encoding="utf-8"))["features"]
    assert len(lines) == 2 * len(result.front[result.chosen].lines)
    assert {f["properties"]["status"] for f in lines} == {"designed"}
    source = dict(result.stops.select("stop_id", "source").iter_rows())
    for f in stops:
        assert f["properties"]["proposed"] == (source[f["properties"]["stop_id"]] == "proposed")
        assert f["properties"]["lines"]


def test_the_changes_carried_out_give_the_same_service(written, city, result) -> None:
    scenario = read_scenario(written / "changes.toml")
    changed, feed = apply(city, None, scenario)
    assert feed is not None
    own = design_feed(city, result)
    for name in ("routes", "trips"):
        assert getattr(feed, name).height == getattr(own, name).height
    assert set(feed.stop_times["stop_id"]) == set(own.stop_times["stop_id"])
    assert set(own.stop_times["stop_id"]) <= set(changed.stops["stop_id"])


def test_changes_on_a_running_service_remove_it_first(city, result, tmp_path) -> None:
    today = design_feed(city, result)
    write_design(city, result, tmp_path, feed=today)
    kinds = [c.type for c in read_scenario(tmp_path / "changes.toml").changes]
    n = len(result.front[result.chosen].lines)
    assert kinds == ["remove_line"] * n + ["add_line"] * n


def test_the_front_table(written, result) -> None:
    table = pl.read_csv(written / "front.csv")
    assert table["vehicles"].to_list() == [p.fleet for p in result.front]
    assert table["chosen"].sum() == 1


def test_an_unwritable_folder_is_one_sentence_and_leaves_nothing(city, result, tmp_path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ShaarError, match="could not be written"):
        write_design(city, result, tmp_path / "file")
    assert (tmp_path / "file").read_text() == "x"


def test_the_command_designs_a_city_folder(city, tmp_path) -> None:
    tables = {n: getattr(city, n) for n in ("zones", "places", "nodes", "links", "turns", "stops", "base")}
    folder.write(tmp_path / "grid", city.meta, tables)
    out = tmp_path / "plan"
    run = CliRunner().invoke(
        group, ["design", str(tmp_path / "grid"), "--fleet", "20", "--iterations", "300", "--out", str(out)]
    )
    assert run.exit_code == 0, run.output
    assert sorted(p.name for p in out.iterdir()) == sorted(FILES)
    bad = CliRunner().invoke(group, ["design", str(tmp_path / "grid"), "--fleets", "many"])
    assert bad.exit_code == 2
    assert "whole numbers" in bad.output
