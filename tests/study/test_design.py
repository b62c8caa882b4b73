"""The whole design on a small city: coverage, fleets, reproducibility, reasons, and errors of one sentence."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
import shapely

from design.grid_city import gravity, grid_city
from shaar.engine.city import schema
from shaar.engine.errors import InputError
from shaar.engine.fleet.service import busiest_moment
from shaar.engine.study.design import design
from shaar.engine.study.design_output import design_feed
from shaar.engine.study.results import DesignResult
from shaar.engine.timetable.calendar import typical_weekday
from shaar.engine.timetable.day import day_timetable


@pytest.fixture(scope="module")
def city():
    return grid_city()


@pytest.fixture(scope="module")
def od(city):
    return gravity(city)


@pytest.fixture(scope="module")
def result(city, od) -> DesignResult:
    return design(city, od, fleet=30, iterations=1500, seed=1)


def test_the_front_falls_with_the_fleet(result) -> None:
    fleets = [p.fleet for p in result.front]
    minutes = [p.mean_minutes for p in result.front]
    assert fleets == sorted(fleets)
    assert all(b < a for a, b in itertools.pairwise(minutes))
    assert len(result.front) >= 3


def test_the_given_fleet_is_chosen_and_kept(result) -> None:
    plan = result.front[result.chosen]
    assert result.settings["fleet"] == 30
    assert result.settings["chosen_by"] == "fleet"
    assert plan.fleet == sum(line.vehicles for line in plan.lines) <= 30


def test_every_plan_reaches_the_settlement(result) -> None:
    for plan in result.front:
        assert any("Village" in str(line.why["settlements"]) for line in plan.lines)


def test_a_line_has_its_headways_vehicles_and_reasons(result) -> None:
    for plan in result.front:
        for line in plan.lines:
            assert set(line.headways) == set(result.periods)
            assert 3.0 <= line.headways["morning_peak"] <= 20.0
            assert all(3.0 <= h <= 30.0 for h in line.headways.values())
            runs = (line.minutes_forward, line.minutes_backward)
            cycle = sum(r + max(0.1 * r, 5.0) for r in runs)
            assert line.vehicles == math.ceil(cycle / line.headways["morning_peak"] - 1e-6)
            assert len(line.seconds_forward) == len(line.stops_forward)
            assert line.seconds_forward[0] == 0
            assert shapely.from_wkb(line.geometry_forward).geom_type == "LineString"
            assert line.why["people_losing"] <= line.why["people_400"]
            assert line.why["detour"] >= 1.0 - 1e-6
        assert sum(line.why["trips_day"] for line in plan.lines) > 0


def test_stops_of_lines_are_in_the_stop_table(result, city) -> None:
    known = set(result.stops["stop_id"])
    assert schema.conform("stops", result.stops).equals(result.stops)
    assert set(city.stops["stop_id"]) <= known
    for plan in result.front:
        for line in plan.lines:
            assert set(line.stops_forward) | set(line.stops_backward) <= known


def test_the_same_seed_and_iterations_give_the_same_plan(result, city, od) -> None:
    again = design(city, od, fleet=30, iterations=1500, seed=1)
    assert again.front == result.front
    assert again.stops.equals(result.stops)


def test_the_fleet_counted_from_the_timetable_is_the_fleet_of_the_plan(result, city) -> None:
    """An independent count: vehicles at once of the written timetable, by the rules of the baseline."""
    plan = result.front[result.chosen]
    feed = design_feed(city, result)
    day = day_timetable(feed, typical_weekday(feed), previous_day=False)
    assert plan.fleet <= 30
    assert 0.9 * plan.fleet <= busiest_moment(day).vehicles <= 30


def test_todays_fleet_is_the_default(result, city, od) -> None:
    feed = design_feed(city, result)
    day = day_timetable(feed, typical_weekday(feed), previous_day=False)
    again = design(city, od, feed=feed, iterations=300)
    assert again.settings["fleet_from"] == "today's timetable"
    assert again.settings["fleet"] == busiest_moment(day).vehicles


def test_without_fleet_or_timetable_the_ratio_is_said(city, od) -> None:
    r = design(city, od, iterations=300, fleets=None)
    assert r.settings["fleet"] == round(0.6 * city.zones["population"].sum() / 1000)
    assert r.settings["chosen_by"] == "knee of the front"
    assert "design.fleet_assumed" in {f.code for f in r.findings}


def test_given_sizes_and_number_of_lines_are_kept(city, od) -> None:
    r = design(city, od, fleets=[15, 25], lines=4, iterations=800)
    assert [p.fleet <= f for p, f in zip(r.front, (15, 25))] == [True, True]
    assert all(len(p.lines) <= 4 for p in r.front)


def test_an_interrupted_search_keeps_its_best(city, od) -> None:
    def stop(stage: str, done: float, total: float | None = None, note: str = "") -> None:
        if stage == "search" and note.startswith("mean"):
            raise KeyboardInterrupt

    r = design(city, od, fleet=30, seconds=60.0, progress=stop)
    assert r.search["interrupted"] == 1
    assert r.search["search_seconds"] < 30
    assert r.front[r.chosen].lines
    assert "design.interrupted" in {f.code for f in r.findings}


def test_a_fleet_too_small_names_the_constraint_and_the_least(city, od) -> None:
    with pytest.raises(
        InputError, match=r"vehicles are too few: reaching all 1 outlying settlements .* takes \d+"
    ) as e:
        design(city, od, fleet=1, lines=3, iterations=500)
    least = int(str(e.value).split(" takes ")[1].split()[0])
    assert least > 1


@pytest.mark.parametrize(("name", "value"), [("fleet", 0), ("lines", 0), ("fleets", []), ("fleets", [0, 5])])
def test_senseless_numbers_are_refused(city, od, name, value) -> None:
    with pytest.raises(InputError, match=r"at least one|whole numbers"):
        design(city, od, **{name: value})


def test_a_city_without_settlements_or_stops_works(od) -> None:
    bare = grid_city(stops=False)
    bare = replace(bare, places=bare.places.clear())
    r = design(bare, gravity(bare), fleet=20, iterations=400)
    assert r.front[r.chosen].lines
    assert set(r.stops["source"]) == {"proposed"}


def test_no_demand_is_one_sentence(city) -> None:
    with pytest.raises(InputError, match="holds no trips"):
        design(city, np.zeros((len(city.zones),) * 2), fleet=10)
