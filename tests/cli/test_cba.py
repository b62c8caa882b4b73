"""`shaar cba` on an appraisal that was written: the figures of the function, words for all of it, bad input."""

from __future__ import annotations

import csv
import json
from importlib import resources

import polars as pl
import pytest
from click.testing import CliRunner

from shaar.cli.cba import cba
from shaar.engine.errors import InputError
from shaar.engine.measures.effects import Appraisal, Effect, Provenance
from shaar.engine.measures.kinds import LANGUAGES
from shaar.engine.study.appraise import write_appraisal
from shaar.engine.study.cost_benefit import CHOSEN, cost_benefit
from shaar.engine.study.cost_benefit_output import cost_benefit_json, word


def effect(key: str, change: float) -> Effect:
    return Effect(key, "u", 1.0, 1.0 + change, change, change - 0.1, change + 0.1, "modelled", "less", source="s")


@pytest.fixture
def appraisal() -> Appraisal:
    zones = pl.DataFrame({"zone_id": ["a"], "population": [5000.0], "minutes_before": [40.0], "minutes_after": [38.0]})
    places = pl.DataFrame(
        {"place_id": ["p"], "kind": ["district"], "name": ["Centre"], "population": [5000.0],
         "minutes_before": [40.0], "minutes_after": [38.0]}
    )  # fmt: skip
    made = Provenance("c", "s", "b", "p", "e", 0, {"country": "KG", "trips_day": 3000.0})
    keys = {"journey.minutes": -2.0, "money.cost": 9000.0, "money.capital": 60_000.0, "climate.co2e": 10.0,
            "climate.nox": 5.0, "climate.pm": 1.0, "health.deaths": -0.5, "service.vehicle_km": 40.0,
            "money.fares": 1.0}  # fmt: skip
    return Appraisal(
        tuple(effect(k, v) for k, v in keys.items()), zones, places, pl.DataFrame({"route_id": ["1"]}), made
    )


def test_the_command_prints_the_figures_of_the_function_to_the_last_digit(appraisal, tmp_path):
    write_appraisal(appraisal, tmp_path / "a")
    run = CliRunner().invoke(
        cba, [str(tmp_path / "a"), "--draws", "50", "--works", "1000", "--json"], catch_exceptions=False
    )
    expected = cost_benefit_json(cost_benefit(appraisal, draws=50, works=1000.0))
    assert json.loads(run.output) == json.loads(json.dumps(expected, default=float))
    assert expected["currency"] == "KGS"


def test_tables_name_everything(appraisal, tmp_path):
    write_appraisal(appraisal, tmp_path / "a")
    args = [str(tmp_path / "a"), "--draws", "50", "--set", "time_hour=1.5", "--country", "KZ"]
    out = CliRunner().invoke(cba, args, catch_exceptions=False).output
    for text in (
        "Time saved by passengers",
        "Net present value",
        "Rate of return",
        "Centre",
        "KZT",
        "entered by the user",
    ):
        assert text in out


def test_values_are_names_and_numbers(appraisal, tmp_path):
    write_appraisal(appraisal, tmp_path / "a")
    for bad, words in (("time_hour", "EUR per hour is a number from 0 up"), ("time_hour=much", "NAME=NUMBER"),
                       ("love=1", "no parameter of this name")):  # fmt: skip
        with pytest.raises(InputError, match=words):
            CliRunner().invoke(cba, [str(tmp_path / "a"), "--set", bad], catch_exceptions=False)
    with pytest.raises(InputError, match="no appraisal here"):
        CliRunner().invoke(cba, [str(tmp_path / "none")], catch_exceptions=False)


def test_everything_has_words_in_four_languages(appraisal):
    found = cost_benefit_json(cost_benefit(appraisal, country="KZ", works=1.0, draws=10))
    chosen = cost_benefit_json(cost_benefit(appraisal, country="KZ", values=dict.fromkeys(CHOSEN, 1.0), draws=10))
    for data in (found, chosen):
        for table in ("parts", "tornado", "not_counted", "assumptions"):
            for row in data[table]:
                assert set(row["labels"]) == set(LANGUAGES)
                assert all(row["labels"].values())
    for key in ("npv", "bcr", "irr", "payback", "positive", "benefits", "costs"):
        assert len({word("totals", key, language) for language in LANGUAGES}) >= 3


def test_every_parameter_says_where_it_is_from():
    lines = (resources.files("shaar") / "data" / "parameters" / "appraisal.csv").read_text("utf-8").splitlines()
    for row in csv.DictReader(lines):
        assert len(row["source"]) > 5
        assert row["unit"]
        assert float(row["low"]) <= float(row["value"]) <= float(row["high"])
