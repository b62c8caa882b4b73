"""The service of a plan: limits by period and type, policy headways, figures that add up, and what does not suffice."""

from __future__ import annotations

import json
import re

import polars as pl
import pytest
from click.testing import CliRunner

from design.grid_city import gravity, grid_city
from shaar.cli import group
from shaar.engine.city import folder
from shaar.engine.errors import InputError
from shaar.engine.fleet.service import day_trips
from shaar.engine.study.design import Wishes, design
from shaar.engine.study.design_output import changes, design_feed, write_design
from shaar.engine.study.design_rules import PERIODS
from shaar.engine.timetable.calendar import typical_weekday
from shaar.engine.timetable.day import day_timetable
from shaar.engine.timetable.pattern_length import pattern_km

TYPES = {"standard": 18, "articulated": 8, "minibus": 8}


@pytest.fixture(scope="module")
def city():
    return grid_city()


@pytest.fixture(scope="module")
def od(city):
    # Enough people to fill buses.
    return gravity(city) * 4.0


@pytest.fixture(scope="module")
def typed(city, od):
    # A quarter of the demand: even minibuses carry everybody on some line.
    return design(city, od / 4.0, fleets=[34], lines=5, iterations=300, seed=2, wishes=Wishes(fleet_types=TYPES))


@pytest.fixture(scope="module")
def plain(city, od):
    return design(city, od, fleet=30, fleets=[20, 30], lines=5, iterations=300, seed=2)


def test_each_period_keeps_the_limit_of_each_type_and_the_policy(typed) -> None:
    plan = typed.front[typed.chosen]
    limits = {"bus_12m": 18, "articulated_18m": 8, "minibus_6m": 8}
    assert plan.fleet <= 34
    for total in plan.service.periods[:-1]:
        used: dict[str, int] = {}
        for x in plan.service.lines:
            if x.period == total.period:
                used[x.vehicle_type] = used.get(x.vehicle_type, 0) + x.vehicles
        assert used == total.by_type
        assert all(n <= limits[key] for key, n in used.items())
        assert total.gap <= 1e-3
    for x in plan.service.lines:
        assert PERIODS[x.period].least <= x.headway <= PERIODS[x.period].longest
    # A line has one type all day, and comes no more often off the peak than in it.
    for line in plan.lines:
        assert {x.vehicle_type for x in plan.service.lines if x.line_id == line.line_id} == {line.vehicle_type}
        peak = min(line.headways["morning_peak"], line.headways["evening_peak"])
        assert all(h >= peak for h in line.headways.values())
    assert {t.key: t.there for t in plan.service.types} == limits


def test_roomy_vehicles_run_where_the_loads_are(typed) -> None:
    plan = typed.front[typed.chosen]
    load = {x.name: x.peak_load for x in plan.service.lines if x.period == "morning_peak"}
    kind = {line.name: line.vehicle_type for line in plan.lines}
    big = [load[n] for n, k in kind.items() if k == "articulated_18m"]
    small = [load[n] for n, k in kind.items() if k == "minibus_6m"]
    assert big
    assert small
    assert min(big) > min(small)


def test_figures_of_lines_periods_and_the_day_add_up(plain) -> None:
    plan = plain.front[plain.chosen]
    service, day = plan.service, plan.service.day
    for figure in ("boardings", "vehicle_km", "cost", "kgco2e", "passenger_km", "vehicle_hours"):
        by_line = sum(getattr(x, figure) for x in service.lines)
        assert by_line == pytest.approx(sum(getattr(p, figure) for p in service.periods[:-1]))
        assert by_line == pytest.approx(getattr(day, figure))
    assert day.vehicle_km == pytest.approx(plan.vehicle_km_day)
    assert day.cost == plan.cost_day == pytest.approx(12.0 * day.vehicle_hours + 0.7 * day.vehicle_km)
    assert day.kgco2e == plan.co2e_kg_day
    assert day.trips == pytest.approx(4.0 * 20_000.0, rel=0.01)
    assert day.vehicles == plan.fleet
    assert [line.why["trips_day"] for line in plan.lines] == [
        round(sum(x.boardings for x in service.lines if x.line_id == line.line_id)) for line in plan.lines
    ]
    for x in service.lines:
        assert x.load_factor == pytest.approx(x.peak_load / (75.0 * 60.0 / x.headway))
        line = next(line for line in plan.lines if line.line_id == x.line_id)
        stops = line.stops_forward if x.peak_from in line.stops_forward else line.stops_backward
        assert stops.index(x.peak_from) < stops.index(x.peak_to)
    # The shares of the day and its surges are those that the search assumes for its peak hour.
    assert sum(p.trips for p in PERIODS.values()) == pytest.approx(1.0)
    assert {a.name for a in service.assumptions} >= {"bus_12m.places", "crowding.standing", "midday.trips", "layover"}
    assert all(a.source and a.badge for a in service.assumptions)


def test_the_timetable_runs_the_kilometres_of_the_service(plain, city) -> None:
    """An independent count from the written trips; each span's last headway may be cut."""
    plan, feed = plain.front[plain.chosen], design_feed(city, plain)
    day = day_timetable(feed, typical_weekday(feed), previous_day=False)
    trips = day_trips(day)
    km = pattern_km(feed, day)[trips.pattern].sum()
    assert km == pytest.approx(plan.service.day.vehicle_km, rel=0.05)


def test_policy_headways_hold_in_their_periods(city, od) -> None:
    asked = Wishes(longest={"evening": 12.0, "midday": 10.0}, shortest={"morning_peak": 6.0, "evening_peak": 6.0})
    r = design(city, od, fleet=40, fleets=[40], lines=5, iterations=200, wishes=asked)
    for line in r.front[r.chosen].lines:
        assert line.headways["evening"] <= 12.0
        assert line.headways["midday"] <= 10.0
        assert line.headways["morning_peak"] >= 6.0
    with pytest.raises(InputError, match="longest_headway: there is no period 'noon'; known are early"):
        design(city, od, fleet=40, wishes=Wishes(longest={"noon": 5.0}))
    with pytest.raises(InputError, match=r"evening the shortest headway \(40 min\) is above the longest \(30 min\)"):
        design(city, od, fleet=40, wishes=Wishes(shortest={"evening": 40.0}))


def test_types_that_do_not_suffice_name_the_period_and_the_least_that_helps(city, od) -> None:
    often = dict.fromkeys(PERIODS, 9.0)
    few = {"standard": 5, "articulated": 1, "minibus": 2, "midi": 3}
    with pytest.raises(InputError, match=r"not by type .* more vehicles? \(\w+\)") as e:
        design(city, od, fleets=[11], lines=2, iterations=200, wishes=Wishes(fleet_types=few, longest=often))
    more, key = re.search(r"(\d+) more vehicles? \((\w+)\)", str(e.value)).groups()
    short = {"bus_12m": "standard", "articulated_18m": "articulated", "minibus_6m": "minibus", "midi_9m": "midi"}[key]
    enough = {**few, short: few[short] + int(more)}
    r = design(
        city, od, fleets=[sum(enough.values())], lines=2, iterations=200,
        wishes=Wishes(fleet_types=enough, longest=often),
    )  # fmt: skip
    assert r.front[r.chosen].fleet <= sum(enough.values())


@pytest.mark.parametrize(
    ("wishes", "fleet", "says"),
    [
        (Wishes(fleet_types={"tram": 5}), None, "no vehicle type 'tram'; known are standard, articulated"),
        (Wishes(fleet_types={"standard": -1}), None, "not below zero"),
        (Wishes(fleet_types={"standard": 0}), None, "at least one vehicle"),
        (Wishes(fleet_types={"standard": 20}), 30, "30 vehicles are given, but the types are 20 in sum"),
        (Wishes(fleet_types={"trolleybus": 20}), None, "trolleybuses run only under wires"),
        (Wishes(fleet_types={"standard": 20}, wires=("all",)), None, "no trolleybuses among"),
        (Wishes(fleet_types={"trolleybus": 20}, wires=("7",)), None, "no timetable"),
    ],
)
def test_senseless_vehicles_are_refused(city, od, wishes, fleet, says) -> None:
    with pytest.raises(InputError, match=says):
        design(city, od, fleet=fleet, iterations=50, wishes=wishes)


def test_trolleybuses_stay_under_the_wires(city, od, plain) -> None:
    today = design_feed(city, plain)
    wired = today.routes["route_id"][0]
    types = {"standard": 22, "trolleybus": 8}
    r = design(
        city, od, feed=today, fleets=[30], iterations=100,
        wishes=Wishes(mode="headways", fleet_types=types, wires=(wired,)),
    )  # fmt: skip
    kinds = {line.line_id: line.vehicle_type for line in r.front[r.chosen].lines}
    course = {line.line_id: set(line.stops_forward) for line in r.front[r.chosen].lines}
    for line_id, kind in kinds.items():
        if kind == "trolleybus_12m":
            assert line_id == wired or len(course[line_id] & course[wired]) > 0.5 * len(course[line_id])
    assert any(t.key == "trolleybus_12m" for t in r.front[r.chosen].service.types)


def test_today_has_the_same_figures_and_kept_lines_their_headways(city, od, plain, tmp_path) -> None:
    feed = design_feed(city, plain)
    keep = feed.routes["route_id"][0]
    r = design(city, od, feed=feed, fleet=30, fleets=[30], iterations=200, wishes=Wishes(keep=(keep,)))
    before = plain.front[plain.chosen].service.day
    today = r.today.service.day
    assert today.vehicle_km == pytest.approx(before.vehicle_km, rel=0.02)
    assert today.boardings == pytest.approx(before.boardings, rel=0.05)
    plan = r.front[r.chosen]
    was = next(line for line in r.today.lines if line.line_id == keep)
    now = next(line for line in plan.lines if line.line_id == keep)
    assert now.headways == was.headways
    assert now.status == "kept"
    write_design(city, r, tmp_path, feed=feed)
    table = pl.read_csv(tmp_path / "periods.csv")
    assert table.filter((pl.col("network") == "today") & (pl.col("period") == "day")).height == 1
    assert set(pl.read_csv(tmp_path / "lines.csv")["network"]) == {"plan", "today"}


def test_the_files_hold_every_line_and_period_and_the_vehicle_types(city, typed, tmp_path) -> None:
    write_design(city, typed, tmp_path)
    plan = typed.front[typed.chosen]
    lines = pl.read_csv(tmp_path / "lines.csv")
    assert lines.height == len(plan.lines) * (len(PERIODS) + 1)
    assert set(lines["badge"]) == {"modelled"}
    days = lines.filter(pl.col("period") == "day")
    assert days["boardings"].sum() == pytest.approx(plan.service.day.boardings, rel=1e-4)
    assert days["gco2e_passenger_km"].min() > 0
    assert (lines["max_load_from"].str.len_chars() > 0).all()
    periods = pl.read_csv(tmp_path / "periods.csv")
    assert periods["period"].to_list() == [*PERIODS, "day"]
    assumed = pl.read_csv(tmp_path / "assumptions.csv")
    assert assumed.filter(pl.col("name") == "minibus_6m.places")["value"].to_list() == [22.0]
    assert assumed["source"].null_count() == 0
    front = pl.read_csv(tmp_path / "front.csv").filter(pl.col("chosen"))
    assert front["gco2e_passenger_km"][0] == pytest.approx(plan.service.day.gco2e_passenger_km, abs=0.1)
    added = {c.line_id: c for c in changes(city, typed).changes}
    for line in plan.lines:
        assert added[line.line_id].vehicle_type == line.vehicle_type
        assert {h.period: h.minutes for h in added[line.line_id].headways} == dict(line.headways)
    shown = json.loads((tmp_path / "lines.geojson").read_text(encoding="utf-8"))["features"]
    assert {f["properties"]["vehicle_type"] for f in shown} == {line.vehicle_type for line in plan.lines}


def test_the_same_seed_and_types_give_the_same_service(city, od, typed) -> None:
    again = design(city, od / 4.0, fleets=[34], lines=5, iterations=300, seed=2, wishes=Wishes(fleet_types=TYPES))
    assert again.front == typed.front


def test_lines_without_room_are_named_with_what_would_do(city, od) -> None:
    r = design(city, od * 6.0, fleet=16, fleets=[16], lines=4, iterations=200)
    short = r.front[r.chosen].service.shortages
    assert short
    assert all(float(x["load"]) > float(x["places"]) for x in short)
    assert "design.crowded" in {f.code for f in r.findings}


def test_the_command_takes_types_and_says_what_lines_carry(city, tmp_path) -> None:
    tables = {n: getattr(city, n) for n in ("zones", "places", "nodes", "links", "turns", "stops", "base")}
    folder.write(tmp_path / "grid", city.meta, tables)
    ask = ["design", str(tmp_path / "grid"), "--iterations", "200", "--lines", "4", "--out", str(tmp_path / "plan")]
    run = CliRunner().invoke(group, [*ask, "--fleet-types", "standard=14,minibus=8", "--longest-headway", "midday=20"])
    assert run.exit_code == 0, run.output
    assert "Service by period" in run.output
    assert "minibus" in run.output
    assert (tmp_path / "plan" / "lines.csv").exists()
    bad = CliRunner().invoke(group, [*ask, "--fleet-types", "standard"])
    assert bad.exit_code == 2
    assert "standard=200" in bad.output


def test_a_front_without_service_still_counts_cost_and_gases(plain) -> None:
    other = next(p for k, p in enumerate(plain.front) if k != plain.chosen)
    chosen = plain.front[plain.chosen]
    assert other.service is None
    assert other.cost_day / other.vehicle_km_day == pytest.approx(chosen.cost_day / chosen.vehicle_km_day, rel=0.1)
    assert other.co2e_kg_day / other.vehicle_km_day == pytest.approx(chosen.co2e_kg_day / chosen.vehicle_km_day)
