"""Line reports of a finished plan, by hand, and the vehicle table."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from design.headways_cases import LONG, SOLO, random_model
from shaar.engine.assignment.crowding import Discomfort
from shaar.engine.climate.factors import temperatures_near
from shaar.engine.demand.parameters import load_parameters
from shaar.engine.design.headways import HeadwayRules
from shaar.engine.design.headways_fleet import allocate_fleet
from shaar.engine.design.headways_report import assign_plan, service_report
from shaar.engine.design.headways_task import FleetTask, ServicePeriod
from shaar.engine.design.vehicles import CLIMATE_KINDS, VehicleType, grams_of_types, vehicle_types
from shaar.engine.errors import InputError
from shaar.engine.study.results import Line, NetworkPlan

PERIODS = (ServicePeriod("peak", 2.0, 0.2), ServicePeriod("night", 1.0, 0.01))


@dataclass
class Plan:
    lines: list = field(default_factory=list)


def line(**change) -> Line:
    base = Line(
        line_id="D1", name="1", stops_forward=("a", "b", "b2", "c"), stops_backward=("c", "b", "a"),
        geometry_forward=b"", geometry_backward=b"", minutes_forward=12.0, minutes_backward=12.0, km_forward=4.0,
        km_backward=4.0, headways={"peak": 10.0}, vehicles=3, vehicle_type="bus_12m", why={},
        seconds_forward=(0, 300, 360, 720), seconds_backward=(0, 420, 720),
    )  # fmt: skip
    return replace(base, **change)


GROUPS = {"a": 0, "b": 1, "b2": 1, "c": 2}
ACCESS = (np.arange(4), np.arange(3), np.zeros(3))
OD = np.array([[0.0, 0.0, 100.0], [0.0, 0.0, 50.0], [0.0, 0.0, 0.0]])


def report(plan, **change):
    given = {
        "access": ACCESS, "walk": np.full((3, 3), 200.0), "od": OD, "periods": PERIODS,
        "types": {"bus_12m": SOLO}, "rules": HeadwayRules(layover=0.0, layover_minutes=3.0),
    }  # fmt: skip
    return assign_plan(plan, GROUPS, 3, **{**given, **change})


def test_a_line_is_reported_by_hand() -> None:
    """15 people an hour ride in the peak: 10 over both links and 5 over the second; at night nothing runs."""
    found = report(Plan([line()]), discomfort=Discomfort(1.0, 1.0, 0.0))
    (one,) = found.lines
    assert one.boardings == pytest.approx(0.2 * 150)
    assert one.passenger_minutes == pytest.approx(0.2 * (100 * 12 + 50 * 7))
    assert one.passenger_km == pytest.approx(one.passenger_minutes * 8.0 / 24.0)
    assert (one.peak_load, one.peak_period, one.peak_from, one.peak_to) == (pytest.approx(15.0), "peak", 1, 2)
    assert one.crowding == pytest.approx({"peak": 15.0 / (75 * 6), "night": 0.0}, nan_ok=True)
    assert one.vehicles == {"peak": 3, "night": 0}
    assert one.vehicle_km == pytest.approx(12 * 8.0)
    assert one.vehicle_hours == pytest.approx(6.0)
    assert one.cost == pytest.approx(6 * 12.0 + 96 * 0.7)
    assert one.kgco2e == pytest.approx(96 * 1.267)
    assert one.gco2e_passenger_km == pytest.approx(96 * 1267.0 / one.passenger_km)
    assert one.felt == 1.0
    waits = 0.2 * (100 * (5 + 12) + 50 * (5 + 7)) + 0.01 * 150 * 200
    assert found.mean_minutes == pytest.approx(waits / (0.21 * 150))
    assert found.mean_felt == pytest.approx(found.mean_minutes)
    assert found.walked == pytest.approx(0.01 / 0.21)
    assert found.shortages == ()


def test_crowding_is_felt_and_named() -> None:
    found = report(Plan([line()]), od=OD * 50)
    (one,) = found.lines
    assert one.crowding["peak"] == pytest.approx(750 / 450)
    assert one.felt > 1.4
    assert found.mean_felt > found.mean_minutes
    assert [(s.line, s.extra) for s in found.shortages] == [(0, 2)]


def test_a_network_plan_of_the_study_can_be_assigned() -> None:
    found = report(NetworkPlan((line(), line(line_id="D2", name="2", headways={"peak": 20.0})), 5, 0.0, 0.0, 0.0))
    first, second = found.lines
    assert first.boardings == pytest.approx(2 * second.boardings)


def test_a_plan_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(InputError, match="unknown vehicle type, tram"):
        report(Plan([line(vehicle_type="tram")]))
    with pytest.raises(InputError, match="fewer than two stop groups"):
        report(Plan([line(stops_forward=("b", "b2"), seconds_forward=(0, 60))]))


def test_the_report_of_an_allocation_agrees_with_it() -> None:
    task = FleetTask(random_model(4), (SOLO, LONG), np.array([5, 4]), np.full(3, 9.0), PERIODS[:1])
    plan = allocate_fleet(task)
    found = service_report(task, plan.types, plan.periods)
    assert found.cost == pytest.approx(sum(s.cost for s in plan.periods))
    assert found.kgco2e == pytest.approx(sum(s.kg for s in plan.periods))
    trips = task.model.od.sum() * 0.2
    assert found.mean_felt * trips == pytest.approx(sum(s.person_minutes for s in plan.periods))
    assert found.shortages == plan.shortages
    assert sum(x.boardings for x in found.lines) >= trips * (1 - found.walked) - 1e-6


def test_the_shipped_vehicles_are_complete_and_climate_figures_fit() -> None:
    air = temperatures_near(71.43, 51.13)
    assert air is not None
    grams = grams_of_types("KZ", 20.0, air.months)
    kinds = vehicle_types(gco2e_km=grams)
    assert set(kinds) == set(CLIMATE_KINDS)
    # The climate page states these for Astana at 20 km/h.
    assert round(grams["bus_12m"]) == 1267
    assert round(grams["battery_12m"]) == 1453
    assert grams["articulated_18m"] == pytest.approx(grams["bus_12m"] * 1.273)
    by_room = ["articulated_18m", "bus_12m", "midi_9m", "minibus_6m"]
    assert sorted(by_room, key=lambda k: -kinds[k].places) == by_room
    assert set(grams_of_types("XX", 20.0, air.months)) == {"bus_12m", "articulated_18m", "midi_9m", "minibus_6m"}
    for name in (rows := load_parameters("vehicles.csv")):
        assert rows.row(name).source
    assert math.isclose(vehicle_types()["bus_12m"].gco2e_km, 0.0)


def test_bad_vehicles_are_refused(tmp_path) -> None:
    with pytest.raises(InputError, match="has 80 seats of 75 places"):
        VehicleType("x", 80, 75)
    with pytest.raises(InputError, match="must not be negative"):
        VehicleType("x", 20, 75, cost_km=-1)
    with pytest.raises(InputError, match="no greenhouse gases"):
        vehicle_types(gco2e_km={"bus_12m": 1.0})
    table = tmp_path / "v.csv"
    table.write_text("name,value,low,high,unit,badge,source\nvan.seats,8,8,8,seats,assumed,x\n", encoding="utf-8")
    with pytest.raises(InputError, match="van lacks a row"):
        vehicle_types(table)
