"""A year of service: known values per km, what cold, grid and speed do, ranges, and bad input."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shaar.engine.climate.bus_fleet import VEHICLES, year_of_service
from shaar.engine.climate.factors import grid_factor, temperatures_near
from shaar.engine.climate.heating import electric_climate_kw, heat_need_kw, heater_fuel_kw
from shaar.engine.demand.parameters import load_parameters
from shaar.engine.errors import InputError

P = load_parameters("climate.csv")
MILD = (18.0,) * 12
ASTANA = temperatures_near(71.43, 51.16).months
KZ, KG = grid_factor("KZ"), grid_factor("KG")


@pytest.mark.parametrize(("vehicle", "grams"), [("diesel_euro_vi", 1264), ("cng_eev", 1354)])
def test_well_to_wheel_per_km_without_heating(vehicle, grams):
    """12 m bus, 20 km/h, half load: 13.9807 MJ x 90.4 and 19.889 MJ x 68.1 gCO2e/MJ."""
    assert year_of_service(vehicle, 1e6, 20, MILD, P).co2e_wtw_t == pytest.approx(grams, rel=1e-3)


def test_battery_bus_by_hand():
    """(0.95 + 3 kW / 20 km/h) / 0.92 kWh/km, times 821.391 / 0.9 g/kWh, nothing from the tailpipe."""
    y = year_of_service("battery_12m", 1e6, 20, MILD, P, KZ)
    assert y.energy_mwh == pytest.approx(1.1 / 0.92 * 1e3)
    assert y.co2e_wtw_t == pytest.approx(1.1 / 0.92 * 821.391 / 0.9)
    assert (y.co2e_ttw_t, y.nox_kg, y.pm_exhaust_kg, y.climate_share) == (0, 0, 0, 0)
    assert y.pm_kg > 0


def test_heat_in_hard_frost_by_hand():
    """At -14 deg C: 0.6 kW/K x 30 K = 18 kW, resistive; at 20 km/h 0.9 kWh/km more before charging losses."""
    assert heat_need_kw(-14, P) == pytest.approx(18)
    assert electric_climate_kw((-14.0,) * 12, P) == pytest.approx(18)
    cold = year_of_service("battery_12m", 1e6, 20, (-14.0,) * 12, P, KZ)
    mild = year_of_service("battery_12m", 1e6, 20, MILD, P, KZ)
    assert cold.energy_mwh - mild.energy_mwh == pytest.approx(0.9 / 0.92 * 1e3)
    assert cold.climate_share == pytest.approx(0.9 / 2.0)


def test_waste_heat_warms_a_diesel_bus_but_not_a_parked_heater():
    assert heater_fuel_kw((-14.0,) * 12, 100.0, P) == 0
    assert heater_fuel_kw((-14.0,) * 12, 0.0, P) == pytest.approx(18 / P["heater_efficiency"])


def test_a_fuel_heater_moves_winter_from_the_grid_to_the_tailpipe():
    electric = year_of_service("battery_12m", 1e6, 20, ASTANA, P, KZ)
    burner = year_of_service("battery_12m_fuel_heater", 1e6, 20, ASTANA, P, KZ)
    assert electric.co2e_ttw_t == 0 < burner.co2e_ttw_t
    assert burner.co2e_wtw_t < electric.co2e_wtw_t


def test_electric_is_clean_on_hydropower_and_not_on_coal():
    diesel = year_of_service("diesel_euro_vi", 1e6, 20, ASTANA, P).co2e_wtw_t
    assert year_of_service("battery_12m", 1e6, 20, ASTANA, P, KG).co2e_wtw_t < 0.3 * diesel
    assert year_of_service("battery_12m", 1e6, 20, ASTANA, P, KZ).co2e_wtw_t > diesel


@given(
    st.sampled_from(sorted(VEHICLES)),
    st.floats(1e3, 1e8),
    st.floats(5, 45),
    st.lists(st.floats(-35, 40), min_size=12, max_size=12),
)
@settings(max_examples=80, deadline=None)
def test_ranges_hold_the_estimate_and_everything_is_proportional_to_km(vehicle, km, speed, months):
    y = year_of_service(vehicle, km, speed, months, P, KZ)
    assert 0 < y.co2e_wtw_t_low <= y.co2e_wtw_t <= y.co2e_wtw_t_high
    assert 0 <= y.co2e_ttw_t <= y.co2e_wtw_t
    assert 0 <= y.climate_share < 1
    twice = year_of_service(vehicle, 2 * km, speed, months, P, KZ)
    assert twice.co2e_wtw_t == pytest.approx(2 * y.co2e_wtw_t)
    assert twice.energy_mwh == pytest.approx(2 * y.energy_mwh)


@given(st.sampled_from(sorted(VEHICLES)), st.floats(-30, 14), st.floats(0.5, 15))
@settings(max_examples=60, deadline=None)
def test_colder_never_takes_less(vehicle, warm, drop):
    a = year_of_service(vehicle, 1e6, 18, (warm,) * 12, P, KZ)
    b = year_of_service(vehicle, 1e6, 18, (warm - drop,) * 12, P, KZ)
    assert b.energy_mwh >= a.energy_mwh - 1e-9


def test_an_entered_value_replaces_the_range():
    p = P.with_values({"traction_battery": 1.3})
    y = year_of_service("battery_12m", 1e6, 20, MILD, p, KZ)
    assert y.energy_mwh == pytest.approx((1.3 + 0.15) / 0.92 * 1e3)


def test_a_dirtier_grid_scales_electric_emissions_alone():
    worse = replace(KZ, gco2e_kwh=2 * KZ.gco2e_kwh)
    y, w = (year_of_service("trolleybus", 1e6, 20, ASTANA, P, g) for g in (KZ, worse))
    assert w.co2e_wtw_t == pytest.approx(2 * y.co2e_wtw_t)
    d, e = (year_of_service("diesel_euro_iii", 1e6, 20, ASTANA, P, g) for g in (KZ, worse))
    assert d == e


@pytest.mark.parametrize(
    ("vehicle", "km", "speed", "grid", "word"),
    [
        ("steam", 1, 20, KZ, "steam|no such vehicle"),
        ("battery_12m", 1, 20, None, "grid"),
        ("diesel_euro_v", -1, 20, None, "kilometres"),
        ("diesel_euro_v", 1, 0, None, "speed"),
    ],
)
def test_bad_input_is_refused(vehicle, km, speed, grid, word):
    with pytest.raises(InputError, match=word):
        year_of_service(vehicle, km, speed, MILD, P, grid)
