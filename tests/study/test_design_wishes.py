"""What a planner may ask: today's lines as a start, lines that stay, few changes, coverage, weights, areas, draws."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from design.grid_city import gravity, grid_city
from shaar.engine.design.city_measures import Weights
from shaar.engine.design.lines_why import sentence
from shaar.engine.errors import InputError
from shaar.engine.fleet.service import busiest_moment
from shaar.engine.study import design_say as say
from shaar.engine.study.design import PERIODS, DesignRules, Wishes, design
from shaar.engine.study.design_fleet import within
from shaar.engine.study.design_output import changes, design_feed, write_design
from shaar.engine.timetable.calendar import typical_weekday
from shaar.engine.timetable.day import day_timetable
from shaar.engine.timetable.feed import Feed


@pytest.fixture(scope="module")
def city():
    return grid_city()


@pytest.fixture(scope="module")
def od(city):
    return gravity(city)


@pytest.fixture(scope="module")
def feed(city, od) -> Feed:
    """Today: a designed network of 24 vehicles, its lines called by their ids."""
    return design_feed(city, design(city, od, fleet=24, lines=5, iterations=300, seed=3))


def run(city, od, feed, *, fleet: int = 30, iterations: int = 300, **wishes):
    return design(city, od, feed=feed, fleet=fleet, fleets=[fleet], iterations=iterations, wishes=Wishes(**wishes))


def test_todays_network_is_judged_by_the_same_model(city, od, feed) -> None:
    r = run(city, od, feed)
    assert r.today is not None
    assert {line.line_id for line in r.today.lines} == set(feed.routes["route_id"])
    assert all(line.status == "kept" for line in r.today.lines)
    assert 5.0 < r.today.mean_minutes < 60.0
    assert r.today.vehicle_hours_day > 0
    # A 12 m diesel bus emits about 1 to 1.6 kg CO2e a km in town, well to wheel.
    assert 0.8 < r.today.co2e_kg_day / r.today.vehicle_km_day < 2.0


def test_headways_only_keeps_every_line_and_its_stops(city, od, feed) -> None:
    r = run(city, od, feed, mode="headways")
    plan = r.front[r.chosen]
    assert {line.line_id for line in plan.lines} == set(feed.routes["route_id"])
    assert {line.status for line in plan.lines} <= {"kept", "headway"}
    assert plan.removed == ()
    assert plan.fleet <= 30
    assert plan.mean_minutes < r.today.mean_minutes
    kinds = {c.type for c in changes(city, r, plan, feed).changes}
    assert kinds <= {"set_headway"}
    after = design_feed(city, r, feed=feed)
    assert set(after.routes["route_id"]) == set(feed.routes["route_id"])
    old = feed.stop_times.join(feed.trips, on="trip_id").select("route_id", "stop_id").unique()
    new = after.stop_times.join(after.trips, on="trip_id").select("route_id", "stop_id").unique()
    assert old.sort(pl.all()).equals(new.sort(pl.all()))


def test_the_written_timetable_keeps_the_fleet_beside_lines_of_another_time(city, od, feed) -> None:
    """A line that no headway describes (one trip an afternoon) runs on, and its vehicle is taken from the others."""
    line, trip = feed.trips["route_id"][0], feed.trips["trip_id"][0]
    calls = feed.stop_times.filter(pl.col("trip_id") == trip).sort("stop_sequence")
    shift = 14 * 3600 - int(calls["departure"][0])
    extra = [
        (
            feed.routes.filter(pl.col("route_id") == line).with_columns(
                pl.lit(f"S{k}").alias("route_id"), pl.lit(f"S{k}").alias("route_short_name")
            ),
            feed.trips.filter(pl.col("trip_id") == trip).with_columns(
                pl.lit(f"S{k}").alias("route_id"), pl.lit(f"S{k}").alias("trip_id")
            ),
            calls.with_columns(
                pl.lit(f"S{k}").alias("trip_id"), pl.col("arrival") + shift, pl.col("departure") + shift
            ),
        )
        for k in range(4)
    ]
    busy = replace(
        feed,
        routes=pl.concat([feed.routes, *(e[0] for e in extra)]),
        trips=pl.concat([feed.trips, *(e[1] for e in extra)]),
        stop_times=pl.concat([feed.stop_times, *(e[2] for e in extra)]),
    )
    rules = replace(DesignRules(), periods={**PERIODS, "midday": replace(PERIODS["midday"], fleet=1.0, run=1.0)})
    r = design(
        city, od, feed=busy, fleet=26, fleets=[26], iterations=100, wishes=Wishes(mode="headways"), rules=rules
    )  # fmt: skip
    plan = r.front[r.chosen]
    after = design_feed(city, r, feed=busy)
    day = day_timetable(after, typical_weekday(busy), previous_day=False)
    assert {"S0", "S1", "S2", "S3"} <= set(after.routes["route_id"])
    assert max(plan.service.periods[:-1], key=lambda x: x.vehicles).vehicles == plan.fleet
    assert busiest_moment(day).vehicles <= 26
    assert "design.fleet_exceeded" not in {f.code for f in r.findings}


def test_what_no_headway_can_give_back_is_said(city, od, feed) -> None:
    said = say.exceeded(27, 26)
    assert [(f.code, f.count, f.values) for f in said] == [
        ("design.fleet_exceeded", 1, {"counted": 27, "limit": 26}),
    ]
    assert say.exceeded(26, 26) == []


def test_fewer_are_allocated_until_the_timetable_keeps_the_limit() -> None:
    asked: list[int] = []

    def served(fleet: int) -> int:
        asked.append(fleet)
        if fleet < 15:
            raise InputError("too few")
        return fleet

    assert within(20, served, lambda s: s + 3) == (17, 20)
    assert asked == [20, 17]
    # Six beside them cannot be made room for: the nearest stays, and is told.
    assert within(20, served, lambda s: s + 6) == (20, 26)
    assert within(20, served, lambda s: 25) == (20, 25)


def test_construct_gives_all_new_lines_one_headway(city, od, feed) -> None:
    r = run(city, od, feed, mode="construct", coverage=0.0)
    plan = r.front[r.chosen]
    assert len({line.headways["morning_peak"] for line in plan.lines}) == 1
    assert all(line.status == "designed" for line in plan.lines)
    assert plan.fleet <= 30


def test_a_kept_line_keeps_its_trips_and_a_protected_one_its_course(city, od, feed) -> None:
    ids = feed.routes["route_id"].to_list()
    r = run(city, od, feed, keep=(ids[0],), protect=(ids[1],))
    plan = r.front[r.chosen]
    by_id = {line.line_id: line for line in plan.lines}
    assert by_id[ids[0]].status == "kept"
    assert by_id[ids[1]].status in ("kept", "headway")
    assert ids[0] not in plan.removed
    assert set(ids[2:]) - set(plan.removed) <= set(by_id)
    after = design_feed(city, r, feed=feed)
    for table, key in (("trips", "trip_id"), ("frequencies", "trip_id")):
        mine = feed.trips.filter(pl.col("route_id") == ids[0])["trip_id"].implode()
        old, new = (getattr(f, table).filter(pl.col(key).is_in(mine)).sort(pl.all()) for f in (feed, after))
        assert old.equals(new)


@pytest.mark.parametrize("budget", [1, 3])
def test_a_change_budget_is_kept_and_the_network_gets_better(city, od, feed, budget: int) -> None:
    r = run(city, od, feed, change_budget=budget)
    plan = r.front[r.chosen]
    touched = sum(line.status != "kept" for line in plan.lines) + len(plan.removed)
    assert touched <= budget
    assert plan.mean_minutes <= r.today.mean_minutes
    routes = {getattr(c, "route_id", getattr(c, "line_id", "")) for c in changes(city, r, plan, feed).changes}
    assert len(routes) == touched


def test_coverage_does_not_fall_below_todays(city, od, feed) -> None:
    r = run(city, od, feed)
    plan = r.front[r.chosen]
    assert plan.coverage >= r.today.coverage - 1e-9
    assert r.settings["coverage"] == pytest.approx(r.today.coverage, abs=1e-4)


def test_the_coverage_asked_for_is_reached_or_the_binding_constraint_named(city, od) -> None:
    low = design(city, od, fleet=30, fleets=[30], iterations=200, lines=2, wishes=Wishes(coverage=0.0))
    asked = low.front[low.chosen].coverage + 0.1
    high = design(city, od, fleet=30, fleets=[30], iterations=200, wishes=Wishes(coverage=asked))
    assert high.front[high.chosen].coverage >= asked
    with pytest.raises(InputError, match=r"no network can bring 100.0% .* all stops, known and proposed, reach \d"):
        design(city, od, fleet=30, iterations=100, wishes=Wishes(coverage=1.0, coverage_m=60.0))
    with pytest.raises(InputError, match=r"4 vehicles are too few: .* takes \d+ .*") as e:
        design(city, od, fleet=4, fleets=[4], iterations=200, wishes=Wishes(coverage=asked))
    least = int(str(e.value).split(" takes ")[1].split()[0])
    assert least > 4


def test_areas_say_who_wins_and_their_loss_can_be_limited(city, od, feed) -> None:
    r = run(city, od, feed)
    areas = r.front[r.chosen].areas
    assert "Village" in {a["area"] for a in areas}
    changed = [a["change_percent"] for a in areas]
    assert changed == sorted(changed, reverse=True)
    mean = sum(a["after_minutes"] * a["trips_day"] for a in areas) / sum(a["trips_day"] for a in areas)
    assert mean == pytest.approx(r.front[r.chosen].mean_minutes, rel=0.01)
    limited = run(city, od, feed, fleet=40, max_loss=max(changed[0], 0.0) + 1.0)
    assert all(a["change_percent"] <= max(changed[0], 0.0) + 1.0 + 1e-6 for a in limited.front[limited.chosen].areas)
    with pytest.raises(InputError, match=r"binds; allow \d"):
        run(city, od, feed, fleet=14, coverage=0.0, max_loss=0.0)


def test_a_dear_vehicle_hour_makes_a_smaller_fleet_best(city, od) -> None:
    sizes = [12, 20, 30, 45]
    free = design(city, od, fleets=sizes, iterations=200, wishes=Wishes(weights=Weights(vehicle_hour=0.01)))
    dear = design(city, od, fleets=sizes, iterations=200, wishes=Wishes(weights=Weights(vehicle_hour=50.0)))
    assert free.front[free.chosen].fleet > dear.front[dear.chosen].fleet


def test_draws_say_how_stable_each_line_is(city, od) -> None:
    r = design(city, od, fleet=24, fleets=[24], lines=4, iterations=200, wishes=Wishes(draws=2))
    lines = r.front[r.chosen].lines
    for line in lines:
        assert line.why["found_in_draws"] in (0.0, 0.5, 1.0)
        assert line.why["loss_low"] <= line.why["loss_high"]
        assert 1 <= line.why["rank_low"] <= line.why["rank_high"] <= len(lines)
    assert any(line.why["found_in_draws"] > 0 for line in lines)


def test_the_reason_of_a_line_is_said_in_plain_sentences(city, od, feed) -> None:
    line = run(city, od, feed).front[0].lines[0]
    said = sentence(line.why)
    assert f"{line.why['trips_day']:,.0f} trips a day" in said
    quiet = {**line.why, "minutes_lost": 0.0, "people_losing": 0, "found_in_draws": 0.5, "loss_low": 0, "loss_high": 1}
    assert "hardly anybody" in sentence(quiet)
    assert "50% of the demand draws" in sentence(quiet)


def test_files_say_what_stays(city, od, feed, tmp_path) -> None:
    r = run(city, od, feed, change_budget=2)
    names = [p.name for p in write_design(city, r, tmp_path, feed=feed)]
    assert "areas.csv" in names
    assert pl.read_csv(tmp_path / "areas.csv").height == len(r.front[r.chosen].areas)
    assert '"status": "kept"' in (tmp_path / "lines.geojson").read_text()


@pytest.mark.parametrize(
    ("wishes", "message"),
    [
        ({"mode": "headways"}, "no timetable"),
        ({"keep": ("1",)}, "no timetable"),
        ({"change_budget": 2}, "no timetable"),
        ({"max_loss": 5.0}, "no timetable"),
        ({"mode": "guess"}, "the mode is one of"),
        ({"coverage": 1.5}, "between 0 and 1"),
        ({"change_budget": 0}, "at least one change"),
        ({"draws": -1}, "not below zero"),
    ],
)
def test_wishes_without_sense_are_one_sentence(city, od, wishes, message) -> None:
    with pytest.raises(InputError, match=message):
        design(city, od, fleet=20, iterations=50, wishes=Wishes(**wishes))


def test_unknown_lines_and_too_few_vehicles_for_today_are_said(city, od, feed) -> None:
    with pytest.raises(InputError, match="has no line 99"):
        run(city, od, feed, keep=("99",))
    first = feed.routes["route_id"][0]
    with pytest.raises(InputError, match="kept and as protected"):
        run(city, od, feed, keep=(first,), protect=(first,))
    with pytest.raises(InputError, match=r"today's lines take \d+ vehicles, but 3 are given"):
        run(city, od, feed, fleet=3, change_budget=2)
    with pytest.raises(InputError, match="running today's"):
        run(city, od, feed, fleet=3, mode="headways")


def test_a_timetable_elsewhere_is_one_sentence(city, od, feed) -> None:
    away = ("far" + pl.col("stop_id")).alias("stop_id")
    stops = feed.stops.with_columns(away, pl.col("stop_lat") + 1.0)
    far = replace(feed, stops=stops, stop_times=feed.stop_times.with_columns(away))
    with pytest.raises(InputError, match="none of today's lines"):
        design(city, od, feed=far, fleet=20, iterations=50)


@pytest.mark.parametrize("bad", [{"passenger": -1.0}, {"worst": float("nan")}, {"passenger": 0.0}])
def test_senseless_weights_are_refused(bad) -> None:
    with pytest.raises(InputError):
        Weights(**bad)
