"""Every type of change is appraised: a figure or a reason, the same in quick and in full, and some by hand."""

from __future__ import annotations

import numpy as np
import pytest
from tests.measures import toy

from shaar.engine.demand.parameters import load_parameters
from shaar.engine.measures.registry import KINDS
from shaar.engine.measures.scenario import Scenario, parse_scenario
from shaar.engine.study.effects import Workshop
from shaar.engine.study.effects_table import indicator, reason

#: Trips a day between the two zones.
TRIPS = np.array([[0.0, 120.0], [80.0, 0.0]])


@pytest.fixture(scope="module")
def workshop():
    return Workshop.open(toy.city(), toy.feed(), od=TRIPS)


def scenario(*changes):
    return parse_scenario({"name": "x", "changes": list(changes)})


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_change_has_effects_with_ranges_or_reasons(workshop, kind):
    wanted = scenario(dict(KINDS[kind].example))
    quick, full = workshop.quick(wanted), workshop.appraise(wanted)
    every = {(e.indicator, e.group, e.place): e for e in full.effects}
    assert len(every) == len(full.effects)
    assert all(every[e.indicator, e.group, e.place] == e for e in quick.effects)
    for e in full.effects:
        indicator(e.indicator)
        if e.not_modelled:
            assert e.change is None and reason(e.not_modelled, "en")
        else:
            assert e.low <= e.change <= e.high, e
    # whatever is changed, something is said about it: a figure that moves, or a reason
    said = [e for e in full.effects if e.change or e.not_modelled not in ("", "nobody", "no_mode_change")]
    assert said, kind


def test_fares_by_hand(workshop):
    """100 tenge become 150, half more: journeys fall by 0.4 times a half, so that 1.5 times 0.8 is paid."""
    e = workshop.quick(scenario({"type": "fare", "price": 150})).effect("money.fares")
    days = load_parameters("climate.csv")["days_per_year"]
    assert e.unit == "KZT/year"
    assert e.before == pytest.approx(100 * 200 * days)
    assert e.after == pytest.approx(e.before * 1.5 * 0.8)
    assert (e.low, e.high) == (pytest.approx(e.before * (1.5 * 0.5 - 1)), pytest.approx(e.before * (1.5 * 0.9 - 1)))
    free = workshop.quick(scenario({"type": "fare", "price": 0})).effect("money.fares")
    assert free.after == 0


def test_crashes_by_hand(workshop):
    """Published factors, 1.96 standard errors either way; speed by its power, in part of the limit's change."""
    point = [toy.LONS[1], toy.LATS[toy.MAIN]]
    island = workshop.quick(scenario({"type": "crossing", "point": point, "kind": "refuge_island"}))
    e = island.effect("safety.crashes", group="pedestrians")
    assert (e.before, e.after) == (100, 68.5)
    assert (e.low, e.high) == (pytest.approx(-31.5 - 196 * 0.183), pytest.approx(-31.5 + 196 * 0.183))
    row = toy.link(0, toy.MAIN)
    track = workshop.quick(scenario({"type": "cycle_lane", "links": [row], "kind": "track"}))
    assert track.effect("safety.crashes", group="cyclists").after == pytest.approx(72)
    slow = workshop.quick(scenario({"type": "speed_limit", "links": [row], "kmh": 40})).effect("safety.crashes")
    assert slow.after == pytest.approx(100 * (50 / 60) ** 1.2)  # half of the change from 60 to 40
    assert slow.low == pytest.approx(100 * ((40 / 60) ** 1.5 - 1))
    none = workshop.quick(scenario({"type": "close_road", "links": [row]})).effect("safety.crashes")
    assert none.not_modelled == "no_factor"


def test_a_track_makes_calm_kilometres(workshop):
    rows = [toy.link(i, toy.MAIN) for i in range(4)]
    wanted = scenario({"type": "cycle_lane", "links": rows, "kind": "track"})
    e = workshop.appraise(wanted).effect("cycling.calm_km")
    length = float(toy.city().links["length"].gather(rows).sum())
    assert e.change == pytest.approx(2 * length / 1000)  # both directions
    with pytest.raises(KeyError):
        workshop.quick(wanted).effect("cycling.calm_km")
    with pytest.raises(KeyError):
        workshop.appraise(scenario({"type": "remove_line", "route_id": "2"})).effect("cycling.calm_km")


def test_a_closed_street_is_felt_by_cars(workshop):
    """Three of four streets between the two zones are a detour, all four cut them apart."""
    rows = [toy.link(3, j) for j in range(len(toy.LATS))]
    found = workshop.appraise(scenario({"type": "close_road", "links": rows}))
    assert found.effect("roads.minutes").not_modelled == "roads_apart"
    assert found.effect("roads.free_minutes").not_modelled == "cut_off"
    some = workshop.appraise(scenario({"type": "close_road", "links": rows[:3]}))
    assert some.effect("roads.free_minutes").change > 0


def test_a_clinic_is_reached(workshop):
    """Zone y had none within its own bounds; all its 700 people now have one at hand."""
    point = [71.438, 51.148]
    found = workshop.quick(scenario({"type": "facility", "kind": "clinic", "point": point}))
    zones = found.zones
    assert zones["access.clinics_30_after"].to_list()[1] == zones["access.clinics_30_before"].to_list()[1] + 1


def test_vehicles_of_another_type_cost_and_emit_otherwise(workshop):
    found = workshop.quick(scenario({"type": "set_vehicle_type", "route_id": "1", "vehicle_type": "battery_12m"}))
    assert found.effect("climate.nox").change < 0
    assert found.effect("money.capital").change > 0
    assert found.effect("service.vehicle_km").change == 0
    assert found.effect("journey.minutes").change == 0
    assert found.lines["status"].to_list() == ["changed"]


def test_purchases_and_services_are_counted_as_given(workshop):
    bus = {"type": "buy_vehicles", "year": 2028, "count": 3, "vehicle_type": "bus_12m", "energy": "cng", "price": 5e7}
    service = {"type": "launch_service", "name": "permits", "year": 2027, "uses": 6000, "minutes": 20}
    found = workshop.quick(scenario(bus, service))
    assert (found.effect("money.purchases").change, found.effect("money.purchases").unit) == (1.5e8, "KZT")
    assert found.effect("climate.fleet").not_modelled == "purchase_only"
    assert found.effect("services.hours").change == 2000


def test_more_people_are_more_people_near_stops(workshop):
    more = {"type": "population_total", "value": 2000, "date": "2026-01-01", "source": "census"}
    e = workshop.quick(scenario(more)).effect("stops.within_800")
    assert e.after == pytest.approx(2 * e.before)


def test_a_street_for_walking_is_worked_out_anew(workshop):
    """The river is crossed on foot in a new place: walks are other, and quick still says what a whole run says."""
    bridge = {"type": "footway", "path": [[71.44, 51.153], [71.455, 51.15]], "structure": "bridge"}
    wanted = scenario(bridge)
    other = Workshop.open(toy.city(), toy.feed(), od=TRIPS, base=wanted)
    was = other.quick(wanted)
    assert was.effect("journey.minutes").change == 0
    assert workshop.quick(wanted).effect("journey.minutes").after == was.effect("journey.minutes").before
    assert isinstance(wanted, Scenario)
