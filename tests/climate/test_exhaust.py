"""The hot-exhaust equation against the guidebook's own worked values, and the shipped table."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from shaar.engine.climate.exhaust import COEFFICIENTS, bus_rows, hot, hot_factor
from shaar.engine.climate.factors import fuel_factor, grid_factor, monthly, rows, temperatures_near
from shaar.engine.climate.wear import wear_pm10
from shaar.engine.errors import InputError

STANDARD = "Urban Buses Standard 15 - 18 t"


def check(table: pl.DataFrame) -> int:
    values = {c: table[c].to_numpy().astype(float) for c in COEFFICIENTS}
    got = hot_factor(table["check_speed"].to_numpy().astype(float), **values)
    want = table["check_value"].to_numpy()
    error = np.abs(got - want) / np.maximum(np.abs(want), 1e-12)
    assert error.max() < 1e-6
    return table.height


def test_shipped_rows_reproduce_the_guidebook():
    table = pl.DataFrame(rows("bus_hot_exhaust.csv"), infer_schema_length=None)
    numbers = [*COEFFICIENTS, "check_speed", "check_value"]
    assert check(table.with_columns(pl.col(numbers).cast(pl.Float64))) == 233


def test_every_row_of_the_guidebook_is_reproduced(shared_data):
    total = 0
    for kind in ("car", "lcv", "bus", "truck", "moto"):
        total += check(pl.read_csv(shared_data / f"emissions/emep2019_hot_{kind}.csv", infer_schema_length=None))
    assert total == 28_990


@pytest.mark.parametrize(
    ("fuel", "segment", "euro", "technology", "energy", "nox", "pm"),
    [
        ("D", STANDARD, "III", "", 15.3968, 11.284, 0.22541),
        ("D", STANDARD, "VI D/E", "DPF+SCR", 13.9807, 0.55161, 0.00657),
        ("CNG", "Urban CNG Buses", "EEV", "", 19.889, 4.087, 0.01127),
    ],
)
def test_golden_values_at_20_km_h_and_half_load(fuel, segment, euro, technology, energy, nox, pm):
    for pollutant, want in (("EC", energy), ("NOx", nox), ("PM", pm)):
        assert hot(fuel, segment, euro, pollutant, 20, load=0.5, technology=technology) == pytest.approx(want, rel=1e-3)


def test_speed_is_held_within_the_curve():
    at = lambda v: hot("D", STANDARD, "V", "EC", v, load=0.5, technology="SCR")  # noqa: E731
    (vmin,) = {
        r.coefficients["vmin"]
        for r in bus_rows()
        if (r.segment, r.euro, r.technology, r.pollutant, r.load) == (STANDARD, "V", "SCR", "EC", 0.5)
    }
    assert at(1) == at(vmin)
    assert at(12) > at(25)


def test_load_between_the_tables_is_interpolated():
    at = lambda load: hot("D", STANDARD, "V", "EC", 20, load=load, technology="SCR")  # noqa: E731
    assert at(0.25) == pytest.approx((at(0) + at(0.5)) / 2)


def test_unknown_curves_and_senseless_numbers_are_refused():
    with pytest.raises(InputError, match="no curve"):
        hot("D", STANDARD, "IX", "EC", 20, load=0.5)
    with pytest.raises(InputError, match="speed"):
        hot("D", STANDARD, "V", "EC", 0, load=0.5)
    with pytest.raises(InputError, match="load"):
        hot("D", STANDARD, "V", "EC", 20, load=2)


def test_wear_by_hand_and_its_speed_bands():
    """Half load, 20 km/h: tyre 0.0107 x 2.1 x 1.39 x 0.6, brake 1.956 x 1.395 x 0.0075 x 1.67 x 0.98, road 0.038."""
    w = wear_pm10(20, load=0.5)
    assert w["tyre"] == pytest.approx(0.0107 * 2.1 * 1.39 * 0.6)
    assert w["brake"] == pytest.approx(1.956 * 1.395 * 0.0075 * 1.67 * 0.98)
    assert w["road"] == pytest.approx(0.038)
    # Above 40 km/h the corrections fall with speed and meet their neighbours at the band's ends within 0.1.
    assert wear_pm10(80, load=0.5)["brake"] == pytest.approx(w["brake"] / 1.67 * (2.75 - 0.027 * 80))
    assert wear_pm10(60, load=0.5)["tyre"] < w["tyre"]
    assert wear_pm10(100, load=0.5)["brake"] == pytest.approx(w["brake"] / 1.67 * 0.185)


def test_fuel_and_grid_factors():
    assert fuel_factor("diesel").wtw == 90_400
    assert fuel_factor("cng").ttw == 59_400
    assert grid_factor("KZ") == grid_factor("kaz") == grid_factor("Kazakhstan")
    assert grid_factor("KZ").gco2e_kwh == 821.391
    assert grid_factor("KG").year == 2022
    assert grid_factor("Atlantis") is None
    with pytest.raises(InputError, match="coal"):
        fuel_factor("coal")


def test_grid_factors_equal_the_shared_table(shared_data):
    table = pl.read_csv(shared_data / "emissions/grid_factors.csv")
    for iso, year, grams in table.select("iso3", "year", "lifecycle_gco2e_kwh").iter_rows():
        assert (grid_factor(iso).year, grid_factor(iso).gco2e_kwh) == (year, grams)


def test_months_run_from_the_coldest_to_the_warmest():
    north = monthly(-15.2, 20.9)
    assert (north[0], north[6]) == (pytest.approx(-15.2), pytest.approx(20.9))
    assert north[1] == pytest.approx(north[11])
    assert sum(north) / 12 == pytest.approx((20.9 - 15.2) / 2)
    south = monthly(25, 14)
    assert max(south) == south[0]


def test_the_nearest_place_gives_the_temperature():
    assert temperatures_near(71.5, 51.2).place == "Astana"
    assert temperatures_near(74.6, 42.9).place == "Bishkek"
    assert temperatures_near(0, 0) is None
