"""An appraisal in money, every figure worked out by hand; what is left out and who gains."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from shaar.engine.appraisal.cba import annuity
from shaar.engine.errors import InputError
from shaar.engine.measures.effects import Appraisal, Effect, Provenance
from shaar.engine.study.cost_benefit import cost_benefit

#: Every growth and ramp switched off, so that flows are level and annuities can be written down.
LEVEL = {
    "discount_rate": 0.05, "horizon": 24, "growth_trips": 0, "growth_income": 0, "ramp_1": 1, "ramp_2": 1,
    "carbon_growth": 0, "capital_uplift": 1, "vehicle_life": 12, "time_hour": 1.5, "carbon_eur": 60, "nox_eur": 5,
    "pm_eur": 20, "life_eur": 900_000,
}  # fmt: skip


def effect(key: str, change: float | None, unit: str = "", **more) -> Effect:
    low, high = (None, None) if change is None else (min(0.8 * change, 1.2 * change), max(0.8 * change, 1.2 * change))
    before = None if change is None else 40.0
    after = None if change is None else 40.0 + change
    return Effect(key, unit, before, after, change, low, high, "modelled", "less", **more)


def appraisal(*effects: Effect) -> Appraisal:
    zones = pl.DataFrame({"zone_id": ["a", "b"], "population": [60_000.0, 40_000.0]})
    places = pl.DataFrame(
        {
            "place_id": ["", "p", "q", "r"], "kind": ["city", "district", "settlement", "settlement"],
            "name": ["Town", "Centre", "Village", "Far"], "population": [100_000.0, 60_000.0, 30_000.0, 10_000.0],
            "minutes_before": [40.0, 30.0, 60.0, None], "minutes_after": [39.0, 31.0, 50.0, None],
        }
    )  # fmt: skip
    made = Provenance("c", "s", "b", "p", "e", 0)
    return Appraisal(effects, zones, places, pl.DataFrame(), made)


ALL = appraisal(
    effect("journey.minutes", -0.6, "min"),
    effect("climate.co2e", 180.0, "t/year"),
    effect("climate.nox", 400.0, "kg/year"),
    effect("climate.pm", -50.0, "kg/year"),
    effect("health.deaths", -0.1, "deaths/year"),
    effect("money.cost", 300_000.0, "EUR/year"),
    effect("money.capital", 920_000.0, "EUR"),
    effect("money.fares", 50_000.0, "EUR/year"),
    effect("service.boardings", 2000.0, "boardings/day"),
    effect("access.jobs_45", 900.0, "jobs", group="carless"),
    effect("safety.crashes", None, "% of crashes", not_modelled="no_crashes"),
)


def test_every_stream_by_hand():
    got = cost_benefit(ALL, country="KZ", values=LEVEL, draws=10)
    a = annuity(0.05, 24)
    value = {key: v for key, _, v in got.balance.parts}
    # 0.6 min x 100,000 people x 0.5 trips x 330 days = 165,000 hours at 1.5 EUR
    assert value["time"] == pytest.approx(165_000 * 1.5 * a, rel=1e-12)
    assert value["carbon"] == pytest.approx(-180 * 60 * a, rel=1e-12)
    assert value["nox"] == pytest.approx(-400 * 5 * a, rel=1e-12)
    assert value["pm"] == pytest.approx(50 * 20 * a, rel=1e-12)
    assert value["health"] == pytest.approx(0.1 * 900_000 * a, rel=1e-12)
    assert value["running"] == pytest.approx(300_000 * a, rel=1e-12)
    # bought in year 0 and again in year 12, used up in year 24
    assert value["vehicles"] == pytest.approx(920_000 * (1 + 1.05**-12), rel=1e-12)
    benefits = (165_000 * 1.5 - 180 * 60 - 400 * 5 + 50 * 20 + 0.1 * 900_000) * a
    costs = 300_000 * a + 920_000 * (1 + 1.05**-12)
    assert got.balance.npv == pytest.approx(benefits - costs, rel=1e-12)
    assert got.balance.bcr == pytest.approx(benefits / costs, rel=1e-12)
    assert got.tornado.central == pytest.approx(got.balance.npv, rel=1e-12)


def test_values_follow_from_wages_product_and_rates_unless_chosen():
    free = {k: v for k, v in LEVEL.items() if not k.endswith(("_eur", "_hour"))}
    got = cost_benefit(ALL, country="KZ", values=free, draws=10)
    a = annuity(0.05, 24)
    value = {key: v for key, _, v in got.balance.parts}
    assert value["time"] == pytest.approx(165_000 * 0.3 * 448_620 / 164 / 637.84 * a)
    assert value["carbon"] == pytest.approx(-180 * 67.5 / 1.175 * a)
    assert value["health"] == pytest.approx(0.1 * 70 * 14_770 / 1.175 * a)
    assert value["nox"] == pytest.approx(-400 * 21.3 * 14_770 / 45_000 * a)
    assert (got.currency, got.per_eur, got.price_year) == ("KZT", 637.84, 2025)
    spain = cost_benefit(ALL, country="es", draws=10)
    assert (spain.currency, spain.per_eur) == ("EUR", 1.0)
    with pytest.raises(InputError, match="no value is known for FR; known are BR, ES, KG, KZ, or choose time_hour"):
        cost_benefit(ALL, country="FR")
    assert cost_benefit(ALL, country="FR", values=LEVEL, draws=10).currency == "EUR"


def test_what_stands_beside_the_balance_is_named():
    got = cost_benefit(ALL, country="KZ", values=LEVEL, draws=10)
    assert dict(got.not_counted) == {
        "money.fares": "transfer",
        "service.boardings": "not_money",
        "safety.crashes": "not_modelled",
    }
    assert [e.indicator for e in got.groups] == ["access.jobs_45"]


def test_those_who_gain_least_stand_first():
    got = cost_benefit(ALL, country="KZ", values=LEVEL, draws=10)
    assert [(g.group, g.per_person, g.people) for g in got.places] == [
        ("Centre", -1.0, 60_000),
        ("Village", 10, 30_000),
    ]


def test_the_trips_that_were_counted_are_those_that_count():
    made = replace(ALL.provenance, options={"trips_day": 80_000.0, "country": "KZ"})
    got = cost_benefit(replace(ALL, provenance=made), values=LEVEL, draws=10)
    value = {key: v for key, _, v in got.balance.parts}
    assert value["time"] == pytest.approx(0.6 / 60 * 80_000 * 330 * 1.5 * annuity(0.05, 24), rel=1e-12)
    assert got.currency == "KZT"


def test_new_passengers_gain_half():
    # One zone of two comes from 80 to 50 minutes: with an elasticity of -0.5 its trips were sqrt(50 / 80) of today's.
    zones = ALL.zones.with_columns(minutes_before=pl.Series([30.0, 80.0]), minutes_after=pl.Series([30.0, 50.0]))
    got, plain = (cost_benefit(x, country="KZ", values=LEVEL, draws=10) for x in (replace(ALL, zones=zones), ALL))
    one, two = ({k: v for k, _, v in x.balance.parts}["time"] for x in (got, plain))
    assert one / two == pytest.approx((1 + (50 / 80) ** 0.5) / 2)
    none = cost_benefit(
        replace(ALL, zones=zones), country="KZ", values={**LEVEL, "demand_elasticity": 0.0}, draws=10
    ).balance  # fmt: skip
    assert none.npv == pytest.approx(plain.balance.npv)


def test_a_poor_person_s_time_may_count_more():
    # The centre loses 1 minute x 60,000, the village gains 10 x 30,000; the village earns half of the centre.
    incomes = {"p": 200.0, "q": 100.0}
    got = cost_benefit(ALL, country="KZ", values=LEVEL, incomes=incomes, draws=10)
    mean = (200 * 60_000 + 100 * 30_000) / 90_000
    factor = (-60_000 * (mean / 200) ** 1.3 + 300_000 * (mean / 100) ** 1.3) / 240_000
    time = {key: v for key, _, v in got.balance.parts}["time"]
    assert got.npv_welfare == pytest.approx(got.balance.npv + (factor - 1) * time, rel=1e-12)
    alike = cost_benefit(ALL, country="KZ", values={**LEVEL, "income_eta": 0}, incomes=incomes, draws=10)
    assert alike.npv_welfare == pytest.approx(alike.balance.npv)
    assert cost_benefit(ALL, country="KZ", values=LEVEL, draws=10).npv_welfare is None
    with pytest.raises(InputError, match="no place moon with journeys"):
        cost_benefit(ALL, country="KZ", values=LEVEL, incomes={"moon": 1.0}, draws=10)


def test_only_what_plays_a_part_has_a_bar():
    got = cost_benefit(appraisal(effect("money.cost", 1000.0)), country="KZ", draws=50)
    assert {b.name for b in got.tornado.bars} <= {"discount_rate", "horizon", "effect.money.cost"} | {
        "ramp_1", "ramp_2", "capital_uplift",
    }  # fmt: skip
    assert {b.name for b in got.tornado.bars if b.swing > 0} == {"discount_rate", "horizon", "effect.money.cost"}
    whole = cost_benefit(ALL, country="KZ", draws=200)
    assert whole.tornado.bars[0].swing >= whole.tornado.bars[-1].swing
    assert {a.name for a in whole.assumptions} >= {"time_share", "wage_month", "exchange", "usd", "vsl_gdp"}
    assert all(a.source and a.unit for a in whole.assumptions if not a.name.startswith("effect."))


def test_the_same_seed_gives_the_same_draws():
    one, two = (cost_benefit(ALL, country="KZ", draws=100, seed=3).simulation for _ in range(2))
    assert (one.values == two.values).all()
    assert 0 <= one.positive <= 1
    low, mid, high = one.percentile(10, 50, 90)
    assert low < mid < high


def test_works_are_built_and_keep_their_remaining_life():
    only = appraisal(effect("journey.minutes", -0.6))
    got = cost_benefit(only, country="KZ", works=1_000_000, works_life=30, values=LEVEL, draws=10)
    value = {key: v for key, _, v in got.balance.parts}
    assert value["works"] == pytest.approx(1_000_000 - 200_000 * 1.05**-24)
    assert got.balance.irr is not None
    assert got.balance.payback is not None


def test_a_saving_is_a_cost_below_nothing():
    less = appraisal(effect("money.cost", -1000.0), effect("money.capital", -5000.0))
    got = cost_benefit(less, country="KZ", values=LEVEL, draws=10)
    assert got.balance.npv > 0
    assert got.balance.bcr is None


def test_bad_input_is_named():
    with pytest.raises(InputError, match="no effect that can be turned into money"):
        cost_benefit(appraisal(effect("service.boardings", 1.0)), country="KZ")
    with pytest.raises(InputError, match="no parameter of this name"):
        cost_benefit(ALL, country="KZ", values={"price_of_love": 1.0})
    with pytest.raises(InputError, match="works cost 0 or more"):
        cost_benefit(ALL, country="KZ", works=-1.0)


def test_a_range_that_misses_its_centre_is_widened():
    odd = replace(effect("money.cost", 10.0), low=11.0, high=12.0)
    got = cost_benefit(appraisal(odd), country="KZ", draws=10)
    r = next(a.range for a in got.assumptions if a.name == "effect.money.cost")
    assert (r.low, r.central, r.high) == (10.0, 10.0, 12.0)
