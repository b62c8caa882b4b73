"""The climate account of a plan."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from shaar.engine.city import schema
from shaar.engine.city.model import City, Meta
from shaar.engine.errors import InputError
from shaar.engine.study.climate import STANDARD, climate_account
from shaar.engine.study.results import NetworkPlan, NetworkStats

STATS = NetworkStats(10, 20, 1000, 300, 200.0, 15_000.0, 833.0, 90, 21_600, 82_800)
PLAN = NetworkPlan((), 90, 30.0, 0.01, 15_000.0)


def city(country: str = "KZ", lon: float = 71.43, lat: float = 51.16) -> City:
    zone = {"zone_id": "z", "geometry": b"", "lon": lon, "lat": lat, "population": 1.0, "jobs": 1.0, "schools": 0.0,
            "clinics": 0.0, "district": None, "settlement": None}  # fmt: skip
    meta = Meta("T", {}, country, ("en",), "UTC", "EPSG:32642", "", "2020-01-01")
    tables = {t: schema.empty(t) for t in schema.TABLES}
    tables["zones"] = schema.conform("zones", pl.DataFrame([zone]))
    return City(Path("/nowhere"), meta, **tables)


def test_rows_before_and_after_for_every_vehicle():
    account = climate_account(city(), STATS, PLAN, replace(STATS, vehicle_km=18_000.0, vehicle_hours=1000.0))
    assert account.rows.height == 2 * len(STANDARD)
    assert set(account.rows["scenario"]) == {"before", "after"}
    after = account.rows.filter(pl.col("scenario") == "after")
    assert after["vehicle_km"].unique().to_list() == [pytest.approx(18_000 * 330 * 1.07)]
    for name in ("co2e_ttw_t", "co2e_wtw_t", "co2e_wtw_t_low", "co2e_wtw_t_high", "nox_kg", "pm_kg", "energy_mwh"):
        assert account.rows[name].null_count() == 0
    assert "climate.plan_km" in {f.code for f in account.assumptions}
    assert {"climate.grid", "climate.days", "climate.temperature"} <= {f.code for f in account.assumptions}


def test_no_timetable_before_and_no_grid_are_said():
    account = climate_account(city("Atlantis", 0.0, 0.0), None, PLAN, STATS)
    assert set(account.rows["scenario"]) == {"after"}
    assert "electricity" not in set(account.rows["energy_source"])
    codes = {f.code: f for f in account.assumptions}
    assert {"climate.no_grid", "climate.no_before", "climate.no_temperature"} <= set(codes)
    assert codes["climate.no_grid"].severity == "assumed"


def test_temperatures_and_parameters_can_be_entered():
    warm = climate_account(city(), None, PLAN, STATS, temperatures=[18] * 12, vehicles=["battery_12m"])
    cold = climate_account(city(), None, PLAN, STATS, temperatures=[-20] * 12, vehicles=["battery_12m"])
    assert cold.rows["energy_mwh"][0] > 1.5 * warm.rows["energy_mwh"][0]
    less = climate_account(city(), None, PLAN, STATS, parameters={"days_per_year": 165}, vehicles=["cng_eev"])
    full = climate_account(city(), None, PLAN, STATS, vehicles=["cng_eev"])
    assert less.rows["vehicle_km"][0] == pytest.approx(full.rows["vehicle_km"][0] / 2)
    with pytest.raises(InputError, match="twelve"):
        climate_account(city(), None, PLAN, STATS, temperatures=[1, 2])
    with pytest.raises(InputError, match="vehicle"):
        climate_account(city("Atlantis"), None, PLAN, STATS, vehicles=["steam"])
