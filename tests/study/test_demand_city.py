"""Demand of a whole city: totals, symmetry, what moves it, and gaps in the streets."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from shaar.engine.city import schema
from shaar.engine.city.model import City, Meta
from shaar.engine.errors import InputError
from shaar.engine.study.demand import city_demand, demand_parameters, model_demand


def city(n: int = 12, seed: int = 0) -> City:
    rng = np.random.default_rng(seed)
    zones = pl.DataFrame(
        {"zone_id": [f"z{i}" for i in range(n)], "geometry": [b""] * n, "lon": 71.4 + rng.uniform(0, 0.2, n),
         "lat": 51.1 + rng.uniform(0, 0.1, n), "population": rng.uniform(100, 5000, n), "jobs": rng.uniform(0, 3000, n),
         "schools": rng.integers(0, 4, n).astype(float), "clinics": rng.integers(0, 2, n).astype(float),
         "district": [None] * n, "settlement": [None] * n},
        schema_overrides={"district": pl.String, "settlement": pl.String},
    )  # fmt: skip
    meta = Meta("T", {}, "KZ", ("en",), "UTC", "EPSG:32642", "", "2020-01-01")
    tables = {t: schema.empty(t) for t in schema.TABLES}
    tables["zones"] = schema.conform("zones", zones)
    return City(Path("/nowhere"), meta, **tables)


def crow(c: City) -> np.ndarray:
    x = c.zones["lon"].to_numpy() * 70 * 2
    y = c.zones["lat"].to_numpy() * 111 * 2
    return np.hypot(x[:, None] - x, y[:, None] - y)


def test_the_total_is_the_trip_rate_and_everybody_comes_home():
    c = city()
    d = model_demand(c, minutes=crow(c))
    assert d.daily.sum() == pytest.approx(0.5 * c.zones["population"].sum(), rel=1e-8)
    np.testing.assert_allclose(d.daily, d.daily.T)
    np.testing.assert_allclose(d.outward.sum(axis=1), 0.5 * c.zones["population"].to_numpy(), rtol=1e-9)
    assert not np.diagonal(d.daily).any()
    assert d.distribution.reached and d.distribution.error <= 1e-9


def test_values_can_be_replaced():
    c = city()
    d = model_demand(c, parameters={"trips_per_resident": 1.0}, minutes=crow(c))
    assert d.daily.sum() == pytest.approx(c.zones["population"].sum(), rel=1e-8)
    near = model_demand(c, parameters={"mean_ratio": 0.7}, minutes=crow(c))
    far = model_demand(c, parameters={"mean_ratio": 0.9}, minutes=crow(c))
    assert near.distribution.beta > far.distribution.beta
    with pytest.raises(InputError, match="trip_rate"):
        model_demand(c, parameters={"trip_rate": 1.0}, minutes=crow(c))


def test_seeds_draw_other_but_repeatable_demand():
    c, m = city(), crow(city())
    one = model_demand(c, parameters=demand_parameters().draw(1), minutes=m).daily
    again = model_demand(c, parameters=demand_parameters().draw(1), minutes=m).daily
    other = model_demand(c, parameters=demand_parameters().draw(2), minutes=m).daily
    np.testing.assert_array_equal(one, again)
    assert abs(one.sum() / other.sum() - 1) > 1e-6


def test_gaps_in_the_streets_do_not_lose_people():
    c = city()
    m = crow(c)
    m[:3, 3:] = m[3:, :3] = np.inf
    d = model_demand(c, minutes=m)
    assert d.bridged == 2 * 3 * 9
    assert d.daily.sum() == pytest.approx(0.5 * c.zones["population"].sum(), rel=1e-8)


def test_a_zone_that_holds_most_of_the_city_is_no_obstacle():
    c = city()
    big = np.array([1e6] + [10.0] * 11)
    c = replace(c, zones=c.zones.with_columns(pl.Series("population", big), pl.Series("jobs", big)))
    d = model_demand(c, minutes=crow(c))
    assert np.isfinite(d.daily).all()
    assert 0 < d.daily.sum() < 0.5 * big.sum()


def test_zones_without_people_or_anything_to_go_to():
    c = city()
    none = c.zones.with_columns(
        population=pl.when(pl.col("zone_id") == "z0").then(0.0).otherwise(pl.col("population")),
        jobs=pl.when(pl.col("zone_id") == "z0").then(0.0).otherwise(pl.col("jobs")),
        schools=pl.when(pl.col("zone_id") == "z0").then(0.0).otherwise(pl.col("schools")),
        clinics=pl.when(pl.col("zone_id") == "z0").then(0.0).otherwise(pl.col("clinics")),
    )
    d = model_demand(replace(c, zones=none), minutes=crow(c))
    assert not d.daily[0].any() and not d.daily[:, 0].any()
    with pytest.raises(InputError, match="no zones"):
        city_demand(replace(c, zones=c.zones.clear()))
    with pytest.raises(InputError, match="shape"):
        model_demand(c, minutes=np.ones((2, 2)))
